// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Files of a model directory, read no further than the importer needs.
#include "veomni/ModelConfig/ModelDirectory.h"

#include "veomni/runtime/MappedFile.h"

#include <algorithm>
#include <filesystem>

namespace veomni {

namespace {

/// Published configs have a few kilobytes; a parsed document takes many times its text.
constexpr std::size_t maxConfigBytes = std::size_t{1} << 20;

Expected<std::string> readText(const std::string &path) {
  Expected<MappedFile> file = MappedFile::open(path);
  if (!file)
    return file.status();
  std::span<const std::byte> bytes = file->bytes();
  if (bytes.size() > maxConfigBytes)
    return Status::error(path + ": has " + std::to_string(bytes.size()) + " bytes, expected at most " +
                         std::to_string(maxConfigBytes));
  return std::string(reinterpret_cast<const char *>(bytes.data()), bytes.size());
}

StoredTensors storedTensors(const Checkpoint &checkpoint) {
  StoredTensors stored;
  for (const TensorInfo &tensor : checkpoint.tensors())
    stored[tensor.name] = {std::string(elementTypeName(tensor.elementType)), tensor.shape};
  return stored;
}

Status checkTiedCopy(const CheckpointLayout &layout, const Checkpoint &checkpoint) {
  if (!layout.tiedCopy)
    return Status::ok();
  const TensorInfo &copy = *checkpoint.find(layout.tiedCopy->copy);
  const TensorInfo &table = *checkpoint.find(layout.tiedCopy->original);
  bool equal = std::ranges::equal(checkpoint.data(copy), checkpoint.data(table));
  checkpoint.release(copy);
  checkpoint.release(table);
  if (equal)
    return Status::ok();
  return Status::error(checkpoint.path() + ": '" + copy.name + "' differs from '" + table.name +
                       "', to which config.json ties it (tie_word_embeddings)");
}

} // namespace

Expected<ModelConfig> readModelConfig(const std::string &directory, std::span<const std::string> allowedKeys) {
  const std::string path = directory + "/config.json";
  Expected<std::string> text = readText(path);
  if (!text)
    return text.status();
  Expected<ModelConfig> config = parseModelConfig(*text, path, allowedKeys);
  if (!config)
    return config;

  const std::string generationPath = directory + "/generation_config.json";
  std::error_code error;
  if (!std::filesystem::exists(generationPath, error))
    return config;
  text = readText(generationPath);
  if (!text)
    return text.status();
  if (Status status = applyGenerationConfig(*config, *text, generationPath); !status)
    return status;
  return config;
}

Expected<ModelDirectory> ModelDirectory::open(const std::string &directory, std::span<const std::string> allowedKeys) {
  Expected<ModelConfig> config = readModelConfig(directory, allowedKeys);
  Expected<Checkpoint> checkpoint = Checkpoint::open(directory);
  if (!config && !checkpoint)
    return Status::error(config.status().message() + "\n" + checkpoint.status().message());
  if (!config)
    return config.status();
  if (!checkpoint)
    return checkpoint.status();
  return ModelDirectory{std::move(*config), std::move(*checkpoint)};
}

Expected<CheckpointLayout> ModelDirectory::match(std::span<const Parameter> parameters) const {
  Expected<CheckpointLayout> layout =
      matchTensors(config.checkpoint, parameters, storedTensors(checkpoint), checkpoint.path());
  if (!layout)
    return layout;
  if (Status status = checkTiedCopy(*layout, checkpoint); !status)
    return status;
  return layout;
}

} // namespace veomni

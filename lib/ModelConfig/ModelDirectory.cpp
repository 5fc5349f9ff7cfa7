// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Files of a model directory, read no further than the importer needs.
#include "veomni/ModelConfig/ModelDirectory.h"

#include "veomni/runtime/ForeignFile.h"
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
  // A config begins with a brace; what does not is mostly no config at all.
  if (bytes.empty() || bytes.front() != std::byte('{'))
    if (std::string foreign = describeForeignFile(bytes); !foreign.empty())
      return Status::error(path + ": " + foreign);
  return std::string(reinterpret_cast<const char *>(bytes.data()), bytes.size());
}

StoredTensors storedTensors(const Checkpoint &checkpoint) {
  StoredTensors stored;
  for (const TensorInfo &tensor : checkpoint.tensors())
    stored[tensor.name] = {std::string(elementTypeName(tensor.elementType)), tensor.shape};
  return stored;
}

/// Whether the tensor of the head has the bytes of the embedding table to which the config ties it.
bool isCopyOfEmbedding(const Checkpoint &checkpoint, const TensorInfo &head, const TensorInfo &table) {
  if (head.elementType != table.elementType || head.shape != table.shape)
    return false;
  bool equal = std::ranges::equal(checkpoint.data(head), checkpoint.data(table));
  checkpoint.release(head);
  checkpoint.release(table);
  return equal;
}

/// What the checkpoint says of the head that the config does not.
void settleHead(ModelDirectory &model) {
  HeadConfig &head = model.config.text.head;
  if (head.kind != HeadKind::LanguageModel)
    return;
  const HasTensor stored = [&](const std::string &name) { return model.checkpoint.find(name) != nullptr; };
  const TensorInfo *weight = model.checkpoint.find(storedName(stored, "lm_head.weight"));
  const TensorInfo *table = model.checkpoint.find(storedName(stored, "model.embed_tokens.weight"));
  if (head.tied && weight && table && !isCopyOfEmbedding(model.checkpoint, *weight, *table)) {
    head.tied = false;
    model.config.checkpoint.tied.reset();
    model.notes.push_back("'" + weight->name + "' differs from '" + table->name +
                          "', to which config.json ties it (tie_word_embeddings); the head is taken as it is stored");
  }
  if (!head.tied && !hasLanguageModelHead(stored) && isBaseModel(stored)) {
    head.kind = HeadKind::None;
    model.notes.emplace_back("the tensors are those of a base model, without a head: the output is last_hidden_state");
  }
}

} // namespace

Expected<ModelConfig> readModelConfig(const std::string &directory, const DirectoryOptions &options) {
  const std::string path = directory + "/config.json";
  std::error_code error;
  if (!std::filesystem::exists(path, error) && std::filesystem::exists(directory + "/adapter_config.json", error))
    return Status::error(directory + ": " + describeForeignDirectory(directory));
  Expected<std::string> text = readText(path);
  if (!text)
    return text.status();
  Expected<ModelConfig> config = parseModelConfig(*text, path, options.ignoredConfigKeys);
  if (!config)
    return config;

  const std::string generationPath = directory + "/generation_config.json";
  if (!std::filesystem::exists(generationPath, error))
    return config;
  text = readText(generationPath);
  if (!text)
    return text.status();
  if (Status status = applyGenerationConfig(*config, *text, generationPath); !status)
    return status;
  return config;
}

Expected<ModelDirectory> ModelDirectory::open(const std::string &directory, DirectoryOptions options) {
  Expected<ModelConfig> config = readModelConfig(directory, options);
  Expected<Checkpoint> checkpoint = Checkpoint::open(directory);
  if (!config && !checkpoint) {
    // One cause is said once.
    const std::string &first = config.status().message(), &second = checkpoint.status().message();
    return Status::error(first == second ? first : first + "\n" + second);
  }
  if (!config)
    return config.status();
  if (!checkpoint)
    return checkpoint.status();
  ModelDirectory model{std::move(*config), std::move(*checkpoint), std::move(options), {}};
  for (const std::string &part : model.config.otherParts)
    model.notes.push_back("config.json has " + part + ": only the text model is compiled");
  for (const std::string &key : model.config.ignoredKeys)
    model.notes.push_back("config.json: '" + key + "' is ignored, as --ignore-config-key says");
  for (const std::string &note : model.checkpoint.notes())
    model.notes.push_back(note);
  settleHead(model);
  return model;
}

Expected<CheckpointLayout> ModelDirectory::match(std::span<const Parameter> parameters) const {
  return matchTensors(config.checkpoint, parameters, storedTensors(checkpoint), checkpoint.path(),
                      options.ignoredTensors);
}

} // namespace veomni

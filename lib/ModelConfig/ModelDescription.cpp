// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "veomni/ModelConfig/ModelDescription.h"

#include "veomni/runtime/MappedFile.h"

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
    return Status::error(path + ": has " + std::to_string(bytes.size()) + " bytes, expected at most " + std::to_string(maxConfigBytes));
  return std::string(reinterpret_cast<const char *>(bytes.data()), bytes.size());
}

} // namespace

Expected<DecoderConfig> readDecoderConfig(const std::string &directory, std::span<const std::string> allowedKeys) {
  const std::string path = directory + "/config.json";
  Expected<std::string> text = readText(path);
  if (!text)
    return text.status();
  Expected<DecoderConfig> config = parseDecoderConfig(*text, path, allowedKeys);
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

} // namespace veomni

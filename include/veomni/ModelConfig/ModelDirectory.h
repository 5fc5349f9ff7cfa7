// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What the importer needs to know of a Hugging Face model directory. It is asked twice: first for the config, from
// which the model is built, then for the tensors of the parameters that the model turned out to use.
#ifndef VEOMNI_MODELCONFIG_MODELDIRECTORY_H
#define VEOMNI_MODELCONFIG_MODELDIRECTORY_H

#include "veomni/ModelConfig/CheckpointLayout.h"
#include "veomni/ModelConfig/ModelConfig.h"
#include "veomni/runtime/Checkpoint.h"

namespace veomni {

/// What of a directory the user says to leave out.
struct DirectoryOptions {
  /// Paths of config keys that may be there although nothing reads them.
  std::vector<std::string> ignoredConfigKeys;
  /// Globs of tensors that the model does not need.
  std::vector<std::string> ignoredTensors;
};

/// Reads config.json and, if it is there, generation_config.json. Messages start with the file's path.
Expected<ModelConfig> readModelConfig(const std::string &directory, const DirectoryOptions &options = {});

struct ModelDirectory {
  ModelConfig config;
  Checkpoint checkpoint;
  DirectoryOptions options;
  /// What was left out or taken otherwise than the config says, a line each.
  std::vector<std::string> notes;

  /// Reads the configs and opens the checkpoint, which decides what of the head there is: a tied one may be stored with
  /// other numbers, and a base model has none. Fails with what is wrong with either.
  static Expected<ModelDirectory> open(const std::string &directory, DirectoryOptions options = {});

  /// Finds the tensors of a model's parameters. Fails with everything that is wrong.
  Expected<CheckpointLayout> match(std::span<const Parameter> parameters) const;
};

} // namespace veomni

#endif // VEOMNI_MODELCONFIG_MODELDIRECTORY_H

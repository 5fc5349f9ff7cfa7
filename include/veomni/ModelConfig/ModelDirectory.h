// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What the importer needs to know of a Hugging Face model directory. It is asked twice: first for the config, from
// which the model is built, then for the tensors of the parameters that the model turned out to use.
#ifndef VEOMNI_MODELCONFIG_MODELDIRECTORY_H
#define VEOMNI_MODELCONFIG_MODELDIRECTORY_H

#include "veomni/ModelConfig/CheckpointLayout.h"
#include "veomni/ModelConfig/ModelConfig.h"
#include "veomni/runtime/Checkpoint.h"

namespace veomni {

/// Reads config.json and, if it is there, generation_config.json. Messages start with the file's path.
Expected<ModelConfig> readModelConfig(const std::string &directory, std::span<const std::string> allowedKeys = {});

struct ModelDirectory {
  ModelConfig config;
  Checkpoint checkpoint;

  /// Reads the configs and opens the checkpoint. Fails with what is wrong with either.
  static Expected<ModelDirectory> open(const std::string &directory, std::span<const std::string> allowedKeys = {});

  /// Finds the tensors of a model's parameters, and compares what is stored twice. Fails with everything that is wrong.
  Expected<CheckpointLayout> match(std::span<const Parameter> parameters) const;
};

} // namespace veomni

#endif // VEOMNI_MODELCONFIG_MODELDIRECTORY_H

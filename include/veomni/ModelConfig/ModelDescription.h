// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What the importer needs to know of a Hugging Face model directory.
#ifndef VEOMNI_MODELCONFIG_MODELDESCRIPTION_H
#define VEOMNI_MODELCONFIG_MODELDESCRIPTION_H

#include "veomni/ModelConfig/CheckpointLayout.h"
#include "veomni/ModelConfig/DecoderConfig.h"
#include "veomni/runtime/Checkpoint.h"

namespace veomni {

/// Reads config.json and, if it is there, generation_config.json. Messages start with the file's path.
Expected<DecoderConfig> readDecoderConfig(const std::string &directory, std::span<const std::string> allowedKeys = {});

struct ModelDescription {
  DecoderConfig config;
  CheckpointLayout layout;
  /// The mapped files that the layout's keys name.
  Checkpoint checkpoint;
};

/// Reads the configs, opens the checkpoint, matches the two and compares a tied lm_head that is stored all the same with the embedding.
/// Fails with everything that is wrong.
Expected<ModelDescription> describeModel(const std::string &directory, std::span<const std::string> allowedKeys = {});

} // namespace veomni

#endif // VEOMNI_MODELCONFIG_MODELDESCRIPTION_H

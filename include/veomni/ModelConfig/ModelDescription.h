// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What the importer needs to know of a Hugging Face model directory.
#ifndef VEOMNI_MODELCONFIG_MODELDESCRIPTION_H
#define VEOMNI_MODELCONFIG_MODELDESCRIPTION_H

#include "veomni/ModelConfig/DecoderConfig.h"

namespace veomni {

/// Reads config.json and, if it is there, generation_config.json. Messages start with the file's path.
Expected<DecoderConfig> readDecoderConfig(const std::string &directory, std::span<const std::string> allowedKeys = {});

} // namespace veomni

#endif // VEOMNI_MODELCONFIG_MODELDESCRIPTION_H

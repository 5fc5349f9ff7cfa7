// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What a config.json says about a model, with every default filled in and every spelling resolved.
#ifndef VEOMNI_MODELCONFIG_MODELCONFIG_H
#define VEOMNI_MODELCONFIG_MODELCONFIG_H

#include "veomni/ModelConfig/CheckpointRules.h"
#include "veomni/ModelConfig/TextConfig.h"
#include "veomni/runtime/Status.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace veomni {

/// Where a text keeps places for what a vision tower makes of images and videos.
struct VisionPlaces {
  std::optional<std::int64_t> imageToken, videoToken;
  /// So many of the first layers get further rows for each place, added to what they return.
  std::int64_t deepstackLayers = 0;
  friend bool operator==(const VisionPlaces &, const VisionPlaces &) = default;
};

/// A model has one part per kind of input. A tower for images or sound is a further member with a record and reading
/// functions of its own, which get the section of the config that describes it, as `vision_config`; the text part
/// neither knows nor changes.
struct ModelConfig {
  std::string modelType;    // "llama"
  std::string architecture; // "LlamaForCausalLM"
  std::string classPrefix;  // "Llama": begins the names of the classes
  /// Parts of a composite model besides its text model, which are left out: "vision_config".
  std::vector<std::string> otherParts;
  /// Keys that nothing read and that the user said to ignore.
  std::vector<std::string> ignoredKeys;
  TextConfig text;
  VisionPlaces vision;
  /// How the family's checkpoints store parameters.
  CheckpointRules checkpoint;
  /// The type the weights were saved in, as config.json names it ("float32", "bfloat16", ...); empty if it does not
  /// say.
  std::string dtype;
  std::vector<std::int64_t> eosTokenIds;

  friend bool operator==(const ModelConfig &, const ModelConfig &) = default;
};

/// Reads the text of a config.json. Of a composite model (`text_config` beside others) it is the text model. Fails with
/// every problem found, each line starting with `fileName`. Keys whose paths are in `ignoredKeys` may be present
/// although nothing reads them.
Expected<ModelConfig> parseModelConfig(std::string_view text, std::string_view fileName,
                                       std::span<const std::string> ignoredKeys = {});

/// Replaces the eos token ids by those of a generation_config.json, if it names any: generation uses that file before
/// the config.
Status applyGenerationConfig(ModelConfig &config, std::string_view text, std::string_view fileName);

} // namespace veomni

#endif // VEOMNI_MODELCONFIG_MODELCONFIG_H

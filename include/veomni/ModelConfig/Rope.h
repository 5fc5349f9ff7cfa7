// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Rotary position embedding: its settings in a config.json and the frequencies that follow from them.
#ifndef VEOMNI_MODELCONFIG_ROPE_H
#define VEOMNI_MODELCONFIG_ROPE_H

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace veomni {

class ConfigReader;

enum class RopeType { Default, Linear, Llama3, Yarn, Dynamic, LongRope };

/// `rope_parameters` as transformers 5.9.0 standardises it (modeling_rope_utils.py, RotaryEmbeddingConfigMixin). Fields
/// that a type does not use keep their defaults, so that equal meaning is equal value.
struct RopeParameters {
  RopeType type = RopeType::Default;
  double theta = 10000;
  /// Fraction of the head that rotates.
  double partialRotaryFactor = 1;
  /// linear, llama3, yarn, dynamic, longrope: by how much the context grows.
  double factor = 1;
  /// llama3, yarn, dynamic, longrope: the context length before it grew.
  std::int64_t originalMaxPositionEmbeddings = 0;
  double lowFreqFactor = 0;  // llama3
  double highFreqFactor = 0; // llama3
  // longrope: what divides each frequency, up to the original length and beyond it
  std::vector<double> shortFactor, longFactor;
  // yarn; attentionFactor of longrope, too
  double betaFast = 32;
  double betaSlow = 1;
  std::optional<double> attentionFactor;
  std::optional<double> mscale;
  std::optional<double> mscaleAllDim;
  bool truncate = true;

  friend bool operator==(const RopeParameters &, const RopeParameters &) = default;
};

/// Where families differ.
struct RopeDefaults {
  double theta = 10000;
  /// Set for families of which a part of each head may turn: that part, unless the config names one.
  std::optional<double> partialRotaryFactor = std::nullopt;
  /// Keys that something else reads.
  std::span<const std::string_view> otherKeys = {};
};

/// Reads the rope parameters in `section`, whose theta is `theta` unless it says otherwise. `hasAxes`: the family has
/// positions of three axes, and its configs may name that in place of the type, "mrope".
RopeParameters readRopeSection(ConfigReader &section, double theta, std::int64_t maxPositionEmbeddings,
                               std::optional<std::int64_t> originalMaxPositionEmbeddings = std::nullopt,
                               bool hasAxes = false);

/// Reads `rope_parameters`, or its older spelling `rope_theta` + `rope_scaling`, from the top level of a config.
RopeParameters readRopeParameters(ConfigReader &reader, const RopeDefaults &defaults,
                                  std::int64_t maxPositionEmbeddings);

/// The part of a config that holds the rope parameters.
ConfigReader ropeSection(ConfigReader &reader);

/// The int(headDim * partialRotaryFactor) / 2 inverse frequencies, in float32 with the order of operations of
/// ROPE_INIT_FUNCTIONS in modeling_rope_utils.py. Frequency i turns elements i and i + n/2 of the n that rotate.
std::vector<float> inverseFrequencies(const RopeParameters &parameters, std::int64_t headDim);

/// Those of longrope where the run reaches beyond the original length.
std::vector<float> longInverseFrequencies(const RopeParameters &parameters, std::int64_t headDim);

/// What cos and sin are multiplied by: 1 but for yarn and longrope.
float attentionScaling(const RopeParameters &parameters);

/// What latent attention multiplies its scores by besides 1 / sqrt(head size): 1 but for yarn with a mscale_all_dim.
double scoreScaling(const RopeParameters &parameters);

} // namespace veomni

#endif // VEOMNI_MODELCONFIG_ROPE_H

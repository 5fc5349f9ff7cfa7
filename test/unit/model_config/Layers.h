// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What the layers of a configuration are, in a form to compare.
#ifndef VEOMNI_TEST_MODEL_CONFIG_LAYERS_H
#define VEOMNI_TEST_MODEL_CONFIG_LAYERS_H

#include "Fixtures.h"

namespace veomni::test {

constexpr AttentionKind full = AttentionKind::Full, sliding = AttentionKind::Sliding, linear = AttentionKind::Linear;
constexpr MlpKind dense = MlpKind::Dense, sparse = MlpKind::Sparse;

inline std::vector<AttentionKind> attentionOf(const ModelConfig &config) {
  std::vector<AttentionKind> kinds;
  for (const LayerConfig &layer : config.text.layers)
    kinds.push_back(layer.attention);
  return kinds;
}

inline std::vector<MlpKind> mlpOf(const ModelConfig &config) {
  std::vector<MlpKind> kinds;
  for (const LayerConfig &layer : config.text.layers)
    kinds.push_back(layer.mlp);
  return kinds;
}

} // namespace veomni::test

#endif // VEOMNI_TEST_MODEL_CONFIG_LAYERS_H

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Any bytes as a config.json: a message or a config from which sizes, names and frequencies can be derived.
#include "veomni/ModelConfig/CheckpointLayout.h"
#include "veomni/ModelConfig/ModelConfig.h"

#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
  using namespace veomni;
  std::string_view text(reinterpret_cast<const char *>(data), size);
  Expected<ModelConfig> config = parseModelConfig(text, "config.json");
  if (!config) {
    if (config.status().message().empty())
      std::abort();
    return 0;
  }
  const TextConfig &model = config->text;
  std::vector<float> frequencies = inverseFrequencies(model.rope.parameters, model.attention.headDim);
  // A part of each head may turn.
  if (frequencies.empty() || frequencies.size() > static_cast<std::size_t>(model.attention.headDim / 2))
    std::abort();
  // What the rules say of experts must satisfy them, in every way. The largest are left out to keep a run short.
  if (!model.experts || model.numLayers() * model.experts->count > 1024)
    return 0;
  const std::int64_t count = model.experts->count, width = model.experts->width, hidden = model.hiddenSize;
  std::vector<Parameter> parameters;
  for (std::int64_t i = 0; i < model.numLayers(); ++i) {
    const std::string block = "model.layers." + std::to_string(i) + ".mlp.";
    parameters.push_back({block + "gate.weight", {count, hidden}});
    parameters.push_back({block + "experts.gate_up_proj", {count, 2 * width, hidden}});
    parameters.push_back({block + "experts.down_proj", {count, hidden, width}});
  }
  for (std::size_t way = 0; way < config->checkpoint.ways.size(); ++way) {
    // Blocks of 32 cannot hold any size.
    const bool fits = hidden % 32 == 0 && width % 32 == 0;
    StoredTensors stored;
    bool blocks = false;
    for (const TensorSpec &spec : expectedTensors(config->checkpoint, parameters, way)) {
      blocks |= !spec.dtype.empty();
      stored[spec.name] = {spec.dtype.empty() ? "BF16" : spec.dtype, spec.shape};
    }
    if ((!blocks || fits) && !matchTensors(config->checkpoint, parameters, stored, "model"))
      std::abort();
  }
  return 0;
}

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Any bytes as a config.json: a message or a config from which sizes, names and frequencies can be derived.
#include "veomni/ModelConfig/CheckpointLayout.h"

#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
  using namespace veomni;
  std::string_view text(reinterpret_cast<const char *>(data), size);
  Expected<DecoderConfig> config = parseDecoderConfig(text, "config.json");
  if (!config) {
    if (config.status().message().empty())
      std::abort();
    return 0;
  }
  std::vector<float> frequencies = inverseFrequencies(config->rope, config->headDim);
  // A part of each head may turn.
  if (frequencies.empty() || frequencies.size() > static_cast<std::size_t>(config->headDim / 2) ||
      config->layers.size() != static_cast<std::size_t>(config->numHiddenLayers))
    std::abort();
  // What the config expects must satisfy it, in either layout. The largest are left out to keep a run short.
  std::int64_t experts = config->moe ? config->moe->numExperts : 1;
  if (config->numHiddenLayers * experts > 1024)
    return 0;
  for (ExpertStorage storage : expertStorages(*config)) {
    // Blocks of 32 cannot hold any size.
    if (storage == ExpertStorage::Mxfp4 && (config->hiddenSize % 32 != 0 || config->intermediateSize % 32 != 0))
      continue;
    StoredTensors stored;
    for (const TensorSpec &spec : expectedTensors(*config, storage))
      stored[spec.name] = {spec.dtype.empty() ? "BF16" : spec.dtype, spec.shape};
    if (!validateTensors(*config, stored, "model"))
      std::abort();
  }
  return 0;
}

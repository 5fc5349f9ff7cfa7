// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Which tensors a checkpoint must hold for a model, and how each parameter of the model comes out of them.
#ifndef VEOMNI_MODELCONFIG_CHECKPOINTLAYOUT_H
#define VEOMNI_MODELCONFIG_CHECKPOINTLAYOUT_H

#include "veomni/ModelConfig/DecoderConfig.h"

#include <array>
#include <map>

namespace veomni {

using Shape = std::vector<std::int64_t>;

struct TensorSpec {
  std::string name;
  Shape shape;
  /// In the spelling of safetensors; empty: any float that is supported.
  std::string dtype;
  friend bool operator==(const TensorSpec &, const TensorSpec &) = default;
};

/// How the experts of sparse layers lie on disk.
enum class ExpertStorage {
  PerExpert,  // three matrices per expert, under the family's published names
  Fused,      // two tensors per layer, under the names and shapes that transformers 5 has in memory
  Transposed, // two tensors per layer, their last two dims swapped
  Mxfp4,      // the same two as blocks of 4-bit numbers with scales
};

/// A tensor as a safetensors header describes it; `dtype` in the header's spelling ("BF16").
struct StoredTensor {
  std::string dtype;
  Shape shape;
};
using StoredTensors = std::map<std::string, StoredTensor, std::less<>>;

enum class StorageKind {
  Plain,         // keys[0] is the parameter
  Stack,         // keys[e], stacked over e
  StackOfConcat, // concat(keys[2e], keys[2e+1]) along dimension 0, stacked over e
  Alias,         // the same memory as the parameter keys[0]
  Transposed,    // keys[0] with its last two dims swapped
  Mxfp4,         // blocks keys[0] with scales keys[1]: 32 numbers of the last dim are 16 bytes and a scale
};

/// One parameter of the model: its name and shape in the memory of transformers 5.9.0, and its sources.
struct ParameterStorage {
  std::string name;
  Shape shape;
  StorageKind kind = StorageKind::Plain;
  std::vector<std::string> keys;
  /// Of every source, in the spelling of safetensors.
  std::string dtype;
  /// Kept in float32 whatever type the model is compiled for.
  bool float32 = false;
  /// Set if the sources are FP8: rows and columns that share a scale, in the tensor fp8ScaleName(keys[i]) of float32.
  std::optional<std::array<std::int64_t, 2>> fp8Block = std::nullopt;

  /// The shape of keys[i]; all have one shape but for the scales of MXFP4 blocks.
  Shape sourceShape(std::size_t i = 0) const;
};

/// The tensor that holds the scales of the FP8 matrix `key` (transformers' finegrained_fp8 integration; DeepSeek-V3 on the hub).
inline std::string fp8ScaleName(std::string_view key) { return std::string(key) + "_scale_inv"; }

struct CheckpointLayout {
  /// In the order of the model: embedding, layers, final norm, lm_head.
  std::vector<ParameterStorage> parameters;
  /// Set if lm_head is tied and stored all the same: these bytes must equal those of model.embed_tokens.weight.
  std::optional<std::string> tiedCopy;
  /// Present, known and not read: buffers that older releases saved, and layers that no forward runs.
  std::vector<std::string> ignored;

  /// Null if the model has no such parameter.
  const ParameterStorage *find(std::string_view name) const;
};

/// The two ways in which checkpoints of this family hold experts. They differ in names, so that the names in a file tell which it is;
/// shapes do not, where sizes happen to be equal.
std::array<ExpertStorage, 2> expertStorages(const DecoderConfig &config);

/// Every tensor that a checkpoint of this layout must hold, in the order of the model.
std::vector<TensorSpec> expectedTensors(const DecoderConfig &config, ExpertStorage experts);

/// Matches the headers of a checkpoint with the config, every tensor by itself. Fails with all of: missing, unexpected and misshaped
/// tensors, experts of both layouts, dtypes that are not supported or differ between the sources of one parameter. `where` starts each
/// line.
Expected<CheckpointLayout> validateTensors(const DecoderConfig &config, const StoredTensors &stored, std::string_view where);

} // namespace veomni

#endif // VEOMNI_MODELCONFIG_CHECKPOINTLAYOUT_H

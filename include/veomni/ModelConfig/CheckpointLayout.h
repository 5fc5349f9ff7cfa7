// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Matches what a model asks for with the tensors of a checkpoint, and finds the recipe of every parameter.
#ifndef VEOMNI_MODELCONFIG_CHECKPOINTLAYOUT_H
#define VEOMNI_MODELCONFIG_CHECKPOINTLAYOUT_H

#include "veomni/ModelConfig/CheckpointRules.h"
#include "veomni/runtime/Status.h"

#include <functional>
#include <map>

namespace veomni {

struct TensorSpec {
  std::string name;
  Shape shape;
  /// In the spelling of safetensors; empty: any float that is supported.
  std::string dtype;
  friend bool operator==(const TensorSpec &, const TensorSpec &) = default;
};

/// A tensor as a safetensors header describes it; `dtype` in the header's spelling ("BF16").
struct StoredTensor {
  std::string dtype;
  Shape shape;
};
using StoredTensors = std::map<std::string, StoredTensor, std::less<>>;

struct StoredParameter {
  Parameter parameter;
  /// Makes the parameter in its type.
  recipe::Steps recipe;
};

struct CheckpointLayout {
  /// In the order in which they were asked for.
  std::vector<StoredParameter> parameters;
  /// Present and not read: buffers that older releases saved, layers that no forward runs, other parts of the model,
  /// what the user said to ignore.
  std::vector<std::string> ignored;
  /// What of it is worth saying, a line for each kind: "9 tensors of ..., the first 'x'".
  std::vector<std::string> notes;

  /// Null if the model has no such parameter.
  const StoredParameter *find(std::string_view name) const;
};

/// Every tensor that a checkpoint must hold that stores these parameters in way `way`.
std::vector<TensorSpec> expectedTensors(const CheckpointRules &rules, std::span<const Parameter> parameters,
                                        std::size_t way);

/// Whether a checkpoint has a tensor of this name.
using HasTensor = std::function<bool(const std::string &)>;
/// Whether it has the language model's head, under any of the names that checkpoints give it.
bool hasLanguageModelHead(const HasTensor &hasTensor);
/// Whether the names of its tensors are those of a base model, without `model.` in front.
bool isBaseModel(const HasTensor &hasTensor);
/// The name that it has for what the model calls `name`: checkpoints leave prefixes out, or put others in front.
std::string storedName(const HasTensor &hasTensor, std::string_view name);

/// Matches the headers of a checkpoint with the parameters, every tensor by itself. Tensors that nothing needs are left
/// out if their kind is known or a glob of `ignoredTensors` matches their names. Fails with all of: missing,
/// unexpected and misshaped tensors, parameters stored in two ways, dtypes that are not supported or differ between
/// the tensors of one parameter. `where` starts each line.
Expected<CheckpointLayout> matchTensors(const CheckpointRules &rules, std::span<const Parameter> parameters,
                                        const StoredTensors &stored, std::string_view where,
                                        std::span<const std::string> ignoredTensors = {});

} // namespace veomni

#endif // VEOMNI_MODELCONFIG_CHECKPOINTLAYOUT_H

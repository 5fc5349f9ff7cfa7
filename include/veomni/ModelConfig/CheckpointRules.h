// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// How the checkpoints of a family store parameters, as far as that is not the plain way: one tensor of the
// parameter's name and shape. A family fills these rules in its own file; what matches them with a checkpoint knows
// no family.
#ifndef VEOMNI_MODELCONFIG_CHECKPOINTRULES_H
#define VEOMNI_MODELCONFIG_CHECKPOINTRULES_H

#include "veomni/runtime/Recipe.h"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace veomni {

using Shape = std::vector<std::int64_t>;

/// What a model asks of its checkpoint, where it uses it.
struct Parameter {
  std::string name;
  Shape shape;
  recipe::DType type = recipe::DType::f32;
  friend bool operator==(const Parameter &, const Parameter &) = default;
};

/// Parameters of one kind that are stored in another way.
struct StorageRule {
  using Recipe = recipe::Steps (*)(const Parameter &parameter, std::string_view stem,
                                   std::span<const std::string_view> tensors);

  /// How the names of these parameters end; the stem before it begins the names of their tensors, too.
  std::string_view suffix;
  /// How those go on; `#` is the number of an expert.
  std::vector<std::string_view> tensors;
  /// Makes the parameter, but for its type: a tensor that is loaded as f32 may be of any type of floats.
  Recipe recipe;
  friend bool operator==(const StorageRule &, const StorageRule &) = default;
};

/// One tensor of another name.
StorageRule storedAs(std::string_view suffix, std::string_view tensor);
/// A matrix for each index of dimension 0; where there are several tensors they lie one below the other.
StorageRule storedPerExpert(std::string_view suffix, std::vector<std::string_view> tensors);
/// Several tensors, each of all experts, whose matrices lie one below the other.
StorageRule storedStacked(std::string_view suffix, std::vector<std::string_view> tensors);
/// One tensor with the last two dimensions swapped.
StorageRule storedTransposed(std::string_view suffix);
/// `<name>_blocks` and `<name>_scales`: 32 numbers of the last dimension are 16 bytes and a scale.
StorageRule storedInMxfp4(std::string_view suffix);

/// One of the ways in which checkpoints of a family store some parameters. Names tell which it is; where those of two
/// ways are the same, shapes do, and the first of the ways is taken where sizes happen to be equal, too.
struct StorageWay {
  /// What a tensor so stored is, for messages: "holds all".
  std::string_view description;
  std::vector<StorageRule> rules;
  friend bool operator==(const StorageWay &, const StorageWay &) = default;
};

/// A parameter that may be stored once more under another name, with the same bytes.
struct StoredTwice {
  std::string_view copy, original;
  friend bool operator==(const StoredTwice &, const StoredTwice &) = default;
};

/// Tensors that a checkpoint may hold besides the model's.
struct UnreadTensors {
  std::string prefix;
  /// For the note that says so: "layers that predict further tokens".
  std::string_view what;
  friend bool operator==(const UnreadTensors &, const UnreadTensors &) = default;
};

struct CheckpointRules {
  /// A checkpoint follows one of these. The first is assumed where there is no sign of any.
  std::vector<StorageWay> ways;
  /// Matrices may be stored as FP8 with a scale per block of so many rows and columns, in the tensor fp8ScaleName(key).
  std::optional<std::array<std::int64_t, 2>> fp8Block;
  /// How the names of parameters end that are floats all the same.
  std::vector<std::string_view> neverFp8;
  /// How the names of tensors begin that no forward reads, and what those are.
  std::vector<UnreadTensors> unread;
  std::optional<StoredTwice> tied;
  friend bool operator==(const CheckpointRules &, const CheckpointRules &) = default;
};

/// The tensor that holds the scales of the FP8 matrix `key` (transformers' finegrained_fp8 integration; DeepSeek-V3
/// on the hub).
inline std::string fp8ScaleName(std::string_view key) { return std::string(key) + "_scale_inv"; }

/// The recipe of a parameter but for its type, stored in way `way`, or in the plain way where that has no rule for it.
recipe::Steps storedRecipe(const CheckpointRules &rules, std::size_t way, const Parameter &parameter);

} // namespace veomni

#endif // VEOMNI_MODELCONFIG_CHECKPOINTRULES_H

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Weight recipes: how a parameter comes out of the tensors of a checkpoint. A recipe is a stack program whose every
// step leaves one value. What a step is called, takes, makes and is undone by stands in one table, which the compiler's
// dialects, the readers and writers of bundles and the loader of weights all ask, so that they cannot disagree.
#ifndef VEOMNI_RUNTIME_RECIPE_H
#define VEOMNI_RUNTIME_RECIPE_H

#include "veomni/runtime/Status.h"
#include "veomni/schema/bundle_generated.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace veomni {
struct LazyValue;
struct TensorInfo;
} // namespace veomni

namespace veomni::recipe {

using bundle::DType;
using bundle::StepKind;

/// Matrices [N, K] as tiles of `rows` x `columns`, each row-major, those of a run of rows one after the other, N and K
/// padded with zeros: what products read. No rows: plain row-major.
struct Tile {
  int64_t rows = 0, columns = 0;

  explicit operator bool() const { return rows != 0; }
  friend bool operator==(const Tile &, const Tile &) = default;
  /// "[32, 2]"
  std::string text() const;
};
/// The most rows and columns of a tile.
inline constexpr int64_t largestTile = 1024;
/// The tile of a bundle's type, none where it is row-major. All readers of bundles ask here what 0 stands for.
Tile tileOf(const bundle::BufferType &type);
/// Whether the first version of the schema has such tiles.
bool isFirstTile(Tile tile, DType type);

/// One step; a kind uses the fields that its rule lists as parameters, the others keep their defaults.
struct Step {
  StepKind kind = StepKind::load;
  std::string key = {};
  std::vector<int64_t> dims = {};
  DType type = DType::f32;
  uint32_t count = 0;
  uint32_t dim = 0;
  int64_t start = 0, size = 0;

  friend bool operator==(const Step &, const Step &) = default;
};

Step load(std::string key, std::vector<int64_t> dims, DType type);
Step concat(uint32_t count, uint32_t dim);
Step stack(uint32_t count);
Step transpose();
Step cast(DType type);
Step pack(Tile tile);
Step dequantMxfp4(DType type);
Step dequantFp8(int64_t rows, int64_t columns);
Step slice(uint32_t dim, int64_t start, int64_t size);
Step unstack(int64_t index);
Step part(std::string meshAxis, uint32_t ranks, uint32_t dim);

/// What is known of a value without its elements.
struct ValueType {
  std::vector<int64_t> dims;
  DType type = DType::f32;
  Tile tile = {};
  bool loaded = false; ///< a tensor as it lies in the file, which is what dequantisation takes

  /// "[2, 3] x f32"
  std::string text() const;
  bool isSame(const ValueType &other) const { return dims == other.dims && type == other.type && tile == other.tile; }
};

/// What a step says besides its name, and how that reads in text.
enum class Parameter {
  key,   ///< "name"
  dims,  ///< [2, 3]
  type,  ///< f32
  count, ///< 3
  index, ///< 3, kept in `start`
  dim,   ///< dim = 0
  start, ///< start = 4
  size   ///< size = 2
};

using Steps = std::vector<Step>;

/// Where a rank stands on the axes of the mesh that recipes name.
struct Place {
  std::string meshAxis;
  int index;
};
using Places = std::vector<Place>;

/// All that there is to know about one kind of step.
struct StepRule {
  StepKind kind;
  std::string_view name;
  std::span<const Parameter> parameters;
  /// The bit of `required_features` that a bundle with such a step sets; 0 for those that every loader knows.
  uint64_t feature;
  /// How many values it takes from the stack, the last one topmost.
  size_t (*inputs)(const Step &step);
  /// The type of the value it makes of those, or why it cannot.
  Expected<ValueType> (*infer)(const Step &step, std::span<const ValueType> inputs);
  /// Steps that make input `index` again out of the value it made, or why there are none.
  Expected<Steps> (*invert)(const Step &step, std::span<const ValueType> inputs, size_t index);
  /// The value itself, of the type that `infer` found, still spread over tensors. `tensor` is what a `load` loads.
  LazyValue (*apply)(const Step &step, const ValueType &made, std::span<LazyValue> inputs, const TensorInfo *tensor);
};

/// Of a kind that the schema has.
const StepRule &ruleOf(StepKind kind);
/// All of them, in the order of the schema.
std::span<const StepRule> stepRules();
/// Null where there is no step of that name.
const StepRule *ruleNamed(std::string_view name);

/// Called after each step with what it took and made.
using OnStep =
    std::function<void(size_t index, const StepRule &rule, std::span<const ValueType> inputs, const ValueType &made)>;

/// The type of the one value that a recipe ends with; or the first step that does not fit, and why. Sizes neither
/// overflow nor are negative.
Expected<ValueType> inferRecipe(std::span<const Step> steps, const OnStep &onStep = nullptr);

/// How a tensor of the checkpoint comes out of the parameter that was made of it.
struct TensorRecipe {
  std::string key;
  Steps steps;
};

/// The recipes that undo `steps`: one for each tensor they load, over the parameter as a tensor called `parameter`.
/// Fails where a step loses what was in a tensor: then the parameter does not say what the tensor was.
Expected<std::vector<TensorRecipe>> invertRecipe(std::span<const Step> steps, std::string_view parameter);

/// Whether each rank along some axis of the mesh makes another value of it.
bool dependsOnRank(const bundle::Weight &weight);

/// The bits of `required_features` for a step.
uint64_t requiredFeatures(const Step &step);

/// A step of a bundle, or why it cannot be read.
Expected<Step> readStep(const bundle::Step &step);
Expected<Steps> readSteps(const bundle::Weight &weight);
/// Whether the recipe of a weight can be read and makes a value of the weight's type.
Status checkWeight(const bundle::Weight &weight);
flatbuffers::Offset<bundle::Step> writeStep(flatbuffers::FlatBufferBuilder &builder, const Step &step);

/// Bytes of such a value in memory, with the padding of its layout; nothing if they are more than a size can say.
std::optional<uint64_t> storedBytes(const ValueType &value);

} // namespace veomni::recipe

#endif // VEOMNI_RUNTIME_RECIPE_H

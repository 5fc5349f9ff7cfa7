// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Recipes as a whole: the stack on which steps work, with types alone, with lazy values, and backwards.
#include "veomni/runtime/Recipe.h"

#include "Convert.h"
#include "LazyValue.h"
#include "Steps.h"
#include "veomni/runtime/BundleFormat.h"

#include <algorithm>
#include <array>
#include <iterator>

namespace veomni::recipe {
namespace {

constexpr size_t kindCount = size_t(StepKind::MAX) + 1;

const std::array<StepRule, kindCount> &table() {
  // In the order of the schema.
  static const std::array<StepRule, kindCount> rules = {loadRule,  concatRule,  stackRule,        transposeRule,
                                                        castRule,  packRule,    dequantMxfp4Rule, dequantFp8Rule,
                                                        sliceRule, unstackRule, partRule};
  return rules;
}

Status atStep(size_t index, const std::string &text) {
  return Status::error("recipe step " + std::to_string(index) + ": " + text);
}

} // namespace

const StepRule &ruleOf(StepKind kind) { return table()[size_t(kind)]; }
std::span<const StepRule> stepRules() { return table(); }

const StepRule *ruleNamed(std::string_view name) {
  auto found = std::ranges::find(table(), name, &StepRule::name);
  return found == table().end() ? nullptr : &*found;
}

std::string Tile::text() const { return dimsText(std::vector{rows, columns}); }

Tile tileOf(const bundle::BufferType &type) {
  if (type.layout() != bundle::Layout::tiles)
    return {};
  constexpr int64_t firstBytes = 4;
  int64_t columns = type.tile_columns();
  return {type.tile_rows(), columns != 0 ? columns : firstBytes / std::max<int64_t>(1, elementBytes(type.dtype()))};
}

bool isFirstTile(Tile tile, DType type) { return tile == Tile{32, 4 / int64_t(elementBytes(type))}; }

std::string ValueType::text() const {
  return dimsText(dims) + " x " + bundle::EnumNameDType(type) + (tile ? ", tiles = " + tile.text() : "");
}

std::optional<uint64_t> storedBytes(const ValueType &value) {
  auto bytes = int64_t(elementBytes(value.type));
  bool empty = false;
  for (size_t i = 0; i < value.dims.size(); ++i) {
    int64_t dim = value.dims[i];
    empty |= dim == 0;
    // N and K are padded to whole tiles.
    int64_t multiple = !value.tile                  ? 1
                       : i + 2 == value.dims.size() ? value.tile.rows
                       : i + 1 == value.dims.size() ? value.tile.columns
                                                    : 1;
    // Sizes beside a 0 must multiply too: strides are their products.
    if (__builtin_add_overflow(std::max<int64_t>(dim, 1), multiple - 1, &dim) ||
        __builtin_mul_overflow(bytes, dim / multiple * multiple, &bytes))
      return std::nullopt;
  }
  return empty ? 0 : uint64_t(bytes);
}

Expected<ValueType> checked(ValueType type) {
  if (std::ranges::any_of(type.dims, [](int64_t dim) { return dim < 0; }))
    return wrong("makes " + type.text() + ", expected dimensions of 0 or more");
  if (!storedBytes(type))
    return wrong("makes " + type.text() + ", which is more than 2^63 bytes");
  return type;
}

Expected<ValueType> inferRecipe(std::span<const Step> steps, const OnStep &onStep) {
  std::vector<ValueType> stack;
  for (size_t i = 0; i < steps.size(); ++i) {
    const StepRule &rule = ruleOf(steps[i].kind);
    const std::string name(rule.name);
    const size_t count = rule.inputs(steps[i]);
    if (count == 0 && steps[i].kind != StepKind::load)
      return atStep(i, name + " takes 0 values, expected at least 1");
    if (stack.size() < count)
      return atStep(i, name + " takes " + std::to_string(count) + " values, found " + std::to_string(stack.size()));
    const std::span<const ValueType> inputs = std::span(stack).last(count);
    if (std::ranges::any_of(inputs, [](const ValueType &input) { return bool(input.tile); }))
      return atStep(i, name + " after pack");
    Expected<ValueType> made = rule.infer(steps[i], inputs);
    if (!made)
      return atStep(i, made.status().message());
    if (onStep)
      onStep(i, rule, inputs, *made);
    stack.resize(stack.size() - count);
    stack.push_back(std::move(*made));
  }
  if (stack.size() != 1)
    return Status::error("recipe ends with " + std::to_string(stack.size()) + " values, expected 1");
  return std::move(stack.front());
}

Expected<std::vector<TensorRecipe>> invertRecipe(std::span<const Step> steps, std::string_view parameter) {
  // What step `i` took: the steps that made those values, and their types.
  struct Taken {
    std::vector<size_t> makers;
    std::vector<ValueType> types;
  };
  std::vector<Taken> taken(steps.size());
  std::vector<size_t> makers; // of the values on the stack
  Expected<ValueType> whole =
      inferRecipe(steps, [&](size_t index, const StepRule &, std::span<const ValueType> inputs, const ValueType &) {
        taken[index] = {{makers.end() - ptrdiff_t(inputs.size()), makers.end()}, {inputs.begin(), inputs.end()}};
        makers.resize(makers.size() - inputs.size());
        makers.push_back(index);
      });
  if (!whole)
    return whole.status();

  // From the last step to the loads. What undoes a value is what undoes the value it became part of, then the step
  // between them.
  std::vector<Steps> undo(steps.size());
  undo.back() = {load(std::string(parameter), whole->dims, whole->type)};
  std::vector<TensorRecipe> tensors;
  for (size_t i = steps.size(); i-- > 0;) {
    for (size_t input = 0; input < taken[i].makers.size(); ++input) {
      Expected<Steps> inverse = ruleOf(steps[i].kind).invert(steps[i], taken[i].types, input);
      if (!inverse)
        return atStep(i, inverse.status().message());
      Steps &path = undo[taken[i].makers[input]];
      path = undo[i];
      path.insert(path.end(), inverse->begin(), inverse->end());
    }
    if (steps[i].kind == StepKind::load)
      tensors.push_back({steps[i].key, std::move(undo[i])});
  }
  std::ranges::reverse(tensors);
  return tensors;
}

bool dependsOnRank(const bundle::Weight &weight) {
  return std::ranges::any_of(*weight.steps(), [](const bundle::Step *step) { return step->kind() == StepKind::part; });
}

uint64_t requiredFeatures(const Step &step) {
  return ruleOf(step.kind).feature | (step.type == DType::f8_e4m3 ? bundle_format::fp8Weights : 0);
}

//===--- In bundles -----------------------------------------------------------------------------------------------===//

namespace {

bool has(const Step &step, Parameter parameter) {
  const std::span<const Parameter> parameters = ruleOf(step.kind).parameters;
  return std::ranges::find(parameters, parameter) != parameters.end();
}

/// A number that may one day be the value of a symbol.
Expected<int64_t> readConstant(const char *name, const bundle::Dim *dim) {
  if (dim && dim->symbol() >= 0)
    return Status::error(std::string(name) + " is a symbol, expected a number");
  return dim ? dim->value() : 0;
}

} // namespace

Expected<Step> readStep(const bundle::Step &step) {
  if (step.kind() > StepKind::MAX)
    return Status::error("kind " + std::to_string(int(step.kind())) + " is unknown");
  if (step.dtype() > DType::MAX)
    return Status::error("dtype " + std::to_string(int(step.dtype())) + " is unknown");
  Expected<int64_t> start = readConstant("start", step.start()), size = readConstant("size", step.size());
  if (!start || !size)
    return start ? size.status() : start.status();
  // The verifier of the flatbuffers library looks at where a list begins, not at where its numbers do.
  if (step.dims() && reinterpret_cast<uintptr_t>(step.dims()->Data()) % alignof(int64_t) != 0)
    return Status::error("its dims are not aligned");
  Step result{.kind = step.kind(),
              .type = step.dtype(),
              .count = step.count(),
              .dim = step.dim(),
              .start = *start,
              .size = *size};
  if (step.key())
    result.key = step.key()->str();
  for (uint32_t i = 0; step.dims() && i < step.dims()->size(); ++i)
    result.dims.push_back(step.dims()->Get(i));
  return result;
}

Expected<Steps> readSteps(const bundle::Weight &weight) {
  Steps steps;
  for (uint32_t i = 0; i < weight.steps()->size(); ++i) {
    Expected<Step> step = readStep(*weight.steps()->Get(i));
    if (!step)
      return atStep(i, step.status().message());
    steps.push_back(std::move(*step));
    // Bundles say tiles once, in the type.
    if (steps.back().kind == StepKind::pack && weight.type()->dtype() <= DType::MAX)
      steps.back() = pack(tileOf(*weight.type()));
  }
  return steps;
}

flatbuffers::Offset<bundle::Step> writeStep(flatbuffers::FlatBufferBuilder &builder, const Step &step) {
  auto key = step.key.empty() ? flatbuffers::Offset<flatbuffers::String>() : builder.CreateSharedString(step.key);
  auto dims = has(step, Parameter::dims) && step.kind != StepKind::pack
                  ? builder.CreateVector(step.dims)
                  : flatbuffers::Offset<flatbuffers::Vector<int64_t>>();
  const bundle::Dim start(step.start, -1), size(step.size, -1);
  const bool hasStart = has(step, Parameter::start) || has(step, Parameter::index);
  return bundle::CreateStep(builder, step.kind, key, dims, step.type, step.count, step.dim, hasStart ? &start : nullptr,
                            has(step, Parameter::size) ? &size : nullptr);
}

} // namespace veomni::recipe

namespace veomni {
namespace {

using recipe::ValueType;

/// Looks a tensor up; one that is missing or wrong is a problem, and is taken for what the recipe says, so that the
/// steps after it are checked too.
const TensorInfo *find(const recipe::Step &load, const Checkpoint &checkpoint, Problems &problems,
                       const std::string &where) {
  const TensorInfo *tensor = checkpoint.find(load.key);
  if (!tensor) {
    std::string nearest = problems.full() ? "" : checkpoint.nearest(load.key);
    problems.add(where + "no tensor \"" + load.key + "\"" +
                 (nearest.empty() ? "" : "; did you mean \"" + nearest + "\"?"));
  } else if (tensor->shape != load.dims || tensor->elementType != fileType(load.type)) {
    problems.add(where + "tensor \"" + load.key + "\" in " + checkpoint.files()[tensor->file].path + " is " +
                 dimsText(tensor->shape) + " x " + std::string(elementTypeName(tensor->elementType)) + ", expected " +
                 dimsText(load.dims) + " x " + std::string(elementTypeName(fileType(load.type))));
  }
  return tensor;
}

/// Why the value is not what the weight is said to be; empty if it is.
std::string mismatch(const ValueType &value, const bundle::BufferType &type) {
  bool symbolic = type.dtype() > bundle::DType::MAX || type.layout() > bundle::Layout::MAX;
  ValueType expected{{}, type.dtype(), symbolic ? recipe::Tile() : recipe::tileOf(type)};
  for (uint32_t i = 0; type.dims() && i < type.dims()->size(); ++i) {
    expected.dims.push_back(type.dims()->Get(i)->value());
    symbolic |= type.dims()->Get(i)->symbol() >= 0;
  }
  if (symbolic)
    return "its type has a dimension, dtype or layout that is not constant or not known";
  if (!value.isSame(expected))
    return "recipe makes " + value.text() + ", expected " + expected.text();
  if (value.tile || type.row_stride() == 0)
    return "";
  int64_t row = 1;
  for (size_t i = 0; i < std::min<size_t>(type.row_rank(), value.dims.size()); ++i)
    row *= value.dims[value.dims.size() - 1 - i];
  if (type.row_stride() == row)
    return "";
  return "its rows of " + std::to_string(row) + " elements begin every " + std::to_string(type.row_stride()) +
         " elements, expected no gaps";
}

} // namespace

std::optional<int64_t> LazyValue::placeInTensor() const {
  if (tile || pieces.size() != 1 || pieces[0].scales || !pieces[0].casts.empty())
    return std::nullopt;
  // Dimensions of size 1 may have any stride.
  int64_t expected = 1;
  for (size_t i = dims.size(); i-- > 0; expected *= std::max<int64_t>(dims[i], 1))
    if (dims[i] != 1 && pieces[0].stride[i] != expected)
      return std::nullopt;
  return pieces[0].offset;
}

Status recipe::checkWeight(const bundle::Weight &weight) {
  Expected<Steps> steps = readSteps(weight);
  if (!steps)
    return steps.status();
  Expected<ValueType> made = inferRecipe(*steps);
  if (!made)
    return made.status();
  std::string problem = mismatch(*made, *weight.type());
  return problem.empty() ? Status::ok() : Status::error(std::move(problem));
}

LazyValue evaluateRecipe(const bundle::Weight &weight, const Checkpoint &checkpoint, const recipe::Places &places,
                         Problems &problems) {
  const std::string name = "weight \"" + weight.name()->str() + "\": ";
  auto problem = [&](const std::string &text) {
    problems.add(name + text);
    return LazyValue();
  };
  Expected<recipe::Steps> steps = recipe::readSteps(weight);
  if (!steps)
    return problem(steps.status().message());
  for (recipe::Step &step : *steps) {
    if (step.kind != bundle::StepKind::part)
      continue;
    auto place = std::ranges::find(places, step.key, &recipe::Place::meshAxis);
    if (place == places.end() || place->index < 0 || place->index >= int64_t(step.count))
      return problem("is the part of a rank of " + std::to_string(step.count) + " along \"" + step.key +
                     "\", and no place there is known");
    step.start = place->index;
  }
  std::vector<LazyValue> stack;
  Expected<ValueType> made =
      recipe::inferRecipe(*steps, [&](size_t index, const recipe::StepRule &rule, std::span<const ValueType> inputs,
                                      const ValueType &result) {
        const recipe::Step &step = (*steps)[index];
        const TensorInfo *tensor = nullptr;
        if (step.kind == bundle::StepKind::load)
          tensor = find(step, checkpoint, problems, name + "recipe step " + std::to_string(index) + ": ");
        LazyValue value = rule.apply(step, result, std::span(stack).last(inputs.size()), tensor);
        stack.erase(stack.end() - ptrdiff_t(inputs.size()), stack.end());
        stack.push_back(std::move(value));
      });
  if (!made)
    return problem(made.status().message());
  if (std::string text = mismatch(*made, *weight.type()); !text.empty())
    return problem(text);
  return std::move(stack.front());
}

} // namespace veomni

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The steps that move elements and change none: what joins values and takes them apart, and what turns them.
#include "LazyValue.h"
#include "Steps.h"
#include "veomni/runtime/BundleFormat.h"

#include <algorithm>
#include <iterator>

namespace veomni::recipe {
namespace {

/// Where an operation on one dimension is asked of a value that does not have it.
Status noSuchDim(std::string_view step, const Step &asked, const ValueType &value) {
  return wrong(std::string(step) + " along dimension " + std::to_string(asked.dim) + " of " + value.text());
}

Status unlike(std::string_view step, const ValueType &value, const ValueType &first) {
  return wrong(std::string(step) + " of unlike values: " + value.text() + " and " + first.text());
}

size_t takesCount(const Step &step) { return step.count; }

/// The values that are joined lie one after the other; `place` puts a piece of value `i` where it belongs.
template <typename Place> LazyValue join(const ValueType &made, std::span<LazyValue> inputs, Place place) {
  LazyValue result{made, {}};
  for (size_t i = 0; i < inputs.size(); ++i)
    for (Piece &piece : inputs[i].pieces) {
      place(piece, i);
      result.pieces.push_back(std::move(piece));
    }
  return result;
}

//===--- concat --------------------------------------------------------------------------------------------------===//

constexpr Parameter concatParameters[] = {Parameter::count, Parameter::dim};

Expected<ValueType> inferConcat(const Step &step, std::span<const ValueType> inputs) {
  ValueType made{inputs[0].dims, inputs[0].type};
  if (step.dim >= made.dims.size())
    return noSuchDim("concat", step, made);
  for (const ValueType &value : inputs.subspan(1)) {
    std::vector<int64_t> expected = inputs[0].dims;
    if (value.dims.size() == expected.size())
      expected[step.dim] = value.dims[step.dim];
    if (value.type != made.type || value.dims != expected)
      return unlike("concat", value, inputs[0]);
    if (__builtin_add_overflow(made.dims[step.dim], value.dims[step.dim], &made.dims[step.dim]))
      return wrong("makes a dimension beyond 2^63");
  }
  return checked(std::move(made));
}

Expected<Steps> invertConcat(const Step &step, std::span<const ValueType> inputs, size_t index) {
  if (inputs.size() == 1)
    return Steps();
  int64_t start = 0;
  for (const ValueType &before : inputs.first(index))
    start += before.dims[step.dim];
  return Steps{slice(step.dim, start, inputs[index].dims[step.dim])};
}

LazyValue applyConcat(const Step &step, const ValueType &made, std::span<LazyValue> inputs, const TensorInfo *) {
  std::vector<int64_t> starts = {0};
  for (const LazyValue &value : inputs)
    starts.push_back(starts.back() + value.dims[step.dim]);
  return join(made, inputs, [&](Piece &piece, size_t i) { piece.origin[step.dim] += starts[i]; });
}

//===--- stack ---------------------------------------------------------------------------------------------------===//

constexpr Parameter countParameter[] = {Parameter::count};

Expected<ValueType> inferStack(const Step &, std::span<const ValueType> inputs) {
  for (const ValueType &value : inputs)
    if (value.type != inputs[0].type || value.dims != inputs[0].dims)
      return unlike("stack", value, inputs[0]);
  ValueType made{inputs[0].dims, inputs[0].type};
  made.dims.insert(made.dims.begin(), int64_t(inputs.size()));
  return checked(std::move(made));
}

Expected<Steps> invertStack(const Step &, std::span<const ValueType>, size_t index) {
  return Steps{unstack(int64_t(index))};
}

LazyValue applyStack(const Step &, const ValueType &made, std::span<LazyValue> inputs, const TensorInfo *) {
  return join(made, inputs, [](Piece &piece, size_t i) {
    piece.origin.insert(piece.origin.begin(), int64_t(i));
    piece.extent.insert(piece.extent.begin(), 1);
    piece.stride.insert(piece.stride.begin(), 0);
  });
}

//===--- transpose -----------------------------------------------------------------------------------------------===//

void swapLast(std::vector<int64_t> &list) { std::swap(list[list.size() - 1], list[list.size() - 2]); }

Expected<ValueType> inferTranspose(const Step &, std::span<const ValueType> inputs) {
  if (inputs[0].dims.size() < 2)
    return wrong("transpose of " + inputs[0].text() + ", expected at least 2 dimensions");
  ValueType made{inputs[0].dims, inputs[0].type};
  swapLast(made.dims);
  return checked(std::move(made));
}

Expected<Steps> invertTranspose(const Step &, std::span<const ValueType>, size_t) { return Steps{transpose()}; }

LazyValue applyTranspose(const Step &, const ValueType &made, std::span<LazyValue> inputs, const TensorInfo *) {
  for (Piece &piece : inputs[0].pieces)
    for (std::vector<int64_t> *list : {&piece.origin, &piece.extent, &piece.stride})
      swapLast(*list);
  return {made, std::move(inputs[0].pieces)};
}

//===--- slice ---------------------------------------------------------------------------------------------------===//

constexpr Parameter sliceParameters[] = {Parameter::dim, Parameter::start, Parameter::size};

/// Whether `size` elements from `start` on lie within `whole`.
bool isWithin(int64_t start, int64_t size, int64_t whole) {
  return start >= 0 && size >= 0 && start <= whole && size <= whole - start;
}

Expected<ValueType> inferSlice(const Step &step, std::span<const ValueType> inputs) {
  const ValueType &whole = inputs[0];
  if (step.dim >= whole.dims.size())
    return noSuchDim("slice", step, whole);
  if (!isWithin(step.start, step.size, whole.dims[step.dim]))
    return wrong("slice of " + std::to_string(step.size) + " from " + std::to_string(step.start) +
                 " on along dimension " + std::to_string(step.dim) + " of " + whole.text() +
                 ", expected a part of its " + std::to_string(whole.dims[step.dim]));
  ValueType made{whole.dims, whole.type};
  made.dims[step.dim] = step.size;
  return checked(std::move(made));
}

Expected<Steps> invertSlice(const Step &step, std::span<const ValueType> inputs, size_t) {
  if (step.size == inputs[0].dims[step.dim])
    return Steps();
  return wrong("a slice leaves out the rest of the value, so that nothing undoes it");
}

/// Keeps of the pieces what lies in [start, start + size) of the dimension, and counts from there.
void cut(std::vector<Piece> &pieces, size_t dim, int64_t start, int64_t size) {
  std::vector<Piece> kept;
  for (Piece &piece : pieces) {
    const int64_t begin = std::max(piece.origin[dim], start),
                  end = std::min(piece.origin[dim] + piece.extent[dim], start + size);
    if (begin >= end)
      continue;
    piece.offset += (begin - piece.origin[dim]) * piece.stride[dim];
    piece.origin[dim] = begin - start;
    piece.extent[dim] = end - begin;
    kept.push_back(std::move(piece));
  }
  pieces = std::move(kept);
}

LazyValue applySlice(const Step &step, const ValueType &made, std::span<LazyValue> inputs, const TensorInfo *) {
  cut(inputs[0].pieces, step.dim, step.start, step.size);
  return {made, std::move(inputs[0].pieces)};
}

//===--- unstack -------------------------------------------------------------------------------------------------===//

constexpr Parameter indexParameter[] = {Parameter::index};

Expected<ValueType> inferUnstack(const Step &step, std::span<const ValueType> inputs) {
  const ValueType &whole = inputs[0];
  if (whole.dims.empty() || !isWithin(step.start, 1, whole.dims[0]))
    return wrong("unstack of value " + std::to_string(step.start) + " of " + whole.text() +
                 ", expected one of those that are stacked along dimension 0");
  return checked({std::vector<int64_t>(whole.dims.begin() + 1, whole.dims.end()), whole.type});
}

Expected<Steps> invertUnstack(const Step &, std::span<const ValueType> inputs, size_t) {
  if (inputs[0].dims[0] == 1)
    return Steps{stack(1)};
  return wrong("unstack leaves out the other values of the stack, so that nothing undoes it");
}

LazyValue applyUnstack(const Step &step, const ValueType &made, std::span<LazyValue> inputs, const TensorInfo *) {
  cut(inputs[0].pieces, 0, step.start, 1);
  for (Piece &piece : inputs[0].pieces)
    for (std::vector<int64_t> *list : {&piece.origin, &piece.extent, &piece.stride})
      list->erase(list->begin());
  return {made, std::move(inputs[0].pieces)};
}

//===--- part ----------------------------------------------------------------------------------------------------===//

constexpr Parameter partParameters[] = {Parameter::key, Parameter::count, Parameter::dim};

Expected<ValueType> inferPart(const Step &step, std::span<const ValueType> inputs) {
  const ValueType &whole = inputs[0];
  if (step.dim >= whole.dims.size())
    return noSuchDim("part", step, whole);
  if (step.key.empty())
    return wrong("part over an axis of the mesh without a name");
  if (step.count == 0 || whole.dims[step.dim] % step.count != 0)
    return wrong("part of " + std::to_string(step.count) + " ranks along dimension " + std::to_string(step.dim) +
                 " of " + whole.text() + ", which they do not divide");
  ValueType made{whole.dims, whole.type};
  made.dims[step.dim] /= step.count;
  return checked(std::move(made));
}

Expected<Steps> invertPart(const Step &step, std::span<const ValueType>, size_t) {
  if (step.count == 1)
    return Steps();
  return wrong("a rank's part leaves out those of the others, so that nothing undoes it");
}

/// `start` is the rank's place on the axis, which is known by now.
LazyValue applyPart(const Step &step, const ValueType &made, std::span<LazyValue> inputs, const TensorInfo *) {
  cut(inputs[0].pieces, step.dim, step.start * made.dims[step.dim], made.dims[step.dim]);
  return {made, std::move(inputs[0].pieces)};
}

} // namespace

constinit const StepRule concatRule = {StepKind::concat, "concat",    concatParameters, 0,
                                       takesCount,       inferConcat, invertConcat,     applyConcat};
constinit const StepRule stackRule = {StepKind::stack, "stack",    countParameter, 0,
                                      takesCount,      inferStack, invertStack,    applyStack};
constinit const StepRule transposeRule = {StepKind::transpose, "transpose",   {}, 0, takes<1>, inferTranspose,
                                          invertTranspose,     applyTranspose};
constinit const StepRule sliceRule = {StepKind::slice, "slice",    sliceParameters, bundle_format::recipeParts,
                                      takes<1>,        inferSlice, invertSlice,     applySlice};
constinit const StepRule unstackRule = {StepKind::unstack, "unstack",    indexParameter, bundle_format::recipeParts,
                                        takes<1>,          inferUnstack, invertUnstack,  applyUnstack};
constinit const StepRule partRule = {StepKind::part, "part",    partParameters, bundle_format::rankWeights,
                                     takes<1>,       inferPart, invertPart,     applyPart};

Step concat(uint32_t count, uint32_t dim) { return {.kind = StepKind::concat, .count = count, .dim = dim}; }
Step stack(uint32_t count) { return {.kind = StepKind::stack, .count = count}; }
Step transpose() { return {.kind = StepKind::transpose}; }
Step slice(uint32_t dim, int64_t start, int64_t size) {
  return {.kind = StepKind::slice, .dim = dim, .start = start, .size = size};
}
Step unstack(int64_t index) { return {.kind = StepKind::unstack, .start = index}; }
Step part(std::string meshAxis, uint32_t ranks, uint32_t dim) {
  return {.kind = StepKind::part, .key = std::move(meshAxis), .count = ranks, .dim = dim};
}

} // namespace veomni::recipe

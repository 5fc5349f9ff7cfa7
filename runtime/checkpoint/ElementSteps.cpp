// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The steps that say where elements come from and what they are: loading, casts, dequantisation, and packing for
// kernels.
#include "Convert.h"
#include "LazyValue.h"
#include "Mxfp4.h"
#include "Steps.h"
#include "veomni/runtime/BundleFormat.h"

#include <algorithm>

namespace veomni::recipe {
namespace {

/// The distance between neighbours along each dimension of a tensor without gaps.
std::vector<int64_t> denseStrides(const std::vector<int64_t> &dims) {
  std::vector<int64_t> strides(dims.size(), 1);
  for (size_t i = dims.size(); i-- > 1;)
    strides[i - 1] = strides[i] * std::max<int64_t>(dims[i], 1);
  return strides;
}

/// A value that is one tensor, perhaps with scales.
LazyValue wholeTensor(const ValueType &made, const TensorInfo *tensor, const TensorInfo *scales, Fp8Blocks fp8 = {}) {
  Piece piece{
      tensor,       scales, made.type, std::vector<int64_t>(made.dims.size(), 0), made.dims, denseStrides(made.dims),
      /*offset=*/0,
      /*casts=*/{}, fp8};
  return {made, {std::move(piece)}};
}

std::string nameOf(DType type) { return bundle::EnumNameDType(type); }
bool isFloat(DType type) { return type == DType::f32 || type == DType::bf16 || type == DType::f16; }
bool isF32OrBf16(DType type) { return type == DType::f32 || type == DType::bf16; }

Expected<Steps> nothingToUndo(const Step &, std::span<const ValueType>, size_t) { return Steps(); }

//===--- load ----------------------------------------------------------------------------------------------------===//

constexpr Parameter loadParameters[] = {Parameter::key, Parameter::dims, Parameter::type};

Expected<ValueType> inferLoad(const Step &step, std::span<const ValueType>) {
  if (step.key.empty())
    return wrong("load names no tensor");
  return checked({step.dims, step.type, /*tile=*/{}, /*loaded=*/true});
}

LazyValue applyLoad(const Step &, const ValueType &made, std::span<LazyValue>, const TensorInfo *tensor) {
  return wholeTensor(made, tensor, nullptr);
}

//===--- cast ----------------------------------------------------------------------------------------------------===//

constexpr Parameter typeParameter[] = {Parameter::type};

Expected<ValueType> inferCast(const Step &step, std::span<const ValueType> inputs) {
  if (step.type != inputs[0].type && !converter(inputs[0].type, step.type))
    return wrong("cannot cast " + inputs[0].text() + " to " + nameOf(step.type));
  return checked({inputs[0].dims, step.type});
}

/// Whether every number of `from` is one of `to`.
bool holds(DType to, DType from) {
  auto widens = [&](DType narrow, std::initializer_list<DType> wide) {
    return from == narrow && std::ranges::find(wide, to) != wide.end();
  };
  return from == to || widens(DType::bf16, {DType::f32, DType::f64}) || widens(DType::f16, {DType::f32, DType::f64}) ||
         widens(DType::f32, {DType::f64});
}

Expected<Steps> invertCast(const Step &step, std::span<const ValueType> inputs, size_t) {
  if (!holds(step.type, inputs[0].type))
    return wrong("a cast from " + nameOf(inputs[0].type) + " to " + nameOf(step.type) +
                 " rounds, so that nothing undoes it");
  return step.type == inputs[0].type ? Steps() : Steps{cast(inputs[0].type)};
}

LazyValue applyCast(const Step &step, const ValueType &made, std::span<LazyValue> inputs, const TensorInfo *) {
  LazyValue result{made, std::move(inputs[0].pieces)};
  if (step.type != inputs[0].type)
    for (Piece &piece : result.pieces)
      piece.casts.push_back(step.type);
  return result;
}

constexpr Parameter dimsParameter[] = {Parameter::dims};

//===--- pack ----------------------------------------------------------------------------------------------------===//

Expected<ValueType> inferPack(const Step &step, std::span<const ValueType> inputs) {
  if (inputs[0].dims.size() < 2)
    return wrong("pack of " + inputs[0].text() + ", expected at least 2 dimensions");
  auto fits = [](int64_t size) { return size >= 1 && size <= largestTile; };
  if (step.dims.size() != 2 || !fits(step.dims[0]) || !fits(step.dims[1]))
    return wrong("pack into tiles of " + dimsText(step.dims) + ", expected rows and columns from 1 to " +
                 std::to_string(largestTile));
  return checked({inputs[0].dims, inputs[0].type, {step.dims[0], step.dims[1]}});
}

Expected<Steps> invertPack(const Step &, std::span<const ValueType>, size_t) {
  return wrong("tiles are for kernels to read, so that no step undoes pack; invert the recipe of the rows");
}

LazyValue applyPack(const Step &, const ValueType &made, std::span<LazyValue> inputs, const TensorInfo *) {
  return {made, std::move(inputs[0].pieces)};
}

//===--- dequant_mxfp4 -------------------------------------------------------------------------------------------===//

Expected<ValueType> inferDequantMxfp4(const Step &step, std::span<const ValueType> inputs) {
  const ValueType &blocks = inputs[0], &scales = inputs[1];
  std::vector<int64_t> expected = scales.dims;
  expected.push_back(mxfp4BlockBytes);
  auto isLoaded = [](const ValueType &value) { return value.loaded && value.type == DType::u8; };
  if (!isLoaded(blocks) || !isLoaded(scales) || scales.dims.empty() || blocks.dims != expected)
    return wrong("dequant_mxfp4 of " + blocks.text() + " and " + scales.text() +
                 ", expected blocks [..., G, 16] x u8 and scales [..., G] x u8 as they were loaded");
  if (!isF32OrBf16(step.type))
    return wrong("dequant_mxfp4 to " + nameOf(step.type) + ", expected f32 or bf16");
  ValueType made{scales.dims, step.type};
  if (__builtin_mul_overflow(made.dims.back(), mxfp4BlockElements, &made.dims.back()))
    return wrong("makes a dimension beyond 2^63");
  return checked(std::move(made));
}

Expected<Steps> invertDequant(const Step &, std::span<const ValueType>, size_t) {
  return wrong("many choices of scales give the same numbers, so that nothing undoes dequantisation");
}

LazyValue applyDequantMxfp4(const Step &, const ValueType &made, std::span<LazyValue> inputs, const TensorInfo *) {
  return wholeTensor(made, inputs[0].pieces[0].tensor, inputs[1].pieces[0].tensor);
}

//===--- dequant_fp8 ---------------------------------------------------------------------------------------------===//

Expected<ValueType> inferDequantFp8(const Step &step, std::span<const ValueType> inputs) {
  const ValueType &numbers = inputs[0], &scales = inputs[1];
  if (step.dims.size() != 2 || step.dims[0] < 1 || step.dims[1] < 1)
    return wrong("dequant_fp8 of blocks " + dimsText(step.dims) + ", expected two positive sizes");
  std::vector<int64_t> expected;
  if (numbers.dims.size() == 2)
    for (size_t i = 0; i < 2; ++i)
      expected.push_back(numbers.dims[i] / step.dims[i] + (numbers.dims[i] % step.dims[i] != 0));
  if (numbers.type != DType::f8_e4m3 || !numbers.loaded || !isFloat(scales.type) || !scales.loaded ||
      expected.empty() || scales.dims != expected)
    return wrong("dequant_fp8 of " + numbers.text() + " and " + scales.text() +
                 ", expected numbers [N, K] x f8_e4m3 and scales [ceil(N / " + std::to_string(step.dims[0]) +
                 "), ceil(K / " + std::to_string(step.dims[1]) + ")] x f32, bf16 or f16 as they were loaded");
  return checked({numbers.dims, DType::f32});
}

LazyValue applyDequantFp8(const Step &step, const ValueType &made, std::span<LazyValue> inputs, const TensorInfo *) {
  return wholeTensor(made, inputs[0].pieces[0].tensor, inputs[1].pieces[0].tensor,
                     {made.dims[1], {step.dims[0], step.dims[1]}});
}

} // namespace

constinit const StepRule loadRule = {StepKind::load, "load",    loadParameters, 0,
                                     takes<0>,       inferLoad, nothingToUndo,  applyLoad};
constinit const StepRule castRule = {StepKind::cast, "cast",    typeParameter, 0,
                                     takes<1>,       inferCast, invertCast,    applyCast};
constinit const StepRule packRule = {StepKind::pack, "pack",    dimsParameter, 0,
                                     takes<1>,       inferPack, invertPack,    applyPack};
constinit const StepRule dequantMxfp4Rule = {
    StepKind::dequant_mxfp4, "dequant_mxfp4", typeParameter,    bundle_format::mxfp4Weights, takes<2>,
    inferDequantMxfp4,       invertDequant,   applyDequantMxfp4};
constinit const StepRule dequantFp8Rule = {
    StepKind::dequant_fp8, "dequant_fp8", dimsParameter,  bundle_format::fp8Weights, takes<2>,
    inferDequantFp8,       invertDequant, applyDequantFp8};

Step load(std::string key, std::vector<int64_t> dims, DType type) {
  return {.kind = StepKind::load, .key = std::move(key), .dims = std::move(dims), .type = type};
}
Step cast(DType type) { return {.kind = StepKind::cast, .type = type}; }
Step pack(Tile tile) { return {.kind = StepKind::pack, .dims = {tile.rows, tile.columns}}; }
Step dequantMxfp4(DType type) { return {.kind = StepKind::dequant_mxfp4, .type = type}; }
Step dequantFp8(int64_t rows, int64_t columns) { return {.kind = StepKind::dequant_fp8, .dims = {rows, columns}}; }

} // namespace veomni::recipe

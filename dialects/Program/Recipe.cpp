// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Weight recipes: how their steps read, and what they make.
#include "Assembly.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace veomni::rt;

//===--- Steps -------------------------------------------------------------------------------------------------------------------===//

StepAttr StepAttr::load(StringAttr key, ArrayRef<int64_t> dims, Type elementType) {
  return get(key.getContext(), StepKind::load, key, dims, elementType, 0, 0);
}
StepAttr StepAttr::concat(MLIRContext *context, unsigned count, unsigned dim) {
  return get(context, StepKind::concat, {}, {}, {}, count, dim);
}
StepAttr StepAttr::stack(MLIRContext *context, unsigned count) { return get(context, StepKind::stack, {}, {}, {}, count, 0); }
StepAttr StepAttr::transpose(MLIRContext *context) { return get(context, StepKind::transpose, {}, {}, {}, 0, 0); }
StepAttr StepAttr::cast(Type elementType) { return get(elementType.getContext(), StepKind::cast, {}, {}, elementType, 0, 0); }
StepAttr StepAttr::pack(MLIRContext *context) { return get(context, StepKind::pack, {}, {}, {}, 0, 0); }
StepAttr StepAttr::dequantMxfp4(Type elementType) {
  return get(elementType.getContext(), StepKind::dequant_mxfp4, {}, {}, elementType, 0, 0);
}
StepAttr StepAttr::dequantFp8(MLIRContext *context, ArrayRef<int64_t> block) {
  return get(context, StepKind::dequant_fp8, {}, block, {}, 0, 0);
}

LogicalResult StepAttr::verify(function_ref<InFlightDiagnostic()> emitError, StepKind kind, StringAttr key, ArrayRef<int64_t> dims,
                               Type elementType, unsigned count, unsigned dim) {
  if (kind == StepKind::load && (!key || key.empty()))
    return emitError() << "load names no tensor";
  if (kind == StepKind::load || kind == StepKind::cast)
    return BufferType::verify(emitError, SmallVector<Dim>(dims.begin(), dims.end()), elementType, dims.empty() ? 0 : 1,
                              dims.empty() ? 1 : dims.back(), Layout::rows);
  if ((kind == StepKind::concat || kind == StepKind::stack) && count < 1)
    return emitError() << stringifyStepKind(kind) << " takes 0 values, expected at least 1";
  if (kind == StepKind::dequant_mxfp4 && !elementType.isF32() && !elementType.isBF16())
    return emitError() << "dequant_mxfp4 to " << elementType << ", expected f32 or bf16";
  if (kind == StepKind::dequant_fp8 && (dims.size() != 2 || dims[0] < 1 || dims[1] < 1))
    return emitError() << "dequant_fp8 of blocks [" << dims << "], expected two positive numbers";
  return success();
}

ParseResult veomni::rt::parseStep(AsmParser &parser, StepAttr &step) {
  SMLoc loc = parser.getCurrentLocation();
  StringRef keyword;
  if (failed(
          parser.parseOptionalKeyword(&keyword, {"load", "concat", "stack", "transpose", "cast", "pack", "dequant_mxfp4", "dequant_fp8"})))
    return parser.emitError(loc, "expected a recipe step: load, concat, stack, transpose, cast, pack, dequant_mxfp4 or dequant_fp8");
  StepKind kind = *symbolizeStepKind(keyword);
  StringAttr key;
  SmallVector<int64_t> dims;
  Type elementType;
  unsigned count = 0, dim = 0;
  auto parseDims = [&] {
    return parser.parseCommaSeparatedList(AsmParser::Delimiter::Square, [&] { return parser.parseInteger(dims.emplace_back()); });
  };
  switch (kind) {
  case StepKind::load:
    if (parser.parseLParen() || parser.parseAttribute(key) || parser.parseComma() || parseDims() || parser.parseComma() ||
        parser.parseType(elementType) || parser.parseRParen())
      return failure();
    break;
  case StepKind::concat:
    if (parser.parseLParen() || parser.parseInteger(count) || parser.parseComma() || parser.parseKeyword("dim") || parser.parseEqual() ||
        parser.parseInteger(dim) || parser.parseRParen())
      return failure();
    break;
  case StepKind::stack:
    if (parser.parseLParen() || parser.parseInteger(count) || parser.parseRParen())
      return failure();
    break;
  case StepKind::cast:
  case StepKind::dequant_mxfp4:
    if (parser.parseLParen() || parser.parseType(elementType) || parser.parseRParen())
      return failure();
    break;
  case StepKind::dequant_fp8:
    if (parser.parseLParen() || parseDims() || parser.parseRParen())
      return failure();
    break;
  case StepKind::transpose:
  case StepKind::pack:
    break;
  }
  step = parser.getChecked<StepAttr>(loc, parser.getContext(), kind, key, ArrayRef<int64_t>(dims), elementType, count, dim);
  return success(step != nullptr);
}

void veomni::rt::printStep(AsmPrinter &printer, StepAttr step) {
  printer << stringifyStepKind(step.getKind());
  switch (step.getKind()) {
  case StepKind::load:
    printer << "(" << step.getKey() << ", [";
    llvm::interleaveComma(step.getDims(), printer);
    printer << "], " << step.getElementType() << ")";
    break;
  case StepKind::concat:
    printer << "(" << step.getCount() << ", dim = " << step.getDim() << ")";
    break;
  case StepKind::stack:
    printer << "(" << step.getCount() << ")";
    break;
  case StepKind::cast:
  case StepKind::dequant_mxfp4:
    printer << "(" << step.getElementType() << ")";
    break;
  case StepKind::dequant_fp8:
    printer << "([";
    llvm::interleaveComma(step.getDims(), printer);
    printer << "])";
    break;
  case StepKind::transpose:
  case StepKind::pack:
    break;
  }
}

Attribute StepAttr::parse(AsmParser &parser, Type) {
  StepAttr step;
  if (parser.parseLess() || parseStep(parser, step) || parser.parseGreater())
    return {};
  return step;
}

void StepAttr::print(AsmPrinter &printer) const {
  printer << "<";
  printStep(printer, *this);
  printer << ">";
}

//===--- What a recipe makes -----------------------------------------------------------------------------------------------------===//

namespace {
/// A value on the stack of a recipe.
struct Array {
  SmallVector<int64_t> dims;
  Type elementType;
  bool packed = false;
  /// A tensor of the checkpoint as it is.
  bool loaded = false;

  bool hasEqualShape(const Array &other) const { return dims == other.dims && elementType == other.elementType; }
};

InFlightDiagnostic &operator<<(InFlightDiagnostic &diagnostic, const Array &value) {
  diagnostic << "[";
  llvm::interleaveComma(value.dims, diagnostic);
  return diagnostic << "] x " << value.elementType << (value.packed ? ", panels" : "");
}
} // namespace

/// Replaces `values`, the `step.getCount()` topmost of the stack, by one; returns why that is not possible.
static LogicalResult join(StepAttr step, ArrayRef<Array> values, Array &result, function_ref<InFlightDiagnostic()> emitError) {
  bool concats = step.getKind() == StepKind::concat;
  result = values.front();
  if (concats && step.getDim() >= result.dims.size())
    return emitError() << "concat along dim " << step.getDim() << " of a value of rank " << result.dims.size();
  for (const Array &value : values.drop_front()) {
    Array expected = values.front();
    if (concats && value.dims.size() == expected.dims.size())
      expected.dims[step.getDim()] = value.dims[step.getDim()];
    if (!value.hasEqualShape(expected)) {
      InFlightDiagnostic diagnostic = emitError();
      diagnostic << stringifyStepKind(step.getKind()) << " of unlike values: ";
      diagnostic << value;
      diagnostic << " and ";
      return diagnostic << values.front();
    }
    if (concats && llvm::AddOverflow(result.dims[step.getDim()], value.dims[step.getDim()], result.dims[step.getDim()]))
      return emitError() << "concat makes a dim that does not fit";
  }
  if (!concats)
    result.dims.insert(result.dims.begin(), int64_t(values.size()));
  return success();
}

static LogicalResult dequantiseMxfp4(StepAttr step, const Array &blocks, const Array &scales, Array &result,
                                     function_ref<InFlightDiagnostic()> emitError) {
  constexpr int64_t blockBytes = 16, blockElements = 32;
  SmallVector<int64_t> expected(scales.dims);
  expected.push_back(blockBytes);
  auto isLoaded = [](const Array &value) { return value.loaded && value.elementType.isUnsignedInteger(8); };
  if (!isLoaded(blocks) || !isLoaded(scales) || scales.dims.empty() || blocks.dims != expected) {
    InFlightDiagnostic diagnostic = emitError();
    diagnostic << "dequant_mxfp4 of ";
    diagnostic << blocks;
    diagnostic << " and ";
    diagnostic << scales;
    return diagnostic << ", expected blocks [..., G, 16] x ui8 and scales [..., G] x ui8 as they were loaded";
  }
  result = {scales.dims, step.getElementType()};
  if (llvm::MulOverflow(result.dims.back(), blockElements, result.dims.back()))
    return emitError() << "dequant_mxfp4 makes a dim that does not fit";
  return success();
}

static LogicalResult dequantiseFp8(StepAttr step, const Array &numbers, const Array &scales, Array &result,
                                   function_ref<InFlightDiagnostic()> emitError) {
  ArrayRef<int64_t> block = step.getDims();
  SmallVector<int64_t> expected;
  if (numbers.dims.size() == 2)
    expected = {llvm::divideCeilSigned(numbers.dims[0], block[0]), llvm::divideCeilSigned(numbers.dims[1], block[1])};
  if (!numbers.loaded || !scales.loaded || !isa<Float8E4M3FNType>(numbers.elementType) || !scales.elementType.isF32() || expected.empty() ||
      scales.dims != expected) {
    InFlightDiagnostic diagnostic = emitError();
    diagnostic << "dequant_fp8 of ";
    diagnostic << numbers;
    diagnostic << " and ";
    diagnostic << scales;
    return diagnostic << ", expected numbers [N, K] x f8E4M3FN and scales [ceil(N / " << block[0] << "), ceil(K / " << block[1]
                      << ")] x f32 as they were loaded";
  }
  result = {numbers.dims, scales.elementType};
  return success();
}

static LogicalResult apply(StepAttr step, SmallVectorImpl<Array> &stack, function_ref<InFlightDiagnostic()> emitError) {
  StringRef name = stringifyStepKind(step.getKind());
  if (step.getKind() == StepKind::load) {
    stack.push_back({SmallVector<int64_t>(step.getDims()), step.getElementType(), /*packed=*/false, /*loaded=*/true});
    return success();
  }
  bool joins = step.getKind() == StepKind::concat || step.getKind() == StepKind::stack;
  bool dequantises = step.getKind() == StepKind::dequant_mxfp4 || step.getKind() == StepKind::dequant_fp8;
  size_t count = joins ? step.getCount() : dequantises ? 2 : 1;
  if (stack.size() < count)
    return emitError() << name << " takes " << count << " values, found " << stack.size();
  if (llvm::any_of(ArrayRef(stack).take_back(count), [](const Array &value) { return value.packed; }))
    return emitError() << name << " after pack";
  Array &top = stack.back();
  switch (step.getKind()) {
  case StepKind::load:
    break;
  case StepKind::concat:
  case StepKind::stack: {
    Array result;
    if (failed(join(step, ArrayRef(stack).take_back(count), result, emitError)))
      return failure();
    stack.pop_back_n(count);
    stack.push_back(std::move(result));
    break;
  }
  case StepKind::transpose:
  case StepKind::pack:
    if (top.dims.size() < 2)
      return emitError() << name << " of a value of rank " << top.dims.size() << ", expected at least 2";
    if (step.getKind() == StepKind::transpose)
      std::swap(top.dims.back(), top.dims[top.dims.size() - 2]);
    else
      top.packed = true;
    break;
  case StepKind::cast:
    top.elementType = step.getElementType();
    break;
  case StepKind::dequant_mxfp4:
  case StepKind::dequant_fp8: {
    Array result;
    auto dequantise = step.getKind() == StepKind::dequant_mxfp4 ? dequantiseMxfp4 : dequantiseFp8;
    if (failed(dequantise(step, stack[stack.size() - 2], top, result, emitError)))
      return failure();
    stack.pop_back_n(2);
    stack.push_back(std::move(result));
    break;
  }
  }
  stack.back().loaded = false;
  return success();
}

FailureOr<BufferType> veomni::rt::inferRecipeType(MLIRContext *context, ArrayRef<StepAttr> steps,
                                                  function_ref<InFlightDiagnostic()> emitError) {
  SmallVector<Array> stack;
  for (auto [index, step] : llvm::enumerate(steps)) {
    // Captured by name: structured bindings are no variables.
    auto emitStepError = [&emitError, number = index] { return emitError() << "recipe step " << number << ": "; };
    if (failed(apply(step, stack, emitStepError)))
      return failure();
  }
  if (stack.size() != 1)
    return emitError() << "recipe ends with " << stack.size() << " values, expected 1";
  const Array &value = stack.front();
  SmallVector<Dim> dims(value.dims.begin(), value.dims.end());
  auto type = BufferType::getChecked(emitError, context, ArrayRef<Dim>(dims), value.elementType, 1u, int64_t(0),
                                     value.packed ? Layout::panels : Layout::rows);
  if (!type)
    return failure();
  return type;
}

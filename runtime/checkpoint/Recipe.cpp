// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Recipe.h"

#include "Convert.h"
#include "Mxfp4.h"

#include <algorithm>
#include <iterator>

namespace veomni {
namespace {

using bundle::DType;
using bundle::StepKind;

std::string describe(const std::vector<int64_t> &dims, DType type, bool packed) {
  return dimsText(dims) + " x " + bundle::EnumNameDType(type) + (packed ? ", panels" : "");
}
std::string describe(const LazyValue &value) { return describe(value.dims, value.type, value.packed); }

/// The distance between neighbours along each dimension of a tensor without gaps.
std::vector<int64_t> denseStrides(const std::vector<int64_t> &dims) {
  std::vector<int64_t> strides(dims.size(), 1);
  for (size_t i = dims.size(); i-- > 1;)
    strides[i - 1] = strides[i] * std::max<int64_t>(dims[i], 1);
  return strides;
}

class Evaluation {
public:
  Evaluation(const bundle::Weight &weight, const Checkpoint &checkpoint, Problems &problems)
      : weight_(weight), checkpoint_(checkpoint), problems_(problems) {}

  LazyValue run() {
    for (uint32_t i = 0; i < weight_.steps()->size(); ++i) {
      at_ = "recipe step " + std::to_string(i) + ": ";
      if (!apply(*weight_.steps()->Get(i)))
        return {};
    }
    at_.clear();
    if (stack_.size() != 1) {
      problem("recipe ends with " + std::to_string(stack_.size()) + " values, expected 1");
      return {};
    }
    checkResult(stack_.front());
    return std::move(stack_.front());
  }

private:
  /// Always false.
  bool problem(const std::string &text) {
    problems_.add("weight \"" + weight_.name()->str() + "\": " + at_ + text);
    return false;
  }

  bool apply(const bundle::Step &step) {
    if (step.kind() > StepKind::MAX || step.dtype() > DType::MAX)
      return problem("kind " + std::to_string(int(step.kind())) + " or dtype " + std::to_string(int(step.dtype())) + " is unknown");
    if (step.kind() == StepKind::load)
      return load(step);
    const bool joins = step.kind() == StepKind::concat || step.kind() == StepKind::stack;
    const std::string name = bundle::EnumNameStepKind(step.kind());
    const bool dequantises = step.kind() == StepKind::dequant_mxfp4 || step.kind() == StepKind::dequant_fp8;
    size_t count = joins ? step.count() : dequantises ? 2 : 1;
    if (count == 0)
      return problem(name + " takes 0 values, expected at least 1");
    if (stack_.size() < count)
      return problem(name + " takes " + std::to_string(count) + " values, found " + std::to_string(stack_.size()));
    if (std::any_of(stack_.end() - ptrdiff_t(count), stack_.end(), [](const LazyValue &value) { return value.packed; }))
      return problem(name + " after pack");
    if (joins)
      return join(step, count);
    if (dequantises)
      return step.kind() == StepKind::dequant_mxfp4 ? dequantiseMxfp4(step.dtype()) : dequantiseFp8(step);
    LazyValue &top = stack_.back();
    if (step.kind() == StepKind::cast)
      return cast(top, step.dtype());
    if (top.dims.size() < 2)
      return problem(name + " of " + describe(top) + ", expected at least 2 dimensions");
    if (step.kind() == StepKind::transpose)
      return transpose(top);
    if (top.type != DType::f32 && top.type != DType::bf16)
      return problem("pack of " + describe(top) + ", expected f32 or bf16");
    top.packed = true;
    return checkSize(top);
  }

  bool load(const bundle::Step &step) {
    if (!step.key())
      return problem("load names no tensor");
    LazyValue value;
    if (step.dims())
      value.dims.assign(step.dims()->begin(), step.dims()->end());
    value.type = step.dtype();
    const std::string key = step.key()->str();
    const TensorInfo *tensor = checkpoint_.find(key);
    // A tensor that is wrong is taken for what the recipe says, so that the steps after it are checked too.
    if (!tensor) {
      std::string nearest = problems_.full() ? "" : checkpoint_.nearest(key);
      problem("no tensor \"" + key + "\"" + (nearest.empty() ? "" : "; did you mean \"" + nearest + "\"?"));
    } else if (tensor->shape != value.dims || tensor->elementType != fileType(value.type)) {
      problem("tensor \"" + key + "\" in " + checkpoint_.files()[tensor->file].path + " is " + dimsText(tensor->shape) + " x " +
              std::string(elementTypeName(tensor->elementType)) + ", expected " + dimsText(value.dims) + " x " +
              std::string(elementTypeName(fileType(value.type))));
    }
    if (!checkSize(value))
      return false;
    value.pieces.push_back(
        {tensor, nullptr, value.type, std::vector<int64_t>(value.dims.size(), 0), value.dims, denseStrides(value.dims), {}});
    stack_.push_back(std::move(value));
    return true;
  }

  bool join(const bundle::Step &step, size_t count) {
    const bool concats = step.kind() == StepKind::concat;
    auto values = stack_.end() - ptrdiff_t(count);
    LazyValue &result = *values;
    const std::vector<int64_t> firstDims = result.dims;
    const size_t dim = concats ? step.dim() : 0;
    if (concats && dim >= firstDims.size())
      return problem("concat along dimension " + std::to_string(dim) + " of " + describe(result));
    for (size_t i = 0; i < count; ++i) {
      LazyValue &value = values[ptrdiff_t(i)];
      if (i > 0) {
        std::vector<int64_t> expected = firstDims;
        if (concats && value.dims.size() == expected.size())
          expected[dim] = value.dims[dim];
        if (value.type != result.type || value.dims != expected)
          return problem(std::string(bundle::EnumNameStepKind(step.kind())) + " of unlike values: " + describe(value) + " and " +
                         describe(firstDims, result.type, false));
      }
      int64_t origin = i == 0 ? 0 : concats ? result.dims[dim] : int64_t(i);
      for (Piece &piece : value.pieces) {
        if (concats) {
          piece.origin[dim] += origin;
        } else {
          piece.origin.insert(piece.origin.begin(), origin);
          piece.extent.insert(piece.extent.begin(), 1);
          piece.stride.insert(piece.stride.begin(), 0);
        }
      }
      if (i == 0)
        continue;
      std::move(value.pieces.begin(), value.pieces.end(), std::back_inserter(result.pieces));
      if (concats && __builtin_add_overflow(result.dims[dim], value.dims[dim], &result.dims[dim]))
        return problem("makes a dimension beyond 2^63");
    }
    if (!concats)
      result.dims.insert(result.dims.begin(), int64_t(count));
    stack_.erase(values + 1, stack_.end());
    return checkSize(stack_.back());
  }

  bool dequantiseMxfp4(DType type) {
    LazyValue scales = std::move(stack_.back());
    stack_.pop_back();
    LazyValue &blocks = stack_.back();
    auto isLoaded = [](const LazyValue &value) { return value.type == DType::u8 && value.isWholeTensor(); };
    std::vector<int64_t> expected = scales.dims;
    expected.push_back(mxfp4BlockBytes);
    if (!isLoaded(blocks) || !isLoaded(scales) || scales.dims.empty() || blocks.dims != expected)
      return problem("dequant_mxfp4 of " + describe(blocks) + " and " + describe(scales) +
                     ", expected blocks [..., G, 16] x u8 and scales [..., G] x u8 as they were loaded");
    if (type != DType::f32 && type != DType::bf16)
      return problem("dequant_mxfp4 to " + std::string(bundle::EnumNameDType(type)) + ", expected f32 or bf16");
    std::vector<int64_t> dims = std::move(scales.dims);
    if (__builtin_mul_overflow(dims.back(), mxfp4BlockElements, &dims.back()))
      return problem("makes a dimension beyond 2^63");
    Piece piece{blocks.pieces[0].tensor, scales.pieces[0].tensor, type, std::vector<int64_t>(dims.size(), 0), dims, denseStrides(dims), {}};
    blocks = {std::move(dims), type, false, {std::move(piece)}};
    return checkSize(blocks);
  }

  bool dequantiseFp8(const bundle::Step &step) {
    LazyValue scales = std::move(stack_.back());
    stack_.pop_back();
    LazyValue &numbers = stack_.back();
    if (!step.dims() || step.dims()->size() != 2 || step.dims()->Get(0) < 1 || step.dims()->Get(1) < 1)
      return problem("dequant_fp8 expects blocks of two positive sizes");
    const std::array<int64_t, 2> block = {step.dims()->Get(0), step.dims()->Get(1)};
    std::vector<int64_t> expected;
    if (numbers.dims.size() == 2)
      for (size_t i = 0; i < 2; ++i)
        expected.push_back(numbers.dims[i] / block[i] + (numbers.dims[i] % block[i] != 0));
    if (numbers.type != DType::f8_e4m3 || !numbers.isWholeTensor() || scales.type != DType::f32 || !scales.isWholeTensor() ||
        expected.empty() || scales.dims != expected)
      return problem("dequant_fp8 of " + describe(numbers) + " and " + describe(scales) +
                     ", expected numbers [N, K] x f8_e4m3 and scales " + "[ceil(N / " + std::to_string(block[0]) + "), ceil(K / " +
                     std::to_string(block[1]) + ")] x f32 as they were loaded");
    Piece &piece = numbers.pieces[0];
    piece.scales = scales.pieces[0].tensor;
    piece.fp8 = {numbers.dims[1], block};
    piece.type = numbers.type = DType::f32;
    return checkSize(numbers);
  }

  bool cast(LazyValue &value, DType type) {
    if (type == value.type)
      return true;
    if (!converter(value.type, type))
      return problem("cannot cast " + describe(value) + " to " + bundle::EnumNameDType(type));
    for (Piece &piece : value.pieces)
      piece.casts.push_back(type);
    value.type = type;
    return checkSize(value);
  }

  bool transpose(LazyValue &value) {
    auto swapLast = [](std::vector<int64_t> &list) { std::swap(list[list.size() - 1], list[list.size() - 2]); };
    swapLast(value.dims);
    for (Piece &piece : value.pieces) {
      swapLast(piece.origin);
      swapLast(piece.extent);
      swapLast(piece.stride);
    }
    return true;
  }

  bool checkSize(const LazyValue &value) {
    if (std::ranges::any_of(value.dims, [](int64_t dim) { return dim < 0; }))
      return problem("makes " + describe(value) + ", expected dimensions of 0 or more");
    return storedBytes(value) || problem("makes " + describe(value) + ", which is more than 2^63 bytes");
  }

  void checkResult(const LazyValue &value) {
    const bundle::BufferType &type = *weight_.type();
    std::vector<int64_t> dims;
    bool symbolic = false;
    for (uint32_t i = 0; type.dims() && i < type.dims()->size(); ++i) {
      dims.push_back(type.dims()->Get(i)->value());
      symbolic |= type.dims()->Get(i)->symbol() >= 0;
    }
    const bool packed = type.layout() == bundle::Layout::panels;
    if (symbolic || type.dtype() > DType::MAX || type.layout() > bundle::Layout::MAX) {
      problem("its type has a dimension, dtype or layout that is not constant or not known");
    } else if (dims != value.dims || type.dtype() != value.type || packed != value.packed) {
      problem("recipe makes " + describe(value) + ", expected " + describe(dims, type.dtype(), packed));
    } else if (!packed && type.row_stride() != 0) {
      int64_t row = 1;
      for (size_t i = 0; i < std::min<size_t>(type.row_rank(), dims.size()); ++i)
        row *= dims[dims.size() - 1 - i];
      if (type.row_stride() != row)
        problem("its rows of " + std::to_string(row) + " elements begin every " + std::to_string(type.row_stride()) +
                " elements, expected no gaps");
    }
  }

  const bundle::Weight &weight_;
  const Checkpoint &checkpoint_;
  Problems &problems_;
  std::string at_;
  std::vector<LazyValue> stack_;
};

} // namespace

bool LazyValue::isWholeTensor() const {
  if (packed || pieces.size() != 1 || pieces[0].scales || !pieces[0].casts.empty())
    return false;
  // Dimensions of size 1 may have any stride.
  int64_t expected = 1;
  for (size_t i = dims.size(); i-- > 0; expected *= std::max<int64_t>(dims[i], 1))
    if (dims[i] != 1 && pieces[0].stride[i] != expected)
      return false;
  return true;
}

LazyValue evaluateRecipe(const bundle::Weight &weight, const Checkpoint &checkpoint, Problems &problems) {
  return Evaluation(weight, checkpoint, problems).run();
}

std::optional<uint64_t> storedBytes(const LazyValue &value) {
  int64_t bytes = int64_t(elementBytes(value.type));
  bool empty = false;
  for (size_t i = 0; i < value.dims.size(); ++i) {
    int64_t dim = value.dims[i];
    empty |= dim == 0;
    // Panels are padded: N to 32 and, where two steps of K lie side by side, K to 2.
    int64_t multiple = !value.packed                                             ? 1
                       : i + 2 == value.dims.size()                              ? 32
                       : i + 1 == value.dims.size() && value.type == DType::bf16 ? 2
                                                                                 : 1;
    // Sizes beside a 0 must multiply too: strides are their products.
    if (__builtin_add_overflow(std::max<int64_t>(dim, 1), multiple - 1, &dim) ||
        __builtin_mul_overflow(bytes, dim / multiple * multiple, &bytes))
      return std::nullopt;
  }
  return empty ? 0 : uint64_t(bytes);
}

} // namespace veomni

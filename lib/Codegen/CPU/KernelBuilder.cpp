// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What emitters of kernels build with: operands, loops, vectors, and stores that stay within their rows.
#include "veomni/Codegen/CPU/KernelBuilder.h"

#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace veomni::cpu;
using namespace mlir;
using Values = KernelBuilder::Values;

// Bare pointers need static shapes; no buffer is longer than this.
static constexpr int64_t kUnbounded = int64_t(1) << 40;

static bool isFloat(Value x) { return isa<FloatType>(getElementTypeOrSelf(x.getType())); }

static Type elementOf(Value buffer) { return cast<MemRefType>(buffer.getType()).getElementType(); }

KernelBuilder::KernelBuilder(ModuleOp module, StringRef name, const Kernel &kernel, const Target &target)
    : b(module.getLoc(), module.getContext()), name(name), kernel(kernel), level(target), module(module) {
  b.setInsertionPointToEnd(module.getBody());
}

Type KernelBuilder::elementType(StringRef operand) {
  StringRef text = kernel.element(operand);
  return text == "f32" ? f32() : text == "bf16" ? bf16() : text == "i32" ? i32() : i64();
}

void KernelBuilder::begin(ArrayRef<std::pair<StringRef, Type>> readAs) {
  operands = kernel.operandCount();
  scalars = kernel.scalars().size();
  SmallVector<Type> arguments(operands);
  for (unsigned i = 0; i < operands; ++i) {
    StringRef operand = kernel.operandRule(i).name;
    const auto *other = llvm::find_if(readAs, [&](const auto &entry) { return entry.first == operand; });
    arguments[i] = MemRefType::get({kUnbounded}, other == readAs.end() ? elementType(operand) : other->second);
  }
  arguments.append(scalars + 3, b.getIndexType());
  function = func::FuncOp::create(b, name + "__body", b.getFunctionType(arguments, {}));
  b.setInsertionPointToStart(function.addEntryBlock());
}

void KernelBuilder::end() { func::ReturnOp::create(b); }

Value KernelBuilder::operand(unsigned i) { return function.getArgument(i); }
Value KernelBuilder::scalar(unsigned i) { return function.getArgument(operands + i); }
Value KernelBuilder::workgroup(unsigned axis) { return function.getArgument(operands + scalars + axis); }

Value KernelBuilder::scratch(int64_t count, Type element) {
  scratched += llvm::alignTo(count * int64_t(element.getIntOrFloatBitWidth() / 8), 64);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(&function.front());
  return memref::AllocaOp::create(b, MemRefType::get({count}, element), b.getI64IntegerAttr(64));
}

Value KernelBuilder::table(ArrayRef<float> values) {
  SmallVector<float> padded(values);
  padded.resize(llvm::alignTo(values.size(), lanes()));
  auto type = MemRefType::get({int64_t(padded.size())}, f32());
  auto data = DenseElementsAttr::get(RankedTensorType::get(type.getShape(), f32()), ArrayRef(padded));
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(module.getBody());
  std::string symbol = name + "__table" + std::to_string(tables++);
  memref::GlobalOp::create(b, symbol, b.getStringAttr("private"), type, data, /*constant=*/true,
                           b.getI64IntegerAttr(64));
  b.setInsertionPointToStart(&function.front());
  return memref::GetGlobalOp::create(b, type, symbol);
}

// Constants.

Value KernelBuilder::entryConstant(TypedAttr value) {
  Value &known = constants[value];
  if (!known) {
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(&function.front());
    known = arith::ConstantOp::create(b, value);
  }
  return known;
}

Value KernelBuilder::index(int64_t value) { return entryConstant(b.getIndexAttr(value)); }

Value KernelBuilder::constant(Type type, double value) {
  TypedAttr element = b.getFloatAttr(getElementTypeOrSelf(type), value);
  if (auto vector = dyn_cast<VectorType>(type))
    return entryConstant(DenseElementsAttr::get(vector, element));
  return entryConstant(element);
}

Value KernelBuilder::constant(Type type, int64_t value) {
  TypedAttr element = b.getIntegerAttr(getElementTypeOrSelf(type), value);
  if (auto vector = dyn_cast<VectorType>(type))
    return entryConstant(DenseElementsAttr::get(vector, element));
  return entryConstant(element);
}

Value KernelBuilder::iota() {
  auto lane = llvm::to_vector(llvm::seq<int32_t>(0, lanes()));
  return entryConstant(DenseElementsAttr::get(vectorOf(i32()), ArrayRef(lane)));
}

Value KernelBuilder::mask(int64_t count) {
  SmallVector<bool> lane(lanes(), false);
  std::fill_n(lane.begin(), count, true);
  return entryConstant(DenseElementsAttr::get(vectorOf(b.getI1Type()), ArrayRef(lane)));
}

Value KernelBuilder::mask(Value count) {
  return compare(arith::CmpIPredicate::slt, iota(), broadcast(indexCast(min(count, index(lanes())), i32())));
}

// Arithmetic.

Value KernelBuilder::add(Value x, Value y) {
  if (isFloat(x))
    return arith::AddFOp::create(b, x, y);
  return b.createOrFold<arith::AddIOp>(x, y);
}

Value KernelBuilder::sub(Value x, Value y) {
  if (isFloat(x))
    return arith::SubFOp::create(b, x, y);
  return b.createOrFold<arith::SubIOp>(x, y);
}

Value KernelBuilder::mul(Value x, Value y) {
  if (isFloat(x))
    return arith::MulFOp::create(b, x, y);
  return b.createOrFold<arith::MulIOp>(x, y);
}

Value KernelBuilder::div(Value x, Value y) {
  if (isFloat(x))
    return arith::DivFOp::create(b, x, y);
  return b.createOrFold<arith::DivUIOp>(x, y);
}

Value KernelBuilder::fma(Value x, Value y, Value z) {
  if (!isa<VectorType>(x.getType()))
    return add(mul(x, y), z);
  return vector::FMAOp::create(b, x, y, z);
}

Value KernelBuilder::min(Value x, Value y) {
  if (isFloat(x))
    return arith::MinNumFOp::create(b, x, y, arith::FastMathFlags::nnan);
  return arith::MinSIOp::create(b, x, y);
}

Value KernelBuilder::max(Value x, Value y) {
  if (isFloat(x))
    return arith::MaxNumFOp::create(b, x, y, arith::FastMathFlags::nnan);
  return arith::MaxSIOp::create(b, x, y);
}

Value KernelBuilder::compare(arith::CmpIPredicate predicate, Value x, Value y) {
  return arith::CmpIOp::create(b, predicate, x, y);
}
Value KernelBuilder::compare(arith::CmpFPredicate predicate, Value x, Value y) {
  return arith::CmpFOp::create(b, predicate, x, y);
}
Value KernelBuilder::select(Value condition, Value x, Value y) { return arith::SelectOp::create(b, condition, x, y); }
Value KernelBuilder::bitAnd(Value x, Value y) { return arith::AndIOp::create(b, x, y); }
Value KernelBuilder::bitOr(Value x, Value y) { return arith::OrIOp::create(b, x, y); }
Value KernelBuilder::shiftLeft(Value x, Value y) { return arith::ShLIOp::create(b, x, y); }

// Conversions.

Value KernelBuilder::broadcast(Value scalar) {
  return vector::BroadcastOp::create(b, vectorOf(scalar.getType()), scalar);
}

Value KernelBuilder::bitcast(Value x, Type type) {
  if (isa<VectorType>(type))
    return vector::BitCastOp::create(b, type, x);
  return arith::BitcastOp::create(b, type, x);
}

Value KernelBuilder::indexCast(Value x, Type type) { return arith::IndexCastOp::create(b, type, x); }

Value KernelBuilder::extend(Value x) {
  if (!getElementTypeOrSelf(x.getType()).isBF16())
    return x;
  Type wide = f32();
  if (auto vector = dyn_cast<VectorType>(x.getType()))
    wide = VectorType::get(vector.getShape(), wide);
  return arith::ExtFOp::create(b, wide, x);
}

Value KernelBuilder::round(Value x, Type element) {
  if (getElementTypeOrSelf(x.getType()) == element)
    return x;
  if (auto vector = dyn_cast<VectorType>(x.getType()))
    element = VectorType::get(vector.getShape(), element);
  return arith::TruncFOp::create(b, element, x);
}

Value KernelBuilder::roundThrough(Value x, Type element) {
  if (!element.isBF16() || level.bf16Dot || !isa<VectorType>(x.getType()))
    return extend(round(x, element));
  // To nearest even in place: a third of the work less than narrowing and widening again. Where the carry would spoil a
  // NaN, x is kept.
  Type type = x.getType(), integers = vectorOf(i32());
  Value bits = bitcast(x, integers);
  Value upper = arith::ShRUIOp::create(b, bits, constant(integers, int64_t(16)));
  Value bias = add(bitAnd(upper, constant(integers, int64_t(1))), constant(integers, int64_t(0x7FFF)));
  Value rounded = bitcast(bitAnd(add(bits, bias), constant(integers, int64_t(-65536))), type);
  return select(compare(arith::CmpFPredicate::UNO, x, x), x, rounded);
}

Value KernelBuilder::sum(Value vector) {
  return vector::ReductionOp::create(b, vector::CombiningKind::ADD, vector, arith::FastMathFlags::reassoc);
}

Value KernelBuilder::maximum(Value vector) {
  return vector::ReductionOp::create(b, vector::CombiningKind::MAXNUMF, vector, arith::FastMathFlags::nnan);
}

// Memory.

Value KernelBuilder::loadScalar(Value buffer, Value at) { return memref::LoadOp::create(b, buffer, at); }

void KernelBuilder::storeScalar(Value x, Value buffer, Value at) { memref::StoreOp::create(b, x, buffer, at); }

Value KernelBuilder::loadRaw(Value buffer, Value at, int64_t count) {
  return loadRaw(buffer, at, count < 0 || count >= lanes() ? Value() : mask(count));
}

Value KernelBuilder::loadRaw(Value buffer, Value at, Value mask) {
  VectorType type = vectorOf(elementOf(buffer));
  if (!mask)
    return vector::LoadOp::create(b, type, buffer, at);
  Value zero = isa<FloatType>(type.getElementType()) ? constant(type, 0.0) : constant(type, int64_t(0));
  return vector::MaskedLoadOp::create(b, type, buffer, at, mask, zero);
}

std::pair<Value, Value> KernelBuilder::loadPairs(Value buffer, Value at, int64_t count) {
  Value low = load(buffer, at, std::min(2 * count, lanes())), high = splat(0.0);
  if (2 * count > lanes())
    high = load(buffer, add(at, lanes()), 2 * count - lanes());
  SmallVector<int64_t> even, odd;
  for (int64_t i = 0; i < lanes(); ++i)
    even.push_back(2 * i), odd.push_back(2 * i + 1);
  return {vector::ShuffleOp::create(b, low, high, even), vector::ShuffleOp::create(b, low, high, odd)};
}

void KernelBuilder::store(Value vector, Value buffer, Value at, int64_t count) {
  store(vector, buffer, at, count < 0 || count >= lanes() ? Value() : mask(count));
}

void KernelBuilder::store(Value vector, Value buffer, Value at, Value mask) {
  if (isFloat(vector))
    vector = round(vector, elementOf(buffer));
  if (!mask)
    vector::StoreOp::create(b, vector, buffer, at);
  else
    vector::MaskedStoreOp::create(b, buffer, at, mask, vector);
}

// Control flow.

Values KernelBuilder::loop(Value from, Value to, int64_t step, ValueRange init,
                           function_ref<Values(Value, ValueRange)> body) {
  auto loop = scf::ForOp::create(b, from, to, index(step), init);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(loop.getBody());
  Values carried = body(loop.getInductionVar(), loop.getRegionIterArgs());
  if (!init.empty())
    scf::YieldOp::create(b, carried);
  return Values(loop.getResults());
}

void KernelBuilder::each(Value from, Value to, int64_t step, function_ref<void(Value)> body) {
  loop(from, to, step, {}, [&](Value i, ValueRange) {
    body(i);
    return Values();
  });
}

void KernelBuilder::when(Value condition, function_ref<void()> body, function_ref<void()> otherwise) {
  auto branch = scf::IfOp::create(b, condition, /*withElseRegion=*/bool(otherwise));
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(branch.thenBlock());
  body();
  if (otherwise) {
    b.setInsertionPointToStart(branch.elseBlock());
    otherwise();
  }
}

void KernelBuilder::rows(Value rows, int64_t block, function_ref<void(Value)> body) {
  Value first = mul(workgroup(0), block);
  each(first, min(add(first, block), rows), 1, body);
}

void KernelBuilder::prefetch(Value buffer, Value at) {
  memref::PrefetchOp::create(b, buffer, at, /*isWrite=*/false, /*localityHint=*/3, /*isDataCache=*/true);
}

Value KernelBuilder::loadIndex(Value buffer, Value at) { return indexCast(loadScalar(buffer, at), b.getIndexType()); }

Value KernelBuilder::countedRows(Value rows, Value count) { return min(rows, loadIndex(count, index(0))); }

Values KernelBuilder::columns(int64_t cols, int64_t unroll, ValueRange init,
                              function_ref<Values(ArrayRef<Columns>, ValueRange)> body) {
  Values carried(init);
  int64_t run = unroll * lanes(), whole = cols / run * run;
  auto vectors = [&](Value first, int64_t count) {
    SmallVector<Columns> result;
    for (int64_t at = 0; at < count; at += lanes())
      result.push_back({add(first, at), std::min(lanes(), count - at)});
    return result;
  };
  if (whole > run)
    carried = loop(index(0), index(whole), run, carried,
                   [&](Value j, ValueRange values) { return body(vectors(j, run), values); });
  else if (whole == run)
    carried = body(vectors(index(0), run), carried);
  if (whole < cols) {
    SmallVector<Columns> rest = vectors(index(whole), cols - whole);
    Values through(carried);
    size_t used = std::min(rest.size(), carried.size());
    Values result = body(rest, ValueRange(carried).take_front(used));
    std::copy(result.begin(), result.end(), through.begin());
    carried = through;
  }
  return carried;
}

void KernelBuilder::columns(int64_t cols, int64_t unroll, function_ref<void(ArrayRef<Columns>)> body) {
  columns(cols, unroll, {}, [&](ArrayRef<Columns> run, ValueRange) {
    body(run);
    return Values();
  });
}

Values KernelBuilder::columns(Value cols, ValueRange init, function_ref<Values(Value, Value, ValueRange)> body) {
  Value whole = roundDown(cols, lanes());
  Values carried = loop(index(0), whole, lanes(), init,
                        [&](Value at, ValueRange values) { return body(at, /*mask=*/Value(), values); });
  return loop(whole, cols, lanes(), carried,
              [&](Value at, ValueRange values) { return body(at, mask(sub(cols, at)), values); });
}

void KernelBuilder::columns(Value cols, function_ref<void(Value, Value)> body) {
  columns(cols, {}, [&](Value at, Value mask, ValueRange) {
    body(at, mask);
    return Values();
  });
}

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What kernel emitters are written with: a builder of one function in `scf` + `vector` + `memref` + `arith`.
#ifndef VEOMNI_CODEGEN_CPU_KERNELBUILDER_H
#define VEOMNI_CODEGEN_CPU_KERNELBUILDER_H

#include "veomni/Codegen/CPU/Target.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "llvm/ADT/DenseMap.h"

namespace veomni::cpu {

/// Up to one vector of neighbouring columns: `count` of them exist, starting at column `at`.
struct Columns {
  mlir::Value at;
  int64_t count;
};

/// Emits the body of one kernel, `func.func @NAME__body(operands..., scalars..., x, y, z)`. Operands are flat bare
/// pointers, scalars and workgroup numbers are `index`. "Vector" below means a register of `lanes()` f32. Arithmetic
/// takes what its operands are: index, integers, floats or vectors of them. Constants are shared and stand at the
/// function's entry.
class KernelBuilder {
public:
  using Value = mlir::Value;
  using Type = mlir::Type;
  using Values = llvm::SmallVector<Value>;

  KernelBuilder(mlir::ModuleOp module, llvm::StringRef name, const Kernel &kernel, const Target &target);

  /// Opens the function: the kernel's operands as buffers of their element types, but for those that are to be read as
  /// another, then its scalars. Call once, before anything below.
  void begin(llvm::ArrayRef<std::pair<llvm::StringRef, Type>> readAs = {});
  /// Closes it.
  void end();

  const Target &target() const { return level; }
  int64_t lanes() const { return level.lanes; }
  mlir::Location loc() { return b.getLoc(); }
  /// For operations that have no helper here: `SomeOp::create(k.ops(), ...)`.
  mlir::ImplicitLocOpBuilder &ops() { return b; }

  // Types.
  Type f32() { return b.getF32Type(); }
  Type f64() { return b.getF64Type(); }
  Type bf16() { return b.getBF16Type(); }
  Type i32() { return b.getI32Type(); }
  Type i64() { return b.getI64Type(); }
  mlir::VectorType vectorOf(Type element) { return mlir::VectorType::get({lanes()}, element); }
  mlir::VectorType vectorOf(Type element, int64_t count) { return mlir::VectorType::get({count}, element); }

  /// Of an operand.
  Type elementType(llvm::StringRef operand);

  // Arguments.
  Value operand(unsigned i);
  Value operand(llvm::StringRef name) { return operand(kernel.operandNumber(name)); }
  Value scalar(unsigned i);
  Value workgroup(unsigned axis);
  /// `count` elements of scratch memory on the stack, aligned to a cache line, allocated at the function's entry.
  Value scratch(int64_t count, Type element);
  /// Of all scratch so far; a kernel may have at most so many.
  int64_t scratchBytes() const { return scratched; }
  static constexpr int64_t kMostScratch = 512 * 1024;

  /// Constant f32 in read-only memory, padded with zeros to whole vectors.
  Value table(llvm::ArrayRef<float> values);

  // Constants. The float ones are rounded to the element type.
  Value index(int64_t value);
  Value constant(Type type, double value);
  Value constant(Type type, int64_t value);
  /// A vector of f32.
  Value splat(double value) { return constant(vectorOf(f32()), value); }
  /// 0, 1, 2, ... as a vector of i32.
  Value iota();
  /// The first `count` lanes.
  Value mask(int64_t count);
  /// The same of an index that is at least 0.
  Value mask(Value count);

  // Arithmetic.
  Value add(Value x, Value y);
  Value sub(Value x, Value y);
  Value mul(Value x, Value y);
  Value div(Value x, Value y); // index: unsigned
  Value add(Value x, int64_t y) { return y == 0 ? x : add(x, index(y)); }
  Value sub(Value x, int64_t y) { return y == 0 ? x : sub(x, index(y)); }
  Value mul(Value x, int64_t y) { return y == 1 ? x : mul(x, index(y)); }
  Value div(Value x, int64_t y) { return y == 1 ? x : div(x, index(y)); }
  Value ceilDiv(Value x, int64_t y) { return div(add(x, y - 1), y); }
  Value roundDown(Value x, int64_t multiple) { return mul(div(x, multiple), multiple); }
  Value roundUp(Value x, int64_t multiple) { return mul(ceilDiv(x, multiple), multiple); }
  /// x * y + z.
  Value fma(Value x, Value y, Value z);
  /// Integers and index: signed. Floats: neither operand is NaN.
  Value min(Value x, Value y);
  Value max(Value x, Value y);
  Value compare(mlir::arith::CmpIPredicate predicate, Value x, Value y);
  Value compare(mlir::arith::CmpFPredicate predicate, Value x, Value y);
  Value select(Value condition, Value x, Value y);
  Value bitAnd(Value x, Value y);
  Value bitOr(Value x, Value y);
  Value shiftLeft(Value x, Value y);

  // Conversions.
  Value broadcast(Value scalar); // one element to a vector
  Value bitcast(Value x, Type type);
  Value indexCast(Value x, Type type); // index <-> integer
  Value extend(Value x);               // bf16 -> f32; f32 as it is
  Value round(Value x, Type element);  // f32 -> f32 or bf16
  /// A vector of f32 with the values that it would have after `round`.
  Value roundThrough(Value x, Type element);
  /// Horizontal, in a fixed order. f32 vector -> f32.
  Value sum(Value vector);
  Value maximum(Value vector); // no lane is NaN

  // Memory: element `at` of a buffer.
  Value loadScalar(Value buffer, Value at);
  void storeScalar(Value x, Value buffer, Value at);
  /// Starts to bring the cache line of element `at`, which may lie past the end, close.
  void prefetch(Value buffer, Value at);
  /// An integer as an index.
  Value loadIndex(Value buffer, Value at);
  /// `count` elements (all lanes if negative) as a vector of the buffer's element type; the other lanes are 0 and not
  /// read.
  Value loadRaw(Value buffer, Value at, int64_t count = -1);
  /// The lanes of `mask`, all of them if it is null.
  Value loadRaw(Value buffer, Value at, Value mask);
  /// The same as f32.
  Value load(Value buffer, Value at, int64_t count = -1) { return extend(loadRaw(buffer, at, count)); }
  Value load(Value buffer, Value at, Value mask) { return extend(loadRaw(buffer, at, mask)); }
  /// 2 `count` neighbours, which alternate between two kinds: `count` of each as f32, lane i of both from elements at +
  /// 2 i and at + 2 i
  /// + 1.
  std::pair<Value, Value> loadPairs(Value buffer, Value at, int64_t count);
  /// Rounds f32 to the buffer's element type and writes the first `count` lanes (all if negative); nothing behind them
  /// is touched.
  void store(Value vector, Value buffer, Value at, int64_t count = -1);
  /// The lanes of `mask`, all of them if it is null.
  void store(Value vector, Value buffer, Value at, Value mask);

  // Control flow. Bodies take the induction variable and what the loop carries, and return what it carries on.
  Values loop(Value from, Value to, int64_t step, mlir::ValueRange init,
              llvm::function_ref<Values(Value, mlir::ValueRange)> body);
  void each(Value from, Value to, int64_t step, llvm::function_ref<void(Value)> body);
  void when(Value condition, llvm::function_ref<void()> body, llvm::function_ref<void()> otherwise = nullptr);
  /// Rows [x * block, min((x + 1) * block, rows)) of workgroup x.
  void rows(Value rows, int64_t block, llvm::function_ref<void(Value row)> body);
  /// The smaller of `rows` and the i32 in `count`, for operands of which only so many rows hold anything.
  Value countedRows(Value rows, Value count);
  /// All `cols` columns in runs of up to `unroll` vectors. The body gets the run and one carried value per vector of a
  /// full run and returns as many; a shorter run carries the others through.
  Values columns(int64_t cols, int64_t unroll, mlir::ValueRange init,
                 llvm::function_ref<Values(llvm::ArrayRef<Columns>, mlir::ValueRange)> body);
  void columns(int64_t cols, int64_t unroll, llvm::function_ref<void(llvm::ArrayRef<Columns>)> body);
  /// Columns whose number is known only when the kernel runs, one vector at a time; `mask` is null where all of its
  /// lanes exist.
  Values columns(Value cols, mlir::ValueRange init,
                 llvm::function_ref<Values(Value at, Value mask, mlir::ValueRange)> body);
  void columns(Value cols, llvm::function_ref<void(Value at, Value mask)> body);

private:
  Value entryConstant(mlir::TypedAttr value);

  mlir::ImplicitLocOpBuilder b;
  std::string name;
  const Kernel &kernel;
  const Target &level;
  mlir::ModuleOp module;
  mlir::func::FuncOp function;
  unsigned operands = 0, scalars = 0, tables = 0;
  int64_t scratched = 0;
  llvm::DenseMap<mlir::Attribute, Value> constants;
};

} // namespace veomni::cpu

#endif // VEOMNI_CODEGEN_CPU_KERNELBUILDER_H

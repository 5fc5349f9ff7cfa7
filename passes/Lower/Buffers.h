// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Where the values of one function are: in slots, arguments, windows of weights, or as runs of columns within wider
// rows.
#ifndef VEOMNI_PASSES_LOWER_BUFFERS_H
#define VEOMNI_PASSES_LOWER_BUFFERS_H

#include "Dispatcher.h"

namespace veomni::lower {

/// The op that splits columns of a wider row into heads, if that is what `value` is: kernels read those where they are.
UnflattenOp headsOfSlice(mlir::Value value);

int64_t lastDim(mlir::Value value);

class Buffers : public Dispatcher {
public:
  Buffers(ProgramBuilder &program, ProgramBuilder::Instance &instance)
      : Dispatcher(program), instance(instance), source(instance.source) {}

  ProgramBuilder::Instance &instance;

  /// The extent of a dim of a value, in axes of the entry.
  AxisExtent extent(mlir::Value value, unsigned dim) const;
  /// Elements between the starts of two rows of `elements` elements, as the target wants them.
  int64_t rowStride(int64_t elements, mlir::Type elementType) const {
    return program.backend.rowStride(elements, rt::BufferType::getElementBytes(elementType));
  }
  /// The buffer type of a tensor value: `dense`, or with the target's gaps between rows.
  rt::BufferType bufferType(mlir::Value value, bool dense = false);
  /// The buffer that holds `value` and nothing else: a parameter's rows where no kernel lays it out otherwise, a copy
  /// of slices and broadcast heads.
  mlir::Value buffer(mlir::Value value);
  /// Where a kernel that can reads the columns of a value without such a copy: runs of them, such as heads, start in
  /// every row of `buffer` at `at` and every `run` columns from there; 0 repeats one run.
  struct Runs {
    mlir::Value buffer;
    int64_t at, run;
  };
  /// `whole`: copied into rows of its own if it lies within wider ones.
  Runs runs(mlir::Value value, bool whole = false);
  /// A new buffer for `value`, the result argument itself where it is returned.
  mlir::Value allocate(mlir::Value value);
  /// A buffer that no model value names.
  mlir::Value scratch(rt::BufferType type);
  /// The parameter, or the parameters one after the other, that define `value`, in tiles where a product reads it.
  mlir::FailureOr<mlir::Value> param(mlir::Value value, bool product);
  mlir::Value view(mlir::Value source, rt::BufferType type);
  /// A buffer of one number per token, as rows of one column.
  mlir::Value columnOf(mlir::Value buffer);
  void bind(mlir::Value value, mlir::Value buffer) { buffers[value] = buffer; }
  /// The symbol that an i1 or index of the model is.
  rt::Dim flag(mlir::Value value);
  /// The number of rows, an i32 [1], where the rows of `value` are the tokens of one expert; null for other values.
  mlir::Value rowCount(mlir::Value value);
  /// How many runs of columns a row of the buffer holds.
  static int64_t groups(mlir::Value buffer);
  /// The batch and sequence dims of a buffer of tokens.
  static std::pair<rt::Dim, rt::Dim> tokenDims(mlir::Value buffer) {
    llvm::ArrayRef<rt::Dim> dims = type(buffer).getDims();
    return {dims[0], dims[1]};
  }
  /// Adds attributes `<operand>_at` and `<operand>_run` for `count` runs of `cols` columns, unless these fill the rows;
  /// whether they do not.
  bool addRuns(llvm::SmallVectorImpl<mlir::NamedAttribute> &config, llvm::StringRef operand, const Runs &runs,
               int64_t count, int64_t cols);
  static int64_t rowStride(mlir::Value buffer) { return type(buffer).getRowStride(); }
  /// Of all runs of a row: for what works element by element. Rows must be static.
  static int64_t rowElements(mlir::Value buffer);
  rt::ExtentAttr rows(mlir::Value buffer, int64_t divisor = 1);

  /// Copies the runs of a value into a buffer of its type.
  mlir::LogicalResult gather(mlir::Operation *op, const Runs &from, mlir::Value to);

protected:
  mlir::func::FuncOp source;
  llvm::DenseMap<mlir::Value, mlir::Value> destinations; // values that are computed straight into a result's argument
  mlir::Value count;                                     // of an expert's tokens
  unsigned slots = 0;

private:
  llvm::DenseMap<mlir::Value, mlir::Value> buffers;
  llvm::DenseMap<std::pair<mlir::ArrayAttr, unsigned>, mlir::Value> params;
};

} // namespace veomni::lower

#endif // VEOMNI_PASSES_LOWER_BUFFERS_H

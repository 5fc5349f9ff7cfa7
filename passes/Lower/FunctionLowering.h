// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// One function of the model becomes a function of the program; see OpLowerings.h for the ops in it.
#ifndef VEOMNI_PASSES_LOWER_FUNCTIONLOWERING_H
#define VEOMNI_PASSES_LOWER_FUNCTIONLOWERING_H

#include "Buffers.h"

namespace veomni::lower {

/// Lowers the body of one function. The lowerings of ops ask it for buffers and emit dispatches.
class FunctionLowering : public Buffers {
public:
  FunctionLowering(ProgramBuilder &program, ProgramBuilder::Instance &instance, bool isEntry)
      : Buffers(program, instance), isEntry(isEntry) {}
  mlir::LogicalResult run();

  /// The kernel kind that an op's implementation names, else the op's own.
  std::string kindOf(mlir::Operation *op, llvm::StringRef own) const;
  /// The base of the next call's window of weights.
  int64_t nextWindowBase();

private:
  mlir::LogicalResult createFunction();
  void chooseDestinations();
  mlir::LogicalResult lowerOp(mlir::Operation &op);
  mlir::LogicalResult lowerCall(CallOp call);
  mlir::LogicalResult lowerReturn(mlir::func::ReturnOp ret);

  bool isEntry;
  rt::FuncOp function;
  unsigned callsSeen = 0;
};

} // namespace veomni::lower

#endif // VEOMNI_PASSES_LOWER_FUNCTIONLOWERING_H

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The program under construction: its kernels, and the functions of the model over axes of one size each.
#ifndef VEOMNI_PASSES_LOWER_PROGRAMBUILDER_H
#define VEOMNI_PASSES_LOWER_PROGRAMBUILDER_H

#include "Symbols.h"
#include "Windows.h"

#include "veomni/Codegen/Backend.h"
#include "veomni/Dialect/VeOmni/VeOmni.h"

namespace veomni::lower {

class ProgramBuilder : public ProgramSymbols {
public:
  ProgramBuilder(mlir::ModuleOp module, const codegen::ChosenTarget &target);

  /// What the program is for: its kinds of kernels, row strides and scratch memory.
  const codegen::Backend &backend;

  mlir::OpBuilder kernels;   // kernel declarations
  mlir::OpBuilder functions; // functions, callees first

  /// The kernel of this kind, attributes and operands; declared once.
  rt::KernelOp kernel(llvm::StringRef kind, mlir::DictionaryAttr config, llvm::ArrayRef<rt::OperandAttr> operands,
                      unsigned scalars);
  /// A function of the model over axes of one size each. One that runs over different axes becomes as many functions of
  /// the program, since each of those knows the sizes of its buffers.
  struct Instance {
    mlir::func::FuncOp source;
    const FunctionAxes *axes;
    AxisBinding binding;   ///< its own axes -> extents in axes of the entry
    bool ofExpert = false; ///< its first axis is that of the rows of one expert, of which there are fewer than its size
    rt::FuncOp lowered = {}; ///< null where lowering failed
    /// Of loops over experts that run it; they differ where the loops' operands do, such as in the number of choices
    /// per token.
    llvm::SmallVector<rt::FuncOp, 1> loopBodies = {};
  };
  /// The instance of a function, lowered once together with all that it calls; null if it cannot be lowered, which has
  /// been said then.
  Instance *instantiate(mlir::func::FuncOp source, const AxisBinding &binding, bool ofExpert, bool isEntry);
  /// The instance that `op`, a call or a loop in a function, runs.
  Instance *callee(mlir::Operation *op, const Instance &caller);

  ModuleAxes axes;
  Windows windows;
  bool failedAny = false; // some instance could not be lowered, which has been said

private:
  llvm::DenseMap<mlir::Attribute, rt::KernelOp> kernelsByKey;
  llvm::StringMap<std::unique_ptr<Instance>> instances; // by function, binding and use
};

} // namespace veomni::lower

#endif // VEOMNI_PASSES_LOWER_PROGRAMBUILDER_H

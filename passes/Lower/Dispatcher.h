// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The instructions of one function of the program: kernels run over buffers, with the scalars and workgroups that their
// kinds declare.
#ifndef VEOMNI_PASSES_LOWER_DISPATCHER_H
#define VEOMNI_PASSES_LOWER_DISPATCHER_H

#include "ProgramBuilder.h"

namespace veomni::lower {

class Dispatcher {
public:
  explicit Dispatcher(ProgramBuilder &program)
      : program(program), context(program.context), values(context), instructions(context) {}

  ProgramBuilder &program;
  mlir::MLIRContext *context;

  struct Use {
    rt::Access access;
    mlir::Value buffer;
  };
  static Use read(mlir::Value buffer) { return {rt::Access::read, buffer}; }
  static Use write(mlir::Value buffer) { return {rt::Access::write, buffer}; }
  /// Runs a kernel of `kind` for `op`. `config` says what no type does, `given` the scalars that none does, in order;
  /// all other scalars and the workgroups are what the kind declares for operands of these types. Fails with a
  /// diagnostic where they do not fit.
  mlir::LogicalResult dispatch(mlir::Operation *op, llvm::StringRef kind, llvm::ArrayRef<mlir::NamedAttribute> config,
                               llvm::ArrayRef<Use> uses, llvm::ArrayRef<rt::ExtentAttr> given = {});
  /// The same where `builder` stands, in another function than this one.
  mlir::LogicalResult dispatch(mlir::OpBuilder &builder, mlir::Operation *op, llvm::StringRef kind,
                               llvm::ArrayRef<mlir::NamedAttribute> config, llvm::ArrayRef<Use> uses,
                               llvm::ArrayRef<rt::ExtentAttr> given = {});

  mlir::NamedAttribute attr(llvm::StringRef name, int64_t value);
  mlir::NamedAttribute attr(llvm::StringRef name, bool value);
  mlir::NamedAttribute attr(llvm::StringRef name, llvm::StringRef value);
  mlir::NamedAttribute attr(llvm::StringRef name, const llvm::APFloat &value);
  mlir::NamedAttribute attr(llvm::StringRef name, mlir::Attribute value) {
    return {mlir::StringAttr::get(context, name), value};
  }
  static rt::BufferType type(mlir::Value buffer) { return llvm::cast<rt::BufferType>(buffer.getType()); }

  /// Adds an instruction that runs another function.
  template <typename Op, typename... Args> void instruction(mlir::Location loc, Args &&...args) {
    Op::create(instructions, loc, std::forward<Args>(args)...);
    noteInstruction();
  }
  mlir::LogicalResult copy(mlir::Operation *op, mlir::Value from, mlir::Value to);

protected:
  /// Where a function begins to be written, ahead of its end.
  void startAt(mlir::Operation *end) {
    values.setInsertionPoint(end);
    instructions.setInsertionPoint(end);
  }

  mlir::OpBuilder values; // slots, params and views, ahead of the instructions
  mlir::OpBuilder instructions;

private:
  void noteInstruction();
};

} // namespace veomni::lower

#endif // VEOMNI_PASSES_LOWER_DISPATCHER_H

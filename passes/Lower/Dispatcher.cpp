// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Binds kernel kinds to buffers: what a kind declares decides scalars and workgroups, so that no lowering of an op
// does.
#include "Dispatcher.h"

using namespace mlir;

namespace veomni::lower {

NamedAttribute Dispatcher::attr(StringRef name, int64_t value) {
  return attr(name, IntegerAttr::get(IntegerType::get(context, 64), value));
}
NamedAttribute Dispatcher::attr(StringRef name, bool value) { return attr(name, BoolAttr::get(context, value)); }
NamedAttribute Dispatcher::attr(StringRef name, StringRef value) { return attr(name, StringAttr::get(context, value)); }
NamedAttribute Dispatcher::attr(StringRef name, const llvm::APFloat &value) {
  return attr(name, FloatAttr::get(Float32Type::get(context), value));
}

LogicalResult Dispatcher::dispatch(OpBuilder &builder, Operation *op, StringRef kindName,
                                   ArrayRef<NamedAttribute> config, ArrayRef<Use> uses,
                                   ArrayRef<rt::ExtentAttr> given) {
  const codegen::KernelKind *kind = program.backend.kinds().find(kindName);
  if (!kind)
    return op->emitOpError() << program.backend.kinds().unknown(kindName);
  SmallVector<rt::OperandAttr> signature;
  SmallVector<Value> operands;
  for (const Use &use : uses) {
    if (!use.buffer)
      return failure(); // said already
    signature.push_back(rt::OperandAttr::get(use.access, type(use.buffer)));
    operands.push_back(use.buffer);
  }
  auto attributes = DictionaryAttr::get(context, config);
  codegen::Problems problems;
  std::optional<codegen::Kernel> kernel = codegen::Kernel::bind(
      *kind, attributes, signature, [&](StringAttr symbol) { return program.definitionOf(symbol); }, problems);
  for (const std::string &problem : problems.all())
    op->emitOpError() << "kernel kind '" << kindName << "': " << problem;
  if (!kernel)
    return failure();
  SmallVector<rt::ExtentAttr> scalars;
  for (const codegen::ScalarRule *rule : kernel->scalars()) {
    rt::ExtentAttr size = kernel->scalarExtent(*rule);
    if (!size) {
      size = given.front();
      given = given.drop_front();
    }
    scalars.push_back(size);
  }
  assert(given.empty() && "a scalar for each that no type says");
  rt::KernelOp declared = program.kernel(kindName, attributes, signature, scalars.size());
  rt::DispatchOp::create(builder, op->getLoc(), declared, kernel->workgroups(), operands, scalars);
  return success();
}

LogicalResult Dispatcher::dispatch(Operation *op, StringRef kind, ArrayRef<NamedAttribute> config, ArrayRef<Use> uses,
                                   ArrayRef<rt::ExtentAttr> given) {
  if (failed(dispatch(instructions, op, kind, config, uses, given)))
    return failure();
  noteInstruction();
  return success();
}

/// The first instruction ends the list of values.
void Dispatcher::noteInstruction() {
  if (values.getInsertionPoint() == instructions.getInsertionPoint())
    values.setInsertionPoint(&*std::prev(instructions.getInsertionPoint()));
}

LogicalResult Dispatcher::copy(Operation *op, Value from, Value to) {
  return dispatch(op, "convert", {}, {read(from), write(to)});
}

} // namespace veomni::lower

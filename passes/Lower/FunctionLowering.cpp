// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Walks the ops of a function: calls and returns are lowered here, all other ops by the rooms of passes/Ops.
#include "FunctionLowering.h"

#include "Expect.h"
#include "OpLowerings.h"

#include "veomni/Kernels/BoundKernel.h"
#include "veomni/Kernels/RegistryInterface.h"

#include "llvm/Support/Debug.h"

// veomni-compile --debug-only=veomni-lower, see ProgramBuilder.cpp.
#define DEBUG_TYPE "veomni-lower"

using namespace mlir;

namespace veomni::lower {

LogicalResult FunctionLowering::run() {
  if (failed(createFunction()))
    return failure();
  chooseDestinations();
  bool failedAny = false;
  LLVM_DEBUG(llvm::dbgs() << "lower @" << source.getSymName() << "\n");
  for (Operation &op : source.getBody().front()) {
    LLVM_DEBUG(llvm::dbgs() << "  " << op << "\n");
    failedAny |= failed(lowerOp(op));
    // Later ops would only repeat what this one lacks. Parameters lack nothing, and may have no rows to ask for.
    if (failedAny && !isa<ParamOp, ConcatParamsOp>(op))
      for (Value value : op.getResults())
        if (isa<RankedTensorType>(value.getType()) && !buffer(value))
          allocate(value);
  }
  function.setSlotCount(slots);
  instance.lowered = function;
  return failure(failedAny);
}

LogicalResult FunctionLowering::lowerOp(Operation &op) {
  if (auto call = dyn_cast<CallOp>(op))
    return lowerCall(call);
  if (auto ret = dyn_cast<func::ReturnOp>(op))
    return lowerReturn(ret);
  if (isa<ParamOp, ConcatParamsOp, InputGivenOp>(op))
    return success(); // what uses them asks for them
  const OpLowering *lowering = opLowerings().find(&op);
  if (!lowering)
    return op.emitOpError("has no kernel in this program; raise or decompose it first");
  return failure(failed(expectBoundKernel(&op)) || failed(lowering->lower(*this, &op)));
}

std::string FunctionLowering::kindOf(Operation *op, StringRef own) const {
  StringRef name = kernels::boundKernel(op);
  const kernels::KernelRegistry *registry = kernels::registryOf(context);
  const kernels::Slot *slot = registry ? registry->slotOf(op) : nullptr;
  if (slot && !name.empty())
    for (const kernels::Kernel *kernel : registry->kernelsOf(slot->op, slot->describe(op).variant))
      if (kernel->name == name && !kernel->kind.empty())
        return kernel->kind;
  return own.str();
}

LogicalResult FunctionLowering::createFunction() {
  SmallVector<rt::BufferType> types;
  SmallVector<rt::ArgumentAttr> attributes;
  SmallVector<Value> tensors;
  auto name = [&](Attribute attribute) {
    return attribute ? cast<StringAttr>(attribute) : StringAttr::get(context, "");
  };
  for (BlockArgument argument : source.getArguments()) {
    if (!isa<RankedTensorType>(argument.getType()))
      continue; // an i1 is a symbol
    types.push_back(bufferType(argument, isEntry));
    attributes.push_back(rt::ArgumentAttr::get(context, rt::Access::read,
                                               name(source.getArgAttr(argument.getArgNumber(), VeOmniDialect::kName))));
    tensors.push_back(argument);
  }
  if (instance.ofExpert) {
    types.push_back(rt::BufferType::get(context, {rt::Dim(1)}, IntegerType::get(context, 32)));
    attributes.push_back(rt::ArgumentAttr::get(context, rt::Access::read, StringAttr::get(context, "count")));
  }
  auto ret = cast<func::ReturnOp>(source.getBody().front().getTerminator());
  for (auto [index, value] : llvm::enumerate(ret.getOperands())) {
    types.push_back(bufferType(value, isEntry));
    attributes.push_back(
        rt::ArgumentAttr::get(context, rt::Access::write, name(source.getResultAttr(index, VeOmniDialect::kName))));
  }
  std::string symbol = program.instanceName(source.getSymNameAttr());
  function = rt::FuncOp::create(program.functions, source.getLoc(), symbol, types, attributes,
                                program.windows.of(source).size, 0);
  Block &block = function.getBody().front();
  for (auto [index, value] : llvm::enumerate(tensors))
    bind(value, block.getArgument(index));
  if (instance.ofExpert)
    count = block.getArgument(tensors.size());
  instructions.setInsertionPointToEnd(&block);
  startAt(rt::ReturnOp::create(instructions, source.getLoc()));
  return success();
}

/// A returned value is computed straight into the result argument where one op makes it and the types agree.
void FunctionLowering::chooseDestinations() {
  auto ret = cast<func::ReturnOp>(source.getBody().front().getTerminator());
  unsigned first = function.getNumArguments() - ret.getNumOperands();
  for (auto [index, value] : llvm::enumerate(ret.getOperands())) {
    Operation *def = value.getDefiningOp();
    if (!def || isa<ParamOp, ConcatParamsOp, UnflattenOp, FlattenOp>(def) || destinations.contains(value))
      continue;
    Value argument = function.getArgument(first + index);
    // What kernels that pad their rows make for the entry's dense outputs is copied.
    const OpLowering *lowering = opLowerings().find(def);
    if ((lowering && lowering->anyRowStride) || argument.getType() == bufferType(value))
      destinations[value] = argument;
  }
}

int64_t FunctionLowering::nextWindowBase() {
  const Windows::Window &window = program.windows.of(source);
  int64_t base = window.own.size();
  for (const Windows::CallSite &site : ArrayRef(window.calls).take_front(callsSeen++))
    base += program.windows.of(site.callee).size;
  return base;
}

LogicalResult FunctionLowering::lowerCall(CallOp call) {
  SmallVector<Value> operands;
  for (Value operand : call.getOperands())
    if (isa<RankedTensorType>(operand.getType()))
      operands.push_back(buffer(operand));
  for (Value result : call.getResults())
    operands.push_back(allocate(result));
  ProgramBuilder::Instance *callee = program.callee(call, instance);
  if (!callee || !callee->lowered)
    return failure(); // said already
  rt::FuncOp target = callee->lowered;
  // The entry's inputs are dense, a callee's buffers padded. Results need no copy: their destinations have the padded
  // type.
  for (auto [index, operand] : llvm::enumerate(operands)) {
    if (type(operand) == target.getArgumentType(index))
      continue;
    Value padded = scratch(target.getArgumentType(index));
    if (failed(copy(call, operand, padded)))
      return failure();
    operand = padded;
  }
  instruction<rt::CallOp>(call.getLoc(), target, nextWindowBase(), call.getPath(), operands);
  return success();
}

LogicalResult FunctionLowering::lowerReturn(func::ReturnOp ret) {
  unsigned first = function.getNumArguments() - ret.getNumOperands();
  for (auto [index, value] : llvm::enumerate(ret.getOperands())) {
    Value argument = function.getArgument(first + index), held = buffer(value);
    if (!held)
      return ret.emitOpError() << "result " << index << " is not computed by this function";
    if (held == argument)
      continue;
    if (Type element = type(held).getElementType();
        !isa<BFloat16Type, Float32Type>(element) && !element.isInteger(32) && !element.isInteger(64))
      return ret.emitOpError() << "result " << index << " is " << value.getType()
                               << ", but only f32, bf16, i32 and i64 can be copied out of a function";
    if (failed(copy(ret, held, argument)))
      return failure();
  }
  return success();
}

} // namespace veomni::lower

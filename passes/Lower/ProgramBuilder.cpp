// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Kernels are declared once, and functions are lowered once per sizes that they run over.
#include "ProgramBuilder.h"

#include "FunctionLowering.h"

#include "llvm/Support/Debug.h"

// veomni-compile --debug-only=veomni-lower: each op, and the kernels that it is the first to need.
#define DEBUG_TYPE "veomni-lower"

using namespace mlir;

namespace veomni::lower {

ProgramBuilder::ProgramBuilder(ModuleOp module, const codegen::ChosenTarget &target)
    : ProgramSymbols(module.getContext()), backend(*target.backend), kernels(module.getContext()),
      functions(module.getContext()) {}

rt::KernelOp ProgramBuilder::kernel(StringRef kind, DictionaryAttr config, ArrayRef<rt::OperandAttr> operands,
                                    unsigned scalars) {
  SmallVector<Attribute> parts{StringAttr::get(context, kind), config,
                               IntegerAttr::get(IntegerType::get(context, 64), scalars)};
  llvm::append_range(parts, operands);
  rt::KernelOp &kernel = kernelsByKey[ArrayAttr::get(context, parts)];
  if (!kernel) {
    std::string name = kernelName(kind);
    kernel = rt::KernelOp::create(kernels, kernels.getUnknownLoc(), name, kind, config, operands, scalars);
    LLVM_DEBUG(llvm::dbgs() << "    kernel @" << name << " = " << kind << " " << config << "\n");
  }
  return kernel;
}

ProgramBuilder::Instance *ProgramBuilder::callee(Operation *op, const Instance &caller) {
  FailureOr<AxisBinding> binding = ModuleAxes::bind(op, *caller.axes);
  if (failed(binding))
    return nullptr;
  for (auto &[axis, extent] : *binding)
    extent =
        isa<ExpertDispatchOp>(op) ? AxisExtent(receivedSymbol().getSymNameAttr()) : inCaller(extent, caller.binding);
  return instantiate(calledFunction(op), *binding, isa<ExpertsLoopOp>(op), /*isEntry=*/false);
}

ProgramBuilder::Instance *ProgramBuilder::instantiate(func::FuncOp source, const AxisBinding &binding, bool ofExpert,
                                                      bool isEntry) {
  std::string key = source.getSymName().str() + (ofExpert ? "\nexpert" : "\n");
  for (const auto &[axis, extent] : binding)
    key += "\n" + axis.str() + " = " + extent.str();
  std::unique_ptr<Instance> &instance = instances[key];
  if (instance)
    return instance.get();
  instance = std::make_unique<Instance>();
  Instance &made = *instance; // the map may move its pointers while callees are added
  made.source = source, made.binding = binding, made.ofExpert = ofExpert;
  FailureOr<const FunctionAxes *> found = axes.of(source);
  if (failed(found)) {
    failedAny = true;
    return nullptr;
  }
  made.axes = *found;
  // A dim that is an axis of a function by another name in the entry is called what the function calls it.
  for (const auto &[axis, extent] : binding)
    suggestName(extent, axis.getValue());
  for (const MadeAxis &axis : made.axes->made())
    suggestName(inCaller(axis.extent, binding), axis.name);
  // Callees come first in the program.
  for (Operation &op : source.getBody().front())
    if (calledFunction(&op))
      callee(&op, made);
  failedAny |= failed(FunctionLowering(*this, made, isEntry).run());
  return &made;
}

} // namespace veomni::lower

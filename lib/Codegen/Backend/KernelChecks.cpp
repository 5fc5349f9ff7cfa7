// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Machine code trusts what it is given. What a program says about a kernel is therefore compared with the types of its
// operands, so that no program that is compiled reads or writes elsewhere.
#include "veomni/Codegen/KernelChecks.h"

#include "veomni/Dialect/Program/Accesses.h"

#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

namespace veomni::codegen {

namespace {

/// The memory that a value is: a slot, an argument, or a weight.
struct Memory {
  explicit Memory(Value value) {
    while (auto view = value.getDefiningOp<rt::ViewOp>())
      value = view.getSource();
    root = value;
    if (auto op = value.getDefiningOp<rt::SlotOp>())
      slot = op.getIndex();
  }
  bool operator==(const Memory &other) const { return slot || other.slot ? slot == other.slot : root == other.root; }

  Value root;
  std::optional<unsigned> slot;
};

class Checker {
public:
  Checker(ModuleOp module, const ChosenTarget &target) : module(module), symbols(module), target(target) {}

  FailureOr<BoundKernels> run();

private:
  void bind(rt::KernelOp kernel);
  void checkFunction(rt::FuncOp function);
  void checkDispatch(rt::DispatchOp dispatch, const Kernel &kernel);
  void checkIndex(rt::DispatchOp dispatch, const ScalarRule &rule, rt::ExtentAttr found, int64_t size);
  /// Of an instruction: `mayShare(written, other)` tells what is allowed.
  void checkSharing(Operation *op, ArrayRef<rt::Access> accesses, function_ref<bool(unsigned, unsigned)> mayShare,
                    function_ref<std::string(unsigned)> label);
  void checkContents(Operation *op, ArrayRef<rt::Access> accesses);

  rt::ExtentAttr definitionOf(StringAttr name) {
    auto symbol = symbols.lookup<rt::SymbolOp>(name);
    return symbol && symbol.getKind() == rt::SymbolKind::derived ? *symbol.getExtent() : rt::ExtentAttr();
  }
  bool isSame(rt::ExtentAttr a, rt::ExtentAttr b) {
    return isSameExtent(a, b, [&](StringAttr name) { return definitionOf(name); });
  }
  InFlightDiagnostic error(Operation *op) {
    failedAny = true;
    return op->emitOpError();
  }

  ModuleOp module;
  SymbolTable symbols;
  const ChosenTarget &target;
  BoundKernels bound;
  llvm::DenseMap<Attribute, size_t> numberOf;
  /// The value that was last written to each slot of the function that is checked now.
  llvm::DenseMap<unsigned, Value> contents;
  bool failedAny = false;
};

void Checker::bind(rt::KernelOp op) {
  const KernelKind *kind = target.backend->kinds().find(*op.getKind());
  auto report = [&](const Twine &problem) {
    error(op) << "@" << op.getSymName() << " (" << *op.getKind() << "): " << problem.str();
  };
  if (!kind)
    return report(target.backend->kinds().unknown(*op.getKind()));
  DictionaryAttr config = op.getConfigAttr() ? op.getConfigAttr() : DictionaryAttr::get(op.getContext());
  SmallVector<rt::OperandAttr> operands(op.getOperandAttrs());
  Problems problems;
  std::optional<Kernel> kernel = Kernel::bind(
      *kind, config, operands, [&](StringAttr name) { return definitionOf(name); }, problems, target.level);
  for (const std::string &problem : problems.all())
    report(problem);
  if (!kernel)
    return;
  if (op.getScalarCount() != kernel->scalars().size())
    return report("has " + Twine(op.getScalarCount()) + " scalars, expected " + Twine(kernel->scalars().size()));
  numberOf[op.getSymNameAttr()] = bound.size();
  bound.emplace_back(op, std::move(*kernel));
}

/// A constant, or what counts loops that end soon enough.
void Checker::checkIndex(rt::DispatchOp dispatch, const ScalarRule &rule, rt::ExtentAttr found, int64_t size) {
  auto report = [&](const Twine &what) {
    error(dispatch) << "of " << dispatch.getKernelAttr() << ": scalar '" << rule.name << "' is " << extentText(found)
                    << what.str() << ", expected an index below " << rule.below << " = " << size;
  };
  if (std::optional<int64_t> constant = found.getConstant()) {
    if (*constant >= size)
      report("");
    return;
  }
  SmallVector<StringAttr> names = found.getSymbols();
  if (names.size() != 1 || found != rt::ExtentAttr::get(found.getContext(), rt::Dim(names.front())))
    return report("");
  StringAttr name = names.front();
  auto symbol = symbols.lookup<rt::SymbolOp>(name);
  if (!symbol || symbol.getKind() != rt::SymbolKind::loop)
    return report(", which counts no loop");
  module.walk([&](rt::LoopOp loop) {
    rt::Dim count = loop.getCount().getValue();
    if (loop.getSymbolAttr().getAttr() == name && (!count.isConstant() || count.value > size))
      report(", which counts a loop to " + (count.isConstant() ? Twine(count.value) : Twine(count.symbol.getValue())));
  });
}

void Checker::checkDispatch(rt::DispatchOp dispatch, const Kernel &kernel) {
  auto text = [](rt::ExtentAttr extent) { return extentText(extent); };
  auto report = [&]() {
    return error(dispatch) << "of " << dispatch.getKernelAttr() << " (" << kernel.kind().name << "): ";
  };
  for (auto [rule, attribute] : llvm::zip(kernel.scalars(), dispatch.getScalars())) {
    auto found = cast<rt::ExtentAttr>(attribute);
    if (rt::ExtentAttr expected = kernel.scalarExtent(*rule)) {
      if (!isSame(found, expected))
        report() << "scalar '" << rule->name << "' is " << text(found) << ", expected " << text(expected)
                 << " as the types of its operands say";
    } else if (!rule->below.empty()) {
      checkIndex(dispatch, *rule, found, kernel.size(rule->below));
    }
  }
  SmallVector<rt::ExtentAttr> expected = kernel.workgroups(),
                              found(dispatch.getWorkgroups().getAsRange<rt::ExtentAttr>());
  if (found.size() != expected.size())
    report() << "has " << found.size() << " numbers of workgroups, expected " << expected.size();
  for (auto [i, pair] : llvm::enumerate(llvm::zip(found, expected)))
    if (!isSame(std::get<0>(pair), std::get<1>(pair)))
      report() << "workgroups of axis " << "xyz"[i] << " are " << text(std::get<0>(pair)) << ", expected "
               << text(std::get<1>(pair)) << " = " << kernel.kind().workgroups[i];
}

void Checker::checkSharing(Operation *op, ArrayRef<rt::Access> accesses,
                           function_ref<bool(unsigned, unsigned)> mayShare, function_ref<std::string(unsigned)> label) {
  for (unsigned written = 0; written < accesses.size(); ++written) {
    if (accesses[written] == rt::Access::read)
      continue;
    for (unsigned other = 0; other < accesses.size(); ++other) {
      bool reported = accesses[other] != rt::Access::read && other < written; // of two that are written
      if (other == written || reported || !(Memory(op->getOperand(written)) == Memory(op->getOperand(other))))
        continue;
      if (mayShare(written, other) && op->getOperand(written).getType() == op->getOperand(other).getType())
        continue;
      error(op) << label(written) << " is written and has the memory of " << label(other)
                << ", which is allowed only where the kernel "
                << "declares it and the types are equal";
    }
  }
}

/// A slot holds what was last written to it, under whatever name.
void Checker::checkContents(Operation *op, ArrayRef<rt::Access> accesses) {
  for (auto [index, access] : llvm::enumerate(accesses)) {
    Memory memory(op->getOperand(index));
    if (!memory.slot || access == rt::Access::write)
      continue;
    Value held = contents.lookup(*memory.slot);
    if (!held)
      error(op) << "operand " << index << " is read, but nothing was written to slot " << *memory.slot << " before";
    else if (held != memory.root)
      error(op) << "operand " << index << " is read, but another value was written to slot " << *memory.slot
                << " since";
  }
  for (auto [index, access] : llvm::enumerate(accesses))
    if (Memory memory(op->getOperand(index)); memory.slot && access != rt::Access::read)
      contents[*memory.slot] = memory.root;
}

void Checker::checkFunction(rt::FuncOp function) {
  contents.clear();
  SymbolTableCollection tables;
  for (Operation &op : function.getBody().front()) {
    const SmallVector<rt::Access> accesses = rt::accessesOf(&op, tables);
    checkContents(&op, accesses);
    if (isa<rt::CallOp, rt::LoopOp, rt::LibraryCallOp>(op))
      checkSharing(
          &op, accesses, [](unsigned, unsigned) { return false; },
          [](unsigned i) { return "operand " + std::to_string(i); });
    auto dispatch = dyn_cast<rt::DispatchOp>(op);
    if (!dispatch)
      continue;
    auto declared = symbols.lookup<rt::KernelOp>(dispatch.getKernelAttr().getAttr());
    auto known = numberOf.find(declared.getSymNameAttr());
    if (known == numberOf.end())
      continue; // compiled already, or wrong and reported
    const Kernel &kernel = bound[known->second].second;
    checkDispatch(dispatch, kernel);
    auto mayShare = [&](unsigned written, unsigned other) {
      return accesses[other] == rt::Access::read &&
             llvm::is_contained(kernel.operandRule(written).over, kernel.operandRule(other).name);
    };
    checkSharing(dispatch, accesses, mayShare, [&](unsigned i) {
      return "operand " + std::to_string(i) + " ('" + kernel.operandRule(i).name + "' of " + kernel.kind().name + ")";
    });
  }
}

FailureOr<BoundKernels> Checker::run() {
  for (auto kernel : module.getOps<rt::KernelOp>())
    if (!kernel.hasCode())
      bind(kernel);
  for (auto function : module.getOps<rt::FuncOp>())
    checkFunction(function);
  if (failedAny)
    return failure();
  return std::move(bound);
}

} // namespace

FailureOr<BoundKernels> checkKernels(ModuleOp module, const ChosenTarget &target) {
  return Checker(module, target).run();
}

} // namespace veomni::codegen

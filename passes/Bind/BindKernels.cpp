// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Walks the tree of instances, chooses a kernel for each op of each, and clones functions whose instances differ.
#include "Rules.h"

#include "veomni/Analysis/Axes.h"
#include "veomni/Dialect/VeOmni/VeOmni.h"
#include "veomni/Kernels/BoundKernel.h"
#include "veomni/Kernels/RegistryInterface.h"
#include "veomni/Passes/Bind/Passes.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Remarks.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/ADT/StringExtras.h"

#include <map>
#include <set>

using namespace mlir;

namespace veomni::bind {

#define GEN_PASS_DEF_BINDKERNELS
#include "veomni/Passes/Bind/Passes.h.inc"

namespace {

/// What was chosen for one instance of a function: the kernels of its ops and what was chosen for its callees, in order
/// of the ops. Instances with equal choices share a function; others get a clone of it.
struct Binding {
  Operation *source;
  std::vector<const kernels::Kernel *> kernels;
  std::vector<const Binding *> callees;
  /// The function whose ops have these kernels; null until it is made.
  mutable Operation *function = nullptr;

  bool operator<(const Binding &other) const {
    return std::tie(source, kernels, callees) < std::tie(other.source, other.kernels, other.callees);
  }
};

class BindKernels : public impl::BindKernelsBase<BindKernels> {
public:
  using BindKernelsBase::BindKernelsBase;

private:
  void runOnOperation() override;
  LogicalResult prepare();
  /// The choices for the instance of `function` at `path`; null after an error.
  const Binding *bindInstance(func::FuncOp function, const std::string &path);
  const kernels::Kernel *choose(Operation *op, const kernels::Slot &slot, StringRef path);
  void reportNoKernel(Operation *op, const kernels::Slot &slot, const kernels::Instance &instance,
                      const kernels::Resolution &resolution, const Rule *rule, StringRef wanted, StringRef path);
  void reportUnusedRules();
  void remarkOn(Operation *op, const kernels::Slot &slot, const kernels::Resolution &resolution);
  void apply(const Binding &binding);

  const kernels::KernelRegistry *registry = nullptr;
  codegen::ChosenTarget target;
  std::vector<Rule> rules;
  std::set<Binding> bindings;
  llvm::SetVector<Operation *> active;
  /// Functions that are bound in place already; for other choices they are cloned.
  llvm::DenseSet<Operation *> taken;
  /// What was said once need not be said for every instance.
  llvm::DenseMap<Operation *, llvm::DenseSet<const kernels::Kernel *>> remarked;
  llvm::DenseSet<std::pair<Operation *, const Rule *>> reported;
  /// Where ops of each slot were seen, by `op/variant`.
  std::map<std::string, std::set<std::string>> seen;
};

/// The function that `op` runs on another or the same instance, and the path of that instance below the own one.
std::pair<func::FuncOp, std::string> calleeOf(Operation *op) {
  auto call = dyn_cast<CallOp>(op); // a loop runs on the same instance
  return {calledFunction(op), call ? call.getPath().str() : ""};
}

std::string join(StringRef path, StringRef below) {
  return path.empty() ? below.str() : below.empty() ? path.str() : (path + "." + below).str();
}

/// The module that owns the first parameter of `op`, below the instance that runs it: `q_proj` of `q_proj.weight`;
/// empty if the instance itself does, or there is none.
StringRef ownerOf(Operation *op) {
  for (Value operand : op->getOperands())
    if (auto param = operand.getDefiningOp<ParamOp>())
      return param.getName().contains('.') ? param.getName().rsplit('.').first : "";
  return "";
}

LogicalResult BindKernels::prepare() {
  bindings.clear(), active.clear(), taken.clear(), remarked.clear(), reported.clear(), seen.clear();
  registry = kernels::registryOf(&getContext());
  if (!registry)
    return getOperation().emitError("this context has no kernel registry");
  auto fail = [&](llvm::Error error) { return getOperation().emitError() << llvm::toString(std::move(error)); };
  FailureOr<codegen::ChosenTarget> chosen = codegen::targetOf(getOperation());
  if (failed(chosen))
    return failure();
  target = *chosen;
  llvm::Expected<std::vector<Rule>> read = readRules(plan, choices);
  if (!read)
    return fail(read.takeError());
  rules = std::move(*read);
  bool failedAny = false;
  for (const Rule &rule : rules) {
    const kernels::Slot *slot = registry->findSlot(rule.op);
    if (!slot) {
      getOperation().emitError() << rule.text << ": there is no op '" << rule.op
                                 << "'; ops: " << llvm::join(registry->slotNames(), ", ");
      failedAny = true;
    } else if (!rule.variant.empty() && !llvm::is_contained(slot->variants, rule.variant)) {
      getOperation().emitError() << rule.text << ": " << rule.op << " has no variant '" << rule.variant
                                 << "'; variants: " << llvm::join(slot->variants, ", ");
      failedAny = true;
    }
  }
  return failure(failedAny);
}

void BindKernels::reportNoKernel(Operation *op, const kernels::Slot &slot, const kernels::Instance &instance,
                                 const kernels::Resolution &resolution, const Rule *rule, StringRef wanted,
                                 StringRef path) {
  std::vector<const kernels::Kernel *> choices = registry->kernelsOf(slot.op, instance.variant);
  bool known = llvm::any_of(choices, [&](const kernels::Kernel *kernel) { return kernel->name == wanted; });
  InFlightDiagnostic error = mlir::emitError(op->getLoc());
  if (rule)
    error << rule->text << ": ";
  error << slot.op << "/" << instance.variant << " at '" << path << "' ";
  if (wanted.empty())
    error << "has no implementation for " << target.str();
  else if (known)
    error << "cannot have '" << wanted << "'";
  else
    error << "has no implementation '" << wanted << "'";
  for (const kernels::Kernel *kernel : choices) {
    auto out = llvm::find_if(resolution.ruledOut, [&](const auto &pair) { return pair.first == kernel; });
    error.attachNote() << "'" << kernel->name << "' " << (out == resolution.ruledOut.end() ? "fits" : out->second);
  }
}

void BindKernels::remarkOn(Operation *op, const kernels::Slot &slot, const kernels::Resolution &resolution) {
  if (!remarked[op].insert(resolution.chosen).second)
    return;
  StringRef function = op->getParentOfType<func::FuncOp>().getSymName();
  auto options = remark::RemarkOpts::name("BindKernels").category("bind").function(function);
  remark::passed(op->getLoc(), options) << slot.op + " is bound to '" + resolution.chosen->name + "'";
  for (const auto &[kernel, reason] : resolution.ruledOut)
    if (kernel->preference > resolution.chosen->preference)
      remark::missed(op->getLoc(), options) << slot.op + " cannot have '" + kernel->name + "': it " + reason;
}

const kernels::Kernel *BindKernels::choose(Operation *op, const kernels::Slot &slot, StringRef path) {
  kernels::Instance instance = slot.describe(op);
  std::string module = join(path, ownerOf(op));
  seen[slot.op + "/" + instance.variant].insert(module);
  const Rule *rule = nullptr;
  for (const Rule &candidate : rules)
    if (candidate.matches(slot.op, instance.variant, path, module)) {
      candidate.used = true;
      rule = &candidate;
    }
  StringRef wanted = rule ? StringRef(rule->implementation) : kernels::boundKernel(op);
  kernels::Resolution resolution = registry->resolve(slot, instance, op, target, wanted);
  if (resolution.chosen)
    remarkOn(op, slot, resolution);
  else if (reported.insert({op, rule}).second)
    reportNoKernel(op, slot, instance, resolution, rule, wanted, module);
  return resolution.chosen;
}

const Binding *BindKernels::bindInstance(func::FuncOp function, const std::string &path) {
  if (!active.insert(function)) {
    function.emitOpError("calls itself");
    return nullptr;
  }
  Binding binding{function, {}, {}};
  bool failedAny = false;
  function.walk([&](Operation *op) {
    if (const kernels::Slot *slot = registry->slotOf(op)) {
      binding.kernels.push_back(choose(op, *slot, path));
      failedAny |= !binding.kernels.back();
    }
    auto [callee, below] = calleeOf(op);
    if (callee) {
      binding.callees.push_back(bindInstance(callee, join(path, below)));
      failedAny |= !binding.callees.back();
    }
  });
  active.remove(function);
  return failedAny ? nullptr : &*bindings.insert(std::move(binding)).first;
}

/// A rule that matches nothing is a mistake in its path, or in what the user takes the model for.
void BindKernels::reportUnusedRules() {
  for (const Rule &rule : rules) {
    if (rule.used)
      continue;
    InFlightDiagnostic error = getOperation().emitError() << rule.text << ": no op of the model matches; it has "
                                                          << llvm::join(llvm::make_first_range(seen), ", ");
    constexpr unsigned mostShown = 8;
    for (const auto &[variant, paths] : seen)
      if (StringRef(variant).split('/').first == rule.op)
        error.attachNote() << variant << " is at "
                           << llvm::join(llvm::map_range(
                                             llvm::make_range(
                                                 paths.begin(),
                                                 std::next(paths.begin(), std::min<size_t>(paths.size(), mostShown))),
                                             [](const std::string &path) { return "'" + path + "'"; }),
                                         ", ")
                           << (paths.size() > mostShown ? ", ..." : "");
    signalPassFailure();
  }
}

/// Marks the ops of a function with their kernels and points its calls at the functions that have the callees'
/// bindings.
void BindKernels::apply(const Binding &binding) {
  if (binding.function)
    return;
  for (const Binding *callee : binding.callees)
    apply(*callee);
  binding.function = binding.source;
  if (!taken.insert(binding.source).second) {
    auto clone = cast<func::FuncOp>(binding.source->clone());
    clone.setSymName((clone.getSymName() + "$bound").str());
    SymbolTable(getOperation()).insert(clone, std::next(binding.source->getIterator())); // makes the name unique
    binding.function = clone;
    ++numClones;
  }
  auto kernel = binding.kernels.begin();
  auto callee = binding.callees.begin();
  binding.function->walk([&](Operation *op) {
    if (registry->slotOf(op)) {
      op->setAttr(VeOmniDialect::kKernel, StringAttr::get(&getContext(), (*kernel++)->name));
      ++numBound;
    }
    if (calledFunction(op))
      op->setAttr("callee", FlatSymbolRefAttr::get(cast<func::FuncOp>((*callee++)->function).getSymNameAttr()));
  });
}

void BindKernels::runOnOperation() {
  if (failed(prepare()))
    return signalPassFailure();
  std::vector<const Binding *> entries;
  for (auto function : llvm::make_early_inc_range(getOperation().getOps<func::FuncOp>()))
    if (function.isPublic() && !function.isExternal())
      entries.push_back(bindInstance(function, ""));
  if (entries.empty())
    getOperation().emitError()
        << "phase bind expects a model (veomni), which phase import writes, found no public function with a body";
  if (entries.empty() || llvm::is_contained(entries, nullptr))
    return signalPassFailure();
  reportUnusedRules();
  for (const Binding *entry : entries)
    apply(*entry);
}

} // namespace
} // namespace veomni::bind

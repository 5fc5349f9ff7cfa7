// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The registry keeps slots and kernels, and chooses among the kernels of an instance, with a reason for each that it
// rules out.
#include "veomni/Kernels/KernelRegistry.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FormatVariadic.h"

#include <algorithm>

using llvm::Error;
using llvm::StringRef;

namespace veomni::kernels {

static Error error(const llvm::Twine &message) { return llvm::createStringError(message); }

static std::string join(const std::vector<std::string> &words, StringRef separator = ", ") {
  return llvm::join(words, separator);
}

Error KernelRegistry::addSlot(Slot slot) {
  if (findSlot(slot.op))
    return error("slot '" + slot.op + "' is registered twice");
  if (slot.variants.empty())
    return error("slot '" + slot.op + "' has no variants");
  for (const auto &other : slots)
    for (const std::string &irOp : slot.irOps)
      if (llvm::is_contained(other->irOps, irOp) && !(slot.covers && other->covers))
        return error("slot '" + slot.op + "' is for " + irOp + ", which slot '" + other->op + "' is for already");
  slots.push_back(std::make_unique<Slot>(std::move(slot)));
  return Error::success();
}

Error KernelRegistry::addKernel(Kernel kernel) {
  std::string id = kernel.op + "/" + kernel.variant + "=" + kernel.name;
  const Slot *slot = findSlot(kernel.op);
  if (!slot)
    return error("kernel " + id + ": there is no slot '" + kernel.op + "'; slots: " + join(slotNames()));
  if (!llvm::is_contained(slot->variants, kernel.variant))
    return error("kernel " + id + ": slot '" + kernel.op + "' has no variant '" + kernel.variant +
                 "'; variants: " + join(slot->variants));
  if (!kernel.kind.empty() && !slot->oneDispatch)
    return error("kernel " + id + " names the kind '" + kernel.kind + "', but slot '" + kernel.op +
                 "' does not take one dispatch");
  if (kernel.target.empty() && !(kernel.fromLevel.empty() && kernel.toLevel.empty()))
    return error("kernel " + id + " is for levels from '" + kernel.fromLevel + "' up to '" + kernel.toLevel +
                 "', but names no target");
  for (const Kernel *other : kernelsOf(kernel.op, kernel.variant))
    if (other->name == kernel.name)
      return error("kernel " + id + " is registered twice: \"" + other->description + "\" and \"" + kernel.description +
                   "\"");
  kernels.push_back(std::make_unique<Kernel>(std::move(kernel)));
  return Error::success();
}

Error KernelRegistry::verify() const {
  Error all = Error::success();
  for (const auto &slot : slots)
    for (const std::string &variant : slot->variants)
      if (kernelsOf(slot->op, variant).empty())
        all = llvm::joinErrors(std::move(all), error("slot " + slot->op + "/" + variant +
                                                     " is declared, but no kernel is registered for it"));
  return all;
}

Error KernelRegistry::verify(const codegen::BackendRegistry &backends) const {
  Error all = Error::success();
  auto report = [&](const Kernel &kernel, const llvm::Twine &problem) {
    all = llvm::joinErrors(std::move(all),
                           error("kernel " + kernel.op + "/" + kernel.variant + "=" + kernel.name + ": " + problem));
  };
  for (const auto &kernel : kernels) {
    if (kernel->target.empty())
      continue;
    llvm::Expected<codegen::Backend &> backend = backends.find(kernel->target);
    if (!backend) {
      report(*kernel, llvm::toString(backend.takeError()));
      continue;
    }
    for (const std::string &level : {kernel->fromLevel, kernel->toLevel})
      if (!level.empty() && !backend->rankOf(level))
        report(*kernel, llvm::toString(backend->findLevel(level).takeError()));
  }
  return all;
}

const Slot *KernelRegistry::findSlot(StringRef op) const {
  auto it = llvm::find_if(slots, [&](const auto &slot) { return slot->op == op; });
  return it == slots.end() ? nullptr : it->get();
}

const Slot *KernelRegistry::slotOf(mlir::Operation *op) const {
  StringRef name = op->getName().getStringRef();
  auto it = llvm::find_if(slots, [&](const auto &slot) {
    return llvm::is_contained(slot->irOps, name) && (!slot->covers || slot->covers(op));
  });
  return it == slots.end() ? nullptr : it->get();
}

std::vector<const Kernel *> KernelRegistry::kernelsOf(StringRef op, StringRef variant) const {
  std::vector<const Kernel *> found;
  for (const auto &kernel : kernels)
    if (kernel->op == op && kernel->variant == variant)
      found.insert(std::upper_bound(found.begin(), found.end(), kernel->preference,
                                    [](int preference, const Kernel *other) { return preference > other->preference; }),
                   kernel.get());
  return found;
}

std::vector<std::string> KernelRegistry::slotNames() const {
  std::vector<std::string> names;
  for (const auto &slot : slots)
    names.push_back(slot->op);
  return names;
}

/// "any", "cpu from avx512-bf16".
static std::string targetOf(const Kernel &kernel) {
  std::string text = kernel.target.empty() ? "any" : kernel.target;
  if (!kernel.fromLevel.empty())
    text += " from " + kernel.fromLevel;
  if (!kernel.toLevel.empty())
    text += " up to " + kernel.toLevel;
  return text;
}

/// Whether the level is among those of the kernel, which is for this target.
static bool coversLevel(const Kernel &kernel, const codegen::ChosenTarget &target) {
  std::optional<unsigned> own = target.backend->rankOf(target.level->name);
  std::optional<unsigned> from = target.backend->rankOf(kernel.fromLevel), to = target.backend->rankOf(kernel.toLevel);
  return (kernel.fromLevel.empty() || (from && *own >= *from)) && (kernel.toLevel.empty() || (to && *own <= *to));
}

/// Why `instance` cannot have `kernel`; empty if it can.
static std::string whyNot(const Kernel &kernel, const Instance &instance, mlir::Operation *op,
                          const codegen::ChosenTarget &target) {
  if (!kernel.target.empty() && kernel.target != target.backend->name())
    return llvm::formatv("is for {0}, the target is {1}", kernel.target, target.backend->name());
  if (!kernel.target.empty() && !coversLevel(kernel, target))
    return llvm::formatv("needs {0}, the target is {1}", targetOf(kernel), target.level->name);
  if (!llvm::is_contained(kernel.dtypes, instance.dtype))
    return llvm::formatv("takes {0}, this op has {1}", join(kernel.dtypes), instance.dtype);
  for (const auto &[name, value] : instance.semantics) {
    auto it = kernel.semantics.find(name);
    if (it == kernel.semantics.end())
      return llvm::formatv("does not say what it does about {0}, this op needs {0} = {1}", name, value);
    if (!llvm::is_contained(it->second, value))
      return llvm::formatv("implements {0} = {1}, this op needs {2}", name, join(it->second, " | "), value);
  }
  return kernel.refuse ? kernel.refuse(op) : "";
}

Resolution KernelRegistry::resolve(const Slot &slot, const Instance &instance, mlir::Operation *op,
                                   const codegen::ChosenTarget &target, StringRef name) const {
  Resolution resolution;
  for (const Kernel *kernel : kernelsOf(slot.op, instance.variant)) {
    std::string reason = whyNot(*kernel, instance, op, target);
    bool wanted = name.empty() || name == kernel->name;
    if (reason.empty() && wanted && !resolution.chosen)
      resolution.chosen = kernel;
    else if (!reason.empty())
      resolution.ruledOut.emplace_back(kernel, reason);
  }
  return resolution;
}

void KernelRegistry::print(llvm::raw_ostream &os) const {
  for (const auto &slot : slots) {
    os << slot->op << ": " << slot->description << "\n";
    for (const std::string &variant : slot->variants) {
      os << "  " << variant << "\n";
      for (const Kernel *kernel : kernelsOf(slot->op, variant)) {
        os << llvm::formatv("    {0,-14} {1}\n", kernel->name, kernel->description);
        os << llvm::formatv("    {0,-14} on {1}; {2}; by {3}\n", "", targetOf(*kernel), join(kernel->dtypes),
                            kernel->lowering);
        for (const auto &[name, values] : kernel->semantics)
          os << llvm::formatv("    {0,-14} {1} = {2}\n", "", name, join(values, " | "));
      }
    }
  }
}

} // namespace veomni::kernels

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Which implementations there are of what: slots, and the kernels that fill them.
//
// A slot is an operation that models need (`rms_norm`) in the variants that differ in more than numbers. A kernel
// implements a variant of a slot for a target, and states what it implements: a semantic that it does not name, it does
// not have. Registries are values: each MLIRContext has its own, so that models of one process are bound apart.
#ifndef VEOMNI_KERNELS_KERNELREGISTRY_H
#define VEOMNI_KERNELS_KERNELREGISTRY_H

#include "veomni/Codegen/Backend.h"

#include "mlir/IR/Operation.h"
#include "llvm/Support/Error.h"

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace veomni::kernels {

/// What one op of a model asks of a kernel.
struct Instance {
  std::string variant = "standard";
  /// Element type of the weights, or of the activations where there are none.
  std::string dtype = "f32";
  /// What the op computes, where ops of the variant differ: `layout` = `half`.
  std::map<std::string, std::string> semantics = {};
};

struct Slot {
  std::string op; // as in VeOmni: "rms_norm", "moe_experts"
  std::string description;
  std::vector<std::string> variants;
  /// The IR ops that the slot is for.
  std::vector<std::string> irOps;
  std::function<Instance(mlir::Operation *)> describe;
  /// Each of its ops takes one dispatch, whose kind a kernel may name.
  bool oneDispatch = false;
  /// Which of the IR ops it is for, where slots share some; null for all. Of those that share, only one may answer yes.
  std::function<bool(mlir::Operation *)> covers = nullptr;
};

struct Kernel {
  std::string op = "", variant = "standard", name = "";
  std::string description = "";
  /// How it becomes code: the kernel kinds that `lower` emits, or `pass NAME, ...` where a pass of phase fuse rewrites
  /// the op.
  std::string lowering = "";
  /// The target that it is for; empty for any.
  std::string target = "";
  /// The least and the most demanding level of that target; empty for all.
  std::string fromLevel = "", toLevel = "";
  /// All that the kernel implements. An instance must ask for nothing else.
  std::vector<std::string> dtypes = {"f32", "bf16"};
  std::map<std::string, std::vector<std::string>> semantics = {};
  /// The kernel kind to emit in place of the op's own, with the same operands and attributes; for slots of one
  /// dispatch. It is given whole rows: what lies within wider ones is copied for it.
  std::string kind = "";
  /// The greatest that fits is the default.
  int preference = 0;
  /// Why this op cannot have the kernel for reasons that semantics do not tell; empty if it can.
  std::function<std::string(mlir::Operation *)> refuse = nullptr;
};

/// The kernel that an instance gets, and why it gets no other one.
struct Resolution {
  const Kernel *chosen = nullptr;
  /// In falling order of preference.
  std::vector<std::pair<const Kernel *, std::string>> ruledOut;
};

class KernelRegistry {
public:
  /// Errors: a slot of that name is there already, or one for one of its IR ops and not both say which of these they
  /// cover; no variants.
  llvm::Error addSlot(Slot slot);
  /// Errors: no such slot or variant; a kernel of that name is there already; a kind for a slot of several dispatches;
  /// levels without a target.
  llvm::Error addKernel(Kernel kernel);
  /// An error for every variant that nothing fills.
  llvm::Error verify() const;
  /// An error for every kernel of a target or level that is not among `backends`.
  llvm::Error verify(const codegen::BackendRegistry &backends) const;

  const Slot *findSlot(llvm::StringRef op) const;
  /// The slot of an op; null if there is none.
  const Slot *slotOf(mlir::Operation *op) const;
  /// Of one variant, in falling order of preference.
  std::vector<const Kernel *> kernelsOf(llvm::StringRef op, llvm::StringRef variant) const;
  std::vector<std::string> slotNames() const;

  /// `name`: the only kernel that will do, or empty for the best that fits.
  Resolution resolve(const Slot &slot, const Instance &instance, mlir::Operation *op,
                     const codegen::ChosenTarget &target, llvm::StringRef name) const;

  /// The table of `--list-kernels`.
  void print(llvm::raw_ostream &os) const;

private:
  // Stable addresses: resolutions point at kernels.
  std::vector<std::unique_ptr<Slot>> slots;
  std::vector<std::unique_ptr<Kernel>> kernels;
};

/// What comes with the compiler.
llvm::Error registerBuiltinKernels(KernelRegistry &registry);

} // namespace veomni::kernels

#endif // VEOMNI_KERNELS_KERNELREGISTRY_H

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What the compiler knows of a target: the one door through which phases bind, lower and codegen reach it. A target is
// a room of its own (lib/Codegen/CPU, lib/Codegen/Null) and one line where backends are registered.
#ifndef VEOMNI_CODEGEN_BACKEND_H
#define VEOMNI_CODEGEN_BACKEND_H

#include "veomni/Codegen/Kernel.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/DialectInterface.h"

#include <memory>

namespace mlir {
class DialectRegistry;
} // namespace mlir

namespace veomni::codegen {

/// A kernel to compile; `name` is how dispatches find it in the executable.
struct KernelRequest {
  std::string name;
  Kernel kernel;
};

using Code = llvm::SmallVector<char, 0>;

/// Sizes of scratch memory that the lowering provides and that follow from how a target's kernels divide their work.
struct ScratchSizes {
  /// Columns per panel of the keys and values that attention packs.
  int64_t panelColumns = 0;
  /// Columns of the states that one workgroup of gated_delta_scan keeps.
  int64_t deltaColumns = 0;
  /// Vocabulary entries per workgroup of linear_cross_entropy, which keeps a maximum and a sum of each chunk.
  int64_t lossChunk = 0;

  /// What linear_cross_entropy keeps of a row: a maximum and a sum per chunk, and the label's logit.
  int64_t lossPartials(int64_t vocab) const { return 2 * ((vocab + lossChunk - 1) / lossChunk) + 1; }
};

class Backend {
public:
  virtual ~Backend() = default;

  /// As in `#veomni.target<"cpu", ...>` and `--target=cpu`.
  virtual llvm::StringRef name() const = 0;
  /// What code may be compiled for, from the least to the most demanding; what runs on one runs on all later ones.
  virtual llvm::SmallVector<const Level *> levels() const = 0;
  /// The best level that this machine executes.
  virtual llvm::Expected<const Level &> hostLevel() const = 0;

  /// Elements between the starts of two rows of activations with `elements` elements of `elementBytes` bytes each.
  virtual int64_t rowStride(int64_t elements, int64_t elementBytes) const = 0;
  /// The tiles in which the matrix of a product lies in memory; none for rows.
  virtual rt::Tile productTile(mlir::Type elementType) const = 0;
  virtual ScratchSizes scratch() const = 0;

  /// The kinds of kernels that the target has.
  virtual const KernelKindTable &kinds() const = 0;
  /// Adds a kind, with an emitter of this backend. Error: what `KernelKindTable::add` says, or the target takes none.
  virtual llvm::Error addKind(KernelKind kind) = 0;

  /// Code that a device of this target loads; the error tells everything that is wrong with the requests, a line per
  /// problem. Nothing where the target's executables hold no code. `threads`: 0 takes as many as the machine has.
  virtual llvm::Expected<std::optional<Code>> compile(llvm::ArrayRef<KernelRequest> kernels, const Level &level,
                                                      unsigned threads) const = 0;

  /// What users should know besides options, such as files that it keeps: lines for --help.
  virtual std::string help() const { return ""; }

  /// `host`, or the name of a level. The error lists the valid ones.
  llvm::Expected<const Level &> findLevel(llvm::StringRef name) const;
  /// The place of a level in `levels()`; nothing for a name that there is not.
  std::optional<unsigned> rankOf(llvm::StringRef level) const;
};

/// The targets of a compiler, as a value: plugins add to it before it is attached to a context.
class BackendRegistry {
public:
  /// Error: there is a backend of that name.
  llvm::Error add(std::shared_ptr<Backend> backend);
  /// The error lists those that there are.
  llvm::Expected<Backend &> find(llvm::StringRef name) const;
  std::vector<std::string> names() const;
  /// What all of them have to say.
  std::string help() const;
  llvm::ArrayRef<std::shared_ptr<Backend>> all() const { return backends; }

private:
  std::vector<std::shared_ptr<Backend>> backends;
};

/// What a module is compiled for, as its attribute `veomni.target` says.
struct ChosenTarget {
  const Backend *backend = nullptr;
  const Level *level = nullptr;

  /// "cpu x86-64-v4"
  std::string str() const { return (backend->name() + " " + level->name).str(); }
};

/// How passes reach the backends of their context.
class BackendInterface : public mlir::DialectInterface::Base<BackendInterface> {
public:
  BackendInterface(mlir::Dialect *dialect, std::shared_ptr<const BackendRegistry> registry)
      : Base(dialect), registry(std::move(registry)) {}
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(BackendInterface)

  const std::shared_ptr<const BackendRegistry> registry;
};

/// Contexts made from `dialects` have `backends`.
void attachBackends(mlir::DialectRegistry &dialects, std::shared_ptr<const BackendRegistry> backends);

/// The backends of a context; null if none were attached.
const BackendRegistry *backendsOf(mlir::MLIRContext *context);

/// The target that the module says; a diagnostic where it says none, or one that this compiler does not have.
mlir::FailureOr<ChosenTarget> targetOf(mlir::ModuleOp module);

} // namespace veomni::codegen

#endif // VEOMNI_CODEGEN_BACKEND_H

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The kinds of kernels that can be compiled; docs/architecture.md has the table of their operands and attributes.
#ifndef VEOMNI_CODEGEN_CPU_KERNELKINDS_H
#define VEOMNI_CODEGEN_CPU_KERNELKINDS_H

#include "veomni/Codegen/CPU/KernelBuilder.h"

#include "mlir/IR/BuiltinAttributes.h"
#include "llvm/ADT/StringSet.h"

#include <optional>

namespace veomni::cpu {

/// Where runs of columns lie within the rows of an operand: column `at`, and every `run` columns from there; 0 repeats one run.
struct Runs {
  int64_t at, run;
};

/// Reads a kernel's attributes. Every getter returns something usable after an error, so that `check` reports all problems at once:
/// what is missing, of the wrong type, out of range, or of no meaning to the kind.
class Attributes {
public:
  Attributes(mlir::DictionaryAttr attributes, mlir::Location loc) : dictionary(attributes), loc(loc) {}

  int64_t integer(llvm::StringRef name, int64_t min = 1);
  /// As above, or `otherwise` if there is none.
  int64_t integerOr(llvm::StringRef name, int64_t otherwise, int64_t min);
  bool flag(llvm::StringRef name);
  /// As above, or false if there is none.
  bool optionalFlag(llvm::StringRef name);
  double number(llvm::StringRef name);
  /// As above, or nothing if there is none.
  std::optional<double> optionalNumber(llvm::StringRef name);
  /// `f32` or `bf16`.
  mlir::Type elementType(llvm::StringRef name);
  llvm::StringRef choice(llvm::StringRef name, llvm::ArrayRef<llvm::StringRef> choices);
  /// As above, or the first of them if there is none.
  llvm::StringRef optionalChoice(llvm::StringRef name, llvm::ArrayRef<llvm::StringRef> choices);
  llvm::SmallVector<float> floats(llvm::StringRef name);
  /// `<operand>_at` and `<operand>_run`; without them, runs of `cols` columns one behind another.
  Runs runs(llvm::StringRef operand, int64_t cols);

  /// For rules between attributes.
  mlir::InFlightDiagnostic error();
  /// Call after the last getter and before emitting anything.
  mlir::LogicalResult check();

private:
  template <typename T> T get(llvm::StringRef name, llvm::StringRef expected);

  mlir::DictionaryAttr dictionary;
  mlir::Location loc;
  llvm::StringSet<> known;
  bool failed = false;
};

/// An emitter reads its attributes, then calls `begin`, writes the body and calls `end`.
struct KernelKind {
  llvm::StringRef name;
  mlir::LogicalResult (*emit)(KernelBuilder &k, Attributes &attributes);
  /// Of the emitter's code, where that does not come with the compiler.
  std::string revision = "";
};

/// All kinds that come with the compiler, by name.
llvm::ArrayRef<KernelKind> allKernelKinds();

/// Adds a kind to this process. Error: there is one of that name.
llvm::Error addKernelKind(llvm::StringRef name, mlir::LogicalResult (*emit)(KernelBuilder &, Attributes &), llvm::StringRef revision);

/// Null if there is none of that name.
const KernelKind *findKernelKind(llvm::StringRef name);

} // namespace veomni::cpu

#endif // VEOMNI_CODEGEN_CPU_KERNELKINDS_H

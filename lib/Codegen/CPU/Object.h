// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// One kernel -> one relocatable object.
#ifndef VEOMNI_LIB_CODEGEN_CPU_OBJECT_H
#define VEOMNI_LIB_CODEGEN_CPU_OBJECT_H

#include "veomni/Codegen/CPU/KernelKinds.h"

#include <optional>
#include <string>

namespace veomni::cpu {

using Bytes = llvm::SmallVector<char, 0>;

/// A request that can travel to another thread: attributes are text, because each thread works in an MLIRContext of its own.
struct ObjectRequest {
  const KernelKind *kind;
  std::string attributes;
  std::optional<unsigned> operandCount, scalarCount;
};

/// The body as MLIR text, before lowering.
llvm::Expected<std::string> printBody(const ObjectRequest &request, llvm::StringRef symbol, const Target &target);

/// An object that defines `symbol` with the kernel ABI. Errors are the diagnostics, a line each.
llvm::Expected<Bytes> buildObject(const ObjectRequest &request, llvm::StringRef symbol, const Target &target);

} // namespace veomni::cpu

#endif // VEOMNI_LIB_CODEGEN_CPU_OBJECT_H

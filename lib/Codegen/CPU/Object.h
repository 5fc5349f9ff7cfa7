// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// One kernel -> one relocatable object.
#ifndef VEOMNI_LIB_CODEGEN_CPU_OBJECT_H
#define VEOMNI_LIB_CODEGEN_CPU_OBJECT_H

#include "veomni/Codegen/CPU/Target.h"

#include <string>

namespace veomni::cpu {

using Bytes = llvm::SmallVector<char, 0>;

/// The body as MLIR text, before lowering.
llvm::Expected<std::string> printBody(const Kernel &kernel, llvm::StringRef symbol, const Target &target);

/// An object that defines `symbol` with the kernel ABI. Errors are the diagnostics, a line each.
llvm::Expected<Bytes> buildObject(const Kernel &kernel, llvm::StringRef symbol, const Target &target);

} // namespace veomni::cpu

#endif // VEOMNI_LIB_CODEGEN_CPU_OBJECT_H

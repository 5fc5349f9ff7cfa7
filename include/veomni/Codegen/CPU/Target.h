// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// CPU levels that kernels are compiled for.
#ifndef VEOMNI_CODEGEN_CPU_TARGET_H
#define VEOMNI_CODEGEN_CPU_TARGET_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"

#include <cstdint>

namespace veomni::cpu {

/// One level. Levels are constants of the program, compared and passed by reference.
struct Target {
  llvm::StringRef name;
  /// What the code generator is told: `-mcpu` and `-mattr`.
  llvm::StringRef mcpu;
  llvm::StringRef mattr;
  /// Everything the code may use beyond plain x86-64, by LLVM's names; a bundle records it and a loader checks it.
  llvm::ArrayRef<llvm::StringLiteral> features;
  /// f32 elements of a vector register.
  int64_t lanes;
  /// Has vdpbf16ps and vcvtneps2bf16.
  bool bf16Dot;
};

/// All levels, from the least to the most demanding; each runs wherever a later one does.
llvm::ArrayRef<Target> allTargets();

/// Whether this machine can execute code of `target`.
bool runsHere(const Target &target);

/// The level called `name`; `host` is the best one that this machine executes. The error lists the valid names.
llvm::Expected<const Target &> findTarget(llvm::StringRef name);

} // namespace veomni::cpu

#endif // VEOMNI_CODEGEN_CPU_TARGET_H

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// CPU levels that kernels are compiled for.
#ifndef VEOMNI_CODEGEN_CPU_TARGET_H
#define VEOMNI_CODEGEN_CPU_TARGET_H

#include "veomni/Codegen/Kernel.h"

namespace veomni::cpu {

// Emitters speak of kernels and their kinds all the time.
using namespace codegen;

/// One level of the CPU; its features are LLVM's names.
struct Target : Level {
  /// What the code generator is told: `-mcpu` and `-mattr`.
  llvm::StringRef mcpu;
  llvm::StringRef mattr;
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

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// One function per kernel that comes with the compiler, each in a file of its own.
#ifndef VEOMNI_LIB_KERNELS_BUILTIN_BUILTIN_H
#define VEOMNI_LIB_KERNELS_BUILTIN_BUILTIN_H

#include "veomni/Kernels/KernelRegistry.h"

namespace veomni::kernels {

llvm::Error addBuiltinSlots(KernelRegistry &registry);

// A function gives one kernel per variant that it implements.
using Kernels = std::vector<Kernel>;
Kernels attentionEager();
Kernels attentionFlash();
Kernels causalConv1dEager();
Kernels chunkGatedDeltaRuleEager();
Kernels crossEntropyEager();
Kernels crossEntropyFusedLinear();
Kernels crossEntropyRows();
Kernels dsaAttentionEager();
Kernels dsaIndexerEager();
Kernels linearBf16Dot();
Kernels linearPacked();
Kernels loadBalancingLossEager();
Kernels loadBalancingLossStatistics();
Kernels mhcEager();
Kernels moeExpertsEager();
Kernels moeExpertsGrouped();
Kernels rmsNormEager();
Kernels rmsNormFused();
Kernels rmsNormGatedEager();
Kernels rotaryPosEmbEager();
Kernels rotaryPosEmbFused();
Kernels swigluMlpEager();
Kernels swigluMlpFused();

/// What loops over experts ask for; the kernels gemm and glu, which every form of them ends in, have all of it.
std::map<std::string, std::vector<std::string>> expertSemantics(const std::string &gateUp);
/// One kernel per variant of rms_norm, each with the order of cast and weight that the variant is.
Kernels forEveryNorm(const Kernel &kernel);

} // namespace veomni::kernels

#endif // VEOMNI_LIB_KERNELS_BUILTIN_BUILTIN_H

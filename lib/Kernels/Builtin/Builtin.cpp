// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Builtin.h"

namespace veomni::kernels {

llvm::Error registerBuiltinKernels(KernelRegistry &registry) {
  llvm::Error all = addBuiltinSlots(registry);
  for (auto *kernels : {attentionFlash, crossEntropyFusedLinear, crossEntropyRows, linearBf16Dot, linearPacked, loadBalancingLossStatistics,
                        moeExpertsEager, moeExpertsGrouped, rmsNormFused, rotaryPosEmbFused, swigluMlpFused})
    for (Kernel &kernel : kernels())
      all = llvm::joinErrors(std::move(all), registry.addKernel(std::move(kernel)));
  return llvm::joinErrors(std::move(all), registry.verify());
}

} // namespace veomni::kernels

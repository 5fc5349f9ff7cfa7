// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The slots and kernels that come with the compiler, and what several kernels say alike.
#include "Builtin.h"

namespace veomni::kernels {

std::map<std::string, std::vector<std::string>> expertSemantics(const std::string &gateUp) {
  return {{"routing_weight", {"after_fc2"}},
          {"activation", {"silu", "gelu", "gelu_tanh"}},
          {"gate_up", {gateUp}},
          {"limit", {"none", "clamp"}},
          {"alpha", {"none", "set"}},
          {"up_shift", {"none", "set"}},
          {"bias", {"no", "yes"}}};
}

Kernels forEveryNorm(const Kernel &kernel) {
  Kernels kernels;
  for (auto [variant, cast] :
       {std::pair("standard", "before_weight"), {"one_plus", "after_weight"}, {"unweighted", "of_factor"}}) {
    kernels.push_back(kernel);
    kernels.back().variant = variant;
    kernels.back().semantics = {{"cast", {cast}}};
  }
  return kernels;
}

llvm::Error registerBuiltinKernels(KernelRegistry &registry) {
  llvm::Error all = addBuiltinSlots(registry);
  for (Kernels (*kernels)() : {
#define VEOMNI_BUILTIN_KERNEL(name) &builtin::name,
#include "veomni/Kernels/BuiltinKernels.inc"
#undef VEOMNI_BUILTIN_KERNEL
       })
    for (Kernel &kernel : kernels())
      all = llvm::joinErrors(std::move(all), registry.addKernel(std::move(kernel)));
  return llvm::joinErrors(std::move(all), registry.verify());
}

} // namespace veomni::kernels

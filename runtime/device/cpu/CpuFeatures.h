// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What the CPU and the operating system offer to compiled code, under LLVM's feature names.
#ifndef VEOMNI_RUNTIME_DEVICE_CPU_CPUFEATURES_H
#define VEOMNI_RUNTIME_DEVICE_CPU_CPUFEATURES_H

#include <string_view>

namespace veomni::cpu {

/// Whether code that uses `feature` ("avx512f", "amx-bf16", ...) can run here. A name this runtime does not know is not
/// supported.
bool hasFeature(std::string_view feature);

} // namespace veomni::cpu

#endif // VEOMNI_RUNTIME_DEVICE_CPU_CPUFEATURES_H

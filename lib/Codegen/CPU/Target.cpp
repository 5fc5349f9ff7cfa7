// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// CPU levels, their features and the LLVM target machines for them.
#include "veomni/Codegen/CPU/Target.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/TargetParser/Host.h"

using namespace veomni::cpu;
using llvm::StringLiteral;
using llvm::StringRef;

// The lists nest, so that a level's features are a prefix of the next one's.
static constexpr StringLiteral features[] = {"sse3",      "ssse3",    "sse4.1",   "sse4.2",   "popcnt",
                                             "avx",       "avx2",     "bmi",      "bmi2",     "f16c",
                                             "fma",       "lzcnt",    "movbe",                            // x86-64-v3
                                             "avx512f",   "avx512bw", "avx512cd", "avx512dq", "avx512vl", // x86-64-v4
                                             "avx512bf16"};

static const Target targets[] = {
    {{"x86-64-v3", llvm::ArrayRef(features).take_front(13)}, "x86-64-v3", "", 8, false},
    {{"x86-64-v4", llvm::ArrayRef(features).take_front(18)}, "x86-64-v4", "", 16, false},
    {{"avx512-bf16", llvm::ArrayRef(features)}, "x86-64-v4", "+avx512bf16", 16, true},
};

llvm::ArrayRef<Target> veomni::cpu::allTargets() { return targets; }

bool veomni::cpu::runsHere(const Target &target) {
  static const llvm::StringMap<bool> host = llvm::sys::getHostCPUFeatures();
  return llvm::all_of(target.features, [](StringRef feature) { return host.lookup(feature); });
}

llvm::Expected<const Target &> veomni::cpu::findTarget(StringRef name) {
  if (name == "host") {
    for (const Target &target : llvm::reverse(allTargets()))
      if (runsHere(target))
        return target;
    return llvm::createStringError("this machine executes none of the cpu levels (the least one is 'x86-64-v3')");
  }
  std::string valid = "host";
  for (const Target &target : allTargets()) {
    if (target.name == name)
      return target;
    valid += ", " + target.name.str();
  }
  return llvm::createStringError("unknown cpu level '" + name + "', expected one of: " + valid);
}

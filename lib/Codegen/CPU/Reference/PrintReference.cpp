// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Prints the reference of kernel kinds, from the declarations that the compiler itself uses: build/docs/kernels.md.
#include "veomni/Codegen/CPU/Backend.h"

#include "llvm/Support/raw_ostream.h"

int main() {
  llvm::outs() << veomni::codegen::describeKernelKinds(veomni::cpu::builtinKinds(), "Kernel kinds of the CPU");
  return 0;
}

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Object files to a shared object, by lld within the process.
#ifndef VEOMNI_LIB_CODEGEN_CPU_LINK_H
#define VEOMNI_LIB_CODEGEN_CPU_LINK_H

#include "Object.h"

namespace veomni::cpu {

/// `name` is exported for what an object defines as `symbol`.
struct Export {
  std::string name, symbol;
};

/// Links objects into a shared object that needs no other library; the error is the linker's.
llvm::Expected<Bytes> linkObjects(llvm::ArrayRef<Bytes> objects, llvm::ArrayRef<Export> exports);

} // namespace veomni::cpu

#endif // VEOMNI_LIB_CODEGEN_CPU_LINK_H

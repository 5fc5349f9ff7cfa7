// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The target `null`, whose programs are whole but for the code of their kernels.
#ifndef VEOMNI_CODEGEN_NULL_BACKEND_H
#define VEOMNI_CODEGEN_NULL_BACKEND_H

#include "veomni/Codegen/Backend.h"

namespace veomni::null {

/// `declarations`: the target whose kinds of kernels are taken over, so that what the null device counts has a meaning.
std::shared_ptr<codegen::Backend> createBackend(std::shared_ptr<const codegen::Backend> declarations);

} // namespace veomni::null

#endif // VEOMNI_CODEGEN_NULL_BACKEND_H

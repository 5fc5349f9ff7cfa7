// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Builtin.h"

namespace veomni::kernels {

Kernels dsaIndexerEager() {
  return {{.op = "dsa_indexer",
           .variant = "standard",
           .name = "eager",
           .description = "scores of all heads, their weighted sum, the greatest of it, with the array of scores",
           .lowering = "pass veomni-expand"}};
}

} // namespace veomni::kernels

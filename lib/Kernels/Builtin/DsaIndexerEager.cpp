// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The choice of keys for sparse attention, which has no fused kernel so far.
#include "Builtin.h"

namespace veomni::kernels {

Kernels builtin::DsaIndexerEager() {
  return {{.op = "dsa_indexer",
           .variant = "standard",
           .name = "eager",
           .description = "scores of all heads, their weighted sum, the greatest of it, with the array of scores",
           .lowering = "pass veomni-expand"}};
}

} // namespace veomni::kernels

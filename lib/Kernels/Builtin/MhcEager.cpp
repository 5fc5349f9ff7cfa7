// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Hyper-connections, which have no fused kernel so far.
#include "Builtin.h"

namespace veomni::kernels {

Kernels builtin::MhcEager() {
  Kernel pre{.op = "mhc",
             .variant = "pre",
             .name = "eager",
             .description = "the norm, the product, sigmoids and every division of Sinkhorn's as single steps",
             .lowering = "pass veomni-expand"};
  Kernel post = pre, head = pre;
  post.variant = "post";
  post.description = "products with each stream and their sum as single steps";
  head.variant = "head";
  head.description = "the norm, the product, a sigmoid and a weighted sum as single steps";
  return {pre, post, head};
}

} // namespace veomni::kernels

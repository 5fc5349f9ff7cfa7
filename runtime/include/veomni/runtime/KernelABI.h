// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The contract between compiled kernels and whoever runs them. C, and free of any library.
#ifndef VEOMNI_RUNTIME_KERNELABI_H
#define VEOMNI_RUNTIME_KERNELABI_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// What a kernel gets: operand addresses in the order of its signature (64-byte aligned unless they point into a
/// weights file), then its scalars (sizes and flags, as the dispatch lists them).
typedef struct veomni_kernel_args {
  void *const *operands;
  const int64_t *scalars;
} veomni_kernel_args;

/// A kernel computes workgroup (x, y, z) of its grid. Workgroups of one dispatch may run in any order and on any
/// thread; none reads what another writes, so results do not depend on the number of threads.
typedef void (*veomni_kernel_fn)(const veomni_kernel_args *args, int64_t x, int64_t y, int64_t z);

#ifdef __cplusplus
}
#endif

#endif // VEOMNI_RUNTIME_KERNELABI_H

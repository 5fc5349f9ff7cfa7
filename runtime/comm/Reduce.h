// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Reductions of parts that ranks gave, in the order of the ranks.
#ifndef VEOMNI_RUNTIME_COMM_REDUCE_H
#define VEOMNI_RUNTIME_COMM_REDUCE_H

#include "veomni/runtime/Communicator.h"

namespace veomni::comm {

/// Whether elements of the type can be reduced.
bool canReduce(bundle::DType type);

/// out[i] = parts[0][i] op parts[1][i] op ..., from left to right. `out` may be one of the parts. Sums of bf16 and f16
/// are taken in f32 and rounded once; a NaN anywhere makes NaN, in a maximum, too.
void reduce(bundle::DType type, Reduction reduction, std::span<const std::byte *const> parts, int64_t count,
            std::byte *out);

} // namespace veomni::comm

#endif // VEOMNI_RUNTIME_COMM_REDUCE_H

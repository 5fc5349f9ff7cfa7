// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Writing lazy values to memory, each element once, straight from the mapped tensors.
#ifndef VEOMNI_RUNTIME_CHECKPOINT_MATERIALISE_H
#define VEOMNI_RUNTIME_CHECKPOINT_MATERIALISE_H

#include "LazyValue.h"
#include "veomni/runtime/WeightStore.h"

#include <cstddef>

namespace veomni {

/// Writes a value that has no tiles, row-major.
void writeRows(const LazyValue &value, const Checkpoint &checkpoint, std::byte *target, const ParallelFor &parallel);

/// Writes a value in its tiles. `target` must hold zeros: the padding is not written.
void writeTiles(const LazyValue &value, const Checkpoint &checkpoint, std::byte *target, const ParallelFor &parallel);

/// Transposes `rows` x `columns` units of 4 bytes: unit (r, c) of the source, whose rows begin every `sourceStride`
/// bytes, becomes unit (c, r) of the target, whose rows begin every `targetStride` bytes. Nothing need be aligned.
void transposeUnits(const std::byte *source, size_t sourceStride, size_t rows, size_t columns, std::byte *target,
                    size_t targetStride);

} // namespace veomni

#endif // VEOMNI_RUNTIME_CHECKPOINT_MATERIALISE_H

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// From what a caller passed to what the program wants: names, shapes, element types, defaults, ranges.
#ifndef VEOMNI_RUNTIME_CORE_INPUTS_H
#define VEOMNI_RUNTIME_CORE_INPUTS_H

#include "veomni/runtime/Status.h"
#include "veomni/runtime/Tensor.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace veomni {

/// Checked inputs and the sizes they give to the program's symbols.
class BoundInputs {
public:
  static Expected<BoundInputs> bind(const bundle::Bundle &program, std::span<const Tensor> given);

  /// One value a symbol; loop symbols are 0.
  const std::vector<int64_t> &symbols() const { return symbols_; }
  /// Whether `cu_seqlens`, if given, describes the row and agrees with position ids given beside it. This and `copyTo` read values, so
  /// sizes must have been found to fit in memory.
  Status checkCuSeqlens() const;
  /// Writes input `index` as the program wants it: widened, broadcast, or its default. Checks the range of integers.
  Status copyTo(uint32_t index, std::byte *destination) const;

private:
  explicit BoundInputs(const bundle::Bundle &program) : program_(&program) {}
  Status matchNames(std::span<const Tensor> given);
  Status evaluateSymbols();
  Status checkShapes() const;
  bool isGiven(uint32_t index) const;

  const bundle::Bundle *program_;
  std::vector<const Tensor *> tensors_; // one an input, null where left out
  const Tensor *cuSeqlens_ = nullptr;   // in place of, or beside, the inputs that accept it
  std::vector<int64_t> symbols_;
};

} // namespace veomni

#endif // VEOMNI_RUNTIME_CORE_INPUTS_H

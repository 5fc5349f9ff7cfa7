// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// From what a caller passed to what the program wants: names, shapes, element types, defaults, ranges.
#ifndef VEOMNI_RUNTIME_CORE_INPUTS_H
#define VEOMNI_RUNTIME_CORE_INPUTS_H

#include "core/Entries.h"
#include "veomni/runtime/Status.h"
#include "veomni/runtime/Tensor.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace veomni {

/// Checked inputs of an entry and the sizes they give to the program's symbols.
class BoundInputs {
public:
  /// The program and the entry must outlive the result. `coordinates` is the place of this rank on each axis of the
  /// program's mesh.
  static Expected<BoundInputs> bind(const bundle::Bundle &program, const Entry &entry, std::span<const Tensor> given,
                                    std::span<const int> coordinates = {});

  /// One value a symbol; 0 for loop symbols and those that the entry does not know.
  const std::vector<int64_t> &symbols() const { return symbols_; }
  /// Whether `cu_seqlens`, if given, describes the row and agrees with position ids given beside it. This and `copyTo`
  /// read values, so sizes must have been found to fit in memory.
  Status checkCuSeqlens() const;
  /// Whether inputs have a row for each element of others that asks for one.
  Status checkRows() const;
  /// Writes input `index` as the program wants it: widened, broadcast, or its default. Checks the range of integers.
  Status copyTo(uint32_t index, std::byte *destination) const;

private:
  BoundInputs(const bundle::Bundle &program, const Entry &entry) : program_(&program), entry_(&entry) {}
  const bundle::Input &input(size_t index) const { return *entry_->inputs->Get(uint32_t(index)); }
  Status matchNames(std::span<const Tensor> given);
  Status matchTensor(size_t index);
  Status dropMaskOfPackedRow();
  Status evaluateSymbols(std::span<const int> coordinates);
  const Tensor *paddingMask(uint32_t index) const;
  Status checkShapes() const;
  bool isGiven(uint32_t index) const;

  /// Element types that a caller may give where the program wants integers: masks come as booleans and floats, too.
  static bool mayBe(const bundle::Input &input, bundle::DType found);

  const bundle::Bundle *program_;
  const Entry *entry_;
  std::vector<const Tensor *> tensors_; // one an input, null where left out
  const Tensor *cuSeqlens_ = nullptr;   // in place of, or beside, the inputs that accept it
  std::vector<Tensor> unsqueezed_; // what was given without its leading dimension of 1; never grows once pointed to
  std::vector<int64_t> symbols_;
};

} // namespace veomni

#endif // VEOMNI_RUNTIME_CORE_INPUTS_H

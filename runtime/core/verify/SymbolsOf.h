// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The symbols that parts of a program name.
#ifndef VEOMNI_RUNTIME_CORE_VERIFY_SYMBOLSOF_H
#define VEOMNI_RUNTIME_CORE_VERIFY_SYMBOLSOF_H

#include "core/verify/Verifier.h"

#include <set>

namespace veomni::verify {

using Dims = flatbuffers::Vector<const bundle::Dim *>;
using Extents = flatbuffers::Vector<flatbuffers::Offset<bundle::Extent>>;

/// The symbols that a function comes across itself.
class SymbolsOf {
public:
  explicit SymbolsOf(std::set<uint32_t> &symbols) : symbols_(symbols) {}

  void add(const Dims *dims) {
    for (uint32_t i = 0; i < sizeOf(dims); ++i)
      if (int32_t symbol = dims->Get(i)->symbol(); symbol >= 0)
        symbols_.insert(uint32_t(symbol));
  }
  void add(const bundle::Extent &extent) {
    add(extent.factors());
    for (uint32_t t = 0; t < sizeOf(extent.terms()); ++t)
      add(extent.terms()->Get(t)->factors());
  }
  void add(const Extents *extents) {
    for (uint32_t e = 0; e < sizeOf(extents); ++e)
      add(*extents->Get(e));
  }
  void add(const bundle::Function &function) {
    for (uint32_t i = 0; i < sizeOf(function.arguments()); ++i)
      add(function.arguments()->Get(i)->type()->dims());
    for (uint32_t i = 0; i < sizeOf(function.values()); ++i)
      add(function.values()->Get(i)->type()->dims());
    for (uint32_t i = 0; i < sizeOf(function.instructions()); ++i) {
      const bundle::Instruction &instruction = *function.instructions()->Get(i);
      if (const bundle::Dispatch *dispatch = instruction.action_as_Dispatch()) {
        add(dispatch->workgroups());
        add(dispatch->scalars());
      }
      if (const bundle::LibraryCall *call = instruction.action_as_LibraryCall())
        add(call->scalars());
      if (const bundle::Loop *loop = instruction.action_as_Loop(); loop && loop->count()->symbol() >= 0)
        symbols_.insert(uint32_t(loop->count()->symbol()));
    }
  }

private:
  std::set<uint32_t> &symbols_;
};

} // namespace veomni::verify

#endif // VEOMNI_RUNTIME_CORE_VERIFY_SYMBOLSOF_H

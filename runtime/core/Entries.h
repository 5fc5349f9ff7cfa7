// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The entries of a program in one form, whether its bundle lists them or, being older, has exactly one. Everything
// behind the loader works with these.
#ifndef VEOMNI_RUNTIME_CORE_ENTRIES_H
#define VEOMNI_RUNTIME_CORE_ENTRIES_H

#include "veomni/schema/bundle_generated.h"

#include <cstdint>
#include <string>
#include <vector>

namespace veomni {

struct Entry {
  std::string name;
  uint32_t function = 0, paramBase = 0;
  const flatbuffers::Vector<flatbuffers::Offset<bundle::Input>> *inputs = nullptr;
  const flatbuffers::Vector<flatbuffers::Offset<bundle::Output>> *outputs = nullptr;

  /// Where a symbol takes its value from: a dim of an input, or whether the input was given.
  struct Source {
    int32_t input = -1; ///< -1: nowhere
    uint32_t dim = 0;
  };
  std::vector<Source> sources; ///< one a symbol of the program
  std::vector<bool> known;     ///< whether the symbol has a value when this entry runs

  uint32_t inputCount() const { return inputs ? inputs->size() : 0; }
  uint32_t outputCount() const { return outputs ? outputs->size() : 0; }
};

/// Also of a program that has not been verified: what it refers to wrongly is left out.
std::vector<Entry> entriesOf(const bundle::Bundle &program);

} // namespace veomni

#endif // VEOMNI_RUNTIME_CORE_ENTRIES_H

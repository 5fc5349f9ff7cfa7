// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Inputs of given sizes for runs that are only counted, where it does not matter what they hold.
#ifndef VEOMNI_TOOLS_VEOMNI_RUN_SIZEDINPUTS_H
#define VEOMNI_TOOLS_VEOMNI_RUN_SIZEDINPUTS_H

#include "veomni/runtime/Program.h"
#include "veomni/runtime/Status.h"
#include "veomni/runtime/Tensor.h"

#include <cstddef>
#include <string>
#include <vector>

namespace veomni {

class SizedInputs {
public:
  /// The inputs of an entry that have no default, of sizes such as "batch=8,seq=4096": every element is the number next
  /// to 0 that the input may have. Error: a size that the entry does not have or that is missing, or no number. What is
  /// returned points into this.
  Expected<std::vector<Tensor>> make(const EntryInfo &entry, const std::string &sizes);

private:
  std::vector<std::vector<std::byte>> memory_;
};

} // namespace veomni

#endif // VEOMNI_TOOLS_VEOMNI_RUN_SIZEDINPUTS_H

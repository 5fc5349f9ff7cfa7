// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Which tensors of a file of inputs are meant for somebody else, and which for nobody.
#ifndef VEOMNI_TOOLS_VEOMNI_RUN_INPUTNAMES_H
#define VEOMNI_TOOLS_VEOMNI_RUN_INPUTNAMES_H

#include "veomni/runtime/Checkpoint.h"
#include "veomni/runtime/Program.h"
#include "veomni/runtime/Status.h"

#include <string>
#include <vector>

namespace veomni {

/// The inputs that a program declares, and `cu_seqlens` where it accepts it.
std::vector<std::string> inputNames(const EntryInfo &entry);

/// The tensors, in the file's order, that are inputs of other entries and models but not of this program: one file may
/// serve several. Results in the file (of any entry, by themselves or as a golden file groups them) are passed over. A
/// tensor that is neither is an error, since it is most likely a slip that would change what is computed.
Expected<std::vector<std::string>> inputsOfOthers(const Checkpoint &file, const EntryInfo &entry);

} // namespace veomni

#endif // VEOMNI_TOOLS_VEOMNI_RUN_INPUTNAMES_H

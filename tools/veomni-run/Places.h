// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Files that a run writes: none may be one that it reads; and streams, which serve one purpose each.
#ifndef VEOMNI_TOOLS_VEOMNI_RUN_PLACES_H
#define VEOMNI_TOOLS_VEOMNI_RUN_PLACES_H

#include "Options.h"
#include "veomni/runtime/Status.h"

namespace veomni {

/// An error if a file to be written is one that is read, or is to be written twice, under whatever names; or if a
/// stream is asked for twice. `prints`: the run prints results to standard output.
Status checkPlaces(const Options &options, bool prints);

} // namespace veomni

#endif // VEOMNI_TOOLS_VEOMNI_RUN_PLACES_H

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What the kinds of collectives do to the dims of a buffer and to its elements: said once for those who write them,
// check them and run them.
#ifndef VEOMNI_RUNTIME_COLLECTIVEKINDS_H
#define VEOMNI_RUNTIME_COLLECTIVEKINDS_H

#include "veomni/schema/bundle_generated.h"

namespace veomni::bundle {

/// Whether ranks have parts of a dim before, and all of it afterwards.
constexpr bool gathers(CollectiveKind kind) {
  return kind == CollectiveKind::all_gather || kind == CollectiveKind::all_to_all;
}

/// Whether ranks have parts of a dim afterwards, and all of it before.
constexpr bool splits(CollectiveKind kind) {
  return kind == CollectiveKind::all_slice || kind == CollectiveKind::all_to_all ||
         kind == CollectiveKind::reduce_scatter;
}

/// Whether elements of all ranks are added up, which must be floats.
constexpr bool sums(CollectiveKind kind) {
  return kind == CollectiveKind::all_reduce || kind == CollectiveKind::reduce_scatter;
}

} // namespace veomni::bundle

#endif // VEOMNI_RUNTIME_COLLECTIVEKINDS_H

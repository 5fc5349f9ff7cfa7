// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The compiler's way into a bundle: the runtime opens and checks it, and what is wrong becomes diagnostics.
#ifndef VEOMNI_LIB_BUNDLE_OPENBUNDLE_H
#define VEOMNI_LIB_BUNDLE_OPENBUNDLE_H

#include "mlir/IR/Diagnostics.h"
#include "veomni/runtime/Bundle.h"
#include <optional>

namespace veomni {

/// The bundle in `bytes`, a whole file, once the runtime has found that every index and size in it can be followed.
/// Nothing where it has not; each problem is then an error at `loc`, a place in the file `name`.
std::optional<Bundle> openBundle(llvm::StringRef bytes, llvm::StringRef name, mlir::Location loc);

} // namespace veomni

#endif // VEOMNI_LIB_BUNDLE_OPENBUNDLE_H

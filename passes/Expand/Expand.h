// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What the pass `veomni-expand` knows of ops: their eager forms, each written in the op's own room,
// passes/Ops/<Op>/Expand.cpp.
#ifndef VEOMNI_PASSES_EXPAND_EXPAND_H
#define VEOMNI_PASSES_EXPAND_EXPAND_H

#include "EagerBuilder.h"

#include <functional>

namespace veomni::expand {

using Values = llvm::SmallVector<mlir::Value, 2>;

/// The eager forms of all ops that have one.
class Expansions {
public:
  struct Entry {
    llvm::StringRef op; ///< with the dialect's name
    std::function<Values(EagerBuilder &, mlir::Operation *)> eagerForm;
  };
  /// `eagerForm` gives the op's results in eager form.
  template <typename Op> void add(Values (*eagerForm)(EagerBuilder &b, Op op)) {
    entries.push_back({Op::getOperationName(),
                       [eagerForm](EagerBuilder &b, mlir::Operation *op) { return eagerForm(b, llvm::cast<Op>(op)); }});
  }

  std::vector<Entry> entries;
};

/// One function per room; CMake writes their list from the files.
namespace rooms {
#define VEOMNI_OP_ROOM(name) void name(Expansions &ops);
#include "veomni/Passes/Expand/Rooms.inc"
#undef VEOMNI_OP_ROOM
} // namespace rooms

} // namespace veomni::expand

#endif // VEOMNI_PASSES_EXPAND_EXPAND_H

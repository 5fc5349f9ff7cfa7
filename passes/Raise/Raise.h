// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What phase raise knows of ops: the patterns that find their eager forms, each written in the op's own room,
// passes/Ops/<Op>/Raise.cpp.
#ifndef VEOMNI_PASSES_RAISE_RAISE_H
#define VEOMNI_PASSES_RAISE_RAISE_H

#include "Match.h"

#include <functional>

namespace veomni::raise {

/// Patterns are applied in three rounds, since forms lie within one another: a gated RMS norm contains an RMS norm, a
/// packed GLU contains a GLU, and every weighted norm contains an unweighted one. Once the larger is raised, nothing is
/// left inside it for the smaller to match.
enum class Stage {
  wholes,  ///< forms that are part of no other
  parts,   ///< forms that larger ones contain, or that consist of ops that these have made
  remains, ///< of what the others left
};

/// The patterns of all ops.
class Raisings {
public:
  /// Adds a pattern. It fails silently where nothing reminds of its op.
  template <typename Root>
  void add(Stage stage, mlir::LogicalResult (*pattern)(Root root, mlir::PatternRewriter &rewriter)) {
    entries.push_back({stage, [pattern](mlir::RewritePatternSet &patterns) { patterns.add(pattern); }});
  }
  void addTo(mlir::RewritePatternSet &patterns, Stage stage) const {
    for (const Entry &entry : entries)
      if (entry.stage == stage)
        entry.add(patterns);
  }

private:
  struct Entry {
    Stage stage;
    std::function<void(mlir::RewritePatternSet &)> add;
  };
  std::vector<Entry> entries;
};

/// One function per room; CMake writes their list from the files.
namespace rooms {
#define VEOMNI_OP_ROOM(name) void name(Raisings &ops);
#include "veomni/Passes/Raise/Rooms.inc"
#undef VEOMNI_OP_ROOM
} // namespace rooms

} // namespace veomni::raise

#endif // VEOMNI_PASSES_RAISE_RAISE_H

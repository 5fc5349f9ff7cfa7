// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Splitting a module along one factor of one of its ops: what the factor rules say becomes of every value, the types of
// one part, and how the parts' results make the whole again. It is the algebra that a partitioner relies on, in its
// simplest form, so that executing the parts shows whether the rules are right.
#ifndef VEOMNI_TEST_UNIT_RULES_SPLIT_H
#define VEOMNI_TEST_UNIT_RULES_SPLIT_H

#include "veomni/Dialect/VeOmni/VeOmni.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/IRMapping.h"

#include <map>
#include <string>

namespace veomni::test {

/// The part of a dim that a factor is: the dim is `outer * size * inner` elements, of which the factor counts the
/// middle.
struct Pattern {
  unsigned dim = 0;
  int64_t outer = 1, size = 1, inner = 1;
  bool operator==(const Pattern &) const = default;
};

/// The whole module seen as parts.
struct Split {
  int64_t parts = 2;
  /// The values of which parts have a part, functions' arguments and parameters among them.
  llvm::DenseMap<mlir::Value, Pattern> values;
  /// Parameters that are split, by name.
  std::map<std::string, Pattern> parameters;
  /// Parameters that only the first part has, the others zeros.
  std::map<std::string, bool> addedOnce;
  /// Whether experts are split, whose numbers each part counts from its own first.
  bool ofExperts = false;
  /// How the results of the parts of `@entry` make the whole: all parts have a part, a summand, or what the greatest is
  /// chosen of; results that no part differs in are whole in each.
  llvm::SmallVector<FactorKind> results;
};

/// The sizes of dynamic axes in a test.
int64_t axisSize(llvm::StringRef name);

/// Follows a factor of `op` through the functions of its module. An error says at which op no rule carries it on.
llvm::Expected<Split> followFactor(mlir::Operation *op, unsigned factor, int64_t parts);

/// Narrows the types of a copy of the module to those of one part; `mapping` leads from values of the module to those
/// of the copy.
void narrow(mlir::ModuleOp copy, const mlir::IRMapping &mapping, const Split &split);

} // namespace veomni::test

#endif // VEOMNI_TEST_UNIT_RULES_SPLIT_H

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Which keys a query of attention sees, by their order: one rule for the fused kernel and for the mask of the eager
// form.
#ifndef VEOMNI_LIB_CODEGEN_CPU_VISIBILITY_H
#define VEOMNI_LIB_CODEGEN_CPU_VISIBILITY_H

#include "veomni/Codegen/CPU/KernelBuilder.h"

namespace veomni::cpu {

/// Of kinds with operands `starts` and, maybe, `ends`. The queries are the last of the tokens that have keys. What is
/// seen does not go back from query to query.
class Visibility {
public:
  Visibility(KernelBuilder &k, const Kernel &kernel, mlir::Value queries, mlir::Value keys);

  /// The first key that query `query` of the row of tokens from `token0` on may see.
  mlir::Value firstKey(mlir::Value token0, mlir::Value query);
  /// One more than the last; at most the number of keys, and less than 1 where there is none.
  mlir::Value endOfKeys(mlir::Value token0, mlir::Value query);

  /// What such kinds declare and check.
  static std::vector<AttributeRule> attributes();
  static void check(Kernel &kernel, Problems &problems);
  /// The rule, for the reference.
  static std::string text();

private:
  /// Where a query stands among the keys.
  mlir::Value position(mlir::Value query) { return k.add(query, offset); }

  KernelBuilder &k;
  const int64_t window;
  const bool full;
  mlir::Value starts, ends, keys, offset; // `ends` may be null
};

} // namespace veomni::cpu

#endif // VEOMNI_LIB_CODEGEN_CPU_VISIBILITY_H

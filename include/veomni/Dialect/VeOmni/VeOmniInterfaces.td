// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef VEOMNI_DIALECT_VEOMNI_INTERFACES_TD
#define VEOMNI_DIALECT_VEOMNI_INTERFACES_TD

include "mlir/IR/OpBase.td"

def VeOmni_ShardingRuleOpInterface : OpInterface<"ShardingRuleOpInterface"> {
  let cppNamespace = "::veomni";
  let description = [{
    The factor rule of an op, einsum-like: one group of factors per operand, then one per result, separated by `,` and `->`; each group
    holds one letter per dimension. A letter that appears in a result passes through; one that does not is a reduction; upper-case letters
    must stay whole (they need replication); `.` stands for any number of leading dims that all named values share; an absent optional
    operand leaves its group out.

    `linear` is `.k,nk,n->.n`: leading dims and `n` pass through, `k` is summed.
  }];
  let methods = [InterfaceMethod<"The factor rule.", "::llvm::StringRef", "getShardingRule">];
}

#endif

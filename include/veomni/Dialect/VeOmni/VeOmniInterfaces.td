// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef VEOMNI_DIALECT_VEOMNI_INTERFACES_TD
#define VEOMNI_DIALECT_VEOMNI_INTERFACES_TD

include "mlir/IR/OpBase.td"

def VeOmni_ShardingRuleOpInterface : OpInterface<"ShardingRuleOpInterface"> {
  let cppNamespace = "::veomni";
  let description = [{
    The factor rule of an op, einsum-like: one group per operand, then one per result, separated by `,` and `->`; each group holds the
    letters of its dims in order.

    | text | a dim that |
    |---|---|
    | `k` | may be split, in all values that have the letter alike: one in a result passes through, one in operands alone is summed over |
    | `K` | must stay whole: whoever has a part of it gathers it first |
    | `k` in results alone | the op makes, whole |
    | `(gr)` | is the product of several, the slowest first: splitting `g` splits it, too |
    | `.` at the beginning | leads: any number of dims that all groups with `.` share |

    A value that is not a tensor has an empty group, as a scalar does; the values of a variadic operand share one group, and that of an
    absent optional operand stays unused.

    `linear` is `.k,nk,n->.n`: leading dims and `n` pass through, `k` is summed. In `attention`, `bS(gr)D,bTgD,...`, key/value heads are
    split together with the `r` query heads that read each.

    The verifier checks the rule against every op: groups against ranks, and that equal letters are equal sizes where these are static.
  }];
  let methods = [InterfaceMethod<"The factor rule.", "::llvm::StringRef", "getShardingRule">];
  // After the op's own verifier, whose messages say more.
  let verifyWithRegions = 1;
  let verify = [{ return ::veomni::detail::verifyShardingRule(::llvm::cast<ConcreteOp>($_op)); }];
}

#endif

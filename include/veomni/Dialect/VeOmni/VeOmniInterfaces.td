// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef VEOMNI_DIALECT_VEOMNI_INTERFACES_TD
#define VEOMNI_DIALECT_VEOMNI_INTERFACES_TD

include "mlir/IR/OpBase.td"

def VeOmni_ShardingRuleOpInterface : OpInterface<"ShardingRuleOpInterface"> {
  let cppNamespace = "::veomni";
  let description = [{
    The factor rule of an op, einsum-like: one group per operand, then one per result, separated by `,` and `->`; each
    group holds the letters of its dims in order.

    | text | a dim that |
    |---|---|
    | `k` | may be split, in all values that have it alike: in a result it passes through, else it is summed over |
    | `k^` | the same, in operands alone, but the greatest of the parts is taken in place of their sum |
    | `K` | must stay whole: whoever has a part of it gathers it first |
    | `k` in results alone | the op makes, whole |
    | `(gr)` | is the product of several, the slowest first: splitting `g` splits it, too |
    | `.` at the beginning | leads: any number of dims that all groups with `.` share |
    | `+` at the very beginning | the operand is added once, as a bias is: where a sum is split, by one part alone |
    | `;e` at the end | a dim of parameters that the op's callee reads; may be split, and what parts give is summed |

    A value that is not a tensor has an empty group, as a scalar does; the values of a variadic operand share one group,
    and that of an absent optional operand stays unused.

    `linear` is `.k,nk,+n->.n`: leading dims and `n` pass through, `k` is summed, and the bias belongs to one of the
    summands. In `attention`, `bS(gr)D,bTgD,...`, key/value heads are split together with the `r` query heads that read
    each.

    The verifier checks the rule against every op: groups against ranks, and that equal letters are equal sizes where
    these are static.
  }];
  let methods = [
    InterfaceMethod<"The factor rule.", "::llvm::StringRef", "getShardingRule">,
    InterfaceMethod<"How many values each operand of the op's definition has.", "::llvm::SmallVector<unsigned>",
      "getOperandSegments", (ins), [{ return ::veomni::detail::operandSegments($_op); }]>,
    InterfaceMethod<[{
      What the letters after `;` stand for: dims of parameters of the callee. Parts of an op that is split along one
      have parts of these parameters, and take of their operands what belongs to those: an expert's number less the
      first of the part's experts.
    }], "::llvm::SmallVector<::veomni::CalleeFactor>", "getCalleeFactors", (ins), "", [{ return {}; }]>,
    InterfaceMethod<[{
      The name and size of a dynamic dim that results alone have (a letter of the rule), out of those of the operands.
      Only ops that make such a dim have one.
    }], "::std::optional<::veomni::MadeAxis>", "getMadeAxis",
      (ins "char":$letter, "::veomni::ExtentOfDim":$extentOf), "", [{ return ::std::nullopt; }]>,
    InterfaceMethod<[{
      What must hold among the extents of operands and is not said by letters, such as one dim being the product of
      others; fails with a diagnostic.
    }], "::llvm::LogicalResult", "verifyExtents", (ins "::veomni::ExtentOfDim":$extentOf), "",
      [{ return ::mlir::success(); }]>,
  ];
  // After the op's own verifier, whose messages say more.
  let verifyWithRegions = 1;
  let verify = [{ return ::veomni::detail::verifyShardingRule(::llvm::cast<ConcreteOp>($_op)); }];
}

def VeOmni_CollectiveOpInterface : OpInterface<"CollectiveOpInterface"> {
  let cppNamespace = "::veomni";
  let description = [{
    An op that moves data between the ranks along one axis of the mesh: operand i becomes result i. It has no factor
    rule, since it is what becomes of rules once ranks have parts of values.
  }];
  let methods = [
    InterfaceMethod<"The axis of the mesh.", "::llvm::StringRef", "getMeshAxisName">,
    InterfaceMethod<"The dim of which ranks have parts before and all of it afterwards, if there is one.",
                    "::std::optional<unsigned>", "getGatheredDim">,
    InterfaceMethod<"Gathers another dim; only of an op that gathers one.", "void", "setGatheredDim",
                    (ins "unsigned":$dim)>,
    InterfaceMethod<"The dim of which ranks have parts afterwards, if there is one.",
                    "::std::optional<unsigned>", "getPartedDim">,
  ];
}

#endif

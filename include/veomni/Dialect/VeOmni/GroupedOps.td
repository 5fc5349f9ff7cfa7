// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef VEOMNI_DIALECT_VEOMNI_GROUPED_OPS_TD
#define VEOMNI_DIALECT_VEOMNI_GROUPED_OPS_TD

include "veomni/Dialect/VeOmni/VeOmniBase.td"

//===--------------------------------------------------------------------------------------------------------------===//
// Experts without a loop: rows sorted by expert
//===--------------------------------------------------------------------------------------------------------------===//

def VeOmni_ExpertSortOp
    : VeOmni_Op<"expert_sort", [Pure, DeclareOpInterfaceMethods<VeOmni_ShardingRuleOpInterface, ["getMadeAxis"]>]> {
  let summary = "stable sort of routes by expert";
  let description = [{
    A route is a pair of a token and one of its `top_k` choices, numbered token * top_k + choice (torch
    `experts.flatten().argsort(stable=True)`). `routes` are the routes by rising expert, in their own order within an
    expert; `places` are each token's positions among them, in rising order; expert e has the positions from
    `offsets[e]` up to `offsets[e + 1]`. A token's choices are different experts.

    ```mlir
    %routes, %places, %offsets = veomni.expert_sort %experts
        : tensor<?x?x2xi32> -> tensor<?xi32>, tensor<?x?x2xi32>, tensor<9xi32>
    ```

    **Constraints**
    - `experts` is [tokens, top_k] or [batch, seq, top_k]; `places` has its type; `offsets` has one static dim, at least
      2
    - `routes` has one dynamic dim, as large as `experts` has elements
  }];
  let arguments = (ins VeOmni_I32Tensor:$experts);
  let results = (outs VeOmni_I32Tensor:$routes, VeOmni_I32Tensor:$places, VeOmni_I32Tensor:$offsets);
  let assemblyFormat = "$experts attr-dict `:` type($experts) `->` type($routes) `,` type($places) `,` type($offsets)";
  let extraClassDeclaration = [{ int64_t getTopK(); }];
  let hasVerifier = 1;
}

def VeOmni_PermuteOp
    : VeOmni_Op<"permute", [Pure, DeclareOpInterfaceMethods<VeOmni_ShardingRuleOpInterface, ["verifyExtents"]>]> {
  let summary = "rows of tokens in the order of routes";
  let description = [{
    `out[i] = x[routes[i] / top_k]`, the leading dims of `x` taken as one. A `veomni.grouped_gemm` reads the rows where
    they are.

    ```mlir
    %rows = veomni.permute %x by %routes {top_k = 2 : i64} : tensor<?x?x64xf32>, tensor<?xi32> -> tensor<?x64xf32>
    ```

    **Constraints**
    - `x` is [tokens, H] or [batch, seq, H]; the result is [routes, H] in the element type of `x`
    - there are as many routes as tokens times `top_k` (checked where extents are known, before the op is lowered)
  }];
  let arguments = (ins VeOmni_FloatTensor:$x, VeOmni_I32Tensor:$routes, ConfinedAttr<I64Attr, [IntPositive]>:$top_k);
  let results = (outs VeOmni_FloatTensor:$result);
  let assemblyFormat = "$x `by` $routes attr-dict `:` type($x) `,` type($routes) `->` type($result)";
  let hasVerifier = 1;
}

def VeOmni_GroupedGemmOp : VeOmni_PureOp<"grouped_gemm", "Rk,Enk,O,+En->Rn"> {
  let summary = "one matrix product per expert, over the rows that are sorted by expert";
  let description = [{
    `out[i, n] = Σ_k x[i, k] * weight[e, n, k] (+ bias[e, n])`, summed in f32, where e is the expert with
    `offsets[e] <= i < offsets[e + 1]`. Experts without rows cost nothing; no expert has a capacity.

    ```mlir
    %y = veomni.grouped_gemm %rows, %w offsets %offsets
        : (tensor<?x64xf32>, tensor<8x216x64xf32>, tensor<9xi32>) -> tensor<?x216xf32>
    ```

    **Constraints**
    - `x` is [rows, K], `weight` [E, N, K] and static, none of them 0, `offsets` [E + 1], `bias` [E, N] in the weight's
      element type
    - the result is [rows, N]
  }];
  let arguments = (ins VeOmni_FloatTensor:$x, VeOmni_FloatTensor:$weight, VeOmni_I32Tensor:$offsets,
    Optional<VeOmni_FloatTensor>:$bias);
  let results = (outs VeOmni_FloatTensor:$result);
  let assemblyFormat = [{
    $x `,` $weight `offsets` $offsets (`bias` $bias^)? attr-dict `:` functional-type(operands, results)
  }];
  let hasVerifier = 1;
}

def VeOmni_ExpertCombineOp : VeOmni_PureOp<"expert_combine", "Rh,R,.K,.K->.h"> {
  let summary = "adds up what the experts gave for each token";
  let description = [{
    `out[t] = Σ_i weights[t, routes[p] % top_k] * x[p]` with `p = places[t, i]`, in f32, from zero in rising order of i:
    the order in which `veomni.experts_loop` adds, so that both give the same bits.

    ```mlir
    %y = veomni.expert_combine %rows by %routes, %places weights %weights
        : tensor<?x64xf32>, tensor<?xi32>, tensor<?x?x2xi32>, tensor<?x?x2xf32> -> tensor<?x?x64xf32>
    ```

    **Constraints**
    - `x` is [routes, H]; `places` and `weights` are [..., top_k]; the result is [..., H] in the element type of `x`
  }];
  let arguments = (ins VeOmni_FloatTensor:$x, VeOmni_I32Tensor:$routes, VeOmni_I32Tensor:$places,
    VeOmni_F32Tensor:$weights);
  let results = (outs VeOmni_FloatTensor:$result);
  let assemblyFormat = [{
    $x `by` $routes `,` $places `weights` $weights attr-dict
    `:` type($x) `,` type($routes) `,` type($places) `,` type($weights) `->` type($result)
  }];
  let hasVerifier = 1;
}

#endif

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef VEOMNI_DIALECT_VEOMNI_MOE_OPS_TD
#define VEOMNI_DIALECT_VEOMNI_MOE_OPS_TD

include "veomni/Dialect/VeOmni/VeOmniBase.td"

//===--------------------------------------------------------------------------------------------------------------===//
// Mixture of experts
//===--------------------------------------------------------------------------------------------------------------===//

def VeOmni_RouterOp : VeOmni_PureOp<"router", ".E->.k,.k"> {
  let summary = "the experts of each token and their weights";
  let description = [{
    Softmax of the logits over the experts in f32, then the `top_k` greatest probabilities in falling order (of equal
    ones the lower expert first), divided by their sum if `renormalize`, and rounded to `weight_type`: Mixtral keeps
    f32, Qwen3-MoE casts to the type of the activations. With `score = softmax_top_k` the greatest logits are chosen
    first and the softmax is over those alone (gpt_oss).

    ```mlir
    %experts, %weights = veomni.router %logits {renormalize, top_k = 2 : i64, weight_type = f32}
        : tensor<?x?x8xf32> -> tensor<?x?x2xi32>, tensor<?x?x2xf32>
    %e, %w = veomni.router %logits {score = #veomni.router_score<softmax_top_k>, top_k = 2 : i64, weight_type = f32}
        : tensor<?x?x8xf32> -> tensor<?x?x2xi32>, tensor<?x?x2xf32>
    ```

    **Constraints**
    - `top_k` is positive and at most the number of experts, the last dim of the logits
    - the results have the dims of the logits, the last one `top_k`; `weight_type` is f32 or bf16
    - `renormalize` goes with `score = softmax` alone: the weights of `softmax_top_k` add up to 1 as they are
  }];
  let arguments = (ins VeOmni_FloatTensor:$logits, ConfinedAttr<I64Attr, [IntPositive]>:$top_k, UnitAttr:$renormalize,
    TypeAttr:$weight_type, DefaultValuedAttr<VeOmni_RouterScoreAttr, "::veomni::RouterScore::Softmax">:$score);
  let results = (outs VeOmni_I32Tensor:$experts, VeOmni_F32Tensor:$weights);
  let assemblyFormat = "$logits attr-dict `:` type($logits) `->` type($experts) `,` type($weights)";
  let hasVerifier = 1;
}

def VeOmni_GroupRouterOp : VeOmni_PureOp<"group_router", ".E,E->.k,.k"> {
  let summary = "the experts of each token from its best groups, by biased sigmoid scores";
  let description = [{
    Scores are sigmoids of the logits in f32. `scores + bias` decides: the experts, in `groups` runs of equal size,
    belong to a token only within the `groups_per_token` groups whose two best experts together have most (of equal ones
    the lower group first), and of these the `top_k` best are chosen in falling order (of equal ones the lower expert
    first). Their weights are the scores without the bias, divided by their sum + 1e-20 if `renormalize`, times `scale`
    (DeepSeek-V3).

    ```mlir
    %experts, %weights = veomni.group_router %logits, %bias
        {groups = 4 : i64, groups_per_token = 2 : i64, renormalize, scale = 2.5 : f32, top_k = 3 : i64}
        : tensor<?x?x8xf32>, tensor<8xf32> -> tensor<?x?x3xi32>, tensor<?x?x3xf32>
    ```

    **Constraints**
    - `groups` divides the number of experts, the last dim of the logits, into groups of at least 2; `bias` is f32
      [experts]
    - `groups_per_token` is at most `groups`, and `top_k` at most the number of experts in so many groups
    - the results have the dims of the logits, the last one `top_k`
  }];
  let arguments = (ins VeOmni_FloatTensor:$logits, VeOmni_F32Tensor:$bias, ConfinedAttr<I64Attr, [IntPositive]>:$groups,
    ConfinedAttr<I64Attr, [IntPositive]>:$groups_per_token, ConfinedAttr<I64Attr, [IntPositive]>:$top_k,
    UnitAttr:$renormalize,
    F32Attr:$scale);
  let results = (outs VeOmni_I32Tensor:$experts, VeOmni_F32Tensor:$weights);
  let assemblyFormat = [{
    $logits `,` $bias attr-dict `:` type($logits) `,` type($bias) `->` type($experts) `,` type($weights)
  }];
  let hasVerifier = 1;
}

def VeOmni_SelectExpertOp
    : VeOmni_Op<"select_expert", [Pure, DeclareOpInterfaceMethods<VeOmni_ShardingRuleOpInterface>]> {
  let summary = "the matrix or the bias of one expert";
  let description = [{
    `stack[expert]`.

    ```mlir
    %w = veomni.select_expert %gate_up, %expert : tensor<8x216x64xf32> -> tensor<216x64xf32>
    %b = veomni.select_expert %gate_up_bias, %expert : tensor<8x216xf32> -> tensor<216xf32>
    ```

    **Constraints**
    - `stack` is [E, N, K] or [E, N] and static, none of them 0; the result is [N, K] or [N] of the same element type
  }];
  let extraClassDefinition = [{
    ::llvm::StringRef $cppClass::getShardingRule() {
      return ::llvm::cast<::mlir::ShapedType>(getType()).getRank() == 1 ? "En,->n" : "Enk,->nk";
    }
  }];
  let arguments = (ins VeOmni_FloatTensor:$stack, Index:$expert);
  let results = (outs VeOmni_FloatTensor:$result);
  let assemblyFormat = "$stack `,` $expert attr-dict `:` type($stack) `->` type($result)";
  let hasVerifier = 1;
}

def VeOmni_PackedGluOp : VeOmni_PureOp<"packed_glu", ".G->.h"> {
  let summary = "gated linear unit over gate and up side by side";
  let description = [{
    `act(gate) * up` for x of 2 I columns: with `layout = concat`, gate is `x[..., :I]` and up `x[..., I:]`
    (transformers: `gate, up = x.chunk(2, dim=-1)`); with `interleaved`, gate is `x[..., ::2]` and up `x[..., 1::2]`.
    What else gpt_oss does, in this order: `limit` makes gate `min(gate, limit)` and up `clamp(up, -limit, limit)`;
    `alpha` makes the activation `gate * sigmoid(alpha * gate)`; `up_shift` makes the product
    `act(gate) * (up + up_shift)`.

    ```mlir
    %a = veomni.packed_glu %gate_up {act = #veomni.activation<silu>} : tensor<?x216xf32> -> tensor<?x108xf32>
    %b = veomni.packed_glu %gate_up {act = #veomni.activation<silu>, alpha = 1.702 : f32,
        layout = #veomni.glu_layout<interleaved>,
                                     limit = 7.0 : f32, up_shift = 1.0 : f32} : tensor<?x216xf32> -> tensor<?x108xf32>
    ```

    **Constraints**
    - the last dim of `x` is twice that of the result; other dims and the element type stay
    - `limit` is positive; `alpha` goes with silu alone
  }];
  let arguments = (ins VeOmni_FloatTensor:$x, VeOmni_ActivationAttr:$act,
    DefaultValuedAttr<VeOmni_GluLayoutAttr, "::veomni::GluLayout::Concat">:$layout, OptionalAttr<F32Attr>:$limit,
    OptionalAttr<F32Attr>:$alpha,
    OptionalAttr<F32Attr>:$up_shift);
  let results = (outs VeOmni_FloatTensor:$result);
  let assemblyFormat = "$x attr-dict `:` type($x) `->` type($result)";
  let hasVerifier = 1;
}

def VeOmni_ExpertsLoopOp : VeOmni_Op<"experts_loop",
    [DeclareOpInterfaceMethods<VeOmni_ShardingRuleOpInterface, ["getCalleeFactors"]>,
     DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let summary = "eager experts: a loop over the experts that some token chose";
  let description = [{
    What transformers' eager experts compute: from zeros, for every expert e that some token chose, in rising order,
    gather the rows of the tokens that chose it, run `callee(rows, e)` on the same instance, and add the result, times
    the token's routing weight for e, to the tokens' rows. Products and sums are f32.

    ```mlir
    %y = veomni.experts_loop @Qwen3MoeExperts.expert (%x, %experts, %weights) {num_experts = 8 : i64}
        : tensor<?x?x64xf32>, tensor<?x?x2xi32>, tensor<?x?x2xf32> -> tensor<?x?x64xf32>
    ```

    **Constraints**
    - the callee takes [rows, H] and an index, and returns [rows, H]; the axis that it calls its rows is that of the
      tokens of one expert, whose number is counted when the loop runs and is at most that of all tokens
    - `experts` and `weights` are [..., k] over the leading dims of `x`; the result has the type of `x`
  }];
  let arguments = (ins FlatSymbolRefAttr:$callee, VeOmni_FloatTensor:$x, VeOmni_I32Tensor:$experts,
    VeOmni_F32Tensor:$weights, ConfinedAttr<I64Attr, [IntPositive]>:$num_experts);
  let results = (outs VeOmni_FloatTensor:$result);
  let assemblyFormat = [{
    $callee ` ` `(` $x `,` $experts `,` $weights `)` attr-dict
    `:` type($x) `,` type($experts) `,` type($weights) `->` type($result)
  }];
  let hasVerifier = 1;
}

def VeOmni_LoadBalancingLossOp : VeOmni_PureOp<"load_balancing_loss", "BSE,BS->"> {
  let summary = "auxiliary loss that evens out the experts' load";
  let description = [{
    Over all tokens of all given layers whose mask is not 0: `E * Σ_e (hits_e / W) * (probability_e / W)`, where hits
    counts how often e is among the `top_k` of the softmax, probability sums its softmax values, and W is the number of
    tokens times layers; 0 if W is 0 (transformers `load_balancing_loss_func`; takes logits, not probabilities).

    ```mlir
    %aux = veomni.load_balancing_loss %l0, %l1 mask %mask {top_k = 2 : i64}
        : tensor<?x?x8xf32>, tensor<?x?x8xf32> mask tensor<?x?xi64> -> tensor<f32>
    ```

    **Constraints**
    - there is at least one layer; all logits have one type, [batch, seq, E]; `mask` is [batch, seq]; `top_k` is at most
      E
  }];
  let arguments = (ins Variadic<VeOmni_FloatTensor>:$logits, VeOmni_TokenTensor:$mask,
    ConfinedAttr<I64Attr, [IntPositive]>:$top_k);
  let results = (outs 0DTensorOf<[F32]>:$result);
  let assemblyFormat = "$logits `mask` $mask attr-dict `:` type($logits) `mask` type($mask) `->` type($result)";
  let hasVerifier = 1;
}

#endif

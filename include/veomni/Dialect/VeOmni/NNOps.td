// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef VEOMNI_DIALECT_VEOMNI_NN_OPS_TD
#define VEOMNI_DIALECT_VEOMNI_NN_OPS_TD

include "veomni/Dialect/VeOmni/VeOmniBase.td"

//===--------------------------------------------------------------------------------------------------------------===//
// Layers that work token by token
//===--------------------------------------------------------------------------------------------------------------===//

def VeOmni_EmbeddingOp : VeOmni_PureOp<"embedding", ".,Vh->.h"> {
  let summary = "rows of a table by token id";
  let description = [{
    `out[..., :] = table[ids[...], :]` (torch `nn.Embedding`).

    ```mlir
    %h = veomni.embedding %ids, %table : (tensor<?x?xi64>, tensor<151x64xf32>) -> tensor<?x?x64xf32>
    ```

    **Constraints**
    - `table` is [V, H] and static, neither of them 0; the result is the ids' shape with H appended; elements are cast
      to its type
  }];
  let arguments = (ins VeOmni_TokenTensor:$ids, VeOmni_FloatTensor:$table);
  let results = (outs VeOmni_FloatTensor:$result);
  let assemblyFormat = "$ids `,` $table attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
}

def VeOmni_LinearOp : VeOmni_PureOp<"linear", ".k,nk,+n->.n"> {
  let summary = "x Wᵀ + bias";
  let description = [{
    `out[..., n] = Σ_k x[..., k] * weight[n, k] (+ bias[n])`, summed in f32 (torch `nn.Linear`).

    ```mlir
    %q = veomni.linear %x, %w bias %b : (tensor<?x?x64xf32>, tensor<80x64xf32>, tensor<80xf32>) -> tensor<?x?x80xf32>
    ```

    **Constraints**
    - `weight` is [N, K], neither of them 0, with K the last dim of `x`; `bias` is [N] in the weight's element type
    - the result has the dims of `x`, the last one N
  }];
  let arguments = (ins VeOmni_FloatTensor:$x, VeOmni_FloatTensor:$weight, Optional<VeOmni_FloatTensor>:$bias);
  let results = (outs VeOmni_FloatTensor:$result);
  let assemblyFormat = "$x `,` $weight (`bias` $bias^)? attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
}

def VeOmni_RmsNormOp : VeOmni_PureOp<"rms_norm", ".H,H->.H", [AllTypesMatch<["x", "result"]>]> {
  let summary = "root-mean-square norm over the last dim";
  let description = [{
    With `r = rsqrt(mean(x32²) + eps)` over the last dim and `x̂ = x32 * r`, both in f32: `standard` gives
    `w * cast(x̂)` (llama, qwen, deepseek_v3), `one_plus` gives `cast(x̂ * (1 + w32))` (gemma3, qwen3_5), and
    `unweighted`, which has no weight, `x * cast(r)`: it rounds the factor and then the product (transformers'
    DeepseekV4UnweightedRMSNorm). `cast` is to the type of `x`.

    ```mlir
    %n = veomni.rms_norm %x, %w {eps = 1.0e-06 : f32, variant = #veomni.norm<standard>}
        : tensor<?x?x64xf32>, tensor<64xf32>
    %u = veomni.rms_norm %x {eps = 1.0e-06 : f32, variant = #veomni.norm<unweighted>} : tensor<?x?x64xf32>
    ```

    **Constraints**
    - `weight` is [H] with H the last dim of `x`, and there is none if and only if the variant is `unweighted`; `eps` is
      positive
  }];
  let arguments = (ins VeOmni_FloatTensor:$x, Optional<VeOmni_FloatTensor>:$weight, F32Attr:$eps,
    VeOmni_NormVariantAttr:$variant);
  let results = (outs VeOmni_FloatTensor:$result);
  let assemblyFormat = "$x (`,` $weight^)? attr-dict `:` type($x) (`,` type($weight)^)?";
  let hasVerifier = 1;
}

def VeOmni_AddRmsNormOp
    : VeOmni_PureOp<"add_rms_norm", ".H,.H,H->.H,.H", [AllTypesMatch<["a", "b", "sum", "result"]>]> {
  let summary = "a residual sum and its root-mean-square norm";
  let description = [{
    `sum = a + b`, `result = rms_norm(sum)`, in one pass over the rows: what `veomni.binary add` and `veomni.rms_norm`
    give, bit for bit.

    ```mlir
    %h, %n = veomni.add_rms_norm %x, %y, %w {eps = 1.0e-06 : f32, variant = #veomni.norm<standard>}
        : tensor<?x?x64xf32>, tensor<64xf32>
    ```

    **Constraints**
    - `weight` is [H] with H the last dim of `a`, and there is none if and only if the variant is `unweighted`; `eps` is
      positive
  }];
  let arguments = (ins VeOmni_FloatTensor:$a, VeOmni_FloatTensor:$b, Optional<VeOmni_FloatTensor>:$weight, F32Attr:$eps,
    VeOmni_NormVariantAttr:$variant);
  let results = (outs VeOmni_FloatTensor:$sum, VeOmni_FloatTensor:$result);
  let assemblyFormat = "$a `,` $b (`,` $weight^)? attr-dict `:` type($a) (`,` type($weight)^)?";
  let hasVerifier = 1;
}

def VeOmni_GatedRmsNormOp
    : VeOmni_PureOp<"gated_rms_norm", ".H,.H,H->.H", [AllTypesMatch<["x", "gate", "result"]>]> {
  let summary = "root-mean-square norm over the last dim, times silu of a gate";
  let description = [{
    With `x̂ = x32 * rsqrt(mean(x32²) + eps)` over the last dim in f32: `cast((w * cast(x̂)) * silu(gate32))`, where
    `cast` is to the type of `x` (transformers `Qwen3_5RMSNormGated`, which norms before it gates). A product of two
    types is f32.

    ```mlir
    %n = veomni.gated_rms_norm %x, %gate, %w {eps = 1.0e-06 : f32} : tensor<?x?x4x20xf32>, tensor<20xbf16>
    ```

    **Constraints**
    - `weight` is [H] with H the last dim of `x`; `eps` is positive
    - `weight` has the element type of `x`, unless that is f32
  }];
  let arguments = (ins VeOmni_FloatTensor:$x, VeOmni_FloatTensor:$gate, VeOmni_FloatTensor:$weight, F32Attr:$eps);
  let results = (outs VeOmni_FloatTensor:$result);
  let assemblyFormat = "$x `,` $gate `,` $weight attr-dict `:` type($x) `,` type($weight)";
  let hasVerifier = 1;
}

def VeOmni_LayerNormOp
    : VeOmni_PureOp<"layer_norm", ".H,H,H->.H", [AllTypesMatch<["x", "result"]>, AllTypesMatch<["weight", "bias"]>]> {
  let summary = "norm over the last dim: mean 0, variance 1, then weight and bias";
  let description = [{
    `cast((x32 - mean) * rsqrt(variance + eps) * w32 + b32)` with mean and variance over the last dim, in f32 and
    rounded once (torch `nn.LayerNorm`). The variance is the mean of `(x32 - mean)²`, so that a large mean costs it
    nothing.

    ```mlir
    %n = veomni.layer_norm %x, %w, %b {eps = 1.0e-06 : f32} : tensor<?x?x128xf32>, tensor<128xf32>
    ```

    **Constraints**
    - `weight` and `bias` are [H] with H the last dim of `x`, of one element type; `eps` is positive
  }];
  let arguments = (ins VeOmni_FloatTensor:$x, VeOmni_FloatTensor:$weight, VeOmni_FloatTensor:$bias, F32Attr:$eps);
  let results = (outs VeOmni_FloatTensor:$result);
  let assemblyFormat = "$x `,` $weight `,` $bias attr-dict `:` type($x) `,` type($weight)";
  let hasVerifier = 1;
}

// [op-glu]
def VeOmni_GluOp : VeOmni_PureOp<"glu", ".h,.h->.h", [SameOperandsAndResultType]> {
  let summary = "gated linear unit: act(gate) * up";
  let description = [{
    ```mlir
    %a = veomni.glu %gate, %up {act = #veomni.activation<silu>} : tensor<?x?x108xf32>
    ```
  }];
  let arguments = (ins VeOmni_FloatTensor:$gate, VeOmni_FloatTensor:$up, VeOmni_ActivationAttr:$act);
  let results = (outs VeOmni_FloatTensor:$result);
  let assemblyFormat = "$gate `,` $up attr-dict `:` type($result)";
}
// [/op-glu]

def VeOmni_UnflattenOp : VeOmni_PureOp<"unflatten", ".(hd)->.hd"> {
  let summary = "splits the last dim in two";
  let description = [{
    The same elements with the last dim split in two (torch `x.unflatten(-1, (heads, head_dim))`). No data moves.

    ```mlir
    %q4 = veomni.unflatten %q : tensor<?x?x80xf32> -> tensor<?x?x4x20xf32>
    ```

    **Constraints**
    - the product of the result's last two dims is the last dim of `x`; other dims and the element type stay
  }];
  let arguments = (ins AnyRankedTensor:$x);
  let results = (outs AnyRankedTensor:$result);
  let assemblyFormat = "$x attr-dict `:` type($x) `->` type($result)";
  let hasVerifier = 1;
  let hasFolder = 1;
}

def VeOmni_FlattenOp : VeOmni_PureOp<"flatten", ".hd->.(hd)"> {
  let summary = "joins the last two dims";
  let description = [{
    The inverse of `veomni.unflatten` (torch `x.flatten(-2)`).

    ```mlir
    %o = veomni.flatten %o4 : tensor<?x?x4x20xf32> -> tensor<?x?x80xf32>
    ```

    **Constraints**
    - the last dim of the result is the product of the last two dims of `x`; other dims and the element type stay
  }];
  let arguments = (ins AnyRankedTensor:$x);
  let results = (outs AnyRankedTensor:$result);
  let assemblyFormat = "$x attr-dict `:` type($x) `->` type($result)";
  let hasVerifier = 1;
  let hasFolder = 1;
}

def VeOmni_SliceOp : VeOmni_PureOp<"slice", ".N->.s"> {
  let summary = "some neighbouring columns";
  let description = [{
    `x[..., offset : offset + size]`, where size is the last dim of the result (torch `split` gives several of these).

    ```mlir
    %rope = veomni.slice %q {offset = 12 : i64} : tensor<?x?x4x20xf32> -> tensor<?x?x4x8xf32>
    ```

    **Constraints**
    - `offset` is not negative, and the columns [offset, offset + size) exist; other dims and the element type stay
  }];
  let arguments = (ins VeOmni_FloatTensor:$x, ConfinedAttr<I64Attr, [IntNonNegative]>:$offset);
  let results = (outs VeOmni_FloatTensor:$result);
  let assemblyFormat = "$x attr-dict `:` type($x) `->` type($result)";
  let hasVerifier = 1;
}

def VeOmni_ConcatOp : VeOmni_PureOp<"concat", ".A,.B->.c"> {
  let summary = "columns of two tensors side by side";
  let description = [{
    torch `cat((a, b), dim=-1)`.

    ```mlir
    %q = veomni.concat %pass, %turned : tensor<?x?x4x12xf32>, tensor<?x?x4x8xf32> -> tensor<?x?x4x20xf32>
    ```

    **Constraints**
    - the last dim of the result is the sum of those of `a` and `b`; other dims and the element type are the same in all
      three
  }];
  let arguments = (ins VeOmni_FloatTensor:$a, VeOmni_FloatTensor:$b);
  let results = (outs VeOmni_FloatTensor:$result);
  let assemblyFormat = "$a `,` $b attr-dict `:` type($a) `,` type($b) `->` type($result)";
  let hasVerifier = 1;
}

def VeOmni_BroadcastHeadsOp : VeOmni_PureOp<"broadcast_heads", ".Od->.hd"> {
  let summary = "one head for all heads";
  let description = [{
    The one head of `x`, repeated (torch `x.expand(..., heads, head_dim)`).

    ```mlir
    %k = veomni.broadcast_heads %shared : tensor<?x?x1x8xf32> -> tensor<?x?x4x8xf32>
    ```

    **Constraints**
    - `x` is [..., 1, head_dim] and the result [..., heads, head_dim] of the same element type
  }];
  let arguments = (ins VeOmni_FloatTensor:$x);
  let results = (outs VeOmni_FloatTensor:$result);
  let assemblyFormat = "$x attr-dict `:` type($x) `->` type($result)";
  let hasVerifier = 1;
}

#endif

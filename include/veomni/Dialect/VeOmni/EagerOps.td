// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef VEOMNI_DIALECT_VEOMNI_EAGER_OPS_TD
#define VEOMNI_DIALECT_VEOMNI_EAGER_OPS_TD

include "veomni/Dialect/VeOmni/VeOmniBase.td"

//===--------------------------------------------------------------------------------------------------------------===//
// What a tensor library offers: the eager form of the other ops. Arithmetic is f32, results are rounded once.
//===--------------------------------------------------------------------------------------------------------------===//

// Elementwise.

def VeOmni_CastOp : VeOmni_PureOp<"cast", ".->.", [SameOperandsAndResultShape]> {
  let summary = "the same numbers in another element type";
  let description = [{
    Rounds to nearest even (torch `x.to(dtype)`).

    ```mlir
    %x32 = veomni.cast %x : tensor<?x?x64xbf16> -> tensor<?x?x64xf32>
    ```
  }];
  let arguments = (ins VeOmni_FloatTensor:$x);
  let results = (outs VeOmni_FloatTensor:$result);
  let assemblyFormat = "$x attr-dict `:` type($x) `->` type($result)";
  let hasFolder = 1;
}

def VeOmni_FullLikeOp : VeOmni_PureOp<"full_like", ".->.", [SameOperandsAndResultShape]> {
  let summary = "one number in every element";
  let description = [{
    As many elements as `x` has, whose own numbers do not matter (torch `full_like`).

    ```mlir
    %ones = veomni.full_like %experts {value = 1.0 : f32} : tensor<?x1xi32> -> tensor<?x1xf32>
    ```
  }];
  let arguments = (ins AnyRankedTensor:$x, F32Attr:$value);
  let results = (outs VeOmni_F32Tensor:$result);
  let assemblyFormat = "$x attr-dict `:` type($x) `->` type($result)";
}

def VeOmni_UnaryOp : VeOmni_PureOp<"unary", ".->.", [SameOperandsAndResultType]> {
  let summary = "a function of every element";
  let description = [{
    `neg`, `square`, `exp`, `log`, `rsqrt`, `sigmoid`, `tanh`, `erf` or `softplus` (torch's of these names; `square` is
    `pow(2)`).

    ```mlir
    %s = veomni.unary sigmoid %gate : tensor<?x?x108xf32>
    ```
  }];
  let arguments = (ins VeOmni_UnaryKindAttr:$kind, VeOmni_FloatTensor:$x);
  let results = (outs VeOmni_FloatTensor:$result);
  let assemblyFormat = "`` $kind $x attr-dict `:` type($result)";
  let hasFolder = 1;
}

def VeOmni_BinaryOp : VeOmni_PureOpOfRanks<"binary"> {
  let summary = "a function of two tensors, element by element";
  let description = [{
    `add`, `sub`, `mul`, `div`, `max` or `min`. As in numpy the last dims are lined up, and a dim that is 1 or absent
    repeats. Operands of different element types give f32.

    ```mlir
    %n = veomni.binary mul %x, %inverse : tensor<?x?x64xf32>, tensor<?x?x1xf32> -> tensor<?x?x64xf32>
    %y = veomni.binary mul %weight, %n : tensor<64xbf16>, tensor<?x?x64xf32> -> tensor<?x?x64xf32>
    ```

    **Constraints**
    - the dims of `a` and `b` line up: equal, or 1 or absent in one of them
    - the result has the dims that follow, and the operands' element type, f32 if they differ
  }];
  let arguments = (ins VeOmni_BinaryKindAttr:$kind, VeOmni_FloatTensor:$a, VeOmni_FloatTensor:$b);
  let results = (outs VeOmni_FloatTensor:$result);
  let assemblyFormat = "`` $kind $a `,` $b attr-dict `:` type($a) `,` type($b) `->` type($result)";
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    /// The type of the result, or null if the dims do not line up.
    static ::mlir::RankedTensorType inferType(::mlir::Value a, ::mlir::Value b);
  }];
}

def VeOmni_BinaryScalarOp : VeOmni_PureOp<"binary_scalar", ".->.", [SameOperandsAndResultType]> {
  let summary = "a function of every element and one constant";
  let description = [{
    `veomni.binary` with a number in place of the second operand.

    ```mlir
    %v = veomni.binary_scalar add %variance, 1.0e-06 : tensor<?x?x1xf32>
    ```

    **Constraints**
    - `value` is finite
  }];
  let arguments = (ins VeOmni_BinaryKindAttr:$kind, VeOmni_FloatTensor:$x, F32Attr:$value);
  let results = (outs VeOmni_FloatTensor:$result);
  let assemblyFormat = "`` $kind $x `,` $value attr-dict `:` type($result)";
  let hasVerifier = 1;
  let hasFolder = 1;
}

// Over dims.

def VeOmni_ReduceOp : VeOmni_PureOpOfRanks<"reduce"> {
  let summary = "sum, greatest or mean of the last dim";
  let description = [{
    `sum`, `max` or `mean` over the last dim, which stays as 1 (torch `x.sum(-1, keepdim=True)`, `amax`, `mean`).

    ```mlir
    %m = veomni.reduce mean %squares : tensor<?x?x64xf32> -> tensor<?x?x1xf32>
    ```

    **Constraints**
    - the result has the type of `x` with the last dim 1
  }];
  let arguments = (ins VeOmni_ReduceKindAttr:$kind, VeOmni_FloatTensor:$x);
  let results = (outs VeOmni_FloatTensor:$result);
  let assemblyFormat = "`` $kind $x attr-dict `:` type($x) `->` type($result)";
  let hasVerifier = 1;
}

def VeOmni_SumHeadsOp : VeOmni_PureOp<"sum_heads", ".hk->.Ok"> {
  let summary = "sum over the last dim but one";
  let description = [{
    Sums over the last dim but one, which stays as 1 (torch `x.sum(-2, keepdim=True)`), in order.

    ```mlir
    %s = veomni.sum_heads %scores : tensor<?x?x7x?xf32> -> tensor<?x?x1x?xf32>
    ```

    **Constraints**
    - the last dim but one of `x` is static, and the result has the type of `x` with 1 in its place
  }];
  let arguments = (ins VeOmni_F32Tensor:$x);
  let results = (outs VeOmni_F32Tensor:$result);
  let assemblyFormat = "$x attr-dict `:` type($x) `->` type($result)";
  let hasVerifier = 1;
}

def VeOmni_SumLeadingOp : VeOmni_PureOpOfRanks<"sum_leading"> {
  let summary = "sum over leading dims";
  let description = [{
    Sums over the dims that the result does not have (torch `x.sum(dim=(0, 1))`), in f64 and rounded once: over all
    tokens of a batch.

    ```mlir
    %hits = veomni.sum_leading %chosen : tensor<?x?x2x8xf32> -> tensor<2x8xf32>
    ```

    **Constraints**
    - the result's dims are static and the last dims of `x`; there are fewer of them
  }];
  let arguments = (ins VeOmni_F32Tensor:$x);
  let results = (outs VeOmni_F32Tensor:$result);
  let assemblyFormat = "$x attr-dict `:` type($x) `->` type($result)";
  let hasVerifier = 1;
}

def VeOmni_TopKOp : VeOmni_PureOp<"top_k", ".E->.k,.k"> {
  let summary = "the greatest elements of the last dim and where they are";
  let description = [{
    In falling order; of equal ones the first, and what is not a number before all others (torch `topk`).

    ```mlir
    %values, %indices = veomni.top_k %p : tensor<?x?x8xf32> -> tensor<?x?x2xf32>, tensor<?x?x2xi32>
    ```

    **Constraints**
    - the results have the dims of `x`, the last one between 1 and its; the values have its element type
  }];
  let arguments = (ins VeOmni_FloatTensor:$x);
  let results = (outs VeOmni_FloatTensor:$values, VeOmni_I32Tensor:$indices);
  let assemblyFormat = "$x attr-dict `:` type($x) `->` type($values) `,` type($indices)";
  let hasVerifier = 1;
}

def VeOmni_OneHotOp : VeOmni_PureOp<"one_hot", ".->.E"> {
  let summary = "rows that are 1 at an index and 0 elsewhere";
  let description = [{
    torch `nn.functional.one_hot`, as f32.

    ```mlir
    %chosen = veomni.one_hot %indices : tensor<?x?x2xi32> -> tensor<?x?x2x8xf32>
    ```

    **Constraints**
    - the result has the dims of `indices` and then one, static
  }];
  let arguments = (ins VeOmni_I32Tensor:$indices);
  let results = (outs VeOmni_F32Tensor:$result);
  let assemblyFormat = "$indices attr-dict `:` type($indices) `->` type($result)";
  let hasVerifier = 1;
}

// Labels and masks of tokens.

def VeOmni_ShiftLabelsOp : VeOmni_PureOp<"shift_labels", "bS->bS", [SameOperandsAndResultType]> {
  let summary = "labels one token further left";
  let description = [{
    `result[b, s] = labels[b, s + 1]`, and `fill` in the last column (torch `pad(labels, (0, 1), value=fill)[:, 1:]`).

    ```mlir
    %next = veomni.shift_labels %labels {fill = -100 : i64} : tensor<?x?xi64>
    ```

    **Constraints**
    - `labels` is [batch, seq]
  }];
  let arguments = (ins VeOmni_TokenTensor:$labels, I64Attr:$fill);
  let results = (outs VeOmni_TokenTensor:$result);
  let assemblyFormat = "$labels attr-dict `:` type($result)";
  let hasVerifier = 1;
}

def VeOmni_GatherLabelOp : VeOmni_PureOp<"gather_label", ".V,.->."> {
  let summary = "the element that a label names, of every row";
  let description = [{
    `x[..., label]` (torch `x.gather(-1, labels.unsqueeze(-1)).squeeze(-1)`); 0 where the label is `ignore_index`, and
    NaN where it is no column of `x`.

    ```mlir
    %picked = veomni.gather_label %log_p, %labels {ignore_index = -100 : i64}
        : tensor<?x?x151xf32>, tensor<?x?xi64> -> tensor<?x?xf32>
    ```

    **Constraints**
    - `labels` and the result have the leading dims of `x`
  }];
  let arguments = (ins VeOmni_F32Tensor:$x, VeOmni_TokenTensor:$labels, I64Attr:$ignore_index);
  let results = (outs VeOmni_F32Tensor:$result);
  let assemblyFormat = "$x `,` $labels attr-dict `:` type($x) `,` type($labels) `->` type($result)";
  let hasVerifier = 1;
}

def VeOmni_NotEqualOp : VeOmni_PureOpOfRanks<"not_equal"> {
  let summary = "1 where a token's number is not a given one, otherwise 0";
  let description = [{
    torch `tokens.ne(value).float()`: which tokens count; with a last dim of 1, `.unsqueeze(-1)`, a factor for the
    columns of each token.

    ```mlir
    %counts = veomni.not_equal %labels {value = -100 : i64} : tensor<?x?xi64> -> tensor<?x?xf32>
    %factor = veomni.not_equal %mask {value = 0 : i64} : tensor<?x?xi64> -> tensor<?x?x1xf32>
    ```

    **Constraints**
    - the result has the dims of `tokens`, or these and then 1
  }];
  let arguments = (ins VeOmni_TokenTensor:$tokens, I64Attr:$value);
  let results = (outs VeOmni_F32Tensor:$result);
  let assemblyFormat = "$tokens attr-dict `:` type($tokens) `->` type($result)";
  let hasVerifier = 1;
}

// Products.

def VeOmni_MatmulOp : VeOmni_PureOpOfRanks<"matmul"> {
  let summary = "products of two matrices, for every pair of a batch";
  let description = [{
    `result[..., m, n] = Σ_k a[..., m, k] * b[..., k, n]`, summed in f32 and rounded once (torch `matmul` of equal
    leading dims). With `transpose_a` the last two dims of `a` are [k, m], with `transpose_b` those of `b` are [n, k]
    (`a.mT`, `b.mT`). Both operands may be activations; a product with a weight that is laid out for it beforehand is
    `veomni.linear`.

    ```mlir
    %s = veomni.matmul %q, %k {transpose_b} : tensor<?x4x?x20xf32>, tensor<?x4x?x20xf32> -> tensor<?x4x?x?xf32>
    %o = veomni.matmul %s, %v : tensor<?x4x?x?xf32>, tensor<?x4x?x10xbf16> -> tensor<?x4x?x10xf32>
    ```

    **Constraints**
    - `a` and `b` have as many dims, at least two, and the same ones but for the last two; their k is one size
    - the result has these leading dims, then [m, n]
  }];
  let arguments = (ins VeOmni_FloatTensor:$a, VeOmni_FloatTensor:$b, UnitAttr:$transpose_a, UnitAttr:$transpose_b);
  let results = (outs VeOmni_FloatTensor:$result);
  let assemblyFormat = "$a `,` $b attr-dict `:` type($a) `,` type($b) `->` type($result)";
  let hasVerifier = 1;
}

// Attention.

def VeOmni_AttentionMaskOp : VeOmni_PureOpOfRanks<"attention_mask"> {
  let summary = "what is added to scores: 0 for keys that a query sees, and the lowest f32 for others";
  let description = [{
    What each of S queries sees of T keys is said in `veomni.attention` (transformers `masking_utils.eager_mask`). Of
    one lowest number for all keys softmax makes equal shares.

    ```mlir
    %m = veomni.attention_mask %starts, %key_mask if %given {window = 0 : i64}
        : tensor<?x?xi32>, tensor<?x?xi64> -> tensor<?x?x1x?xf32>
    %f = veomni.attention_mask %starts ends %ends, %key_mask if %given
        {visibility = #veomni.visibility<full>, window = 0 : i64}
        : tensor<?x?xi32> ends tensor<?x?xi32>, tensor<?x?xi64> -> tensor<?x?x1x?xf32>
    ```

    **Constraints**
    - `starts` and `ends` are [batch, seq], `key_mask` is [batch, keys] and the result [batch, seq, 1, keys]; `window`
      is not negative
    - `ends` are there only where visibility is `full`
  }];
  let arguments = (ins VeOmni_I32Tensor:$starts, Optional<VeOmni_I32Tensor>:$ends, VeOmni_TokenTensor:$key_mask,
    I1:$mask_given, ConfinedAttr<I64Attr, [IntNonNegative]>:$window,
    DefaultValuedAttr<VeOmni_VisibilityAttr, "::veomni::Visibility::Causal">:$visibility);
  let results = (outs VeOmni_F32Tensor:$result);
  let assemblyFormat = [{
    $starts (`ends` $ends^)? `,` $key_mask `if` $mask_given attr-dict
    `:` type($starts) (`ends` type($ends)^)? `,` type($key_mask) `->` type($result)
  }];
  let hasVerifier = 1;
}

def VeOmni_AttentionScoresOp : VeOmni_PureOp<"attention_scores", "bs(gr)d,btgd->bs(gr)t"> {
  let summary = "products of queries and keys, head by head";
  let description = [{
    `result[b, s, h, t] = Σ_d query[b, s, h, d] * key[b, t, h / (heads / kv_heads), d]` in f32 (torch
    `matmul(q, repeat_kv(k).mT)`, with the heads where projections leave them).

    ```mlir
    %s = veomni.attention_scores %q, %k : tensor<?x?x4x20xf32>, tensor<?x?x2x20xf32> -> tensor<?x?x4x?xf32>
    ```

    **Constraints**
    - `query` is [batch, seq, heads, head_dim] and `key` [batch, keys, kv_heads, head_dim]; kv_heads divides heads
    - the result is [batch, seq, heads, keys]
  }];
  let arguments = (ins VeOmni_FloatTensor:$query, VeOmni_FloatTensor:$key);
  let results = (outs VeOmni_F32Tensor:$result);
  let assemblyFormat = "$query `,` $key attr-dict `:` type($query) `,` type($key) `->` type($result)";
  let hasVerifier = 1;
}

def VeOmni_AttentionValuesOp : VeOmni_PureOp<"attention_values", "bs(gr)t,btgd->bs(gr)d"> {
  let summary = "sums of values by weight, head by head";
  let description = [{
    `result[b, s, h, d] = Σ_t weights[b, s, h, t] * value[b, t, h / (heads / kv_heads), d]`, summed in f32 (torch
    `matmul(weights, repeat_kv(v))`).

    ```mlir
    %o = veomni.attention_values %p, %v : tensor<?x?x4x?xf32>, tensor<?x?x2x20xf32> -> tensor<?x?x4x20xf32>
    ```

    **Constraints**
    - `weights` is [batch, seq, heads, keys] and `value` [batch, keys, kv_heads, head_dim]; kv_heads divides heads
    - the result is [batch, seq, heads, head_dim]
  }];
  let arguments = (ins VeOmni_F32Tensor:$weights, VeOmni_FloatTensor:$value);
  let results = (outs VeOmni_FloatTensor:$result);
  let assemblyFormat = "$weights `,` $value attr-dict `:` type($weights) `,` type($value) `->` type($result)";
  let hasVerifier = 1;
}

def VeOmni_SelectKeysOp : VeOmni_PureOp<"select_keys", "bsOT,bsOT->bsk"> {
  let summary = "the keys with the greatest scores among those that a query sees";
  let description = [{
    Row s of the result holds the columns of the `top_k` greatest scores among those where `mask` is 0, of equal ones
    the first. What is not a number counts as greatest. Columns rise; where fewer are 0, -1 follows them (torch
    `(scores + mask).topk(top_k).indices.sort()`, but for masked columns).

    ```mlir
    %i = veomni.select_keys %scores, %mask {top_k = 6 : i64}
        : tensor<?x?x1x?xf32>, tensor<?x?x1x?xf32> -> tensor<?x?x6xi32>
    ```

    **Constraints**
    - `scores` and `mask` are [batch, seq, 1, keys]
    - `top_k` is positive, and the result [batch, seq, top_k]
  }];
  let arguments = (ins VeOmni_F32Tensor:$scores, VeOmni_F32Tensor:$mask, ConfinedAttr<I64Attr, [IntPositive]>:$top_k);
  let results = (outs VeOmni_I32Tensor:$result);
  let assemblyFormat = "$scores `,` $mask attr-dict `:` type($scores) `,` type($mask) `->` type($result)";
  let hasVerifier = 1;
}

def VeOmni_KeepKeysOp : VeOmni_PureOp<"keep_keys", "bsOT,bsK->bsOT", [AllTypesMatch<["mask", "result"]>]> {
  let summary = "a mask of scores that hides all but chosen keys";
  let description = [{
    `mask` at the columns that `indices` names in each row, and the lowest f32 at all others. Numbers that are no
    column, such as -1, name none (torch `full_like(mask, lowest).scatter(-1, indices, 0) + mask`).

    ```mlir
    %m = veomni.keep_keys %mask, %indices : tensor<?x?x1x?xf32>, tensor<?x?x6xi32>
    ```

    **Constraints**
    - `mask` and the result are [batch, seq, 1, keys]; `indices` is [batch, seq, n] with a static n
  }];
  let arguments = (ins VeOmni_F32Tensor:$mask, VeOmni_I32Tensor:$indices);
  let results = (outs VeOmni_F32Tensor:$result);
  let assemblyFormat = "$mask `,` $indices attr-dict `:` type($mask) `,` type($indices)";
  let hasVerifier = 1;
}

// Linear attention.

def VeOmni_ShiftTokensOp : VeOmni_PureOp<"shift_tokens", "bSc,bS->bSc", [AllTypesMatch<["x", "result"]>]> {
  let summary = "what each token's document has so many tokens before";
  let description = [{
    `result[b, s] = x[b, s - by]`, and 0 where `s - by < starts[b, s]`, as the document of s does not reach back so far
    (torch `pad(x, (0, 0, by, 0))[:, :-by]` where a row is one document).

    ```mlir
    %before = veomni.shift_tokens %x, %starts {by = 1 : i64} : tensor<?x?x128xf32>, tensor<?x?xi32>
    ```

    **Constraints**
    - `x` is [batch, seq, C] with C static, and `starts` [batch, seq]; `by` is positive
  }];
  let arguments = (ins VeOmni_FloatTensor:$x, VeOmni_I32Tensor:$starts, ConfinedAttr<I64Attr, [IntPositive]>:$by);
  let results = (outs VeOmni_FloatTensor:$result);
  let assemblyFormat = "$x `,` $starts attr-dict `:` type($x) `,` type($starts)";
  let hasVerifier = 1;
}

def VeOmni_GatedDeltaScanOp
    : VeOmni_PureOp<"gated_delta_scan", "bSgD,bSgD,bS(gr)v,bS(gr),bS(gr),bS->bS(gr)v",
                    [AllTypesMatch<["query", "key"]>, AllTypesMatch<["value", "result"]>,
                     AllTypesMatch<["g", "beta"]>]> {
  let summary = "the recurrence of the gated delta rule";
  let description = [{
    `veomni.chunk_gated_delta_rule` token by token, without norm and scale (transformers
    `torch_recurrent_gated_delta_rule`): `S = exp(g) S`, `S = S + kᵀ beta (v - k S)`, `result = q S` for each token and
    head, with S = 0 before the first token of a document and of a row.

    ```mlir
    %o = veomni.gated_delta_scan %q, %k, %v, %g, %beta starts %starts
        : tensor<?x?x2x16xf32>, tensor<?x?x4x20xf32>, tensor<?x?x4xf32>, tensor<?x?xi32>
    ```

    **Constraints**
    - `query` and `key` are [batch, seq, key_heads, key_dim], `value` and the result [batch, seq, heads, value_dim]
    - heads and their sizes are static, and key_heads divides heads
    - `g` and `beta` are [batch, seq, heads], and `starts` is [batch, seq]
  }];
  let arguments = (ins VeOmni_F32Tensor:$query, VeOmni_F32Tensor:$key, VeOmni_F32Tensor:$value, VeOmni_F32Tensor:$g,
    VeOmni_F32Tensor:$beta, VeOmni_I32Tensor:$starts);
  let results = (outs VeOmni_F32Tensor:$result);
  let assemblyFormat = [{
    $query `,` $key `,` $value `,` $g `,` $beta `starts` $starts attr-dict
    `:` type($query) `,` type($value) `,` type($g) `,` type($starts)
  }];
  let hasVerifier = 1;
}

#endif

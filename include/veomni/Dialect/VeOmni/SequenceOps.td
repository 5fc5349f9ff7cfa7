// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef VEOMNI_DIALECT_VEOMNI_SEQUENCE_OPS_TD
#define VEOMNI_DIALECT_VEOMNI_SEQUENCE_OPS_TD

include "veomni/Dialect/VeOmni/VeOmniBase.td"

//===--------------------------------------------------------------------------------------------------------------===//
// Positions and attention: ops that see a whole sequence
//===--------------------------------------------------------------------------------------------------------------===//

def VeOmni_RopeTableOp : VeOmni_PureOp<"rope_table", ".->.d,.d", [AllTypesMatch<["cos", "sin"]>]> {
  let summary = "cosines and sines of rotary position embedding";
  let description = [{
    `cos[..., i] = cast(scale * cos(inv_freq[i] * position))` and the same for `sin`; angles and both functions in f32.
    Hugging Face repeats the table to the whole head; here it holds each frequency once.

    ```mlir
    %cos, %sin = veomni.rope_table %position_ids {inv_freq = array<f32: 1.0, 0.1>, scale = 1.0 : f32}
        : tensor<?x?xi64> -> tensor<?x?x2xf32>
    ```

    **Constraints**
    - the results have the positions' dims and then one per frequency
  }];
  let arguments = (ins VeOmni_TokenTensor:$positions, DenseF32ArrayAttr:$inv_freq, F32Attr:$scale);
  let results = (outs VeOmni_FloatTensor:$cos, VeOmni_FloatTensor:$sin);
  let assemblyFormat = "$positions attr-dict `:` type($positions) `->` type($cos)";
  let hasVerifier = 1;
}

def VeOmni_MropeTableOp : VeOmni_PureOp<"mrope_table", "Abs->bsd,bsd", [AllTypesMatch<["cos", "sin"]>]> {
  let summary = "cosines and sines of positions of several axes";
  let description = [{
    `veomni.rope_table` where a token has one position for each of several axes, such as time, height and width in a
    video, and each frequency turns by one of them: `angle[b, s, i] = inv_freq[i] * positions[axes[i], b, s]`
    (transformers' mrope: sections of frequencies one behind the other in qwen2_vl, interleaved in qwen3_vl).

    ```mlir
    %cos, %sin = veomni.mrope_table %position_ids
        {axes = array<i64: 0, 1, 2, 0>, inv_freq = array<f32: 1.0, 0.5, 0.1, 0.05>, scale = 1.0 : f32}
        : tensor<3x?x?xi64> -> tensor<?x?x4xf32>
    ```

    **Constraints**
    - positions are [axes, batch, seq] with a static number of axes, the results [batch, seq, frequencies]
    - `axes` names an axis for every frequency
  }];
  let arguments = (ins VeOmni_TokenTensor:$positions, DenseF32ArrayAttr:$inv_freq, DenseI64ArrayAttr:$axes,
    F32Attr:$scale);
  let results = (outs VeOmni_FloatTensor:$cos, VeOmni_FloatTensor:$sin);
  let assemblyFormat = "$positions attr-dict `:` type($positions) `->` type($cos)";
  let hasVerifier = 1;
}

def VeOmni_TokenIndexOp : VeOmni_PureOp<"token_index", "BS->BS"> {
  let summary = "the number of each token among those of one id";
  let description = [{
    Counts the tokens that are `token`, through all rows of the batch: 0 for the first of them, 1 for the next, and -1
    for tokens of other ids. So the places that a text keeps for an image find their rows among what a vision tower
    made.

    ```mlir
    %index = veomni.token_index %input_ids {token = 151655 : i64} : tensor<?x?xi64> -> tensor<?x?xi32>
    ```

    **Constraints**
    - ids are [batch, seq], the result has their dims
  }];
  let arguments = (ins VeOmni_TokenTensor:$ids, I64Attr:$token);
  let results = (outs VeOmni_I32Tensor:$result);
  let assemblyFormat = "$ids attr-dict `:` type($ids) `->` type($result)";
  let hasVerifier = 1;
}

def VeOmni_TakeRowsOp : VeOmni_PureOp<"take_rows", "Nh,.,.h->.h"> {
  let summary = "rows by their numbers, and others where there is no number";
  let description = [{
    `out[t] = rows[index[t]]`; where the index is negative it is `else[t]`, or 0 without `else` (transformers
    `masked_scatter` over the places of an image, whose numbers `veomni.token_index` gives). An index beyond the rows
    gives NaN.

    ```mlir
    %h = veomni.take_rows %image_embeds at %index else %embedded
        : tensor<?x64xf32>, tensor<?x?xi32> else tensor<?x?x64xf32> -> tensor<?x?x64xf32>
    %d = veomni.take_rows %deepstack at %index : tensor<?x64xf32>, tensor<?x?xi32> -> tensor<?x?x64xf32>
    ```

    **Constraints**
    - rows are [N, H]; the result has the dims of the index and H; `else` has its type
  }];
  let arguments = (ins VeOmni_F32Tensor:$rows, VeOmni_I32Tensor:$index, Optional<VeOmni_F32Tensor>:$otherwise);
  let results = (outs VeOmni_F32Tensor:$result);
  let assemblyFormat = [{
    $rows `at` $index (`else` $otherwise^)? attr-dict
    `:` type($rows) `,` type($index) (`else` type($otherwise)^)? `->` type($result)
  }];
  let hasVerifier = 1;
}

def VeOmni_RopeTableOfRunOp : VeOmni_PureOp<"rope_table_of_run", "BS->BSd,BSd", [AllTypesMatch<["cos", "sin"]>]> {
  let summary = "cosines and sines of positions by frequencies that depend on how far the run reaches";
  let description = [{
    `veomni.rope_table` for rope that changes once positions go beyond a length: with `reach`, the greatest position of
    all rows plus 1,

    - up to `length` the frequencies are `inv_freq`;
    - beyond it they are `long_inv_freq` (transformers' `longrope`), or, with `factor`, `inv_freq[i] * g^(-i / (n - 1))`
      for n frequencies and `g = factor * reach / length - (factor - 1)`, which is what a base that grows with the reach
      gives (transformers' `dynamic`).

    ```mlir
    %cos, %sin = veomni.rope_table_of_run %position_ids
        {factor = 2.0 : f32, inv_freq = array<f32: 1.0, 0.1>, length = 64 : i64, scale = 1.0 : f32}
        : tensor<?x?xi64> -> tensor<?x?x2xf32>
    %c, %s = veomni.rope_table_of_run %position_ids
        {inv_freq = array<f32: 1.0, 0.1>, length = 64 : i64, long_inv_freq = array<f32: 0.5, 0.01>, scale = 1.2 : f32}
        : tensor<?x?xi64> -> tensor<?x?x2xf32>
    ```

    **Constraints**
    - `positions` is [batch, seq], and the results have its dims and then one per frequency
    - there is one of `factor` and `long_inv_freq`; the latter has as many numbers as `inv_freq`
    - `factor` is at least 1 and finite, and goes with at least two frequencies
    - `length` is positive
  }];
  let arguments = (ins VeOmni_TokenTensor:$positions, DenseF32ArrayAttr:$inv_freq,
    ConfinedAttr<I64Attr, [IntPositive]>:$length,
    OptionalAttr<F32Attr>:$factor, OptionalAttr<DenseF32ArrayAttr>:$long_inv_freq, F32Attr:$scale);
  let results = (outs VeOmni_FloatTensor:$cos, VeOmni_FloatTensor:$sin);
  let assemblyFormat = "$positions attr-dict `:` type($positions) `->` type($cos)";
  let hasVerifier = 1;
}

def VeOmni_LastTokenOp : VeOmni_PureOp<"last_token", "bSh,bS->bh"> {
  let summary = "the last token of every row that is no padding";
  let description = [{
    `result[b, :] = x[b, s, :]` with the greatest s for which `ids[b, s] != padding`, the first token where there is
    none, and the last token of the row without `padding` (transformers `GenericForSequenceClassification`).

    ```mlir
    %last = veomni.last_token %scores, %ids {padding = 0 : i64} : tensor<?x?x3xf32>, tensor<?x?xi64> -> tensor<?x3xf32>
    ```

    **Constraints**
    - `x` is [batch, seq, columns], `ids` [batch, seq] and the result [batch, columns] of the element type of `x`
  }];
  let arguments = (ins VeOmni_FloatTensor:$x, VeOmni_TokenTensor:$ids, OptionalAttr<I64Attr>:$padding);
  let results = (outs VeOmni_FloatTensor:$result);
  let assemblyFormat = "$x `,` $ids attr-dict `:` type($x) `,` type($ids) `->` type($result)";
  let hasVerifier = 1;
}

def VeOmni_RopeOp
    : VeOmni_PureOp<"rope", ".hD,.R,.R->.hD", [AllTypesMatch<["x", "result"]>, AllTypesMatch<["cos", "sin"]>]> {
  let summary = "rotary position embedding of heads";
  let description = [{
    Rotates the first `r = 2 * cols(cos)` elements of every head; the rest pass through (partial rope). With `half`,
    element i < r/2 pairs with i + r/2; with `interleaved`, 2i pairs with 2i + 1. Computed in f32 and rounded once.

    ```mlir
    %r = veomni.rope %q, %cos, %sin {layout = #veomni.rope_layout<half>} : tensor<?x?x4x20xf32>, tensor<?x?x10xf32>
    %v = veomni.rope %p, %pcos, %psin {layout = #veomni.rope_layout<half>}
        : tensor<?x4x20xf32>, tensor<?x10xf32>   // patches of images
    ```

    **Constraints**
    - `x` is [..., heads, head_dim]; `cos` has the same leading dims and at most head_dim / 2 columns
  }];
  let arguments = (ins VeOmni_FloatTensor:$x, VeOmni_FloatTensor:$cos, VeOmni_FloatTensor:$sin,
    VeOmni_RopeLayoutAttr:$layout);
  let results = (outs VeOmni_FloatTensor:$result);
  let assemblyFormat = "$x `,` $cos `,` $sin attr-dict `:` type($x) `,` type($cos)";
  let hasVerifier = 1;
}

def VeOmni_DocumentStartsOp : VeOmni_PureOp<"document_starts", "bS,->bS"> {
  let summary = "where the packed document of each token begins";
  let description = [{
    `starts[b, s]` is the index of the first token of the run of consecutive positions that holds s: a new document
    begins wherever `positions[b, s] != positions[b, s - 1] + 1`. With `whole_if` true the row is one document and all
    starts are 0: Hugging Face looks for packed documents only when no attention mask was given (transformers
    `masking_utils.find_packed_sequence_indices`).

    ```mlir
    %starts = veomni.document_starts %position_ids whole_if %mask_given : tensor<?x?xi64> -> tensor<?x?xi32>
    ```

    **Constraints**
    - `positions` and the result are [batch, seq]
  }];
  let arguments = (ins VeOmni_TokenTensor:$positions, I1:$whole_if);
  let results = (outs VeOmni_I32Tensor:$result);
  let assemblyFormat = "$positions `whole_if` $whole_if attr-dict `:` type($positions) `->` type($result)";
  let hasVerifier = 1;
}

def VeOmni_AttentionOp : VeOmni_PureOpOfRanks<"attention", [AttrSizedOperandSegments]> {
  let summary = "grouped-query attention inside documents";
  let description = [{
    `softmax(scale * q kᵀ + mask) v` per head in f32, query head h reading key/value head `h / (heads / kv_heads)`.
    There are S queries and T keys, and the queries are the last of the tokens that have keys: query s stands at
    `p = s + T - S`. Of the keys t with `key_mask[t] != 0`, or of all unless `mask_given`, it sees
    - `causal` (the default): those with `max(starts[s], p - window + 1) <= t <= p`
    - `full`: those with `max(starts[s], p - window + 1) <= t < min(ends[s], p + window)`; without `ends` documents
      reach to the last key

    where `window = 0` is no limit. A query that sees no key, as left padding has them, gives the mean of all values of
    its batch row, as transformers' eager attention does. Neither starts nor ends decrease within a row. The type of the
    values is written where their heads have another size than the keys'.

    `full` without a window does not ask where a query stands, so that queries may be split among several: a part of
    causal attention is `full` attention whose `ends` are the positions after its own queries.

    `sinks` are scores, one per head, of a key that every query sees and whose value is 0 (gpt_oss). A query that sees
    no other key gives 0.

    ```mlir
    %o = veomni.attention %q, %k, %v starts %starts key_mask %mask if %given {scale = 0.25 : f32, window = 0 : i64}
        : tensor<?x?x4x20xf32>, tensor<?x?x2x20xf32>, tensor<?x?xi32>, tensor<?x?xi64>
    %o = veomni.attention %q, %k, %v starts %starts key_mask %mask if %given {scale = 0.25 : f32, window = 0 : i64}
        : tensor<?x?x4x20xf32>, tensor<?x?x4x20xf32> values tensor<?x?x4x10xf32>, tensor<?x?xi32>, tensor<?x?xi64>
    %p = veomni.attention %q, %k, %v starts %starts key_mask %mask if %given sinks %sinks
        {scale = 0.25 : f32, window = 128 : i64}
        : tensor<?x?x4x20xf32>, tensor<?x?x2x20xf32>, tensor<?x?xi32>, tensor<?x?xi64> sinks tensor<4xbf16>
    %f = veomni.attention %q, %k, %v starts %starts ends %ends key_mask %mask if %given
        {scale = 0.25 : f32, visibility = #veomni.visibility<full>, window = 0 : i64}
        : tensor<?x?x4x20xf32>, tensor<?x?x2x20xf32>, tensor<?x?xi32> ends tensor<?x?xi32>, tensor<?x?xi64>
    ```

    **Constraints**
    - `query` is [batch, seq, heads, head_dim], `key` [batch, keys, kv_heads, head_dim], `value` [batch, keys, kv_heads,
      value_dim] and the result [batch, seq, heads, value_dim], all of one element type
    - kv_heads divides heads; `window` is not negative
    - `starts` and `ends` are [batch, seq], `key_mask` is [batch, keys]; `sinks` is [heads]
    - `ends` are there only where visibility is `full`
  }];
  let arguments = (ins VeOmni_FloatTensor:$query, VeOmni_FloatTensor:$key, VeOmni_FloatTensor:$value,
    VeOmni_I32Tensor:$starts, Optional<VeOmni_I32Tensor>:$ends, VeOmni_TokenTensor:$key_mask, I1:$mask_given,
    Optional<RankedTensorOf<[F32, BF16]>>:$sinks, F32Attr:$scale,
    ConfinedAttr<I64Attr, [IntNonNegative]>:$window,
    DefaultValuedAttr<VeOmni_VisibilityAttr, "::veomni::Visibility::Causal">:$visibility);
  let results = (outs VeOmni_FloatTensor:$result);
  let assemblyFormat = [{
    $query `,` $key `,` $value `starts` $starts (`ends` $ends^)? `key_mask` $key_mask `if` $mask_given
    (`sinks` $sinks^)? attr-dict
    `:` type($query) `,` type($key)
    `` custom<ValueTypes>(ref(type($query)), ref(type($key)), type($value), type($result))
    `,` type($starts) (`ends` type($ends)^)? `,` type($key_mask) (`sinks` type($sinks)^)?
  }];
  let hasVerifier = 1;
}

def VeOmni_DsaIndexerOp : VeOmni_PureOp<"dsa_indexer", "bSHD,bTD,bSH,bS,bT,->bSk"> {
  let summary = "the keys that matter most to each query, by a cheap score";
  let description = [{
    The lightning indexer of DeepSeek sparse attention (deepseek_v3_2, glm_moe_dsa). With `score[b, s, t] = Σ_h
    weights[b, s, h] * max(0, scale * query[b, s, h] · key[b, t])` in f32, row s of the result holds the positions of
    the `top_k` keys with the greatest score, of equal ones the first, among the keys that query s sees as in causal
    `veomni.attention`: `starts[s] <= t <= s + T - S` and, when `mask_given`, `key_mask[t] != 0`. What is not a number
    counts as greatest. Positions rise; where fewer keys are seen, -1 follows them.

    transformers takes `min(top_k, keys)` positions in falling order of score, unseen keys among them where fewer are
    seen, and attention leaves those out again.

    ```mlir
    %i = veomni.dsa_indexer %q, %k, %w starts %starts key_mask %mask if %given {scale = 0.25 : f32, top_k = 6 : i64}
        : tensor<?x?x7x12xf32>, tensor<?x?x12xf32>, tensor<?x?x7xf32>, tensor<?x?xi32>, tensor<?x?xi64>
        -> tensor<?x?x6xi32>
    ```

    **Constraints**
    - `query` is [batch, seq, heads, head_dim], `key` [batch, keys, head_dim] of the same element type, `weights`
      [batch, seq, heads]; heads and head_dim are static
    - `starts` is [batch, seq], `key_mask` [batch, keys]
    - `top_k` is positive, and the result [batch, seq, top_k]
  }];
  let arguments = (ins VeOmni_FloatTensor:$query, VeOmni_FloatTensor:$key, VeOmni_FloatTensor:$weights,
    VeOmni_I32Tensor:$starts, VeOmni_TokenTensor:$key_mask, I1:$mask_given, F32Attr:$scale,
    ConfinedAttr<I64Attr, [IntPositive]>:$top_k);
  let results = (outs VeOmni_I32Tensor:$result);
  let assemblyFormat = [{
    $query `,` $key `,` $weights `starts` $starts `key_mask` $key_mask `if` $mask_given attr-dict
    `:` type($query) `,` type($key) `,` type($weights) `,` type($starts) `,` type($key_mask) `->` type($result)
  }];
  let hasVerifier = 1;
}

def VeOmni_DsaAttentionOp : VeOmni_PureOp<"dsa_attention", "bS(gr)D,bTgD,bTgV,bSK,bS,bT,->bS(gr)V"> {
  let summary = "attention to chosen keys";
  let description = [{
    Causal `veomni.attention` without a window, in which query s sees of the keys that it would see there only those in
    `indices[b, s]`. Numbers in it that are no position, such as -1, are left out; one that is there twice counts once.

    A query that sees no key gives the mean of all values of its batch row, as in `veomni.attention`. Transformers gives
    the mean of the keys that its indexer took among unseen ones, which is whatever torch's `topk` makes of equal
    scores.

    ```mlir
    %o = veomni.dsa_attention %q, %k, %v, %i starts %starts key_mask %mask if %given {scale = 0.25 : f32}
        : tensor<?x?x4x20xf32>, tensor<?x?x4x20xf32> values tensor<?x?x4x10xf32>, tensor<?x?x6xi32>, tensor<?x?xi32>,
        tensor<?x?xi64>
    ```

    **Constraints**
    - `query`, `key`, `value`, `starts`, `key_mask` and the result are as in `veomni.attention`
    - `indices` is [batch, seq, n] with a static n
  }];
  let arguments = (ins VeOmni_FloatTensor:$query, VeOmni_FloatTensor:$key, VeOmni_FloatTensor:$value,
    VeOmni_I32Tensor:$indices, VeOmni_I32Tensor:$starts, VeOmni_TokenTensor:$key_mask, I1:$mask_given, F32Attr:$scale);
  let results = (outs VeOmni_FloatTensor:$result);
  let assemblyFormat = [{
    $query `,` $key `,` $value `,` $indices `starts` $starts `key_mask` $key_mask `if` $mask_given attr-dict
    `:` type($query) `,` type($key)
    `` custom<ValueTypes>(ref(type($query)), ref(type($key)), type($value), type($result))
    `,` type($indices) `,` type($starts) `,` type($key_mask)
  }];
  let hasVerifier = 1;
}

def VeOmni_CausalConv1dOp : VeOmni_PureOp<"causal_conv1d", "bSc,cK,c,bS->bSc", [AllTypesMatch<["x", "result"]>]> {
  let summary = "convolution of every column over the tokens before, inside documents";
  let description = [{
    `result[b, s, c] = cast(act(bias[c] + Σ_j weight[c, K - 1 - j] * x[b, s - j, c]))` in f32, over those j < K for
    which token s - j is in the document of s: `s - j >= starts[b, s]` (torch `nn.Conv1d` with a group per column and K
    - 1 columns of padding on the left, whose weight [C, 1, K] is flattened here). Without `act` nothing is applied.

    ```mlir
    %y = veomni.causal_conv1d %x, %w starts %starts {act = #veomni.activation<silu>}
        : tensor<?x?x128xf32>, tensor<128x4xf32>, tensor<?x?xi32>
    %z = veomni.causal_conv1d %x, %w bias %b starts %starts
        : tensor<?x?x128xf32>, tensor<128x4xf32> bias tensor<128xf32>, tensor<?x?xi32>
    ```

    **Constraints**
    - `x` is [batch, seq, C] and `starts` [batch, seq]
    - `weight` is [C, K], both static, with K in 2 to 1024; `bias` is [C] in the weight's element type
    - `act`, if there is one, is `silu`
  }];
  let arguments = (ins VeOmni_FloatTensor:$x, VeOmni_FloatTensor:$weight, Optional<VeOmni_FloatTensor>:$bias,
    VeOmni_I32Tensor:$starts, OptionalAttr<VeOmni_ActivationAttr>:$act);
  let results = (outs VeOmni_FloatTensor:$result);
  let assemblyFormat = [{
    $x `,` $weight (`bias` $bias^)? `starts` $starts attr-dict
    `:` type($x) `,` type($weight) (`bias` type($bias)^)? `,` type($starts)
  }];
  let hasVerifier = 1;
}

def VeOmni_ChunkGatedDeltaRuleOp
    : VeOmni_PureOp<"chunk_gated_delta_rule", "bSgD,bSgD,bS(gr)v,bS(gr),bS(gr),bS->bS(gr)v",
                    [AllTypesMatch<["query", "key"]>, AllTypesMatch<["value", "result"]>,
                     AllTypesMatch<["g", "beta"]>]> {
  let summary = "linear attention by the gated delta rule, inside documents";
  let description = [{
    Every head keeps a state S [key_dim, value_dim], which is 0 before the first token of a document, that is where
    `starts[b, s] == s`, and of a row. A token lets it decay, corrects what it holds for the token's key, and reads it
    with the query:
    ```
    S = exp(g) S
    S = S + kᵀ beta (v - k S)
    result = cast(scale * q S)
    ```
    all in f32. Value head h reads query and key head `h / (heads / key_heads)`. With `l2_norm_eps` each head of q and k
    is divided by its length first: `x * rsqrt(Σ x² + eps)`, of q before it is scaled (transformers
    `torch_chunk_gated_delta_rule`, which takes chunks of 64 tokens at once; arXiv:2412.06464).

    ```mlir
    %o = veomni.chunk_gated_delta_rule %q, %k, %v, %g, %beta starts %starts
        {l2_norm_eps = 1.0e-06 : f32, scale = 0.25 : f32}
        : tensor<?x?x2x16xf32>, tensor<?x?x4x20xf32>, tensor<?x?x4xf32>, tensor<?x?xi32>
    ```

    **Constraints**
    - `query` and `key` are [batch, seq, key_heads, key_dim], `value` and the result [batch, seq, heads, value_dim], all
      of one element type
    - heads and their sizes are static, and key_heads divides heads
    - `g` and `beta` are [batch, seq, heads], and `starts` is [batch, seq]
    - `l2_norm_eps`, if there is one, is positive and finite
  }];
  let arguments = (ins VeOmni_FloatTensor:$query, VeOmni_FloatTensor:$key, VeOmni_FloatTensor:$value,
    VeOmni_F32Tensor:$g, VeOmni_F32Tensor:$beta, VeOmni_I32Tensor:$starts, F32Attr:$scale,
    OptionalAttr<F32Attr>:$l2_norm_eps);
  let results = (outs VeOmni_FloatTensor:$result);
  let assemblyFormat = [{
    $query `,` $key `,` $value `,` $g `,` $beta `starts` $starts attr-dict
    `:` type($query) `,` type($value) `,` type($g) `,` type($starts)
  }];
  let hasVerifier = 1;
}

#endif

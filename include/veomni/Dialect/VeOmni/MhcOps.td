// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef VEOMNI_DIALECT_VEOMNI_MHC_OPS_TD
#define VEOMNI_DIALECT_VEOMNI_MHC_OPS_TD

include "veomni/Dialect/VeOmni/VeOmniBase.td"

//===--------------------------------------------------------------------------------------------------------------===//
// Hyper-connections (mHC): a residual of n streams in place of one (transformers' DeepseekV4HyperConnection)
//===--------------------------------------------------------------------------------------------------------------===//

def VeOmni_MhcPreOp : VeOmni_PureOp<"mhc_pre", ".NH,MK,T,M->.H,.N,.Nc"> {
  let summary = "one input for a block out of n residual streams, and how its output is to be spread over them";
  let description = [{
    In f32, per token: `m = W x̂`, where x̂ is all n streams of `x` in one row, divided by `sqrt(mean(x²) + norm_eps)`.
    Of m, times the `scale` of its part and plus `base`,
    - the first n give `pre = sigmoid(.) + eps`, and `collapsed[h] = Σ_j pre[j] x[j, h]`,
    - the next n give `post = 2 sigmoid(.)`,
    - the last n * n give `comb`, [n, n] row by row: softmax over each row, plus `eps`, made nearly doubly stochastic by
      dividing columns by their `sum + eps`, then, `iterations - 1` times, rows by theirs and columns by theirs
      (Sinkhorn and Knopp).

    ```mlir
    %y, %post, %comb = veomni.mhc_pre %x, %fn, %scale, %base
        {eps = 1.0e-06 : f32, iterations = 20 : i64, norm_eps = 1.0e-06 : f32}
        : (tensor<?x?x4x64xf32>, tensor<24x256xf32>, tensor<3xf32>, tensor<24xf32>)
        -> (tensor<?x?x64xf32>, tensor<?x?x4xf32>, tensor<?x?x4x4xf32>)
    ```

    **Constraints**
    - `x` is [..., n, H] with static n and H, neither of them 0; `fn` is [(2 + n) n, n H], `scale` [3] and `base` [(2 +
      n) n]
    - `collapsed` is [..., H] in the element type of `x`, `post` [..., n] and `comb` [..., n, n] in f32
    - there are at most 64 streams of 2^31 columns
    - `eps` is not negative, `norm_eps` is positive, and there are 1 to 1000 iterations
  }];
  let arguments = (ins VeOmni_FloatTensor:$x, VeOmni_FloatTensor:$fn, VeOmni_FloatTensor:$scale,
    VeOmni_FloatTensor:$base, F32Attr:$eps, F32Attr:$norm_eps, ConfinedAttr<I64Attr, [IntPositive]>:$iterations);
  let results = (outs VeOmni_FloatTensor:$collapsed, VeOmni_F32Tensor:$post, VeOmni_F32Tensor:$comb);
  let assemblyFormat = "$x `,` $fn `,` $scale `,` $base attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
}

def VeOmni_MhcPostOp : VeOmni_PureOp<"mhc_post", ".h,.Jh,.K,.JK->.Kh", [AllTypesMatch<["x", "result"]>]> {
  let summary = "the next residual streams out of a block's output and the streams before it";
  let description = [{
    `result[k, h] = post[k] y[h] + Σ_j comb[j, k] x[j, h]` per token: the streams are mixed by the transpose of `comb`.
    `post` and `comb` are rounded to the type of `x` first, and so are both products; sums are f32.

    ```mlir
    %r = veomni.mhc_post %y, %x, %post, %comb
        : tensor<?x?x64xf32>, tensor<?x?x4x64xf32>, tensor<?x?x4xf32>, tensor<?x?x4x4xf32>
    ```

    **Constraints**
    - `x` is [..., n, H] with static n and H, neither of them 0; `y` is [..., H] in its element type
    - `post` is [..., n] and `comb` [..., n, n], both f32
  }];
  let arguments = (ins VeOmni_FloatTensor:$y, VeOmni_FloatTensor:$x, VeOmni_F32Tensor:$post, VeOmni_F32Tensor:$comb);
  let results = (outs VeOmni_FloatTensor:$result);
  let assemblyFormat = [{
    $y `,` $x `,` $post `,` $comb attr-dict `:` type($y) `,` type($x) `,` type($post) `,` type($comb)
  }];
  let hasVerifier = 1;
}

def VeOmni_MhcHeadOp : VeOmni_PureOp<"mhc_head", ".NH,MK,T,M->.H"> {
  let summary = "one hidden state out of n residual streams";
  let description = [{
    What `veomni.mhc_pre` gives as `collapsed`, behind the last layer, where nothing is to be spread again
    (transformers' DeepseekV4HyperHead).

    ```mlir
    %h = veomni.mhc_head %x, %fn, %scale, %base {eps = 1.0e-06 : f32, norm_eps = 1.0e-06 : f32}
        : (tensor<?x?x4x64xf32>, tensor<4x256xf32>, tensor<1xf32>, tensor<4xf32>) -> tensor<?x?x64xf32>
    ```

    **Constraints**
    - `x` is [..., n, H] with static n and H, neither of them 0; `fn` is [n, n H], `scale` [1] and `base` [n]
    - the result is [..., H] in the element type of `x`
    - `eps` is not negative and `norm_eps` is positive
  }];
  let arguments = (ins VeOmni_FloatTensor:$x, VeOmni_FloatTensor:$fn, VeOmni_FloatTensor:$scale,
    VeOmni_FloatTensor:$base, F32Attr:$eps, F32Attr:$norm_eps);
  let results = (outs VeOmni_FloatTensor:$result);
  let assemblyFormat = "$x `,` $fn `,` $scale `,` $base attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
}

#endif

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef VEOMNI_DIALECT_VEOMNI_LOSS_OPS_TD
#define VEOMNI_DIALECT_VEOMNI_LOSS_OPS_TD

include "veomni/Dialect/VeOmni/VeOmniBase.td"

//===--------------------------------------------------------------------------------------------------------------===//
// Losses
//===--------------------------------------------------------------------------------------------------------------===//

def VeOmni_CrossEntropyOp : VeOmni_PureOp<"cross_entropy", ".V,.->.,.", [AllTypesMatch<["losses", "counts"]>]> {
  let summary = "cross entropy of each token, and which tokens count";
  let description = [{
    Logits are taken to f32: `losses[b, s] = logsumexp(logits[b, s]) - logits[b, s, labels[b, s]]` and `counts[b, s] =
    1`, or both 0 where the label is `ignore_index` (torch `cross_entropy(reduction="none")` and `labels != ignore`).

    A token is scored against its own label, so that parts of a batch or of a sequence are computed apart. The loss of
    the next token is that of labels that `veomni.shift_labels` has shifted, once and over whole sequences;
    `veomni.mean_loss` makes one number of both results.

    ```mlir
    %losses, %counts = veomni.cross_entropy %logits, %labels {ignore_index = -100 : i64}
        : tensor<?x?x151xf32>, tensor<?x?xi64> -> tensor<?x?xf32>
    ```

    **Constraints**
    - `logits` is [batch, seq, vocab] and `labels` [batch, seq]; both results are f32 with the dims of `labels`
  }];
  let arguments = (ins VeOmni_FloatTensor:$logits, VeOmni_TokenTensor:$labels, I64Attr:$ignore_index);
  let results = (outs VeOmni_F32Tensor:$losses, VeOmni_F32Tensor:$counts);
  let assemblyFormat = "$logits `,` $labels attr-dict `:` type($logits) `,` type($labels) `->` type($losses)";
  let hasVerifier = 1;
}

def VeOmni_LinearCrossEntropyOp
    : VeOmni_PureOp<"linear_cross_entropy", ".K,VK,.,V->.,.", [AllTypesMatch<["losses", "counts"]>]> {
  let summary = "cross entropy of a linear head, without its logits";
  let description = [{
    `veomni.cross_entropy` of `veomni.linear` with logits in f32. The logits, [batch, seq, vocab], never exist as a
    whole: what is kept of a part of the vocabulary is the maximum and the sum of the exponentials of each row.

    ```mlir
    %losses, %counts = veomni.linear_cross_entropy %x, %w, %labels bias %b {ignore_index = -100 : i64}
        : (tensor<?x?x64xf32>, tensor<151x64xf32>, tensor<?x?xi64>, tensor<151xf32>)
        -> (tensor<?x?xf32>, tensor<?x?xf32>)
    ```

    **Constraints**
    - `x` is [batch, seq, K], `weight` [vocab, K] and static, neither of them 0, `labels` [batch, seq], `bias` [vocab]
      in the weight's element type; both results are f32 with the dims of `labels`
  }];
  let arguments = (ins VeOmni_FloatTensor:$x, VeOmni_FloatTensor:$weight, VeOmni_TokenTensor:$labels,
                   Optional<VeOmni_FloatTensor>:$bias, I64Attr:$ignore_index);
  let results = (outs VeOmni_F32Tensor:$losses, VeOmni_F32Tensor:$counts);
  let assemblyFormat = "$x `,` $weight `,` $labels (`bias` $bias^)? attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
}

def VeOmni_MeanLossOp : VeOmni_PureOp<"mean_loss", "BS,BS->", [AllTypesMatch<["losses", "counts"]>]> {
  let summary = "mean of the losses of the tokens that count";
  let description = [{
    `sum(losses) / sum(counts)`, where a token that does not count has no loss either: both sums in f64 and in order of
    tokens, the quotient rounded once. NaN if no token counts. All tokens must be there: means of parts are no parts of
    a mean, and a sum in another order is another number.

    ```mlir
    %loss = veomni.mean_loss %losses, %counts : tensor<?x?xf32> -> tensor<f32>
    ```

    **Constraints**
    - `losses` and `counts` are [batch, seq]; the result is a scalar
  }];
  let arguments = (ins VeOmni_F32Tensor:$losses, VeOmni_F32Tensor:$counts);
  let results = (outs 0DTensorOf<[F32]>:$result);
  let assemblyFormat = "$losses `,` $counts attr-dict `:` type($losses) `->` type($result)";
  let hasVerifier = 1;
}

def VeOmni_AddScaledOp : VeOmni_PureOp<"add_scaled", ",->", [SameOperandsAndResultType]> {
  let summary = "a + alpha * b of two losses";
  let description = [{
    torch `add(a, b, alpha=alpha)`.

    ```mlir
    %total = veomni.add_scaled %loss, %aux {alpha = 1.0e-03 : f32} : tensor<f32>
    ```
  }];
  let arguments = (ins 0DTensorOf<[F32]>:$a, 0DTensorOf<[F32]>:$b, F32Attr:$alpha);
  let results = (outs 0DTensorOf<[F32]>:$result);
  let assemblyFormat = "$a `,` $b attr-dict `:` type($result)";
}

#endif

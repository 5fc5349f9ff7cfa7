// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef VEOMNI_DIALECT_VEOMNI_LOSS_OPS_TD
#define VEOMNI_DIALECT_VEOMNI_LOSS_OPS_TD

include "veomni/Dialect/VeOmni/VeOmniBase.td"

//===--------------------------------------------------------------------------------------------------------------===//
// Losses
//===--------------------------------------------------------------------------------------------------------------===//

def VeOmni_CrossEntropyOp : VeOmni_PureOp<"cross_entropy", "BSV,BS->"> {
  let summary = "mean cross entropy of labelled rows";
  let description = [{
    Logits are taken to f32; with `shift`, row s is scored against label s + 1 and the last row never (transformers
    `loss_utils.ForCausalLMLoss`), otherwise against its own label; rows whose label is `ignore_index` do not count. The
    result is the mean over the rows that count.

    Without `shift` are the losses of classifiers, and those of the next token over labels that were shifted before they
    came here, as for parts of a sequence: they compute the same.

    ```mlir
    %loss = veomni.cross_entropy %logits, %labels {ignore_index = -100 : i64, shift}
        : tensor<?x?x151xf32>, tensor<?x?xi64> -> tensor<f32>
    %score = veomni.cross_entropy %logits, %labels {ignore_index = -100 : i64}
        : tensor<?x?x151xf32>, tensor<?x?xi64> -> tensor<f32>
    ```

    **Constraints**
    - `logits` is [batch, seq, vocab] and `labels` [batch, seq]; the result is a scalar f32
  }];
  let arguments = (ins VeOmni_FloatTensor:$logits, VeOmni_TokenTensor:$labels, I64Attr:$ignore_index, UnitAttr:$shift);
  let results = (outs 0DTensorOf<[F32]>:$result);
  let assemblyFormat = "$logits `,` $labels attr-dict `:` type($logits) `,` type($labels) `->` type($result)";
  let hasVerifier = 1;
}

def VeOmni_LinearCrossEntropyOp : VeOmni_PureOp<"linear_cross_entropy", "BSK,VK,BS,V->"> {
  let summary = "mean cross entropy of a linear head, without its logits";
  let description = [{
    `veomni.cross_entropy` of `veomni.linear` with logits in f32. The logits, [batch, seq, vocab], never exist as a
    whole: what is kept of a part of the vocabulary is the maximum and the sum of the exponentials of each row.

    ```mlir
    %loss = veomni.linear_cross_entropy %x, %w, %labels bias %b {ignore_index = -100 : i64, shift}
        : (tensor<?x?x64xf32>, tensor<151x64xf32>, tensor<?x?xi64>, tensor<151xf32>) -> tensor<f32>
    ```

    **Constraints**
    - `x` is [batch, seq, K], `weight` [vocab, K] and static, neither of them 0, `labels` [batch, seq], `bias` [vocab]
      in the weight's element type; the result is a scalar f32
  }];
  let arguments = (ins VeOmni_FloatTensor:$x, VeOmni_FloatTensor:$weight, VeOmni_TokenTensor:$labels,
                   Optional<VeOmni_FloatTensor>:$bias, I64Attr:$ignore_index, UnitAttr:$shift);
  let results = (outs 0DTensorOf<[F32]>:$result);
  let assemblyFormat = "$x `,` $weight `,` $labels (`bias` $bias^)? attr-dict `:` functional-type(operands, results)";
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

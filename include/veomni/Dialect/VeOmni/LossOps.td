// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef VEOMNI_DIALECT_VEOMNI_LOSS_OPS_TD
#define VEOMNI_DIALECT_VEOMNI_LOSS_OPS_TD

include "veomni/Dialect/VeOmni/VeOmniBase.td"

//===------------------------------------------------------------------------------------------------------------------===//
// Losses
//===------------------------------------------------------------------------------------------------------------------===//

def VeOmni_CrossEntropyOp : VeOmni_PureOp<"cross_entropy", "BSV,BS->"> {
  let summary = "mean cross entropy of next-token prediction";
  let description = [{
    Logits are taken to f32; with `shift`, row s is scored against label s + 1 and the last row never (transformers
    `loss_utils.ForCausalLMLoss`); rows whose label is `ignore_index` do not count. The result is the mean over the rows that count.

    ```mlir
    %loss = veomni.cross_entropy %logits, %labels {ignore_index = -100 : i64, shift} : tensor<?x?x151xf32>, tensor<?x?xi64> -> tensor<f32>
    ```

    **Constraints**
    - `logits` is [batch, seq, vocab] and `labels` [batch, seq]; the result is a scalar f32
  }];
  let arguments = (ins VeOmni_FloatTensor:$logits, VeOmni_TokenTensor:$labels, I64Attr:$ignore_index, UnitAttr:$shift);
  let results = (outs 0DTensorOf<[F32]>:$result);
  let assemblyFormat = "$logits `,` $labels attr-dict `:` type($logits) `,` type($labels) `->` type($result)";
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

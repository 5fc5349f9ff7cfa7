// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// One function per op, each in a file of its own: the op's results in eager form.
#ifndef VEOMNI_PASSES_EXPAND_EXPAND_H
#define VEOMNI_PASSES_EXPAND_EXPAND_H

#include "EagerBuilder.h"

namespace veomni::expand {

using Values = llvm::SmallVector<mlir::Value, 2>;

Values expand(EagerBuilder &b, AttentionOp op);
Values expand(EagerBuilder &b, CausalConv1dOp op);
Values expand(EagerBuilder &b, ChunkGatedDeltaRuleOp op);
Values expand(EagerBuilder &b, CrossEntropyOp op);
Values expand(EagerBuilder &b, DsaAttentionOp op);
Values expand(EagerBuilder &b, DsaIndexerOp op);
Values expand(EagerBuilder &b, GatedRmsNormOp op);
Values expand(EagerBuilder &b, GluOp op);
Values expand(EagerBuilder &b, GroupRouterOp op);
Values expand(EagerBuilder &b, LayerNormOp op);
Values expand(EagerBuilder &b, LoadBalancingLossOp op);
Values expand(EagerBuilder &b, MhcHeadOp op);
Values expand(EagerBuilder &b, MhcPostOp op);
Values expand(EagerBuilder &b, MhcPreOp op);
Values expand(EagerBuilder &b, PackedGluOp op);
Values expand(EagerBuilder &b, RmsNormOp op);
Values expand(EagerBuilder &b, RopeOp op);
Values expand(EagerBuilder &b, RouterOp op);

/// Of an f32 value; `alpha` is of silu alone: x * sigmoid(alpha * x).
mlir::Value activate(EagerBuilder &b, GluActivation act, mlir::Value x, float alpha = 1.0f);

/// act(gate) * up.
mlir::Value expandGlu(EagerBuilder &b, GluActivation act, mlir::Value gate, mlir::Value up);

} // namespace veomni::expand

#endif // VEOMNI_PASSES_EXPAND_EXPAND_H

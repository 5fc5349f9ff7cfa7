// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Recognises losses whose logits nobody else needs.
#ifndef VEOMNI_KERNELS_LOSSHEAD_H
#define VEOMNI_KERNELS_LOSSHEAD_H

#include "veomni/Dialect/VeOmni/VeOmni.h"

#include <string>

namespace veomni::kernels {

/// The product that makes the logits of `loss`, where nothing else needs them: what `veomni.linear_cross_entropy` takes
/// over. On failure `why` says what is different.
mlir::FailureOr<LinearOp> matchLossHead(CrossEntropyOp loss, std::string &why);

} // namespace veomni::kernels

#endif // VEOMNI_KERNELS_LOSSHEAD_H

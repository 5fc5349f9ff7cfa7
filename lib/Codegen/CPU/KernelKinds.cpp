// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "veomni/Codegen/CPU/KernelKinds.h"

#include "Kernels/Kernels.h"

using namespace veomni::cpu;

static constexpr KernelKind kinds[] = {
    {"add", emitAdd},
    {"attention", emitAttention},
    {"attention_pack", emitAttentionPack},
    {"convert", emitConvert},
    {"cross_entropy", emitCrossEntropy},
    {"document_starts", emitDocumentStarts},
    {"embedding", emitEmbedding},
    {"gemm", emitGemm},
    {"glu", emitGlu},
    {"mean", emitMean},
    {"rms_norm", emitRmsNorm},
    {"rope", emitRope},
    {"rope_table", emitRopeTable},
};

llvm::ArrayRef<KernelKind> veomni::cpu::allKernelKinds() { return kinds; }

const KernelKind *veomni::cpu::findKernelKind(llvm::StringRef name) {
  const KernelKind *found = llvm::find_if(kinds, [&](const KernelKind &kind) { return kind.name == name; });
  return found == std::end(kinds) ? nullptr : found;
}

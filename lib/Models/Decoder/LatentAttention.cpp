// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Multi-head latent attention (DeepSeek-V2, arXiv:2405.04434) as transformers' eager code has it: keys and values are expanded for every
// head before they are used.
#include "DecoderBuilder.h"

#include <cmath>

using namespace mlir;

namespace veomni {

// Of the norms of the narrow vectors; transformers does not take it from the config.
static constexpr double kLatentEpsilon = 1e-6;

func::FuncOp DecoderBuilder::latentAttention() {
  SmallVector<Port> arguments{hidden()};
  llvm::append_range(arguments, sharedPorts());
  return tree.method(className("Attention"), "forward", "", arguments, {hidden()}, [&](ValueRange values) {
    const LatentAttentionConfig &latent = *config.latentAttention;
    const int64_t heads = config.numAttentionHeads, passDim = latent.passDim, ropeDim = config.headDim, keyDim = passDim + ropeDim;
    const bool bias = config.queryKeyValueBias;
    Value x = values[0];
    Shared shared = sharedFrom(values.drop_front());

    Value query = x;
    if (latent.queryRank)
      query = tree.rmsNorm(tree.linear(x, "q_a_proj", *latent.queryRank, bias), "q_a_layernorm", kLatentEpsilon);
    query = tree.linear(query, latent.queryRank ? "q_b_proj" : "q_proj", heads * keyDim, /*bias=*/false);
    query = tree.unflatten(query, heads);
    query = tree.concat(tree.slice(query, 0, passDim), rotate(tree.slice(query, passDim, ropeDim), shared));

    Value compressed = tree.linear(x, "kv_a_proj_with_mqa", latent.keyValueRank + ropeDim, bias);
    Value turned = rotate(tree.slice(tree.unflatten(compressed, 1), latent.keyValueRank, ropeDim), shared);
    Value normed = tree.rmsNorm(tree.slice(compressed, 0, latent.keyValueRank), "kv_a_layernorm", kLatentEpsilon);
    Value expanded = tree.unflatten(tree.linear(normed, "kv_b_proj", heads * (passDim + latent.valueDim), /*bias=*/false), heads);
    Value key = tree.concat(tree.slice(expanded, 0, passDim), tree.broadcastHeads(turned, heads));
    Value value = tree.slice(expanded, passDim, latent.valueDim);

    auto scale = static_cast<float>(scoreScaling(config.rope) / std::sqrt(static_cast<double>(keyDim)));
    Value out = AttentionOp::create(builder, builder.getUnknownLoc(), value.getType(), query, key, value, shared.starts, shared.mask,
                                    shared.maskGiven, /*sinks=*/Value(), llvm::APFloat(scale), /*window=*/0);
    return SmallVector<Value>{tree.linear(tree.flatten(out), "o_proj", config.hiddenSize, config.attentionOutputBias)};
  });
}

} // namespace veomni

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Multi-head latent attention (DeepSeek-V2, arXiv:2405.04434) as transformers' eager code has it: keys and values are
// expanded for every head before they are used.
#include "DecoderBuilder.h"

#include <cmath>

using namespace mlir;

namespace veomni {

// Of the norms of the narrow vectors; transformers does not take it from the config.
static constexpr double kLatentEpsilon = 1e-6;

/// The keys that sparse attention sees (DeepSeek-V3.2); transformers keeps scores in float32, as activations are here.
func::FuncOp DecoderBuilder::indexer() {
  const IndexerConfig &indexer = *config.attention.indexer;
  SmallVector<Port> arguments{hidden(), tokens({*config.attention.latent->queryRank}).named("query_latent")};
  llvm::append_range(arguments, sharedPorts());
  return tree.method(
      className(config.classes.indexer), "forward", "", arguments, {chosenKeys()}, [&](ValueRange values) {
        Value x = values[0];
        Shared shared = sharedFrom(values.drop_front(2));
        // Of a head only the first columns turn, as many as the table has.
        Value query = tree.unflatten(tree.linear(values[1], "wq_b", indexer.numHeads * indexer.headDim, /*bias=*/false),
                                     indexer.numHeads);
        query = rotate(query, shared, indexer.ropeInterleaved);
        Value key = tree.layerNorm(tree.linear(x, "wk", indexer.headDim, /*bias=*/false), "k_norm", kLatentEpsilon);
        key = tree.flatten(rotate(tree.unflatten(key, 1), shared, indexer.ropeInterleaved));
        Value weights = tree.linear(x, "weights_proj", indexer.numHeads, /*bias=*/false);
        auto perRoot = [](int64_t size) {
          return llvm::APFloat(static_cast<float>(1 / std::sqrt(static_cast<double>(size))));
        };
        Location loc = builder.getUnknownLoc();
        weights = BinaryScalarOp::create(builder, loc, BinaryKind::Mul, weights, perRoot(indexer.numHeads));
        Value keys = DsaIndexerOp::create(builder, loc, chosenKeys().type, query, key, weights, shared.starts,
                                          shared.mask, shared.maskGiven, perRoot(indexer.headDim), indexer.topK);
        return SmallVector<Value>{keys};
      });
}

/// With an indexer it also returns the keys that it chose, or `sharesKeys` and takes those of another layer.
func::FuncOp DecoderBuilder::latentAttention(bool sharesKeys) {
  SmallVector<Port> arguments{hidden()}, results{hidden()};
  llvm::append_range(arguments, sharedPorts());
  if (config.attention.indexer)
    (sharesKeys ? arguments : results).push_back(chosenKeys());
  return tree.method(
      className(config.classes.attention), "forward", sharesKeys ? "shared" : "", arguments, results,
      [&](ValueRange values) {
        const LatentAttentionConfig &latent = *config.attention.latent;
        const int64_t heads = config.attention.numHeads, passDim = latent.passDim, ropeDim = config.attention.headDim,
                      keyDim = passDim + ropeDim;
        const bool bias = config.attention.queryKeyValueBias;
        Value x = values[0];
        Shared shared = sharedFrom(values.drop_front());

        Value narrow = x;
        if (latent.queryRank)
          narrow = tree.rmsNorm(tree.linear(x, "q_a_proj", *latent.queryRank, bias), "q_a_layernorm", kLatentEpsilon);
        Value query = tree.linear(narrow, latent.queryRank ? "q_b_proj" : "q_proj", heads * keyDim, /*bias=*/false);
        query = tree.unflatten(query, heads);
        query = tree.concat(tree.slice(query, 0, passDim),
                            rotate(tree.slice(query, passDim, ropeDim), shared, config.rope.interleaved));

        Value compressed = tree.linear(x, "kv_a_proj_with_mqa", latent.keyValueRank + ropeDim, bias);
        Value turned = rotate(tree.slice(tree.unflatten(compressed, 1), latent.keyValueRank, ropeDim), shared,
                              config.rope.interleaved);
        Value normed = tree.rmsNorm(tree.slice(compressed, 0, latent.keyValueRank), "kv_a_layernorm", kLatentEpsilon);
        Value expanded = tree.unflatten(
            tree.linear(normed, "kv_b_proj", heads * (passDim + latent.valueDim), /*bias=*/false), heads);
        Value key = tree.concat(tree.slice(expanded, 0, passDim), tree.broadcastHeads(turned, heads));
        Value value = tree.slice(expanded, passDim, latent.valueDim);

        double ropeScale = latent.ropeScalesScores ? scoreScaling(config.rope.parameters) : 1;
        llvm::APFloat scale(static_cast<float>(ropeScale / std::sqrt(static_cast<double>(keyDim))));
        Location loc = builder.getUnknownLoc();
        Value out, keys;
        if (config.attention.indexer) {
          SmallVector<Value> operands{x, narrow};
          llvm::append_range(operands, shared.values());
          keys = sharesKeys ? values.back() : tree.call(indexer(), "indexer", operands)[0];
          out = DsaAttentionOp::create(builder, loc, value.getType(), query, key, value, keys, shared.starts,
                                       shared.mask, shared.maskGiven, scale);
        } else {
          out = AttentionOp::create(builder, loc, value.getType(), query, key, value, shared.starts, /*ends=*/Value(),
                                    shared.mask, shared.maskGiven,
                                    /*sinks=*/Value(), scale, /*window=*/0);
        }
        SmallVector<Value> returned{
            tree.linear(tree.flatten(out), "o_proj", config.hiddenSize, config.attention.outputBias)};
        if (config.attention.indexer && !sharesKeys)
          returned.push_back(keys);
        return returned;
      });
}

} // namespace veomni

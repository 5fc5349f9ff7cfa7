// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Linear attention as transformers' Qwen3_5GatedDeltaNet has it: a short convolution over queries, keys and values, the
// gated delta rule (arXiv:2412.06464), and a norm with a gate.
#include "DecoderBuilder.h"

#include <cmath>

using namespace mlir;

namespace veomni {

// Of the lengths that queries and keys are divided by; transformers does not take it from the config.
static constexpr float kLengthEpsilon = 1e-6f;

func::FuncOp DecoderBuilder::gatedDeltaNet() {
  Port starts = tokens({}, builder.getI32Type()).named("document_starts"), mask = ids().named("attention_mask");
  return tree.method(
      className(config.classes.linearAttention), "forward", "", {hidden(), starts, mask}, {hidden()},
      [&](ValueRange values) {
        const LinearAttentionConfig &linear = *config.linearAttention;
        const int64_t heads = linear.numValueHeads, keys = linear.numKeyHeads * linear.keyDim,
                      columns = heads * linear.valueDim;
        Location loc = builder.getUnknownLoc();

        // Nothing masks a recurrence, so padding enters it as 0. transformers lets it in where the batch has one row;
        // here what a row gives does not depend on how many others there are.
        Value counts = NotEqualOp::create(builder, loc, tokens({1}).type, values[2], 0);
        Value x = tree.binary(BinaryKind::Mul, values[0], counts);

        Value mixed = tree.linear(x, "in_proj_qkv", 2 * keys + columns, /*bias=*/false);
        Value gate = tree.unflatten(tree.linear(x, "in_proj_z", columns, /*bias=*/false), heads);
        Value b = tree.linear(x, "in_proj_b", heads, /*bias=*/false),
              a = tree.linear(x, "in_proj_a", heads, /*bias=*/false);

        Value taps = tree.flatten(tree.param("conv1d.weight", {2 * keys + columns, 1, linear.convTaps}));
        mixed = CausalConv1dOp::create(builder, loc, mixed.getType(), mixed, taps, /*bias=*/Value(), values[1],
                                       GluActivationAttr::get(builder.getContext(), GluActivation::Silu));
        Value query = tree.unflatten(tree.slice(mixed, 0, keys), linear.numKeyHeads);
        Value key = tree.unflatten(tree.slice(mixed, keys, keys), linear.numKeyHeads);
        Value value = tree.unflatten(tree.slice(mixed, 2 * keys, columns), heads);

        Value beta = tree.unary(UnaryKind::Sigmoid, tree.f32(b));
        Value step =
            tree.unary(UnaryKind::Softplus, tree.binary(BinaryKind::Add, tree.f32(a), tree.param("dt_bias", {heads})));
        Value rate = tree.unary(UnaryKind::Neg, tree.unary(UnaryKind::Exp, tree.f32(tree.param("A_log", {heads}))));
        Value decay = tree.binary(BinaryKind::Mul, rate, step);

        auto scale = static_cast<float>(1.0 / std::sqrt(static_cast<double>(linear.keyDim)));
        Value out =
            ChunkGatedDeltaRuleOp::create(builder, loc, value.getType(), query, key, value, decay, beta, values[1],
                                          builder.getF32FloatAttr(scale), builder.getF32FloatAttr(kLengthEpsilon));
        Value weight = tree.param("norm.weight", {linear.valueDim});
        out = GatedRmsNormOp::create(builder, weight.getLoc(), out.getType(), out, gate, weight,
                                     builder.getF32FloatAttr(config.norm.epsilon));
        return SmallVector<Value>{tree.linear(tree.flatten(out), "out_proj", config.hiddenSize, /*bias=*/false)};
      });
}

} // namespace veomni

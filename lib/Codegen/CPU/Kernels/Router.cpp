// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The top_k experts of each row and their weights: softmax over all experts first, then the choice, as Mixtral's and
// Qwen3's modules do, or the choice first, as gpt_oss' does.
#include "../Math.h"
#include "../Routing.h"
#include "Kernels.h"

using namespace veomni::cpu;
using namespace mlir;

static void checkRouter(Kernel &kernel, Problems &problems) {
  kernel.expectAtMost("top_k", "experts", problems);
  kernel.limit("top_k", kMostTopK, problems);
  if (kernel.flag("renormalize") && kernel.choice("score") == "softmax_top_k")
    problems.add("attribute 'renormalize' goes with score = \"softmax\" alone");
}

static void emitRouter(KernelBuilder &k, const Kernel &kernel) {
  int64_t experts = kernel.size("experts"), topK = kernel.size("top_k");
  bool renormalize = kernel.flag("renormalize"), choiceFirst = kernel.choice("score") == "softmax_top_k";
  Type weightType = kernel.choice("weight_type") == "bf16" ? k.bf16() : k.f32();
  int64_t ldl = kernel.stride("logits"), ldi = kernel.stride("indices"), ldw = kernel.stride("weights");
  k.begin();
  RowRouting routing(k, k.operand(0), experts);
  k.rows(k.scalar(0), kRowBlock, [&](Value row) {
    if (choiceFirst)
      routing.takeLogits(k.mul(row, ldl));
    else
      routing.softmax(k.mul(row, ldl));
    SmallVector<Value> weights;
    Value greatest, sum;
    for (int64_t i = 0; i < topK; ++i) {
      auto [expert, weight] = routing.pick();
      k.storeScalar(k.indexCast(expert, k.i32()), k.operand(1), k.add(k.mul(row, ldi), i));
      if (choiceFirst) {
        Value logit = k.extend(k.loadScalar(k.operand(0), k.add(k.mul(row, ldl), expert)));
        greatest = greatest ? greatest : logit;
        weight = emitScalarExp(k, k.sub(logit, greatest));
      }
      weights.push_back(weight);
      sum = sum ? k.add(sum, weight) : weight;
    }
    for (auto [i, weight] : llvm::enumerate(weights)) {
      Value scaled = renormalize || choiceFirst ? k.div(weight, sum) : weight;
      k.storeScalar(k.roundThrough(scaled, weightType), k.operand(2), k.add(k.mul(row, ldw), i));
    }
  });
  k.end();
}

KernelKinds kinds::Router() {
  return {{.name = "router",
           .summary = "The top_k experts of each row in falling order of their logits, of equal ones the first, and "
                      "their weights.",
           .details = "With score = softmax, weights are softmax over all experts; with softmax_top_k, over the chosen "
                      "ones alone. A row that is "
                      "not a number gets NaN weights and still different experts.",
           .operands = {read("logits", "[rows.. | experts] x T"), write("indices", "[rows.. | top_k] x i32"),
                        write("weights", "[rows.. | top_k] x f32")},
           .scalars = {scalar("rows")},
           .workgroups = {blocks("rows", kRowBlock)},
           .attributes = {optional(choice("score", {"softmax", "softmax_top_k"}, "what weights are")),
                          flag("renormalize", "weights are divided by their sum"),
                          choice("weight_type", {"f32", "bf16"}, "what weights are rounded to")},
           .example = {"read [r, 8] x bf16; write [r, 2] x i32; write [r, 2] x f32",
                       R"({renormalize = true, weight_type = "bf16"})"},
           .check = checkRouter,
           .emit = emitRouter}};
}

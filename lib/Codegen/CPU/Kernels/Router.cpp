// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The top_k experts of each row and their weights: softmax over all experts first, then the choice, as Mixtral's and Qwen3's modules do.
#include "Routing.h"

using namespace veomni::cpu;
using namespace mlir;

LogicalResult veomni::cpu::emitRouter(KernelBuilder &k, Attributes &attributes) {
  int64_t experts = attributes.integer("experts"), topK = attributes.integer("top_k");
  bool renormalize = attributes.flag("renormalize");
  Type type = attributes.elementType("type"), weightType = attributes.elementType("weight_type");
  int64_t ldl = attributes.integer("ldl"), ldi = attributes.integer("ldi"), ldw = attributes.integer("ldw");
  if (topK > experts)
    attributes.error() << "attribute 'top_k' is " << topK << ", expected at most experts = " << experts;
  if (failed(attributes.check()))
    return failure();

  k.begin({type, k.i32(), k.f32()}, 1);
  RowRouting routing(k, k.operand(0), experts);
  k.rows(k.scalar(0), kRowBlock, [&](Value row) {
    routing.softmax(k.mul(row, ldl));
    SmallVector<Value> weights;
    Value sum;
    for (int64_t i = 0; i < topK; ++i) {
      auto [expert, probability] = routing.pick();
      k.storeScalar(k.indexCast(expert, k.i32()), k.operand(1), k.add(k.mul(row, ldi), i));
      weights.push_back(probability);
      sum = sum ? k.add(sum, probability) : probability;
    }
    for (auto [i, weight] : llvm::enumerate(weights)) {
      Value scaled = renormalize ? k.div(weight, sum) : weight;
      k.storeScalar(k.roundThrough(scaled, weightType), k.operand(2), k.add(k.mul(row, ldw), i));
    }
  });
  k.end();
  return success();
}

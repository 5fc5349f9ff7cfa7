// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The top_k experts of each row and their weights: softmax over all experts first, then the choice, as Mixtral's and Qwen3's modules do, or
// the choice first, as gpt_oss' does.
#include "../Math.h"
#include "Routing.h"

using namespace veomni::cpu;
using namespace mlir;

LogicalResult veomni::cpu::emitRouter(KernelBuilder &k, Attributes &attributes) {
  int64_t experts = attributes.integer("experts"), topK = attributes.integer("top_k");
  bool renormalize = attributes.flag("renormalize");
  bool choiceFirst = attributes.optionalChoice("score", {"softmax", "softmax_top_k"}) == "softmax_top_k";
  Type type = attributes.elementType("type"), weightType = attributes.elementType("weight_type");
  int64_t ldl = attributes.integer("ldl"), ldi = attributes.integer("ldi"), ldw = attributes.integer("ldw");
  if (topK > experts)
    attributes.error() << "attribute 'top_k' is " << topK << ", expected at most experts = " << experts;
  if (renormalize && choiceFirst)
    attributes.error() << "attribute 'renormalize' goes with score = \"softmax\" alone";
  if (failed(attributes.check()))
    return failure();

  k.begin({type, k.i32(), k.f32()}, 1);
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
  return success();
}

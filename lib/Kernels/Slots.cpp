// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The slots, and what single ops ask of them.
#include "Builtin/Builtin.h"
#include "veomni/Kernels/ExpertsBody.h"

#include "mlir/IR/BuiltinTypes.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;

namespace veomni::kernels {

static std::string elementType(Value value) {
  std::string text;
  llvm::raw_string_ostream(text) << getElementTypeOrSelf(value.getType());
  return text;
}

static int64_t lastDim(Value value) { return cast<RankedTensorType>(value.getType()).getShape().back(); }

static Instance describeLinear(Operation *op) {
  auto linear = cast<LinearOp>(op);
  // A rounded input may flip a choice of experts.
  bool routes = llvm::any_of(linear->getUsers(), [](Operation *user) { return isa<RouterOp>(user); });
  return {.dtype = elementType(linear.getWeight()), .semantics = {{"input", routes ? "exact" : "may_round"}}};
}

static Instance describeRmsNorm(Operation *op) {
  auto norm = cast<RmsNormOp>(op);
  bool standard = norm.getVariant() == NormVariant::Standard;
  return {standard ? "standard" : "one_plus", elementType(norm.getWeight()), {{"cast", standard ? "before_weight" : "after_weight"}}};
}

static Instance describeRope(Operation *op) {
  auto rope = cast<RopeOp>(op);
  bool full = 2 * lastDim(rope.getCos()) == lastDim(rope.getX());
  return {full ? "full" : "partial", elementType(rope.getX()), {{"layout", stringifyRopeLayout(rope.getLayout()).str()}}};
}

static Instance describeGlu(Operation *op) {
  auto packed = dyn_cast<PackedGluOp>(op);
  GluActivation act = packed ? packed.getAct() : cast<GluOp>(op).getAct();
  return {.dtype = elementType(op->getResult(0)),
          .semantics = {{"activation", stringifyGluActivation(act).str()}, {"gate_up", packed ? "packed" : "apart"}}};
}

static Instance describeAttention(Operation *op) {
  auto attention = cast<AttentionOp>(op);
  return {"causal", elementType(attention.getQuery()), {{"window", attention.getWindow() ? "sliding" : "none"}}};
}

/// A body that is not recognised asks for what only the loop gives.
static Instance describeExperts(Operation *op) {
  auto loop = cast<ExpertsLoopOp>(op);
  Instance instance{.semantics = {{"routing_weight", "after_fc2"}}};
  std::string why;
  FailureOr<ExpertsBody> body = ExpertsBody::match(loop, why);
  if (failed(body)) {
    instance.dtype = elementType(loop.getX());
    return instance;
  }
  instance.dtype = elementType(body->gateUp.getWeight());
  instance.semantics["activation"] = stringifyGluActivation(body->glu.getAct()).str();
  instance.semantics["bias"] = body->gateUp.getBias() || body->down.getBias() ? "yes" : "no";
  return instance;
}

static Instance describeCrossEntropy(Operation *op) {
  auto loss = cast<CrossEntropyOp>(op);
  return {"causal", elementType(loss.getLogits()), {{"shift", loss.getShift() ? "inside" : "none"}}};
}

static Instance describeLoadBalancingLoss(Operation *op) {
  return {.dtype = elementType(cast<LoadBalancingLossOp>(op).getLogits().front()), .semantics = {{"input", "logits"}}};
}

llvm::Error addBuiltinSlots(KernelRegistry &registry) {
  Slot slots[] = {
      {"linear", "x Wᵀ + bias with packed weights", {"standard"}, {"veomni.linear"}, describeLinear},
      {"rms_norm", "root-mean-square norm over the last dim", {"standard", "one_plus"}, {"veomni.rms_norm"}, describeRmsNorm},
      {"rotary_pos_emb", "rotary position embedding of heads", {"full", "partial"}, {"veomni.rope"}, describeRope},
      {"swiglu_mlp", "gated activation of an MLP", {"standard"}, {"veomni.glu", "veomni.packed_glu"}, describeGlu},
      {"attention", "causal attention over packed documents", {"causal"}, {"veomni.attention"}, describeAttention},
      {"moe_experts", "experts of a sparse MLP", {"standard"}, {"veomni.experts_loop"}, describeExperts},
      {"load_balancing_loss",
       "loss that evens out the experts' load",
       {"standard"},
       {"veomni.load_balancing_loss"},
       describeLoadBalancingLoss},
      {"cross_entropy_loss", "mean cross-entropy of the next tokens", {"causal"}, {"veomni.cross_entropy"}, describeCrossEntropy},
  };
  llvm::Error all = llvm::Error::success();
  for (Slot &slot : slots)
    all = llvm::joinErrors(std::move(all), registry.addSlot(std::move(slot)));
  return all;
}

} // namespace veomni::kernels

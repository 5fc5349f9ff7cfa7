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

/// Whether experts or keys are chosen by the value itself, or by what norms and rotations make of it.
static bool decides(Value value) {
  return llvm::any_of(value.getUsers(), [](Operation *user) {
    if (isa<RouterOp, GroupRouterOp, DsaIndexerOp>(user))
      return true;
    return isa<BinaryScalarOp, FlattenOp, LayerNormOp, RopeOp, UnflattenOp>(user) && decides(user->getResult(0));
  });
}

static Instance describeLinear(Operation *op) {
  auto linear = cast<LinearOp>(op);
  // A rounded input may flip a choice.
  return {.dtype = elementType(linear.getWeight()),
          .semantics = {{"input", decides(linear.getResult()) ? "exact" : "may_round"}}};
}

static Instance describeRmsNorm(Operation *op) {
  auto norm = cast<RmsNormOp>(op);
  if (norm.getVariant() == NormVariant::Unweighted)
    return {"unweighted", elementType(norm.getX()), {{"cast", "of_factor"}}};
  bool standard = norm.getVariant() == NormVariant::Standard;
  return {standard ? "standard" : "one_plus",
          elementType(norm.getWeight()),
          {{"cast", standard ? "before_weight" : "after_weight"}}};
}

static Instance describeGatedRmsNorm(Operation *op) {
  return {.dtype = elementType(cast<GatedRmsNormOp>(op).getWeight()),
          .semantics = {{"cast", "before_weight"}, {"activation", "silu"}}};
}

static Instance describeRope(Operation *op) {
  auto rope = cast<RopeOp>(op);
  bool full = 2 * lastDim(rope.getCos()) == lastDim(rope.getX());
  return {
      full ? "full" : "partial", elementType(rope.getX()), {{"layout", stringifyRopeLayout(rope.getLayout()).str()}}};
}

/// A vision tower has one row of patches, [S, heads, head_dim], whose heads turn as a whole. It is the same op as for
/// text.
static bool isVisionRope(Operation *op) {
  auto rope = cast<RopeOp>(op);
  return cast<RankedTensorType>(rope.getX().getType()).getRank() == 3 && describeRope(op).variant == "full";
}

using Semantics = std::map<std::string, std::string>;

static Semantics describe(PackedGluOp glu) {
  return {{"activation", stringifyGluActivation(glu.getAct()).str()},
          {"gate_up", glu.getLayout() == GluLayout::Interleaved ? "interleaved" : "packed"},
          {"limit", glu.getLimit() ? "clamp" : "none"},
          {"alpha", glu.getAlpha() ? "set" : "none"},
          {"up_shift", glu.getUpShift() ? "set" : "none"}};
}

static Semantics describe(GluOp glu) {
  return {{"activation", stringifyGluActivation(glu.getAct()).str()},
          {"gate_up", "apart"},
          {"limit", "none"},
          {"alpha", "none"},
          {"up_shift", "none"}};
}

static Instance describeGlu(Operation *op) {
  auto packed = dyn_cast<PackedGluOp>(op);
  return {.dtype = elementType(op->getResult(0)), .semantics = packed ? describe(packed) : describe(cast<GluOp>(op))};
}

static std::string valueDim(Value key, Value value) { return lastDim(value) == lastDim(key) ? "same" : "other"; }

static Instance describeAttention(Operation *op) {
  auto attention = cast<AttentionOp>(op);
  return {stringifyVisibility(attention.getVisibility()).str(),
          elementType(attention.getQuery()),
          {{"window", attention.getWindow() ? "sliding" : "none"},
           {"sinks", attention.getSinks() ? "yes" : "no"},
           {"value_dim", valueDim(attention.getKey(), attention.getValue())}}};
}

static Instance describeDsaIndexer(Operation *op) {
  return {.dtype = elementType(cast<DsaIndexerOp>(op).getQuery()), .semantics = {}};
}

static Instance describeDsaAttention(Operation *op) {
  auto attention = cast<DsaAttentionOp>(op);
  return {.dtype = elementType(attention.getQuery()),
          .semantics = {{"value_dim", valueDim(attention.getKey(), attention.getValue())}}};
}

static Instance describeCausalConv1d(Operation *op) {
  auto conv = cast<CausalConv1dOp>(op);
  return {.dtype = elementType(conv.getWeight()),
          .semantics = {{"activation", conv.getAct() ? stringifyGluActivation(*conv.getAct()).str() : "none"},
                        {"bias", conv.getBias() ? "yes" : "no"}}};
}

static Instance describeDeltaRule(Operation *op) {
  auto rule = cast<ChunkGatedDeltaRuleOp>(op);
  return {.dtype = elementType(rule.getValue()), .semantics = {{"l2_norm", rule.getL2NormEps() ? "yes" : "no"}}};
}

/// A body that is not recognised asks for what only the loop gives.
static Instance describeExperts(Operation *op) {
  auto loop = cast<ExpertsLoopOp>(op);
  Instance instance;
  std::string why;
  FailureOr<ExpertsBody> body = ExpertsBody::match(loop, why);
  if (failed(body)) {
    instance.dtype = elementType(loop.getX());
  } else {
    if (body->glu.getLayout() == GluLayout::Interleaved)
      instance.variant = "gpt_oss";
    instance.dtype = elementType(body->gateUp.getWeight());
    instance.semantics = describe(body->glu);
    instance.semantics["bias"] = body->gateUp.getBias() || body->down.getBias() ? "yes" : "no";
  }
  instance.semantics["routing_weight"] = "after_fc2";
  return instance;
}

static Instance describeCrossEntropy(Operation *op) {
  return {.dtype = elementType(cast<CrossEntropyOp>(op).getLogits()), .semantics = {}};
}

static Instance describeMhc(Operation *op) {
  if (auto post = dyn_cast<MhcPostOp>(op))
    return {"post", elementType(post.getX()), {}};
  if (auto pre = dyn_cast<MhcPreOp>(op))
    return {"pre", elementType(pre.getFn()), {}};
  return {"head", elementType(cast<MhcHeadOp>(op).getFn()), {}};
}

static Instance describeLoadBalancingLoss(Operation *op) {
  return {.dtype = elementType(cast<LoadBalancingLossOp>(op).getLogits().front()), .semantics = {{"input", "logits"}}};
}

llvm::Error addBuiltinSlots(KernelRegistry &registry) {
  Slot slots[] = {
      {"linear", "x Wᵀ + bias with packed weights", {"standard"}, {"veomni.linear"}, describeLinear},
      {"rms_norm",
       "root-mean-square norm over the last dim",
       {"standard", "one_plus", "unweighted"},
       {"veomni.rms_norm"},
       describeRmsNorm,
       /*oneDispatch=*/true},
      {"rms_norm_gated",
       "root-mean-square norm over the last dim, times silu of a gate",
       {"standard"},
       {"veomni.gated_rms_norm"},
       describeGatedRmsNorm},
      {"rotary_pos_emb",
       "rotary position embedding of heads",
       {"full", "partial"},
       {"veomni.rope"},
       describeRope,
       /*oneDispatch=*/true,
       /*covers=*/[](Operation *op) { return !isVisionRope(op); }},
      {"rotary_pos_emb_vision",
       "rotary position embedding of a vision tower's heads, [patches, heads, head_dim]",
       {"full"},
       {"veomni.rope"},
       describeRope,
       /*oneDispatch=*/true,
       /*covers=*/isVisionRope},
      {"swiglu_mlp",
       "gated activation of an MLP",
       {"standard"},
       {"veomni.glu", "veomni.packed_glu"},
       describeGlu,
       /*oneDispatch=*/true},
      {"attention",
       "attention inside packed documents, to the tokens before or to all",
       {"causal", "full"},
       {"veomni.attention"},
       describeAttention},
      {"causal_conv1d",
       "convolution over the tokens before, inside packed documents",
       {"standard"},
       {"veomni.causal_conv1d"},
       describeCausalConv1d},
      {"chunk_gated_delta_rule",
       "linear attention by the gated delta rule, inside packed documents",
       {"standard"},
       {"veomni.chunk_gated_delta_rule"},
       describeDeltaRule},
      {"dsa_indexer", "the keys that sparse attention sees", {"standard"}, {"veomni.dsa_indexer"}, describeDsaIndexer},
      {"dsa_attention", "attention to chosen keys", {"standard"}, {"veomni.dsa_attention"}, describeDsaAttention},
      {"moe_experts", "experts of a sparse MLP", {"standard", "gpt_oss"}, {"veomni.experts_loop"}, describeExperts},
      {"load_balancing_loss",
       "loss that evens out the experts' load",
       {"standard"},
       {"veomni.load_balancing_loss"},
       describeLoadBalancingLoss},
      {"mhc",
       "hyper-connections: residual streams to a block's input and back",
       {"pre", "post", "head"},
       {"veomni.mhc_pre", "veomni.mhc_post", "veomni.mhc_head"},
       describeMhc},
      {"cross_entropy_loss",
       "cross entropy of each token",
       {"standard"},
       {"veomni.cross_entropy"},
       describeCrossEntropy},
  };
  llvm::Error all = llvm::Error::success();
  for (Slot &slot : slots)
    all = llvm::joinErrors(std::move(all), registry.addSlot(std::move(slot)));
  return all;
}

} // namespace veomni::kernels

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What ops ask of kernels, and that the kernels that come with the compiler have it.
#include "veomni/Dialect/VeOmni/VeOmni.h"
#include "veomni/Kernels/KernelRegistry.h"
#include "veomni/Pipelines/Register.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/Parser/Parser.h"

#include <gtest/gtest.h>
#include <vector>

using namespace veomni;
using namespace veomni::kernels;

namespace {

using Lines = std::vector<std::string>;

/// Of every op of the module that has the slot: its variant, type and semantics, and the kernel that it gets.
Lines described(llvm::StringRef slotName, llvm::StringRef module) {
  KernelRegistry registry;
  llvm::cantFail(registerBuiltinKernels(registry));
  std::shared_ptr<codegen::BackendRegistry> backends = builtinBackends();
  mlir::MLIRContext context;
  context.loadDialect<VeOmniDialect, mlir::func::FuncDialect>();
  mlir::OwningOpRef<mlir::ModuleOp> parsed = mlir::parseSourceString<mlir::ModuleOp>(module, &context);
  if (!parsed)
    return {"does not parse"};
  Lines lines;
  parsed->walk([&](mlir::Operation *op) {
    const Slot *slot = registry.slotOf(op);
    if (!slot || slot->op != slotName)
      return;
    Instance instance = slot->describe(op);
    std::string line = instance.variant + " " + instance.dtype + ":";
    for (const auto &[name, value] : instance.semantics)
      line += " " + name + "=" + value;
    const Kernel *kernel =
        registry
            .resolve(*slot, instance, op, {backends->all().front().get(), backends->all().front()->levels().back()}, "")
            .chosen;
    lines.push_back(line + " -> " + (kernel ? kernel->name : "none"));
  });
  return lines;
}

TEST(Slots, LinearsThatRouteAreExact) {
  EXPECT_EQ(described("linear", R"(
    func.func private @f(%x: tensor<?x8xf32>, %w: tensor<4x8xbf16>, %bias: tensor<4xf32>) {
      %a = veomni.linear %x, %w : (tensor<?x8xf32>, tensor<4x8xbf16>) -> tensor<?x4xf32>
      %b = veomni.linear %x, %w : (tensor<?x8xf32>, tensor<4x8xbf16>) -> tensor<?x4xf32>
      %c = veomni.linear %x, %w : (tensor<?x8xf32>, tensor<4x8xbf16>) -> tensor<?x4xf32>
      %0:2 = veomni.router %b {top_k = 1 : i64, weight_type = f32} : tensor<?x4xf32> -> tensor<?x1xi32>, tensor<?x1xf32>
      %1:2 = veomni.group_router %c, %bias
          {groups = 2 : i64, groups_per_token = 1 : i64, scale = 1.0 : f32, top_k = 1 : i64}
          : tensor<?x4xf32>, tensor<4xf32> -> tensor<?x1xi32>, tensor<?x1xf32>
      return
    })"),
            (Lines{"standard bf16: input=may_round -> bf16_dot", "standard bf16: input=exact -> packed",
                   "standard bf16: input=exact -> packed"}));
}

TEST(Slots, Norms) {
  EXPECT_EQ(described("rms_norm", R"(
    func.func private @f(%x: tensor<?x8xf32>, %x16: tensor<?x8xbf16>, %w: tensor<8xbf16>) {
      %a = veomni.rms_norm %x, %w {eps = 1.0e-06 : f32, variant = #veomni.norm<standard>}
          : tensor<?x8xf32>, tensor<8xbf16>
      %b = veomni.rms_norm %x, %w {eps = 1.0e-06 : f32, variant = #veomni.norm<one_plus>}
          : tensor<?x8xf32>, tensor<8xbf16>
      %c = veomni.rms_norm %x {eps = 1.0e-06 : f32, variant = #veomni.norm<unweighted>} : tensor<?x8xf32>
      %d = veomni.rms_norm %x16 {eps = 1.0e-06 : f32, variant = #veomni.norm<unweighted>} : tensor<?x8xbf16>
      return
    })"),
            (Lines{"standard bf16: cast=before_weight -> fused", "one_plus bf16: cast=after_weight -> fused",
                   "unweighted f32: cast=of_factor -> fused", "unweighted bf16: cast=of_factor -> fused"}));
}

TEST(Slots, RopesOfVisionTowers) {
  // One row of patches in place of a batch of rows, and heads that turn as a whole.
  const std::string module = R"(
    func.func private @f(%x: tensor<?x?x2x8xf32>, %cos: tensor<?x?x4xf32>, %p: tensor<?x2x8xbf16>, %c: tensor<?x4xf32>,
        %part: tensor<?x2xf32>) {
      %a = veomni.rope %x, %cos, %cos {layout = #veomni.rope_layout<half>} : tensor<?x?x2x8xf32>, tensor<?x?x4xf32>
      %b = veomni.rope %p, %c, %c {layout = #veomni.rope_layout<half>} : tensor<?x2x8xbf16>, tensor<?x4xf32>
      %d = veomni.rope %p, %part, %part {layout = #veomni.rope_layout<interleaved>}
          : tensor<?x2x8xbf16>, tensor<?x2xf32>
      return
    })";
  EXPECT_EQ(described("rotary_pos_emb", module),
            (Lines{"full f32: layout=half -> fused", "partial bf16: layout=interleaved -> fused"}));
  EXPECT_EQ(described("rotary_pos_emb_vision", module), (Lines{"full bf16: layout=half -> fused"}));
}

TEST(Slots, Losses) {
  EXPECT_EQ(described("cross_entropy_loss", R"(
    func.func private @f(%x: tensor<?x?x8xf32>, %l: tensor<?x?x5xbf16>, %labels: tensor<?x?xi64>) {
      %w = veomni.param "w" : tensor<5x8xf32>
      %logits = veomni.linear %x, %w : (tensor<?x?x8xf32>, tensor<5x8xf32>) -> tensor<?x?x5xf32>
      %a:2 = veomni.cross_entropy %logits, %labels {ignore_index = -100 : i64}
          : tensor<?x?x5xf32>, tensor<?x?xi64> -> tensor<?x?xf32>
      %b:2 = veomni.cross_entropy %l, %labels {ignore_index = -100 : i64}
          : tensor<?x?x5xbf16>, tensor<?x?xi64> -> tensor<?x?xf32>
      return
    })"),
            (Lines{"standard f32: -> fused_linear", "standard bf16: -> rows"}));
}

TEST(Slots, HyperConnections) {
  EXPECT_EQ(described("mhc", R"(
    func.func private @f(%x: tensor<?x?x2x4xf32>, %y: tensor<?x?x4xf32>, %fn: tensor<8x8xbf16>, %s: tensor<3xf32>,
                         %base: tensor<8xf32>, %hfn: tensor<2x8xf32>, %hs: tensor<1xf32>, %hb: tensor<2xf32>) {
      %c, %post, %comb = veomni.mhc_pre %x, %fn, %s, %base
          {eps = 0.0 : f32, iterations = 2 : i64, norm_eps = 1.0e-06 : f32}
          : (tensor<?x?x2x4xf32>, tensor<8x8xbf16>, tensor<3xf32>, tensor<8xf32>)
          -> (tensor<?x?x4xf32>, tensor<?x?x2xf32>, tensor<?x?x2x2xf32>)
      %r = veomni.mhc_post %y, %x, %post, %comb
          : tensor<?x?x4xf32>, tensor<?x?x2x4xf32>, tensor<?x?x2xf32>, tensor<?x?x2x2xf32>
      %h = veomni.mhc_head %r, %hfn, %hs, %hb {eps = 0.0 : f32, norm_eps = 1.0e-06 : f32}
          : (tensor<?x?x2x4xf32>, tensor<2x8xf32>, tensor<1xf32>, tensor<2xf32>) -> tensor<?x?x4xf32>
      return
    })"),
            (Lines{"pre bf16: -> eager", "post f32: -> eager", "head f32: -> eager"}));
}

TEST(Slots, Attention) {
  EXPECT_EQ(described("attention", R"(
    func.func private @f(%q: tensor<?x?x4x20xf32>, %v: tensor<?x?x4x10xf32>, %starts: tensor<?x?xi32>,
                         %mask: tensor<?x?xi64>, %given: i1, %sinks: tensor<4xbf16>) {
      %a = veomni.attention %q, %q, %q starts %starts key_mask %mask if %given {scale = 0.25 : f32, window = 0 : i64}
          : tensor<?x?x4x20xf32>, tensor<?x?x4x20xf32>, tensor<?x?xi32>, tensor<?x?xi64>
      %b = veomni.attention %q, %q, %v starts %starts key_mask %mask if %given sinks %sinks
          {scale = 0.25 : f32, window = 3 : i64}
          : tensor<?x?x4x20xf32>, tensor<?x?x4x20xf32> values tensor<?x?x4x10xf32>, tensor<?x?xi32>,
          tensor<?x?xi64> sinks tensor<4xbf16>
      %c = veomni.attention %q, %q, %q starts %starts key_mask %mask if %given
          {scale = 0.25 : f32, visibility = #veomni.visibility<full>, window = 0 : i64}
          : tensor<?x?x4x20xf32>, tensor<?x?x4x20xf32>, tensor<?x?xi32>, tensor<?x?xi64>
      return
    })"),
            (Lines{"causal f32: sinks=no value_dim=same window=none -> flash",
                   "causal f32: sinks=yes value_dim=other window=sliding -> flash",
                   "full f32: sinks=no value_dim=same window=none -> flash"}));
}

TEST(Slots, SparseAttention) {
  const std::string module = R"(
    func.func private @f(%x: tensor<?x?x16xf32>, %a: tensor<?x?x4x20xf32>, %v: tensor<?x?x4x10xf32>,
                         %table: tensor<?x?x2xf32>, %starts: tensor<?x?xi32>, %mask: tensor<?x?xi64>, %given: i1,
                         %wide: tensor<14x16xbf16>, %narrow: tensor<7x16xbf16>,
                         %norm: tensor<7xbf16>) {
      %q = veomni.linear %x, %wide : (tensor<?x?x16xf32>, tensor<14x16xbf16>) -> tensor<?x?x14xf32>
      %heads = veomni.unflatten %q : tensor<?x?x14xf32> -> tensor<?x?x2x7xf32>
      %turned = veomni.rope %heads, %table, %table {layout = #veomni.rope_layout<half>}
          : tensor<?x?x2x7xf32>, tensor<?x?x2xf32>
      %k = veomni.linear %x, %narrow : (tensor<?x?x16xf32>, tensor<7x16xbf16>) -> tensor<?x?x7xf32>
      %key = veomni.layer_norm %k, %norm, %norm {eps = 1.0e-06 : f32} : tensor<?x?x7xf32>, tensor<7xbf16>
      %other = veomni.linear %x, %narrow : (tensor<?x?x16xf32>, tensor<7x16xbf16>) -> tensor<?x?x7xf32>
      %other_key = veomni.layer_norm %other, %norm, %norm {eps = 1.0e-06 : f32} : tensor<?x?x7xf32>, tensor<7xbf16>
      %w = veomni.slice %key {offset = 0 : i64} : tensor<?x?x7xf32> -> tensor<?x?x2xf32>
      %i = veomni.dsa_indexer %turned, %key, %w starts %starts key_mask %mask if %given
          {scale = 0.25 : f32, top_k = 6 : i64}
          : tensor<?x?x2x7xf32>, tensor<?x?x7xf32>, tensor<?x?x2xf32>, tensor<?x?xi32>, tensor<?x?xi64>
          -> tensor<?x?x6xi32>
      %o = veomni.dsa_attention %a, %a, %v, %i starts %starts key_mask %mask if %given {scale = 0.25 : f32}
          : tensor<?x?x4x20xf32>, tensor<?x?x4x20xf32> values tensor<?x?x4x10xf32>, tensor<?x?x6xi32>, tensor<?x?xi32>,
          tensor<?x?xi64>
      return
    })";
  EXPECT_EQ(described("linear", module),
            (Lines{"standard bf16: input=exact -> packed", "standard bf16: input=exact -> packed",
                   "standard bf16: input=may_round -> bf16_dot"}));
  EXPECT_EQ(described("dsa_indexer", module), Lines{"standard f32: -> eager"});
  EXPECT_EQ(described("dsa_attention", module), Lines{"standard f32: value_dim=other -> eager"});
}

TEST(Slots, GatedUnits) {
  EXPECT_EQ(described("swiglu_mlp", R"(
    func.func private @f(%x: tensor<?x8xf32>) {
      %a = veomni.glu %x, %x {act = #veomni.activation<gelu>} : tensor<?x8xf32>
      %b = veomni.packed_glu %x {act = #veomni.activation<silu>} : tensor<?x8xf32> -> tensor<?x4xf32>
      %c = veomni.packed_glu %x {act = #veomni.activation<silu>, alpha = 1.7 : f32,
          layout = #veomni.glu_layout<interleaved>, limit = 7.0 : f32,
                                 up_shift = 1.0 : f32} : tensor<?x8xf32> -> tensor<?x4xf32>
      return
    })"),
            (Lines{"standard f32: activation=gelu alpha=none gate_up=apart limit=none up_shift=none -> fused",
                   "standard f32: activation=silu alpha=none gate_up=packed limit=none up_shift=none -> fused",
                   "standard f32: activation=silu alpha=set gate_up=interleaved limit=clamp up_shift=set -> fused"}));
}

TEST(Slots, LinearAttention) {
  const std::string module = R"(
    func.func private @f(%x: tensor<?x?x8xf32>, %w: tensor<8x4xbf16>, %b: tensor<8xbf16>, %starts: tensor<?x?xi32>,
                         %q: tensor<?x?x2x4xf32>, %g: tensor<?x?x2xf32>, %n: tensor<8xbf16>) {
      %a = veomni.causal_conv1d %x, %w starts %starts {act = #veomni.activation<silu>}
          : tensor<?x?x8xf32>, tensor<8x4xbf16>, tensor<?x?xi32>
      %c = veomni.causal_conv1d %x, %w bias %b starts %starts
          : tensor<?x?x8xf32>, tensor<8x4xbf16> bias tensor<8xbf16>, tensor<?x?xi32>
      %d = veomni.chunk_gated_delta_rule %q, %q, %q, %g, %g starts %starts
          {l2_norm_eps = 1.0e-06 : f32, scale = 1.0 : f32}
          : tensor<?x?x2x4xf32>, tensor<?x?x2x4xf32>, tensor<?x?x2xf32>, tensor<?x?xi32>
      %e = veomni.chunk_gated_delta_rule %q, %q, %q, %g, %g starts %starts {scale = 1.0 : f32}
          : tensor<?x?x2x4xf32>, tensor<?x?x2x4xf32>, tensor<?x?x2xf32>, tensor<?x?xi32>
      %h = veomni.gated_rms_norm %x, %x, %n {eps = 1.0e-06 : f32} : tensor<?x?x8xf32>, tensor<8xbf16>
      return
    })";
  EXPECT_EQ(described("causal_conv1d", module), (Lines{"standard bf16: activation=silu bias=no -> eager",
                                                       "standard bf16: activation=none bias=yes -> eager"}));
  EXPECT_EQ(described("chunk_gated_delta_rule", module),
            (Lines{"standard f32: l2_norm=yes -> eager", "standard f32: l2_norm=no -> eager"}));
  EXPECT_EQ(described("rms_norm_gated", module), (Lines{"standard bf16: activation=silu cast=before_weight -> eager"}));
}

TEST(Slots, Experts) {
  const std::string module = R"(
    func.func private @plain(%rows: tensor<?x8xf32>, %e: index) -> tensor<?x8xf32> {
      %g = veomni.param "g" : tensor<2x12x8xbf16>
      %d = veomni.param "d" : tensor<2x8x6xbf16>
      %ge = veomni.select_expert %g, %e : tensor<2x12x8xbf16> -> tensor<12x8xbf16>
      %de = veomni.select_expert %d, %e : tensor<2x8x6xbf16> -> tensor<8x6xbf16>
      %h = veomni.linear %rows, %ge : (tensor<?x8xf32>, tensor<12x8xbf16>) -> tensor<?x12xf32>
      %a = veomni.packed_glu %h {act = #veomni.activation<silu>} : tensor<?x12xf32> -> tensor<?x6xf32>
      %y = veomni.linear %a, %de : (tensor<?x6xf32>, tensor<8x6xbf16>) -> tensor<?x8xf32>
      return %y : tensor<?x8xf32>
    }
    func.func private @gpt_oss(%rows: tensor<?x8xf32>, %e: index) -> tensor<?x8xf32> {
      %g = veomni.param "g" : tensor<2x12x8xf32>
      %d = veomni.param "d" : tensor<2x8x6xf32>
      %b = veomni.param "b" : tensor<2x8xf32>
      %ge = veomni.select_expert %g, %e : tensor<2x12x8xf32> -> tensor<12x8xf32>
      %de = veomni.select_expert %d, %e : tensor<2x8x6xf32> -> tensor<8x6xf32>
      %be = veomni.select_expert %b, %e : tensor<2x8xf32> -> tensor<8xf32>
      %h = veomni.linear %rows, %ge : (tensor<?x8xf32>, tensor<12x8xf32>) -> tensor<?x12xf32>
      %a = veomni.packed_glu %h
          {act = #veomni.activation<silu>, alpha = 1.7 : f32, layout = #veomni.glu_layout<interleaved>,
                                 limit = 7.0 : f32, up_shift = 1.0 : f32} : tensor<?x12xf32> -> tensor<?x6xf32>
      %y = veomni.linear %a, %de bias %be : (tensor<?x6xf32>, tensor<8x6xf32>, tensor<8xf32>) -> tensor<?x8xf32>
      return %y : tensor<?x8xf32>
    }
    func.func private @other(%rows: tensor<?x8xf32>, %e: index) -> tensor<?x8xf32> {
      return %rows : tensor<?x8xf32>
    }
    func.func private @f(%x: tensor<?x8xf32>, %e: tensor<?x1xi32>, %w: tensor<?x1xf32>) {
      %a = veomni.experts_loop @plain (%x, %e, %w) {num_experts = 2 : i64}
          : tensor<?x8xf32>, tensor<?x1xi32>, tensor<?x1xf32> -> tensor<?x8xf32>
      %b = veomni.experts_loop @gpt_oss (%x, %e, %w) {num_experts = 2 : i64}
          : tensor<?x8xf32>, tensor<?x1xi32>, tensor<?x1xf32> -> tensor<?x8xf32>
      %c = veomni.experts_loop @other (%x, %e, %w) {num_experts = 2 : i64}
          : tensor<?x8xf32>, tensor<?x1xi32>, tensor<?x1xf32> -> tensor<?x8xf32>
      return
    })";
  EXPECT_EQ(described("moe_experts", module),
            (Lines{"standard bf16: activation=silu alpha=none bias=no gate_up=packed limit=none "
                   "routing_weight=after_fc2 up_shift=none -> grouped",
                   "gpt_oss f32: activation=silu alpha=set bias=yes gate_up=interleaved limit=clamp "
                   "routing_weight=after_fc2 up_shift=set -> "
                   "grouped",
                   "standard f32: routing_weight=after_fc2 -> eager"}));
}

} // namespace

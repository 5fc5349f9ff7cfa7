// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Which kernel an op gets, and why not another.
#include "veomni/Dialect/VeOmni/VeOmni.h"
#include "veomni/Kernels/RegistryInterface.h"
#include "veomni/Pipelines/Phases.h"
#include "veomni/Pipelines/Register.h"

#include "mlir/IR/MLIRContext.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"

#include <gtest/gtest.h>

using namespace veomni;
using namespace veomni::kernels;

namespace {

/// A registry with one slot, of two variants.
class Registry : public ::testing::Test {
protected:
  Registry() {
    Slot slot{
        "norm", "for tests", {"standard", "one_plus"}, {"test.norm"}, [](mlir::Operation *) { return Instance{}; }};
    EXPECT_EQ(text(registry.addSlot(slot)), "");
  }

  static std::string text(llvm::Error error) { return llvm::toString(std::move(error)); }
  std::string add(Kernel kernel) {
    if (kernel.op.empty())
      kernel.op = "norm";
    return text(registry.addKernel(std::move(kernel)));
  }
  Resolution resolve(const Instance &instance, const std::string &name = "", int level = 1) {
    return registry.resolve(*registry.findSlot("norm"), instance, nullptr, {cpu.get(), cpu->levels()[level]}, name);
  }
  /// Why the instance does not get the only kernel.
  std::string whyNot(const Instance &instance, int level = 1) {
    Resolution resolution = resolve(instance, "", level);
    EXPECT_EQ(resolution.chosen, nullptr);
    return resolution.ruledOut.empty() ? "" : resolution.ruledOut.front().second;
  }

  KernelRegistry registry;
  std::shared_ptr<codegen::BackendRegistry> backends = builtinBackends();
  std::shared_ptr<codegen::Backend> cpu = backends->all().front();
};

TEST_F(Registry, refusesDuplicates) {
  EXPECT_EQ(add({.name = "fused", .description = "first"}), "");
  EXPECT_EQ(add({.variant = "one_plus", .name = "fused"}), "");
  EXPECT_EQ(add({.name = "fused", .description = "second"}),
            "kernel norm/standard=fused is registered twice: \"first\" and \"second\"");
  EXPECT_EQ(text(registry.addSlot({"norm", "", {"standard"}, {"test.other"}, nullptr})),
            "slot 'norm' is registered twice");
  EXPECT_EQ(text(registry.addSlot({"norm2", "", {"standard"}, {"test.norm"}, nullptr})),
            "slot 'norm2' is for test.norm, which slot 'norm' is for already");
}

TEST_F(Registry, slotsThatShareAnOpSayWhichTheyCover) {
  auto slot = [](std::string name, std::function<bool(mlir::Operation *)> covers) {
    return Slot{name,
                "",
                {"standard"},
                {"builtin.module"},
                [](mlir::Operation *) { return Instance{}; },
                false,
                std::move(covers)};
  };
  auto named = [](bool wanted) { return [wanted](mlir::Operation *op) { return op->hasAttr("sym_name") == wanted; }; };
  EXPECT_EQ(text(registry.addSlot(slot("named", named(true)))), "");
  EXPECT_EQ(text(registry.addSlot(slot("all", nullptr))),
            "slot 'all' is for builtin.module, which slot 'named' is for already");
  mlir::MLIRContext context;
  auto bare = mlir::parseSourceString<mlir::ModuleOp>("module {}", &context);
  auto withName = mlir::parseSourceString<mlir::ModuleOp>("module @m {}", &context);
  EXPECT_EQ(registry.slotOf(withName->getOperation())->op, "named");
  EXPECT_EQ(registry.slotOf(bare->getOperation()), nullptr);
  EXPECT_EQ(text(registry.addSlot(slot("others", named(false)))), "");
  EXPECT_EQ(registry.slotOf(withName->getOperation())->op, "named");
  EXPECT_EQ(registry.slotOf(bare->getOperation())->op, "others");
}

TEST_F(Registry, refusesWhatHasNoSlot) {
  EXPECT_EQ(add({.op = "norms", .name = "fused"}),
            "kernel norms/standard=fused: there is no slot 'norms'; slots: norm");
  EXPECT_EQ(add({.variant = "gated", .name = "fused"}),
            "kernel norm/gated=fused: slot 'norm' has no variant 'gated'; variants: standard, one_plus");
  EXPECT_EQ(text(registry.addSlot({"empty", "", {}, {}, nullptr})), "slot 'empty' has no variants");
}

TEST_F(Registry, refusesKindsForWhatTakesSeveralDispatches) {
  EXPECT_EQ(add({.name = "fused", .kind = "norm2"}),
            "kernel norm/standard=fused names the kind 'norm2', but slot 'norm' does not take one dispatch");
  KernelRegistry builtin;
  EXPECT_EQ(text(registerBuiltinKernels(builtin)), "");
  EXPECT_EQ(text(builtin.addKernel({.op = "rms_norm", .name = "mine", .kind = "my_norm"})), "");
  EXPECT_EQ(
      text(builtin.addKernel({.op = "attention", .variant = "causal", .name = "mine", .kind = "my_attention"})),
      "kernel attention/causal=mine names the kind 'my_attention', but slot 'attention' does not take one dispatch");
}

TEST_F(Registry, refusesSlotsThatNothingFills) {
  EXPECT_EQ(add({.name = "fused"}), "");
  EXPECT_EQ(text(registry.verify()), "slot norm/one_plus is declared, but no kernel is registered for it");
  EXPECT_EQ(add({.variant = "one_plus", .name = "fused"}), "");
  EXPECT_EQ(text(registry.verify()), "");
}

TEST_F(Registry, aVariantNeverGetsTheKernelOfAnother) {
  EXPECT_EQ(add({.name = "fused"}), "");
  Resolution resolution = resolve({.variant = "one_plus"}, "fused");
  EXPECT_EQ(resolution.chosen, nullptr);
  EXPECT_TRUE(resolution.ruledOut.empty());
}

TEST_F(Registry, checksDtype) {
  EXPECT_EQ(add({.name = "fused", .dtypes = {"bf16"}}), "");
  EXPECT_EQ(whyNot({.dtype = "f32"}), "takes bf16, this op has f32");
  EXPECT_NE(resolve({.dtype = "bf16"}).chosen, nullptr);
}

TEST_F(Registry, checksTheRangeOfLevels) {
  EXPECT_EQ(add({.name = "fused", .target = "cpu", .fromLevel = "x86-64-v4", .toLevel = "x86-64-v4"}), "");
  EXPECT_EQ(whyNot({}, 0), "needs cpu from x86-64-v4 up to x86-64-v4, the target is x86-64-v3");
  EXPECT_EQ(whyNot({}, 2), "needs cpu from x86-64-v4 up to x86-64-v4, the target is avx512-bf16");
  EXPECT_NE(resolve({}, "", 1).chosen, nullptr);
}

TEST_F(Registry, aSemanticThatIsNotNamedIsNotImplemented) {
  EXPECT_EQ(add({.name = "fused", .semantics = {{"layout", {"half", "interleaved"}}}}), "");
  EXPECT_EQ(whyNot({.semantics = {{"layout", "mrope"}}}),
            "implements layout = half | interleaved, this op needs mrope");
  EXPECT_EQ(whyNot({.semantics = {{"layout", "half"}, {"limit", "clamp"}}}),
            "does not say what it does about limit, this op needs limit = clamp");
  EXPECT_NE(resolve({.semantics = {{"layout", "half"}}}).chosen, nullptr);
}

TEST_F(Registry, choosesThePreferredOneThatFits) {
  EXPECT_EQ(add({.name = "eager"}), "");
  EXPECT_EQ(add({.name = "fast", .target = "cpu", .fromLevel = "avx512-bf16", .preference = 20}), "");
  EXPECT_EQ(add({.name = "fused", .preference = 10}), "");
  EXPECT_EQ(resolve({}, "", 1).chosen->name, "fused");
  EXPECT_EQ(resolve({}, "", 2).chosen->name, "fast");
  EXPECT_EQ(resolve({}, "eager", 2).chosen->name, "eager");
}

TEST_F(Registry, aNamedKernelIsNeverReplacedByAnother) {
  EXPECT_EQ(add({.name = "eager"}), "");
  EXPECT_EQ(add({.name = "fast", .target = "cpu", .fromLevel = "avx512-bf16", .preference = 20}), "");
  EXPECT_EQ(resolve({}, "fast", 1).chosen, nullptr);
  EXPECT_EQ(resolve({}, "faster", 2).chosen, nullptr);
}

TEST_F(Registry, checksTheTarget) {
  EXPECT_EQ(add({.name = "fused", .target = "cpu"}), "");
  EXPECT_NE(resolve({}).chosen, nullptr);
  const codegen::Backend &null = llvm::cantFail(backends->find("null"));
  Resolution resolution = registry.resolve(*registry.findSlot("norm"), {}, nullptr, {&null, null.levels().front()}, "");
  EXPECT_EQ(resolution.chosen, nullptr);
  ASSERT_EQ(resolution.ruledOut.size(), 1u);
  EXPECT_EQ(resolution.ruledOut.front().second, "is for cpu, the target is null");
}

TEST_F(Registry, refusesTargetsAndLevelsThatThereAreNot) {
  EXPECT_EQ(add({.name = "levels", .fromLevel = "x86-64-v4"}),
            "kernel norm/standard=levels is for levels from 'x86-64-v4' up to '', but names no target");
  EXPECT_EQ(add({.name = "fused", .target = "cpu", .fromLevel = "x86-64-v4"}), "");
  EXPECT_EQ(text(registry.verify(*backends)), "");
  EXPECT_EQ(add({.name = "gpu", .target = "gpu"}), "");
  EXPECT_EQ(add({.name = "old", .target = "cpu", .toLevel = "x86-64-v1"}), "");
  EXPECT_EQ(text(registry.verify(*backends)),
            "kernel norm/standard=gpu: unknown target 'gpu', expected one of: cpu, null\n"
            "kernel norm/standard=old: unknown cpu level 'x86-64-v1', expected one of: host, x86-64-v3, x86-64-v4, "
            "avx512-bf16");
}

TEST(Backends, areFoundByName) {
  std::shared_ptr<codegen::BackendRegistry> backends = builtinBackends();
  EXPECT_EQ(backends->names(), (std::vector<std::string>{"cpu", "null"}));
  EXPECT_EQ(llvm::toString(backends->add(backends->all().front())), "target 'cpu' is registered twice");
  EXPECT_EQ(llvm::toString(backends->find("gpu").takeError()), "unknown target 'gpu', expected one of: cpu, null");
}

TEST(Backends, haveLevelsInOrder) {
  const codegen::Backend &cpu = *builtinBackends()->all().front();
  for (auto [rank, level] : llvm::enumerate(cpu.levels())) {
    EXPECT_EQ(cpu.rankOf(level->name), rank);
    EXPECT_EQ(&llvm::cantFail(cpu.findLevel(level->name)), level);
  }
  EXPECT_EQ(cpu.rankOf("host"), std::nullopt);
  EXPECT_EQ(llvm::toString(cpu.findLevel("z80").takeError()),
            "unknown cpu level 'z80', expected one of: host, x86-64-v3, x86-64-v4, avx512-bf16");
}

TEST(Backends, takeKindsOfTheirOwn) {
  std::shared_ptr<codegen::BackendRegistry> backends = builtinBackends(), others = builtinBackends();
  codegen::KernelKind kind = *backends->all().front()->kinds().find("glu");
  EXPECT_EQ(llvm::toString(backends->all().front()->addKind(kind)), "kernel kind 'glu' is registered twice");
  kind.name = "my_glu";
  EXPECT_EQ(llvm::toString(llvm::cantFail(backends->find("null")).addKind(kind)),
            "target 'null' has the kernel kinds of 'cpu': add 'my_glu' there");
  EXPECT_EQ(llvm::toString(backends->all().front()->addKind(kind)), "");
  // The null target follows; another compiler of the process does not.
  EXPECT_NE(llvm::cantFail(backends->find("null")).kinds().find("my_glu"), nullptr);
  EXPECT_EQ(others->all().front()->kinds().find("my_glu"), nullptr);
  kind.name = "other_glu";
  kind.emit = +[](KernelRegistry &, const codegen::Kernel &) {};
  EXPECT_EQ(llvm::toString(backends->all().front()->addKind(kind)),
            "kernel kind 'other_glu' is not written with a cpu::KernelBuilder");
}

TEST(Backends, haveRowsThatSuitThem) {
  std::shared_ptr<codegen::BackendRegistry> backends = builtinBackends();
  const codegen::Backend &cpu = llvm::cantFail(backends->find("cpu")), &null = llvm::cantFail(backends->find("null"));
  EXPECT_EQ(cpu.rowStride(20, 4), 32);     // whole cache lines
  EXPECT_EQ(cpu.rowStride(1024, 4), 1040); // not a multiple of a page
  EXPECT_EQ(cpu.rowStride(1024, 2), 1024);
  EXPECT_EQ(null.rowStride(20, 4), 20);
}

TEST(BuiltinKernels, areConsistent) {
  KernelRegistry registry;
  EXPECT_EQ(llvm::toString(registerBuiltinKernels(registry)), "");
  EXPECT_EQ(llvm::toString(registry.verify(*builtinBackends())), "");
  for (const std::string &name : registry.slotNames())
    for (const std::string &variant : registry.findSlot(name)->variants)
      for (const Kernel *kernel : registry.kernelsOf(name, variant)) {
        EXPECT_FALSE(kernel->description.empty()) << kernel->name;
        EXPECT_FALSE(kernel->lowering.empty()) << kernel->name;
      }
}

constexpr const char *kModel = R"(
func.func private @E.expert(%rows: tensor<?x8xf32>, %e: index) -> tensor<?x8xf32> {
  %g = veomni.param "gate_up_proj" : tensor<2x12x8xf32>
  %d = veomni.param "down_proj" : tensor<2x8x6xf32>
  %ge = veomni.select_expert %g, %e : tensor<2x12x8xf32> -> tensor<12x8xf32>
  %de = veomni.select_expert %d, %e : tensor<2x8x6xf32> -> tensor<8x6xf32>
  %h = veomni.linear %rows, %ge : (tensor<?x8xf32>, tensor<12x8xf32>) -> tensor<?x12xf32>
  %a = veomni.packed_glu %h {act = #veomni.activation<silu>} : tensor<?x12xf32> -> tensor<?x6xf32>
  %y = veomni.linear %a, %de : (tensor<?x6xf32>, tensor<8x6xf32>) -> tensor<?x8xf32>
  return %y : tensor<?x8xf32>
}
func.func @forward(%x: tensor<?x8xf32>, %l: tensor<?x2xf32>) -> tensor<?x8xf32> {
  %e, %w = veomni.router %l {top_k = 1 : i64, weight_type = f32} : tensor<?x2xf32> -> tensor<?x1xi32>, tensor<?x1xf32>
  %y = veomni.experts_loop @E.expert (%x, %e, %w) {num_experts = 2 : i64}
      : tensor<?x8xf32>, tensor<?x1xi32>, tensor<?x1xf32> -> tensor<?x8xf32>
  return %y : tensor<?x8xf32>
}
)";

/// Binds the model under a rule and tells what its loop over experts got.
std::string bindExperts(mlir::ModuleOp module, const std::string &rule) {
  mlir::PassManager manager(module.getContext());
  BindPipelineOptions options;
  options.level = "x86-64-v4";
  if (!rule.empty())
    options.kernels.push_back(rule);
  buildBindPipeline(manager, options);
  if (failed(manager.run(module)))
    return "failed";
  std::string kernel;
  module.walk(
      [&](ExpertsLoopOp loop) { kernel = loop->getAttrOfType<mlir::StringAttr>(VeOmniDialect::kKernel).str(); });
  return kernel;
}

TEST(Binding, ofTwoModelsIsApart) {
  // A teacher and a student, in one context: what one is bound to is nothing to the other.
  mlir::DialectRegistry dialects;
  registerAllDialects(dialects);
  mlir::MLIRContext context(dialects);
  auto teacher = mlir::parseSourceString<mlir::ModuleOp>(kModel, &context),
       student = mlir::parseSourceString<mlir::ModuleOp>(kModel, &context);
  EXPECT_EQ(bindExperts(*teacher, "moe_experts=eager"), "eager");
  EXPECT_EQ(bindExperts(*student, ""), "grouped");
  EXPECT_EQ(bindExperts(*teacher, ""), "eager");
}

TEST(Binding, seesTheRegistryOfItsContext) {
  // A kernel that one context has is unknown to another.
  std::shared_ptr<KernelRegistry> more = builtinKernels();
  ASSERT_EQ(llvm::toString(more->addKernel({.op = "moe_experts",
                                            .variant = "standard",
                                            .name = "special",
                                            .semantics = more->kernelsOf("moe_experts", "standard").front()->semantics,
                                            .preference = 100})),
            "");
  mlir::DialectRegistry plain, extended;
  registerAllDialects(plain);
  registerAllDialects(extended, more);
  mlir::MLIRContext plainContext(plain), extendedContext(extended);
  plainContext.getDiagEngine().registerHandler([](mlir::Diagnostic &) {});
  auto plainModel = mlir::parseSourceString<mlir::ModuleOp>(kModel, &plainContext);
  auto extendedModel = mlir::parseSourceString<mlir::ModuleOp>(kModel, &extendedContext);
  EXPECT_EQ(bindExperts(*extendedModel, ""), "special");
  EXPECT_EQ(bindExperts(*plainModel, "moe_experts=special"), "failed");
  EXPECT_EQ(bindExperts(*plainModel, ""), "grouped");
}

} // namespace

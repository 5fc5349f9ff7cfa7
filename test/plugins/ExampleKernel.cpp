// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// [kernel-plugin]
// A plugin with one kernel: an RMS norm that adds up its squares in one chain of vectors.
#include "veomni/Codegen/CPU/KernelBuilder.h"
#include "veomni/Codegen/CPU/WorkSplit.h"
#include "veomni/Kernels/Plugin.h"

#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;
using namespace veomni;
using Values = cpu::KernelBuilder::Values;

static void emitExampleNorm(cpu::KernelBuilder &k, const cpu::Kernel &kernel) {
  int64_t cols = kernel.size("cols"), groups = kernel.size("groups"), ldx = kernel.stride("x"),
          ldo = kernel.stride("out");
  double eps = kernel.number("eps");
  k.begin();
  Type xType = k.elementType("x");
  k.rows(k.scalar(0), cpu::kRowBlock, [&](Value row) {
    k.each(k.index(0), k.index(groups * cols), cols, [&](Value at) {
      Value x = k.add(k.mul(row, ldx), at), out = k.add(k.mul(row, ldo), at);
      Values squares = k.columns(cols, 1, {k.splat(0.0)}, [&](ArrayRef<cpu::Columns> run, ValueRange sum) {
        Value value = k.load(k.operand(0), k.add(x, run[0].at), run[0].count);
        return Values{k.fma(value, value, sum[0])};
      });
      Value mean = k.div(k.sum(squares[0]), k.constant(k.f32(), double(cols)));
      Value root = math::SqrtOp::create(k.ops(), k.add(mean, k.constant(k.f32(), eps)));
      Value inverse = k.broadcast(k.div(k.constant(k.f32(), 1.0), root));
      k.columns(cols, 1, [&](ArrayRef<cpu::Columns> run) {
        auto [column, count] = run[0];
        Value normal = k.roundThrough(k.mul(k.load(k.operand(0), k.add(x, column), count), inverse), xType);
        k.store(k.mul(k.load(k.operand(1), column, count), normal), k.operand(2), k.add(out, column), count);
      });
    });
  });
  k.end();
}

static cpu::KernelKind exampleNorm() {
  return {.name = "example_norm",
          .summary = "A root mean square norm of runs of columns.",
          .operands = {cpu::read("x", "[rows.. | groups.., cols] x X"), cpu::read("weight", "[cols] x W"),
                       cpu::write("out", "[rows.. | groups.., cols] x O", /*over=*/{"x"})},
          .scalars = {cpu::scalar("rows")},
          .workgroups = {cpu::blocks("rows", cpu::kRowBlock)},
          .attributes = {cpu::number("eps", "what is added to the mean of squares"),
                         cpu::choice("variant", {"standard"}, "how the weight is applied")},
          .emit = emitExampleNorm};
}

extern "C" kernels::KernelPlugin veomniKernelPlugin() {
  return {VEOMNI_KERNEL_PLUGIN_VERSION, "example", [](kernels::PluginRegistrar &registrar) -> llvm::Error {
            if (llvm::Error error = registrar.registry.addKernel({.op = "rms_norm",
                                                                  .variant = "standard",
                                                                  .name = "example",
                                                                  .description = "a norm from a plugin",
                                                                  .lowering = "kernel example_norm",
                                                                  .target = "cpu",
                                                                  .semantics = {{"cast", {"before_weight"}}},
                                                                  .kind = "example_norm"}))
              return error;
            return registrar.addKind("cpu", exampleNorm());
          }};
}
// [/kernel-plugin]

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// C = A W^T + bias, with W in packed panels.
//
// A workgroup is a block of rows times a group of panels that stays in the second-level cache.
//
// `grouped`: rows are sorted by expert, and a workgroup goes through the experts that its block of rows meets. So work
// is split by rows however uneven the experts' shares are.
#include "../GemmNest.h"
#include "Kernels.h"

using namespace veomni::cpu;
using namespace mlir;

namespace {
struct Gemm {
  Product product;
  int64_t ldc, group, experts; // 0: one matrix
  bool bias, counted, grouped;
};

class GemmEmitter : GemmEpilogue {
public:
  GemmEmitter(KernelBuilder &k, const Gemm &gemm) : k(k), g(gemm), nest(k, gemm.product, *this) {}

  void emit() {
    k.begin({{"w", g.product.storedType(k)}});
    bindOperands();
    Value rows = g.counted ? k.countedRows(k.scalar(0), rowCount) : k.scalar(0);
    Value row0 = k.mul(k.workgroup(0), kGemmRows), row1 = k.min(k.add(row0, kGemmRows), rows);
    if (g.grouped)
      k.each(k.index(0), k.index(g.experts), 1, [&](Value e) {
        emitExpert(e, k.max(row0, k.loadIndex(offsets, e)), k.min(row1, k.loadIndex(offsets, k.add(e, 1))));
      });
    else
      emitExpert(g.experts ? k.scalar(1) : k.index(0), row0, row1);
    k.end();
  }

private:
  void emitExpert(Value e, Value row0, Value row1) {
    const Product &p = g.product;
    Value matrix = k.mul(e, p.panels() * p.panelSize());
    expertBias = k.mul(e, p.n);
    k.when(k.compare(arith::CmpIPredicate::slt, row0, row1), [&] {
      Value panel0 = k.mul(k.workgroup(1), g.group), panel1 = k.min(k.add(panel0, g.group), k.index(p.panels()));
      nest.multiply(row0, row1, panel0, panel1, matrix);
    });
  }

  void bindOperands() {
    if (g.bias)
      bias = k.operand("bias");
    if (g.counted)
      rowCount = k.operand("count");
    if (g.grouped)
      offsets = k.operand("offsets");
    nest.bind({k.operand("a"), k.operand("w"), g.product.routes ? k.operand("routes") : Value()});
    c = k.operand("c");
  }

  /// Writes them.
  void take(const FinishedSums &sums) final {
    for (int64_t v = 0; v * k.lanes() < sums.columns; ++v) {
      int64_t count = sums.columns - v * k.lanes();
      Value at = k.add(sums.column, v * k.lanes()), biases;
      if (g.bias)
        biases = k.load(bias, k.add(expertBias, at), count);
      for (int64_t r = 0; r < sums.height; ++r) {
        Value row = k.add(sums.row, r), x = sums.at(r, v);
        if (g.bias)
          x = k.add(x, biases);
        k.store(x, c, k.add(k.mul(row, g.ldc), at), count);
      }
    }
  }

  KernelBuilder &k;
  const Gemm &g;
  GemmNest nest;
  Value bias, rowCount, offsets, c;
  /// Of the expert that is worked with now.
  Value expertBias;
};
} // namespace

static void emitGemm(KernelBuilder &k, const Kernel &kernel) {
  Gemm g;
  g.product = Product::of(k, kernel);
  g.grouped = kernel.has("offsets"), g.counted = kernel.has("count"), g.bias = kernel.has("bias");
  g.product.routes = kernel.has("routes") ? kernel.integer("top_k") : 0;
  g.ldc = kernel.stride("c"), g.group = kernel.size("group");
  g.experts = kernel.isConstant("experts") ? kernel.size("experts") : 0;
  GemmEmitter(k, g).emit();
}

static std::vector<std::string> workgroups() {
  return {blocks("rows", kGemmRows), "ceildiv(" + blocks("n", kPanelColumns) + ", group)"};
}

static void checkGrouped(Kernel &kernel, Problems &problems) {
  // Gathered rows are copied for each group of panels.
  Product::check(kernel, problems, kernel.has("routes"));
  if (kernel.has("routes") != kernel.hasAttribute("top_k"))
    problems.add("operand 'routes' and attribute 'top_k' go together");
  else if (!kernel.hasAttribute("top_k"))
    kernel.setSize("top_k", 1);
}

KernelKinds kinds::Gemm() {
  auto rows = [] { return scalar("rows"); };
  OperandRule count = optionalRead("count", "[1] x i32", "how many rows there are; workgroups beyond return at once");
  std::vector<AttributeRule> grouped = Product::attributes();
  grouped.push_back(optional(integer("top_k", "routes of a row of A")));
  const char *order = "Every element is summed by one chain in ascending k, whichever tile its row falls into.";
  return {
      {.name = "gemm",
       .summary = "c = a wT + bias, rounded once.",
       .details = order,
       .operands = {read("a", "[rows.. | k] x A"), read("w", "[n, k] x W tiles = [32, 4 bytes]"),
                    optionalRead("bias", "[n] x W"), count, write("c", "[rows.. | n] x C")},
       .scalars = {rows()},
       .workgroups = workgroups(),
       .attributes = Product::attributes(),
       .flops = [](const Kernel &) { return productFlops("rows", "n", "k"); },
       .example =
           {"read [r, 33] x bf16, row_stride = 40; read [50, 33] x bf16, tiles = [32, 2]; read [50] x bf16; write [r, "
            "50] x bf16"},
       .check = [](Kernel &kernel, Problems &problems) { Product::check(kernel, problems); },
       .emit = emitGemm},
      {.name = "expert_gemm",
       .summary = "c = a wT + bias with the matrix and the bias of one expert.",
       .details = order,
       .operands = {read("a", "[rows.. | k] x A"), read("w", "[experts, n, k] x W tiles = [32, 4 bytes]"),
                    optionalRead("bias", "[experts, n] x W"), count, write("c", "[rows.. | n] x C")},
       .scalars = {rows(), {.name = "expert", .size = "", .meaning = "whose matrix", .below = "experts"}},
       .workgroups = workgroups(),
       .attributes = Product::attributes(),
       .flops = [](const Kernel &) { return productFlops("rows", "n", "k"); },
       .example =
           {"read [r, 33] x bf16; read [8, 50, 33] x bf16, tiles = [32, 2]; read [1] x i32; write [r, 50] x bf16"},
       .check = [](Kernel &kernel, Problems &problems) { Product::check(kernel, problems); },
       .emit = emitGemm},
      {.name = "grouped_gemm",
       .summary = "c = a wT + bias with the matrix and the bias of each row's expert; rows are sorted by expert.",
       .details = std::string(order) +
                  " A workgroup takes the experts that its rows meet, so that uneven shares idle nobody. With routes, "
                  "row i of A is row routes[i] / top_k.",
       .operands = {read("a", "[tokens.. | k] x A"), read("w", "[experts, n, k] x W tiles = [32, 4 bytes]"),
                    optionalRead("bias", "[experts, n] x W"),
                    read("offsets", "[experts + 1] x i32", "where each expert's rows start"),
                    optionalRead("routes", "[tokens * top_k] x i32"), write("c", "[tokens * top_k | n] x C")},
       .scalars = {{"rows", "tokens * top_k"}},
       .workgroups = {blocks("tokens * top_k", kGemmRows), workgroups()[1]},
       .attributes = grouped,
       .flops = [](const Kernel &) { return productFlops("tokens", "top_k", "n", "k"); },
       .example = {"read [10, 33] x bf16; read [8, 50, 33] x bf16, tiles = [32, 2]; read [9] x i32; read [20] x i32; "
                   "write [20, "
                   "50] x bf16",
                   "{top_k = 2}"},
       .check = checkGrouped,
       .emit = emitGemm}};
}

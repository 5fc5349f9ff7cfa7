// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// rope_table whose frequencies depend on the greatest position of the run: every workgroup looks for it by itself,
// which is little beside the sines of its rows.
#include "../Math.h"
#include "Kernels.h"

using namespace veomni::cpu;
using namespace mlir;
using Values = KernelBuilder::Values;

static void checkRopeTableOfRun(Kernel &kernel, Problems &problems) {
  for (StringRef name : {"inv_freq", "long_inv_freq"}) {
    if (!kernel.hasAttribute(name))
      continue;
    int64_t found = kernel.numbers(name).size(), expected = kernel.size("count");
    if (found != expected)
      problems.add("attribute '" + name.str() + "' has " + std::to_string(found) + " numbers, expected the " +
                   std::to_string(expected) + " of cos and sin");
  }
  if (kernel.hasAttribute("factor") && kernel.size("count") < 2)
    problems.add("attribute 'factor' needs at least 2 frequencies");
  kernel.expectEqualStrides("cos", "sin", problems);
}

/// The frequencies of `count` columns from `at` on.
using Frequencies = llvm::function_ref<Value(Value at, int64_t count)>;

static void emitTable(KernelBuilder &k, const Kernel &kernel, Frequencies frequencies) {
  int64_t ldo = kernel.stride("cos"), cols = kernel.size("count");
  double scale = kernel.number("scale");
  k.rows(k.scalar(0), kWideRowBlock, [&](Value row) {
    Value position = arith::SIToFPOp::create(k.ops(), k.f32(), k.loadScalar(k.operand(0), row));
    Value positions = k.broadcast(position), at = k.mul(row, ldo);
    k.columns(cols, 1, [&](ArrayRef<Columns> run) {
      for (Columns c : run) {
        auto [cosine, sine] = emitCosSin(k, k.mul(frequencies(c.at, c.count), positions));
        k.store(k.mul(cosine, k.splat(scale)), k.operand(1), k.add(at, c.at), c.count);
        k.store(k.mul(sine, k.splat(scale)), k.operand(2), k.add(at, c.at), c.count);
      }
    });
  });
}

/// The greatest position of all rows, plus 1.
static Value emitReach(KernelBuilder &k) {
  Value greatest =
      k.loop(k.index(0), k.scalar(0), 1, {k.constant(k.i64(), int64_t(0))},
             [&](Value row, ValueRange found) { return Values{k.max(found[0], k.loadScalar(k.operand(0), row))}; })[0];
  return k.add(greatest, k.constant(k.i64(), int64_t(1)));
}

static void emitDynamic(KernelBuilder &k, const Kernel &kernel) {
  ArrayRef<float> frequencies = kernel.numbers("inv_freq");
  double length = double(kernel.integer("length")), factor = kernel.number("factor");
  SmallVector<float> exponents;
  for (size_t i = 0; i < frequencies.size(); ++i)
    exponents.push_back(float(-double(i) / double(frequencies.size() - 1)));
  k.begin();
  Value table = k.table(frequencies), powers = k.table(exponents);
  // A run that stays within the length grows by 1.
  Value reach = k.max(emitReach(k), k.constant(k.i64(), kernel.integer("length")));
  Value wide = arith::SIToFPOp::create(k.ops(), k.f64(), reach);
  Value growth = k.sub(k.mul(wide, k.constant(k.f64(), factor / length)), k.constant(k.f64(), factor - 1));
  Value logarithm = k.broadcast(arith::TruncFOp::create(k.ops(), k.f32(), emitLog64(k, growth)));
  emitTable(k, kernel, [&](Value at, int64_t count) {
    return k.mul(k.load(table, at, count), emitExp(k, k.mul(k.load(powers, at, count), logarithm)));
  });
  k.end();
}

static void emitLong(KernelBuilder &k, const Kernel &kernel) {
  k.begin();
  Value table = k.table(kernel.numbers("inv_freq")), longTable = k.table(kernel.numbers("long_inv_freq"));
  Value beyond = k.compare(arith::CmpIPredicate::sgt, emitReach(k), k.constant(k.i64(), kernel.integer("length")));
  emitTable(k, kernel, [&](Value at, int64_t count) {
    return k.select(beyond, k.load(longTable, at, count), k.load(table, at, count));
  });
  k.end();
}

static KernelKind kindRopeTableOfRun(std::string name, std::string summary, AttributeRule own, std::string example,
                                     void (*emit)(KernelBuilder &, const Kernel &)) {
  return {.name = std::move(name),
          .summary = std::move(summary),
          .operands = {read("positions", "[rows..] x i64"), write("cos", "[rows.. | count] x O"),
                       write("sin", "[rows.. | count] x O")},
          .scalars = {scalar("rows")},
          .workgroups = {blocks("rows", kWideRowBlock)},
          .attributes = {{"inv_freq", AttributeRule::numbers, "`count` frequencies up to `length`"},
                         integer("length", "positions up to which they hold"),
                         std::move(own),
                         number("scale", "what both are multiplied with")},
          .example = {"read [r] x i64; write [r, 2] x bf16; write [r, 2] x bf16",
                      "{inv_freq = array<f32: 1.0, 0.1>, length = 64, scale = 1.0 : f32, " + std::move(example) + "}"},
          .check = checkRopeTableOfRun,
          .emit = emit};
}

KernelKinds kinds::RopeTableOfRun() {
  return {kindRopeTableOfRun(
              "rope_table_dynamic",
              "rope_table whose frequencies shrink where a position lies beyond `length`: frequency i of n by "
              "g^(-i / (n - 1)), with g = factor * reach / length - (factor - 1).",
              number("factor", "how fast they shrink, at least 1"), "factor = 2.0 : f32", emitDynamic),
          kindRopeTableOfRun("rope_table_long",
                             "rope_table with other frequencies where a position lies beyond `length`.",
                             {"long_inv_freq", AttributeRule::numbers, "`count` frequencies beyond it"},
                             "long_inv_freq = array<f32: 0.5, 0.1>", emitLong)};
}

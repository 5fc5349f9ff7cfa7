// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// C = A W^T + bias, with W in packed panels.
//
// A workgroup is a block of rows times a group of panels that stays in the second-level cache.
//
// `grouped`: rows are sorted by expert, and a workgroup goes through the experts that its block of rows meets. So work is split by rows
// however uneven the experts' shares are.
#include "GemmNest.h"
#include "Kernels.h"

using namespace veomni::cpu;
using namespace mlir;

namespace {
struct Gemm {
  Product product;
  int64_t ldc, group, experts;
  Type cType;
  bool bias, counted, grouped;
};

class Emitter : GemmEpilogue {
public:
  Emitter(KernelBuilder &k, const Gemm &gemm) : k(k), g(gemm), nest(k, gemm.product, *this) {}

  void emit() {
    k.begin(operandTypes(), g.experts && !g.grouped ? 2 : 1);
    bindOperands();
    Value rows = g.counted ? k.countedRows(k.scalar(0), rowCount) : k.scalar(0);
    Value row0 = k.mul(k.workgroup(0), kGemmRows), row1 = k.min(k.add(row0, kGemmRows), rows);
    if (g.grouped)
      k.each(k.index(0), k.index(g.experts), 1,
             [&](Value e) { emitExpert(e, k.max(row0, k.loadIndex(offsets, e)), k.min(row1, k.loadIndex(offsets, k.add(e, 1)))); });
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

  SmallVector<Type> operandTypes() {
    const Product &p = g.product;
    SmallVector<Type> types{p.aType, p.storedType(k)};
    if (g.bias)
      types.push_back(p.wType);
    types.append(g.counted + g.grouped + (p.routes != 0), k.i32());
    types.push_back(g.cType);
    return types;
  }

  void bindOperands() {
    unsigned next = 2;
    if (g.bias)
      bias = k.operand(next++);
    if (g.counted)
      rowCount = k.operand(next++);
    if (g.grouped)
      offsets = k.operand(next++);
    nest.bind({k.operand(0), k.operand(1), g.product.routes ? k.operand(next++) : Value()});
    c = k.operand(next);
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

LogicalResult veomni::cpu::emitGemm(KernelBuilder &k, Attributes &attributes) {
  Gemm g;
  g.product = Product::read(attributes, k.target());
  g.product.routes = attributes.integerOr("routes", 0, 1);
  g.ldc = attributes.integer("ldc");
  g.group = attributes.integer("group");
  g.cType = attributes.elementType("c_type");
  g.bias = attributes.flag("bias");
  g.experts = attributes.integerOr("experts", 0, 1);
  g.counted = attributes.optionalFlag("counted");
  g.grouped = attributes.optionalFlag("grouped");
  if (g.grouped && !g.experts)
    attributes.error() << "missing attribute 'experts' (an integer) of the groups";
  if (g.grouped && g.counted)
    attributes.error() << "attribute 'counted' cannot go with 'grouped', whose offsets count";
  if (g.product.routes && !g.grouped)
    attributes.error() << "attribute 'routes' needs 'grouped'";
  if (failed(attributes.check()))
    return failure();
  Emitter(k, g).emit();
  return success();
}

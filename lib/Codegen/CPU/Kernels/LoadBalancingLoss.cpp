// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// experts * sum_e(mean hits_e * mean probability_e), from what router_statistics gathered; 0 if no row counts.
#include "Kernels.h"

using namespace veomni::cpu;
using namespace mlir;
using Values = KernelBuilder::Values;

static void emitLoadBalancingLoss(KernelBuilder &k, const Kernel &kernel) {
  int64_t experts = kernel.size("experts");
  k.begin();
  auto stat = [&](Value at) -> Value {
    return arith::ExtFOp::create(k.ops(), k.f64(), k.loadScalar(k.operand(0), at));
  };
  Value zero = k.constant(k.f64(), 0.0), rows = stat(k.index(2 * experts));
  Values sum = k.loop(k.index(0), k.index(experts), 1, {zero}, [&](Value expert, ValueRange carried) {
    return Values{k.add(carried[0], k.mul(stat(expert), stat(k.add(expert, experts))))};
  });
  Value loss = k.div(k.mul(sum[0], k.constant(k.f64(), double(experts))), k.mul(rows, rows));
  loss = k.select(k.compare(arith::CmpFPredicate::OEQ, rows, zero), zero, loss);
  k.storeScalar(arith::TruncFOp::create(k.ops(), k.f32(), loss), k.operand(1), k.index(0));
  k.end();
}

KernelKinds kinds::LoadBalancingLoss() {
  return {{.name = "load_balancing_loss",
           .summary = "loss = experts * sum over the experts of hits * probability / rows^2, of what "
                      "`router_statistics` gathered; 0 without rows.",
           .operands = {read("stats", "[2 * experts + 1] x f32"), write("loss", "[] x f32")},
           .example = {"read [17] x f32; write [] x f32"},
           .emit = emitLoadBalancingLoss}};
}

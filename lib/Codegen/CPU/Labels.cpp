// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Labels of tokens as kernels of losses see them: the class of a row, and those to leave out.
#include "Labels.h"

#include "veomni/Codegen/CPU/WorkSplit.h"

#include <cmath>

using namespace veomni::cpu;
using namespace mlir;

Labels Labels::of(const Kernel &kernel, StringRef classes) {
  return {kernel.size(classes), kernel.integer("ignore_index")};
}

std::vector<AttributeRule> Labels::attributes() {
  return {integer("ignore_index", "the label of rows that count for nothing", std::numeric_limits<int64_t>::min())};
}

Labels::Label Labels::of(KernelBuilder &k, Value labels, Value row) const {
  Value label = k.loadScalar(labels, row);
  Value scored = k.compare(arith::CmpIPredicate::ne, label, k.constant(k.i64(), ignoreIndex));
  Value known = k.compare(arith::CmpIPredicate::ult, label, k.constant(k.i64(), vocab));
  return {k.select(known, k.indexCast(label, k.ops().getIndexType()), k.index(0)), known, scored};
}

void veomni::cpu::emitRowLosses(KernelBuilder &k, const Labels &labels, Value labelBuffer, Value losses, Value counts,
                                llvm::function_ref<std::pair<Value, Value>(Value row, Value column)> score) {
  k.rows(k.scalar(0), kRowBlock, [&](Value row) {
    Labels::Label label = labels.of(k, labelBuffer, row);
    k.storeScalar(k.constant(k.f32(), 0.0), losses, row);
    k.storeScalar(k.constant(k.f32(), 0.0), counts, row);
    k.when(label.scored, [&] {
      auto [total, logit] = score(row, label.column);
      // A label that is no class must neither read outside the row nor go unnoticed.
      Value loss = k.select(label.known, k.sub(total, logit), k.constant(k.f64(), double(NAN)));
      k.storeScalar(arith::TruncFOp::create(k.ops(), k.f32(), loss), losses, row);
      k.storeScalar(k.constant(k.f32(), 1.0), counts, row);
    });
  });
}

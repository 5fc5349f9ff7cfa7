// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// transformers' DeepseekV4HyperConnection, what its decoder layer does with the results, and DeepseekV4HyperHead. Sums
// over streams are chains over slices of all streams in one row, since a reduction is over columns.
#include "Expand/Expand.h"

using namespace mlir;
using namespace veomni;
using expand::EagerBuilder;

/// The i-th of rows of `columns` columns, which lie one behind another.
static Value part(EagerBuilder &b, Value flat, int64_t i, int64_t columns) {
  return b.slice(flat, i * columns, columns);
}

/// The sum of `count` of them.
static Value sumOfParts(EagerBuilder &b, Value flat, int64_t count) {
  int64_t columns = b.lastDim(flat) / count;
  Value sum = part(b, flat, 0, columns);
  for (int64_t i = 1; i < count; ++i)
    sum = b.add(sum, part(b, flat, i, columns));
  return sum;
}

/// One number per run, and one run for all.
static Value asColumn(EagerBuilder &b, Value x) { return b.unflatten(x, b.lastDim(x), 1); }
static Value asRow(EagerBuilder &b, Value x) { return b.unflatten(x, 1, b.lastDim(x)); }

/// What the parameters make of all streams of a token.
template <typename Op> static Value mixesOf(EagerBuilder &b, Op op) {
  Value flat = b.flatten(b.f32(op.getX()));
  Value normal = b.mul(flat, b.inverseRms(flat, op.getNormEps().convertToFloat()));
  return b.create<LinearOp>(b.withTail(flat, 1, b.type(op.getFn()).getDimSize(0)), normal, op.getFn(), Value());
}

/// `count` of the mixes from `first` on, times the scale of their part, plus their base.
template <typename Op>
static Value logitsOf(EagerBuilder &b, Op op, Value mixes, int64_t first, int64_t count, int64_t index) {
  auto columns = [&](Value x, int64_t at, int64_t size) { return b.lastDim(x) == size ? x : b.slice(x, at, size); };
  Value scale = b.f32(columns(op.getScale(), index, 1)), base = b.f32(columns(op.getBase(), first, count));
  return b.add(b.mul(columns(mixes, first, count), scale), base);
}

/// Σ_j pre[j] x[j, h].
template <typename Op> static Value collapse(EagerBuilder &b, Op op, Value logits) {
  Value pre = b.add(b.unary(UnaryKind::Sigmoid, logits), op.getEps().convertToFloat());
  Value weighted = b.mul(asColumn(b, pre), b.f32(op.getX()));
  return b.cast(sumOfParts(b, b.flatten(weighted), b.lastDim(pre)), b.element(op.getX()));
}

static expand::Values eagerForm(expand::EagerBuilder &b, MhcPreOp op) {
  int64_t n = b.lastDim(op.getPost());
  float eps = op.getEps().convertToFloat();
  Value mixes = mixesOf(b, op);
  Value post = b.mul(b.unary(UnaryKind::Sigmoid, logitsOf(b, op, mixes, n, n, 1)), 2.0f);
  Value comb = b.add(b.softmax(b.unflatten(logitsOf(b, op, mixes, 2 * n, n * n, 2), n, n)), eps);
  auto divideColumns = [&](Value x) { return b.div(x, asRow(b, b.add(sumOfParts(b, b.flatten(x), n), eps))); };
  comb = divideColumns(comb);
  for (uint64_t i = 1; i < op.getIterations(); ++i)
    comb = divideColumns(b.div(comb, b.add(b.reduce(ReduceKind::Sum, comb), eps)));
  return {collapse(b, op, logitsOf(b, op, mixes, 0, n, 0)), post, comb};
}

static expand::Values eagerForm(expand::EagerBuilder &b, MhcPostOp op) {
  int64_t n = b.lastDim(op.getPost()), hidden = b.lastDim(op.getY());
  Type type = b.element(op.getX());
  Value placed = b.mul(asColumn(b, b.cast(op.getPost(), type)), asRow(b, op.getY()));
  Value comb = b.flatten(b.f32(b.cast(op.getComb(), type))), x = b.flatten(b.f32(op.getX()));
  Value mixed;
  for (int64_t j = 0; j < n; ++j) {
    Value term = b.mul(asColumn(b, part(b, comb, j, n)), asRow(b, part(b, x, j, hidden)));
    mixed = mixed ? b.add(mixed, term) : term;
  }
  return {b.add(placed, b.cast(mixed, type))};
}

static expand::Values eagerForm(expand::EagerBuilder &b, MhcHeadOp op) {
  return {collapse(b, op, logitsOf(b, op, mixesOf(b, op), 0, b.lastDim(op.getBase()), 0))};
}

void expand::rooms::Mhc(Expansions &ops) {
  ops.add<MhcPreOp>(eagerForm);
  ops.add<MhcPostOp>(eagerForm);
  ops.add<MhcHeadOp>(eagerForm);
}

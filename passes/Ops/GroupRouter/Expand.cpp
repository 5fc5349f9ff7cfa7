// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// DeepSeek-V3's router: sigmoid scores, a bias that decides alone, and the groups whose two best experts have most.
#include "Expand/Expand.h"

#include <cfloat>

using namespace mlir;
using namespace veomni;
using expand::EagerBuilder;

/// Keys of experts in the best groups; those of all others become the lowest numbers.
static Value withinBestGroups(EagerBuilder &b, Value keys, int64_t groups, int64_t perToken) {
  Value grouped = b.unflatten(keys, groups, b.lastDim(keys) / groups);
  Value worth = b.flatten(b.reduce(ReduceKind::Sum, b.topK(grouped, 2).getValues()));
  Value chosen = b.flatten(b.oneHot(b.topK(worth, perToken).getIndices(), groups));
  Value open = b.slice(chosen, 0, groups);
  for (int64_t i = 1; i < perToken; ++i)
    open = b.add(open, b.slice(chosen, i * groups, groups));
  // 1 becomes a number that no key exceeds, 0 the same below zero.
  Value limits = b.mul(b.add(open, -0.5f), FLT_MAX);
  return b.flatten(b.binary(BinaryKind::Min, grouped, b.unflatten(limits, groups, 1)));
}

static expand::Values eagerForm(expand::EagerBuilder &b, GroupRouterOp op) {
  int64_t groups = op.getGroups(), perToken = op.getGroupsPerToken(), experts = b.lastDim(op.getLogits());
  Value scores = b.unary(UnaryKind::Sigmoid, b.f32(op.getLogits()));
  Value keys = b.add(scores, op.getBias());
  if (perToken < groups)
    keys = withinBestGroups(b, keys, groups, perToken);
  Value indices = b.topK(keys, op.getTopK()).getIndices();
  // The scores at these indices, each the one term of a sum that is not 0.
  Value picked = b.mul(b.oneHot(indices, experts), b.unflatten(scores, 1, experts));
  Value weights = b.flatten(b.reduce(ReduceKind::Sum, picked));
  if (op.getRenormalize())
    weights = b.div(weights, b.add(b.reduce(ReduceKind::Sum, weights), 1e-20f));
  return {indices, b.mul(weights, op.getScale().convertToFloat())};
}

void expand::rooms::GroupRouter(Expansions &ops) { ops.add<GroupRouterOp>(eagerForm); }

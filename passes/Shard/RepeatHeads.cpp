// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Heads are repeated as runs of columns, in ops that there are: each is cut out, broadcast and put beside the others.
#include "RepeatHeads.h"

#include "veomni/Dialect/VeOmni/VeOmni.h"

#include "mlir/IR/Builders.h"

using namespace mlir;

namespace veomni::shard {

static RankedTensorType withTail(RankedTensorType type, unsigned dropped, ArrayRef<int64_t> tail) {
  SmallVector<int64_t> shape(type.getShape().drop_back(dropped));
  shape.append(tail.begin(), tail.end());
  return RankedTensorType::get(shape, type.getElementType());
}

static Value repeat(OpBuilder &builder, Location loc, Value heads, int64_t times) {
  auto type = cast<RankedTensorType>(heads.getType());
  const int64_t count = type.getDimSize(2), size = type.getDimSize(3);
  Value columns = FlattenOp::create(builder, loc, withTail(type, 2, {count * size}), heads), all;
  for (int64_t head = 0; head < count; ++head) {
    Value one = SliceOp::create(builder, loc, withTail(type, 2, {size}), columns, head * size);
    one = UnflattenOp::create(builder, loc, withTail(type, 2, {1, size}), one);
    one = BroadcastHeadsOp::create(builder, loc, withTail(type, 2, {times, size}), one);
    one = FlattenOp::create(builder, loc, withTail(type, 2, {times * size}), one);
    all = all ? ConcatOp::create(builder, loc, withTail(type, 2, {(head + 1) * times * size}), all, one).getResult()
              : one;
  }
  return UnflattenOp::create(builder, loc, withTail(type, 2, {count * times, size}), all);
}

void repeatHeads(ModuleOp module, int64_t ranks) {
  module.walk([&](AttentionOp op) {
    auto dim = [](Value value) { return cast<RankedTensorType>(value.getType()).getDimSize(2); };
    const int64_t heads = dim(op.getKey());
    if (heads >= ranks || heads < 1 || ranks % heads != 0 || dim(op.getQuery()) % ranks != 0)
      return;
    OpBuilder builder(op);
    op.getKeyMutable().assign(repeat(builder, op.getLoc(), op.getKey(), ranks / heads));
    op.getValueMutable().assign(repeat(builder, op.getLoc(), op.getValue(), ranks / heads));
  });
}

} // namespace veomni::shard

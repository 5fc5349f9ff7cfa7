// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Plans the way from one sharding to another as single steps, each over one axis of the mesh.
#include "Sharding.h"

#include "mlir/IR/Remarks.h"

#include <set>

using namespace mlir;

namespace veomni::shard {

Type partType(Type type, const Sharding &sharding, MeshAttr mesh) {
  auto tensor = dyn_cast<RankedTensorType>(type);
  if (!tensor)
    return type;
  SmallVector<int64_t> shape(tensor.getShape());
  for (auto [size, axis] : llvm::zip_equal(shape, sharding))
    if (axis && !ShapedType::isDynamic(size))
      size /= *mesh.ranksAlong(axis);
  return RankedTensorType::get(shape, tensor.getElementType());
}

/// A request that is on its way.
struct Resharder::Pending {
  Value value;
  Sharding sharding;
  Value whole;
  SmallVector<Step> steps;
  size_t done = 0;
};

/// Moves come before gathers, so that what is gathered is small; slices come last, since they cost nothing.
SmallVector<Resharder::Step> Resharder::stepsOf(const Request &request) {
  SmallVector<Step> moves, gathers, slices;
  const Sharding &from = request.from.sharding, &to = request.to;
  for (auto [dim, axis] : llvm::enumerate(from)) {
    if (!axis || to[dim] == axis)
      continue;
    const auto *target = llvm::find(to, axis);
    if (target == to.end())
      gathers.push_back({axis, static_cast<int64_t>(dim), -1});
    else
      moves.push_back({axis, static_cast<int64_t>(dim), target - to.begin()});
  }
  for (auto [dim, axis] : llvm::enumerate(to))
    if (axis && !llvm::is_contained(from, axis))
      slices.push_back({axis, -1, static_cast<int64_t>(dim)});
  moves.append(gathers);
  moves.append(slices);
  return moves;
}

/// "batch * seq@sp * 64 * 4", how many bytes a rank has of a value.
static AxisExtent bytesOf(Value whole, const Sharding &sharding, MeshAttr mesh, const FunctionAxes &axes) {
  auto type = cast<RankedTensorType>(whole.getType());
  AxisExtent bytes(static_cast<int64_t>(llvm::divideCeil(type.getElementTypeBitWidth(), 8)));
  for (auto [dim, axis] : llvm::enumerate(sharding)) {
    AxisExtent extent = axes.of(whole, dim);
    bytes = bytes * (axis ? extent.part(axis, *mesh.ranksAlong(axis)).value_or(extent) : extent);
  }
  return bytes;
}

static remark::RemarkOpts optionsFor(Operation *op) {
  auto function = isa<func::FuncOp>(op) ? cast<func::FuncOp>(op) : op->getParentOfType<func::FuncOp>();
  return remark::RemarkOpts::name("ShardModel").category("shard").function(function.getSymName());
}

void Resharder::remark(Operation *op, const Step &step, ArrayRef<Pending *> values, const FunctionAxes &axes) const {
  AxisExtent bytes;
  for (const Pending *pending : values)
    bytes = bytes + bytesOf(pending->whole, pending->sharding, mesh, axes);
  const int64_t ranks = *mesh.ranksAlong(step.meshAxis);
  std::string what =
      step.gather < 0  ? "all_slice of dim " + std::to_string(step.split)
      : step.split < 0 ? "all_gather of dim " + std::to_string(step.gather)
                       : "all_to_all from dim " + std::to_string(step.gather) + " to dim " + std::to_string(step.split);
  std::string cost = step.gather < 0  ? "nothing moves"
                     : step.split < 0 ? "a rank gives away " + (bytes * AxisExtent(ranks - 1)).str() + " bytes"
                                      : "a rank gives away " + std::to_string(ranks - 1) + "/" + std::to_string(ranks) +
                                            " of " + bytes.str() + " bytes";
  remark::passed(op->getLoc(), optionsFor(op)) << op->getName().getStringRef().str() + ": " + what + " over '" +
                                                      step.meshAxis.str() + "', " + std::to_string(values.size()) +
                                                      (values.size() == 1 ? " array, " : " arrays, ") + cost;
}

LocalValue Resharder::reduce(Operation *op, LocalValue value, StringAttr meshAxis, const Sharding &to, Value whole,
                             const FunctionAxes &axes) {
  const std::string bytes = bytesOf(whole, value.sharding, mesh, axes).str();
  const int64_t ranks = *mesh.ranksAlong(meshAxis);
  const std::string share = std::to_string(ranks - 1) + "/" + std::to_string(ranks);
  const auto *target = llvm::find(to, meshAxis);
  std::string what;
  ++moves.summed;
  if (target != to.end() && !value.sharding[target - to.begin()]) {
    const auto dim = static_cast<unsigned>(target - to.begin());
    value.sharding[dim] = meshAxis;
    value.value = ReduceScatterOp::create(builder, op->getLoc(), partType(whole.getType(), value.sharding, mesh),
                                          value.value, dim, meshAxis);
    what = "reduce_scatter along dim " + std::to_string(dim) + " over '" + meshAxis.str() + "', a rank gives away " +
           share + " of " + bytes + " bytes";
  } else {
    value.value = AllReduceOp::create(builder, op->getLoc(), value.value, meshAxis);
    what = "all_reduce over '" + meshAxis.str() + "', a rank gives away twice " + share + " of " + bytes + " bytes";
  }
  remark::passed(op->getLoc(), optionsFor(op)) << op->getName().getStringRef().str() + ": " + what;
  return value;
}

void Resharder::run(Operation *op, const Step &step, ArrayRef<Pending *> values, const FunctionAxes &axes) {
  remark(op, step, values, axes);
  for (Pending *pending : values) {
    if (step.gather >= 0)
      pending->sharding[step.gather] = {};
    if (step.split >= 0)
      pending->sharding[step.split] = step.meshAxis;
  }
  SmallVector<Value> inputs = llvm::map_to_vector(values, [](Pending *pending) { return pending->value; });
  SmallVector<Type> types = llvm::map_to_vector(
      values, [&](Pending *pending) { return partType(pending->whole.getType(), pending->sharding, mesh); });
  Location loc = op->getLoc();
  if (step.gather < 0) {
    values.front()->value = AllSliceOp::create(builder, loc, types.front(), inputs.front(), step.split, step.meshAxis);
    ++moves.sliced;
  } else if (step.split < 0) {
    values.front()->value =
        AllGatherOp::create(builder, loc, types.front(), inputs.front(), step.gather, step.meshAxis);
    ++moves.gathered;
  } else {
    auto moved = AllToAllOp::create(builder, loc, types, inputs, step.gather, step.split, step.meshAxis);
    for (auto [pending, result] : llvm::zip_equal(values, moved.getResults()))
      pending->value = result;
    moves.moved += values.size();
  }
}

static std::string textOf(const Sharding &sharding) {
  std::string text;
  for (StringAttr axis : sharding)
    text += (axis ? axis.getValue() : StringRef()).str() + ",";
  return text;
}

SmallVector<Value> Resharder::reshard(Operation *op, ArrayRef<Request> requests, const FunctionAxes &axes) {
  // What is asked for twice moves once, also within one call.
  auto keyOf = [](const Request &request) {
    return std::pair(request.from.value.getAsOpaquePointer(), textOf(request.to));
  };
  SmallVector<Pending> pending;
  std::set<std::pair<void *, std::string>> asked;
  for (const Request &request : requests) {
    Pending &value = pending.emplace_back(Pending{request.from.value, request.from.sharding, request.whole, {}, 0});
    if (!made.contains(keyOf(request)) && asked.insert(keyOf(request)).second)
      value.steps = stepsOf(request);
  }
  while (true) {
    Pending *next = llvm::find_if(pending, [](const Pending &value) { return value.done < value.steps.size(); });
    if (next == pending.end())
      break;
    const Step step = next->steps[next->done];
    SmallVector<Pending *> together;
    for (Pending &value : pending)
      if (&value == next ||
          (step.gather >= 0 && step.split >= 0 && value.done < value.steps.size() && value.steps[value.done] == step))
        together.push_back(&value);
    run(op, step, together, axes);
    for (Pending *value : together)
      ++value->done;
  }
  SmallVector<Value> results;
  for (auto [request, value] : llvm::zip_equal(requests, pending))
    results.push_back(made.try_emplace(keyOf(request), value.value).first->second);
  return results;
}

} // namespace veomni::shard

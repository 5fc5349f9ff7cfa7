// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Reading values backwards: the helpers that the patterns of raising are written with.
#include "Match.h"

#include "mlir/IR/Remarks.h"
#include "mlir/Interfaces/FunctionInterfaces.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;
using namespace veomni;
using namespace veomni::raise;

//===--- Values ---------------------------------------------------------------------------------------------------===//

Value raise::unaryOf(Value value, UnaryKind kind) {
  auto op = madeBy<UnaryOp>(value);
  return op && op.getKind() == kind ? op.getX() : Value();
}

Value raise::reduceOf(Value value, ReduceKind kind) {
  auto op = madeBy<ReduceOp>(value);
  return op && op.getKind() == kind ? op.getX() : Value();
}

Value raise::castOf(Value value) {
  auto op = madeBy<CastOp>(value);
  return op ? op.getX() : Value();
}

Value raise::flattened(Value value) {
  auto op = madeBy<FlattenOp>(value);
  return op ? op.getX() : Value();
}

Value raise::unflattened(Value value) {
  auto op = madeBy<UnflattenOp>(value);
  return op ? op.getX() : Value();
}

Value raise::sliceOf(Value value, int64_t offset, int64_t size) {
  auto op = madeBy<SliceOp>(value);
  return op && static_cast<int64_t>(op.getOffset()) == offset && lastDim(op) == size ? op.getX() : Value();
}

Value raise::squareOf(Value value) {
  if (Value x = unaryOf(value, UnaryKind::Square))
    return x;
  Pair factors = binaryOf(value, BinaryKind::Mul);
  return factors && factors.first == factors.second ? factors.first : Value();
}

Value raise::meanOf(Value value) {
  if (Value x = reduceOf(value, ReduceKind::Mean))
    return x;
  Scalar share = scaled(value);
  Value x = reduceOf(share.x, ReduceKind::Sum);
  return x && share.value == 1.0f / lastDim(x) ? x : Value();
}

/// x - max(x), from what is left of it.
static Value withoutMaximum(Value value) {
  Pair difference = binaryOf(value, BinaryKind::Sub);
  return difference && reduceOf(difference.second, ReduceKind::Max) == difference.first ? difference.first : Value();
}

Value raise::softmaxOf(Value value) {
  Pair share = binaryOf(value, BinaryKind::Div);
  if (!share || reduceOf(share.second, ReduceKind::Sum) != share.first)
    return {};
  Value exponent = unaryOf(share.first, UnaryKind::Exp);
  return withoutMaximum(exponent);
}

Value raise::logSoftmaxOf(Value value) {
  Pair difference = binaryOf(value, BinaryKind::Sub);
  Value sum = difference ? unaryOf(difference.second, UnaryKind::Log) : Value();
  Value exponentials = reduceOf(sum, ReduceKind::Sum);
  if (!exponentials || unaryOf(exponentials, UnaryKind::Exp) != difference.first)
    return {};
  return withoutMaximum(difference.first);
}

Pair raise::binaryOf(Value value, BinaryKind kind) {
  auto op = madeBy<BinaryOp>(value);
  return op && op.getKind() == kind ? Pair{op.getA(), op.getB()} : Pair{};
}

SmallVector<Pair, 2> raise::eitherWay(Value value, BinaryKind kind) {
  Pair pair = binaryOf(value, kind);
  if (!pair)
    return {};
  return {pair, {pair.second, pair.first}};
}

Value raise::otherThan(Value value, BinaryKind kind, Value known) {
  for (Pair pair : eitherWay(value, kind))
    if (pair.first == known)
      return pair.second;
  return {};
}

Scalar raise::scalarOf(Value value, BinaryKind kind) {
  auto op = madeBy<BinaryScalarOp>(value);
  return op && op.getKind() == kind ? Scalar{op.getX(), op.getValue().convertToFloat()} : Scalar{};
}

Value raise::scalarOf(Value value, BinaryKind kind, float constant) {
  Scalar scalar = scalarOf(value, kind);
  return scalar && scalar.value == constant ? scalar.x : Value();
}

Scalar raise::scaled(Value value) {
  if (Scalar product = scalarOf(value, BinaryKind::Mul))
    return product;
  if (Scalar quotient = scalarOf(value, BinaryKind::Div))
    return {quotient.x, 1.0f / quotient.value};
  return {value, 1.0f};
}

Type raise::elementOf(Value value) { return cast<ShapedType>(value.getType()).getElementType(); }
int64_t raise::lastDim(Value value) { return cast<RankedTensorType>(value.getType()).getShape().back(); }

bool raise::hasPlainRows(Value value) {
  auto type = cast<RankedTensorType>(value.getType());
  return type.hasStaticShape() || type.getRank() - static_cast<int64_t>(type.getNumDynamicDims()) == 1;
}

Value raise::roundedTo(Value value, Type element) {
  if (elementOf(value) == element)
    return value;
  auto cast = value.hasOneUse() ? dyn_cast<CastOp>(*value.user_begin()) : CastOp();
  return cast && elementOf(cast) == element ? cast.getResult() : Value();
}

//===--- Ops ------------------------------------------------------------------------------------------------------===//

static remark::RemarkOpts remarkOf(Operation *root, StringRef name) {
  auto function = root->getParentOfType<FunctionOpInterface>();
  return remark::RemarkOpts::name(name).category("raise").function(function ? function.getName() : "");
}

LogicalResult Candidate::missed(const Twine &reason) const {
  remark::missed(root->getLoc(), remarkOf(root, name)) << remark::reason("{0}", reason.str());
  return failure();
}

void Candidate::passed() const {
  remark::passed(root->getLoc(), remarkOf(root, name)) << remark::add("made veomni.{0}", name.str());
}

Operation *Candidate::placeFor(ValueRange ends, ValueRange inputs, ValueRange tables) const {
  Operation *place = ends.front().getDefiningOp();
  for (Value end : ends)
    if (end.getDefiningOp()->isBeforeInBlock(place))
      place = end.getDefiningOp();
  for (ValueRange operands : {inputs, tables})
    for (Value operand : operands)
      if (Operation *op = operand ? operand.getDefiningOp() : nullptr; op && !op->isBeforeInBlock(place))
        place = op->getNextNode();
  for (Value end : ends)
    for (Operation *user : end.getUsers())
      if (user->isBeforeInBlock(place)) {
        (void)missed("'" + user->getName().getStringRef() + "' uses what '" +
                     end.getDefiningOp()->getName().getStringRef() + "' makes before all operands are there");
        return nullptr;
      }
  return place;
}

LogicalResult Candidate::ownsAll(ValueRange ends, ValueRange inputs, ValueRange tables) const {
  // All between the ends and the leaves, then what of it depends on inputs.
  llvm::SetVector<Operation *> between;
  SmallVector<Value> open(ends);
  while (!open.empty()) {
    Value value = open.pop_back_val();
    Operation *op = value.getDefiningOp();
    if (op && !llvm::is_contained(inputs, value) && !llvm::is_contained(tables, value) && between.insert(op))
      llvm::append_range(open, op->getOperands());
  }
  SmallVector<Operation *> ordered = between.takeVector();
  llvm::sort(ordered, [](Operation *a, Operation *b) { return a->isBeforeInBlock(b); });
  llvm::DenseSet<Value> dependent(inputs.begin(), inputs.end()), moved = dependent;
  for (Operation *op : ordered) {
    if (llvm::none_of(op->getOperands(), [&](Value operand) { return dependent.contains(operand); }))
      continue;
    dependent.insert_range(op->getResults());
    // Inputs that were but moved or cast are as good as inputs.
    if (isa<CastOp, FlattenOp, SliceOp, UnflattenOp>(op) && moved.contains(op->getOperand(0))) {
      moved.insert(op->getResult(0));
      continue;
    }
    for (Value result : op->getResults())
      for (Operation *user : result.getUsers())
        if (!llvm::is_contained(ends, result) && !llvm::is_contained(ordered, user))
          return missed("'" + user->getName().getStringRef() + "' also uses what '" + op->getName().getStringRef() +
                        "' makes");
  }
  return success();
}

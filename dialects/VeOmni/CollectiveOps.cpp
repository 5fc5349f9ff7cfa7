// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What operands and results of collectives have to do with one another. Whether a dynamic dim is a part of what it
// becomes is a matter of axes, which lib/Analysis knows.
#include "veomni/Dialect/VeOmni/VeOmni.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

using namespace mlir;
using namespace veomni;

static std::optional<unsigned> dimOf(uint64_t dim) { return static_cast<unsigned>(dim); }

StringRef AllGatherOp::getMeshAxisName() { return getMeshAxis(); }
std::optional<unsigned> AllGatherOp::getGatheredDim() { return dimOf(getDim()); }
void AllGatherOp::setGatheredDim(unsigned dim) { setDim(dim); }
std::optional<unsigned> AllGatherOp::getPartedDim() { return std::nullopt; }

StringRef AllSliceOp::getMeshAxisName() { return getMeshAxis(); }
std::optional<unsigned> AllSliceOp::getGatheredDim() { return std::nullopt; }
void AllSliceOp::setGatheredDim(unsigned) { llvm_unreachable("gathers no dim"); }
std::optional<unsigned> AllSliceOp::getPartedDim() { return dimOf(getDim()); }

StringRef AllToAllOp::getMeshAxisName() { return getMeshAxis(); }
std::optional<unsigned> AllToAllOp::getGatheredDim() { return dimOf(getGatherDim()); }
void AllToAllOp::setGatheredDim(unsigned dim) { setGatherDim(dim); }
std::optional<unsigned> AllToAllOp::getPartedDim() { return dimOf(getSplitDim()); }

StringRef AllReduceOp::getMeshAxisName() { return getMeshAxis(); }
std::optional<unsigned> AllReduceOp::getGatheredDim() { return std::nullopt; }
void AllReduceOp::setGatheredDim(unsigned) { llvm_unreachable("gathers no dim"); }
std::optional<unsigned> AllReduceOp::getPartedDim() { return std::nullopt; }

StringRef ReduceScatterOp::getMeshAxisName() { return getMeshAxis(); }
std::optional<unsigned> ReduceScatterOp::getGatheredDim() { return std::nullopt; }
void ReduceScatterOp::setGatheredDim(unsigned) { llvm_unreachable("gathers no dim"); }
std::optional<unsigned> ReduceScatterOp::getPartedDim() { return dimOf(getDim()); }

/// Whether static sizes are those of a part and its whole.
static bool isPart(int64_t part, int64_t whole, int64_t ranks) {
  if (ShapedType::isDynamic(part) || ShapedType::isDynamic(whole))
    return part == whole;
  return whole % ranks == 0 && part == whole / ranks;
}

LogicalResult veomni::detail::verifyCollective(Operation *op) {
  auto collective = cast<CollectiveOpInterface>(op);
  StringRef axis = collective.getMeshAxisName();
  MeshAttr mesh = MeshAttr::of(op);
  std::optional<int64_t> ranks = mesh ? mesh.ranksAlong(axis) : std::nullopt;
  if (!ranks) {
    InFlightDiagnostic error = op->emitOpError() << "is over \"" << axis << "\", ";
    return mesh ? error << "but the module's mesh is " << mesh
                : error << "but the module has no mesh (veomni.mesh = #veomni.mesh<\"" << axis << "\" = 2>)";
  }
  if (op->getNumOperands() == 0 || op->getNumOperands() != op->getNumResults())
    return op->emitOpError() << "has " << op->getNumOperands() << " operands and " << op->getNumResults()
                             << " results, expected as many of each, at least one";
  std::optional<unsigned> gathered = collective.getGatheredDim(), parted = collective.getPartedDim();
  if (gathered && gathered == parted)
    return op->emitOpError() << "gathers and splits dim " << *gathered << ", expected two dims";
  for (auto [index, pair] : llvm::enumerate(llvm::zip_equal(op->getOperandTypes(), op->getResultTypes()))) {
    auto from = cast<RankedTensorType>(std::get<0>(pair)), to = cast<RankedTensorType>(std::get<1>(pair));
    auto error = [&]() {
      return op->emitOpError() << "operand " << index << " is " << from << " and becomes " << to << ": ";
    };
    if (from.getElementType() != to.getElementType() || from.getRank() != to.getRank())
      return error() << "expected one element type and rank";
    for (std::optional<unsigned> dim : {gathered, parted})
      if (dim && *dim >= static_cast<unsigned>(from.getRank()))
        return error() << "there is no dim " << *dim;
    for (unsigned dim = 0; dim < from.getRank(); ++dim) {
      int64_t before = from.getDimSize(dim), after = to.getDimSize(dim);
      if (gathered == dim) {
        if (!isPart(before, after, *ranks))
          return error() << "dim " << dim << " is gathered from " << *ranks << " ranks";
      } else if (parted == dim) {
        if (!isPart(after, before, *ranks))
          return error() << "dim " << dim << " is split over " << *ranks << " ranks";
      } else if (before != after) {
        return error() << "dim " << dim << " changes";
      }
    }
  }
  return success();
}

//===--- Experts on several ranks --------------------------------------------------------------------------------===//

LogicalResult ExpertDispatchOp::verify() {
  MeshAttr mesh = MeshAttr::of(*this);
  std::optional<int64_t> ranks = mesh ? mesh.ranksAlong(getMeshAxis()) : std::nullopt;
  if (!ranks) {
    InFlightDiagnostic error = emitOpError() << "is over \"" << getMeshAxis() << "\", ";
    return mesh ? error << "but the module's mesh is " << mesh : error << "but the module has no mesh";
  }
  RankedTensorType rows = getRows().getType(), offsets = getOffsets().getType();
  if (rows.getRank() != 2 || rows.isDynamicDim(1) || getType() != rows)
    return emitOpError() << "rows must be [rows, H] with a static H, and the result of their type, found " << rows
                         << " and " << getType();
  if (offsets.getRank() != 1 || offsets.isDynamicDim(0) || offsets.getDimSize(0) < 2)
    return emitOpError() << "offsets must be [experts + 1], found " << offsets;
  if (const int64_t experts = offsets.getDimSize(0) - 1; experts % *ranks != 0)
    return emitOpError() << "has " << experts << " experts, which the " << *ranks << " ranks along \"" << getMeshAxis()
                         << "\" do not divide";
  return success();
}

LogicalResult ExpertDispatchOp::verifySymbolUses(SymbolTableCollection &symbols) {
  auto callee = symbols.lookupNearestSymbolFrom<func::FuncOp>(*this, getCalleeAttr());
  if (!callee)
    return emitOpError() << "callee " << getCalleeAttr() << " is not a function of this module";
  RankedTensorType own = getRows().getType();
  auto rows = RankedTensorType::get({ShapedType::kDynamic, own.getDimSize(1)}, own.getElementType());
  auto numbers = RankedTensorType::get({ShapedType::kDynamic, 1}, IntegerType::get(getContext(), 32));
  auto expected = FunctionType::get(getContext(), {rows, numbers}, {rows});
  if (callee.getFunctionType() != expected)
    return emitOpError() << "callee " << getCalleeAttr() << " must be " << expected << ", found "
                         << callee.getFunctionType();
  Attribute axes = callee.getArgAttr(0, VeOmniDialect::kAxes);
  if (axes != callee.getArgAttr(1, VeOmniDialect::kAxes) || axes != callee.getResultAttr(0, VeOmniDialect::kAxes))
    return emitOpError() << "callee " << getCalleeAttr()
                         << " must call the rows of its arguments and of its result by one name in 'veomni.axes'";
  return success();
}

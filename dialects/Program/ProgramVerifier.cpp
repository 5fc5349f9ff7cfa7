// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What ops must satisfy together: names are defined, and what meets has the same type.
#include "EntryVerifier.h"
#include "veomni/Dialect/Program/Accesses.h"
#include "veomni/Dialect/Program/SizeExpansion.h"

using namespace mlir;
using namespace veomni::rt;

//===--- Names ----------------------------------------------------------------------------------------------------===//

template <typename OpTy> static OpTy lookUp(Operation *op, SymbolTableCollection &tables, StringAttr name) {
  return tables.lookupNearestSymbolFrom<OpTy>(op, name);
}

namespace {
enum class LoopSymbols { refused, allowed };
} // namespace

/// Sizes of memory must not depend on how far a loop has run: memory is laid out before.
static LogicalResult verifyDims(Operation *op, SymbolTableCollection &tables, ArrayRef<Dim> dims,
                                LoopSymbols loops = LoopSymbols::refused) {
  for (Dim dim : dims) {
    if (dim.isConstant())
      continue;
    auto symbol = lookUp<SymbolOp>(op, tables, dim.symbol);
    if (!symbol)
      return op->emitOpError() << "uses '" << dim.symbol.getValue()
                               << "', which is not a veomni_rt.symbol of this module";
    if (symbol.getKind() == SymbolKind::loop && loops == LoopSymbols::refused)
      return op->emitOpError() << "uses '" << dim.symbol.getValue()
                               << "', which counts a loop; only workgroups and scalars of a dispatch may use it";
  }
  return success();
}

static LogicalResult verifyExtents(Operation *op, SymbolTableCollection &tables, ArrayAttr extents) {
  for (auto extent : extents.getAsRange<ExtentAttr>())
    for (StringAttr symbol : extent.getSymbols())
      if (failed(verifyDims(op, tables, Dim(symbol), LoopSymbols::allowed)))
        return failure();
  return success();
}

/// Names among all ops of one kind; the first of them checks them all.
template <typename OpTy> static LogicalResult verifyUniqueNames(OpTy op) {
  for (Operation *other = op->getPrevNode(); other; other = other->getPrevNode())
    if (isa<OpTy>(other))
      return success();
  llvm::DenseMap<Attribute, OpTy> seen;
  for (auto other : op->getBlock()->template getOps<OpTy>()) {
    auto [entry, isNew] = seen.try_emplace(other.getNameAttr(), other);
    if (isNew)
      continue;
    InFlightDiagnostic diagnostic = other.emitOpError() << "has the name of another: '" << other.getName() << "'";
    diagnostic.attachNote(entry->second.getLoc()) << "the other one";
    return diagnostic;
  }
  return success();
}

/// How many ranks there are along an axis of the mesh; nothing where there is no such axis.
static std::optional<int64_t> ranksAlong(Operation *op, StringRef axis) {
  for (auto meshAxis : op->getParentOfType<ModuleOp>().getOps<MeshAxisOp>())
    if (meshAxis.getName() == axis)
      return static_cast<int64_t>(meshAxis.getSize());
  return std::nullopt;
}

//===--- Module ops -----------------------------------------------------------------------------------------------===//

LogicalResult SymbolOp::verifySymbolUses(SymbolTableCollection &tables) {
  if (getKind() != SymbolKind::derived && getKind() != SymbolKind::part)
    return success();
  if (getMeshAxis() && !ranksAlong(*this, *getMeshAxis()))
    return emitOpError() << "is over \"" << *getMeshAxis() << "\", which is not a veomni_rt.mesh_axis of this module";
  for (StringAttr symbol : getExtent()->getSymbols()) {
    if (failed(verifyDims(*this, tables, Dim(symbol))))
      return failure();
    if (!lookUp<SymbolOp>(*this, tables, symbol)->isBeforeInBlock(*this))
      return emitOpError() << "is derived from '" << symbol.getValue() << "', which is not defined above";
  }
  return success();
}

LogicalResult MeshAxisOp::verifySymbolUses(SymbolTableCollection &) {
  constexpr int64_t most = 16, mostRanks = std::numeric_limits<int32_t>::max();
  int64_t ranks = 1, axes = 0;
  for (auto axis : (*this)->getBlock()->getOps<MeshAxisOp>()) {
    if (++axes > most)
      return emitOpError() << "is one of more than " << most << " axes";
    // Sizes below 1 are reported at their own axis.
    const int64_t size = std::max<int64_t>(axis.getSize(), 1);
    if (size > mostRanks / (axis.getRedivides() ? 1 : ranks))
      return emitOpError() << "'" << axis.getName() << "' makes a mesh of more than " << mostRanks << " ranks";
    ranks *= axis.getRedivides() ? 1 : size;
  }
  if (getRedivides() && ranks % getSize() != 0)
    return emitOpError() << "re-divides the " << ranks << " ranks of the grid, and its size does not divide them";
  return verifyUniqueNames(*this);
}

LogicalResult EntryOp::verifySymbolUses(SymbolTableCollection &tables) {
  return failure(failed(verifyUniqueNames(*this)) || failed(verifyEntry(*this, tables)));
}

LogicalResult InputOp::verifySymbolUses(SymbolTableCollection &tables) {
  if (getRowsOf()) {
    auto inputs = cast<EntryOp>((*this)->getParentOp()).getInputs();
    auto counted = llvm::find_if(inputs, [&](InputOp other) { return other.getName() == *getRowsOf(); });
    Type element = counted == inputs.end() ? Type() : (*counted).getType().getElementType();
    if (!element || (!element.isInteger(64) && !element.isInteger(32)) || *counted == *this ||
        (*counted).getDefaultValue() != InputDefault::required)
      return emitOpError() << "'" << getName() << "' has rows_of(\"" << *getRowsOf()
                           << "\"), expected another required input of i64 or i32";
  }
  if (failed(verifyUniqueNames(*this)) || failed(verifyDims(*this, tables, getType().getDims())))
    return failure();
  if (getBelow())
    for (StringAttr symbol : getBelow()->getSymbols())
      if (failed(verifyDims(*this, tables, Dim(symbol))))
        return failure();
  if (!getGiven())
    return success();
  auto symbol = lookUp<SymbolOp>(*this, tables, getGivenAttr().getAttr());
  if (!symbol || symbol.getKind() != SymbolKind::given)
    return emitOpError() << "'" << getName() << "' names " << getGivenAttr()
                         << ", which is not a veomni_rt.symbol of kind given";
  for (InputOp other : cast<EntryOp>((*this)->getParentOp()).getInputs())
    if (other != *this && other.getGivenAttr() == getGivenAttr())
      return emitOpError() << "'" << getName() << "' names " << getGivenAttr() << ", which tells whether input '"
                           << other.getName() << "' was given";
  return success();
}

LogicalResult OutputOp::verifySymbolUses(SymbolTableCollection &tables) {
  return failure(failed(verifyUniqueNames(*this)) || failed(verifyDims(*this, tables, getType().getDims())));
}

LogicalResult WeightOp::verifySymbolUses(SymbolTableCollection &) {
  for (StepAttr step : getRecipe().getSteps())
    if (step.getKind() == recipe::StepKind::part &&
        ranksAlong(*this, step.getKey().getValue()) != static_cast<int64_t>(step.getCount()))
      return emitOpError() << "'" << getName() << "' is a part of " << step.getCount() << " ranks along "
                           << step.getKey() << ", which is no veomni_rt.mesh_axis with so many";
  return verifyUniqueNames(*this);
}

LogicalResult KernelOp::verifySymbolUses(SymbolTableCollection &tables) {
  if (getExecutable() && !lookUp<ExecutableOp>(*this, tables, getExecutableAttr().getAttr()))
    return emitOpError() << "is in " << getExecutableAttr() << ", which is not a veomni_rt.executable of this module";
  for (OperandAttr operand : getOperandAttrs())
    if (failed(verifyDims(*this, tables, operand.getType().getDims())))
      return failure();
  return verifyExtents(*this, tables, getFlops());
}

LogicalResult FuncOp::verifySymbolUses(SymbolTableCollection &tables) {
  for (BlockArgument argument : getBody().getArguments())
    if (failed(verifyDims(*this, tables, cast<BufferType>(argument.getType()).getDims())))
      return failure();
  return success();
}

//===--- Values ---------------------------------------------------------------------------------------------------===//

LogicalResult SlotOp::verifySymbolUses(SymbolTableCollection &tables) {
  return verifyDims(*this, tables, getType().getDims());
}
LogicalResult ParamOp::verifySymbolUses(SymbolTableCollection &tables) {
  return verifyDims(*this, tables, getType().getDims());
}

LogicalResult UseStateOp::verifySymbolUses(SymbolTableCollection &tables) {
  auto state = lookUp<StateOp>(*this, tables, getStateAttr().getAttr());
  if (!state)
    return emitOpError() << "names " << getStateAttr() << ", which is not a veomni_rt.state of this module";
  if (state.getType() != getType())
    return emitOpError() << "is " << getType() << ", but the state is " << state.getType();
  return success();
}

LogicalResult ViewOp::verifySymbolUses(SymbolTableCollection &tables) {
  BufferType from = getSource().getType(), to = getType();
  if (failed(verifyDims(*this, tables, to.getDims())))
    return failure();
  if (from.getElementType() != to.getElementType() || from.getTile() != to.getTile())
    return emitOpError() << "changes element type or layout: " << from << " as " << to;
  if (from.getTile() && from != to)
    return emitOpError() << "changes the dims of tiles: " << from << " as " << to;
  SizeExpansion expansion(*this, tables);
  std::optional<SizePolynomial> before = expansion.expand(from.getElements()),
                                after = expansion.expand(to.getElements());
  if (!before || before != after)
    return emitOpError() << "changes the number of elements: " << from << " as " << to;
  return success();
}

//===--- Instructions ---------------------------------------------------------------------------------------------===//

/// Checks that `value` may be written: weights and arguments that are only read may not.
static LogicalResult verifyWritable(Operation *op, unsigned operand, Value value) {
  value = memoryOf(value);
  if (value.getDefiningOp<ParamOp>())
    return op->emitOpError() << "operand " << operand << " is written, but weights are only read";
  auto argument = dyn_cast<BlockArgument>(value);
  if (!argument)
    return success();
  auto func = cast<FuncOp>(argument.getOwner()->getParentOp());
  if (func.getArgumentAttr(argument.getArgNumber()).getAccess() == Access::read)
    return op->emitOpError() << "operand " << operand << " is written, but the function only reads its argument "
                             << argument.getArgNumber();
  return success();
}

/// Checks operands against what `callee` wants; `getWanted(i)` gives access and type of operand i.
static LogicalResult verifyOperands(Operation *op, OperandRange operands, StringAttr callee, unsigned wantedCount,
                                    function_ref<std::pair<Access, BufferType>(unsigned)> getWanted) {
  if (operands.size() != wantedCount)
    return op->emitOpError() << "has " << operands.size() << " operands, but @" << callee.getValue() << " takes "
                             << wantedCount;
  for (auto [index, operand] : llvm::enumerate(operands)) {
    auto [access, type] = getWanted(index);
    if (operand.getType() != type)
      return op->emitOpError() << "operand " << index << " is " << operand.getType() << ", but @" << callee.getValue()
                               << " takes " << type;
    if (access != Access::read && failed(verifyWritable(op, index, operand)))
      return failure();
  }
  return success();
}

LogicalResult DispatchOp::verifySymbolUses(SymbolTableCollection &tables) {
  auto kernel = lookUp<KernelOp>(*this, tables, getKernelAttr().getAttr());
  if (!kernel)
    return emitOpError() << "runs " << getKernelAttr() << ", which is not a veomni_rt.kernel of this module";
  if (failed(verifyExtents(*this, tables, getWorkgroups())) || failed(verifyExtents(*this, tables, getScalars())))
    return failure();
  if (getScalars().size() != kernel.getScalarCount())
    return emitOpError() << "has " << getScalars().size() << " scalars, but " << getKernelAttr() << " takes "
                         << kernel.getScalarCount();
  return verifyOperands(*this, getOperands(), kernel.getSymNameAttr(), kernel.getOperandTypes().size(),
                        [&](unsigned index) {
                          auto operand = cast<OperandAttr>(kernel.getOperandTypes()[index]);
                          return std::pair(operand.getAccess(), operand.getType());
                        });
}

LogicalResult LibraryCallOp::verifySymbolUses(SymbolTableCollection &tables) {
  if (failed(verifyExtents(*this, tables, getScalars())))
    return failure();
  for (auto [index, pair] : llvm::enumerate(llvm::zip(getOperands(), getOperandAttrs()))) {
    auto [operand, attribute] = pair;
    if (attribute.getAccess() == Access::read)
      continue;
    if (failed(verifyWritable(*this, index, operand)))
      return failure();
    for (auto [other, value] : llvm::enumerate(getOperands()))
      if (other != index && memoryOf(value) == memoryOf(operand))
        return emitOpError() << "operand " << index << " is written and has the memory of operand " << other;
  }
  return success();
}

namespace {
/// Compares the two ends of a collective.
class CollectiveCheck {
public:
  CollectiveCheck(CollectiveOp op, SymbolTableCollection &tables, int64_t ranks)
      : op(op), tables(tables), expansion(op, tables), ranks(ranks) {}

  LogicalResult verify(unsigned pair);

private:
  std::optional<SizePolynomial> sizeOf(Dim dim) { return expansion.expand(ExtentAttr::get(op.getContext(), {dim})); }
  /// Whether `part` is what a rank has of `whole`.
  bool isPart(Dim part, Dim whole);

  CollectiveOp op;
  SymbolTableCollection &tables;
  SizeExpansion expansion;
  int64_t ranks;
};
} // namespace

bool CollectiveCheck::isPart(Dim part, Dim whole) {
  if (part.isConstant())
    return whole.isConstant() && whole.value % ranks == 0 && part.value == whole.value / ranks;
  auto symbol = lookUp<SymbolOp>(op, tables, part.symbol);
  return symbol && symbol.getKind() == SymbolKind::part && symbol.getMeshAxis() == op.getMeshAxis() &&
         symbol.getExtent()->getDivisor() == 1 && sizeOf(whole) &&
         expansion.expand(*symbol.getExtent()) == sizeOf(whole);
}

LogicalResult CollectiveCheck::verify(unsigned pair) {
  auto from = cast<BufferType>(op.getSources()[pair].getType()), to = cast<BufferType>(op.getTargets()[pair].getType());
  auto error = [&]() {
    return op.emitOpError() << "operand " << pair << " is " << from << " and becomes " << to << ": ";
  };
  if (from.getElementType() != to.getElementType() || from.getRank() != to.getRank() || from.getTile() != to.getTile())
    return error() << "expected one element type, rank and layout";
  if (Tile tile = from.getTile()) {
    // Tiles move as they lie: whole ones, one behind the other.
    const unsigned rank = from.getRank(), dim = op.getGatherDim().value_or(rank);
    const int64_t unit = dim + 2 == rank ? tile.rows : dim + 1 == rank ? tile.columns : 1;
    if (op.getKind() != CollectiveKind::all_gather || (dim < rank && from.getDims()[dim].value % unit != 0))
      return error() << "tiles are gathered, along a dim of which each rank has whole tiles";
  }
  for (unsigned dim = 0; dim < from.getRank(); ++dim) {
    Dim before = from.getDims()[dim], after = to.getDims()[dim];
    if (op.getGatherDim() == dim) {
      if (!isPart(before, after))
        return error() << "dim " << dim << " is gathered over " << ranks << " ranks of \"" << op.getMeshAxis()
                       << "\", but the first is no part of the second";
    } else if (op.getSplitDim() == dim) {
      if (!isPart(after, before))
        return error() << "dim " << dim << " is split over " << ranks << " ranks of \"" << op.getMeshAxis()
                       << "\", but the second is no part of the first";
    } else if (!sizeOf(before) || sizeOf(before) != sizeOf(after)) {
      return error() << "dim " << dim << " changes";
    }
  }
  for (std::optional<uint64_t> dim : {op.getGatherDim(), op.getSplitDim()})
    if (dim && *dim >= from.getRank())
      return error() << "there is no dim " << *dim;
  return success();
}

/// Checks that data which moves is left alone until it has been waited for.
static LogicalResult verifyMeanwhile(CollectiveOp start, SymbolTableCollection &tables) {
  WaitOp wait = start.getWait();
  if (!wait)
    return start.emitOpError() << "starts, but no veomni_rt.wait below is on its operands";
  for (Operation *op = start->getNextNode(); op != wait; op = op->getNextNode())
    if (std::optional<Conflict> found = conflictOf(op, start, tables)) {
      InFlightDiagnostic diagnostic = op->emitOpError()
                                      << "operand " << found->operand << " is "
                                      << (found->access == Access::read ? "read" : "written") << " while a collective "
                                      << (found->moving < start.getSources().size() ? "reads" : "writes") << " it";
      diagnostic.attachNote(start.getLoc()) << "it starts here";
      return diagnostic;
    }
  return success();
}

LogicalResult CollectiveOp::verifySymbolUses(SymbolTableCollection &tables) {
  std::optional<int64_t> ranks = ranksAlong(*this, getMeshAxis());
  if (!ranks)
    return emitOpError() << "is over \"" << getMeshAxis() << "\", which is not a veomni_rt.mesh_axis of this module";
  CollectiveCheck check(*this, tables, *ranks);
  for (unsigned pair = 0; pair < getSources().size(); ++pair)
    if (failed(check.verify(pair)))
      return failure();
  const unsigned count = getOperands().size();
  for (unsigned index = count / 2; index < count; ++index) {
    if (failed(verifyWritable(*this, index, getOperand(index))))
      return failure();
    for (auto [other, value] : llvm::enumerate(getOperands()))
      if (other != index && memoryOf(value) == memoryOf(getOperand(index)))
        return emitOpError() << "operand " << index << " is written and has the memory of operand " << other;
  }
  return getStarts() ? verifyMeanwhile(*this, tables) : success();
}

LogicalResult WaitOp::verifySymbolUses(SymbolTableCollection &) {
  if (!getStart())
    return emitOpError() << "waits, but no veomni_rt.collective above starts on these operands, or another wait is for "
                            "it";
  return success();
}

/// Checks a call whose window starts at `base`, or at anything up to `lastBase`.
static LogicalResult verifyCall(Operation *op, SymbolTableCollection &tables, FlatSymbolRefAttr name,
                                OperandRange operands, uint64_t lastBase) {
  auto callee = lookUp<FuncOp>(op, tables, name.getAttr());
  if (!callee)
    return op->emitOpError() << "runs " << name << ", which is not a veomni_rt.func of this module";
  auto caller = cast<FuncOp>(op->getParentOp());
  if (lastBase + callee.getParamCount() > caller.getParamCount())
    return op->emitOpError() << "needs params " << lastBase << " to " << lastBase + callee.getParamCount()
                             << " (exclusive) for " << name << ", but the function has params("
                             << caller.getParamCount() << ")";
  return verifyOperands(op, operands, name.getAttr(), callee.getNumArguments(), [&](unsigned index) {
    return std::pair(callee.getArgumentAttr(index).getAccess(), callee.getArgumentType(index));
  });
}

/// Whether two types say the same but for how far rows lie apart, `rows` in place of the first dim.
static bool isAlike(BufferType type, BufferType like, Dim rows) {
  return !type.getTile() && !like.getTile() && type.getElementType() == like.getElementType() &&
         type.getRank() == like.getRank() && type.getRank() > 0 && type.getDims().front() == rows &&
         type.getDims().drop_front() == like.getDims().drop_front();
}

LogicalResult ExpertDispatchOp::verifySymbolUses(SymbolTableCollection &tables) {
  std::optional<int64_t> ranks = ranksAlong(*this, getMeshAxis());
  if (!ranks)
    return emitOpError() << "is over \"" << getMeshAxis() << "\", which is not a veomni_rt.mesh_axis of this module";
  auto symbol = lookUp<SymbolOp>(*this, tables, getSymbolAttr().getAttr());
  if (!symbol || symbol.getKind() != SymbolKind::counted)
    return emitOpError() << "counts in " << getSymbolAttr() << ", which is not a veomni_rt.symbol of kind counted";
  auto rows = cast<BufferType>(getRows().getType()), offsets = cast<BufferType>(getOffsets().getType()),
       results = cast<BufferType>(getResults().getType());
  if (rows.getRank() < 1 || !llvm::all_of(rows.getDims().drop_front(), [](Dim dim) { return dim.isConstant(); }) ||
      !isAlike(results, rows, rows.getDims().front()))
    return emitOpError() << "has rows " << rows << " and results " << results
                         << ", expected equal dims, of which the first alone may be a symbol";
  Type i32 = IntegerType::get(getContext(), 32);
  if (offsets.getElementType() != i32 || offsets.getRank() != 1 || !offsets.isDense() || offsets.getTile() ||
      !offsets.getDims().front().isConstant() || offsets.getDims().front().value < 2 ||
      (offsets.getDims().front().value - 1) % *ranks != 0)
    return emitOpError() << "has offsets " << offsets << ", expected [experts + 1] x i32, where the " << *ranks
                         << " ranks along \"" << getMeshAxis() << "\" divide the experts";
  if (auto callee = lookUp<FuncOp>(*this, tables, getCalleeAttr().getAttr())) {
    auto caller = cast<FuncOp>((*this)->getParentOp());
    if (getParamBase() + callee.getParamCount() > caller.getParamCount())
      return emitOpError() << "needs params " << getParamBase() << " to " << getParamBase() + callee.getParamCount()
                           << " (exclusive) for " << getCalleeAttr() << ", but the function has params("
                           << caller.getParamCount() << ")";
    const Dim received = symbol.getAsDim();
    const auto numbers = BufferType::get(getContext(), {received, Dim(1)}, i32);
    const Access accesses[] = {Access::read, Access::read, Access::write};
    bool fits = callee.getNumArguments() == 3 && isAlike(callee.getArgumentType(0), rows, received) &&
                isAlike(callee.getArgumentType(1), numbers, received) &&
                isAlike(callee.getArgumentType(2), rows, received);
    for (unsigned index = 0; fits && index < 3; ++index)
      fits = callee.getArgumentAttr(index).getAccess() == accesses[index];
    if (!fits)
      return emitOpError() << "runs " << getCalleeAttr() << ", expected a function that reads rows like " << rows
                           << " and " << numbers << ", and writes rows, '" << received.symbol.getValue() << "' of each";
  } else {
    return emitOpError() << "runs " << getCalleeAttr() << ", which is not a veomni_rt.func of this module";
  }
  if (failed(verifyWritable(*this, 2, getResults())))
    return failure();
  for (unsigned other : {0, 1})
    if (memoryOf(getOperand(other)) == memoryOf(getResults()))
      return emitOpError() << "operand 2 is written and has the memory of operand " << other;
  return success();
}

LogicalResult CallOp::verifySymbolUses(SymbolTableCollection &tables) {
  return verifyCall(*this, tables, getCalleeAttr(), getOperands(), getParamBase());
}

LogicalResult LoopOp::verifySymbolUses(SymbolTableCollection &tables) {
  auto symbol = lookUp<SymbolOp>(*this, tables, getSymbolAttr().getAttr());
  if (!symbol || symbol.getKind() != SymbolKind::loop)
    return emitOpError() << "counts in " << getSymbolAttr() << ", which is not a veomni_rt.symbol of kind loop";
  Dim count = getCount().getValue();
  if (failed(verifyDims(*this, tables, count)))
    return failure();
  if (!count.isConstant() && getParamStride() != 0)
    return emitOpError() << "moves over params but counts to '" << count.symbol.getValue()
                         << "', expected a constant count";
  uint64_t lastBase = getParamBase();
  if (count.isConstant() && count.value > 0) {
    // Counts beyond any table of weights say no more than that; they would only overflow.
    uint64_t steps = std::min<uint64_t>(count.value - 1, uint64_t(1) << 31);
    lastBase += steps * getParamStride();
  }
  return verifyCall(*this, tables, getCalleeAttr(), getOperands(), lastBase);
}

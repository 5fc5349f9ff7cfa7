// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// One function of the model becomes functions of the program: its values get buffers, its ops emit dispatches into
// them. The ops themselves are lowered in the files beside this one.
#include "FunctionLowering.h"

#include "veomni/Kernels/BoundKernel.h"
#include "veomni/Kernels/RegistryInterface.h"

#include "llvm/Support/Debug.h"

// veomni-compile --debug-only=veomni-lower: each op, and the kernels that it is the first to need.
#define DEBUG_TYPE "veomni-lower"

using namespace mlir;

namespace veomni::lower {

int64_t paddedRowStride(int64_t elements, Type elementType) {
  constexpr int64_t kLine = 64, kPage = 4096;
  int64_t bytes = rt::BufferType::getElementBytes(elementType);
  int64_t line = kLine / bytes;
  int64_t stride = (elements + line - 1) / line * line;
  return stride * bytes % kPage == 0 ? stride + line : stride;
}

//===--- Program --------------------------------------------------------------------------------------------------===//

ProgramBuilder::ProgramBuilder(ModuleOp module)
    : header(module.getContext()), kernels(module.getContext()), functions(module.getContext()),
      context(module.getContext()) {}

rt::KernelOp ProgramBuilder::kernel(StringRef kind, DictionaryAttr config, ArrayRef<rt::OperandAttr> operands,
                                    unsigned scalars) {
  SmallVector<Attribute> parts{StringAttr::get(context, kind), config,
                               IntegerAttr::get(IntegerType::get(context, 64), scalars)};
  llvm::append_range(parts, operands);
  rt::KernelOp &kernel = kernelsByKey[ArrayAttr::get(context, parts)];
  if (!kernel) {
    std::string name;
    do {
      name = (kind + "_" + Twine(kernelCounts[kind]++)).str();
    } while (!taken.insert(name).second);
    kernel = rt::KernelOp::create(kernels, kernels.getUnknownLoc(), name, kind, config, operands, scalars);
    LLVM_DEBUG(llvm::dbgs() << "    kernel @" << name << " = " << kind << " " << config << "\n");
  }
  return kernel;
}

std::string ProgramBuilder::unique(StringRef wanted) {
  std::string name = wanted.str();
  for (unsigned number = 1; !taken.insert(name).second; ++number)
    name = (wanted + "_" + Twine(number)).str();
  return name;
}

void ProgramBuilder::reserveFunction(StringAttr name) {
  if (taken.insert(name.getValue()).second)
    reserved.insert(name.getValue());
}

std::string ProgramBuilder::instanceName(StringAttr function) {
  return reserved.erase(function.getValue()) ? function.str() : unique(function.getValue());
}

rt::Dim ProgramBuilder::dim(const AxisExtent &extent) {
  if (std::optional<int64_t> size = extent.constant())
    return rt::Dim(*size);
  if (StringAttr axis = extent.axis())
    return rt::Dim(axis);
  std::string text = extent.str();
  rt::SymbolOp &op = derived[text];
  if (!op) {
    auto suggested = names.find(text);
    std::string name = unique(suggested == names.end() ? "size" : StringRef(suggested->second));
    op = rt::SymbolOp::createDerived(header, header.getUnknownLoc(), name, rt::ExtentAttr::get(context, extent.sum()));
    definitions[op.getSymNameAttr()] = *op.getExtent();
  }
  return op.getAsDim();
}

rt::SymbolOp ProgramBuilder::expertSymbol() {
  if (!expert)
    expert = rt::SymbolOp::createLoop(header, header.getUnknownLoc(), unique("expert"));
  return expert;
}

rt::ExtentAttr ProgramBuilder::definitionOf(StringAttr symbol) const { return definitions.lookup(symbol); }

rt::Dim ProgramBuilder::ceilDiv(rt::Dim dim, int64_t divisor) {
  if (dim.isConstant())
    return rt::Dim((dim.value + divisor - 1) / divisor);
  std::string wanted = (dim.symbol.getValue() + "_by_" + Twine(divisor)).str();
  // The text of no other extent has `ceildiv`.
  rt::SymbolOp &op = derived[("ceildiv " + wanted)];
  if (!op) {
    op = rt::SymbolOp::createDerived(header, header.getUnknownLoc(), unique(wanted), extent({dim}, divisor));
    definitions[op.getSymNameAttr()] = *op.getExtent();
  }
  return op.getAsDim();
}

ProgramBuilder::Instance *ProgramBuilder::callee(Operation *op, const Instance &caller) {
  FailureOr<AxisBinding> binding = ModuleAxes::bind(op, *caller.axes);
  if (failed(binding))
    return nullptr;
  for (auto &[axis, extent] : *binding)
    extent = extent.substitute([&](StringAttr own) { return caller.binding.lookup(own); });
  return instantiate(calledFunction(op), *binding, isa<ExpertsLoopOp>(op), /*isEntry=*/false);
}

ProgramBuilder::Instance *ProgramBuilder::instantiate(func::FuncOp source, const AxisBinding &binding, bool ofExpert,
                                                      bool isEntry) {
  std::string key = source.getSymName().str() + (ofExpert ? "\nexpert" : "\n");
  for (const auto &[axis, extent] : binding)
    key += "\n" + axis.str() + " = " + extent.str();
  std::unique_ptr<Instance> &instance = instances[key];
  if (instance)
    return instance.get();
  instance = std::make_unique<Instance>();
  Instance &made = *instance; // the map may move its pointers while callees are added
  made.source = source, made.binding = binding, made.ofExpert = ofExpert;
  FailureOr<const FunctionAxes *> found = axes.of(source);
  if (failed(found)) {
    failedAny = true;
    return nullptr;
  }
  made.axes = *found;
  // A dim that is an axis of a function by another name in the entry is called what the function calls it.
  for (const auto &[axis, extent] : binding)
    suggestName(extent, axis.getValue());
  for (const MadeAxis &axis : made.axes->made())
    suggestName(axis.extent.substitute([&](StringAttr own) { return binding.lookup(own); }), axis.name);
  // Callees come first in the program.
  for (Operation &op : source.getBody().front())
    if (calledFunction(&op))
      callee(&op, made);
  failedAny |= failed(FunctionLowering(*this, made, isEntry).run());
  return &made;
}

//===--- Function -------------------------------------------------------------------------------------------------===//

FunctionLowering::FunctionLowering(ProgramBuilder &program, ProgramBuilder::Instance &instance, bool isEntry)
    : program(program), instance(instance), context(program.context), source(instance.source), isEntry(isEntry),
      values(context), instructions(context) {}

std::string FunctionLowering::kindOf(Operation *op, StringRef own) const {
  StringRef name = kernels::boundKernel(op);
  const kernels::KernelRegistry *registry = kernels::registryOf(context);
  const kernels::Slot *slot = registry ? registry->slotOf(op) : nullptr;
  if (slot && !name.empty())
    for (const kernels::Kernel *kernel : registry->kernelsOf(slot->op, slot->describe(op).variant))
      if (kernel->name == name && !kernel->kind.empty())
        return kernel->kind;
  return own.str();
}

AxisExtent FunctionLowering::extent(Value value, unsigned dim) const {
  return instance.axes->of(value, dim).substitute([&](StringAttr axis) { return instance.binding.lookup(axis); });
}

LogicalResult FunctionLowering::run() {
  if (failed(createFunction()))
    return failure();
  chooseDestinations();
  bool failedAny = false;
  LLVM_DEBUG(llvm::dbgs() << "lower @" << source.getSymName() << "\n");
  for (Operation &op : source.getBody().front()) {
    LLVM_DEBUG(llvm::dbgs() << "  " << op << "\n");
    LogicalResult result = success();
    bool handled = true;
    if (auto call = dyn_cast<CallOp>(op))
      result = lowerCall(call);
    else if (auto ret = dyn_cast<func::ReturnOp>(op))
      result = lowerReturn(ret);
    else if (!isa<ParamOp, ConcatParamsOp, InputGivenOp>(op)) {
      result = checkLowerable(*this, &op);
      if (succeeded(result))
        result = lowerNN(*this, &op, handled);
      if (succeeded(result) && !handled)
        result = lowerSequence(*this, &op, handled);
      if (succeeded(result) && !handled)
        result = lowerMoe(*this, &op, handled);
      if (succeeded(result) && !handled)
        result = lowerGrouped(*this, &op, handled);
      if (succeeded(result) && !handled)
        result = lowerEager(*this, &op, handled);
    }
    if (!handled)
      result = op.emitOpError("has no kernel in this program; raise or decompose it first");
    failedAny |= failed(result);
    // Later ops would only repeat what this one lacks. Parameters lack nothing, and may have no rows to ask for.
    if (failedAny && !isa<ParamOp, ConcatParamsOp>(op))
      for (Value value : op.getResults())
        if (isa<RankedTensorType>(value.getType()) && !buffer(value))
          allocate(value);
  }
  function.setSlotCount(slots);
  instance.lowered = function;
  return failure(failedAny);
}

rt::BufferType FunctionLowering::bufferType(Value value, bool dense) {
  auto type = cast<RankedTensorType>(value.getType());
  SmallVector<rt::Dim> dims;
  int64_t inner = 1;
  for (auto [dim, size] : llvm::enumerate(type.getShape())) {
    dims.push_back(ShapedType::isDynamic(size) ? program.dim(extent(value, dim)) : rt::Dim(size));
    inner *= ShapedType::isDynamic(size) ? 1 : size;
  }
  unsigned rowRank = type.getRank() - type.getNumDynamicDims();
  // Scores have keys for columns, and tokens have none.
  if (type.hasStaticShape() || type.isDynamicDim(type.getRank() - 1))
    return rt::BufferType::get(context, dims, type.getElementType());
  return rt::BufferType::get(context, dims, type.getElementType(), rowRank,
                             dense ? 0 : paddedRowStride(inner, type.getElementType()));
}

LogicalResult FunctionLowering::createFunction() {
  SmallVector<rt::BufferType> types;
  SmallVector<rt::ArgumentAttr> attributes;
  SmallVector<Value> tensors;
  auto name = [&](Attribute attribute) {
    return attribute ? cast<StringAttr>(attribute) : StringAttr::get(context, "");
  };
  for (BlockArgument argument : source.getArguments()) {
    if (!isa<RankedTensorType>(argument.getType()))
      continue; // an i1 is a symbol
    types.push_back(bufferType(argument, isEntry));
    attributes.push_back(rt::ArgumentAttr::get(context, rt::Access::read,
                                               name(source.getArgAttr(argument.getArgNumber(), VeOmniDialect::kName))));
    tensors.push_back(argument);
  }
  if (instance.ofExpert) {
    types.push_back(rt::BufferType::get(context, {rt::Dim(1)}, IntegerType::get(context, 32)));
    attributes.push_back(rt::ArgumentAttr::get(context, rt::Access::read, StringAttr::get(context, "count")));
  }
  auto ret = cast<func::ReturnOp>(source.getBody().front().getTerminator());
  for (auto [index, value] : llvm::enumerate(ret.getOperands())) {
    types.push_back(bufferType(value, isEntry));
    attributes.push_back(
        rt::ArgumentAttr::get(context, rt::Access::write, name(source.getResultAttr(index, VeOmniDialect::kName))));
  }
  ProgramBuilder::Window &window = program.windows[source];
  std::string symbol = program.instanceName(source.getSymNameAttr());
  function = rt::FuncOp::create(program.functions, source.getLoc(), symbol, types, attributes, window.size, 0);
  Block &block = function.getBody().front();
  for (auto [index, value] : llvm::enumerate(tensors))
    bind(value, block.getArgument(index));
  if (instance.ofExpert)
    count = block.getArgument(tensors.size());
  instructions.setInsertionPointToEnd(&block);
  auto end = rt::ReturnOp::create(instructions, source.getLoc());
  values.setInsertionPoint(end);
  instructions.setInsertionPoint(end);
  return success();
}

/// A returned value is computed straight into the result argument where one op makes it and the types agree.
void FunctionLowering::chooseDestinations() {
  auto ret = cast<func::ReturnOp>(source.getBody().front().getTerminator());
  unsigned first = function.getNumArguments() - ret.getNumOperands();
  for (auto [index, value] : llvm::enumerate(ret.getOperands())) {
    Operation *def = value.getDefiningOp();
    if (!def || isa<ParamOp, ConcatParamsOp, UnflattenOp, FlattenOp>(def) || destinations.contains(value))
      continue;
    Value argument = function.getArgument(first + index);
    // A GEMM and a loss write rows of any stride; what others make for the entry's dense outputs is copied.
    if (isa<LinearOp>(def) || argument.getType() == bufferType(value))
      destinations[value] = argument;
  }
}

Value FunctionLowering::scratch(rt::BufferType type) {
  auto slot = rt::SlotOp::create(values, instructions.getUnknownLoc(), type, slots++);
  return slot.getResult();
}

Value FunctionLowering::allocate(Value value) {
  Value destination = destinations.lookup(value);
  return buffers[value] = destination ? destination : scratch(bufferType(value));
}

UnflattenOp headsOfSlice(Value value) {
  auto heads = value.getDefiningOp<UnflattenOp>();
  if (!heads || !heads.getX().getDefiningOp<SliceOp>())
    return {};
  // The columns of several runs are not split evenly: heads of heads are copied.
  auto rows = cast<RankedTensorType>(heads.getX().getType());
  return rows.getRank() - rows.getNumDynamicDims() == 1 ? heads : UnflattenOp();
}

Value FunctionLowering::buffer(Value value) {
  if (Value known = buffers.lookup(value))
    return known;
  if (Operation *op = value.getDefiningOp(); isa_and_nonnull<SliceOp, BroadcastHeadsOp>(op)) {
    Runs from = runs(value);
    Value to = allocate(value);
    return succeeded(gather(op, from, to)) ? to : Value();
  }
  if (UnflattenOp heads = headsOfSlice(value))
    return buffers[value] = view(buffer(heads.getX()), bufferType(value));
  FailureOr<Value> rows = param(value, /*panels=*/false);
  return succeeded(rows) ? *rows : Value();
}

ArrayAttr parameterNames(Value value) {
  if (auto param = value.getDefiningOp<ParamOp>())
    return ArrayAttr::get(value.getContext(), {param.getNameAttr()});
  auto concat = value.getDefiningOp<ConcatParamsOp>();
  return concat ? concat.getNames() : ArrayAttr();
}

FunctionLowering::Runs FunctionLowering::runs(Value value, bool whole) {
  if (whole)
    return {buffer(value), 0, cast<RankedTensorType>(value.getType()).getShape().back()};
  if (auto slice = value.getDefiningOp<SliceOp>()) {
    Runs from = runs(slice.getX());
    return {from.buffer, from.at + static_cast<int64_t>(slice.getOffset()), from.run};
  }
  if (auto broadcast = value.getDefiningOp<BroadcastHeadsOp>()) {
    Runs from = runs(broadcast.getX());
    return {from.buffer, from.at, 0};
  }
  if (UnflattenOp heads = headsOfSlice(value)) {
    Runs from = runs(heads.getX());
    return {from.buffer, from.at, cast<RankedTensorType>(value.getType()).getShape().back()};
  }
  return {buffer(value), 0, cast<RankedTensorType>(value.getType()).getShape().back()};
}

int64_t FunctionLowering::groups(Value buffer) {
  int64_t groups = 1;
  for (rt::Dim dim : type(buffer).getRowDims().drop_back())
    groups *= dim.value;
  return groups;
}

bool FunctionLowering::addRuns(SmallVectorImpl<NamedAttribute> &config, StringRef operand, const Runs &runs,
                               int64_t count, int64_t cols) {
  if (runs.at == 0 && runs.run == cols && rowElements(runs.buffer) == count * cols)
    return false;
  config.push_back(attr((operand + "_at").str(), runs.at));
  if (runs.run != cols)
    config.push_back(attr((operand + "_run").str(), runs.run));
  return true;
}

FailureOr<Value> FunctionLowering::param(Value value, bool panels) {
  ArrayAttr names = parameterNames(value);
  if (!names)
    return failure();
  Value &known = params[{names, panels}];
  if (!known) {
    auto type = cast<RankedTensorType>(value.getType());
    SmallVector<rt::Dim> dims = llvm::map_to_vector(type.getShape(), [](int64_t size) { return rt::Dim(size); });
    auto buffer =
        rt::BufferType::get(context, dims, type.getElementType(), 1, 0, panels ? rt::Layout::panels : rt::Layout::rows);
    ArrayRef<ProgramBuilder::Param> own = program.windows[source].own;
    auto it =
        llvm::find_if(own, [&](const ProgramBuilder::Param &p) { return p.names == names && p.panels == panels; });
    assert(it != own.end() && "windows hold every parameter that is used");
    known = rt::ParamOp::create(values, value.getLoc(), buffer, it - own.begin());
  }
  return known;
}

Value FunctionLowering::view(Value source, rt::BufferType type) {
  return rt::ViewOp::create(values, instructions.getUnknownLoc(), type, source);
}

rt::Dim FunctionLowering::flag(Value value) { return rt::Dim(program.flags.lookup(value)); }

Value FunctionLowering::rowCount(Value value) {
  if (!instance.ofExpert)
    return {};
  StringAttr rows = instance.axes->axes().front();
  bool counted =
      llvm::any_of(instance.axes->of(value), [&](const AxisExtent &extent) { return extent.contains(rows); });
  return counted ? count : Value();
}

int64_t FunctionLowering::nextWindowBase() {
  const ProgramBuilder::Window &window = program.windows[source];
  int64_t base = window.own.size();
  for (const ProgramBuilder::CallSite &site : ArrayRef(window.calls).take_front(callsSeen++))
    base += program.windows[site.callee].size;
  return base;
}

NamedAttribute FunctionLowering::attr(StringRef name, int64_t value) {
  return attr(name, IntegerAttr::get(IntegerType::get(context, 64), value));
}
NamedAttribute FunctionLowering::attr(StringRef name, bool value) { return attr(name, BoolAttr::get(context, value)); }
NamedAttribute FunctionLowering::attr(StringRef name, StringRef value) {
  return attr(name, StringAttr::get(context, value));
}
NamedAttribute FunctionLowering::attr(StringRef name, const llvm::APFloat &value) {
  return attr(name, FloatAttr::get(Float32Type::get(context), value));
}

int64_t FunctionLowering::rowElements(Value buffer) {
  int64_t count = 1;
  for (rt::Dim dim : type(buffer).getRowDims())
    count *= dim.value;
  return count;
}

rt::ExtentAttr FunctionLowering::rows(Value buffer, int64_t divisor) {
  // Tokens without features, like ids [batch, seq], are one row each.
  ArrayRef<rt::Dim> dims = type(buffer).getDims();
  bool tokens = !dims.empty() && !dims.back().isConstant();
  return program.extent(tokens ? dims : type(buffer).getLeadingDims(), divisor);
}

LogicalResult FunctionLowering::dispatch(OpBuilder &builder, Operation *op, StringRef kindName,
                                         ArrayRef<NamedAttribute> config, ArrayRef<Use> uses,
                                         ArrayRef<rt::ExtentAttr> given) {
  const cpu::KernelKind *kind = cpu::findKernelKind(kindName);
  if (!kind)
    return op->emitOpError() << cpu::unknownKind(kindName);
  SmallVector<rt::OperandAttr> signature;
  SmallVector<Value> operands;
  for (const Use &use : uses) {
    if (!use.buffer)
      return failure(); // said already
    signature.push_back(rt::OperandAttr::get(use.access, type(use.buffer)));
    operands.push_back(use.buffer);
  }
  auto attributes = DictionaryAttr::get(context, config);
  cpu::Problems problems;
  std::optional<cpu::Kernel> kernel = cpu::Kernel::bind(
      *kind, attributes, signature, [&](StringAttr symbol) { return program.definitionOf(symbol); }, problems);
  for (const std::string &problem : problems.all())
    op->emitOpError() << "kernel kind '" << kindName << "': " << problem;
  if (!kernel)
    return failure();
  SmallVector<rt::ExtentAttr> scalars;
  for (const cpu::ScalarRule *rule : kernel->scalars()) {
    rt::ExtentAttr size = kernel->scalarExtent(*rule);
    if (!size) {
      size = given.front();
      given = given.drop_front();
    }
    scalars.push_back(size);
  }
  assert(given.empty() && "a scalar for each that no type says");
  rt::KernelOp declared = program.kernel(kindName, attributes, signature, scalars.size());
  rt::DispatchOp::create(builder, op->getLoc(), declared, kernel->workgroups(), operands, scalars);
  return success();
}

LogicalResult FunctionLowering::dispatch(Operation *op, StringRef kind, ArrayRef<NamedAttribute> config,
                                         ArrayRef<Use> uses, ArrayRef<rt::ExtentAttr> given) {
  if (failed(dispatch(instructions, op, kind, config, uses, given)))
    return failure();
  noteInstruction();
  return success();
}

/// The first instruction ends the list of values.
void FunctionLowering::noteInstruction() {
  if (values.getInsertionPoint() == instructions.getInsertionPoint())
    values.setInsertionPoint(&*std::prev(instructions.getInsertionPoint()));
}

LogicalResult FunctionLowering::lowerCall(CallOp call) {
  SmallVector<Value> operands;
  for (Value operand : call.getOperands())
    if (isa<RankedTensorType>(operand.getType()))
      operands.push_back(buffer(operand));
  for (Value result : call.getResults())
    operands.push_back(allocate(result));
  ProgramBuilder::Instance *callee = program.callee(call, instance);
  if (!callee || !callee->lowered)
    return failure(); // said already
  rt::FuncOp target = callee->lowered;
  // The entry's inputs are dense, a callee's buffers padded. Results need no copy: their destinations have the padded
  // type.
  for (auto [index, operand] : llvm::enumerate(operands)) {
    if (type(operand) == target.getArgumentType(index))
      continue;
    Value padded = scratch(target.getArgumentType(index));
    if (failed(copy(call, operand, padded)))
      return failure();
    operand = padded;
  }
  instruction<rt::CallOp>(call.getLoc(), target, nextWindowBase(), call.getPath(), operands);
  return success();
}

LogicalResult FunctionLowering::copy(Operation *op, Value from, Value to) {
  return dispatch(op, "convert", {}, {read(from), write(to)});
}

LogicalResult FunctionLowering::gather(Operation *op, const Runs &from, Value to) {
  int64_t cols = type(to).getDims().back().value;
  SmallVector<NamedAttribute> config;
  if (addRuns(config, "x", from, groups(to), cols))
    config.push_back(attr("x_cols", cols));
  return dispatch(op, "convert", config, {read(from.buffer), write(to)});
}

LogicalResult FunctionLowering::lowerReturn(func::ReturnOp ret) {
  unsigned first = function.getNumArguments() - ret.getNumOperands();
  for (auto [index, value] : llvm::enumerate(ret.getOperands())) {
    Value argument = function.getArgument(first + index), held = buffer(value);
    if (!held)
      return ret.emitOpError() << "result " << index << " is not computed by this function";
    if (held == argument)
      continue;
    if (Type element = type(held).getElementType();
        !isa<BFloat16Type, Float32Type>(element) && !element.isInteger(32) && !element.isInteger(64))
      return ret.emitOpError() << "result " << index << " is " << value.getType()
                               << ", but only f32, bf16, i32 and i64 can be copied out of a function";
    if (failed(copy(ret, held, argument)))
      return failure();
  }
  return success();
}

} // namespace veomni::lower

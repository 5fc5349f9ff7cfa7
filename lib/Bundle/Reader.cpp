// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Bundle to program. What a bundle may hold is checked once, by the runtime's own verifier, before any op is built, so
// that compiler and runtime refuse the same files in the same words. Here remain the limits that only text has, such as
// names that must differ, for which MLIR's verifier and the attributes' own speak.
#include "OpenBundle.h"
#include "mlir/IR/Verifier.h"
#include "veomni/Bundle/Bundle.h"
#include "veomni/Dialect/Program/Program.h"
#include "veomni/Dialect/Weight/ElementTypes.h"
#include "veomni/runtime/CollectiveKinds.h"

using namespace mlir;
using namespace veomni;

template <typename T> using Tables = flatbuffers::Vector<flatbuffers::Offset<T>>;

template <typename T> static uint32_t sizeOf(const flatbuffers::Vector<T> *vector) {
  return vector ? vector->size() : 0;
}

static StringRef toRef(const flatbuffers::String *string) {
  return string ? StringRef(string->c_str(), string->size()) : StringRef();
}

namespace {
class ProgramReader {
public:
  ProgramReader(const Bundle &file, Location loc)
      : file(file), program(file.program()), loc(loc), builder(loc.getContext()) {}

  OwningOpRef<ModuleOp> read();

private:
  /// An error about `where`, a place in the bundle such as "kernel 3"; the file's name comes from the location.
  InFlightDiagnostic emitError() { return mlir::emitError(loc) << where << " "; }

  rt::Dim readDim(const bundle::Dim &dim);
  SmallVector<rt::Dim> readDims(const flatbuffers::Vector<const bundle::Dim *> *vector);
  // Each appends to its last argument or returns null where something is wrong, after saying what.
  rt::ExtentAttr readExtent(const bundle::Extent &extent);
  LogicalResult readExtents(const Tables<bundle::Extent> *extents, SmallVectorImpl<Attribute> &list);
  rt::BufferType readType(const bundle::BufferType &type);
  rt::VariantAttr readVariant(const bundle::CodeVariant &variant, StringRef executable);

  LogicalResult read(const bundle::MeshAxis &axis);
  StringAttr meshAxis(uint32_t index) { return builder.getStringAttr(toRef(program.mesh()->Get(index)->name())); }
  LogicalResult read(const bundle::Symbol &symbol);
  LogicalResult read(const bundle::Input &input);
  LogicalResult read(const bundle::Entry &entry);
  LogicalResult read(const bundle::State &state);
  LogicalResult readEntry(StringRef name, uint32_t function, uint32_t paramBase, const Tables<bundle::Input> *inputs,
                          const Tables<bundle::Output> *outputs);
  LogicalResult read(const bundle::Output &output);
  LogicalResult read(const bundle::Weight &weight);
  LogicalResult read(const bundle::Executable &executable);
  LogicalResult read(const bundle::Kernel &kernel);
  LogicalResult read(const bundle::Function &function);
  LogicalResult readValue(const bundle::Value &value, rt::FuncOp func, SmallVectorImpl<Value> &values);
  LogicalResult readInstruction(const bundle::Function &function, const bundle::Instruction &instruction,
                                ArrayRef<Value> values);
  static SmallVector<Value> operandsOf(const flatbuffers::Vector<uint32_t> *indices, ArrayRef<Value> values);
  LogicalResult readDispatch(const bundle::Dispatch &dispatch, Location location, ArrayRef<Value> values);
  LogicalResult readLibraryCall(const bundle::LibraryCall &call, Location location, ArrayRef<Value> values);
  void readCollective(const bundle::Collective &collective, Location location, ArrayRef<Value> values);
  void readCall(const bundle::Call &call, Location location, ArrayRef<Value> values);
  void readLoop(const bundle::Loop &loop, Location location, ArrayRef<Value> values);
  LogicalResult readEntries();
  LogicalResult readModuleAttributes(ModuleOp module);

  template <typename T> LogicalResult readAll(const char *what, const Tables<T> *tables) {
    for (uint32_t i = 0; i < sizeOf(tables); ++i) {
      where = (what + Twine(" ") + Twine(i)).str();
      if (failed(read(*tables->Get(i))))
        return failure();
    }
    return success();
  }
  /// A reference to the op of table `index`, which may not be built yet.
  template <typename T> FlatSymbolRefAttr refer(const Tables<T> *tables, uint32_t index) {
    return FlatSymbolRefAttr::get(builder.getContext(), toRef(tables->Get(index)->name()));
  }

  const Bundle &file;
  const bundle::Bundle &program;
  Location loc;
  OpBuilder builder;
  std::string where = "bundle";
};
} // namespace

//===--- Types and sizes ------------------------------------------------------------------------------------------===//

rt::Dim ProgramReader::readDim(const bundle::Dim &dim) {
  if (dim.symbol() < 0)
    return dim.value();
  return builder.getStringAttr(toRef(program.symbols()->Get(uint32_t(dim.symbol()))->name()));
}

SmallVector<rt::Dim> ProgramReader::readDims(const flatbuffers::Vector<const bundle::Dim *> *vector) {
  SmallVector<rt::Dim> dims;
  for (uint32_t i = 0; i < sizeOf(vector); ++i)
    dims.push_back(readDim(*vector->Get(i)));
  return dims;
}

rt::ExtentAttr ProgramReader::readExtent(const bundle::Extent &extent) {
  rt::SizePolynomial sum;
  bool fits = true;
  auto add = [&](const flatbuffers::Vector<const bundle::Dim *> *factors) {
    std::optional<rt::SizePolynomial> product = rt::ExtentAttr::multiply(readDims(factors));
    fits = fits && product && sum.add(*product);
  };
  add(extent.factors());
  for (uint32_t i = 0; fits && i < sizeOf(extent.terms()); ++i)
    add(extent.terms()->Get(i)->factors());
  if (!fits) {
    emitError() << "has a size that is too large, expected at most " << rt::SizePolynomial::mostTerms << " products of "
                << rt::SizePolynomial::mostSymbols << " symbols, and numbers of 64 bits";
    return {};
  }
  return rt::ExtentAttr::getChecked([&] { return emitError(); }, builder.getContext(), sum, extent.divisor());
}

LogicalResult ProgramReader::readExtents(const Tables<bundle::Extent> *extents, SmallVectorImpl<Attribute> &list) {
  for (uint32_t i = 0; i < sizeOf(extents); ++i) {
    list.push_back(readExtent(*extents->Get(i)));
    if (!list.back())
      return failure();
  }
  return success();
}

rt::BufferType ProgramReader::readType(const bundle::BufferType &type) {
  SmallVector<rt::Dim> dims = readDims(type.dims());
  return rt::BufferType::getChecked([&] { return emitError(); }, builder.getContext(), ArrayRef<rt::Dim>(dims),
                                    getElementType(builder.getContext(), type.dtype()), unsigned(type.row_rank()),
                                    type.row_stride(), recipe::tileOf(type));
}

//===--- Module ops -----------------------------------------------------------------------------------------------===//

LogicalResult ProgramReader::read(const bundle::Symbol &symbol) {
  rt::ExtentAttr extent = symbol.extent() ? readExtent(*symbol.extent()) : rt::ExtentAttr();
  if (symbol.extent() && !extent)
    return failure();
  // Bundles without entries say at the symbol which input it belongs to; there the input has its axes, and flags are
  // found from it.
  bool isAxis = symbol.kind() == bundle::SymbolKind::input_dim,
       isGiven = symbol.kind() == bundle::SymbolKind::input_given;
  auto kind = isAxis ? rt::SymbolKind::axis : isGiven ? rt::SymbolKind::given : rt::SymbolKind(symbol.kind());
  rt::SymbolOp::create(builder, loc, builder.getStringAttr(toRef(symbol.name())),
                       rt::SymbolKindAttr::get(builder.getContext(), kind), extent,
                       kind == rt::SymbolKind::part ? meshAxis(symbol.mesh_axis()) : StringAttr(),
                       builder.getI64IntegerAttr(symbol.min()), builder.getI64IntegerAttr(symbol.max()));
  return success();
}

LogicalResult ProgramReader::read(const bundle::MeshAxis &axis) {
  rt::MeshAxisOp::create(builder, loc, toRef(axis.name()), axis.size(), axis.redivides());
  return success();
}

LogicalResult ProgramReader::read(const bundle::Input &input) {
  rt::BufferType type = readType(*input.type());
  if (!type)
    return failure();
  rt::ExtentAttr below = input.below() ? readExtent(*input.below()) : rt::ExtentAttr();
  if (input.below() && !below)
    return failure();
  int32_t given = input.given();
  for (uint32_t i = 0; !program.entries() && i < sizeOf(program.symbols()); ++i)
    if (const bundle::Symbol &symbol = *program.symbols()->Get(i);
        symbol.kind() == bundle::SymbolKind::input_given && program.inputs()->Get(symbol.input()) == &input)
      given = int32_t(i);
  rt::InputOp::create(builder, loc, builder.getStringAttr(toRef(input.name())), TypeAttr::get(type),
                      rt::InputDefaultAttr::get(builder.getContext(), rt::InputDefault(input.default_value())),
                      input.accepts_cu_seqlens() ? builder.getUnitAttr() : UnitAttr(),
                      given >= 0 ? refer(program.symbols(), uint32_t(given)) : FlatSymbolRefAttr(),
                      builder.getI64IntegerAttr(input.min()), builder.getI64IntegerAttr(input.max()), below,
                      input.ignored() ? builder.getI64IntegerAttr(*input.ignored()) : IntegerAttr(),
                      input.rows_of() ? builder.getStringAttr(toRef(input.rows_of())) : StringAttr(),
                      input.rows_of() ? builder.getI64IntegerAttr(input.rows_of_value()) : IntegerAttr());
  return success();
}

LogicalResult ProgramReader::readEntry(StringRef name, uint32_t function, uint32_t paramBase,
                                       const Tables<bundle::Input> *inputs, const Tables<bundle::Output> *outputs) {
  auto entry = rt::EntryOp::create(builder, loc, builder.getStringAttr(name), refer(program.functions(), function),
                                   builder.getI64IntegerAttr(paramBase));
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(&entry.getBody().emplaceBlock());
  const std::string place = where;
  return failure(failed(readAll((place + " input").c_str(), inputs)) ||
                 failed(readAll((place + " output").c_str(), outputs)));
}

LogicalResult ProgramReader::read(const bundle::Entry &entry) {
  return readEntry(toRef(entry.name()), entry.function(), entry.param_base(), entry.inputs(), entry.outputs());
}

LogicalResult ProgramReader::read(const bundle::State &state) {
  rt::BufferType type = readType(*state.type());
  if (!type)
    return failure();
  rt::StateOp::create(builder, loc, toRef(state.name()), type);
  return success();
}

LogicalResult ProgramReader::read(const bundle::Output &output) {
  rt::BufferType type = readType(*output.type());
  if (!type)
    return failure();
  rt::OutputOp::create(builder, loc, toRef(output.name()), type);
  return success();
}

LogicalResult ProgramReader::read(const bundle::Weight &weight) {
  rt::BufferType type = readType(*weight.type());
  if (!type)
    return failure();
  Expected<recipe::Steps> steps = recipe::readSteps(weight);
  if (!steps)
    return emitError() << steps.status().message();
  SmallVector<StepAttr> list =
      llvm::map_to_vector(*steps, [&](const recipe::Step &step) { return StepAttr::get(builder.getContext(), step); });
  auto recipe = RecipeAttr::getChecked([&] { return emitError(); }, builder.getContext(), ArrayRef<StepAttr>(list));
  if (!recipe)
    return failure();
  rt::WeightOp::create(builder, loc, toRef(weight.name()), type, recipe);
  return success();
}

rt::VariantAttr ProgramReader::readVariant(const bundle::CodeVariant &variant, StringRef executable) {
  SmallVector<StringRef> features;
  for (uint32_t i = 0; i < sizeOf(variant.features()); ++i)
    features.push_back(toRef(variant.features()->Get(i)));
  StringRef target = variant.target() ? toRef(variant.target()) : "cpu", level = toRef(variant.cpu());
  if (target.empty() || level.empty()) {
    emitError() << "has a variant without a name for its target or level";
    return {};
  }
  if (!variant.segment())
    return rt::VariantAttr::create(builder.getContext(), target, level, features, executable, std::nullopt);
  Expected<std::span<const std::byte>> code = file.codeSegment(*variant.segment());
  if (!code) {
    emitError() << StringRef(code.status().message()).split(": ").second;
    return {};
  }
  StringRef bytes(reinterpret_cast<const char *>(code->data()), code->size());
  return rt::VariantAttr::create(builder.getContext(), target, level, features, executable, bytes);
}

LogicalResult ProgramReader::read(const bundle::Executable &executable) {
  SmallVector<Attribute> variants;
  for (uint32_t i = 0; i < executable.variants()->size(); ++i) {
    rt::VariantAttr variant = readVariant(*executable.variants()->Get(i), toRef(executable.name()));
    if (!variant)
      return failure();
    variants.push_back(variant);
  }
  rt::ExecutableOp::create(builder, loc, toRef(executable.name()), builder.getArrayAttr(variants));
  return success();
}

LogicalResult ProgramReader::read(const bundle::Kernel &kernel) {
  SmallVector<rt::OperandAttr> operands;
  for (uint32_t i = 0; i < sizeOf(kernel.operands()); ++i) {
    const bundle::Operand &operand = *kernel.operands()->Get(i);
    rt::BufferType type = readType(*operand.type());
    if (!type)
      return failure();
    operands.push_back(rt::OperandAttr::get(rt::Access(operand.access()), type));
  }
  SmallVector<Attribute> flops;
  if (failed(readExtents(kernel.flops(), flops)))
    return failure();
  rt::KernelOp::create(builder, loc, toRef(kernel.name()), refer(program.executables(), kernel.executable()),
                       kernel.kind() ? builder.getStringAttr(toRef(kernel.kind())) : StringAttr(), operands,
                       kernel.scalar_count(), llvm::map_to_vector(flops, llvm::CastTo<rt::ExtentAttr>));
  return success();
}

//===--- Functions ------------------------------------------------------------------------------------------------===//

LogicalResult ProgramReader::read(const bundle::Function &function) {
  SmallVector<rt::BufferType> types;
  SmallVector<rt::ArgumentAttr> arguments;
  for (uint32_t i = 0; i < sizeOf(function.arguments()); ++i) {
    const bundle::Argument &argument = *function.arguments()->Get(i);
    types.push_back(readType(*argument.type()));
    if (!types.back())
      return failure();
    arguments.push_back(rt::ArgumentAttr::get(builder.getContext(), rt::Access(argument.access()),
                                              builder.getStringAttr(toRef(argument.name()))));
  }
  auto func = rt::FuncOp::create(builder, loc, toRef(function.name()), types, arguments, function.param_count(),
                                 function.slot_count());
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(&func.getBody().front());

  const std::string place = where;
  SmallVector<Value> values;
  for (uint32_t i = 0; i < sizeOf(function.values()); ++i) {
    where = (place + Twine(" value ") + Twine(i)).str();
    if (failed(readValue(*function.values()->Get(i), func, values)))
      return failure();
  }
  for (uint32_t i = 0; i < sizeOf(function.instructions()); ++i) {
    where = (place + Twine(" instruction ") + Twine(i)).str();
    if (failed(readInstruction(function, *function.instructions()->Get(i), values)))
      return failure();
  }
  rt::ReturnOp::create(builder, loc);
  return success();
}

LogicalResult ProgramReader::readValue(const bundle::Value &value, rt::FuncOp func, SmallVectorImpl<Value> &values) {
  rt::BufferType type = readType(*value.type());
  if (!type)
    return failure();
  Value result;
  switch (value.storage()) {
  case bundle::Storage::argument:
    result = func.getArgument(value.index());
    break;
  case bundle::Storage::slot:
    result = rt::SlotOp::create(builder, loc, type, value.index());
    break;
  case bundle::Storage::param:
    result = rt::ParamOp::create(builder, loc, type, value.index());
    break;
  case bundle::Storage::state:
    result = rt::UseStateOp::create(builder, loc, type, refer(program.states(), value.index()));
    break;
  case bundle::Storage::view:
    result = rt::ViewOp::create(builder, loc, type, values[value.index()]);
    break;
  }
  values.push_back(result);
  return success();
}

SmallVector<Value> ProgramReader::operandsOf(const flatbuffers::Vector<uint32_t> *indices, ArrayRef<Value> values) {
  SmallVector<Value> operands;
  for (uint32_t i = 0; i < sizeOf(indices); ++i)
    operands.push_back(values[indices->Get(i)]);
  return operands;
}

LogicalResult ProgramReader::readDispatch(const bundle::Dispatch &dispatch, Location location, ArrayRef<Value> values) {
  SmallVector<Attribute> workgroups, scalars;
  if (failed(readExtents(dispatch.workgroups(), workgroups)) || failed(readExtents(dispatch.scalars(), scalars)))
    return failure();
  rt::DispatchOp::create(builder, location, refer(program.kernels(), dispatch.kernel()),
                         builder.getArrayAttr(workgroups), operandsOf(dispatch.operands(), values),
                         builder.getArrayAttr(scalars));
  return success();
}

LogicalResult ProgramReader::readLibraryCall(const bundle::LibraryCall &call, Location location,
                                             ArrayRef<Value> values) {
  SmallVector<Value> operands = operandsOf(call.operands(), values);
  SmallVector<Attribute> signature, scalars;
  if (failed(readExtents(call.scalars(), scalars)))
    return failure();
  for (auto [index, operand] : llvm::enumerate(operands))
    signature.push_back(rt::OperandAttr::get(rt::Access(call.accesses()->Get(uint32_t(index))),
                                             cast<rt::BufferType>(operand.getType())));
  NamedAttrList config;
  for (uint32_t i = 0; i < sizeOf(call.attributes()); ++i) {
    const bundle::Attribute &attribute = *call.attributes()->Get(i);
    StringRef name = toRef(attribute.name());
    switch (attribute.kind()) {
    case bundle::AttributeKind::flag:
      config.set(name, builder.getBoolAttr(attribute.integer() != 0));
      break;
    case bundle::AttributeKind::integer:
      config.set(name, builder.getI64IntegerAttr(attribute.integer()));
      break;
    case bundle::AttributeKind::number:
      config.set(name, builder.getF64FloatAttr(attribute.number()));
      break;
    case bundle::AttributeKind::text:
      config.set(name, builder.getStringAttr(attribute.text() ? toRef(attribute.text()) : StringRef()));
      break;
    }
  }
  rt::LibraryCallOp::create(builder, location, builder.getStringAttr(toRef(call.name())),
                            config.empty() ? DictionaryAttr() : config.getDictionary(builder.getContext()), operands,
                            builder.getArrayAttr(signature), builder.getArrayAttr(scalars));
  return success();
}

void ProgramReader::readCollective(const bundle::Collective &collective, Location location, ArrayRef<Value> values) {
  const bundle::CollectiveKind kind = collective.kind();
  auto dim = [&](bool given, uint32_t index) { return given ? builder.getI64IntegerAttr(index) : IntegerAttr(); };
  rt::CollectiveOp::create(builder, location,
                           rt::CollectiveKindAttr::get(builder.getContext(), rt::CollectiveKind(kind)),
                           meshAxis(collective.mesh_axis()), dim(gathers(kind), collective.gather_dim()),
                           dim(splits(kind), collective.split_dim()), operandsOf(collective.operands(), values),
                           collective.starts() ? builder.getUnitAttr() : UnitAttr());
}

void ProgramReader::readCall(const bundle::Call &call, Location location, ArrayRef<Value> values) {
  rt::CallOp::create(
      builder, location, refer(program.functions(), call.callee()), builder.getI64IntegerAttr(call.param_base()),
      call.path() ? builder.getStringAttr(toRef(call.path())) : StringAttr(), operandsOf(call.operands(), values));
}

void ProgramReader::readLoop(const bundle::Loop &loop, Location location, ArrayRef<Value> values) {
  rt::LoopOp::create(builder, location, refer(program.symbols(), loop.symbol()),
                     rt::DimAttr::get(builder.getContext(), readDim(*loop.count())),
                     refer(program.functions(), loop.callee()), builder.getI64IntegerAttr(loop.param_base()),
                     builder.getI64IntegerAttr(loop.param_stride()), operandsOf(loop.operands(), values));
}

LogicalResult ProgramReader::readInstruction(const bundle::Function &function, const bundle::Instruction &instruction,
                                             ArrayRef<Value> values) {
  Location location = loc;
  if (instruction.location() && instruction.location()->size() > 0)
    location = NameLoc::get(builder.getStringAttr(toRef(instruction.location())), loc);
  if (const bundle::LibraryCall *call = instruction.action_as_LibraryCall())
    return readLibraryCall(*call, location, values);
  if (const bundle::Collective *collective = instruction.action_as_Collective()) {
    readCollective(*collective, location, values);
    return success();
  }
  if (const bundle::Wait *wait = instruction.action_as_Wait()) {
    const auto *start = function.instructions()->Get(wait->collective())->action_as_Collective();
    rt::WaitOp::create(builder, location, operandsOf(start->operands(), values));
    return success();
  }
  if (const bundle::ExpertDispatch *dispatch = instruction.action_as_ExpertDispatch()) {
    SmallVector<Value> operands = operandsOf(dispatch->operands(), values);
    rt::ExpertDispatchOp::create(
        builder, location, meshAxis(dispatch->mesh_axis()), refer(program.symbols(), dispatch->symbol()),
        refer(program.functions(), dispatch->callee()), builder.getI64IntegerAttr(dispatch->param_base()), operands[0],
        operands[1], operands[2]);
    return success();
  }
  if (const bundle::Call *call = instruction.action_as_Call()) {
    readCall(*call, location, values);
    return success();
  }
  if (const bundle::Loop *loop = instruction.action_as_Loop()) {
    readLoop(*loop, location, values);
    return success();
  }
  return readDispatch(*instruction.action_as_Dispatch(), location, values);
}

//===--- Program --------------------------------------------------------------------------------------------------===//

LogicalResult ProgramReader::readModuleAttributes(ModuleOp module) {
  where = "bundle";
  SmallVector<NamedAttribute> entries;
  for (uint32_t i = 0; i < sizeOf(program.metadata()); ++i) {
    const bundle::KeyValue &entry = *program.metadata()->Get(i);
    StringRef key = toRef(entry.key());
    if (key.empty())
      return emitError() << "has metadata under an empty key, which no text can hold";
    entries.push_back(builder.getNamedAttr(key, builder.getStringAttr(toRef(entry.value()))));
  }
  if (!entries.empty())
    module->setAttr(rt::ProgramDialect::getMetadataAttrName(), builder.getDictionaryAttr(entries));
  // Said only where it is another's: text from this compiler then comes back unchanged.
  if (toRef(program.producer()) != VEOMNI_PRODUCER)
    module->setAttr(rt::ProgramDialect::getProducerAttrName(), builder.getStringAttr(toRef(program.producer())));
  return success();
}

LogicalResult ProgramReader::readEntries() {
  if (program.entries())
    return readAll("entry", program.entries());
  // Older bundles have one entry, named like its function.
  where = "entry";
  return readEntry(toRef(program.functions()->Get(program.entry())->name()), program.entry(), 0, program.inputs(),
                   program.outputs());
}

OwningOpRef<ModuleOp> ProgramReader::read() {
  OwningOpRef<ModuleOp> module = ModuleOp::create(loc);
  builder.setInsertionPointToStart(module->getBody());
  if (failed(readAll("mesh axis", program.mesh())) || failed(readAll("symbol", program.symbols())) ||
      failed(readEntries()) || failed(readAll("state", program.states())) ||
      failed(readAll("weight", program.weights())) || failed(readAll("executable", program.executables())) ||
      failed(readAll("kernel", program.kernels())) || failed(readAll("function", program.functions())) ||
      failed(readModuleAttributes(*module)) || failed(verify(*module)))
    return {};
  return module;
}

OwningOpRef<ModuleOp> veomni::readBundle(StringRef bytes, MLIRContext *context, StringRef name) {
  context->getOrLoadDialect<rt::ProgramDialect>();
  Location loc = FileLineColLoc::get(context, name, 0, 0);
  std::optional<Bundle> bundle = openBundle(bytes, name, loc);
  if (!bundle)
    return {};
  return ProgramReader(*bundle, loc).read();
}

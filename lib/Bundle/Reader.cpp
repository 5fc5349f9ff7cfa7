// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Bundle to program. Everything an op is built from is checked before it is built; what ops must satisfy together is
// left to MLIR's verifier at the end.
#include "Metadata.h"
#include "mlir/IR/Verifier.h"
#include "veomni/Bundle/Bundle.h"
#include "veomni/Dialect/Program/Program.h"
#include "veomni/Dialect/Weight/ElementTypes.h"
#include "veomni/runtime/BundleFormat.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/xxhash.h"

using namespace mlir;
using namespace veomni;

template <typename T> using Tables = flatbuffers::Vector<flatbuffers::Offset<T>>;

static StringRef toRef(const flatbuffers::String *string) {
  return string ? StringRef(string->c_str(), string->size()) : StringRef();
}

namespace {
class ProgramReader {
public:
  ProgramReader(const bundle::Bundle &program, StringRef file, Location loc)
      : program(program), file(file), loc(loc), builder(loc.getContext()) {}

  OwningOpRef<ModuleOp> read();

private:
  /// An error about `where`, a place in the bundle such as "kernel 3"; the file's name comes from the location.
  InFlightDiagnostic emitError() { return mlir::emitError(loc) << where << " "; }
  /// Checks that `index` is one of `count` things.
  LogicalResult checkIndex(StringRef what, uint64_t index, uint64_t count);
  template <typename Enum> LogicalResult checkEnum(StringRef what, Enum value) {
    if (value <= Enum::MAX)
      return success();
    return emitError() << "has unknown " << what << " " << int(value);
  }

  // Each appends to its last argument or returns null where something is wrong, after saying what.
  LogicalResult readDim(const bundle::Dim &dim, SmallVectorImpl<rt::Dim> &dims);
  LogicalResult readDims(const flatbuffers::Vector<const bundle::Dim *> *vector, SmallVectorImpl<rt::Dim> &dims);
  rt::ExtentAttr readExtent(const bundle::Extent &extent);
  LogicalResult readExtents(const Tables<bundle::Extent> *extents, SmallVectorImpl<Attribute> &list);
  rt::BufferType readType(const bundle::BufferType &type);
  rt::VariantAttr readVariant(const bundle::CodeVariant &variant, StringRef executable);

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
  LogicalResult readInstruction(const bundle::Instruction &instruction, ArrayRef<Value> values);
  LogicalResult readOperands(const flatbuffers::Vector<uint32_t> *indices, ArrayRef<Value> values,
                             SmallVectorImpl<Value> &operands);
  LogicalResult readDispatch(const bundle::Dispatch &dispatch, Location location, ArrayRef<Value> values);
  LogicalResult readCall(const bundle::Call &call, Location location, ArrayRef<Value> values);
  LogicalResult readLoop(const bundle::Loop &loop, Location location, ArrayRef<Value> values);
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

  const bundle::Bundle &program;
  StringRef file;
  Location loc;
  OpBuilder builder;
  std::string where = "bundle";
  uint32_t numSymbols = 0; // read so far
};
} // namespace

LogicalResult ProgramReader::checkIndex(StringRef what, uint64_t index, uint64_t count) {
  if (index < count)
    return success();
  return emitError() << "names " << what << " " << index << ", but there are " << count;
}

//===--- Types and sizes ------------------------------------------------------------------------------------------===//

LogicalResult ProgramReader::readDim(const bundle::Dim &dim, SmallVectorImpl<rt::Dim> &dims) {
  if (dim.symbol() < 0) {
    dims.push_back(dim.value());
    return success();
  }
  if (failed(checkIndex("symbol", uint32_t(dim.symbol()), sizeOf(program.symbols()))))
    return failure();
  dims.push_back(builder.getStringAttr(toRef(program.symbols()->Get(uint32_t(dim.symbol()))->name())));
  return success();
}

LogicalResult ProgramReader::readDims(const flatbuffers::Vector<const bundle::Dim *> *vector,
                                      SmallVectorImpl<rt::Dim> &dims) {
  if (!isAligned(vector))
    return emitError() << "has dims that are not aligned";
  for (uint32_t i = 0; i < sizeOf(vector); ++i)
    if (failed(readDim(*vector->Get(i), dims)))
      return failure();
  return success();
}

rt::ExtentAttr ProgramReader::readExtent(const bundle::Extent &extent) {
  rt::SizePolynomial sum;
  bool fits = true;
  auto add = [&](const flatbuffers::Vector<const bundle::Dim *> *vector) {
    SmallVector<rt::Dim> factors;
    if (failed(readDims(vector, factors)))
      return failure();
    std::optional<rt::SizePolynomial> product = rt::ExtentAttr::multiply(factors);
    fits &= product && sum.add(*product);
    return success(fits);
  };
  LogicalResult added = add(extent.factors());
  for (uint32_t i = 0; succeeded(added) && i < sizeOf(extent.terms()); ++i)
    added = add(extent.terms()->Get(i)->factors());
  if (!fits)
    emitError() << "has a size that is too large, expected at most " << rt::SizePolynomial::mostTerms << " products of "
                << rt::SizePolynomial::mostSymbols << " symbols, and numbers of 64 bits";
  if (failed(added))
    return {};
  // Without a divisor there is no size to put into canonical form.
  if (extent.divisor() < 1) {
    emitError() << "divisor is " << extent.divisor() << ", expected at least 1";
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
  SmallVector<rt::Dim> dims;
  if (failed(checkEnum("dtype", type.dtype())) || failed(checkEnum("layout", type.layout())) ||
      failed(readDims(type.dims(), dims)))
    return {};
  return rt::BufferType::getChecked([&] { return emitError(); }, builder.getContext(), ArrayRef<rt::Dim>(dims),
                                    getElementType(builder.getContext(), type.dtype()), unsigned(type.row_rank()),
                                    type.row_stride(), rt::Layout(type.layout()));
}

//===--- Module ops -----------------------------------------------------------------------------------------------===//

LogicalResult ProgramReader::read(const bundle::Symbol &symbol) {
  if (failed(checkEnum("kind", symbol.kind())))
    return failure();
  rt::ExtentAttr extent = symbol.extent() ? readExtent(*symbol.extent()) : rt::ExtentAttr();
  if (symbol.extent() && !extent)
    return failure();
  // Bundles without entries say at the symbol which input it belongs to; there the input has its axes, and flags are
  // found from it.
  bool isAxis = symbol.kind() == bundle::SymbolKind::input_dim,
       isGiven = symbol.kind() == bundle::SymbolKind::input_given;
  if ((isAxis || isGiven) && program.entries())
    return emitError() << "is of kind " << bundle::EnumNameSymbolKind(symbol.kind())
                       << " in a bundle with entries, expected axis or given";
  if ((isAxis || isGiven) && failed(checkIndex("input", symbol.input(), sizeOf(program.inputs()))))
    return failure();
  if (isAxis) {
    const auto *dims = program.inputs()->Get(symbol.input())->type()->dims();
    if (symbol.dim() >= sizeOf(dims) || !isAligned(dims) || dims->Get(symbol.dim())->symbol() != int32_t(numSymbols))
      return emitError() << "is dim " << symbol.dim() << " of input " << symbol.input()
                         << ", expected that dim to be this symbol";
  }
  ++numSymbols;
  auto kind = isAxis ? rt::SymbolKind::axis : isGiven ? rt::SymbolKind::given : rt::SymbolKind(symbol.kind());
  rt::SymbolOp::create(builder, loc, builder.getStringAttr(toRef(symbol.name())),
                       rt::SymbolKindAttr::get(builder.getContext(), kind), extent,
                       builder.getI64IntegerAttr(symbol.min()), builder.getI64IntegerAttr(symbol.max()));
  return success();
}

LogicalResult ProgramReader::read(const bundle::Input &input) {
  rt::BufferType type = readType(*input.type());
  if (!type || failed(checkEnum("default", input.default_value())))
    return failure();
  rt::ExtentAttr below = input.below() ? readExtent(*input.below()) : rt::ExtentAttr();
  if (input.below() && !below)
    return failure();
  int32_t given = input.given();
  for (uint32_t i = 0; !program.entries() && i < sizeOf(program.symbols()); ++i)
    if (const bundle::Symbol &symbol = *program.symbols()->Get(i);
        symbol.kind() == bundle::SymbolKind::input_given && program.inputs()->Get(symbol.input()) == &input)
      given = int32_t(i);
  if (given >= 0 && failed(checkIndex("symbol", uint32_t(given), sizeOf(program.symbols()))))
    return failure();
  rt::InputOp::create(builder, loc, builder.getStringAttr(toRef(input.name())), TypeAttr::get(type),
                      rt::InputDefaultAttr::get(builder.getContext(), rt::InputDefault(input.default_value())),
                      input.accepts_cu_seqlens() ? builder.getUnitAttr() : UnitAttr(),
                      given >= 0 ? refer(program.symbols(), uint32_t(given)) : FlatSymbolRefAttr(),
                      builder.getI64IntegerAttr(input.min()), builder.getI64IntegerAttr(input.max()), below);
  return success();
}

LogicalResult ProgramReader::readEntry(StringRef name, uint32_t function, uint32_t paramBase,
                                       const Tables<bundle::Input> *inputs, const Tables<bundle::Output> *outputs) {
  if (failed(checkIndex("function", function, program.functions()->size())))
    return failure();
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
  if (!variant.segment()) {
    emitError() << "has a variant without a segment";
    return {};
  }
  const bundle::Segment &segment = *variant.segment();
  if (segment.offset() % bundle_format::alignment != 0 || segment.offset() > file.size() ||
      segment.size() > file.size() - segment.offset()) {
    emitError() << "has code at " << segment.offset() << " of " << segment.size() << " bytes, expected a multiple of "
                << bundle_format::alignment << " and all of it within the file's " << file.size() << " bytes";
    return {};
  }
  StringRef code = file.substr(segment.offset(), segment.size());
  llvm::XXH128_hash_t digest = llvm::xxh3_128bits(llvm::arrayRefFromStringRef(code));
  if (digest.low64 != segment.digest_low() || digest.high64 != segment.digest_high()) {
    emitError() << "has code at " << segment.offset() << " that does not match its digest; the file is damaged";
    return {};
  }
  SmallVector<StringRef> features;
  for (uint32_t i = 0; i < sizeOf(variant.features()); ++i)
    features.push_back(toRef(variant.features()->Get(i)));
  return rt::VariantAttr::create(builder.getContext(), toRef(variant.cpu()), features, executable, code);
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
    if (!type || failed(checkEnum("access", operand.access())))
      return failure();
    operands.push_back(rt::OperandAttr::get(rt::Access(operand.access()), type));
  }
  if (failed(checkIndex("executable", kernel.executable(), sizeOf(program.executables()))))
    return failure();
  rt::KernelOp::create(builder, loc, toRef(kernel.name()), refer(program.executables(), kernel.executable()), operands,
                       kernel.scalar_count());
  return success();
}

//===--- Functions ------------------------------------------------------------------------------------------------===//

LogicalResult ProgramReader::read(const bundle::Function &function) {
  SmallVector<rt::BufferType> types;
  SmallVector<rt::ArgumentAttr> arguments;
  for (uint32_t i = 0; i < sizeOf(function.arguments()); ++i) {
    const bundle::Argument &argument = *function.arguments()->Get(i);
    types.push_back(readType(*argument.type()));
    if (!types.back() || failed(checkEnum("access", argument.access())))
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
  if (values.size() < func.getNumArguments()) {
    where = place;
    return emitError() << "has " << values.size() << " values, expected at least its " << func.getNumArguments()
                       << " arguments";
  }
  for (uint32_t i = 0; i < sizeOf(function.instructions()); ++i) {
    where = (place + Twine(" instruction ") + Twine(i)).str();
    if (failed(readInstruction(*function.instructions()->Get(i), values)))
      return failure();
  }
  rt::ReturnOp::create(builder, loc);
  return success();
}

LogicalResult ProgramReader::readValue(const bundle::Value &value, rt::FuncOp func, SmallVectorImpl<Value> &values) {
  rt::BufferType type = readType(*value.type());
  if (!type || failed(checkEnum("storage", value.storage())))
    return failure();
  // Arguments come first and in order, in text as in bundles.
  bool isArgument = value.storage() == bundle::Storage::argument;
  if (isArgument != (values.size() < func.getNumArguments()) || (isArgument && value.index() != values.size()))
    return emitError() << "is " << bundle::EnumNameStorage(value.storage()) << " " << value.index() << ", expected the "
                       << func.getNumArguments() << " arguments in order, then the other values";
  Value result;
  switch (value.storage()) {
  case bundle::Storage::argument:
    result = func.getArgument(value.index());
    if (result.getType() != type)
      return emitError() << "is " << type << ", but the argument is " << result.getType();
    break;
  case bundle::Storage::slot:
    result = rt::SlotOp::create(builder, loc, type, value.index());
    break;
  case bundle::Storage::param:
    result = rt::ParamOp::create(builder, loc, type, value.index());
    break;
  case bundle::Storage::state:
    if (failed(checkIndex("state", value.index(), sizeOf(program.states()))))
      return failure();
    result = rt::UseStateOp::create(builder, loc, type, refer(program.states(), value.index()));
    break;
  case bundle::Storage::view:
    if (failed(checkIndex("an earlier value,", value.index(), values.size())))
      return failure();
    result = rt::ViewOp::create(builder, loc, type, values[value.index()]);
    break;
  }
  values.push_back(result);
  return success();
}

LogicalResult ProgramReader::readOperands(const flatbuffers::Vector<uint32_t> *indices, ArrayRef<Value> values,
                                          SmallVectorImpl<Value> &operands) {
  for (uint32_t i = 0; i < sizeOf(indices); ++i) {
    if (failed(checkIndex("value", indices->Get(i), values.size())))
      return failure();
    operands.push_back(values[indices->Get(i)]);
  }
  return success();
}

LogicalResult ProgramReader::readDispatch(const bundle::Dispatch &dispatch, Location location, ArrayRef<Value> values) {
  SmallVector<Attribute> workgroups, scalars;
  SmallVector<Value> operands;
  if (failed(checkIndex("kernel", dispatch.kernel(), sizeOf(program.kernels()))) ||
      failed(readExtents(dispatch.workgroups(), workgroups)) ||
      failed(readOperands(dispatch.operands(), values, operands)) || failed(readExtents(dispatch.scalars(), scalars)))
    return failure();
  rt::DispatchOp::create(builder, location, refer(program.kernels(), dispatch.kernel()),
                         builder.getArrayAttr(workgroups), operands, builder.getArrayAttr(scalars));
  return success();
}

LogicalResult ProgramReader::readCall(const bundle::Call &call, Location location, ArrayRef<Value> values) {
  SmallVector<Value> operands;
  if (failed(checkIndex("function", call.callee(), program.functions()->size())) ||
      failed(readOperands(call.operands(), values, operands)))
    return failure();
  rt::CallOp::create(builder, location, refer(program.functions(), call.callee()),
                     builder.getI64IntegerAttr(call.param_base()),
                     call.path() ? builder.getStringAttr(toRef(call.path())) : StringAttr(), operands);
  return success();
}

LogicalResult ProgramReader::readLoop(const bundle::Loop &loop, Location location, ArrayRef<Value> values) {
  SmallVector<Value> operands;
  SmallVector<rt::Dim, 1> count;
  if (!loop.count())
    return emitError() << "is a loop without a count";
  if (failed(checkIndex("symbol", loop.symbol(), sizeOf(program.symbols()))) || failed(readDim(*loop.count(), count)) ||
      failed(checkIndex("function", loop.callee(), program.functions()->size())) ||
      failed(readOperands(loop.operands(), values, operands)))
    return failure();
  rt::LoopOp::create(builder, location, refer(program.symbols(), loop.symbol()),
                     rt::DimAttr::get(builder.getContext(), count.front()), refer(program.functions(), loop.callee()),
                     builder.getI64IntegerAttr(loop.param_base()), builder.getI64IntegerAttr(loop.param_stride()),
                     operands);
  return success();
}

LogicalResult ProgramReader::readInstruction(const bundle::Instruction &instruction, ArrayRef<Value> values) {
  Location location = loc;
  if (instruction.location() && instruction.location()->size() > 0)
    location = NameLoc::get(builder.getStringAttr(toRef(instruction.location())), loc);
  switch (instruction.action_type()) {
  case bundle::Action::Dispatch:
    return readDispatch(*instruction.action_as_Dispatch(), location, values);
  case bundle::Action::Call:
    return readCall(*instruction.action_as_Call(), location, values);
  case bundle::Action::Loop:
    return readLoop(*instruction.action_as_Loop(), location, values);
  default:
    return emitError() << "has unknown action " << int(instruction.action_type());
  }
}

//===--- Program --------------------------------------------------------------------------------------------------===//

LogicalResult ProgramReader::readModuleAttributes(ModuleOp module) {
  where = "bundle";
  SmallVector<NamedAttribute> entries;
  llvm::StringSet<> keys;
  for (uint32_t i = 0; i < sizeOf(program.metadata()); ++i) {
    const bundle::KeyValue &entry = *program.metadata()->Get(i);
    StringRef key = toRef(entry.key());
    if (key.empty() || !keys.insert(key).second)
      return emitError() << "has metadata under the key '" << key
                         << "', expected keys that are not empty and occur once";
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
  where = "bundle";
  if (failed(checkIndex("entry function", program.entry(), program.functions()->size())))
    return failure();
  where = "entry";
  return readEntry(toRef(program.functions()->Get(program.entry())->name()), program.entry(), 0, program.inputs(),
                   program.outputs());
}

OwningOpRef<ModuleOp> ProgramReader::read() {
  OwningOpRef<ModuleOp> module = ModuleOp::create(loc);
  builder.setInsertionPointToStart(module->getBody());
  if (failed(readAll("symbol", program.symbols())) || failed(readEntries()) ||
      failed(readAll("state", program.states())) || failed(readAll("weight", program.weights())) ||
      failed(readAll("executable", program.executables())) || failed(readAll("kernel", program.kernels())) ||
      failed(readAll("function", program.functions())) || failed(readModuleAttributes(*module)) ||
      failed(verify(*module)))
    return {};
  return module;
}

OwningOpRef<ModuleOp> veomni::readBundle(StringRef bytes, MLIRContext *context, StringRef name) {
  context->getOrLoadDialect<rt::ProgramDialect>();
  Location loc = FileLineColLoc::get(context, name, 0, 0);
  std::optional<Metadata> metadata = Metadata::open(bytes, [&] { return emitError(loc); });
  if (!metadata)
    return {};
  return ProgramReader(metadata->program(), bytes, loc).read();
}

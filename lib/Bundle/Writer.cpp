// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Program to bundle: one table per op, in the order of the ops.
#include "mlir/IR/Verifier.h"
#include "veomni/Bundle/Bundle.h"
#include "veomni/Dialect/Program/Accesses.h"
#include "veomni/Dialect/Weight/ElementTypes.h"
#include "veomni/runtime/BundleFormat.h"
#include "veomni/runtime/CollectiveKinds.h"
#include "veomni/schema/bundle_generated.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/xxhash.h"

using namespace mlir;
using namespace veomni;
using flatbuffers::Offset;

template <typename T> using Offsets = std::vector<Offset<T>>;

// Values of the dialect's enums are those of the schema.
static_assert(int(rt::Access::read_write) == int(bundle::Access::read_write) &&
              rt::getMaxEnumValForAccess() == int(bundle::Access::MAX));
static_assert(int(rt::SymbolKind::part) == int(bundle::SymbolKind::part) &&
              rt::getMaxEnumValForSymbolKind() == int(bundle::SymbolKind::MAX));
static_assert(int(rt::CollectiveKind::reduce_scatter) == int(bundle::CollectiveKind::reduce_scatter) &&
              rt::getMaxEnumValForCollectiveKind() == int(bundle::CollectiveKind::MAX));
static_assert(int(rt::InputDefault::iota) == int(bundle::InputDefault::iota) &&
              rt::getMaxEnumValForInputDefault() == int(bundle::InputDefault::MAX));

static llvm::XXH128_hash_t digestOf(StringRef bytes) { return llvm::xxh3_128bits(llvm::arrayRefFromStringRef(bytes)); }

namespace {
/// Makes the flatbuffer of a program.
class MetadataWriter {
public:
  /// The code segments start at multiples of the format's alignment from `codeOffset` on.
  MetadataWriter(ModuleOp module, uint64_t codeOffset) : module(module), segmentOffset(codeOffset) {}

  LogicalResult write();
  StringRef getBytes() const { return {reinterpret_cast<const char *>(builder.GetBufferPointer()), builder.GetSize()}; }
  /// Code in the order of its segments.
  ArrayRef<StringRef> getSegments() const { return segments; }

private:
  Offset<flatbuffers::String> writeString(StringRef text) {
    return builder.CreateSharedString(text.data(), text.size());
  }
  template <typename T> Offset<flatbuffers::Vector<Offset<T>>> writeTables(const Offsets<T> &tables) {
    return builder.CreateVector(tables);
  }
  bundle::Dim getDim(rt::Dim dim) const {
    return dim.isConstant() ? bundle::Dim(dim.value, -1) : bundle::Dim(0, int32_t(symbolIndex.lookup(dim.symbol)));
  }
  Offset<flatbuffers::Vector<const bundle::Dim *>> writeDims(ArrayRef<rt::Dim> dims);
  Offset<bundle::Extent> writeExtent(rt::ExtentAttr extent);
  Offset<flatbuffers::Vector<Offset<bundle::Extent>>> writeExtents(ArrayAttr extents);
  Offset<bundle::BufferType> writeType(rt::BufferType type);

  Offset<bundle::LibraryCall> writeLibraryCall(rt::LibraryCallOp op, Offset<flatbuffers::Vector<uint32_t>> operands);
  Offset<bundle::Collective> writeCollective(rt::CollectiveOp op, Offset<flatbuffers::Vector<uint32_t>> operands);
  Offset<bundle::MeshAxis> write(rt::MeshAxisOp op);
  Offset<bundle::Symbol> write(rt::SymbolOp op);
  Offset<bundle::Input> write(rt::InputOp op);
  Offset<bundle::Output> write(rt::OutputOp op);
  Offset<bundle::Entry> write(rt::EntryOp op);
  Offset<bundle::State> write(rt::StateOp op);
  Offset<bundle::Weight> write(rt::WeightOp op);
  Offset<bundle::Executable> write(rt::ExecutableOp op);
  Offset<bundle::Kernel> write(rt::KernelOp op);
  Offset<bundle::Function> write(rt::FuncOp op);
  Offset<bundle::Value> write(Operation *value, const DenseMap<Value, uint32_t> &values);
  Offset<bundle::Instruction> writeInstruction(Operation *op, const DenseMap<Value, uint32_t> &values);

  /// All tables of the ops of one kind, numbered by their order.
  template <typename T, typename OpTy> Offset<flatbuffers::Vector<Offset<T>>> writeAll() {
    Offsets<T> tables;
    for (auto op : module.getOps<OpTy>())
      tables.push_back(write(op));
    return writeTables(tables);
  }
  template <typename OpTy> void number(DenseMap<StringAttr, uint32_t> &index) {
    for (auto op : module.getOps<OpTy>())
      index.try_emplace(op.getSymNameAttr(), index.size());
  }

  ModuleOp module;
  flatbuffers::FlatBufferBuilder builder;
  DenseMap<StringAttr, uint32_t> meshAxisIndex;
  DenseMap<StringAttr, uint32_t> symbolIndex, executableIndex, kernelIndex, functionIndex, stateIndex;
  DenseMap<Operation *, uint32_t> collectiveIndex; // among the instructions of their functions
  // Programs repeat few types over and over.
  DenseMap<Type, Offset<bundle::BufferType>> types;
  uint64_t segmentOffset;
  SmallVector<StringRef> segments;
  uint64_t features = 0; // that what has been written requires of a loader
};
} // namespace

//===--- Types and sizes ------------------------------------------------------------------------------------------===//

Offset<flatbuffers::Vector<const bundle::Dim *>> MetadataWriter::writeDims(ArrayRef<rt::Dim> dims) {
  std::vector<bundle::Dim> structs;
  for (rt::Dim dim : dims)
    structs.push_back(getDim(dim));
  return builder.CreateVectorOfStructs(structs);
}

Offset<bundle::Extent> MetadataWriter::writeExtent(rt::ExtentAttr extent) {
  // The first product is the extent's own, so that what is no sum looks as it always did. The sum of nothing is 0.
  auto writeProduct = [&](const rt::Product &product) {
    SmallVector<rt::Dim> factors(product.symbols);
    if (product.coefficient != 1)
      factors.push_back(product.coefficient);
    return writeDims(factors);
  };
  ArrayRef<rt::Product> products = extent.getProducts();
  auto factors = writeProduct(products.empty() ? rt::Product{0, {}} : products.front());
  if (products.size() < 2)
    return bundle::CreateExtent(builder, factors, extent.getDivisor());
  features |= bundle_format::extentSums;
  Offsets<bundle::Product> terms;
  for (const rt::Product &product : products.drop_front())
    terms.push_back(bundle::CreateProduct(builder, writeProduct(product)));
  return bundle::CreateExtent(builder, factors, extent.getDivisor(), writeTables(terms));
}

Offset<flatbuffers::Vector<Offset<bundle::Extent>>> MetadataWriter::writeExtents(ArrayAttr extents) {
  Offsets<bundle::Extent> tables;
  for (auto extent : extents.getAsRange<rt::ExtentAttr>())
    tables.push_back(writeExtent(extent));
  return writeTables(tables);
}

Offset<bundle::BufferType> MetadataWriter::writeType(rt::BufferType type) {
  auto [entry, isNew] = types.try_emplace(type);
  if (isNew) {
    if (isa<Float8E4M3FNType>(type.getElementType()))
      features |= bundle_format::fp8Weights;
    const rt::Tile tile = type.getTile();
    const bundle::DType dtype = getDType(type.getElementType());
    const bundle::Layout layout = tile ? bundle::Layout::tiles : bundle::Layout::rows;
    auto dims = writeDims(type.getDims());
    bundle::BufferTypeBuilder table(builder);
    table.add_dtype(dtype);
    table.add_dims(dims);
    table.add_layout(layout);
    table.add_row_rank(type.getRowRank());
    table.add_row_stride(type.getRowStride());
    if (tile && !recipe::isFirstTile(tile, dtype)) {
      features |= bundle_format::tileSizes;
      table.add_tile_rows(uint16_t(tile.rows));
      table.add_tile_columns(uint16_t(tile.columns));
    }
    entry->second = table.Finish();
  }
  return entry->second;
}

//===--- Module ops -----------------------------------------------------------------------------------------------===//

Offset<bundle::MeshAxis> MetadataWriter::write(rt::MeshAxisOp op) {
  features |= bundle_format::ranks | (op.getRedivides() ? bundle_format::rankWeights : 0);
  return bundle::CreateMeshAxis(builder, writeString(op.getName()), uint32_t(op.getSize()), op.getRedivides());
}

Offset<bundle::Symbol> MetadataWriter::write(rt::SymbolOp op) {
  auto name = writeString(op.getSymName());
  auto extent = op.getExtent() ? writeExtent(*op.getExtent()) : Offset<bundle::Extent>();
  return bundle::CreateSymbol(builder, name, bundle::SymbolKind(op.getKind()), 0, 0, extent, op.getMin(), op.getMax(),
                              op.getMeshAxis() ? meshAxisIndex.lookup(op.getMeshAxisAttr()) : 0);
}

Offset<bundle::Input> MetadataWriter::write(rt::InputOp op) {
  auto name = writeString(op.getName());
  auto type = writeType(op.getType());
  Offset<bundle::Extent> below;
  if (op.getBelow()) {
    features |= bundle_format::inputBounds;
    below = writeExtent(*op.getBelow());
  }
  Offset<flatbuffers::String> rowsOf;
  if (op.getRowsOf()) {
    features |= bundle_format::inputRows;
    rowsOf = writeString(*op.getRowsOf());
  }
  int32_t given = op.getGiven() ? int32_t(symbolIndex.lookup(op.getGivenAttr().getAttr())) : -1;
  return bundle::CreateInput(builder, name, type, bundle::InputDefault(op.getDefaultValue()), op.getAcceptsCuSeqlens(),
                             op.getMin(), op.getMax(), given, below,
                             op.getIgnored() ? flatbuffers::Optional<int64_t>(int64_t(*op.getIgnored()))
                                             : flatbuffers::nullopt,
                             rowsOf, int64_t(op.getRowsOfValue().value_or(0)));
}

Offset<bundle::Output> MetadataWriter::write(rt::OutputOp op) {
  auto name = writeString(op.getName());
  return bundle::CreateOutput(builder, name, writeType(op.getType()));
}

Offset<bundle::Entry> MetadataWriter::write(rt::EntryOp op) {
  features |= bundle_format::entries;
  Offsets<bundle::Input> inputs;
  Offsets<bundle::Output> outputs;
  for (rt::InputOp input : op.getInputs())
    inputs.push_back(write(input));
  for (rt::OutputOp output : op.getOutputs())
    outputs.push_back(write(output));
  auto name = writeString(op.getName());
  auto inputTables = writeTables(inputs);
  auto outputTables = writeTables(outputs);
  return bundle::CreateEntry(builder, name, functionIndex.lookup(op.getFunctionAttr().getAttr()),
                             uint32_t(op.getParamBase()), inputTables, outputTables);
}

Offset<bundle::State> MetadataWriter::write(rt::StateOp op) {
  features |= bundle_format::states;
  auto name = writeString(op.getSymName());
  return bundle::CreateState(builder, name, writeType(op.getType()));
}

Offset<bundle::Weight> MetadataWriter::write(rt::WeightOp op) {
  Offsets<bundle::Step> steps;
  for (const recipe::Step &step : op.getRecipe().toSteps()) {
    steps.push_back(recipe::writeStep(builder, step));
    features |= recipe::requiredFeatures(step);
  }
  auto name = writeString(op.getName());
  auto type = writeType(op.getType());
  return bundle::CreateWeight(builder, name, type, writeTables(steps));
}

Offset<bundle::Executable> MetadataWriter::write(rt::ExecutableOp op) {
  Offsets<bundle::CodeVariant> variants;
  for (auto variant : op.getVariants().getAsRange<rt::VariantAttr>()) {
    bundle::Segment segment;
    if (variant.getData()) {
      StringRef code = variant.getCode();
      llvm::XXH128_hash_t digest = digestOf(code);
      segment = bundle::Segment(segmentOffset, code.size(), digest.low64, digest.high64);
      segments.push_back(code);
      segmentOffset = bundle_format::align(segmentOffset + code.size());
    }
    if (variant.getTarget() != "cpu")
      this->features |= bundle_format::targets;

    Offsets<flatbuffers::String> features;
    for (auto feature : variant.getFeatures().getAsRange<StringAttr>())
      features.push_back(writeString(feature));
    auto level = writeString(variant.getLevel()), target = writeString(variant.getTarget());
    variants.push_back(bundle::CreateCodeVariant(builder, level, writeTables(features),
                                                 variant.getData() ? &segment : nullptr, target));
  }
  auto name = writeString(op.getSymName());
  return bundle::CreateExecutable(builder, name, writeTables(variants));
}

Offset<bundle::Kernel> MetadataWriter::write(rt::KernelOp op) {
  Offsets<bundle::Operand> operands;
  for (rt::OperandAttr operand : op.getOperandAttrs())
    operands.push_back(
        bundle::CreateOperand(builder, writeType(operand.getType()), bundle::Access(operand.getAccess())));
  auto name = writeString(op.getSymName());
  auto kind = op.getKind() ? writeString(*op.getKind()) : Offset<flatbuffers::String>();
  auto flops =
      op.getFlops().empty() ? Offset<flatbuffers::Vector<Offset<bundle::Extent>>>() : writeExtents(op.getFlops());
  return bundle::CreateKernel(builder, name, executableIndex.lookup(op.getExecutableAttr().getAttr()),
                              writeTables(operands), uint32_t(op.getScalarCount()), kind, flops);
}

//===--- Functions ------------------------------------------------------------------------------------------------===//

Offset<bundle::Value> MetadataWriter::write(Operation *op, const DenseMap<Value, uint32_t> &values) {
  auto type = writeType(cast<rt::BufferType>(op->getResult(0).getType()));
  if (auto slot = dyn_cast<rt::SlotOp>(op))
    return bundle::CreateValue(builder, type, bundle::Storage::slot, uint32_t(slot.getIndex()));
  if (auto state = dyn_cast<rt::UseStateOp>(op))
    return bundle::CreateValue(builder, type, bundle::Storage::state,
                               stateIndex.lookup(state.getStateAttr().getAttr()));
  if (auto param = dyn_cast<rt::ParamOp>(op))
    return bundle::CreateValue(builder, type, bundle::Storage::param, uint32_t(param.getIndex()));
  return bundle::CreateValue(builder, type, bundle::Storage::view, values.lookup(cast<rt::ViewOp>(op).getSource()));
}

Offset<bundle::LibraryCall> MetadataWriter::writeLibraryCall(rt::LibraryCallOp op,
                                                             Offset<flatbuffers::Vector<uint32_t>> operands) {
  Offsets<bundle::Attribute> attributes;
  if (DictionaryAttr config = op.getConfigAttr())
    for (NamedAttribute attribute : config) {
      auto name = writeString(attribute.getName());
      Attribute value = attribute.getValue();
      if (auto text = dyn_cast<StringAttr>(value))
        attributes.push_back(
            bundle::CreateAttribute(builder, name, bundle::AttributeKind::text, 0, 0, writeString(text)));
      else if (auto number = dyn_cast<FloatAttr>(value))
        attributes.push_back(
            bundle::CreateAttribute(builder, name, bundle::AttributeKind::number, 0, number.getValueAsDouble()));
      else
        attributes.push_back(bundle::CreateAttribute(
            builder, name, isa<BoolAttr>(value) ? bundle::AttributeKind::flag : bundle::AttributeKind::integer,
            isa<BoolAttr>(value) ? cast<BoolAttr>(value).getValue() : cast<IntegerAttr>(value).getInt()));
    }
  std::vector<bundle::Access> accesses;
  for (rt::OperandAttr operand : op.getOperandAttrs())
    accesses.push_back(bundle::Access(operand.getAccess()));
  auto name = writeString(op.getName());
  auto attributeTables = writeTables(attributes);
  auto accessVector = builder.CreateVector(accesses);
  return bundle::CreateLibraryCall(builder, name, attributeTables, operands, accessVector,
                                   writeExtents(op.getScalars()));
}

Offset<bundle::Collective> MetadataWriter::writeCollective(rt::CollectiveOp op,
                                                           Offset<flatbuffers::Vector<uint32_t>> operands) {
  const auto kind = bundle::CollectiveKind(op.getKind());
  if (sums(kind))
    features |= bundle_format::rankSums;
  if (op.getStarts())
    features |= bundle_format::overlap;
  return bundle::CreateCollective(builder, kind, meshAxisIndex.lookup(op.getMeshAxisAttr()),
                                  uint32_t(op.getGatherDim().value_or(0)), uint32_t(op.getSplitDim().value_or(0)),
                                  operands, op.getStarts());
}

Offset<bundle::Instruction> MetadataWriter::writeInstruction(Operation *op, const DenseMap<Value, uint32_t> &values) {
  auto named = op->getLoc()->findInstanceOf<NameLoc>();
  auto location = named ? writeString(named.getName()) : Offset<flatbuffers::String>();
  if (auto wait = dyn_cast<rt::WaitOp>(op)) {
    features |= bundle_format::overlap;
    auto action = bundle::CreateWait(builder, collectiveIndex.lookup(wait.getStart())).Union();
    return bundle::CreateInstruction(builder, bundle::Action::Wait, action, location);
  }
  std::vector<uint32_t> indices;
  for (Value operand : op->getOperands())
    indices.push_back(values.lookup(operand));
  auto operands = builder.CreateVector(indices);
  Offset<void> action;
  bundle::Action kind;
  if (auto dispatch = dyn_cast<rt::DispatchOp>(op)) {
    auto workgroups = writeExtents(dispatch.getWorkgroups()), scalars = writeExtents(dispatch.getScalars());
    kind = bundle::Action::Dispatch;
    action = bundle::CreateDispatch(builder, kernelIndex.lookup(dispatch.getKernelAttr().getAttr()), workgroups,
                                    operands, scalars)
                 .Union();
  } else if (auto call = dyn_cast<rt::LibraryCallOp>(op)) {
    features |= bundle_format::libraryCalls;
    kind = bundle::Action::LibraryCall;
    action = writeLibraryCall(call, operands).Union();
  } else if (auto collective = dyn_cast<rt::CollectiveOp>(op)) {
    kind = bundle::Action::Collective;
    action = writeCollective(collective, operands).Union();
  } else if (auto dispatch = dyn_cast<rt::ExpertDispatchOp>(op)) {
    features |= bundle_format::expertDispatch;
    kind = bundle::Action::ExpertDispatch;
    action = bundle::CreateExpertDispatch(builder, meshAxisIndex.lookup(dispatch.getMeshAxisAttr()),
                                          symbolIndex.lookup(dispatch.getSymbolAttr().getAttr()),
                                          functionIndex.lookup(dispatch.getCalleeAttr().getAttr()),
                                          uint32_t(dispatch.getParamBase()), operands)
                 .Union();
  } else if (auto call = dyn_cast<rt::CallOp>(op)) {
    auto path = call.getPath() ? writeString(*call.getPath()) : Offset<flatbuffers::String>();
    kind = bundle::Action::Call;
    action = bundle::CreateCall(builder, functionIndex.lookup(call.getCalleeAttr().getAttr()),
                                uint32_t(call.getParamBase()), operands, path)
                 .Union();
  } else {
    auto loop = cast<rt::LoopOp>(op);
    bundle::Dim count = getDim(loop.getCount().getValue());
    kind = bundle::Action::Loop;
    action = bundle::CreateLoop(builder, symbolIndex.lookup(loop.getSymbolAttr().getAttr()), &count,
                                functionIndex.lookup(loop.getCalleeAttr().getAttr()), uint32_t(loop.getParamBase()),
                                uint32_t(loop.getParamStride()), operands)
                 .Union();
  }
  return bundle::CreateInstruction(builder, kind, action, location);
}

Offset<bundle::Function> MetadataWriter::write(rt::FuncOp op) {
  DenseMap<Value, uint32_t> indices;
  Offsets<bundle::Argument> arguments;
  Offsets<bundle::Value> values;
  Offsets<bundle::Instruction> instructions;
  for (BlockArgument argument : op.getBody().getArguments()) {
    rt::ArgumentAttr attr = op.getArgumentAttr(argument.getArgNumber());
    auto type = writeType(cast<rt::BufferType>(argument.getType()));
    auto name = attr.getName().empty() ? Offset<flatbuffers::String>() : writeString(attr.getName());
    arguments.push_back(bundle::CreateArgument(builder, type, bundle::Access(attr.getAccess()), name));
    indices.try_emplace(argument, values.size());
    values.push_back(bundle::CreateValue(builder, type, bundle::Storage::argument, argument.getArgNumber()));
  }
  // A view's source lies above it, so that one pass numbers all values; operands of instructions then find theirs.
  for (Operation &inner : op.getBody().front()) {
    if (rt::isValue(&inner)) {
      auto value = write(&inner, indices);
      indices.try_emplace(inner.getResult(0), values.size());
      values.push_back(value);
    } else if (!isa<rt::ReturnOp>(inner)) {
      if (isa<rt::CollectiveOp>(inner))
        collectiveIndex.try_emplace(&inner, uint32_t(instructions.size()));
      instructions.push_back(writeInstruction(&inner, indices));
    }
  }
  auto name = writeString(op.getSymName());
  auto argumentTables = writeTables(arguments);
  auto valueTables = writeTables(values);
  auto instructionTables = writeTables(instructions);
  return bundle::CreateFunction(builder, name, argumentTables, valueTables, uint32_t(op.getSlotCount()),
                                uint32_t(op.getParamCount()), instructionTables);
}

LogicalResult MetadataWriter::write() {
  number<rt::SymbolOp>(symbolIndex);
  number<rt::ExecutableOp>(executableIndex);
  number<rt::KernelOp>(kernelIndex);
  number<rt::FuncOp>(functionIndex);
  number<rt::StateOp>(stateIndex);

  for (auto axis : module.getOps<rt::MeshAxisOp>())
    meshAxisIndex.try_emplace(axis.getNameAttr(), meshAxisIndex.size());
  auto mesh = meshAxisIndex.empty() ? 0 : writeAll<bundle::MeshAxis, rt::MeshAxisOp>();
  auto symbols = writeAll<bundle::Symbol, rt::SymbolOp>();
  auto entries = writeAll<bundle::Entry, rt::EntryOp>();
  auto states = module.getOps<rt::StateOp>().empty() ? 0 : writeAll<bundle::State, rt::StateOp>();
  auto weights = writeAll<bundle::Weight, rt::WeightOp>();
  auto executables = writeAll<bundle::Executable, rt::ExecutableOp>();
  auto kernels = writeAll<bundle::Kernel, rt::KernelOp>();
  auto functions = writeAll<bundle::Function, rt::FuncOp>();

  Offsets<bundle::KeyValue> metadata;
  if (auto dictionary = module->getAttrOfType<DictionaryAttr>(rt::ProgramDialect::getMetadataAttrName()))
    for (NamedAttribute entry : dictionary) {
      auto key = writeString(entry.getName()), value = writeString(cast<StringAttr>(entry.getValue()));
      metadata.push_back(bundle::CreateKeyValue(builder, key, value));
    }
  auto producerAttr = module->getAttrOfType<StringAttr>(rt::ProgramDialect::getProducerAttrName());
  auto producer = writeString(producerAttr ? producerAttr.getValue() : StringRef(VEOMNI_PRODUCER));
  auto metadataTables = writeTables(metadata);
  Offsets<flatbuffers::String> featureNames;
  for (auto [bit, name] : llvm::enumerate(bundle_format::featureNames))
    if (features >> bit & 1)
      featureNames.push_back(writeString(name));
  auto names = featureNames.empty() ? 0 : writeTables(featureNames);
  // Inputs, outputs and the function are those of entries now.
  builder.Finish(bundle::CreateBundle(builder, producer, features, symbols, /*inputs=*/0, /*outputs=*/0, weights,
                                      executables, kernels, functions, /*entry=*/0, metadataTables, names, entries,
                                      states, mesh),
                 bundle::BundleIdentifier());
  if (builder.GetSize() >= FLATBUFFERS_MAX_BUFFER_SIZE)
    return module.emitError() << "makes metadata of " << builder.GetSize() << " bytes, expected less than "
                              << FLATBUFFERS_MAX_BUFFER_SIZE;
  return success();
}

//===--- File -----------------------------------------------------------------------------------------------------===//

/// Checks that the module is a whole program; reports every op that is in the way.
static LogicalResult verifyIsProgram(ModuleOp module) {
  if (module.getOps<rt::EntryOp>().empty())
    return module.emitError() << "a bundle needs a veomni_rt.entry, but the module has none";
  bool isProgram = true;
  auto verifyOp = [&](Operation *op) {
    if (op->getName().getDialectNamespace() == rt::ProgramDialect::getDialectNamespace())
      return;
    isProgram = false;
    op->emitError() << "'" << op->getName() << "' has no place in a bundle, expected ops of veomni_rt only";
  };
  for (Operation &op : module.getOps()) {
    verifyOp(&op);
    if (auto func = dyn_cast<rt::FuncOp>(op))
      for (Operation &inner : func.getBody().front())
        verifyOp(&inner);
    if (auto kernel = dyn_cast<rt::KernelOp>(op); kernel && !kernel.getExecutable()) {
      isProgram = false;
      kernel.emitError() << "kernel @" << kernel.getSymName() << " of kind '" << *kernel.getKind()
                         << "' has no code yet, expected it in an executable";
    }
  }
  return success(isProgram);
}

LogicalResult veomni::writeBundle(ModuleOp module, raw_ostream &output) {
  using namespace bundle_format;
  if (failed(verify(module)) || failed(verifyIsProgram(module)))
    return failure();
  // Offsets of segments are numbers of fixed size: a first pass tells how much room the metadata takes, the second
  // knows where code is.
  MetadataWriter trial(module, 0);
  if (failed(trial.write()))
    return failure();
  const uint64_t metadataSize = trial.getBytes().size(), codeOffset = align(metadataOffset + metadataSize);
  MetadataWriter writer(module, codeOffset);
  if (failed(writer.write()))
    return failure();
  assert(writer.getBytes().size() == metadataSize);

  uint64_t fileSize = codeOffset;
  for (StringRef segment : writer.getSegments())
    fileSize = align(fileSize) + segment.size();
  llvm::XXH128_hash_t digest = digestOf(writer.getBytes());
  Header header = {};
  std::memcpy(header.magic, magic, sizeof magic);
  header.version = version;
  header.metadataSize = metadataSize;
  header.fileSize = fileSize;
  header.digestLow = digest.low64;
  header.digestHigh = digest.high64;

  output.write(reinterpret_cast<const char *>(&header), sizeof header);
  output << writer.getBytes();
  output.write_zeros(codeOffset - metadataOffset - metadataSize);
  uint64_t position = codeOffset;
  for (StringRef segment : writer.getSegments()) {
    output.write_zeros(align(position) - position);
    output << segment;
    position = align(position) + segment.size();
  }
  return success();
}

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Makes small bundles for tests.
#include "TestBundle.h"

#include <algorithm>

#include "veomni/runtime/BundleFormat.h"

#include <cstring>
#include <fstream>
#include <iterator>

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace veomni::test {

using namespace bundle;

static Dim dim(Size size) { return Dim(size.value, size.symbol); }

const std::vector<std::byte> &kernelCode() {
  static const std::vector<std::byte> code = [] {
    std::ifstream stream(VEOMNI_TEST_KERNELS, std::ios::binary);
    std::string text((std::istreambuf_iterator<char>(stream)), {});
    const auto *bytes = reinterpret_cast<const std::byte *>(text.data());
    return std::vector<std::byte>(bytes, bytes + text.size());
  }();
  return code;
}

TestBundle::TestBundle() {
  bundle_.producer = "test";
  bundle_.required_features = bundle_format::knownFeatures;
  auto executable = std::make_unique<ExecutableT>();
  executable->name = "code";
  auto variant = std::make_unique<CodeVariantT>();
  variant->cpu = "x86-64";
  variant->segment = std::make_unique<Segment>();
  executable->variants.push_back(std::move(variant));
  bundle_.executables.push_back(std::move(executable));
}

std::unique_ptr<BufferTypeT> TestBundle::type(DType dtype, const Sizes &dims) {
  auto type = std::make_unique<BufferTypeT>();
  type->dtype = dtype;
  for (Size size : dims)
    type->dims.push_back(dim(size));
  return type;
}

std::unique_ptr<ExtentT> TestBundle::extent(const Sizes &factors, int64_t divisor) {
  auto extent = std::make_unique<ExtentT>();
  for (Size size : factors)
    extent->factors.push_back(dim(size));
  extent->divisor = divisor;
  return extent;
}

std::unique_ptr<ExtentT> TestBundle::sum(const std::vector<Sizes> &products, int64_t divisor) {
  std::unique_ptr<ExtentT> sum = extent(products.front(), divisor);
  for (size_t i = 1; i < products.size(); ++i) {
    auto product = std::make_unique<ProductT>();
    for (Size size : products[i])
      product->factors.push_back(dim(size));
    sum->terms.push_back(std::move(product));
  }
  return sum;
}

uint32_t TestBundle::addSymbol(const std::string &name, SymbolKind kind, uint32_t input) {
  auto symbol = std::make_unique<SymbolT>();
  symbol->name = name;
  symbol->kind = kind;
  symbol->input = input;
  bundle_.symbols.push_back(std::move(symbol));
  return uint32_t(bundle_.symbols.size() - 1);
}

uint32_t TestBundle::addInputDim(const std::string &name, uint32_t input, uint32_t dim) {
  uint32_t index = addSymbol(name, SymbolKind::input_dim, input);
  bundle_.symbols[index]->dim = dim;
  return index;
}

uint32_t TestBundle::addDerived(const std::string &name, const Sizes &factors, int64_t divisor) {
  uint32_t index = addSymbol(name, SymbolKind::derived);
  bundle_.symbols[index]->extent = extent(factors, divisor);
  return index;
}

uint32_t TestBundle::addSum(const std::string &name, const std::vector<Sizes> &products, int64_t divisor) {
  uint32_t index = addSymbol(name, SymbolKind::derived);
  bundle_.symbols[index]->extent = sum(products, divisor);
  return index;
}

uint32_t TestBundle::addInput(const std::string &name, std::unique_ptr<BufferTypeT> type, InputDefault defaultValue) {
  auto input = std::make_unique<InputT>();
  input->name = name;
  input->type = std::move(type);
  input->default_value = defaultValue;
  bundle_.inputs.push_back(std::move(input));
  return uint32_t(bundle_.inputs.size() - 1);
}

uint32_t TestBundle::addOutput(const std::string &name, std::unique_ptr<BufferTypeT> type) {
  auto output = std::make_unique<OutputT>();
  output->name = name;
  output->type = std::move(type);
  bundle_.outputs.push_back(std::move(output));
  return uint32_t(bundle_.outputs.size() - 1);
}

uint32_t TestBundle::addWeight(const std::string &name, std::vector<int64_t> shape) {
  auto weight = std::make_unique<WeightT>();
  weight->name = name;
  weight->type = f32(Sizes(shape.begin(), shape.end()));
  auto step = std::make_unique<StepT>();
  step->kind = StepKind::load;
  step->key = name;
  step->dims = std::move(shape);
  weight->steps.push_back(std::move(step));
  bundle_.weights.push_back(std::move(weight));
  return uint32_t(bundle_.weights.size() - 1);
}

uint32_t TestBundle::addKernel(const std::string &name, std::vector<Operand> operands, uint32_t scalars) {
  auto kernel = std::make_unique<KernelT>();
  kernel->name = name;
  kernel->scalar_count = scalars;
  for (Operand &operand : operands) {
    auto packed = std::make_unique<OperandT>();
    packed->type = std::move(operand.type);
    packed->access = operand.access;
    kernel->operands.push_back(std::move(packed));
  }
  bundle_.kernels.push_back(std::move(kernel));
  return uint32_t(bundle_.kernels.size() - 1);
}

uint32_t TestBundle::addFunction(const std::string &name) {
  auto function = std::make_unique<FunctionT>();
  function->name = name;
  bundle_.functions.push_back(std::move(function));
  return uint32_t(bundle_.functions.size() - 1);
}

void TestBundle::addArgument(uint32_t function, const std::string &name, std::unique_ptr<BufferTypeT> type,
                             Access access) {
  auto argument = std::make_unique<ArgumentT>();
  argument->name = name;
  argument->type = std::move(type);
  argument->access = access;
  bundle_.functions[function]->arguments.push_back(std::move(argument));
}

uint32_t TestBundle::addValue(uint32_t function, Storage storage, uint32_t index, std::unique_ptr<BufferTypeT> type) {
  auto value = std::make_unique<ValueT>();
  value->type = std::move(type);
  value->storage = storage;
  value->index = index;
  FunctionT &owner = *bundle_.functions[function];
  if (storage == Storage::slot)
    owner.slot_count = std::max(owner.slot_count, index + 1);
  if (storage == Storage::param)
    owner.param_count = std::max(owner.param_count, index + 1);
  owner.values.push_back(std::move(value));
  return uint32_t(owner.values.size() - 1);
}

static InstructionT &append(FunctionT &function) {
  function.instructions.push_back(std::make_unique<InstructionT>());
  return *function.instructions.back();
}

void TestBundle::addDispatch(uint32_t function, uint32_t kernel, std::vector<std::unique_ptr<ExtentT>> workgroups,
                             std::vector<uint32_t> operands, std::vector<std::unique_ptr<ExtentT>> scalars) {
  DispatchT dispatch;
  dispatch.kernel = kernel;
  dispatch.workgroups = std::move(workgroups);
  dispatch.operands = std::move(operands);
  dispatch.scalars = std::move(scalars);
  append(*bundle_.functions[function]).action.Set(std::move(dispatch));
}

void TestBundle::addLibraryCall(uint32_t function, const std::string &name, std::vector<uint32_t> operands,
                                std::vector<Access> accesses, std::vector<std::unique_ptr<ExtentT>> scalars) {
  LibraryCallT call;
  call.name = name;
  call.operands = std::move(operands);
  call.accesses = std::move(accesses);
  call.scalars = std::move(scalars);
  append(*bundle_.functions[function]).action.Set(std::move(call));
}

void TestBundle::addCall(uint32_t function, uint32_t callee, std::vector<uint32_t> operands, uint32_t paramBase,
                         const std::string &path) {
  CallT call;
  call.callee = callee;
  call.param_base = paramBase;
  call.operands = std::move(operands);
  call.path = path;
  append(*bundle_.functions[function]).action.Set(std::move(call));
}

void TestBundle::addLoop(uint32_t function, uint32_t symbol, Size count, uint32_t callee,
                         std::vector<uint32_t> operands, uint32_t paramBase, uint32_t paramStride) {
  LoopT loop;
  loop.symbol = symbol;
  loop.count = std::make_unique<Dim>(dim(count));
  loop.callee = callee;
  loop.operands = std::move(operands);
  loop.param_base = paramBase;
  loop.param_stride = paramStride;
  append(*bundle_.functions[function]).action.Set(std::move(loop));
}

void TestBundle::addMeshAxis(const std::string &name, uint32_t size, bool redivides) {
  auto axis = std::make_unique<MeshAxisT>();
  axis->name = name;
  axis->size = size;
  axis->redivides = redivides;
  bundle_.mesh.push_back(std::move(axis));
}

uint32_t TestBundle::addPart(const std::string &name, Size whole, uint32_t meshAxis) {
  auto symbol = std::make_unique<SymbolT>();
  symbol->name = name;
  symbol->kind = SymbolKind::part;
  symbol->extent = extent({whole});
  symbol->mesh_axis = meshAxis;
  bundle_.symbols.push_back(std::move(symbol));
  return uint32_t(bundle_.symbols.size() - 1);
}

uint32_t TestBundle::addCollective(uint32_t function, CollectiveKind kind, uint32_t meshAxis, uint32_t gather,
                                   uint32_t split, std::vector<uint32_t> operands, bool starts) {
  CollectiveT collective;
  collective.kind = kind;
  collective.mesh_axis = meshAxis;
  collective.gather_dim = gather;
  collective.split_dim = split;
  collective.operands = std::move(operands);
  collective.starts = starts;
  append(*bundle_.functions[function]).action.Set(std::move(collective));
  return uint32_t(bundle_.functions[function]->instructions.size() - 1);
}

void TestBundle::addWait(uint32_t function, uint32_t collective) {
  WaitT wait;
  wait.collective = collective;
  append(*bundle_.functions[function]).action.Set(wait);
}

void TestBundle::addExpertDispatch(uint32_t function, uint32_t meshAxis, uint32_t symbol, uint32_t callee,
                                   std::vector<uint32_t> operands) {
  ExpertDispatchT dispatch;
  dispatch.mesh_axis = meshAxis;
  dispatch.symbol = symbol;
  dispatch.callee = callee;
  dispatch.operands = std::move(operands);
  FunctionT &caller = *bundle_.functions[function];
  caller.param_count = std::max(caller.param_count, bundle_.functions[callee]->param_count);
  append(caller).action.Set(std::move(dispatch));
}

void TestBundle::moveIntoEntry(const std::string &name) {
  auto entry = std::make_unique<EntryT>();
  entry->name = name;
  entry->function = bundle_.entry;
  for (uint32_t i = 0; i < bundle_.symbols.size(); ++i) {
    SymbolT &symbol = *bundle_.symbols[i];
    if (symbol.kind == SymbolKind::input_given)
      bundle_.inputs[symbol.input]->given = int32_t(i);
    symbol.kind = symbol.kind == SymbolKind::input_dim     ? SymbolKind::axis
                  : symbol.kind == SymbolKind::input_given ? SymbolKind::given
                                                           : symbol.kind;
    symbol.input = symbol.dim = 0;
  }
  entry->inputs = std::move(bundle_.inputs);
  entry->outputs = std::move(bundle_.outputs);
  bundle_.inputs.clear();
  bundle_.outputs.clear();
  bundle_.entries.push_back(std::move(entry));
  bundle_.entry = 0;
}

uint32_t TestBundle::addState(const std::string &name, std::unique_ptr<BufferTypeT> type) {
  auto state = std::make_unique<StateT>();
  state->name = name;
  state->type = std::move(type);
  bundle_.states.push_back(std::move(state));
  return uint32_t(bundle_.states.size() - 1);
}

std::vector<std::byte> TestBundle::file() {
  using namespace bundle_format;
  // Structs take the same room whatever they hold, so that a first packing tells where the code will lie.
  std::vector<std::byte> metadata;
  auto pack = [&] {
    flatbuffers::FlatBufferBuilder builder;
    FinishBundleBuffer(builder, bundle::Bundle::Pack(builder, &bundle_));
    const auto *bytes = reinterpret_cast<const std::byte *>(builder.GetBufferPointer());
    metadata.assign(bytes, bytes + builder.GetSize());
  };
  pack();
  XXH128_hash_t digest = XXH3_128bits(kernelCode().data(), kernelCode().size());
  uint64_t end = align(metadataOffset + metadata.size());
  for (auto &executable : bundle_.executables)
    for (auto &variant : executable->variants) {
      if (!variant->segment)
        continue;
      *variant->segment = Segment(end, kernelCode().size(), digest.low64, digest.high64);
      end += align(kernelCode().size());
    }
  pack();

  std::vector<std::byte> file(end);
  Header header{};
  std::memcpy(header.magic, magic, sizeof magic);
  header.version = version;
  header.metadataSize = metadata.size();
  header.fileSize = file.size();
  std::memcpy(file.data(), &header, sizeof header);
  std::memcpy(file.data() + metadataOffset, metadata.data(), metadata.size());
  for (auto &executable : bundle_.executables)
    for (auto &variant : executable->variants)
      if (variant->segment)
        std::memcpy(file.data() + variant->segment->offset(), kernelCode().data(), kernelCode().size());
  fixMetadataDigest(file);
  return file;
}

void fixMetadataDigest(std::vector<std::byte> &file) {
  bundle_format::Header header;
  if (file.size() < sizeof header)
    return;
  std::memcpy(&header, file.data(), sizeof header);
  if (header.metadataSize > file.size() - sizeof header)
    return;
  XXH128_hash_t digest = XXH3_128bits(file.data() + sizeof header, header.metadataSize);
  header.digestLow = digest.low64;
  header.digestHigh = digest.high64;
  std::memcpy(file.data(), &header, sizeof header);
}

void writeFile(const std::string &path, const std::vector<std::byte> &bytes) {
  std::ofstream(path, std::ios::binary)
      .write(reinterpret_cast<const char *>(bytes.data()), std::streamsize(bytes.size()));
}

void writeTensors(const std::string &path, const std::vector<FileTensor> &tensors) {
  std::string header = "{";
  std::vector<std::byte> data;
  for (const FileTensor &tensor : tensors) {
    std::string shape;
    for (int64_t size : tensor.shape)
      shape += (shape.empty() ? "" : ",") + std::to_string(size);
    header += (header.size() > 1 ? ",\"" : "\"") + tensor.name + "\":{\"dtype\":\"" + tensor.dtype + "\",\"shape\":[" +
              shape + "],\"data_offsets\":[" + std::to_string(data.size()) + "," +
              std::to_string(data.size() + tensor.bytes.size()) + "]}";
    data.insert(data.end(), tensor.bytes.begin(), tensor.bytes.end());
  }
  header += "}";
  header.resize((header.size() + 7) / 8 * 8, ' ');
  std::vector<std::byte> file(8 + header.size());
  uint64_t length = header.size();
  std::memcpy(file.data(), &length, 8);
  std::memcpy(file.data() + 8, header.data(), header.size());
  file.insert(file.end(), data.begin(), data.end());
  writeFile(path, file);
}

std::vector<FileTensor> layeredWeights() {
  std::vector<FileTensor> weights;
  int i = 0;
  for (const char *name : {"layer.0", "layer.1", "expert.0", "expert.1", "expert.2"}) {
    ++i;
    weights.push_back(fileTensor<float>(name, "F32", {4}, {i / 8.f, i * 2 / 8.f, i * 3 / 8.f, i * 4 / 8.f}));
  }
  return weights;
}

std::vector<float> layeredOutput(const std::vector<int64_t> &ids) {
  std::vector<float> y;
  for (int64_t id : ids)
    for (int c = 0; c < 4; ++c) {
      auto weight = [&](int i) { return float((i + 1) * (c + 1)) / 8; };
      float h = float(id * 10 + c);
      h = h * weight(0) + h;
      float out = h * weight(1) + h;
      for (int expert = 0; expert < 3; ++expert)
        out += h * weight(2 + expert) * float(expert);
      y.push_back(out);
    }
  return y;
}

TestBundle makeLayeredBundle() {
  TestBundle b;
  auto rows = [&] { return TestBundle::extent({Size::of(0), Size::of(1)}); };
  auto groups = [&] { return extents(TestBundle::extent({Size::of(0), Size::of(1)}, 2)); };
  auto hidden = [] { return TestBundle::f32({Size::of(0), Size::of(1), 4}); };
  auto tokens = [] { return TestBundle::i64({Size::of(0), Size::of(1)}); };
  auto vector = [] { return TestBundle::f32({4}); };
  auto operand = [](std::unique_ptr<BufferTypeT> type, Access access) {
    return TestBundle::Operand{std::move(type), access};
  };
  auto operands = [](auto... list) {
    std::vector<TestBundle::Operand> result;
    (result.push_back(std::move(list)), ...);
    return result;
  };

  b.addInput("ids", tokens());
  b->inputs[0]->min = 0;
  b->inputs[0]->max = 99;
  b.addInput("positions", tokens(), InputDefault::iota);
  b->inputs[1]->accepts_cu_seqlens = true;
  b->inputs[1]->min = 0;
  b.addInputDim("batch", 0, 0);
  b.addInputDim("seq", 0, 1);
  uint32_t expert = b.addSymbol("expert", SymbolKind::loop);
  uint32_t count = b.addDerived("tokens", {Size::of(0), Size::of(1)});
  uint32_t given = b.addSymbol("positions_given", SymbolKind::input_given, 1);
  b.addOutput("y", hidden());
  b.addOutput("positions_seen", tokens());
  for (const char *name : {"layer.0", "layer.1", "expert.0", "expert.1", "expert.2"})
    b.addWeight(name, {4});

  uint32_t spread =
      b.addKernel("spread", operands(operand(tokens(), Access::read), operand(hidden(), Access::write)), 1);
  uint32_t scale = b.addKernel(
      "scale",
      operands(operand(hidden(), Access::read), operand(vector(), Access::read), operand(hidden(), Access::write)), 1);
  uint32_t accumulate = b.addKernel(
      "accumulate",
      operands(operand(hidden(), Access::read), operand(vector(), Access::read), operand(hidden(), Access::read_write)),
      2);
  uint32_t shift = b.addKernel("shift", operands(operand(tokens(), Access::read), operand(tokens(), Access::write)), 2);
  uint32_t add = b.addKernel(
      "add",
      operands(operand(hidden(), Access::read), operand(hidden(), Access::read), operand(hidden(), Access::write)), 1);

  // layer(x) = x * w + x, through a view of a slot
  uint32_t layer = b.addFunction("layer");
  b.addArgument(layer, "x", hidden(), Access::read);
  b.addArgument(layer, "out", hidden(), Access::write);
  uint32_t x = b.addValue(layer, Storage::argument, 0, hidden());
  uint32_t out = b.addValue(layer, Storage::argument, 1, hidden());
  uint32_t w = b.addValue(layer, Storage::param, 0, vector());
  uint32_t scaled = b.addValue(layer, Storage::slot, 0, TestBundle::f32({Size::of(count), 2, 2}));
  uint32_t seen = b.addValue(layer, Storage::view, scaled, hidden());
  b.addDispatch(layer, scale, groups(), {x, w, scaled}, extents(rows()));
  b.addDispatch(layer, add, groups(), {x, seen, out}, extents(TestBundle::extent({Size::of(count)})));

  // expert(x, sum): sum += x * w * expert
  uint32_t body = b.addFunction("expert");
  b.addArgument(body, "x", hidden(), Access::read);
  b.addArgument(body, "sum", hidden(), Access::read_write);
  x = b.addValue(body, Storage::argument, 0, hidden());
  uint32_t sum = b.addValue(body, Storage::argument, 1, hidden());
  w = b.addValue(body, Storage::param, 0, vector());
  b.addDispatch(body, accumulate, groups(), {x, w, sum}, extents(rows(), TestBundle::extent({Size::of(expert)})));

  uint32_t forward = b.addFunction("forward");
  b->entry = forward;
  b.addArgument(forward, "ids", tokens(), Access::read);
  b.addArgument(forward, "positions", tokens(), Access::read);
  b.addArgument(forward, "y", hidden(), Access::write);
  b.addArgument(forward, "positions_seen", tokens(), Access::write);
  uint32_t ids = b.addValue(forward, Storage::argument, 0, tokens());
  uint32_t positions = b.addValue(forward, Storage::argument, 1, tokens());
  uint32_t y = b.addValue(forward, Storage::argument, 2, hidden());
  uint32_t positionsSeen = b.addValue(forward, Storage::argument, 3, tokens());
  uint32_t h0 = b.addValue(forward, Storage::slot, 0, hidden());
  uint32_t h1 = b.addValue(forward, Storage::slot, 1, hidden());
  b->functions[forward]->param_count = 5;
  b.addDispatch(forward, spread, groups(), {ids, h0}, extents(rows()));
  b.addCall(forward, layer, {h0, h1}, 0, "model.layers.0");
  b.addCall(forward, layer, {h1, y}, 1, "model.layers.1");
  b.addLoop(forward, expert, 3, body, {h1, y}, 2, 1);
  b.addDispatch(forward, shift, groups(), {positions, positionsSeen},
                extents(rows(), TestBundle::extent({Size::of(given), 1000})));
  KeyValueT eos;
  eos.key = "eos_token_id";
  eos.value = "7, 9";
  b->metadata.push_back(std::make_unique<KeyValueT>(eos));
  return b;
}

} // namespace veomni::test

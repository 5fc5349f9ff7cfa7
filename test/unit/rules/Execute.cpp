// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Runs one op, whole or in part, on operands that fit it.
#include "Execute.h"

#include "veomni/Bundle/Bundle.h"
#include "veomni/Pipelines/Phases.h"
#include "veomni/runtime/Session.h"
#include "veomni/runtime/TensorFile.h"

#include "mlir/IR/Diagnostics.h"
#include "llvm/ADT/ScopeExit.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/SHA1.h"

#include <cmath>
#include <numeric>
#include <random>

using namespace mlir;

namespace veomni::test {

//===--- Data -----------------------------------------------------------------------------------------------------===//

static int64_t count(ArrayRef<int64_t> shape) {
  return std::accumulate(shape.begin(), shape.end(), int64_t{1}, std::multiplies<>());
}

/// Every token's choices are different experts, in no order.
static void chooseExperts(Data &data, int64_t experts, std::mt19937 &random) {
  int64_t topK = data.shape.back();
  std::vector<double> all(experts);
  std::iota(all.begin(), all.end(), 0.0);
  for (size_t at = 0; at < data.values.size(); at += topK) {
    std::shuffle(all.begin(), all.end(), random);
    std::copy_n(all.begin(), topK, data.values.begin() + at);
  }
}

/// Routes in some order, and each token's positions among them, in rising order.
static void routeTokens(Data &routes, Data &places, std::mt19937 &random) {
  std::iota(routes.values.begin(), routes.values.end(), 0.0);
  std::shuffle(routes.values.begin(), routes.values.end(), random);
  int64_t topK = places.shape.back();
  std::vector<int64_t> filled(places.values.size() / topK);
  for (size_t position = 0; position < routes.values.size(); ++position) {
    int64_t token = static_cast<int64_t>(routes.values[position]) / topK;
    places.values[token * topK + filled[token]++] = static_cast<double>(position);
  }
}

/// What an input holds: integers within its range, positions, starts and ends of two documents per row, decay below 0
/// and weights above.
static void makeInput(Data &data, StringRef name, DenseI64ArrayAttr range, std::mt19937 &random) {
  int64_t last = data.shape.empty() ? 1 : data.shape.back();
  for (auto [at, value] : llvm::enumerate(data.values)) {
    int64_t column = static_cast<int64_t>(at) % last;
    if (name == "starts")
      value = column < 4 ? 0 : 4;
    else if (name == "ends")
      value = column < 4 ? 4 : 8;
    else if (name == "positions")
      value = static_cast<double>(column < 4 ? column : column - 4);
    else if (range)
      value = static_cast<double>(
          std::uniform_int_distribution<int64_t>(range[0] == -100 ? 0 : range[0], range[1])(random));
    else
      value = std::normal_distribution<float>()(random);
    if (name == "g")
      value = -std::abs(value);
    if (name == "beta" || name == "u" || name == "scale")
      value = std::abs(value) + 0.1F;
    value = range ? value : static_cast<float>(value);
  }
  if (range && range[0] == -100)
    data.values.front() = -100; // a label that is not scored
  if (name == "experts")
    chooseExperts(data, range[1] + 1, random);
}

NamedData makeData(ModuleOp module, func::FuncOp entry) {
  std::mt19937 random(7);
  NamedData all;
  for (BlockArgument argument : entry.getArguments()) {
    auto type = cast<RankedTensorType>(argument.getType());
    auto name = entry.getArgAttrOfType<StringAttr>(argument.getArgNumber(), VeOmniDialect::kName);
    auto axes = entry.getArgAttrOfType<ArrayAttr>(argument.getArgNumber(), VeOmniDialect::kAxes);
    Data data;
    unsigned next = 0;
    for (int64_t size : type.getShape())
      data.shape.push_back(ShapedType::isDynamic(size) ? axisSize(cast<StringAttr>(axes[next++]).getValue()) : size);
    data.values.resize(count(data.shape));
    makeInput(data, name, entry.getArgAttrOfType<DenseI64ArrayAttr>(argument.getArgNumber(), VeOmniDialect::kRange),
              random);
    all[name.str()] = std::move(data);
  }
  if (all.count("routes") && all.count("places"))
    routeTokens(all["routes"], all["places"], random);
  module.walk([&](ParamOp param) {
    if (all.count(param.getName().str()))
      return;
    ArrayRef<int64_t> shape = param.getType().getShape();
    Data data{{shape.begin(), shape.end()}, std::vector<double>(count(shape))};
    makeInput(data, param.getName(), {}, random);
    all[param.getName().str()] = std::move(data);
  });
  return all;
}

/// The pattern of a dim whose size is known.
static Pattern sized(const Pattern &pattern, int64_t size) {
  return {pattern.dim, pattern.outer, size / (pattern.outer * pattern.inner), pattern.inner};
}

/// Calls `visit(index in the whole, part, index in the part)` for every element.
static void forElements(ArrayRef<int64_t> shape, const Pattern &unsized, int64_t parts,
                        llvm::function_ref<void(size_t, int64_t, size_t)> visit) {
  Pattern pattern = sized(unsized, shape[unsized.dim]);
  int64_t rows = count(shape.take_front(pattern.dim)) * pattern.outer,
          inner = pattern.inner * count(shape.drop_front(pattern.dim + 1));
  int64_t own = pattern.size / parts;
  for (int64_t row = 0; row < rows; ++row)
    for (int64_t i = 0; i < pattern.size; ++i)
      for (int64_t j = 0; j < inner; ++j)
        visit((row * pattern.size + i) * inner + j, i / own, (row * own + i % own) * inner + j);
}

Data sliceOf(const Data &whole, const Pattern &pattern, int64_t parts, int64_t part) {
  Data slice;
  slice.shape = whole.shape;
  slice.shape[pattern.dim] /= parts;
  slice.values.resize(count(slice.shape));
  forElements(whole.shape, pattern, parts, [&](size_t from, int64_t owner, size_t to) {
    if (owner == part)
      slice.values[to] = whole.values[from];
  });
  return slice;
}

Data joinParts(const std::vector<Data> &parts, const Pattern &pattern) {
  Data whole;
  whole.shape = parts.front().shape;
  whole.shape[pattern.dim] *= static_cast<int64_t>(parts.size());
  whole.values.resize(count(whole.shape));
  forElements(whole.shape, pattern, static_cast<int64_t>(parts.size()),
              [&](size_t to, int64_t owner, size_t from) { whole.values[to] = parts[owner].values[from]; });
  return whole;
}

/// The choices of experts of other parts become ones of own experts that the token has not chosen, with no weight.
static void keepOwnExperts(Data &experts, Data &weights, int64_t own, int64_t part) {
  int64_t topK = experts.shape.back();
  for (size_t at = 0; at < experts.values.size(); at += topK) {
    std::vector<bool> taken(own);
    for (int64_t i = 0; i < topK; ++i)
      if (int64_t expert = static_cast<int64_t>(experts.values[at + i]) - part * own; expert >= 0 && expert < own)
        taken[expert] = true;
    for (int64_t i = 0; i < topK; ++i) {
      double &expert = experts.values[at + i];
      expert -= static_cast<double>(part * own);
      if (expert >= 0 && expert < static_cast<double>(own))
        continue;
      auto free = std::find(taken.begin(), taken.end(), false);
      *free = true;
      expert = static_cast<double>(free - taken.begin());
      weights.values[at + i] = 0;
    }
  }
}

NamedData partOf(const NamedData &whole, func::FuncOp entry, const Split &split, int64_t part) {
  NamedData own = whole;
  for (BlockArgument argument : entry.getArguments())
    if (auto known = split.values.find(argument); known != split.values.end()) {
      std::string name = entry.getArgAttrOfType<StringAttr>(argument.getArgNumber(), VeOmniDialect::kName).str();
      own[name] = sliceOf(whole.at(name), known->second, split.parts, part);
    }
  for (const auto &[name, pattern] : split.parameters) {
    if (split.ofExperts && part == 0 && !own.count("experts"))
      continue;
    own[name] = sliceOf(whole.at(name), pattern, split.parts, part);
  }
  for (const auto &[name, once] : split.addedOnce)
    if (once && part > 0)
      std::fill(own[name].values.begin(), own[name].values.end(), 0.0);
  if (split.ofExperts)
    keepOwnExperts(own["experts"], own["u"], split.parameters.begin()->second.size / split.parts, part);
  return own;
}

//===--- Running --------------------------------------------------------------------------------------------------===//

namespace {

/// The bytes of data in an element type.
template <typename T> std::vector<char> bytesOf(const Data &data) {
  std::vector<char> bytes(data.values.size() * sizeof(T));
  for (auto [at, value] : llvm::enumerate(data.values)) {
    T element = static_cast<T>(value);
    std::memcpy(bytes.data() + at * sizeof(T), &element, sizeof(T));
  }
  return bytes;
}
std::vector<char> bytesOf(const Data &data, Type type) {
  return type.isInteger(64)   ? bytesOf<int64_t>(data)
         : type.isInteger(32) ? bytesOf<int32_t>(data)
                              : bytesOf<float>(data);
}

template <typename T> void read(Data &data, const void *bytes) {
  const T *elements = static_cast<const T *>(bytes);
  for (auto [at, value] : llvm::enumerate(data.values))
    value = static_cast<double>(elements[at]);
}

llvm::Expected<std::string> compile(ModuleOp module, ArrayRef<std::string> kernels) {
  MLIRContext *context = module.getContext();
  std::string problems;
  ScopedDiagnosticHandler handler(context, [&](Diagnostic &diagnostic) { problems += diagnostic.str() + "\n"; });
  OwningOpRef<ModuleOp> copy = module.clone();
  PassManager manager(context);
  BindPipelineOptions bind;
  for (const std::string &kernel : kernels)
    bind.kernels.push_back(kernel);
  buildBindPipeline(manager, bind);
  buildFusePipeline(manager);
  buildLowerPipeline(manager, TargetPipelineOptions());
  buildCodegenPipeline(manager, CodegenPipelineOptions());
  std::string file;
  llvm::raw_string_ostream stream(file);
  if (failed(manager.run(*copy)) || failed(writeBundle(*copy, stream)))
    return llvm::createStringError(problems);
  return file;
}

} // namespace

llvm::Expected<std::vector<Data>> execute(ModuleOp module, func::FuncOp entry, const NamedData &data,
                                          ArrayRef<std::string> kernels) {
  llvm::Expected<std::string> file = compile(module, kernels);
  if (!file)
    return file.takeError();
  SmallString<128> folder;
  if (std::error_code failed = llvm::sys::fs::createUniqueDirectory("veomni-rules", folder))
    return llvm::createStringError(failed, "no folder for weights");
  llvm::scope_exit remove([&] { llvm::sys::fs::remove_directories(folder); });
  std::string bundlePath = (folder + "/m.vob").str(), weightsPath = (folder + "/w.safetensors").str();
  std::error_code code;
  llvm::raw_fd_ostream(bundlePath, code) << *file;
  std::map<std::string, std::vector<char>> bytes;
  std::vector<TensorView> weights;
  module.walk([&](ParamOp param) {
    std::string name = param.getName().str();
    const Data &held = data.at(name);
    if (bytes.try_emplace(name, bytesOf(held, param.getType().getElementType())).second)
      weights.push_back({name, ElementType::f32, held.shape, bytes[name].data()});
  });
  std::vector<char> none(4);
  if (weights.empty())
    weights.push_back({"none", ElementType::f32, {1}, none.data()});
  if (Status written = writeSafetensors(weightsPath, weights); !written)
    return llvm::createStringError(written.message());
  Expected<std::shared_ptr<const Program>> program = Program::load(bundlePath, weightsPath, {.threads = 1});
  if (!program)
    return llvm::createStringError(program.status().message());
  Expected<Session> session = Session::create(*program, {.threads = 1});
  if (!session)
    return llvm::createStringError(session.status().message());
  std::vector<Tensor> inputs;
  for (BlockArgument argument : entry.getArguments()) {
    std::string name = entry.getArgAttrOfType<StringAttr>(argument.getArgNumber(), VeOmniDialect::kName).str();
    Type element = cast<RankedTensorType>(argument.getType()).getElementType();
    const Data &held = data.at(name);
    bytes["input " + name] = bytesOf(held, element);
    bundle::DType type = element.isInteger(64)   ? bundle::DType::i64
                         : element.isInteger(32) ? bundle::DType::i32
                                                 : bundle::DType::f32;
    inputs.push_back({name, type, held.shape, bytes["input " + name].data()});
  }
  if (Status ran = session->run("", inputs); !ran)
    return llvm::createStringError(ran.message());
  std::vector<Data> results;
  for (const Tensor &output : session->outputs()) {
    Data &result = results.emplace_back();
    result.shape = output.shape;
    result.values.resize(count(output.shape));
    if (output.dtype == bundle::DType::i64)
      read<int64_t>(result, output.data);
    else if (output.dtype == bundle::DType::i32)
      read<int32_t>(result, output.data);
    else
      read<float>(result, output.data);
  }
  return results;
}

} // namespace veomni::test

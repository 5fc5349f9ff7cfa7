// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Loading: bundle, code and weights come together, and what can be asked about entries is put in order.
#include "veomni/runtime/Program.h"

#include "base/ThreadPool.h"
#include "core/MemoryPlan.h"
#include "core/ProgramState.h"
#include "core/Ranks.h"
#include "core/Sizes.h"
#include "veomni/runtime/NearestName.h"

#include <algorithm>

namespace veomni {

Program::Program(std::unique_ptr<State> state) : state_(std::move(state)) {}
Program::~Program() = default;

namespace {

/// Weights are prepared with denormals kept: a checkpoint's values are not ours to round.
ParallelFor exactly(ThreadPool &pool) {
  return [&pool](int64_t count, const std::function<void(int64_t)> &body) {
    pool.run([&] {
      pool.parallelFor(count, [&](int64_t i) {
        KeepDenormals keep;
        body(i);
      });
    });
  };
}

PortInfo describePort(const flatbuffers::String *name, const bundle::BufferType &type, const bundle::Bundle &program) {
  PortInfo port{name->str(), type.dtype(), {}, true, false, 0, 0};
  if (type.dims())
    for (const bundle::Dim *dim : *type.dims()) {
      if (dim->symbol() < 0)
        port.dims.push_back({dim->value(), ""});
      else
        port.dims.push_back({-1, program.symbols()->Get(uint32_t(dim->symbol()))->name()->str()});
    }
  return port;
}

EntryInfo describeEntry(const Entry &entry, const bundle::Bundle &program) {
  EntryInfo info{entry.name, {}, {}};
  for (uint32_t i = 0; i < entry.inputCount(); ++i) {
    const bundle::Input &input = *entry.inputs->Get(i);
    PortInfo port = describePort(input.name(), *input.type(), program);
    port.required = input.default_value() == bundle::InputDefault::required;
    port.acceptsCuSeqlens = input.accepts_cu_seqlens();
    port.min = input.min();
    port.max = input.max();
    info.inputs.push_back(std::move(port));
  }
  for (uint32_t i = 0; i < entry.outputCount(); ++i)
    info.outputs.push_back(describePort(entry.outputs->Get(i)->name(), *entry.outputs->Get(i)->type(), program));
  return info;
}

/// Where ranks stand that have weights of their own: all of the mesh, or the one that is asked for. None where all
/// ranks read the same.
Expected<std::vector<recipe::Places>> placesOf(const bundle::Bundle &program, std::optional<int> only) {
  std::vector<recipe::Places> result;
  if (std::ranges::none_of(*program.weights(),
                           [](const bundle::Weight *weight) { return recipe::dependsOnRank(*weight); }))
    return result;
  Expected<Mesh> mesh = meshOf(program);
  if (!mesh)
    return mesh.status();
  if (only && (*only < 0 || *only >= mesh->size()))
    return Status::error("rank " + std::to_string(*only) + " is none of the program's " + meshText(*mesh));
  for (int rank = only.value_or(0); rank < (only ? *only + 1 : mesh->size()); ++rank) {
    const std::vector<int> coordinates = mesh->coordinates(rank);
    recipe::Places &places = result.emplace_back();
    for (size_t axis = 0; axis < coordinates.size(); ++axis)
      places.push_back({mesh->axes()[axis].name, coordinates[axis]});
  }
  return result;
}

} // namespace

Expected<std::shared_ptr<const Program>> Program::load(const std::string &bundlePath, const std::string &weightsPath,
                                                       const ProgramOptions &options) {
  Expected<Bundle> bundle = Bundle::load(bundlePath);
  if (!bundle)
    return bundle.status();
  Expected<std::unique_ptr<State>> state = loadCode(std::move(*bundle), options);
  if (!state)
    return state.status();
  // Code first: it fails faster than weights load.
  if (Status status = (*state)->loadWeights(weightsPath, options); !status)
    return status;
  return std::shared_ptr<const Program>(new Program(std::move(*state)));
}

Status Program::State::loadWeights(const std::string &path, const ProgramOptions &options) {
  const auto *recipes = bundle.program().weights();
  if (!device->traits().computes)
    return place(std::vector<const void *>(recipes ? recipes->size() : 0));
  Expected<Checkpoint> opened = Checkpoint::open(path);
  if (!opened)
    return opened.status();
  if (!recipes)
    return Status::ok();
  checkpoint.emplace(std::move(*opened));
  Expected<std::unique_ptr<ThreadPool>> pool = ThreadPool::create(options.threads);
  if (!pool)
    return pool.status();
  Expected<std::vector<recipe::Places>> ranks = placesOf(bundle.program(), options.rank);
  if (!ranks)
    return Status::error(bundle.name() + ": " + ranks.status().message());
  if (!ranks->empty())
    rank = options.rank;
  Expected<WeightStore> made =
      WeightStore::materialise(*recipes, *checkpoint, exactly(**pool), options.progress, *ranks);
  if (!made)
    return made.status();
  if (Status status = place(made->all()); !status)
    return status;
  if (device->traits().addressesHost)
    store.emplace(std::move(*made));
  return Status::ok();
}

Expected<std::span<const void *const>> Program::State::weightsOf(int asked) const {
  if (rank && *rank != asked)
    return Status::error("rank " + std::to_string(asked) + " runs, but the weights of rank " + std::to_string(*rank) +
                         " were loaded");
  if (store && store->ranks() > 1)
    return store->all(size_t(asked));
  return std::span(weights);
}

Status Program::State::place(std::span<const void *const> hostWeights) {
  weights.assign(hostWeights.begin(), hostWeights.end());
  if (device->traits().addressesHost || weights.empty())
    return Status::ok();
  std::vector<uint64_t> offsets, sizes;
  uint64_t total = 0;
  for (const bundle::Weight *weight : *bundle.program().weights()) {
    offsets.push_back(total);
    sizes.push_back(byteSize(*weight->type(), {}).value_or(0)); // verified to be constant and not to overflow
    std::optional<uint64_t> region = MemoryPlan::regionSize(sizes.back());
    if (!region || __builtin_add_overflow(total, *region, &total))
      return Status::error(bundle.name() + ": weights need more memory than can be addressed");
    uploadedBytes += sizes.back();
  }
  if (Status status = weightArena.reserve(total); !status)
    return Status::error(bundle.name() + ": weights: " + status.message());
  Expected<std::unique_ptr<DeviceQueue>> queue = device->createQueue({});
  if (!queue)
    return queue.status();
  for (size_t i = 0; i < weights.size(); ++i) {
    std::byte *copy = weightArena.data() + offsets[i];
    if (Status status = (*queue)->upload(copy, weights[i], sizes[i]); !status)
      return Status::error(bundle.name() + ": weights: " + status.message());
    weights[i] = copy;
  }
  return (*queue)->synchronise();
}

Expected<std::shared_ptr<const Program>> Program::create(Bundle bundle, std::vector<const void *> weights,
                                                         const ProgramOptions &options) {
  size_t expected = bundle.program().weights() ? bundle.program().weights()->size() : 0;
  if (weights.size() != expected)
    return Status::error(bundle.name() + ": " + std::to_string(weights.size()) + " weights, expected " +
                         std::to_string(expected));
  Expected<std::unique_ptr<State>> state = loadCode(std::move(bundle), options);
  if (!state)
    return state.status();
  if (Status status = (*state)->place(weights); !status)
    return status;
  return std::shared_ptr<const Program>(new Program(std::move(*state)));
}

Expected<std::unique_ptr<Program::State>> Program::loadCode(Bundle bundle, const ProgramOptions &options) {
  std::shared_ptr<Device> device = options.device ? options.device : builtinDevices().all().front();
  Expected<LoadedKernels> kernels = LoadedKernels::load(bundle, *device);
  if (!kernels)
    return kernels.status();
  auto state = std::make_unique<State>(std::move(bundle), std::move(device), std::move(*kernels));
  state->entries = entriesOf(state->bundle.program());
  for (const Entry &entry : state->entries)
    state->infos.push_back(describeEntry(entry, state->bundle.program()));
  return state;
}

const Bundle &Program::bundle() const { return state_->bundle; }
std::span<const EntryInfo> Program::entries() const { return state_->infos; }
Device &Program::device() const { return *state_->device; }
uint64_t Program::uploadedWeightBytes() const { return state_->uploadedBytes; }
uint64_t Program::residentWeightBytes() const { return state_->store ? state_->store->residentBytes() : 0; }
uint64_t Program::weightBytesInFiles() const { return state_->store ? state_->store->bytesInFiles() : 0; }

Expected<const EntryInfo *> Program::entry(std::string_view name) const {
  if (name.empty())
    return &state_->infos.front();
  std::vector<std::string> names;
  std::string all;
  for (const EntryInfo &info : state_->infos) {
    if (info.name == name)
      return &info;
    names.push_back(info.name);
    all += (all.empty() ? "" : ", ") + info.name;
  }
  std::string nearest = nearestName(std::string(name), names);
  return Status::error(bundle().name() + ": entry " + std::string(name) + ": the program has no such entry" +
                       (nearest.empty() ? "; it has " + all : ", did you mean " + nearest + "?"));
}

} // namespace veomni

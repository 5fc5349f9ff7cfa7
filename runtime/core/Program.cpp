// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Loading: bundle, code and weights come together, and what can be asked about entries is put in order.
#include "veomni/runtime/Program.h"

#include "core/ProgramState.h"
#include "device/cpu/ThreadPool.h"
#include "veomni/runtime/NearestName.h"

namespace veomni {

Program::Program(std::unique_ptr<State> state) : state_(std::move(state)) {}
Program::~Program() = default;

namespace {

/// Weights are prepared with denormals kept: a checkpoint's values are not ours to round.
ParallelFor exactly(cpu::ThreadPool &pool) {
  return [&pool](int64_t count, const std::function<void(int64_t)> &body) {
    pool.run([&] {
      pool.parallelFor(count, [&](int64_t i) {
        cpu::KeepDenormals keep;
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

} // namespace

Expected<std::shared_ptr<const Program>> Program::load(const std::string &bundlePath, const std::string &weightsPath,
                                                       const ProgramOptions &options) {
  Expected<Bundle> bundle = Bundle::load(bundlePath);
  if (!bundle)
    return bundle.status();
  Expected<Checkpoint> checkpoint = Checkpoint::open(weightsPath);
  if (!checkpoint)
    return checkpoint.status();
  const auto *recipes = bundle->program().weights();
  std::vector<const void *> addresses(recipes ? recipes->size() : 0);
  // Code and threads first: they fail faster than weights load.
  Expected<std::shared_ptr<const Program>> program = create(std::move(*bundle), addresses);
  if (!program || !recipes)
    return program;
  Expected<std::unique_ptr<cpu::ThreadPool>> pool = cpu::ThreadPool::create(options.threads);
  if (!pool)
    return pool.status();
  State &state = *(*program)->state_; // nobody else has it yet
  state.checkpoint.emplace(std::move(*checkpoint));
  Expected<WeightStore> store =
      WeightStore::materialise(*state.bundle.program().weights(), *state.checkpoint, exactly(**pool));
  if (!store)
    return store.status();
  state.weights.assign(store->all().begin(), store->all().end());
  state.store.emplace(std::move(*store));
  return program;
}

Expected<std::shared_ptr<const Program>> Program::create(Bundle bundle, std::vector<const void *> weights) {
  size_t expected = bundle.program().weights() ? bundle.program().weights()->size() : 0;
  if (weights.size() != expected)
    return Status::error(bundle.name() + ": " + std::to_string(weights.size()) + " weights, expected " +
                         std::to_string(expected));
  Expected<LoadedKernels> kernels = LoadedKernels::load(bundle);
  if (!kernels)
    return kernels.status();
  auto state = std::make_unique<State>(std::move(bundle), std::move(*kernels));
  state->weights = std::move(weights);
  state->entries = entriesOf(state->bundle.program());
  for (const Entry &entry : state->entries)
    state->infos.push_back(describeEntry(entry, state->bundle.program()));
  return std::shared_ptr<const Program>(new Program(std::move(state)));
}

const Bundle &Program::bundle() const { return state_->bundle; }
std::span<const EntryInfo> Program::entries() const { return state_->infos; }
uint64_t Program::residentWeightBytes() const { return state_->store ? state_->store->residentBytes() : 0; }

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

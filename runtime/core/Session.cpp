// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// One run after another over the same memory: bind inputs, lay out memory for their sizes, walk the instructions, hand
// out outputs.
#include "veomni/runtime/Session.h"

#include "core/DeviceArena.h"
#include "core/Executor.h"
#include "core/Inputs.h"
#include "core/MemoryCheck.h"
#include "core/MemoryPlan.h"
#include "core/ProgramState.h"
#include "core/Ranks.h"
#include "core/Sizes.h"

#include <array>
#include <cstring>
#include <memory>
#include <new>

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace veomni {

struct Session::State {
  State(std::shared_ptr<const Program> program, const Program::State &loaded, std::unique_ptr<DeviceQueue> queue,
        bool checkMemory)
      : program(std::move(program)), loaded(loaded), queue(std::move(queue)), checkMemory(checkMemory) {}

  Status connect(std::shared_ptr<World> world);
  Status agreeOnInputs(const Entry &entry, std::span<const Tensor> given);

  Status layOutStates();
  Status planFor(const Entry &entry, const std::vector<int64_t> &symbols);
  Status run(const Entry &entry, std::span<const Tensor> inputs, const RunOptions &options);
  Status runChecked(const Entry &entry, const BoundInputs &inputs, const RunOptions &options);
  Status runBetweenGuards(const Entry &entry, const BoundInputs &inputs, MemoryCheck &check, const RunOptions &options,
                          std::vector<std::vector<std::byte>> &results);
  Status execute(const Executor::Resources &resources, std::byte *frames, std::vector<int64_t> symbols,
                 std::vector<void *> arguments);
  Status giveInput(const Entry &entry, const BoundInputs &inputs, uint32_t index, std::byte *to);
  Status takeOutputs(const Entry &entry, const BoundInputs &inputs);
  void addOutput(const bundle::Output &output, const std::vector<int64_t> &symbols, std::byte *data);

  std::shared_ptr<const Program> program;
  const Program::State &loaded;
  const DeviceTraits device = loaded.device->traits();
  std::unique_ptr<DeviceQueue> queue;
  const bool checkMemory;

  std::unique_ptr<Ranks> ranks; // null for a program of one
  std::vector<CollectiveCounts> traffic;
  std::optional<RunEstimate> estimate;
  std::vector<int> coordinates;         // this rank's place on each axis of the mesh
  std::span<const void *const> weights; // one a weight

  DeviceArena arena{*loaded.device};
  const Entry *plannedEntry = nullptr;
  std::vector<int64_t> plannedFor; // the symbols' values
  std::optional<MemoryPlan> plan;

  DeviceArena receivedArena{*loaded.device}; // of dispatches to experts

  DeviceArena stateArena{*loaded.device};
  uint64_t stateBytes = 0;
  std::vector<std::byte *> stateData; // on the device
  std::vector<Tensor> states;

  std::vector<Tensor> outputs;
  std::vector<std::vector<std::byte>> hostOutputs; // what `outputs` refer to where the device's memory is not it
  std::vector<std::vector<std::byte>> hostStates;  // likewise
};

Session::Session(std::unique_ptr<State> state) : state_(std::move(state)) {}
Session::Session(Session &&) noexcept = default;
Session &Session::operator=(Session &&) noexcept = default;
Session::~Session() = default;

Expected<Session> Session::create(std::shared_ptr<const Program> program, const SessionOptions &options) {
  const Program::State &loaded = *program->state_;
  if (options.checkMemory && !loaded.device->traits().addressesHost)
    return Status::error("memory is checked on devices that compute in memory of this process, and not on " +
                         std::string(loaded.device->name()));
  Expected<std::unique_ptr<DeviceQueue>> queue = loaded.device->createQueue({options.threads});
  if (!queue)
    return queue.status();
  auto state = std::make_unique<State>(std::move(program), loaded, std::move(*queue), options.checkMemory);
  if (Status status = state->layOutStates(); !status)
    return status;
  if (Status status = state->connect(options.world); !status)
    return Status::error(state->loaded.bundle.name() + ": " + status.message());
  Expected<std::span<const void *const>> weights = loaded.weightsOf(state->ranks ? state->ranks->rank() : 0);
  if (!weights)
    return Status::error(state->loaded.bundle.name() + ": " + weights.status().message());
  state->weights = *weights;
  return Session(std::move(state));
}

const Program &Session::program() const { return *state_->program; }
unsigned Session::threads() const { return state_->queue->threads(); }
std::span<const Tensor> Session::outputs() const { return state_->outputs; }
const DeviceCounts *Session::counts() const { return state_->queue->counts(); }
uint64_t Session::memoryBytes() const {
  return state_->arena.size() + state_->receivedArena.size() + state_->stateArena.size();
}

std::span<const Tensor> Session::states() const {
  for (size_t i = 0; i < state_->hostStates.size(); ++i)
    (void)state_->queue->download(state_->hostStates[i].data(), state_->stateData[i], state_->hostStates[i].size());
  return state_->states;
}

void Session::abort(std::string_view why) {
  if (state_->ranks)
    state_->ranks->abort(why);
}
uint64_t Session::sentBytes() const {
  uint64_t bytes = 0;
  for (const CollectiveCounts &counts : state_->traffic)
    bytes += counts.bytes;
  return bytes;
}
std::span<const CollectiveCounts> Session::collectives() const { return state_->traffic; }
const std::optional<RunEstimate> &Session::estimate() const { return state_->estimate; }

void Session::reset() { (void)state_->queue->clear(state_->stateArena.data(), state_->stateBytes); }

Status Session::run(std::string_view entry, std::span<const Tensor> inputs, const RunOptions &options) {
  state_->outputs.clear();
  Expected<const EntryInfo *> info = state_->program->entry(entry);
  if (!info)
    return info.status();
  return state_->run(state_->loaded.entries[size_t(*info - state_->program->entries().data())], inputs, options);
}

Status Session::State::connect(std::shared_ptr<World> world) {
  const bundle::Bundle &bundle = loaded.bundle.program();
  Expected<Mesh> mesh = meshOf(bundle);
  if (!mesh)
    return mesh.status();
  coordinates.assign(mesh->axes().size(), 0);
  if (mesh->axes().empty() && (!world || world->size() == 1))
    return Status::ok();
  if (!device.computes) // what it counts is the first rank
    return Status::ok();
  if (!device.addressesHost)
    return Status::error("ranks exchange data in memory of their processes, and " + std::string(loaded.device->name()) +
                         " computes elsewhere");
  if (checkMemory)
    return Status::error("memory is checked where one rank runs alone");
  if (!world && mesh->size() == 1)
    world = localWorlds(1).front();
  Expected<std::unique_ptr<Ranks>> connected = Ranks::connect(*mesh, std::move(world));
  if (!connected)
    return connected.status();
  ranks = std::move(*connected);
  coordinates.assign(ranks->coordinates().begin(), ranks->coordinates().end());
  const std::span<const uint8_t> metadata = loaded.bundle.metadataBytes();
  const XXH128_hash_t digest = XXH3_128bits(metadata.data(), metadata.size());
  return ranks->agree(std::array<uint64_t, 2>{digest.low64, digest.high64}, "programs");
}

/// Ranks that were given different inputs would exchange parts of different wholes.
Status Session::State::agreeOnInputs(const Entry &entry, std::span<const Tensor> given) {
  std::unique_ptr<XXH3_state_t, decltype(&XXH3_freeState)> state(XXH3_createState(), &XXH3_freeState);
  if (!state)
    return Status::error("no memory");
  XXH3_128bits_reset(state.get());
  auto add = [&](const void *data, size_t bytes) { XXH3_128bits_update(state.get(), data, bytes); };
  add(entry.name.data(), entry.name.size());
  for (const Tensor &tensor : given) {
    add(tensor.name.data(), tensor.name.size());
    add(&tensor.dtype, sizeof tensor.dtype);
    add(tensor.shape.data(), tensor.shape.size() * sizeof(int64_t));
    if (tensor.data)
      add(tensor.data, size_t(elementCount(tensor.shape)) * elementSize(tensor.dtype));
  }
  const XXH128_hash_t digest = XXH3_128bits_digest(state.get());
  return ranks->agree(std::array<uint64_t, 2>{digest.low64, digest.high64}, "inputs of entry \"" + entry.name + "\"");
}

Status Session::State::layOutStates() {
  const auto *declared = loaded.bundle.program().states();
  if (!declared)
    return Status::ok();
  std::vector<uint64_t> offsets;
  for (const bundle::State *state : *declared) {
    offsets.push_back(stateBytes);
    std::optional<uint64_t> region = MemoryPlan::regionSize(byteSize(*state->type(), {}));
    if (!region || __builtin_add_overflow(stateBytes, *region, &stateBytes))
      return Status::error(loaded.bundle.name() + ": states need more memory than can be addressed");
  }
  if (Status status = stateArena.reserve(stateBytes); !status) // zeros
    return Status::error(loaded.bundle.name() + ": states: " + status.message());
  for (uint32_t i = 0; i < declared->size(); ++i) {
    const bundle::State &state = *declared->Get(i);
    stateData.push_back(stateArena.data() + offsets[i]);
    std::byte *seen = stateData.back();
    if (!device.addressesHost)
      seen = hostStates.emplace_back(byteSize(*state.type(), {}).value_or(0)).data();
    states.push_back({state.name()->str(), state.type()->dtype(), shapeOf(*state.type(), {}), seen});
  }
  return Status::ok();
}

Status Session::State::planFor(const Entry &entry, const std::vector<int64_t> &symbols) {
  if (plan && plannedEntry == &entry && plannedFor == symbols)
    return Status::ok();
  Expected<MemoryPlan> made = MemoryPlan::make(loaded.bundle.program(), entry, symbols);
  if (!made)
    return made.status();
  plan.reset(); // what it lies in is given back, if there is not enough
  if (Status status = arena.reserve(made->total); !status)
    return status;
  plan = std::move(*made);
  plannedEntry = &entry;
  plannedFor = symbols;
  return Status::ok();
}

Status Session::State::run(const Entry &entry, std::span<const Tensor> given, const RunOptions &options) {
  Expected<BoundInputs> inputs = BoundInputs::bind(loaded.bundle.program(), entry, given, coordinates);
  if (!inputs)
    return inputs.status();
  if (ranks)
    if (Status status = agreeOnInputs(entry, given); !status)
      return status;
  // Also where memory is laid out otherwise: sizes must have been found to fit before values are read.
  if (Status status = planFor(entry, inputs->symbols()); !status)
    return status;
  if (Status status = inputs->checkCuSeqlens(); !status)
    return status;
  if (Status status = inputs->checkRows(); !status)
    return status;
  if (checkMemory)
    return runChecked(entry, *inputs, options);
  std::vector<void *> arguments;
  for (size_t i = 0; i < plan->inputs.size(); ++i) {
    arguments.push_back(arena.data() + plan->inputs[i]);
    if (Status status = giveInput(entry, *inputs, uint32_t(i), arena.data() + plan->inputs[i]); !status)
      return status;
  }
  for (uint64_t offset : plan->outputs)
    arguments.push_back(arena.data() + offset);
  estimate.reset();
  std::optional<Timeline> timeline;
  if (options.machine && !device.computes)
    timeline.emplace(*options.machine, loaded.bundle.program());
  const Executor::Resources resources{loaded.bundle.program(),
                                      entry,
                                      loaded.kernels,
                                      weights,
                                      stateData,
                                      device,
                                      *queue,
                                      options.hooks,
                                      options.cancel,
                                      nullptr,
                                      ranks.get(),
                                      &receivedArena,
                                      &traffic,
                                      timeline ? &*timeline : nullptr};
  if (Status status = execute(resources, arena.data(), inputs->symbols(), std::move(arguments)); !status)
    return status;
  if (timeline)
    estimate = timeline->estimate();
  return takeOutputs(entry, *inputs);
}

Status Session::State::giveInput(const Entry &entry, const BoundInputs &inputs, uint32_t index, std::byte *to) {
  if (device.addressesHost)
    return inputs.copyTo(index, to);
  std::vector<std::byte> staged(byteSize(*entry.inputs->Get(index)->type(), inputs.symbols()).value_or(0));
  if (Status status = inputs.copyTo(index, staged.data()); !status)
    return status;
  if (Status status = queue->upload(to, staged.data(), staged.size()); !status)
    return status;
  return queue->synchronise(); // what is staged ends here
}

Status Session::State::takeOutputs(const Entry &entry, const BoundInputs &inputs) {
  hostOutputs.clear();
  for (size_t i = 0; i < plan->outputs.size(); ++i) {
    const bundle::Output &output = *entry.outputs->Get(uint32_t(i));
    std::byte *data = arena.data() + plan->outputs[i];
    if (!device.addressesHost) {
      const uint64_t size = byteSize(*output.type(), inputs.symbols()).value_or(0);
      // A device that only counts may have run what no memory here holds.
      try {
        hostOutputs.emplace_back(size);
      } catch (const std::bad_alloc &) {
        return Status::error("output " + output.name()->str() + ": no memory for its " + std::to_string(size) +
                             " bytes");
      }
      std::vector<std::byte> &home = hostOutputs.back();
      if (Status status = queue->download(home.data(), data, home.size()); !status)
        return status;
      data = home.data();
    }
    addOutput(output, inputs.symbols(), data);
  }
  return Status::ok();
}

Status Session::State::execute(const Executor::Resources &resources, std::byte *frames, std::vector<int64_t> symbols,
                               std::vector<void *> arguments) {
  Executor executor(resources, *plan, frames, std::move(symbols));
  Status status = Status::ok();
  queue->run([&] { status = executor.run(arguments); });
  Status done = queue->synchronise();
  return status ? done : status;
}

void Session::State::addOutput(const bundle::Output &output, const std::vector<int64_t> &symbols, std::byte *data) {
  const bundle::BufferType &type = *output.type();
  Tensor tensor{output.name()->str(), type.dtype(), shapeOf(type, symbols), data};
  if (int64_t row = isDense(type) ? 0 : constantRowSize(type); row > 0) {
    // Close the gaps between rows in place, front to back.
    uint64_t size = elementSize(type.dtype()), rows = uint64_t(elementCount(tensor.shape) / row);
    for (uint64_t r = 1; r < rows; ++r)
      std::memmove(data + r * uint64_t(row) * size, data + r * uint64_t(type.row_stride()) * size,
                   uint64_t(row) * size);
  }
  outputs.push_back(std::move(tensor));
}

/// Twice: with buffers at the end of their pages and at the start, and with different bytes wherever nothing was
/// written. Equal results then do not depend on such bytes.
Status Session::State::runChecked(const Entry &entry, const BoundInputs &inputs, const RunOptions &options) {
  if (options.hooks)
    return Status::error("a memory check runs the program twice and takes no hooks");
  const std::vector<std::byte> before(stateArena.data(), stateArena.data() + stateBytes);
  std::vector<std::vector<std::byte>> first, second;
  std::unique_lock<std::mutex> turn = MemoryCheck::takeTurn();
  for (auto *results : {&first, &second}) {
    MemoryCheck check(results == &first ? MemoryCheck::Placement::end : MemoryCheck::Placement::start,
                      results == &first ? std::byte(0xff) : std::byte(0));
    if (stateBytes)
      std::memcpy(stateArena.data(), before.data(), stateBytes);
    if (Status status = runBetweenGuards(entry, inputs, check, options, *results); !status)
      return status;
  }
  for (size_t i = 0; i < first.size(); ++i)
    if (first[i] != second[i]) {
      const size_t at =
          size_t(std::mismatch(first[i].begin(), first[i].end(), second[i].begin()).first - first[i].begin());
      const std::string what = i < entry.outputCount() ? "output " + entry.outputs->Get(uint32_t(i))->name()->str()
                                                       : "state " + states[i - entry.outputCount()].name;
      return Status::error("memory check: " + what + ": byte " + std::to_string(at) +
                           " depends on memory that nothing has written or on where buffers lie");
    }
  first.resize(entry.outputCount());
  hostOutputs = std::move(first);
  for (uint32_t i = 0; i < entry.outputCount(); ++i)
    addOutput(*entry.outputs->Get(i), inputs.symbols(), hostOutputs[i].data());
  return Status::ok();
}

Status Session::State::runBetweenGuards(const Entry &entry, const BoundInputs &inputs, MemoryCheck &check,
                                        const RunOptions &options, std::vector<std::vector<std::byte>> &results) {
  const bundle::Bundle &bundle = loaded.bundle.program();
  constexpr uint64_t slack = MemoryCheck::activationSlack;
  std::vector<const void *> weights;
  for (size_t i = 0; i < this->weights.size(); ++i) {
    const bundle::Weight &weight = *bundle.weights()->Get(uint32_t(i));
    Expected<MemoryCheck::Region *> region =
        check.allocate("weight \"" + weight.name()->str() + "\"", byteSize(*weight.type(), {}).value_or(0), /*slack=*/0,
                       this->weights[i]);
    if (!region)
      return region.status();
    weights.push_back((*region)->data);
  }
  std::vector<std::byte *> heldStates;
  std::vector<MemoryCheck::Region *> stateRegions, outputRegions;
  for (size_t i = 0; i < states.size(); ++i) {
    uint64_t bytes = byteSize(*bundle.states()->Get(uint32_t(i))->type(), {}).value_or(0);
    Expected<MemoryCheck::Region *> region =
        check.allocate("state \"" + states[i].name + "\"", bytes, slack, stateData[i]);
    if (!region)
      return region.status();
    stateRegions.push_back(*region);
    heldStates.push_back((*region)->data);
  }
  std::vector<void *> arguments;
  for (uint32_t i = 0; i < entry.inputCount(); ++i) {
    const bundle::Input &input = *entry.inputs->Get(i);
    Expected<MemoryCheck::Region *> region = check.allocate(
        "input \"" + input.name()->str() + "\"", byteSize(*input.type(), inputs.symbols()).value_or(0), slack, nullptr);
    if (!region)
      return region.status();
    check.open(**region, MemoryCheck::Access::write);
    Status status = inputs.copyTo(i, (*region)->data);
    check.close(**region);
    if (!status)
      return status;
    arguments.push_back((*region)->data);
  }
  for (uint32_t i = 0; i < entry.outputCount(); ++i) {
    const bundle::Output &output = *entry.outputs->Get(i);
    Expected<MemoryCheck::Region *> region =
        check.allocate("output \"" + output.name()->str() + "\"",
                       byteSize(*output.type(), inputs.symbols()).value_or(0), slack, nullptr);
    if (!region)
      return region.status();
    outputRegions.push_back(*region);
    arguments.push_back((*region)->data);
  }
  const Executor::Resources resources{bundle,  entry,          loaded.kernels, weights, heldStates, device,  *queue,
                                      nullptr, options.cancel, &check,         nullptr, nullptr,    &traffic};
  Status status = execute(resources, nullptr, inputs.symbols(), std::move(arguments));
  for (size_t i = 0; i < stateRegions.size(); ++i) {
    check.open(*stateRegions[i], MemoryCheck::Access::read);
    std::memcpy(stateData[i], stateRegions[i]->data, stateRegions[i]->size);
  }
  if (!status)
    return status;
  for (auto *regions : {&outputRegions, &stateRegions})
    for (MemoryCheck::Region *region : *regions) {
      check.open(*region, MemoryCheck::Access::read);
      results.emplace_back(region->data, region->data + region->size);
    }
  return Status::ok();
}

} // namespace veomni

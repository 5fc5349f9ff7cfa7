// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "veomni/runtime/Program.h"

#include "core/Executor.h"
#include "core/Inputs.h"
#include "core/Kernels.h"
#include "core/MemoryPlan.h"
#include "core/Sizes.h"
#include "device/cpu/Arena.h"
#include "device/cpu/ThreadPool.h"

#include <cstring>
#include <vector>

namespace veomni {

struct Program::State {
  State(Bundle bundle, LoadedKernels kernels, std::unique_ptr<cpu::ThreadPool> pool)
      : bundle(std::move(bundle)), kernels(std::move(kernels)), pool(std::move(pool)) {}

  Status run(std::span<const Tensor> inputs, const InstructionHooks *hooks);
  Status planFor(const std::vector<int64_t> &symbols);
  void collectOutputs(const std::vector<int64_t> &symbols);

  Bundle bundle;
  LoadedKernels kernels;
  std::unique_ptr<cpu::ThreadPool> pool;
  std::vector<const void *> weights;
  cpu::Arena arena;
  std::vector<int64_t> plannedFor; // the symbols' values
  std::optional<MemoryPlan> plan;
  std::vector<Tensor> outputs;
};

Program::Program(std::unique_ptr<State> state) : state_(std::move(state)) {}
Program::Program(Program &&) noexcept = default;
Program &Program::operator=(Program &&) noexcept = default;
Program::~Program() = default;

Expected<Program> Program::create(Bundle bundle, std::vector<const void *> weights, const ProgramOptions &options) {
  size_t expected = bundle.program().weights() ? bundle.program().weights()->size() : 0;
  if (weights.size() != expected)
    return Status::error(bundle.name() + ": " + std::to_string(weights.size()) + " weights, expected " + std::to_string(expected));
  Expected<LoadedKernels> kernels = LoadedKernels::load(bundle);
  if (!kernels)
    return kernels.status();
  Expected<std::unique_ptr<cpu::ThreadPool>> pool = cpu::ThreadPool::create(options.threads);
  if (!pool)
    return pool.status();
  auto state = std::make_unique<State>(std::move(bundle), std::move(*kernels), std::move(*pool));
  state->weights = std::move(weights);
  return Program(std::move(state));
}

const Bundle &Program::bundle() const { return state_->bundle; }
unsigned Program::threads() const { return state_->pool->size(); }
std::span<const Tensor> Program::outputs() const { return state_->outputs; }

Status Program::run(std::span<const Tensor> inputs, const InstructionHooks *hooks) {
  state_->outputs.clear();
  return state_->run(inputs, hooks);
}

Status Program::State::planFor(const std::vector<int64_t> &symbols) {
  if (plan && plannedFor == symbols)
    return Status::ok();
  Expected<MemoryPlan> made = MemoryPlan::make(bundle.program(), symbols);
  if (!made)
    return made.status();
  if (Status status = arena.reserve(made->total); !status)
    return status;
  plan = std::move(*made);
  plannedFor = symbols;
  return Status::ok();
}

Status Program::State::run(std::span<const Tensor> given, const InstructionHooks *hooks) {
  Expected<BoundInputs> inputs = BoundInputs::bind(bundle.program(), given);
  if (!inputs)
    return inputs.status();
  if (Status status = planFor(inputs->symbols()); !status)
    return status;
  if (Status status = inputs->checkCuSeqlens(); !status)
    return status;
  for (size_t i = 0; i < plan->inputs.size(); ++i)
    if (Status status = inputs->copyTo(uint32_t(i), arena.data() + plan->inputs[i]); !status)
      return status;

  const Executor::Resources resources{bundle.program(), kernels.functions(), weights, *pool, hooks};
  Executor executor(resources, *plan, arena.data(), inputs->symbols());
  Status status = Status::ok();
  pool->run([&] { status = executor.run(); });
  if (status)
    collectOutputs(inputs->symbols());
  return status;
}

void Program::State::collectOutputs(const std::vector<int64_t> &symbols) {
  for (size_t i = 0; i < plan->outputs.size(); ++i) {
    const bundle::Output &output = *bundle.program().outputs()->Get(uint32_t(i));
    const bundle::BufferType &type = *output.type();
    std::byte *data = arena.data() + plan->outputs[i];
    Tensor tensor{output.name()->str(), type.dtype(), shapeOf(type, symbols), data};
    if (int64_t row = isDense(type) ? 0 : constantRowSize(type); row > 0) {
      // Close the gaps between rows in place, front to back.
      uint64_t size = elementSize(type.dtype()), rows = uint64_t(elementCount(tensor.shape) / row);
      for (uint64_t r = 1; r < rows; ++r)
        std::memmove(data + r * uint64_t(row) * size, data + r * uint64_t(type.row_stride()) * size, uint64_t(row) * size);
    }
    outputs.push_back(std::move(tensor));
  }
}

} // namespace veomni

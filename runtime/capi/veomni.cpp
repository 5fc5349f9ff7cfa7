// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "veomni/runtime/veomni.h"

#include "veomni/runtime/Program.h"

#include <algorithm>
#include <exception>
#include <string>
#include <vector>

struct veomni_program {
  veomni::Program program;
  std::vector<veomni::Tensor> inputs;
};

namespace {

using veomni::bundle::DType;
static_assert(int(DType::f32) == VEOMNI_F32 && int(DType::i64) == VEOMNI_I64 && int(DType::boolean) == VEOMNI_BOOLEAN &&
              int(DType::MAX) == VEOMNI_F8_E4M3);

thread_local std::string lastError;

int fail(std::string message) {
  lastError = std::move(message);
  return 1;
}

// The runtime reports errors as values; what is left is the allocator, and no exception may enter C.
template <typename Body> int guarded(Body body) {
  try {
    lastError.clear();
    return body();
  } catch (const std::exception &exception) {
    return fail(exception.what());
  } catch (...) {
    return fail("unknown exception");
  }
}

const veomni::bundle::Bundle &bundleOf(const veomni_program *program) { return program->program.bundle().program(); }

} // namespace

const char *veomni_error(void) { return lastError.c_str(); }

veomni_program *veomni_load(const char *bundle_path, const char *weights_path, unsigned threads) {
  veomni_program *loaded = nullptr;
  guarded([&] {
    veomni::Expected<veomni::Program> program = veomni::Program::load(bundle_path, weights_path, {threads});
    if (!program)
      return fail(program.status().message());
    loaded = new veomni_program{std::move(*program), {}};
    return 0;
  });
  return loaded;
}

void veomni_free(veomni_program *program) { delete program; }

size_t veomni_input_count(const veomni_program *program) { return bundleOf(program).inputs() ? bundleOf(program).inputs()->size() : 0; }

const char *veomni_input_name(const veomni_program *program, size_t index) {
  return index < veomni_input_count(program) ? bundleOf(program).inputs()->Get(uint32_t(index))->name()->c_str() : nullptr;
}

size_t veomni_output_count(const veomni_program *program) { return bundleOf(program).outputs() ? bundleOf(program).outputs()->size() : 0; }

const char *veomni_output_name(const veomni_program *program, size_t index) {
  return index < veomni_output_count(program) ? bundleOf(program).outputs()->Get(uint32_t(index))->name()->c_str() : nullptr;
}

const char *veomni_metadata(const veomni_program *program, const char *key) { return program->program.bundle().metadata(key); }

int veomni_set_input(veomni_program *program, const char *name, int dtype, size_t rank, const int64_t *shape, const void *data) {
  return guarded([&] {
    if (dtype < 0 || dtype > int(DType::MAX))
      return fail(std::string("input ") + name + ": dtype " + std::to_string(dtype) + " is unknown");
    veomni::Tensor tensor{name, DType(dtype), std::vector<int64_t>(shape, shape + rank), data};
    auto known = std::ranges::find(program->inputs, tensor.name, &veomni::Tensor::name);
    if (known == program->inputs.end())
      program->inputs.push_back(std::move(tensor));
    else
      *known = std::move(tensor);
    return 0;
  });
}

void veomni_clear_inputs(veomni_program *program) { program->inputs.clear(); }

int veomni_run(veomni_program *program) {
  return guarded([&] {
    veomni::Status status = program->program.run(program->inputs);
    return status ? 0 : fail(status.message());
  });
}

int veomni_get_output(const veomni_program *program, const char *name, veomni_tensor *tensor) {
  return guarded([&] {
    for (const veomni::Tensor &output : program->program.outputs())
      if (output.name == name) {
        *tensor = {veomni_dtype(output.dtype), output.shape.size(), output.shape.data(), output.data};
        return 0;
      }
    return fail(
        std::string("output ") + name +
        (program->program.outputs().empty() ? ": there are no outputs before a successful run" : ": the program has no such output"));
  });
}

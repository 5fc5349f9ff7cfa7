// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The C API over programs and sessions.
#include "veomni/runtime/veomni.h"

#include "veomni/runtime/Session.h"

#include <algorithm>
#include <exception>
#include <string>
#include <vector>

namespace {

/// A port with its arrays in the form that C takes.
struct Port {
  explicit Port(const veomni::PortInfo &info) : info(info) {
    for (const veomni::PortInfo::Dim &dim : info.dims) {
      shape.push_back(dim.size);
      axes.push_back(dim.size < 0 ? dim.axis.c_str() : nullptr);
    }
  }
  const veomni::PortInfo &info;
  std::vector<int64_t> shape;
  std::vector<const char *> axes;
};

struct Ports {
  std::vector<Port> inputs, outputs;
};

} // namespace

struct veomni_program {
  std::shared_ptr<const veomni::Program> program;
  std::vector<Ports> entries;
};

struct veomni_session {
  veomni::Session session;
  std::vector<veomni::Tensor> inputs;
  veomni::CancelToken cancel = {};
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

/// The ports of an entry; null, and an error, where there is no such entry.
const Ports *portsOf(const veomni_program *program, const char *entry) {
  const Ports *ports = nullptr;
  guarded([&] {
    veomni::Expected<const veomni::EntryInfo *> info = program->program->entry(entry ? entry : "");
    if (!info)
      return fail(info.status().message());
    ports = &program->entries[size_t(*info - program->program->entries().data())];
    return 0;
  });
  return ports;
}

int describe(const std::vector<Port> &ports, const char *what, size_t index, veomni_port *result) {
  return guarded([&] {
    if (index >= ports.size())
      return fail(std::string("there is no ") + what + " " + std::to_string(index) + ", the entry has " +
                  std::to_string(ports.size()));
    const Port &port = ports[index];
    *result = {port.info.name.c_str(), veomni_dtype(port.info.dtype),
               port.shape.size(),      port.shape.data(),
               port.axes.data(),       port.info.required};
    return 0;
  });
}

int find(std::span<const veomni::Tensor> tensors, const std::string &what, const char *name, const std::string &none,
         veomni_tensor *tensor) {
  return guarded([&] {
    for (const veomni::Tensor &found : tensors)
      if (found.name == name) {
        *tensor = {veomni_dtype(found.dtype), found.shape.size(), found.shape.data(), found.data};
        return 0;
      }
    return fail(what + " " + name + ": " + none);
  });
}

} // namespace

const char *veomni_error(void) { return lastError.c_str(); }

veomni_program *veomni_load(const char *bundle_path, const char *weights_path, unsigned threads) {
  veomni_program *loaded = nullptr;
  guarded([&] {
    veomni::Expected<std::shared_ptr<const veomni::Program>> program =
        veomni::Program::load(bundle_path, weights_path, {threads});
    if (!program)
      return fail(program.status().message());
    std::vector<Ports> entries;
    for (const veomni::EntryInfo &entry : (*program)->entries())
      entries.push_back({{entry.inputs.begin(), entry.inputs.end()}, {entry.outputs.begin(), entry.outputs.end()}});
    loaded = new veomni_program{std::move(*program), std::move(entries)};
    return 0;
  });
  return loaded;
}

void veomni_free(veomni_program *program) { delete program; }

const char *veomni_metadata(const veomni_program *program, const char *key) {
  return program->program->bundle().metadata(key);
}

size_t veomni_entry_count(const veomni_program *program) { return program->program->entries().size(); }

const char *veomni_entry_name(const veomni_program *program, size_t index) {
  return index < veomni_entry_count(program) ? program->program->entries()[index].name.c_str() : nullptr;
}

size_t veomni_input_count(const veomni_program *program, const char *entry) {
  const Ports *ports = portsOf(program, entry);
  return ports ? ports->inputs.size() : 0;
}

size_t veomni_output_count(const veomni_program *program, const char *entry) {
  const Ports *ports = portsOf(program, entry);
  return ports ? ports->outputs.size() : 0;
}

int veomni_describe_input(const veomni_program *program, const char *entry, size_t index, veomni_port *port) {
  const Ports *ports = portsOf(program, entry);
  return ports ? describe(ports->inputs, "input", index, port) : 1;
}

int veomni_describe_output(const veomni_program *program, const char *entry, size_t index, veomni_port *port) {
  const Ports *ports = portsOf(program, entry);
  return ports ? describe(ports->outputs, "output", index, port) : 1;
}

veomni_session *veomni_open(const veomni_program *program, unsigned threads) {
  veomni_session *opened = nullptr;
  guarded([&] {
    veomni::Expected<veomni::Session> session = veomni::Session::create(program->program, {.threads = threads});
    if (!session)
      return fail(session.status().message());
    opened = new veomni_session{std::move(*session), {}};
    return 0;
  });
  return opened;
}

void veomni_close(veomni_session *session) { delete session; }

int veomni_set_input(veomni_session *session, const char *name, int dtype, size_t rank, const int64_t *shape,
                     const void *data) {
  return guarded([&] {
    if (dtype < 0 || dtype > int(DType::MAX))
      return fail(std::string("input ") + name + ": dtype " + std::to_string(dtype) + " is unknown");
    veomni::Tensor tensor{name, DType(dtype), std::vector<int64_t>(shape, shape + rank), data};
    auto known = std::ranges::find(session->inputs, tensor.name, &veomni::Tensor::name);
    if (known == session->inputs.end())
      session->inputs.push_back(std::move(tensor));
    else
      *known = std::move(tensor);
    return 0;
  });
}

void veomni_clear_inputs(veomni_session *session) { session->inputs.clear(); }

int veomni_run(veomni_session *session, const char *entry) {
  return guarded([&] {
    veomni::Status status = session->session.run(entry ? entry : "", session->inputs, {.cancel = &session->cancel});
    return status ? 0 : fail(status.message());
  });
}

void veomni_cancel(veomni_session *session) { session->cancel.cancel(); }
void veomni_resume(veomni_session *session) { session->cancel.reset(); }

int veomni_get_output(const veomni_session *session, const char *name, veomni_tensor *tensor) {
  bool none = session->session.outputs().empty();
  return find(session->session.outputs(), "output", name,
              none ? "there are no outputs before a successful run" : "the entry that ran has no such output", tensor);
}

int veomni_get_state(const veomni_session *session, const char *name, veomni_tensor *tensor) {
  return find(session->session.states(), "state", name, "the program has no such state", tensor);
}

void veomni_reset(veomni_session *session) { session->session.reset(); }

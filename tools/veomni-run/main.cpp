// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// veomni-run: runs a compiled model over the weights of its checkpoint. See Options.cpp for what it can do.
#include "Compare.h"
#include "Describe.h"
#include "Generate.h"
#include "InputNames.h"
#include "Options.h"
#include "Places.h"
#include "RankRun.h"
#include "Report.h"
#include "SizedInputs.h"
#include "TensorSource.h"
#include "veomni/runtime/NearestName.h"
#include "veomni/runtime/ProgressBar.h"
#include "veomni/runtime/Recorders.h"
#include "veomni/runtime/Session.h"
#include "veomni/runtime/TensorFile.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fcntl.h>
#include <unistd.h>

namespace veomni {
namespace {

using Clock = std::chrono::steady_clock;

double secondsSince(Clock::time_point begin) { return std::chrono::duration<double>(Clock::now() - begin).count(); }

int fail(const Status &status) {
  std::fprintf(stderr, "veomni-run: error: %s\n", status.message().c_str());
  return Options::failure;
}

/// Says what of the file of inputs has no effect, so that nobody believes it has.
void noteUnused(const Options &options, const char *why, const std::vector<std::string> &tensors) {
  if (options.quiet)
    return;
  std::string all;
  for (const std::string &name : tensors)
    all += (all.empty() ? "" : ", ") + name;
  if (!all.empty())
    std::fprintf(stderr, "veomni-run: note: %s: %s %s\n", options.inputs.c_str(), why, all.c_str());
}

/// What a description of a machine names and the program does not have, where it looks like a slip: descriptions are
/// for all programs, which need not have every kind of kernels.
void noteSlips(const Options &options, const Machine &machine, const bundle::Bundle &program) {
  std::vector<std::string> kinds, axes;
  for (uint32_t i = 0; program.kernels() && i < program.kernels()->size(); ++i)
    if (const flatbuffers::String *kind = program.kernels()->Get(i)->kind())
      kinds.push_back(kind->str());
  for (uint32_t i = 0; program.mesh() && i < program.mesh()->size(); ++i)
    axes.push_back(program.mesh()->Get(i)->name()->str());
  auto note = [&](const char *what, const std::vector<std::string> &named, const std::vector<std::string> &known) {
    for (const std::string &name : named)
      if (const std::string nearest = nearestName(name, known);
          !nearest.empty() && std::ranges::find(known, name) == known.end())
        std::fprintf(stderr, "veomni-run: note: %s: %s \"%s\" is not in the program, which has \"%s\"\n",
                     options.machine.c_str(), what, name.c_str(), nearest.c_str());
  };
  note("kernels", machine.kernelKinds(), kinds);
  note("links", machine.axes(), axes);
}

/// How long loading took, and how fast weights that do not stay in their files became memory.
void printLoadTime(double seconds, const Session &session) {
  const Program &program = session.program();
  std::fprintf(stderr, "load: %.6f s, %u threads", seconds, session.threads());
  const double loaded = double(program.residentWeightBytes()), inFiles = double(program.weightBytesInFiles());
  if (loaded > 0)
    std::fprintf(stderr, "; weights: %.6f GB, %.2f GB/s", loaded * 1e-9, loaded * 1e-9 / seconds);
  if (inFiles > 0)
    std::fprintf(stderr, "; weights read in their files: %.6f GB", inFiles * 1e-9);
  std::fprintf(stderr, "\n");
}

/// Equal shapes; or `expected` has batch and sequence joined, as Hugging Face's router logits do.
bool sameTokens(const std::vector<int64_t> &found, const std::vector<int64_t> &expected) {
  if (found == expected || found.size() < 3)
    return found == expected;
  std::vector<int64_t> joined(found.begin() + 1, found.end());
  joined[0] = found[0] * found[1];
  return joined == expected;
}

/// Prints the table of differences; whether all outputs in the file are within the tolerance.
Expected<bool> checkOutputs(const Session &session, const TensorSource &expected, const std::vector<Tensor> &inputs,
                            const Options &options) {
  auto mask = std::ranges::find(inputs, "attention_mask", &Tensor::name);
  bool good = true, any = false;
  for (const Tensor &found : session.outputs()) {
    Expected<std::optional<Tensor>> wanted = expected.find("output.", found.name);
    if (!wanted)
      return wanted.status();
    if (!*wanted)
      continue;
    if (!sameTokens(found.shape, (*wanted)->shape))
      return Status::error("output " + found.name + ": shape is " + shapeText(found.shape) + ", " + expected.path() +
                           " has " + shapeText((*wanted)->shape));
    if (!any)
      std::printf("%-28s %-18s %12s %12s  %s\n", "output", "shape", "max abs", "max rel", "verdict");
    Difference difference = compare(found, **wanted, mask == inputs.end() ? nullptr : &*mask);
    bool within = difference.within(options.relativeTolerance, options.absoluteTolerance);
    std::printf("%-28s %-18s %12.3e %12.3e  %s\n", found.name.c_str(), shapeText(found.shape).c_str(),
                difference.maxAbsolute, difference.relative(), within ? "ok" : "FAIL");
    any = true;
    good &= within;
  }
  if (!any) {
    std::string names;
    for (const Tensor &output : session.outputs())
      names += (names.empty() ? "" : ", ") + output.name;
    return Status::error(expected.path() + ": has none of the program's outputs (" + names + ")");
  }
  return good;
}

int describe(const Options &options) {
  Expected<Bundle> bundle = Bundle::load(options.bundle);
  if (!bundle)
    return fail(bundle.status());
  describeBundle(*bundle);
  return Options::success;
}

/// Options that mean nothing on the device, and such that it needs.
Status checkDevice(const Options &options, const Device &device) {
  const std::string name(device.name());
  if (device.traits().computes) {
    if (options.weights.empty())
      return Status::error("--weights is needed: the device " + name + " computes");
    if (!options.report.empty())
      return Status::error("--report: the device " + name + " does not count");
    for (auto [option, isGiven] :
         {std::pair("--sizes", !options.sizes.empty()), {"--machine", !options.machine.empty()}})
      if (isGiven)
        return Status::error(std::string(option) + ": the device " + name + " computes; --device=null only counts");
    return Status::ok();
  }
  const std::pair<const char *, bool> given[] = {{"--expect", !options.expect.empty()},
                                                 {"--outputs", !options.outputs.empty()},
                                                 {"--values", !options.values.empty()},
                                                 {"--generate", options.generate.has_value()},
                                                 {"--check-memory", options.checkMemory}};
  for (auto [option, isGiven] : given)
    if (isGiven)
      return Status::error(std::string(option) + ": the device " + name + " computes nothing");
  return Status::ok();
}

int wrongUsage(const Status &status) {
  fail(status);
  return Options::usage;
}

/// All but the first of several processes leave results to that one.
void silence(Options &options) {
  options.outputs.clear();
  options.expect.clear();
  options.trace.clear();
  options.values.clear();
  options.time = false;
  options.quiet = true;
  std::fflush(stdout);
  if (const int nowhere = ::open("/dev/null", O_WRONLY); nowhere >= 0) {
    ::dup2(nowhere, STDOUT_FILENO);
    ::close(nowhere);
  }
}

/// What a file has for an entry; it stays in `source`.
Expected<std::vector<Tensor>> takeInputs(const Options &options, const EntryInfo &entry,
                                         std::optional<TensorSource> &source) {
  Expected<TensorSource> opened = TensorSource::open(options.inputs);
  if (!opened)
    return opened.status();
  source.emplace(std::move(*opened));
  Expected<std::vector<std::string>> unused = inputsOfOthers(source->file(), entry);
  if (!unused)
    return unused.status();
  Expected<std::vector<Tensor>> inputs = source->inputsOf(entry);
  if (inputs)
    noteUnused(options, "the program does not take", *unused);
  return inputs;
}

int run(const Options &options, const std::shared_ptr<World> &world) {
  Expected<std::shared_ptr<Device>> device = builtinDevices().find(options.device);
  if (!device)
    return wrongUsage(Status::error("--device: " + device.status().message()));
  if (Status status = checkDevice(options, **device); !status)
    return wrongUsage(status);
  const bool prints = !options.expect.empty() || options.generate || !(*device)->traits().computes;
  if (Status status = checkPlaces(options, prints); !status)
    return wrongUsage(status);
  Clock::time_point begin = Clock::now();
  Progress loaded, repeated;
  std::optional<ProgressBar> bar;
  bar.emplace("loading", loaded, ProgressUnit::bytes);
  Expected<std::shared_ptr<const Program>> program =
      Program::load(options.bundle, options.weights,
                    {.threads = options.threads,
                     .device = *device,
                     .progress = &loaded,
                     .rank = world ? std::optional(world->rank()) : std::nullopt});
  bar.reset();
  if (!program)
    return fail(program.status());
  Expected<const EntryInfo *> found = (*program)->entry(options.entry);
  if (!found)
    return fail(found.status());
  const EntryInfo &entry = **found;
  Expected<RankRun> ranks = RankRun::create(*program, options, world);
  if (!ranks)
    return fail(ranks.status());
  const Session &session = ranks->first();
  if (options.time)
    printLoadTime(secondsSince(begin), session);
  std::optional<TensorSource> source; // holds what inputs point at
  SizedInputs sized;
  Expected<std::vector<Tensor>> inputs =
      options.sizes.empty() ? takeInputs(options, entry, source) : sized.make(entry, options.sizes);
  if (!inputs)
    return fail(inputs.status());
  std::optional<Machine> machine;
  if (!options.machine.empty()) {
    Expected<Machine> loaded = Machine::load(options.machine);
    if (!loaded)
      return fail(loaded.status());
    machine = std::move(*loaded);
    noteSlips(options, *machine, (*program)->bundle().program());
  }

  TraceRecorder trace;
  ValueRecorder values(options.values);
  InstructionHooks hooks;
  if (!options.trace.empty()) {
    hooks.before = [&](const InstructionEvent &event) { trace.before(event); };
    hooks.after = [&](const InstructionEvent &event) { trace.after(event); };
    hooks.moved = [&](const MovedEvent &event) { trace.moved(event); };
  }
  if (!options.values.empty())
    hooks.after = [&, traced = hooks.after](const InstructionEvent &event) {
      if (traced)
        traced(event);
      values.after(event);
    };

  const bool observed = hooks.before || hooks.after;
  if (options.generate) {
    auto inputIds = std::ranges::find(*inputs, "input_ids", &Tensor::name);
    if (inputIds == inputs->end())
      return fail(Status::error(options.inputs + ": has no tensor input_ids or input.input_ids to continue"));
    auto mask = std::ranges::find(*inputs, "attention_mask", &Tensor::name);
    std::vector<std::string> others;
    for (const Tensor &input : *inputs)
      if (input.name != inputIds->name && input.name != "attention_mask")
        others.push_back(input.name);
    noteUnused(options, "--generate continues the tokens of input_ids that attention_mask keeps, without", others);
    if (Status status = generate(*ranks, entry, *inputIds, mask == inputs->end() ? nullptr : &*mask, options, &hooks);
        !status)
      return fail(status);
  } else {
    std::vector<double> seconds;
    repeated.total = options.repeat > 1 ? options.repeat : 0;
    bar.emplace("running", repeated, ProgressUnit::steps);
    for (unsigned i = 0; i < options.repeat; ++i) {
      begin = Clock::now();
      if (Status status = ranks->run(entry.name, *inputs, observed ? &hooks : nullptr, machine ? &*machine : nullptr);
          !status) {
        bar.reset();
        return fail(status);
      }
      ++repeated.done;
      seconds.push_back(secondsSince(begin));
    }
    bar.reset();
    std::ranges::sort(seconds);
    if (options.time || options.repeat > 1)
      std::fprintf(stderr, "run: best %.6f s median %.6f s\n", seconds.front(), seconds[seconds.size() / 2]);
  }

  if (session.counts())
    printReport(session, options.report == "json");
  if (!options.trace.empty())
    if (Status status = trace.write(options.trace); !status)
      return fail(status);
  if (!options.values.empty() && values.tensors().empty())
    return fail(Status::error("--values: no module path matches"));
  if (!options.outputs.empty()) {
    std::vector<TensorView> tensors;
    for (std::span<const Tensor> some : {session.outputs(), std::span<const Tensor>(values.tensors())})
      for (const Tensor &tensor : some)
        tensors.push_back({tensor.name, fileType(tensor.dtype), tensor.shape, tensor.data});
    if (Status status = writeSafetensors(options.outputs, tensors); !status)
      return fail(status);
  }
  if (options.expect.empty())
    return Options::success;
  Expected<TensorSource> expected = TensorSource::open(options.expect);
  if (!expected)
    return fail(expected.status());
  Expected<bool> good = checkOutputs(session, *expected, *inputs, options);
  if (!good)
    return fail(good.status());
  return *good ? Options::success : Options::failure;
}

/// A process that is one of several ends the others when it fails.
int runRanks(Options &options) {
  Expected<std::shared_ptr<World>> world = worldOf(options);
  if (!world)
    return fail(world.status());
  if (*world && (*world)->rank() != 0)
    silence(options);
  const int code = run(options, *world);
  if (*world && code != Options::success)
    (*world)->abort("ended with exit code " + std::to_string(code));
  return code;
}

} // namespace
} // namespace veomni

/// Standard descriptors that the caller closed are opened on /dev/null. Otherwise the next file that is opened would
/// take the number of the closed one, and what is meant for the terminal would end in an output file. Standard output
/// is opened for reading: results that go nowhere are an error, which the last flush finds.
static bool openStandardDescriptors() {
  for (int descriptor : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
    if (::fcntl(descriptor, F_GETFD) == -1 &&
        ::open("/dev/null", descriptor == STDOUT_FILENO ? O_RDONLY : O_RDWR) != descriptor)
      return false;
  return true;
}

int main(int argc, char **argv) {
  if (!openStandardDescriptors())
    return veomni::fail(veomni::Status::error("cannot open /dev/null"));
  veomni::Options options;
  std::optional<int> code = options.parse(argc, argv);
  if (!code)
    code = options.describe ? veomni::describe(options) : veomni::runRanks(options);
  // What is printed is a result, too: lost on a full disk, it must not look like success.
  if (std::fflush(stdout) != 0 || std::ferror(stdout))
    return veomni::fail(veomni::Status::error("cannot write to standard output"));
  return *code;
}

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// veomni-compile: Hugging Face directory (or the dump of a phase) -> bundle.
#include "Extensions.h"
#include "Input.h"
#include "veomni/Bundle/Bundle.h"
#include "veomni/Import/HuggingFace.h"
#include "veomni/Pipelines/KernelOptions.h"
#include "veomni/Pipelines/Phases.h"
#include "veomni/Pipelines/Register.h"
#include "veomni/Pipelines/Tool.h"
#include "veomni/PlanFile/PlanFile.h"
#include "veomni/runtime/ProgressBar.h"

#include "mlir/IR/AsmState.h"
#include "mlir/IR/Remarks.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Support/Timing.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Regex.h"

#include <chrono>

using namespace mlir;
using namespace veomni;
namespace cl = llvm::cl;

namespace {

cl::OptionCategory category("veomni-compile options");
cl::opt<std::string> inputPath(cl::Positional, cl::desc("DIR | dump.mlir (- for standard input)"), cl::cat(category));
cl::opt<std::string> outputPath("o",
                                cl::desc("output file: a bundle, or text with --compile-to (- for standard output)"),
                                cl::value_desc("file"), cl::cat(category));
cl::list<std::string> entryNames(
    "entry", cl::CommaSeparated,
    cl::desc("what the program computes: forward (logits), loss, or both over the same weights; the first is "
             "what runs where none is named [forward]"),
    cl::value_desc("name,..."), cl::cat(category));
cl::opt<std::string> dtype("dtype", cl::desc("element type of weights: f32 or bf16 (activations are f32)"),
                           cl::init("f32"), cl::cat(category));
cl::opt<std::string> targetName("target",
                                cl::desc("what the code runs on: cpu, or null, whose bundles have no code and run on "
                                         "the null device to be counted [cpu, or what the dump says]"),
                                cl::init(""), cl::cat(category));
cl::opt<std::string> cpuLevel("cpu",
                              cl::desc("CPU level: host, x86-64-v3, x86-64-v4 or avx512-bf16 [host, or what the dump "
                                       "says]"),
                              cl::init(""), cl::cat(category));
cl::list<std::string> kernelChoices(
    "kernel",
    cl::desc("implementation of an op, for all its instances or those at a path (a glob like model.layers.0.*); "
             "--list-kernels shows them"),
    cl::value_desc("op[/variant][@path]=name"), cl::cat(category));
cl::opt<std::string>
    meshText("mesh",
             cl::desc("compile for several ranks, as a grid: dp_replicate splits the batch, dp_shard the batch "
                      "and stored weights, sp the sequence, tp heads and neurons with their parameters, ep the "
                      "experts, for example sp=4 or dp_shard=2,tp=4,ep=8; veomni-run --ranks runs them"),
             cl::value_desc("axis=size,..."), cl::cat(category));
cl::opt<std::string> planPath("plan",
                              cl::desc("JSON file of choices of kernels, and of parameters that ranks have parts of "
                                       "(- for standard input)"),
                              cl::value_desc("file"), cl::cat(category));
KernelOptions kernelOptions(category);
ExtensionOptions extensionOptions(category);
cl::opt<std::string>
    remarks("remarks",
            cl::desc("print remarks of these categories (a regular expression for raise, shard, bind, fuse; "
                     ".* for all) about what was exchanged between ranks, bound and fused, "
                     "and what was not and why"),
            cl::value_desc("regex"), cl::cat(category));
cl::list<std::string>
    with("with", cl::CommaSeparated,
         cl::desc("more outputs, hidden_states, router_logits, or inputs, image_embeds, video_embeds"),
         cl::value_desc("name,..."), cl::cat(category));
cl::list<std::string> ignoredConfigKeys(
    "ignore-config-key",
    cl::desc("a key of config.json, as rope_scaling.finetuned, that may be there though nothing reads it; the bundle "
             "records it"),
    cl::value_desc("key"), cl::cat(category));
cl::list<std::string> ignoredTensors("ignore-tensor",
                                     cl::desc("tensors of the checkpoint that the model does not need, by a glob over "
                                              "their names; the bundle records it"),
                                     cl::value_desc("glob"), cl::cat(category));
cl::opt<std::string>
    compileFrom("compile-from",
                cl::desc("the input is the dump of this phase: import, raise, shard, bind, fuse, lower or codegen"),
                cl::init(""), cl::value_desc("phase"), cl::cat(category));
cl::opt<std::string>
    compileTo("compile-to",
              cl::desc("stop after this phase and write text: import, raise, shard, bind, fuse, lower or codegen"),
              cl::init(""), cl::value_desc("phase"), cl::cat(category));
cl::opt<std::string> dumpDirectory("dump-phases-to", cl::desc("write the IR after every phase into this folder"),
                                   cl::value_desc("folder"), cl::cat(category));
cl::opt<bool> printTimes("time", cl::desc("print the time of each phase to standard error"), cl::cat(category));

constexpr const char *kOverview = R"(Compiles a Hugging Face model directory into a bundle that veomni-run executes.

Examples:
  veomni-compile Qwen3-0.6B -o qwen3.vob
  veomni-compile Qwen3-0.6B -o qwen3.vob --dtype=bf16 --dump-phases-to=phases
  veomni-compile Qwen3-0.6B -o qwen3.vob --entry=forward,loss
  veomni-compile Qwen3-0.6B -o ranks.vob --mesh=sp=4
  veomni-compile Qwen3-30B-A3B -o eager.vob --kernel=moe_experts=eager --remarks=.*
  veomni-compile phases/05-lower.mlir -o qwen3.vob --compile-from=lower
  veomni-compile Qwen3-0.6B -o qwen3.vob --load-pass-plugin=./mine.so --pass-at=after-bind=my-pass
  veomni-compile Qwen3-0.6B -o qwen3.vob --mlir-timing --mlir-print-ir-after=veomni-fuse-qkv
      MLIR's own options work as well; --help-hidden lists them
)";

/// Wrong use of the command line: exit code 2.
[[noreturn]] void usage(const llvm::Twine &message) {
  llvm::errs() << "veomni-compile: " << message << "\n";
  std::exit(2);
}

struct Range {
  Phase from = Phase::Import;
  bool hasFrom = false;
  Phase to = Phase::Codegen;
  bool text = false; // stop there and write text
};

/// The command line, copied: linking kernels in process resets every option.
struct Job {
  Range range;
  std::string input = inputPath, output = outputPath, dumps = dumpDirectory, plan = planPath;
  std::string mesh = meshText, target = targetName, level = cpuLevel;
  std::vector<std::string> kernels = kernelChoices;
  std::vector<std::string> entries = entryNames, outputs = with;
  std::vector<std::string> configKeys = ignoredConfigKeys, tensors = ignoredTensors;
  std::string dtype = ::dtype;
  std::vector<Extension> extensions;
  bool times = printTimes;
};

/// Reads --compile-from and --compile-to.
Range parseRange() {
  Range range;
  std::string names;
  for (Phase phase : allPhases())
    names += (names.empty() ? "" : ", ") + phaseName(phase).str();
  auto parse = [&](const std::string &text, llvm::StringRef option) {
    std::optional<Phase> phase = parsePhase(text);
    if (!phase)
      usage("unknown phase '" + text + "' for --" + option + "; valid: " + names);
    return *phase;
  };
  if (compileFrom.getNumOccurrences()) {
    range.from = parse(compileFrom, "compile-from");
    range.hasFrom = true;
  }
  if (compileTo.getNumOccurrences()) {
    range.to = parse(compileTo, "compile-to");
    range.text = true;
  }
  if (range.hasFrom && range.to < range.from)
    usage("--compile-to=" + compileTo + " lies before --compile-from=" + compileFrom);
  return range;
}

/// Reports targets that there are not, and levels of the CPU for something else.
void checkTarget(const Job &job, const codegen::BackendRegistry &backends) {
  if (targetName.getNumOccurrences())
    if (llvm::Expected<codegen::Backend &> backend = backends.find(job.target); !backend)
      usage(toString(backend.takeError()));
  if (cpuLevel.getNumOccurrences() && !job.target.empty() && job.target != "cpu")
    usage("--cpu=" + job.level + " is a level of the target cpu and has no effect with --target=" + job.target);
}

/// Reports words that phase import does not know as wrong use, and options that would have no effect.
void checkImport(const Job &job) {
  if (llvm::Error error = parseImportOptions(job.entries, job.dtype, job.outputs).takeError())
    usage(toString(std::move(error)));
  // What is imported already cannot be imported otherwise.
  if (compileFrom.getNumOccurrences() &&
      (entryNames.getNumOccurrences() || dtype.getNumOccurrences() || with.getNumOccurrences() ||
       ignoredConfigKeys.getNumOccurrences() || ignoredTensors.getNumOccurrences()))
    usage(
        "--entry, --dtype, --with, --ignore-config-key and --ignore-tensor choose what is imported and have no effect "
        "with --compile-from");
}

/// What is bound already cannot be bound otherwise, and remarks of a category that there is not are a slip.
void checkChoices(const Range &range) {
  if (range.hasFrom && range.from >= Phase::Bind && (kernelChoices.getNumOccurrences() || planPath.getNumOccurrences()))
    usage("--kernel and --plan choose what phase bind binds and have no effect with --compile-from=" + compileFrom);
  if (range.hasFrom && range.from >= Phase::Shard && meshText.getNumOccurrences())
    usage("--mesh is what phase shard splits a model over and has no effect with --compile-from=" + compileFrom);
  if (range.hasFrom && range.from >= Phase::Shard && planPath.getNumOccurrences()) {
    llvm::Expected<PlanFile> plan = readPlanFile(planPath);
    if (plan && !plan->parameters.empty())
      usage(plan->parameters.front().where +
            " says what phase shard divides and has no effect with --compile-from=" + compileFrom);
    llvm::consumeError(plan.takeError()); // the phase that needs it says so
  }
  std::string problem;
  llvm::Regex categories(remarks);
  if (remarks.getNumOccurrences() && !categories.isValid(problem))
    usage("--remarks=" + remarks + " is no regular expression: " + problem);
  if (remarks.getNumOccurrences() &&
      llvm::none_of(std::initializer_list<llvm::StringRef>{"raise", "shard", "bind", "fuse"},
                    [&](llvm::StringRef name) { return categories.match(name); }))
    usage("--remarks=" + remarks + " matches no category; categories: raise, shard, bind, fuse");
}

StringRef severityName(DiagnosticSeverity severity) {
  switch (severity) {
  case DiagnosticSeverity::Error:
    return "error";
  case DiagnosticSeverity::Warning:
    return "warning";
  case DiagnosticSeverity::Note:
    return "note";
  case DiagnosticSeverity::Remark:
    return "remark";
  }
  llvm_unreachable("every severity has a name");
}

/// `where: error: message`, where the place in a text is known, else under the tool's name. Ops of imported models have
/// names instead of such a place: `veomni-compile: error: LlamaAttention.forward: q_proj: message`.
void printDiagnostic(Diagnostic &diagnostic) {
  auto print = [&](Diagnostic &part) {
    Place place = placeOf(part.getLocation());
    // Notes on the same op need not repeat where it is.
    if (&part != &diagnostic && part.getLocation() == diagnostic.getLocation())
      place.names.clear();
    llvm::errs() << (place.text.empty() ? "veomni-compile" : place.text) << ": " << severityName(part.getSeverity())
                 << ": " << (place.names.empty() ? "" : place.names + ": ") << part << "\n";
  };
  print(diagnostic);
  for (Diagnostic &note : diagnostic.getNotes())
    print(note);
}

/// Errors are diagnostics of `context`, as those of phases are, so that a progress bar makes way for them.
bool write(MLIRContext *context, llvm::StringRef path, llvm::StringRef content) {
  if (Status status = writeOutput(path, content); !status) {
    emitError(UnknownLoc::get(context), status.message());
    return false;
  }
  return true;
}

bool writeText(ModuleOp module, llvm::StringRef path) {
  std::string text;
  llvm::raw_string_ostream os(text);
  // With locations, so that what continues from the text is what would have gone on.
  module.print(os, OpPrintingFlags().enableDebugInfo(true));
  os << "\n";
  return write(module.getContext(), path, text);
}

void addPhase(PassManager &manager, Phase phase, const Job &job) {
  auto setTarget = [&](TargetPipelineOptions &options) {
    options.target = job.target.empty() && !job.level.empty() ? "cpu" : job.target;
    options.level = job.level;
  };
  switch (phase) {
  case Phase::Import: {
    ImportPipelineOptions options;
    options.directory = job.input;
    for (const std::string &name : job.entries)
      options.entries.push_back(name);
    options.dtype = job.dtype;
    for (const std::string &name : job.outputs)
      options.with.push_back(name);
    for (const std::string &key : job.configKeys)
      options.ignoredConfigKeys.push_back(key);
    for (const std::string &glob : job.tensors)
      options.ignoredTensors.push_back(glob);
    return buildImportPipeline(manager, options);
  }
  case Phase::Raise:
    return buildRaisePipeline(manager);
  case Phase::Shard: {
    ShardPipelineOptions options;
    options.mesh = job.mesh;
    options.plan = job.plan;
    return buildShardPipeline(manager, options);
  }
  case Phase::Bind: {
    BindPipelineOptions options;
    setTarget(options);
    for (const std::string &choice : job.kernels)
      options.kernels.push_back(choice);
    options.plan = job.plan;
    return buildBindPipeline(manager, options);
  }
  case Phase::Fuse:
    return buildFusePipeline(manager);
  case Phase::Lower: {
    TargetPipelineOptions options;
    setTarget(options);
    return buildLowerPipeline(manager, options);
  }
  case Phase::Codegen: {
    CodegenPipelineOptions options;
    setTarget(options);
    return buildCodegenPipeline(manager, options);
  }
  }
}

/// The phases that the command line asks for.
SmallVector<Phase> phasesOf(const Range &range) {
  return llvm::filter_to_vector(allPhases(), [&](Phase phase) {
    return (range.hasFrom ? phase > range.from : phase >= range.from) && phase <= range.to;
  });
}

bool compile(MLIRContext &context, const Job &job) {
  const Range &range = job.range;
  OwningOpRef<ModuleOp> module;
  DefaultTimingManager timings;
  applyDefaultTimingManagerCLOptions(timings);
  TimingScope timing = timings.getRootScope();
  auto clock = std::chrono::steady_clock::now();
  auto endPhase = [&](llvm::StringRef name) {
    auto now = std::chrono::steady_clock::now();
    if (job.times)
      llvm::errs() << llvm::formatv("{0,-8} {1:f3} s\n", name, std::chrono::duration<double>(now - clock).count());
    clock = std::chrono::steady_clock::now();
  };
  auto dump = [&](Phase phase) {
    if (job.dumps.empty())
      return true;
    llvm::SmallString<256> path(job.dumps);
    llvm::sys::path::append(path, "0" + llvm::Twine(static_cast<int>(phase)) + "-" + phaseName(phase) + ".mlir");
    return writeText(*module, path);
  };

  if (range.hasFrom) {
    TimingScope reading = timing.nest("Read");
    module = readDump(job.input, context);
    if (!module)
      return false;
    endPhase("read");
  } else {
    module = ModuleOp::create(UnknownLoc::get(&context));
  }
  const SmallVector<Phase> phases = phasesOf(range);
  Progress progress{0, phases.size()};
  std::optional<ProgressBar> bar;
  bar.emplace("compiling", progress, ProgressUnit::steps);
  ScopedDiagnosticHandler diagnostics(&context, [&](Diagnostic &diagnostic) {
    std::unique_lock<std::mutex> line;
    if (bar)
      line = bar->pause();
    printDiagnostic(diagnostic);
  });
  for (Phase phase : phases) {
    PassManager manager(&context);
    TimingScope scope = timing.nest(("Phase " + phaseName(phase)).str());
    manager.enableTiming(scope);
    if (failed(applyPassManagerCLOptions(manager)))
      return false;
    addExtensions(manager, job.extensions, phase, /*after=*/false);
    addPhase(manager, phase, job);
    addExtensions(manager, job.extensions, phase, /*after=*/true);
    if (failed(manager.run(*module)))
      return false;
    ++progress.done;
    {
      std::unique_lock<std::mutex> line = bar->pause();
      endPhase(phaseName(phase));
    }
    if (!dump(phase))
      return false;
  }
  bar.reset(); // what is written may go to the terminal, too
  TimingScope writing = timing.nest("Write");
  if (range.text)
    return writeText(*module, job.output);
  std::string bundle;
  llvm::raw_string_ostream os(bundle);
  bool written = succeeded(writeBundle(*module, os)) && write(&context, job.output, bundle);
  endPhase("bundle");
  return written;
}

} // namespace

int main(int argc, char **argv) {
  llvm::InitLLVM init(argc, argv);
  startTool("veomni-compile");
  registerMLIRContextCLOptions();
  registerPassManagerCLOptions();
  registerDefaultTimingManagerCLOptions();
  registerPhasePipelines();
  cl::HideUnrelatedOptions(category);
  std::string problems;
  llvm::raw_string_ostream problemStream(problems);
  std::shared_ptr<codegen::BackendRegistry> backends = builtinBackends();
  const std::string overview = kOverview + ("\n" + backends->help());
  if (!cl::ParseCommandLineOptions(argc, argv, overview, &problemStream)) {
    llvm::errs() << problems;
    return 2;
  }
  std::shared_ptr<kernels::KernelRegistry> kernelRegistry = builtinKernels();
  if (std::optional<int> code = kernelOptions.apply("veomni-compile", *kernelRegistry, *backends))
    return *code;
  if (inputPath.empty())
    usage("expected a model directory or the dump of a phase; see --help");
  if (outputPath.empty())
    usage("expected -o file; see --help");
  if (inputPath == "-" && planPath == "-")
    usage("--plan: - is the input too, expected a file for one of them");
  Job job;
  job.range = parseRange();
  if (Status status = checkOutput(job.output, job.range.text ? OutputKind::Text : OutputKind::Bundle); !status)
    usage(status.message());
  checkImport(job);
  checkTarget(job, *backends);
  checkChoices(job.range);
  if (dumpDirectory.getNumOccurrences() && dumpDirectory.empty())
    usage("--dump-phases-to is empty, expected a folder");
  if (dumpDirectory == "-")
    usage("--dump-phases-to: - is a stream, expected a folder");
  if (std::string problem = inputProblem(job.input, job.range.hasFrom ? std::optional(job.range.from) : std::nullopt);
      !problem.empty()) {
    llvm::errs() << "veomni-compile: error: " << job.input << ": " << problem << "\n";
    return 1;
  }
  if (!dumpDirectory.empty())
    if (std::error_code error = llvm::sys::fs::create_directories(dumpDirectory)) {
      llvm::errs() << "veomni-compile: cannot create " << dumpDirectory << ": " << error.message() << "\n";
      return 1;
    }

  DialectRegistry registry;
  registerAllDialects(registry, kernelRegistry, backends);
  if (llvm::Error error = extensionOptions.loadPlugins(registry)) {
    llvm::errs() << "veomni-compile: error: " << toString(std::move(error)) << "\n";
    return 1;
  }
  if (llvm::Expected<std::vector<Extension>> extensions = extensionOptions.parse(phasesOf(job.range)))
    job.extensions = std::move(*extensions);
  else
    usage(toString(extensions.takeError()));
  MLIRContext context(registry);
  context.printOpOnDiagnostic(false); // a message is enough; a module is no help
  context.getDiagEngine().registerHandler(printDiagnostic);
  if (!remarks.empty()) {
    remark::RemarkCategories categories;
    categories.passed = categories.missed = categories.failed = categories.analysis = remarks;
    if (failed(remark::enableOptimizationRemarks(context, nullptr, std::make_unique<remark::RemarkEmittingPolicyAll>(),
                                                 categories,
                                                 /*printAsEmitRemarks=*/true)))
      return 1;
  }
  return compile(context, job) ? 0 : 1;
}

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The command line of veomni-run.
#include "Options.h"

#include "veomni/runtime/MappedFile.h"
#include "veomni/runtime/OutputFile.h"

#include <CLI/CLI.hpp>
#include <charconv>
#include <cmath>
#include <iostream>

namespace veomni {

static constexpr const char *examples = R"(
Examples:
  veomni-run m.vob --weights model-dir --inputs in.safetensors --outputs out.safetensors
      run once; inputs are found by name, with or without the prefix "input."
  veomni-run m.vob --weights model-dir --inputs golden.safetensors --expect golden.safetensors --rtol 1e-5
      compare every output that the file has ("logits" or "output.logits"); exit with 1 unless
      max |found - expected| <= atol + rtol * max |expected| for each of them
  veomni-run m.vob --weights model-dir --inputs in.safetensors --outputs out.safetensors --values='model.layers.*.mlp'
      also save what these modules return, named by their paths
  veomni-run m.vob --weights model-dir --inputs in.safetensors --trace=t.json
      record every instruction, for chrome://tracing or ui.perfetto.dev
  veomni-run m.vob --weights model-dir --inputs in.safetensors --entry=loss --outputs out.safetensors
      run another entry of a model that was compiled with --entry=forward,loss
  veomni-run m.vob --weights model-dir --inputs in.safetensors --check-memory
      look for kernels that read or write memory which is not theirs
  veomni-run m.vob --inputs in.safetensors --device=null
      compute nothing and read no weights, but count kernels, workgroups, bytes and memory of a run; --report=json
      prints the counts for programs
  veomni-run m.vob --sizes=batch=128,seq=4096 --device=null --machine=h100.json
      likewise, without a file of inputs, and estimate how long the first rank takes on such machines
  veomni-run m.vob --weights model-dir --inputs prompt.safetensors --generate 20 --time
      continue the row input_ids greedily, without what attention_mask calls padding; print each token id as it comes
  veomni-run m.vob --weights model-dir --inputs in.safetensors --outputs out.safetensors --ranks=local
      run all ranks of a model that was compiled with --mesh; outputs are whole
  mpirun -np 4 veomni-run m.vob --weights model-dir --inputs in.safetensors --outputs out.safetensors --ranks=mpi
      the same with a process for each; the first one writes and prints
  veomni-run m.vob --describe
      print the model, its entries with their inputs and outputs, weights, kernels, targets, and what was ignored
  veomni-compile model-dir -o - | veomni-run - --weights model-dir --inputs in.safetensors --outputs - | digest
      - is standard input for one of the files that are read, and standard output for one that is written

Exit codes: 0 success, 1 failure (outputs outside of the tolerance, too), 2 wrong usage.
)";

/// More tokens than any model has positions for.
static constexpr int64_t maxGenerated = 100'000'000;
static constexpr int64_t maxTokenId = (int64_t{1} << 31) - 1;

/// CLI11's own check for numbers that are not negative lets infinity and NaN pass, with which every comparison would
/// succeed or fail.
static std::string checkTolerance(const std::string &text) {
  double value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  bool good = error == std::errc() && end == text.data() + text.size() && std::isfinite(value) && value >= 0;
  return good ? "" : "'" + text + "' is no finite number of 0 or more";
}

std::optional<int> Options::parse(int argc, char **argv) {
  CLI::App app("Runs a compiled model (.vob) over the weights of its checkpoint.", "veomni-run");
  app.footer(examples);
  app.add_option("bundle", bundle, "Compiled model, as veomni-compile writes it")->required()->type_name("m.vob");
  CLI::Option *describeOption = app.add_flag("--describe", describe, "Print what the bundle is, and run nothing");
  app.add_option("--weights", weights, "Model directory, or a safetensors file, with the weights")
      ->excludes(describeOption)
      ->type_name("DIR");
  app.add_option("--device", device, "What to run on: cpu, or null, which computes nothing and counts [cpu]")
      ->excludes(describeOption)
      ->type_name("NAME");
  app.add_option("--report", report, "How to print what the device has counted: table or json [table]")
      ->excludes(describeOption)
      ->check(CLI::IsMember({"table", "json"}));
  CLI::Option *sizesOption =
      app.add_option("--sizes", sizes, "Sizes to take inputs of, on a device that computes nothing: batch=8,seq=4096")
          ->excludes(describeOption)
          ->type_name("AXIS=N,...");
  app.add_option("--machine", machine,
                 "Description of a machine, to estimate how long a run takes that is only counted")
      ->excludes(describeOption)
      ->type_name("FILE");
  app.add_option("--inputs", inputs, "Tensors to take inputs from (and cu_seqlens, where the model accepts it)")
      ->excludes(describeOption)
      ->excludes(sizesOption)
      ->type_name("FILE");
  app.add_option("--entry", entry, "What to run, of what the model was compiled for: forward, loss, ... [the first]")
      ->type_name("NAME");
  CLI::Option *outputsOption =
      app.add_option("--outputs", outputs, "Where to write outputs and --values")->type_name("FILE");
  app.add_option("--threads", threads,
                 "Threads of a rank; 0 = all processors, which local ranks share. Results do not depend on it")
      ->type_name("N");
  CLI::Option *ranksOption =
      app.add_option("--ranks", ranks,
                     "How the ranks of a model that was compiled with --mesh run: local, as threads of this process "
                     "over one copy of the weights, or mpi, as the processes that mpirun started")
          ->check(CLI::IsMember({"local", "mpi"}))
          ->excludes(describeOption)
          ->type_name("local|mpi");
  app.add_option("--timeout", timeout, "Seconds that a rank waits for others before it takes them for dead [600]")
      ->needs(ranksOption)
      ->check(CLI::Range(0.001, 1e6))
      ->type_name("S");
  CLI::Option *expectOption = app.add_option("--expect", expect, "Tensors to compare outputs with")->type_name("FILE");
  app.add_option("--rtol", relativeTolerance, "Tolerance relative to the largest expected value [1e-5]")
      ->needs(expectOption)
      ->check(checkTolerance)
      ->type_name("R");
  app.add_option("--atol", absoluteTolerance, "Absolute tolerance [0]")
      ->needs(expectOption)
      ->check(checkTolerance)
      ->type_name("A");
  // A glob an occurrence, so that the bundle may come after it.
  CLI::Option *valuesOption =
      app.add_option("--values", values, "Save what modules return whose path matches; may be repeated")
          ->needs(outputsOption)
          ->expected(1)
          ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
          ->type_name("GLOB");
  CLI::Option *traceOption =
      app.add_option("--trace", trace, "Write a Chrome/Perfetto trace of all that is run")->type_name("FILE");
  CLI::Option *generateOption = app.add_option("--generate", generate, "Continue input_ids by up to N tokens")
                                    ->check(CLI::Range(int64_t{0}, maxGenerated))
                                    ->type_name("N");
  app.add_option("--row", row, "The row of input_ids to continue, where there are several")
      ->needs(generateOption)
      ->check(CLI::NonNegativeNumber)
      ->type_name("ROW");
  app.add_option("--eos", eos, "Token ids to stop after [the bundle's eos_token_id]")
      ->needs(generateOption)
      ->check(CLI::Range(int64_t{0}, maxTokenId))
      ->type_name("ID...");
  app.add_option("--repeat", repeat, "Run so often and print the best and the median time")
      ->check(CLI::Range(1u, 1000000u));
  app.add_flag("--time", time, "Print how long loading and running took, and the bytes and GB/s of loading");
  app.add_flag(
         "--check-memory", checkMemory,
         "Run twice with every buffer between inaccessible pages; a kernel that touches anything else is an error")
      ->excludes(valuesOption)
      ->excludes(traceOption)
      ->excludes(generateOption);
  generateOption->excludes(expectOption)->excludes(outputsOption);
  try {
    app.parse(argc, argv);
    // Weights depend on the device.
    if (!describe && inputs.empty() && sizes.empty())
      throw CLI::RequiredError("--inputs");
    // What a name of one dash means everywhere.
    for (std::string *path : {&bundle, &weights, &inputs, &expect, &machine})
      if (*path == "-")
        *path = standardInput;
    for (std::string *path : {&outputs, &trace})
      if (*path == "-")
        *path = standardOutput;
  } catch (const CLI::ParseError &error) {
    if (error.get_exit_code() != 0)
      std::cerr << "veomni-run: ";
    return app.exit(error, std::cout, std::cerr) == 0 ? success : usage;
  }
  return std::nullopt;
}

} // namespace veomni

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The command line of veomni-run.
#ifndef VEOMNI_TOOLS_VEOMNI_RUN_OPTIONS_H
#define VEOMNI_TOOLS_VEOMNI_RUN_OPTIONS_H

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace veomni {

struct Options {
  std::string bundle, weights, inputs, entry, outputs, expect, trace, device = "cpu", report, ranks, machine;
  std::string sizes;             // "batch=8,seq=4096"
  std::optional<double> timeout; // seconds that ranks wait for others
  unsigned threads = 0;
  double relativeTolerance = 1e-5, absoluteTolerance = 0;
  std::vector<std::string> values;
  std::optional<int64_t> generate;
  std::optional<int64_t> row;
  std::vector<int64_t> eos;
  bool time = false, checkMemory = false, describe = false;
  bool quiet = false;  // another process prints
  unsigned repeat = 1; // runs of the program

  static constexpr int success = 0, failure = 1, usage = 2; // exit codes

  /// Fills in the options, or returns the code to exit with after having printed why (or the help).
  std::optional<int> parse(int argc, char **argv);
};

} // namespace veomni

#endif // VEOMNI_TOOLS_VEOMNI_RUN_OPTIONS_H

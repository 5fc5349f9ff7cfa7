// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What a rank has to work with, in a few numbers, for estimates of how long a run takes on machines that are not here.
#ifndef VEOMNI_RUNTIME_MACHINE_H
#define VEOMNI_RUNTIME_MACHINE_H

#include "veomni/runtime/Status.h"
#include "veomni/schema/bundle_generated.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace veomni {

/// A roofline: a dispatch takes as long as its operations or its bytes, whichever take longer, and a bit more.
struct KernelRate {
  double flops;     ///< operations a second
  double bandwidth; ///< bytes of operands a second
  double seconds;   ///< of every dispatch besides

  /// Of `calls` dispatches that do so much together.
  double secondsOf(double operations, double bytes, double calls = 1) const;
};

/// What connects a rank with the others of its group.
struct LinkRate {
  double bandwidth; ///< bytes a second that a rank gives
  double latency;   ///< seconds of every exchange besides
};

/// A JSON file:
///
///     {"flops": {"f32": 5e10, "bf16": 1e11}, "bandwidth": 1e10, "dispatch_seconds": 1e-6,
///      "kernels": {"attention": {"flops": 2e10}, "rms_norm": {"bandwidth": 5e9}},
///      "link": {"bandwidth": 1e9, "latency": 1e-5}, "links": {"dp_replicate": {"bandwidth": 1e8}}}
///
/// `flops` and `bandwidth` are required, in FLOP/s by the narrowest floats that a kernel reads (or one number for all)
/// and in bytes/s. Under `kernels`, kinds (`--describe` lists them) that have other rates; under `links`, axes of the
/// mesh that have another link. Without `link`, data between ranks moves with `bandwidth` and no latency.
class Machine {
public:
  /// Error: names the file, the key, what was found and what was expected.
  static Expected<Machine> load(const std::string &path);

  KernelRate rateOf(const bundle::Kernel &kernel) const;
  LinkRate linkOf(std::string_view axis) const;
  /// Kinds and axes that the file names, to tell of those that the program does not have.
  std::vector<std::string> kernelKinds() const;
  std::vector<std::string> axes() const;

private:
  class Reader;
  struct Kernel {
    std::optional<double> flops, bandwidth, seconds;
  };
  struct Link {
    std::optional<double> bandwidth, latency;
  };
  std::map<std::string, double> flops_; // by element type; "" is any
  double bandwidth_ = 0, seconds_ = 0;
  std::map<std::string, Kernel, std::less<>> kernels_;
  Link link_;
  std::map<std::string, Link, std::less<>> links_;
};

/// How long a run would take on a machine.
struct RunEstimate {
  double seconds = 0;
  double waiting = 0; ///< of these, for data of other ranks, with nothing else to do
  double moving = 0;  ///< while data moves, also beside something else
  /// Seconds by kind of kernels, in the order in which they first ran.
  std::vector<std::pair<std::string, double>> kernels;
};

} // namespace veomni

#endif // VEOMNI_RUNTIME_MACHINE_H

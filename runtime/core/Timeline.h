// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A clock for a run that does not happen: kernels follow one another, and data moves beside them.
#ifndef VEOMNI_RUNTIME_CORE_TIMELINE_H
#define VEOMNI_RUNTIME_CORE_TIMELINE_H

#include "veomni/runtime/Machine.h"

#include <cstdint>
#include <vector>

namespace veomni {

class Timeline {
public:
  Timeline(const Machine &machine, const bundle::Bundle &program);

  /// A dispatch of kernel `kernel` of the program.
  void dispatch(uint32_t kernel, double operations, double bytes);
  /// Starts to give `bytes` to others along an axis of the mesh, behind what moves along it already; when it will have.
  double start(uint32_t axis, double bytes);
  /// Nothing runs before then.
  void wait(double end);

  const RunEstimate &estimate() const { return estimate_; }

private:
  struct Kernel {
    KernelRate rate;
    size_t kind; // in the estimate's table
  };
  struct Link {
    LinkRate rate;
    double free = 0; // when all has moved
  };
  std::vector<Kernel> kernels_;
  std::vector<Link> links_;
  double now_ = 0;
  RunEstimate estimate_;
};

} // namespace veomni

#endif // VEOMNI_RUNTIME_CORE_TIMELINE_H

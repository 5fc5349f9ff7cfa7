// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Adds up what a run would take: kernels one after the other, transfers of each axis beside them.
#include "core/Timeline.h"

#include <algorithm>

namespace veomni {

Timeline::Timeline(const Machine &machine, const bundle::Bundle &program) {
  for (uint32_t i = 0; program.kernels() && i < program.kernels()->size(); ++i) {
    const bundle::Kernel &kernel = *program.kernels()->Get(i);
    const std::string kind = (kernel.kind() ? kernel.kind() : kernel.name())->str();
    auto known = std::ranges::find(estimate_.kernels, kind, [](const auto &line) { return line.first; });
    if (known == estimate_.kernels.end())
      known = estimate_.kernels.insert(known, {kind, 0.0});
    kernels_.push_back({machine.rateOf(kernel), size_t(known - estimate_.kernels.begin())});
  }
  for (uint32_t i = 0; program.mesh() && i < program.mesh()->size(); ++i)
    links_.push_back({machine.linkOf(program.mesh()->Get(i)->name()->string_view())});
}

void Timeline::dispatch(uint32_t kernel, double operations, double bytes) {
  const Kernel &used = kernels_[kernel];
  const double seconds = used.rate.secondsOf(operations, bytes);
  estimate_.kernels[used.kind].second += seconds;
  estimate_.seconds = now_ += seconds;
}

double Timeline::start(uint32_t axis, double bytes) {
  Link &link = links_[axis];
  const double seconds = link.rate.latency + bytes / link.rate.bandwidth;
  estimate_.moving += seconds;
  return link.free = std::max(link.free, now_) + seconds;
}

void Timeline::wait(double end) {
  if (end <= now_)
    return;
  estimate_.waiting += end - now_;
  estimate_.seconds = now_ = end;
}

} // namespace veomni

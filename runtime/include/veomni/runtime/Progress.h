// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// How far long work is, for whoever watches from another thread.
#ifndef VEOMNI_RUNTIME_PROGRESS_H
#define VEOMNI_RUNTIME_PROGRESS_H

#include <atomic>
#include <cstdint>

namespace veomni {

/// Steps of any kind; `total` is 0 while it is not known.
struct Progress {
  std::atomic<uint64_t> done = 0, total = 0;
};

} // namespace veomni

#endif // VEOMNI_RUNTIME_PROGRESS_H

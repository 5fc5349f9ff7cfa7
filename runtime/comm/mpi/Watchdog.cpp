// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A thread that waits for the end of a call.
#include "comm/mpi/Watchdog.h"

#include <cstdio>
#include <cstdlib>

namespace veomni::comm {

Watchdog::Watchdog(std::chrono::milliseconds time, const char *what)
    : thread_([this, time, what] {
        std::unique_lock lock(mutex_);
        if (ended_.wait_for(lock, time, [this] { return isOver_; }))
          return;
        std::fprintf(stderr, "veomni: error: waited %lld ms in %s for other ranks; ending this one\n",
                     static_cast<long long>(time.count()), what);
        std::_Exit(1); // destructors could wait as well
      }) {}

Watchdog::~Watchdog() {
  {
    std::lock_guard lock(mutex_);
    isOver_ = true;
    ended_.notify_all();
  }
  thread_.join();
}

} // namespace veomni::comm

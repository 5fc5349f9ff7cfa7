// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A bound for calls of MPI that have none: while another rank is stopped, MPI_Init, MPI_Finalize and what makes a
// communicator wait for it without end, and nothing but the end of a process makes mpirun end the others.
#ifndef VEOMNI_RUNTIME_COMM_MPI_WATCHDOG_H
#define VEOMNI_RUNTIME_COMM_MPI_WATCHDOG_H

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

namespace veomni::comm {

/// Ends this process with exit code 1 and a message unless it is destroyed within `time`.
class Watchdog {
public:
  /// `what` is the call: "MPI_Init".
  Watchdog(std::chrono::milliseconds time, const char *what);
  ~Watchdog();
  Watchdog(const Watchdog &) = delete;
  Watchdog &operator=(const Watchdog &) = delete;

private:
  std::mutex mutex_;
  std::condition_variable ended_;
  bool isOver_ = false;
  std::thread thread_; // last: it uses all of the above
};

} // namespace veomni::comm

#endif // VEOMNI_RUNTIME_COMM_MPI_WATCHDOG_H

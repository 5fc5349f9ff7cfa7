// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Threads that run the workgroups of one dispatch after another. They have large stacks (kernels keep their scratch
// there) and flush denormals, so `run` moves the whole execution onto one of them and leaves the caller's
// floating-point mode alone.
#ifndef VEOMNI_RUNTIME_BASE_THREADPOOL_H
#define VEOMNI_RUNTIME_BASE_THREADPOOL_H

#include "veomni/runtime/Status.h"

#include <cstdint>
#include <functional>
#include <memory>

namespace veomni {

class ThreadPool {
public:
  using Body = std::function<void(int64_t)>;

  /// `threads` >= 1 threads in all; 0 means as many as this process may use.
  static Expected<std::unique_ptr<ThreadPool>> create(unsigned threads);
  ~ThreadPool();

  unsigned size() const;
  /// Runs `task` on the pool's first thread and waits for it. Calls from several threads take turns.
  void run(const std::function<void()> &task);
  /// Runs `body(0) .. body(count - 1)` in any order on all threads and waits. Only from within `run`.
  void parallelFor(int64_t count, const Body &body);

private:
  struct State;
  explicit ThreadPool(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// Lets the current thread compute with denormals while it lives.
class KeepDenormals {
public:
  KeepDenormals();
  ~KeepDenormals();
  KeepDenormals(const KeepDenormals &) = delete;
  KeepDenormals &operator=(const KeepDenormals &) = delete;

private:
  uint32_t mode_;
};

} // namespace veomni

#endif // VEOMNI_RUNTIME_BASE_THREADPOOL_H

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Threads that share the workgroups of a dispatch.
#include "base/ThreadPool.h"

#include <atomic>
#include <condition_variable>
#include <cstring>
#include <mutex>
#include <pthread.h>
#include <sched.h>
#include <string>
#include <vector>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace veomni {
namespace {

constexpr size_t stackSize = 16 << 20;
// A few microseconds: enough to bridge back-to-back dispatches, too little to starve a sibling that shares the core.
constexpr int spins = 64;

void relax() {
#if defined(__x86_64__)
  _mm_pause();
#endif
}

constexpr uint32_t flushBits = 0x8040; // FTZ and DAZ of MXCSR

void flushDenormals() {
#if defined(__x86_64__)
  _mm_setcsr(_mm_getcsr() | flushBits);
#endif
}

unsigned usableProcessors() {
  cpu_set_t set;
  CPU_ZERO(&set);
  int count = ::sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
  return count > 0 ? unsigned(count) : 1;
}

} // namespace

#if defined(__x86_64__)
KeepDenormals::KeepDenormals() : mode_(_mm_getcsr()) { _mm_setcsr(mode_ & ~flushBits); }
KeepDenormals::~KeepDenormals() { _mm_setcsr(mode_); }
#else
KeepDenormals::KeepDenormals() : mode_(0) {}
KeepDenormals::~KeepDenormals() = default;
#endif

struct ThreadPool::State {
  // The first thread runs tasks and takes part in their loops; the others, the helpers, only join loops.
  std::vector<pthread_t> threads;

  std::mutex taskTurn; // held by the caller of `run`
  std::mutex mutex;
  std::condition_variable taskReady, taskDone, loopReady, loopDone;
  bool stop = false;
  const std::function<void()> *task = nullptr;

  // The open loop. A helper joins while it is open, so that a helper slow to wake is not waited for.
  const Body *body = nullptr;
  int64_t count = 0;
  std::atomic<int64_t> next = 0;
  std::atomic<uint64_t> epoch = 0;
  bool open = false;
  std::atomic<unsigned> active = 0;

  void work(const Body &body, int64_t count) {
    for (int64_t i = next.fetch_add(1, std::memory_order_relaxed); i < count;
         i = next.fetch_add(1, std::memory_order_relaxed))
      body(i);
  }

  void runTasks() {
    std::unique_lock lock(mutex);
    while (true) {
      taskReady.wait(lock, [&] { return stop || task; });
      if (stop)
        return;
      const std::function<void()> *current = task;
      lock.unlock();
      (*current)();
      lock.lock();
      task = nullptr;
      taskDone.notify_one();
    }
  }

  void help() {
    uint64_t seen = 0;
    while (true) {
      for (int i = 0; i < spins && epoch.load(std::memory_order_relaxed) == seen; ++i)
        relax();
      std::unique_lock lock(mutex);
      loopReady.wait(lock, [&] { return stop || (open && epoch.load(std::memory_order_relaxed) != seen); });
      if (stop)
        return;
      seen = epoch.load(std::memory_order_relaxed);
      active.fetch_add(1, std::memory_order_relaxed);
      const Body &current = *body;
      int64_t end = count;
      lock.unlock();
      work(current, end);
      lock.lock();
      if (active.fetch_sub(1, std::memory_order_release) == 1 && !open)
        loopDone.notify_one();
    }
  }

  static void *taskThread(void *state) {
    flushDenormals();
    static_cast<State *>(state)->runTasks();
    return nullptr;
  }
  static void *helperThread(void *state) {
    flushDenormals();
    static_cast<State *>(state)->help();
    return nullptr;
  }
};

ThreadPool::ThreadPool(std::unique_ptr<State> state) : state_(std::move(state)) {}

Expected<std::unique_ptr<ThreadPool>> ThreadPool::create(unsigned threads) {
  auto state = std::make_unique<State>();
  State *raw = state.get();
  std::unique_ptr<ThreadPool> pool(new ThreadPool(std::move(state)));
  unsigned count = threads ? threads : usableProcessors();
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, stackSize);
  int failure = 0;
  for (unsigned i = 0; i < count && !failure; ++i) {
    pthread_t thread;
    failure = pthread_create(&thread, &attributes, i == 0 ? State::taskThread : State::helperThread, raw);
    if (!failure)
      raw->threads.push_back(thread);
  }
  pthread_attr_destroy(&attributes);
  if (failure)
    return Status::error("cannot start thread " + std::to_string(raw->threads.size() + 1) + " of " +
                         std::to_string(count) + ": " + std::strerror(failure));
  return pool;
}

ThreadPool::~ThreadPool() {
  {
    std::lock_guard lock(state_->mutex);
    state_->stop = true;
  }
  state_->taskReady.notify_all();
  state_->loopReady.notify_all();
  for (pthread_t thread : state_->threads)
    pthread_join(thread, nullptr);
}

unsigned ThreadPool::size() const { return unsigned(state_->threads.size()); }

void ThreadPool::run(const std::function<void()> &task) {
  std::lock_guard turn(state_->taskTurn);
  std::unique_lock lock(state_->mutex);
  state_->task = &task;
  state_->taskReady.notify_one();
  state_->taskDone.wait(lock, [&] { return !state_->task; });
}

void ThreadPool::parallelFor(int64_t count, const Body &body) {
  State &state = *state_;
  int64_t helpers = int64_t(state.threads.size()) - 1;
  if (count <= 1 || helpers == 0) {
    for (int64_t i = 0; i < count; ++i)
      body(i);
    return;
  }
  {
    std::lock_guard lock(state.mutex);
    state.body = &body;
    state.count = count;
    state.next.store(0, std::memory_order_relaxed);
    state.open = true;
    state.epoch.fetch_add(1, std::memory_order_relaxed);
  }
  for (int64_t i = 0; i < helpers && i < count - 1; ++i)
    state.loopReady.notify_one();
  state.work(body, count);
  std::unique_lock lock(state.mutex);
  state.open = false;
  lock.unlock();
  for (int i = 0; i < spins && state.active.load(std::memory_order_acquire); ++i)
    relax();
  lock.lock();
  state.loopDone.wait(lock, [&] { return state.active.load(std::memory_order_acquire) == 0; });
}

} // namespace veomni

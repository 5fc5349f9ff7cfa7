// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Draws a progress bar on the terminal behind standard error.
#include "veomni/runtime/ProgressBar.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <pthread.h>
#include <sys/ioctl.h>
#include <unistd.h>

namespace veomni {

std::string progressLine(std::string_view what, ProgressUnit unit, uint64_t done, uint64_t total, double seconds,
                         unsigned columns) {
  char text[128];
  std::string line(what);
  if (total == 0) {
    std::snprintf(text, sizeof text, " ... %.0f s", seconds);
    return (line + text).substr(0, columns);
  }
  done = std::min(done, total);
  const double share = double(done) / double(total);
  constexpr unsigned cells = 20;
  const auto full = unsigned(share * cells);
  line += " [" + std::string(full, '=') + std::string(cells - full, ' ') + "]";
  if (unit == ProgressUnit::bytes)
    std::snprintf(text, sizeof text, " %u %%, %.1f of %.1f GB, %.1f GB/s", unsigned(100 * share), double(done) * 1e-9,
                  double(total) * 1e-9, seconds > 0 ? double(done) * 1e-9 / seconds : 0);
  else
    std::snprintf(text, sizeof text, " %llu of %llu, %.0f s", static_cast<unsigned long long>(done),
                  static_cast<unsigned long long>(total), seconds);
  return (line + text).substr(0, columns);
}

struct ProgressBar::State {
  using Clock = std::chrono::steady_clock;

  State(std::string what, const Progress &progress, ProgressUnit unit)
      : what(std::move(what)), progress(progress), unit(unit) {}

  const std::string what;
  const Progress &progress;
  const ProgressUnit unit;
  const Clock::time_point start = Clock::now();
  std::mutex mutex;
  std::condition_variable ended;
  bool end = false, shown = false;
  std::optional<pthread_t> thread; // none where nothing is to be shown

  static void write(std::string_view text) {
    // Whole lines in one call, past the buffers of streams that other threads may hold. If it fails, nothing is lost.
    [[maybe_unused]] ssize_t written = ::write(STDERR_FILENO, text.data(), text.size());
  }
  void draw() {
    winsize size = {};
    const bool known = ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 1;
    const std::chrono::duration<double> seconds = Clock::now() - start;
    // The last column stays free: some terminals begin a new line behind it.
    write("\r" +
          progressLine(what, unit, progress.done, progress.total, seconds.count(), known ? size.ws_col - 1 : 79) +
          "\033[K");
    shown = true;
  }
  void erase() {
    if (shown)
      write("\r\033[K");
    shown = false;
  }

  void run() {
    constexpr std::chrono::milliseconds interval(100);
    std::unique_lock lock(mutex);
    for (auto next = start + std::chrono::seconds(1); !ended.wait_until(lock, next, [&] { return end; });
         next = Clock::now() + interval)
      draw();
    erase();
  }
  static void *threadMain(void *state) {
    static_cast<State *>(state)->run();
    return nullptr;
  }
};

static bool canErase() {
  const char *terminal = std::getenv("TERM");
  return ::isatty(STDERR_FILENO) && terminal && *terminal && std::string_view(terminal) != "dumb";
}

ProgressBar::ProgressBar(std::string what, const Progress &progress, ProgressUnit unit)
    : state_(std::make_unique<State>(std::move(what), progress, unit)) {
  if (!canErase())
    return;
  // Signals are for the threads that were there before.
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  pthread_t thread;
  // Without a thread there is no bar; the work does not need one.
  if (pthread_create(&thread, nullptr, State::threadMain, state_.get()) == 0)
    state_->thread = thread;
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

ProgressBar::~ProgressBar() {
  if (!state_->thread)
    return;
  {
    std::lock_guard lock(state_->mutex);
    state_->end = true;
  }
  state_->ended.notify_one();
  pthread_join(*state_->thread, nullptr);
}

std::unique_lock<std::mutex> ProgressBar::pause() {
  std::unique_lock lock(state_->mutex);
  state_->erase();
  return lock;
}

} // namespace veomni

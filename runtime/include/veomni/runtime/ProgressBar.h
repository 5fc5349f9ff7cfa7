// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A line on the terminal that says how far long work is, so that people who wait know that something happens.
#ifndef VEOMNI_RUNTIME_PROGRESSBAR_H
#define VEOMNI_RUNTIME_PROGRESSBAR_H

#include "veomni/runtime/Progress.h"

#include <memory>
#include <mutex>
#include <string>
#include <string_view>

namespace veomni {

enum class ProgressUnit { bytes, steps };

/// "loading [=====     ] 50 %, 1.2 of 2.4 GB, 0.8 GB/s", of at most `columns` characters; "loading ... 3 s" where the
/// total is not known.
std::string progressLine(std::string_view what, ProgressUnit unit, uint64_t done, uint64_t total, double seconds,
                         unsigned columns);

/// Shows a line on standard error from one second after its creation on, and erases it when it goes. It does so on
/// terminals that can erase a line alone: never in a pipe or a file, nor where TERM is empty or "dumb". There are no
/// colours that NO_COLOR would have to turn off. A thread of its own draws, so that work need only count.
class ProgressBar {
public:
  /// `progress` must outlive the bar.
  ProgressBar(std::string what, const Progress &progress, ProgressUnit unit);
  ~ProgressBar();
  ProgressBar(const ProgressBar &) = delete;
  ProgressBar &operator=(const ProgressBar &) = delete;

  /// Erases the line and draws none while the result lives, for those who print.
  [[nodiscard]] std::unique_lock<std::mutex> pause();

private:
  struct State;
  std::unique_ptr<State> state_;
};

} // namespace veomni

#endif // VEOMNI_RUNTIME_PROGRESSBAR_H

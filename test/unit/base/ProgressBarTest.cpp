// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What a progress bar says, and where it says nothing.
#include "veomni/runtime/ProgressBar.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <fcntl.h>
#include <thread>
#include <unistd.h>

using namespace veomni;

TEST(ProgressLine, SaysHowFarBytesAndStepsAre) {
  EXPECT_EQ(progressLine("loading", ProgressUnit::bytes, 1'200'000'000, 2'400'000'000, 1.5, 100),
            "loading [==========          ] 50 %, 1.2 of 2.4 GB, 0.8 GB/s");
  EXPECT_EQ(progressLine("compiling", ProgressUnit::steps, 0, 6, 1, 100),
            "compiling [                    ] 0 of 6, 1 s");
  EXPECT_EQ(progressLine("compiling", ProgressUnit::steps, 7, 6, 12.4, 100),
            "compiling [====================] 6 of 6, 12 s");
  EXPECT_EQ(progressLine("running", ProgressUnit::steps, 0, 0, 3, 100), "running ... 3 s");
}

TEST(ProgressLine, FitsNarrowTerminals) {
  EXPECT_EQ(progressLine("compiling", ProgressUnit::steps, 3, 6, 1, 12), "compiling [=");
  EXPECT_EQ(progressLine("running", ProgressUnit::steps, 0, 0, 1, 3), "run");
}

namespace {

/// Standard error ends elsewhere while this lives; `output` is what was written there so far.
class Redirected {
public:
  explicit Redirected(bool terminal) : before_(::dup(STDERR_FILENO)) {
    int writer = -1;
    if (terminal) {
      reader_ = ::posix_openpt(O_RDWR | O_NOCTTY);
      if (reader_ >= 0 && ::grantpt(reader_) == 0 && ::unlockpt(reader_) == 0)
        writer = ::open(::ptsname(reader_), O_RDWR | O_NOCTTY);
    } else if (int ends[2]; ::pipe(ends) == 0) {
      reader_ = ends[0], writer = ends[1];
    }
    works = writer >= 0 && ::dup2(writer, STDERR_FILENO) >= 0 && ::fcntl(reader_, F_SETFL, O_NONBLOCK) == 0;
    ::close(writer);
  }
  ~Redirected() {
    ::dup2(before_, STDERR_FILENO);
    ::close(before_);
    ::close(reader_);
  }
  std::string output() const {
    std::string text;
    char buffer[4096];
    for (ssize_t size; (size = ::read(reader_, buffer, sizeof buffer)) > 0;)
      text.append(buffer, size_t(size));
    return text;
  }
  /// The same as soon as there is something: a busy machine may take its time.
  std::string awaited() const {
    std::string text;
    for (int i = 0; i < 300 && text.empty(); ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
      text = output();
    }
    return text;
  }

  bool works = false;

private:
  int before_, reader_ = -1;
};

void sleepFor(int milliseconds) { std::this_thread::sleep_for(std::chrono::milliseconds(milliseconds)); }

/// What a bar writes in 1.5 s where it should write nothing.
std::string written(bool terminal, const char *type) {
  ::setenv("TERM", type, 1);
  Redirected redirected(terminal);
  EXPECT_TRUE(redirected.works);
  Progress progress{1, 2};
  {
    ProgressBar bar("working", progress, ProgressUnit::steps);
    sleepFor(1500);
  }
  return redirected.output();
}

constexpr const char *line = "\rworking [==========          ] 1 of 2, ", *erased = "\r\033[K";

} // namespace

TEST(ProgressBar, IsDrawnOnATerminalAndErasedAtTheEnd) {
  ::setenv("TERM", "xterm", 1);
  Redirected redirected(/*terminal=*/true);
  ASSERT_TRUE(redirected.works);
  Progress progress{1, 2};
  {
    ProgressBar bar("working", progress, ProgressUnit::steps);
    std::string text = redirected.awaited();
    EXPECT_EQ(text.find(line), 0u) << text;
    EXPECT_EQ(text.find(erased), text.npos);
  }
  EXPECT_TRUE(redirected.output().ends_with(erased));
}

TEST(ProgressBar, IsNotDrawnElsewhere) {
  EXPECT_EQ(written(/*terminal=*/false, "xterm"), "");
  EXPECT_EQ(written(/*terminal=*/true, "dumb"), "");
  EXPECT_EQ(written(/*terminal=*/true, ""), "");
}

TEST(ProgressBar, IsNotDrawnForShortWork) {
  ::setenv("TERM", "xterm", 1);
  Redirected redirected(/*terminal=*/true);
  Progress progress{1, 2};
  {
    ProgressBar bar("working", progress, ProgressUnit::steps);
  }
  EXPECT_EQ(redirected.output(), "");
}

TEST(ProgressBar, LeavesTheLineToThoseWhoPrint) {
  ::setenv("TERM", "xterm", 1);
  Redirected redirected(/*terminal=*/true);
  ASSERT_TRUE(redirected.works);
  Progress progress{1, 2};
  ProgressBar bar("working", progress, ProgressUnit::steps);
  EXPECT_NE(redirected.awaited(), "");
  {
    auto paused = bar.pause();
    EXPECT_TRUE(redirected.output().ends_with(erased));
    sleepFor(300);
    EXPECT_EQ(redirected.output(), "");
  }
  EXPECT_EQ(redirected.awaited().find(line), 0u);
}

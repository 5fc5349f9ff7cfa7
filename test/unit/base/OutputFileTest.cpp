// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Files that are whole or not there, also when a signal comes while they are written.
#include "veomni/runtime/OutputFile.h"

#include <gtest/gtest.h>

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

namespace veomni {
namespace {

namespace fs = std::filesystem;

class OutputFileTest : public testing::Test {
protected:
  OutputFileTest() {
    fs::create_directories(folder);
    // Whoever starts the tests in the background may ignore some of them.
    for (int signal : {SIGHUP, SIGINT, SIGTERM, SIGXFSZ})
      std::signal(signal, SIG_DFL);
  }
  ~OutputFileTest() override { fs::remove_all(folder); }

  std::string path(const std::string &name) const { return folder + "/" + name; }
  static std::string read(const std::string &path) {
    std::ifstream stream(path, std::ios::binary);
    return std::string((std::istreambuf_iterator<char>(stream)), {});
  }
  /// What the folder holds.
  std::vector<std::string> names() const {
    std::vector<std::string> found;
    for (const fs::directory_entry &entry : fs::directory_iterator(folder))
      found.push_back(entry.path().filename().string());
    return found;
  }
  using Names = std::vector<std::string>;

  const std::string folder = testing::TempDir() + "output-file-" + std::to_string(::getpid());
};

TEST_F(OutputFileTest, IsThereOnceItIsComplete) {
  ASSERT_TRUE(writeFile(path("a"), "old"));
  {
    OutputFile file(path("a"));
    ASSERT_TRUE(file.open());
    ASSERT_TRUE(file.write("new"));
    EXPECT_EQ(read(path("a")), "old");
    EXPECT_EQ(names().size(), 2u);
    ASSERT_TRUE(file.finish());
    EXPECT_EQ(read(path("a")), "new");
  }
  {
    OutputFile file(path("a"));
    ASSERT_TRUE(file.open());
    ASSERT_TRUE(file.write("given up"));
  }
  EXPECT_EQ(read(path("a")), "new");
  EXPECT_EQ(names(), Names{"a"});
}

TEST_F(OutputFileTest, KeepsModesAndLinks) {
  ASSERT_TRUE(writeFile(path("a"), "old"));
  struct stat info;
  ASSERT_EQ(::stat(path("a").c_str(), &info), 0);
  const mode_t mask = ::umask(0);
  ::umask(mask);
  EXPECT_EQ(info.st_mode & 0777, 0666u & ~mask);
  ASSERT_EQ(::chmod(path("a").c_str(), 0640), 0);
  fs::create_symlink("a", path("link"));
  ASSERT_TRUE(writeFile(path("link"), "new"));
  EXPECT_TRUE(fs::is_symlink(path("link")));
  EXPECT_EQ(read(path("a")), "new");
  ASSERT_EQ(::stat(path("a").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0640u);
  // A link to what is not there yet.
  fs::create_symlink(path("later"), path("dangling"));
  ASSERT_TRUE(writeFile(path("dangling"), "late"));
  EXPECT_TRUE(fs::is_symlink(path("dangling")));
  EXPECT_EQ(read(path("later")), "late");
}

TEST_F(OutputFileTest, WritesToDevicesDirectly) {
  EXPECT_TRUE(writeFile("/dev/null", "gone"));
  EXPECT_TRUE(fs::is_character_file("/dev/null"));
  EXPECT_EQ(writeFile("/dev/full", "too much").message(), "/dev/full: cannot write: No space left on device");
  EXPECT_EQ(writeFile(folder, "").message(), folder + ": is a directory, expected a file");
  EXPECT_EQ(writeFile(path("no/a"), "").message(), path("no/a") + ": cannot create: No such file or directory");
}

TEST_F(OutputFileTest, NamesMayBeAsLongAsNamesMayBe) {
  const std::string longest(255, 'n');
  ASSERT_TRUE(writeFile(path(longest), "x")) << writeFile(path(longest), "x").message();
  EXPECT_EQ(names(), Names{longest});
}

TEST_F(OutputFileTest, SignalsEndTheProcessButLeaveNothing) {
  ASSERT_TRUE(writeFile(path("a"), "old"));
  for (int signal : {SIGHUP, SIGINT, SIGTERM}) {
    auto interrupted = [&] {
      OutputFile file(path("a"));
      if (!file.open() || !file.write("half"))
        std::_Exit(10);
      ::raise(signal);
      if (file.write("the rest").message() != path("a") + ": cannot write: interrupted")
        std::_Exit(11);
    };
    EXPECT_EXIT(
        {
          interrupted();
          std::_Exit(12);
        },
        testing::KilledBySignal(signal), "");
    EXPECT_EQ(read(path("a")), "old");
    EXPECT_EQ(names(), Names{"a"});
  }
  // One that comes when all is written: the file is there.
  auto late = [&] {
    OutputFile file(path("a"));
    if (!file.open() || !file.write("new"))
      std::_Exit(10);
    ::raise(SIGTERM);
    (void)file.finish().isOk();
  };
  EXPECT_EXIT(
      {
        late();
        std::_Exit(12);
      },
      testing::KilledBySignal(SIGTERM), "");
  EXPECT_EQ(read(path("a")), "new");
  EXPECT_EQ(names(), Names{"a"});
}

TEST_F(OutputFileTest, SignalsWaitForAllFiles) {
  auto interrupted = [&] {
    OutputFile first(path("first")), second(path("second"));
    if (!first.open() || !second.open() || !first.write("1") || !second.write("2"))
      std::_Exit(10);
    ::raise(SIGTERM);
    (void)first.finish().isOk(); // still alive: the second is there
    if (read(path("first")) != "1")
      std::_Exit(11);
  };
  EXPECT_EXIT(
      {
        interrupted();
        std::_Exit(12);
      },
      testing::KilledBySignal(SIGTERM), "");
  EXPECT_EQ(names(), Names{"first"});
}

TEST_F(OutputFileTest, WhatIsIgnoredStaysIgnored) {
  auto ignoring = [&] {
    ::signal(SIGHUP, SIG_IGN);
    OutputFile file(path("a"));
    if (!file.open())
      std::_Exit(10);
    ::raise(SIGHUP);
    std::_Exit(file.write("all") && file.finish() ? 0 : 11);
  };
  EXPECT_EXIT(ignoring(), testing::ExitedWithCode(0), "");
  EXPECT_EQ(read(path("a")), "all");
}

std::atomic<int> handled = 0;

TEST_F(OutputFileTest, HandlersOfTheProgramRunAfterwards) {
  struct sigaction own = {}, before;
  own.sa_handler = [](int) { ++handled; };
  ASSERT_EQ(::sigaction(SIGTERM, &own, &before), 0);
  handled = 0;
  {
    OutputFile file(path("a"));
    ASSERT_TRUE(file.open());
    ::raise(SIGTERM);
    EXPECT_EQ(handled, 0);
    EXPECT_FALSE(file.write("more"));
  }
  EXPECT_EQ(handled, 1);
  EXPECT_TRUE(names().empty());
  EXPECT_TRUE(writeFile(path("a"), "again")); // the signal is over
  ASSERT_EQ(::sigaction(SIGTERM, &before, nullptr), 0);
}

TEST_F(OutputFileTest, AFileThatOutgrowsItsLimitLeavesNothing) {
  auto growing = [&] {
    const rlimit limit = {1000, 1000}, none = {0, 0};
    ::setrlimit(RLIMIT_CORE, &none);
    ::setrlimit(RLIMIT_FSIZE, &limit);
    (void)writeFile(path("a"), std::string(2000, 'x')).isOk();
  };
  EXPECT_EXIT(
      {
        growing();
        std::_Exit(12);
      },
      testing::KilledBySignal(SIGXFSZ), "");
  EXPECT_TRUE(names().empty());
}

} // namespace
} // namespace veomni

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Writing files aside, and signals that wait for it.
#include "veomni/runtime/OutputFile.h"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <filesystem>
#include <mutex>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace veomni {
namespace {

namespace fs = std::filesystem;

/// What asks a process to end. SIGXFSZ does when a file outgrows the limit of its owner.
constexpr int endings[] = {SIGHUP, SIGINT, SIGTERM, SIGXFSZ};

std::atomic<int> arrived = 0; // the first of them that came
static_assert(std::atomic<int>::is_always_lock_free, "handlers of signals must not lock");

void remember(int signal) {
  int none = 0;
  arrived.compare_exchange_strong(none, signal);
}

// Files may be written by several threads at once: the first one makes signals wait, the last one lets them go.
std::mutex waitersMutex;
unsigned waiters = 0;
struct sigaction before[std::size(endings)];

void holdSignals() {
  std::lock_guard lock(waitersMutex);
  if (waiters++ != 0)
    return;
  struct sigaction waiting = {};
  waiting.sa_handler = remember;
  waiting.sa_flags = SA_RESTART;
  sigemptyset(&waiting.sa_mask);
  for (std::size_t i = 0; i < std::size(endings); ++i) {
    ::sigaction(endings[i], nullptr, &before[i]);
    if (before[i].sa_handler != SIG_IGN) // as under nohup
      ::sigaction(endings[i], &waiting, nullptr);
  }
}

void releaseSignals() {
  {
    std::lock_guard lock(waitersMutex);
    if (--waiters != 0)
      return;
    for (std::size_t i = 0; i < std::size(endings); ++i)
      if (before[i].sa_handler != SIG_IGN)
        ::sigaction(endings[i], &before[i], nullptr);
  }
  // In this thread, so that it does not go on before the signal has had its effect.
  if (int signal = arrived.exchange(0))
    ::raise(signal);
}

/// The file behind a chain of links, there or not.
fs::path behindLinks(fs::path path) {
  std::error_code error;
  for (int links = 0; links < 40 && fs::is_symlink(path, error); ++links) {
    fs::path next = fs::read_symlink(path, error);
    if (error)
      break;
    path = path.parent_path() / next;
  }
  return path;
}

} // namespace

Status OutputFile::error(const char *action) const {
  return Status::error(path_ + ": cannot " + action + ": " + std::generic_category().message(errno));
}

Status OutputFile::open() {
  if (path_ == standardOutput) {
    descriptor_ = ::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    return descriptor_ >= 0 ? Status::ok() : error("write");
  }
  const std::string target = behindLinks(path_).string();
  struct stat info;
  const bool exists = ::stat(target.c_str(), &info) == 0;
  if (exists && S_ISDIR(info.st_mode))
    return Status::error(path_ + ": is a directory, expected a file");
  if (exists && !S_ISREG(info.st_mode)) {
    // A rename would put a file in the place of a device.
    descriptor_ = ::open(target.c_str(), O_WRONLY | O_CLOEXEC | O_NOCTTY);
    return descriptor_ >= 0 ? Status::ok() : error("open");
  }
  if (exists && ::access(target.c_str(), W_OK) != 0)
    return error("write"); // what its owner protects is not replaced either
  if (Status status = openAside(target, exists ? 0600 : 0666); !status)
    return status;
  return !exists || ::fchmod(descriptor_, info.st_mode & 0777) == 0 ? Status::ok() : error("set the mode of");
}

/// `base` and what makes it a name of its own.
static std::string nameAside(const std::string &base) {
  static std::atomic<unsigned> count = 0;
  return base + "." + std::to_string(::getpid()) + "-" + std::to_string(count++);
}

Status OutputFile::openAside(const std::string &target, unsigned mode) {
  // A name may be as long as names may be.
  constexpr std::size_t longest = 200;
  const fs::path place(target);
  const std::string base = (place.parent_path() / place.filename().string().substr(0, longest)).string();
  holdSignals();
  std::string name;
  // Another machine may write to the same place under the same number.
  do {
    name = nameAside(base);
    descriptor_ = ::open(name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
  } while (descriptor_ < 0 && errno == EEXIST);
  if (descriptor_ < 0) {
    Status status = error("create");
    releaseSignals();
    return status;
  }
  target_ = target;
  temporary_ = std::move(name);
  return Status::ok();
}

Status OutputFile::write(const void *data, uint64_t size) {
  // Not so much at once that a signal would wait long.
  constexpr uint64_t step = uint64_t{16} << 20;
  const char *bytes = static_cast<const char *>(data);
  while (size > 0) {
    if (arrived != 0 && !temporary_.empty())
      return Status::error(path_ + ": cannot write: interrupted");
    ssize_t written = ::write(descriptor_, bytes, std::min(size, step));
    if (written < 0 && errno == EINTR)
      continue;
    if (written < 0)
      return error("write");
    bytes += written;
    size -= uint64_t(written);
  }
  return Status::ok();
}

Status OutputFile::finish() {
  // A file system may say only now that it has no room.
  if (::close(std::exchange(descriptor_, -1)) != 0)
    return error("write");
  if (temporary_.empty())
    return Status::ok();
  if (::rename(temporary_.c_str(), target_.c_str()) != 0)
    return error("write");
  temporary_.clear();
  releaseSignals();
  return Status::ok();
}

OutputFile::~OutputFile() {
  if (descriptor_ >= 0)
    ::close(descriptor_);
  if (temporary_.empty())
    return;
  ::unlink(temporary_.c_str());
  releaseSignals();
}

Status writeFile(const std::string &path, std::string_view content) {
  OutputFile file(path);
  if (Status status = file.open(); !status)
    return status;
  if (Status status = file.write(content); !status)
    return status;
  return file.finish();
}

} // namespace veomni

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Files mapped into memory, and what is wrong with those that cannot be.
#include "veomni/runtime/MappedFile.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <limits>
#include <system_error>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace veomni {

static Status fileError(const std::string &path, const char *action) {
  return Status::error(path + ": cannot " + action + ": " + std::generic_category().message(errno));
}

namespace {
struct CloseOnExit {
  int descriptor;
  ~CloseOnExit() { ::close(descriptor); }
};
} // namespace

/// What comes through a pipe, in memory that is a file without a name.
static Status copyAll(int from, int to, const std::string &path) {
  std::array<char, 1 << 16> bytes;
  for (;;) {
    const ssize_t count = ::read(from, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR)
      continue;
    if (count < 0)
      return fileError(path, "read");
    if (count == 0)
      return Status::ok();
    for (ssize_t done = 0; done < count;) {
      const ssize_t written = ::write(to, bytes.data() + done, std::size_t(count - done));
      if (written < 0)
        return fileError(path, "keep what was read");
      done += written;
    }
  }
}

Expected<MappedFile> MappedFile::standard() {
  const std::string path(standardInput);
  struct stat info;
  if (::fstat(STDIN_FILENO, &info) != 0)
    return fileError(path, "read");
  if (S_ISREG(info.st_mode) && ::lseek(STDIN_FILENO, 0, SEEK_CUR) == 0)
    return map(STDIN_FILENO, path);
  if (::isatty(STDIN_FILENO))
    return Status::error(path + ": is a terminal, expected a file or a pipe");
  const int memory = ::memfd_create("veomni-input", MFD_CLOEXEC);
  if (memory < 0)
    return fileError(path, "make memory for");
  const CloseOnExit close{memory};
  if (Status status = copyAll(STDIN_FILENO, memory, path); !status)
    return status;
  return map(memory, path);
}

Expected<MappedFile> MappedFile::open(const std::string &path) {
  if (path == standardInput)
    return standard();
  // Without O_NONBLOCK, opening a FIFO would wait for a writer.
  int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0)
    return fileError(path, "open");
  const CloseOnExit close{descriptor};
  return map(descriptor, path);
}

Expected<MappedFile> MappedFile::map(int descriptor, const std::string &path) {
  struct stat info;
  if (::fstat(descriptor, &info) != 0)
    return fileError(path, "read the size");
  if (!S_ISREG(info.st_mode))
    return Status::error(path + ": not a regular file");
  if (static_cast<std::uint64_t>(info.st_size) > std::numeric_limits<std::size_t>::max())
    return Status::error(path + ": too large for this machine's addresses: " + std::to_string(info.st_size) + " bytes");
  std::size_t size = static_cast<std::size_t>(info.st_size);
  if (size == 0)
    return MappedFile(nullptr, 0);
  void *data = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, descriptor, 0);
  if (data == MAP_FAILED)
    return fileError(path, "map");
  return MappedFile(static_cast<std::byte *>(data), size);
}

MappedFile::~MappedFile() {
  if (data_)
    ::munmap(data_, size_);
}

static std::size_t pageSize() {
  static const std::size_t size = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  return size;
}

void MappedFile::advise(std::size_t offset, std::size_t size, int advice) const {
  if (offset >= size_ || size == 0)
    return;
  const std::size_t begin = offset / pageSize() * pageSize(), end = offset + std::min(size, size_ - offset);
  // A hint only: where it fails, as on older systems, pages come when they are touched.
  (void)::madvise(data_ + begin, end - begin, advice);
}

void MappedFile::prefetch(std::size_t offset, std::size_t size) const { advise(offset, size, MADV_WILLNEED); }

void MappedFile::populate(std::size_t offset, std::size_t size) const {
  constexpr int populateRead = 22; // MADV_POPULATE_READ of Linux 5.14, which older headers do not name
  advise(offset, size, populateRead);
}

void MappedFile::release(std::size_t offset, std::size_t size) const {
  const std::size_t page = pageSize();
  if (offset > size_ || size > size_ - offset)
    return;
  std::size_t begin = (offset + page - 1) / page * page;
  // The last page of the file belongs to its last tensor alone, though it is not full.
  std::size_t end = offset + size == size_ ? size_ : (offset + size) / page * page;
  // A hint only: failure costs memory, not correctness.
  if (begin < end)
    (void)::madvise(data_ + begin, end - begin, MADV_DONTNEED);
}

} // namespace veomni

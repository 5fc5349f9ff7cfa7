// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// An entry is a file of a magic word, the digest of the object, and the object. When it was used last is the time of
// its last change, since file systems are often mounted so that they do not record reads.
#include "Cache.h"

#include "veomni/runtime/OutputFile.h"

#include "llvm/ADT/ScopeExit.h"
#include "llvm/Support/BLAKE3.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"

#include <algorithm>
#include <chrono>

using namespace veomni::cpu;
using llvm::StringRef;
namespace fs = llvm::sys::fs;

static constexpr llvm::StringLiteral kMagic = "VeOmniK1";

static std::string header(llvm::ArrayRef<char> object) {
  auto digest = llvm::BLAKE3::hash<32>(llvm::ArrayRef(reinterpret_cast<const uint8_t *>(object.data()), object.size()));
  return kMagic.str() + std::string(digest.begin(), digest.end());
}

static constexpr llvm::StringLiteral kFolder = "kernels", kSuffix = ".o";

std::string ObjectCache::path(StringRef key) const {
  llvm::SmallString<128> result(directory);
  llvm::sys::path::append(result, kFolder, key + kSuffix);
  return result.str().str();
}

std::optional<Bytes> ObjectCache::find(StringRef key) const {
  if (directory.empty())
    return std::nullopt;
  std::string name = path(key);
  llvm::Expected<fs::file_t> descriptor = fs::openNativeFileForRead(name);
  if (!descriptor) {
    llvm::consumeError(descriptor.takeError());
    return std::nullopt;
  }
  llvm::scope_exit close([&] { (void)fs::closeFile(*descriptor); });
  auto file = llvm::MemoryBuffer::getOpenFile(*descriptor, name, /*FileSize=*/-1, /*RequiresNullTerminator=*/false);
  if (!file)
    return std::nullopt;
  // In a folder of somebody else's nothing can be marked, and nothing is removed either.
  (void)fs::setLastAccessAndModificationTime(*descriptor, std::chrono::system_clock::now());
  StringRef entry = (*file)->getBuffer();
  StringRef object = entry.drop_front(std::min(entry.size(), kMagic.size() + 32));
  if (object.empty() || entry.drop_back(object.size()) != header({object.data(), object.size()}))
    return std::nullopt;
  return Bytes(object.begin(), object.end());
}

void ObjectCache::keep(StringRef key, llvm::ArrayRef<char> object) const {
  if (directory.empty())
    return;
  std::string target = path(key);
  if (fs::create_directories(llvm::sys::path::parent_path(target)))
    return;
  // Readers and other writers only ever see whole entries. What cannot be kept is compiled again.
  (void)veomni::writeFile(target, header(object) + std::string(object.data(), object.size())).isOk();
}

void ObjectCache::trim(uint64_t bytes) const {
  if (directory.empty())
    return;
  struct Entry {
    llvm::sys::TimePoint<> used;
    uint64_t size;
    std::string path;
  };
  std::vector<Entry> entries;
  uint64_t all = 0;
  const auto now = std::chrono::system_clock::now();
  llvm::SmallString<128> folder(directory);
  llvm::sys::path::append(folder, kFolder);
  std::error_code error;
  // Whoever removes an entry at the same time does the same work: what is gone is passed over.
  for (fs::directory_iterator file(folder, error), end; file != end && !error; file.increment(error)) {
    llvm::ErrorOr<fs::basic_file_status> status = file->status();
    if (!status || status->type() != fs::file_type::regular_file)
      continue;
    const bool isLeft =
        !StringRef(file->path()).ends_with(kSuffix) && now - status->getLastModificationTime() > std::chrono::hours(1);
    if (isLeft && !fs::remove(file->path()))
      continue;
    entries.push_back({status->getLastModificationTime(), status->getSize(), file->path()});
    all += status->getSize();
  }
  if (all <= bytes)
    return;
  std::ranges::sort(entries, {}, &Entry::used);
  for (const Entry &entry : entries) {
    if (all <= bytes)
      return;
    if (!fs::remove(entry.path))
      all -= entry.size;
  }
}

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// An entry is a magic word, the digest of the object, and the object.
#include "Cache.h"

#include "llvm/Support/BLAKE3.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"

using namespace veomni::cpu;
using llvm::StringRef;

static constexpr llvm::StringLiteral kMagic = "VeOmniK1";

static std::string header(llvm::ArrayRef<char> object) {
  auto digest = llvm::BLAKE3::hash<32>(llvm::ArrayRef(reinterpret_cast<const uint8_t *>(object.data()), object.size()));
  return kMagic.str() + std::string(digest.begin(), digest.end());
}

std::string ObjectCache::path(StringRef key) const {
  llvm::SmallString<128> result(directory);
  llvm::sys::path::append(result, "kernels", key + ".o");
  return result.str().str();
}

std::optional<Bytes> ObjectCache::find(StringRef key) const {
  if (directory.empty())
    return std::nullopt;
  auto file = llvm::MemoryBuffer::getFile(path(key), /*IsText=*/false, /*RequiresNullTerminator=*/false);
  if (!file)
    return std::nullopt;
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
  if (llvm::sys::fs::create_directories(llvm::sys::path::parent_path(target)))
    return;
  // Written aside and renamed, so that readers and other writers only ever see whole entries.
  int descriptor;
  llvm::SmallString<128> aside;
  if (llvm::sys::fs::createUniqueFile(target + ".%%%%%%%%", descriptor, aside))
    return;
  llvm::raw_fd_ostream stream(descriptor, /*shouldClose=*/true);
  stream << header(object) << StringRef(object.data(), object.size());
  stream.close();
  if (stream.has_error() || llvm::sys::fs::rename(aside, target)) {
    stream.clear_error();
    (void)llvm::sys::fs::remove(aside); // nothing more can be done about a file that stays
  }
}

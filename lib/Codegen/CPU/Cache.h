// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Compiled objects on disk, by the hash of what they were compiled from.
#ifndef VEOMNI_LIB_CODEGEN_CPU_CACHE_H
#define VEOMNI_LIB_CODEGEN_CPU_CACHE_H

#include "Object.h"

#include <cstdint>

namespace veomni::cpu {

class ObjectCache {
public:
  /// No directory: nothing is found and nothing kept.
  explicit ObjectCache(llvm::StringRef directory) : directory(directory) {}

  /// The object of `key`, which counts as used now. An entry that is cut short or altered counts as absent.
  std::optional<Bytes> find(llvm::StringRef key) const;
  /// Keeps an object. A folder that cannot be written to is no error: the next compilation is slower, that is all.
  void keep(llvm::StringRef key, llvm::ArrayRef<char> object) const;
  /// Removes the entries that were used longest ago until all together have at most so many bytes, and what writers
  /// that were killed left.
  void trim(uint64_t bytes) const;

private:
  std::string path(llvm::StringRef key) const;

  std::string directory;
};

} // namespace veomni::cpu

#endif // VEOMNI_LIB_CODEGEN_CPU_CACHE_H

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Kernels that fit their kinds -> one shared object without dependencies.
#ifndef VEOMNI_CODEGEN_CPU_COMPILE_H
#define VEOMNI_CODEGEN_CPU_COMPILE_H

#include "veomni/Codegen/Backend.h"
#include "veomni/Codegen/CPU/Target.h"

#include "llvm/ADT/SmallVector.h"

#include <cstdint>
#include <optional>
#include <string>

namespace veomni::cpu {

struct CompileOptions {
  /// Threads that generate code; 0: as many as the machine has, at most 8.
  unsigned threads = 0;
  /// Folder of compiled kernels; nothing is kept if empty.
  std::string cacheDirectory = defaultCacheDirectory();
  /// How large it may become: beyond so many bytes, the kernels that were used longest ago go. Without one,
  /// environmentCacheBytes() says.
  std::optional<uint64_t> cacheBytes = std::nullopt;

  /// $VEOMNI_CACHE_DIR if set (empty: no cache), else $XDG_CACHE_HOME/veomni, else ~/.cache/veomni.
  static std::string defaultCacheDirectory();
  /// $VEOMNI_CACHE_SIZE, as 2G, 500M or a number of bytes; 512 MiB if it is not set or empty.
  static llvm::Expected<uint64_t> environmentCacheBytes();
  /// What people should know of the folder, for the --help of tools.
  static std::string describeCache();
};

/// Bytes of an ELF shared object that needs no other library. Kernels share their code where all is equal that code
/// depends on: kind, attributes, constant sizes, strides and element types, but no name of a symbol. The error tells
/// everything that is wrong with the requests, a line per problem.
llvm::Expected<Code> compileKernels(llvm::ArrayRef<KernelRequest> kernels, const Target &target,
                                    const CompileOptions &options = {});

/// The text of one kernel's body before it is lowered, for people.
llvm::Expected<std::string> printKernel(const KernelRequest &kernel, const Target &target);

} // namespace veomni::cpu

#endif // VEOMNI_CODEGEN_CPU_COMPILE_H

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What lies where a file of a model is expected and is none: the commonest causes of an unreadable checkpoint, each
// with what helps.
#ifndef VEOMNI_RUNTIME_FOREIGNFILE_H
#define VEOMNI_RUNTIME_FOREIGNFILE_H

#include <cstddef>
#include <span>
#include <string>

namespace veomni {

/// Says what a file is that begins with these bytes, and what to do: a git-lfs pointer, an HTML page, a pickle of
/// PyTorch, a GGUF file, nothing at all. Empty if it is none of these.
std::string describeForeignFile(std::span<const std::byte> bytes);

/// Says what a directory without the weights of a model has instead, and what to do: an adapter, pickles, files of
/// other formats, links that lead nowhere, shards without their index. Empty if it has none of these.
std::string describeForeignDirectory(const std::string &directory);

} // namespace veomni

#endif // VEOMNI_RUNTIME_FOREIGNFILE_H

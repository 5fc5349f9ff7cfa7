// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The tensors of a checkpoint: one safetensors file, or a directory with one or several. Nothing in a file is believed
// before it was checked, and no tensor is read before it is asked for.
#ifndef VEOMNI_RUNTIME_CHECKPOINT_H
#define VEOMNI_RUNTIME_CHECKPOINT_H

#include "veomni/runtime/ElementType.h"
#include "veomni/runtime/MappedFile.h"
#include "veomni/runtime/Status.h"

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace veomni {

struct TensorInfo {
  std::string name;
  uint32_t file; ///< index into `Checkpoint::files`
  ElementType elementType;
  std::vector<int64_t> shape;
  uint64_t offset; ///< of the first byte in the file; a multiple of the element's size only where the writer took care
  uint64_t size;   ///< in bytes
};

/// What the beginning of a safetensors file says.
struct SafetensorsHeader {
  std::vector<TensorInfo> tensors; ///< by name; `file` is 0
  std::map<std::string, std::string> metadata;
};

/// Headers longer than this are refused, as the reference implementation does.
inline constexpr uint64_t maxSafetensorsHeader = 100'000'000;

/// Reads the header of a file of `fileSize` bytes that begins with `bytes`, which must reach to the end of the header
/// or of the file. Checks every rule of the format: afterwards the tensors tile the rest of the file exactly, and their
/// shapes multiply without overflow. `fileName` is for messages, which list all problems.
Expected<SafetensorsHeader> parseSafetensorsHeader(std::span<const std::byte> bytes, uint64_t fileSize,
                                                   std::string_view fileName);

class Checkpoint {
public:
  struct File {
    std::string path;
    std::map<std::string, std::string> metadata;
    MappedFile bytes;
  };

  /// Opens a safetensors file, or a directory with `model.safetensors` or else `model.safetensors.index.json` and the
  /// shards it names, beside it or below. What is read is what the index lists; other tensors in its shards are left
  /// out.
  static Expected<Checkpoint> open(const std::string &path);

  /// The tensor of this name, or null.
  const TensorInfo *find(std::string_view name) const;
  /// In order of their names; likewise `for (const TensorInfo &tensor : checkpoint)`.
  std::span<const TensorInfo> tensors() const { return tensors_; }
  auto begin() const { return tensors().begin(); }
  auto end() const { return tensors().end(); }
  size_t size() const { return tensors_.size(); }
  /// The name most like one that was not found, or an empty string.
  std::string nearest(std::string_view name) const;

  /// As it was given to `open`.
  const std::string &path() const { return path_; }
  std::span<const File> files() const { return files_; }
  /// What the index and its shards disagree about.
  std::span<const std::string> notes() const { return notes_; }

  /// The bytes of a tensor of this checkpoint, valid as long as the checkpoint lives, wherever it is moved.
  std::span<const std::byte> data(const TensorInfo &tensor) const;
  /// For callers who have read a tensor for the last time: gives its whole pages back. They return from the file when
  /// touched.
  void release(const TensorInfo &tensor) const;

private:
  Checkpoint() = default;
  static Expected<Checkpoint> openFile(const std::string &path);
  static Expected<Checkpoint> openShards(const std::string &directory, const std::string &indexPath);
  Expected<std::vector<TensorInfo>> addFile(const std::string &path);

  std::string path_;
  std::vector<File> files_;
  std::vector<TensorInfo> tensors_;
  std::vector<std::string> notes_;
};

} // namespace veomni

#endif // VEOMNI_RUNTIME_CHECKPOINT_H

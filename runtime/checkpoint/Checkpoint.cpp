// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "veomni/runtime/Checkpoint.h"

#include "Problems.h"
#include "veomni/runtime/Json.h"
#include "veomni/runtime/NearestName.h"

#include <algorithm>
#include <filesystem>
#include <system_error>

namespace veomni {
namespace {

/// What an index says, turned around: for each shard the tensors it should hold.
using Shards = std::map<std::string, std::vector<std::string>>;

/// A name in the same directory. The index comes from strangers: it must not lead anywhere else.
bool isPlainFileName(std::string_view name) {
  return !name.empty() && name != "." && name.find("..") == name.npos &&
         name.find_first_of(std::string_view("/\\\0", 3)) == name.npos;
}

Expected<Shards> readIndex(const std::string &path) {
  Expected<MappedFile> file = MappedFile::open(path);
  if (!file)
    return file.status();
  Expected<nlohmann::json> index =
      parseJson({reinterpret_cast<const char *>(file->bytes().data()), file->bytes().size()}, path);
  if (!index)
    return index.status();
  if (!index->is_object() || !index->contains("weight_map") || !(*index)["weight_map"].is_object())
    return Status::error(path + ": has no object weight_map");
  Problems problems(path);
  Shards shards;
  for (const auto &[name, value] : (*index)["weight_map"].items()) {
    if (!value.is_string())
      problems.add("weight_map \"" + name + "\" is not a file name");
    else if (const std::string &shard = value.get_ref<const std::string &>(); !isPlainFileName(shard))
      problems.add("weight_map \"" + name + "\" is in \"" + shard + "\", expected a file name without a path");
    else
      shards[shard].push_back(name);
  }
  if (shards.empty() && problems.empty())
    problems.add("weight_map is empty");
  if (!problems.empty())
    return problems.status();
  return shards;
}

std::string joined(const std::string &directory, const std::string &name) {
  return (std::filesystem::path(directory) / name).string();
}

bool exists(const std::string &path) {
  std::error_code ignored;
  return std::filesystem::exists(path, ignored);
}

} // namespace

Expected<Checkpoint> Checkpoint::open(const std::string &path) {
  std::error_code ignored;
  auto opened = [&]() -> Expected<Checkpoint> {
    if (!std::filesystem::is_directory(path, ignored))
      return openFile(path);
    if (std::string single = joined(path, "model.safetensors"); exists(single))
      return openFile(single);
    if (std::string index = joined(path, "model.safetensors.index.json"); exists(index))
      return openShards(path, index);
    return Status::error(path + ": has neither model.safetensors nor model.safetensors.index.json");
  }();
  if (opened)
    opened->path_ = path;
  return opened;
}

/// Maps a file and returns the tensors it has, by name.
Expected<std::vector<TensorInfo>> Checkpoint::addFile(const std::string &path) {
  Expected<MappedFile> file = MappedFile::open(path);
  if (!file)
    return file.status();
  Expected<SafetensorsHeader> header = parseSafetensorsHeader(file->bytes(), file->bytes().size(), path);
  if (!header)
    return header.status();
  for (TensorInfo &tensor : header->tensors)
    tensor.file = uint32_t(files_.size());
  files_.push_back({path, std::move(header->metadata), std::move(*file)});
  return std::move(header->tensors);
}

Expected<Checkpoint> Checkpoint::openFile(const std::string &path) {
  Checkpoint checkpoint;
  Expected<std::vector<TensorInfo>> tensors = checkpoint.addFile(path);
  if (!tensors)
    return tensors.status();
  checkpoint.tensors_ = std::move(*tensors);
  return checkpoint;
}

Expected<Checkpoint> Checkpoint::openShards(const std::string &directory, const std::string &indexPath) {
  Expected<Shards> shards = readIndex(indexPath);
  if (!shards)
    return shards.status();
  Checkpoint checkpoint;
  Problems problems(indexPath);
  for (const auto &[shard, names] : *shards) {
    Expected<std::vector<TensorInfo>> found = checkpoint.addFile(joined(directory, shard));
    if (!found) {
      problems.add("shard " + found.status().message());
      continue;
    }
    for (const std::string &name : names)
      if (!std::ranges::binary_search(*found, name, {}, &TensorInfo::name))
        problems.add("weight_map says that \"" + name + "\" is in " + shard + ", which does not have it");
    for (const TensorInfo &tensor : *found)
      if (!std::ranges::binary_search(names, tensor.name))
        problems.add(shard + " has a tensor \"" + tensor.name + "\", which weight_map does not place there");
    std::ranges::move(*found, std::back_inserter(checkpoint.tensors_));
  }
  // A tensor in two shards is one more than the map placed, so all names differ where there was no problem.
  if (!problems.empty())
    return problems.status();
  std::ranges::sort(checkpoint.tensors_, {}, &TensorInfo::name);
  return checkpoint;
}

const TensorInfo *Checkpoint::find(std::string_view name) const {
  auto found = std::ranges::lower_bound(tensors_, name, {},
                                        [](const TensorInfo &tensor) { return std::string_view(tensor.name); });
  return found != tensors_.end() && found->name == name ? &*found : nullptr;
}

std::string Checkpoint::nearest(std::string_view name) const {
  std::vector<std::string> names;
  for (const TensorInfo &tensor : tensors_)
    names.push_back(tensor.name);
  return nearestName(name, names);
}

std::span<const std::byte> Checkpoint::data(const TensorInfo &tensor) const {
  return files_[tensor.file].bytes.bytes().subspan(tensor.offset, tensor.size);
}

void Checkpoint::release(const TensorInfo &tensor) const {
  files_[tensor.file].bytes.release(tensor.offset, tensor.size);
}

} // namespace veomni

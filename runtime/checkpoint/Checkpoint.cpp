// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A checkpoint of one or many safetensors files: which tensor lies where.
#include "veomni/runtime/Checkpoint.h"

#include "Problems.h"
#include "veomni/runtime/ForeignFile.h"
#include "veomni/runtime/Json.h"
#include "veomni/runtime/NearestName.h"

#include <algorithm>
#include <filesystem>
#include <system_error>

namespace veomni {
namespace {

/// What an index says, turned around: for each shard the tensors it should hold.
using Shards = std::map<std::string, std::vector<std::string>>;

/// A path in the directory or below. The index comes from strangers: it must not lead anywhere else.
bool staysBelow(std::string_view path) {
  if (path.empty() || path.find_first_of(std::string_view("\\\0", 2)) != path.npos)
    return false;
  for (std::string_view rest = path;;) {
    std::size_t slash = rest.find('/');
    std::string_view part = rest.substr(0, slash);
    if (part.empty() || part == "." || part == "..")
      return false;
    if (slash == rest.npos)
      return true;
    rest.remove_prefix(slash + 1);
  }
}

/// "3 tensors, the first "a" in 1.safetensors"
std::string counted(const std::vector<std::string> &names, const std::string &file) {
  return std::to_string(names.size()) + (names.size() == 1 ? " tensor, \"" : " tensors, the first \"") + names.front() +
         "\" in " + file;
}

Expected<Shards> readIndex(const std::string &path) {
  Expected<MappedFile> file = MappedFile::open(path);
  if (!file)
    return file.status();
  Expected<nlohmann::json> index = parseJson(
      {reinterpret_cast<const char *>(file->bytes().data()), file->bytes().size()}, path, RepeatedKeys::MayRepeatValue);
  if (std::string foreign = index ? "" : describeForeignFile(file->bytes()); !foreign.empty())
    return Status::error(path + ": " + foreign);
  if (!index)
    return index.status();
  if (!index->is_object() || !index->contains("weight_map") || !(*index)["weight_map"].is_object())
    return Status::error(path + ": has no object weight_map");
  Problems problems(path);
  Shards shards;
  for (const auto &[name, value] : (*index)["weight_map"].items()) {
    if (!value.is_string())
      problems.add("weight_map \"" + name + "\" is not a file name");
    else if (const std::string &shard = value.get_ref<const std::string &>(); !staysBelow(shard))
      problems.add("weight_map \"" + name + "\" is in \"" + shard + "\", expected a path below the directory");
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
    if (std::string foreign = describeForeignDirectory(path); !foreign.empty())
      return Status::error(path + ": " + foreign);
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
  if (!header) {
    // Only now: the beginning of a good file is the length of its header, which may be the bytes of anything.
    std::string foreign = describeForeignFile(file->bytes());
    return foreign.empty() ? header.status() : Status::error(path + ": " + foreign);
  }
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
    // The index is the list of what to read. What a shard lacks is missed only if something needs it.
    std::vector<std::string> absent, unlisted;
    for (const std::string &name : names)
      if (!std::ranges::binary_search(*found, name, {}, &TensorInfo::name))
        absent.push_back(name);
    for (TensorInfo &tensor : *found)
      if (std::ranges::binary_search(names, tensor.name))
        checkpoint.tensors_.push_back(std::move(tensor));
      else
        unlisted.push_back(tensor.name);
    if (!absent.empty())
      checkpoint.notes_.push_back("weight_map lists " + counted(absent, shard) + ", which does not have it");
    if (!unlisted.empty())
      checkpoint.notes_.push_back("not read, since weight_map does not list it there: " + counted(unlisted, shard));
  }
  // All names differ: the map places each of them in one shard.
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

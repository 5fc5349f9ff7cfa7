// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Safetensors files, read and written whole.
#include "veomni/runtime/TensorFile.h"

#include "Problems.h"
#include "veomni/runtime/Checkpoint.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <set>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <filesystem>
#include <sys/stat.h>
#include <unistd.h>

namespace veomni {
namespace {

/// A file under another name until it is complete; removed if it never is.
class NewFile {
public:
  explicit NewFile(const std::string &path) : path_(targetOf(path)), temporary_(path_ + ".XXXXXX") {}
  ~NewFile() {
    if (descriptor_ >= 0) {
      ::close(descriptor_);
      ::unlink(temporary_.c_str());
    }
  }

  Status open() {
    // A rename would put a file in the place of a device.
    std::error_code none;
    if (std::filesystem::exists(path_, none) && !std::filesystem::is_regular_file(path_, none))
      return Status::error(path_ + ": not a regular file");
    descriptor_ = ::mkostemp(temporary_.data(), O_CLOEXEC);
    return descriptor_ >= 0 ? Status::ok() : error("create");
  }
  Status write(const void *data, uint64_t size) {
    const char *bytes = static_cast<const char *>(data);
    while (size > 0) {
      // Linux writes at most 2 GiB at once.
      ssize_t written = ::write(descriptor_, bytes, std::min<uint64_t>(size, uint64_t(1) << 30));
      if (written < 0 && errno == EINTR)
        continue;
      if (written < 0)
        return error("write");
      bytes += written;
      size -= uint64_t(written);
    }
    return Status::ok();
  }
  Status finish() {
    // A temporary file is for its owner alone; give it the rights any new file gets.
    mode_t mask = ::umask(0);
    ::umask(mask);
    if (::fchmod(descriptor_, 0666 & ~mask) != 0)
      return error("set the mode of");
    int descriptor = std::exchange(descriptor_, -1);
    if (::close(descriptor) == 0 && ::rename(temporary_.c_str(), path_.c_str()) == 0)
      return Status::ok();
    Status status = error("write");
    ::unlink(temporary_.c_str());
    return status;
  }

private:
  /// The file behind a link, which shall stay one.
  static std::string targetOf(const std::string &path) {
    std::error_code missing;
    std::filesystem::path target = std::filesystem::canonical(path, missing);
    return missing ? path : target.string();
  }
  Status error(const char *action) const {
    return Status::error(path_ + ": cannot " + action + ": " + std::generic_category().message(errno));
  }

  std::string path_, temporary_;
  int descriptor_ = -1;
};

/// Bytes of a tensor; nothing if its shape is not one, or too large.
std::optional<uint64_t> bytesOf(const TensorView &tensor) {
  uint64_t bits = elementBits(tensor.elementType);
  bool empty = false;
  for (int64_t dim : tensor.shape) {
    empty |= dim == 0;
    if (dim < 0 || __builtin_mul_overflow(bits, uint64_t(std::max<int64_t>(dim, 1)), &bits))
      return std::nullopt;
  }
  if (empty)
    return 0;
  return bits % 8 == 0 ? std::optional(bits / 8) : std::nullopt;
}

} // namespace

Status writeSafetensors(const std::string &path, std::span<const TensorView> tensors,
                        const std::map<std::string, std::string> &metadata) {
  std::vector<const TensorView *> order;
  for (const TensorView &tensor : tensors)
    order.push_back(&tensor);
  std::ranges::sort(order, [](const TensorView *a, const TensorView *b) {
    uint32_t bitsA = elementBits(a->elementType), bitsB = elementBits(b->elementType);
    return bitsA != bitsB ? bitsA > bitsB : a->name < b->name;
  });

  Problems problems(path);
  // Ordered: readers see the tensors in the order of their bytes.
  nlohmann::ordered_json header = nlohmann::ordered_json::object();
  if (!metadata.empty())
    header["__metadata__"] = metadata;
  std::vector<uint64_t> sizes;
  std::set<std::string_view> names;
  uint64_t end = 0;
  for (const TensorView *tensor : order) {
    std::optional<uint64_t> size = bytesOf(*tensor);
    const uint64_t begin = end;
    if (!names.insert(tensor->name).second)
      problems.add("tensor \"" + tensor->name + "\" is given twice");
    if (tensor->name == "__metadata__")
      problems.add("tensor \"__metadata__\" has a name that the format keeps for itself");
    if (!size || __builtin_add_overflow(begin, *size, &end))
      problems.add("tensor \"" + tensor->name + "\" has shape " + dimsText(tensor->shape) + " of " +
                   std::string(elementTypeName(tensor->elementType)) +
                   ", expected sizes of 0 or more and a whole number of bytes below 2^64");
    if (!problems.empty())
      continue;
    // Appended as a pair: looking every key up first would be quadratic.
    header.get_ref<nlohmann::ordered_json::object_t &>().emplace_back(
        tensor->name, nlohmann::ordered_json{{"dtype", elementTypeName(tensor->elementType)},
                                             {"shape", tensor->shape},
                                             {"data_offsets", {begin, end}}});
    sizes.push_back(*size);
  }
  if (!problems.empty())
    return problems.status();

  std::string text;
  try {
    text = header.dump();
  } catch (const nlohmann::json::exception &error) {
    return Status::error(path + ": cannot write the header, names must be UTF-8: " + error.what());
  }
  text.resize((text.size() + 7) / 8 * 8, ' ');
  if (text.size() > maxSafetensorsHeader)
    return Status::error(path + ": header would have " + std::to_string(text.size()) + " bytes, expected at most " +
                         std::to_string(maxSafetensorsHeader));
  unsigned char length[8];
  for (int i = 0; i < 8; ++i)
    length[i] = static_cast<unsigned char>(uint64_t(text.size()) >> (8 * i));

  NewFile file(path);
  if (Status status = file.open(); !status)
    return status;
  if (Status status = file.write(length, sizeof(length)); !status)
    return status;
  if (Status status = file.write(text.data(), text.size()); !status)
    return status;
  for (size_t i = 0; i < order.size(); ++i)
    if (Status status = file.write(order[i]->data, sizes[i]); !status)
      return status;
  return file.finish();
}

} // namespace veomni

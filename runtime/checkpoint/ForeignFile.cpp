// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Beginnings of files and names in directories, compared with those that users meet in place of safetensors.
#include "veomni/runtime/ForeignFile.h"

#include "veomni/runtime/Json.h"
#include "veomni/runtime/MappedFile.h"

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <optional>
#include <string_view>
#include <system_error>

namespace veomni {
namespace {

namespace fs = std::filesystem;
using namespace std::string_view_literals;

constexpr const char *downloadAgain = "download the file again, for example with hf download";
constexpr const char *convertPickle =
    "is a pickle of PyTorch, which may run code when it is read; transformers' save_pretrained writes the model as "
    "safetensors";
constexpr const char *convertGguf = "is a GGUF file; scripts/gguf_to_hf.py makes a model directory of it";

/// The number behind "size " in a git-lfs pointer.
std::string pointerSize(std::string_view text) {
  std::size_t at = text.find("\nsize ");
  if (at == text.npos)
    return "";
  text.remove_prefix(at + 6);
  std::string_view digits = text.substr(0, std::min(text.find_first_not_of("0123456789"), text.size()));
  return digits.empty() || digits.size() > 20 ? "" : " of " + std::string(digits) + " bytes";
}

bool startsWithIgnoringCase(std::string_view text, std::string_view beginning) {
  return text.size() >= beginning.size() &&
         std::equal(beginning.begin(), beginning.end(), text.begin(),
                    [](char a, char b) { return a == static_cast<char>(std::tolower(static_cast<unsigned char>(b))); });
}

/// A value of adapter_config.json for a message.
std::string baseModelOf(const std::string &adapterConfig) {
  Expected<MappedFile> file = MappedFile::open(adapterConfig);
  if (!file || file->bytes().size() > (std::size_t{1} << 20))
    return "";
  Expected<nlohmann::json> json =
      parseJson({reinterpret_cast<const char *>(file->bytes().data()), file->bytes().size()}, adapterConfig);
  if (!json || !json->is_object())
    return "";
  auto base = json->find("base_model_name_or_path");
  if (base == json->end() || !base->is_string() || base->get_ref<const std::string &>().size() > 200)
    return "";
  return " " + base->dump(-1, ' ', /*ensure_ascii=*/true, nlohmann::json::error_handler_t::replace);
}

} // namespace

std::string describeForeignFile(std::span<const std::byte> bytes) {
  std::string_view text(reinterpret_cast<const char *>(bytes.data()), std::min<std::size_t>(bytes.size(), 512));
  if (text.empty())
    return std::string("is empty: ") + downloadAgain;
  if (text.starts_with("version https://git-lfs.github.com/spec/"))
    return "is a git-lfs pointer to a file" + pointerSize(text) +
           ", not the file itself; git lfs pull fetches it, or hf download";
  if (text.starts_with("PK\3\4") || text.starts_with("\x80\x02"sv) || text.starts_with("\x80\x04"sv))
    return convertPickle;
  if (text.starts_with("GGUF"))
    return convertGguf;
  std::string_view trimmed = text.substr(std::min(text.find_first_not_of(" \t\r\n\xef\xbb\xbf"), text.size()));
  for (std::string_view beginning : {"<!doctype html", "<html", "<head", "<?xml"})
    if (startsWithIgnoringCase(trimmed, beginning))
      return std::string("is a web page, as servers send it for errors and logins: ") + downloadAgain;
  return "";
}

std::string describeForeignDirectory(const std::string &directory) {
  std::optional<std::string> pickle, gguf, shard, other;
  bool adapter = false;
  std::error_code error;
  fs::directory_iterator files(directory, error);
  for (; !error && files != fs::directory_iterator(); files.increment(error)) {
    const std::string name = files->path().filename().string();
    std::error_code ignored;
    if ((name.starts_with("model") && name.ends_with(".safetensors")) || name == "model.safetensors.index.json") {
      if (fs::is_symlink(files->path(), ignored) && !fs::exists(files->path(), ignored))
        return name + " is a link to " + fs::read_symlink(files->path(), ignored).string() + ", which is not there; " +
               downloadAgain;
      shard = std::min(shard.value_or(name), name);
    }
    adapter |= name == "adapter_config.json" || name == "adapter_model.safetensors";
    if (name.ends_with(".bin") || name.ends_with(".pt") || name.ends_with(".pth") || name.ends_with(".ckpt"))
      pickle = std::min(pickle.value_or(name), name);
    else if (name.ends_with(".gguf"))
      gguf = std::min(gguf.value_or(name), name);
    else if (name == "tf_model.h5" || name == "flax_model.msgpack" || name.ends_with(".onnx"))
      other = std::min(other.value_or(name), name);
    else if (name.ends_with(".safetensors") && !name.starts_with("adapter"))
      shard = std::min(shard.value_or(name), name);
  }
  if (adapter)
    return "is a LoRA adapter, not a model; merge it into its base model" +
           baseModelOf((fs::path(directory) / "adapter_config.json").string()) +
           " with peft's merge_and_unload and save the result with save_pretrained";
  if (shard)
    return "has " + *shard +
           ", but neither model.safetensors nor model.safetensors.index.json, which says what to read";
  if (pickle)
    return *pickle + " " + convertPickle;
  if (gguf)
    return *gguf + " " + convertGguf;
  if (other)
    return *other +
           " holds weights in a format of another framework; transformers' save_pretrained writes the model as "
           "safetensors";
  return "";
}

} // namespace veomni

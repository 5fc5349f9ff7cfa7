// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "veomni/ModelConfig/CheckpointLayout.h"

#include "ParameterList.h"

#include "veomni/ModelConfig/ConfigReader.h"
#include "veomni/runtime/NearestName.h"

#include <algorithm>
#include <charconv>
#include <iterator>

namespace veomni {

namespace {

using Dtypes = std::span<const std::string_view>;
constexpr std::string_view floatDtypes[] = {"F32", "BF16", "F16"};
constexpr std::string_view blockDtypes[] = {"U8"};
constexpr std::string_view fp8Dtype = "F8_E4M3", fp8Dtypes[] = {fp8Dtype}, scaleDtypes[] = {"F32"};
/// Numbers of an MXFP4 block, and the bytes that hold them.
constexpr std::int64_t mxfp4Block = 32, mxfp4Bytes = 16;
constexpr std::string_view tiedHead = "lm_head.weight";
/// Edit distances are quadratic: among more names than this a slip is not looked for.
constexpr std::size_t maxCandidates = 256;

constexpr std::int64_t ceilDiv(std::int64_t a, std::int64_t b) { return (a + b - 1) / b; }

std::string describeShape(const Shape &shape) {
  constexpr std::size_t maxShown = 8; // the rank comes from the file
  std::string text = "[";
  for (std::size_t i = 0; i < std::min(shape.size(), maxShown); ++i)
    text += (i > 0 ? ", " : "") + std::to_string(shape[i]);
  return text + (shape.size() > maxShown ? ", ...]" : "]");
}

std::string shownName(std::string_view name) { return describeValue(std::string(name.substr(0, 200))); }

// Buffers, not parameters: transformers drops them too (_adjust_missing_and_unexpected_keys in modeling_utils.py).
bool isObsoleteBuffer(std::string_view name) { return name.ends_with(".rotary_emb.inv_freq"); }

/// A tensor of a layer: which one, and its name there.
struct NameInLayer {
  std::int64_t layer;
  std::string_view rest;
};

std::optional<NameInLayer> nameInLayer(std::string_view name) {
  constexpr std::string_view layers = "model.layers.";
  if (!name.starts_with(layers))
    return std::nullopt;
  std::int64_t index = 0;
  const char *end = name.data() + name.size();
  auto [rest, error] = std::from_chars(name.data() + layers.size(), end, index);
  if (error != std::errc() || rest == end || *rest != '.' || index < 0)
    return std::nullopt;
  return NameInLayer{index, std::string_view(rest + 1, end)};
}

/// What a forward does not read: what the family says so of, layers behind the last one, and the indexers of layers that take another's
/// keys, which transformers makes all the same.
bool isUnused(std::string_view name, const DecoderConfig &config) {
  if (!config.ignoredPrefix.empty() && name.starts_with(config.ignoredPrefix))
    return true;
  std::optional<NameInLayer> in = nameInLayer(name);
  if (!in)
    return false;
  if (in->layer < config.numHiddenLayers)
    return config.layers[static_cast<std::size_t>(in->layer)].sharesKeys && in->rest.starts_with("self_attn.indexer.");
  return in->layer - config.numHiddenLayers < config.ignoredLayers;
}

/// The matrices of experts; their biases have the same name in every layout.
bool isExperts(const ParameterStorage &parameter) {
  return parameter.shape.size() == 3 && parameter.name.find(".mlp.experts.") != std::string::npos;
}
bool isExpertsOrRouter(const ParameterStorage &parameter) { return isExperts(parameter) || parameter.name.ends_with(".mlp.gate.weight"); }

/// What a tensor of experts so stored is.
std::string_view describeStorage(ExpertStorage storage) {
  switch (storage) {
  case ExpertStorage::PerExpert:
    return "is one expert";
  case ExpertStorage::Fused:
    return "holds all";
  case ExpertStorage::Transposed:
    return "holds them as floats";
  case ExpertStorage::Mxfp4:
    return "holds them in MXFP4";
  }
  return "";
}

std::string nearestAmong(std::string_view label, const std::string &name, std::span<const std::string> candidates) {
  if (name.size() > maxCandidates)
    return {};
  std::string nearest = nearestName(name, candidates.first(std::min(candidates.size(), maxCandidates)));
  return nearest.empty() ? std::string() : " (nearest " + std::string(label) + ": '" + nearest + "')";
}

/// The first source of an expert that is in the file; empty if there is none.
std::string firstExpert(const std::vector<ParameterStorage> &list, const StoredTensors &stored) {
  for (const ParameterStorage &parameter : list)
    if (isExperts(parameter))
      for (const std::string &key : parameter.keys)
        if (stored.contains(key))
          return key;
  return {};
}

class Matcher {
public:
  Matcher(const DecoderConfig &config, const StoredTensors &stored, std::string_view where)
      : config_(config), stored_(stored), problems_{std::string(where)} {}

  Expected<CheckpointLayout> run() {
    layout_.parameters = chooseList();
    for (ParameterStorage &parameter : layout_.parameters)
      if (!mixed_ || !isExpertsOrRouter(parameter))
        match(parameter);
    const ParameterStorage &head = layout_.parameters.back();
    if (head.kind == StorageKind::Alias)
      matchTied(head);
    reportUnpaired();
    if (!problems_.empty())
      return problems_.status();
    return std::move(layout_);
  }

private:
  std::vector<ParameterStorage> chooseList() {
    const auto [one, other] = expertStorages(config_);
    std::vector<ParameterStorage> first = parameterList(config_, one);
    if (!config_.moe)
      return first;
    std::vector<ParameterStorage> second = parameterList(config_, other);
    std::string inFirst = firstExpert(first, stored_), inSecond = firstExpert(second, stored_);
    mixed_ = !inFirst.empty() && !inSecond.empty();
    if (mixed_) {
      problems_.add("experts are stored in two layouts, expected one: '" + inFirst + "' " + std::string(describeStorage(one)) + ", '" +
                    inSecond + "' " + std::string(describeStorage(other)));
      for (const std::vector<ParameterStorage> *list : {&first, &second})
        for (const ParameterStorage &parameter : *list)
          if (isExpertsOrRouter(parameter))
            claimed_.insert(parameter.keys.begin(), parameter.keys.end());
    }
    return inSecond.empty() ? first : second;
  }

  void match(ParameterStorage &parameter) {
    if (parameter.kind == StorageKind::Alias) {
      parameter.dtype = layout_.find(parameter.keys.front())->dtype;
      return;
    }
    const bool blocks = parameter.kind == StorageKind::Mxfp4;
    if (blocks && parameter.shape.back() % mxfp4Block != 0)
      problems_.add("'" + parameter.keys[0] + "' cannot hold rows of " + std::to_string(parameter.shape.back()) +
                    " numbers, expected a multiple of " + std::to_string(mxfp4Block));
    if (isFp8(parameter))
      parameter.fp8Block = config_.fp8Block;
    const Dtypes dtypes = blocks ? Dtypes(blockDtypes) : parameter.fp8Block ? Dtypes(fp8Dtypes) : Dtypes(floatDtypes);
    const std::string *first = nullptr;
    for (std::size_t i = 0; i < parameter.keys.size(); ++i) {
      const std::string &key = parameter.keys[i];
      const Shape expected = parameter.sourceShape(i);
      auto entry = claim(key, expected);
      if (parameter.fp8Block) {
        const Shape scales = {ceilDiv(expected[0], (*parameter.fp8Block)[0]), ceilDiv(expected[1], (*parameter.fp8Block)[1])};
        if (auto scale = claim(fp8ScaleName(key), scales); scale != stored_.end())
          check(scale->first, scale->second, scales, scaleDtypes);
      }
      if (entry == stored_.end())
        continue;
      check(key, entry->second, expected, dtypes);
      if (!first) {
        first = &key;
        parameter.dtype = entry->second.dtype;
      } else if (parameter.dtype != entry->second.dtype) {
        problems_.add("'" + key + "' has dtype " + describeValue(entry->second.dtype) + ", expected " + describeValue(parameter.dtype) +
                      " as '" + *first + "', which becomes part of the same parameter");
      }
    }
  }

  /// Where the config allows it, the type of the first source that is there decides.
  bool isFp8(const ParameterStorage &parameter) const {
    if (!config_.fp8Block || parameter.float32 || parameter.sourceShape().size() != 2)
      return false;
    for (const std::string &key : parameter.keys)
      if (auto entry = stored_.find(key); entry != stored_.end())
        return entry->second.dtype == fp8Dtype;
    return false;
  }

  /// The tensor of that name, or the end and an entry among the missing ones.
  StoredTensors::const_iterator claim(const std::string &key, const Shape &expected) {
    auto entry = stored_.find(key);
    if (entry != stored_.end()) {
      claimed_.insert(key);
    } else {
      missing_.push_back(key);
      missingShapes_.push_back(expected);
    }
    return entry;
  }

  void matchTied(const ParameterStorage &head) {
    auto entry = stored_.find(tiedHead);
    if (entry == stored_.end())
      return;
    claimed_.insert(std::string(tiedHead));
    check(entry->first, entry->second, head.shape, floatDtypes);
    if (!head.dtype.empty() && entry->second.dtype != head.dtype)
      problems_.add("'lm_head.weight' has dtype " + describeValue(entry->second.dtype) + ", expected " + describeValue(head.dtype) +
                    " as model.embed_tokens.weight, to which it is tied");
    layout_.tiedCopy = std::string(tiedHead);
  }

  void check(const std::string &key, const StoredTensor &tensor, const Shape &expected, Dtypes dtypes) {
    if (tensor.shape != expected)
      problems_.add("'" + key + "' has shape " + describeShape(tensor.shape) + ", expected " + describeShape(expected));
    if (std::ranges::find(dtypes, tensor.dtype) != dtypes.end())
      return;
    std::string known;
    for (std::string_view dtype : dtypes)
      known += (known.empty() ? "'" : ", '") + std::string(dtype) + "'";
    problems_.add("'" + key + "' has dtype " + describeValue(tensor.dtype) + ", expected " + (dtypes.size() > 1 ? "one of " : "") + known);
  }

  // A missing tensor and an unexpected one are often the same, misspelt: each is offered the other's list.
  void reportUnpaired() {
    std::vector<std::string> unexpected;
    for (const auto &[name, tensor] : stored_) {
      if (claimed_.contains(name))
        continue;
      if (isObsoleteBuffer(name) || isUnused(name, config_))
        layout_.ignored.push_back(name);
      else
        unexpected.push_back(name);
    }
    for (std::size_t i = 0; i < missing_.size(); ++i)
      problems_.add(problems_.wantsMore() ? "missing tensor '" + missing_[i] + "' of shape " + describeShape(missingShapes_[i]) +
                                                nearestAmong("present", missing_[i], unexpected)
                                          : "");
    for (const std::string &name : unexpected)
      problems_.add(problems_.wantsMore() ? "unexpected tensor " + shownName(name) + " of shape " +
                                                describeShape(stored_.find(name)->second.shape) + nearestAmong("missing", name, missing_)
                                          : "");
  }

  const DecoderConfig &config_;
  const StoredTensors &stored_;
  ProblemList problems_;
  CheckpointLayout layout_;
  bool mixed_ = false;
  std::set<std::string, std::less<>> claimed_;
  std::vector<std::string> missing_;
  std::vector<Shape> missingShapes_;
};

} // namespace

Shape ParameterStorage::sourceShape(std::size_t i) const {
  switch (kind) {
  case StorageKind::Plain:
  case StorageKind::Alias:
    return shape;
  case StorageKind::Stack:
    return {shape[1], shape[2]};
  case StorageKind::StackOfConcat:
    return {shape[1] / 2, shape[2]};
  case StorageKind::Transposed:
    return {shape[0], shape[2], shape[1]};
  case StorageKind::Mxfp4:
    Shape source = {shape[0], shape[1], shape[2] / mxfp4Block};
    if (i == 0)
      source.push_back(mxfp4Bytes);
    return source;
  }
  return shape;
}

const ParameterStorage *CheckpointLayout::find(std::string_view name) const {
  auto found = std::find_if(parameters.begin(), parameters.end(), [&](const ParameterStorage &p) { return p.name == name; });
  return found == parameters.end() ? nullptr : &*found;
}

std::array<ExpertStorage, 2> expertStorages(const DecoderConfig &config) {
  if (config.modelType == "gpt_oss")
    return {ExpertStorage::Transposed, ExpertStorage::Mxfp4};
  return {ExpertStorage::PerExpert, ExpertStorage::Fused};
}

std::vector<TensorSpec> expectedTensors(const DecoderConfig &config, ExpertStorage experts) {
  std::vector<TensorSpec> specs;
  for (const ParameterStorage &parameter : parameterList(config, experts))
    if (parameter.kind != StorageKind::Alias)
      for (std::size_t i = 0; i < parameter.keys.size(); ++i)
        specs.push_back({parameter.keys[i], parameter.sourceShape(i), parameter.kind == StorageKind::Mxfp4 ? "U8" : ""});
  return specs;
}

Expected<CheckpointLayout> validateTensors(const DecoderConfig &config, const StoredTensors &stored, std::string_view where) {
  return Matcher(config, stored, where).run();
}

} // namespace veomni

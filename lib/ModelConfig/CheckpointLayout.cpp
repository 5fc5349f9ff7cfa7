// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Every parameter is looked up by itself, and everything that is wrong is reported at once: a checkpoint that does
// not fit is mostly one of another model, and the list shows which.
#include "veomni/ModelConfig/CheckpointLayout.h"

#include "veomni/ModelConfig/ConfigReader.h"
#include "veomni/runtime/ElementType.h"
#include "veomni/runtime/NearestName.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <iterator>
#include <set>

#include <fnmatch.h>

namespace veomni {

using recipe::DType;
using recipe::Step;
using recipe::Steps;

namespace {

using Dtypes = std::span<const std::string_view>;
constexpr std::string_view floatDtypes[] = {"F32", "BF16", "F16"};
constexpr std::string_view blockDtypes[] = {"U8"};
constexpr std::string_view fp8Dtype = "F8_E4M3", fp8Dtypes[] = {fp8Dtype}, scaleDtypes[] = {"F32", "BF16", "F16"};
/// Edit distances are quadratic: among more names than this a slip is not looked for.
constexpr std::size_t maxCandidates = 256;

constexpr std::int64_t ceilDiv(std::int64_t a, std::int64_t b) { return (a + b - 1) / b; }

bool isLoad(const Step &step) { return step.kind == recipe::StepKind::load; }

std::string describeShape(const Shape &shape) {
  constexpr std::size_t maxShown = 8; // the rank comes from the file
  std::string text = "[";
  for (std::size_t i = 0; i < std::min(shape.size(), maxShown); ++i)
    text += (i > 0 ? ", " : "") + std::to_string(shape[i]);
  return text + (shape.size() > maxShown ? ", ...]" : "]");
}

/// A name as a word of a command line; what others wrote may hold anything.
std::string shownGlob(std::string_view name) {
  std::string text(name.substr(0, 200));
  for (char &c : text)
    if (!std::isalnum(static_cast<unsigned char>(c)) && c != '.' && c != '_' && c != '-')
      c = '?';
  return "'" + text + "'";
}

std::string shownName(std::string_view name) { return describeValue(std::string(name.substr(0, 200))); }

// Buffers, not parameters: transformers drops them too (_adjust_missing_and_unexpected_keys in modeling_utils.py).
bool isObsoleteBuffer(std::string_view name) { return name.ends_with(".rotary_emb.inv_freq"); }

std::string nearestAmong(std::string_view label, const std::string &name, std::span<const std::string> candidates) {
  if (name.size() > maxCandidates)
    return {};
  std::string nearest = nearestName(name, candidates.first(std::min(candidates.size(), maxCandidates)));
  return nearest.empty() ? std::string() : " (nearest " + std::string(label) + ": '" + nearest + "')";
}

bool endsWithAny(std::string_view name, std::span<const std::string_view> suffixes) {
  return std::ranges::any_of(suffixes, [&](std::string_view suffix) { return name.ends_with(suffix); });
}

/// What checkpoints call the modules of a language model: `model` stands for `model.`, and `rest` in front of what is
/// not within it, as `lm_head`.
struct NameSpelling {
  std::string_view model, rest;
};

constexpr NameSpelling spellings[] = {
    {"model.", ""},
    {"", ""},                                     // saved from the base model
    {"model.language_model.", ""},                // the text model of a composite one
    {"language_model.model.", "language_model."}, // the same, from transformers 4
    {"language_model.", ""},                      // a composite base model
    {"thinker.model.", "thinker."},
};

constexpr std::string_view modelPrefix = "model.", embedding = "embed_tokens.weight", head = "lm_head.weight";

/// The spelling under which the embedding is there, or the first.
const NameSpelling &spellingOf(const HasTensor &hasTensor) {
  const auto *found = std::ranges::find_if(spellings, [&](const NameSpelling &spelling) {
    return hasTensor(std::string(spelling.model) + std::string(embedding));
  });
  return found == std::end(spellings) ? spellings[0] : *found;
}

std::string spelt(const NameSpelling &spelling, std::string_view name) {
  return name.starts_with(modelPrefix) ? std::string(spelling.model) + std::string(name.substr(modelPrefix.size()))
                                       : std::string(spelling.rest) + std::string(name);
}

/// Tensors beside those of a decoder, whichever it is.
constexpr std::pair<std::string_view, std::string_view> otherTensors[] = {
    {"v_head.", "a value head"},
    {"value_head.", "a value head"},
    {"score.", "a head for other tasks"},
    {"classifier.", "a head for other tasks"},
    {"lm_head.", "the head of a language model"},
    {"mtp.", "layers that predict further tokens"},
    {"model.mtp.", "layers that predict further tokens"},
    {"visual.", "a tower for images"},
    {"model.visual.", "a tower for images"},
    {"vision_tower.", "a tower for images"},
    {"vision_model.", "a tower for images"},
    {"model.vision_tower.", "a tower for images"},
    {"multi_modal_projector.", "a tower for images"},
    {"model.multi_modal_projector.", "a tower for images"},
    {"thinker.visual.", "a tower for images"},
    {"audio_tower.", "a tower for sound"},
    {"thinker.audio_tower.", "a tower for sound"},
    {"talker.", "what makes speech"},
    {"token2wav.", "what makes speech"},
    {"code2wav.", "what makes speech"},
};

/// The number of the layer in a name that begins `<prefix>layers.<number>.`.
std::optional<std::int64_t> layerIn(std::string_view name, std::string_view prefix) {
  if (!name.starts_with(prefix))
    return std::nullopt;
  name.remove_prefix(prefix.size());
  std::int64_t number = 0;
  auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
  if (error != std::errc() || end == name.data() + name.size() || *end != '.' || number < 0)
    return std::nullopt;
  return number;
}

class Matcher {
public:
  Matcher(const CheckpointRules &rules, std::span<const Parameter> parameters, const StoredTensors &stored,
          std::string_view where, std::span<const std::string> ignoredTensors)
      : rules_(rules), parameters_(parameters), stored_(stored), problems_{std::string(where)},
        spelling_(spellingOf([&](const std::string &name) { return stored.contains(name); })),
        ignoredTensors_(ignoredTensors) {
    for (const Parameter &parameter : parameters)
      if (std::optional<std::int64_t> layer = layerIn(parameter.name, "model.layers."))
        numLayers_ = std::max(numLayers_, *layer + 1);
  }

  Expected<CheckpointLayout> run() {
    const std::size_t way = chooseWay();
    for (const Parameter &parameter : parameters_)
      if (!mixed_ || !hasRule(parameter))
        match(parameter, recipeOf(way, parameter));
    if (rules_.tied)
      matchTied(*rules_.tied);
    reportUnpaired();
    if (!problems_.empty())
      return problems_.status();
    return std::move(layout_);
  }

private:
  /// The recipe of a parameter with the names that this checkpoint uses.
  Steps recipeOf(std::size_t way, const Parameter &parameter) const {
    Steps steps = storedRecipe(rules_, way, parameter);
    for (Step &step : steps)
      if (isLoad(step))
        step.key = spelt(spelling_, step.key);
    return steps;
  }

  /// Whether a way stores the parameter otherwise than plainly.
  bool hasRule(const Parameter &parameter) const {
    return std::ranges::any_of(rules_.ways, [&](const StorageWay &way) {
      return std::ranges::any_of(
          way.rules, [&](const StorageRule &rule) { return std::string_view(parameter.name).ends_with(rule.suffix); });
    });
  }

  /// The tensors of all that has a rule, if they were stored in that way.
  std::vector<std::string> tensorsOf(std::size_t way) const {
    std::vector<std::string> keys;
    for (const Parameter &parameter : parameters_)
      if (hasRule(parameter))
        for (const Step &step : recipeOf(way, parameter))
          if (isLoad(step))
            keys.push_back(step.key);
    return keys;
  }

  /// The way of which there is a tensor that no other way has.
  std::size_t chooseWay() {
    std::vector<std::vector<std::string>> keys;
    std::map<std::string_view, int> users;
    for (std::size_t way = 0; way < rules_.ways.size(); ++way)
      keys.push_back(tensorsOf(way));
    for (const std::vector<std::string> &list : keys)
      for (const std::string &key : list)
        ++users[key];
    struct Sign {
      std::size_t way;
      std::string key;
    };
    std::vector<Sign> signs;
    for (std::size_t way = 0; way < keys.size(); ++way) {
      auto sign = std::ranges::find_if(
          keys[way], [&](const std::string &key) { return users[key] == 1 && stored_.contains(key); });
      if (sign != keys[way].end())
        signs.push_back({way, *sign});
    }
    mixed_ = signs.size() > 1;
    if (mixed_) {
      std::string text = "experts are stored in two layouts, expected one: ";
      for (const Sign &sign : signs)
        text +=
            (&sign == &signs.front() ? "'" : ", '") + sign.key + "' " + std::string(rules_.ways[sign.way].description);
      problems_.add(text);
      for (const std::vector<std::string> &list : keys)
        claimed_.insert(list.begin(), list.end());
    }
    return signs.empty() ? wayByShapes() : signs.front().way;
  }

  /// The first way whose tensors are all there in the right shapes, or the first.
  std::size_t wayByShapes() const {
    for (std::size_t way = 0; way < rules_.ways.size(); ++way)
      if (std::ranges::all_of(parameters_, [&](const Parameter &parameter) {
            return !hasRule(parameter) || std::ranges::all_of(recipeOf(way, parameter), [&](const Step &step) {
              auto entry = isLoad(step) ? stored_.find(step.key) : stored_.end();
              return !isLoad(step) || (entry != stored_.end() && entry->second.shape == step.dims);
            });
          }))
        return way;
    return 0;
  }

  /// Looks for the tensors of a recipe, which then says of which types they are, and what makes of them the type that
  /// is asked for.
  void match(const Parameter &parameter, const Steps &steps) {
    Expected<recipe::ValueType> made = recipe::inferRecipe(steps);
    if (!made || made->dims != parameter.shape)
      problems_.add("'" + steps.front().key + "' cannot be of parameter '" + parameter.name + "': such tensors make " +
                    (made ? describeShape(made->dims) : made.status().message()) + ", expected " +
                    describeShape(parameter.shape));
    const bool fp8 = isFp8(parameter, steps), mixed = !fp8 && hasMixedFloats(steps);
    StoredParameter result{parameter, {}};
    std::string dtype; // of the first tensor that is there
    std::string first;
    for (Step step : steps) {
      if (!isLoad(step)) {
        result.recipe.push_back(std::move(step));
        continue;
      }
      const std::string key = step.key;
      const Shape shape = step.dims;
      const Dtypes dtypes = step.type == DType::u8 ? Dtypes(blockDtypes)
                            : fp8                  ? Dtypes(fp8Dtypes)
                                                   : Dtypes(floatDtypes);
      if (auto entry = claim(key, shape); entry != stored_.end()) {
        check(key, entry->second, shape, dtypes);
        if (first.empty()) {
          first = key;
          dtype = entry->second.dtype;
        } else if (dtype != entry->second.dtype && !mixed) {
          problems_.add("'" + key + "' has dtype " + describeValue(entry->second.dtype) + ", expected " +
                        describeValue(dtype) + " as '" + first + "', which becomes part of the same parameter");
        }
        step.type = programType(elementTypeNamed(entry->second.dtype).value_or(ElementType::f32)).value_or(DType::f32);
      }
      const DType stored = step.type;
      result.recipe.push_back(std::move(step));
      if (fp8)
        addScales(key, shape, result.recipe);
      else if (mixed && stored != parameter.type)
        result.recipe.push_back(recipe::cast(parameter.type));
    }
    if (Expected<recipe::ValueType> type = recipe::inferRecipe(result.recipe); type && type->type != parameter.type)
      result.recipe.push_back(recipe::cast(parameter.type));
    layout_.parameters.push_back(std::move(result));
  }

  /// Behind the load of an FP8 matrix.
  void addScales(const std::string &key, const Shape &shape, Steps &steps) {
    const auto [rows, columns] = *rules_.fp8Block;
    const std::string name = fp8ScaleName(key);
    Shape scales = {ceilDiv(shape[0], rows), ceilDiv(shape[1], columns)};
    DType type = DType::f32;
    if (auto scale = claim(name, scales); scale != stored_.end()) {
      check(name, scale->second, scales, scaleDtypes);
      type = programType(elementTypeNamed(scale->second.dtype).value_or(ElementType::f32)).value_or(DType::f32);
    }
    steps.push_back(recipe::load(name, std::move(scales), type));
    steps.push_back(recipe::dequantFp8(rows, columns));
  }

  /// Whether the tensors of a parameter are floats of several types, as in files that several tools wrote.
  bool hasMixedFloats(const Steps &steps) const {
    std::set<std::string_view> found;
    for (const Step &step : steps)
      if (auto entry = isLoad(step) && step.type != DType::u8 ? stored_.find(step.key) : stored_.end();
          entry != stored_.end())
        found.insert(entry->second.dtype);
    return found.size() > 1 && std::ranges::all_of(found, [](std::string_view dtype) {
             return std::ranges::find(floatDtypes, dtype) != std::end(floatDtypes);
           });
  }

  /// Where the config allows it, the type of the first tensor that is there decides.
  bool isFp8(const Parameter &parameter, const Steps &steps) const {
    if (!rules_.fp8Block || steps.front().dims.size() != 2 || endsWithAny(parameter.name, rules_.neverFp8))
      return false;
    for (const Step &step : steps)
      if (auto entry = stored_.find(step.key); isLoad(step) && entry != stored_.end())
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

  /// The copy of a tied parameter is not read.
  void matchTied(const StoredTwice &tied) { claimed_.insert(spelt(spelling_, tied.copy)); }

  void check(const std::string &key, const StoredTensor &tensor, const Shape &expected, Dtypes dtypes) {
    if (tensor.shape != expected)
      problems_.add("'" + key + "' has shape " + describeShape(tensor.shape) + ", expected " + describeShape(expected));
    if (std::ranges::find(dtypes, tensor.dtype) != dtypes.end())
      return;
    std::string known;
    for (std::string_view dtype : dtypes)
      known += (known.empty() ? "'" : ", '") + std::string(dtype) + "'";
    problems_.add("'" + key + "' has dtype " + describeValue(tensor.dtype) + ", expected " +
                  (dtypes.size() > 1 ? "one of " : "") + known);
  }

  /// What the tensor is, if the model needs none of its kind.
  std::optional<std::string> unreadKind(std::string_view name) const {
    if (std::ranges::any_of(ignoredTensors_, [&](const std::string &glob) {
          return ::fnmatch(glob.c_str(), std::string(name).c_str(), 0) == 0;
        }))
      return "what --ignore-tensor names";
    for (const UnreadTensors &unread : rules_.unread)
      if (name.starts_with(spelt(spelling_, unread.prefix)))
        return std::string(unread.what);
    for (const auto &[prefix, what] : otherTensors)
      if (name.starts_with(prefix))
        return std::string(what);
    if (layerIn(name, spelt(spelling_, "model.layers.")).value_or(-1) >= numLayers_)
      return "layers beyond num_hidden_layers = " + std::to_string(numLayers_);
    return std::nullopt;
  }

  // A missing tensor and an unexpected one are often the same, misspelt: each is offered the other's list.
  void reportUnpaired() {
    std::vector<std::string> unexpected;
    struct Unread {
      std::size_t count = 0;
      std::string first;
    };
    std::map<std::string, Unread> unread;
    for (const auto &[name, tensor] : stored_) {
      if (claimed_.contains(name))
        continue;
      std::optional<std::string> kind = isObsoleteBuffer(name) ? std::nullopt : unreadKind(name);
      if (!kind && !isObsoleteBuffer(name)) {
        unexpected.push_back(name);
        continue;
      }
      layout_.ignored.push_back(name);
      if (kind && unread[*kind].count++ == 0)
        unread[*kind].first = name;
    }
    for (const auto &[kind, found] : unread)
      layout_.notes.push_back("left out " + std::to_string(found.count) +
                              (found.count == 1 ? " tensor of " : " tensors of ") + kind + ": " +
                              shownName(found.first) + (found.count == 1 ? "" : ", ..."));
    for (std::size_t i = 0; i < missing_.size(); ++i)
      problems_.add(problems_.wantsMore()
                        ? "missing tensor '" + missing_[i] + "' of shape " + describeShape(missingShapes_[i]) +
                              nearestAmong("present", missing_[i], unexpected)
                        : "");
    for (const std::string &name : unexpected)
      problems_.add(
          problems_.wantsMore()
              ? "unexpected tensor " + shownName(name) + " of shape " +
                    describeShape(stored_.find(name)->second.shape) + nearestAmong("missing", name, missing_) +
                    (&name == &unexpected.front()
                         ? "; if the model does not need it, --ignore-tensor=" + shownGlob(name) + " leaves it out"
                         : std::string())
              : "");
  }

  const CheckpointRules &rules_;
  std::span<const Parameter> parameters_;
  const StoredTensors &stored_;
  ProblemList problems_;
  CheckpointLayout layout_;
  const NameSpelling &spelling_;
  std::span<const std::string> ignoredTensors_;
  std::int64_t numLayers_ = 0;
  bool mixed_ = false;
  std::set<std::string, std::less<>> claimed_;
  std::vector<std::string> missing_;
  std::vector<Shape> missingShapes_;
};

} // namespace

const StoredParameter *CheckpointLayout::find(std::string_view name) const {
  auto found = std::ranges::find_if(parameters, [&](const StoredParameter &p) { return p.parameter.name == name; });
  return found == parameters.end() ? nullptr : &*found;
}

std::vector<TensorSpec> expectedTensors(const CheckpointRules &rules, std::span<const Parameter> parameters,
                                        std::size_t way) {
  std::vector<TensorSpec> specs;
  for (const Parameter &parameter : parameters)
    for (const Step &step : storedRecipe(rules, way, parameter))
      if (isLoad(step))
        specs.push_back({step.key, step.dims, step.type == DType::u8 ? "U8" : ""});
  return specs;
}

bool hasLanguageModelHead(const HasTensor &hasTensor) { return hasTensor(storedName(hasTensor, head)); }

bool isBaseModel(const HasTensor &hasTensor) { return spellingOf(hasTensor).model.empty(); }

std::string storedName(const HasTensor &hasTensor, std::string_view name) { return spelt(spellingOf(hasTensor), name); }

Expected<CheckpointLayout> matchTensors(const CheckpointRules &rules, std::span<const Parameter> parameters,
                                        const StoredTensors &stored, std::string_view where,
                                        std::span<const std::string> ignoredTensors) {
  return Matcher(rules, parameters, stored, where, ignoredTensors).run();
}

} // namespace veomni

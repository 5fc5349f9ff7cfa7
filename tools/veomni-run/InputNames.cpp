// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Names of inputs in tensor files, and what is said of those that the program does not have.
#include "InputNames.h"

#include "veomni/runtime/NearestName.h"

#include <algorithm>
#include <string_view>

namespace veomni {

// What transformers' forward methods take, and the lengths of packed rows.
static constexpr std::string_view argumentNames[] = {
    "input_ids",
    "attention_mask",
    "position_ids",
    "labels",
    "cu_seqlens",
    "inputs_embeds",
    "token_type_ids",
    "cache_position",
    "pixel_values",
    "pixel_mask",
    "image_grid_thw",
    "pixel_values_videos",
    "video_grid_thw",
    "second_per_grid_ts",
    "image_sizes",
    "rope_deltas",
    "mm_token_type_ids",
    "input_features",
    "input_values",
    "feature_attention_mask",
    "audio_feature_lengths",
    "cu_seq_lens_q",
    "cu_seq_lens_k",
    "max_length_q",
    "max_length_k",
};

// Arguments that change what is computed for the same tokens: to leave one out is to compute something else.
static constexpr std::string_view changingNames[] = {"logits_to_keep", "num_items_in_batch"};

// What entries of any model return.
static constexpr std::string_view resultNames[] = {"logits", "loss", "aux_loss"};

// Groups of results in a golden file or in what the tools write, before a dot.
static constexpr std::string_view resultGroups[] = {"output",   "grad",          "aux",          "bf16",
                                                    "generate", "hidden_states", "router_logits"};

static constexpr std::string_view inputPrefix = "input.";

static bool contains(std::span<const std::string_view> names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}

static bool isResult(std::string_view name, const EntryInfo &entry) {
  for (const PortInfo &output : entry.outputs)
    if (output.name == name)
      return true;
  size_t dot = name.find('.');
  return dot == name.npos ? contains(resultNames, name) : contains(resultGroups, name.substr(0, dot));
}

std::vector<std::string> inputNames(const EntryInfo &entry) {
  std::vector<std::string> names;
  bool acceptsCuSeqlens = false;
  for (const PortInfo &input : entry.inputs) {
    names.push_back(input.name);
    acceptsCuSeqlens |= input.acceptsCuSeqlens;
  }
  if (acceptsCuSeqlens)
    names.emplace_back("cu_seqlens");
  return names;
}

Expected<std::vector<std::string>> inputsOfOthers(const Checkpoint &file, const EntryInfo &entry) {
  const std::vector<std::string> taken = inputNames(entry);
  std::vector<std::string> others;
  for (const TensorInfo &tensor : file) {
    std::string_view name = tensor.name;
    bool prefixed = name.starts_with(inputPrefix);
    if (prefixed)
      name.remove_prefix(inputPrefix.size());
    if (std::ranges::find(taken, name) != taken.end() || (!prefixed && isResult(name, entry)))
      continue;
    if (contains(changingNames, name))
      return Status::error(file.path() + ": tensor " + tensor.name +
                           " changes what is computed, and the program does not take it");
    if (contains(argumentNames, name)) {
      others.push_back(tensor.name);
      continue;
    }
    // The program's own inputs first: they are the likelier ones of two that are as near.
    std::vector<std::string> candidates;
    for (const std::string &input : taken)
      candidates.insert(candidates.end(), {input, std::string(inputPrefix) + input});
    for (std::string_view argument : argumentNames)
      candidates.insert(candidates.end(), {std::string(argument), std::string(inputPrefix).append(argument)});
    std::string nearest = nearestName(tensor.name, candidates), all;
    for (const std::string &input : taken)
      all += (all.empty() ? "" : ", ") + input;
    return Status::error(file.path() + ": tensor " + tensor.name + ": no program takes such an input" +
                         (nearest.empty() ? "; this one takes " + all : ", did you mean " + nearest + "?"));
  }
  return others;
}

} // namespace veomni

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// models/glm_moe_dsa/configuration_glm_moe_dsa.py, modeling_glm_moe_dsa.py
#include "LatentMoe.h"

#include <algorithm>
#include <iterator>

namespace veomni {

namespace {

/// One of two words per layer; nothing if the key is absent, null or wrong.
std::optional<std::vector<bool>> readLayerWords(ConfigReader &reader, const TextConfig &text, std::string_view key,
                                                const std::string &falseWord, const std::string &trueWord) {
  std::optional<std::vector<std::string>> words = reader.nullableStrings(key);
  if (!words)
    return std::nullopt;
  if (words->size() != text.layers.size()) {
    if (!reader.hasProblems())
      reader.problem(key, "expected num_hidden_layers = " + std::to_string(text.layers.size()) + " entries, found " +
                              std::to_string(words->size()));
    return std::nullopt;
  }
  std::vector<bool> result;
  for (const std::string &word : *words) {
    if (word != falseWord && word != trueWord)
      reader.problem(key, "entry " + std::to_string(result.size()) + " is " + describeValue(word) + ", expected '" +
                              falseWord + "' or '" + trueWord + "'");
    result.push_back(word == trueWord);
  }
  return result;
}

/// Without mlp_layer_types the first three layers are dense, whatever first_k_dense_replace says: a file in which it
/// says otherwise is of another model.
void readMlpTypes(ConfigReader &reader, TextConfig &text, const ExpertsConfig &moe) {
  std::optional<std::vector<bool>> types = readLayerWords(reader, text, "mlp_layer_types", "dense", "sparse");
  std::int64_t dense = 0;
  for (std::size_t i = 0; i < text.layers.size(); ++i) {
    bool sparse = types ? (*types)[i] : i >= 3;
    dense += sparse ? 0 : 1;
    if (!sparse)
      continue;
    text.layers[i].mlp = MlpKind::Sparse;
    text.experts = moe;
  }
  bool denseFirst = std::is_partitioned(text.layers.begin(), text.layers.end(),
                                        [](const LayerConfig &layer) { return layer.mlp == MlpKind::Dense; });
  if (reader.has("first_k_dense_replace") && !reader.hasProblems()) {
    std::int64_t said = std::min(reader.integer("first_k_dense_replace", 3, {}), text.numLayers());
    if (!reader.hasProblems() && (said != dense || !denseFirst))
      reader.problem("first_k_dense_replace",
                     "transformers does not read it, and takes " + std::to_string(dense) + " layers as dense");
  }
  reader.ignore("first_k_dense_replace");
}

/// "shared" in indexer_types, or what follows without it from index_topk_pattern or index_topk_freq.
void readIndexerTypes(ConfigReader &reader, TextConfig &text) {
  std::optional<std::vector<bool>> shared = readLayerWords(reader, text, "indexer_types", "full", "shared");
  bool given = reader.has("indexer_types");
  if (!given && reader.has("index_topk_pattern")) {
    std::string pattern = reader.requiredString("index_topk_pattern").value_or("");
    if (pattern.size() != text.layers.size() || pattern.find_first_not_of("FS") != std::string::npos) {
      if (!reader.hasProblems())
        reader.problem("index_topk_pattern", "expected a letter F (full) or S (shared) for each of " +
                                                 std::to_string(text.layers.size()) + " layers");
    } else {
      shared.emplace();
      for (char letter : pattern)
        shared->push_back(letter == 'S');
    }
  } else if (!given) {
    std::int64_t every = reader.integer("index_topk_freq", 1, {1, layerCountRange.max});
    shared.emplace();
    for (std::int64_t i = 0; i < text.numLayers(); ++i)
      shared->push_back(std::max<std::int64_t>(i - 1, 0) % every != 0);
  }
  for (std::string_view key : {"index_topk_pattern", "index_topk_freq"})
    reader.ignore(key);
  // The first layer has nobody to take keys from, and chooses itself.
  for (std::size_t i = 1; shared && i < text.layers.size(); ++i)
    text.layers[i].sharesKeys = (*shared)[i];
}

void readIndexer(ConfigReader &reader, TextConfig &text) {
  IndexerConfig &indexer = text.attention.indexer.emplace();
  indexer.numHeads = reader.integer("index_n_heads", 32, headCountRange);
  indexer.headDim = reader.integer("index_head_dim", 128, headDimRange);
  indexer.topK = reader.integer("index_topk", 2048, widthRange);
  // transformers 5.9.0 knows no other way than to turn halves; the key is of later releases.
  indexer.ropeInterleaved = reader.boolean("indexer_rope_interleave", false);
  if (!reader.hasProblems() && indexer.headDim < text.attention.headDim)
    reader.problem("index_head_dim",
                   "expected at least qk_rope_head_dim = " + std::to_string(text.attention.headDim) + ", which turns");
  readIndexerTypes(reader, text);
}

} // namespace

void readGlmMoeDsa(ConfigReader &reader, ModelConfig &config) {
  constexpr LatentMoeDefaults defaults = {
      .queryRank = 2048, .passDim = 192, .valueDim = 256, .numGroups = 1, .groupsPerToken = 1};
  readCommon(reader, config, {.maxPositionEmbeddings = 202752, .rmsNormEps = 1e-5, .eosTokenId = 1});
  TextConfig &text = config.text;
  text.attention.numKeyValueHeads = reader.integer("num_key_value_heads", 64, headCountRange);
  readLatentAttention(reader, text, defaults);
  text.attention.latent->ropeScalesScores = false;
  readIndexer(reader, text);
  // transformers makes indexers for layers that take the keys of another, too.
  for (std::size_t i = 0; i < text.layers.size(); ++i)
    if (text.layers[i].sharesKeys)
      config.checkpoint.unread.push_back({"model.layers." + std::to_string(i) + ".self_attn.indexer.",
                                          "indexers of layers that take the keys of another"});
  ExpertsConfig moe = readGroupedMoe(reader, defaults);
  readMlpTypes(reader, text, moe);
  if (text.experts && !reader.hasProblems())
    checkGroupedMoe(reader, moe);
  describeGroupedMoe(config);
  readAuthorsKeys(reader, config);
}

} // namespace veomni

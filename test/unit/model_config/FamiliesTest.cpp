// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Configurations of all families, published ones among them.
#include "Fixtures.h"

using namespace veomni;
using namespace veomni::test;
using nlohmann::json;

namespace {

std::vector<AttentionKind> attentionOf(const ModelConfig &config) {
  std::vector<AttentionKind> kinds;
  for (const LayerConfig &layer : config.text.layers)
    kinds.push_back(layer.attention);
  return kinds;
}

std::vector<MlpKind> mlpOf(const ModelConfig &config) {
  std::vector<MlpKind> kinds;
  for (const LayerConfig &layer : config.text.layers)
    kinds.push_back(layer.mlp);
  return kinds;
}

constexpr AttentionKind full = AttentionKind::Full, sliding = AttentionKind::Sliding, linear = AttentionKind::Linear;
constexpr MlpKind dense = MlpKind::Dense, sparse = MlpKind::Sparse;

TEST(Families, EveryReferenceConfigParses) {
  for (std::string_view name : cases)
    parsed(readConfig(name));
}

TEST(Families, BothSpellingsMeanTheSame) {
  for (std::string_view name : legacyCases) {
    json legacy = json::parse(readFixture("goldens/" + std::string(name) + "/config.legacy.json"));
    EXPECT_TRUE(parsed(legacy) == parsed(readConfig(name))) << name;
  }
}

TEST(Families, Llama) {
  ModelConfig c = parsed(readConfig("llama"));
  EXPECT_EQ(c.modelType, "llama");
  EXPECT_EQ(c.architecture, "LlamaForCausalLM");
  EXPECT_EQ(c.text.embedding.vocabSize, 151);
  EXPECT_EQ(c.text.hiddenSize, 64);
  EXPECT_EQ(c.text.mlp.width, 108);
  EXPECT_EQ(c.text.numLayers(), 3);
  EXPECT_EQ(c.text.attention.numHeads, 4);
  EXPECT_EQ(c.text.attention.numKeyValueHeads, 2);
  EXPECT_EQ(c.text.attention.headDim, 20);
  EXPECT_EQ(c.text.maxPositionEmbeddings, 256);
  EXPECT_EQ(c.text.mlp.activation, Activation::Silu);
  EXPECT_EQ(c.text.norm.epsilon, 1e-3);
  EXPECT_FALSE(c.text.head.tied || c.text.attention.queryKeyValueBias || c.text.attention.outputBias ||
               c.text.mlp.bias || c.text.attention.queryKeyNorm);
  EXPECT_EQ(attentionOf(c), (std::vector{full, full, full}));
  EXPECT_EQ(mlpOf(c), (std::vector{dense, dense, dense}));
  EXPECT_EQ(c.text.attention.slidingWindow, std::nullopt);
  EXPECT_EQ(c.text.rope.parameters.type, RopeType::Llama3);
  EXPECT_EQ(c.text.rope.parameters.theta, 500000);
  EXPECT_EQ(c.text.rope.parameters.factor, 8);
  EXPECT_EQ(c.text.rope.parameters.lowFreqFactor, 1);
  EXPECT_EQ(c.text.rope.parameters.highFreqFactor, 4);
  EXPECT_EQ(c.text.rope.parameters.originalMaxPositionEmbeddings, 64);
  EXPECT_FALSE(c.text.experts);
  EXPECT_EQ(c.dtype, "float32");
  EXPECT_EQ(c.eosTokenIds, std::vector<std::int64_t>{2});
}

TEST(Families, NormsNeedAnEpsilonThatFloat32Holds) {
  for (std::string_view name : cases)
    for (double epsilon : {0.0, 1e-300}) {
      json config = readConfig(name);
      const bool isComposite = config.contains("text_config");
      (isComposite ? config["text_config"] : config)["rms_norm_eps"] = epsilon;
      EXPECT_EQ(errorOf(config), std::string("config.json: '") + (isComposite ? "text_config." : "") +
                                     "rms_norm_eps' = " + json(epsilon).dump() + ": expected a number in [1e-30, 1]");
    }
}

TEST(Families, LlamaBiasesAndActivation) {
  ModelConfig c = parsed(readConfig("llama_mha"));
  EXPECT_TRUE(c.text.attention.queryKeyValueBias && c.text.attention.outputBias && c.text.mlp.bias);
  EXPECT_EQ(c.text.mlp.activation, Activation::Gelu);
  EXPECT_EQ(activationName(c.text.mlp.activation), "gelu");
}

TEST(Families, LlamaDefaults) {
  ModelConfig c = parsed({{"model_type", "llama"},
                          {"vocab_size", 10},
                          {"hidden_size", 24},
                          {"intermediate_size", 5},
                          {"num_hidden_layers", 1},
                          {"num_attention_heads", 4}});
  EXPECT_EQ(c.architecture, "LlamaForCausalLM");
  EXPECT_EQ(c.text.attention.numKeyValueHeads, 4);
  EXPECT_EQ(c.text.attention.headDim, 6);
  EXPECT_EQ(c.text.maxPositionEmbeddings, 2048);
  EXPECT_EQ(c.text.norm.epsilon, 1e-6);
  EXPECT_EQ(c.text.rope.parameters, RopeParameters());
  EXPECT_EQ(c.dtype, "");
  EXPECT_EQ(c.eosTokenIds, std::vector<std::int64_t>{2});
}

TEST(Families, Qwen2HasFixedBiases) {
  ModelConfig c = parsed(readConfig("qwen2"));
  EXPECT_TRUE(c.text.attention.queryKeyValueBias && c.text.head.tied);
  EXPECT_FALSE(c.text.attention.outputBias || c.text.mlp.bias || c.text.attention.queryKeyNorm);
  EXPECT_EQ(c.text.attention.headDim, 14);
  json config = readConfig("qwen2");
  config["attention_bias"] = false;
  EXPECT_EQ(
      errorOf(config),
      "config.json: 'attention_bias' = false: not supported, expected true: qwen2 has biases in the query, key and "
      "value projections and nowhere else");
}

TEST(Families, Qwen3SlidesAfterMaxWindowLayers) {
  json config = readConfig("qwen3_sliding");
  ModelConfig c = parsed(config);
  EXPECT_TRUE(c.text.attention.queryKeyNorm && c.text.attention.queryKeyValueBias && c.text.attention.outputBias);
  EXPECT_EQ(attentionOf(c), (std::vector{full, sliding, sliding}));
  EXPECT_EQ(c.text.attention.slidingWindow, 5);
  config.erase("layer_types");
  EXPECT_TRUE(parsed(config) == c);
  config["layer_types"] = nullptr;
  EXPECT_TRUE(parsed(config) == c);
  config["use_sliding_window"] = false;
  EXPECT_EQ(parsed(config).text.attention.slidingWindow, std::nullopt);
  EXPECT_EQ(attentionOf(parsed(config)), (std::vector{full, full, full}));
}

TEST(Families, Qwen3LayerTypesAreChecked) {
  json config = readConfig("qwen3_sliding");
  config["layer_types"] = {"full_attention", "sliding_attention"};
  EXPECT_NE(errorOf(config).find(
                "'layer_types' = [\"full_attention\",\"sliding_attention\"]: expected num_hidden_layers = 3 entries, "
                "found 2"),
            std::string::npos);
  config["layer_types"] = {"full_attention", "sliding_attention", "chunked_attention"};
  EXPECT_NE(errorOf(config).find("entry 2 is \"chunked_attention\", expected 'full_attention' or 'sliding_attention'"),
            std::string::npos);
  config["layer_types"] = {"full_attention", "full_attention", "sliding_attention"};
  config["use_sliding_window"] = false;
  EXPECT_NE(errorOf(config).find("a layer slides, but there is no window"), std::string::npos);
}

TEST(Families, SeedOssSeparatesItsBiases) {
  json config = readConfig("seed_oss");
  EXPECT_TRUE(parsed(config).text.attention.outputBias);
  config.erase("attention_out_bias");
  config.erase("attention_bias");
  config.erase("mlp_bias");
  config.erase("head_dim");
  ModelConfig c = parsed(config);
  EXPECT_TRUE(c.text.attention.queryKeyValueBias);
  EXPECT_FALSE(c.text.attention.outputBias || c.text.mlp.bias);
  EXPECT_EQ(c.text.attention.headDim, 128);
  config["head_dim"] = nullptr;
  EXPECT_EQ(parsed(config).text.attention.headDim, 16);
}

TEST(Families, Mixtral) {
  json config = readConfig("mixtral");
  ModelConfig c = parsed(config);
  EXPECT_EQ(mlpOf(c), (std::vector{sparse, sparse, sparse}));
  EXPECT_EQ(*c.text.experts, (ExpertsConfig{6, 2, 28, true, RoutingWeightType::Float32, 0.02, true}));
  EXPECT_EQ(c.text.rope.parameters.theta, 1e6);
  EXPECT_EQ(c.text.attention.slidingWindow, std::nullopt);
  config["sliding_window"] = 9;
  EXPECT_EQ(parsed(config).text.attention.slidingWindow, 9);
  EXPECT_EQ(attentionOf(parsed(config)), (std::vector{sliding, sliding, sliding}));
  for (const char *key :
       {"rope_parameters", "rms_norm_eps", "head_dim", "router_aux_loss_coef", "output_router_logits"})
    config.erase(key);
  c = parsed(config);
  EXPECT_EQ(c.text.rope.parameters.theta, 1e6);
  EXPECT_EQ(c.text.norm.epsilon, 1e-5);
  EXPECT_EQ(c.text.attention.headDim, 12);
  EXPECT_EQ(c.text.experts->routerAuxLossCoef, 0.001);
  EXPECT_FALSE(c.text.experts->outputRouterLogits);
}

TEST(Families, Qwen3Moe) {
  json config = readConfig("qwen3_moe");
  ModelConfig c = parsed(config);
  EXPECT_EQ(mlpOf(c), (std::vector{sparse, dense, sparse}));
  EXPECT_EQ(*c.text.experts, (ExpertsConfig{8, 2, 20, true, RoutingWeightType::Activation, 0.02, true}));
  EXPECT_FALSE(parsed(readConfig("qwen3_moe_raw")).text.experts->renormalizeTopK);
  config["mlp_only_layers"] = json::array();
  config["decoder_sparse_step"] = 2;
  EXPECT_EQ(mlpOf(parsed(config)), (std::vector{dense, sparse, dense}));
  config.erase("norm_topk_prob");
  EXPECT_FALSE(parsed(config).text.experts->renormalizeTopK);
  config["output_router_logits"] = false;
  config["mlp_only_layers"] = {0, 1, 2, 3};
  EXPECT_FALSE(parsed(config).text.experts);
}

TEST(Families, Qwen3MoeSlidesInAllLayers) {
  json config = readConfig("qwen3_moe");
  config["sliding_window"] = 7;
  EXPECT_EQ(parsed(config).text.attention.slidingWindow, std::nullopt);
  config["use_sliding_window"] = true;
  EXPECT_EQ(attentionOf(parsed(config)), (std::vector{sliding, sliding, sliding}));
  EXPECT_EQ(parsed(config).text.attention.slidingWindow, 7);
}

TEST(Families, DeepseekV3) {
  json config = readConfig("deepseek_v3");
  ModelConfig c = parsed(config);
  EXPECT_EQ(*c.text.attention.latent, (LatentAttentionConfig{28, 20, 12, 10}));
  EXPECT_EQ(c.text.attention.headDim, 8);
  EXPECT_TRUE(c.text.rope.interleaved);
  EXPECT_FALSE(c.text.attention.queryKeyValueBias || c.text.attention.outputBias || c.text.mlp.bias);
  EXPECT_EQ(mlpOf(c), (std::vector{dense, sparse, sparse}));
  ExpertsConfig moe{8, 3, 18, true, RoutingWeightType::Float32, 0, false, GroupRoutingConfig{4, 2, 2.5}, 18};
  EXPECT_EQ(*c.text.experts, moe);
  EXPECT_EQ(c.text.classes.sparseBlock, "MoE");
  EXPECT_EQ(c.text.classes.router, "TopkRouter");
  EXPECT_EQ(c.text.classes.experts, "NaiveMoe");
  EXPECT_EQ(c.checkpoint.unread.back().prefix, "model.layers.3.");

  ModelConfig other = parsed(readConfig("deepseek_v3_noqlora"));
  EXPECT_EQ(*other.text.attention.latent, (LatentAttentionConfig{std::nullopt, 20, 12, 10}));
  EXPECT_TRUE(other.text.attention.queryKeyValueBias && other.text.attention.outputBias);
  EXPECT_FALSE(other.text.rope.interleaved || other.text.experts->renormalizeTopK);
  EXPECT_EQ(other.text.experts->sharedWidth, 36);

  config["num_key_value_heads"] = nullptr;
  EXPECT_TRUE(parsed(config) == c);
  config.erase("n_routed_experts");
  config["num_local_experts"] = 8;
  EXPECT_TRUE(parsed(config) == c);
  config["first_k_dense_replace"] = 3;
  EXPECT_FALSE(parsed(config).text.experts);
  config["num_nextn_predict_layers"] = 0;
  EXPECT_TRUE(parsed(config).checkpoint.unread.empty());
}

// The published file, but for what says how its weights are quantised.
TEST(Families, DeepseekV3AsPublished) {
  json config = json::parse(R"({
    "architectures": ["DeepseekV3ForCausalLM"], "attention_bias": false, "attention_dropout": 0.0, "auto_map": {"AutoConfig": "x"},
    "aux_loss_alpha": 0.001, "bos_token_id": 0, "eos_token_id": 1, "ep_size": 1, "first_k_dense_replace": 3, "hidden_act": "silu",
    "hidden_size": 7168, "initializer_range": 0.02, "intermediate_size": 18432, "kv_lora_rank": 512, "max_position_embeddings": 163840,
    "model_type": "deepseek_v3", "moe_intermediate_size": 2048, "moe_layer_freq": 1, "n_group": 8, "n_routed_experts": 256,
    "n_shared_experts": 1, "norm_topk_prob": true, "num_attention_heads": 128, "num_experts_per_tok": 8, "num_hidden_layers": 61,
    "num_key_value_heads": 128, "num_nextn_predict_layers": 1, "pretraining_tp": 1, "q_lora_rank": 1536, "qk_nope_head_dim": 128,
    "qk_rope_head_dim": 64, "rms_norm_eps": 1e-06, "rope_scaling": {"beta_fast": 32, "beta_slow": 1, "factor": 40, "mscale": 1.0,
    "mscale_all_dim": 1.0, "original_max_position_embeddings": 4096, "type": "yarn"}, "rope_theta": 10000, "routed_scaling_factor": 2.5,
    "scoring_func": "sigmoid", "seq_aux": true, "tie_word_embeddings": false, "topk_group": 4, "topk_method": "noaux_tc",
    "torch_dtype": "bfloat16", "transformers_version": "4.33.1", "use_cache": true, "v_head_dim": 128, "vocab_size": 129280})");
  ModelConfig c = parsed(config);
  EXPECT_EQ(*c.text.attention.latent, (LatentAttentionConfig{1536, 512, 128, 128}));
  // Its defaults are those of the class.
  for (const char *key :
       {"q_lora_rank", "kv_lora_rank", "qk_nope_head_dim", "qk_rope_head_dim", "v_head_dim", "n_group", "topk_group",
        "n_routed_experts", "n_shared_experts", "num_experts_per_tok", "moe_intermediate_size", "norm_topk_prob",
        "routed_scaling_factor", "first_k_dense_replace", "num_key_value_heads", "attention_bias", "eos_token_id"})
    config.erase(key);
  EXPECT_TRUE(parsed(config) == c);
  // The published checkpoint is FP8.
  EXPECT_FALSE(parsed(config).checkpoint.fp8Block);
  config["quantization_config"] = {
      {"activation_scheme", "dynamic"}, {"fmt", "e4m3"}, {"quant_method", "fp8"}, {"weight_block_size", {128, 64}}};
  EXPECT_EQ(parsed(config).checkpoint.fp8Block, (std::array<std::int64_t, 2>{128, 64}));
}

TEST(Families, DeepseekV3RefusesOtherMaths) {
  auto errorWith = [](const char *key, json value) {
    json config = readConfig("deepseek_v3");
    config[key] = std::move(value);
    return errorOf(config);
  };
  EXPECT_EQ(errorWith("n_group", 3),
            "config.json: 'n_group' = 3: expected groups of equal size, at least 2, of the 8 experts");
  EXPECT_EQ(errorWith("n_group", 8),
            "config.json: 'n_group' = 8: expected groups of equal size, at least 2, of the 8 experts");
  EXPECT_EQ(errorWith("topk_group", 5), "config.json: 'topk_group' = 5: expected at most n_group = 4");
  EXPECT_EQ(errorWith("num_experts_per_tok", 5),
            "config.json: 'num_experts_per_tok' = 5: expected at most the 4 experts of topk_group groups");
  EXPECT_EQ(errorWith("num_key_value_heads", 2), "config.json: 'num_key_value_heads' = 2: expected num_attention_heads "
                                                 "= 4: every head has its own keys and values");
  EXPECT_EQ(errorWith("head_dim", 19), "config.json: 'head_dim' = 19: expected 8, which is qk_rope_head_dim, or "
                                       "qk_nope_head_dim = 12, or their sum");
  EXPECT_EQ(errorWith("qk_head_dim", 21),
            "config.json: 'qk_head_dim' = 21: expected 20, which is qk_nope_head_dim + qk_rope_head_dim");
  EXPECT_EQ(
      errorWith("scoring_func", "softmax"),
      "config.json: 'scoring_func' = \"softmax\": not supported, expected \"sigmoid\": deepseek_v3 scores by sigmoid");
  EXPECT_NE(errorWith("topk_method", "greedy").find("expected \"noaux_tc\""), std::string::npos);
  EXPECT_NE(errorWith("moe_layer_freq", 2).find("expected 1"), std::string::npos);
  EXPECT_NE(errorWith("n_shared_experts", 0).find("expected an integer in [1, 65536]"), std::string::npos);
  EXPECT_NE(errorWith("qk_nope_head_dim", nullptr).find("expected an integer"), std::string::npos);
}

TEST(Families, GlmMoeDsa) {
  auto sharing = [](const ModelConfig &config) {
    std::vector<bool> result;
    for (const LayerConfig &layer : config.text.layers)
      result.push_back(layer.sharesKeys);
    return result;
  };
  json config = readConfig("glm_moe_dsa");
  ModelConfig c = parsed(config);
  EXPECT_EQ(*c.text.attention.latent, (LatentAttentionConfig{28, 20, 12, 10, false}));
  EXPECT_EQ(*c.text.attention.indexer, (IndexerConfig{7, 12, 6, false}));
  EXPECT_EQ(c.text.attention.headDim, 8);
  EXPECT_FALSE(c.text.rope.interleaved || c.text.attention.queryKeyValueBias || c.text.attention.outputBias);
  EXPECT_EQ(mlpOf(c), (std::vector{dense, sparse, sparse}));
  EXPECT_EQ(sharing(c), (std::vector{false, true, false}));
  ExpertsConfig moe{8, 3, 18, true, RoutingWeightType::Float32, 0, false, GroupRoutingConfig{1, 1, 2.5}, 18};
  EXPECT_EQ(*c.text.experts, moe);
  EXPECT_EQ(c.text.classes.sparseBlock, "MoE");
  EXPECT_EQ(c.text.classes.router, "TopkRouter");
  EXPECT_EQ(c.text.classes.experts, "NaiveMoe");
  EXPECT_EQ(c.checkpoint.unread.back().prefix, "model.layers.3.");

  // Other ways to say which layers choose keys.
  for (const char *key : {"indexer_types", "mlp_layer_types", "first_k_dense_replace"})
    config.erase(key);
  EXPECT_EQ(sharing(parsed(config)), (std::vector{false, false, false}));
  EXPECT_FALSE(parsed(config).text.experts) << "the first three layers";
  config["index_topk_freq"] = 2;
  EXPECT_EQ(sharing(parsed(config)), (std::vector{false, false, true}));
  config["index_topk_pattern"] = "SSF";
  EXPECT_EQ(sharing(parsed(config)), (std::vector{false, true, false}))
      << "the first layer has nobody to take keys from";
  config["indexer_types"] = {"full", "full", "shared"};
  EXPECT_EQ(sharing(parsed(config)), (std::vector{false, false, true}));
  // Keys of later releases.
  config["rope_interleave"] = config["indexer_rope_interleave"] = true;
  EXPECT_TRUE(parsed(config).text.rope.interleaved && parsed(config).text.attention.indexer->ropeInterleaved);
}

// With the keys that the authors' own code writes, and the sizes of the class.
TEST(Families, GlmMoeDsaAsItsAuthorsWriteIt) {
  json config = json::parse(R"({
    "architectures": ["GlmMoeDsaForCausalLM"], "attention_bias": false, "attention_dropout": 0.0, "dtype": "bfloat16",
    "eos_token_id": [154820, 154827, 154829], "ep_size": 1, "first_k_dense_replace": 3, "hidden_act": "silu", "head_dim": 64,
    "hidden_size": 6144, "index_head_dim": 128, "index_n_heads": 32, "index_topk": 2048, "indexer_rope_interleave": true,
    "initializer_range": 0.02, "intermediate_size": 12288, "kv_lora_rank": 512, "max_position_embeddings": 202752, "moe_intermediate_size": 2048,
    "moe_layer_freq": 1, "model_type": "glm_moe_dsa", "n_group": 1, "n_routed_experts": 256, "n_shared_experts": 1, "norm_topk_prob": true,
    "num_attention_heads": 64, "num_experts_per_tok": 8, "num_hidden_layers": 78, "num_key_value_heads": 64, "num_nextn_predict_layers": 1,
    "pad_token_id": 154820, "pretraining_tp": 1, "q_lora_rank": 2048, "qk_head_dim": 256, "qk_nope_head_dim": 192, "qk_rope_head_dim": 64,
    "rms_norm_eps": 1e-05, "rope_interleave": true, "rope_parameters": {"rope_theta": 1000000, "rope_type": "default"},
    "routed_scaling_factor": 2.5, "scoring_func": "sigmoid", "tie_word_embeddings": false, "topk_group": 1, "topk_method": "noaux_tc",
    "transformers_version": "5.0.2", "use_cache": true, "v_head_dim": 256, "vocab_size": 154880})");
  ModelConfig c = parsed(config);
  EXPECT_EQ(*c.text.attention.latent, (LatentAttentionConfig{2048, 512, 192, 256, false}));
  EXPECT_EQ(*c.text.attention.indexer, (IndexerConfig{32, 128, 2048, true}));
  EXPECT_EQ(c.text.layers[2].mlp, MlpKind::Dense);
  EXPECT_EQ(c.text.layers[3].mlp, MlpKind::Sparse);
  // Its defaults are those of the class.
  for (const char *key : {"q_lora_rank",
                          "kv_lora_rank",
                          "qk_nope_head_dim",
                          "qk_rope_head_dim",
                          "v_head_dim",
                          "n_group",
                          "topk_group",
                          "n_routed_experts",
                          "n_shared_experts",
                          "num_experts_per_tok",
                          "moe_intermediate_size",
                          "norm_topk_prob",
                          "routed_scaling_factor",
                          "first_k_dense_replace",
                          "num_key_value_heads",
                          "attention_bias",
                          "index_head_dim",
                          "index_n_heads",
                          "index_topk",
                          "rms_norm_eps",
                          "max_position_embeddings"})
    config.erase(key);
  EXPECT_TRUE(parsed(config) == c);
}

TEST(Families, GlmMoeDsaRefusesOtherMaths) {
  auto errorWith = [](const char *key, json value) {
    json config = readConfig("glm_moe_dsa");
    if (std::string_view(key).starts_with("index_topk_"))
      config.erase("indexer_types");
    config[key] = std::move(value);
    return errorOf(config);
  };
  EXPECT_EQ(
      errorWith("indexer_types", {"full", "none", "full"}),
      "config.json: 'indexer_types' = [\"full\",\"none\",\"full\"]: entry 1 is \"none\", expected 'full' or 'shared'");
  EXPECT_NE(errorWith("indexer_types", {"full"}).find("expected num_hidden_layers = 3 entries, found 1"),
            std::string::npos);
  EXPECT_NE(
      errorWith("mlp_layer_types", {"dense", "sparse", "moe"}).find("entry 2 is \"moe\", expected 'dense' or 'sparse'"),
      std::string::npos);
  EXPECT_NE(errorWith("mlp_layer_types", {"dense"}).find("expected num_hidden_layers = 3 entries, found 1"),
            std::string::npos);
  EXPECT_EQ(errorWith("first_k_dense_replace", 2),
            "config.json: 'first_k_dense_replace' = 2: transformers does not read it, and takes 1 layers as dense");
  EXPECT_NE(errorWith("mlp_layer_types", {"sparse", "dense", "sparse"}).find("takes 1 layers as dense"),
            std::string::npos);
  EXPECT_EQ(
      errorWith("index_topk_pattern", "FSX"),
      "config.json: 'index_topk_pattern' = \"FSX\": expected a letter F (full) or S (shared) for each of 3 layers");
  EXPECT_NE(errorWith("index_topk_pattern", {"full", "shared", "full"}).find("expected a string"), std::string::npos);
  EXPECT_NE(errorWith("index_topk_freq", 0).find("expected an integer in [1, 4096]"), std::string::npos);
  EXPECT_EQ(errorWith("index_head_dim", 6),
            "config.json: 'index_head_dim' = 6: expected at least qk_rope_head_dim = 8, which turns");
  EXPECT_NE(errorWith("index_topk", 0).find("expected an integer in [1, "), std::string::npos);
  EXPECT_NE(errorWith("q_lora_rank", nullptr).find("expected an integer"), std::string::npos);
  EXPECT_EQ(
      errorWith("scoring_func", "softmax"),
      "config.json: 'scoring_func' = \"softmax\": not supported, expected \"sigmoid\": glm_moe_dsa scores by sigmoid");
}

TEST(Families, GptOss) {
  json config = readConfig("gpt_oss");
  ModelConfig c = parsed(config);
  EXPECT_TRUE(c.text.attention.queryKeyValueBias && c.text.attention.outputBias && c.text.attention.sinks);
  EXPECT_EQ(mlpOf(c), (std::vector{sparse, sparse, sparse, sparse}));
  EXPECT_EQ(attentionOf(c), (std::vector{sliding, full, sliding, full}));
  EXPECT_EQ(c.text.attention.slidingWindow, 6);
  EXPECT_FALSE(c.text.rope.parameters.truncate);
  EXPECT_EQ(c.text.experts->width, 28);
  EXPECT_TRUE(c.text.experts->softmaxOverChosen && c.text.experts->bias && !c.text.experts->renormalizeTopK);
  EXPECT_EQ(c.text.experts->glu, (ExpertGlu{true, 7.0f, 1.702f, 1.0f}));
  config.erase("layer_types");
  EXPECT_TRUE(parsed(config) == c);
  for (const char *key :
       {"sliding_window", "rope_parameters", "rms_norm_eps", "head_dim", "router_aux_loss_coef", "num_experts_per_tok"})
    config.erase(key);
  c = parsed(config);
  EXPECT_EQ(c.text.attention.slidingWindow, 128);
  RopeParameters yarn;
  yarn.type = RopeType::Yarn;
  yarn.theta = 150000;
  yarn.factor = 32;
  yarn.originalMaxPositionEmbeddings = 4096;
  yarn.truncate = false;
  EXPECT_EQ(c.text.rope.parameters, yarn);
  EXPECT_EQ(c.text.norm.epsilon, 1e-5);
  EXPECT_EQ(c.text.attention.headDim, 64);
  EXPECT_EQ(c.text.experts->perToken, 4);
  EXPECT_EQ(c.text.experts->routerAuxLossCoef, 0.001);
  config["sliding_window"] = nullptr;
  EXPECT_EQ(errorOf(config),
            "config.json: 'layer_types': a layer slides, but there is no window: expected a sliding_window");
}

TEST(Families, GptOssComputesWithItsOwnNumbersOnly) {
  json config = readConfig("gpt_oss");
  config.update({{"swiglu_limit", 7.0}, {"experts_per_token", 3}, {"initial_context_length", 32}});
  EXPECT_TRUE(parsed(config) == parsed(readConfig("gpt_oss")));
  config["experts_per_token"] = 4;
  config["swiglu_limit"] = 10.0;
  config["hidden_act"] = "gelu";
  EXPECT_EQ(errorOf(config),
            "config.json: 'hidden_act' = \"gelu\": expected 'silu': the experts of gpt_oss know no other\n"
            "config.json: 'swiglu_limit' = 10.0: not supported, expected 7.0: transformers 5.9.0 computes with this "
            "number only\n"
            "config.json: 'experts_per_token' = 4: contradicts 'num_experts_per_tok' = 3");
}

TEST(Families, GptOssMayBePublishedInMxfp4) {
  json config = json::parse(readFixture("goldens/gpt_oss_mxfp4/hub/config.json"));
  EXPECT_TRUE(parsed(config) == parsed(readConfig("gpt_oss_mxfp4")));
  config["quantization_config"] = {{"quant_method", "bitsandbytes"}, {"load_in_4bit", true}};
  EXPECT_EQ(errorOf(config),
            "config.json: 'quantization_config.quant_method' = \"bitsandbytes\": not supported, expected 'mxfp4'\n"
            "config.json: unknown config key 'quantization_config.load_in_4bit' = true; if it changes nothing, "
            "--ignore-config-key=quantization_config.load_in_4bit accepts it");
  config["quantization_config"] = json::object();
  EXPECT_EQ(errorOf(config), "config.json: missing config key 'quantization_config.quant_method', expected a string");
  config["quantization_config"] = "mxfp4";
  EXPECT_EQ(errorOf(config).find("config.json: 'quantization_config' = \"mxfp4\": expected an object"), 0u);
}

TEST(Families, Qwen35Text) {
  json config = readConfig("qwen3_5_text");
  ModelConfig c = parsed(config);
  EXPECT_EQ(attentionOf(c), (std::vector{linear, linear, linear, full}));
  EXPECT_EQ(*c.text.linearAttention, (LinearAttentionConfig{4, 2, 4, 12, 20}));
  EXPECT_TRUE(c.text.attention.queryKeyNorm && c.text.attention.gate && c.text.norm.onePlus);
  EXPECT_FALSE(c.text.attention.queryKeyValueBias || c.text.attention.outputBias || c.text.mlp.bias);
  EXPECT_EQ(c.text.attention.headDim, 48);
  EXPECT_EQ(c.text.rope.parameters.partialRotaryFactor, 0.25);
  EXPECT_EQ(inverseFrequencies(c.text.rope.parameters, c.text.attention.headDim).size(), 6u);

  // Three of four layers are linear, and a quarter of each head turns, unless the file says otherwise.
  config.erase("layer_types");
  config.erase("partial_rotary_factor");
  config["rope_parameters"] = {{"rope_theta", 100.0}};
  EXPECT_TRUE(parsed(config) == c);
  config["full_attention_interval"] = 2;
  EXPECT_EQ(attentionOf(parsed(config)), (std::vector{linear, full, linear, full}));
  config["full_attention_interval"] = 1;
  EXPECT_FALSE(parsed(config).text.linearAttention);
  config["rope_parameters"]["partial_rotary_factor"] = 0.5;
  EXPECT_EQ(parsed(config).text.rope.parameters.partialRotaryFactor, 0.5);
}

TEST(Families, Qwen35TextAsPublished) {
  ModelConfig c = parsed(json::parse(R"({
    "architectures": ["Qwen3_5ForCausalLM"], "attention_bias": false, "attention_dropout": 0.0, "attn_output_gate": true,
    "dtype": "bfloat16", "eos_token_id": 248044, "full_attention_interval": 4, "head_dim": 256, "hidden_act": "silu",
    "hidden_size": 5120, "initializer_range": 0.02, "intermediate_size": 17408, "linear_conv_kernel_dim": 4,
    "linear_key_head_dim": 128, "linear_num_key_heads": 16, "linear_num_value_heads": 48, "linear_value_head_dim": 128,
    "mamba_ssm_dtype": "float32", "max_position_embeddings": 262144, "model_type": "qwen3_5_text", "mtp_num_hidden_layers": 1, "mlp_only_layers": [],
    "mtp_use_dedicated_embeddings": false, "num_attention_heads": 24, "num_hidden_layers": 64, "num_key_value_heads": 4,
    "rms_norm_eps": 1e-06, "tie_word_embeddings": false, "use_cache": true, "vocab_size": 248320,
    "rope_parameters": {"mrope_interleaved": true, "mrope_section": [11, 11, 10], "partial_rotary_factor": 0.25,
                        "rope_theta": 10000000, "rope_type": "default"}})"));
  EXPECT_EQ(*c.text.linearAttention, (LinearAttentionConfig{4, 16, 48, 128, 128}));
  EXPECT_EQ(std::ranges::count(attentionOf(c), full), 16);
  EXPECT_EQ(inverseFrequencies(c.text.rope.parameters, c.text.attention.headDim).size(), 32u);
}

TEST(Families, Qwen35MoeText) {
  json config = readConfig("qwen3_5_moe_text");
  ModelConfig c = parsed(config);
  EXPECT_EQ(attentionOf(c), (std::vector{linear, full, linear}));
  EXPECT_EQ(mlpOf(c), (std::vector{sparse, sparse, sparse}));
  ExpertsConfig moe{6, 3, 20, true, RoutingWeightType::Activation, 0.02, true, std::nullopt, 28};
  moe.sharedGate = true, moe.sharedName = "shared_expert";
  EXPECT_EQ(*c.text.experts, moe);
  EXPECT_EQ(*c.text.linearAttention, (LinearAttentionConfig{4, 2, 4, 12, 20}));
  config.update({{"norm_topk_prob", true},
                 {"mlp_only_layers", json::array()},
                 {"decoder_sparse_step", 1},
                 {"intermediate_size", 7}});
  EXPECT_TRUE(parsed(config) == c);
  config["norm_topk_prob"] = false;
  EXPECT_EQ(errorOf(config),
            "config.json: 'norm_topk_prob' = false: not supported, expected true: the router of qwen3_5_moe always "
            "renormalises");
  config.erase("norm_topk_prob");
  config["mlp_only_layers"] = {1};
  EXPECT_EQ(errorOf(config),
            "config.json: 'mlp_only_layers' = [1]: not supported, expected []: every layer of qwen3_5_moe is sparse");
}

TEST(Families, Qwen35TextRefusesOtherMaths) {
  auto errorWith = [](const char *key, json value) {
    json config = readConfig("qwen3_5_text");
    config[key] = std::move(value);
    return errorOf(config);
  };
  auto errorOfRope = [](const char *key, json value) {
    json config = readConfig("qwen3_5_text");
    config["rope_parameters"][key] = std::move(value);
    return errorOf(config);
  };
  EXPECT_EQ(
      errorWith("attn_output_gate", false),
      "config.json: 'attn_output_gate' = false: not supported, expected true: full attention of qwen3_5 has a gate");
  EXPECT_EQ(errorWith("mamba_ssm_dtype", "bfloat16"),
            "config.json: 'mamba_ssm_dtype' = \"bfloat16\": not supported, expected "
            "\"float32\": the state of linear attention is kept in it");
  EXPECT_EQ(errorWith("hidden_act", "gelu"), "config.json: 'hidden_act' = \"gelu\": expected 'silu': implementations "
                                             "of linear attention disagree on any other");
  EXPECT_EQ(errorWith("linear_num_value_heads", 3),
            "config.json: 'linear_num_value_heads' = 3: expected a multiple of linear_num_key_heads = 2");
  EXPECT_EQ(errorWith("linear_conv_kernel_dim", 1),
            "config.json: 'linear_conv_kernel_dim' = 1: expected an integer in [2, 64]");
  EXPECT_NE(errorWith("full_attention_interval", 0).find("'full_attention_interval' = 0: expected an integer"),
            std::string::npos);
  EXPECT_NE(errorWith("layer_types", {"linear_attention", "full_attention", "sliding_attention", "full_attention"})
                .find("entry 2 is \"sliding_attention\", expected 'full_attention' or 'linear_attention'"),
            std::string::npos);
  EXPECT_EQ(errorWith("partial_rotary_factor", 0.5),
            "config.json: 'partial_rotary_factor' = 0.5: contradicts 'rope_parameters.partial_rotary_factor' = 0.25");
  json config = readConfig("qwen3_5_text");
  config.erase("partial_rotary_factor");
  config["rope_parameters"]["partial_rotary_factor"] = 0.15;
  config["rope_parameters"].erase("mrope_section");
  EXPECT_EQ(
      errorOf(config),
      "config.json: 'partial_rotary_factor': expected an even number of columns of a head to turn, found 7 of 48");
  for (json section : {json{2, 2, 1}, json{6}, json{3, 2, 1, 0}})
    EXPECT_EQ(errorOfRope("mrope_section", section),
              "config.json: 'rope_parameters.mrope_section' = " + section.dump() +
                  ": expected three sizes that add up to the 6 frequencies");
  EXPECT_EQ(errorOfRope("mrope_section", "x").find("config.json: 'rope_parameters.mrope_section' = \"x\": expected"),
            0u);
  EXPECT_EQ(errorOfRope("mrope_interleaved", 1),
            "config.json: 'rope_parameters.mrope_interleaved' = 1: expected true or false");
  // Other families do not know the keys.
  json llama = readConfig("llama");
  llama["rope_parameters"]["mrope_section"] = {3, 2, 1};
  EXPECT_NE(errorOf(llama).find("unknown config key 'rope_parameters.mrope_section'"), std::string::npos);
}

TEST(Families, ExpertCountHasTwoSpellings) {
  json config = readConfig("qwen3_moe");
  config["num_experts"] = 8;
  EXPECT_EQ(parsed(config).text.experts->count, 8);
  config["num_experts"] = 9;
  EXPECT_EQ(errorOf(config), "config.json: 'num_experts' = 9: contradicts 'num_local_experts' = 8");
  config.erase("num_local_experts");
  EXPECT_EQ(parsed(config).text.experts->count, 9);
}

TEST(Families, PublishedKeysThatChangeNothingAreAccepted) {
  json config = readConfig("llama");
  config.update({{"transformers.js_config", {{"dtype", "q4"}}},
                 {"rope_interleaved", false},
                 {"is_llama_config", true},
                 {"_name_or_path", "x"},
                 {"auto_map", {{"AutoConfig", "x"}}},
                 {"temperature", 0.5},
                 {"quantization_config", nullptr},
                 {"pruned_heads", json::object()}});
  parsed(config);
  config = readConfig("qwen3_moe");
  config.update(
      {{"qkv_bias", false}, {"shared_expert_intermediate_size", 0}, {"use_qk_norm", true}, {"max_window_layers", 48}});
  parsed(config);
}

TEST(Families, UnsupportedMathsIsRefused) {
  auto errorWith = [](const char *key, json value) {
    json config = readConfig("llama");
    config[key] = std::move(value);
    return errorOf(config);
  };
  EXPECT_EQ(errorWith("hidden_act", "gelu_new"),
            "config.json: 'hidden_act' = \"gelu_new\": not supported, expected one of 'silu', 'swish', "
            "'gelu', 'gelu_pytorch_tanh'");
  EXPECT_EQ(errorWith("quantization_config", {{"quant_method", "awq"}, {"bits", 4}}),
            "config.json: 'quantization_config.quant_method' = \"awq\": not supported, expected 'fp8'\n"
            "config.json: unknown config key 'quantization_config.bits' = 4; if it changes nothing, "
            "--ignore-config-key=quantization_config.bits accepts it");
  EXPECT_EQ(
      errorWith("quantization_config", {{"quant_method", "fp8"}, {"fmt", "e5m2"}, {"weight_block_size", {128}}}),
      "config.json: 'quantization_config.weight_block_size' = [128]: expected two numbers, of rows and of columns\n"
      "config.json: 'quantization_config.fmt' = \"e5m2\": not supported, expected \"e4m3\": weights are read as "
      "f8_e4m3");
  EXPECT_NE(errorWith("rope_interleaved", true).find("expected false"), std::string::npos);
  EXPECT_NE(errorWith("is_encoder_decoder", true).find("expected false"), std::string::npos);
  EXPECT_NE(errorWith("use_mrope", true).find("expected false"), std::string::npos);
  EXPECT_EQ(errorWith("dtype", "float8_e4m3fn"),
            "config.json: 'dtype' = \"float8_e4m3fn\": not supported, expected one of 'float32', "
            "'bfloat16', 'float16', 'float64'");
  EXPECT_EQ(errorWith("torch_dtype", "bfloat16"),
            "config.json: 'torch_dtype' = \"bfloat16\": contradicts 'dtype' = \"float32\"");
}

TEST(Families, UnknownModelsNameTheSupportedOnes) {
  json config = readConfig("llama");
  config["model_type"] = "lama";
  std::string message = errorOf(config);
  EXPECT_EQ(message.find("config.json: 'model_type' = \"lama\": not supported, expected one of 'deepseek_v3', "), 0u)
      << message;
  EXPECT_NE(message.find("(nearest: 'llama')"), std::string::npos) << message;
  config.erase("model_type");
  EXPECT_EQ(errorOf(config), "config.json: missing config key 'model_type', expected a string");
  config["model_type"] = 3;
  EXPECT_EQ(errorOf(config), "config.json: 'model_type' = 3: expected a string");
  config = readConfig("llama");
  config["architectures"] = {"LlamaForCausalML"};
  EXPECT_NE(errorOf(config).find("expected one of 'LlamaForCausalLM', "), std::string::npos);
  EXPECT_NE(errorOf(config).find("(nearest: 'LlamaForCausalLM')"), std::string::npos);
  config["architectures"] = {"Qwen3ForCausalLM"};
  EXPECT_EQ(errorOf(config),
            "config.json: 'architectures' = [\"Qwen3ForCausalLM\"]: contradicts model_type 'llama', expected "
            "'LlamaForCausalLM'");
  config["architectures"] = json::array();
  EXPECT_EQ(parsed(config).architecture, "LlamaForCausalLM");
}

TEST(Families, RulesOverSeveralKeys) {
  json config = readConfig("llama");
  config["num_key_value_heads"] = 3;
  EXPECT_EQ(errorOf(config), "config.json: 'num_attention_heads' = 4: expected a multiple of num_key_value_heads = 3");
  config = readConfig("llama");
  config["head_dim"] = 21;
  EXPECT_NE(errorOf(config).find("expected an even number"), std::string::npos);
  config = readConfig("llama");
  config["hidden_size"] = 66;
  EXPECT_EQ(errorOf(config), "config.json: 'hidden_size' = 66: expected a multiple of num_attention_heads = 4");
  config = readConfig("mixtral");
  config["num_experts_per_tok"] = 7;
  EXPECT_EQ(errorOf(config), "config.json: 'num_experts_per_tok' = 7: expected 1 to the number of experts, which is 6");
  config = readConfig("mixtral");
  config["num_hidden_layers"] = 4096;
  config["num_local_experts"] = 65536;
  EXPECT_NE(errorOf(config).find("expected at most 262144 in all layers together"), std::string::npos);
  config = readConfig("qwen3_moe");
  config["mlp_only_layers"] = {0, 1, 2};
  EXPECT_EQ(errorOf(config), "config.json: 'output_router_logits' = true: expected false: no layer is sparse");
}

TEST(Families, AllProblemsAreReportedTogether) {
  json config = readConfig("qwen3_moe");
  config["hidden_act"] = "relu";
  config["num_hidden_layers"] = 1000000000000000000;
  config["moe_intermediate_sise"] = 4;
  config.erase("vocab_size");
  config["rope_parameters"]["rope_type"] = "ntk";
  EXPECT_EQ(
      errorOf(config),
      "config.json: missing config key 'vocab_size', expected an integer in [1, 2147483648]\n"
      "config.json: 'num_hidden_layers' = 1000000000000000000: expected an integer in [1, 4096]\n"
      "config.json: 'hidden_act' = \"relu\": not supported, expected one of 'silu', 'swish', 'gelu', "
      "'gelu_pytorch_tanh'\n"
      "config.json: 'rope_parameters.rope_type' = \"ntk\": not supported, expected one of 'default', "
      "'linear', 'llama3', 'yarn', 'dynamic', 'longrope'\n"
      "config.json: unknown config key 'moe_intermediate_sise' = 4 (nearest known: 'moe_intermediate_size'); if it "
      "changes nothing, --ignore-config-key=moe_intermediate_sise accepts it");
}

TEST(Families, OneMistakeIsOneLine) {
  json config = readConfig("llama");
  config.erase("hidden_size");
  EXPECT_EQ(errorOf(config), "config.json: missing config key 'hidden_size', expected an integer in [1, 16777216]");
  config = readConfig("qwen3_sliding");
  config["num_hidden_layers"] = "3";
  EXPECT_EQ(errorOf(config), "config.json: 'num_hidden_layers' = \"3\": expected an integer in [1, 4096]");
  config = readConfig("llama");
  config["rope_parameters"]["low_freq_factor"] = 0;
  EXPECT_EQ(errorOf(config), "config.json: 'rope_parameters.low_freq_factor' = 0: expected a number in [1e-12, 1e+12]");
}

TEST(Families, KeysCanBeAllowedByName) {
  json config = readConfig("llama");
  config["my_note"] = "x";
  EXPECT_EQ(errorOf(config), "config.json: unknown config key 'my_note' = \"x\"; if it changes nothing, "
                             "--ignore-config-key=my_note accepts it");
  const std::string allowed[] = {"my_note"};
  Expected<ModelConfig> found = parseModelConfig(config.dump(), "config.json", allowed);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->ignoredKeys, std::vector<std::string>{"my_note"});
  config["rope_parameters"]["note"] = 1;
  const std::string both[] = {"my_note", "rope_parameters.note"};
  EXPECT_FALSE(parseModelConfig(config.dump(), "config.json", allowed));
  EXPECT_TRUE(parseModelConfig(config.dump(), "config.json", both));
}

TEST(Families, CompositeModelsAreTheirTextModels) {
  json text = readConfig("qwen3_5_text");
  ModelConfig plain = parsed(text);
  json composite = {{"model_type", "qwen3_5"}, {"architectures", {"Qwen3_5ForConditionalGeneration"}},
                    {"text_config", text},     {"vision_config", {{"depth", 2}}},
                    {"image_token_id", 7},     {"tie_word_embeddings", true}};
  ModelConfig found = parsed(composite);
  EXPECT_TRUE(found.text == plain.text) << "what the text model says itself goes before";
  EXPECT_EQ(found.modelType, "qwen3_5");
  EXPECT_EQ(found.classPrefix, "Qwen3_5");
  EXPECT_EQ(found.otherParts, std::vector<std::string>{"vision_config"});
  composite["text_config"].erase("tie_word_embeddings");
  EXPECT_TRUE(parsed(composite).text.head.tied);
  composite["text_config"]["hidden_sise"] = 3;
  EXPECT_EQ(errorOf(composite).find("config.json: unknown config key 'text_config.hidden_sise' = 3"), 0u);
  composite["text_config"] = text;
  composite["text_config"]["model_type"] = "llama";
  EXPECT_EQ(errorOf(composite).find("config.json: 'text_config.model_type' = \"llama\": not supported"), 0u);
}

TEST(Families, ArchitecturesSayWhichHeadThereIs) {
  json config = readConfig("llama");
  config["architectures"] = {"LlamaModel"};
  EXPECT_EQ(parsed(config).text.head.kind, HeadKind::None);
  config["architectures"] = {"LlamaForTokenClassification"};
  config["id2label"] = {{"0", "a"}, {"1", "b"}, {"2", "c"}};
  EXPECT_EQ(parsed(config).text.head.kind, HeadKind::TokenScores);
  EXPECT_EQ(parsed(config).text.head.numLabels, 3);
  config["architectures"] = {"LlamaForSequenceClassification"};
  config["pad_token_id"] = 3;
  EXPECT_EQ(parsed(config).text.head.kind, HeadKind::TextScores);
  EXPECT_EQ(parsed(config).text.head.padTokenId, 3);
  config.erase("id2label");
  EXPECT_EQ(parsed(config).text.head.numLabels, 2);
  config["architectures"] = {"LlamaForCausalLM", "LlamaModel"};
  EXPECT_EQ(parsed(config).text.head.kind, HeadKind::LanguageModel);
}

TEST(Families, Gemma3SpellsItsRopesInTwoWays) {
  json config = readConfig("gemma3_text");
  ModelConfig newer = parsed(config);
  EXPECT_EQ(newer.text.rope.parameters.type, RopeType::Linear);
  EXPECT_EQ(newer.text.rope.parameters.factor, 8);
  EXPECT_EQ(newer.text.rope.sliding->theta, 10000);
  config.erase("rope_parameters");
  config["rope_theta"] = 1e6;
  config["rope_local_base_freq"] = 10000;
  config["rope_scaling"] = {{"rope_type", "linear"}, {"factor", 8.0}};
  EXPECT_TRUE(parsed(config).text == newer.text);
  config.erase("layer_types");
  config["sliding_window_pattern"] = 3;
  EXPECT_EQ(attentionOf(parsed(config)), (std::vector{sliding, sliding, full, sliding}));
  config["attn_logit_softcapping"] = 30.0;
  EXPECT_NE(errorOf(config).find("'attn_logit_softcapping' = 30.0: not supported"), std::string::npos);
}

TEST(Families, Gemma3CapsLogitsWhereTransformersDoes) {
  json text = readConfig("gemma3_text");
  text["final_logit_softcapping"] = 5.0;
  EXPECT_EQ(parsed(text).text.head.cap, 5.0);
  json composite = {{"model_type", "gemma3"},
                    {"architectures", {"Gemma3ForConditionalGeneration"}},
                    {"text_config", text},
                    {"vision_config", {{"num_hidden_layers", 2}}}};
  EXPECT_EQ(parsed(composite).text.head.cap, std::nullopt);
}

TEST(Families, GraniteMultiplies) {
  TextConfig text = parsed(readConfig("granite")).text;
  EXPECT_EQ(text.embedding.multiplier, 3);
  EXPECT_EQ(text.residualMultiplier, 0.4);
  EXPECT_EQ(text.attention.scoreScale, 0.3);
  EXPECT_EQ(text.head.divisor, 1.7);
}

TEST(Families, Olmo2NormsWhatComesBack) {
  TextConfig text = parsed(readConfig("olmo2")).text;
  EXPECT_EQ(text.norm.placement, NormPlacement::After);
  EXPECT_TRUE(text.attention.queryKeyNormOfAllHeads);
}

TEST(Families, KimiK2IsDeepseekV3) {
  json config = readConfig("deepseek_v3");
  ModelConfig same = parsed(config);
  config["model_type"] = "kimi_k2";
  ModelConfig found = parsed(config);
  EXPECT_EQ(found.modelType, "kimi_k2");
  EXPECT_TRUE(found.text == same.text);
}

TEST(Families, GenerationConfigDecidesTheEndOfText) {
  ModelConfig config = parsed(readConfig("llama"));
  EXPECT_TRUE(
      applyGenerationConfig(config, readFixture("goldens/llama/generation_config.json"), "generation_config.json"));
  EXPECT_EQ(config.eosTokenIds, std::vector<std::int64_t>{2});
  EXPECT_TRUE(applyGenerationConfig(config, R"({"eos_token_id": [3, 4], "top_k": 1})", "generation_config.json"));
  EXPECT_EQ(config.eosTokenIds, (std::vector<std::int64_t>{3, 4}));
  EXPECT_TRUE(applyGenerationConfig(config, R"({"eos_token_id": null})", "generation_config.json"));
  EXPECT_EQ(config.eosTokenIds, (std::vector<std::int64_t>{3, 4}));
  EXPECT_EQ(applyGenerationConfig(config, R"({"eos_token_id": "x"})", "generation_config.json").message(),
            "generation_config.json: 'eos_token_id' = \"x\": expected an integer in [0, 2147483647]");
  EXPECT_EQ(applyGenerationConfig(config, "[]", "generation_config.json").message(),
            "generation_config.json: expected an object, found array");
  EXPECT_FALSE(applyGenerationConfig(config, "{", "generation_config.json"));
}

} // namespace

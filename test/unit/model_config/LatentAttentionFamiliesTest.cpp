// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Families whose keys and values come out of a latent: DeepSeek V3 and, with an indexer that chooses keys, GLM.
#include "Layers.h"

using namespace veomni;
using namespace veomni::test;
using nlohmann::json;

namespace {

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
    "architectures": ["DeepseekV3ForCausalLM"], "attention_bias": false, "attention_dropout": 0.0,
    "auto_map": {"AutoConfig": "x"}, "aux_loss_alpha": 0.001, "bos_token_id": 0, "eos_token_id": 1, "ep_size": 1,
    "first_k_dense_replace": 3, "hidden_act": "silu", "hidden_size": 7168, "initializer_range": 0.02,
    "intermediate_size": 18432, "kv_lora_rank": 512, "max_position_embeddings": 163840, "model_type": "deepseek_v3",
    "moe_intermediate_size": 2048, "moe_layer_freq": 1, "n_group": 8, "n_routed_experts": 256, "n_shared_experts": 1,
    "norm_topk_prob": true, "num_attention_heads": 128, "num_experts_per_tok": 8, "num_hidden_layers": 61,
    "num_key_value_heads": 128, "num_nextn_predict_layers": 1, "pretraining_tp": 1, "q_lora_rank": 1536,
    "qk_nope_head_dim": 128, "qk_rope_head_dim": 64, "rms_norm_eps": 1e-06, "rope_scaling": {"beta_fast": 32,
    "beta_slow": 1, "factor": 40, "mscale": 1.0, "mscale_all_dim": 1.0, "original_max_position_embeddings": 4096,
    "type": "yarn"}, "rope_theta": 10000, "routed_scaling_factor": 2.5, "scoring_func": "sigmoid", "seq_aux": true,
    "tie_word_embeddings": false, "topk_group": 4, "topk_method": "noaux_tc", "torch_dtype": "bfloat16",
    "transformers_version": "4.33.1", "use_cache": true, "v_head_dim": 128, "vocab_size": 129280})");
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

TEST(Families, KimiK2IsDeepseekV3) {
  json config = readConfig("deepseek_v3");
  ModelConfig same = parsed(config);
  config["model_type"] = "kimi_k2";
  ModelConfig found = parsed(config);
  EXPECT_EQ(found.modelType, "kimi_k2");
  EXPECT_TRUE(found.text == same.text);
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
    "eos_token_id": [154820, 154827, 154829], "ep_size": 1, "first_k_dense_replace": 3, "hidden_act": "silu",
    "head_dim": 64, "hidden_size": 6144, "index_head_dim": 128, "index_n_heads": 32, "index_topk": 2048,
    "indexer_rope_interleave": true, "initializer_range": 0.02, "intermediate_size": 12288, "kv_lora_rank": 512,
    "max_position_embeddings": 202752, "moe_intermediate_size": 2048, "moe_layer_freq": 1,
    "model_type": "glm_moe_dsa", "n_group": 1, "n_routed_experts": 256, "n_shared_experts": 1, "norm_topk_prob": true,
    "num_attention_heads": 64, "num_experts_per_tok": 8, "num_hidden_layers": 78, "num_key_value_heads": 64,
    "num_nextn_predict_layers": 1, "pad_token_id": 154820, "pretraining_tp": 1, "q_lora_rank": 2048,
    "qk_head_dim": 256, "qk_nope_head_dim": 192, "qk_rope_head_dim": 64, "rms_norm_eps": 1e-05,
    "rope_interleave": true, "rope_parameters": {"rope_theta": 1000000, "rope_type": "default"},
    "routed_scaling_factor": 2.5, "scoring_func": "sigmoid", "tie_word_embeddings": false, "topk_group": 1,
    "topk_method": "noaux_tc", "transformers_version": "5.0.2", "use_cache": true, "v_head_dim": 256,
    "vocab_size": 154880})");
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

} // namespace

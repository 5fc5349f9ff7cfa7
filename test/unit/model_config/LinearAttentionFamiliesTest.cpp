// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Families most of whose layers are linear attention: Qwen 3.5, with an MLP or with experts.
#include "Layers.h"

using namespace veomni;
using namespace veomni::test;
using nlohmann::json;

namespace {

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
  EXPECT_EQ(c.text.rope.positionAxes, (std::vector<std::int64_t>{0, 1, 2, 0, 1, 0}));
  c.text.rope.positionAxes.clear(); // which only mrope_section tells
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
    "architectures": ["Qwen3_5ForCausalLM"], "attention_bias": false, "attention_dropout": 0.0,
    "attn_output_gate": true, "dtype": "bfloat16", "eos_token_id": 248044, "full_attention_interval": 4,
    "head_dim": 256, "hidden_act": "silu", "hidden_size": 5120, "initializer_range": 0.02, "intermediate_size": 17408,
    "linear_conv_kernel_dim": 4, "linear_key_head_dim": 128, "linear_num_key_heads": 16, "linear_num_value_heads": 48,
    "linear_value_head_dim": 128, "mamba_ssm_dtype": "float32", "max_position_embeddings": 262144,
    "model_type": "qwen3_5_text", "mtp_num_hidden_layers": 1, "mlp_only_layers": [],
    "mtp_use_dedicated_embeddings": false, "num_attention_heads": 24, "num_hidden_layers": 64,
    "num_key_value_heads": 4, "rms_norm_eps": 1e-06, "tie_word_embeddings": false, "use_cache": true,
    "vocab_size": 248320, "rope_parameters": {"mrope_interleaved": true, "mrope_section": [11, 11, 10],
    "partial_rotary_factor": 0.25, "rope_theta": 10000000, "rope_type": "default"}})"));
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

} // namespace

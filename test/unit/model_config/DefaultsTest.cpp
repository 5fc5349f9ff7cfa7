// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Published configs leave out what is the default of transformers' configuration class, and a wrong default would give
// wrong numbers without a word. The numbers here are copied from the classes (configuration_<family>.py of
// transformers 5.9.0), not from the reader.
#include "Fixtures.h"

using namespace veomni;
using namespace veomni::test;
using nlohmann::json;

namespace {

struct Default {
  std::string_view key;
  json value;                 // what the class has
  json other;                 // what means another model, so that the key is known to be read
  json also = json::object(); // keys without which it would not matter
};

struct FamilyDefaults {
  std::string_view modelType;
  std::vector<Default> defaults;
};

/// The keys that every config must have, with sizes that suit all defaults.
json required(std::string_view modelType) {
  return {{"model_type", modelType},  {"vocab_size", 1000},      {"hidden_size", 8192},
          {"intermediate_size", 512}, {"num_hidden_layers", 40}, {"num_attention_heads", 128}};
}

const std::vector<FamilyDefaults> &families() {
  static const std::vector<FamilyDefaults> all = [] {
    Default silu{"hidden_act", "silu", "gelu"}, untied{"tie_word_embeddings", false, true};
    Default small{"rms_norm_eps", 1e-6, 1e-5}, large{"rms_norm_eps", 1e-5, 1e-6};
    Default theta{"rope_theta", 1e4, 5e5}, noBias{"attention_bias", false, true};
    Default noWindow{"use_sliding_window", false, true, {{"max_window_layers", 0}}};
    Default window{"sliding_window", 4096, 128, {{"use_sliding_window", true}, {"max_window_layers", 0}}};
    Default coefficient{"router_aux_loss_coef", 0.001, 0.01}, noLogits{"output_router_logits", false, true};
    std::vector<Default> latentMoe = {{"kv_lora_rank", 512, 256},
                                      {"qk_rope_head_dim", 64, 32},
                                      {"n_routed_experts", 256, 128},
                                      {"num_experts_per_tok", 8, 4},
                                      {"moe_intermediate_size", 2048, 1024},
                                      {"norm_topk_prob", true, false},
                                      {"routed_scaling_factor", 2.5, 1.0},
                                      {"n_shared_experts", 1, 2}};
    std::vector<Default> qwen35 = {silu,
                                   untied,
                                   small,
                                   noBias,
                                   {"max_position_embeddings", 32768, 1024},
                                   {"head_dim", 256, 128},
                                   {"full_attention_interval", 4, 2},
                                   {"linear_conv_kernel_dim", 4, 3},
                                   {"linear_num_key_heads", 16, 8},
                                   {"linear_num_value_heads", 32, 16},
                                   {"linear_key_head_dim", 128, 64},
                                   {"linear_value_head_dim", 128, 64}};
    auto with = [](std::vector<Default> some, std::vector<Default> more) {
      some.insert(some.end(), more.begin(), more.end());
      return some;
    };
    return std::vector<FamilyDefaults>{
        {"llama",
         {silu,
          untied,
          small,
          theta,
          noBias,
          {"mlp_bias", false, true},
          {"max_position_embeddings", 2048, 1024},
          {"num_key_value_heads", 128, 8},
          {"head_dim", 64, 32},
          {"eos_token_id", 2, 7}}},
        {"qwen2",
         {silu,
          untied,
          small,
          theta,
          noWindow,
          window,
          {"max_position_embeddings", 32768, 1024},
          {"num_key_value_heads", 32, 8},
          {"max_window_layers", 28, 12, {{"use_sliding_window", true}, {"sliding_window", 64}}}}},
        {"qwen3",
         {silu,
          untied,
          small,
          theta,
          noBias,
          noWindow,
          window,
          {"max_position_embeddings", 32768, 1024},
          {"num_key_value_heads", 32, 8},
          {"head_dim", 128, 64},
          {"max_window_layers", 28, 12, {{"use_sliding_window", true}, {"sliding_window", 64}}}}},
        {"seed_oss",
         {silu,
          untied,
          small,
          theta,
          {"attention_bias", true, false},
          {"attention_out_bias", false, true},
          {"mlp_bias", false, true},
          {"max_position_embeddings", 524288, 1024},
          {"num_key_value_heads", 8, 4},
          {"head_dim", 128, 64},
          {"eos_token_id", 2, 7}}},
        {"mixtral",
         {silu,
          untied,
          large,
          {"rope_theta", 1e6, 1e4},
          coefficient,
          noLogits,
          {"max_position_embeddings", 131072, 1024},
          {"num_key_value_heads", 8, 4},
          {"num_local_experts", 8, 4},
          {"num_experts_per_tok", 2, 1},
          {"sliding_window", nullptr, 128},
          {"eos_token_id", 2, 7}}},
        {"qwen3_moe",
         {silu,
          untied,
          small,
          theta,
          noBias,
          noWindow,
          window,
          coefficient,
          noLogits,
          {"max_position_embeddings", 32768, 1024},
          {"num_key_value_heads", 4, 8},
          {"num_experts", 128, 64},
          {"num_experts_per_tok", 8, 4},
          {"moe_intermediate_size", 768, 512},
          {"norm_topk_prob", false, true},
          {"decoder_sparse_step", 1, 2},
          {"mlp_only_layers", json::array(), {3}}}},
        {"gpt_oss",
         {untied,
          large,
          coefficient,
          noLogits,
          {"attention_bias", true, false},
          {"max_position_embeddings", 131072, 1024},
          {"num_key_value_heads", 8, 4},
          {"head_dim", 64, 32},
          {"sliding_window", 128, 64},
          {"num_local_experts", 128, 64},
          {"num_experts_per_tok", 4, 2}}},
        {"deepseek_v3", with(latentMoe, {silu,
                                         untied,
                                         small,
                                         theta,
                                         noBias,
                                         {"max_position_embeddings", 4096, 1024},
                                         {"q_lora_rank", 1536, 512},
                                         {"qk_nope_head_dim", 128, 64},
                                         {"v_head_dim", 128, 64},
                                         {"n_group", 8, 16},
                                         {"topk_group", 4, 2},
                                         {"rope_interleave", true, false},
                                         {"first_k_dense_replace", 3, 1},
                                         {"eos_token_id", 1, 7}})},
        {"glm_moe_dsa", with(latentMoe, {silu,
                                         untied,
                                         large,
                                         noBias,
                                         {"max_position_embeddings", 202752, 1024},
                                         {"q_lora_rank", 2048, 512},
                                         {"qk_nope_head_dim", 192, 64},
                                         {"v_head_dim", 256, 64},
                                         {"index_n_heads", 32, 16},
                                         {"index_head_dim", 128, 256},
                                         {"index_topk", 2048, 64}})},
        {"mistral",
         {silu,
          untied,
          small,
          theta,
          {"max_position_embeddings", 131072, 1024},
          {"num_key_value_heads", 8, 4},
          {"head_dim", nullptr, 128},
          {"sliding_window", 4096, 128},
          {"eos_token_id", 2, 7}}},
        {"granite",
         {silu,
          untied,
          small,
          theta,
          noBias,
          {"mlp_bias", false, true},
          {"max_position_embeddings", 2048, 1024},
          {"num_key_value_heads", nullptr, 4},
          {"embedding_multiplier", 1.0, 2.0},
          {"logits_scaling", 1.0, 2.0},
          {"residual_multiplier", 1.0, 2.0},
          {"attention_multiplier", 1.0, 2.0},
          {"eos_token_id", 2, 7}}},
        {"olmo2",
         {silu,
          untied,
          large,
          theta,
          noBias,
          {"max_position_embeddings", 2048, 1024},
          {"num_key_value_heads", nullptr, 4},
          {"eos_token_id", 50279, 7}}},
        {"gemma3_text",
         {small,
          noBias,
          {"hidden_activation", "gelu_pytorch_tanh", "silu"},
          {"tie_word_embeddings", true, false},
          {"rope_theta", 1e6, 1e5},
          {"rope_local_base_freq", 1e4, 1e5},
          {"max_position_embeddings", 131072, 1024},
          {"num_key_value_heads", 4, 2},
          {"head_dim", 256, 128},
          {"query_pre_attn_scalar", 256, 64},
          {"sliding_window", 4096, 128},
          {"sliding_window_pattern", 6, 3},
          {"final_logit_softcapping", nullptr, 30.0},
          {"eos_token_id", 1, 7}}},
        {"qwen2_moe",
         {silu,
          untied,
          small,
          theta,
          coefficient,
          noLogits,
          {"use_sliding_window", false, true},
          {"sliding_window", 4096, 128, {{"use_sliding_window", true}}},
          {"max_window_layers", 28, 8, {{"use_sliding_window", true}}},
          {"qkv_bias", true, false},
          {"max_position_embeddings", 32768, 1024},
          {"num_key_value_heads", 16, 4},
          {"decoder_sparse_step", 1, 2},
          {"moe_intermediate_size", 1408, 512},
          {"shared_expert_intermediate_size", 5632, 512},
          {"num_experts_per_tok", 4, 2},
          {"num_experts", 60, 16},
          {"norm_topk_prob", false, true}}},
        {"qwen3_5_text", with(qwen35, {{"num_key_value_heads", 4, 2}})},
        {"qwen3_5_moe_text", with(qwen35, {coefficient,
                                           noLogits,
                                           {"num_key_value_heads", 2, 4},
                                           {"num_experts", 256, 64},
                                           {"num_experts_per_tok", 8, 4},
                                           {"moe_intermediate_size", 512, 256},
                                           {"shared_expert_intermediate_size", 512, 256}})},
    };
  }();
  return all;
}

TEST(Defaults, AnAbsentKeyMeansWhatTheClassHas) {
  for (const auto &[modelType, defaults] : families())
    for (const Default &key : defaults) {
      json config = required(modelType);
      config.update(key.also);
      // Every one of these heads has its own keys in latent attention.
      if (modelType == "glm_moe_dsa")
        config["num_key_value_heads"] = 128;
      Expected<ModelConfig> absent = parse(config);
      config[std::string(key.key)] = key.value;
      Expected<ModelConfig> given = parse(config);
      config[std::string(key.key)] = key.other;
      Expected<ModelConfig> other = parse(config);
      std::string name = std::string(modelType) + "." + std::string(key.key);
      ASSERT_TRUE(absent) << name << ": " << absent.status().message();
      ASSERT_TRUE(given) << name << ": " << given.status().message();
      EXPECT_TRUE(*absent == *given) << name << " is not " << key.value << " where it is absent";
      EXPECT_FALSE(other && *other == *absent) << name << " = " << key.other << " makes no difference";
    }
}

} // namespace

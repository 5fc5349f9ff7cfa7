// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What a configuration may not say, in any family, and how the message says so: everything at once, one line each.
#include "Fixtures.h"

using namespace veomni;
using namespace veomni::test;
using nlohmann::json;

namespace {

TEST(Families, HowRopeTurnsIsSaidWithoutContradiction) {
  json config = readConfig("deepseek_v3");
  ASSERT_TRUE(parsed(config).text.rope.interleaved);
  config["rope_interleaved"] = true;
  EXPECT_TRUE(parsed(config).text.rope.interleaved);
  config["rope_interleaved"] = false;
  EXPECT_EQ(errorOf(config),
            "config.json: 'rope_interleaved' = false: not supported, expected true: rope turns pairs, not halves");
  config["rope_interleave"] = false;
  EXPECT_FALSE(parsed(config).text.rope.interleaved);
}

TEST(Families, SwitchesThatMayBeNullAreOffThen) {
  json config = readConfig("deepseek_v3");
  ASSERT_TRUE(parsed(config).text.experts->renormalizeTopK);
  config["rope_interleave"] = config["norm_topk_prob"] = nullptr;
  EXPECT_FALSE(parsed(config).text.rope.interleaved);
  EXPECT_FALSE(parsed(config).text.experts->renormalizeTopK);
  config = readConfig("qwen2_5_vl_text");
  config["text_config"]["use_sliding_window"] = nullptr;
  EXPECT_FALSE(parsed(config).text.attention.slidingWindow);
  config = readConfig("qwen2");
  config["use_sliding_window"] = nullptr;
  EXPECT_EQ(errorOf(config), "config.json: 'use_sliding_window' = null: expected true or false");
  config = readConfig("glm_moe_dsa");
  config["norm_topk_prob"] = nullptr;
  EXPECT_EQ(errorOf(config), "config.json: 'norm_topk_prob' = null: expected true or false");
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
  EXPECT_NE(errorWith("rope_interleaved", true).find("expected false: rope turns halves"), std::string::npos);
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

} // namespace

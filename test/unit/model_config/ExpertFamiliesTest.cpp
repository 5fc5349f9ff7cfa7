// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Families with experts: how many there are, which layers have them and how tokens are routed.
#include "Layers.h"

using namespace veomni;
using namespace veomni::test;
using nlohmann::json;

namespace {

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

TEST(Families, ExpertCountHasTwoSpellings) {
  json config = readConfig("qwen3_moe");
  config["num_experts"] = 8;
  EXPECT_EQ(parsed(config).text.experts->count, 8);
  config["num_experts"] = 9;
  EXPECT_EQ(errorOf(config), "config.json: 'num_experts' = 9: contradicts 'num_local_experts' = 8");
  config.erase("num_local_experts");
  EXPECT_EQ(parsed(config).text.experts->count, 9);
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

} // namespace

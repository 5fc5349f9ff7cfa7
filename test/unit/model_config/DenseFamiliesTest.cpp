// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Families whose layers are attention and one MLP: llama and those that differ from it in a few choices, such as
// biases, windows, norms and multipliers.
#include "Layers.h"

using namespace veomni;
using namespace veomni::test;
using nlohmann::json;

namespace {

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

TEST(Families, Gemma3TruncatesYarnAsTransformersDoes) {
  json config = readConfig("gemma3_text");
  config["rope_parameters"]["full_attention"] = {
      {"rope_type", "yarn"}, {"factor", 4.0}, {"original_max_position_embeddings", 64}, {"truncate", true}};
  ModelConfig truncated = parsed(config);
  EXPECT_EQ(truncated.text.rope.parameters.type, RopeType::Yarn);
  config["rope_parameters"]["full_attention"]["truncate"] = false;
  EXPECT_TRUE(parsed(config).text == truncated.text);
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

} // namespace

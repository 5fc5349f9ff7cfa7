// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What a configuration says of a model besides its layers: the text model inside of it, its head and where text ends.
#include "Fixtures.h"

using namespace veomni;
using namespace veomni::test;
using nlohmann::json;

namespace {

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

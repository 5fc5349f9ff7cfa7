// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What models ask for and how it matches with the tensors of a checkpoint.
#include "Support.h"

using namespace veomni;
using namespace veomni::test;
using namespace veomni::recipe;
using nlohmann::json;

namespace {

StoredTensors storedTensors(const ModelConfig &config, std::size_t way = 0, const char *dtype = "F32") {
  StoredTensors stored;
  for (const TensorSpec &spec : expectedTensors(config.checkpoint, parametersOf(config), way))
    stored[spec.name] = {spec.dtype.empty() ? dtype : spec.dtype, spec.shape};
  return stored;
}

// Of most families, and of gpt_oss.
constexpr std::size_t separate = 0, fused = 1, floats = 0, blocks = 1;

CheckpointLayout layoutOf(const ModelConfig &config, const StoredTensors &stored) {
  Expected<CheckpointLayout> layout = matchTensors(config.checkpoint, parametersOf(config), stored, "model");
  EXPECT_TRUE(layout) << layout.status().message();
  return layout ? *layout : CheckpointLayout();
}

std::string errorOf(const ModelConfig &config, const StoredTensors &stored) {
  Expected<CheckpointLayout> layout = matchTensors(config.checkpoint, parametersOf(config), stored, "model");
  EXPECT_FALSE(layout);
  return layout.status().message();
}

Shape shapeOf(const CheckpointLayout &layout, const std::string &name) {
  const StoredParameter *found = layout.find(name);
  EXPECT_TRUE(found) << name;
  return found ? found->parameter.shape : Shape();
}

/// The tensors that make the parameter, in their order.
std::vector<std::string> keysOf(const CheckpointLayout &layout, const std::string &name) {
  std::vector<std::string> keys;
  if (const StoredParameter *found = layout.find(name))
    for (const Step &step : found->recipe)
      if (step.kind == StepKind::load)
        keys.push_back(step.key);
  return keys;
}

TEST(Layout, EveryReferenceModelMatchesItsOwnTensors) {
  for (std::string_view name : cases) {
    ModelConfig config = parsed(readConfig(name));
    for (std::size_t way = 0; way < std::max<std::size_t>(config.checkpoint.ways.size(), 1); ++way) {
      const bool rowsOfBlocks = config.text.hiddenSize % 32 == 0 && config.text.mlp.width % 32 == 0;
      if (name.starts_with("gpt_oss") && way == blocks && !rowsOfBlocks)
        continue;
      CheckpointLayout layout = layoutOf(config, storedTensors(config, way));
      for (const auto &[parameter, recipe] : layout.parameters) {
        Expected<ValueType> made = inferRecipe(recipe);
        ASSERT_TRUE(made) << parameter.name << ": " << made.status().message();
        EXPECT_TRUE(made->isSame({parameter.shape, parameter.type})) << parameter.name << ": " << made->text();
      }
    }
  }
}

TEST(Layout, DescribesPlainParameters) {
  ModelConfig config = parsed(readConfig("llama"));
  CheckpointLayout layout = layoutOf(config, storedTensors(config, separate, "BF16"));
  EXPECT_EQ(layout.parameters.front().parameter.name, "model.embed_tokens.weight");
  EXPECT_EQ(layout.parameters.back().parameter.name, "lm_head.weight");
  const std::string name = "model.layers.2.self_attn.k_proj.weight";
  const StoredParameter *found = layout.find(name);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->parameter, (veomni::Parameter{name, {40, 64}, DType::f32}));
  EXPECT_EQ(found->recipe, (Steps{load(name, {40, 64}, DType::bf16), cast(DType::f32)}));
  EXPECT_FALSE(layout.find("model.layers.3.self_attn.k_proj.weight"));
}

TEST(Layout, StacksExpertsStoredOneByOne) {
  ModelConfig config = parsed(readConfig("mixtral"));
  CheckpointLayout layout = layoutOf(config, storedTensors(config));
  const std::string stem = "model.layers.1.";
  EXPECT_EQ(shapeOf(layout, stem + "mlp.experts.gate_up_proj"), (Shape{6, 56, 48}));
  const Steps &recipe = layout.find(stem + "mlp.experts.gate_up_proj")->recipe;
  ASSERT_EQ(recipe.size(), 6 * 3 + 1u);
  EXPECT_EQ(recipe[3], load(stem + "block_sparse_moe.experts.1.w1.weight", {28, 48}, DType::f32));
  EXPECT_EQ(recipe[4], load(stem + "block_sparse_moe.experts.1.w3.weight", {28, 48}, DType::f32));
  EXPECT_EQ(recipe[5], concat(2, 0));
  EXPECT_EQ(recipe.back(), stack(6));
  const Steps &down = layout.find(stem + "mlp.experts.down_proj")->recipe;
  ASSERT_EQ(down.size(), 7u);
  EXPECT_EQ(down[5], load(stem + "block_sparse_moe.experts.5.w2.weight", {48, 28}, DType::f32));
  EXPECT_EQ(keysOf(layout, stem + "mlp.gate.weight"), std::vector{stem + "block_sparse_moe.gate.weight"});
}

TEST(Layout, TakesFusedExpertsAsTheyAre) {
  ModelConfig config = parsed(readConfig("qwen3_moe"));
  CheckpointLayout layout = layoutOf(config, storedTensors(config, fused));
  const std::string name = "model.layers.2.mlp.experts.gate_up_proj";
  ASSERT_TRUE(layout.find(name));
  EXPECT_EQ(layout.find(name)->recipe, (Steps{load(name, {8, 40, 48}, DType::f32)}));
  EXPECT_FALSE(layout.find("model.layers.1.mlp.experts.gate_up_proj"));
  EXPECT_TRUE(layout.find("model.layers.1.mlp.gate_proj.weight"));
}

TEST(Layout, GptOssKeepsTransposedFloatsOrBlocks) {
  ModelConfig config = parsed(readConfig("gpt_oss_mxfp4"));
  const std::string experts = "model.layers.1.mlp.experts.";
  CheckpointLayout asFloats = layoutOf(config, storedTensors(config, floats, "BF16"));
  ASSERT_TRUE(asFloats.find(experts + "gate_up_proj"));
  EXPECT_EQ(shapeOf(asFloats, experts + "gate_up_proj"), (Shape{4, 192, 64}));
  EXPECT_EQ(asFloats.find(experts + "gate_up_proj")->recipe,
            (Steps{load(experts + "gate_up_proj", {4, 64, 192}, DType::bf16), transpose(), cast(DType::f32)}));
  CheckpointLayout asBlocks = layoutOf(config, storedTensors(config, blocks, "BF16"));
  ASSERT_TRUE(asBlocks.find(experts + "down_proj"));
  EXPECT_EQ(shapeOf(asBlocks, experts + "down_proj"), (Shape{4, 64, 96}));
  EXPECT_EQ(asBlocks.find(experts + "down_proj")->recipe,
            (Steps{load(experts + "down_proj_blocks", {4, 64, 3, 16}, DType::u8),
                   load(experts + "down_proj_scales", {4, 64, 3}, DType::u8), dequantMxfp4(DType::f32)}));
  for (const CheckpointLayout *layout : {&asFloats, &asBlocks}) {
    EXPECT_EQ(shapeOf(*layout, experts + "down_proj_bias"), (Shape{4, 64}));
    EXPECT_EQ(shapeOf(*layout, "model.layers.1.mlp.router.bias"), (Shape{4}));
    EXPECT_EQ(shapeOf(*layout, "model.layers.0.self_attn.sinks"), (Shape{4}));
  }
}

TEST(Layout, GptOssIsTransposedWhereShapesDoNotTell) {
  json config = readConfig("gpt_oss");
  auto isTransposed = [&](const std::string &name) {
    CheckpointLayout layout = layoutOf(parsed(config), storedTensors(parsed(config), floats));
    return layout.find(name)->recipe.back() == transpose();
  };
  config["intermediate_size"] = 24; // 2 I = H
  EXPECT_TRUE(isTransposed("model.layers.0.mlp.experts.gate_up_proj"));
  config["intermediate_size"] = 48; // I = H
  EXPECT_TRUE(isTransposed("model.layers.0.mlp.experts.down_proj"));
}

TEST(Layout, EveryTensorOfBlocksIsChecked) {
  ModelConfig config = parsed(readConfig("gpt_oss_mxfp4"));
  const StoredTensors good = storedTensors(config, blocks);
  const std::string experts = "model.layers.1.mlp.experts.";
  StoredTensors stored = good;
  stored[experts + "down_proj_blocks"].shape = {4, 64, 6, 8};
  stored[experts + "down_proj_scales"].dtype = "F8_E8M0";
  stored.erase(experts + "gate_up_proj_scales");
  EXPECT_EQ(errorOf(config, stored),
            "model: '" + experts + "down_proj_blocks' has shape [4, 64, 6, 8], expected [4, 64, 3, 16]\n" + "model: '" +
                experts + "down_proj_scales' has dtype \"F8_E8M0\", expected 'U8'\n" + "model: '" + experts +
                "down_proj_scales' has dtype \"F8_E8M0\", expected \"U8\" as '" + experts +
                "down_proj_blocks', which becomes part of the same parameter\n" + "model: missing tensor '" + experts +
                "gate_up_proj_scales' of shape [4, 192, 2]");
  // One tensor of the other kind, in another layer.
  stored = good;
  stored["model.layers.0.mlp.experts.down_proj"] = {"BF16", {4, 96, 64}};
  EXPECT_EQ(errorOf(config, stored),
            "model: experts are stored in two layouts, expected one: 'model.layers.0.mlp.experts.down_proj' holds "
            "them as floats, 'model.layers.0.mlp.experts.gate_up_proj_blocks' holds them in MXFP4");
  // Floats are not blocks, whatever their shape.
  stored = storedTensors(config, floats);
  stored[experts + "gate_up_proj"].dtype = "U8";
  EXPECT_EQ(errorOf(config, stored),
            "model: '" + experts + "gate_up_proj' has dtype \"U8\", expected one of 'F32', 'BF16', 'F16'");
}

TEST(Layout, Fp8IsWhatATensorSaysIfTheConfigAllowsIt) {
  json json = readConfig("deepseek_v3");
  json["quantization_config"] = {{"quant_method", "fp8"}, {"weight_block_size", {16, 16}}};
  ModelConfig config = parsed(json);
  StoredTensors stored = storedTensors(config);
  const std::string query = "model.layers.0.self_attn.q_b_proj.weight", experts = "model.layers.1.mlp.experts.";
  auto scales = [](const Shape &shape) { return StoredTensor{"F32", {(shape[0] + 15) / 16, (shape[1] + 15) / 16}}; };
  for (auto &[name, tensor] : StoredTensors(stored))
    if (name == query || name.starts_with(experts)) {
      stored[name].dtype = "F8_E4M3";
      stored[name + "_scale_inv"] = scales(tensor.shape);
    }
  const StoredTensors good = stored;
  CheckpointLayout layout = layoutOf(config, stored);
  const Shape shape = good.find(query)->second.shape;
  EXPECT_EQ(layout.find(query)->recipe,
            (Steps{load(query, shape, DType::f8_e4m3), load(query + "_scale_inv", scales(shape).shape, DType::f32),
                   dequantFp8(16, 16)}));
  EXPECT_EQ(layout.find(experts + "gate_up_proj")->recipe[2], dequantFp8(16, 16));
  EXPECT_EQ(layout.find("model.layers.0.self_attn.o_proj.weight")->recipe.size(), 1u);

  stored.erase(query + "_scale_inv");
  stored[experts + "0.down_proj.weight"].dtype = "BF16";
  stored[experts + "1.down_proj.weight_scale_inv"] = {"F32", {1, 1}};
  stored["model.layers.1.mlp.gate.weight"].dtype = "F8_E4M3";
  const std::string errors = errorOf(config, stored);
  for (const std::string &text : std::vector<std::string>{
           "missing tensor '" + query + "_scale_inv'", experts + "1.down_proj.weight' has dtype \"F8_E4M3\"",
           "'model.layers.1.mlp.gate.weight' has dtype \"F8_E4M3\", expected one of 'F32', 'BF16', 'F16'"})
    EXPECT_NE(errors.find(text), std::string::npos) << text << " in:\n" << errors;
  stored = good;
  stored[experts + "1.down_proj.weight_scale_inv"] = {"BF16", {1, 1}};
  EXPECT_NE(errorOf(config, stored).find("'" + experts + "1.down_proj.weight_scale_inv' has shape [1, 1], expected ["),
            std::string::npos);
  // Scales of other floats widen to float32 without loss.
  for (const auto &[dtype, type] : {std::pair("BF16", DType::bf16), {"F16", DType::f16}}) {
    stored = good;
    stored[query + "_scale_inv"].dtype = dtype;
    EXPECT_EQ(layoutOf(config, stored).find(query)->recipe,
              (Steps{load(query, shape, DType::f8_e4m3), load(query + "_scale_inv", scales(shape).shape, type),
                     dequantFp8(16, 16)}));
  }
  stored[query + "_scale_inv"].dtype = "U8";
  EXPECT_NE(
      errorOf(config, stored).find("'" + query + "_scale_inv' has dtype \"U8\", expected one of 'F32', 'BF16', 'F16'"),
      std::string::npos);
}

TEST(Layout, BlocksNeedRowsOfWholeBlocks) {
  ModelConfig config = parsed(readConfig("gpt_oss"));
  EXPECT_NE(
      errorOf(config, storedTensors(config, blocks))
          .find("model: 'model.layers.0.mlp.experts.gate_up_proj_blocks' cannot be of parameter "
                "'model.layers.0.mlp.experts.gate_up_proj': such tensors make [6, 56, 32], expected [6, 56, 48]\n"),
      std::string::npos);
}

TEST(Layout, TiedHeadIsTheEmbeddingAndMayBeStored) {
  ModelConfig config = parsed(readConfig("llama_tied"));
  StoredTensors stored = storedTensors(config);
  EXPECT_FALSE(stored.contains("lm_head.weight"));
  CheckpointLayout layout = layoutOf(config, stored);
  EXPECT_FALSE(layout.find("lm_head.weight"));
  stored["lm_head.weight"] = stored["model.embed_tokens.weight"];
  EXPECT_FALSE(layoutOf(config, stored).find("lm_head.weight"));
}

TEST(Layout, NamesMayHaveOtherPrefixes) {
  ModelConfig config = parsed(readConfig("llama"));
  const StoredTensors plain = storedTensors(config);
  for (const auto &[model, rest] :
       {std::pair("", ""), {"model.language_model.", ""}, {"language_model.model.", "language_model."}}) {
    StoredTensors stored;
    for (const auto &[name, tensor] : plain)
      stored[name.starts_with("model.") ? model + name.substr(6) : rest + name] = tensor;
    CheckpointLayout layout = layoutOf(config, stored);
    EXPECT_EQ(keysOf(layout, "model.norm.weight"), std::vector<std::string>{std::string(model) + "norm.weight"});
    EXPECT_EQ(keysOf(layout, "lm_head.weight"), std::vector<std::string>{std::string(rest) + "lm_head.weight"});
    const HasTensor hasTensor = [&](const std::string &tensor) { return stored.contains(tensor); };
    EXPECT_TRUE(hasLanguageModelHead(hasTensor));
    EXPECT_EQ(isBaseModel(hasTensor), std::string_view(model).empty());
  }
}

TEST(Layout, WhatTheModelDoesNotNeedIsNotedByKind) {
  ModelConfig config = parsed(readConfig("llama"));
  StoredTensors stored = storedTensors(config);
  stored["v_head.summary.weight"] = {"F32", {1, 64}};
  stored["model.layers.7.x.weight"] = stored["model.layers.8.x.weight"] = {"F32", {2}};
  EXPECT_EQ(layoutOf(config, stored).notes,
            (std::vector<std::string>{"left out 1 tensor of a value head: \"v_head.summary.weight\"",
                                      "left out 2 tensors of layers beyond num_hidden_layers = 3: "
                                      "\"model.layers.7.x.weight\", ..."}));
  stored["odd.one"] = {"F32", {2}};
  EXPECT_EQ(errorOf(config, stored),
            "model: unexpected tensor \"odd.one\" of shape [2]; if the model does not need it, "
            "--ignore-tensor='odd.one' leaves it out");
  const std::string globs[] = {"odd.*"};
  Expected<CheckpointLayout> layout = matchTensors(config.checkpoint, parametersOf(config), stored, "model", globs);
  ASSERT_TRUE(layout) << layout.status().message();
  EXPECT_EQ(layout->notes.back(), "left out 1 tensor of what --ignore-tensor names: \"odd.one\"");
}

TEST(Layout, PartsOfAParameterMayBeOfSeveralFloats) {
  ModelConfig config = parsed(readConfig("qwen3_moe"));
  StoredTensors stored = storedTensors(config);
  const std::string experts = "model.layers.0.mlp.experts.";
  stored[experts + "0.gate_proj.weight"].dtype = "BF16";
  stored[experts + "1.up_proj.weight"].dtype = "F16";
  const StoredParameter *found = nullptr;
  CheckpointLayout layout = layoutOf(config, stored);
  found = layout.find(experts + "gate_up_proj");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->recipe[0].type, DType::bf16);
  EXPECT_EQ(found->recipe[1], cast(DType::f32));
  EXPECT_EQ(found->recipe[2].kind, StepKind::load) << "what is float32 already is not cast";
}

TEST(Layout, ObsoleteBuffersAreIgnored) {
  ModelConfig config = parsed(readConfig("llama"));
  StoredTensors stored = storedTensors(config);
  stored["model.layers.0.self_attn.rotary_emb.inv_freq"] = {"F32", {10}};
  EXPECT_EQ(layoutOf(config, stored).ignored, std::vector<std::string>{"model.layers.0.self_attn.rotary_emb.inv_freq"});
}

TEST(Layout, LatentAttentionAndRouter) {
  ModelConfig config = parsed(readConfig("deepseek_v3"));
  CheckpointLayout layout = layoutOf(config, storedTensors(config, separate, "BF16"));
  EXPECT_EQ(shapeOf(layout, "model.layers.0.self_attn.kv_a_proj_with_mqa.weight"), (Shape{28, 64}));
  EXPECT_EQ(shapeOf(layout, "model.layers.0.self_attn.kv_b_proj.weight"), (Shape{88, 20}));
  EXPECT_EQ(shapeOf(layout, "model.layers.0.self_attn.o_proj.weight"), (Shape{64, 40}));
  EXPECT_EQ(shapeOf(layout, "model.layers.1.mlp.shared_experts.up_proj.weight"), (Shape{18, 64}));
  EXPECT_EQ(shapeOf(layout, "model.layers.1.mlp.gate.e_score_correction_bias"), (Shape{8}));
  EXPECT_FALSE(layout.find("model.layers.0.mlp.gate.weight"));
}

TEST(Layout, LayersThatPredictFurtherTokensAreIgnored) {
  json json = readConfig("deepseek_v3");
  ModelConfig config = parsed(json);
  StoredTensors stored = storedTensors(config);
  stored["model.layers.3.eh_proj.weight"] = {"F8_E4M3", {64, 128}};
  stored["model.layers.3.mlp.experts.0.up_proj.weight"] = {"BF16", {18, 64}};
  EXPECT_EQ(layoutOf(config, stored).ignored,
            (std::vector<std::string>{"model.layers.3.eh_proj.weight", "model.layers.3.mlp.experts.0.up_proj.weight"}));
  for (const char *name :
       {"model.layers.3", "model.layers.-1.x", "model.layers.2.eh_proj.weight", "layers.3.eh_proj.weight"}) {
    StoredTensors other = storedTensors(config);
    other[name] = {"BF16", {64, 128}};
    EXPECT_EQ(errorOf(config, other), "model: unexpected tensor \"" + std::string(name) +
                                          "\" of shape [64, 128]; if the model does not need it, --ignore-tensor='" +
                                          name + "' leaves it out");
  }
  json["num_nextn_predict_layers"] = 0;
  EXPECT_EQ(layoutOf(parsed(json), stored).notes.front(),
            "left out 2 tensors of layers beyond num_hidden_layers = 3: \"model.layers.3.eh_proj.weight\", ...");
}

TEST(Layout, LinearAttention) {
  ModelConfig config = parsed(readConfig("qwen3_5_text"));
  StoredTensors stored = storedTensors(config, separate, "BF16");
  stored["mtp.fc.weight"] = {"BF16", {60, 120}};
  stored["model.layers.0.linear_attn.A_log"].dtype = "F32";
  CheckpointLayout layout = layoutOf(config, stored);
  EXPECT_EQ(layout.ignored, std::vector<std::string>{"mtp.fc.weight"});
  EXPECT_EQ(shapeOf(layout, "model.layers.0.linear_attn.conv1d.weight"), (Shape{128, 1, 4}));
  EXPECT_EQ(shapeOf(layout, "model.layers.0.linear_attn.in_proj_qkv.weight"), (Shape{128, 60}));
  EXPECT_EQ(shapeOf(layout, "model.layers.0.linear_attn.out_proj.weight"), (Shape{60, 80}));
  EXPECT_EQ(layout.find("model.layers.0.linear_attn.A_log")->recipe.front().type, DType::f32);
  EXPECT_FALSE(layout.find("model.layers.0.self_attn.q_proj.weight"));
  EXPECT_EQ(shapeOf(layout, "model.layers.3.self_attn.q_proj.weight"), (Shape{384, 60})) << "queries and their gates";
  EXPECT_EQ(shapeOf(layout, "model.layers.3.self_attn.o_proj.weight"), (Shape{60, 192}));
  EXPECT_FALSE(layout.find("model.layers.3.linear_attn.A_log"));
}

TEST(Layout, SharedExpertsMayHaveAGate) {
  ModelConfig config = parsed(readConfig("qwen3_5_moe_text"));
  for (std::size_t experts : {separate, fused}) {
    CheckpointLayout layout = layoutOf(config, storedTensors(config, experts));
    EXPECT_EQ(shapeOf(layout, "model.layers.0.mlp.shared_expert_gate.weight"), (Shape{1, 48}));
    EXPECT_EQ(shapeOf(layout, "model.layers.0.mlp.shared_expert.down_proj.weight"), (Shape{48, 28}));
    EXPECT_EQ(keysOf(layout, "model.layers.0.mlp.gate.weight"),
              std::vector<std::string>{"model.layers.0.mlp.gate.weight"});
  }
}

TEST(Layout, IndexersOfLayersThatShareKeysAreIgnored) {
  ModelConfig config = parsed(readConfig("glm_moe_dsa"));
  StoredTensors stored = storedTensors(config);
  CheckpointLayout layout = layoutOf(config, stored);
  EXPECT_EQ(shapeOf(layout, "model.layers.0.self_attn.indexer.wq_b.weight"), (Shape{84, 28}));
  EXPECT_EQ(shapeOf(layout, "model.layers.0.self_attn.indexer.wk.weight"), (Shape{12, 64}));
  EXPECT_EQ(shapeOf(layout, "model.layers.2.self_attn.indexer.k_norm.bias"), (Shape{12}));
  EXPECT_EQ(shapeOf(layout, "model.layers.2.self_attn.indexer.weights_proj.weight"), (Shape{7, 64}));
  EXPECT_FALSE(layout.find("model.layers.1.self_attn.indexer.wk.weight"));
  stored["model.layers.1.self_attn.indexer.wk.weight"] = {"F32", {12, 64}};
  EXPECT_EQ(layoutOf(config, stored).ignored, std::vector<std::string>{"model.layers.1.self_attn.indexer.wk.weight"});
  stored.erase("model.layers.0.self_attn.indexer.k_norm.bias");
  EXPECT_EQ(errorOf(config, stored),
            "model: missing tensor 'model.layers.0.self_attn.indexer.k_norm.bias' of shape [12]");
}

TEST(Layout, ReportsEverythingWrongAtOnce) {
  ModelConfig config = parsed(readConfig("llama"));
  StoredTensors stored = storedTensors(config);
  stored["model.layers.0.self_attn.q_proj.weigth"] = stored["model.layers.0.self_attn.q_proj.weight"];
  stored.erase("model.layers.0.self_attn.q_proj.weight");
  stored.erase("model.norm.weight");
  stored["mtp.head"] = {"F32", {3}};
  stored["model.layers.1.mlp.up_proj.weight"].shape = {64, 108};
  stored["lm_head.weight"].dtype = "F8_E4M3";
  EXPECT_EQ(errorOf(config, stored),
            "model: 'model.layers.1.mlp.up_proj.weight' has shape [64, 108], expected [108, 64]\n"
            "model: 'lm_head.weight' has dtype \"F8_E4M3\", expected one of 'F32', 'BF16', 'F16'\n"
            "model: missing tensor 'model.layers.0.self_attn.q_proj.weight' of shape [80, 64] (nearest present: "
            "'model.layers.0.self_attn.q_proj.weigth')\n"
            "model: missing tensor 'model.norm.weight' of shape [64]\n"
            "model: unexpected tensor \"model.layers.0.self_attn.q_proj.weigth\" of shape [80, 64] (nearest missing: "
            "'model.layers.0.self_attn.q_proj.weight'); if the model does not need it, "
            "--ignore-tensor='model.layers.0.self_attn.q_proj.weigth' leaves it out");
}

TEST(Layout, BiasesMustBeThereExactlyIfTheConfigSaysSo) {
  json json = readConfig("llama_mha");
  ModelConfig with = parsed(json);
  json["attention_bias"] = false;
  ModelConfig without = parsed(json);
  EXPECT_NE(
      errorOf(with, storedTensors(without)).find("missing tensor 'model.layers.0.self_attn.o_proj.bias' of shape [64]"),
      std::string::npos);
  EXPECT_NE(errorOf(without, storedTensors(with))
                .find("unexpected tensor \"model.layers.0.self_attn.o_proj.bias\" of shape [64]"),
            std::string::npos);
}

TEST(Layout, RefusesExpertsOfBothLayouts) {
  for (std::string_view name : {"mixtral", "qwen3_moe", "deepseek_v3", "glm_moe_dsa"}) {
    ModelConfig config = parsed(readConfig(name));
    StoredTensors stored = storedTensors(config);
    for (const auto &[key, tensor] : storedTensors(config, fused))
      if (key.starts_with("model.layers.2."))
        stored[key] = tensor;
    std::string message = errorOf(config, stored);
    EXPECT_EQ(message.find("model: experts are stored in two layouts, expected one: 'model.layers."), 0u) << message;
    EXPECT_EQ(message.find('\n'), std::string::npos) << message;
  }
}

TEST(Layout, TakesExpertsOfDifferentTypes) {
  // Recipes bring each part to the type of the program.
  ModelConfig config = parsed(readConfig("qwen3_moe"));
  StoredTensors stored = storedTensors(config);
  stored["model.layers.0.mlp.experts.3.up_proj.weight"].dtype = "BF16";
  layoutOf(config, stored);
}

TEST(Layout, EmptyAndForeignCheckpointsGiveBoundedReports) {
  ModelConfig config = parsed(readConfig("qwen3_moe"));
  EXPECT_NE(errorOf(config, {}).find("more problems"), std::string::npos);
  StoredTensors stored;
  for (int i = 0; i < 20000; ++i)
    stored[std::string(300, 'x') + std::to_string(i)] = {"F32", Shape(100, 1)};
  EXPECT_LT(errorOf(config, stored).size(), 100000u);
}

} // namespace

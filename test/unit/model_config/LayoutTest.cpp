// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Fixtures.h"

#include "veomni/ModelConfig/CheckpointLayout.h"

using namespace veomni;
using namespace veomni::test;
using nlohmann::json;

namespace {

StoredTensors storedTensors(const DecoderConfig &config, ExpertStorage experts = ExpertStorage::PerExpert, const char *dtype = "F32") {
  StoredTensors stored;
  for (const TensorSpec &spec : expectedTensors(config, experts))
    stored[spec.name] = {spec.dtype.empty() ? dtype : spec.dtype, spec.shape};
  return stored;
}

bool fits(const DecoderConfig &config, ExpertStorage experts) {
  return experts != ExpertStorage::Mxfp4 || (config.hiddenSize % 32 == 0 && config.intermediateSize % 32 == 0);
}

CheckpointLayout layoutOf(const DecoderConfig &config, const StoredTensors &stored) {
  Expected<CheckpointLayout> layout = validateTensors(config, stored, "model");
  EXPECT_TRUE(layout) << layout.status().message();
  return layout ? *layout : CheckpointLayout();
}

std::string errorOf(const DecoderConfig &config, const StoredTensors &stored) {
  Expected<CheckpointLayout> layout = validateTensors(config, stored, "model");
  EXPECT_FALSE(layout);
  return layout.status().message();
}

TEST(Layout, EveryReferenceModelMatchesItsOwnTensors) {
  for (std::string_view name : cases) {
    DecoderConfig config = parsed(readConfig(name));
    for (ExpertStorage experts : expertStorages(config)) {
      if (!fits(config, experts))
        continue;
      CheckpointLayout layout = layoutOf(config, storedTensors(config, experts));
      EXPECT_FALSE(layout.tiedCopy) << name;
      EXPECT_EQ(layout.parameters.back().name, "lm_head.weight") << name;
    }
  }
}

TEST(Layout, DescribesPlainParameters) {
  DecoderConfig config = parsed(readConfig("llama"));
  CheckpointLayout layout = layoutOf(config, storedTensors(config, ExpertStorage::PerExpert, "BF16"));
  EXPECT_EQ(layout.parameters.front().name, "model.embed_tokens.weight");
  const ParameterStorage *parameter = layout.find("model.layers.2.self_attn.k_proj.weight");
  ASSERT_TRUE(parameter);
  EXPECT_EQ(parameter->kind, StorageKind::Plain);
  EXPECT_EQ(parameter->keys, std::vector<std::string>{"model.layers.2.self_attn.k_proj.weight"});
  EXPECT_EQ(parameter->shape, (Shape{40, 64}));
  EXPECT_EQ(parameter->dtype, "BF16");
  EXPECT_FALSE(layout.find("model.layers.3.self_attn.k_proj.weight"));
}

TEST(Layout, StacksExpertsStoredOneByOne) {
  DecoderConfig config = parsed(readConfig("mixtral"));
  CheckpointLayout layout = layoutOf(config, storedTensors(config));
  const ParameterStorage *gateUp = layout.find("model.layers.1.mlp.experts.gate_up_proj");
  ASSERT_TRUE(gateUp);
  EXPECT_EQ(gateUp->kind, StorageKind::StackOfConcat);
  EXPECT_EQ(gateUp->shape, (Shape{6, 56, 48}));
  EXPECT_EQ(gateUp->sourceShape(), (Shape{28, 48}));
  ASSERT_EQ(gateUp->keys.size(), 12u);
  EXPECT_EQ(gateUp->keys[2], "model.layers.1.block_sparse_moe.experts.1.w1.weight");
  EXPECT_EQ(gateUp->keys[3], "model.layers.1.block_sparse_moe.experts.1.w3.weight");
  const ParameterStorage *down = layout.find("model.layers.1.mlp.experts.down_proj");
  ASSERT_TRUE(down);
  EXPECT_EQ(down->kind, StorageKind::Stack);
  EXPECT_EQ(down->sourceShape(), (Shape{48, 28}));
  EXPECT_EQ(down->keys[5], "model.layers.1.block_sparse_moe.experts.5.w2.weight");
  EXPECT_EQ(layout.find("model.layers.1.mlp.gate.weight")->keys.front(), "model.layers.1.block_sparse_moe.gate.weight");
}

TEST(Layout, TakesFusedExpertsAsTheyAre) {
  DecoderConfig config = parsed(readConfig("qwen3_moe"));
  CheckpointLayout layout = layoutOf(config, storedTensors(config, ExpertStorage::Fused));
  const ParameterStorage *gateUp = layout.find("model.layers.2.mlp.experts.gate_up_proj");
  ASSERT_TRUE(gateUp);
  EXPECT_EQ(gateUp->kind, StorageKind::Plain);
  EXPECT_EQ(gateUp->shape, (Shape{8, 40, 48}));
  EXPECT_FALSE(layout.find("model.layers.1.mlp.experts.gate_up_proj"));
  EXPECT_TRUE(layout.find("model.layers.1.mlp.gate_proj.weight"));
}

TEST(Layout, GptOssKeepsTransposedFloatsOrBlocks) {
  DecoderConfig config = parsed(readConfig("gpt_oss_mxfp4"));
  const std::string experts = "model.layers.1.mlp.experts.";
  CheckpointLayout floats = layoutOf(config, storedTensors(config, ExpertStorage::Transposed, "BF16"));
  const ParameterStorage *gateUp = floats.find(experts + "gate_up_proj");
  ASSERT_TRUE(gateUp);
  EXPECT_EQ(gateUp->kind, StorageKind::Transposed);
  EXPECT_EQ(gateUp->shape, (Shape{4, 192, 64}));
  EXPECT_EQ(gateUp->sourceShape(), (Shape{4, 64, 192}));
  CheckpointLayout blocks = layoutOf(config, storedTensors(config, ExpertStorage::Mxfp4, "BF16"));
  const ParameterStorage *down = blocks.find(experts + "down_proj");
  ASSERT_TRUE(down);
  EXPECT_EQ(down->kind, StorageKind::Mxfp4);
  EXPECT_EQ(down->shape, (Shape{4, 64, 96}));
  EXPECT_EQ(down->keys, (std::vector<std::string>{experts + "down_proj_blocks", experts + "down_proj_scales"}));
  EXPECT_EQ(down->sourceShape(0), (Shape{4, 64, 3, 16}));
  EXPECT_EQ(down->sourceShape(1), (Shape{4, 64, 3}));
  EXPECT_EQ(down->dtype, "U8");
  for (const CheckpointLayout *layout : {&floats, &blocks}) {
    EXPECT_EQ(layout->find(experts + "down_proj_bias")->shape, (Shape{4, 64}));
    EXPECT_EQ(layout->find("model.layers.1.mlp.router.bias")->shape, (Shape{4}));
    EXPECT_EQ(layout->find("model.layers.0.self_attn.sinks")->shape, (Shape{4}));
  }
}

TEST(Layout, GptOssIsTransposedWhereShapesDoNotTell) {
  json config = readConfig("gpt_oss");
  config["intermediate_size"] = 24; // 2 I = H
  CheckpointLayout layout = layoutOf(parsed(config), storedTensors(parsed(config), ExpertStorage::Transposed));
  EXPECT_EQ(layout.find("model.layers.0.mlp.experts.gate_up_proj")->kind, StorageKind::Transposed);
  config["intermediate_size"] = 48; // I = H
  layout = layoutOf(parsed(config), storedTensors(parsed(config), ExpertStorage::Transposed));
  EXPECT_EQ(layout.find("model.layers.0.mlp.experts.down_proj")->kind, StorageKind::Transposed);
}

TEST(Layout, EveryTensorOfBlocksIsChecked) {
  DecoderConfig config = parsed(readConfig("gpt_oss_mxfp4"));
  const StoredTensors good = storedTensors(config, ExpertStorage::Mxfp4);
  const std::string experts = "model.layers.1.mlp.experts.";
  StoredTensors stored = good;
  stored[experts + "down_proj_blocks"].shape = {4, 64, 6, 8};
  stored[experts + "down_proj_scales"].dtype = "F8_E8M0";
  stored.erase(experts + "gate_up_proj_scales");
  EXPECT_EQ(errorOf(config, stored), "model: '" + experts + "down_proj_blocks' has shape [4, 64, 6, 8], expected [4, 64, 3, 16]\n" +
                                         "model: '" + experts + "down_proj_scales' has dtype \"F8_E8M0\", expected 'U8'\n" + "model: '" +
                                         experts + "down_proj_scales' has dtype \"F8_E8M0\", expected \"U8\" as '" + experts +
                                         "down_proj_blocks', which becomes part of the same parameter\n" + "model: missing tensor '" +
                                         experts + "gate_up_proj_scales' of shape [4, 192, 2]");
  // One tensor of the other kind, in another layer.
  stored = good;
  stored["model.layers.0.mlp.experts.down_proj"] = {"BF16", {4, 96, 64}};
  EXPECT_EQ(errorOf(config, stored), "model: experts are stored in two layouts, expected one: 'model.layers.0.mlp.experts.down_proj' holds "
                                     "them as floats, 'model.layers.0.mlp.experts.gate_up_proj_blocks' holds them in MXFP4");
  // Floats are not blocks, whatever their shape.
  stored = storedTensors(config, ExpertStorage::Transposed);
  stored[experts + "gate_up_proj"].dtype = "U8";
  EXPECT_EQ(errorOf(config, stored), "model: '" + experts + "gate_up_proj' has dtype \"U8\", expected one of 'F32', 'BF16', 'F16'");
}

TEST(Layout, Fp8IsWhatATensorSaysIfTheConfigAllowsIt) {
  json json = readConfig("deepseek_v3");
  json["quantization_config"] = {{"quant_method", "fp8"}, {"weight_block_size", {16, 16}}};
  DecoderConfig config = parsed(json);
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
  EXPECT_EQ(layout.find(query)->fp8Block, (std::array<std::int64_t, 2>{16, 16}));
  EXPECT_EQ(layout.find(experts + "gate_up_proj")->fp8Block, (std::array<std::int64_t, 2>{16, 16}));
  EXPECT_FALSE(layout.find("model.layers.0.self_attn.o_proj.weight")->fp8Block);

  stored.erase(query + "_scale_inv");
  stored[experts + "0.down_proj.weight"].dtype = "BF16";
  stored[experts + "1.down_proj.weight_scale_inv"] = {"F32", {1, 1}};
  stored["model.layers.1.mlp.gate.weight"].dtype = "F8_E4M3";
  const std::string errors = errorOf(config, stored);
  for (const std::string &text :
       std::vector<std::string>{"missing tensor '" + query + "_scale_inv'", experts + "1.down_proj.weight' has dtype \"F8_E4M3\"",
                                "'model.layers.1.mlp.gate.weight' has dtype \"F8_E4M3\", expected one of 'F32', 'BF16', 'F16'"})
    EXPECT_NE(errors.find(text), std::string::npos) << text << " in:\n" << errors;
  stored = good;
  stored[experts + "1.down_proj.weight_scale_inv"] = {"BF16", {1, 1}};
  EXPECT_NE(errorOf(config, stored).find("'" + experts + "1.down_proj.weight_scale_inv' has shape [1, 1], expected ["), std::string::npos);
  EXPECT_NE(errorOf(config, stored).find("'" + experts + "1.down_proj.weight_scale_inv' has dtype \"BF16\", expected 'F32'"),
            std::string::npos);
}

TEST(Layout, BlocksNeedRowsOfWholeBlocks) {
  DecoderConfig config = parsed(readConfig("gpt_oss"));
  EXPECT_EQ(
      errorOf(config, storedTensors(config, ExpertStorage::Mxfp4))
          .find("model: 'model.layers.0.mlp.experts.gate_up_proj_blocks' cannot hold rows of 48 numbers, expected a multiple of 32\n"),
      0u);
}

TEST(Layout, TiedHeadIsAnAliasAndMayBeStored) {
  DecoderConfig config = parsed(readConfig("llama_tied"));
  StoredTensors stored = storedTensors(config);
  EXPECT_FALSE(stored.contains("lm_head.weight"));
  CheckpointLayout layout = layoutOf(config, stored);
  EXPECT_EQ(layout.parameters.back().kind, StorageKind::Alias);
  EXPECT_EQ(layout.parameters.back().keys, std::vector<std::string>{"model.embed_tokens.weight"});
  EXPECT_EQ(layout.parameters.back().dtype, "F32");
  EXPECT_FALSE(layout.tiedCopy);
  stored["lm_head.weight"] = stored["model.embed_tokens.weight"];
  EXPECT_EQ(layoutOf(config, stored).tiedCopy, "lm_head.weight");
  stored["lm_head.weight"].dtype = "BF16";
  EXPECT_EQ(errorOf(config, stored), "model: 'lm_head.weight' has dtype \"BF16\", expected \"F32\" as model.embed_tokens.weight, to which "
                                     "it is tied");
  stored["lm_head.weight"] = {"F32", {151, 65}};
  EXPECT_EQ(errorOf(config, stored), "model: 'lm_head.weight' has shape [151, 65], expected [151, 64]");
}

TEST(Layout, ObsoleteBuffersAreIgnored) {
  DecoderConfig config = parsed(readConfig("llama"));
  StoredTensors stored = storedTensors(config);
  stored["model.layers.0.self_attn.rotary_emb.inv_freq"] = {"F32", {10}};
  EXPECT_EQ(layoutOf(config, stored).ignored, std::vector<std::string>{"model.layers.0.self_attn.rotary_emb.inv_freq"});
}

TEST(Layout, LatentAttentionAndRouter) {
  DecoderConfig config = parsed(readConfig("deepseek_v3"));
  CheckpointLayout layout = layoutOf(config, storedTensors(config, ExpertStorage::PerExpert, "BF16"));
  EXPECT_EQ(layout.find("model.layers.0.self_attn.kv_a_proj_with_mqa.weight")->shape, (Shape{28, 64}));
  EXPECT_EQ(layout.find("model.layers.0.self_attn.kv_b_proj.weight")->shape, (Shape{88, 20}));
  EXPECT_EQ(layout.find("model.layers.0.self_attn.o_proj.weight")->shape, (Shape{64, 40}));
  EXPECT_EQ(layout.find("model.layers.1.mlp.shared_experts.up_proj.weight")->shape, (Shape{18, 64}));
  EXPECT_TRUE(layout.find("model.layers.1.mlp.gate.weight")->float32);
  EXPECT_TRUE(layout.find("model.layers.1.mlp.gate.e_score_correction_bias")->float32);
  EXPECT_FALSE(layout.find("model.layers.1.mlp.experts.down_proj")->float32);
  EXPECT_FALSE(layout.find("model.layers.0.mlp.gate.weight"));
}

TEST(Layout, LayersThatPredictFurtherTokensAreIgnored) {
  json json = readConfig("deepseek_v3");
  DecoderConfig config = parsed(json);
  StoredTensors stored = storedTensors(config);
  stored["model.layers.3.eh_proj.weight"] = {"F8_E4M3", {64, 128}};
  stored["model.layers.3.mlp.experts.0.up_proj.weight"] = {"BF16", {18, 64}};
  EXPECT_EQ(layoutOf(config, stored).ignored,
            (std::vector<std::string>{"model.layers.3.eh_proj.weight", "model.layers.3.mlp.experts.0.up_proj.weight"}));
  for (const char *name : {"model.layers.4.eh_proj.weight", "model.layers.30.eh_proj.weight", "model.layers.3", "model.layers.-1.x",
                           "model.layers.2.eh_proj.weight", "layers.3.eh_proj.weight"}) {
    StoredTensors other = storedTensors(config);
    other[name] = {"BF16", {64, 128}};
    EXPECT_EQ(errorOf(config, other), "model: unexpected tensor \"" + std::string(name) + "\" of shape [64, 128]");
  }
  json["num_nextn_predict_layers"] = 0;
  EXPECT_NE(errorOf(parsed(json), stored).find("unexpected tensor \"model.layers.3.eh_proj.weight\""), std::string::npos);
}

TEST(Layout, LinearAttention) {
  DecoderConfig config = parsed(readConfig("qwen3_5_text"));
  StoredTensors stored = storedTensors(config, ExpertStorage::PerExpert, "BF16");
  stored["mtp.fc.weight"] = {"BF16", {60, 120}};
  stored["model.layers.0.linear_attn.A_log"].dtype = "F32";
  CheckpointLayout layout = layoutOf(config, stored);
  EXPECT_EQ(layout.ignored, std::vector<std::string>{"mtp.fc.weight"});
  EXPECT_EQ(layout.find("model.layers.0.linear_attn.conv1d.weight")->shape, (Shape{128, 1, 4}));
  EXPECT_EQ(layout.find("model.layers.0.linear_attn.in_proj_qkv.weight")->shape, (Shape{128, 60}));
  EXPECT_EQ(layout.find("model.layers.0.linear_attn.out_proj.weight")->shape, (Shape{60, 80}));
  EXPECT_EQ(layout.find("model.layers.0.linear_attn.A_log")->dtype, "F32");
  EXPECT_FALSE(layout.find("model.layers.0.self_attn.q_proj.weight"));
  EXPECT_EQ(layout.find("model.layers.3.self_attn.q_proj.weight")->shape, (Shape{384, 60})) << "queries and their gates";
  EXPECT_EQ(layout.find("model.layers.3.self_attn.o_proj.weight")->shape, (Shape{60, 192}));
  EXPECT_FALSE(layout.find("model.layers.3.linear_attn.A_log"));
}

TEST(Layout, SharedExpertsMayHaveAGate) {
  DecoderConfig config = parsed(readConfig("qwen3_5_moe_text"));
  for (ExpertStorage experts : expertStorages(config)) {
    CheckpointLayout layout = layoutOf(config, storedTensors(config, experts));
    EXPECT_EQ(layout.find("model.layers.0.mlp.shared_expert_gate.weight")->shape, (Shape{1, 48}));
    EXPECT_EQ(layout.find("model.layers.0.mlp.shared_expert.down_proj.weight")->shape, (Shape{48, 28}));
    EXPECT_EQ(layout.find("model.layers.0.mlp.gate.weight")->keys, std::vector<std::string>{"model.layers.0.mlp.gate.weight"});
  }
}

TEST(Layout, IndexersOfLayersThatShareKeysAreIgnored) {
  DecoderConfig config = parsed(readConfig("glm_moe_dsa"));
  StoredTensors stored = storedTensors(config);
  CheckpointLayout layout = layoutOf(config, stored);
  EXPECT_EQ(layout.find("model.layers.0.self_attn.indexer.wq_b.weight")->shape, (Shape{84, 28}));
  EXPECT_EQ(layout.find("model.layers.0.self_attn.indexer.wk.weight")->shape, (Shape{12, 64}));
  EXPECT_EQ(layout.find("model.layers.2.self_attn.indexer.k_norm.bias")->shape, (Shape{12}));
  EXPECT_EQ(layout.find("model.layers.2.self_attn.indexer.weights_proj.weight")->shape, (Shape{7, 64}));
  EXPECT_FALSE(layout.find("model.layers.1.self_attn.indexer.wk.weight"));
  stored["model.layers.1.self_attn.indexer.wk.weight"] = {"F32", {12, 64}};
  EXPECT_EQ(layoutOf(config, stored).ignored, std::vector<std::string>{"model.layers.1.self_attn.indexer.wk.weight"});
  stored.erase("model.layers.0.self_attn.indexer.k_norm.bias");
  EXPECT_EQ(errorOf(config, stored), "model: missing tensor 'model.layers.0.self_attn.indexer.k_norm.bias' of shape [12]");
}

TEST(Layout, ReportsEverythingWrongAtOnce) {
  DecoderConfig config = parsed(readConfig("llama"));
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
            "'model.layers.0.self_attn.q_proj.weight')\n"
            "model: unexpected tensor \"mtp.head\" of shape [3]");
}

TEST(Layout, BiasesMustBeThereExactlyIfTheConfigSaysSo) {
  json json = readConfig("llama_mha");
  DecoderConfig with = parsed(json);
  json["attention_bias"] = false;
  DecoderConfig without = parsed(json);
  EXPECT_NE(errorOf(with, storedTensors(without)).find("missing tensor 'model.layers.0.self_attn.o_proj.bias' of shape [64]"),
            std::string::npos);
  EXPECT_NE(errorOf(without, storedTensors(with)).find("unexpected tensor \"model.layers.0.self_attn.o_proj.bias\" of shape [64]"),
            std::string::npos);
}

TEST(Layout, RefusesExpertsOfBothLayouts) {
  for (std::string_view name : {"mixtral", "qwen3_moe", "deepseek_v3", "glm_moe_dsa"}) {
    DecoderConfig config = parsed(readConfig(name));
    StoredTensors stored = storedTensors(config);
    for (const auto &[key, tensor] : storedTensors(config, ExpertStorage::Fused))
      if (key.starts_with("model.layers.2."))
        stored[key] = tensor;
    std::string message = errorOf(config, stored);
    EXPECT_EQ(message.find("model: experts are stored in two layouts, expected one: 'model.layers."), 0u) << message;
    EXPECT_EQ(message.find('\n'), std::string::npos) << message;
  }
}

TEST(Layout, RefusesExpertsOfDifferentTypes) {
  DecoderConfig config = parsed(readConfig("qwen3_moe"));
  StoredTensors stored = storedTensors(config);
  stored["model.layers.0.mlp.experts.3.up_proj.weight"].dtype = "BF16";
  EXPECT_EQ(errorOf(config, stored), "model: 'model.layers.0.mlp.experts.3.up_proj.weight' has dtype \"BF16\", expected \"F32\" as "
                                     "'model.layers.0.mlp.experts.0.gate_proj.weight', which becomes part of the same parameter");
}

TEST(Layout, EmptyAndForeignCheckpointsGiveBoundedReports) {
  DecoderConfig config = parsed(readConfig("qwen3_moe"));
  EXPECT_NE(errorOf(config, {}).find("more problems"), std::string::npos);
  StoredTensors stored;
  for (int i = 0; i < 20000; ++i)
    stored[std::string(300, 'x') + std::to_string(i)] = {"F32", Shape(100, 1)};
  EXPECT_LT(errorOf(config, stored).size(), 100000u);
}

} // namespace

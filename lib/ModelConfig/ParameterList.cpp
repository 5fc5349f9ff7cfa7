// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Names and shapes follow the modules of modeling_<family>.py, the sources of experts conversion_mapping.py (transformers 5.9.0).
#include "ParameterList.h"

namespace veomni {

namespace {

/// Where a family keeps its sparse layers on disk, one expert at a time.
struct ExpertNames {
  std::string_view block;
  std::string_view gate, up, down;
};
constexpr ExpertNames mixtralNames = {"block_sparse_moe", "w1", "w3", "w2"};
constexpr ExpertNames qwenNames = {"mlp", "gate_proj", "up_proj", "down_proj"};

class ListBuilder {
public:
  ListBuilder(const DecoderConfig &config, ExpertStorage experts) : config_(config), experts_(experts) {}

  std::vector<ParameterStorage> build() {
    const Shape table = {config_.vocabSize, config_.hiddenSize};
    plain("model.embed_tokens.weight", table);
    for (std::size_t i = 0; i < config_.layers.size(); ++i)
      layer("model.layers." + std::to_string(i) + ".", config_.layers[i]);
    plain("model.norm.weight", {config_.hiddenSize});
    if (config_.tieWordEmbeddings)
      list_.push_back({"lm_head.weight", table, StorageKind::Alias, {"model.embed_tokens.weight"}, ""});
    else
      plain("lm_head.weight", table);
    return std::move(list_);
  }

private:
  void plain(const std::string &name, Shape shape) { list_.push_back({name, std::move(shape), StorageKind::Plain, {name}, ""}); }

  void linear(const std::string &name, std::int64_t out, std::int64_t in, bool bias) {
    plain(name + ".weight", {out, in});
    if (bias)
      plain(name + ".bias", {out});
  }

  void attention(const std::string &prefix) {
    const std::int64_t hidden = config_.hiddenSize;
    const std::int64_t queries = config_.numAttentionHeads * config_.headDim;
    const std::int64_t keys = config_.numKeyValueHeads * config_.headDim;
    linear(prefix + "self_attn.q_proj", config_.attentionGate ? 2 * queries : queries, hidden, config_.queryKeyValueBias);
    linear(prefix + "self_attn.k_proj", keys, hidden, config_.queryKeyValueBias);
    linear(prefix + "self_attn.v_proj", keys, hidden, config_.queryKeyValueBias);
    linear(prefix + "self_attn.o_proj", hidden, queries, config_.attentionOutputBias);
    if (config_.queryKeyNorm) {
      plain(prefix + "self_attn.q_norm.weight", {config_.headDim});
      plain(prefix + "self_attn.k_norm.weight", {config_.headDim});
    }
    if (config_.attentionSinks)
      plain(prefix + "self_attn.sinks", {config_.numAttentionHeads});
  }

  void latentAttention(const std::string &prefix, const LatentAttentionConfig &latent) {
    const std::int64_t hidden = config_.hiddenSize, heads = config_.numAttentionHeads;
    const std::int64_t queries = heads * (latent.passDim + config_.headDim);
    if (latent.queryRank) {
      linear(prefix + "self_attn.q_a_proj", *latent.queryRank, hidden, config_.queryKeyValueBias);
      plain(prefix + "self_attn.q_a_layernorm.weight", {*latent.queryRank});
      linear(prefix + "self_attn.q_b_proj", queries, *latent.queryRank, false);
    } else {
      linear(prefix + "self_attn.q_proj", queries, hidden, false);
    }
    linear(prefix + "self_attn.kv_a_proj_with_mqa", latent.keyValueRank + config_.headDim, hidden, config_.queryKeyValueBias);
    plain(prefix + "self_attn.kv_a_layernorm.weight", {latent.keyValueRank});
    linear(prefix + "self_attn.kv_b_proj", heads * (latent.passDim + latent.valueDim), latent.keyValueRank, false);
    linear(prefix + "self_attn.o_proj", hidden, heads * latent.valueDim, config_.attentionOutputBias);
  }

  void linearAttention(const std::string &prefix, const LinearAttentionConfig &linearConfig) {
    const std::int64_t hidden = config_.hiddenSize, heads = linearConfig.numValueHeads;
    const std::int64_t values = heads * linearConfig.valueDim;
    const std::int64_t mixed = 2 * linearConfig.numKeyHeads * linearConfig.keyDim + values;
    plain(prefix + "dt_bias", {heads});
    plain(prefix + "A_log", {heads});
    plain(prefix + "conv1d.weight", {mixed, 1, linearConfig.convTaps});
    plain(prefix + "norm.weight", {linearConfig.valueDim});
    linear(prefix + "out_proj", hidden, values, false);
    linear(prefix + "in_proj_qkv", mixed, hidden, false);
    linear(prefix + "in_proj_z", values, hidden, false);
    linear(prefix + "in_proj_b", heads, hidden, false);
    linear(prefix + "in_proj_a", heads, hidden, false);
  }

  void indexer(const std::string &prefix, const IndexerConfig &indexer) {
    linear(prefix + "wq_b", indexer.numHeads * indexer.headDim, *config_.latentAttention->queryRank, false);
    linear(prefix + "wk", indexer.headDim, config_.hiddenSize, false);
    plain(prefix + "k_norm.weight", {indexer.headDim});
    plain(prefix + "k_norm.bias", {indexer.headDim});
    linear(prefix + "weights_proj", indexer.numHeads, config_.hiddenSize, false);
  }

  void layer(const std::string &prefix, const LayerConfig &layer) {
    plain(prefix + "input_layernorm.weight", {config_.hiddenSize});
    if (layer.attention == AttentionKind::Linear)
      linearAttention(prefix + "linear_attn.", *config_.linearAttention);
    else if (config_.latentAttention)
      latentAttention(prefix, *config_.latentAttention);
    else
      attention(prefix);
    if (config_.indexer && !layer.sharesKeys)
      indexer(prefix + "self_attn.indexer.", *config_.indexer);
    plain(prefix + "post_attention_layernorm.weight", {config_.hiddenSize});
    if (layer.mlp == MlpKind::Sparse)
      sparse(prefix, *config_.moe);
    else
      mlp(prefix + "mlp.", config_.intermediateSize);
  }

  void mlp(const std::string &prefix, std::int64_t width) {
    linear(prefix + "gate_proj", width, config_.hiddenSize, config_.mlpBias);
    linear(prefix + "up_proj", width, config_.hiddenSize, config_.mlpBias);
    linear(prefix + "down_proj", config_.hiddenSize, width, config_.mlpBias);
  }

  void sparse(const std::string &prefix, const MoeConfig &moe) {
    const std::int64_t hidden = config_.hiddenSize, width = moe.expertIntermediateSize;
    const ExpertNames &names = config_.modelType == "mixtral" ? mixtralNames : qwenNames;
    const std::string block = prefix + std::string(names.block) + ".", routerName = prefix + "mlp." + std::string(moe.routerName);
    ParameterStorage router = {routerName + ".weight", {moe.numExperts, hidden}, StorageKind::Plain, {}, ""};
    ParameterStorage gateUp = {prefix + "mlp.experts.gate_up_proj", {moe.numExperts, 2 * width, hidden}, StorageKind::Plain, {}, ""};
    ParameterStorage down = {prefix + "mlp.experts.down_proj", {moe.numExperts, hidden, width}, StorageKind::Plain, {}, ""};
    for (ParameterStorage *parameter : {&router, &gateUp, &down})
      parameter->keys = {parameter->name};
    if (experts_ == ExpertStorage::Transposed) {
      gateUp.kind = down.kind = StorageKind::Transposed;
    } else if (experts_ == ExpertStorage::Mxfp4) {
      for (ParameterStorage *parameter : {&gateUp, &down}) {
        parameter->kind = StorageKind::Mxfp4;
        parameter->keys = {parameter->name + "_blocks", parameter->name + "_scales"};
      }
    } else if (experts_ == ExpertStorage::PerExpert) {
      gateUp.keys.clear();
      down.keys.clear();
      router.keys = {block + "gate.weight"};
      gateUp.kind = StorageKind::StackOfConcat;
      down.kind = StorageKind::Stack;
      for (std::int64_t e = 0; e < moe.numExperts; ++e) {
        const std::string expert = block + "experts." + std::to_string(e) + ".";
        gateUp.keys.push_back(expert + std::string(names.gate) + ".weight");
        gateUp.keys.push_back(expert + std::string(names.up) + ".weight");
        down.keys.push_back(expert + std::string(names.down) + ".weight");
      }
    }
    // DeepseekV3TopkRouter computes in float32, and its bias is kept so (_keep_in_fp32_modules_strict).
    router.float32 = moe.groupRouting.has_value();
    list_.push_back(std::move(router));
    if (moe.groupRouting) {
      plain(prefix + "mlp.gate.e_score_correction_bias", {moe.numExperts});
      list_.back().float32 = true;
    }
    for (ParameterStorage *parameter : {&gateUp, &down})
      list_.push_back(std::move(*parameter));
    if (moe.bias) {
      plain(routerName + ".bias", {moe.numExperts});
      plain(prefix + "mlp.experts.gate_up_proj_bias", {moe.numExperts, 2 * width});
      plain(prefix + "mlp.experts.down_proj_bias", {moe.numExperts, hidden});
    }
    const std::string shared = prefix + "mlp." + std::string(moe.sharedName);
    if (moe.sharedIntermediateSize)
      mlp(shared + ".", moe.sharedIntermediateSize);
    if (moe.sharedGate)
      linear(shared + "_gate", 1, hidden, false);
  }

  const DecoderConfig &config_;
  ExpertStorage experts_;
  std::vector<ParameterStorage> list_;
};

} // namespace

std::vector<ParameterStorage> parameterList(const DecoderConfig &config, ExpertStorage experts) {
  return ListBuilder(config, experts).build();
}

} // namespace veomni

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A decoder, module by module, with the classes, methods and paths of transformers.
#include "veomni/Models/Decoder.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

#include <cmath>
#include <limits>

using namespace mlir;

namespace veomni {

namespace {

bool sliding(const LayerConfig &layer) { return layer.attention == AttentionKind::Sliding; }

GluActivation gluActivation(Activation activation) {
  switch (activation) {
  case Activation::Silu:
    return GluActivation::Silu;
  case Activation::Gelu:
    return GluActivation::Gelu;
  case Activation::GeluTanh:
    return GluActivation::GeluTanh;
  }
  llvm_unreachable("every activation is listed");
}

class DecoderBuilder {
public:
  DecoderBuilder(ModuleTree &tree, const DecoderConfig &config)
      : tree(tree), builder(tree.builder), config(config), prefix(StringRef(config.architecture).split("For").first),
        frequencies(inverseFrequencies(config.rope, config.headDim)) {}

  void entry(const EntryOptions &options);

private:
  /// What every layer reads and none computes again.
  struct Shared {
    Value cos, sin, starts, mask, maskGiven;
    SmallVector<Value> values() const { return {cos, sin, starts, mask, maskGiven}; }
  };
  SmallVector<Port> sharedPorts();
  static Shared sharedFrom(ValueRange values) { return {values[0], values[1], values[2], values[3], values[4]}; }

  func::FuncOp rotaryEmbedding();
  func::FuncOp attention(bool isSliding);
  func::FuncOp mlp();
  func::FuncOp layer(const LayerConfig &kind);
  func::FuncOp model(const EntryOptions &options);

  std::string className(StringRef suffix) const { return (prefix + suffix).str(); }
  Port hidden() { return tree.tokens({config.hiddenSize}); }
  Port ids() { return tree.tokens({}, builder.getI64Type()); }

  ModuleTree &tree;
  OpBuilder &builder;
  const DecoderConfig &config;
  StringRef prefix;
  std::vector<float> frequencies;
};

SmallVector<Port> DecoderBuilder::sharedPorts() {
  Port angles = tree.tokens({static_cast<int64_t>(frequencies.size())});
  return {angles, angles, tree.tokens({}, builder.getI32Type()), ids(), Port{builder.getI1Type(), {}}};
}

func::FuncOp DecoderBuilder::rotaryEmbedding() {
  Port angles = tree.tokens({static_cast<int64_t>(frequencies.size())});
  return tree.method(className("RotaryEmbedding"), "forward", "", {ids()}, {angles, angles}, [&](ValueRange arguments) {
    auto table = RopeTableOp::create(builder, builder.getUnknownLoc(), angles.type, angles.type, arguments[0], frequencies,
                                     llvm::APFloat(attentionScaling(config.rope)));
    return SmallVector<Value>{table.getCos(), table.getSin()};
  });
}

func::FuncOp DecoderBuilder::attention(bool isSliding) {
  SmallVector<Port> arguments{hidden()};
  llvm::append_range(arguments, sharedPorts());
  return tree.method(className("Attention"), "forward", isSliding ? "sliding" : "", arguments, {hidden()}, [&](ValueRange values) {
    Value x = values[0];
    Shared shared = sharedFrom(values.drop_front());
    auto heads = [&](StringRef name, int64_t count, StringRef norm) {
      Value projected = tree.linear(x, name, count * config.headDim, config.queryKeyValueBias);
      Value split = tree.unflatten(projected, count);
      return config.queryKeyNorm && !norm.empty() ? tree.rmsNorm(split, norm, config.rmsNormEps) : split;
    };
    Value query = heads("q_proj", config.numAttentionHeads, "q_norm");
    Value key = heads("k_proj", config.numKeyValueHeads, "k_norm");
    Value value = heads("v_proj", config.numKeyValueHeads, "");
    auto rotate = [&](Value head) -> Value {
      return RopeOp::create(builder, head.getLoc(), head.getType(), head, shared.cos, shared.sin,
                            RopeLayoutAttr::get(builder.getContext(), RopeLayout::Half));
    };
    query = rotate(query);
    key = rotate(key);
    float scale = static_cast<float>(1.0 / std::sqrt(static_cast<double>(config.headDim)));
    Value out = AttentionOp::create(builder, builder.getUnknownLoc(), query.getType(), query, key, value, shared.starts, shared.mask,
                                    shared.maskGiven, llvm::APFloat(scale), isSliding ? *config.slidingWindow : 0);
    return SmallVector<Value>{tree.linear(tree.flatten(out), "o_proj", config.hiddenSize, config.attentionOutputBias)};
  });
}

func::FuncOp DecoderBuilder::mlp() {
  return tree.method(className("MLP"), "forward", "", {hidden()}, {hidden()}, [&](ValueRange values) {
    Value gate = tree.linear(values[0], "gate_proj", config.intermediateSize, config.mlpBias);
    Value up = tree.linear(values[0], "up_proj", config.intermediateSize, config.mlpBias);
    Value gated = GluOp::create(builder, builder.getUnknownLoc(), gate.getType(), gate, up,
                                GluActivationAttr::get(builder.getContext(), gluActivation(config.hiddenAct)));
    return SmallVector<Value>{tree.linear(gated, "down_proj", config.hiddenSize, config.mlpBias)};
  });
}

func::FuncOp DecoderBuilder::layer(const LayerConfig &kind) {
  SmallVector<Port> arguments{hidden()};
  llvm::append_range(arguments, sharedPorts());
  return tree.method(className("DecoderLayer"), "forward", sliding(kind) ? "sliding" : "", arguments, {hidden()}, [&](ValueRange values) {
    Value h = values[0];
    Value normed = tree.rmsNorm(h, "input_layernorm", config.rmsNormEps);
    SmallVector<Value> operands{normed};
    llvm::append_range(operands, values.drop_front());
    h = tree.add(h, tree.call(attention(sliding(kind)), "self_attn", operands)[0]);
    normed = tree.rmsNorm(h, "post_attention_layernorm", config.rmsNormEps);
    return SmallVector<Value>{tree.add(h, tree.call(mlp(), "mlp", normed)[0])};
  });
}

func::FuncOp DecoderBuilder::model(const EntryOptions &options) {
  SmallVector<Port> arguments{ids(), ids(), Port{builder.getI1Type(), {}}, ids()};
  SmallVector<Port> results(options.hiddenStates ? config.layers.size() + 1 : 1, hidden());
  return tree.method(className("Model"), "forward", "", arguments, results, [&](ValueRange values) {
    Value ids = values[0], mask = values[1], given = values[2], positions = values[3];
    Value table = tree.param("embed_tokens.weight", {config.vocabSize, config.hiddenSize});
    Value h = EmbeddingOp::create(builder, table.getLoc(), hidden().type, ids, table);
    ValueRange angles = tree.call(rotaryEmbedding(), "rotary_emb", positions);
    Value starts = DocumentStartsOp::create(builder, builder.getUnknownLoc(), tree.tokens({}, builder.getI32Type()).type, positions, given);
    Shared shared{angles[0], angles[1], starts, mask, given};
    SmallVector<Value> states;
    for (auto [index, kind] : llvm::enumerate(config.layers)) {
      states.push_back(h);
      SmallVector<Value> operands{h};
      llvm::append_range(operands, shared.values());
      h = tree.call(layer(kind), "layers." + Twine(index), operands)[0];
    }
    h = tree.rmsNorm(h, "norm", config.rmsNormEps);
    states.push_back(h);
    return options.hiddenStates ? states : SmallVector<Value>{h};
  });
}

void DecoderBuilder::entry(const EntryOptions &options) {
  bool loss = options.kind == EntryKind::Loss;
  SmallVector<Port> arguments{ids(), ids(), ids()};
  auto named = [&](StringRef name, std::initializer_list<std::pair<StringRef, Attribute>> more) {
    NamedAttrList list;
    list.set(VeOmniDialect::kName, builder.getStringAttr(name));
    for (auto [key, value] : more)
      list.set(key, value);
    return list;
  };
  auto range = [&](int64_t low, int64_t high) -> Attribute { return builder.getDenseI64ArrayAttr({low, high}); };
  // Positions past 2^31 have no meaning to any model, and angles are exact in f64 up to there.
  int64_t lastPosition = std::numeric_limits<int32_t>::max();
  SmallVector<NamedAttrList> attributes{
      named("input_ids", {{VeOmniDialect::kRange, range(0, config.vocabSize - 1)}}),
      named("attention_mask", {{VeOmniDialect::kDefault, builder.getStringAttr("ones")}, {VeOmniDialect::kRange, range(0, 1)}}),
      named("position_ids", {{VeOmniDialect::kDefault, builder.getStringAttr("iota")},
                             {VeOmniDialect::kRange, range(0, lastPosition)},
                             {VeOmniDialect::kCuSeqlens, builder.getUnitAttr()}})};
  if (loss) {
    arguments.push_back(ids());
    attributes.push_back(named("labels", {{VeOmniDialect::kRange, range(-100, config.vocabSize - 1)}}));
  }
  SmallVector<Port> results;
  SmallVector<std::string> names;
  if (loss) {
    results.push_back({RankedTensorType::get({}, builder.getF32Type()), {}});
    names.push_back("loss");
  } else {
    results.push_back(tree.tokens({config.vocabSize}));
    names.push_back("logits");
  }
  for (size_t i = 0; options.hiddenStates && i <= config.layers.size(); ++i) {
    results.push_back(hidden());
    names.push_back("hidden_states." + std::to_string(i));
  }
  tree.entry(loss ? "loss" : "forward", className("ForCausalLM"), arguments, attributes, results, names, [&](ValueRange values) {
    Value given = InputGivenOp::create(builder, builder.getUnknownLoc(), builder.getI1Type(), values[1]);
    ValueRange states = tree.call(model(options), "model", {values[0], values[1], given, values[2]});
    StringRef head = config.tieWordEmbeddings ? "model.embed_tokens.weight" : "lm_head.weight";
    Value weight = tree.param(head, {config.vocabSize, config.hiddenSize});
    Value logits = LinearOp::create(builder, weight.getLoc(), tree.tokens({config.vocabSize}).type, states.back(), weight, Value());
    SmallVector<Value> out{logits};
    if (loss)
      out[0] = CrossEntropyOp::create(builder, builder.getUnknownLoc(), results[0].type, logits, values[3], builder.getI64IntegerAttr(-100),
                                      builder.getUnitAttr());
    if (options.hiddenStates)
      llvm::append_range(out, states);
    return out;
  });
}

} // namespace

void buildDecoder(ModuleTree &tree, const DecoderConfig &config, const EntryOptions &options) {
  DecoderBuilder(tree, config).entry(options);
}

} // namespace veomni

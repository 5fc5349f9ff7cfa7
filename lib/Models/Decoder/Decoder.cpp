// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The decoder that most families are: builds a model from the blocks that its configuration names.
#include "DecoderBuilder.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

#include <cmath>
#include <limits>

using namespace mlir;

namespace veomni {

namespace {

/// The label that counts for nothing, in torch's losses and in collators.
constexpr int64_t kIgnoreIndex = -100;

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

} // namespace

SmallVector<Port> DecoderBuilder::sharedPorts() {
  Port angles = tokens({static_cast<int64_t>(frequencies.size())});
  return {angles.named("cos"), angles.named("sin"), tokens({}, builder.getI32Type()).named("document_starts"),
          ids().named("attention_mask"), Port{builder.getI1Type(), {}, "mask_given"}};
}

func::FuncOp DecoderBuilder::rotaryEmbedding(bool isSliding) {
  Port angles = tokens({static_cast<int64_t>(frequencies.size())}), positions = ids().named("position_ids");
  const bool hasAxes = !visionRows().empty();
  if (hasAxes)
    positions = visionPorts().front();
  const RopeParameters &rope = isSliding ? *config.rope.sliding : config.rope.parameters;
  return tree.method(
      className(config.classes.rotary), "forward", isSliding ? "sliding" : "", {positions}, {angles, angles},
      [&](ValueRange arguments) {
        std::vector<float> table = inverseFrequencies(rope, config.attention.headDim);
        llvm::APFloat scale(attentionScaling(rope));
        Location loc = builder.getUnknownLoc();
        if (hasAxes)
          return SmallVector<Value>(MropeTableOp::create(builder, loc, angles.type, angles.type, arguments[0], table,
                                                         config.rope.positionAxes, scale)
                                        .getResults());
        if (rope.type != RopeType::Dynamic && rope.type != RopeType::LongRope)
          return SmallVector<Value>(
              RopeTableOp::create(builder, loc, angles.type, angles.type, arguments[0], table, scale).getResults());
        FloatAttr factor;
        DenseF32ArrayAttr longTable;
        if (rope.type == RopeType::Dynamic)
          factor = builder.getF32FloatAttr(static_cast<float>(rope.factor));
        else
          longTable = builder.getDenseF32ArrayAttr(longInverseFrequencies(rope, config.attention.headDim));
        return SmallVector<Value>(
            RopeTableOfRunOp::create(builder, loc, angles.type, angles.type, arguments[0],
                                     builder.getDenseF32ArrayAttr(table),
                                     builder.getI64IntegerAttr(rope.originalMaxPositionEmbeddings), factor, longTable,
                                     FloatAttr::get(builder.getF32Type(), scale))
                .getResults());
      });
}

Value DecoderBuilder::scaled(Value x, double factor) {
  if (factor == 1)
    return x;
  return BinaryScalarOp::create(builder, x.getLoc(), BinaryKind::Mul, x, llvm::APFloat(static_cast<float>(factor)));
}

Value DecoderBuilder::rotate(Value heads, const Shared &shared, bool interleaved) {
  RopeLayout layout = interleaved ? RopeLayout::Interleaved : RopeLayout::Half;
  return RopeOp::create(builder, heads.getLoc(), heads.getType(), heads, shared.cos, shared.sin,
                        RopeLayoutAttr::get(builder.getContext(), layout));
}

func::FuncOp DecoderBuilder::attention(bool isSliding) {
  SmallVector<Port> arguments{hidden()};
  llvm::append_range(arguments, sharedPorts());
  return tree.method(
      className(config.classes.attention), "forward", isSliding ? "sliding" : "", arguments, {hidden()},
      [&](ValueRange values) {
        Value x = values[0];
        Shared shared = sharedFrom(values.drop_front());
        auto heads = [&](StringRef name, int64_t count, int64_t columns, StringRef wholeNorm = "") {
          Value joined = tree.linear(x, name, count * columns, config.attention.queryKeyValueBias);
          if (config.attention.queryKeyNormOfAllHeads && !wholeNorm.empty())
            joined = norm(joined, wholeNorm);
          return tree.unflatten(joined, count);
        };
        auto normed = [&](Value split, StringRef name) {
          return config.attention.queryKeyNorm ? norm(split, name) : split;
        };
        Value gate,
            query = heads("q_proj", config.attention.numHeads,
                          config.attention.gate ? 2 * config.attention.headDim : config.attention.headDim, "q_norm");
        if (config.attention.gate) {
          gate = tree.flatten(tree.slice(query, config.attention.headDim, config.attention.headDim));
          query = tree.slice(query, 0, config.attention.headDim);
        }
        query = normed(query, "q_norm");
        Value key =
            normed(heads("k_proj", config.attention.numKeyValueHeads, config.attention.headDim, "k_norm"), "k_norm");
        Value value = heads("v_proj", config.attention.numKeyValueHeads, config.attention.headDim);
        query = rotate(query, shared, config.rope.interleaved);
        key = rotate(key, shared, config.rope.interleaved);
        float scale = static_cast<float>(
            config.attention.scoreScale.value_or(1.0 / std::sqrt(static_cast<double>(config.attention.headDim))));
        Value sinks = config.attention.sinks ? tree.param("sinks", {config.attention.numHeads}) : Value();
        Value out = AttentionOp::create(builder, builder.getUnknownLoc(), query.getType(), query, key, value,
                                        shared.starts, /*ends=*/Value(), shared.mask, shared.maskGiven, sinks,
                                        llvm::APFloat(scale), isSliding ? *config.attention.slidingWindow : 0);
        Value flat = tree.flatten(out);
        if (gate)
          flat = tree.binary(BinaryKind::Mul, flat, tree.unary(UnaryKind::Sigmoid, gate));
        return SmallVector<Value>{tree.linear(flat, "o_proj", config.hiddenSize, config.attention.outputBias)};
      });
}

func::FuncOp DecoderBuilder::mlp(StringRef specialisation, int64_t width) {
  return tree.method(
      className(config.classes.mlp), "forward", specialisation, {hidden()}, {hidden()}, [&](ValueRange values) {
        Value gate = tree.linear(values[0], "gate_proj", width, config.mlp.bias);
        Value up = tree.linear(values[0], "up_proj", width, config.mlp.bias);
        Value gated = GluOp::create(builder, builder.getUnknownLoc(), gate.getType(), gate, up,
                                    GluActivationAttr::get(builder.getContext(), gluActivation(config.mlp.activation)));
        return SmallVector<Value>{tree.linear(gated, "down_proj", config.hiddenSize, config.mlp.bias)};
      });
}

/// The top k experts of each token; transformers `<Prefix>TopKRouter`.
func::FuncOp DecoderBuilder::router() {
  SmallVector<Port> results{routerLogits(), chosenExperts(), routingWeights()};
  return tree.method(className(config.classes.router), "forward", "", {hidden()}, results, [&](ValueRange values) {
    Value weight = tree.param("weight", {config.experts->count, config.hiddenSize});
    Value logits = LinearOp::create(builder, weight.getLoc(), routerLogits().type, values[0], weight,
                                    config.experts->bias ? tree.param("bias", {config.experts->count}) : Value());
    bool keepF32 = config.experts->routingWeightType == RoutingWeightType::Float32;
    Type weightType = keepF32 ? Type(builder.getF32Type()) : Type(tree.activationType);
    auto chosen = RouterOp::create(builder, builder.getUnknownLoc(), chosenExperts().type, routingWeights().type,
                                   logits, config.experts->perToken, config.experts->renormalizeTopK, weightType,
                                   config.experts->softmaxOverChosen ? RouterScore::SoftmaxTopK : RouterScore::Softmax);
    return SmallVector<Value>{logits, chosen.getExperts(), chosen.getWeights()};
  });
}

/// All of it in f32, the weight, too. transformers keeps the choice in `<Prefix>MoE`; here the router makes it, as in
/// other families.
func::FuncOp DecoderBuilder::groupRouter() {
  SmallVector<Port> results{routerLogits(), chosenExperts(), routingWeights()};
  const ExpertsConfig &moe = *config.experts;
  return tree.method(className(config.classes.router), "forward", "", {hidden()}, results, [&](ValueRange values) {
    Value weight = tree.param("weight", {moe.count, config.hiddenSize}, builder.getF32Type());
    Value logits = LinearOp::create(builder, weight.getLoc(), routerLogits().type, values[0], weight, Value());
    Value bias = tree.param("e_score_correction_bias", {moe.count}, builder.getF32Type());
    auto chosen =
        GroupRouterOp::create(builder, builder.getUnknownLoc(), chosenExperts().type, routingWeights().type, logits,
                              bias, moe.groupRouting->numGroups, moe.groupRouting->groupsPerToken, moe.perToken,
                              moe.renormalizeTopK, llvm::APFloat(static_cast<float>(moe.groupRouting->scale)));
    return SmallVector<Value>{logits, chosen.getExperts(), chosen.getWeights()};
  });
}

/// The loop over hit experts; transformers `<Prefix>Experts` in its eager form.
func::FuncOp DecoderBuilder::experts() {
  std::string owner = className(config.classes.experts);
  int64_t count = config.experts->count, width = config.experts->width, size = config.hiddenSize;
  Port rows = tree.port({"expert_tokens"}, {size}).named("rows"), which{builder.getIndexType(), {}, "expert"};
  func::FuncOp expert = tree.method(owner, "expert", "", {rows, which}, {rows}, [&](ValueRange values) {
    auto ofExpert = [&](const Twine &name, ArrayRef<int64_t> shape) -> Value {
      SmallVector<int64_t> all{count};
      llvm::append_range(all, shape);
      Value stack = tree.param(name.str(), all);
      return SelectExpertOp::create(builder, stack.getLoc(), RankedTensorType::get(shape, tree.parameterType), stack,
                                    values[1]);
    };
    auto linear = [&](Value x, StringRef name, int64_t features, int64_t depth) -> Value {
      Value matrix = ofExpert(name, {features, depth});
      Value bias = config.experts->bias ? ofExpert(name + "_bias", {features}) : Value();
      auto type = RankedTensorType::get({ShapedType::kDynamic, features}, tree.activationType);
      return LinearOp::create(builder, matrix.getLoc(), type, x, matrix, bias);
    };
    Value gateUp = linear(values[0], "gate_up_proj", 2 * width, size);
    const ExpertGlu &glu = config.experts->glu;
    auto number = [&](std::optional<float> value) { return value ? builder.getF32FloatAttr(*value) : FloatAttr(); };
    Value gated = PackedGluOp::create(
        builder, builder.getUnknownLoc(), RankedTensorType::get({ShapedType::kDynamic, width}, tree.activationType),
        gateUp, gluActivation(config.mlp.activation), glu.interleaved ? GluLayout::Interleaved : GluLayout::Concat,
        number(glu.limit), number(glu.alpha), number(glu.upShift));
    return SmallVector<Value>{linear(gated, "down_proj", size, width)};
  });
  return tree.method(owner, "forward", "", {hidden(), chosenExperts(), routingWeights()}, {hidden()},
                     [&](ValueRange values) {
                       Value out = ExpertsLoopOp::create(builder, builder.getUnknownLoc(), hidden().type,
                                                         expert.getSymName(), values[0], values[1], values[2], count);
                       return SmallVector<Value>{out};
                     });
}

func::FuncOp DecoderBuilder::sparseBlock() {
  const ExpertsConfig &moe = *config.experts;
  return tree.method(className(config.classes.sparseBlock), "forward", "", {hidden()}, {hidden(), routerLogits()},
                     [&](ValueRange values) {
                       ValueRange routed =
                           tree.call(moe.groupRouting ? groupRouter() : router(), moe.routerName, values[0]);
                       Value out = tree.call(experts(), "experts", {values[0], routed[1], routed[2]})[0];
                       if (moe.sharedWidth) {
                         Value shared =
                             tree.call(mlp("shared", moe.sharedWidth), StringRef(moe.sharedName), values[0])[0];
                         if (moe.sharedGate) {
                           Value gate = tree.linear(values[0], StringRef(moe.sharedName) + "_gate", 1, /*bias=*/false);
                           shared = tree.binary(BinaryKind::Mul, tree.unary(UnaryKind::Sigmoid, gate), shared);
                         }
                         out = tree.add(out, shared);
                       }
                       return SmallVector<Value>{out, routed[0]};
                     });
}

ValueRange DecoderBuilder::attend(const LayerConfig &layer, Value normed, ValueRange values) {
  if (layer.attention == AttentionKind::Linear) {
    Shared shared = sharedFrom(values);
    return tree.call(gatedDeltaNet(), "linear_attn", {normed, shared.starts, shared.mask});
  }
  SmallVector<Value> operands{normed};
  llvm::append_range(operands, values);
  return tree.call(config.attention.latent ? latentAttention(layer.sharesKeys) : attention(sliding(layer)), "self_attn",
                   operands);
}

func::FuncOp DecoderBuilder::layer(const LayerConfig &kind) {
  SmallVector<Port> arguments{hidden()}, results{hidden()};
  llvm::append_range(arguments, sharedPorts());
  if (kind.sharesKeys)
    arguments.push_back(chosenKeys());
  if (choosesKeys(kind))
    results.push_back(chosenKeys());
  if (isSparse(kind))
    results.push_back(routerLogits());
  std::string specialisation = sliding(kind)                             ? "sliding"
                               : kind.attention == AttentionKind::Linear ? "linear"
                               : kind.sharesKeys                         ? "shared"
                                                                         : "";
  // Only a model that has both kinds of layers must tell them apart.
  if (config.experts && !isSparse(kind))
    specialisation += specialisation.empty() ? "dense" : "_dense";
  return tree.method(
      className(config.classes.layer), "forward", specialisation, arguments, results, [&](ValueRange values) {
        const NormPlacement place = config.norm.placement;
        auto before = [&](Value x, StringRef name) { return place == NormPlacement::After ? x : norm(x, name); };
        auto after = [&](Value x, StringRef name) { return place == NormPlacement::Before ? x : norm(x, name); };
        Value h = values[0];
        ValueRange attended = attend(kind, before(h, "input_layernorm"), values.drop_front());
        h = tree.add(h, scaled(after(attended[0], "post_attention_layernorm"), config.residualMultiplier));
        Value normed =
            before(h, place == NormPlacement::Around ? "pre_feedforward_layernorm" : "post_attention_layernorm");
        ValueRange out = tree.call(isSparse(kind) ? sparseBlock() : mlp("", config.mlp.width), "mlp", normed);
        SmallVector<Value> returned{
            tree.add(h, scaled(after(out[0], "post_feedforward_layernorm"), config.residualMultiplier))};
        llvm::append_range(returned, attended.drop_front());
        llvm::append_range(returned, out.drop_front());
        return returned;
      });
}

/// Returns the final hidden state, then what `options` and the loss need: hidden states, router logits of the sparse
/// layers.
func::FuncOp DecoderBuilder::model(const EntryOptions &options) {
  SmallVector<Port> arguments{ids().named("input_ids"), ids().named("attention_mask"),
                              Port{builder.getI1Type(), {}, "mask_given"},
                              ids().named(visionRows().empty() ? "position_ids" : "text_position_ids")};
  llvm::append_range(arguments, visionPorts());
  SmallVector<Port> results{hidden()};
  if (options.hiddenStates)
    results.append(config.layers.size(), hidden());
  if (needsRouterLogits(options))
    for (const LayerConfig &kind : config.layers)
      if (isSparse(kind))
        results.push_back(routerLogits());
  // Entries share the model where they want the same of it.
  bool asFirst = options.hiddenStates == entries.front().hiddenStates &&
                 needsRouterLogits(options) == needsRouterLogits(entries.front());
  StringRef specialisation = asFirst ? "" : options.kind == EntryKind::Loss ? "loss" : "forward";
  return tree.method(
      className(config.classes.model), "forward", specialisation, arguments, results, [&](ValueRange values) {
        Value ids = values[0], mask = values[1], given = values[2], positions = values[3];
        Value table = tree.param("embed_tokens.weight", {config.embedding.vocabSize, config.hiddenSize});
        Value h =
            scaled(EmbeddingOp::create(builder, table.getLoc(), hidden().type, ids, table), embeddingMultiplier());
        const ValueRange made = values.drop_front(4); // by vision towers
        const Value turnsBy = made.empty() ? positions : made.front();
        SmallVector<Deepstack> deepstack;
        h = placeVisionRows(h, ids, made, deepstack);
        ValueRange angles = tree.call(rotaryEmbedding(/*isSliding=*/false), "rotary_emb", turnsBy);
        Value starts = DocumentStartsOp::create(builder, builder.getUnknownLoc(), tokens({}, builder.getI32Type()).type,
                                                positions, given);
        Shared shared{angles[0], angles[1], starts, mask, given}, slidingShared = shared;
        if (config.rope.sliding && llvm::any_of(config.layers, sliding)) {
          ValueRange own = tree.call(rotaryEmbedding(/*isSliding=*/true), "rotary_emb", turnsBy);
          slidingShared = {own[0], own[1], starts, mask, given};
        }
        SmallVector<Value> states, routed;
        Value keys;
        for (auto [index, kind] : llvm::enumerate(config.layers)) {
          if (index == 0)
            states.push_back(h);
          SmallVector<Value> operands{h};
          llvm::append_range(operands, (sliding(kind) ? slidingShared : shared).values());
          if (kind.sharesKeys)
            operands.push_back(keys);
          ValueRange out = tree.call(layer(kind), "layers." + Twine(index), operands);
          h = out[0];
          if (index + 1 < config.layers.size())
            states.push_back(h);
          h = addDeepstack(h, index, deepstack);
          if (choosesKeys(kind))
            keys = out[1];
          llvm::append_range(routed, out.drop_front(choosesKeys(kind) ? 2 : 1));
        }
        SmallVector<Value> returned{norm(h, "norm")};
        if (options.hiddenStates)
          llvm::append_range(returned, states);
        if (needsRouterLogits(options))
          llvm::append_range(returned, routed);
        return returned;
      });
}

double DecoderBuilder::embeddingMultiplier() const {
  // transformers casts the scale of gemma to the type of the table.
  llvm::APFloat value(config.embedding.multiplier);
  bool inexact = false;
  value.convert(tree.parameterType.getFloatSemantics(), llvm::APFloat::rmNearestTiesToEven, &inexact);
  value.convert(llvm::APFloat::IEEEdouble(), llvm::APFloat::rmNearestTiesToEven, &inexact);
  return value.convertToDouble();
}

/// The language model's head over the vocabulary, or scores of labels (transformers GenericForTokenClassification and
/// GenericForSequenceClassification, which scores every token and then takes the last one of each text).
Value DecoderBuilder::head(Value hiddenStates, Value inputIds) {
  if (config.head.kind == HeadKind::TokenScores)
    return tree.linear(hiddenStates, "score", config.head.numLabels, /*bias=*/true);
  if (config.head.kind == HeadKind::TextScores) {
    Port last = tree.port({"batch"}, {config.hiddenSize});
    IntegerAttr padding = config.head.padTokenId ? builder.getI64IntegerAttr(*config.head.padTokenId) : IntegerAttr();
    Value token = LastTokenOp::create(builder, builder.getUnknownLoc(), last.type, hiddenStates, inputIds, padding);
    return tree.linear(token, "score", config.head.numLabels, /*bias=*/false);
  }
  StringRef name = config.head.tied ? "model.embed_tokens.weight" : "lm_head.weight";
  Value weight = tree.param(name, {config.embedding.vocabSize, config.hiddenSize});
  Value logits = LinearOp::create(builder, weight.getLoc(), tokens({config.embedding.vocabSize}).type, hiddenStates,
                                  weight, Value());
  auto byNumber = [&](BinaryKind kind, double number) {
    return BinaryScalarOp::create(builder, weight.getLoc(), kind, logits, llvm::APFloat(static_cast<float>(number)));
  };
  if (config.head.divisor != 1)
    logits = byNumber(BinaryKind::Div, config.head.divisor);
  if (config.head.cap) {
    logits = byNumber(BinaryKind::Div, *config.head.cap);
    logits = tree.unary(UnaryKind::Tanh, logits);
    logits = byNumber(BinaryKind::Mul, *config.head.cap);
  }
  return logits;
}

/// transformers ForCausalLMLoss: every token is scored against the next one's label.
Value DecoderBuilder::nextTokenLoss(Value logits, Value labels) {
  Location loc = builder.getUnknownLoc();
  Value next = ShiftLabelsOp::create(builder, loc, labels.getType(), labels, /*fill=*/kIgnoreIndex);
  Type perToken = tokens({}, builder.getF32Type()).type;
  auto tokenLosses = CrossEntropyOp::create(builder, loc, perToken, perToken, logits, next, kIgnoreIndex);
  return MeanLossOp::create(builder, loc, RankedTensorType::get({}, builder.getF32Type()), tokenLosses.getLosses(),
                            tokenLosses.getCounts());
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
      named("input_ids", {{VeOmniDialect::kRange, range(0, config.embedding.vocabSize - 1)}}),
      named("attention_mask",
            {{VeOmniDialect::kDefault, builder.getStringAttr("ones")}, {VeOmniDialect::kRange, range(0, 1)}}),
      named(visionRows().empty() ? "position_ids" : "text_position_ids",
            {{VeOmniDialect::kDefault, builder.getStringAttr("iota")},
             {VeOmniDialect::kRange, range(0, lastPosition)},
             {VeOmniDialect::kCuSeqlens, builder.getUnitAttr()}})};
  const SmallVector<Port> fromTowers = visionPorts();
  llvm::append_range(attributes, visionAttributes(range(0, lastPosition)));
  llvm::append_range(arguments, fromTowers);
  if (loss) {
    arguments.push_back(ids());
    attributes.push_back(named("labels", {{VeOmniDialect::kRange, range(0, config.embedding.vocabSize - 1)},
                                          {VeOmniDialect::kIgnored, builder.getI64IntegerAttr(kIgnoreIndex)}}));
  }
  SmallVector<Port> results;
  SmallVector<std::string> names;
  auto output = [&](std::string name, Port port) {
    results.push_back(std::move(port));
    names.push_back(std::move(name));
  };
  Port scalar{RankedTensorType::get({}, builder.getF32Type()), {}};
  size_t layers = config.layers.size(), sparseLayers = llvm::count_if(config.layers, isSparse);
  bool auxiliary = hasAuxiliaryLoss(options);
  const bool hasHead = config.head.kind != HeadKind::None;
  const bool isTextScore = config.head.kind == HeadKind::TextScores;
  const int64_t columns =
      isTextScore || config.head.kind == HeadKind::TokenScores ? config.head.numLabels : config.embedding.vocabSize;
  if (loss)
    output("loss", scalar);
  else if (hasHead)
    output("logits", isTextScore ? tree.port({"batch"}, {columns}) : tokens({columns}));
  else
    output("last_hidden_state", hidden());
  if (auxiliary)
    output("aux_loss", scalar);
  for (size_t i = 0; options.hiddenStates && i <= layers; ++i)
    output("hidden_states." + std::to_string(i), hidden());
  for (size_t i = 0; options.routerLogits && i < sparseLayers; ++i)
    output("router_logits." + std::to_string(i), routerLogits());

  tree.entry(loss ? "loss" : "forward", className(architectureSuffix), arguments, attributes, results, names,
             [&](ValueRange values) {
               Location loc = builder.getUnknownLoc();
               Value given = InputGivenOp::create(builder, loc, builder.getI1Type(), values[1]);
               SmallVector<Value> operands{values[0], values[1], given, values[2]};
               llvm::append_range(operands, values.slice(3, fromTowers.size()));
               ValueRange computed = tree.call(model(options), "model", operands);
               Value last = computed.front();
               ValueRange states = computed.slice(1, options.hiddenStates ? layers : 0);
               ValueRange routed = computed.drop_front(1 + states.size());
               Value first = hasHead ? head(last, values[0]) : last;
               if (loss)
                 first = nextTokenLoss(first, values.back());
               SmallVector<Value> out{first};
               if (auxiliary) {
                 Value aux = LoadBalancingLossOp::create(builder, loc, scalar.type, routed, values[1],
                                                         config.experts->perToken);
                 out = {AddScaledOp::create(builder, loc, scalar.type, first, aux,
                                            llvm::APFloat(static_cast<float>(config.experts->routerAuxLossCoef))),
                        aux};
               }
               if (options.hiddenStates) {
                 llvm::append_range(out, states);
                 out.push_back(last);
               }
               if (options.routerLogits)
                 llvm::append_range(out, routed);
               return out;
             });
}

void buildDecoder(ModuleTree &tree, const ModelConfig &config, ArrayRef<EntryOptions> entries) {
  DecoderBuilder builder(tree, config, entries);
  for (const EntryOptions &options : entries)
    builder.entry(options);
}

} // namespace veomni

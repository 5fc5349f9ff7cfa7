// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A decoder, module by module, with the classes, methods and paths of transformers.
#ifndef VEOMNI_LIB_MODELS_DECODER_DECODERBUILDER_H
#define VEOMNI_LIB_MODELS_DECODER_DECODERBUILDER_H

#include "veomni/Models/Decoder.h"

namespace veomni {

inline bool isSparse(const LayerConfig &layer) { return layer.mlp == MlpKind::Sparse; }

class DecoderBuilder {
public:
  /// `entries` are all that will be asked for.
  DecoderBuilder(ModuleTree &tree, const ModelConfig &model, llvm::ArrayRef<EntryOptions> entries)
      : tree(tree), builder(tree.builder), config(model.text), vision(model.vision), prefix(model.classPrefix),
        architectureSuffix(suffixOf(model)),
        frequencies(inverseFrequencies(config.rope.parameters, config.attention.headDim)), entries(entries) {}

  void entry(const EntryOptions &options);

private:
  /// What the class of the whole model is called behind the prefix: "ForCausalLM". A base model is an entry by itself,
  /// which calls what it shares with the other classes.
  static llvm::StringRef suffixOf(const ModelConfig &model) {
    llvm::StringRef suffix(model.architecture);
    suffix.consume_front(model.classPrefix);
    return suffix.ends_with("Model") ? llvm::StringRef("Base") : suffix;
  }

  /// What every layer reads and none computes again.
  struct Shared {
    mlir::Value cos, sin, starts, mask, maskGiven;
    llvm::SmallVector<mlir::Value> values() const { return {cos, sin, starts, mask, maskGiven}; }
  };
  llvm::SmallVector<Port> sharedPorts();
  static Shared sharedFrom(mlir::ValueRange values) { return {values[0], values[1], values[2], values[3], values[4]}; }

  /// What a vision tower makes for the places that texts keep for it: one kind of rows, with the id of its places.
  struct VisionRows {
    llvm::StringRef kind; // "image"
    int64_t token;
  };
  llvm::SmallVector<VisionRows> visionRows() const;
  /// Positions of three axes, then for each kind its rows and those for the first layers; none without vision.
  llvm::SmallVector<Port> visionPorts();
  /// Those of an entry's arguments for `visionPorts`; `positions` is what positions may be.
  llvm::SmallVector<mlir::NamedAttrList> visionAttributes(mlir::Attribute positions);
  /// Further rows for the same places, one tensor for each of the first layers.
  struct Deepstack {
    mlir::Value places;
    mlir::ValueRange rows;
  };
  /// Embedded tokens with rows in their places. `made` are the values of `visionPorts`, if there are any.
  mlir::Value placeVisionRows(mlir::Value h, mlir::Value ids, mlir::ValueRange made,
                              llvm::SmallVectorImpl<Deepstack> &deepstack);
  /// What a layer returns, with the rows that are for it.
  mlir::Value addDeepstack(mlir::Value h, size_t layer, llvm::ArrayRef<Deepstack> deepstack);
  /// Of sliding layers, where they have rope parameters of their own.
  mlir::func::FuncOp rotaryEmbedding(bool isSliding);
  /// `x` itself if the factor is 1.
  mlir::Value scaled(mlir::Value x, double factor);
  double embeddingMultiplier() const;
  mlir::Value rotate(mlir::Value heads, const Shared &shared, bool interleaved);
  mlir::func::FuncOp attention(bool isSliding);
  mlir::func::FuncOp latentAttention(bool sharesKeys);
  mlir::func::FuncOp indexer();
  mlir::func::FuncOp gatedDeltaNet();
  /// What `layer` attends with, called on the normed hidden states: what it adds to them and, if it chooses keys,
  /// those.
  mlir::ValueRange attend(const LayerConfig &layer, mlir::Value normed, mlir::ValueRange shared);
  mlir::func::FuncOp mlp(llvm::StringRef specialisation, int64_t width);
  mlir::func::FuncOp router();
  mlir::func::FuncOp groupRouter();
  mlir::func::FuncOp experts();
  mlir::func::FuncOp sparseBlock();
  mlir::func::FuncOp layer(const LayerConfig &kind);
  mlir::func::FuncOp model(const EntryOptions &options);
  mlir::Value head(mlir::Value hiddenStates, mlir::Value inputIds);
  mlir::Value nextTokenLoss(mlir::Value logits, mlir::Value labels);

  mlir::Value norm(mlir::Value x, const llvm::Twine &name) {
    return tree.rmsNorm(x, name, config.norm.epsilon,
                        config.norm.onePlus ? NormVariant::OnePlus : NormVariant::Standard);
  }
  std::string className(llvm::StringRef suffix) const { return (prefix + suffix).str(); }
  /// What there is one of for each token, with `inner` static dims.
  Port tokens(llvm::ArrayRef<int64_t> inner, mlir::Type element = {}) {
    return tree.port({"batch", "seq"}, inner, element);
  }
  Port hidden() { return tokens({config.hiddenSize}).named("hidden_states"); }
  Port ids() { return tokens({}, builder.getI64Type()); }
  Port chosenKeys() { return tokens({config.attention.indexer->topK}, builder.getI32Type()).named("chosen_keys"); }
  bool choosesKeys(const LayerConfig &layer) const { return config.attention.indexer && !layer.sharesKeys; }
  Port routerLogits() { return tokens({config.experts->count}).named("router_logits"); }
  Port chosenExperts() { return tokens({config.experts->perToken}, builder.getI32Type()).named("chosen_experts"); }
  Port routingWeights() { return tokens({config.experts->perToken}, builder.getF32Type()).named("routing_weights"); }

  /// transformers adds the auxiliary loss where the config asks for router logits.
  bool hasAuxiliaryLoss(const EntryOptions &options) const {
    return options.kind == EntryKind::Loss && config.experts && config.experts->outputRouterLogits &&
           llvm::any_of(config.layers, isSparse);
  }
  bool needsRouterLogits(const EntryOptions &options) const {
    return config.experts && (options.routerLogits || hasAuxiliaryLoss(options));
  }

  ModuleTree &tree;
  mlir::OpBuilder &builder;
  const TextConfig &config;
  const VisionPlaces &vision;
  llvm::StringRef prefix, architectureSuffix;
  std::vector<float> frequencies;
  llvm::ArrayRef<EntryOptions> entries;
};

} // namespace veomni

#endif // VEOMNI_LIB_MODELS_DECODER_DECODERBUILDER_H

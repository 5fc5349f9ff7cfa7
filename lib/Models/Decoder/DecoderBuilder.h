// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A decoder, module by module, with the classes, methods and paths of transformers.
#ifndef VEOMNI_LIB_MODELS_DECODER_DECODERBUILDER_H
#define VEOMNI_LIB_MODELS_DECODER_DECODERBUILDER_H

#include "veomni/Models/Decoder.h"

namespace veomni {

inline bool isSparse(const LayerConfig &layer) { return layer.mlp == MlpKind::Sparse; }

class DecoderBuilder {
public:
  DecoderBuilder(ModuleTree &tree, const DecoderConfig &config)
      : tree(tree), builder(tree.builder), config(config), prefix(llvm::StringRef(config.architecture).split("For").first),
        frequencies(inverseFrequencies(config.rope, config.headDim)) {}

  void entry(const EntryOptions &options);

private:
  /// What every layer reads and none computes again.
  struct Shared {
    mlir::Value cos, sin, starts, mask, maskGiven;
    llvm::SmallVector<mlir::Value> values() const { return {cos, sin, starts, mask, maskGiven}; }
  };
  llvm::SmallVector<Port> sharedPorts();
  static Shared sharedFrom(mlir::ValueRange values) { return {values[0], values[1], values[2], values[3], values[4]}; }

  mlir::func::FuncOp rotaryEmbedding();
  mlir::Value rotate(mlir::Value heads, const Shared &shared, bool interleaved);
  mlir::func::FuncOp attention(bool isSliding);
  mlir::func::FuncOp latentAttention(bool sharesKeys);
  mlir::func::FuncOp indexer();
  mlir::func::FuncOp gatedDeltaNet();
  /// What `layer` attends with, called on the normed hidden states: what it adds to them and, if it chooses keys, those.
  mlir::ValueRange attend(const LayerConfig &layer, mlir::Value normed, mlir::ValueRange shared);
  mlir::func::FuncOp mlp(llvm::StringRef specialisation, int64_t width);
  mlir::func::FuncOp router();
  mlir::func::FuncOp groupRouter();
  mlir::func::FuncOp experts();
  mlir::func::FuncOp sparseBlock();
  mlir::func::FuncOp layer(const LayerConfig &kind);
  mlir::func::FuncOp model(const EntryOptions &options);

  mlir::Value norm(mlir::Value x, const llvm::Twine &name) {
    return tree.rmsNorm(x, name, config.rmsNormEps, config.onePlusNorm ? NormVariant::OnePlus : NormVariant::Standard);
  }
  std::string className(llvm::StringRef suffix) const { return (prefix + suffix).str(); }
  Port hidden() { return tree.tokens({config.hiddenSize}); }
  Port ids() { return tree.tokens({}, builder.getI64Type()); }
  Port chosenKeys() { return tree.tokens({config.indexer->topK}, builder.getI32Type()); }
  bool choosesKeys(const LayerConfig &layer) const { return config.indexer && !layer.sharesKeys; }
  Port routerLogits() { return tree.tokens({config.moe->numExperts}); }
  Port chosenExperts() { return tree.tokens({config.moe->expertsPerToken}, builder.getI32Type()); }
  Port routingWeights() { return tree.tokens({config.moe->expertsPerToken}, builder.getF32Type()); }

  /// transformers adds the auxiliary loss where the config asks for router logits.
  bool hasAuxiliaryLoss(const EntryOptions &options) const {
    return options.kind == EntryKind::Loss && config.moe && config.moe->outputRouterLogits && llvm::any_of(config.layers, isSparse);
  }
  bool needsRouterLogits(const EntryOptions &options) const { return config.moe && (options.routerLogits || hasAuxiliaryLoss(options)); }

  ModuleTree &tree;
  mlir::OpBuilder &builder;
  const DecoderConfig &config;
  llvm::StringRef prefix;
  std::vector<float> frequencies;
};

} // namespace veomni

#endif // VEOMNI_LIB_MODELS_DECODER_DECODERBUILDER_H

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// config.json + tensor headers -> module tree and the storage of every parameter.
#include "veomni/Import/HuggingFace.h"

#include "veomni/ModelConfig/ModelDescription.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;

namespace veomni {

namespace {

Type elementType(Builder &builder, StringRef safetensorsDtype) {
  if (safetensorsDtype == "F32")
    return builder.getF32Type();
  if (safetensorsDtype == "BF16")
    return builder.getBF16Type();
  if (safetensorsDtype == "F16")
    return builder.getF16Type();
  if (safetensorsDtype == "U8")
    return builder.getIntegerType(8, /*isSigned=*/false);
  if (safetensorsDtype == "F8_E4M3")
    return Float8E4M3FNType::get(builder.getContext());
  return builder.getF64Type();
}

/// One `veomni.weight` per parameter, in the order of the model.
void addWeights(OpBuilder &builder, const CheckpointLayout &layout, FloatType dtype) {
  for (const ParameterStorage &parameter : layout.parameters) {
    // The model reads a tied head under the name of the embedding.
    if (parameter.kind == StorageKind::Alias)
      continue;
    auto type = RankedTensorType::get(parameter.shape, parameter.float32 ? FloatType(builder.getF32Type()) : dtype);
    auto source = RankedTensorType::get(parameter.sourceShape(), elementType(builder, parameter.dtype));
    SmallVector<StringRef> keys(parameter.keys.begin(), parameter.keys.end());
    ArrayAttr mxfp4Scales, fp8Scales;
    DenseI64ArrayAttr fp8Block;
    if (parameter.kind == StorageKind::Mxfp4) {
      mxfp4Scales = builder.getStrArrayAttr(keys.pop_back_val());
    } else if (parameter.fp8Block) {
      fp8Scales = builder.getArrayAttr(
          llvm::map_to_vector(keys, [&](StringRef key) -> Attribute { return builder.getStringAttr(fp8ScaleName(key)); }));
      fp8Block = builder.getDenseI64ArrayAttr(*parameter.fp8Block);
    }
    int64_t concat = parameter.kind == StorageKind::StackOfConcat ? 2 : 1;
    bool stack = parameter.kind == StorageKind::Stack || parameter.kind == StorageKind::StackOfConcat;
    bool transpose = parameter.kind == StorageKind::Transposed;
    Location loc = NameLoc::get(builder.getStringAttr(parameter.name));
    WeightOp::create(builder, loc, parameter.name, type, builder.getStrArrayAttr(keys), source, concat, stack, transpose, mxfp4Scales,
                     fp8Scales, fp8Block);
  }
}

DictionaryAttr metadata(Builder &builder, const DecoderConfig &config, StringRef dtype) {
  std::string eos;
  for (int64_t id : config.eosTokenIds)
    eos += (eos.empty() ? "" : ",") + std::to_string(id);
  auto entry = [&](StringRef key, const llvm::Twine &value) { return builder.getNamedAttr(key, builder.getStringAttr(value)); };
  return builder.getDictionaryAttr({entry("architecture", config.architecture), entry("dtype", dtype), entry("eos_token_id", eos),
                                    entry("max_position_embeddings", llvm::Twine(config.maxPositionEmbeddings)),
                                    entry("model_type", config.modelType)});
}

} // namespace

OwningOpRef<ModuleOp> importHuggingFace(StringRef directory, const ImportOptions &options, MLIRContext *context) {
  context->loadDialect<VeOmniDialect, func::FuncDialect, arith::ArithDialect>();
  Location loc = UnknownLoc::get(context);
  Expected<ModelDescription> model = describeModel(directory.str());
  if (!model) {
    emitError(loc) << model.status().message();
    return {};
  }
  if (options.entry.routerLogits && !model->config.moe) {
    emitError(loc) << directory << ": " << model->config.architecture << " has no router, so there are no router_logits";
    return {};
  }
  OwningOpRef<ModuleOp> module = ModuleOp::create(loc);
  OpBuilder builder = OpBuilder::atBlockEnd(module->getBody());
  FloatType dtype = options.dtype == "bf16" ? FloatType(builder.getBF16Type()) : FloatType(builder.getF32Type());
  (*module)->setAttr(VeOmniDialect::kMetadata, metadata(builder, model->config, options.dtype));
  addWeights(builder, model->layout, dtype);
  // Activations stay f32 whatever the weights are: CPUs without bf16 arithmetic would widen them again for every op, and those with it
  // round only what enters a matrix product.
  ModuleTree tree(*module, /*activationType=*/builder.getF32Type(), /*parameterType=*/dtype);
  buildDecoder(tree, model->config, options.entry);
  return module;
}

} // namespace veomni

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// config.json + tensor headers -> module tree and the storage of every parameter.
#include "veomni/Import/HuggingFace.h"

#include "veomni/ModelConfig/CheckpointLayout.h"
#include "veomni/ModelConfig/ModelDescription.h"
#include "veomni/runtime/Checkpoint.h"

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
  return builder.getF64Type();
}

/// One `veomni.weight` per parameter, in the order of the model.
void addWeights(OpBuilder &builder, const CheckpointLayout &layout, FloatType dtype) {
  for (const ParameterStorage &parameter : layout.parameters) {
    // The model reads a tied head under the name of the embedding.
    if (parameter.kind == StorageKind::Alias)
      continue;
    auto type = RankedTensorType::get(parameter.shape, dtype);
    auto source = RankedTensorType::get(parameter.sourceShape(), elementType(builder, parameter.dtype));
    SmallVector<StringRef> keys(parameter.keys.begin(), parameter.keys.end());
    int64_t concat = parameter.kind == StorageKind::StackOfConcat ? 2 : 1;
    bool stack = parameter.kind != StorageKind::Plain;
    Location loc = NameLoc::get(builder.getStringAttr(parameter.name));
    WeightOp::create(builder, loc, parameter.name, type, builder.getStrArrayAttr(keys), source, concat, stack);
  }
}

DictionaryAttr metadata(Builder &builder, const DecoderConfig &config, StringRef dtype) {
  std::string eos;
  for (int64_t id : config.eosTokenIds)
    eos += (eos.empty() ? "" : ",") + std::to_string(id);
  auto entry = [&](StringRef key, const llvm::Twine &value) { return builder.getNamedAttr(key, builder.getStringAttr(value)); };
  return builder.getDictionaryAttr({entry("architecture", config.architecture), entry("dtype", dtype), entry("eos_token_id", eos),
                                    entry("model_type", config.modelType)});
}

/// How the checkpoint in `directory` stores the model's parameters. Only headers are read, but for a head that is tied and stored all
/// the same: it must be the embedding, or the model means something else than its config says.
Expected<CheckpointLayout> readLayout(const std::string &directory, const DecoderConfig &config) {
  Expected<Checkpoint> checkpoint = Checkpoint::open(directory);
  if (!checkpoint)
    return checkpoint.status();
  StoredTensors stored;
  for (const TensorInfo &tensor : *checkpoint)
    stored[tensor.name] = {std::string(elementTypeName(tensor.elementType)), tensor.shape};
  Expected<CheckpointLayout> layout = validateTensors(config, stored, directory);
  if (!layout || !layout->tiedCopy)
    return layout;
  const TensorInfo *copy = checkpoint->find(*layout->tiedCopy), *table = checkpoint->find("model.embed_tokens.weight");
  if (!copy || !table || !llvm::equal(checkpoint->data(*copy), checkpoint->data(*table)))
    return Status::error(directory + ": tensor '" + *layout->tiedCopy +
                         "' differs from 'model.embed_tokens.weight', but config.json ties them ('tie_word_embeddings' = true)");
  return layout;
}

} // namespace

OwningOpRef<ModuleOp> importHuggingFace(StringRef directory, const ImportOptions &options, MLIRContext *context) {
  context->loadDialect<VeOmniDialect, func::FuncDialect, arith::ArithDialect>();
  Location loc = UnknownLoc::get(context);
  Expected<DecoderConfig> config = readDecoderConfig(directory.str());
  if (!config) {
    emitError(loc) << config.status().message();
    return {};
  }
  Expected<CheckpointLayout> layout = readLayout(directory.str(), *config);
  if (!layout) {
    emitError(loc) << layout.status().message();
    return {};
  }
  OwningOpRef<ModuleOp> module = ModuleOp::create(loc);
  OpBuilder builder = OpBuilder::atBlockEnd(module->getBody());
  FloatType dtype = options.dtype == "bf16" ? FloatType(builder.getBF16Type()) : FloatType(builder.getF32Type());
  (*module)->setAttr(VeOmniDialect::kMetadata, metadata(builder, *config, options.dtype));
  addWeights(builder, *layout, dtype);
  ModuleTree tree(*module, dtype);
  buildDecoder(tree, *config, options.entry);
  return module;
}

} // namespace veomni

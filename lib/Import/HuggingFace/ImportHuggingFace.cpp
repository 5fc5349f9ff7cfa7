// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// config.json + tensor headers -> module tree and the storage of every parameter.
#include "veomni/Import/HuggingFace.h"

#include "veomni/Dialect/Weight/ElementTypes.h"
#include "veomni/ModelConfig/ModelDescription.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;

namespace veomni {

namespace {

recipe::DType dtypeNamed(std::string_view safetensorsDtype) {
  return *programType(*elementTypeNamed(safetensorsDtype)); // CheckpointLayout knows no others
}

/// What makes the parameter in its type.
recipe::Steps recipeOf(const ParameterStorage &parameter, recipe::DType type) {
  const recipe::DType stored = dtypeNamed(parameter.dtype);
  recipe::DType made = stored;
  recipe::Steps steps;
  if (parameter.kind == StorageKind::Mxfp4) {
    for (size_t i = 0; i < 2; ++i)
      steps.push_back(recipe::load(parameter.keys[i], parameter.sourceShape(i), stored));
    steps.push_back(recipe::dequantMxfp4(type));
    return steps;
  }
  const size_t concat = parameter.kind == StorageKind::StackOfConcat ? 2 : 1;
  const Shape shape = parameter.sourceShape();
  for (auto [index, key] : llvm::enumerate(parameter.keys)) {
    steps.push_back(recipe::load(key, shape, stored));
    if (parameter.fp8Block) {
      auto [rows, columns] = *parameter.fp8Block;
      made = recipe::DType::f32;
      steps.push_back(
          recipe::load(fp8ScaleName(key), {llvm::divideCeilSigned(shape[0], rows), llvm::divideCeilSigned(shape[1], columns)}, made));
      steps.push_back(recipe::dequantFp8(rows, columns));
    }
    if (concat > 1 && (index + 1) % concat == 0)
      steps.push_back(recipe::concat(concat, 0));
  }
  if (parameter.kind == StorageKind::Stack || parameter.kind == StorageKind::StackOfConcat)
    steps.push_back(recipe::stack(uint32_t(parameter.keys.size() / concat)));
  if (parameter.kind == StorageKind::Transposed)
    steps.push_back(recipe::transpose());
  if (made != type)
    steps.push_back(recipe::cast(type));
  return steps;
}

/// One `veomni.weight` per parameter, in the order of the model.
void addWeights(OpBuilder &builder, const CheckpointLayout &layout, FloatType dtype) {
  for (const ParameterStorage &parameter : layout.parameters) {
    // The model reads a tied head under the name of the embedding.
    if (parameter.kind == StorageKind::Alias)
      continue;
    auto type = RankedTensorType::get(parameter.shape, parameter.float32 ? FloatType(builder.getF32Type()) : dtype);
    Location loc = NameLoc::get(builder.getStringAttr(parameter.name));
    WeightOp::create(builder, loc, parameter.name, type,
                     RecipeAttr::get(builder.getContext(), recipeOf(parameter, getDType(type.getElementType()))));
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

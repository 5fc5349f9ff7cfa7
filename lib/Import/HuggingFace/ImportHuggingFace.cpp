// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// config.json -> module tree; what that asks for + tensor headers -> the recipe of every parameter.
#include "veomni/Import/HuggingFace.h"

#include "veomni/Dialect/Weight/ElementTypes.h"
#include "veomni/ModelConfig/ModelDirectory.h"
#include "veomni/Models/Parameters.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "llvm/ADT/StringExtras.h"

using namespace mlir;

namespace veomni {

namespace {

/// One `veomni.weight` per parameter, in the order in which the model meets them.
void addWeights(OpBuilder &builder, const CheckpointLayout &layout) {
  for (const auto &[parameter, recipe] : layout.parameters) {
    auto type = RankedTensorType::get(parameter.shape, getElementType(builder.getContext(), parameter.type));
    WeightOp::create(builder, NameLoc::get(builder.getStringAttr(parameter.name)), parameter.name, type,
                     RecipeAttr::get(builder.getContext(), recipe));
  }
}

DictionaryAttr metadata(Builder &builder, const ModelConfig &config, const ImportOptions &options) {
  std::string eos;
  for (int64_t id : config.eosTokenIds)
    eos += (eos.empty() ? "" : ",") + std::to_string(id);
  auto entry = [&](StringRef key, const llvm::Twine &value) {
    return builder.getNamedAttr(key, builder.getStringAttr(value));
  };
  SmallVector<NamedAttribute> entries{entry("architecture", config.architecture), entry("dtype", options.dtype),
                                      entry("eos_token_id", eos),
                                      entry("max_position_embeddings", llvm::Twine(config.text.maxPositionEmbeddings)),
                                      entry("model_type", config.modelType)};
  // What the user said to leave out is part of what the program is.
  if (!config.ignoredKeys.empty())
    entries.push_back(entry("ignored_config_keys", llvm::join(config.ignoredKeys, ",")));
  if (!options.ignoredTensors.empty())
    entries.push_back(entry("ignored_tensors", llvm::join(options.ignoredTensors, ",")));
  return builder.getDictionaryAttr(entries);
}

/// Why a model has no places for what a vision tower makes; empty if it has, or if none are asked for.
std::string missingPlaces(const ModelConfig &config, const EntryOptions &entry) {
  if ((entry.images && !config.vision.imageToken) || (entry.videos && !config.vision.videoToken))
    return std::string("has no places for ") +
           (entry.images && !config.vision.imageToken ? "images (image_token_id)" : "videos (video_token_id)");
  if ((entry.images || entry.videos) && config.text.rope.positionAxes.empty())
    return "does not say how positions of several axes turn (mrope_section)";
  if ((entry.images || entry.videos) &&
      (config.text.rope.parameters.type == RopeType::Dynamic || config.text.rope.parameters.type == RopeType::LongRope))
    return "has a rope that depends on the run's length, which positions of several axes do not have here";
  return "";
}

/// Entries, outputs and inputs that a model does not have.
std::string missingPart(const ModelConfig &config, ArrayRef<EntryOptions> entries) {
  if (llvm::any_of(entries, [](const EntryOptions &entry) { return entry.routerLogits; }) && !config.text.experts)
    return "has no router, so there are no router_logits";
  if (llvm::any_of(entries, [](const EntryOptions &entry) { return entry.kind == EntryKind::Loss; }) &&
      config.text.head.kind != HeadKind::LanguageModel)
    return "has no head of a language model, so there is no loss";
  return missingPlaces(config, entries.front());
}

} // namespace

llvm::Expected<ImportOptions> parseImportOptions(ArrayRef<std::string> entries, StringRef dtype,
                                                 ArrayRef<std::string> more) {
  ImportOptions options;
  if (!entries.empty())
    options.entries.clear();
  for (const std::string &name : entries) {
    if (name != "loss" && name != "forward")
      return llvm::createStringError("unknown entry '" + name + "'; valid: forward, loss");
    EntryKind kind = name == "loss" ? EntryKind::Loss : EntryKind::Forward;
    if (llvm::any_of(options.entries, [&](const EntryOptions &other) { return other.kind == kind; }))
      return llvm::createStringError("--entry names '" + name + "' twice");
    options.entries.push_back({kind});
  }
  if (dtype != "f32" && dtype != "bf16")
    return llvm::createStringError("unknown dtype '" + dtype + "'; valid: f32, bf16");
  options.dtype = dtype;
  constexpr std::pair<StringLiteral, bool EntryOptions::*> known[] = {
      {"hidden_states", &EntryOptions::hiddenStates},
      {"router_logits", &EntryOptions::routerLogits},
      {"image_embeds", &EntryOptions::images},
      {"video_embeds", &EntryOptions::videos},
  };
  for (const std::string &name : more) {
    const auto *found = llvm::find_if(known, [&](const auto &each) { return each.first == name; });
    if (found == std::end(known))
      return llvm::createStringError("unknown output or input '" + name +
                                     "' for --with; valid: hidden_states, router_logits, image_embeds, video_embeds");
    for (EntryOptions &entry : options.entries)
      entry.*(found->second) = true;
  }
  return options;
}

OwningOpRef<ModuleOp> importHuggingFace(StringRef directory, const ImportOptions &options, MLIRContext *context) {
  context->loadDialect<VeOmniDialect, func::FuncDialect>();
  Location loc = UnknownLoc::get(context);
  Expected<ModelDirectory> model =
      ModelDirectory::open(directory.str(), {options.ignoredConfigKeys, options.ignoredTensors});
  if (!model) {
    emitError(loc) << model.status().message();
    return {};
  }
  if (std::string missing = missingPart(model->config, options.entries); !missing.empty()) {
    emitError(loc) << directory << ": " << model->config.architecture << " " << missing;
    return {};
  }
  OwningOpRef<ModuleOp> module = ModuleOp::create(loc);
  OpBuilder builder = OpBuilder::atBlockEnd(module->getBody());
  FloatType dtype = options.dtype == "bf16" ? FloatType(builder.getBF16Type()) : FloatType(builder.getF32Type());
  (*module)->setAttr(VeOmniDialect::kMetadata, metadata(builder, model->config, options));
  // Activations stay f32 whatever the weights are: CPUs without bf16 arithmetic would widen them again for every op,
  // and those with it round only what enters a matrix product.
  ModuleTree tree(*module, /*activationType=*/builder.getF32Type(), /*parameterType=*/dtype);
  buildDecoder(tree, model->config, options.entries);
  Expected<CheckpointLayout> layout = model->match(askedParameters(*module));
  if (!layout) {
    emitError(loc) << layout.status().message();
    return {};
  }
  for (const std::vector<std::string> &notes : {model->notes, layout->notes})
    for (const std::string &note : notes)
      emitRemark(loc) << directory << ": " << note;
  builder.setInsertionPointToStart(module->getBody());
  addWeights(builder, *layout);
  return module;
}

} // namespace veomni

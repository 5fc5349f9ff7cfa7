// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The pre-norm decoder that llama, qwen, seed_oss, mixtral, deepseek and their kin share (transformers
// models/*/modeling_*.py).
#ifndef VEOMNI_MODELS_DECODER_H
#define VEOMNI_MODELS_DECODER_H

#include "veomni/ModelConfig/ModelConfig.h"
#include "veomni/Models/ModuleTree.h"

namespace veomni {

/// What an entry computes.
enum class EntryKind { Forward, Loss };

struct EntryOptions {
  EntryKind kind = EntryKind::Forward;
  bool hiddenStates = false; // also return `hidden_states.<i>`: 0 the embeddings, i what leaves layer i - 1, the last
                             // after the final norm
  bool routerLogits = false; // also return `router_logits.<i>` of the i-th sparse layer
  // Also take `image_embeds` [rows, hidden] (`video_embeds`), what a vision tower made for each place that the text
  // keeps for an image, with `image_deepstack.<i>` for the first layers of models that have these; positions have then
  // three axes, and those of tokens, which tell documents apart, are `text_position_ids`. Alike for all entries.
  bool images = false, videos = false;
};

/// Adds the functions of `<Prefix>ForCausalLM`, or of what other head the model has, and the entries `@forward` or
/// `@loss`, at most one of a kind, to the tree's module.
void buildDecoder(ModuleTree &tree, const ModelConfig &config, llvm::ArrayRef<EntryOptions> entries);

} // namespace veomni

#endif // VEOMNI_MODELS_DECODER_H

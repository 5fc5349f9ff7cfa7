// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The list is that of the keys which transformers itself writes for any model: the fields of PreTrainedConfig in 5.9.0
// and of PretrainedConfig in 4.x (configuration_utils.py), and the generation defaults that both accept there
// (generation/configuration_utils.py, _get_default_generation_params). Paths are exact: a key of the same name deeper
// down is not excused.
#include "IgnoredKeys.h"

#include "veomni/ModelConfig/ConfigReader.h"

namespace veomni {

namespace {

constexpr std::string_view ignoredKeys[] = {
    // where the file comes from
    "_commit_hash", "_name_or_path", "auto_map", "is_llama_config", "name_or_path", "transformers.js_config",
    "transformers_version", "unsloth_fixed", "unsloth_version",
    // how torch runs it
    "_attn_implementation", "_attn_implementation_autoset", "_experts_implementation", "attn_implementation",
    "chunk_size_feed_forward", "experts_implementation", "tf_legacy_loss", "torchscript", "use_bfloat16",
    // what else it returns
    "output_attentions", "output_hidden_states", "return_dict", "use_cache",
    // training: initial values, dropout
    "attention_dropout", "initializer_range",
    // tokens
    "bos_token_id", "decoder_start_token_id", "pad_token_id", "prefix", "sep_token_id", "tokenizer_class",
    // heads for other tasks
    "finetuning_task", "id2label", "is_decoder", "label2id", "num_labels", "problem_type", "task_specific_params",
    // limits that nothing enforces
    "max_sequence_length",
    // generation
    "assistant_confidence_threshold", "assistant_lookbehind", "bad_words_ids", "begin_suppress_tokens",
    "diversity_penalty", "do_sample", "early_stopping", "encoder_no_repeat_ngram_size", "encoder_repetition_penalty",
    "epsilon_cutoff", "eta_cutoff", "exponential_decay_length_penalty", "forced_bos_token_id", "forced_eos_token_id",
    "length_penalty", "max_length", "max_new_tokens", "min_length", "no_repeat_ngram_size", "num_assistant_tokens",
    "num_assistant_tokens_schedule", "num_beam_groups", "num_beams", "num_return_sequences", "output_scores",
    "remove_invalid_values", "repetition_penalty", "return_dict_in_generate", "suppress_tokens", "target_lookbehind",
    "temperature", "top_k", "top_p", "typical_p"};

} // namespace

void claimCommonKeys(ConfigReader &reader) {
  for (std::string_view key : ignoredKeys)
    reader.ignore(key);

  constexpr std::string_view decoderOnly = "only decoders without an encoder are supported";
  reader.supportOnly("is_encoder_decoder", false, decoderOnly);
  reader.supportOnly("add_cross_attention", false, decoderOnly);
  reader.supportOnly("cross_attention_hidden_size", nullptr, decoderOnly);
  reader.supportOnly("tie_encoder_decoder", false, decoderOnly);
  reader.supportOnly("pruned_heads", nlohmann::json::object(), "pruned heads change the shapes of the weights");
  reader.supportOnly("pretraining_tp", 1, "sliced projections round differently");
  reader.supportOnly("transformers_weights", nullptr, "weights are read from model.safetensors or its index");
  // Written by forks of these models whose forward differs.
  reader.supportOnly("rope_interleaved", false, "rope turns halves, not pairs");
  reader.supportOnly("use_mrope", false, "positions have one axis");
}

} // namespace veomni

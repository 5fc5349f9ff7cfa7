// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The tables begin with what transformers itself writes for any model: the fields of PreTrainedConfig in 5.9.0 and of
// PretrainedConfig in 4.x (configuration_utils.py), and the generation defaults that both accept there
// (generation/configuration_utils.py, _get_default_generation_params). Then comes what other tools leave in the files
// that they export. transformers reads none of it, so neither may it change anything here. Paths are exact: a key of
// the same name deeper down is not excused.
#include "IgnoredKeys.h"

#include "veomni/ModelConfig/ConfigReader.h"
#include "veomni/ModelConfig/TextConfig.h"

namespace veomni {

namespace {

struct HarmlessKeys {
  std::string_view reason;
  std::initializer_list<std::string_view> keys;
};

const HarmlessKeys harmlessKeys[] = {
    {"where the file comes from",
     {"_commit_hash", "_name_or_path", "auto_map", "base_model", "base_model_name_or_path", "custom_pipelines",
      "internal_version", "license", "_model_name_or_path", "model_name", "name", "name_or_path", "pipeline_tag",
      "revision", "transformers.js_config", "transformers_version", "version"}},
    {"marks of tools that converted or tuned the model",
     {"axolotl_config", "gguf_file", "is_falcon_derived_model", "is_llama_config", "is_llama_derived_model",
      "is_mistral_derived_model", "is_qwen2_config", "is_qwen_derived_model", "llama_cpp_version", "mlx_version",
      "model_file", "nemo_version", "unsloth_fixed", "unsloth_optimized", "unsloth_version"}},
    {"how MLX stored the weights it made; what is stored is read from the checkpoint", {"quantization"}},
    {"how torch or another engine runs it",
     {"_attn_implementation",
      "_attn_implementation_autoset",
      "_attn_implementation_internal",
      "_experts_implementation",
      "_experts_implementation_internal",
      "_flash_attn_2_enabled",
      "_fused_rms_norm",
      "_fused_rotary_emb",
      "_use_doc_masking",
      "_use_qkv_packed",
      "attention_backend",
      "attn_backend",
      "attn_implementation",
      "bf16",
      "chunk_size_feed_forward",
      "experts_implementation",
      "flash_attention",
      "flash_attention_block_size",
      "fp16",
      "fp32",
      "fused_bias_gelu",
      "fused_linear_cross_entropy",
      "log_attn_probs",
      "ring_attn_heads_k_stride",
      "scan_layers",
      "softmax_in_fp32",
      "tf_legacy_loss",
      "torchscript",
      "upcast_attn",
      "use_bfloat16",
      "use_cache_kernel",
      "use_cache_quantization",
      "use_flash_attention",
      "use_flash_attention_2",
      "use_flash_attn",
      "use_fused_rms_norm",
      "use_liger_kernel",
      "use_sdpa"}},
    {"ways to run long contexts that transformers does not have", {"dual_chunk_attention_config"}},
    {"rounding of projections that releases before 5 could slice; 5.9.0 does not read it", {"pretraining_tp"}},
    {"what else it returns", {"output_attentions", "output_hidden_states", "return_dict", "use_cache"}},
    {"training: initial values, dropout, losses beside the model's own",
     {"attention_dropout", "attn_pdrop", "classifier_dropout", "embd_pdrop", "embedding_dropout",
      "gradient_checkpointing", "hidden_dropout", "hidden_dropout_prob", "init_method_std", "initializer",
      "initializer_cutoff_factor", "initializer_factor", "initializer_range", "resid_pdrop",
      "use_gradient_checkpointing", "z_loss_coefficient", "z_loss_enabled", "z_loss_weight"}},
    {"tokens and text",
     {"bos_token", "bos_token_id", "chat_template", "decoder_start_token_id", "eos_token", "image_token", "pad_token",
      "pad_token_id", "prefix", "processor_class", "sep_token_id", "tokenizer_class", "unk_token", "unk_token_id"}},
    {"heads for other tasks",
     {"finetuning_task", "id2label", "is_decoder", "label2id", "num_labels", "problem_type", "summary_activation",
      "summary_first_dropout", "summary_proj_to_labels", "summary_type", "summary_use_proj", "task_specific_params",
      "sentence_transformers", "matryoshka_dimensions"}},
    {"limits that nothing enforces",
     {"max_seq_len", "max_sequence_length", "model_max_length", "seq_len", "seq_length"}},
    {"padding of tables that their shapes tell", {"make_vocab_size_divisible_by", "padded_vocab_size"}},
    {"generation",
     {"assistant_confidence_threshold",
      "assistant_lookbehind",
      "bad_words_ids",
      "begin_suppress_tokens",
      "diversity_penalty",
      "do_sample",
      "early_stopping",
      "encoder_no_repeat_ngram_size",
      "encoder_repetition_penalty",
      "epsilon_cutoff",
      "eta_cutoff",
      "exponential_decay_length_penalty",
      "forced_bos_token_id",
      "forced_eos_token_id",
      "generation_config",
      "length_penalty",
      "max_length",
      "max_new_tokens",
      "min_length",
      "no_repeat_ngram_size",
      "num_assistant_tokens",
      "num_assistant_tokens_schedule",
      "num_beam_groups",
      "num_beams",
      "num_return_sequences",
      "output_scores",
      "remove_invalid_values",
      "repetition_penalty",
      "return_dict_in_generate",
      "suppress_tokens",
      "target_lookbehind",
      "temperature",
      "top_k",
      "top_p",
      "typical_p"}},
};

struct AbsentFeature {
  std::string_view key;
  nlohmann::json value;
  std::string_view why;
};

} // namespace

void claimCommonKeys(ConfigReader &reader) {
  for (const HarmlessKeys &group : harmlessKeys)
    for (std::string_view key : group.keys)
      reader.ignore(key);

  constexpr std::string_view decoderOnly = "only decoders without an encoder are supported";
  reader.supportOnly("is_encoder_decoder", false, decoderOnly);
  reader.supportOnly("add_cross_attention", false, decoderOnly);
  reader.supportOnly("cross_attention_hidden_size", nullptr, decoderOnly);
  reader.supportOnly("tie_encoder_decoder", false, decoderOnly);
  reader.supportOnly("pruned_heads", nlohmann::json::object(), "pruned heads change the shapes of the weights");
  reader.supportOnly("transformers_weights", nullptr, "weights are read from model.safetensors or its index");
  // Written by forks of these models whose forward differs.
  reader.supportOnly("use_mrope", false, "positions have one axis");
}

void claimRopeLayout(ConfigReader &reader, const TextConfig &text) {
  reader.supportOnly("rope_interleaved", text.rope.interleaved,
                     text.rope.interleaved ? "rope turns pairs, not halves" : "rope turns halves, not pairs");
}

void claimAbsentFeatures(ConfigReader &reader) {
  constexpr std::string_view dense = "this family has no experts", window = "this family has no windows",
                             bias = "this family has no such biases", norm = "this family has no such norms";
  const AbsentFeature features[] = {
      {"num_experts", 0, dense},
      {"num_local_experts", 0, dense},
      {"n_routed_experts", 0, dense},
      {"num_experts_per_tok", 0, dense},
      {"moe_intermediate_size", 0, dense},
      {"moe_config", nullptr, dense},
      {"mlp_only_layers", nlohmann::json::array(), dense},
      {"sliding_window", nullptr, window},
      {"use_sliding_window", false, window},
      {"attention_bias", false, bias},
      {"attention_out_bias", false, bias},
      {"mlp_bias", false, bias},
      {"qkv_bias", false, bias},
      {"use_bias", false, bias},
      {"bias", false, bias},
      {"no_bias", true, bias},
      {"lm_head_bias", false, bias},
      {"use_qkv_bias", false, bias},
      {"use_qk_norm", false, norm},
      {"qk_norm", false, norm},
      {"qk_layernorm", false, norm},
      {"alibi", false, "positions turn heads"},
      {"use_alibi", false, "positions turn heads"},
      {"parallel_residual", false, "attention and MLP follow each other"},
      {"use_parallel_residual", false, "attention and MLP follow each other"},
      {"no_rope_layer", nullptr, "every layer has rope"},
      {"no_rope_layers", nullptr, "every layer has rope"},
      {"attn_logit_softcapping", nullptr, "scores are not capped"},
      {"final_logit_softcapping", nullptr, "logits are not capped"},
      {"quantization_config", nullptr, "weights are read as they are stored"},
      {"compression_config", nullptr, "weights are read as they are stored"},
      {"kv_cache_scheme", nullptr, "there is no cache of keys and values"},
  };
  for (const AbsentFeature &feature : features)
    if (!reader.isClaimed(feature.key))
      reader.supportOnly(feature.key, feature.value, feature.why);
}

} // namespace veomni

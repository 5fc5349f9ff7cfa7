#!/usr/bin/env python3
"""Turns a llama GGUF file into a Hugging Face directory with float32 weights: gguf_to_hf.py MODEL.gguf DIRECTORY

Writes config.json, generation_config.json, model.safetensors, tokenizer.json and tokenizer_config.json (with the chat
template).
"""
import interrupts  # first, since other imports take time

import argparse
import json
import pathlib
import re
import sys

import gguf
import numpy as np
from safetensors.numpy import save_file
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

TENSORS = {
    "token_embd.weight": "model.embed_tokens.weight",
    "output_norm.weight": "model.norm.weight",
    "output.weight": "lm_head.weight",
}
LAYER_TENSORS = {
    "attn_norm": "input_layernorm",
    "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj",
    "ffn_norm": "post_attention_layernorm",
    "ffn_gate": "mlp.gate_proj",
    "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj",
}
# tokenizer.ggml.token_type
CONTROL = 3


class ConversionError(Exception):
    pass


def hf_name(name):
    if name in TENSORS:
        return TENSORS[name]
    layer = re.fullmatch(r"blk\.(\d+)\.(\w+)\.(weight|bias)", name)
    if layer and layer[2] in LAYER_TENSORS:
        return f"model.layers.{layer[1]}.{LAYER_TENSORS[layer[2]]}.{layer[3]}"
    raise ConversionError(f"tensor '{name}' has no counterpart in a Hugging Face llama")


def unpermute(weight, heads):
    """Rows of q_proj and k_proj back from llama.cpp's interleaved rope order (pairs 2i, 2i + 1) to halves (i, i +
    head_dim / 2)."""
    half = weight.shape[0] // heads // 2
    return weight.reshape(heads, half, 2, *weight.shape[1:]).swapaxes(1, 2).reshape(weight.shape)


class Metadata:
    def __init__(self, reader, path):
        self.reader, self.path = reader, path

    def __getitem__(self, key):
        value = self.get(key)
        if value is None:
            raise ConversionError(f"{self.path}: no metadata key '{key}'")
        return value

    def get(self, key, default=None):
        field = self.reader.get_field(key)
        return default if field is None else field.contents()


def shortest(value):
    """The shortest decimal of a float32, which is what the model's author wrote."""
    return float(str(np.float32(value)))


def model_config(meta, tied):
    heads, hidden = meta["llama.attention.head_count"], meta["llama.embedding_length"]
    head_dim = meta.get("llama.attention.key_length", hidden // heads)
    if meta.get("llama.rope.dimension_count", head_dim) != head_dim:
        raise ConversionError(f"{meta.path}: rope covers {meta['llama.rope.dimension_count']} of {head_dim} dims of a "
                              "head, a Hugging Face llama rotates all")
    if meta.get("llama.rope.scaling.type", "none") != "none":
        raise ConversionError(f"{meta.path}: rope scaling '{meta['llama.rope.scaling.type']}' is not converted")
    return {
        "architectures": ["LlamaForCausalLM"],
        "attention_bias": False,
        "bos_token_id": meta.get("tokenizer.ggml.bos_token_id"),
        "dtype": "float32",
        "eos_token_id": meta["tokenizer.ggml.eos_token_id"],
        "head_dim": head_dim,
        "hidden_act": "silu",
        "hidden_size": hidden,
        "intermediate_size": meta["llama.feed_forward_length"],
        "max_position_embeddings": meta["llama.context_length"],
        "mlp_bias": False,
        "model_type": "llama",
        "num_attention_heads": heads,
        "num_hidden_layers": meta["llama.block_count"],
        "num_key_value_heads": meta.get("llama.attention.head_count_kv", heads),
        "pad_token_id": meta.get("tokenizer.ggml.padding_token_id"),
        "rms_norm_eps": shortest(meta["llama.attention.layer_norm_rms_epsilon"]),
        "rope_parameters": {"rope_theta": shortest(meta.get("llama.rope.freq_base", 10000.0)), "rope_type": "default"},
        "tie_word_embeddings": tied,
        "vocab_size": meta["llama.vocab_size"],
    }


def make_tokenizer(meta):
    kind, split = meta["tokenizer.ggml.model"], meta.get("tokenizer.ggml.pre")
    if (kind, split) != ("gpt2", "smollm"):
        raise ConversionError(f"{meta.path}: tokenizer '{kind}' with pre-tokenizer '{split}', expected 'gpt2' with "
                              "'smollm'")
    tokens = meta["tokenizer.ggml.tokens"]
    tokenizer = Tokenizer(models.BPE(vocab={token: i for i, token in enumerate(tokens)},
                                     merges=[tuple(merge.split(" ")) for merge in meta["tokenizer.ggml.merges"]]))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.Digits(individual_digits=True),
                                                       pre_tokenizers.ByteLevel(add_prefix_space=False)])
    tokenizer.decoder = decoders.ByteLevel()
    special = [token for token, kind in zip(tokens, meta["tokenizer.ggml.token_type"]) if kind == CONTROL]
    tokenizer.add_special_tokens([AddedToken(token, special=True, normalized=False) for token in special])
    if tokenizer.get_vocab_size() != len(tokens):
        raise ConversionError(f"{meta.path}: {len(tokens)} tokens, of which only {tokenizer.get_vocab_size()} differ")
    return tokenizer, tokens


def convert(source, target):
    reader = gguf.GGUFReader(source)
    meta = Metadata(reader, source)
    if meta["general.architecture"] != "llama":
        raise ConversionError(f"{source}: architecture '{meta['general.architecture']}', expected 'llama'")
    names = {tensor.name for tensor in reader.tensors}
    config = model_config(meta, tied="output.weight" not in names)
    heads = {"attn_q.weight": config["num_attention_heads"], "attn_k.weight": config["num_key_value_heads"]}
    weights = {}
    for tensor in reader.tensors:
        weight = np.ascontiguousarray(gguf.quants.dequantize(tensor.data, tensor.tensor_type), dtype=np.float32)
        weight = weight.reshape(tensor.shape[::-1])
        count = heads.get(tensor.name.split(".", 2)[-1])
        weights[hf_name(tensor.name)] = np.ascontiguousarray(unpermute(weight, count)) if count else weight

    target.mkdir(parents=True, exist_ok=True)
    # Files appear in the target once they are all complete.
    with interrupts.scratch_folder(target.parent) as folder:
        write_directory(folder, meta, config, weights)
        for file in folder.iterdir():
            file.replace(target / file.name)
    return len(weights), sum(weight.nbytes for weight in weights.values())


def write_directory(folder, meta, config, weights):
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    tokenizer, tokens = make_tokenizer(meta)
    tokenizer.save(str(folder / "tokenizer.json"))
    ids = {key: config[f"{key}_token_id"] for key in ("bos", "eos", "pad")}

    def write(name, value):
        (folder / name).write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")

    write("config.json", config)
    write("generation_config.json", {f"{key}_token_id": i for key, i in ids.items() if i is not None})
    write("tokenizer_config.json", {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "add_prefix_space": False,
        "clean_up_tokenization_spaces": False,
        "model_max_length": config["max_position_embeddings"],
        **{f"{key}_token": tokens[i] for key, i in ids.items() if i is not None},
        "chat_template": meta["tokenizer.chat_template"],
    })


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("gguf", type=pathlib.Path)
    parser.add_argument("directory", type=pathlib.Path)
    args = parser.parse_args()
    try:
        count, size = convert(args.gguf, args.directory)
    except (ConversionError, OSError) as error:
        print(f"gguf_to_hf: {error}", file=sys.stderr)
        return 1
    print(f"gguf_to_hf: {count} tensors, {size / 1e6:.0f} MB of float32 in {args.directory}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

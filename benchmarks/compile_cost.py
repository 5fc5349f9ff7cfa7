#!/usr/bin/env python3
"""Compile time and memory against depth: a llama of SmolLM2's width with 4, 16 and 64 layers.

The compiler reads tensor headers only, so the weights are sparse files that take no room on disk.
"""
import argparse
import json
import os
import pathlib
import shutil
import statistics
import struct
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
CONFIG = {
    "architectures": ["LlamaForCausalLM"],
    "attention_bias": False,
    "bos_token_id": 1,
    "dtype": "float32",
    "eos_token_id": 2,
    "head_dim": 64,
    "hidden_act": "silu",
    "hidden_size": 576,
    "intermediate_size": 1536,
    "max_position_embeddings": 8192,
    "mlp_bias": False,
    "model_type": "llama",
    "num_attention_heads": 9,
    "num_key_value_heads": 3,
    "rms_norm_eps": 1e-05,
    "rope_parameters": {"rope_theta": 100000.0, "rope_type": "default"},
    "tie_word_embeddings": True,
    "vocab_size": 49152,
}


def write_model(directory, depth, changes={}):
    """A llama directory without numbers: its weights are sparse files, which read as zeros."""
    config = {**CONFIG, "num_hidden_layers": depth, **changes}
    (directory / "config.json").write_text(json.dumps(config))
    hidden, middle = config["hidden_size"], config["intermediate_size"]
    query, key = config["num_attention_heads"] * config["head_dim"], config["num_key_value_heads"] * config["head_dim"]
    shapes = {"model.embed_tokens.weight": [config["vocab_size"], hidden], "model.norm.weight": [hidden]}
    for i in range(depth):
        shapes |= {
            f"model.layers.{i}.{name}.weight": shape
            for name, shape in {
                "input_layernorm": [hidden],
                "post_attention_layernorm": [hidden],
                "self_attn.q_proj": [query, hidden],
                "self_attn.k_proj": [key, hidden],
                "self_attn.v_proj": [key, hidden],
                "self_attn.o_proj": [hidden, query],
                "mlp.gate_proj": [middle, hidden],
                "mlp.up_proj": [middle, hidden],
                "mlp.down_proj": [hidden, middle],
            }.items()
        }
    header, end = {}, 0
    for name, shape in shapes.items():
        size = 4 * shape[0] * (shape[1] if len(shape) > 1 else 1)
        header[name] = {"dtype": "F32", "shape": shape, "data_offsets": [end, end + size]}
        end += size
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(directory / "model.safetensors", "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        file.truncate(8 + len(text) + end)


def measure(command, environment):
    """Seconds and peak resident MB of one process."""
    start = time.perf_counter()
    pid = os.posix_spawn(command[0], command, environment)
    _, status, usage = os.wait4(pid, 0)
    seconds = time.perf_counter() - start
    if status != 0:
        sys.exit(f"compile_cost: '{' '.join(command)}' ended with status {os.waitstatus_to_exitcode(status)}")
    return seconds, usage.ru_maxrss / 1024


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--depths", type=int, nargs="+", default=[4, 16, 64])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--dtype", choices=["f32", "bf16"], default="f32")
    args = parser.parse_args()
    compiler = str(ROOT / "build/bin/veomni-compile")
    results = {depth: [] for depth in args.depths}
    sizes = {}
    with tempfile.TemporaryDirectory() as scratch:
        scratch = pathlib.Path(scratch)
        for depth in args.depths:
            (scratch / str(depth)).mkdir()
            write_model(scratch / str(depth), depth)
        # Interleaved, and each compile with an empty cache of its own: a cached object would hide what code generation
        # costs.
        for _ in range(args.rounds):
            for depth in args.depths:
                cache = scratch / "cache"
                shutil.rmtree(cache, ignore_errors=True)
                bundle = scratch / f"{depth}.vob"
                command = [compiler, str(scratch / str(depth)), f"--dtype={args.dtype}", "-o", str(bundle)]
                results[depth].append(measure(command, {**os.environ, "XDG_CACHE_HOME": str(cache)}))
                sizes[depth] = bundle.stat().st_size
    first = min(seconds for seconds, _ in results[args.depths[0]])
    print("| layers | best s | median s | to the first | peak resident MB | bundle KB |\n|---|---|---|---|---|---|")
    for depth, runs in results.items():
        seconds = [s for s, _ in runs]
        print(f"| {depth} | {min(seconds):.2f} | {statistics.median(seconds):.2f} | {min(seconds) / first:.2f}x "
              f"| {max(memory for _, memory in runs):.0f} | {sizes[depth] / 1024:.0f} |")
    return 0


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
"""Loading against a plain copy: seconds until the weights of a model of 0.6 billion parameters are in memory, and peak
memory.

The model has the shape of Qwen3-0.6B, whose embedding and head are one tensor. Each round loads it through veomni-run
with every type and every number of threads, beginning with another one each time, and copies as many bytes as each load
leaves in memory from warm memory into fresh memory, in huge pages where the system has them, in a process of its own.
Times of one round lie close together, as a shared machine changes all the time.
"""
import argparse
import ctypes
import json
import mmap
import os
import pathlib
import re
import statistics
import subprocess
import sys
import tempfile
import time

import compile_cost

sys.path.insert(0, str(compile_cost.ROOT / "test/e2e/goldens"))
import safetensors_file as st

SHAPE = {
    "architectures": ["Qwen3ForCausalLM"],
    "model_type": "qwen3",
    "attention_bias": False,
    "eos_token_id": 151645,
    "hidden_act": "silu",
    "head_dim": 128,
    "hidden_size": 1024,
    "intermediate_size": 3072,
    "max_position_embeddings": 40960,
    "num_attention_heads": 16,
    "num_hidden_layers": 28,
    "num_key_value_heads": 8,
    "rms_norm_eps": 1e-06,
    "rope_parameters": {"rope_theta": 1000000.0, "rope_type": "default"},
    "tie_word_embeddings": True,
    "vocab_size": 151936,
}
CASES = [("bf16", "bf16"), ("bf16", "f32"), ("f32", "f32")]  # of the checkpoint and of the bundle


def write_model(directory, dtype):
    """The numbers are not sparse: reading a hole of a file costs less than reading a page of it."""
    directory.mkdir()
    (directory / "config.json").write_text(json.dumps({**SHAPE,
                                                       "dtype": {"bf16": "bfloat16", "f32": "float32"}[dtype]}))
    hidden, middle, head = SHAPE["hidden_size"], SHAPE["intermediate_size"], SHAPE["head_dim"]
    query, key = SHAPE["num_attention_heads"] * head, SHAPE["num_key_value_heads"] * head
    shapes = {"model.embed_tokens.weight": [SHAPE["vocab_size"], hidden], "model.norm.weight": [hidden]}
    for i in range(SHAPE["num_hidden_layers"]):
        for name, shape in {
                "input_layernorm": [hidden], "post_attention_layernorm": [hidden], "self_attn.q_norm": [head],
                "self_attn.k_norm": [head], "self_attn.q_proj": [query, hidden], "self_attn.k_proj": [key, hidden],
                "self_attn.v_proj": [key, hidden], "self_attn.o_proj": [hidden, query],
                "mlp.gate_proj": [middle, hidden], "mlp.up_proj": [middle, hidden],
                "mlp.down_proj": [hidden, middle]}.items():
            shapes[f"model.layers.{i}.{name}.weight"] = shape
    size, header, end = (2 if dtype == "bf16" else 4), {}, 0
    for name, shape in shapes.items():
        begin, end = end, end + size * shape[0] * (shape[1] if len(shape) > 1 else 1)
        header[name] = {"dtype": dtype.upper(), "shape": shape, "data_offsets": [begin, end]}
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    block = os.urandom(1 << 20).translate(bytes(i & 0x3f for i in range(256)))  # small numbers, no infinities
    with open(directory / "model.safetensors", "wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        while end:
            end -= file.write(block[:min(end, len(block))])


def copy_seconds(size):
    """In another process: the peak memory of a load would count what its parent has."""
    done = subprocess.run([sys.executable, __file__, "--copy", str(size)], check=True, stdout=subprocess.PIPE,
                          text=True)
    return float(done.stdout)


def copy_here(size):
    """Seconds of one plain copy into fresh memory. The source is touched before."""
    source, target = mmap.mmap(-1, size), mmap.mmap(-1, size, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    for memory in (source, target):
        memory.madvise(mmap.MADV_HUGEPAGE)
    at = [ctypes.addressof(ctypes.c_char.from_buffer(memory)) for memory in (source, target)]
    ctypes.memset(at[0], 1, size)
    start = time.perf_counter()
    ctypes.memmove(at[1], at[0], size)
    return time.perf_counter() - start


def load(tools, bundle, model, inputs, threads):
    """Seconds, bytes of weights (also of those that stay in the file) and peak bytes."""
    command = [tools / "veomni-run", bundle, "--weights", model, "--inputs", inputs, "--time", f"--threads={threads}"]
    process = subprocess.Popen([str(word) for word in command], stderr=subprocess.PIPE, text=True)
    text = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    seconds = re.match(r"load: ([0-9.]+) s", text)
    if process.returncode or not seconds:
        sys.exit(f"load: '{' '.join(process.args)}' ended with status {process.returncode}: {text}")
    weights = sum(float(number) for number in re.findall(r"weights(?: read in their files)?: ([0-9.]+) GB", text))
    return float(seconds[1]), weights * 1e9, usage.ru_maxrss * 1024


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--copy", type=int, metavar="BYTES", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.copy:
        print(copy_here(args.copy))
        return 0
    tools = compile_cost.ROOT / "build/bin"
    times, copies, weights, peaks = {}, {}, {}, {}
    with tempfile.TemporaryDirectory() as scratch:
        scratch = pathlib.Path(scratch)
        inputs = scratch / "in.safetensors"
        st.write(inputs, {"input_ids": st.Tensor.of("I64", [1, 1], [5])})
        for dtype in {stored for stored, _ in CASES}:
            write_model(scratch / dtype, dtype)
        for stored, dtype in CASES:
            subprocess.run([tools / "veomni-compile", scratch / stored, f"--dtype={dtype}", "-o",
                            scratch / f"{stored}-{dtype}.vob"], check=True)
        # Bytes of the numbers of the file in the bundle's type.
        sizes = {case: (scratch / case[0] / "model.safetensors").stat().st_size * (2 if case == ("bf16", "f32") else 1)
                 for case in CASES}
        contenders = [(case, threads) for case in CASES for threads in args.threads]
        contenders += [(case, 0) for case in CASES]  # copies
        for round_number in range(args.rounds):
            first = round_number % len(contenders)
            for case, threads in contenders[first:] + contenders[:first]:
                model = scratch / case[0]
                if threads == 0:
                    copies.setdefault(case, []).append(copy_seconds(sizes[case]))
                    continue
                seconds, weights[case], peak = load(tools, scratch / f"{case[0]}-{case[1]}.vob", model, inputs, threads)
                times.setdefault((case, threads), []).append(seconds)
                peaks[case, threads] = max(peaks.get((case, threads), 0), peak)
            print(f"round {round_number + 1} of {args.rounds}", file=sys.stderr, flush=True)
    print("| weights, threads | best s | median s | GB/s | of a copy, best | of a copy, median | weights MB | peak MB "
          "|\n"
          "|---|---|---|---|---|---|---|---|")
    for (case, threads), seconds in times.items():
        best, median = min(seconds), statistics.median(seconds)
        print(f"| {case[0]} as {case[1]}, {threads} | {best:.2f} | {median:.2f} | {sizes[case] / best / 1e9:.1f} "
              f"| {100 * min(copies[case]) / best:.0f} % | {100 * statistics.median(copies[case]) / median:.0f} % "
              f"| {weights[case] / 1e6:.0f} | {peaks[case, threads] / 1e6:.0f} |")
    for case, seconds in copies.items():
        print(f"| copy of {sizes[case] / 1e9:.1f} GB ({case[0]} as {case[1]}) | {min(seconds):.2f} | "
              f"{statistics.median(seconds):.2f} "
              f"| {sizes[case] / min(seconds) / 1e9:.1f} | | | | |")
    return 0


if __name__ == "__main__":
    sys.exit(main())

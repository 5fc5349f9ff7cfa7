#!/usr/bin/env python3
"""Whole-model forward on one core, float32: ours against PyTorch eager and torch.compile, interleaved in one run.

    python3 -m venv build/benchmarks/venv
    build/benchmarks/venv/bin/pip install torch==2.13.0 transformers==5.9.0
    build/benchmarks/venv/bin/python benchmarks/compare_torch.py build/demo/SmolLM2-135M-Instruct

Every contender runs on the same core, one after the other and round by round, so that a noisy neighbour hits all of them. The share of
peak counts useful work only (causal attention as half of a square) against a float32 FMA loop timed in every round.
"""
import argparse
import ctypes
import os
import pathlib
import re
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent


def useful_flops(config, tokens):
    """Multiply-adds of the projections, the head and causal attention, times two."""
    hidden, heads = config.hidden_size, config.num_attention_heads
    head_dim = getattr(config, "head_dim", None) or hidden // heads
    query, key = heads * head_dim, config.num_key_value_heads * head_dim
    experts = getattr(config, "num_experts_per_tok", None)
    if experts:
        mlp = experts * 3 * hidden * (getattr(config, "moe_intermediate_size", None) or config.intermediate_size)
    else:
        mlp = 3 * hidden * config.intermediate_size
    per_token = config.num_hidden_layers * (hidden * (2 * query + 2 * key) + mlp) + hidden * config.vocab_size
    attention = config.num_hidden_layers * query * tokens * (tokens + 1)  # scores and values
    return 2 * per_token * tokens + 2 * attention


def peak_probe(scratch):
    library = scratch / "peak_fma.so"
    subprocess.run(["clang-22", "-O3", "-march=native", "-ffp-contract=fast", "-shared", "-fPIC", ROOT / "benchmarks/peak_fma.c", "-o", library],
                   check=True)
    probe = ctypes.CDLL(str(library)).peak_fma
    probe.restype = ctypes.c_double
    return lambda: probe(ctypes.c_int(5))


def timed(function, repeats):
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        function()
        times.append(time.perf_counter() - start)
    return times


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=pathlib.Path, help="Hugging Face directory with float32 weights")
    parser.add_argument("--tokens", type=int, default=512)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--repeats", type=int, default=3, help="forwards of each contender per round")
    parser.add_argument("--no-torch-compile", action="store_true", help="leave out torch.compile, which may take minutes to compile")
    parser.add_argument("--core", type=int, default=min(os.sched_getaffinity(0)))
    args = parser.parse_args()
    os.sched_setaffinity(0, {args.core})
    os.environ["OMP_NUM_THREADS"] = "1"

    import torch
    import transformers
    from safetensors.torch import load_file, save_file

    torch.set_num_threads(1)
    torch.manual_seed(0)
    print(f"torch {torch.__version__}, transformers {transformers.__version__}, {args.tokens} tokens, core {args.core}", flush=True)
    model = transformers.AutoModelForCausalLM.from_pretrained(args.model, dtype=torch.float32).eval()
    ids = torch.randint(0, model.config.vocab_size, (1, args.tokens))
    flops = useful_flops(model.config, args.tokens)

    with tempfile.TemporaryDirectory() as scratch, torch.inference_mode():
        scratch = pathlib.Path(scratch)
        probe = peak_probe(scratch)
        bundle, inputs, outputs = scratch / "model.vob", scratch / "inputs.safetensors", scratch / "outputs.safetensors"
        save_file({"input_ids": ids}, inputs)
        start = time.perf_counter()
        subprocess.run([ROOT / "build/bin/veomni-compile", args.model, "--dtype=f32", "-o", bundle], check=True)
        print(f"veomni: compiled in {time.perf_counter() - start:.1f} s", flush=True)
        run_ours = [ROOT / "build/bin/veomni-run", bundle, "--weights", args.model, "--inputs", inputs, "--threads", "1"]

        def ours():
            """The best forward of a process that loads once; loading is not timed."""
            done = subprocess.run([*run_ours, "--repeat", str(args.repeats)], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
            best = re.search(r"run: best ([0-9.eE+-]+) s", done.stderr)
            if not best:
                sys.exit(f"compare_torch: veomni-run printed no 'run: best ... s':\n{done.stderr}")
            return [float(best[1])]

        def forward(run):
            return run(input_ids=ids, use_cache=False).logits

        contenders = {"veomni": ours, "torch eager": lambda: timed(lambda: forward(model), args.repeats)}
        subprocess.run([*run_ours, "--outputs", outputs], check=True, stdout=subprocess.DEVNULL)
        found = {name.removeprefix("output."): tensor for name, tensor in load_file(outputs).items()}["logits"]
        expected = forward(model)
        print(f"logits: relative difference {((found - expected).abs().max() / expected.abs().max()).item():.1e}", flush=True)
        if not args.no_torch_compile:
            compiled = torch.compile(model)
            start = time.perf_counter()
            forward(compiled)
            print(f"torch.compile: first forward after {time.perf_counter() - start:.0f} s", flush=True)
            contenders["torch.compile"] = lambda: timed(lambda: forward(compiled), args.repeats)

        times = {name: [] for name in contenders}
        peaks = []
        for round_number in range(args.rounds):
            peaks.append(probe())
            for name, run in contenders.items():
                times[name].append(min(run()))
            print(f"round {round_number + 1}: peak {peaks[-1] / 1e9:.0f} GFLOP/s, "
                  + ", ".join(f"{name} {values[-1]:.3f} s" for name, values in times.items()), flush=True)

    peak = max(peaks)
    print(f"\n| forward of {args.tokens} tokens | best s | median s | tokens/s | GFLOP/s | of peak ({peak / 1e9:.0f} GFLOP/s) |\n|---|---|---|---|---|---|")
    for name, values in times.items():
        best = min(values)
        print(f"| {name} | {best:.3f} | {statistics.median(values):.3f} | {args.tokens / best:.0f} | {flops / best / 1e9:.1f} "
              f"| {100 * flops / best / peak:.0f} % |")
    return 0


if __name__ == "__main__":
    sys.exit(main())

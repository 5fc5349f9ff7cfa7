#!/usr/bin/env python3
"""Two ranks of one thread against one rank of two threads, on the same weights, rounds of both interleaved.

Local ranks share the weights and the processors: what they lose is what splitting costs, which is the exchanges, the
copies around them and waiting for each other. Both give the same bits, or where the mesh divides parameters (tp) the
same numbers but for the order of sums, which is checked.

Routers prefer some experts, so that one rank is given more rows than the other and both take as long as that one.
--place-experts numbers the experts of each layer anew, such that ranks along ep get nearly as many rows of these very
inputs, as load balancers of experts do.

Without --model the weights are those of Qwen3-0.6B's shape and all 0. Experts need a model whose routers choose, such
as the one that compare_moe.py makes:

    benchmarks/ranks.py --model build/benchmarks/moe --mesh sp=2,ep=2
"""
import argparse
import json
import math
import pathlib
import re
import shutil
import statistics
import subprocess
import sys
import tempfile

import compile_cost

sys.path.insert(0, str(compile_cost.ROOT / "test/e2e/goldens"))
import safetensors_file as st

# Qwen3-0.6B, but for the number of layers, which --layers gives.
SHAPE = {
    "vocab_size": 151936,
    "hidden_size": 1024,
    "intermediate_size": 3072,
    "head_dim": 128,
    "num_attention_heads": 16,
    "num_key_value_heads": 8,
}


def run(tools, bundle, model, scratch, inputs, options, name):
    """The best wall time of two runs, in seconds."""
    command = [tools / "veomni-run", bundle, "--weights", model, "--inputs", inputs, "--outputs", scratch / name,
               "--repeat=2", *options]
    done = subprocess.run(command, stderr=subprocess.PIPE, text=True, check=True)
    words = next(line for line in done.stderr.splitlines() if line.startswith("run: best")).split()
    return float(words[2])


def apart(found, expected):
    """By how much outputs differ, relative to the largest number of each."""
    for name, tensor in expected.items():
        a, b = found[name].values(), tensor.values()
        yield max(abs(x - y) for x, y in zip(a, b, strict=True)) / max(map(abs, b))


def place_experts(tools, model, target, scratch, inputs, ranks):
    """A copy of a sparse model in `target`, whose experts are in an order in which ranks get nearly as many rows."""
    config = json.loads((model / "config.json").read_text())
    experts = config["num_experts"] if "num_experts" in config else config["num_local_experts"]
    chosen = config["num_experts_per_tok"]
    subprocess.run([tools / "veomni-compile", model, "-o", scratch / "routers.vob", "--with=router_logits"], check=True)
    subprocess.run([tools / "veomni-run", scratch / "routers.vob", "--weights", model, "--inputs", inputs, "--outputs",
                    scratch / "routers.safetensors"], check=True, stderr=subprocess.DEVNULL)
    logits = st.read(scratch / "routers.safetensors")
    order = {}  # by layer: the old numbers of the experts
    for layer in range(config["num_hidden_layers"]):
        values = logits[f"router_logits.{layer}"].values()
        rows = [0] * experts
        for start in range(0, len(values), experts):
            of_token = values[start : start + experts]
            for expert in sorted(range(experts), key=of_token.__getitem__)[-chosen:]:
                rows[expert] += 1
        places = [[] for _ in range(ranks)]
        for expert in sorted(range(experts), key=rows.__getitem__, reverse=True):
            free = [place for place in places if len(place) < experts // ranks]
            min(free, key=lambda place: sum(rows[e] for e in place)).append(expert)
        order[layer] = sum(places, [])
    tensors = {}
    for name, tensor in st.read(model / "model.safetensors").items():
        layer = re.match(r"model\.layers\.(\d+)\.mlp\.", name)
        old = order[int(layer[1])] if layer else None
        if number := re.search(r"\.experts\.(\d+)\.", name):
            name = name.replace(number[0], f".experts.{old.index(int(number[1]))}.")
        elif layer:  # the router, or experts in one tensor: a row of dim 0 for each
            row = len(tensor.data) // experts
            data = b"".join(tensor.data[expert * row : (expert + 1) * row] for expert in old)
            tensor = st.Tensor(tensor.dtype, tensor.shape, data)
        tensors[name] = tensor
    target.mkdir()
    st.write(target / "model.safetensors", tensors)
    shutil.copy(model / "config.json", target)
    return target


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tokens", type=int, default=2048, help="of each text")
    parser.add_argument("--texts", type=int, default=1, help="which axes of data divide")
    parser.add_argument("--layers", type=int, default=28)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--dtype", default="bf16")
    parser.add_argument("--entry", default="loss", help="forward, or loss, which keeps no logits")
    parser.add_argument("--mesh", default="sp=2")
    parser.add_argument("--model", type=pathlib.Path, help="a model directory; --layers is of the model without one")
    parser.add_argument("--place-experts", action="store_true", help="with --model: balance what ranks are given")
    args = parser.parse_args()
    ranks = math.prod(int(size) for axis, size in (item.split("=") for item in args.mesh.split(",")) if axis != "ep")
    tools = compile_cost.ROOT / "build/bin"
    with tempfile.TemporaryDirectory() as scratch:
        scratch = pathlib.Path(scratch)
        model = args.model or scratch
        if not args.model:
            compile_cost.write_model(scratch, args.layers, SHAPE)
        config = json.loads((model / "config.json").read_text())
        inputs = scratch / "inputs.safetensors"
        tensor = st.Tensor.of("I64", [args.texts, args.tokens],
                              [i * 37 % config["vocab_size"] for i in range(args.texts * args.tokens)])
        st.write(inputs, {"input_ids": tensor, "labels": tensor} if args.entry == "loss" else {"input_ids": tensor})
        if args.place_experts:
            along_ep = int(dict(item.split("=") for item in args.mesh.split(","))["ep"])
            model = place_experts(tools, model, scratch / model.name, scratch, inputs, along_ep)
        contenders = {"one rank": ([], [f"--threads={ranks}"]),
                      f"{ranks} ranks, {args.mesh}": ([f"--mesh={args.mesh}"], ["--ranks=local", "--threads=1"])}
        for name, (options, _) in contenders.items():
            subprocess.run([tools / "veomni-compile", model, "-o", scratch / f"{name}.vob", f"--entry={args.entry}",
                            f"--dtype={args.dtype}", *options], check=True)
        times = {name: [] for name in contenders}
        for round in range(args.rounds):
            names = list(contenders) if round % 2 else list(contenders)[::-1]
            for name in names:
                times[name].append(run(tools, scratch / f"{name}.vob", model, scratch, inputs, contenders[name][1],
                                       f"{name}.safetensors"))
        results = [scratch / f"{name}.safetensors" for name in contenders]
        if "tp=" in args.mesh:
            worst = max(apart(*map(st.read, results)))
            if not worst <= (1e-5 if args.dtype == "f32" else 1e-2):
                sys.exit(f"the ranks give other numbers: {worst:.1e} of the largest")
        elif results[0].read_bytes() != results[1].read_bytes():
            sys.exit("the ranks give other bits")
    shape = args.model.name if args.model else "Qwen3-0.6B"
    print(f"{args.entry} of {args.texts} x {args.tokens} tokens, {config['num_hidden_layers']} layers of {shape}, "
          f"{args.dtype}\n")
    print("| | best s | median s | of one rank, best | median |\n|---|---|---|---|---|")
    one = times["one rank"]
    for name, seconds in times.items():
        print(f"| {name} | {min(seconds):.3f} | {statistics.median(seconds):.3f} | {min(one) / min(seconds):.2f} | "
              f"{statistics.median(one) / statistics.median(seconds):.2f} |")


if __name__ == "__main__":
    main()

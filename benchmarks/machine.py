#!/usr/bin/env python3
"""Writes the description of this machine that `veomni-run --device=null --machine=FILE` estimates with, and holds such
estimates against runs.

Rates are what kernels reach here: a small model of one rank and one thread runs with a trace, and for each kind of
kernels the time of its dispatches is set against the operations and bytes that the null device counts for them. What
connects ranks is taken from the transfers of a run of two. With --check, larger runs are then estimated and measured:

    benchmarks/machine.py -o build/machine.json
    benchmarks/machine.py -o build/machine.json --check sp=2 tp=2 dp_shard=2
"""
import argparse
import collections
import json
import pathlib
import statistics
import subprocess
import sys
import tempfile

import compile_cost
import ranks

sys.path.insert(0, str(compile_cost.ROOT / "test/e2e/goldens"))
import safetensors_file as st

TOOLS = compile_cost.ROOT / "build/bin"


class Bench:
    """A model of Qwen3-0.6B's shape and inputs for it, compiled and run as asked."""

    def __init__(self, scratch, layers, texts, tokens, dtype):
        self.folder = scratch / f"{layers}-{texts}-{tokens}"
        self.folder.mkdir()
        self.dtype, self.sizes = dtype, f"--sizes=batch={texts},seq={tokens}"
        compile_cost.write_model(self.folder, layers, ranks.SHAPE)
        vocabulary = ranks.SHAPE["vocab_size"]
        ids = st.Tensor.of("I64", [texts, tokens], [i * 37 % vocabulary for i in range(texts * tokens)])
        self.inputs = self.folder / "inputs.safetensors"
        st.write(self.inputs, {"input_ids": ids, "labels": ids})

    def compile(self, mesh):
        bundle = self.folder / f"{mesh or 'one'}.vob"
        if not bundle.exists():
            subprocess.run([TOOLS / "veomni-compile", self.folder, "-o", bundle, "--entry=loss",
                            f"--dtype={self.dtype}", *([f"--mesh={mesh}"] if mesh else [])], check=True)
        return bundle

    def command(self, mesh, *more):
        return [TOOLS / "veomni-run", self.compile(mesh), "--weights", self.folder, "--inputs", self.inputs,
                "--threads=1", *(["--ranks=local"] if mesh else []), *more]

    def trace(self, mesh, category, runs=6):
        """Events of one category of the fastest run, by the sum of their lengths; the first one touches memory anew."""
        path = self.folder / "trace.json"
        subprocess.run(self.command(mesh, f"--repeat={runs}", f"--trace={path}", "--outputs",
                                    self.folder / "out.safetensors"), check=True, stderr=subprocess.DEVNULL)
        events = [event for event in json.loads(path.read_text())["traceEvents"] if event.get("cat") == category]
        events.sort(key=lambda event: event["ts"])
        each = len(events) // runs
        return min((events[run * each : (run + 1) * each] for run in range(1, runs)),
                   key=lambda part: sum(event["dur"] for event in part))

    def count(self, mesh, machine=None):
        more = [f"--machine={machine}"] if machine else []
        done = subprocess.run([TOOLS / "veomni-run", self.compile(mesh), self.sizes, "--device=null", "--report=json",
                               *more], check=True, capture_output=True, text=True)
        return json.loads(done.stdout)

    def seconds(self, mesh, runs):
        done = subprocess.run(self.command(mesh, f"--repeat={runs}", "--outputs", self.folder / "out.safetensors"),
                              check=True, stderr=subprocess.PIPE, text=True)
        words = next(line for line in done.stderr.splitlines() if line.startswith("run: best")).split()
        return float(words[2]), float(words[5])


def rates(bench):
    """Of each kind, from a trace of one rank: the rate that explains its time."""
    spent = collections.Counter()
    for event in bench.trace(None, "Dispatch"):
        spent[event["name"]] += event["dur"] / 1e6
    report = bench.count(None)
    seconds, operations, moved = collections.Counter(), collections.Counter(), collections.Counter()
    for kernel in report["kernels"]:
        kind = kernel["kind"]
        seconds[kind] += spent[kernel["name"]]
        operations[kind] += kernel["flops"]
        moved[kind] += kernel["bytes_read"] + kernel["bytes_written"]
    kernels = {}
    for kind, time in seconds.items():
        if time > 0:
            flops, bytes_ = operations[kind], moved[kind]
            kernels[kind] = {"flops": flops / time} if flops else {"bandwidth": bytes_ / time}
    return kernels, statistics.median(rate["bandwidth"] for rate in kernels.values() if "bandwidth" in rate)


def link(bench, mesh):
    """Bytes a second that a rank gives while others do the same: the best of large transfers."""
    bundle_bytes = {line["name"]: line["bytes"] / line["calls"] for line in bench.count(mesh)["collectives"]}
    rates = []
    for event in bench.trace(mesh, "moved"):
        if bundle_bytes.get(event["name"], 0) > 1 << 20:
            rates.append(bundle_bytes[event["name"]] / (event["dur"] / 1e6))
    return max(rates)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-o", dest="output", type=pathlib.Path, required=True, help="the description to write")
    parser.add_argument("--dtype", default="bf16")
    parser.add_argument("--check", nargs="*", default=[], metavar="MESH", help="of two ranks, to estimate and run")
    parser.add_argument("--layers", type=int, default=8, help="of the models to check")
    parser.add_argument("--tokens", type=int, default=1024, help="of each of their two texts")
    parser.add_argument("--runs", type=int, default=5)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        scratch = pathlib.Path(scratch)
        small = Bench(scratch, layers=2, texts=2, tokens=512, dtype=args.dtype)
        kernels, bandwidth = rates(small)
        machine = {"flops": kernels["gemm"]["flops"], "bandwidth": bandwidth, "kernels": kernels,
                   "link": {"bandwidth": link(small, "sp=2")}}
        args.output.write_text(json.dumps(machine, indent=1) + "\n")
        if not args.check:
            return
        large = Bench(scratch, args.layers, 2, args.tokens, args.dtype)
        print(f"loss of 2 x {args.tokens} tokens, {args.layers} layers of Qwen3-0.6B, {args.dtype}, a thread a rank\n")
        print("| mesh | estimated s | best s | median s | estimated of best |\n|---|---|---|---|---|")
        for mesh in [None, *args.check]:
            estimate = large.count(mesh, args.output)["estimate"]["seconds"]
            best, median = large.seconds(mesh, args.runs)
            print(f"| {mesh or 'one rank'} | {estimate:.3f} | {best:.3f} | {median:.3f} | {estimate / best:.2f} |",
                  flush=True)


if __name__ == "__main__":
    main()

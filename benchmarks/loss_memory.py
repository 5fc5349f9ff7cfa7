#!/usr/bin/env python3
"""Peak memory of the loss of many tokens over a large vocabulary, with and without the logits.

What tokens cost is the peak of a run over all of them less that of a run over two, which is the weights and the
program. Fails if they cost more than a tenth of what the logits alone would take.
"""
import argparse
import os
import pathlib
import sys
import tempfile

import compile_cost

sys.path.insert(0, str(compile_cost.ROOT / "test/e2e/goldens"))
import safetensors_file as st

SHAPE = {
    "vocab_size": 151936,
    "hidden_size": 64,
    "intermediate_size": 128,
    "head_dim": 16,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
}


def write_inputs(path, tokens):
    ids = [i * 37 % SHAPE["vocab_size"] for i in range(tokens)]
    tensor = st.Tensor.of("I64", [1, tokens], ids)
    st.write(path, {"input_ids": tensor, "labels": tensor})


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tokens", type=int, default=4096)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--kernels", nargs="+", default=["fused_linear", "rows"])
    args = parser.parse_args()
    tools = compile_cost.ROOT / "build/bin"
    logits = args.tokens * SHAPE["vocab_size"] * 4 / 1e6
    print(f"{args.tokens} tokens, vocabulary {SHAPE['vocab_size']}: f32 logits are {logits:.0f} MB")
    print("| kernel | s | peak MB | of which tokens MB | of the logits |\n|---|---|---|---|---|")
    shares = {}
    with tempfile.TemporaryDirectory() as scratch:
        scratch = pathlib.Path(scratch)
        compile_cost.write_model(scratch, 1, SHAPE)
        for kernel in args.kernels:
            bundle = scratch / f"{kernel}.vob"
            compiler = [tools / "veomni-compile", scratch, "--entry=loss", f"--kernel=cross_entropy_loss={kernel}",
                        "-o", bundle]
            compile_cost.measure([str(word) for word in compiler], os.environ)
            peaks = []
            for tokens in (2, args.tokens):
                inputs = scratch / f"{tokens}.safetensors"
                write_inputs(inputs, tokens)
                run = [tools / "veomni-run", bundle, "--weights", scratch, "--inputs", inputs, "--outputs",
                       scratch / f"{kernel}.out", "--threads", args.threads]
                seconds, peak = compile_cost.measure([str(word) for word in run], os.environ)
                peaks.append(peak * 1.048576)
            shares[kernel] = (peaks[1] - peaks[0]) / logits
            print(f"| {kernel} | {seconds:.2f} | {peaks[1]:.0f} | {peaks[1] - peaks[0]:.0f} | "
                  f"{100 * shares[kernel]:.1f} % |", flush=True)
    return 0 if shares.get("fused_linear", 0) < 0.1 else 1


if __name__ == "__main__":
    sys.exit(main())

"""One sparse model over every pair of sp and ep up to 4 that divides, with the batch split as well, against one rank.

Tokens are odd and even in number, padded and packed, one row and three; all outputs and the loss are compared as bytes.
"""
import argparse
import pathlib
import random
import sys

sys.dont_write_bytecode = True  # the suite looks for tests in these folders
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "goldens"))
import run_tool
import safetensors_file as st

MESHES = ["sp=2", "sp=2,ep=2", "sp=4", "sp=4,ep=2", "sp=4,ep=4", "dp_replicate=2,ep=2", "dp_replicate=3,sp=2,ep=2",
          "dp_replicate=2,sp=2,ep=4"]


def inputs(rng, vocabulary):
    """Names and the inputs of cases."""
    def ids(rows, tokens):
        return st.Tensor.of("I64", [rows, tokens], [rng.randrange(vocabulary) for _ in range(rows * tokens)])

    def padded(rows, tokens, lengths):
        mask = [int(token < lengths[row]) for row in range(rows) for token in range(tokens)]
        return st.Tensor.of("I64", [rows, tokens], mask)

    yield "one token", {"input_ids": ids(1, 1)}
    yield "odd", {"input_ids": ids(1, 17)}
    yield "three rows, padded", {"input_ids": ids(3, 16), "attention_mask": padded(3, 16, [16, 9, 1])}
    yield "packed", {"input_ids": ids(1, 19), "cu_seqlens": st.Tensor.of("I64", [4], [0, 7, 8, 19])}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tools", type=pathlib.Path, required=True)
    parser.add_argument("--model", type=pathlib.Path, required=True)
    parser.add_argument("--vocabulary", type=int, required=True)
    parser.add_argument("--out", type=pathlib.Path, required=True)
    options = parser.parse_args()
    rng = random.Random(5)

    tool = run_tool.runner(options.tools)

    cases = []
    for index, (name, tensors) in enumerate(inputs(rng, options.vocabulary)):
        for entry in ("forward", "loss"):
            given = {**tensors, "labels": tensors["input_ids"]} if entry == "loss" else tensors
            file = options.out / f"{index}-{entry}.safetensors"
            st.write(file, given)
            cases.append((name, entry, file))
    results = {}
    for dtype in ("f32", "bf16"):
        for mesh in ("", *MESHES):
            shard, run = ([f"--mesh={mesh}"], ["--ranks=local", "--timeout=60", "--threads=1"]) if mesh else ([], [])
            bundle = options.out / "m.vob"
            tool("veomni-compile", options.model, "-o", bundle, "--entry=forward,loss", f"--dtype={dtype}",
                 "--with=hidden_states,router_logits", *shard)
            for name, entry, file in cases:
                out = options.out / "out.safetensors"
                tool("veomni-run", bundle, f"--entry={entry}", "--weights", options.model, "--inputs", file,
                     "--outputs", out, *run)
                found = out.read_bytes()
                if found != results.setdefault((dtype, name, entry), found):
                    sys.exit(f"{entry} of {name}, {dtype}, over {mesh}: other bits than one rank gives")
    print(f"{len(MESHES)} meshes, {len(results)} runs each: the bits of one rank")


if __name__ == "__main__":
    main()

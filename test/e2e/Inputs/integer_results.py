#!/usr/bin/env python3
"""What a program returns besides computed rows: integers, its own inputs, and a gated unit over heads."""
import argparse
import math
import pathlib
import subprocess
import sys

sys.dont_write_bytecode = True  # the suite looks for tests in these folders
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "goldens"))
import safetensors_file
from safetensors_file import Tensor


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("module", type=pathlib.Path, help="the program as text")
    parser.add_argument("--tools", required=True, type=pathlib.Path, help="folder of the tools")
    parser.add_argument("--out", required=True, type=pathlib.Path, help="an empty folder, for what is made")
    args = parser.parse_args()
    x = [(i * 37 % 101) / 10 for i in range(2 * 3 * 2 * 8)]
    ids = [1, 2, 2**40, 4, 5, 6]
    inputs, weights, bundle, outputs = (args.out / name
                                        for name in ("in.safetensors", "no.safetensors", "m.vob", "out.safetensors"))
    safetensors_file.write(inputs, {"x": Tensor.of("F32", [2, 3, 2, 8], x), "ids": Tensor.of("I64", [2, 3], ids)})
    safetensors_file.write(weights, {})
    subprocess.run([args.tools / "veomni-compile", args.module, "--compile-from=import", "-o", bundle], check=True)
    subprocess.run([args.tools / "veomni-run", bundle, "--weights", weights, "--inputs", inputs, "--outputs", outputs],
                   check=True)
    found = {name: list(tensor.values()) for name, tensor in safetensors_file.read(outputs).items()}

    runs = [x[at : at + 8] for at in range(0, len(x), 8)]
    chosen = [i for run in runs for i in sorted(range(8), key=lambda i: (-run[i], i))[:3]]
    expected = {"ids": ids, "shifted": [2, 2**40, -100, 5, 6, -100], "chosen": chosen}
    for name, values in expected.items():
        if found[name] != values:
            sys.exit(f"{name}: found {found[name]}, expected {values}")
    for value, gated in zip(x, found["gated"], strict=True):
        if abs(gated - value * value / (1 + math.exp(-value))) > 1e-5 * max(1, abs(gated)):
            sys.exit(f"gated: found {gated} for {value}")
    print("results are those of the reference")


if __name__ == "__main__":
    main()

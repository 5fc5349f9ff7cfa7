#!/usr/bin/env python3
"""FP8 checkpoints give the bits of their dequantised copies.

Quantises the matrices of a golden model block by block, writes them as published FP8 checkpoints have them and again as
the float32 numbers that they stand for, and compares the logits of both, with float32 and with bfloat16 weights. Blocks
are small and divide no dimension.
"""
import argparse
import array
import json
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "goldens"))
import safetensors_file
from safetensors_file import Tensor

BLOCK = (5, 7)


def value(code):
    """What an e4m3 code of 8 bits stands for: bias 7, no infinities."""
    exponent, fraction = code >> 3 & 15, code & 7
    magnitude = fraction * 2.0**-9 if exponent == 0 else (8 + fraction) * 2.0 ** (exponent - 10)
    return -magnitude if code >> 7 else magnitude


CODES = sorted((value(code), code) for code in range(256) if code & 127 != 127 and code != 128)


def nearest(number):
    low, high = 0, len(CODES) - 1
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if CODES[middle][0] <= number else (low, middle)
    return min(CODES[low], CODES[high], key=lambda entry: abs(entry[0] - number))[1]


def quantise(tensor):
    """Codes, scales, and the float32 numbers that they make."""
    rows, columns = tensor.shape
    numbers = tensor.values()
    grid = [-(-size // block) for size, block in zip(tensor.shape, BLOCK)]
    greatest = [0.0] * (grid[0] * grid[1])

    def block_of(i):
        return i // columns // BLOCK[0] * grid[1] + i % columns // BLOCK[1]

    for i, number in enumerate(numbers):
        greatest[block_of(i)] = max(greatest[block_of(i)], abs(number))
    scales = array.array("f", [most / 448 or 1.0 for most in greatest])
    codes = bytes(nearest(number / scales[block_of(i)]) for i, number in enumerate(numbers))
    exact = array.array("f", [value(code) * scales[block_of(i)] for i, code in enumerate(codes)])
    return (Tensor("F8_E4M3", tensor.shape, codes), Tensor("F32", grid, scales.tobytes()),
            Tensor("F32", tensor.shape, exact.tobytes()))


def is_quantised(name, tensor):
    """As published: matrices of layers, but for routers."""
    return len(tensor.shape) == 2 and name.startswith("model.layers.") and not name.endswith("mlp.gate.weight")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("golden", type=pathlib.Path, help="a golden model")
    parser.add_argument("--tools", required=True, type=pathlib.Path, help="folder of the tools")
    parser.add_argument("--out", required=True, type=pathlib.Path, help="an empty folder, for what is made")
    args = parser.parse_args()

    plain, fp8, count = {}, {}, 0
    for file in sorted(args.golden.glob("model*.safetensors")):
        for name, tensor in safetensors_file.read(file).items():
            plain[name] = fp8[name] = tensor
            if is_quantised(name, tensor):
                fp8[name], fp8[name + "_scale_inv"], plain[name] = quantise(tensor)
                count += 1
    config = json.loads((args.golden / "config.json").read_text())
    quantised = {**config, "quantization_config": {"quant_method": "fp8", "fmt": "e4m3", "activation_scheme": "dynamic",
                                                   "weight_block_size": list(BLOCK)}}
    for name, tensors, settings in (("plain", plain, config), ("fp8", fp8, quantised)):
        (args.out / name).mkdir()
        safetensors_file.write(args.out / name / "model.safetensors", tensors)
        (args.out / name / "config.json").write_text(json.dumps(settings))

    for dtype in ("f32", "bf16"):
        logits = []
        for name in ("plain", "fp8"):
            model = args.out / name
            bundle, out = args.out / f"{name}-{dtype}.vob", args.out / f"{name}-{dtype}.safetensors"
            subprocess.run([args.tools / "veomni-compile", model, "-o", bundle, f"--dtype={dtype}"], check=True)
            subprocess.run([args.tools / "veomni-run", bundle, "--weights", model, "--inputs",
                            args.golden / "golden.safetensors", "--outputs", out], check=True)
            logits.append(out.read_bytes())
        if logits[0] != logits[1]:
            sys.exit(f"{args.golden.name}, {dtype}: FP8 weights and their dequantised copy give different logits")
    print(f"{args.golden.name}: {count} FP8 matrices give the bits of their dequantised copies")


if __name__ == "__main__":
    main()

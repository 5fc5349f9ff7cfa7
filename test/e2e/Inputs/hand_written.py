"""Weights for hand-written.mlir, an input x, and y as computed here in float64."""
import math
import pathlib
import random
import sys

sys.dont_write_bytecode = True  # the suite looks for tests in these folders
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "goldens"))
import safetensors_file
from safetensors_file import Tensor

HIDDEN, WIDE, TOKENS = 24, 40, 10


def main():
    out, rng = pathlib.Path(sys.argv[1]), random.Random(3)

    def tensor(*shape, scale=1.0):
        return Tensor.of("F32", shape, [rng.gauss(0, scale) for _ in range(math.prod(shape))])

    weights = {"norm.weight": tensor(HIDDEN), "mlp.gate_proj.weight": tensor(WIDE, HIDDEN, scale=HIDDEN**-0.5),
               "mlp.up_proj.weight": tensor(WIDE, HIDDEN, scale=HIDDEN**-0.5),
               "mlp.down_proj.weight": tensor(HIDDEN, WIDE, scale=WIDE**-0.5)}
    x = tensor(2, TOKENS // 2, HIDDEN, scale=0.2)
    norm, gate, up, down = (weight.values() for weight in weights.values())

    def product(matrix, row):
        return [sum(a * b for a, b in zip(matrix[at : at + len(row)], row)) for at in range(0, len(matrix), len(row))]

    y = []
    for token in range(TOKENS):
        row = x.values()[token * HIDDEN : (token + 1) * HIDDEN]
        root = math.sqrt(sum(v * v for v in row) / HIDDEN + 0.01)
        h = [n * v / root for n, v in zip(norm, row)]
        a = [g / (1 + math.exp(-g)) * u for g, u in zip(product(gate, h), product(up, h))]
        y += [d + v for d, v in zip(product(down, a), row)]

    (out / "weights").mkdir()
    safetensors_file.write(out / "weights" / "model.safetensors", weights)
    safetensors_file.write(out / "in.safetensors", {"x": x, "y": Tensor.of("F32", x.shape, y)})


if __name__ == "__main__":
    main()

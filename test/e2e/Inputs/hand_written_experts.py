"""Weights for hand-written-experts.mlir, inputs, and y as computed here in float64; with experts out of range in
bad.safetensors."""
import math
import pathlib
import random
import sys

sys.dont_write_bytecode = True  # the suite looks for tests in these folders
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "goldens"))
import safetensors_file
from safetensors_file import Tensor

EXPERTS, HIDDEN, WIDE, TOKENS, CHOSEN = 4, 16, 24, 7, 2


def main():
    out, rng = pathlib.Path(sys.argv[1]), random.Random(5)

    def tensor(*shape, scale=1.0):
        return Tensor.of("F32", shape, [rng.gauss(0, scale) for _ in range(math.prod(shape))])

    gate_up, down = tensor(EXPERTS, 2 * WIDE, HIDDEN, scale=HIDDEN**-0.5), tensor(EXPERTS, HIDDEN, WIDE,
                                                                                  scale=WIDE**-0.5)
    x, shares = tensor(TOKENS, HIDDEN), tensor(TOKENS, CHOSEN)
    experts = [expert for _ in range(TOKENS)
               for expert in rng.sample(range(EXPERTS - 1), CHOSEN)]  # the last one gets no token

    def product(matrix, row):
        return [sum(a * b for a, b in zip(matrix[at : at + len(row)], row)) for at in range(0, len(matrix), len(row))]

    y = []
    for token in range(TOKENS):
        row, total = x.values()[token * HIDDEN : (token + 1) * HIDDEN], [0.0] * HIDDEN
        for at in range(token * CHOSEN, (token + 1) * CHOSEN):
            expert, share = experts[at], shares.values()[at]
            both = product(gate_up.values()[expert * 2 * WIDE * HIDDEN : (expert + 1) * 2 * WIDE * HIDDEN], row)
            a = [g / (1 + math.exp(-g)) * u for g, u in zip(both[:WIDE], both[WIDE:])]
            d = product(down.values()[expert * HIDDEN * WIDE : (expert + 1) * HIDDEN * WIDE], a)
            total = [t + share * v for t, v in zip(total, d)]
        y += total

    inputs = {"x": x, "experts": Tensor.of("I32", (TOKENS, CHOSEN), experts), "shares": shares,
              "y": Tensor.of("F32", x.shape, y)}
    safetensors_file.write(out / "weights.safetensors", {"gate_up": gate_up, "down": down})
    safetensors_file.write(out / "in.safetensors", inputs)
    safetensors_file.write(out / "bad.safetensors",
                           inputs | {"experts": Tensor.of("I32", (TOKENS, CHOSEN), [*experts[:-1], EXPERTS])})


if __name__ == "__main__":
    main()

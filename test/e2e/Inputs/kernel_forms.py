"""Ops that no golden has, in a model each: every kernel of their slot against float64, with 1 and 3 threads."""
import argparse
import array
import math
import pathlib
import random
import sys

sys.dont_write_bytecode = True  # the suite looks for tests in these folders
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "goldens"))
import run_tool
import safetensors_file
from safetensors_file import Tensor

NORM = """
func.func @forward(%x: tensor<?x?x3x20xf32> {veomni.axes = ["batch", "seq"], veomni.name = "x"})
    -> (tensor<?x?x3x20xf32> {veomni.axes = ["batch", "seq"], veomni.name = "y"}) {
  %y = veomni.rms_norm %x {eps = 1.0e-02 : f32, variant = #veomni.norm<unweighted>} : tensor<?x?x3x20xf32>
  return %y : tensor<?x?x3x20xf32>
}
"""

ROPE = """
func.func @forward(%x: tensor<?x3x20xf32> {veomni.axes = ["patches"], veomni.name = "x"},
                   %cos: tensor<?x10xf32> {veomni.axes = ["patches"], veomni.name = "cos"},
                   %sin: tensor<?x10xf32> {veomni.axes = ["patches"], veomni.name = "sin"})
    -> (tensor<?x3x20xf32> {veomni.axes = ["patches"], veomni.name = "y"}) {
  %y = veomni.rope %x, %cos, %sin {layout = #veomni.rope_layout<LAYOUT>} : tensor<?x3x20xf32>, tensor<?x10xf32>
  return %y : tensor<?x3x20xf32>
}
"""

LOSS = """
veomni.weight "score.weight" : tensor<7x20xf32> = [load("score.weight", [7, 20], f32)]
func.func @loss(%x: tensor<?x?x20xf32> {veomni.axes = ["batch", "seq"], veomni.name = "x"},
                %labels: tensor<?x?xi64> {veomni.axes = ["batch", "seq"], veomni.name = "labels"})
    -> (tensor<f32> {veomni.name = "y"}) {
  %w = veomni.param "score.weight" : tensor<7x20xf32>
  %logits = veomni.linear %x, %w : (tensor<?x?x20xf32>, tensor<7x20xf32>) -> tensor<?x?x7xf32>
  %losses, %counts = veomni.cross_entropy %logits, %labels {ignore_index = -100 : i64}
      : tensor<?x?x7xf32>, tensor<?x?xi64> -> tensor<?x?xf32>
  %y = veomni.mean_loss %losses, %counts : tensor<?x?xf32> -> tensor<f32>
  return %y : tensor<f32>
}
"""


def unweighted_norm(x):
    out = []
    for start in range(0, len(x), 20):
        row = x[start : start + 20]
        factor = (sum(v * v for v in row) / 20 + 1e-2) ** -0.5
        out += [v * factor for v in row]
    return out


def rope(x, cos, sin, interleaved):
    out = [0.0] * len(x)
    for head in range(len(x) // 20):
        for pair in range(10):
            first = 20 * head + (2 * pair if interleaved else pair)
            second = first + (1 if interleaved else 10)
            c, s = cos[head // 3 * 10 + pair], sin[head // 3 * 10 + pair]
            out[first], out[second] = x[first] * c - x[second] * s, x[second] * c + x[first] * s
    return out


def mean_loss(x, weight, labels):
    losses = []
    for row, label in enumerate(labels):
        if label != -100:
            logits = [sum(w * v for w, v in zip(weight[20 * n : 20 * n + 20], x[20 * row : 20 * row + 20]))
                      for n in range(7)]
            losses.append(math.log(sum(map(math.exp, logits))) - logits[label])
    return [sum(losses) / len(losses)]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tools", type=pathlib.Path, required=True)
    parser.add_argument("--out", type=pathlib.Path, required=True)
    options = parser.parse_args()
    rng = random.Random(11)

    tool = run_tool.runner(options.tools)

    def numbers(*shape):
        values = array.array("f", (rng.gauss(0, 1) for _ in range(math.prod(shape))))
        return Tensor("F32", list(shape), values.tobytes()), list(values)

    def check(slot, kernels, model, weights, inputs, want):
        safetensors_file.write(options.out / "model.safetensors", weights)
        safetensors_file.write(options.out / "in.safetensors", inputs)
        (options.out / "m.mlir").write_text(model)
        for kernel in kernels:
            tool("veomni-compile", options.out / "m.mlir", "--compile-from=import", f"--kernel={slot}={kernel}", "-o",
                 options.out / "m.vob")
            for threads in (1, 3):
                tool("veomni-run", options.out / "m.vob", "--weights", options.out / "model.safetensors", "--inputs",
                     options.out / "in.safetensors", "--threads", threads, "--outputs", options.out / "out.safetensors")
                got = safetensors_file.read(options.out / "out.safetensors")["y"].values()
                error = max(abs(a - b) for a, b in zip(got, want)) / max(map(abs, want))
                if len(got) != len(want) or not error < 1e-6:
                    sys.exit(f"{slot}={kernel}: differs from float64 by {error}")
            print(f"{slot}={kernel}: {error:.1e} from float64")

    tensor, x = numbers(2, 19, 3, 20)
    check("rms_norm/unweighted", ("eager", "fused"), NORM, {}, {"x": tensor}, unweighted_norm(x))
    for layout in ("half", "interleaved"):
        tensor, x = numbers(37, 3, 20)
        (cos_tensor, cos), (sin_tensor, sin) = numbers(37, 10), numbers(37, 10)
        check("rotary_pos_emb_vision/full", ("eager", "fused"), ROPE.replace("LAYOUT", layout),
              {}, {"x": tensor, "cos": cos_tensor, "sin": sin_tensor}, rope(x, cos, sin, layout == "interleaved"))
    # Of every sequence the last row is scored, which no shifted loss would do, and some others.
    tensor, x = numbers(3, 17, 20)
    weight_tensor, weight = numbers(7, 20)
    labels = [rng.randrange(7) if token % 17 in (4, 16) else -100 for token in range(3 * 17)]
    check("cross_entropy_loss/standard", ("eager", "rows", "fused_linear"), LOSS,
          {"score.weight": weight_tensor}, {"x": tensor, "labels": Tensor.of("I64", [3, 17], labels)},
          mean_loss(x, weight, labels))


if __name__ == "__main__":
    main()

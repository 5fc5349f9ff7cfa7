"""Random blocks of experts: all forms against the loop on one rank, bit for bit, and that against float64.

Varies tokens, experts, choices per token, hidden and expert sizes, the weights' type and how uneven the experts' shares
are (up to one expert that is everybody's first choice); with 1, 2 and 5 threads; and with the experts divided over
ranks, of which one may be sent everything and others nothing.
"""
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

MODEL = """
veomni.weight "gate_up_proj" : tensor<{E}x{I2}x{H}x{type}> = [load("gate_up", [{E}, {I2}, {H}], f32), cast({type})]
veomni.weight "down_proj" : tensor<{E}x{H}x{I}x{type}> = [load("down", [{E}, {H}, {I}], f32), cast({type})]
func.func private @E.expert(%rows: tensor<?x{H}xf32> {{veomni.axes = ["expert_tokens"]}}, %e: index)
    -> (tensor<?x{H}xf32> {{veomni.axes = ["expert_tokens"]}}) {{
  %g = veomni.param "gate_up_proj" : tensor<{E}x{I2}x{H}x{type}>
  %d = veomni.param "down_proj" : tensor<{E}x{H}x{I}x{type}>
  %ge = veomni.select_expert %g, %e : tensor<{E}x{I2}x{H}x{type}> -> tensor<{I2}x{H}x{type}>
  %de = veomni.select_expert %d, %e : tensor<{E}x{H}x{I}x{type}> -> tensor<{H}x{I}x{type}>
  %h = veomni.linear %rows, %ge : (tensor<?x{H}xf32>, tensor<{I2}x{H}x{type}>) -> tensor<?x{I2}xf32>
  %a = veomni.packed_glu %h {{act = #veomni.activation<silu>}} : tensor<?x{I2}xf32> -> tensor<?x{I}xf32>
  %y = veomni.linear %a, %de : (tensor<?x{I}xf32>, tensor<{H}x{I}x{type}>) -> tensor<?x{H}xf32>
  return %y : tensor<?x{H}xf32>
}}
func.func @forward(%x: tensor<?x?x{H}xf32> {{veomni.axes = ["batch", "seq"], veomni.name = "x"}},
                   %l: tensor<?x?x{E}xf32> {{veomni.axes = ["batch", "seq"], veomni.name = "l"}})
    -> (tensor<?x?x{H}xf32> {{veomni.axes = ["batch", "seq"], veomni.name = "y"}}) {{
  %e, %w = veomni.router %l {{renormalize, top_k = {k} : i64, weight_type = f32}}
      : tensor<?x?x{E}xf32> -> tensor<?x?x{k}xi32>, tensor<?x?x{k}xf32>
  %y = veomni.experts_loop @E.expert (%x, %e, %w) {{num_experts = {E} : i64}}
      : tensor<?x?x{H}xf32>, tensor<?x?x{k}xi32>, tensor<?x?x{k}xf32> -> tensor<?x?x{H}xf32>
  return %y : tensor<?x?x{H}xf32>
}}
"""


def f32(values):
    return array.array("f", values)


def reference(case, x, logits, gate_up, down):
    """The block in float64, token by token."""
    E, H, I, k = case["E"], case["H"], case["I"], case["k"]
    out = []
    for t in range(len(x) // H):
        row, scores = x[t * H : (t + 1) * H], logits[t * E : (t + 1) * E]
        chosen = sorted(range(E), key=lambda e: (-scores[e], e))[:k]
        weights = [math.exp(scores[e] - scores[chosen[0]]) for e in chosen]
        sums = [0.0] * H
        for e, weight in zip(chosen, weights):
            def product(matrix, rows, depth, v, e=e):
                start = e * rows * depth
                return [sum(matrix[start + r * depth + i] * v[i] for i in range(depth)) for r in range(rows)]

            h = product(gate_up, 2 * I, H, row)
            a = [g / (1 + math.exp(-g)) * u for g, u in zip(h[:I], h[I:])]
            for i, y in enumerate(product(down, H, I, a)):
                sums[i] += weight / sum(weights) * y
        out += sums
    return out


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tools", type=pathlib.Path, required=True)
    parser.add_argument("--out", type=pathlib.Path, required=True)
    options = parser.parse_args()
    rng = random.Random(7)

    tool = run_tool.runner(options.tools)

    # Edges first: one token, all experts chosen, many experts, one expert that takes all, rows beyond one workgroup.
    cases = [dict(T=1, E=1, k=1, H=1, I=1, skew=0.0), dict(T=1, E=8, k=8, H=20, I=7, skew=0.0),
             dict(T=40, E=256, k=8, H=16, I=8, skew=0.0), dict(T=600, E=4, k=1, H=24, I=20, skew=1.0),
             dict(T=330, E=16, k=4, H=33, I=31, skew=0.7)]
    cases += [dict(T=rng.randint(1, 200), E=(E := rng.randint(1, 24)), k=rng.randint(1, min(E, 8)),
                   H=rng.randint(1, 72), I=rng.randint(1, 48), skew=rng.random() ** 2) for _ in range(5)]
    for index, case in enumerate(cases):
        T, E, H, I = case["T"], case["E"], case["H"], case["I"]
        folder = options.out / str(index)
        folder.mkdir(parents=True)
        batch = 2 if T % 2 == 0 else 1
        x = f32(rng.gauss(0, 1) for _ in range(T * H))
        logits = f32(rng.gauss(0, 1) + (9.0 if e == E - 1 and rng.random() < case["skew"] else 0.0) for _ in range(T)
                     for e in range(E))
        gate_up = f32(rng.gauss(0, H ** -0.5) for _ in range(E * 2 * I * H))
        down = f32(rng.gauss(0, I ** -0.5) for _ in range(E * H * I))
        safetensors_file.write(folder / "in.safetensors",
                               {"x": Tensor("F32", [batch, T // batch, H], x.tobytes()),
                                "l": Tensor("F32", [batch, T // batch, E], logits.tobytes())})
        safetensors_file.write(folder / "model.safetensors",
                               {"gate_up": Tensor("F32", [E, 2 * I, H], gate_up.tobytes()),
                                                              "down": Tensor("F32", [E, H, I], down.tobytes())})
        for dtype in ("f32", "bf16"):
            (folder / "m.mlir").write_text(MODEL.format(type=dtype, I2=2 * I, **case))
            results = {}
            for form in ("grouped", "eager"):
                tool("veomni-compile", folder / "m.mlir", "--compile-from=import", f"--kernel=moe_experts={form}", "-o",
                     folder / f"{form}.vob")
                for threads in (1, 2, 5) if form == "grouped" else (1,):
                    tool("veomni-run", folder / f"{form}.vob", "--weights", folder, "--inputs",
                         folder / "in.safetensors", "--threads", threads, "--outputs", folder / "out.safetensors")
                    results[form, threads] = safetensors_file.read(folder / "out.safetensors")["y"]
            # Ranks that split the tokens, and as many or fewer that divide the experts.
            ranks = [n for n in (4, 3, 2) if E % n == 0][:1]
            for mesh in [f"sp={n},ep={n}" for n in ranks] + [f"dp_replicate=2,sp={n},ep={n}" for n in ranks]:
                for form in ("grouped", "eager"):
                    tool("veomni-compile", folder / "m.mlir", "--compile-from=import", f"--kernel=moe_experts={form}",
                         f"--mesh={mesh}", "-o", folder / "ranks.vob")
                    tool("veomni-run", folder / "ranks.vob", "--weights", folder, "--inputs", folder / "in.safetensors",
                         "--threads=1", "--ranks=local", "--timeout=60", "--outputs", folder / "out.safetensors")
                    results[f"{form} over {mesh}", 1] = safetensors_file.read(folder / "out.safetensors")["y"]
            for key, got in results.items():
                if got.data != results["eager", 1].data:
                    sys.exit(f"case {case}, {dtype}: {key[0]} with {key[1]} threads differs from the loop")
            if dtype == "f32" and T * case["k"] * H * I < 200_000:
                want = reference(case, x, logits, gate_up, down)
                scale = max(map(abs, want))
                error = max(abs(a - b) for a, b in zip(results["eager", 1].values(), want)) / scale
                if not error < 3e-6:
                    sys.exit(f"case {case}: differs from float64 by {error}")
                print(f"{case}: {error:.1e} from float64")
    print(f"{len(cases)} blocks of experts: the same bits in every form")


if __name__ == "__main__":
    main()

"""Attention over long sequences split over ranks, against one rank, bit for bit.

The cases are those that VeOmni compares its Ulysses attention by, at 1e-5: 8192 and 8191 tokens, 16 heads of 64; here
also with fewer key heads than ranks, and with documents packed into one row.
"""
import argparse
import array
import pathlib
import random
import sys

sys.dont_write_bytecode = True  # the suite looks for tests in these folders
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "goldens"))
import run_tool
import safetensors_file
from safetensors_file import Tensor

HEADS, SIZE = 16, 64
WIDTH = HEADS * SIZE
# Numbers are whole, from -128 to 127, so that they are made fast; the scale brings the scores back to a few units.
MODEL = """
veomni.weight "q" : tensor<{W}x{W}xf32> = [load("q", [{W}, {W}], f32)]
veomni.weight "k" : tensor<{V}x{W}xf32> = [load("k", [{V}, {W}], f32)]
veomni.weight "v" : tensor<{V}x{W}xf32> = [load("v", [{V}, {W}], f32)]
veomni.weight "o" : tensor<{W}x{W}xf32> = [load("o", [{W}, {W}], f32)]
func.func @forward(%x: tensor<?x?x{W}xf32> {{veomni.axes = ["batch", "seq"], veomni.name = "x"}},
                   %mask: tensor<?x?xi64> {{veomni.axes = ["batch", "seq"], veomni.default = "ones",
                                           veomni.name = "attention_mask", veomni.range = array<i64: 0, 1>}},
                   %positions: tensor<?x?xi64> {{veomni.accepts_cu_seqlens, veomni.axes = ["batch", "seq"],
                                                veomni.default = "iota", veomni.name = "position_ids",
                                                veomni.range = array<i64: 0, 100000>}})
    -> (tensor<?x?x{W}xf32> {{veomni.axes = ["batch", "seq"], veomni.name = "y"}}) {{
  %given = veomni.input_given %mask : tensor<?x?xi64>
  %starts = veomni.document_starts %positions whole_if %given : tensor<?x?xi64> -> tensor<?x?xi32>
  %wq = veomni.param "q" : tensor<{W}x{W}xf32>
  %wk = veomni.param "k" : tensor<{V}x{W}xf32>
  %wv = veomni.param "v" : tensor<{V}x{W}xf32>
  %wo = veomni.param "o" : tensor<{W}x{W}xf32>
  %q = veomni.linear %x, %wq : (tensor<?x?x{W}xf32>, tensor<{W}x{W}xf32>) -> tensor<?x?x{W}xf32>
  %k = veomni.linear %x, %wk : (tensor<?x?x{W}xf32>, tensor<{V}x{W}xf32>) -> tensor<?x?x{V}xf32>
  %v = veomni.linear %x, %wv : (tensor<?x?x{W}xf32>, tensor<{V}x{W}xf32>) -> tensor<?x?x{V}xf32>
  %qh = veomni.unflatten %q : tensor<?x?x{W}xf32> -> tensor<?x?x{H}x{D}xf32>
  %kh = veomni.unflatten %k : tensor<?x?x{V}xf32> -> tensor<?x?x{K}x{D}xf32>
  %vh = veomni.unflatten %v : tensor<?x?x{V}xf32> -> tensor<?x?x{K}x{D}xf32>
  %a = veomni.attention %qh, %kh, %vh starts %starts key_mask %mask if %given
      {{scale = 4.0e-12 : f32, window = 0 : i64}}
      : tensor<?x?x{H}x{D}xf32>, tensor<?x?x{K}x{D}xf32>, tensor<?x?xi32>, tensor<?x?xi64>
  %f = veomni.flatten %a : tensor<?x?x{H}x{D}xf32> -> tensor<?x?x{W}xf32>
  %y = veomni.linear %f, %wo : (tensor<?x?x{W}xf32>, tensor<{W}x{W}xf32>) -> tensor<?x?x{W}xf32>
  return %y : tensor<?x?x{W}xf32>
}}
"""


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tools", type=pathlib.Path, required=True)
    parser.add_argument("--out", type=pathlib.Path, required=True)
    options = parser.parse_args()
    rng = random.Random(11)

    tool = run_tool.runner(options.tools)

    def tensor(*shape):
        count = 1
        for size in shape:
            count *= size
        return Tensor("F32", list(shape), array.array("f", array.array("b", rng.randbytes(count))).tobytes())

    cases = 0
    for keys, tokens, ends, meshes in ((HEADS, 8192, None, ("sp=2",)), (HEADS, 8191, None, ("sp=2", "sp=4")),
                                       (2, 8191, [0, 4000, 4001, 8191], ("sp=4",))):
        folder = options.out / f"{keys}-{tokens}"
        folder.mkdir(parents=True)
        values = dict(W=WIDTH, V=keys * SIZE, H=HEADS, K=keys, D=SIZE)
        (folder / "m.mlir").write_text(MODEL.format(**values))
        safetensors_file.write(folder / "model.safetensors",
                               {"q": tensor(WIDTH, WIDTH), "k": tensor(keys * SIZE, WIDTH),
                                "v": tensor(keys * SIZE, WIDTH), "o": tensor(WIDTH, WIDTH)})
        inputs = {"x": tensor(1, tokens, WIDTH)}
        if ends:
            inputs["cu_seqlens"] = Tensor.of("I64", [len(ends)], ends)
        safetensors_file.write(folder / "in.safetensors", inputs)
        results = {}
        for mesh in ("", *meshes):
            shard, run = ([f"--mesh={mesh}"], ["--ranks=local", "--timeout=120"]) if mesh else ([], [])
            tool("veomni-compile", folder / "m.mlir", "--compile-from=import", "-o", folder / "m.vob", *shard)
            tool("veomni-run", folder / "m.vob", "--weights", folder, "--inputs", folder / "in.safetensors",
                 "--outputs", folder / "out.safetensors", *run)
            results[mesh] = safetensors_file.read(folder / "out.safetensors")["y"].data
            if results[mesh] != results[""]:
                sys.exit(f"{tokens} tokens, {keys} key heads, {mesh}: other bits than one rank gives")
            cases += bool(mesh)
        if max(Tensor("F32", [WIDTH], results[""][-4 * WIDTH :]).values()) == 0:
            sys.exit("the last token's result is 0")
    print(f"{cases} splits of long attention: the bits of one rank")


if __name__ == "__main__":
    main()

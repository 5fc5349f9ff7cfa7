"""A model with layers of linear attention: documents packed in a row and rows with padding give what the tokens give by
themselves."""
import argparse
import pathlib
import random
import sys

sys.dont_write_bytecode = True  # the suite looks for tests in these folders
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "goldens"))
import run_tool
import safetensors_file
from safetensors_file import Tensor

TOLERANCE = 1e-5


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", type=pathlib.Path)
    parser.add_argument("--tools", type=pathlib.Path, required=True)
    parser.add_argument("--out", type=pathlib.Path, required=True)
    options = parser.parse_args()

    tool = run_tool.runner(options.tools)

    tool("veomni-compile", options.model, "-o", options.out / "m.vob")

    def logits(**inputs):
        """Per row and token a list of logits; inputs are lists of rows."""
        tensors = {key: Tensor.of("I64", [len(rows), len(rows[0])], sum(rows, [])) for key, rows in inputs.items()}
        safetensors_file.write(options.out / "in.safetensors", tensors)
        tool("veomni-run", options.out / "m.vob", "--weights", options.model, "--inputs",
             options.out / "in.safetensors", "--outputs", options.out / "out.safetensors")
        out = safetensors_file.read(options.out / "out.safetensors")["logits"]
        values, (batch, seq, width) = out.values(), out.shape
        return [[values[(b * seq + s) * width : (b * seq + s + 1) * width] for s in range(seq)] for b in range(batch)]

    def compare(name, found, expected):
        scale = max(abs(x) for row in expected for x in row)
        worst = max(abs(x - y) for a, b in zip(found, expected, strict=True) for x, y in zip(a, b, strict=True)) / scale
        if not worst <= TOLERANCE:
            sys.exit(f"{name}: differs by {worst:.2e}")
        print(f"{name}: as far as {TOLERANCE} the same")

    rng = random.Random(5)
    documents = [[rng.randrange(163) for _ in range(length)] for length in (7, 1, 2, 70)]
    alone = [logits(input_ids=[document])[0] for document in documents]

    row = sum(documents, [])
    positions = [s for document in documents for s in range(len(document))]
    compare("packed", logits(input_ids=[row], position_ids=[positions])[0], sum(alone, []))

    length = 75

    def padded(document, left):
        rest = length - len(document)
        filler = [rng.randrange(163) for _ in range(rest)]
        ids = filler + document if left else document + filler
        mask = [0] * rest + [1] * len(document) if left else [1] * len(document) + [0] * rest
        return ids, mask, slice(rest, length) if left else slice(0, len(document))

    rows = [padded(document, left) for document in documents for left in (True, False)]
    found = logits(input_ids=[ids for ids, _, _ in rows], attention_mask=[mask for _, mask, _ in rows])
    compare("padded", sum((out[kept] for out, (_, _, kept) in zip(found, rows)), []),
            sum((out for out in alone for _ in range(2)), []))
    ids, mask, kept = rows[0]
    single = logits(input_ids=[ids], attention_mask=[mask])[0]
    compare("padded alone", single[kept], alone[0])

    # What follows a document does not touch it.
    together = logits(input_ids=[documents[0] + documents[3]], position_ids=[[*range(7), *range(70)]])[0]
    other = logits(input_ids=[documents[0] + documents[3][::-1]], position_ids=[[*range(7), *range(70)]])[0]
    if together[:7] != other[:7]:
        sys.exit("a document depends on the one behind it")
    print("before another document: the same bits")


if __name__ == "__main__":
    main()

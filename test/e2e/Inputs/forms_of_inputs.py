"""The same tokens in the forms in which people hold them give the same bits, and what cannot be meant is an error:
forms_of_inputs.py MODEL BUNDLE --tools build/bin --out SCRATCH
"""
import argparse
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "goldens"))
import safetensors_file as st

IDS, MASK = [4, 9, 2, 7, 1], [0, 0, 1, 1, 1]
POSITIONS = [-1, 1 << 40, 0, 1, 2]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("model")
    parser.add_argument("bundle")
    parser.add_argument("--tools", type=pathlib.Path, required=True)
    parser.add_argument("--out", type=pathlib.Path, required=True)
    arguments = parser.parse_args()

    def run(entry, **tensors):
        inputs, outputs = arguments.out / "forms.safetensors", arguments.out / "forms-out.safetensors"
        st.write(inputs, {name: st.Tensor.of(*tensor) for name, tensor in tensors.items()})
        done = subprocess.run([str(arguments.tools / "veomni-run"), arguments.bundle, "--weights", arguments.model,
                               "--inputs", inputs, "--outputs", outputs, f"--entry={entry}"], stderr=subprocess.PIPE,
                               text=True, timeout=120)
        return done.stderr if done.returncode else next(iter(st.read(outputs).values())).data

    ids, mask = ("I64", [1, 5], IDS), ("I64", [1, 5], MASK)
    reference = run("forward", input_ids=ids, attention_mask=mask)
    assert isinstance(reference, bytes), reference
    for name, tensors in {
        "i32 ids": dict(input_ids=("I32", [1, 5], IDS), attention_mask=mask),
        "bool mask": dict(input_ids=ids, attention_mask=("BOOL", [1, 5], MASK)),
        "i32 mask": dict(input_ids=ids, attention_mask=("I32", [1, 5], MASK)),
        "f32 mask": dict(input_ids=ids, attention_mask=("F32", [1, 5], MASK)),
        "rank 1": dict(input_ids=("I64", [5], IDS), attention_mask=("F32", [5], MASK)),
    }.items():
        assert run("forward", **tensors) == reference, name

    # Positions of padding may be anything; what counts begins at 0.
    shifted = run("forward", input_ids=ids, attention_mask=mask, position_ids=("I64", [1, 5], [0, 0, 0, 1, 2]))
    padded = run("forward", input_ids=ids, attention_mask=mask, position_ids=("I64", [1, 5], POSITIONS))
    row = len(shifted) // 5
    assert padded[2 * row :] == shifted[2 * row :], "positions of padding"

    for message, entry, tensors in [
        ("input attention_mask: element 1 is 0.5, expected 0 to 1", "forward",
         dict(input_ids=ids, attention_mask=("F32", [1, 5], [1, 0.5, 1, 1, 1]))),
        ("input position_ids: element 2 is -3, expected 0 to 2147483647", "forward",
         dict(input_ids=ids, attention_mask=mask, position_ids=("I64", [1, 5], [0, 0, -3, 1, 2]))),
        ("input position_ids: element 0 is -1, expected 0 to", "forward",
         dict(input_ids=ids, position_ids=("I64", [1, 5], [-1, 0, 1, 2, 3]))),
        ("input attention_mask: element 0 is 0, expected 1: cu_seqlens, given too, marks the documents of a packed row",
         "forward", dict(input_ids=ids, attention_mask=mask, cu_seqlens=("I64", [3], [0, 2, 5]))),
        ("input labels: element 3 is -99, expected 0 to 31 or -100", "loss",
         dict(input_ids=ids, labels=("I64", [1, 5], [1, -100, 3, -99, 4]))),
        ("input labels: element 3 is 32, expected 0 to 31 or -100", "loss",
         dict(input_ids=ids, labels=("I64", [1, 5], [1, -100, 3, 32, 4]))),
    ]:
        found = run(entry, **tensors)
        assert isinstance(found, str) and message in found, (message, found)
    assert isinstance(run("loss", input_ids=ids, labels=("I64", [1, 5], [1, -100, 3, 31, 4])), bytes)


if __name__ == "__main__":
    main()

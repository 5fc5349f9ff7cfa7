"""Inputs beside those of a golden with images: vision_inputs.py GOLDEN OUT"""
import pathlib
import sys

sys.dont_write_bytecode = True  # the suite looks for tests in these folders
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "e2e/goldens"))
import safetensors_file as st

golden, out = st.read(pathlib.Path(sys.argv[1])), pathlib.Path(sys.argv[2])
inputs = {name.removeprefix("input."): tensor for name, tensor in golden.items() if name.startswith("input.")}
inputs.pop("labels")
rows = {name for name in inputs if name.startswith("image_")}


def cut(tensor, count):
    return st.Tensor(tensor.dtype, [count, tensor.shape[1]], tensor.data[: count * tensor.shape[1] * 4])


st.write(out / "fewer.safetensors", {**inputs, **{name: cut(inputs[name], 13) for name in rows}})
ids = [[5, 6, 7, 8], [9, 10, 11, 12]]
flat = sum(ids, [])
positions = [0, 1, 2, 3] * 2
text = {"input_ids": st.Tensor.of("I64", [2, 4], flat)}
st.write(out / "text.safetensors", text)
st.write(out / "none.safetensors", {**text, "position_ids": st.Tensor.of("I64", [3, 2, 4], positions * 3),
                                    **{name: cut(inputs[name], 0) for name in rows}})

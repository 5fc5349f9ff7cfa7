"""The inputs of a golden with positions [batch, 3, seq]: turned.py GOLDEN OUT"""
import pathlib
import sys

sys.dont_write_bytecode = True  # the suite looks for tests in these folders
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "e2e/goldens"))
import safetensors_file as st

golden = st.read(pathlib.Path(sys.argv[1]))
inputs = {name.removeprefix("input."): tensor for name, tensor in golden.items() if name.startswith("input.")}
inputs.pop("labels")
axes, batch, seq = inputs["position_ids"].shape
values = list(inputs["position_ids"].values())
turned = [values[(axis * batch + row) * seq + token] for row in range(batch) for axis in range(axes)
          for token in range(seq)]
inputs["position_ids"] = st.Tensor.of("I64", [batch, axes, seq], turned)
st.write(pathlib.Path(sys.argv[2]), inputs)

"""Adds two floats under a name to a safetensors file: add_tensor.py FILE NAME"""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "goldens"))
import safetensors_file as st

path, name = pathlib.Path(sys.argv[1]), sys.argv[2]
tensors = st.read(path)
tensors[name] = st.Tensor.of("F32", [2], [1.0, 2.0])
st.write(path, tensors)

#!/usr/bin/env python3
"""Writes a row of tokens of which only the first COUNT have a label that counts: FILE COUNT [TOKENS]"""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "e2e/goldens"))
import safetensors_file as st

path, count, tokens = pathlib.Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]) if len(sys.argv) > 3 else 12
ids = [7 * token % 50 for token in range(tokens)]
labels = [ids[token] if token < count else -100 for token in range(tokens)]
st.write(path, {"input_ids": st.Tensor.of("I64", [1, tokens], ids), "labels": st.Tensor.of("I64", [1, tokens], labels)})

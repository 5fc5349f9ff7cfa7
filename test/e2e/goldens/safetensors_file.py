"""Reads and writes safetensors with the standard library alone, apart from the project's own reader that the tests
examine."""
import array
import json
import math
import struct
from dataclasses import dataclass

SIZES = {"F64": 8, "I64": 8, "F32": 4, "I32": 4, "BF16": 2, "F16": 2, "I8": 1, "U8": 1, "BOOL": 1, "F8_E4M3": 1}


@dataclass
class Tensor:
    dtype: str
    shape: list
    data: bytes

    @staticmethod
    def of(dtype, shape, values):
        code = {"F32": "f", "F64": "d", "I32": "i", "I64": "q", "BOOL": "B"}[dtype]
        assert math.prod(shape) == len(values)
        return Tensor(dtype, list(shape), array.array(code, values).tobytes())

    def values(self):
        if self.dtype == "BF16":
            # A bfloat16 is the upper half of a float32.
            wide = bytearray(2 * len(self.data))
            wide[2::4], wide[3::4] = self.data[0::2], self.data[1::2]
            return array.array("f", bytes(wide))
        if self.dtype == "F16":
            return array.array("f", struct.unpack(f"<{len(self.data) // 2}e", self.data))
        return array.array({"F32": "f", "F64": "d", "I32": "i", "I64": "q"}[self.dtype], self.data)

    def rounded_to_bf16(self):
        """Each float32 as the nearest bfloat16, ties to even; still stored as float32."""
        assert self.dtype == "F32"
        bits = array.array("I", self.data)
        rounded = array.array("I", (((b + 0x7FFF + (b >> 16 & 1)) & 0xFFFF0000) for b in bits))
        return Tensor("F32", list(self.shape), rounded.tobytes())

    def prefix(self, rows, columns):
        """[:rows, :columns] of a tensor with at least two dims."""
        row = len(self.data) // self.shape[0]
        kept = row // self.shape[1] * columns
        data = b"".join(self.data[i * row : i * row + kept] for i in range(rows))
        return Tensor(self.dtype, [rows, columns, *self.shape[2:]], data)


def read(path):
    data = path.read_bytes()
    (length,) = struct.unpack_from("<Q", data)
    header = json.loads(data[8 : 8 + length])
    header.pop("__metadata__", None)
    return {name: Tensor(e["dtype"], e["shape"],
                         data[8 + length + e["data_offsets"][0] : 8 + length + e["data_offsets"][1]])
            for name, e in header.items()}


def write(path, tensors):
    header, body = {}, b""
    for name, tensor in tensors.items():
        assert len(tensor.data) == SIZES[tensor.dtype] * math.prod(tensor.shape)
        header[name] = {"dtype": tensor.dtype, "shape": tensor.shape,
                        "data_offsets": [len(body), len(body) + len(tensor.data)]}
        body += tensor.data
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + body)

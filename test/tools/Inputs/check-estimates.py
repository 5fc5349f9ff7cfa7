"""Reports of one run on three machines, each slow in one way: estimates are what is counted."""
import json
import sys

begin, flops, memory = (json.load(open(path)) for path in sys.argv[1:])
total = begin["total"]
assert begin["estimate"]["seconds"] == total["calls"] > 0, begin["estimate"]
assert abs(flops["estimate"]["seconds"] / total["flops"] - 1) < 1e-9, flops["estimate"]
gemms = [kernel for kernel in memory["kernels"] if kernel["kind"] == "gemm"]
moved = sum(kernel["bytes_read"] + kernel["bytes_written"] for kernel in gemms)
assert abs(memory["estimate"]["seconds"] / moved - 1) < 1e-9 and moved > 0, memory["estimate"]
assert memory["estimate"]["kernel_seconds"]["gemm"] == memory["estimate"]["seconds"]

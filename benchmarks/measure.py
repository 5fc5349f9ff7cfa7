"""What the comparisons with other runtimes share: useful operations, the peak probe, ours as a contender, interleaved
rounds, the table."""
import argparse
import ctypes
import math
import os
import pathlib
import statistics
import subprocess
import sys
import time
import typing

ROOT = pathlib.Path(__file__).resolve().parent.parent
VEOMNI_I64 = 4  # veomni_dtype


def useful_flops(config, tokens):
    """Multiply-adds of the projections, the head and causal attention, times two."""
    hidden, heads = config.hidden_size, config.num_attention_heads
    head_dim = getattr(config, "head_dim", None) or hidden // heads
    query, key = heads * head_dim, config.num_key_value_heads * head_dim
    experts = getattr(config, "num_experts_per_tok", None)
    if experts:
        mlp = experts * 3 * hidden * (getattr(config, "moe_intermediate_size", None) or config.intermediate_size)
    else:
        mlp = 3 * hidden * config.intermediate_size
    per_token = config.num_hidden_layers * (hidden * (2 * query + 2 * key) + mlp) + hidden * config.vocab_size
    attention = config.num_hidden_layers * query * tokens * (tokens + 1)  # scores and values
    return 2 * per_token * tokens + 2 * attention


def peak_probe(scratch):
    library = scratch / "peak_fma.so"
    subprocess.run(["clang-22", "-O3", "-march=native", "-ffp-contract=fast", "-shared", "-fPIC",
                    ROOT / "benchmarks/peak_fma.c", "-o", library],
                   check=True)
    probe = ctypes.CDLL(str(library)).peak_fma
    probe.restype = ctypes.c_double
    return lambda: probe(ctypes.c_int(5))


class Seconds(typing.NamedTuple):
    """Wall time, and the time that this process had the core: on a shared machine the first depends on what others
    do."""
    wall: float
    cpu: float


def timed(function, repeats):
    times = []
    for _ in range(repeats):
        wall, cpu = time.perf_counter(), time.process_time()
        function()
        times.append(Seconds(time.perf_counter() - wall, time.process_time() - cpu))
    return times


def arguments(description):
    """Options that every comparison has; parse them with use_one_core."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tokens", type=int, default=512)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--repeats", type=int, default=3, help="forwards of each contender per round")
    parser.add_argument("--core", type=int, default=min(os.sched_getaffinity(0)))
    return parser


def use_one_core(core):
    """Before torch is imported, which reads the number of threads then."""
    os.sched_setaffinity(0, {core})
    os.environ["OMP_NUM_THREADS"] = "1"


def relative_difference(found, expected):
    return ((found.float() - expected).abs().max() / expected.abs().max()).item()


class VeomniTensor(ctypes.Structure):
    _fields_ = [("dtype", ctypes.c_int), ("rank", ctypes.c_size_t), ("shape", ctypes.POINTER(ctypes.c_int64)),
                ("data", ctypes.c_void_p)]


class Veomni:
    """A bundle for input_ids, compiled and loaded through the C API (runtime/include/veomni/runtime/veomni.h)."""

    def __init__(self, model, bundle, ids, options):
        start = time.perf_counter()
        subprocess.run([ROOT / "build/bin/veomni-compile", model, *options, "-o", bundle], check=True)
        compiled = time.perf_counter()
        self.library = ctypes.CDLL(str(ROOT / "build/lib/libveomni.so"))
        for name, result, *parameters in [
            ("veomni_error", ctypes.c_char_p),
            ("veomni_load", ctypes.c_void_p, ctypes.c_char_p, ctypes.c_char_p, ctypes.c_uint),
            ("veomni_set_input", ctypes.c_int, ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int, ctypes.c_size_t,
             ctypes.POINTER(ctypes.c_int64), ctypes.c_void_p),
            ("veomni_open", ctypes.c_void_p, ctypes.c_void_p, ctypes.c_uint),
            ("veomni_run", ctypes.c_int, ctypes.c_void_p, ctypes.c_char_p),
            ("veomni_get_output", ctypes.c_int, ctypes.c_void_p, ctypes.c_char_p, ctypes.POINTER(VeomniTensor)),
        ]:
            function = getattr(self.library, name)
            function.restype, function.argtypes = result, parameters
        program = self.library.veomni_load(os.fsencode(bundle), os.fsencode(model), 1)
        self.ids = ids.contiguous()  # read by every run
        self.check(not program)
        self.session = self.library.veomni_open(program, 1)
        self.check(not self.session)
        self.check(self.library.veomni_set_input(self.session, b"input_ids", VEOMNI_I64, 2,
                                                 (ctypes.c_int64 * 2)(*ids.shape), self.ids.data_ptr()))
        print(f"veomni: {' '.join(options)}: compiled in {compiled - start:.1f} s, loaded in "
              f"{time.perf_counter() - compiled:.1f} s", flush=True)

    def check(self, failed):
        if failed:
            sys.exit(f"veomni: {self.library.veomni_error().decode()}")

    def run(self):
        self.check(self.library.veomni_run(self.session, None))

    def logits(self):
        import torch

        self.run()
        tensor = VeomniTensor()
        self.check(self.library.veomni_get_output(self.session, b"logits", ctypes.byref(tensor)))
        shape = tensor.shape[:tensor.rank]
        data = (ctypes.c_float * math.prod(shape)).from_address(tensor.data)
        return torch.frombuffer(data, dtype=torch.float32).reshape(shape).clone()


def race(contenders, probe, rounds, repeats):
    """The times of every contender, a function by what names it, and the highest peak."""
    times = {name: [] for name in contenders}
    peaks = []
    for round_number in range(rounds):
        peaks.append(probe())
        for name, run in contenders.items():
            times[name] += timed(run, repeats)
        print(f"round {round_number + 1}: peak {peaks[-1] / 1e9:.0f} GFLOP/s; "
              + ", ".join(f"{name} {min(values[-repeats:]).wall:.3f} s" for name, values in times.items()), flush=True)
    return times, max(peaks)


def print_table(times, peak, flops, tokens):
    """Rates and shares are of the best CPU time."""
    print(f"\n| forward of {tokens} tokens | best wall s | median wall s | best CPU s | median CPU s | tokens/s | of "
          f"peak ({peak / 1e9:.0f} GFLOP/s) |\n"
          "|---|---|---|---|---|---|---|")
    for name, values in times.items():
        wall, cpu = ([getattr(seconds, clock) for seconds in values] for clock in Seconds._fields)
        print(f"| {name} | {min(wall):.3f} | {statistics.median(wall):.3f} | {min(cpu):.3f} | "
              f"{statistics.median(cpu):.3f} "
              f"| {tokens / min(cpu):.0f} | {100 * flops / min(cpu) / peak:.0f} % |")

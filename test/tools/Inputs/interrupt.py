#!/usr/bin/env python3
"""Interrupts a command at moments spread over its length: interrupt.py FOLDER OUTPUT,... COMMAND ARGUMENTS...

The command runs in FOLDER/out, where the outputs are files of an earlier run, with FOLDER/tmp as temporary folder and FOLDER/cache for
kernels. However it ends, an output is what it was or the complete new one, nothing else is left in any of these folders, no process goes
on, and nothing complains. The length is that of a run that nobody interrupts.
"""
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import time

MOMENTS = 10
OLD = b"old\n"

folder, outputs, command = pathlib.Path(sys.argv[1]), sys.argv[2].split(","), sys.argv[3:]
out, tmp, cache = folder / "out", folder / "tmp", folder / "cache"


def start():
    shutil.rmtree(folder, ignore_errors=True)
    for place in (out, tmp, cache):
        place.mkdir(parents=True)
    for name in outputs:
        (out / name).write_bytes(OLD)
    # A group of its own, as a shell gives to a command.
    return subprocess.Popen(command, cwd=out, env={**os.environ, "TMPDIR": str(tmp), "VEOMNI_CACHE_DIR": str(cache)}, process_group=0,
                            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def goes_on(group):
    """Whether a process of the group is still there after the time that ending takes on a busy machine."""
    for _ in range(100):
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return False
        time.sleep(0.05)
    os.killpg(group, signal.SIGKILL)
    return True


def problems(process, said, number):
    if process.returncode not in (0, -number, 128 + number):
        yield f"ended with {process.returncode}"
    if goes_on(process.pid):
        yield "left processes"
    if b"Traceback" in said or b"PLEASE submit a bug report" in said:
        yield f"said {said!r}"
    for name in outputs:
        if not (out / name).exists() or (out / name).read_bytes() not in (OLD, complete[name]):
            yield f"left no {name}, or half of it"
    left = [path for path in folder.glob("**/*") if path.is_file() and path.parent != out and path.suffix != ".o"]
    left += [path for path in out.iterdir() if path.name not in outputs]
    left += list(tmp.iterdir())
    if left:
        yield f"left {', '.join(str(path.relative_to(folder)) for path in left)}"


# What starts the tests may ignore it, and processes inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)
length = float("inf")
for _ in range(3): # the machine may have been busy during one
    process = start()
    begin = time.monotonic()
    said = process.communicate()[0]
    length = min(length, time.monotonic() - begin)
    complete = {name: (out / name).read_bytes() for name in outputs}
    if process.returncode != 0 or OLD in complete.values():
        sys.exit(f"exit {process.returncode} without being interrupted: {said.decode()}")
failed = 0
for number in (signal.SIGINT, signal.SIGTERM):
    interrupted = 0
    for moment in range(1, MOMENTS + 1):
        process = start()
        time.sleep(length * moment / (MOMENTS + 1))
        # A terminal interrupts all processes of a command, and `kill` ends the one it is told.
        (os.killpg if number == signal.SIGINT else os.kill)(process.pid, number)
        said = process.communicate()[0]
        interrupted += process.returncode != 0
        for problem in problems(process, said, number):
            print(f"{number.name} after {moment} of {MOMENTS + 1} parts of {length:.2f} s: {problem}")
            failed += 1
    if not interrupted:
        print(f"{number.name} always came too late")
        failed += 1
shutil.rmtree(folder)
sys.exit(failed != 0)

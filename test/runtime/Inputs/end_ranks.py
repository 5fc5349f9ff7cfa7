#!/usr/bin/env python3
"""Kills or stops one of two ranks at moments spread over a long run: all others must end within 10 s and not with
success, and nothing of the run may be left.

Which moment each signal falls into is up to the machine, so that every run tries others; a failure prints the moment.
"""
import argparse
import os
import random
import shlex
import signal
import subprocess
import sys
import tempfile
import time

SECONDS = 10


def children(pid):
    """The processes below a process, and how often each has been scheduled is no matter."""
    below, found = [pid], []
    while below:
        parent = below.pop()
        for name in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open(f"/proc/{name}/stat") as stat:
                    if int(stat.read().rpartition(")")[2].split()[1]) == parent:
                        below.append(int(name))
                        found.append(int(name))
            except (FileNotFoundError, ProcessLookupError):
                pass
    return found


def is_run(pid):
    try:
        with open(f"/proc/{pid}/cmdline") as text:
            return "veomni-run" in text.read().split("\0")[0]
    except (FileNotFoundError, ProcessLookupError):
        return False


def once(arguments, mpi, which, moment, scratch):
    """Runs the ranks, sends a signal after `moment` seconds, and says what went wrong."""
    options = ["--weights", arguments.weights, "--inputs", arguments.inputs, "--threads=1", "--repeat=1000000",
               "--timeout=2"]
    tool = [os.path.join(arguments.tools, "veomni-run"), arguments.bundle, *options]
    command = [*shlex.split(arguments.mpirun), "2", *tool, "--ranks=mpi"] if mpi else [*tool, "--ranks=local"]
    # Sockets and shared memory of this run alone: other tests have theirs.
    environment = {**os.environ, "TMPDIR": scratch, "OMPI_MCA_btl_vader_backing_directory": scratch}
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env=environment)
    try:
        time.sleep(moment)
        ranks = sorted(filter(is_run, children(process.pid))) if mpi else [process.pid]
        if not ranks:
            return "" if process.poll() is None else f"ended by itself: {process.stderr.read()}"
        os.kill(ranks[-1], which)
        began = time.monotonic()
        try:
            # A stopped process cannot end by itself; the others must, and mpirun ends what is left of it.
            _, errors = process.communicate(timeout=SECONDS)
        except subprocess.TimeoutExpired:
            return f"still running {SECONDS} s later"
        if process.returncode == 0:
            return f"ended with success {time.monotonic() - began:.1f} s later: {errors}"
        left = [pid for pid in ranks if os.path.exists(f"/proc/{pid}") and is_run(pid)]
        if left:
            return f"left processes {left}"
        files = [name for _, _, names in os.walk(scratch) for name in names]
        if files:
            return f"left {sorted(files)}"
        return ""
    finally:
        if process.poll() is None:
            left = children(process.pid)
            process.terminate()  # mpirun clears up
            try:
                process.wait(timeout=SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            for pid in filter(is_run, left):
                os.kill(pid, signal.SIGKILL)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    for name in ("tools", "mpirun", "bundle", "weights", "inputs"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--moments", type=int, default=100, help="how many of each signal")
    arguments = parser.parse_args()
    failed = 0
    for which in (signal.SIGKILL, signal.SIGSTOP):
        for _ in range(arguments.moments):
            moment = random.uniform(0.05, 1.0)
            with tempfile.TemporaryDirectory() as scratch:
                problem = once(arguments, True, which, moment, scratch)
            if problem:
                print(f"{which.name} after {moment:.3f} s: {problem}")
                failed += 1
    # Ranks that are threads end with their process.
    for _ in range(max(1, arguments.moments // 3)):
        moment = random.uniform(0.05, 1.0)
        with tempfile.TemporaryDirectory() as scratch:
            problem = once(arguments, False, signal.SIGKILL, moment, scratch)
        if problem:
            print(f"local ranks, SIGKILL after {moment:.3f} s: {problem}")
            failed += 1
    return failed != 0


if __name__ == "__main__":
    sys.exit(main())

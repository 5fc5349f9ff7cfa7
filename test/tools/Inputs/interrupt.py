#!/usr/bin/env python3
"""Interrupts a command at moments spread over its length: interrupt.py FOLDER OUTPUT,...|- COMMAND ARGUMENTS...

The command runs in FOLDER/out, where the outputs are files of an earlier run, with FOLDER/tmp as temporary folder and
FOLDER/cache for kernels. However it ends, an output is what it was or the complete new one, nothing else is left in any
of these folders, no process goes on, and nothing complains. The length is that of a run that nobody interrupts.
Commands of scripts may say in the file $ENDED that they came to their end: none may once the script has ended. With
--script in front, moments begin when the script minds signals: what interpreters say while they start is no matter of
ours.
"""
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import time

# Whoever starts the tests in the background may ignore it, and so would the command.
signal.signal(signal.SIGINT, signal.default_int_handler)

MOMENTS = 10
OLD = b"old\n"

script = sys.argv[1] == "--script"
if script:
    del sys.argv[1]
folder, command = pathlib.Path(sys.argv[1]).absolute(), sys.argv[3:]
outputs = [name for name in sys.argv[2].split(",") if name != "-"]
out, tmp, cache, ended = folder / "out", folder / "tmp", folder / "cache", folder / "ended"
said = folder / "said"


def start():
    shutil.rmtree(folder, ignore_errors=True)
    for place in (out, tmp, cache):
        place.mkdir(parents=True)
    for name in outputs:
        (out / name).write_bytes(OLD)
    ended.write_bytes(b"")
    # A session of its own, so that all its processes are known.
    environment = {**os.environ, "TMPDIR": str(tmp), "VEOMNI_CACHE_DIR": str(cache), "ENDED": str(ended)}
    return subprocess.Popen(command, cwd=out, env=environment, start_new_session=True, stdin=subprocess.DEVNULL,
                            stdout=said.open("wb"), stderr=subprocess.STDOUT)


def wait_until_ready(process):
    bit = 1 << (signal.SIGTERM - 1)
    while script and process.poll() is None:
        caught = re.search(r"^SigCgt:\s*(\w+)", pathlib.Path(f"/proc/{process.pid}/status").read_text(), re.MULTILINE)
        if caught and int(caught[1], 16) & bit:
            return
        time.sleep(0.001)


def running(session):
    """The processes of a session."""
    found = []
    for entry in pathlib.Path("/proc").iterdir():
        try:
            state, _, _, its_session = (entry / "stat").read_text().rpartition(")")[2].split()[:4]
        except OSError:  # has ended, or is no process
            continue
        if int(its_session) == session and state != "Z":
            found.append(int(entry.name))
    return found


def goes_on(session):
    """Whether a process of the session is still there after the time that ending takes on a busy machine."""
    for _ in range(100):
        if not running(session):
            return False
        time.sleep(0.05)
    for process in running(session):
        os.kill(process, signal.SIGKILL)
    return True


def problems(process, number):
    before = ended.read_text()
    if process.returncode not in (0, -number, 128 + number):
        yield f"ended with {process.returncode}"
    if goes_on(process.pid) or ended.read_text() != before:
        yield "left processes"
    if "Traceback" in said.read_text() or "PLEASE submit a bug report" in said.read_text():
        yield f"said {said.read_text()!r}"
    for name in outputs:
        if not (out / name).exists() or (out / name).read_bytes() not in (OLD, complete[name]):
            yield f"left no {name}, or half of it"
    left = [path for path in folder.glob("**/*") if path.is_file() and path.parent != out
            and path not in (said, ended) and path.suffix != ".o"]
    left += [path for path in out.iterdir() if path.name not in outputs]
    left += list(tmp.iterdir())
    if left:
        yield f"left {', '.join(str(path.relative_to(folder)) for path in left)}"


# What starts the tests may ignore it, and processes inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)
length = float("inf")
for _ in range(3):  # the machine may have been busy during one
    process = start()
    wait_until_ready(process)
    begin = time.monotonic()
    process.wait()
    length = min(length, time.monotonic() - begin)
    complete = {name: (out / name).read_bytes() for name in outputs}
    if process.returncode != 0 or OLD in complete.values():
        sys.exit(f"exit {process.returncode} without being interrupted: {said.read_text()}")
failed = 0
for number in (signal.SIGINT, signal.SIGTERM):
    interrupted = 0
    for moment in range(1, MOMENTS + 1):
        process = start()
        wait_until_ready(process)
        time.sleep(length * moment / (MOMENTS + 1))
        # A terminal interrupts all processes of a command, and `kill` ends the one it is told.
        (os.killpg if number == signal.SIGINT else os.kill)(process.pid, number)
        process.wait()
        interrupted += process.returncode != 0
        for problem in problems(process, number):
            print(f"{number.name} after {moment} of {MOMENTS + 1} parts of {length:.2f} s: {problem}")
            failed += 1
    if not interrupted:
        print(f"{number.name} always came too late")
        failed += 1
shutil.rmtree(folder)
sys.exit(failed != 0)

#!/usr/bin/env python3
"""Runs a command with standard error on a terminal, or with --pipe in a pipe, until a bar begins there or for so many
seconds.

Prints what it wrote, as a Python string. For commands that would run for long: they are ended.
"""
import argparse
import os
import pty
import select
import signal
import subprocess
import time

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--pipe", action="store_true")
parser.add_argument("--one-core", action="store_true", help="so that work takes its time")
parser.add_argument("--seconds", type=float, default=120)
parser.add_argument("command", nargs=argparse.REMAINDER)
args = parser.parse_args()

if args.one_core:
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
reader, writer = os.pipe() if args.pipe else pty.openpty()
process = subprocess.Popen(args.command, stdout=subprocess.DEVNULL, stderr=writer, env={**os.environ, "TERM": "xterm"})
os.close(writer)
end = time.monotonic() + args.seconds
text = b""
while b"[" not in text and process.poll() is None and time.monotonic() < end:
    if select.select([reader], [], [], 0.2)[0]:
        text += os.read(reader, 4096)
process.send_signal(signal.SIGKILL)
process.wait()
print(ascii(text.decode()))

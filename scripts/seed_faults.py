#!/usr/bin/env python3
"""Seeds single faults into the lines that commits touch, runs the tests on each, and lists the faults that no test
notices.

A test that cannot fail proves nothing, and coverage does not tell. Here each fault is one small mistake that somebody
could make: a guard that is never taken, a comparison turned round, `&&` for `||`, a lost negation, another default. A
fault that no test notices is a line that no test protects: write the test, or find that the line is not needed.

  scripts/seed_faults.py                              what the last commit touched
  scripts/seed_faults.py --since origin/main          what a branch touched
  scripts/seed_faults.py --files passes/Fuse/*.cpp    whole files
  scripts/seed_faults.py --since HEAD~3 --list        the faults alone, nothing is built or run
  scripts/seed_faults.py --files lib/ModelConfig/Rope.cpp --tests 'unit:model_config|lib/Import'

Sources are changed in place, one line at a time, and put back; the build folder is used as it is. A fault costs a build
of what depends on the file and the tests until the first that fails: small tests come first, end-to-end ones last. Exit
code 1: there are faults that no test notices.

Not every one of those needs a test: some change nothing that can be seen, such as a first value that is overwritten in
any case, and reads or writes beyond an array may show in the sanitizer builds of scripts/test alone.
"""
import interrupts  # first, since other imports take time

import argparse
import collections
import os
import pathlib
import random
import re
import signal
import subprocess
import sys
import time
from dataclasses import dataclass

ROOT = pathlib.Path(__file__).resolve().parent.parent
BUILD = ROOT / "build"
LIT = "/usr/lib/llvm-22/bin/lit"
JOBS = os.cpu_count() or 1
FOLDERS = ("dialects/", "include/", "lib/", "passes/", "runtime/", "tools/")
STAGE_SECONDS = 1800
# Mistakes compile with warnings, which are errors otherwise.
ENVIRONMENT = {**os.environ, "CCC_OVERRIDE_OPTIONS": "#+-w"}


@dataclass(frozen=True)
class Fault:
    file: str
    line: int  # from 0
    kind: str
    text: str  # the changed line

    def __str__(self):
        return f"{self.file}:{self.line + 1}: {self.kind}: {self.text.strip()}"


def closing(line, opened):
    """The index of the parenthesis that closes the one at `opened`, or None if that is on another line."""
    depth = 0
    for i in range(opened, len(line)):
        depth += {"(": 1, ")": -1}.get(line[i], 0)
        if depth == 0:
            return i
    return None


def code_spans(line):
    """Where a line is code: neither text nor comment."""
    spans, start = [], 0
    for match in re.finditer(r'"(?:[^"\\]|\\.)*"|\'(?:[^\'\\]|\\.)+\'|//.*', line):
        spans.append((start, match.start()))
        start = match.end()
    return spans + [(start, len(line))]


SWAPS = {" == ": " != ", " != ": " == ", " < ": " <= ", " <= ": " < ", " > ": " >= ", " >= ": " > ", " && ": " || ",
         " || ": " && "}
SWAP = re.compile("|".join(re.escape(word) for word in SWAPS))
NEGATION = re.compile(r"(?<=[(\s])!(?=[\w(:])")
DEFAULT = re.compile(r"(?<== )(?:true|false|-?\d+)(?=;|\s*//|,$)")


def faults_of_line(file, number, line):
    def fault(kind, begin, end, text):
        return Fault(file, number, kind, line[:begin] + text + line[end:])

    spans = code_spans(line)
    in_code = lambda at: any(begin <= at < end for begin, end in spans)
    if line.lstrip().startswith(("#", "//", "/*", "*")) or "static_assert" in line:
        return
    for match in re.finditer(r"\bif \(", line):
        end = closing(line, match.end() - 1)
        # `if (T x = f())` declares what the guarded code uses.
        if in_code(match.start()) and end and not re.search(r"[\w>&*\]] = |;", line[match.end() : end]):
            yield fault("guard never taken", match.end(), end, f"false && ({line[match.end():end]})")
    for match in SWAP.finditer(line):
        # A condition's && and ||; not the && of a reference.
        if in_code(match.start()):
            yield fault(f"{match.group().strip()} becomes {SWAPS[match.group()].strip()}", match.start(), match.end(),
                        SWAPS[match.group()])
    for match in NEGATION.finditer(line):
        if in_code(match.start()):
            yield fault("negation lost", match.start(), match.end(), "")
    for match in DEFAULT.finditer(line):
        if in_code(match.start()):
            other = {"true": "false", "false": "true"}.get(match.group()) or str(int(match.group()) + 1)
            yield fault(f"{match.group()} becomes {other}", match.start(), match.end(), other)


def touched_lines(since):
    """{file: line numbers from 0} of what the working tree has otherwise than `since`."""
    diff = subprocess.run(["git", "diff", "-U0", "--no-color", since, "--", *FOLDERS], cwd=ROOT, check=True,
                          stdout=subprocess.PIPE, text=True).stdout
    lines, file = collections.defaultdict(set), None
    for row in diff.splitlines():
        if row.startswith("+++ "):
            file = row[6:] if row.startswith("+++ b/") else None
        elif file and (match := re.match(r"@@ -\S+ \+(\d+)(?:,(\d+))? @@", row)):
            first, count = int(match[1]), int(match[2] or 1)
            lines[file].update(range(first - 1, first - 1 + count))
    return lines


def collect(args):
    if args.files:
        wanted = {str(path.resolve().relative_to(ROOT)): None for path in args.files}
    else:
        wanted = touched_lines(args.since)
    faults = []
    for file, numbers in sorted(wanted.items()):
        if not file.endswith((".cpp", ".h")) or not (ROOT / file).exists():
            continue
        for number, line in enumerate((ROOT / file).read_text().split("\n")):
            if numbers is None or number in numbers:
                faults += faults_of_line(file, number, line)
    if args.max and len(faults) > args.max:
        faults = sorted(random.Random(args.seed).sample(faults, args.max), key=lambda fault: (fault.file, fault.line))
    return faults


def succeeds(command, seconds):
    """Whether it ends by itself with status 0; what it started ends with it."""
    process = subprocess.Popen([str(word) for word in command], cwd=ROOT, stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL, start_new_session=True, env=ENVIRONMENT)
    try:
        return process.wait(timeout=seconds) == 0
    except subprocess.TimeoutExpired:
        return False
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def stages(pattern):
    """Every stage of tests as (name, command), in the order in which they run. Tests have names such as
    unit:model_config_test, and lit names such as passes/Fuse/fuse-qkv.mlir; `pattern` selects among them."""
    for program in sorted((BUILD / "bin/unit").glob("*")):
        if os.access(program, os.X_OK) and re.search(pattern, f"unit:{program.name}"):
            yield program.name, [program, "--gtest_brief=1"]
    lit = ["python3", LIT, "-q", f"-j{JOBS}", "--max-failures=1", "--allow-empty-runs", BUILD / "test"]
    only = ["--filter", pattern] if pattern else []
    yield "lit", [*lit, *only, "--filter-out", "e2e/"]
    yield "end-to-end tests", [*lit, "--filter", f"^(?=.*e2e/).*(?:{pattern})"]


def limits_of(pattern):
    """How long each stage may take, from how long it takes without a fault: a fault that makes a test wait for ever is
    noticed soon. Exits if a test fails without a fault, since it would notice every one."""
    limits = {}
    for name, command in stages(pattern):
        start = time.monotonic()
        if not succeeds(command, STAGE_SECONDS):
            sys.exit(f"seed_faults: error: {name} fails without any fault")
        limits[name] = 10 + 4 * (time.monotonic() - start)
    return limits


def noticed_by(pattern, limits):
    """The first stage of tests that fails, or None."""
    return next((name for name, command in stages(pattern) if not succeeds(command, limits[name])), None)


def try_fault(fault, pattern, limits):
    """What became of it: does not compile, noticed by ..., or not noticed."""
    path = ROOT / fault.file
    original = path.read_text()
    lines = original.split("\n")
    lines[fault.line] = fault.text
    # An interrupted run leaves the sources as they were.
    with interrupts.afterwards(lambda: path.write_text(original)):
        path.write_text("\n".join(lines))
        if not succeeds(["ninja", "-C", BUILD], 3600):
            return "does not compile"
        stage = noticed_by(pattern, limits)
        return f"noticed by {stage}" if stage else "NOT NOTICED"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--since", default="HEAD~1", help="lines that differ from this revision (default: %(default)s)")
    parser.add_argument("--files", nargs="+", type=pathlib.Path, help="all lines of these files instead")
    parser.add_argument("--tests", default="", help="only tests whose names match this regular expression")
    parser.add_argument("--max", type=int, default=0, help="at most so many, picked at random (default: all)")
    parser.add_argument("--seed", type=int, default=1, help="of that pick (default: %(default)s)")
    parser.add_argument("--list", action="store_true", help="print the faults and do nothing")
    args = parser.parse_args()
    faults = collect(args)
    if args.list:
        print("\n".join(map(str, faults)))
        print(f"{len(faults)} faults")
        return 0
    if faults and not succeeds(["ninja", "-C", BUILD], 3600):
        print("seed_faults: error: the build fails without any fault", file=sys.stderr)
        return 2
    limits = limits_of(args.tests) if faults else {}
    counts = collections.Counter()
    missed = []
    try:
        for i, fault in enumerate(faults):
            start = time.monotonic()
            outcome = try_fault(fault, args.tests, limits)
            counts[outcome] += 1
            if outcome == "NOT NOTICED":
                missed.append(fault)
            print(f"[{i + 1}/{len(faults)}] {outcome} ({time.monotonic() - start:.0f} s): {fault}", flush=True)
    finally:
        # The build is again that of the sources.
        succeeds(["ninja", "-C", BUILD], 3600)
    print(f"{len(faults)} faults: " + ", ".join(f"{n} {outcome}" for outcome, n in sorted(counts.items())))
    for fault in missed:
        print(f"not noticed: {fault}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())

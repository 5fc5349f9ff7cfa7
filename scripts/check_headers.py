#!/usr/bin/env python3
"""Compiles every public header by itself, so that whoever includes it needs to know nothing else: check_headers.py
BUILD [LLVM]

The runtime's headers see nothing of LLVM; without LLVM (a folder such as /usr/lib/llvm-22) they are all that is
compiled. Most of a header's time goes into a few headers behind it. Those are compiled once and kept for the headers
that include them, which see nothing that way that they would not see without.
"""
import argparse
import concurrent.futures
import os
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
# Sets of headers that are kept, each on top of the last one before it that its own headers include anyway; likewise the
# last of them that a header includes is what it is compiled on top of.
KEPT = (("veomni/runtime/Json.h",), ("veomni/schema/bundle_generated.h",), ("mlir/IR/BuiltinOps.h",),
        ("mlir/IR/BuiltinOps.h", "mlir/Pass/Pass.h"), ("veomni/Dialect/Weight/Weight.h",),
        ("veomni/Dialect/Program/Program.h",),
        ("veomni/Dialect/VeOmni/VeOmni.h",), ("veomni/Codegen/Backend.h",))
INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]', re.MULTILINE)


class Includes:
    def __init__(self, folders):
        self.folders, self.direct = folders, {}

    def find(self, name, beside=None):
        return next((folder / name for folder in (beside, *self.folders) if folder and (folder / name).is_file()), None)

    def of(self, header):
        if header not in self.direct:
            names = INCLUDE.findall(header.read_text(errors="replace"))
            self.direct[header] = [path for name in names if (path := self.find(name, header.parent))]
        return self.direct[header]

    def behind(self, header):
        """`header` and what it includes, in whatever way."""
        found, rest = {header}, [header]
        while rest:
            for path in self.of(rest.pop()):
                if path not in found:
                    found.add(path)
                    rest.append(path)
        return found


class Compiler:
    def __init__(self, command, includes, scratch):
        self.command, self.includes, self.scratch, self.kept = command, includes, scratch, []

    def before(self, headers):
        """What of the kept headers is compiled already for one that includes these."""
        behind = set().union(*map(self.includes.behind, headers))
        return next((["-include-pch", file] for paths, file in reversed(self.kept) if paths <= behind), [])

    def run(self, names, *options):
        """What the compiler says of headers, one after the other; "" for nothing."""
        text = "".join(f'#include "{name}"\n' for name in names)
        before = self.before([self.includes.find(name) for name in names])
        done = subprocess.run([*self.command, *before, *options, "-"], input=text, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True)
        return done.stdout or ("" if done.returncode == 0 else f"{', '.join(names)}: exit {done.returncode}")

    def keep(self, names):
        file = str(pathlib.Path(self.scratch) / f"{len(self.kept)}.pch")
        # Else every header that is compiled on top would instantiate what its templates need once more.
        said = self.run(names, "-x", "c++-header", "-fpch-instantiate-templates", "-o", file)
        self.kept.append(({self.includes.find(name) for name in names}, file))
        return said

    def check(self, name):
        return self.run([name], "-x", "c++", "-fsyntax-only")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("llvm", type=pathlib.Path, nargs="?")
    parser.add_argument("--compiler", default="clang++-22")
    parser.add_argument("--source", type=pathlib.Path, default=ROOT, help="where include/ and runtime/include/ are")
    arguments = parser.parse_args()
    compiler, runtime = arguments.source / "include", arguments.source / "runtime/include"
    folders = {runtime: [runtime, arguments.build / "include"]}
    if arguments.llvm:
        folders[compiler] = [compiler, *folders[runtime], arguments.llvm / "include"]
    problems, count = [], 0
    for place, seen in folders.items():
        includes = Includes(seen)
        names = [str(header.relative_to(place)) for header in sorted(place.rglob("*.h"))]
        command = [arguments.compiler, "-std=c++20", "-Wall", "-Wextra", "-Werror", "-Wno-unused-parameter",
                   "-fno-rtti",
                   *(f"-{'isystem' if folder.parent == arguments.llvm else 'I'}{folder}" for folder in seen)]
        threads = len(os.sched_getaffinity(0))
        with tempfile.TemporaryDirectory() as scratch, concurrent.futures.ThreadPoolExecutor(threads) as pool:
            one = Compiler(command, includes, scratch)
            for kept in KEPT:
                if all(includes.find(name) for name in kept):
                    problems.append(one.keep(kept))
            problems += pool.map(one.check, [name for name in names if (name,) not in KEPT])
        count += len(names)
    problems = [problem for problem in problems if problem]
    print("\n".join(problems) if problems else f"{count} headers compile alone")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())

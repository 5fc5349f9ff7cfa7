#!/usr/bin/env python3
"""Fuzzes what veomni-compile reads as text: takes the dumps that the phases write of golden models, changes them at
random, compiles them with --compile-from=<phase> and runs what compiles.

Text between phases can be written by hand, by other tools and by plugins, so that none of it is to be trusted. Right is
an error (exit code 1 and a message), or a program that gives the same numbers in each of several runs. A finding is
anything else:
- the compiler or the run ends by a signal, or with another exit code, or with exit code 1 and no message
- one of them takes longer than 20 s of processor time, or stands still for minutes
- runs of one bundle differ, as they do when a kernel reads memory that nobody wrote
- the error is about an op of the program dialect in a text that has none

  test/fuzz/fuzz_ir.py --runs 20000                        everything, by hand (hours)
  test/fuzz/fuzz_ir.py --runs 2000 --aim=lower             numbers in the dumps of phase lower alone
  test/fuzz/fuzz_ir.py --seed 7 --only 1234                one mutant again, which stays in the folder --keep with
                                                           a script that repeats it
"""
import argparse
import collections
import concurrent.futures
import os
import pathlib
import random
import re
import resource
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
# Behind lower the text holds machine code, which is trusted (SECURITY.md): nothing can say any more what its operands
# must be.
PHASES = ["import", "raise", "bind", "fuse", "lower"]
SECONDS, PATIENCE = 20, 300  # of processor time, which a busy machine does not stretch; of the clock
MEMORY = 6 << 30
# Small models, which together hold every kind of layer.
GOLDENS = ["llama", "qwen3_sliding", "gpt_oss", "mixtral", "deepseek_v3", "glm_moe_dsa", "qwen3_5_text", "qwen3_moe"]
ENTRIES = ["forward", "loss"]

NUMBER = re.compile(r"(?<![\w.%@$#\"-])-?\d+(?![\w.\"])|(?<=[x<\[])\d+(?=[x>\],])")
NAME = re.compile(r"%[\w.$-]+(?:#\d+)?|@[\w.$-]+")
TEXT = re.compile(r'"[^"\n]*"')
TYPE = re.compile(r"(?<![\w%@.\"])(?:f32|bf16|f16|f64|i1|i8|i32|i64|index)\b"
                  r"|(?<=x)(?:f32|bf16|f16|f64|i1|i8|i32|i64)\b")
FIELD = re.compile(r"(?<=[{,] )\w+ = [^,{}\[\]]+(?:, )?")
TYPES = ["f32", "bf16", "f16", "f64", "i1", "i8", "i32", "i64", "index"]


def new_number(rng, old, numbers):
    value = int(old)
    return str(rng.choice([0, 1, -1, 2, value + 1, value - 1, value * 2, value // 2, value + 64, -value, value * 100,
                           1 << 16, (1 << 31) - 1, 1 << 32, (1 << 63) - 1, int(rng.choice(numbers))]))


class Dump:
    """The lines of a dump, and the words that occur in it."""

    def __init__(self, text):
        # The bytes of machine code and of constants follow the module; changing them would be another program, not
        # another text.
        module, _, self.tail = text.partition("\n{-#")
        self.tail = "\n{-#" + self.tail if self.tail else ""
        self.lines = module.split("\n")
        self.mutable = [i for i, line in enumerate(self.lines) if line.strip(" }")
                        and not line.startswith(("#loc", "module"))]
        body = "\n".join(self.lines[i] for i in self.mutable)
        self.numbers, self.names, self.texts = (sorted(set(pattern.findall(body))) for pattern in (NUMBER, NAME, TEXT))
        self.numbered = [i for i in self.mutable if NUMBER.search(self.lines[i])]

    def replaced(self, rng, line, pattern, new):
        """The line with one match of the pattern, picked at random, replaced."""
        matches = list(pattern.finditer(line))
        if not matches:
            return line
        match = rng.choice(matches)
        return line[: match.start()] + new(match.group()) + line[match.end() :]

    def change(self, rng, lines, kind):
        i = rng.choice(self.numbered if kind == "number" else self.mutable)
        line = lines[i]
        if line is None:
            return
        if kind == "number":
            lines[i] = self.replaced(rng, line, NUMBER, lambda old: new_number(rng, old, self.numbers))
        elif kind == "name":
            lines[i] = self.replaced(rng, line, NAME, lambda old: rng.choice([n for n in self.names if n[0] == old[0]]))
        elif kind == "text":
            lines[i] = self.replaced(rng, line, TEXT, lambda old: rng.choice([*self.texts, '""', '"x"']))
        elif kind == "type":
            lines[i] = self.replaced(rng, line, TYPE, lambda old: rng.choice(TYPES))
        elif kind == "dynamic":
            lines[i] = self.replaced(rng, line, re.compile(r"\?|(?<=[<x])\d+(?=x)"),
                                     lambda old: "7" if old == "?" else "?")
        elif kind == "field":
            lines[i] = self.replaced(rng, line, FIELD, lambda old: "")
        elif kind == "drop":
            lines[i] = None
        elif kind == "repeat":
            lines[i] = line + "\n" + line
        elif kind == "everywhere":
            # One size or name through all of the text, so that types still agree and later phases see it.
            old = rng.choice(self.numbers) if rng.randrange(3) else rng.choice(self.texts)
            new = new_number(rng, old, self.numbers) if old[0] != '"' else rng.choice(self.texts)
            pattern = re.compile(re.escape(old) if old[0] == '"'
                                 else r"(?<=[x<\[, =])" + re.escape(old) + r"(?=[x>\], :})]|$)")
            for j in self.mutable:
                if lines[j] is not None:
                    lines[j] = pattern.sub(lambda _: new, lines[j])
        elif kind == "swap":
            j = rng.choice(self.mutable)
            lines[i], lines[j] = lines[j], lines[i]

    def mutated(self, rng, aimed):
        lines = list(self.lines)
        kinds = ["number"] if aimed else ["number"] * 4 + ["everywhere"] * 4 + ["name", "name", "text", "type",
                                                                                "dynamic", "field", "drop",
                                                                                             "repeat", "swap"]
        for _ in range(rng.choice((1, 1, 1, 2, 3))):
            self.change(rng, lines, rng.choice(kinds))
        return "\n".join(line for line in lines if line is not None) + self.tail


def limit():
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS + 1))


class Fuzzer:
    def __init__(self, args, scratch):
        self.args, self.scratch = args, scratch
        self.dumps = {}
        for golden in args.goldens:
            for entry in ENTRIES:
                folder = scratch / f"{golden}-{entry}"
                folder.mkdir()
                command = [args.tools / "veomni-compile", args.models / golden, f"--entry={entry}",
                           f"--dump-phases-to={folder}", "-o", folder / "m.vob",
                           *([f"--mesh={args.mesh}"] if args.mesh else [])]
                subprocess.run([str(word) for word in command], check=True)
                for file in folder.glob("*.mlir"):
                    phase = file.stem.split("-", 1)[1]
                    if phase in args.phases:
                        self.dumps[golden, entry, phase] = Dump(file.read_text())
        self.keys = sorted(self.dumps)

    def command(self, words, perturb):
        """Exit status and standard error; nothing but 0, or 1 with a message, is right. `perturb` fills what malloc
        gives."""
        words = [str(word) for word in words]
        try:
            done = subprocess.run(words, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, errors="replace",
                                  timeout=PATIENCE, preexec_fn=limit,
                                  env={**os.environ, "MALLOC_PERTURB_": str(perturb)})
        except subprocess.TimeoutExpired:
            return "hang", f"no end after {PATIENCE} s"
        if done.returncode == -signal.SIGXCPU:
            return "hang", f"no end after {SECONDS} s of processor time"
        if done.returncode in (0, 1) and (done.returncode == 0 or done.stderr.strip()):
            return done.returncode, done.stderr
        kind = "signal" if done.returncode < 0 or done.returncode > 128 else "status"
        return kind, f"exit status {done.returncode}\n{done.stderr}"

    def run(self, index):
        """(outcome, a line about it) of one mutant; what is found is kept."""
        rng = random.Random(f"{self.args.seed} {index}")
        golden, entry, phase = key = rng.choice(self.keys)
        folder = self.scratch / str(index)
        folder.mkdir()
        mutant, bundle = folder / f"{phase}.mlir", folder / "m.vob"
        mutant.write_text(self.dumps[key].mutated(rng, self.args.aim))
        outcome, detail = self.outcome(golden, phase, mutant, bundle, folder)
        if outcome not in ("refused", "refused by the run", "stable"):
            self.keep(index, golden, phase, mutant, outcome, detail)
        shutil.rmtree(folder)
        first = detail.strip().splitlines()[0] if detail.strip() else ""
        return outcome, f"{index} {golden} {entry} {phase}: {outcome}: {first}"

    def outcome(self, golden, phase, mutant, bundle, folder):
        status, errors = self.command([self.args.tools / "veomni-compile", mutant, f"--compile-from={phase}", "-o",
                                       bundle], 0)
        if status == 1:
            # What nobody wrote cannot be wrong in the text: lowering made it, and should have refused before.
            internal = "'veomni_rt." in errors and PHASES.index(phase) < PHASES.index("lower")
            return ("compiler: internal error" if internal else "refused"), errors
        if status != 0:
            return f"compiler: {status}", errors
        results = []
        for threads, perturb in ((1, 0), (2, 165), (1, 90)):
            outputs = folder / "outputs.safetensors"
            outputs.unlink(missing_ok=True)
            status, errors = self.command([self.args.tools / "veomni-run", bundle, "--weights",
                                           self.args.models / golden, "--inputs",
                                           self.args.models / golden / "golden.safetensors", "--outputs", outputs,
                                           "--threads", threads,
                                           *(["--ranks=local", "--timeout=10"] if self.args.mesh else [])], perturb)
            if status not in (0, 1):
                return f"run: {status}", errors
            results.append(outputs.read_bytes() if status == 0 else errors)
            if status == 1 and len(set(map(type, results))) == 1:
                return "refused by the run", errors
        return ("stable", "") if len(set(results)) == 1 else ("run: numbers vary", "")

    def keep(self, index, golden, phase, mutant, outcome, detail):
        folder = self.args.keep / f"{self.args.seed}-{index}"
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(mutant, folder / mutant.name)
        (folder / "finding.txt").write_text(f"{outcome}\n{detail}")
        tools, model = map(shlex.quote, map(str, (self.args.tools, self.args.models / golden)))
        (folder / "repeat.sh").write_text(
            f'cd "$(dirname "$0")" && {tools}/veomni-compile {mutant.name} --compile-from={phase} -o m.vob &&\n'
            f"  {tools}/veomni-run m.vob --weights {model} --inputs {model}/golden.safetensors --outputs "
            f"out.safetensors{' --ranks=local --timeout=10' if self.args.mesh else ''}\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=1000, help="how many mutants (default: %(default)s)")
    parser.add_argument("--seed", default="1", help="another seed, other mutants (default: %(default)s)")
    parser.add_argument("--only", type=int, help="this mutant alone")
    parser.add_argument("--aim", choices=PHASES, help="change numbers alone, in the dumps of this phase")
    parser.add_argument("--phases", default=",".join(PHASES),
                        help="phases whose dumps are changed (default: %(default)s)")
    parser.add_argument("--mesh", help="make programs for several ranks, which run as threads")
    parser.add_argument("--goldens", default=",".join(GOLDENS), help="golden models (default: %(default)s)")
    parser.add_argument("--models", type=pathlib.Path, default=ROOT / "test/fixtures/goldens",
                        help="folder of the golden models")
    parser.add_argument("--tools", type=pathlib.Path, default=ROOT / "build/bin", help="folder of the tools")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--keep", type=pathlib.Path, default=pathlib.Path(tempfile.gettempdir()) / "veomni-fuzz-ir",
                        help="where findings go")
    parser.add_argument("--verbose", action="store_true", help="a line for every mutant")
    args = parser.parse_args()
    args.tools, args.models = args.tools.resolve(), args.models.resolve()
    args.goldens = args.goldens.split(",")
    args.phases = [args.aim] if args.aim else args.phases.split(",")
    if unknown := sorted(set(args.phases) - set(PHASES)):
        parser.error(f"unknown phase '{unknown[0]}', choose from: {', '.join(PHASES)}")

    counts = collections.Counter()
    findings = 0
    with tempfile.TemporaryDirectory() as scratch, concurrent.futures.ThreadPoolExecutor(args.jobs) as pool:
        fuzzer = Fuzzer(args, pathlib.Path(scratch))
        for outcome, line in pool.map(fuzzer.run, range(args.runs) if args.only is None else [args.only]):
            counts[outcome] += 1
            found = outcome not in ("refused", "refused by the run", "stable")
            findings += found
            if found or args.verbose:
                print(line, flush=True)
    print(f"{sum(counts.values())} mutants: " + ", ".join(f"{n} {outcome}" for outcome, n in sorted(counts.items())))
    if findings:
        print(f"{findings} findings are kept in {args.keep}")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())

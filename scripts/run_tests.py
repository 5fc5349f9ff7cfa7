#!/usr/bin/env python3
"""Builds and runs every test, and ends with one line "N passed, N failed".

Tests that the machine cannot run, such as those of a CPU level that it lacks, are neither; a line before the last
counts them. Unit test cases and lit tests count one by one; each sanitizer run of a unit test program, each fuzz
target, the schema check, the format check and each file of the clang-tidy check count as one.
"""
import interrupts  # first, since other imports take time

import argparse
import collections
import concurrent.futures
import functools
import hashlib
import json
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
BUILD = ROOT / "build"
ASAN = BUILD / "asan"
LIT = "/usr/lib/llvm-22/bin/lit"
JOBS = os.cpu_count() or 1
# All code but tests and what is generated, so many files at once.
TIDY_FOLDERS = ("dialects/", "lib/", "passes/", "runtime/", "tools/")
TIDY_TOGETHER = 40
FUZZ_RUNS, FUZZ_SECONDS = 20000, 20
# A hanging test program ends the run with a failure, not with the machine's patience.
PROGRAM_SECONDS, LIT_SECONDS = 900, 1800

SANITIZER_ENV = {
    "ASAN_OPTIONS": "detect_leaks=1:allocator_may_return_null=0:detect_stack_use_after_return=1",
    "UBSAN_OPTIONS": "print_stacktrace=1:halt_on_error=1",
}


class Results:
    def __init__(self):
        self.passed = 0
        self.failed = []
        self.unsupported = collections.Counter()  # kind of test -> how many this machine cannot run

    def add(self, name, ok, output=""):
        if ok:
            self.passed += 1
            return
        self.failed.append(name)
        print(f"FAILED: {name}", flush=True)
        if output.strip():
            lines = output.strip().splitlines()
            print("\n".join("    " + line[:240] for line in lines[-60:]), flush=True)


def run(command, *, timeout=None, env=None, cwd=ROOT):
    """Exit status and merged output; a timeout is a failure with the output so far."""
    try:
        done = subprocess.run([str(c) for c in command], cwd=cwd, env={**os.environ, **(env or {})}, timeout=timeout,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace")
        return done.returncode, done.stdout
    except subprocess.TimeoutExpired as late:
        output = late.stdout or b""
        text = output.decode(errors="replace") if isinstance(output, bytes) else output
        return 124, f"{text}\nno end after {timeout} s"


class Step:
    """Prints one line per step with its share of the counts and its time."""

    def __init__(self, results, name):
        self.results, self.name = results, name

    def __enter__(self):
        self.start, self.passed, self.failed = time.monotonic(), self.results.passed, len(self.results.failed)
        print(f"test: {self.name} ...", flush=True)

    def __exit__(self, kind, *rest):
        if kind is None:
            passed, failed = self.results.passed - self.passed, len(self.results.failed) - self.failed
            print(f"test: {self.name}: {passed} passed, {failed} failed ({time.monotonic() - self.start:.0f} s)",
                  flush=True)


def build(results, preset):
    """True if the preset builds; its failure counts as one failed check."""
    if subprocess.run([ROOT / "scripts/build", preset], cwd=ROOT).returncode == 0:
        return True
    results.add(f"build {preset}", False)
    return False


def programs(folder):
    return sorted(p for p in folder.glob("*") if p.is_file() and os.access(p, os.X_OK)) if folder.is_dir() else []


def unit_tests(results, pattern):
    """Every program in as many parts as there are processors, since the longest one takes as long as all others
    together."""
    parts = [(program, part) for program in programs(BUILD / "bin/unit") for part in range(JOBS)]

    def run_part(item):
        program, part = item
        report = BUILD / "test-reports" / f"{program.name}.{part}.json"
        report.unlink(missing_ok=True)
        command = [program, f"--gtest_output=json:{report}", "--gtest_brief=1"]
        # A filter that names the program runs all of it.
        if pattern and pattern.lower() not in program.name.lower():
            command.append(f"--gtest_filter=*{pattern}*")
        status, output = run(command, timeout=PROGRAM_SECONDS,
                             env={"GTEST_TOTAL_SHARDS": str(JOBS), "GTEST_SHARD_INDEX": str(part)})
        cases = []
        if report.exists():
            try:
                cases = [(f"{suite['name']}.{case['name']}", case)
                         for suite in json.loads(report.read_text())["testsuites"]
                         for case in suite["testsuite"] if case.get("status") == "RUN"]
            except (json.JSONDecodeError, KeyError):
                cases = []
        return program.name, status, output, cases

    with concurrent.futures.ThreadPoolExecutor(JOBS) as pool:
        for name, status, output, cases in pool.map(run_part, parts):
            failed = 0
            for case_name, case in cases:
                if case.get("result") == "SKIPPED":
                    continue
                failures = "\n".join(f.get("failure", "") for f in case.get("failures", []))
                failed += bool(failures)
                results.add(f"{name}: {case_name}", not failures, failures)
            if status != 0 and not failed:
                results.add(f"{name} (exit {status})", False, output)


def lit_suite(results, pattern, *, round_trip=False):
    label = "lit, round trip" if round_trip else "lit"
    report = BUILD / "test-reports" / ("lit-round-trip.json" if round_trip else "lit.json")
    report.unlink(missing_ok=True)
    command = ["python3", LIT, "-q", f"-j{JOBS}", "-o", report, BUILD / "test"]
    if pattern:
        command += ["--filter", re.escape(pattern), "--allow-empty-runs"]
    if round_trip:
        # The end-to-end tests take no IR text in.
        command += ["--filter-out", "e2e/"]
    status, output = run(command, timeout=LIT_SECONDS, env={"VEOMNI_VERIFY_ROUNDTRIP": "1"} if round_trip else {})
    if not report.exists():
        if pattern and status == 0:
            return
        results.add(f"{label} (exit {status})", False, output)
        return
    failed = 0
    for test in json.loads(report.read_text())["tests"]:
        if test["code"] in ("EXCLUDED", "SKIPPED"):
            continue
        if test["code"] == "UNSUPPORTED":
            # A golden's test is called <folders>/<golden>/<check>; what cannot run is the check, whatever the golden.
            if not round_trip:
                results.unsupported[test["name"].rsplit("/", 1)[-1]] += 1
            continue
        ok = test["code"] in ("PASS", "XFAIL", "FLAKYPASS")
        failed += not ok
        results.add(f"{label}: {test['name']}", ok, test["output"])
    if status != 0 and not failed:
        results.add(f"{label} (exit {status})", False, output)


def sanitizer_tests(results, pattern):
    wanted = [p for p in programs(ASAN / "bin/unit")
              if not pattern or pattern.lower() in f"sanitizer: {p.name}".lower()]
    with concurrent.futures.ThreadPoolExecutor(JOBS) as pool:
        runs = pool.map(lambda program: run([program, "--gtest_brief=1"], timeout=PROGRAM_SECONDS, env=SANITIZER_ENV),
                        wanted)
        for program, (status, output) in zip(wanted, runs):
            results.add(f"sanitizer: {program.name}", status == 0, output)


def fuzz_tests(results, pattern):
    targets = [p for p in programs(ASAN / "bin/fuzz") if not pattern or pattern.lower() in f"fuzz: {p.name}".lower()]

    def fuzz(program):
        # New inputs go to a scratch corpus; the seeds in test/fuzz/corpus/<reader> are only read.
        scratch = ASAN / "fuzz-corpus" / program.name
        shutil.rmtree(scratch, ignore_errors=True)
        scratch.mkdir(parents=True)
        seeds = ROOT / "test/fuzz/corpus" / program.name.removeprefix("fuzz_")
        return run([program, f"-runs={FUZZ_RUNS}", f"-max_total_time={FUZZ_SECONDS}", "-seed=1", "-timeout=10",
                    "-rss_limit_mb=1024", f"-artifact_prefix={scratch}/", "-print_final_stats=0", "-verbosity=0",
                    scratch, *([seeds] if seeds.is_dir() else [])],
                   timeout=FUZZ_SECONDS * 4 + 60, env=SANITIZER_ENV)

    with concurrent.futures.ThreadPoolExecutor(JOBS) as pool:
        for program, (status, output) in zip(targets, pool.map(fuzz, targets)):
            results.add(f"fuzz: {program.name}", status == 0, output)


def schema_check(results):
    schema = ROOT / "runtime/schema/bundle.fbs"
    for released in sorted((ROOT / "test/fixtures/schema").glob("bundle.*.fbs")):
        status, output = run(["flatc", "--conform", released, schema])
        results.add(f"schema: bundle.fbs reads what {released.name} wrote", status == 0, output)


def format_check(results):
    files = subprocess.run(["git", "ls-files", "*.h", "*.hpp", "*.c", "*.cpp"], cwd=ROOT, stdout=subprocess.PIPE,
                           text=True, check=True).stdout.split()
    if files:
        status, output = run(["clang-format-22", "--dry-run", "-Werror", *files])
        results.add(f"format: {len(files)} files", status == 0, output)


def tidy_check(results):
    database = BUILD / "compile_commands.json"
    entries = json.loads(database.read_text()) if database.exists() else []
    entries = [(str(pathlib.Path(e["file"]).relative_to(ROOT)), e)
               for e in entries if pathlib.Path(e["file"]).is_relative_to(ROOT)]
    entries = [(name, e) for name, e in entries if name.startswith(TIDY_FOLDERS)]
    stamps, units_folder = BUILD / "tidy", BUILD / "tidy-units"
    stamps.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(units_folder, ignore_errors=True)
    rules = {path.parent.relative_to(ROOT): path
             for path in sorted(ROOT.glob("**/.clang-tidy")) if BUILD not in path.parents}
    for folder, path in rules.items():
        (units_folder / folder).mkdir(parents=True, exist_ok=True)
        shutil.copy(path, units_folder / folder)
    config = b"".join(path.read_bytes() for path in rules.values())

    @functools.lru_cache
    def digest(precompiled_header):
        return hashlib.sha256(pathlib.Path(precompiled_header).read_bytes()).digest()

    # Most of a file's time goes into headers, so that files which are compiled alike, under the same rules, are checked
    # as one.
    alike = collections.defaultdict(list)
    for name, entry in entries:
        words = [w for w in shlex.split(entry["command"]) if w not in ("ccache", "-c", entry["file"])]
        if "-o" in words:
            del words[words.index("-o"):words.index("-o") + 2]
        ruled = next(folder for folder in pathlib.PurePath(name).parents if folder in rules)
        text = (ROOT / name).read_text()
        # Files of one room go together; but what some take into scope is ambiguous in others, and there is one main.
        apart = (*name.split("/")[:2], "using namespace llvm;" in text,
                 name if re.search(r"^int main\(", text, re.MULTILINE) else "")
        alike[(entry["directory"], tuple(words[1:]), ruled, apart)].append(name)
    units = [(key, names[i:i + TIDY_TOGETHER]) for key, names in alike.items()
             for i in range(0, len(names), TIDY_TOGETHER)]

    def check(unit, directory, flags, names):
        """What is wrong with each of the files, "" for nothing; None if they cannot be one, since they define the same
        names."""
        unit.write_text("".join(f'#include "{ROOT / name}" // NOLINT(bugprone-suspicious-include)\n' for name in names))
        # Files are checked again only when what the compiler sees of them has changed.
        preprocessed = subprocess.run(["clang++-22", *flags, unit, "-E", "-o", "-"], cwd=directory,
                                      stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        seen = [config, " ".join(flags).encode(), preprocessed.stdout,
                *(digest(w) for w in flags if w.endswith(".pch"))]
        stamp = stamps / hashlib.sha256(b"".join(seen)).hexdigest()
        if preprocessed.returncode == 0 and stamp.exists():
            return {name: "" for name in names}
        status, output = run(["clang-tidy-22", "--quiet", unit, "--", *flags], timeout=PROGRAM_SECONDS, cwd=directory)
        if status == 0:
            stamp.touch()
            return {name: "" for name in names}
        if len(names) > 1 and ("[clang-diagnostic-" in output or status == 124):
            return None
        blamed = [name for name in names if str(ROOT / name) in output]
        return {name: output if name in blamed or not blamed else "" for name in names}

    def tidy(item):
        number, ((directory, flags, ruled, _), names) = item
        unit = units_folder / ruled / f"unit{number}.cpp"

        def halve(names):
            found = check(unit, directory, flags, names)
            middle = len(names) // 2
            return found if found is not None else {**halve(names[:middle]), **halve(names[middle:])}

        return halve(names)

    with concurrent.futures.ThreadPoolExecutor(JOBS) as pool:
        for found in pool.map(tidy, enumerate(units)):
            for name, output in found.items():
                results.add(f"tidy: {name}", not output, output)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("filter", nargs="?", default="", help="run only tests whose names contain this text")
    pattern = parser.parse_args().filter
    results = Results()
    start = time.monotonic()
    (BUILD / "test-reports").mkdir(parents=True, exist_ok=True)

    def wanted(name):
        return not pattern or pattern.lower() in name

    if build(results, "default"):
        with Step(results, "unit tests"):
            unit_tests(results, pattern)
        with Step(results, "lit suite"):
            lit_suite(results, pattern)
        with Step(results, "lit suite, every parsed module printed and parsed again"):
            lit_suite(results, pattern, round_trip=True)
        if wanted("tidy"):
            with Step(results, "clang-tidy"):
                tidy_check(results)
    # A filter that names a unit test does not need the sanitizer build, unless it asks for it.
    if (not pattern or re.search("sanitizer|asan|fuzz", pattern, re.IGNORECASE)) and build(results, "asan"):
        with Step(results, "unit tests under AddressSanitizer and UndefinedBehaviorSanitizer"):
            sanitizer_tests(results, "" if pattern == "asan" else pattern)
        with Step(results, "fuzz targets"):
            fuzz_tests(results, pattern)
    if wanted("schema"):
        with Step(results, "schema conformance"):
            schema_check(results)
    if wanted("format"):
        with Step(results, "clang-format"):
            format_check(results)

    if results.failed:
        print("\nfailed:\n" + "\n".join(f"  {name}" for name in results.failed))
    if not results.passed and not results.failed:
        print(f"no test matches '{pattern}'" if pattern else "no test ran", file=sys.stderr)
    if results.unsupported:
        print("not run, since this machine cannot: " + ", ".join(f"{name} ({n})"
                                                                 for name, n in sorted(results.unsupported.items())))
    print(f"test: {time.monotonic() - start:.0f} s")
    print(f"{results.passed} passed, {len(results.failed)} failed")
    return 1 if results.failed or not results.passed else 0


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
"""No line of our own sources is longer than 120 columns, so that two files fit side by side.

    scripts/check_lines.py [folder]     lists every longer line; exit code 1 if there is one

What must stay one line may be longer: addresses, rows of tables in Markdown, and in lit tests IR and whatever begins
with a directive, such as RUN or CHECK. Fixtures that a program wrote, such as configurations and earlier schemas, are
left out.
"""
import pathlib
import re
import sys

COLUMNS = 120
SUFFIXES = {".c", ".cmake", ".cpp", ".fbs", ".h", ".in", ".inc", ".md", ".mlir", ".py", ".td", ".test", ".txt"}
# Scripts without a suffix say in their first line what they are.
SCRIPT = re.compile(r"#!.*\b(bash|sh|python3)\b")
LEFT_OUT = ("build/", "test/fixtures/", "test/fuzz/corpus/")
# A directive of lit or FileCheck with any prefix, in a comment or not; a message that a test expects.
DIRECTIVE = re.compile(r"\s*(//|#|;)?\s*([A-Z][A-Z0-9_-]*(\{[A-Z0-9:]*\})?:|expected-)")


def is_source(path, name):
    if name.startswith(LEFT_OUT) and not (path.suffix in (".py", ".md") and name.startswith("test/fixtures/")):
        return False
    if path.suffix or not path.is_file():
        return path.suffix in SUFFIXES
    with path.open(errors="replace") as file:
        return bool(SCRIPT.match(file.readline()))


def may_be_longer(path, line):
    if re.search(r"https?://\S{40}", line):
        return True
    if path.suffix == ".md":
        return line.lstrip().startswith("|")
    if path.suffix == ".mlir":
        return bool(DIRECTIVE.match(line)) or not line.lstrip().startswith("//")
    return path.suffix == ".test" and bool(DIRECTIVE.match(line))


def offences(root):
    for path in sorted(root.rglob("*")):
        name = path.relative_to(root).as_posix()
        if any(part.startswith(".") for part in path.relative_to(root).parts) or not is_source(path, name):
            continue
        for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1):
            if len(line) > COLUMNS and not may_be_longer(path, line):
                yield f"{name}:{number}: {len(line)} columns"


def main():
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent.parent).resolve()
    if not root.is_dir():
        sys.exit(f"{root} is no folder")
    found = list(offences(root))
    print("\n".join(found), end="\n" if found else "")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
"""Runs the lines of README's tour as a reader would paste them, from the repository's folder; the first that fails ends
it."""
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]


def main():
    tour = re.search(r"^## A tour\n.*?^```\n(.*?)^```\n", (ROOT / "README.md").read_text(), re.DOTALL | re.MULTILINE)
    if not tour:
        sys.exit("README.md: has no tour")
    # No pipefail: `head` may end before what it reads from.
    return subprocess.run(["bash", "-eux", "-c", tour.group(1)], cwd=ROOT, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())

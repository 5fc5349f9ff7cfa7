#!/usr/bin/env python3
"""Keeps code in docs/ equal to the code it shows: a block after `<!-- snippet FILE TAG -->` is what stands in FILE
between comments `[TAG]` and `[/TAG]`.

  snippets.py          fails, naming them, if blocks differ
  snippets.py --fix    rewrites them
"""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
BLOCK = re.compile(r"(<!-- snippet (\S+) (\S+) -->\n(`{3,})\w*\n)(.*?)(^\4\n)", re.DOTALL | re.MULTILINE)


def code(path, tag):
    text = (ROOT / path).read_text()
    found = re.search(rf"^\S+ \[{re.escape(tag)}\]\n(.*?)^\S+ \[/{re.escape(tag)}\]$", text, re.DOTALL | re.MULTILINE)
    if not found:
        sys.exit(f"{path}: has no part [{tag}]")
    return found.group(1)


def main():
    fix, stale, seen = "--fix" in sys.argv[1:], [], 0
    for page in sorted((ROOT / "docs").glob("*.md")):
        old = page.read_text()
        seen += len(BLOCK.findall(old))
        new = BLOCK.sub(lambda m: m.group(1) + code(m.group(2), m.group(3)) + m.group(6), old)
        if new == old:
            continue
        stale.append(str(page.relative_to(ROOT)))
        if fix:
            page.write_text(new)
    if not seen:
        sys.exit("docs: no snippet found")
    if stale and not fix:
        sys.exit(f"{', '.join(stale)}: snippets differ from the code; run test/docs/snippets.py --fix")


if __name__ == "__main__":
    main()

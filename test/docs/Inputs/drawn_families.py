"""Compares the families that veomni-compile knows with those that parity_fuzz.py draws, which it reads without running
it, since that needs torch:

  drawn_families.py VEOMNI_COMPILE PARITY_FUZZ SCRATCH
"""
import ast
import json
import pathlib
import re
import subprocess
import sys


def known_families(compiler, scratch):
    """The compiler lists them where it refuses a model of no family."""
    scratch.mkdir(parents=True, exist_ok=True)
    (scratch / "config.json").write_text(json.dumps({"model_type": "?"}))
    done = subprocess.run([compiler, scratch, "-o", scratch / "m.vob"], stderr=subprocess.PIPE, text=True)
    listed = re.search(r"'model_type' = \"\?\": not supported, expected one of (.*)", done.stderr)
    return re.findall(r"'(\w+)'", listed[1]) if listed else sys.exit(f"no list of families in: {done.stderr}")


def keys_of(tree, table):
    """Of the dictionary that the script assigns to this name."""
    for node in tree.body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == table:
            return {key.value for key in node.value.keys}
    sys.exit(f"parity_fuzz.py has no table {table}")


def main():
    compiler, script, scratch = map(pathlib.Path, sys.argv[1:])
    known = known_families(compiler, scratch)
    tree = ast.parse(script.read_text())
    families, composites = keys_of(tree, "FAMILIES"), keys_of(tree, "COMPOSITES")
    # A text model is drawn inside of the models that have one.
    drawn = families | composites | {f"{name}_text" for name in composites} | keys_of(tree, "OTHER_NAMES")
    problems = [f"parity_fuzz.py draws no {name}: give FAMILIES (or COMPOSITES, if it is a model of several parts) an "
                "entry "
                "with a function that draws its options, or OTHER_NAMES one that says which family it is the same as"
                for name in known if name not in drawn]
    problems += [f"parity_fuzz.py draws {name}, which is no model_type that veomni-compile knows"
                 for name in sorted(families | composites | keys_of(tree, "OTHER_NAMES")) if name not in known]
    print("\n".join(problems))
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())

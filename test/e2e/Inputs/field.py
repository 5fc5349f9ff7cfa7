"""Compiles every folder of test/fixtures/field that has expected.safetensors, and compares what it computes with it:
field.py FOLDERS --tools build/bin --out SCRATCH

The folders are checkpoints as people have them, with what transformers computes from them (expected.py there).
"""
import argparse
import pathlib
import subprocess
import sys


def run(*command):
    done = subprocess.run([str(word) for word in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          timeout=300)
    if done.returncode != 0:
        print(done.stdout)
    return done.returncode == 0


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folders", type=pathlib.Path)
    parser.add_argument("--tools", type=pathlib.Path, required=True)
    parser.add_argument("--out", type=pathlib.Path, required=True)
    arguments = parser.parse_args()
    failed = compared = 0
    for expected in sorted(arguments.folders.glob("*/expected*.safetensors")):
        folder = expected.parent
        inputs = folder / ("long.inputs" if expected.stem.endswith("-long") else "in.inputs")
        bundle = arguments.out / f"{folder.name}.vob"
        good = run(arguments.tools / "veomni-compile", folder, "-o", bundle) and run(
            arguments.tools / "veomni-run", bundle, "--weights", folder, "--inputs", inputs, "--expect", expected,
            "--rtol", "2e-5")
        compared += 1
        failed += not good
        print(f"{folder.name} {inputs.name}: {'ok' if good else 'FAILED'}")
    print(f"{compared - failed} of {compared} agree")
    return 1 if failed or not compared else 0


if __name__ == "__main__":
    sys.exit(main())

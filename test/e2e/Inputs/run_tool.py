"""Runs one of the project's tools for a test; what it said is the test's failure if it fails."""
import subprocess
import sys


def runner(tools):
    """`tool(NAME, ARGUMENTS...)` for the tools of the folder `tools`."""

    def tool(name, *arguments):
        done = subprocess.run([tools / name, *map(str, arguments)], capture_output=True, text=True)
        if done.returncode != 0:
            sys.exit(f"{name} {' '.join(map(str, arguments))}\n{done.stderr}")

    return tool

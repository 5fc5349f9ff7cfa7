#!/usr/bin/env python3
"""Who may include a target's own headers: its room, the line that registers it, and tests and benchmarks of it.

    scripts/check_targets.py [folder]     lists every include from anywhere else; exit code 1 if there is one

Everything else goes through veomni/Codegen/Backend.h (compiler) and veomni/runtime/Device.h (runtime), so that a new
target is a new room.
"""
import pathlib
import re
import sys

# Headers of a target's own, by the folder that an include names, and the files that may include them.
ROOMS = {
    "veomni/Codegen/CPU/": ["include/veomni/Codegen/CPU/", "lib/Codegen/CPU/"],
    "veomni/Codegen/Null/": ["include/veomni/Codegen/Null/", "lib/Codegen/Null/"],
    "device/cpu/": ["runtime/device/cpu/"],
    "device/null/": ["runtime/device/null/"],
}
REGISTRATION = ["lib/Pipelines/Register.cpp", "runtime/core/Devices.cpp"]
OF_THE_TARGET = ["benchmarks/", "test/unit/codegen/", "test/unit/runtime/CpuTest.cpp", "test/plugins/ExampleKernel.cpp"]
SOURCES = ["benchmarks", "dialects", "include", "lib", "passes", "runtime", "test", "tools"]


def offences(root):
    for folder in SOURCES:
        for path in sorted((root / folder).rglob("*")):
            if path.suffix not in (".h", ".cpp", ".c", ".inc", ".in", ".td"):
                continue
            name = path.relative_to(root).as_posix()
            for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1):
                included = re.match(r'\s*#\s*include\s*["<]([^">]+)[">]', line)
                for room, own in ROOMS.items():
                    allowed = own + REGISTRATION + OF_THE_TARGET
                    if included and included[1].startswith(room) and not name.startswith(tuple(allowed)):
                        yield f"{name}:{number}: includes {included[1]}, which belongs to {own[-1]}"


def main():
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent.parent).resolve()
    if not any((root / folder).is_dir() for folder in SOURCES):
        sys.exit(f"{root} has none of the folders {', '.join(SOURCES)}")
    found = list(offences(root))
    for offence in found:
        print(offence)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())

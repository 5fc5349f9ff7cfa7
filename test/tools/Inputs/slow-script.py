"""What scripts do, at length: a scratch folder, a file that must not stay half, threads that run processes of
processes: slow-script.py SCRIPTS"""
import sys

sys.path.insert(0, sys.argv[1])
import interrupts

import concurrent.futures
import pathlib
import subprocess

changed = pathlib.Path("changed")
with interrupts.scratch_folder() as scratch, interrupts.afterwards(lambda: changed.write_text("new\n")):
    changed.write_text("half")
    (scratch / "left").write_text("x")
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        command = ["sh", "-c", "sh -c 'sleep 0.1; echo >>$ENDED'; true"]
        for _ in pool.map(lambda _: subprocess.run(command, check=True), range(4)):
            pass

"""The lit format of the golden tests. A module of its own, because lit hands it to other processes by name."""
import pathlib
import subprocess
import sys

import lit.formats
import lit.Test

import golden_checks


class GoldenFormat(lit.formats.TestFormat):
    def __init__(self, goldens, tools):
        self.goldens, self.tools = pathlib.Path(goldens), tools

    def getTestsInDirectory(self, suite, path_in_suite, lit_config, local_config):
        for golden in sorted(p for p in self.goldens.iterdir() if p.is_dir()):
            # One that is half made is a failed test, and does not end the others.
            made = (golden / "meta.json").exists()
            for check in golden_checks.checks_of(golden) if made else ["complete"]:
                yield lit.Test.Test(suite, path_in_suite + (golden.name, check), local_config)

    def execute(self, test, lit_config):
        case, check = test.path_in_suite[-2:]
        if check == "complete":
            message = f"{self.goldens / case}: has no meta.json; scripts/make_golden.py writes all files of a golden"
            return lit.Test.FAIL, message
        command = [sys.executable, golden_checks.__file__, str(self.goldens / case), check, "--tools", self.tools]
        try:
            done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                                  errors="replace", timeout=300)
        except subprocess.TimeoutExpired:
            return lit.Test.TIMEOUT, f"{' '.join(command)}\nno end after 300 s"
        codes = {0: lit.Test.PASS, golden_checks.UNSUPPORTED_STATUS: lit.Test.UNSUPPORTED}
        return codes.get(done.returncode, lit.Test.FAIL), f"{' '.join(command)}\n{done.stdout}"

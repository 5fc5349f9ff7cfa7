"""Runs a command on a terminal, and prints what that shows and the exit code: on-terminal.py COMMAND ARGUMENTS..."""
import os
import pty
import sys

process, terminal = pty.fork()
if process == 0:
    os.execvp(sys.argv[1], sys.argv[1:])
shown = b""
try:
    while part := os.read(terminal, 4096):
        shown += part
except OSError:  # the other end is closed
    pass
print(shown.decode(errors="backslashreplace"))
print(f"exit {os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])}")

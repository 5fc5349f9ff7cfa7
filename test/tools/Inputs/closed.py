"""Runs a command with standard descriptors closed: closed.py 0,2 COMMAND ARGUMENTS..."""
import os
import sys

for descriptor in sys.argv[1].split(","):
    os.close(int(descriptor))
os.execvp(sys.argv[2], sys.argv[2:])

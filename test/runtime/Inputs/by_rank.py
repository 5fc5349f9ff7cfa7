#!/usr/bin/env python3
"""Becomes a command whose arguments differ between ranks: of "a,b" the first rank takes a, the second b."""
import os
import sys

rank = int(os.environ.get("OMPI_COMM_WORLD_RANK", os.environ.get("PMI_RANK", "0")))
command = [words[min(rank, len(words) - 1)] for words in (argument.split(",") for argument in sys.argv[1:])]
os.execvp(command[0], command)

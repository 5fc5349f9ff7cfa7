#!/usr/bin/env python3
"""Answers one chat prompt with a compiled bundle, token by token: chat.py BUNDLE HF_DIRECTORY PROMPT

The tokenizer and the chat template come from the Hugging Face directory, the forward and the greedy choice from
veomni-run --generate.
"""
import interrupts  # first, since other imports take time

import argparse
import contextlib
import json
import pathlib
import re
import subprocess
import sys
import threading
import time

import jinja2
import numpy as np
from jinja2.sandbox import ImmutableSandboxedEnvironment
from safetensors.numpy import save
from tokenizers import Tokenizer

ROOT = pathlib.Path(__file__).resolve().parent.parent


def chat_prompt(directory, prompt):
    """The text that transformers' apply_chat_template(..., add_generation_prompt=True) gives."""

    def fail(message):
        raise jinja2.TemplateError(message)

    config = json.loads((directory / "tokenizer_config.json").read_text(encoding="utf-8"))
    environment = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True)
    environment.globals["raise_exception"] = fail
    tokens = {key: config[key] for key in ("bos_token", "eos_token", "pad_token") if key in config}
    return environment.from_string(config["chat_template"]).render(
        messages=[{"role": "user", "content": prompt}], add_generation_prompt=True, **tokens)


class StreamingDecoder:
    """Text of the tokens so far, held back while it ends inside a UTF-8 character."""

    def __init__(self, tokenizer):
        self.tokenizer, self.ids, self.printed = tokenizer, [], 0

    def push(self, token):
        self.ids.append(token)
        text = self.tokenizer.decode(self.ids, skip_special_tokens=True)
        if text.endswith("\N{REPLACEMENT CHARACTER}"):
            return ""
        new, self.printed = text[self.printed :], len(text)
        return new


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("bundle", type=pathlib.Path)
    parser.add_argument("directory", type=pathlib.Path)
    parser.add_argument("prompt")
    parser.add_argument("--max-tokens", type=int, default=200)
    parser.add_argument("--runner", type=pathlib.Path, default=ROOT / "build/bin/veomni-run")
    args = parser.parse_args()

    tokenizer = Tokenizer.from_file(str(args.directory / "tokenizer.json"))
    prompt_ids = tokenizer.encode(chat_prompt(args.directory, args.prompt), add_special_tokens=False).ids
    decoder = StreamingDecoder(tokenizer)
    load_seconds, first, last = None, None, None
    print(f"prompt ({len(prompt_ids)} tokens): {args.prompt}\nanswer: ", end="", flush=True)
    start = time.monotonic()
    process = subprocess.Popen([args.runner, args.bundle, "--weights", args.directory, "--inputs", "-",
                                "--generate", str(args.max_tokens),
                                "--time"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    messages = []
    reader = threading.Thread(target=lambda: messages.extend(line.decode() for line in process.stderr), daemon=True)
    reader.start()
    with contextlib.suppress(BrokenPipeError):  # it has ended and says why
        process.stdin.write(save({"input_ids": np.array([prompt_ids], dtype=np.int64)}))
        process.stdin.close()
    for line in process.stdout:
        last = time.monotonic()
        first = first or last
        print(decoder.push(int(line)), end="", flush=True)
    print(flush=True)
    status = process.wait()
    reader.join()
    if status != 0:
        print("".join(messages), end="", file=sys.stderr)
        print(f"chat: veomni-run ended with status {status}", file=sys.stderr)
        return 1
    if not decoder.ids:
        print("chat: veomni-run gave no token", file=sys.stderr)
        return 1
    for message in messages:
        load = re.match(r"load: ([0-9.]+) s", message)
        load_seconds = float(load[1]) if load else load_seconds
    run_seconds = last - start - (load_seconds or 0.0)
    print(f"answer ids: {' '.join(map(str, decoder.ids))}")
    if load_seconds is not None:
        print(f"load: {load_seconds:.2f} s")
    print(f"run: {run_seconds:.2f} s for {len(decoder.ids)} tokens, {len(decoder.ids) / run_seconds:.1f} tokens/s, "
          f"first after {first - start:.2f} s with loading")
    return 0


if __name__ == "__main__":
    sys.exit(main())

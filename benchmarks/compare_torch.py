#!/usr/bin/env python3
"""Whole-model forward on one core, float32: ours against PyTorch eager and torch.compile, interleaved in one run.

    ./scripts/build
    python3 -m venv build/benchmarks/venv
    build/benchmarks/venv/bin/pip install torch==2.13.0 transformers==5.9.0
    build/benchmarks/venv/bin/python benchmarks/compare_torch.py build/demo/SmolLM2-135M-Instruct

Every contender runs on the same core, one after the other and round by round, so that a noisy neighbour hits all of
them; rates are of CPU time. The share of peak counts useful work only (causal attention as half of a square) against a
float32 FMA loop timed in every round.
"""
import pathlib
import sys
import tempfile
import time

import measure


def main():
    parser = measure.arguments(__doc__)
    parser.add_argument("model", type=pathlib.Path, help="Hugging Face directory with float32 weights")
    parser.add_argument("--no-torch-compile", action="store_true",
                        help="leave out torch.compile, which may take minutes to compile")
    args = parser.parse_args()
    measure.use_one_core(args.core)

    import torch
    import transformers

    torch.set_num_threads(1)
    torch.manual_seed(0)
    print(f"torch {torch.__version__}, transformers {transformers.__version__}, {args.tokens} tokens, core {args.core}",
          flush=True)
    model = transformers.AutoModelForCausalLM.from_pretrained(args.model, dtype=torch.float32).eval()
    ids = torch.randint(0, model.config.vocab_size, (1, args.tokens))

    with tempfile.TemporaryDirectory() as scratch, torch.inference_mode():
        scratch = pathlib.Path(scratch)
        probe = measure.peak_probe(scratch)
        ours = measure.Veomni(args.model, scratch / "model.vob", ids, ["--dtype=f32"])

        def forward(run):
            return run(input_ids=ids, use_cache=False).logits

        contenders = {"veomni": ours.run, "torch eager": lambda: forward(model)}
        print(f"logits: relative difference {measure.relative_difference(ours.logits(), forward(model)):.1e}",
              flush=True)
        if not args.no_torch_compile:
            compiled = torch.compile(model)
            start = time.perf_counter()
            forward(compiled)
            print(f"torch.compile: first forward after {time.perf_counter() - start:.0f} s", flush=True)
            contenders["torch.compile"] = lambda: forward(compiled)
        times, peak = measure.race(contenders, probe, args.rounds, args.repeats)

    measure.print_table(times, peak, measure.useful_flops(model.config, args.tokens), args.tokens)
    return 0


if __name__ == "__main__":
    sys.exit(main())

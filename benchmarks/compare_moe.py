#!/usr/bin/env python3
"""Forward of a sparse model (qwen3_moe) on one core, float32 and bfloat16: ours against PyTorch and llama.cpp,
interleaved in one run.

    ./scripts/build
    python3 -m venv build/benchmarks/venv
    build/benchmarks/venv/bin/pip install torch==2.13.0 transformers==5.9.0 numpy safetensors gguf==0.19.0
    npm install --ignore-scripts --prefix build/benchmarks @node-llama-cpp/linux-x64@3.22.1
    build/benchmarks/venv/bin/python benchmarks/compare_moe.py

The model has random weights and is made once, in build/benchmarks/moe; the weights are bfloat16 numbers, as in
published checkpoints, so that both types compute with the same ones. Every contender computes the logits of all
positions, on one thread and the same core, round by round; rates are of CPU time. Each is first compared with
transformers in float32; a wrong one is an error. Without llama.cpp or gguf the others run alone.

"eager" experts are a loop over the experts, "grouped" ones sort rows by expert. llama.cpp stores keys and values as
float16, its default. The share of peak counts useful work only against a float32 FMA loop, for bfloat16, too, where dot
products can do more than that.
"""
import pathlib
import shutil
import sys
import tempfile
import typing

import llama_cpp
import measure

DIRECTORY = measure.ROOT / "build/benchmarks/moe"
DTYPES = ("f32", "bf16")
SHAPE = {
    "vocab_size": 32768,
    "hidden_size": 1024,
    "intermediate_size": 3072,  # of dense layers, of which there are none
    "num_hidden_layers": 8,
    "num_attention_heads": 16,
    "num_key_value_heads": 4,
    "head_dim": 128,
    "num_experts": 32,
    "num_experts_per_tok": 4,
    "moe_intermediate_size": 512,
    "norm_topk_prob": True,
    "max_position_embeddings": 4096,
    "rope_parameters": {"rope_type": "default", "rope_theta": 1e6},
    "tie_word_embeddings": False,
}
# Of the largest logit. In less than float32, a token whose experts are nearly equal may take another one.
EXACT, ROUNDED = 1e-4, 1e-1


class Contender(typing.NamedTuple):
    runtime: str
    dtype: str
    variant: str
    tolerance: float
    logits: typing.Callable  # returns those of all positions
    run: typing.Callable

    def __str__(self):
        return f"{self.runtime} {self.dtype}, {self.variant}"


def make_model(torch, transformers):
    """Writes the model unless it is there; norms are not 1, so that none can be taken for another."""
    config = transformers.Qwen3MoeConfig(**SHAPE)
    if (DIRECTORY / "config.json").exists():
        there = transformers.AutoConfig.from_pretrained(DIRECTORY)
        if all(getattr(there, key) == getattr(config, key) for key in SHAPE):
            return
        shutil.rmtree(DIRECTORY)
    print(f"writing {DIRECTORY.relative_to(measure.ROOT)}", flush=True)
    torch.manual_seed(0)
    model = transformers.Qwen3MoeForCausalLM(config)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if parameter.dim() == 1:
                parameter.copy_(1 + 0.1 * torch.randn_like(parameter))
            elif name.endswith("mlp.gate.weight"):
                parameter.mul_(4)  # routers that prefer some experts, as trained ones do
    partial = DIRECTORY.with_suffix(".partial")
    shutil.rmtree(partial, ignore_errors=True)
    model.to(torch.bfloat16).save_pretrained(partial)
    partial.rename(DIRECTORY)


def tolerance(dtype):
    return EXACT if dtype == "f32" else ROUNDED


def ours(scratch, ids):
    for dtype in DTYPES:
        for experts, options in {"grouped": [], "eager": ["--kernel=moe_experts=eager"]}.items():
            program = measure.Veomni(DIRECTORY, scratch / f"{dtype}-{experts}.vob", ids, [f"--dtype={dtype}", *options])
            yield Contender("veomni", dtype, f"{experts} experts", tolerance(dtype), program.logits, program.run)


def torch_eager(models, ids):
    for dtype, model in models.items():
        for experts in ("grouped_mm", "eager"):

            def forward(model=model, experts=experts):
                model.set_experts_implementation(experts)
                return model(input_ids=ids, use_cache=False).logits

            yield Contender("torch", dtype, f"{experts} experts", tolerance(dtype), forward, forward)


def with_llama_cpp(directory, model, ids):
    library = llama_cpp.Library(directory)
    print(f"llama.cpp {library.version()}: {library.system()}", flush=True)
    for dtype in DTYPES:
        path = DIRECTORY / f"{dtype}.gguf"
        if not path.exists():
            print(f"writing {path.relative_to(measure.ROOT)}", flush=True)
            llama_cpp.write_gguf(model, path, dtype.upper())
        weights = library.load(path)

        def forward(flash_attention, cache_type=llama_cpp.F16):
            return llama_cpp.Forward(library, weights, ids[0].tolist(), model.config.vocab_size, flash_attention,
                                     cache_type)

        if dtype == "f32":
            # Says whether the conversion is right: by default keys and values are stored as float16.
            exact = forward(False, llama_cpp.F32)
            difference = measure.relative_difference(exact.logits(), model(input_ids=ids, use_cache=False).logits[0])
            exact.free()
            print(f"llama.cpp f32 with a float32 cache: logits differ from transformers' by {difference:.1e} of the "
                  "largest", flush=True)
            if not difference <= EXACT:
                sys.exit(f"compare_moe: the conversion to GGUF is wrong, expected at most {EXACT:.0e}")
        for attention in ("flash", "plain"):
            run = forward(attention == "flash")
            yield Contender("llama.cpp", dtype, f"{attention} attention", ROUNDED, run.logits, run.run)


def check(contenders, model, ids):
    model.set_experts_implementation("eager")
    expected = model(input_ids=ids, use_cache=False).logits[0]
    wrong = []
    for contender in contenders:
        difference = measure.relative_difference(contender.logits().reshape(expected.shape), expected)
        print(f"{contender}: logits differ from those of transformers in float32 by {difference:.1e} of the largest",
              flush=True)
        if not difference <= contender.tolerance:
            wrong.append(f"{contender}: {difference:.1e}, expected at most {contender.tolerance:.0e}")
    if wrong:
        sys.exit("compare_moe: wrong logits\n" + "\n".join(wrong))


def print_ratios(times):
    for dtype in DTYPES:
        fastest = {}
        for contender, values in times.items():
            if contender.dtype == dtype:
                best = min(seconds.cpu for seconds in values)
                fastest.setdefault(contender.runtime, []).append((best, str(contender)))
        seconds, name = min(fastest["veomni"])
        for other, found in fastest.items():
            if other != "veomni":
                print(f"{name}: {min(found)[0] / seconds:.2f} times as fast as {min(found)[1]}")


def main():
    parser = measure.arguments(__doc__)
    parser.add_argument("--llama-cpp", type=pathlib.Path, default=llama_cpp.DEFAULT_LIBRARIES, metavar="DIR",
                        help="folder of libllama")
    args = parser.parse_args()
    measure.use_one_core(args.core)

    import torch
    import transformers

    torch.set_num_threads(1)
    transformers.utils.logging.disable_progress_bar()
    print(f"torch {torch.__version__}, transformers {transformers.__version__}, {args.tokens} tokens, core {args.core}",
          flush=True)
    make_model(torch, transformers)
    load = transformers.AutoModelForCausalLM.from_pretrained
    models = {dtype: load(DIRECTORY, dtype=kind, attn_implementation="sdpa").eval()
              for dtype, kind in zip(DTYPES, (torch.float32, torch.bfloat16))}
    torch.manual_seed(1)
    ids = torch.randint(0, SHAPE["vocab_size"], (1, args.tokens))

    with tempfile.TemporaryDirectory() as scratch, torch.inference_mode():
        scratch = pathlib.Path(scratch)
        probe = measure.peak_probe(scratch)
        contenders = [*ours(scratch, ids), *torch_eager(models, ids)]
        try:
            contenders += with_llama_cpp(args.llama_cpp, models["f32"], ids)
        except (llama_cpp.LlamaCppError, ImportError) as error:
            print(f"without llama.cpp: {error}", flush=True)
        check(contenders, models["f32"], ids)
        times, peak = measure.race({contender: contender.run for contender in contenders}, probe, args.rounds,
                                   args.repeats)

    measure.print_table(times, peak, measure.useful_flops(models["f32"].config, args.tokens), args.tokens)
    print()
    print_ratios(times)
    return 0


if __name__ == "__main__":
    sys.exit(main())

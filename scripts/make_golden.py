#!/usr/bin/env python3
"""Makes a golden model of a transformers class: scripts/make_golden.py CLASS FOLDER [KEY=VALUE ...]

  scripts/make_golden.py Qwen3ForCausalLM test/fixtures/goldens/qwen3_wide num_key_value_heads=1 attention_bias=true

A tiny model of the class is built with the given configuration (values are JSON; what is not given is small and odd),
its weights are drawn so that every term shows, and it is saved with what it computes: logits, losses, hidden states,
the same in bfloat16, and 16 greedy steps. Seeds are tried until no choice of a token or an expert is close and the text
does not repeat itself. The end-to-end suite finds the folder.

Needs torch 2.13, transformers 5.9 and safetensors, and says that it is skipped where they are not installed.
"""
import interrupts  # first, since other imports take time

import argparse
import copy
import inspect
import json
import pathlib
import sys

try:
    import torch
    import transformers
    from safetensors.torch import save_file
except ImportError as error:
    print(f"skipped: {error}")
    sys.exit(0)

SMALL = dict(vocab_size=151, hidden_size=64, intermediate_size=108, moe_intermediate_size=20, num_hidden_layers=2,
             num_attention_heads=4, num_key_value_heads=2, head_dim=20, rms_norm_eps=1e-3, max_position_embeddings=256,
             num_experts=6, num_local_experts=6, num_experts_per_tok=2, bos_token_id=1, eos_token_id=2,
             pad_token_id=None)
TOKENS, STEPS, LEAST_MARGIN, SEEDS = 17, 16, 0.02, 4000


def configuration(model_class, given):
    config_class = model_class.config_class
    known = inspect.signature(config_class.__init__).parameters
    if unknown := sorted(set(given) - set(known)):
        sys.exit(f"make_golden: {config_class.__name__} has no {', '.join(unknown)}")
    config = config_class(**{key: value for key, value in SMALL.items() if key in known} | given)
    config._attn_implementation = config._experts_implementation = "eager"
    return config


def draw(model_class, config, seed):
    """Norms away from 1, or from 0 where the class adds 1; everything else so that sums stay near 1."""
    torch.manual_seed(seed)
    model = model_class(config).eval()
    fresh = {key: value.clone() for key, value in model.named_parameters() if "norm" in key and value.ndim == 1}
    with torch.no_grad():
        for key, value in model.named_parameters():
            if value.ndim >= 2:
                value.normal_(0, value.shape[-1] ** -0.5)
            elif key in fresh:
                value.copy_(fresh[key] + torch.randn_like(value) * 0.3)
            else:
                value.normal_(0, 0.3)
    ids = torch.randint(3, config.vocab_size, (2, TOKENS))
    labels = ids.clone()
    labels[0, 1:3] = -100
    return model, ids, labels


def greedy(model, ids):
    """Tokens, logits of each step, and how near the nearest choice was."""
    tokens, logits, margin, text = [], [], float("inf"), ids[:1]
    for _ in range(STEPS):
        step = model(input_ids=text, use_cache=False).logits[0, -1]
        top = step.topk(2)
        margin = min(margin, float(top.values[0] - top.values[1]))
        tokens.append(int(top.indices[0]))
        logits.append(step)
        text = torch.cat([text, top.indices[:1][None]], 1)
    return torch.tensor(tokens), torch.stack(logits), margin


def routes_are_clear(model, ids, experts_per_token):
    """Whether every token's last chosen expert is ahead of the next one by more than bfloat16 may change: another
    expert is no rounding error."""
    if experts_per_token is None or "output_router_logits" not in inspect.signature(type(model).forward).parameters:
        return True
    layers, narrow = (one(input_ids=ids, use_cache=False, output_router_logits=True).router_logits
                      for one in (model, copy.deepcopy(model).to(torch.bfloat16)))
    for logits, rounded in zip(layers, narrow):
        ordered = logits.sort(descending=True).values
        if experts_per_token == logits.shape[1]:
            continue
        ahead = ordered[:, experts_per_token - 1] - ordered[:, experts_per_token]
        if (ahead <= 2 * (logits - rounded.float()).abs().amax(1)).any():
            return False
    return True


def difference(found, expected):
    found, expected = found.double(), expected.double()
    apart = float((found - expected).abs().max())
    return {"max_abs": apart, "rel": apart / float(expected.abs().max())}


def make(model_class, given, folder, name):
    torch.set_num_threads(1)
    transformers.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()

    config = configuration(model_class, given)
    with torch.no_grad():
        for seed in range(SEEDS):
            model, ids, labels = draw(model_class, config, seed)
            tokens, step_logits, margin = greedy(model, ids)
            if margin <= LEAST_MARGIN or len(set(tokens.tolist())) <= STEPS // 4:
                continue
            if routes_are_clear(model, ids, getattr(config, "num_experts_per_tok", None)):
                break
        else:
            sys.exit(f"make_golden: of {SEEDS} seeds none gives clear choices of tokens and experts; give it another "
                     "shape")
        model.save_pretrained(folder)

        def run(dtype=torch.float32, wide=False):
            same = model_class.from_pretrained(folder, attn_implementation="eager", dtype=dtype).eval()
            same.config._experts_implementation = "eager"
            return (same.double() if wide else same)(input_ids=ids, labels=labels, use_cache=False,
                                                     output_hidden_states=True)

        out, narrow, exact = run(), run(torch.bfloat16), run(wide=True)
    tensors = {"input.input_ids": ids, "input.labels": labels, "output.logits": out.logits, "output.loss": out.loss}
    tensors |= {f"output.hidden_states.{i}": state for i, state in enumerate(out.hidden_states)}
    tensors |= {"bf16.logits": narrow.logits, "bf16.loss": narrow.loss.float(), "generate.tokens": tokens,
                "generate.logits": step_logits}
    tensors = {key: value.detach().contiguous().clone() for key, value in tensors.items()}
    save_file(tensors, folder / "golden.safetensors", metadata={"format": "pt"})
    meta = {
        "case": name, "model_class": model_class.__name__, "seed": seed,
        "versions": {"torch": torch.__version__, "transformers": transformers.__version__},
        "parameters": sum(value.numel() for value in model.parameters()),
        "labels_counted": int((labels[:, 1:] != -100).sum()),
        "diff": {"f32_vs_f64": difference(out.logits, exact.logits),
                 "bf16_vs_f32": difference(narrow.logits, out.logits),
                 "f32_vs_f64_loss": difference(out.loss, exact.loss),
                 "bf16_vs_f32_loss": difference(narrow.loss, out.loss)},
        "generate": {"prompt": "input.input_ids[0]", "min_top2_margin": margin},
        "logits": {"std": float(out.logits.std()), "max_abs": float(out.logits.abs().max())},
        "shapes": {key: list(value.shape) for key, value in tensors.items()},
        "forward_kwargs": {"use_cache": False, "output_hidden_states": True},
    }
    (folder / "meta.json").write_text(json.dumps(meta, indent=1) + "\n")
    print(f"{name}: seed {seed}, float32 noise {meta['diff']['f32_vs_f64']['rel']:.1e}, nearest greedy choice "
          f"{margin:.3f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model_class", metavar="CLASS", help="of transformers, as LlamaForCausalLM")
    parser.add_argument("folder", metavar="FOLDER", type=pathlib.Path)
    parser.add_argument("settings", metavar="KEY=VALUE", nargs="*", help="of the configuration; values are JSON")
    args = parser.parse_args()
    model_class = getattr(transformers, args.model_class, None)
    if model_class is None or not hasattr(model_class, "config_class"):
        parser.error(f"transformers {transformers.__version__} has no model class '{args.model_class}'")
    given = {}
    for setting in args.settings:
        key, equals, value = setting.partition("=")
        try:
            given[key] = json.loads(value)
        except json.JSONDecodeError:
            parser.error(f"found '{setting}', expected KEY=VALUE with a JSON value; texts need their quotes")
    if args.folder.exists() and any(args.folder.iterdir()):
        parser.error(f"{args.folder} is not empty")
    args.folder.parent.mkdir(parents=True, exist_ok=True)
    # A golden is there when it is complete.
    with interrupts.scratch_folder(args.folder.parent) as scratch:
        make(model_class, given, scratch, args.folder.name)
        scratch.chmod(0o755)
        scratch.replace(args.folder)


if __name__ == "__main__":
    main()

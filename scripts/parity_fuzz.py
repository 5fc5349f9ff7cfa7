#!/usr/bin/env python3
"""Random small models of every family against transformers: scripts/parity_fuzz.py [--cases N] [--seconds S] [--seed N]
[--tools build/bin] [--keep FOLDER] [--ranks] [FAMILY ...]

Each case draws sizes, options and inputs (padding on either side, packed documents, explicit positions), saves the
model with transformers, compiles and runs what was saved, and compares logits in float32. The limit is 2e-5 of the
largest logit, or ten times the model's own float32 noise if that is more. A line per miss and the tally are printed;
the exit status is 1 if there was a miss. --keep copies what misses. With --ranks each model also runs on a mesh that is
drawn, and must give the same bits there, or where the mesh divides parameters the same logits up to that limit; heads,
experts and columns that do not fit the mesh must be refused.

Needs torch 2.13, transformers 5.9 and safetensors, and says that it is skipped where they are not installed. Left out
on purpose: linear attention over padded or packed rows, where transformers lets padding and other documents in
(README), and packed rows of gpt_oss, qwen2_vl and qwen2_5_vl, whose eager forms do not look for documents.
"""
import interrupts  # first, since other imports take time

import argparse
import copy
import math
import os
import pathlib
import random
import shutil
import subprocess
import sys
import time

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ["HF_HUB_DISABLE_PROGRESS_BARS"] = "1"
try:
    import torch
    import transformers
    from safetensors.torch import load_file, save_file
except ImportError as error:
    print(f"skipped: {error}")
    sys.exit(0)

torch.set_num_threads(1)
transformers.logging.set_verbosity_error()
transformers.utils.logging.disable_progress_bar()


def rope(r, head_dim):
    kind = r.choice(["default", "default", "linear", "llama3", "yarn", "dynamic", "longrope"])
    parameters = {"rope_theta": r.choice([10.0, 150.0, 1e4, 1e6]), "rope_type": kind}
    if kind == "linear":
        parameters["factor"] = r.choice([2.0, 4.0, 1.5])
    elif kind == "dynamic":
        parameters["factor"] = r.choice([2.0, 4.0])
    elif kind == "longrope":
        for key in ("short_factor", "long_factor"):
            parameters[key] = [r.choice([1.0, 1.25, 2.0, 4.5]) for _ in range(head_dim // 2)]
        parameters["original_max_position_embeddings"] = r.choice([8, 16, 32])
        if r.random() < 0.3:
            parameters["attention_factor"] = 1.2
        if r.random() < 0.3:
            parameters["factor"] = 4.0
    elif kind == "llama3":
        parameters.update(factor=8.0, low_freq_factor=1.0, high_freq_factor=4.0,
                          original_max_position_embeddings=r.choice([16, 64]))
    elif kind == "yarn":
        parameters.update(factor=r.choice([2.0, 4.0, 40.0]), original_max_position_embeddings=r.choice([16, 64]))
        if r.random() < 0.5:
            parameters.update(beta_fast=r.choice([32.0, 8.0]), beta_slow=r.choice([1.0, 2.0]))
        if r.random() < 0.3:
            parameters.update(mscale=r.choice([1.0, 0.7]), mscale_all_dim=r.choice([1.0, 0.7]))
        if r.random() < 0.2:
            parameters["attention_factor"] = 1.2
        if r.random() < 0.2:
            parameters["truncate"] = False
    return parameters


def common(r, head_dims=(4, 8, 12, 16, 20, 32, 64)):
    heads = r.choice([1, 2, 3, 4, 6, 8])
    head_dim = r.choice(head_dims)
    return dict(vocab_size=r.choice([17, 50, 97, 131]), hidden_size=r.choice([16, 24, 36, 40, 64, 100, 130]),
                intermediate_size=r.choice([8, 31, 48, 77, 128]), num_hidden_layers=r.choice([1, 2, 3]),
                num_attention_heads=heads,
                num_key_value_heads=r.choice([k for k in (1, 2, 3, 4, 6, 8) if heads % k == 0]), head_dim=head_dim,
                rms_norm_eps=r.choice([1e-6, 1e-5, 1e-3]), max_position_embeddings=r.choice([16, 64, 128]),
                tie_word_embeddings=r.random() < 0.3, hidden_act="silu", attention_dropout=0.0,
                rope_parameters=rope(r, head_dim), pad_token_id=None, bos_token_id=1, eos_token_id=2)


def heads_fill_hidden(r, config, sizes=(8, 12, 16, 20)):
    """For families whose heads divide the hidden size."""
    config["head_dim"] = r.choice(sizes)
    config["hidden_size"] = config["num_attention_heads"] * config["head_dim"]
    config["rope_parameters"] = rope(r, config["head_dim"])


def experts(r, config, key="num_experts", counts=(2, 4, 5, 8)):
    count = r.choice(counts)
    config.update({key: count, "num_experts_per_tok": r.choice([1, min(2, count), min(3, count)])})


def maybe_window(r, config):
    if r.random() < 0.4:
        config.update(use_sliding_window=True, sliding_window=r.choice([3, 5, 8]), max_window_layers=r.choice([0, 1]))


def layer_kinds(r, config, other="sliding_attention"):
    config["layer_types"] = [r.choice([other, "full_attention"]) for _ in range(config["num_hidden_layers"])]


def llama(r, c):
    heads_fill_hidden(r, c)
    c.update(attention_bias=r.random() < 0.3, mlp_bias=r.random() < 0.3,
             hidden_act=r.choice(["silu", "gelu", "gelu_pytorch_tanh"]))


def mistral(r, c):
    c["sliding_window"] = r.choice([None, 3, 6])


def granite(r, c):
    heads_fill_hidden(r, c)
    c.pop("head_dim")
    c.update(attention_bias=r.random() < 0.3, mlp_bias=r.random() < 0.3, embedding_multiplier=r.choice([1.0, 12.0]),
             residual_multiplier=r.choice([1.0, 0.22]), attention_multiplier=r.choice([0.1, 0.3]),
             logits_scaling=r.choice([1.0, 8.0]))


def olmo2(r, c):
    heads_fill_hidden(r, c)
    c.pop("head_dim")
    c["attention_bias"] = r.random() < 0.3


def gemma3_text(r, c):
    c["hidden_size"] = c["num_attention_heads"] * r.choice([8, 12])
    c.pop("hidden_act")
    c.update(query_pre_attn_scalar=r.choice([8, 18]), sliding_window=r.choice([3, 6]), attention_bias=r.random() < 0.3,
             final_logit_softcapping=r.choice([None, 5.0]), hidden_activation="gelu_pytorch_tanh",
             rope_parameters={"full_attention": rope(r, c["head_dim"]),
                              "sliding_attention": {"rope_type": "default", "rope_theta": 1e4}})
    # transformers keeps one length for both kinds of layers in ropes that depend on the run.
    if c["rope_parameters"]["full_attention"]["rope_type"] in ("dynamic", "longrope"):
        c["rope_parameters"]["full_attention"] = {"rope_type": "linear", "factor": 8.0, "rope_theta": 1e6}
    layer_kinds(r, c)


def qwen2(r, c):
    heads_fill_hidden(r, c)
    c.pop("head_dim")
    maybe_window(r, c)


def qwen2_moe(r, c):
    heads_fill_hidden(r, c)
    c.pop("head_dim")
    experts(r, c)
    c.update(moe_intermediate_size=r.choice([8, 20]), shared_expert_intermediate_size=r.choice([8, 16]),
             norm_topk_prob=r.random() < 0.5, decoder_sparse_step=r.choice([1, 1, 2]),
             mlp_only_layers=r.choice([[], [0]]), qkv_bias=r.random() < 0.7)
    maybe_window(r, c)


def qwen3(r, c):
    c["attention_bias"] = r.random() < 0.3
    maybe_window(r, c)


def seed_oss(r, c):
    c.update(attention_bias=r.random() < 0.5, attention_out_bias=r.random() < 0.5, mlp_bias=r.random() < 0.3)


def mixtral(r, c):
    experts(r, c, "num_local_experts")
    c["sliding_window"] = r.choice([None, None, 4])


def qwen3_moe(r, c):
    experts(r, c, counts=(2, 4, 7, 8, 16))
    c.update(moe_intermediate_size=r.choice([8, 20, 33]), norm_topk_prob=r.random() < 0.5,
             decoder_sparse_step=r.choice([1, 1, 2]), mlp_only_layers=r.choice([[], [], [0]]),
             attention_bias=r.random() < 0.3)


def gpt_oss(r, c):
    c.pop("tie_word_embeddings")
    experts(r, c, "num_local_experts", (2, 4, 8))
    c["head_dim"] = r.choice([8, 16, 20])
    c.update(sliding_window=r.choice([3, 5, 8]), rope_parameters=rope(r, c["head_dim"]))
    layer_kinds(r, c)


def deepseek_v3(r, c):
    c.pop("head_dim")
    groups = r.choice([1, 2, 4])
    turning = r.choice([4, 8, 12])
    c.update(num_key_value_heads=c["num_attention_heads"], q_lora_rank=r.choice([None, 12, 24]),
             kv_lora_rank=r.choice([8, 20]), qk_nope_head_dim=r.choice([8, 12]), qk_rope_head_dim=turning,
             v_head_dim=r.choice([8, 10, 16]), n_routed_experts=groups * r.choice([2, 4]),
             num_experts_per_tok=r.choice([1, 2]), n_group=groups, topk_group=r.choice([1, groups]),
             moe_intermediate_size=r.choice([8, 20]), n_shared_experts=r.choice([1, 2]),
             first_k_dense_replace=r.choice([0, 1]), routed_scaling_factor=r.choice([1.0, 2.5]),
             norm_topk_prob=r.random() < 0.7, rope_interleave=r.random() < 0.7, rope_parameters=rope(r, turning))


def qwen3_5_text(r, c):
    head_dim, part = r.choice([16, 24, 32]), r.choice([0.25, 0.5, 1.0])
    if int(head_dim * part) % 2:
        part = 0.5
    frequencies = int(head_dim * part) // 2
    first = r.randrange(0, frequencies + 1)
    sections = [first, (frequencies - first + 1) // 2, (frequencies - first) // 2]
    key_heads = r.choice([1, 2, 3])
    c.update(head_dim=head_dim, linear_num_key_heads=key_heads, linear_num_value_heads=key_heads * r.choice([1, 2]),
             linear_key_head_dim=r.choice([8, 16, 20]), linear_value_head_dim=r.choice([8, 12, 40]),
             linear_conv_kernel_dim=r.choice([2, 3, 4]),
             rope_parameters={"rope_type": "default", "rope_theta": r.choice([150.0, 1e4]),
                              "partial_rotary_factor": part, "mrope_section": sections, "mrope_interleaved": True})
    layer_kinds(r, c, "linear_attention")


def qwen3_5_moe_text(r, c):
    qwen3_5_text(r, c)
    experts(r, c)
    c.update(moe_intermediate_size=r.choice([8, 20]), shared_expert_intermediate_size=r.choice([8, 16]))


def glm_moe_dsa(r, c):
    c.pop("head_dim")
    turning, layers = r.choice([4, 8]), c["num_hidden_layers"]
    c.update(num_key_value_heads=c["num_attention_heads"], q_lora_rank=r.choice([12, 28]),
             kv_lora_rank=r.choice([8, 20]), qk_nope_head_dim=r.choice([8, 12]), qk_rope_head_dim=turning,
             v_head_dim=r.choice([8, 10, 16]), n_routed_experts=r.choice([4, 8]),
             num_experts_per_tok=r.choice([1, 2, 3]), n_group=1, topk_group=1, moe_intermediate_size=r.choice([8, 18]),
             n_shared_experts=r.choice([1, 2]), routed_scaling_factor=r.choice([1.0, 2.5]),
             norm_topk_prob=r.random() < 0.7, index_topk=r.choice([3, 6, 64]), index_head_dim=r.choice([turning, 12]),
             index_n_heads=r.choice([12, 16]), mlp_layer_types=[r.choice(["dense", "sparse"]) for _ in range(layers)],
             indexer_types=["full", *(r.choice(["full", "shared"]) for _ in range(layers - 1))],
             rope_parameters=rope(r, turning))


def mrope_sections(r, c, key_values):
    """Text models of qwen's vision models: rope turns sections by positions of their own, which are equal for text."""
    c["head_dim"] = r.choice([8, 16, 32])
    frequencies = c["head_dim"] // 2
    first = r.randrange(1, frequencies - 1)
    second = r.randrange(1, frequencies - first) if frequencies - first > 1 else 1
    c["rope_parameters"] = {"rope_type": "default", "rope_theta": r.choice([150.0, 1e4]),
                            "mrope_section": [first, second, frequencies - first - second], **key_values}


def qwen2_vl(r, c):
    mrope_sections(r, c, {})
    c["hidden_size"] = c["num_attention_heads"] * c.pop("head_dim")


def qwen3_vl(r, c):
    mrope_sections(r, c, {"mrope_interleaved": True})
    c["attention_bias"] = r.random() < 0.3


def qwen3_vl_moe(r, c):
    qwen3_vl(r, c)
    experts(r, c)
    c.update(moe_intermediate_size=r.choice([8, 20]), decoder_sparse_step=r.choice([1, 2]),
             mlp_only_layers=r.choice([[], [0]]))


FAMILIES = {
    "llama": ("Llama", llama), "mistral": ("Mistral", mistral), "granite": ("Granite", granite),
    "olmo2": ("Olmo2", olmo2), "gemma3_text": ("Gemma3", gemma3_text), "qwen2": ("Qwen2", qwen2),
    "qwen2_moe": ("Qwen2Moe", qwen2_moe), "qwen3": ("Qwen3", qwen3), "seed_oss": ("SeedOss", seed_oss),
    "mixtral": ("Mixtral", mixtral), "qwen3_moe": ("Qwen3Moe", qwen3_moe), "gpt_oss": ("GptOss", gpt_oss),
    "deepseek_v3": ("DeepseekV3", deepseek_v3), "qwen3_5_text": ("Qwen3_5", qwen3_5_text),
    "qwen3_5_moe_text": ("Qwen3_5Moe", qwen3_5_moe_text), "glm_moe_dsa": ("GlmMoeDsa", glm_moe_dsa),
}
# Models with towers for images, of which only the text model is compiled; the tower is as small as its class allows.
QWEN_TOWER = dict(depth=1, hidden_size=16, intermediate_size=16, num_heads=2, patch_size=4)
COMPOSITES = {
    "qwen2_vl": ("Qwen2VL", qwen2_vl, dict(depth=1, embed_dim=16, num_heads=2, patch_size=4), "hidden_size"),
    "qwen2_5_vl": ("Qwen2_5_VL", qwen2_vl, dict(QWEN_TOWER, fullatt_block_indexes=[0], window_size=16),
                   "out_hidden_size"),
    "qwen3_vl": ("Qwen3VL", qwen3_vl, dict(QWEN_TOWER, deepstack_visual_indexes=[0], num_position_embeddings=16),
                 "out_hidden_size"),
    "qwen3_vl_moe": ("Qwen3VLMoe", qwen3_vl_moe,
                     dict(QWEN_TOWER, deepstack_visual_indexes=[0], num_position_embeddings=16), "out_hidden_size"),
    "qwen3_5": ("Qwen3_5", qwen3_5_text, dict(QWEN_TOWER, num_position_embeddings=16), "out_hidden_size"),
    "qwen3_5_moe": ("Qwen3_5Moe", qwen3_5_moe_text, dict(QWEN_TOWER, num_position_embeddings=16), "out_hidden_size"),
    "gemma3": ("Gemma3", gemma3_text, dict(hidden_size=16, intermediate_size=16, num_hidden_layers=1,
                                           num_attention_heads=2, image_size=28, patch_size=14), None),
}
# Families that are another one, under a name that transformers has no class for.
OTHER_NAMES = {"kimi_k2": "deepseek_v3"}
ONE_PLUS_NORMS = ("qwen3_5", "gemma3")
# Families whose form in transformers does not see that positions begin again, so that documents run into each other.
PACKED_UNLIKE = ("gpt_oss", "qwen3_5", "qwen2_vl", "qwen2_5_vl")


def make_model(name, r):
    """A model with weights that let every term show."""
    config = common(r)
    if name in COMPOSITES:
        prefix, draw, tower, width_key = COMPOSITES[name]
        draw(r, config)
        if width_key:
            tower = dict(tower, **{width_key: config["hidden_size"]})
        # The outer configuration decides whether the head is the table.
        config = getattr(transformers, prefix + "Config")(text_config=config, vision_config=tower,
                                                          tie_word_embeddings=config["tie_word_embeddings"])
        parts, words = [config, config.text_config, config.vision_config], "ForConditionalGeneration"
    else:
        prefix, draw = FAMILIES[name]
        draw(r, config)
        config = getattr(transformers, prefix + ("TextConfig" if name.endswith("_text") else "Config"))(**config)
        parts, words = [config], "ForCausalLM"
    for part in parts:
        part._attn_implementation = part._experts_implementation = "eager"
    model = getattr(transformers, prefix + words)(config).eval()
    with torch.no_grad():
        for key, value in model.named_parameters():
            if value.ndim >= 2:
                value.normal_(0, value.shape[-1] ** -0.5)
            elif "norm" in key:
                value.normal_(0 if name.startswith(ONE_PLUS_NORMS) and "linear_attn" not in key else 1, 0.2)
            elif "A_log" in key:
                value.uniform_(-1, 1)
            else:
                value.normal_(0, 0.3)
        for key, value in model.named_buffers():
            if "e_score_correction_bias" in key:
                value.normal_(0, 0.1)
    return model


def make_inputs(name, r, vocabulary):
    batch, seq = r.choice([1, 1, 2, 3]), r.choice([1, 2, 5, 16, 17, 33, 50])
    inputs = {"input_ids": torch.randint(0, vocabulary, (batch, seq))}
    kind = r.choice(["plain", "plain", "left", "right", "positions", "ones", "packed"])
    if kind in ("left", "right") and seq > 2 and not name.startswith("qwen3_5"):
        mask = torch.ones(batch, seq, dtype=torch.long)
        for row in mask:
            padding = r.randrange(0, seq - 1)
            if padding:
                row[slice(0, padding) if kind == "left" else slice(seq - padding, seq)] = 0
        inputs["attention_mask"] = mask
        if kind == "left" and r.random() < 0.5:
            inputs["position_ids"] = mask.cumsum(-1) - 1
            if r.random() < 0.5:
                inputs["position_ids"].clamp_(min=0)
    elif kind == "ones":
        inputs["attention_mask"] = torch.ones(batch, seq, dtype=torch.long)
    elif kind == "positions":
        inputs["position_ids"] = (torch.arange(seq) + r.randrange(0, 9)).expand(batch, seq).contiguous()
    elif kind == "packed" and seq > 4 and not name.startswith(PACKED_UNLIKE):
        cut = r.randrange(1, seq)
        inputs["position_ids"] = torch.cat([torch.arange(cut), torch.arange(seq - cut)]).expand(batch, seq).contiguous()
    return kind, inputs


def difference(found, expected, mask):
    found, expected = found.double(), expected.double()
    if mask is not None:
        found, expected = found[mask == 1], expected[mask == 1]
    return float((found - expected).abs().max() / expected.abs().max().clamp(min=1e-30))


def logits_of(tools, folder, inputs, scratch):
    bundle, given, outputs = scratch / "m.vob", scratch / "in.safetensors", scratch / "out.safetensors"
    save_file({key: value.contiguous() for key, value in inputs.items()}, given)
    for command in ([tools / "veomni-compile", folder, "-o", bundle],
                    [tools / "veomni-run", bundle, "--weights", folder, "--inputs", given, "--outputs", outputs]):
        done = subprocess.run(list(map(str, command)), capture_output=True, text=True, timeout=600)
        if done.returncode:
            raise RuntimeError(f"{command[0].name} ended with {done.returncode}: {done.stderr.strip()[-300:]}")
    return load_file(outputs)["logits"]


# What says that a model does not fit a mesh.
REFUSALS = ("cannot split its heads over the", "do not divide; expected a size of 'ep'", "but the model has none",
            "ranks do not divide")


def draw_mesh(r):
    """At most 12 ranks; half of the meshes divide parameters."""
    while True:
        sizes = {"dp_replicate": r.randrange(1, 3), "dp_shard": r.randrange(1, 4), "sp": r.randrange(1, 5),
                 "tp": r.choice([1, 1, 2, 4])}
        ranks = math.prod(sizes.values())
        if ranks <= 12:
            sizes["ep"] = r.choice([n for n in range(1, ranks + 1) if ranks % n == 0])
            return sizes, ranks


def problem_on_ranks(tools, folder, scratch, r, miss):
    """What is wrong with the program on several ranks, whose outputs were those of one; "" if nothing is. `miss` says
    what is wrong with logits."""
    sizes, ranks = draw_mesh(r)
    mesh = ",".join(f"{axis}={size}" for axis, size in sizes.items())
    bundle, outputs = scratch / "ranks.vob", scratch / "ranks.safetensors"
    compiled = subprocess.run([tools / "veomni-compile", folder, "-o", bundle, f"--mesh={mesh}"], capture_output=True,
                              text=True, timeout=600)
    if compiled.returncode:
        refused = any(text in compiled.stderr for text in REFUSALS)
        return "" if refused else f"over {mesh}: {compiled.stderr.strip()[-300:]}"
    ran = subprocess.run([tools / "veomni-run", bundle, "--weights", folder, "--inputs", scratch / "in.safetensors",
                          "--outputs", outputs, *(["--ranks=local", "--timeout=60"] if ranks > 1 else [])],
                         capture_output=True, text=True, timeout=600)
    if ran.returncode:
        return f"over {mesh}: {ran.stderr.strip()[-300:]}"
    if sizes["tp"] > 1:  # sums of parts have another order
        wrong = miss(load_file(outputs)["logits"])
        return f"over {mesh}: {wrong}" if wrong else ""
    same = outputs.read_bytes() == (scratch / "out.safetensors").read_bytes()
    return "" if same else f"over {mesh}: other bits than one rank gives"


def run_case(name, seed, arguments):
    """"ok", "skipped", or what is wrong."""
    r = random.Random(seed)
    torch.manual_seed(seed)
    try:
        model = make_model(name, r)
        kind, inputs = make_inputs(name, r, model.config.get_text_config().vocab_size)
        with torch.no_grad():
            expected = model(**inputs, use_cache=False).logits
    except Exception:  # transformers refuses what was drawn
        return "skipped"
    with interrupts.scratch_folder() as scratch:
        folder = scratch / "model"
        model.save_pretrained(folder)
        wrong = None
        try:
            mask = inputs.get("attention_mask")

            def miss(found):
                apart = difference(found, expected, mask)
                if apart <= 2e-5:
                    return None
                wide = copy.deepcopy(model).double()
                with torch.no_grad():
                    noise = difference(expected, wide(**inputs, use_cache=False).logits, mask)
                return None if apart <= 10 * noise else f"differs by {apart:.1e}, noise {noise:.1e}"

            wrong = miss(logits_of(arguments.tools, folder, inputs, scratch))
            if arguments.ranks and not wrong:
                wrong = problem_on_ranks(arguments.tools, folder, scratch, r, miss)
        except (RuntimeError, subprocess.TimeoutExpired) as error:
            wrong = str(error)
        if wrong and arguments.keep:
            save_file({"logits": expected.contiguous()}, scratch / "expected.safetensors")
            shutil.copytree(scratch, arguments.keep / f"{name}-{seed}", dirs_exist_ok=True)
    if not wrong:
        return "ok"
    ropes = getattr(model.config.get_text_config(), "rope_parameters", None)
    return f"MISS {name} seed {seed} {kind} {list(inputs['input_ids'].shape)}: {wrong} :: {ropes}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("families", nargs="*", metavar="FAMILY", choices=[*FAMILIES, *COMPOSITES, []],
                        help=", ".join([*FAMILIES, *COMPOSITES]))
    parser.add_argument("--cases", type=int, default=100)
    parser.add_argument("--seconds", type=float, default=float("inf"))
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--tools", type=pathlib.Path, default=pathlib.Path(__file__).parent.parent / "build/bin")
    parser.add_argument("--keep", type=pathlib.Path)
    parser.add_argument("--ranks", action="store_true")
    arguments = parser.parse_args()
    r = random.Random(arguments.seed)
    names = arguments.families or [*FAMILIES, *COMPOSITES]
    tally = {name: {"ok": 0, "miss": 0, "skipped": 0} for name in names}
    end = time.monotonic() + arguments.seconds
    for _ in range(arguments.cases):
        if time.monotonic() > end:
            break
        name, seed = r.choice(names), r.randrange(1 << 30)
        result = run_case(name, seed, arguments)
        tally[name][result if result in ("ok", "skipped") else "miss"] += 1
        if result not in ("ok", "skipped"):
            print(result, flush=True)
    for name, counts in tally.items():
        print(f"{name}: {counts['ok']} ok, {counts['miss']} missed, {counts['skipped']} skipped")
    total = {kind: sum(counts[kind] for counts in tally.values()) for kind in ("ok", "miss", "skipped")}
    print(f"all: {total['ok']} ok, {total['miss']} missed, {total['skipped']} skipped")
    return 1 if total["miss"] else 0


if __name__ == "__main__":
    sys.exit(main())

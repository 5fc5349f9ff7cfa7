#!/usr/bin/env python3
"""End-to-end checks of one golden model with the installed tools: golden_checks.py GOLDEN CHECK [--tools build/bin]

What veomni-run --expect says is not taken on trust: its outputs are also read and compared here.
"""
import argparse
import functools
import json
import pathlib
import random
import re
import resource
import shlex
import shutil
import subprocess
import sys
import tempfile

import safetensors_file as st

CHECKS = {}
# /proc/cpuinfo flags that a --cpu level needs
CPU_LEVELS = {
    "x86-64-v3": ["avx2", "fma", "bmi2", "f16c"],
    "x86-64-v4": ["avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl"],
    "avx512-bf16": ["avx512f", "avx512bw", "avx512vl", "avx512_bf16"],
}
# Per golden and kind of file: over all goldens well more than a thousand damaged files.
DAMAGED_FILES = 30
DAMAGED_MEMORY = 8 << 30


# Exit code of a check that this machine cannot run, as in Automake: neither a pass nor a failure.
UNSUPPORTED_STATUS = 77


class Failure(Exception):
    pass


class Unsupported(Exception):
    pass


def check(applies=lambda golden: True):
    def register(function):
        CHECKS[function.__name__] = (applies, function)
        return function

    return register


def check_levels(levels):
    """One check per CPU level, named <function>.<level>, so that each is reported as unsupported by itself where the
    machine lacks it."""

    def register(function):
        def at(level):
            def run(golden):
                require_level(level)
                function(golden, level)

            return run

        for level in levels:
            CHECKS[f"{function.__name__}.{level}"] = (lambda golden: True, at(level))
        return function

    return register


def require_level(level):
    info = pathlib.Path("/proc/cpuinfo").read_text()
    flags = set(next((line for line in info.splitlines() if line.startswith("flags")), "").split())
    if missing := sorted(set(CPU_LEVELS[level]) - flags):
        raise Unsupported(f"this machine lacks {level}: it has no {', '.join(missing)}")


def has_tensor(name):
    return lambda golden: name in json.loads((golden / "meta.json").read_text())["shapes"]


def has_file(name):
    return lambda golden: (golden / name).exists()


def sparse_layers(golden):
    """The indices of the layers whose MLP is sparse, by the names of the stored tensors."""
    names = {name for file in golden.glob("model*.safetensors") for name in st.read(file)}
    layers = {re.search(r"layers\.(\d+)\.", name)[1] for name in names if ".experts." in name}
    return sorted(map(int, layers))


def text_config(golden):
    """The config of the model, or of the text model of a composite one."""
    config = json.loads((golden / "config.json").read_text())
    return config.get("text_config", config)


def loss_takes_the_head(golden):
    """Whether there is a loss, of logits that are just what the head returns: not capped and not divided."""
    config = text_config(golden)
    plain = not config.get("final_logit_softcapping") and config.get("logits_scaling", 1) == 1
    return has_tensor("output.loss")(golden) and plain


def checks_of(golden):
    return [name for name, (applies, _) in CHECKS.items() if applies(golden)]


class Golden:
    def __init__(self, directory, tools, scratch):
        self.directory, self.tools, self.scratch = directory, tools, scratch
        self.file = directory / "golden.safetensors"
        self.tensors = st.read(self.file)
        self.diff = json.loads((directory / "meta.json").read_text())["diff"]
        # Ten times the float32 noise floor of the model itself, and never more than what suits every model.
        self.rtol = min(10 * self.diff["f32_vs_f64"]["rel"], 1e-5)

    def taken(self):
        """Options by which its program takes what a vision tower made for it."""
        names = [name for name in ("image_embeds", "video_embeds") if f"input.{name}" in self.tensors]
        return [f"--with={name}" for name in names]

    def divides(self, ranks):
        """Whether so many ranks divide the columns of all feed-forward layers but those of routed experts."""
        config = text_config(self.directory)
        shared = config.get("n_shared_experts", 0) * config.get("moe_intermediate_size", 0)
        sizes = [shared, config.get("shared_expert_intermediate_size", 0)]
        if any("mlp.gate_proj" in name for name in self.weights()):
            sizes.append(config["intermediate_size"])
        return all(size % ranks == 0 for size in sizes)

    def weights(self):
        """The names of the tensors in its files."""
        return [name for file in self.directory.glob("model*.safetensors") for name in st.read(file)]

    def inputs(self):
        """The forward's arguments; labels only matter to the loss."""
        return {name.removeprefix("input."): tensor
                for name, tensor in self.tensors.items() if name.startswith("input.")}

    def outputs(self, prefix):
        return {name: tensor for name, tensor in self.tensors.items() if name.startswith(f"output.{prefix}")}

    def run(self, tool, *arguments, expect_status=0):
        command = [str(self.tools / tool), *map(str, arguments)]
        if tool == "veomni-compile" and pathlib.Path(arguments[0]).is_dir():
            command += self.taken()
        print("$", shlex.join(command), flush=True)
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, errors="replace",
                              timeout=120)
        print(done.stdout, done.stderr, sep="", end="", flush=True)
        if done.returncode != expect_status:
            raise Failure(f"{tool} ended with status {done.returncode}, expected {expect_status}")
        return done

    def compile(self, *options, source=None, name="model"):
        bundle = self.scratch / f"{name}.vob"
        self.run("veomni-compile", source or self.directory, "-o", bundle, *options)
        return bundle

    def forward(self, bundle, *options, weights=None, inputs=None, name="outputs"):
        """Runs the bundle and returns the path of its outputs."""
        outputs = self.scratch / f"{name}.safetensors"
        self.run("veomni-run", bundle, "--weights", weights or self.directory, "--inputs", inputs or self.file,
                 "--outputs", outputs, *options)
        return outputs

    def expect(self, bundle, rtol, names, *, inputs=None):
        """Runs with --expect and compares the named outputs here as well."""
        outputs = self.forward(bundle, "--expect", self.file, "--rtol", rtol, inputs=inputs)
        self.compare(outputs, {name: self.tensors[name] for name in names}, rtol)

    def write_inputs(self, tensors, name="inputs"):
        path = self.scratch / f"{name}.safetensors"
        st.write(path, tensors)
        return path

    def compare(self, outputs, expected, rtol):
        """max|a - b| <= rtol * max|b| for every expected tensor, over the tokens that the attention mask keeps."""
        found = {name.removeprefix("output."): tensor for name, tensor in st.read(outputs).items()}
        mask = self.tensors.get("input.attention_mask")
        for name, tensor in expected.items():
            key = name.removeprefix("output.")
            if key not in found:
                raise Failure(f"no output '{key}'; found: {', '.join(sorted(found))}")
            a, b = found[key].values(), tensor.values()
            if len(a) != len(b):
                raise Failure(f"output '{key}' has shape {found[key].shape}, expected {tensor.shape}")
            kept = range(len(b))
            if mask is not None and len(b) > 1:
                keep = mask.values()
                width = len(b) // len(keep)
                kept = [i for i in kept if keep[i // width]]
            scale = max(abs(b[i]) for i in kept)
            # not (difference <= bound): a NaN must not pass
            worst = max((abs(a[i] - b[i]) if a[i] == a[i] else float("inf")) for i in kept) / scale
            print(f"{key}: relative error {worst:.2e}, allowed {rtol:.2e}", flush=True)
            if not worst <= rtol:
                raise Failure(f"output '{key}' differs by {worst:.2e} relative, allowed {rtol:.2e}")


def same_bytes(a, b):
    if a.read_bytes() != b.read_bytes():
        raise Failure(f"{a.name} and {b.name} differ")


@check()
def logits(golden):
    """Also: an expectation that is off by little must fail, and by name."""
    bundle = golden.compile()
    golden.expect(bundle, golden.rtol, ["output.logits"])
    wrong = dict(golden.tensors)
    values = wrong["output.logits"].values()
    # The middle of the first row is a real token in every golden with padding, too.
    values[len(values) // golden.tensors["output.logits"].shape[0] // 2] += 1e-3
    wrong["output.logits"] = st.Tensor.of("F32", wrong["output.logits"].shape, values)
    path = golden.write_inputs(wrong, "wrong")
    done = golden.run("veomni-run", bundle, "--weights", golden.directory, "--inputs", golden.file, "--expect", path,
                      "--rtol", golden.rtol, expect_status=1)
    if "logits" not in done.stdout + done.stderr:
        raise Failure("the output outside the tolerance is not named")


@check()
def hidden_states(golden):
    golden.expect(golden.compile("--with=hidden_states"), golden.rtol,
                  ["output.logits", *golden.outputs("hidden_states.")])


@check(has_tensor("output.router_logits.0"))
def router_logits(golden):
    golden.expect(golden.compile("--with=router_logits"), golden.rtol,
                  ["output.logits", *golden.outputs("router_logits.")])


@check()
def loss(golden):
    names = ["output.loss", *golden.outputs("aux_loss")]
    golden.expect(golden.compile("--entry=loss"), 1e-5, names)


@check()
def entries(golden):
    """One bundle of both entries gives the bits of the bundles of one, over one table of weights; memory is checked on
    the way."""
    both = golden.compile("--entry=forward,loss", name="both")
    for entry in ("forward", "loss"):
        found = golden.forward(both, f"--entry={entry}", name=f"both-{entry}")
        same_bytes(found, golden.forward(golden.compile(f"--entry={entry}", name=entry), name=entry))
        same_bytes(found, golden.forward(both, f"--entry={entry}", "--check-memory", name=f"checked-{entry}"))
    same_bytes(golden.forward(both, name="first"), golden.forward(both, "--entry=forward", name="forward"))
    weights = {}
    for names in ("forward", "forward,loss"):
        program = golden.scratch / f"{names}.mlir"
        golden.run("veomni-compile", golden.directory, f"--entry={names}", "--compile-to=lower", "-o", program)
        weights[names] = [line for line in program.read_text().splitlines() if "veomni_rt.weight" in line]
    # Locations differ: they are numbered.
    one, two = ({line.split(" loc(")[0] for line in lines} for lines in weights.values())
    if one != two or len(weights["forward"]) != len(weights["forward,loss"]):
        raise Failure("the entries do not share one table of weights")


@check(loss_takes_the_head)
def loss_forms(golden):
    """The loss with and without its logits, for each type of weights; the same bits for any number of threads."""
    names = ["output.loss", *golden.outputs("aux_loss")]
    for dtype, rtol in (("f32", 1e-5), ("bf16", 1.5 * golden.diff["bf16_vs_f32"]["rel"])):
        rows = golden.compile("--entry=loss", f"--dtype={dtype}", "--kernel=cross_entropy_loss=rows",
                              name=f"{dtype}-rows")
        fused = golden.compile("--entry=loss", f"--dtype={dtype}", "--kernel=cross_entropy_loss=fused_linear",
                               name=f"{dtype}-fused")
        golden.expect(rows, rtol, names)
        outputs = golden.forward(rows, name=f"{dtype}-rows")
        one, two, five = [golden.forward(fused, "--threads", n, name=f"{dtype}-{n}-threads") for n in (1, 2, 5)]
        same_bytes(one, two)
        same_bytes(one, five)
        golden.compare(one, st.read(outputs), 1e-6)
        same_bytes(fused, golden.compile("--entry=loss", f"--dtype={dtype}", name=f"{dtype}-default"))
    # No logits: no buffer but a weight has the size of the vocabulary.
    vocabulary = text_config(golden.directory)["vocab_size"]
    for kernel, expected in (("rows", True), ("fused_linear", False)):
        program = golden.scratch / f"{kernel}.mlir"
        golden.run("veomni-compile", golden.directory, "--entry=loss", f"--kernel=cross_entropy_loss={kernel}",
                   "--compile-to=lower", "-o", program)
        found = re.search(rf"slot \d+ : .*\b{vocabulary}\] x f32", program.read_text()) is not None
        if found != expected:
            raise Failure(f"with kernel {kernel} a slot {'has' if found else 'lacks'} the size of the vocabulary")


@check()
def bf16(golden):
    """bfloat16 weights and activations stay within 1.5 times what bfloat16 costs the original model."""
    golden.expect(golden.compile("--dtype=bf16"), 1.5 * golden.diff["bf16_vs_f32"]["rel"], ["output.logits"])


@check_levels(CPU_LEVELS)
def cpu(golden, level):
    """The code of each CPU level gives the reference's numbers."""
    golden.expect(golden.compile(f"--cpu={level}", name=level), golden.rtol, ["output.logits"])
    golden.expect(golden.compile(f"--cpu={level}", "--dtype=bf16", name=f"{level}-bf16"),
                  1.5 * golden.diff["bf16_vs_f32"]["rel"], ["output.logits"])


def round_weights(golden, folder, kept):
    """Writes the model's weights rounded to bfloat16 into `folder`, all but the tensors named in `kept`."""
    folder.mkdir()
    for file in golden.directory.glob("model*"):
        if file.suffix == ".safetensors":
            st.write(folder / file.name, {name: tensor if name in kept else tensor.rounded_to_bf16()
                                          for name, tensor in st.read(file).items()})
        else:
            shutil.copyfile(file, folder / file.name)
    for name in ("config.json", "generation_config.json"):
        shutil.copyfile(golden.directory / name, folder / name)


@check_levels(["x86-64-v3", "x86-64-v4"])
def bf16_exact(golden, level):
    """Where no dot product of bfloat16 is bound, bfloat16 weights give the bits of float32 weights that hold the
    rounded numbers: only the stored type differs. This finds errors far below the tolerance of `bf16`, which is that of
    the rounding itself."""
    imported = golden.scratch / "import.mlir"
    golden.run("veomni-compile", golden.directory, "--dtype=bf16", "--compile-to=import", "-o", imported)
    weights = re.findall(r'veomni\.weight "([^"]+)" : tensor<[\dx]*x(\w+)>([^\n]*)', imported.read_text())
    # Some parameters, such as a router's, stay float32 whatever --dtype says.
    kept = {key for _, element, sources in weights if element == "f32" for key in re.findall(r'"([^"]+)"', sources)}
    if not any(element == "bf16" for _, element, _ in weights):
        raise Failure("no weight is bf16")
    rounded = golden.scratch / "rounded"
    round_weights(golden, rounded, kept)
    options = (f"--cpu={level}", "--with=hidden_states")
    bf16 = golden.forward(golden.compile(*options, "--dtype=bf16", name="bf16"), name="bf16")
    same_bytes(bf16, golden.forward(golden.compile(*options, "--dtype=bf16", source=rounded, name="bf16-rounded"),
                                    weights=rounded, name="bf16-rounded"))
    same_bytes(bf16, golden.forward(golden.compile(*options, source=rounded, name="f32-rounded"), weights=rounded,
                                    name="f32-rounded"))


@check()
def threads(golden):
    """The same bits for any number of threads."""
    for dtype in ("f32", "bf16"):
        bundle = golden.compile(f"--dtype={dtype}", "--with=hidden_states", name=dtype)
        one, *others = [golden.forward(bundle, "--threads", n, name=f"{dtype}-{n}-threads") for n in (1, 2, 5)]
        for other in others:
            same_bytes(one, other)


def heads_fit(golden, ranks, linear_ranks=None):
    """Whether the heads of all attention can be split over so many ranks, those of linear attention over
    `linear_ranks`, if these are others; fewer key/value heads are repeated."""
    config = text_config(golden)
    heads = config["num_attention_heads"]
    keys = config.get("num_key_value_heads") or heads
    linear = [config[name] for name in ("linear_num_key_heads", "linear_num_value_heads") if name in config]
    if heads % ranks or any(count % (linear_ranks or ranks) for count in linear):
        return False
    return keys % ranks == 0 or ranks % keys == 0


def experts_of(golden):
    """How many routed experts its sparse layers have; 0 for a dense model."""
    config = text_config(golden)
    names = ("num_local_experts", "num_experts", "n_routed_experts")
    return next((config[name] for name in names if config.get(name)), 0)


@check()
def ranks(golden):
    """Ranks that split sequence, batch, experts and stored weights give the bits of one, whatever divides; heads and
    experts that cannot fit are refused."""
    entries = ["forward", "loss"]
    meshes = {"f32": ["sp=2", "sp=4", "dp_shard=3,sp=2", "dp_replicate=2,dp_shard=2"], "bf16": ["dp_shard=2,sp=2"]}
    if experts_of(golden.directory):
        meshes["f32"] += ["sp=2,ep=2", "dp_shard=2,sp=2,ep=4"]
        meshes["bf16"] += ["sp=2,ep=2"]
    for dtype, chosen in meshes.items():
        options = ("--entry=forward,loss", "--with=hidden_states", f"--dtype={dtype}")
        one = golden.compile(*options, name=f"{dtype}-one")
        expected = {entry: golden.forward(one, f"--entry={entry}", name=f"{dtype}-{entry}-one") for entry in entries}
        for mesh in chosen:
            bundle = golden.scratch / f"{dtype}-{mesh}.vob"
            sizes = dict(axis.split("=") for axis in mesh.split(","))
            fits = heads_fit(golden.directory, int(sizes.get("sp", 1)))
            divides = experts_of(golden.directory) % int(sizes.get("ep", 1)) == 0
            done = golden.run("veomni-compile", golden.directory, "-o", bundle, *options, f"--mesh={mesh}",
                              expect_status=0 if fits and divides else 1)
            if not fits or not divides:
                what, reason = (("experts", "do not divide; expected a size of 'ep'") if fits else
                                ("heads", "cannot split its heads over the"))
                if reason not in done.stderr:
                    raise Failure(f"the error is not about {what}")
                continue
            for entry in entries:
                found = golden.forward(bundle, f"--entry={entry}", "--ranks=local", "--timeout=60",
                                       name=f"{dtype}-{entry}-{mesh}")
                same_bytes(expected[entry], found)


@check()
def tensor_parallel(golden):
    """Ranks that have parts of parameters give the numbers of one, but for the order of their sums, and the same bits
    for any number of threads; what they do not divide is refused with the numbers."""
    meshes = {"f32": ["tp=2", "tp=4", "dp_replicate=2,tp=2", "sp=2,tp=2"], "bf16": ["tp=2"]}
    if experts_of(golden.directory):
        meshes["f32"].append("tp=2,ep=2")
    for dtype, chosen in meshes.items():
        options = ("--entry=forward,loss", "--with=hidden_states", f"--dtype={dtype}")
        rtol = 1e-5 if dtype == "f32" else 1.5 * golden.diff["bf16_vs_f32"]["rel"]
        one = golden.compile(*options, name=f"{dtype}-one")
        expected = {entry: st.read(golden.forward(one, f"--entry={entry}", name=f"{dtype}-{entry}-one"))
                    for entry in ("forward", "loss")}
        for mesh in chosen:
            name = f"{dtype}-{mesh}"
            sizes = {axis: int(size) for axis, _, size in (part.partition("=") for part in mesh.split(","))}
            tensor, sequence = sizes["tp"], sizes.get("sp", 1)
            bundle = golden.scratch / f"{name}.vob"
            # What makes heads of linear attention is whole on all ranks.
            fits = heads_fit(golden.directory, tensor * sequence, sequence if sequence > 1 else tensor)
            if not fits or not golden.divides(tensor):
                done = golden.run("veomni-compile", golden.directory, "-o", bundle, *options, f"--mesh={mesh}",
                                  expect_status=1)
                if not re.search("cannot split its heads over the|ranks do not divide", done.stderr):
                    raise Failure("the error is not about what the ranks do not divide")
                continue
            golden.compile(*options, f"--mesh={mesh}", name=name)
            for entry, outputs in expected.items():
                run = functools.partial(golden.forward, bundle, f"--entry={entry}", "--ranks=local", "--timeout=60")
                found = run("--threads=1", name=f"{name}-{entry}")
                golden.compare(found, outputs, rtol)
                same_bytes(found, run("--threads=3", name=f"{name}-{entry}-threads"))


def same_bits_from(golden, layout):
    """The weights in the folder `layout`, stored in another way, give the same bits."""
    for dtype in ("f32", "bf16"):
        saved = golden.forward(golden.compile(f"--dtype={dtype}", name="saved"), name="saved")
        other = golden.directory / layout
        same_bytes(saved, golden.forward(golden.compile(f"--dtype={dtype}", source=other, name=layout), weights=other,
                                         name=layout))


@check(has_file("v5"))
def fused_storage(golden):
    """Experts stored one by one and experts stored fused."""
    same_bits_from(golden, "v5")


def same_bits_as_default(golden, kernel, loops, products):
    """Experts bound by `kernel` and fused as by default give the same bits; so many loops and grouped products are left
    once they are fused. All sparse layers share one function, unless they are bound differently."""
    for options, expected in (([], (0, 2)), ([kernel], (loops, products))):
        texts = {}
        for phase in ("import", "fuse"):
            texts[phase] = golden.scratch / f"{phase}.mlir"
            golden.run("veomni-compile", golden.directory, f"--compile-to={phase}", "-o", texts[phase], *options)
        for phase, counts in (("import", (1, 0)), ("fuse", expected)):
            text = texts[phase].read_text()
            found = tuple(text.count(f"= veomni.{op}") for op in ("experts_loop", "grouped_gemm"))
            if found != counts:
                raise Failure(f"after {phase} with {options}: {found[0]} loops and {found[1]} grouped products, "
                              f"expected {counts}")
    for dtype in ("f32", "bf16"):
        files = []
        for name, options in (("default", []), ("chosen", [kernel])):
            bundle = golden.compile(f"--dtype={dtype}", "--with=hidden_states,router_logits", *options, name=name)
            files.append(golden.forward(bundle, name=f"{dtype}-{name}"))
        same_bytes(*files)


@check(sparse_layers)
def eager_experts(golden):
    """Experts one after the other give the bits of grouped products."""
    same_bits_as_default(golden, "--kernel=moe_experts=eager", loops=1, products=0)


@check(lambda golden: len(sparse_layers(golden)) > 1)
def one_layer_eager(golden):
    """So does a model with one layer whose experts go one after the other."""
    layer = sparse_layers(golden.directory)[0]
    same_bits_as_default(golden, f"--kernel=moe_experts@model.layers.{layer}.*=eager", loops=1, products=2)


@check(has_file("hub"))
def published_weights(golden):
    """Weights as save_pretrained writes them and as they are published: MXFP4 blocks are exact."""
    same_bits_from(golden, "hub")


@check(has_file("config.legacy.json"))
def legacy_config(golden):
    """The older spelling of rope settings and dtype means the same bundle."""
    legacy = golden.scratch / "legacy"
    legacy.mkdir()
    for file in golden.directory.glob("model*"):
        (legacy / file.name).symlink_to(file)
    shutil.copyfile(golden.directory / "config.legacy.json", legacy / "config.json")
    shutil.copyfile(golden.directory / "generation_config.json", legacy / "generation_config.json")
    same_bytes(golden.compile(), golden.compile(source=legacy, name="legacy"))


@check()
def phases(golden):
    """Compiling from any phase's dump ends in the same bundle, and compiling up to a phase gives its dump."""
    dumps = golden.scratch / "dumps"
    dumps.mkdir()
    bundle = golden.compile(f"--dump-phases-to={dumps}")
    files = sorted(dumps.glob("*.mlir"))
    if len(files) < 2:
        raise Failure(f"expected a dump per phase, found: {', '.join(f.name for f in files) or 'none'}")
    for dump in files:
        # NN-<phase>.mlir
        phase = dump.stem.split("-", 1)[1]
        same_bytes(bundle, golden.compile(f"--compile-from={phase}", source=dump, name=f"from-{phase}"))
        upto = golden.scratch / f"to-{phase}.mlir"
        golden.run("veomni-compile", golden.directory, f"--compile-to={phase}", "-o", upto)
        same_bytes(dump, upto)


@check()
def eager(golden):
    """Every op in its eager form gives the reference's numbers, with bfloat16 weights, too, and is recognised in it
    again."""
    for entry, dtype in (("forward", "f32"), ("loss", "f32"), ("forward", "bf16")):
        imported, expanded = golden.scratch / f"{entry}-{dtype}.mlir", golden.scratch / f"{entry}-{dtype}.eager.mlir"
        golden.run("veomni-compile", golden.directory, f"--entry={entry}", f"--dtype={dtype}", "--compile-to=import",
                   "-o", imported)
        golden.run("veomni-opt", "--veomni-expand=all", imported, "-o", expanded)
        raised, printed = golden.scratch / "raised.mlir", golden.scratch / "printed.mlir"
        # Names of values come from locations, which expansion does not keep for all that it writes.
        golden.run("veomni-opt", "--mlir-use-nameloc-as-prefix=false", "--veomni-raise", expanded, "-o", raised)
        golden.run("veomni-opt", "--mlir-use-nameloc-as-prefix=false", imported, "-o", printed)
        same_bytes(printed, raised)
        bundle = golden.compile("--compile-from=raise", source=expanded, name=f"{entry}-{dtype}")
        if entry == "loss":
            golden.expect(bundle, 1e-5, ["output.loss", *golden.outputs("aux_loss")])
        else:
            golden.expect(bundle, golden.rtol if dtype == "f32" else 1.5 * golden.diff["bf16_vs_f32"]["rel"],
                          ["output.logits"])


@check(has_tensor("generate.tokens"))
def generate(golden):
    """Greedy tokens, each from a repeated forward."""
    ids = golden.tensors["input.input_ids"]
    prompt = golden.write_inputs({"input_ids": ids.prefix(1, ids.shape[1])})
    expected = list(golden.tensors["generate.tokens"].values())
    done = golden.run("veomni-run", golden.compile(), "--weights", golden.directory, "--inputs", prompt, "--generate",
                      len(expected))
    tokens = [int(line) for line in done.stdout.split()]
    if tokens != expected:
        raise Failure(f"tokens {tokens}, expected {expected}")


@check(lambda golden: not has_tensor("input.attention_mask")(golden) and not has_tensor("input.position_ids")(golden))
def other_shapes(golden):
    """One bundle serves every batch and length: a causal model's answer for a prefix is a prefix of its answer."""
    bundle = golden.compile()
    ids, expected = golden.tensors["input.input_ids"], golden.tensors["output.logits"]
    for rows, columns in ((1, 1), (1, ids.shape[1]), (ids.shape[0], 3)):
        inputs = golden.write_inputs({"input_ids": ids.prefix(rows, columns)}, f"{rows}x{columns}")
        outputs = golden.forward(bundle, inputs=inputs, name=f"{rows}x{columns}-outputs")
        # The tolerance is relative to the largest logit of the whole, so only the bound scales with the part.
        part = expected.prefix(rows, columns)
        scale = max(map(abs, expected.values())) / max(map(abs, part.values()))
        golden.compare(outputs, {"output.logits": part}, golden.rtol * scale)


@check(lambda golden: not has_tensor("input.attention_mask")(golden) and not has_tensor("input.position_ids")(golden))
def explicit_defaults(golden):
    """Spelling out the mask and the positions that are the defaults changes nothing."""
    ids = golden.tensors["input.input_ids"]
    batch, seq = ids.shape
    inputs = golden.write_inputs({
        "input_ids": ids,
        "attention_mask": st.Tensor.of("I64", [batch, seq], [1] * (batch * seq)),
        "position_ids": st.Tensor.of("I64", [batch, seq], list(range(seq)) * batch),
    })
    golden.expect(golden.compile(), golden.rtol, ["output.logits"], inputs=inputs)


@check(has_tensor("input.cu_seqlens"))
def packed(golden):
    """Documents packed in a row are told by restarting positions or by cumulative lengths, and never see each other."""
    bundle = golden.compile()
    given = golden.inputs()
    results = []
    for kind in ("position_ids", "cu_seqlens"):
        inputs = golden.write_inputs({"input_ids": given["input_ids"], kind: given[kind]}, kind)
        golden.expect(bundle, golden.rtol, ["output.logits"], inputs=inputs)
        results.append(golden.forward(bundle, inputs=inputs, name=f"{kind}-outputs"))
    same_bytes(*results)


def damage(data, rng):
    """One of: flipped bits, a cut, a run of bytes set to 0xff (huge sizes), a repeated part."""
    data = bytearray(data)
    kind = rng.randrange(4)
    at = rng.randrange(len(data))
    if kind == 0:
        for _ in range(rng.choice((1, 1, 4))):
            data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
    elif kind == 1:
        del data[at:]
    elif kind == 2:
        length = min(rng.choice((1, 4, 8)), len(data) - at)
        data[at : at + length] = b"\xff" * length
    else:
        data[at:at] = data[at : at + rng.choice((1, 16, 64))]
    return bytes(data)


def survives(golden, command):
    """Ends by itself with status 0 or 1, a message with the latter, and within the memory that the file justifies."""

    def limit():
        resource.setrlimit(resource.RLIMIT_AS, (DAMAGED_MEMORY, DAMAGED_MEMORY))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))

    command = [str(word) for word in command]
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, errors="replace",
                              timeout=20, preexec_fn=limit)
    except subprocess.TimeoutExpired:
        raise Failure(f"hangs: {shlex.join(command)}") from None
    if done.returncode not in (0, 1) or (done.returncode == 1 and not done.stderr.strip()):
        raise Failure(f"status {done.returncode} of {shlex.join(command)}\n{done.stderr}")
    return done.returncode


def damaged_runs(golden, file, make_command, *, keep=lambda data: len(data)):
    """Damages the first keep(data) bytes of a copy of a file over and over; a failing copy stays behind to be looked
    at."""
    rng = random.Random(f"{golden.directory.name} {file.name}")
    original = file.read_bytes()
    size = keep(original)
    refused = 0
    for i in range(DAMAGED_FILES):
        changed = damage(original[:size], rng)
        # Cut files are cut for good.
        file.write_bytes(changed if len(changed) < size else changed + original[size:])
        try:
            refused += survives(golden, make_command())
        except Failure:
            kept = pathlib.Path(tempfile.gettempdir()) / f"veomni-damaged-{golden.directory.name}-{i}-{file.name}"
            shutil.copyfile(file, kept)
            print(f"the damaged file: {kept}")
            raise
    print(f"{refused} of {DAMAGED_FILES} damaged files were refused")
    if refused < DAMAGED_FILES // 4:
        raise Failure(f"only {refused} of {DAMAGED_FILES} damaged files were refused")


def copy_model(golden):
    copy = golden.scratch / "copy"
    copy.mkdir()
    for file in [*golden.directory.glob("model*"), golden.directory / "config.json",
                 golden.directory / "generation_config.json"]:
        shutil.copyfile(file, copy / file.name)
    return copy


@check()
def damaged_bundle(golden):
    bundle = golden.compile()
    damaged_runs(golden, bundle,
                 lambda: [golden.tools / "veomni-run", bundle, "--weights", golden.directory, "--inputs", golden.file])


@check()
def damaged_weights(golden):
    """Headers only: other weight values are other weights."""
    bundle = golden.compile()
    copy = copy_model(golden)
    file = sorted(copy.glob("model*.safetensors"))[0]
    damaged_runs(golden, file,
                 lambda: [golden.tools / "veomni-run", bundle, "--weights", copy, "--inputs", golden.file],
                 keep=lambda data: 8 + int.from_bytes(data[:8], "little"))


@check()
def damaged_config(golden):
    copy = copy_model(golden)
    damaged_runs(golden, copy / "config.json",
                 lambda: [golden.tools / "veomni-compile", copy, "-o", golden.scratch / "damaged.vob"])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("golden", type=pathlib.Path)
    parser.add_argument("check", nargs="?", help="one of: " + " ".join(CHECKS) + " (default: all that apply)")
    parser.add_argument("--tools", type=pathlib.Path, default=pathlib.Path(__file__).resolve().parents[3] / "build/bin")
    args = parser.parse_args()
    names = [args.check] if args.check else checks_of(args.golden)
    if unknown := [name for name in names if name not in CHECKS]:
        parser.error(f"unknown check '{unknown[0]}', choose one of: {' '.join(CHECKS)}")
    failed = unsupported = 0
    for name in names:
        print(f"-- {name}", flush=True)
        with tempfile.TemporaryDirectory() as scratch:
            try:
                CHECKS[name][1](Golden(args.golden.resolve(), args.tools, pathlib.Path(scratch)))
            except Unsupported as reason:
                print(f"{name}: unsupported: {reason}", flush=True)
                unsupported += 1
            except (Failure, subprocess.TimeoutExpired, OSError) as error:
                print(f"{name}: {error}", flush=True)
                failed += 1
    if failed:
        return 1
    return UNSUPPORTED_STATUS if unsupported == len(names) else 0


if __name__ == "__main__":
    sys.exit(main())

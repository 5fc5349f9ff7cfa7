"""llama.cpp as a contender: a qwen3_moe model as GGUF, and a forward of all positions through the C library of an npm
package.

The structs are those of the release in @node-llama-cpp/linux-x64 3.22.1; a library with others is refused.
"""
import ctypes
import os

import measure

PACKAGE = "@node-llama-cpp/linux-x64"
DEFAULT_LIBRARIES = measure.ROOT / "build/benchmarks/node_modules" / PACKAGE / "bins/linux-x64"
# enum ggml_type
F32, F16 = 0, 1


class LlamaCppError(Exception):
    pass


class ModelParams(ctypes.Structure):
    """Never looked into: larger than llama_model_params, which comes last in a call and so may have a tail that is not
    read."""
    _fields_ = [("storage", ctypes.c_uint64 * 32)]


class ContextParams(ctypes.Structure):
    _fields_ = [
        *((name, ctypes.c_uint32) for name in ("n_ctx", "n_batch", "n_ubatch", "n_seq_max", "n_rs_seq", "n_outputs_max",
                                               "n_outputs_max_per_seq")),
        *((name, ctypes.c_int32) for name in ("n_threads", "n_threads_batch", "ctx_type", "rope_scaling_type",
                                              "pooling_type", "attention_type", "flash_attn_type")),
        *((name, ctypes.c_float)
          for name in ("rope_freq_base", "rope_freq_scale", "yarn_ext_factor", "yarn_attn_factor", "yarn_beta_fast",
                                              "yarn_beta_slow")),
        ("yarn_orig_ctx", ctypes.c_uint32),
        ("defrag_thold", ctypes.c_float),
        ("cb_eval", ctypes.c_void_p),
        ("cb_eval_user_data", ctypes.c_void_p),
        ("type_k", ctypes.c_int32),
        ("type_v", ctypes.c_int32),
        ("storage", ctypes.c_uint64 * 32),
    ]


CONTEXT_DEFAULTS = {"n_ctx": 512, "n_batch": 2048, "n_ubatch": 512, "n_seq_max": 1, "n_rs_seq": 0, "n_threads": 4,
                    "n_threads_batch": 4, "rope_scaling_type": -1, "pooling_type": -1, "attention_type": -1,
                    "flash_attn_type": -1, "yarn_ext_factor": -1.0, "defrag_thold": -1.0, "cb_eval": None,
                    "type_k": F16, "type_v": F16}


class Batch(ctypes.Structure):
    _fields_ = [("n_tokens", ctypes.c_int32), ("token", ctypes.POINTER(ctypes.c_int32)),
                ("embd", ctypes.POINTER(ctypes.c_float)), ("pos", ctypes.POINTER(ctypes.c_int32)),
                ("n_seq_id", ctypes.POINTER(ctypes.c_int32)),
                ("seq_id", ctypes.POINTER(ctypes.POINTER(ctypes.c_int32))), ("logits", ctypes.POINTER(ctypes.c_int8))]


LogCallback = ctypes.CFUNCTYPE(None, ctypes.c_int, ctypes.c_char_p, ctypes.c_void_p)


class Library:
    def __init__(self, directory):
        # Their names hold the release: libllama.v0.5.0.so.
        found = [path for name in ("libllama", "libggml") for path in sorted(directory.glob(f"{name}.*so"))[:1]]
        if len(found) != 2:
            raise LlamaCppError(f"no libllama and libggml in {directory}; `npm install --ignore-scripts {PACKAGE}` "
                                "puts them there")
        try:
            self.llama, ggml = (ctypes.CDLL(str(path)) for path in found)
            self.declare()
        except (AttributeError, OSError) as error:
            raise LlamaCppError(f"{found[0]}: {error}") from error
        self.messages = []
        # Kept by the object, since the library keeps no reference.
        self.log = LogCallback(lambda level, text, data: self.messages.append(text.decode(errors="replace")))
        self.llama.llama_log_set(self.log, None)
        # The fastest of the backends for CPUs that this one can run.
        ggml.ggml_backend_load_all_from_path.argtypes = [ctypes.c_char_p]
        ggml.ggml_backend_load_all_from_path(os.fsencode(directory))
        self.llama.llama_backend_init()
        defaults = self.llama.llama_context_default_params()
        for name, expected in CONTEXT_DEFAULTS.items():
            if getattr(defaults, name) != expected:
                raise LlamaCppError(f"{found[0]}: llama_context_params.{name} is {getattr(defaults, name)} by default, "
                                    f"expected {expected}: "
                                    "another release, whose struct is another")

    def declare(self):
        for name, result, *parameters in [
            ("llama_version", ctypes.c_char_p),
            ("llama_print_system_info", ctypes.c_char_p),
            ("llama_model_default_params", ModelParams),
            ("llama_context_default_params", ContextParams),
            ("llama_model_load_from_file", ctypes.c_void_p, ctypes.c_char_p, ModelParams),
            ("llama_init_from_model", ctypes.c_void_p, ctypes.c_void_p, ContextParams),
            ("llama_free", None, ctypes.c_void_p),
            ("llama_get_memory", ctypes.c_void_p, ctypes.c_void_p),
            ("llama_memory_clear", None, ctypes.c_void_p, ctypes.c_bool),
            ("llama_batch_init", Batch, ctypes.c_int32, ctypes.c_int32, ctypes.c_int32),
            ("llama_decode", ctypes.c_int32, ctypes.c_void_p, Batch),
            ("llama_synchronize", None, ctypes.c_void_p),
            ("llama_get_logits", ctypes.POINTER(ctypes.c_float), ctypes.c_void_p),
        ]:
            function = getattr(self.llama, name)
            function.restype, function.argtypes = result, parameters

    def version(self):
        return self.llama.llama_version().decode()

    def system(self):
        return self.llama.llama_print_system_info().decode().strip(" |")

    def load(self, path):
        self.messages.clear()
        model = self.llama.llama_model_load_from_file(os.fsencode(path), self.llama.llama_model_default_params())
        if not model:
            raise LlamaCppError(f"{path}: llama.cpp does not load it:\n{''.join(self.messages)}")
        return model


class Forward:
    """All tokens in one batch, logits of all positions, one thread."""

    def __init__(self, library, model, tokens, vocab_size, flash_attention, cache_type=F16):
        self.llama, self.shape = library.llama, (len(tokens), vocab_size)
        params = self.llama.llama_context_default_params()
        params.n_ctx = params.n_batch = params.n_ubatch = len(tokens)
        params.n_threads = params.n_threads_batch = 1
        params.flash_attn_type = int(flash_attention)
        params.type_k = params.type_v = cache_type
        library.messages.clear()
        self.context = self.llama.llama_init_from_model(model, params)
        if not self.context:
            raise LlamaCppError(f"llama.cpp makes no context:\n{''.join(library.messages)}")
        self.batch = self.llama.llama_batch_init(len(tokens), 0, 1)
        self.batch.n_tokens = len(tokens)
        for i, token in enumerate(tokens):
            self.batch.token[i], self.batch.pos[i], self.batch.n_seq_id[i], self.batch.logits[i] = token, i, 1, 1
            self.batch.seq_id[i][0] = 0

    def run(self):
        self.llama.llama_memory_clear(self.llama.llama_get_memory(self.context), False)
        status = self.llama.llama_decode(self.context, self.batch)
        if status != 0:
            raise LlamaCppError(f"llama_decode returned {status}")
        self.llama.llama_synchronize(self.context)

    def logits(self):
        import numpy
        import torch

        self.run()
        return torch.from_numpy(numpy.ctypeslib.as_array(self.llama.llama_get_logits(self.context), self.shape).copy())

    def free(self):
        self.llama.llama_free(self.context)


def write_gguf(model, path, kind):
    """A transformers qwen3_moe model as GGUF: matrices as F32 or BF16, norms and routers as F32, as llama.cpp's own
    converter has them."""
    import gguf

    config = model.config
    kind = gguf.GGMLQuantizationType[kind]
    partial = path.with_suffix(".partial")
    writer = gguf.GGUFWriter(partial, "qwen3moe")
    writer.add_file_type(gguf.LlamaFileType.MOSTLY_BF16 if kind == gguf.GGMLQuantizationType.BF16
                         else gguf.LlamaFileType.ALL_F32)
    writer.add_vocab_size(config.vocab_size)
    writer.add_context_length(config.max_position_embeddings)
    writer.add_embedding_length(config.hidden_size)
    writer.add_block_count(config.num_hidden_layers)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_expert_feed_forward_length(config.moe_intermediate_size)
    writer.add_expert_count(config.num_experts)
    writer.add_expert_used_count(config.num_experts_per_tok)
    writer.add_head_count(config.num_attention_heads)
    writer.add_head_count_kv(config.num_key_value_heads)
    writer.add_key_length(config.head_dim)
    writer.add_value_length(config.head_dim)
    writer.add_rope_freq_base(config.rope_parameters["rope_theta"])
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    writer.add_tokenizer_model("no_vocab")

    def add(name, tensor):
        array = tensor.detach().float().numpy()
        if kind == gguf.GGMLQuantizationType.F32 or array.ndim == 1 or name.endswith("ffn_gate_inp.weight"):
            writer.add_tensor(name, array)
        else:
            writer.add_tensor(name, gguf.quants.quantize(array, kind), raw_dtype=kind)

    add("token_embd.weight", model.model.embed_tokens.weight)
    for i, layer in enumerate(model.model.layers):
        gate, up = layer.mlp.experts.gate_up_proj.chunk(2, dim=1)
        for name, tensor in {
            "attn_norm": layer.input_layernorm.weight,
            "attn_q": layer.self_attn.q_proj.weight,
            "attn_k": layer.self_attn.k_proj.weight,
            "attn_v": layer.self_attn.v_proj.weight,
            "attn_q_norm": layer.self_attn.q_norm.weight,
            "attn_k_norm": layer.self_attn.k_norm.weight,
            "attn_output": layer.self_attn.o_proj.weight,
            "ffn_norm": layer.post_attention_layernorm.weight,
            "ffn_gate_inp": layer.mlp.gate.weight,
            "ffn_gate_exps": gate,
            "ffn_up_exps": up,
            "ffn_down_exps": layer.mlp.experts.down_proj,
        }.items():
            add(f"blk.{i}.{name}.weight", tensor)
    add("output_norm.weight", model.model.norm.weight)
    add("output.weight", model.lm_head.weight)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    partial.rename(path)

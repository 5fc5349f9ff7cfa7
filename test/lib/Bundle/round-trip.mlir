// A program comes back from a bundle as it went in, and its bundle does too.
// The option reads the text twice in one context, where resources get other names the second time (lit.cfg.py).
// UNSUPPORTED: verify-roundtrip
// RUN: grep -v "^//" %s > %t.expected
// RUN: veomni-translate --mlir-to-bundle %s -o %t.vob
// RUN: veomni-translate --bundle-to-mlir %t.vob -o %t.mlir
// RUN: diff %t.expected %t.mlir
// RUN: veomni-translate --mlir-to-bundle %t.mlir -o %t.again.vob
// RUN: cmp %t.vob %t.again.vob
module attributes {veomni_rt.metadata = {model_type = "llama"}} {
  veomni_rt.symbol @batch = axis range(1, 9223372036854775807)
  veomni_rt.symbol @seq = axis range(1, 4096)
  veomni_rt.symbol @has_attention_mask = given
  veomni_rt.symbol @rows = derived(batch * seq)
  veomni_rt.symbol @seq_panels = derived(ceildiv(seq, 32))
  veomni_rt.symbol @one = derived(1)
  veomni_rt.symbol @expert = loop
  veomni_rt.symbol @ceildiv = derived(seq)
  veomni_rt.symbol @"a name" = derived(ceildiv)
  veomni_rt.symbol @folded = derived(ceildiv("a name" * ceildiv * 3, 2))
  veomni_rt.symbol @joined = derived(batch * seq + rows * 2 + 5)
  veomni_rt.symbol @share = derived(ceildiv(seq - has_attention_mask, 4))
  veomni_rt.symbol @none = derived(0)
  veomni_rt.entry "forward" runs @forward params(0) {
    veomni_rt.input "input_ids" : !veomni_rt.buffer<[batch, seq] x i64> range(0, 150)
    veomni_rt.input "attention_mask" : !veomni_rt.buffer<[batch, seq] x i64> default ones given(@has_attention_mask) range(0, 1)
    veomni_rt.input "position_ids" : !veomni_rt.buffer<[batch, seq] x i64> default iota accepts_cu_seqlens range(-1, 9223372036854775807)
    veomni_rt.input "factor" : !veomni_rt.buffer<[] x f32>
    veomni_rt.output "logits" : !veomni_rt.buffer<[batch, seq, 151] x f32>
  }
  veomni_rt.entry "step" runs @step params(2) {
    veomni_rt.input "ids" : !veomni_rt.buffer<[batch] x i32> range(0, 2147483647) below(batch * 2)
  }
  veomni_rt.state @cache : !veomni_rt.buffer<[2, 8] x f32>
  veomni_rt.state @layers.0.keys : !veomni_rt.buffer<[4] x i32>
  veomni_rt.weight "norm" : !veomni_rt.buffer<[64] x f32> = [load("model.norm.weight", [64], f32)]
  veomni_rt.weight "head" : !veomni_rt.buffer<[151, 64] x bf16, tiles = [32, 2]> = [load("lm_head.weight", [151, 64], f32), cast(bf16), pack([32, 2])]
  veomni_rt.weight "experts" : !veomni_rt.buffer<[2, 12, 16] x bf16, tiles = [32, 2]> = [load("e.0.gate", [16, 6], bf16), load("e.0.up", [16, 6], bf16), concat(2, dim = 1), transpose, load("e.1.gate", [6, 16], bf16), load("e.1.up", [6, 16], bf16), concat(2, dim = 0), stack(2), pack([32, 2])]
  veomni_rt.weight "mxfp4" : !veomni_rt.buffer<[2, 64] x bf16> = [load("w_blocks", [2, 2, 16], ui8), load("w_scales", [2, 2], ui8), dequant_mxfp4(bf16)]
  veomni_rt.weight "fp8" : !veomni_rt.buffer<[20, 9] x bf16> = [load("w", [20, 9], f8E4M3FN), load("w_scale_inv", [2, 3], f32), dequant_fp8([16, 4]), cast(bf16)]
  veomni_rt.weight "part" : !veomni_rt.buffer<[2, 3] x f32> = [load("a", [4, 2, 8], bf16), unstack(3), slice(dim = 1, start = 5, size = 3), cast(f32)]
  veomni_rt.weight "tiles" : !veomni_rt.buffer<[2, 20, 9] x f16, tiles = [16, 4]> = [load("t", [2, 20, 9], f16), pack([16, 4])]
  veomni_rt.executable @code [{target = "cpu", level = "x86-64-v3", features = [], data = dense_resource<code_x86_64_v3> : tensor<3xi8>}, {target = "cpu", level = "x86-64-v4", features = ["avx512f", "avx512bw"], data = dense_resource<code_x86_64_v4> : tensor<64xi8>}]
  veomni_rt.executable @more [{target = "cpu", level = "x86-64-v3", features = ["avx2"], data = dense_resource<more_x86_64_v3> : tensor<4xi8>}, {target = "null", level = "any", features = []}]
  veomni_rt.kernel @norm in @code of "rms_norm" (read !veomni_rt.buffer<[batch, seq, 64] x f32>, read !veomni_rt.buffer<[64] x f32>, write !veomni_rt.buffer<[batch, seq, 64] x f32>) scalars(1)
  veomni_rt.kernel @fill in @code (write !veomni_rt.buffer<[batch, seq, 64] x f32>) scalars(0)
  veomni_rt.kernel @nothing in @more () scalars(0)
  veomni_rt.kernel @head in @code of "gemm" (read_write !veomni_rt.buffer<[batch, seq, 4, 16] x f32, row_rank = 2>, read !veomni_rt.buffer<[151, 64] x bf16, tiles = [32, 2]>, write !veomni_rt.buffer<[batch, seq, 151] x f32>) scalars(2) flops(batch * seq * 19328, 1024)
  veomni_rt.kernel @expert_gemm in @code (read !veomni_rt.buffer<[batch, seq, 64] x f32, row_stride = 96>) scalars(0)
  veomni_rt.func @forward(%input_ids: !veomni_rt.buffer<[batch, seq] x i64> read "input_ids", %arg0: !veomni_rt.buffer<[batch, seq] x i64> read, %position_ids: !veomni_rt.buffer<[batch, seq] x i64> read "position_ids", %factor: !veomni_rt.buffer<[] x f32> read "factor", %logits: !veomni_rt.buffer<[batch, seq, 151] x f32> write "logits") params(3) slots(2) {
    %slot0 = veomni_rt.slot 0 : !veomni_rt.buffer<[batch, seq, 64] x f32>
    %slot1 = veomni_rt.slot 1 : !veomni_rt.buffer<[batch, seq, 64] x f32>
    %param0 = veomni_rt.param 0 : !veomni_rt.buffer<[64] x f32>
    %param1 = veomni_rt.param 1 : !veomni_rt.buffer<[151, 64] x bf16, tiles = [32, 2]>
    %view = veomni_rt.view %slot1 : !veomni_rt.buffer<[batch, seq, 64] x f32> as !veomni_rt.buffer<[batch, seq, 4, 16] x f32, row_rank = 2>
    %view_0 = veomni_rt.view %slot1 : !veomni_rt.buffer<[batch, seq, 64] x f32> as !veomni_rt.buffer<[rows, 64] x f32>
    veomni_rt.dispatch @fill workgroups(1) (%slot0 : !veomni_rt.buffer<[batch, seq, 64] x f32>)
    veomni_rt.dispatch @norm workgroups(ceildiv(batch * seq, 16)) (%slot0, %param0, %slot1 : !veomni_rt.buffer<[batch, seq, 64] x f32>, !veomni_rt.buffer<[64] x f32>, !veomni_rt.buffer<[batch, seq, 64] x f32>) scalars(batch * seq)
    veomni_rt.dispatch @nothing workgroups(1, 2, seq) ()
    veomni_rt.dispatch @head workgroups(ceildiv(rows, 516), 5) (%view, %param1, %logits : !veomni_rt.buffer<[batch, seq, 4, 16] x f32, row_rank = 2>, !veomni_rt.buffer<[151, 64] x bf16, tiles = [32, 2]>, !veomni_rt.buffer<[batch, seq, 151] x f32>) scalars(batch * seq, has_attention_mask)
    veomni_rt.call @layer params(1) at "model.layers.0" (%slot0 : !veomni_rt.buffer<[batch, seq, 64] x f32>)
    veomni_rt.call @idle params(3) ()
    veomni_rt.loop @expert to 2 do @layer params(0) stride(1) (%slot0 : !veomni_rt.buffer<[batch, seq, 64] x f32>)
    veomni_rt.loop @expert to seq do @idle params(0) stride(0) ()
    veomni_rt.return
  }
  veomni_rt.func @layer(%arg0: !veomni_rt.buffer<[batch, seq, 64] x f32> read_write) params(2) slots(0) {
    veomni_rt.return
  }
  veomni_rt.func @step(%arg0: !veomni_rt.buffer<[batch] x i32> read) params(0) slots(0) {
    %cache = veomni_rt.use_state @cache : !veomni_rt.buffer<[2, 8] x f32>
    %layers.0.keys = veomni_rt.use_state @layers.0.keys : !veomni_rt.buffer<[4] x i32>
    veomni_rt.call @remember params(0) (%cache : !veomni_rt.buffer<[2, 8] x f32>)
    veomni_rt.return
  }
  veomni_rt.func @remember(%arg0: !veomni_rt.buffer<[2, 8] x f32> read_write) params(0) slots(0) {
    veomni_rt.return
  }
  veomni_rt.func @library(%arg0: !veomni_rt.buffer<[batch, seq, 64] x f32> read, %arg1: !veomni_rt.buffer<[batch, seq, 64] x f32> write) params(0) slots(0) {
    veomni_rt.library_call "blas.scale" {fast = true, mode = "exact", steps = 3 : i64, zoom = 5.000000e-01 : f64} (read %arg0 : !veomni_rt.buffer<[batch, seq, 64] x f32>, write %arg1 : !veomni_rt.buffer<[batch, seq, 64] x f32>) scalars(batch * seq, 64)
    veomni_rt.library_call "random.seed" ()
    veomni_rt.return
  }
  veomni_rt.func @idle() params(0) slots(0) {
    veomni_rt.return
  }
}

{-#
  dialect_resources: {
    builtin: {
      code_x86_64_v3: "0x40000000010203",
      code_x86_64_v4: "0x40000000000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F202122232425262728292A2B2C2D2E2F303132333435363738393A3B3C3D3E3F",
      more_x86_64_v3: "0x400000007F454C46"
    }
  }
#-}


// RUN: veomni-opt %s --veomni-set-target --veomni-lower-to-program | FileCheck %s

// Two layers share one function; the tied table is one weight per layout; the window of each call follows the entry's
// own parameters.

// CHECK: module attributes {veomni.target = {{.*}}, veomni_rt.metadata = {model_type = "toy"}}
module attributes {veomni.metadata = {model_type = "toy"}} {
// CHECK: veomni_rt.symbol @batch = axis range(1,
// CHECK: veomni_rt.symbol @seq = axis range(1,
// CHECK: veomni_rt.symbol @has_attention_mask = given
// CHECK: veomni_rt.symbol @seq_by_32 = derived(ceildiv(seq, 32))
// CHECK: veomni_rt.entry "forward" runs @forward params(0) {
// CHECK-NEXT: veomni_rt.input "input_ids" : !veomni_rt.buffer<[batch, seq] x i64> range(0, 15)
// CHECK-NEXT: veomni_rt.input "attention_mask" : !veomni_rt.buffer<[batch, seq] x i64> default ones given(@has_attention_mask)
// CHECK-NEXT: veomni_rt.input "position_ids"
// CHECK-NEXT: veomni_rt.output "logits" : !veomni_rt.buffer<[batch, seq, 16] x f32>
// CHECK: veomni_rt.weight "embed.weight" : !veomni_rt.buffer<[16, 8] x f32, tiles = [32, 1]> = [load("embed.weight", [16, 8], bf16), cast(f32), pack([32, 1])]
// CHECK: veomni_rt.weight "embed.weight#2" : !veomni_rt.buffer<[16, 8] x f32> = [load("embed.weight", [16, 8], bf16), cast(f32)]
// CHECK: veomni_rt.weight "layers.0.weight"
// CHECK: veomni_rt.weight "layers.1.weight"
veomni.weight "embed.weight" : tensor<16x8xf32> = [load("embed.weight", [16, 8], bf16), cast(f32)]
veomni.weight "layers.0.weight" : tensor<8xf32> = [load("layers.0.weight", [8], f32)]
veomni.weight "layers.1.weight" : tensor<8xf32> = [load("layers.1.weight", [8], f32)]

// One norm kernel serves both layers.
// CHECK-COUNT-1: veomni_rt.kernel @rms_norm_0 = "rms_norm"
// CHECK-NOT: @rms_norm_1
// CHECK: veomni_rt.func @Layer.forward
// CHECK-SAME: params(1) slots(
// CHECK: veomni_rt.view
// CHECK: veomni_rt.dispatch @rms_norm_0 workgroups(ceildiv(batch * seq, 16))
// CHECK: veomni_rt.dispatch @attention_pack_0 workgroups(batch * 2, ceildiv(seq, 256))
// CHECK: veomni_rt.dispatch @attention_0 workgroups(batch * 2, ceildiv(seq, 96))
// CHECK-SAME: scalars(batch, seq, seq, has_attention_mask)
// CHECK: veomni_rt.return
func.func private @Layer.forward(%x: tensor<?x?x8xf32> {veomni.axes = ["batch", "seq"]}, %starts: tensor<?x?xi32> {veomni.axes = ["batch", "seq"]},
                                 %mask: tensor<?x?xi64> {veomni.axes = ["batch", "seq"]}, %given: i1)
    -> (tensor<?x?x8xf32> {veomni.axes = ["batch", "seq"]}) attributes {veomni.class = "Layer", veomni.method = "forward"} {
  %w = veomni.param "weight" : tensor<8xf32>
  %n = veomni.rms_norm %x, %w {eps = 1.0e-06 : f32, variant = #veomni.norm<standard>} : tensor<?x?x8xf32>, tensor<8xf32>
  %q = veomni.unflatten %n : tensor<?x?x8xf32> -> tensor<?x?x2x4xf32>
  %a = veomni.attention %q, %q, %q starts %starts key_mask %mask if %given {scale = 0.5 : f32, window = 0 : i64}
      : tensor<?x?x2x4xf32>, tensor<?x?x2x4xf32>, tensor<?x?xi32>, tensor<?x?xi64>
  %f = veomni.flatten %a : tensor<?x?x2x4xf32> -> tensor<?x?x8xf32>
  %y = veomni.binary add %x, %f : tensor<?x?x8xf32>, tensor<?x?x8xf32> -> tensor<?x?x8xf32>
  return %y : tensor<?x?x8xf32>
}

// CHECK: veomni_rt.func @forward(%input_ids: {{.*}} read "input_ids", {{.*}}%logits: {{.*}} write "logits") params(4)
// CHECK: veomni_rt.call @Layer.forward params(2) at "layers.0"
// CHECK: veomni_rt.call @Layer.forward params(3) at "layers.1"
// The head writes the output itself.
// CHECK: veomni_rt.dispatch @gemm_0 {{.*}}%logits
func.func @forward(%ids: tensor<?x?xi64> {veomni.axes = ["batch", "seq"], veomni.name = "input_ids", veomni.range = array<i64: 0, 15>},
                   %mask: tensor<?x?xi64> {veomni.axes = ["batch", "seq"], veomni.name = "attention_mask", veomni.default = "ones"},
                   %positions: tensor<?x?xi64> {veomni.axes = ["batch", "seq"], veomni.name = "position_ids", veomni.default = "iota"})
    -> (tensor<?x?x16xf32> {veomni.name = "logits", veomni.axes = ["batch", "seq"]}) {
  %given = veomni.input_given %mask : tensor<?x?xi64>
  %table = veomni.param "embed.weight" : tensor<16x8xf32>
  %h = veomni.embedding %ids, %table : (tensor<?x?xi64>, tensor<16x8xf32>) -> tensor<?x?x8xf32>
  %starts = veomni.document_starts %positions whole_if %given : tensor<?x?xi64> -> tensor<?x?xi32>
  %l0 = veomni.call @Layer.forward at "layers.0" (%h, %starts, %mask, %given)
      : (tensor<?x?x8xf32>, tensor<?x?xi32>, tensor<?x?xi64>, i1) -> tensor<?x?x8xf32>
  %l1 = veomni.call @Layer.forward at "layers.1" (%l0, %starts, %mask, %given)
      : (tensor<?x?x8xf32>, tensor<?x?xi32>, tensor<?x?xi64>, i1) -> tensor<?x?x8xf32>
  %logits = veomni.linear %l1, %table : (tensor<?x?x8xf32>, tensor<16x8xf32>) -> tensor<?x?x16xf32>
  return %logits : tensor<?x?x16xf32>
}
}

// RUN: veomni-opt %s --veomni-set-target --veomni-lower-to-program | FileCheck %s

// Parts of heads are read where they lie: nothing is copied but into the keys. The one head that all heads share is
// repeated on the way.
veomni.weight "a.norm.weight" : tensor<6xf32> = [load("norm.weight", [6], f32)]
veomni.weight "a.gate.bias" : tensor<4xf32> = [load("gate.bias", [4], bf16), cast(f32)]

// CHECK: veomni_rt.weight "a.gate.bias" : !veomni_rt.buffer<[4] x f32> = [load("gate.bias", [4], bf16), cast(f32)]
// CHECK: veomni_rt.kernel @rope_0 = "rope" {{{.*}}x_at = 6 : i64, x_run = 10 : i64}
// CHECK: veomni_rt.kernel @rms_norm_0 = "rms_norm" {{{.*}}x_run = 10 : i64}
// CHECK: veomni_rt.kernel @concat_0 = "concat" {a_at = 0 : i64, a_cols = 5 : i64, a_run = 8 : i64, b_at = {{[0-9]+}} : i64, b_run = 0 : i64}
// CHECK: veomni_rt.kernel @attention_pack_0 = "attention_pack" {v_at = 5 : i64, v_head_dim = 3 : i64, v_run = 8 : i64}
// CHECK: veomni_rt.kernel @attention_0 = "attention" {scale = {{.*}}, window = 0 : i64} ({{.*}}write !veomni_rt.buffer<[batch, seq, 2, 3] x f32, row_rank = 2
// CHECK: veomni_rt.func @Attention.forward
// CHECK: dispatch @rope_0
// CHECK-NEXT: dispatch @rms_norm_0
// CHECK-NEXT: dispatch @concat_0
// CHECK-NEXT: dispatch @attention_pack_0
// CHECK-NEXT: dispatch @attention_0
// CHECK-NEXT: dispatch @group_router_0
func.func private @Attention.forward(%c: tensor<?x?x10xf32> {veomni.axes = ["batch", "seq"]}, %q: tensor<?x?x18xf32> {veomni.axes = ["batch", "seq"]},
                                     %kv: tensor<?x?x16xf32> {veomni.axes = ["batch", "seq"]}, %cos: tensor<?x?x2xf32> {veomni.axes = ["batch", "seq"]},
                                     %starts: tensor<?x?xi32> {veomni.axes = ["batch", "seq"]}, %mask: tensor<?x?xi64> {veomni.axes = ["batch", "seq"]}, %given: i1,
                                     %logits: tensor<?x?x4xf32> {veomni.axes = ["batch", "seq"]})
    -> (tensor<?x?x6xf32> {veomni.axes = ["batch", "seq"]}, tensor<?x?x6xf32> {veomni.axes = ["batch", "seq"]},
        tensor<?x?x2xi32> {veomni.axes = ["batch", "seq"]}, tensor<?x?x2xf32> {veomni.axes = ["batch", "seq"]}) {
  %queries = veomni.unflatten %q : tensor<?x?x18xf32> -> tensor<?x?x2x9xf32>
  %heads = veomni.unflatten %kv : tensor<?x?x16xf32> -> tensor<?x?x2x8xf32>
  %one = veomni.unflatten %c : tensor<?x?x10xf32> -> tensor<?x?x1x10xf32>
  %rope = veomni.slice %one {offset = 6 : i64} : tensor<?x?x1x10xf32> -> tensor<?x?x1x4xf32>
  %turned = veomni.rope %rope, %cos, %cos {layout = #veomni.rope_layout<interleaved>} : tensor<?x?x1x4xf32>, tensor<?x?x2xf32>
  %narrow = veomni.slice %c {offset = 0 : i64} : tensor<?x?x10xf32> -> tensor<?x?x6xf32>
  %w = veomni.param "norm.weight" : tensor<6xf32>
  %n = veomni.rms_norm %narrow, %w {eps = 1.0e-06 : f32, variant = #veomni.norm<standard>} : tensor<?x?x6xf32>, tensor<6xf32>
  %pass = veomni.slice %heads {offset = 0 : i64} : tensor<?x?x2x8xf32> -> tensor<?x?x2x5xf32>
  %all = veomni.broadcast_heads %turned : tensor<?x?x1x4xf32> -> tensor<?x?x2x4xf32>
  %k = veomni.concat %pass, %all : tensor<?x?x2x5xf32>, tensor<?x?x2x4xf32> -> tensor<?x?x2x9xf32>
  %v = veomni.slice %heads {offset = 5 : i64} : tensor<?x?x2x8xf32> -> tensor<?x?x2x3xf32>
  %o = veomni.attention %queries, %k, %v starts %starts key_mask %mask if %given {scale = 0.5 : f32, window = 0 : i64}
      : tensor<?x?x2x9xf32>, tensor<?x?x2x9xf32> values tensor<?x?x2x3xf32>, tensor<?x?xi32>, tensor<?x?xi64>
  %flat = veomni.flatten %o : tensor<?x?x2x3xf32> -> tensor<?x?x6xf32>
  %bias = veomni.param "gate.bias" : tensor<4xf32>
  %e, %s = veomni.group_router %logits, %bias {groups = 2 : i64, groups_per_token = 1 : i64, scale = 2.0 : f32, top_k = 2 : i64}
      : tensor<?x?x4xf32>, tensor<4xf32> -> tensor<?x?x2xi32>, tensor<?x?x2xf32>
  return %n, %flat, %e, %s : tensor<?x?x6xf32>, tensor<?x?x6xf32>, tensor<?x?x2xi32>, tensor<?x?x2xf32>
}

func.func @forward(%x: tensor<?x?x10xf32> {veomni.axes = ["batch", "seq"], veomni.name = "x"}, %q: tensor<?x?x18xf32> {veomni.axes = ["batch", "seq"], veomni.name = "q"},
                   %kv: tensor<?x?x16xf32> {veomni.axes = ["batch", "seq"], veomni.name = "kv"}, %cos: tensor<?x?x2xf32> {veomni.axes = ["batch", "seq"], veomni.name = "cos"},
                   %mask: tensor<?x?xi64> {veomni.axes = ["batch", "seq"], veomni.name = "attention_mask", veomni.default = "ones"},
                   %logits: tensor<?x?x4xf32> {veomni.axes = ["batch", "seq"], veomni.name = "logits"})
    -> (tensor<?x?x6xf32> {veomni.axes = ["batch", "seq"], veomni.name = "n"}, tensor<?x?x6xf32> {veomni.axes = ["batch", "seq"], veomni.name = "o"},
        tensor<?x?x2xi32> {veomni.axes = ["batch", "seq"], veomni.name = "e"}, tensor<?x?x2xf32> {veomni.axes = ["batch", "seq"], veomni.name = "w"}) {
  %given = veomni.input_given %mask : tensor<?x?xi64>
  %starts = veomni.document_starts %mask whole_if %given : tensor<?x?xi64> -> tensor<?x?xi32>
  %r:4 = veomni.call @Attention.forward at "a" (%x, %q, %kv, %cos, %starts, %mask, %given, %logits)
      : (tensor<?x?x10xf32>, tensor<?x?x18xf32>, tensor<?x?x16xf32>, tensor<?x?x2xf32>, tensor<?x?xi32>, tensor<?x?xi64>, i1, tensor<?x?x4xf32>)
      -> (tensor<?x?x6xf32>, tensor<?x?x6xf32>, tensor<?x?x2xi32>, tensor<?x?x2xf32>)
  return %r#0, %r#1, %r#2, %r#3 : tensor<?x?x6xf32>, tensor<?x?x6xf32>, tensor<?x?x2xi32>, tensor<?x?x2xf32>
}

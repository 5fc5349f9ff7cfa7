// RUN: veomni-opt %s --veomni-shard=mesh=tp=2 | FileCheck %s
// A second run finds what ranks run, and leaves it.
// RUN: veomni-opt %s --veomni-shard=mesh=tp=2 | veomni-opt --veomni-shard=mesh=tp=2 | FileCheck %s
// RUN: veomni-opt %s --veomni-shard=mesh=tp=2 --remarks-filter=shard -o /dev/null 2>&1 | FileCheck %s --check-prefix=REMARK
// RUN: veomni-opt %s --veomni-shard=mesh=tp=1 | FileCheck %s --check-prefix=ONE --implicit-check-not=over
// ONE: veomni.attention
// RUN: veomni-opt %s --veomni-shard=mesh=sp=2,tp=2 | FileCheck %s --check-prefix=BOTH
// RUN: veomni-opt %s --veomni-shard=mesh=sp=2,tp=2 | veomni-opt --veomni-shard=mesh=sp=2,tp=2 | FileCheck %s --check-prefix=BOTH

// Where ranks of another axis have parts of the sequence, sums are whole, and a rank's heads are split once more.
// BOTH-LABEL: func.func private @layer(
// BOTH-SAME: %[[X:[^:]*]]: tensor<?x?x32xf32> {veomni.axes = ["batch", "seq@sp"]}
// BOTH: veomni.linear %[[X]], {{.*}} -> tensor<?x?x16xf32>
// BOTH: veomni.all_to_all {{.*}} gather 1 split 2 over "sp" : (tensor<?x?x2x8xf32>, tensor<?x?x2x8xf32>, tensor<?x?x2x8xf32>) -> (tensor<?x?x1x8xf32>
// BOTH: %[[O:.*]] = veomni.attention
// BOTH: veomni.all_to_all %[[O]] gather 2 split 1 over "sp" : (tensor<?x?x1x8xf32>) -> tensor<?x?x2x8xf32>
// BOTH: %[[PART:.*]] = veomni.linear {{.*}} : (tensor<?x?x16xf32>, tensor<32x16xf32>) -> tensor<?x?x32xf32>
// BOTH: %[[SUM:.*]] = veomni.all_reduce %[[PART]] over "tp"
// BOTH: veomni.binary add %[[SUM]],
// BOTH: return

// A plan comes after the compiler's own rules: rows of k are summed over, and the head is whole.
// RUN: echo '{"parameters": [{"parameter": "*.k_proj.weight", "axis": "tp", "dim": 1}, {"parameter": "lm_head.*", "whole": true}], "kernels": []}' > %t.json
// RUN: veomni-opt %s --veomni-shard="mesh=tp=2 plan=%t.json" | FileCheck %s --check-prefix=PLAN
// PLAN: veomni.weight "layers.0.k_proj.weight" : tensor<8x16xf32> = [load("k0", [8, 32], f32), part("tp", 2, dim = 1)]
// PLAN: veomni.weight "lm_head.weight" : tensor<50x32xf32> = [load("head", [50, 32], f32)]
// PLAN: %[[COLUMNS:.*]] = veomni.all_to_all %{{.*}} gather 1 split 2 over "tp" : (tensor<?x?x32xf32>) -> tensor<?x?x16xf32>
// PLAN: %[[PART:.*]] = veomni.linear %[[COLUMNS]], %{{.*}} : (tensor<?x?x16xf32>, tensor<8x16xf32>) -> tensor<?x?x8xf32>
// PLAN: veomni.reduce_scatter %[[PART]] dim 1 over "tp"

// Tensor parallelism. Columns of the first product of a pair, such as heads, are a rank's own; the second one sums over
// them, and what ranks have is added up. Between pairs ranks have parts of the sequence. Key heads that are fewer than
// the ranks stay whole, as does what no rule names.

// CHECK: veomni.weight "embed_tokens.weight" : tensor<50x16xf32> = [load("embed", [50, 32], f32), part("tp", 2, dim = 1)]
// CHECK: veomni.weight "layers.0.q_proj.weight" : tensor<16x32xf32> = [load("q0", [32, 32], f32), part("tp", 2, dim = 0)]
// CHECK: veomni.weight "layers.0.k_proj.weight" : tensor<8x32xf32> = [load("k0", [8, 32], f32)]
// CHECK: veomni.weight "layers.0.o_proj.weight" : tensor<32x16xf32> = [load("o0", [32, 32], f32), part("tp", 2, dim = 1)]
// CHECK: veomni.weight "layers.0.o_proj.bias" : tensor<32xf32> = [load("b0", [32], f32)]
// CHECK: veomni.weight "lm_head.weight" : tensor<25x32xf32> = [load("head", [50, 32], f32), part("tp", 2, dim = 0)]
veomni.weight "embed_tokens.weight" : tensor<50x32xf32> = [load("embed", [50, 32], f32)]
veomni.weight "layers.0.q_proj.weight" : tensor<32x32xf32> = [load("q0", [32, 32], f32)]
veomni.weight "layers.0.k_proj.weight" : tensor<8x32xf32> = [load("k0", [8, 32], f32)]
veomni.weight "layers.0.o_proj.weight" : tensor<32x32xf32> = [load("o0", [32, 32], f32)]
veomni.weight "layers.0.o_proj.bias" : tensor<32xf32> = [load("b0", [32], f32)]
veomni.weight "lm_head.weight" : tensor<50x32xf32> = [load("head", [50, 32], f32)]

// Angles of all positions are whole on every rank, which has heads of all tokens.
// CHECK-LABEL: func.func private @angles(
// CHECK-NOT: over "tp"
// CHECK: return
func.func private @angles(%positions: tensor<?x?xi64> {veomni.axes = ["batch", "seq"]})
    -> (tensor<?x?x4xf32> {veomni.axes = ["batch", "seq"]}, tensor<?x?x4xf32> {veomni.axes = ["batch", "seq"]}) {
  %cos, %sin = veomni.rope_table %positions {inv_freq = array<f32: 1.0, 0.5, 0.25, 0.125>, scale = 1.0 : f32} : tensor<?x?xi64> -> tensor<?x?x4xf32>
  return %cos, %sin : tensor<?x?x4xf32>, tensor<?x?x4xf32>
}

// CHECK-LABEL: func.func private @layer(
// CHECK-SAME: %[[X:[^:]*]]: tensor<?x?x32xf32> {veomni.axes = ["batch", "seq@tp"]}, %[[COS:[^:]*]]: tensor<?x?x4xf32> {veomni.axes = ["batch", "seq"]}
// CHECK-SAME: -> (tensor<?x?x32xf32> {veomni.axes = ["batch", "seq@tp"]})
// CHECK: %[[QW:.*]] = veomni.param "q_proj.weight" : tensor<16x32xf32>
// CHECK: %[[ALL:.*]] = veomni.all_gather %[[X]] dim 1 over "tp"
// CHECK: %[[Q:.*]] = veomni.linear %[[ALL]], %[[QW]]
// CHECK: %[[QH:.*]] = veomni.unflatten %[[Q]] : tensor<?x?x16xf32> -> tensor<?x?x2x8xf32>
// CHECK: veomni.rope %[[QH]], %[[COS]],
// CHECK: veomni.linear %[[X]], %{{.*}} : (tensor<?x?x32xf32>, tensor<8x32xf32>) -> tensor<?x?x8xf32>
// CHECK: %[[KV:.*]]:2 = veomni.all_to_all {{.*}} gather 1 split 2 over "tp" : {{.*}} -> (tensor<?x?x1x8xf32>
// CHECK: %[[O:.*]] = veomni.attention %{{.*}}, %[[KV]]#0, %[[KV]]#1 starts
// CHECK: %[[F:.*]] = veomni.flatten %[[O]] : tensor<?x?x2x8xf32> -> tensor<?x?x16xf32>
// CHECK: %[[PART:.*]] = veomni.linear %[[F]], %{{.*}} : (tensor<?x?x16xf32>, tensor<32x16xf32>) -> tensor<?x?x32xf32>
// CHECK: %[[SUM:.*]] = veomni.reduce_scatter %[[PART]] dim 1 over "tp"
// The bias is added to the sum, not by every rank.
// CHECK: veomni.binary add %[[SUM]], %{{.*}} : tensor<?x?x32xf32>, tensor<32xf32> -> tensor<?x?x32xf32>
// CHECK-NOT: over "tp"
// CHECK: return
// REMARK-DAG: Remark="parameter "layers.0.k_proj.weight" stays whole on every rank of 'tp': they do not divide its heads"
// REMARK-DAG: Function=layer | Remark="veomni.linear: reduce_scatter along dim 1 over 'tp', a rank gives away 1/2 of batch * seq * 128 bytes"
func.func private @layer(%x: tensor<?x?x32xf32> {veomni.axes = ["batch", "seq"]}, %cos: tensor<?x?x4xf32> {veomni.axes = ["batch", "seq"]},
    %sin: tensor<?x?x4xf32> {veomni.axes = ["batch", "seq"]}, %starts: tensor<?x?xi32> {veomni.axes = ["batch", "seq"]},
    %mask: tensor<?x?xi64> {veomni.axes = ["batch", "seq"]}, %given: i1) -> (tensor<?x?x32xf32> {veomni.axes = ["batch", "seq"]}) {
  %qw = veomni.param "q_proj.weight" : tensor<32x32xf32>
  %q0 = veomni.linear %x, %qw : (tensor<?x?x32xf32>, tensor<32x32xf32>) -> tensor<?x?x32xf32>
  %q1 = veomni.unflatten %q0 : tensor<?x?x32xf32> -> tensor<?x?x4x8xf32>
  %q = veomni.rope %q1, %cos, %sin {layout = #veomni.rope_layout<half>} : tensor<?x?x4x8xf32>, tensor<?x?x4xf32>
  %kw = veomni.param "k_proj.weight" : tensor<8x32xf32>
  %k0 = veomni.linear %x, %kw : (tensor<?x?x32xf32>, tensor<8x32xf32>) -> tensor<?x?x8xf32>
  %k = veomni.unflatten %k0 : tensor<?x?x8xf32> -> tensor<?x?x1x8xf32>
  %o = veomni.attention %q, %k, %k starts %starts key_mask %mask if %given {scale = 0.25 : f32, window = 0 : i64}
      : tensor<?x?x4x8xf32>, tensor<?x?x1x8xf32>, tensor<?x?xi32>, tensor<?x?xi64>
  %flat = veomni.flatten %o : tensor<?x?x4x8xf32> -> tensor<?x?x32xf32>
  %ow = veomni.param "o_proj.weight" : tensor<32x32xf32>
  %ob = veomni.param "o_proj.bias" : tensor<32xf32>
  %y = veomni.linear %flat, %ow bias %ob : (tensor<?x?x32xf32>, tensor<32x32xf32>, tensor<32xf32>) -> tensor<?x?x32xf32>
  return %y : tensor<?x?x32xf32>
}

// Embedded columns become tokens; the head's columns are gathered once, for the output.
// CHECK-LABEL: func.func @forward(
// CHECK: %[[E:.*]] = veomni.embedding %{{.*}} -> tensor<?x?x16xf32>
// CHECK: %[[H:.*]] = veomni.all_to_all %[[E]] gather 2 split 1 over "tp" : (tensor<?x?x16xf32>) -> tensor<?x?x32xf32>
// CHECK: %[[Y:.*]] = veomni.call @layer at "layers.0" (%[[H]],
// CHECK: %[[ALL:.*]] = veomni.all_gather %[[Y]] dim 1 over "tp"
// CHECK: %[[L:.*]] = veomni.linear %[[ALL]], {{.*}} -> tensor<?x?x25xf32>
// CHECK: %[[WHOLE:.*]] = veomni.all_gather %[[L]] dim 2 over "tp" : tensor<?x?x25xf32> -> tensor<?x?x50xf32>
// CHECK: return %[[WHOLE]]
func.func @forward(%ids: tensor<?x?xi64> {veomni.axes = ["batch", "seq"], veomni.name = "ids"},
    %positions: tensor<?x?xi64> {veomni.axes = ["batch", "seq"], veomni.name = "positions"},
    %mask: tensor<?x?xi64> {veomni.axes = ["batch", "seq"], veomni.default = "ones", veomni.name = "mask"})
    -> (tensor<?x?x50xf32> {veomni.axes = ["batch", "seq"], veomni.name = "logits"}) {
  %given = veomni.input_given %mask : tensor<?x?xi64>
  %starts = veomni.document_starts %positions whole_if %given : tensor<?x?xi64> -> tensor<?x?xi32>
  %cos, %sin = veomni.call @angles at "rotary_emb" (%positions) : (tensor<?x?xi64>) -> (tensor<?x?x4xf32>, tensor<?x?x4xf32>)
  %w = veomni.param "embed_tokens.weight" : tensor<50x32xf32>
  %h = veomni.embedding %ids, %w : (tensor<?x?xi64>, tensor<50x32xf32>) -> tensor<?x?x32xf32>
  %y = veomni.call @layer at "layers.0" (%h, %cos, %sin, %starts, %mask, %given) : (tensor<?x?x32xf32>, tensor<?x?x4xf32>, tensor<?x?x4xf32>, tensor<?x?xi32>, tensor<?x?xi64>, i1) -> tensor<?x?x32xf32>
  %head = veomni.param "lm_head.weight" : tensor<50x32xf32>
  %logits = veomni.linear %y, %head : (tensor<?x?x32xf32>, tensor<50x32xf32>) -> tensor<?x?x50xf32>
  return %logits : tensor<?x?x50xf32>
}

// RUN: veomni-opt %s --veomni-shard=mesh=sp=2 -split-input-file | FileCheck %s
// A second run finds what ranks run, and leaves it.
// RUN: veomni-opt %s --veomni-shard=mesh=sp=2 -split-input-file | veomni-opt --veomni-shard=mesh=sp=2 -split-input-file | FileCheck %s
// RUN: veomni-opt %s --veomni-shard=mesh=sp=2 -split-input-file --remarks-filter=shard -o /dev/null 2>&1 | FileCheck %s --check-prefix=REMARK
// Without a mesh, or over one rank, nothing changes.
// RUN: veomni-opt %s -split-input-file >%t.before
// RUN: veomni-opt %s --veomni-shard -split-input-file | diff %t.before -
// RUN: veomni-opt %s --veomni-shard=mesh=sp=1 -split-input-file | FileCheck %s --check-prefix=ONE --implicit-check-not=over

// ONE: veomni.mesh = #veomni.mesh<"sp" = 1>
// ONE: veomni.attention

// Tokens stay whole, and what is made of them is made in parts. Attention goes from parts of the sequence to parts of
// the heads and back, in one exchange each; outputs are whole.
// CHECK: module attributes {veomni.mesh = #veomni.mesh<"sp" = 2>}
// CHECK-LABEL: func.func private @layer(
// CHECK-SAME: %[[X:.*]]: tensor<?x?x32xf32> {veomni.axes = ["batch", "seq@sp"]}, %[[STARTS:.*]]: tensor<?x?xi32> {veomni.axes = ["batch", "seq"]}, %[[MASK:.*]]: tensor<?x?xi64> {veomni.axes = ["batch", "seq"]}
// CHECK-SAME: -> (tensor<?x?x32xf32> {veomni.axes = ["batch", "seq@sp"]})
// CHECK: %[[Q:.*]] = veomni.unflatten {{.*}} -> tensor<?x?x4x8xf32>
// CHECK: %[[KV:.*]] = veomni.unflatten {{.*}} -> tensor<?x?x2x8xf32>
// CHECK: %[[H:.*]]:2 = veomni.all_to_all %[[Q]], %[[KV]] gather 1 split 2 over "sp" : (tensor<?x?x4x8xf32>, tensor<?x?x2x8xf32>) -> (tensor<?x?x2x8xf32>, tensor<?x?x1x8xf32>)
// CHECK: %[[O:.*]] = veomni.attention %[[H]]#0, %[[H]]#1, %[[H]]#1 starts %[[STARTS]] key_mask %[[MASK]] {{.*}} : tensor<?x?x2x8xf32>, tensor<?x?x1x8xf32>
// CHECK: %[[Y:.*]] = veomni.all_to_all %[[O]] gather 2 split 1 over "sp" : (tensor<?x?x2x8xf32>) -> tensor<?x?x4x8xf32>
// CHECK: veomni.flatten %[[Y]]
// CHECK-NOT: all_to_all
// CHECK: return
// REMARK-DAG: Function=layer | Remark="veomni.attention: all_to_all from dim 1 to dim 2 over 'sp', 2 arrays, a rank gives away 1/2 of batch * seq@sp * 192 bytes"
// REMARK-DAG: Function=layer | Remark="veomni.attention: all_to_all from dim 2 to dim 1 over 'sp', 1 array, a rank gives away 1/2 of batch * seq * 64 bytes"
func.func private @layer(%x: tensor<?x?x32xf32> {veomni.axes = ["batch", "seq"]}, %starts: tensor<?x?xi32> {veomni.axes = ["batch", "seq"]},
    %mask: tensor<?x?xi64> {veomni.axes = ["batch", "seq"]}, %given: i1) -> (tensor<?x?x32xf32> {veomni.axes = ["batch", "seq"]}) {
  %q = veomni.unflatten %x : tensor<?x?x32xf32> -> tensor<?x?x4x8xf32>
  %w = veomni.param "kv.weight" : tensor<16x32xf32>
  %k = veomni.linear %x, %w : (tensor<?x?x32xf32>, tensor<16x32xf32>) -> tensor<?x?x16xf32>
  %kv = veomni.unflatten %k : tensor<?x?x16xf32> -> tensor<?x?x2x8xf32>
  %o = veomni.attention %q, %kv, %kv starts %starts key_mask %mask if %given {scale = 0.25 : f32, window = 0 : i64}
      : tensor<?x?x4x8xf32>, tensor<?x?x2x8xf32>, tensor<?x?xi32>, tensor<?x?xi64>
  %y = veomni.flatten %o : tensor<?x?x4x8xf32> -> tensor<?x?x32xf32>
  return %y : tensor<?x?x32xf32>
}
// CHECK-LABEL: func.func @forward(
// CHECK-SAME: {veomni.axes = ["batch", "seq"], veomni.name = "ids"}
// CHECK: %[[STARTS:.*]] = veomni.document_starts %[[POSITIONS:.*]] whole_if
// CHECK: %[[IDS:.*]] = veomni.all_slice %{{.*}} dim 1 over "sp" : tensor<?x?xi64> -> tensor<?x?xi64>
// CHECK: %[[H0:.*]] = veomni.embedding %[[IDS]]
// CHECK: %[[H1:.*]] = veomni.call @layer at "layers.0" (%[[H0]], %[[STARTS]],
// CHECK: %[[H2:.*]] = veomni.call @layer at "layers.1" (%[[H1]], %[[STARTS]],
// CHECK: %[[WHOLE:.*]] = veomni.all_gather %[[H2]] dim 1 over "sp" : tensor<?x?x32xf32> -> tensor<?x?x32xf32>
// CHECK: return %[[WHOLE]]
// REMARK-DAG: Function=forward | Remark="veomni.embedding: all_slice of dim 1 over 'sp', 1 array, nothing moves"
// REMARK-DAG: Function=forward | Remark="func.return: all_gather of dim 1 over 'sp', 1 array, a rank gives away batch * seq@sp * 128 bytes"
func.func @forward(%ids: tensor<?x?xi64> {veomni.axes = ["batch", "seq"], veomni.name = "ids"},
    %positions: tensor<?x?xi64> {veomni.axes = ["batch", "seq"], veomni.name = "positions"},
    %mask: tensor<?x?xi64> {veomni.axes = ["batch", "seq"], veomni.default = "ones", veomni.name = "mask"})
    -> (tensor<?x?x32xf32> {veomni.axes = ["batch", "seq"], veomni.name = "hidden"}) {
  %given = veomni.input_given %mask : tensor<?x?xi64>
  %starts = veomni.document_starts %positions whole_if %given : tensor<?x?xi64> -> tensor<?x?xi32>
  %w = veomni.param "embed" : tensor<50x32xf32>
  %h0 = veomni.embedding %ids, %w : (tensor<?x?xi64>, tensor<50x32xf32>) -> tensor<?x?x32xf32>
  %h1 = veomni.call @layer at "layers.0" (%h0, %starts, %mask, %given) : (tensor<?x?x32xf32>, tensor<?x?xi32>, tensor<?x?xi64>, i1) -> tensor<?x?x32xf32>
  %h2 = veomni.call @layer at "layers.1" (%h1, %starts, %mask, %given) : (tensor<?x?x32xf32>, tensor<?x?xi32>, tensor<?x?xi64>, i1) -> tensor<?x?x32xf32>
  return %h2 : tensor<?x?x32xf32>
}

// -----

// One function, called with parts and with whole values, becomes two. A callee's own name of the axis is kept.
// CHECK-LABEL: func.func private @norm(
// CHECK-SAME: tensor<?x8xf32> {veomni.axes = ["rows@sp"]}) -> (tensor<?x8xf32> {veomni.axes = ["rows@sp"]})
// CHECK-LABEL: func.func private @norm$2(
// CHECK-SAME: tensor<?x8xf32> {veomni.axes = ["rows"]}) -> (tensor<?x8xf32> {veomni.axes = ["rows"]})
func.func private @norm(%x: tensor<?x8xf32> {veomni.axes = ["rows"]}) -> (tensor<?x8xf32> {veomni.axes = ["rows"]}) {
  %w = veomni.param "weight" : tensor<8xf32>
  %y = veomni.rms_norm %x, %w {eps = 1.0e-06 : f32, variant = #veomni.norm<standard>} : tensor<?x8xf32>, tensor<8xf32>
  return %y : tensor<?x8xf32>
}
// CHECK-LABEL: func.func @forward(
// CHECK: veomni.call @norm at "a"
// CHECK: veomni.call @norm$2 at "b"
func.func @forward(%x: tensor<?x8xf32> {veomni.axes = ["seq"], veomni.name = "x"}, %p: tensor<?x8xf32> {veomni.axes = ["patches"], veomni.name = "p"})
    -> (tensor<?x8xf32> {veomni.axes = ["seq"], veomni.name = "y"}, tensor<?x8xf32> {veomni.axes = ["patches"], veomni.name = "z"}) {
  %y = veomni.call @norm at "a" (%x) : (tensor<?x8xf32>) -> tensor<?x8xf32>
  %z = veomni.call @norm at "b" (%p) : (tensor<?x8xf32>) -> tensor<?x8xf32>
  return %y, %z : tensor<?x8xf32>, tensor<?x8xf32>
}

// -----

// What sums over a split dim is given all of it, in the order of the whole.
// CHECK-LABEL: func.func @forward(
// CHECK: %[[PART:.*]] = veomni.all_slice %{{.*}} dim 1 over "sp"
// CHECK: %[[TWICE:.*]] = veomni.binary add %[[PART]], %[[PART]]
// CHECK: %[[WHOLE:.*]] = veomni.all_gather %[[TWICE]] dim 1 over "sp"
// CHECK: veomni.last_token %[[WHOLE]]
// CHECK-NOT: over
func.func @forward(%x: tensor<?x?x3xf32> {veomni.axes = ["batch", "seq"], veomni.name = "x"}, %ids: tensor<?x?xi64> {veomni.axes = ["batch", "seq"], veomni.name = "ids"})
    -> (tensor<?x3xf32> {veomni.axes = ["batch"], veomni.name = "y"}) {
  %t = veomni.binary add %x, %x : tensor<?x?x3xf32>, tensor<?x?x3xf32> -> tensor<?x?x3xf32>
  %y = veomni.last_token %t, %ids {padding = 0 : i64} : tensor<?x?x3xf32>, tensor<?x?xi64> -> tensor<?x3xf32>
  return %y : tensor<?x3xf32>
}

// -----

// Parameters are alike on all ranks, also those that were put one after the other.
// CHECK-LABEL: func.func @forward(
// CHECK: %[[PART:.*]] = veomni.all_slice %{{.*}} dim 0 over "sp"
// CHECK: %[[W:.*]] = veomni.concat_params
// CHECK: veomni.linear %[[PART]], %[[W]]
func.func @forward(%x: tensor<?x8xf32> {veomni.axes = ["seq"], veomni.name = "x"})
    -> (tensor<?x12xf32> {veomni.axes = ["seq"], veomni.name = "y"}) {
  %a = veomni.param "a" : tensor<4x8xf32>
  %b = veomni.param "b" : tensor<8x8xf32>
  %w = veomni.concat_params %a, %b : (tensor<4x8xf32>, tensor<8x8xf32>) -> tensor<12x8xf32>
  %y = veomni.linear %x, %w : (tensor<?x8xf32>, tensor<12x8xf32>) -> tensor<?x12xf32>
  return %y : tensor<?x12xf32>
}

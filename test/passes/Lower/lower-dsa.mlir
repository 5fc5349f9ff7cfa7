// RUN: veomni-opt %s -split-input-file -veomni-lower -verify-diagnostics | FileCheck %s

// CHECK-LABEL: veomni_rt.input "q"
// CHECK-DAG: veomni_rt.kernel @sum_heads_0 = "sum_heads" (read !veomni_rt.buffer<[batch, seq, 2, seq] x f32>, {{.*}} scalars(2)
// CHECK-DAG: veomni_rt.kernel @select_keys_0 = "select_keys" ({{.*}} scalars(2)
// CHECK-DAG: veomni_rt.kernel @keep_keys_0 = "keep_keys" ({{.*}} scalars(2)
// CHECK-DAG: veomni_rt.kernel @sum_heads_1 = "sum_heads" (read !veomni_rt.buffer<[batch, seq, 2, 4] x f32, {{.*}} scalars(1)
// CHECK: veomni_rt.dispatch @sum_heads_0 workgroups(ceildiv(batch * seq, 16)) {{.*}}!veomni_rt.buffer<[batch, seq, 1, seq] x f32>) scalars(batch * seq, seq)
// CHECK: veomni_rt.dispatch @select_keys_0 workgroups(ceildiv(batch * seq, 16)) {{.*}}!veomni_rt.buffer<[batch, seq, 6] x i32, row_stride = 16>) scalars(batch * seq, seq)
// CHECK: veomni_rt.dispatch @keep_keys_0 workgroups(ceildiv(batch * seq, 16)) {{.*}} scalars(batch * seq, seq)
// CHECK: veomni_rt.dispatch @sum_heads_1
veomni.weight "w" : tensor<8x8xf32> = [load("w", [8, 8], f32)]
func.func @f(%x: tensor<?x?x8xf32> {veomni.axes = ["batch", "seq"], veomni.name = "q"}, %starts: tensor<?x?xi32> {veomni.axes = ["batch", "seq"], veomni.name = "starts", veomni.below = #veomni_rt.extent<seq>},
             %mask: tensor<?x?xi64> {veomni.axes = ["batch", "seq"], veomni.name = "mask", veomni.default = "ones"})
    -> (tensor<?x?x4xf32> {veomni.axes = ["batch", "seq"], veomni.name = "y"}) {
  %given = veomni.input_given %mask : tensor<?x?xi64>
  %w = veomni.param "w" : tensor<8x8xf32>
  %l = veomni.linear %x, %w : (tensor<?x?x8xf32>, tensor<8x8xf32>) -> tensor<?x?x8xf32>
  %q = veomni.unflatten %l : tensor<?x?x8xf32> -> tensor<?x?x2x4xf32>
  %m = veomni.attention_mask %starts, %mask if %given {window = 0 : i64} : tensor<?x?xi32>, tensor<?x?xi64> -> tensor<?x?x1x?xf32>
  %s = veomni.attention_scores %q, %q : tensor<?x?x2x4xf32>, tensor<?x?x2x4xf32> -> tensor<?x?x2x?xf32>
  %t = veomni.sum_heads %s : tensor<?x?x2x?xf32> -> tensor<?x?x1x?xf32>
  %i = veomni.select_keys %t, %m {top_k = 6 : i64} : tensor<?x?x1x?xf32>, tensor<?x?x1x?xf32> -> tensor<?x?x6xi32>
  %n = veomni.keep_keys %m, %i : tensor<?x?x1x?xf32>, tensor<?x?x6xi32>
  %p = veomni.binary add %s, %n : tensor<?x?x2x?xf32>, tensor<?x?x1x?xf32> -> tensor<?x?x2x?xf32>
  %o = veomni.attention_values %p, %q : tensor<?x?x2x?xf32>, tensor<?x?x2x4xf32> -> tensor<?x?x2x4xf32>
  %h = veomni.sum_heads %o : tensor<?x?x2x4xf32> -> tensor<?x?x1x4xf32>
  %y = veomni.flatten %h : tensor<?x?x1x4xf32> -> tensor<?x?x4xf32>
  return %y : tensor<?x?x4xf32>
}

// -----

func.func @f(%x: tensor<?x2x3x4xf32> {veomni.axes = ["rows"], veomni.name = "x"}) -> (tensor<?x2x1x4xf32> {veomni.axes = ["rows"], veomni.name = "y"}) {
  // expected-error @+1 {{kernel kind 'sum_heads': operand 1 ('out') is !veomni_rt.buffer<[rows, 2, 1, 4] x f32, row_rank = 3, row_stride = 16>, expected [rows.. | 1, cols] x f32: a row is the last 2 dims, found a row of 3}}
  %y = veomni.sum_heads %x : tensor<?x2x3x4xf32> -> tensor<?x2x1x4xf32>
  return %y : tensor<?x2x1x4xf32>
}

// -----

func.func @f(%s: tensor<?x?x1x9xf32> {veomni.axes = ["batch", "seq"], veomni.name = "s"}) -> (tensor<?x?x1x9xf32> {veomni.axes = ["batch", "seq"], veomni.name = "y"}) {
  %i = veomni.select_keys %s, %s {top_k = 6 : i64} : tensor<?x?x1x9xf32>, tensor<?x?x1x9xf32> -> tensor<?x?x6xi32>
  // expected-error @+1 {{kernel kind 'keep_keys': operand 2 ('out') is !veomni_rt.buffer<[batch, seq, 1, 9] x f32, row_rank = 2, row_stride = 16>, expected [batch, seq, 1, keys] x f32 without gaps between rows}}
  %y = veomni.keep_keys %s, %i : tensor<?x?x1x9xf32>, tensor<?x?x6xi32>
  return %y : tensor<?x?x1x9xf32>
}

// -----

// Ops with no kernel but the eager one must be bound to it.
func.func @f(%q: tensor<?x?x7x12xf32> {veomni.axes = ["batch", "seq"], veomni.name = "q"}, %k: tensor<?x?x12xf32> {veomni.axes = ["batch", "seq"], veomni.name = "k"},
             %w: tensor<?x?x7xf32> {veomni.axes = ["batch", "seq"], veomni.name = "w"}, %starts: tensor<?x?xi32> {veomni.axes = ["batch", "seq"], veomni.name = "starts", veomni.below = #veomni_rt.extent<seq>},
             %mask: tensor<?x?xi64> {veomni.axes = ["batch", "seq"], veomni.name = "mask", veomni.default = "ones"})
    -> (tensor<?x?x6xi32> {veomni.axes = ["batch", "seq"], veomni.name = "y"}) {
  %given = veomni.input_given %mask : tensor<?x?xi64>
  // expected-error @+1 {{has no kernel in this program; raise or decompose it first}}
  %i = veomni.dsa_indexer %q, %k, %w starts %starts key_mask %mask if %given {scale = 0.25 : f32, top_k = 6 : i64}
      : tensor<?x?x7x12xf32>, tensor<?x?x12xf32>, tensor<?x?x7xf32>, tensor<?x?xi32>, tensor<?x?xi64> -> tensor<?x?x6xi32>
  return %i : tensor<?x?x6xi32>
}

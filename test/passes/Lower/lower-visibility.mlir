// RUN: veomni-opt %s -split-input-file -veomni-lower -verify-diagnostics | FileCheck %s

// Keys of an axis of their own, and ends of documents.
// CHECK: veomni_rt.symbol @keys_by_32 = derived(ceildiv(keys, 32))
// CHECK: veomni_rt.kernel @attention_pack_0 = "attention_pack" (read !veomni_rt.buffer<[batch, keys, 2, 8] x f32
// CHECK: veomni_rt.kernel @attention_0 = "attention" {scale = 5.000000e-01 : f32, visibility = "full", window = 0 : i64} (read !veomni_rt.buffer<[batch, seq, 4, 8] x f32
// CHECK-SAME: read !veomni_rt.buffer<[batch, seq] x i32>, read !veomni_rt.buffer<[batch, seq] x i32>, read !veomni_rt.buffer<[batch, keys] x i64>
// CHECK: veomni_rt.dispatch @attention_pack_0 {{.*}} scalars(batch, keys)
// CHECK: veomni_rt.dispatch @attention_0 workgroups(batch * 4, ceildiv(seq, 96)) {{.*}} scalars(batch, seq, keys, has_mask)
func.func @f(%q: tensor<?x?x4x8xf32> {veomni.axes = ["batch", "seq"], veomni.name = "q"}, %k: tensor<?x?x2x8xf32> {veomni.axes = ["batch", "keys"], veomni.name = "k"},
             %starts: tensor<?x?xi32> {veomni.axes = ["batch", "seq"], veomni.name = "starts", veomni.below = #veomni_rt.extent<keys>},
             %ends: tensor<?x?xi32> {veomni.axes = ["batch", "seq"], veomni.name = "ends", veomni.below = #veomni_rt.extent<keys + 1>},
             %mask: tensor<?x?xi64> {veomni.axes = ["batch", "keys"], veomni.name = "mask", veomni.default = "ones"})
    -> (tensor<?x?x4x8xf32> {veomni.axes = ["batch", "seq"], veomni.name = "y"}) {
  %given = veomni.input_given %mask : tensor<?x?xi64>
  %y = veomni.attention %q, %k, %k starts %starts ends %ends key_mask %mask if %given {scale = 0.5 : f32, visibility = #veomni.visibility<full>, window = 0 : i64}
      : tensor<?x?x4x8xf32>, tensor<?x?x2x8xf32>, tensor<?x?xi32> ends tensor<?x?xi32>, tensor<?x?xi64>
  return %y : tensor<?x?x4x8xf32>
}

// -----

func.func @f(%q: tensor<?x?x4x8xf32> {veomni.axes = ["batch", "seq"], veomni.name = "q"}, %k: tensor<?x?x2x8xf32> {veomni.axes = ["batch", "keys"], veomni.name = "k"},
             %starts: tensor<?x?xi32> {veomni.axes = ["batch", "seq"], veomni.name = "starts", veomni.below = #veomni_rt.extent<keys>},
             %ends: tensor<?x?xi32> {veomni.axes = ["batch", "seq"], veomni.name = "ends", veomni.below = #veomni_rt.extent<seq>},
             %mask: tensor<?x?xi64> {veomni.axes = ["batch", "keys"], veomni.name = "mask", veomni.default = "ones"})
    -> (tensor<?x?x4x8xf32> {veomni.axes = ["batch", "seq"], veomni.name = "y"}) {
  %given = veomni.input_given %mask : tensor<?x?xi64>
  // expected-error @+1 {{takes operand 4 for indices, but input 'ends' is not known to be less than its dim, expected veomni.below = #veomni_rt.extent<}}
  %y = veomni.attention %q, %k, %k starts %starts ends %ends key_mask %mask if %given {scale = 0.5 : f32, visibility = #veomni.visibility<full>, window = 0 : i64}
      : tensor<?x?x4x8xf32>, tensor<?x?x2x8xf32>, tensor<?x?xi32> ends tensor<?x?xi32>, tensor<?x?xi64>
  return %y : tensor<?x?x4x8xf32>
}

// -----

// Keys are counted by a dynamic dim.
func.func @f(%q: tensor<?x?x4x8xf32> {veomni.axes = ["batch", "seq"], veomni.name = "q"}, %k: tensor<?x5x2x8xf32> {veomni.axes = ["batch"], veomni.name = "k"})
    -> (tensor<?x?x4x5xf32> {veomni.axes = ["batch", "seq"], veomni.name = "y"}) {
  %z = veomni.unary neg %k : tensor<?x5x2x8xf32>
  // expected-error @+1 {{kernel kind 'attention_scores'}}
  %y = veomni.attention_scores %q, %z : tensor<?x?x4x8xf32>, tensor<?x5x2x8xf32> -> tensor<?x?x4x5xf32>
  return %y : tensor<?x?x4x5xf32>
}

// RUN: veomni-opt %s --veomni-fuse-qkv | FileCheck %s
// RUN: veomni-opt %s --veomni-fuse-qkv | veomni-opt --veomni-fuse-qkv | FileCheck %s
// RUN: veomni-opt %s --veomni-fuse-qkv --remarks-filter=fuse -o /dev/null 2>&1 | FileCheck %s --check-prefix=REMARK

// CHECK-LABEL: func.func private @attention
// CHECK-SAME: (%[[X:.*]]: tensor<?x?x8xf32>,
// CHECK: %[[W:.*]] = veomni.concat_params {{.*}} -> tensor<16x8xf32>
// CHECK: %[[QKV:.*]] = veomni.linear %[[X]], %[[W]] {veomni.kernel = "packed"} : {{.*}} -> tensor<?x?x16xf32>
// CHECK: %[[Q:.*]] = veomni.slice %[[QKV]] {offset = 0 : i64} : tensor<?x?x16xf32> -> tensor<?x?x8xf32>
// CHECK: %[[K:.*]] = veomni.slice %[[QKV]] {offset = 8 : i64} : tensor<?x?x16xf32> -> tensor<?x?x4xf32>
// CHECK: %[[V:.*]] = veomni.slice %[[QKV]] {offset = 12 : i64} : tensor<?x?x16xf32> -> tensor<?x?x4xf32>
// CHECK: veomni.unflatten %[[Q]]
// CHECK: veomni.unflatten %[[K]]
// CHECK: veomni.unflatten %[[V]]
// REMARK: [Passed] FuseQkv | Category:fuse | Function=attention | Remark="3 projections to heads are one product"
func.func private @attention(%x: tensor<?x?x8xf32>, %cos: tensor<?x?x2xf32>, %sin: tensor<?x?x2xf32>, %starts: tensor<?x?xi32>,
    %mask: tensor<?x?xi64>, %given: i1) -> tensor<?x?x2x4xf32> {
  %wq = veomni.param "q_proj.weight" : tensor<8x8xf32>
  %q = veomni.linear %x, %wq {veomni.kernel = "packed"} : (tensor<?x?x8xf32>, tensor<8x8xf32>) -> tensor<?x?x8xf32>
  %qh = veomni.unflatten %q : tensor<?x?x8xf32> -> tensor<?x?x2x4xf32>
  %wk = veomni.param "k_proj.weight" : tensor<4x8xf32>
  %k = veomni.linear %x, %wk {veomni.kernel = "packed"} : (tensor<?x?x8xf32>, tensor<4x8xf32>) -> tensor<?x?x4xf32>
  %kh = veomni.unflatten %k : tensor<?x?x4xf32> -> tensor<?x?x1x4xf32>
  %wv = veomni.param "v_proj.weight" : tensor<4x8xf32>
  %v = veomni.linear %x, %wv {veomni.kernel = "packed"} : (tensor<?x?x8xf32>, tensor<4x8xf32>) -> tensor<?x?x4xf32>
  %vh = veomni.unflatten %v : tensor<?x?x4xf32> -> tensor<?x?x1x4xf32>
  %qr = veomni.rope %qh, %cos, %sin {layout = #veomni.rope_layout<half>} : tensor<?x?x2x4xf32>, tensor<?x?x2xf32>
  %kr = veomni.rope %kh, %cos, %sin {layout = #veomni.rope_layout<half>} : tensor<?x?x1x4xf32>, tensor<?x?x2xf32>
  %o = veomni.attention %qr, %kr, %vh starts %starts key_mask %mask if %given {scale = 5.0e-01 : f32, window = 0 : i64}
      : tensor<?x?x2x4xf32>, tensor<?x?x1x4xf32>, tensor<?x?xi32>, tensor<?x?xi64>
  return %o : tensor<?x?x2x4xf32>
}

// Other users than those that read heads in place.
// CHECK-LABEL: func.func private @plain
// CHECK-NOT: veomni.slice
func.func private @plain(%x: tensor<?x8xf32>) -> (tensor<?x4xf32>, tensor<?x4xf32>) {
  %wa = veomni.param "a" : tensor<4x8xf32>
  %wb = veomni.param "b" : tensor<4x8xf32>
  %a = veomni.linear %x, %wa : (tensor<?x8xf32>, tensor<4x8xf32>) -> tensor<?x4xf32>
  %b = veomni.linear %x, %wb : (tensor<?x8xf32>, tensor<4x8xf32>) -> tensor<?x4xf32>
  return %a, %b : tensor<?x4xf32>, tensor<?x4xf32>
}

// CHECK-LABEL: func.func private @bias
// CHECK-NOT: veomni.slice
// REMARK: [Missed] FuseQkv | Category:fuse | Function=bias | Remark="the projections to heads stay apart: one has a bias, another has none"
func.func private @bias(%x: tensor<?x?x8xf32>, %cos: tensor<?x?x2xf32>, %sin: tensor<?x?x2xf32>) -> (tensor<?x?x2x4xf32>, tensor<?x?x1x4xf32>) {
  %wq = veomni.param "q_proj.weight" : tensor<8x8xf32>
  %bq = veomni.param "q_proj.bias" : tensor<8xf32>
  %wk = veomni.param "k_proj.weight" : tensor<4x8xf32>
  %q = veomni.linear %x, %wq bias %bq : (tensor<?x?x8xf32>, tensor<8x8xf32>, tensor<8xf32>) -> tensor<?x?x8xf32>
  %qh = veomni.unflatten %q : tensor<?x?x8xf32> -> tensor<?x?x2x4xf32>
  %k = veomni.linear %x, %wk : (tensor<?x?x8xf32>, tensor<4x8xf32>) -> tensor<?x?x4xf32>
  %kh = veomni.unflatten %k : tensor<?x?x4xf32> -> tensor<?x?x1x4xf32>
  %qr = veomni.rope %qh, %cos, %sin {layout = #veomni.rope_layout<half>} : tensor<?x?x2x4xf32>, tensor<?x?x2xf32>
  %kr = veomni.rope %kh, %cos, %sin {layout = #veomni.rope_layout<half>} : tensor<?x?x1x4xf32>, tensor<?x?x2xf32>
  return %qr, %kr : tensor<?x?x2x4xf32>, tensor<?x?x1x4xf32>
}

// A projection whose whole rows something else reads, too: they must stay where they are.
// CHECK-LABEL: func.func private @read_elsewhere
// CHECK-NOT: veomni.slice
// CHECK: return
func.func private @read_elsewhere(%x: tensor<?x?x8xf32>, %cos: tensor<?x?x2xf32>, %sin: tensor<?x?x2xf32>)
    -> (tensor<?x?x2x4xf32>, tensor<?x?x1x4xf32>, tensor<?x?x4xf32>) {
  %wq = veomni.param "q_proj.weight" : tensor<8x8xf32>
  %wk = veomni.param "k_proj.weight" : tensor<4x8xf32>
  %q = veomni.linear %x, %wq : (tensor<?x?x8xf32>, tensor<8x8xf32>) -> tensor<?x?x8xf32>
  %qh = veomni.unflatten %q : tensor<?x?x8xf32> -> tensor<?x?x2x4xf32>
  %k = veomni.linear %x, %wk : (tensor<?x?x8xf32>, tensor<4x8xf32>) -> tensor<?x?x4xf32>
  %kh = veomni.unflatten %k : tensor<?x?x4xf32> -> tensor<?x?x1x4xf32>
  %qr = veomni.rope %qh, %cos, %sin {layout = #veomni.rope_layout<half>} : tensor<?x?x2x4xf32>, tensor<?x?x2xf32>
  %kr = veomni.rope %kh, %cos, %sin {layout = #veomni.rope_layout<half>} : tensor<?x?x1x4xf32>, tensor<?x?x2xf32>
  return %qr, %kr, %k : tensor<?x?x2x4xf32>, tensor<?x?x1x4xf32>, tensor<?x?x4xf32>
}

// Norms of heads read them in place, too, as in Qwen 3.
// CHECK-LABEL: func.func private @normed
// CHECK: veomni.linear {{.*}} -> tensor<?x?x12xf32>
// CHECK-NOT: veomni.linear
// CHECK: return
func.func private @normed(%x: tensor<?x?x8xf32>) -> (tensor<?x?x2x4xf32>, tensor<?x?x1x4xf32>) {
  %wq = veomni.param "q_proj.weight" : tensor<8x8xf32>
  %wk = veomni.param "k_proj.weight" : tensor<4x8xf32>
  %wn = veomni.param "norm.weight" : tensor<4xf32>
  %q = veomni.linear %x, %wq : (tensor<?x?x8xf32>, tensor<8x8xf32>) -> tensor<?x?x8xf32>
  %qh = veomni.unflatten %q : tensor<?x?x8xf32> -> tensor<?x?x2x4xf32>
  %k = veomni.linear %x, %wk : (tensor<?x?x8xf32>, tensor<4x8xf32>) -> tensor<?x?x4xf32>
  %kh = veomni.unflatten %k : tensor<?x?x4xf32> -> tensor<?x?x1x4xf32>
  %qn = veomni.rms_norm %qh, %wn {eps = 1.0e-06 : f32, variant = #veomni.norm<standard>}
      : tensor<?x?x2x4xf32>, tensor<4xf32>
  %kn = veomni.rms_norm %kh, %wn {eps = 1.0e-06 : f32, variant = #veomni.norm<standard>}
      : tensor<?x?x1x4xf32>, tensor<4xf32>
  return %qn, %kn : tensor<?x?x2x4xf32>, tensor<?x?x1x4xf32>
}

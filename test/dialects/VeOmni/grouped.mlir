// RUN: veomni-opt %s | veomni-opt | FileCheck %s

// CHECK-LABEL: func.func private @experts
func.func private @experts(%x: tensor<?x?x64xf32>, %e: tensor<?x?x2xi32>, %w: tensor<?x?x2xf32>) -> tensor<?x?x64xf32> {
  %gate_up = veomni.param "gate_up_proj" : tensor<8x216x64xbf16>
  %down = veomni.param "down_proj" : tensor<8x64x108xbf16>
  %bias = veomni.param "down_proj_bias" : tensor<8x64xbf16>
  // CHECK: %routes, %places, %offsets = veomni.expert_sort %{{.*}} : tensor<?x?x2xi32> -> tensor<?xi32>, tensor<?x?x2xi32>, tensor<9xi32>
  %routes, %places, %offsets = veomni.expert_sort %e : tensor<?x?x2xi32> -> tensor<?xi32>, tensor<?x?x2xi32>, tensor<9xi32>
  // CHECK: veomni.permute %{{.*}} by %routes {top_k = 2 : i64} : tensor<?x?x64xf32>, tensor<?xi32> -> tensor<?x64xf32>
  %rows = veomni.permute %x by %routes {top_k = 2 : i64} : tensor<?x?x64xf32>, tensor<?xi32> -> tensor<?x64xf32>
  // CHECK: veomni.grouped_gemm %{{.*}}, %{{.*}} offsets %offsets : (tensor<?x64xf32>, tensor<8x216x64xbf16>, tensor<9xi32>) -> tensor<?x216xf32>
  %h = veomni.grouped_gemm %rows, %gate_up offsets %offsets : (tensor<?x64xf32>, tensor<8x216x64xbf16>, tensor<9xi32>) -> tensor<?x216xf32>
  %a = veomni.packed_glu %h {act = #veomni.activation<silu>} : tensor<?x216xf32> -> tensor<?x108xf32>
  // CHECK: veomni.grouped_gemm %{{.*}}, %{{.*}} offsets %offsets bias %{{.*}} {veomni.kernel = "packed"}
  %o = veomni.grouped_gemm %a, %down offsets %offsets bias %bias {veomni.kernel = "packed"}
      : (tensor<?x108xf32>, tensor<8x64x108xbf16>, tensor<9xi32>, tensor<8x64xbf16>) -> tensor<?x64xf32>
  // CHECK: veomni.expert_combine %{{.*}} by %routes, %places weights %{{.*}} : tensor<?x64xf32>, tensor<?xi32>, tensor<?x?x2xi32>, tensor<?x?x2xf32> -> tensor<?x?x64xf32>
  %y = veomni.expert_combine %o by %routes, %places weights %w : tensor<?x64xf32>, tensor<?xi32>, tensor<?x?x2xi32>, tensor<?x?x2xf32> -> tensor<?x?x64xf32>
  return %y : tensor<?x?x64xf32>
}

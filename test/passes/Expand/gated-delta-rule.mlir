// RUN: veomni-opt %s --veomni-expand=all | FileCheck %s
// RUN: veomni-opt %s --veomni-expand=all --veomni-expand=all | FileCheck %s

// CHECK-LABEL: func.func private @delta_rule
// CHECK-SAME: (%[[Q:.*]]: tensor<?x?x2x16xf32>, %[[K:.*]]: tensor<?x?x2x16xf32>, %[[V:.*]]: tensor<?x?x4x20xf32>,
// CHECK-NEXT: %[[SQUARES:.*]] = veomni.unary square %[[Q]]
// CHECK-NEXT: %[[SUM:.*]] = veomni.reduce sum %[[SQUARES]]
// CHECK-NEXT: %[[EPS:.*]] = veomni.binary_scalar add %[[SUM]], 9.99999997E-7
// CHECK-NEXT: %[[INVERSE:.*]] = veomni.unary rsqrt %[[EPS]]
// CHECK-NEXT: %[[NORMAL:.*]] = veomni.binary mul %[[Q]], %[[INVERSE]]
// CHECK-NEXT: %[[SCALED:.*]] = veomni.binary_scalar mul %[[NORMAL]], 2.500000e-01
// CHECK-NEXT: veomni.unary square %[[K]]
// CHECK: %[[KEY:.*]] = veomni.binary mul %[[K]],
// CHECK-NEXT: veomni.gated_delta_scan %[[SCALED]], %[[KEY]], %[[V]],
func.func private @delta_rule(%q: tensor<?x?x2x16xf32>, %k: tensor<?x?x2x16xf32>, %v: tensor<?x?x4x20xf32>, %g: tensor<?x?x4xf32>, %beta: tensor<?x?x4xf32>,
                              %starts: tensor<?x?xi32>) -> tensor<?x?x4x20xf32> {
  %o = veomni.chunk_gated_delta_rule %q, %k, %v, %g, %beta starts %starts {l2_norm_eps = 1.0e-06 : f32, scale = 0.25 : f32}
      : tensor<?x?x2x16xf32>, tensor<?x?x4x20xf32>, tensor<?x?x4xf32>, tensor<?x?xi32>
  return %o : tensor<?x?x4x20xf32>
}

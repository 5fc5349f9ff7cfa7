// RUN: veomni-opt %s | veomni-opt | FileCheck %s

// CHECK-LABEL: func.func private @delta_rule
func.func private @delta_rule(%q: tensor<?x?x2x16xf32>, %v: tensor<?x?x4x20xf32>, %g: tensor<?x?x4xf32>, %starts: tensor<?x?xi32>) {
  // CHECK: veomni.chunk_gated_delta_rule %{{.*}}, %{{.*}}, %{{.*}}, %{{.*}}, %{{.*}} starts %{{.*}} {l2_norm_eps = 9.99999997E-7 : f32, scale = 2.500000e-01 : f32} : tensor<?x?x2x16xf32>, tensor<?x?x4x20xf32>, tensor<?x?x4xf32>, tensor<?x?xi32>
  %0 = veomni.chunk_gated_delta_rule %q, %q, %v, %g, %g starts %starts {l2_norm_eps = 1.0e-06 : f32, scale = 0.25 : f32}
      : tensor<?x?x2x16xf32>, tensor<?x?x4x20xf32>, tensor<?x?x4xf32>, tensor<?x?xi32>
  // CHECK: veomni.chunk_gated_delta_rule {{.*}} {scale = 2.500000e-01 : f32}
  %1 = veomni.chunk_gated_delta_rule %q, %q, %0, %g, %g starts %starts {scale = 0.25 : f32}
      : tensor<?x?x2x16xf32>, tensor<?x?x4x20xf32>, tensor<?x?x4xf32>, tensor<?x?xi32>
  // CHECK: veomni.gated_delta_scan %{{.*}}, %{{.*}}, %{{.*}}, %{{.*}}, %{{.*}} starts %{{.*}} : tensor<?x?x2x16xf32>, tensor<?x?x4x20xf32>, tensor<?x?x4xf32>, tensor<?x?xi32>
  %2 = veomni.gated_delta_scan %q, %q, %1, %g, %g starts %starts : tensor<?x?x2x16xf32>, tensor<?x?x4x20xf32>, tensor<?x?x4xf32>, tensor<?x?xi32>
  return
}

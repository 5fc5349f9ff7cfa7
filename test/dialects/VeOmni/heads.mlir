// RUN: veomni-opt %s | veomni-opt | FileCheck %s

// Parts of heads, and values whose heads have another size than the keys'.
// CHECK-LABEL: @latent
func.func private @latent(%q: tensor<?x?x4x20xf32>, %shared: tensor<?x?x1x8xf32>, %starts: tensor<?x?xi32>, %mask: tensor<?x?xi64>, %given: i1) -> tensor<?x?x4x10xf32> {
  // CHECK: veomni.slice %{{.*}} {offset = 8 : i64} : tensor<?x?x4x20xf32> -> tensor<?x?x4x12xf32>
  %pass = veomni.slice %q {offset = 8 : i64} : tensor<?x?x4x20xf32> -> tensor<?x?x4x12xf32>
  // CHECK: veomni.broadcast_heads %{{.*}} : tensor<?x?x1x8xf32> -> tensor<?x?x4x8xf32>
  %turned = veomni.broadcast_heads %shared : tensor<?x?x1x8xf32> -> tensor<?x?x4x8xf32>
  // CHECK: veomni.concat %{{.*}}, %{{.*}} : tensor<?x?x4x12xf32>, tensor<?x?x4x8xf32> -> tensor<?x?x4x20xf32>
  %k = veomni.concat %pass, %turned : tensor<?x?x4x12xf32>, tensor<?x?x4x8xf32> -> tensor<?x?x4x20xf32>
  %v = veomni.slice %q {offset = 0 : i64} : tensor<?x?x4x20xf32> -> tensor<?x?x4x10xf32>
  // CHECK: veomni.attention %{{.*}} : tensor<?x?x4x20xf32>, tensor<?x?x4x20xf32> values tensor<?x?x4x10xf32>, tensor<?x?xi32>, tensor<?x?xi64>
  %o = veomni.attention %q, %k, %v starts %starts key_mask %mask if %given {scale = 0.5 : f32, window = 0 : i64}
      : tensor<?x?x4x20xf32>, tensor<?x?x4x20xf32> values tensor<?x?x4x10xf32>, tensor<?x?xi32>, tensor<?x?xi64>
  // CHECK: veomni.attention %{{.*}} : tensor<?x?x4x20xf32>, tensor<?x?x4x20xf32>, tensor<?x?xi32>, tensor<?x?xi64>
  %same = veomni.attention %q, %k, %k starts %starts key_mask %mask if %given {scale = 0.5 : f32, window = 0 : i64}
      : tensor<?x?x4x20xf32>, tensor<?x?x4x20xf32> values tensor<?x?x4x20xf32>, tensor<?x?xi32>, tensor<?x?xi64>
  return %o : tensor<?x?x4x10xf32>
}

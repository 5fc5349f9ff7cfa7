// RUN: veomni-opt %s | veomni-opt | FileCheck %s

// CHECK-LABEL: func.func private @sparse
func.func private @sparse(%q: tensor<?x?x7x12xf32>, %k: tensor<?x?x12xf32>, %w: tensor<?x?x7xbf16>, %a: tensor<?x?x4x20xf32>, %v: tensor<?x?x4x10xf32>,
                          %starts: tensor<?x?xi32>, %mask: tensor<?x?xi64>, %given: i1) -> (tensor<?x?x4x10xf32>, tensor<?x?x4x20xf32>) {
  // CHECK: veomni.dsa_indexer %{{.*}}, %{{.*}}, %{{.*}} starts %{{.*}} key_mask %{{.*}} if %{{.*}} {scale = 2.500000e-01 : f32, top_k = 6 : i64} : tensor<?x?x7x12xf32>, tensor<?x?x12xf32>, tensor<?x?x7xbf16>, tensor<?x?xi32>, tensor<?x?xi64> -> tensor<?x?x6xi32>
  %i = veomni.dsa_indexer %q, %k, %w starts %starts key_mask %mask if %given {scale = 0.25 : f32, top_k = 6 : i64}
      : tensor<?x?x7x12xf32>, tensor<?x?x12xf32>, tensor<?x?x7xbf16>, tensor<?x?xi32>, tensor<?x?xi64> -> tensor<?x?x6xi32>
  // CHECK: veomni.dsa_attention %{{.*}}, %{{.*}}, %{{.*}}, %{{.*}} starts %{{.*}} key_mask %{{.*}} if %{{.*}} {scale = 2.500000e-01 : f32} : tensor<?x?x4x20xf32>, tensor<?x?x4x20xf32> values tensor<?x?x4x10xf32>, tensor<?x?x6xi32>, tensor<?x?xi32>, tensor<?x?xi64>
  %o = veomni.dsa_attention %a, %a, %v, %i starts %starts key_mask %mask if %given {scale = 0.25 : f32}
      : tensor<?x?x4x20xf32>, tensor<?x?x4x20xf32> values tensor<?x?x4x10xf32>, tensor<?x?x6xi32>, tensor<?x?xi32>, tensor<?x?xi64>
  // CHECK: veomni.dsa_attention {{.*}} : tensor<?x?x4x20xf32>, tensor<?x?x4x20xf32>, tensor<?x?x6xi32>, tensor<?x?xi32>, tensor<?x?xi64>
  %p = veomni.dsa_attention %a, %a, %a, %i starts %starts key_mask %mask if %given {scale = 0.25 : f32}
      : tensor<?x?x4x20xf32>, tensor<?x?x4x20xf32>, tensor<?x?x6xi32>, tensor<?x?xi32>, tensor<?x?xi64>
  return %o, %p : tensor<?x?x4x10xf32>, tensor<?x?x4x20xf32>
}

// CHECK-LABEL: func.func private @eager
func.func private @eager(%x: tensor<?x?x7x?xf32>, %mask: tensor<?x?x1x?xf32>) -> tensor<?x?x1x?xf32> {
  // CHECK: veomni.sum_heads %{{.*}} : tensor<?x?x7x?xf32> -> tensor<?x?x1x?xf32>
  %s = veomni.sum_heads %x : tensor<?x?x7x?xf32> -> tensor<?x?x1x?xf32>
  // CHECK: veomni.select_keys %{{.*}}, %{{.*}} {top_k = 6 : i64} : tensor<?x?x1x?xf32>, tensor<?x?x1x?xf32> -> tensor<?x?x6xi32>
  %i = veomni.select_keys %s, %mask {top_k = 6 : i64} : tensor<?x?x1x?xf32>, tensor<?x?x1x?xf32> -> tensor<?x?x6xi32>
  // CHECK: veomni.keep_keys %{{.*}}, %{{.*}} : tensor<?x?x1x?xf32>, tensor<?x?x6xi32>
  %m = veomni.keep_keys %mask, %i : tensor<?x?x1x?xf32>, tensor<?x?x6xi32>
  return %m : tensor<?x?x1x?xf32>
}

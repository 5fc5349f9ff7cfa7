// RUN: veomni-opt %s | veomni-opt | FileCheck %s

// CHECK-LABEL: func.func private @sparse
func.func private @sparse(%q: tensor<?x?x7x12xf32>, %k: tensor<?x?x12xf32>, %w: tensor<?x?x7xbf16>,
                          %starts: tensor<?x?xi32>, %mask: tensor<?x?xi64>, %given: i1) -> tensor<?x?x6xi32> {
  // CHECK: veomni.dsa_indexer %{{.*}}, %{{.*}}, %{{.*}} starts %{{.*}} key_mask %{{.*}} if %{{.*}} {scale = 2.500000e-01 : f32, top_k = 6 : i64} : tensor<?x?x7x12xf32>, tensor<?x?x12xf32>, tensor<?x?x7xbf16>, tensor<?x?xi32>, tensor<?x?xi64> -> tensor<?x?x6xi32>
  %i = veomni.dsa_indexer %q, %k, %w starts %starts key_mask %mask if %given {scale = 0.25 : f32, top_k = 6 : i64}
      : tensor<?x?x7x12xf32>, tensor<?x?x12xf32>, tensor<?x?x7xbf16>, tensor<?x?xi32>, tensor<?x?xi64> -> tensor<?x?x6xi32>
  return %i : tensor<?x?x6xi32>
}

// CHECK-LABEL: func.func private @eager
func.func private @eager(%x: tensor<?x?x7x?xf32>, %mask: tensor<?x?x1x?xf32>) -> tensor<?x?x6xi32> {
  // CHECK: veomni.sum_heads %{{.*}} : tensor<?x?x7x?xf32> -> tensor<?x?x1x?xf32>
  %s = veomni.sum_heads %x : tensor<?x?x7x?xf32> -> tensor<?x?x1x?xf32>
  // CHECK: veomni.select_keys %{{.*}}, %{{.*}} {top_k = 6 : i64} : tensor<?x?x1x?xf32>, tensor<?x?x1x?xf32> -> tensor<?x?x6xi32>
  %i = veomni.select_keys %s, %mask {top_k = 6 : i64} : tensor<?x?x1x?xf32>, tensor<?x?x1x?xf32> -> tensor<?x?x6xi32>
  return %i : tensor<?x?x6xi32>
}

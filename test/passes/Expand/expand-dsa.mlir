// RUN: veomni-opt %s --veomni-expand | FileCheck %s
// RUN: veomni-opt %s --veomni-expand --veomni-expand | FileCheck %s

// CHECK-LABEL: func.func private @indexer
// CHECK-SAME: (%[[Q:.*]]: tensor<?x?x7x12xf32>, %[[K:.*]]: tensor<?x?x12xf32>, %[[W:.*]]: tensor<?x?x7xbf16>, %[[STARTS:.*]]: tensor<?x?xi32>, %[[MASK:.*]]: tensor<?x?xi64>, %[[GIVEN:.*]]: i1)
// CHECK: %[[HEAD:.*]] = veomni.unflatten %[[K]] : tensor<?x?x12xf32> -> tensor<?x?x1x12xf32>
// CHECK: %[[S:.*]] = veomni.attention_scores %[[Q]], %[[HEAD]] : {{.*}} -> tensor<?x?x7x?xf32>
// CHECK: %[[SCALED:.*]] = veomni.binary_scalar mul %[[S]], 2.500000e-01
// CHECK: %[[POSITIVE:.*]] = veomni.binary_scalar max %[[SCALED]], 0.000000e+00
// CHECK: %[[W32:.*]] = veomni.cast %[[W]]
// CHECK: %[[COLUMN:.*]] = veomni.unflatten %[[W32]] : tensor<?x?x7xf32> -> tensor<?x?x7x1xf32>
// CHECK: %[[WEIGHTED:.*]] = veomni.binary mul %[[POSITIVE]], %[[COLUMN]]
// CHECK: %[[SEEN:.*]] = veomni.attention_mask %[[STARTS]], %[[MASK]] if %[[GIVEN]] {window = 0 : i64}
// CHECK: %[[SUM:.*]] = veomni.sum_heads %[[WEIGHTED]] : tensor<?x?x7x?xf32> -> tensor<?x?x1x?xf32>
// CHECK: %[[I:.*]] = veomni.select_keys %[[SUM]], %[[SEEN]] {top_k = 6 : i64}
// CHECK: return %[[I]]
func.func private @indexer(%q: tensor<?x?x7x12xf32>, %k: tensor<?x?x12xf32>, %w: tensor<?x?x7xbf16>, %starts: tensor<?x?xi32>, %mask: tensor<?x?xi64>, %given: i1)
    -> tensor<?x?x6xi32> {
  %i = veomni.dsa_indexer %q, %k, %w starts %starts key_mask %mask if %given {scale = 0.25 : f32, top_k = 6 : i64, veomni.kernel = "eager"}
      : tensor<?x?x7x12xf32>, tensor<?x?x12xf32>, tensor<?x?x7xbf16>, tensor<?x?xi32>, tensor<?x?xi64> -> tensor<?x?x6xi32>
  return %i : tensor<?x?x6xi32>
}

// CHECK-LABEL: func.func private @attention
// CHECK: %[[S:.*]] = veomni.attention_scores
// CHECK: %[[SEEN:.*]] = veomni.attention_mask {{.*}} {window = 0 : i64}
// CHECK: %[[KEPT:.*]] = veomni.keep_keys %[[SEEN]], %[[I:.*]] : tensor<?x?x1x?xf32>, tensor<?x?x6xi32>
// CHECK: %[[SCALED:.*]] = veomni.binary_scalar mul %[[S]], 2.500000e-01
// CHECK: %[[MASKED:.*]] = veomni.binary add %[[SCALED]], %[[KEPT]]
// CHECK: veomni.reduce max %[[MASKED]]
// CHECK: veomni.reduce sum
// CHECK: %[[P:.*]] = veomni.binary div
// CHECK: veomni.attention_values %[[P]], %{{.*}} : tensor<?x?x4x?xf32>, tensor<?x?x4x10xf32> -> tensor<?x?x4x10xf32>
func.func private @attention(%q: tensor<?x?x4x20xf32>, %v: tensor<?x?x4x10xf32>, %i: tensor<?x?x6xi32>, %starts: tensor<?x?xi32>, %mask: tensor<?x?xi64>, %given: i1)
    -> tensor<?x?x4x10xf32> {
  %o = veomni.dsa_attention %q, %q, %v, %i starts %starts key_mask %mask if %given {scale = 0.25 : f32, veomni.kernel = "eager"}
      : tensor<?x?x4x20xf32>, tensor<?x?x4x20xf32> values tensor<?x?x4x10xf32>, tensor<?x?x6xi32>, tensor<?x?xi32>, tensor<?x?xi64>
  return %o : tensor<?x?x4x10xf32>
}

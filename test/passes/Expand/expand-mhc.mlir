// RUN: veomni-opt %s --veomni-expand=all | FileCheck %s
// RUN: veomni-opt %s --veomni-expand=all --veomni-expand=all | FileCheck %s

// All streams of a token are one row, normed without a weight; of the mixes each part has its scale and its base. Two
// iterations of Sinkhorn's divide columns, then rows and columns again.
// CHECK-LABEL: func.func private @pre
// CHECK-SAME: (%[[X:.*]]: tensor<?x?x2x4xf32>, %[[FN:.*]]: tensor<8x8xbf16>, %[[SCALE:.*]]: tensor<3xbf16>, %[[BASE:.*]]: tensor<8xf32>)
// CHECK-NEXT: %[[FLAT:.*]] = veomni.flatten %[[X]]
// CHECK: %[[MEAN:.*]] = veomni.reduce mean
// CHECK-NEXT: veomni.binary_scalar add %[[MEAN]], 1.000000e-03
// CHECK: %[[RSQRT:.*]] = veomni.unary rsqrt
// CHECK-NEXT: %[[NORMAL:.*]] = veomni.binary mul %[[FLAT]], %[[RSQRT]]
// CHECK-NEXT: %[[MIXES:.*]] = veomni.linear %[[NORMAL]], %[[FN]]
// CHECK-NEXT: %[[SCALE1:.*]] = veomni.slice %[[SCALE]] {offset = 1 : i64} : tensor<3xbf16> -> tensor<1xbf16>
// CHECK-NEXT: %[[WIDE1:.*]] = veomni.cast %[[SCALE1]]
// CHECK-NEXT: %[[BASE1:.*]] = veomni.slice %[[BASE]] {offset = 2 : i64} : tensor<8xf32> -> tensor<2xf32>
// CHECK-NEXT: %[[POST1:.*]] = veomni.slice %[[MIXES]] {offset = 2 : i64}
// CHECK-NEXT: %[[POST2:.*]] = veomni.binary mul %[[POST1]], %[[WIDE1]]
// CHECK-NEXT: %[[POST3:.*]] = veomni.binary add %[[POST2]], %[[BASE1]]
// CHECK-NEXT: %[[POST4:.*]] = veomni.unary sigmoid %[[POST3]]
// CHECK-NEXT: %[[POST:.*]] = veomni.binary_scalar mul %[[POST4]], 2.000000e+00
// CHECK: veomni.slice %[[MIXES]] {offset = 4 : i64} : tensor<?x?x8xf32> -> tensor<?x?x4xf32>
// CHECK: veomni.unflatten %{{.*}} : tensor<?x?x4xf32> -> tensor<?x?x2x2xf32>
// CHECK-NEXT: veomni.reduce max
// CHECK: veomni.binary_scalar add %{{.*}}, 5.000000e-01 : tensor<?x?x2x2xf32>
// CHECK: %[[COLUMNS:.*]] = veomni.unflatten %{{.*}} : tensor<?x?x2xf32> -> tensor<?x?x1x2xf32>
// CHECK-NEXT: %[[ONCE:.*]] = veomni.binary div %{{.*}}, %[[COLUMNS]]
// CHECK-NEXT: %[[ROWS:.*]] = veomni.reduce sum %[[ONCE]]
// CHECK-NEXT: %[[ROWS_EPS:.*]] = veomni.binary_scalar add %[[ROWS]], 5.000000e-01
// CHECK-NEXT: %[[TWICE:.*]] = veomni.binary div %[[ONCE]], %[[ROWS_EPS]]
// CHECK-NEXT: %[[TWICE_FLAT:.*]] = veomni.flatten %[[TWICE]]
// CHECK-NEXT: %[[FIRST:.*]] = veomni.slice %[[TWICE_FLAT]] {offset = 0 : i64}
// CHECK-NEXT: %[[SECOND:.*]] = veomni.slice %[[TWICE_FLAT]] {offset = 2 : i64}
// CHECK-NEXT: %[[SUM:.*]] = veomni.binary add %[[FIRST]], %[[SECOND]]
// CHECK-NEXT: %[[SUM_EPS:.*]] = veomni.binary_scalar add %[[SUM]], 5.000000e-01
// CHECK-NEXT: %[[SUM_ROW:.*]] = veomni.unflatten %[[SUM_EPS]]
// CHECK-NEXT: %[[COMB:.*]] = veomni.binary div %[[TWICE]], %[[SUM_ROW]]
// CHECK: veomni.unary sigmoid
// CHECK-NEXT: %[[PRE:.*]] = veomni.binary_scalar add %{{.*}}, 5.000000e-01
// CHECK-NEXT: %[[PRE_COLUMN:.*]] = veomni.unflatten %[[PRE]] : tensor<?x?x2xf32> -> tensor<?x?x2x1xf32>
// CHECK-NEXT: %[[WEIGHTED:.*]] = veomni.binary mul %[[PRE_COLUMN]], %[[X]]
// CHECK-NEXT: %[[STREAMS:.*]] = veomni.flatten %[[WEIGHTED]]
// CHECK-NEXT: veomni.slice %[[STREAMS]] {offset = 0 : i64} : tensor<?x?x8xf32> -> tensor<?x?x4xf32>
// CHECK-NEXT: veomni.slice %[[STREAMS]] {offset = 4 : i64}
// CHECK-NEXT: %[[Y:.*]] = veomni.binary add
// CHECK-NEXT: return %[[Y]], %[[POST]], %[[COMB]]
func.func private @pre(%x: tensor<?x?x2x4xf32>, %fn: tensor<8x8xbf16>, %scale: tensor<3xbf16>, %base: tensor<8xf32>)
    -> (tensor<?x?x4xf32>, tensor<?x?x2xf32>, tensor<?x?x2x2xf32>) {
  %y, %post, %comb = veomni.mhc_pre %x, %fn, %scale, %base {eps = 0.5 : f32, iterations = 2 : i64, norm_eps = 1.0e-03 : f32}
      : (tensor<?x?x2x4xf32>, tensor<8x8xbf16>, tensor<3xbf16>, tensor<8xf32>) -> (tensor<?x?x4xf32>, tensor<?x?x2xf32>, tensor<?x?x2x2xf32>)
  return %y, %post, %comb : tensor<?x?x4xf32>, tensor<?x?x2xf32>, tensor<?x?x2x2xf32>
}

// Row j of comb weighs stream j: the transpose. What is mixed is rounded where transformers does.
// CHECK-LABEL: func.func private @post
// CHECK-SAME: %[[Y:[a-z0-9]*]]: tensor<?x?x4xbf16>
// CHECK-DAG: %[[POST:.*]] = veomni.cast %{{.*}} : tensor<?x?x2xf32> -> tensor<?x?x2xbf16>
// CHECK-DAG: %[[POST_COLUMN:.*]] = veomni.unflatten %[[POST]] : tensor<?x?x2xbf16> -> tensor<?x?x2x1xbf16>
// CHECK-DAG: %[[Y_ROW:.*]] = veomni.unflatten %[[Y]] : tensor<?x?x4xbf16> -> tensor<?x?x1x4xbf16>
// CHECK: %[[PLACED:.*]] = veomni.binary mul %[[POST_COLUMN]], %[[Y_ROW]] : {{.*}} -> tensor<?x?x2x4xbf16>
// CHECK: %[[COMB16:.*]] = veomni.cast %{{.*}} : tensor<?x?x2x2xf32> -> tensor<?x?x2x2xbf16>
// CHECK-NEXT: %[[COMB32:.*]] = veomni.cast %[[COMB16]]
// CHECK-NEXT: %[[COMB:.*]] = veomni.flatten %[[COMB32]]
// CHECK: %[[X:.*]] = veomni.flatten %{{.*}} : tensor<?x?x2x4xf32> -> tensor<?x?x8xf32>
// CHECK-DAG: veomni.slice %[[COMB]] {offset = 2 : i64} : tensor<?x?x4xf32> -> tensor<?x?x2xf32>
// CHECK-DAG: veomni.slice %[[X]] {offset = 4 : i64} : tensor<?x?x8xf32> -> tensor<?x?x4xf32>
// CHECK: %[[MIXED:.*]] = veomni.cast %{{.*}} : tensor<?x?x2x4xf32> -> tensor<?x?x2x4xbf16>
// CHECK-NEXT: %[[R:.*]] = veomni.binary add %[[PLACED]], %[[MIXED]]
// CHECK-NEXT: return %[[R]]
func.func private @post(%y: tensor<?x?x4xbf16>, %x: tensor<?x?x2x4xbf16>, %post: tensor<?x?x2xf32>, %comb: tensor<?x?x2x2xf32>) -> tensor<?x?x2x4xbf16> {
  %r = veomni.mhc_post %y, %x, %post, %comb : tensor<?x?x4xbf16>, tensor<?x?x2x4xbf16>, tensor<?x?x2xf32>, tensor<?x?x2x2xf32>
  return %r : tensor<?x?x2x4xbf16>
}

// CHECK-LABEL: func.func private @head
// CHECK-SAME: %[[SCALE:[a-z0-9]*]]: tensor<1xf32>, %[[BASE:[a-z0-9]*]]: tensor<2xf32>
// CHECK: %[[MIXES:.*]] = veomni.linear
// CHECK-NEXT: %[[SCALED:.*]] = veomni.binary mul %[[MIXES]], %[[SCALE]]
// CHECK-NEXT: veomni.binary add %[[SCALED]], %[[BASE]]
// CHECK-NEXT: veomni.unary sigmoid
// CHECK: veomni.cast %{{.*}} : tensor<?x?x4xf32> -> tensor<?x?x4xbf16>
// CHECK-NEXT: return
func.func private @head(%x: tensor<?x?x2x4xbf16>, %fn: tensor<2x8xf32>, %scale: tensor<1xf32>, %base: tensor<2xf32>) -> tensor<?x?x4xbf16> {
  %h = veomni.mhc_head %x, %fn, %scale, %base {eps = 0.5 : f32, norm_eps = 1.0e-03 : f32}
      : (tensor<?x?x2x4xbf16>, tensor<2x8xf32>, tensor<1xf32>, tensor<2xf32>) -> tensor<?x?x4xbf16>
  return %h : tensor<?x?x4xbf16>
}

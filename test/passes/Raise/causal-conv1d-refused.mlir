// Nearly the op, but not it: the IR stays, and a remark says why.
// RUN: veomni-opt %s -o %t.mlir
// RUN: veomni-opt %s --veomni-raise | diff %t.mlir -
// RUN: veomni-opt %s --veomni-raise --remarks-filter-missed=raise --remark-format=emitRemark 2>&1 | FileCheck %s

// CHECK-DAG: [Missed] causal_conv1d | Category:raise | Function=columns_swapped | Reason="column 0 of the weight is not that of the token furthest back"
func.func private @columns_swapped(%x: tensor<?x?x8xf32>, %w: tensor<8x3xf32>, %starts: tensor<?x?xi32>) -> (tensor<?x?x8xf32>) {
  %s1 = veomni.shift_tokens %x, %starts {by = 1 : i64} : tensor<?x?x8xf32>, tensor<?x?xi32>
  %c0 = veomni.slice %w {offset = 0 : i64} : tensor<8x3xf32> -> tensor<8x1xf32>
  %w0 = veomni.flatten %c0 : tensor<8x1xf32> -> tensor<8xf32>
  %y = veomni.binary mul %s1, %w0 : tensor<?x?x8xf32>, tensor<8xf32> -> tensor<?x?x8xf32>
  return %y : tensor<?x?x8xf32>
}

// Another tensor in place of the token itself.
// CHECK-DAG: [Missed] causal_conv1d | Category:raise | Function=other_token | Reason="the sum is not of all columns of the weight, each times the token so far back"
func.func private @other_token(%x: tensor<?x?x8xf32>, %z: tensor<?x?x8xf32>, %w: tensor<8x2xf32>, %starts: tensor<?x?xi32>) -> (tensor<?x?x8xf32>) {
  %c1 = veomni.slice %w {offset = 1 : i64} : tensor<8x2xf32> -> tensor<8x1xf32>
  %w1 = veomni.flatten %c1 : tensor<8x1xf32> -> tensor<8xf32>
  %t0 = veomni.binary mul %z, %w1 : tensor<?x?x8xf32>, tensor<8xf32> -> tensor<?x?x8xf32>
  %s1 = veomni.shift_tokens %x, %starts {by = 1 : i64} : tensor<?x?x8xf32>, tensor<?x?xi32>
  %c0 = veomni.slice %w {offset = 0 : i64} : tensor<8x2xf32> -> tensor<8x1xf32>
  %w0 = veomni.flatten %c0 : tensor<8x1xf32> -> tensor<8xf32>
  %t1 = veomni.binary mul %s1, %w0 : tensor<?x?x8xf32>, tensor<8xf32> -> tensor<?x?x8xf32>
  %y = veomni.binary add %t0, %t1 : tensor<?x?x8xf32>, tensor<?x?x8xf32> -> tensor<?x?x8xf32>
  return %y : tensor<?x?x8xf32>
}

// CHECK-DAG: [Missed] causal_conv1d | Category:raise | Function=convolution_in_bf16 | Reason="arithmetic is not f32"
func.func private @convolution_in_bf16(%x: tensor<?x?x8xbf16>, %w: tensor<8x2xbf16>, %starts: tensor<?x?xi32>) -> (tensor<?x?x8xbf16>) {
  %c1 = veomni.slice %w {offset = 1 : i64} : tensor<8x2xbf16> -> tensor<8x1xbf16>
  %w1 = veomni.flatten %c1 : tensor<8x1xbf16> -> tensor<8xbf16>
  %t0 = veomni.binary mul %x, %w1 : tensor<?x?x8xbf16>, tensor<8xbf16> -> tensor<?x?x8xbf16>
  %s1 = veomni.shift_tokens %x, %starts {by = 1 : i64} : tensor<?x?x8xbf16>, tensor<?x?xi32>
  %c0 = veomni.slice %w {offset = 0 : i64} : tensor<8x2xbf16> -> tensor<8x1xbf16>
  %w0 = veomni.flatten %c0 : tensor<8x1xbf16> -> tensor<8xbf16>
  %t1 = veomni.binary mul %s1, %w0 : tensor<?x?x8xbf16>, tensor<8xbf16> -> tensor<?x?x8xbf16>
  %y = veomni.binary add %t0, %t1 : tensor<?x?x8xbf16>, tensor<?x?x8xbf16> -> tensor<?x?x8xbf16>
  return %y : tensor<?x?x8xbf16>
}

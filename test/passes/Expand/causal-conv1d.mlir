// RUN: veomni-opt %s --veomni-expand=all | FileCheck %s
// RUN: veomni-opt %s --veomni-expand=all --veomni-expand=all | FileCheck %s

// The last column of the weight goes with the token itself, the one before with the token before.
// CHECK-LABEL: func.func private @causal_conv1d
// CHECK-SAME: (%[[X:.*]]: tensor<?x?x8xf32>, %[[W:.*]]: tensor<8x2xbf16>, %[[B:.*]]: tensor<8xbf16>, %[[STARTS:.*]]: tensor<?x?xi32>)
// CHECK-NEXT: %[[C1:.*]] = veomni.slice %[[W]] {offset = 1 : i64} : tensor<8x2xbf16> -> tensor<8x1xbf16>
// CHECK-NEXT: %[[W1:.*]] = veomni.flatten %[[C1]] : tensor<8x1xbf16> -> tensor<8xbf16>
// CHECK-NEXT: %[[T0:.*]] = veomni.binary mul %[[X]], %[[W1]]
// CHECK-NEXT: %[[BEFORE:.*]] = veomni.shift_tokens %[[X]], %[[STARTS]] {by = 1 : i64}
// CHECK-NEXT: %[[C0:.*]] = veomni.slice %[[W]] {offset = 0 : i64}
// CHECK-NEXT: %[[W0:.*]] = veomni.flatten %[[C0]]
// CHECK-NEXT: %[[T1:.*]] = veomni.binary mul %[[BEFORE]], %[[W0]]
// CHECK-NEXT: %[[SUM:.*]] = veomni.binary add %[[T0]], %[[T1]]
// CHECK-NEXT: %[[BIASED:.*]] = veomni.binary add %[[SUM]], %[[B]]
// CHECK-NEXT: %[[SIGMOID:.*]] = veomni.unary sigmoid %[[BIASED]]
// CHECK-NEXT: %[[Y:.*]] = veomni.binary mul %[[BIASED]], %[[SIGMOID]]
// CHECK-NEXT: return %[[Y]]
func.func private @causal_conv1d(%x: tensor<?x?x8xf32>, %w: tensor<8x2xbf16>, %b: tensor<8xbf16>, %starts: tensor<?x?xi32>) -> tensor<?x?x8xf32> {
  %y = veomni.causal_conv1d %x, %w bias %b starts %starts {act = #veomni.activation<silu>}
      : tensor<?x?x8xf32>, tensor<8x2xbf16> bias tensor<8xbf16>, tensor<?x?xi32>
  return %y : tensor<?x?x8xf32>
}

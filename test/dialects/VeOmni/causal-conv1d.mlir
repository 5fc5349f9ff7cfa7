// RUN: veomni-opt %s | veomni-opt | FileCheck %s

// CHECK-LABEL: func.func private @convolution
func.func private @convolution(%x: tensor<?x?x8xf32>, %w: tensor<8x4xbf16>, %b: tensor<8xbf16>, %starts: tensor<?x?xi32>) -> tensor<?x?x8xf32> {
  // CHECK: veomni.causal_conv1d %{{.*}}, %{{.*}} starts %{{.*}} {act = #veomni.activation<silu>} : tensor<?x?x8xf32>, tensor<8x4xbf16>, tensor<?x?xi32>
  %0 = veomni.causal_conv1d %x, %w starts %starts {act = #veomni.activation<silu>} : tensor<?x?x8xf32>, tensor<8x4xbf16>, tensor<?x?xi32>
  // CHECK: veomni.causal_conv1d %{{.*}}, %{{.*}} bias %{{.*}} starts %{{.*}} : tensor<?x?x8xf32>, tensor<8x4xbf16> bias tensor<8xbf16>, tensor<?x?xi32>
  %1 = veomni.causal_conv1d %0, %w bias %b starts %starts : tensor<?x?x8xf32>, tensor<8x4xbf16> bias tensor<8xbf16>, tensor<?x?xi32>
  // CHECK: veomni.shift_tokens %{{.*}}, %{{.*}} {by = 2 : i64} : tensor<?x?x8xf32>, tensor<?x?xi32>
  %2 = veomni.shift_tokens %1, %starts {by = 2 : i64} : tensor<?x?x8xf32>, tensor<?x?xi32>
  return %2 : tensor<?x?x8xf32>
}

// What veomni-expand writes is recognised, also after constants and common parts have been taken together.
// RUN: veomni-opt %s -o %t.mlir
// RUN: veomni-opt %s --veomni-expand=all | FileCheck %s
// RUN: veomni-opt %s --veomni-expand=all --veomni-raise | diff %t.mlir -
// RUN: veomni-opt %s --veomni-expand=all --canonicalize --cse --veomni-raise | diff %t.mlir -
// RUN: veomni-opt %s --veomni-expand=all --veomni-raise --veomni-raise | diff %t.mlir -

// CHECK-NOT: veomni.causal_conv1d
func.func private @convolutions(%x: tensor<?x?x8xf32>, %y: tensor<?x?x8xbf16>, %w: tensor<8x2xf32>, %w16: tensor<8x4xbf16>, %b: tensor<8xf32>, %b16: tensor<8xbf16>, %starts: tensor<?x?xi32>)
    -> (tensor<?x?x8xf32>, tensor<?x?x8xf32>, tensor<?x?x8xf32>, tensor<?x?x8xbf16>) {
  %a = veomni.causal_conv1d %x, %w starts %starts : tensor<?x?x8xf32>, tensor<8x2xf32>, tensor<?x?xi32>
  %c = veomni.causal_conv1d %a, %w bias %b starts %starts : tensor<?x?x8xf32>, tensor<8x2xf32> bias tensor<8xf32>, tensor<?x?xi32>
  %d = veomni.causal_conv1d %c, %w16 starts %starts {act = #veomni.activation<silu>} : tensor<?x?x8xf32>, tensor<8x4xbf16>, tensor<?x?xi32>
  %e = veomni.causal_conv1d %y, %w16 bias %b16 starts %starts {act = #veomni.activation<silu>} : tensor<?x?x8xbf16>, tensor<8x4xbf16> bias tensor<8xbf16>, tensor<?x?xi32>
  return %a, %c, %d, %e : tensor<?x?x8xf32>, tensor<?x?x8xf32>, tensor<?x?x8xf32>, tensor<?x?x8xbf16>
}

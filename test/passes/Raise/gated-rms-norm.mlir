// What veomni-expand writes is recognised, also after constants and common parts have been taken together.
// RUN: veomni-opt %s -o %t.mlir
// RUN: veomni-opt %s --veomni-expand=all | FileCheck %s
// RUN: veomni-opt %s --veomni-expand=all --veomni-raise | diff %t.mlir -
// RUN: veomni-opt %s --veomni-expand=all --canonicalize --cse --veomni-raise | diff %t.mlir -
// RUN: veomni-opt %s --veomni-expand=all --veomni-raise --veomni-raise | diff %t.mlir -

// CHECK-NOT: veomni.gated_rms_norm
func.func private @gated_norms(%x: tensor<?x?x2x4xf32>, %g: tensor<?x?x2x4xf32>, %w: tensor<4xf32>, %y: tensor<?x8xbf16>, %h: tensor<?x8xbf16>, %w16: tensor<8xbf16>, %v16: tensor<4xbf16>)
    -> (tensor<?x?x2x4xf32>, tensor<?x?x2x4xf32>, tensor<?x8xbf16>) {
  %a = veomni.gated_rms_norm %x, %g, %w {eps = 1.0e-06 : f32} : tensor<?x?x2x4xf32>, tensor<4xf32>
  %b = veomni.gated_rms_norm %a, %x, %v16 {eps = 1.0e-06 : f32} : tensor<?x?x2x4xf32>, tensor<4xbf16>
  %c = veomni.gated_rms_norm %y, %h, %w16 {eps = 1.0e-05 : f32} : tensor<?x8xbf16>, tensor<8xbf16>
  return %a, %b, %c : tensor<?x?x2x4xf32>, tensor<?x?x2x4xf32>, tensor<?x8xbf16>
}

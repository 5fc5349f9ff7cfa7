// Nearly the op, but not it: the IR stays, and a remark says why.
// RUN: veomni-opt %s -o %t.mlir
// RUN: veomni-opt %s --veomni-raise | diff %t.mlir -
// RUN: veomni-opt %s --veomni-raise --remarks-filter-missed=raise --remark-format=emitRemark 2>&1 | FileCheck %s

// CHECK-DAG: [Missed] gated_rms_norm | Category:raise | Function=gate_of_f32 | Reason="x, gate and result are not of one type"
func.func private @gate_of_f32(%x: tensor<?x8xbf16>, %g: tensor<?x8xf32>, %w: tensor<8xbf16>) -> (tensor<?x8xbf16>) {
  %n = veomni.rms_norm %x, %w {eps = 1.0e-06 : f32, variant = #veomni.norm<standard>} : tensor<?x8xbf16>, tensor<8xbf16>
  %0 = veomni.unary sigmoid %g : tensor<?x8xf32>
  %1 = veomni.binary mul %g, %0 : tensor<?x8xf32>, tensor<?x8xf32> -> tensor<?x8xf32>
  %2 = veomni.binary mul %n, %1 : tensor<?x8xbf16>, tensor<?x8xf32> -> tensor<?x8xf32>
  %y = veomni.cast %2 : tensor<?x8xf32> -> tensor<?x8xbf16>
  return %y : tensor<?x8xbf16>
}

// CHECK-DAG: [Missed] gated_rms_norm | Category:raise | Function=gate_in_bf16 | Reason="the gate's arithmetic is not f32"
func.func private @gate_in_bf16(%x: tensor<?x8xbf16>, %g: tensor<?x8xbf16>, %w: tensor<8xbf16>) -> (tensor<?x8xbf16>) {
  %n = veomni.rms_norm %x, %w {eps = 1.0e-06 : f32, variant = #veomni.norm<standard>} : tensor<?x8xbf16>, tensor<8xbf16>
  %0 = veomni.unary sigmoid %g : tensor<?x8xbf16>
  %1 = veomni.binary mul %g, %0 : tensor<?x8xbf16>, tensor<?x8xbf16> -> tensor<?x8xbf16>
  %y = veomni.binary mul %n, %1 : tensor<?x8xbf16>, tensor<?x8xbf16> -> tensor<?x8xbf16>
  return %y : tensor<?x8xbf16>
}

// CHECK-DAG: [Missed] gated_rms_norm | Category:raise | Function=rounded_weight | Reason="the weight has another type than x"
func.func private @rounded_weight(%x: tensor<?x8xbf16>, %g: tensor<?x8xbf16>, %w: tensor<8xf32>) -> (tensor<?x8xbf16>) {
  %n = veomni.rms_norm %x, %w {eps = 1.0e-06 : f32, variant = #veomni.norm<standard>} : tensor<?x8xbf16>, tensor<8xf32>
  %g32 = veomni.cast %g : tensor<?x8xbf16> -> tensor<?x8xf32>
  %0 = veomni.unary sigmoid %g32 : tensor<?x8xf32>
  %1 = veomni.binary mul %g32, %0 : tensor<?x8xf32>, tensor<?x8xf32> -> tensor<?x8xf32>
  %2 = veomni.binary mul %n, %1 : tensor<?x8xbf16>, tensor<?x8xf32> -> tensor<?x8xf32>
  %y = veomni.cast %2 : tensor<?x8xf32> -> tensor<?x8xbf16>
  return %y : tensor<?x8xbf16>
}

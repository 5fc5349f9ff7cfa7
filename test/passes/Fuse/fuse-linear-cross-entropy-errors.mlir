// RUN: veomni-opt %s -split-input-file -verify-diagnostics --veomni-fuse-linear-cross-entropy
// RUN: sed -e 's/, veomni.kernel = "fused_linear"//' -e 's/expected-error/&-not-here/' %s | veomni-opt -split-input-file --veomni-set-target=level=x86-64-v4 --veomni-bind-kernels --remarks-filter=bind 2>&1 | FileCheck %s

// Where logits are needed, or come from elsewhere, nothing is rewritten, and a choice of kernels is left with the rows
// of the logits.
// CHECK-COUNT-7: Remark="cross_entropy_loss is bound to 'rows'"
// CHECK-NOT: linear_cross_entropy

// Made by no product.
func.func @f(%x: tensor<?x?x16xf32>, %y: tensor<?x?xi64>) -> tensor<?x?xf32> {
  // expected-error @+1 {{is bound to 'fused_linear', but its logits are made by an argument, expected 'veomni.linear'}}
  %losses, %counts = veomni.cross_entropy %x, %y {ignore_index = -100 : i64, veomni.kernel = "fused_linear"} : tensor<?x?x16xf32>, tensor<?x?xi64> -> tensor<?x?xf32>
  return %losses : tensor<?x?xf32>
}

// -----

// Made by something else.
func.func @f(%x: tensor<?x?x16xf32>, %y: tensor<?x?xi64>) -> tensor<?x?xf32> {
  %sum = veomni.binary add %x, %x : tensor<?x?x16xf32>, tensor<?x?x16xf32> -> tensor<?x?x16xf32>
  // expected-error @+1 {{is bound to 'fused_linear', but its logits are made by 'veomni.binary', expected 'veomni.linear'}}
  %losses, %counts = veomni.cross_entropy %sum, %y {ignore_index = -100 : i64, veomni.kernel = "fused_linear"} : tensor<?x?x16xf32>, tensor<?x?xi64> -> tensor<?x?xf32>
  return %losses : tensor<?x?xf32>
}

// -----

// An output, too.
func.func @f(%x: tensor<?x?x8xf32>, %y: tensor<?x?xi64>) -> (tensor<?x?xf32>, tensor<?x?x16xf32>) {
  %w = veomni.param "w" : tensor<16x8xf32>
  %logits = veomni.linear %x, %w : (tensor<?x?x8xf32>, tensor<16x8xf32>) -> tensor<?x?x16xf32>
  // expected-error @+1 {{is bound to 'fused_linear', but its logits are also used by 'func.return'}}
  %losses, %counts = veomni.cross_entropy %logits, %y {ignore_index = -100 : i64, veomni.kernel = "fused_linear"} : tensor<?x?x16xf32>, tensor<?x?xi64> -> tensor<?x?xf32>
  return %losses, %logits : tensor<?x?xf32>, tensor<?x?x16xf32>
}

// -----

// A router reads them.
func.func @f(%x: tensor<?x?x8xf32>, %y: tensor<?x?xi64>) -> tensor<?x?xf32> {
  %w = veomni.param "w" : tensor<16x8xf32>
  %logits = veomni.linear %x, %w : (tensor<?x?x8xf32>, tensor<16x8xf32>) -> tensor<?x?x16xf32>
  %e, %p = veomni.router %logits {top_k = 1 : i64, weight_type = f32} : tensor<?x?x16xf32> -> tensor<?x?x1xi32>, tensor<?x?x1xf32>
  // expected-error @+1 {{is bound to 'fused_linear', but its logits are also used by 'veomni.router'}}
  %losses, %counts = veomni.cross_entropy %logits, %y {ignore_index = -100 : i64, veomni.kernel = "fused_linear"} : tensor<?x?x16xf32>, tensor<?x?xi64> -> tensor<?x?xf32>
  return %losses : tensor<?x?xf32>
}

// -----

// A head that is no parameter.
func.func @f(%x: tensor<?x?x8xf32>, %y: tensor<?x?xi64>, %w: tensor<16x8xf32>) -> tensor<?x?xf32> {
  %logits = veomni.linear %x, %w : (tensor<?x?x8xf32>, tensor<16x8xf32>) -> tensor<?x?x16xf32>
  // expected-error @+1 {{is bound to 'fused_linear', but the head's weight is an argument, expected 'veomni.param'}}
  %losses, %counts = veomni.cross_entropy %logits, %y {ignore_index = -100 : i64, veomni.kernel = "fused_linear"} : tensor<?x?x16xf32>, tensor<?x?xi64> -> tensor<?x?xf32>
  return %losses : tensor<?x?xf32>
}

// -----

// A bias that is none.
func.func @f(%x: tensor<?x?x8xf32>, %y: tensor<?x?xi64>, %b: tensor<16xf32>) -> tensor<?x?xf32> {
  %w = veomni.param "w" : tensor<16x8xf32>
  %logits = veomni.linear %x, %w bias %b : (tensor<?x?x8xf32>, tensor<16x8xf32>, tensor<16xf32>) -> tensor<?x?x16xf32>
  // expected-error @+1 {{is bound to 'fused_linear', but the head's bias is an argument, expected 'veomni.param'}}
  %losses, %counts = veomni.cross_entropy %logits, %y {ignore_index = -100 : i64, veomni.kernel = "fused_linear"} : tensor<?x?x16xf32>, tensor<?x?xi64> -> tensor<?x?xf32>
  return %losses : tensor<?x?xf32>
}

// -----

// Logits that are rounded.
func.func @f(%x: tensor<?x?x8xf32>, %y: tensor<?x?xi64>) -> tensor<?x?xf32> {
  %w = veomni.param "w" : tensor<16x8xf32>
  %logits = veomni.linear %x, %w : (tensor<?x?x8xf32>, tensor<16x8xf32>) -> tensor<?x?x16xbf16>
  // expected-error @+1 {{is bound to 'fused_linear', but its logits are rounded: they are not f32}}
  %losses, %counts = veomni.cross_entropy %logits, %y {ignore_index = -100 : i64, veomni.kernel = "fused_linear"} : tensor<?x?x16xbf16>, tensor<?x?xi64> -> tensor<?x?xf32>
  return %losses : tensor<?x?xf32>
}

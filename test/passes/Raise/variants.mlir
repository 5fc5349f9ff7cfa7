// Other ways to write an op than veomni-expand's.
// RUN: veomni-opt %s --veomni-raise | FileCheck %s
// RUN: veomni-opt %s --veomni-raise --veomni-raise | FileCheck %s
// RUN: veomni-opt %s --veomni-raise --remarks-filter-passed=raise --remark-format=emitRemark 2>&1 | FileCheck %s --check-prefix=REMARK

// x * x, the sum times 1 / H, factors the other way round.
// CHECK-LABEL: func.func private @rms_norm
// CHECK-NEXT: veomni.rms_norm %{{.*}}, %{{.*}} {eps = 9.99999974E-6 : f32, variant = #veomni.norm<standard>}
// CHECK-NEXT: return
// REMARK: remark: [Passed] rms_norm | Category:raise | Function=rms_norm | Remark="made veomni.rms_norm"
func.func private @rms_norm(%x: tensor<?x8xf32>, %w: tensor<8xf32>) -> tensor<?x8xf32> {
  %0 = veomni.binary mul %x, %x : tensor<?x8xf32>, tensor<?x8xf32> -> tensor<?x8xf32>
  %1 = veomni.reduce sum %0 : tensor<?x8xf32> -> tensor<?x1xf32>
  %2 = veomni.binary_scalar mul %1, 0.125 : tensor<?x1xf32>
  %3 = veomni.binary_scalar add %2, 1.0e-05 : tensor<?x1xf32>
  %4 = veomni.unary rsqrt %3 : tensor<?x1xf32>
  %5 = veomni.binary mul %4, %x : tensor<?x1xf32>, tensor<?x8xf32> -> tensor<?x8xf32>
  %6 = veomni.binary mul %5, %w : tensor<?x8xf32>, tensor<8xf32> -> tensor<?x8xf32>
  return %6 : tensor<?x8xf32>
}

// The same without a weight; the rounded result of f32 arithmetic is a norm and a cast.
// CHECK-LABEL: func.func private @rms_norm_unweighted
// CHECK-NEXT: veomni.rms_norm %{{.*}} {eps = 9.99999974E-6 : f32, variant = #veomni.norm<unweighted>} : tensor<?x8xf32>
// CHECK-NEXT: veomni.cast
// CHECK-NEXT: return
// REMARK: remark: [Passed] rms_norm | Category:raise | Function=rms_norm_unweighted | Remark="made veomni.rms_norm"
func.func private @rms_norm_unweighted(%x: tensor<?x8xf32>) -> tensor<?x8xbf16> {
  %0 = veomni.binary mul %x, %x : tensor<?x8xf32>, tensor<?x8xf32> -> tensor<?x8xf32>
  %1 = veomni.reduce sum %0 : tensor<?x8xf32> -> tensor<?x1xf32>
  %2 = veomni.binary_scalar div %1, 8.0 : tensor<?x1xf32>
  %3 = veomni.binary_scalar add %2, 1.0e-05 : tensor<?x1xf32>
  %4 = veomni.unary rsqrt %3 : tensor<?x1xf32>
  %5 = veomni.binary mul %4, %x : tensor<?x1xf32>, tensor<?x8xf32> -> tensor<?x8xf32>
  %6 = veomni.cast %5 : tensor<?x8xf32> -> tensor<?x8xbf16>
  return %6 : tensor<?x8xbf16>
}

// CHECK-LABEL: func.func private @silu
// CHECK-SAME: (%[[G:.*]]: tensor<?x8xf32>, %[[U:.*]]: tensor<?x8xf32>)
// CHECK-NEXT: veomni.glu %[[G]], %[[U]] {act = #veomni.activation<silu>}
func.func private @silu(%g: tensor<?x8xf32>, %u: tensor<?x8xf32>) -> tensor<?x8xf32> {
  %0 = veomni.unary sigmoid %g : tensor<?x8xf32>
  %1 = veomni.binary mul %0, %g : tensor<?x8xf32>, tensor<?x8xf32> -> tensor<?x8xf32>
  %2 = veomni.binary mul %u, %1 : tensor<?x8xf32>, tensor<?x8xf32> -> tensor<?x8xf32>
  return %2 : tensor<?x8xf32>
}

// The half behind the product; a division by sqrt 2.
// CHECK-LABEL: func.func private @gelu
// CHECK-NEXT: veomni.glu %{{.*}}, %{{.*}} {act = #veomni.activation<gelu>}
// CHECK-NEXT: return
func.func private @gelu(%g: tensor<?x8xf32>, %u: tensor<?x8xf32>) -> tensor<?x8xf32> {
  %0 = veomni.binary_scalar div %g, 1.41421354 : tensor<?x8xf32>
  %1 = veomni.unary erf %0 : tensor<?x8xf32>
  %2 = veomni.binary_scalar add %1, 1.0 : tensor<?x8xf32>
  %3 = veomni.binary mul %g, %2 : tensor<?x8xf32>, tensor<?x8xf32> -> tensor<?x8xf32>
  %4 = veomni.binary_scalar mul %3, 0.5 : tensor<?x8xf32>
  %5 = veomni.binary mul %4, %u : tensor<?x8xf32>, tensor<?x8xf32> -> tensor<?x8xf32>
  return %5 : tensor<?x8xf32>
}

// x * (1 + tanh(..)) / 2 with the half at tanh, and the cube as x * x².
// CHECK-LABEL: func.func private @gelu_tanh
// CHECK-NEXT: veomni.glu %{{.*}}, %{{.*}} {act = #veomni.activation<gelu_tanh>}
// CHECK-NEXT: return
func.func private @gelu_tanh(%g: tensor<?x8xf32>, %u: tensor<?x8xf32>) -> tensor<?x8xf32> {
  %0 = veomni.binary mul %g, %g : tensor<?x8xf32>, tensor<?x8xf32> -> tensor<?x8xf32>
  %1 = veomni.binary mul %g, %0 : tensor<?x8xf32>, tensor<?x8xf32> -> tensor<?x8xf32>
  %2 = veomni.binary_scalar mul %1, 0.044715 : tensor<?x8xf32>
  %3 = veomni.binary add %2, %g : tensor<?x8xf32>, tensor<?x8xf32> -> tensor<?x8xf32>
  %4 = veomni.binary_scalar mul %3, 0.797884583 : tensor<?x8xf32>
  %5 = veomni.unary tanh %4 : tensor<?x8xf32>
  %6 = veomni.binary_scalar add %5, 1.0 : tensor<?x8xf32>
  %7 = veomni.binary_scalar mul %6, 0.5 : tensor<?x8xf32>
  %8 = veomni.binary mul %g, %7 : tensor<?x8xf32>, tensor<?x8xf32> -> tensor<?x8xf32>
  %9 = veomni.binary mul %8, %u : tensor<?x8xf32>, tensor<?x8xf32> -> tensor<?x8xf32>
  return %9 : tensor<?x8xf32>
}

// The terms and factors the other way round.
// CHECK-LABEL: func.func private @rope
// CHECK-NEXT: veomni.rope %{{.*}} {layout = #veomni.rope_layout<half>}
// CHECK-NEXT: return
func.func private @rope(%x: tensor<?x?x2x4xf32>, %cos: tensor<?x?x2xf32>, %sin: tensor<?x?x2xf32>) -> tensor<?x?x2x4xf32> {
  %0 = veomni.slice %x {offset = 0 : i64} : tensor<?x?x2x4xf32> -> tensor<?x?x2x2xf32>
  %1 = veomni.slice %x {offset = 2 : i64} : tensor<?x?x2x4xf32> -> tensor<?x?x2x2xf32>
  %2 = veomni.unary neg %1 : tensor<?x?x2x2xf32>
  %3 = veomni.concat %2, %0 : tensor<?x?x2x2xf32>, tensor<?x?x2x2xf32> -> tensor<?x?x2x4xf32>
  %4 = veomni.concat %cos, %cos : tensor<?x?x2xf32>, tensor<?x?x2xf32> -> tensor<?x?x4xf32>
  %5 = veomni.unflatten %4 : tensor<?x?x4xf32> -> tensor<?x?x1x4xf32>
  %6 = veomni.concat %sin, %sin : tensor<?x?x2xf32>, tensor<?x?x2xf32> -> tensor<?x?x4xf32>
  %7 = veomni.unflatten %6 : tensor<?x?x4xf32> -> tensor<?x?x1x4xf32>
  %8 = veomni.binary mul %7, %3 : tensor<?x?x1x4xf32>, tensor<?x?x2x4xf32> -> tensor<?x?x2x4xf32>
  %9 = veomni.binary mul %5, %x : tensor<?x?x1x4xf32>, tensor<?x?x2x4xf32> -> tensor<?x?x2x4xf32>
  %y = veomni.binary add %8, %9 : tensor<?x?x2x4xf32>, tensor<?x?x2x4xf32> -> tensor<?x?x2x4xf32>
  return %y : tensor<?x?x2x4xf32>
}

// The queries are scaled, not the scores; the mask comes first.
// CHECK-LABEL: func.func private @attention
// CHECK-NEXT: veomni.attention %{{.*}} {scale = 2.500000e-01 : f32, window = 3 : i64}
// CHECK-NEXT: return
func.func private @attention(%q: tensor<?x?x4x20xf32>, %k: tensor<?x?x2x20xf32>, %starts: tensor<?x?xi32>, %mask: tensor<?x?xi64>, %given: i1) -> tensor<?x?x4x20xf32> {
  %0 = veomni.binary_scalar mul %q, 0.25 : tensor<?x?x4x20xf32>
  %1 = veomni.attention_scores %0, %k : tensor<?x?x4x20xf32>, tensor<?x?x2x20xf32> -> tensor<?x?x4x?xf32>
  %2 = veomni.attention_mask %starts, %mask if %given {window = 3 : i64} : tensor<?x?xi32>, tensor<?x?xi64> -> tensor<?x?x1x?xf32>
  %3 = veomni.binary add %2, %1 : tensor<?x?x1x?xf32>, tensor<?x?x4x?xf32> -> tensor<?x?x4x?xf32>
  %4 = veomni.reduce max %3 : tensor<?x?x4x?xf32> -> tensor<?x?x4x1xf32>
  %5 = veomni.binary sub %3, %4 : tensor<?x?x4x?xf32>, tensor<?x?x4x1xf32> -> tensor<?x?x4x?xf32>
  %6 = veomni.unary exp %5 : tensor<?x?x4x?xf32>
  %7 = veomni.reduce sum %6 : tensor<?x?x4x?xf32> -> tensor<?x?x4x1xf32>
  %8 = veomni.binary div %6, %7 : tensor<?x?x4x?xf32>, tensor<?x?x4x1xf32> -> tensor<?x?x4x?xf32>
  %9 = veomni.attention_values %8, %k : tensor<?x?x4x?xf32>, tensor<?x?x2x20xf32> -> tensor<?x?x4x20xf32>
  return %9 : tensor<?x?x4x20xf32>
}

// transformers' loss of the next token: the sign is taken last, and labels are counted before there is a logit.
// CHECK-LABEL: func.func private @next_token_loss
// CHECK-SAME: (%[[X:.*]]: tensor<?x?x8xbf16>, %[[LABELS:.*]]: tensor<?x?xi64>)
// CHECK-NEXT: %[[NEXT:.*]] = veomni.shift_labels %[[LABELS]] {fill = -100 : i64}
// CHECK-NEXT: %[[DOUBLE:.*]] = veomni.binary add %[[X]], %[[X]]
// CHECK-NEXT: %[[LOSSES:.*]], %[[COUNTS:.*]] = veomni.cross_entropy %[[DOUBLE]], %[[NEXT]] {ignore_index = -100 : i64}
// CHECK-NEXT: %[[LOSS:.*]] = veomni.mean_loss %[[LOSSES]], %[[COUNTS]]
// CHECK-NEXT: return %[[LOSS]]
func.func private @next_token_loss(%x: tensor<?x?x8xbf16>, %labels: tensor<?x?xi64>) -> tensor<f32> {
  %n = veomni.shift_labels %labels {fill = -100 : i64} : tensor<?x?xi64>
  %counts = veomni.not_equal %n {value = -100 : i64} : tensor<?x?xi64> -> tensor<?x?xf32>
  %double = veomni.binary add %x, %x : tensor<?x?x8xbf16>, tensor<?x?x8xbf16> -> tensor<?x?x8xbf16>
  %logits = veomni.cast %double : tensor<?x?x8xbf16> -> tensor<?x?x8xf32>
  %0 = veomni.reduce max %logits : tensor<?x?x8xf32> -> tensor<?x?x1xf32>
  %1 = veomni.binary sub %logits, %0 : tensor<?x?x8xf32>, tensor<?x?x1xf32> -> tensor<?x?x8xf32>
  %2 = veomni.unary exp %1 : tensor<?x?x8xf32>
  %3 = veomni.reduce sum %2 : tensor<?x?x8xf32> -> tensor<?x?x1xf32>
  %4 = veomni.unary log %3 : tensor<?x?x1xf32>
  %5 = veomni.binary sub %1, %4 : tensor<?x?x8xf32>, tensor<?x?x1xf32> -> tensor<?x?x8xf32>
  %6 = veomni.gather_label %5, %n {ignore_index = -100 : i64} : tensor<?x?x8xf32>, tensor<?x?xi64> -> tensor<?x?xf32>
  %7 = veomni.sum_leading %6 : tensor<?x?xf32> -> tensor<f32>
  %8 = veomni.sum_leading %counts : tensor<?x?xf32> -> tensor<f32>
  %9 = veomni.binary div %7, %8 : tensor<f32>, tensor<f32> -> tensor<f32>
  %y = veomni.unary neg %9 : tensor<f32>
  return %y : tensor<f32>
}

// A mean of other numbers keeps its sign.
// CHECK-LABEL: func.func private @negative_mean
// CHECK-NEXT: %[[M:.*]] = veomni.mean_loss
// CHECK-NEXT: veomni.unary neg %[[M]] : tensor<f32>
func.func private @negative_mean(%x: tensor<?x?xf32>, %c: tensor<?x?xf32>) -> tensor<f32> {
  %0 = veomni.sum_leading %x : tensor<?x?xf32> -> tensor<f32>
  %1 = veomni.sum_leading %c : tensor<?x?xf32> -> tensor<f32>
  %2 = veomni.binary div %0, %1 : tensor<f32>, tensor<f32> -> tensor<f32>
  %y = veomni.unary neg %2 : tensor<f32>
  return %y : tensor<f32>
}

// Nearly an op, but not one: the IR stays, and a remark says why.
// RUN: veomni-opt %s -o %t.mlir
// RUN: veomni-opt %s --veomni-raise | diff %t.mlir -
// RUN: veomni-opt %s --veomni-raise --remarks-filter-missed=raise --remark-format=emitRemark 2>&1 | FileCheck %s

// The epsilon belongs to the mean.
// CHECK-DAG: [Missed] rms_norm | Category:raise | Function=epsilon_inside | Reason="no positive epsilon is added to what the root is taken of"
func.func private @epsilon_inside(%x: tensor<?x8xf32>, %z: tensor<?x8xf32>, %w: tensor<8xf32>) -> (tensor<?x8xf32>) {
  %0 = veomni.unary square %x : tensor<?x8xf32>
  %1 = veomni.binary_scalar add %0, 1.0e-05 : tensor<?x8xf32>
  %2 = veomni.reduce mean %1 : tensor<?x8xf32> -> tensor<?x1xf32>
  %3 = veomni.unary rsqrt %2 : tensor<?x1xf32>
  %4 = veomni.binary mul %x, %3 : tensor<?x8xf32>, tensor<?x1xf32> -> tensor<?x8xf32>
  %5 = veomni.binary mul %w, %4 : tensor<8xf32>, tensor<?x8xf32> -> tensor<?x8xf32>
  return %5 : tensor<?x8xf32>
}

// CHECK-DAG: [Missed] rms_norm | Category:raise | Function=sum_of_squares | Reason="the root is not of a mean over the last dim and an epsilon"
func.func private @sum_of_squares(%x: tensor<?x8xf32>, %z: tensor<?x8xf32>, %w: tensor<8xf32>) -> (tensor<?x8xf32>) {
  %0 = veomni.unary square %x : tensor<?x8xf32>
  %1 = veomni.reduce sum %0 : tensor<?x8xf32> -> tensor<?x1xf32>
  %2 = veomni.binary_scalar add %1, 1.0e-05 : tensor<?x1xf32>
  %3 = veomni.unary rsqrt %2 : tensor<?x1xf32>
  %4 = veomni.binary mul %x, %3 : tensor<?x8xf32>, tensor<?x1xf32> -> tensor<?x8xf32>
  %5 = veomni.binary mul %w, %4 : tensor<8xf32>, tensor<?x8xf32> -> tensor<?x8xf32>
  return %5 : tensor<?x8xf32>
}

// CHECK-DAG: [Missed] rms_norm | Category:raise | Function=mean_of_values | Reason="the mean is not of squares"
func.func private @mean_of_values(%x: tensor<?x8xf32>, %z: tensor<?x8xf32>, %w: tensor<8xf32>) -> (tensor<?x8xf32>) {
  %0 = veomni.unary exp %x : tensor<?x8xf32>
  %1 = veomni.reduce mean %0 : tensor<?x8xf32> -> tensor<?x1xf32>
  %2 = veomni.binary_scalar add %1, 1.0e-05 : tensor<?x1xf32>
  %3 = veomni.unary rsqrt %2 : tensor<?x1xf32>
  %4 = veomni.binary mul %x, %3 : tensor<?x8xf32>, tensor<?x1xf32> -> tensor<?x8xf32>
  %5 = veomni.binary mul %w, %4 : tensor<8xf32>, tensor<?x8xf32> -> tensor<?x8xf32>
  return %5 : tensor<?x8xf32>
}

// CHECK-DAG: [Missed] rms_norm | Category:raise | Function=other_value | Reason="another value is squared than divided"
func.func private @other_value(%x: tensor<?x8xf32>, %z: tensor<?x8xf32>, %w: tensor<8xf32>) -> (tensor<?x8xf32>) {
  %0 = veomni.unary square %z : tensor<?x8xf32>
  %1 = veomni.reduce mean %0 : tensor<?x8xf32> -> tensor<?x1xf32>
  %2 = veomni.binary_scalar add %1, 1.0e-05 : tensor<?x1xf32>
  %3 = veomni.unary rsqrt %2 : tensor<?x1xf32>
  %4 = veomni.binary mul %x, %3 : tensor<?x8xf32>, tensor<?x1xf32> -> tensor<?x8xf32>
  %5 = veomni.binary mul %w, %4 : tensor<8xf32>, tensor<?x8xf32> -> tensor<?x8xf32>
  return %5 : tensor<?x8xf32>
}

// CHECK-DAG: [Missed] rms_norm | Category:raise | Function=weight_per_element | Reason="the weight is not one number per column"
func.func private @weight_per_element(%x: tensor<?x8xf32>, %z: tensor<?x8xf32>, %w: tensor<8xf32>) -> (tensor<?x8xf32>) {
  %0 = veomni.unary square %x : tensor<?x8xf32>
  %1 = veomni.reduce mean %0 : tensor<?x8xf32> -> tensor<?x1xf32>
  %2 = veomni.binary_scalar add %1, 1.0e-05 : tensor<?x1xf32>
  %3 = veomni.unary rsqrt %2 : tensor<?x1xf32>
  %4 = veomni.binary mul %x, %3 : tensor<?x8xf32>, tensor<?x1xf32> -> tensor<?x8xf32>
  %5 = veomni.binary mul %z, %4 : tensor<?x8xf32>, tensor<?x8xf32> -> tensor<?x8xf32>
  return %5 : tensor<?x8xf32>
}

// Something else takes the norm before the weight.
// CHECK-DAG: [Missed] rms_norm | Category:raise | Function=normal_is_used | Reason="'func.return' also uses what 'veomni.binary' makes"
func.func private @normal_is_used(%x: tensor<?x8xf32>, %z: tensor<?x8xf32>, %w: tensor<8xf32>) -> (tensor<?x8xf32>, tensor<?x8xf32>) {
  %0 = veomni.unary square %x : tensor<?x8xf32>
  %1 = veomni.reduce mean %0 : tensor<?x8xf32> -> tensor<?x1xf32>
  %2 = veomni.binary_scalar add %1, 1.0e-05 : tensor<?x1xf32>
  %3 = veomni.unary rsqrt %2 : tensor<?x1xf32>
  %4 = veomni.binary mul %x, %3 : tensor<?x8xf32>, tensor<?x1xf32> -> tensor<?x8xf32>
  %5 = veomni.binary mul %w, %4 : tensor<8xf32>, tensor<?x8xf32> -> tensor<?x8xf32>
  return %5, %4 : tensor<?x8xf32>, tensor<?x8xf32>
}

// The cast to f32 is missing.
// CHECK-DAG: [Missed] rms_norm | Category:raise | Function=bf16_squares | Reason="arithmetic is not f32"
func.func private @bf16_squares(%x: tensor<?x8xbf16>, %w: tensor<8xbf16>) -> (tensor<?x8xbf16>) {
  %0 = veomni.unary square %x : tensor<?x8xbf16>
  %1 = veomni.reduce mean %0 : tensor<?x8xbf16> -> tensor<?x1xbf16>
  %2 = veomni.binary_scalar add %1, 1.0e-05 : tensor<?x1xbf16>
  %3 = veomni.unary rsqrt %2 : tensor<?x1xbf16>
  %4 = veomni.binary mul %x, %3 : tensor<?x8xbf16>, tensor<?x1xbf16> -> tensor<?x8xbf16>
  %5 = veomni.binary mul %w, %4 : tensor<8xbf16>, tensor<?x8xbf16> -> tensor<?x8xbf16>
  return %5 : tensor<?x8xbf16>
}

// The mean is over heads, too.
// CHECK-DAG: [Missed] rms_norm | Category:raise | Function=other_axis | Reason="the root is not of a mean over the last dim and an epsilon"
func.func private @other_axis(%x: tensor<?x2x4xf32>, %w: tensor<4xf32>) -> (tensor<?x2x4xf32>) {
  %f = veomni.flatten %x : tensor<?x2x4xf32> -> tensor<?x8xf32>
  %0 = veomni.unary square %f : tensor<?x8xf32>
  %1 = veomni.reduce mean %0 : tensor<?x8xf32> -> tensor<?x1xf32>
  %u = veomni.unflatten %1 : tensor<?x1xf32> -> tensor<?x1x1xf32>
  %2 = veomni.binary_scalar add %u, 1.0e-05 : tensor<?x1x1xf32>
  %3 = veomni.unary rsqrt %2 : tensor<?x1x1xf32>
  %4 = veomni.binary mul %x, %3 : tensor<?x2x4xf32>, tensor<?x1x1xf32> -> tensor<?x2x4xf32>
  %5 = veomni.binary mul %w, %4 : tensor<4xf32>, tensor<?x2x4xf32> -> tensor<?x2x4xf32>
  return %5 : tensor<?x2x4xf32>
}

// The result would have to be bf16.
// CHECK-DAG: [Missed] rms_norm | Category:raise | Function=rounded_late | Reason="the result does not have the type of x"
func.func private @rounded_late(%x: tensor<?x8xbf16>, %w: tensor<8xf32>) -> (tensor<?x8xf32>) {
  %c = veomni.cast %x : tensor<?x8xbf16> -> tensor<?x8xf32>
  %0 = veomni.unary square %c : tensor<?x8xf32>
  %1 = veomni.reduce mean %0 : tensor<?x8xf32> -> tensor<?x1xf32>
  %2 = veomni.binary_scalar add %1, 1.0e-05 : tensor<?x1xf32>
  %3 = veomni.unary rsqrt %2 : tensor<?x1xf32>
  %4 = veomni.binary mul %c, %3 : tensor<?x8xf32>, tensor<?x1xf32> -> tensor<?x8xf32>
  %r = veomni.cast %4 : tensor<?x8xf32> -> tensor<?x8xbf16>
  %5 = veomni.binary mul %w, %r : tensor<8xf32>, tensor<?x8xbf16> -> tensor<?x8xf32>
  return %5 : tensor<?x8xf32>
}

// CHECK-DAG: [Missed] rms_norm | Category:raise | Function=rounded_otherwise | Reason="the norm is rounded to another type than that of x"
func.func private @rounded_otherwise(%x: tensor<?x8xf32>, %w: tensor<8xbf16>) -> (tensor<?x8xbf16>) {
  %0 = veomni.unary square %x : tensor<?x8xf32>
  %1 = veomni.reduce mean %0 : tensor<?x8xf32> -> tensor<?x1xf32>
  %2 = veomni.binary_scalar add %1, 1.0e-05 : tensor<?x1xf32>
  %3 = veomni.unary rsqrt %2 : tensor<?x1xf32>
  %4 = veomni.binary mul %x, %3 : tensor<?x8xf32>, tensor<?x1xf32> -> tensor<?x8xf32>
  %r = veomni.cast %4 : tensor<?x8xf32> -> tensor<?x8xbf16>
  %5 = veomni.binary mul %w, %r : tensor<8xbf16>, tensor<?x8xbf16> -> tensor<?x8xbf16>
  return %5 : tensor<?x8xbf16>
}

// Without a weight the same conditions hold, and the factor has to have the type of x.
// CHECK-DAG: [Missed] rms_norm | Category:raise | Function=unweighted_sum | Reason="the root is not of a mean over the last dim and an epsilon"
func.func private @unweighted_sum(%x: tensor<?x8xf32>) -> tensor<?x8xf32> {
  %0 = veomni.unary square %x : tensor<?x8xf32>
  %1 = veomni.reduce sum %0 : tensor<?x8xf32> -> tensor<?x1xf32>
  %2 = veomni.binary_scalar add %1, 1.0e-05 : tensor<?x1xf32>
  %3 = veomni.unary rsqrt %2 : tensor<?x1xf32>
  %4 = veomni.binary mul %x, %3 : tensor<?x8xf32>, tensor<?x1xf32> -> tensor<?x8xf32>
  return %4 : tensor<?x8xf32>
}

// CHECK-DAG: [Missed] rms_norm | Category:raise | Function=unweighted_other_value | Reason="another value is squared than divided"
func.func private @unweighted_other_value(%x: tensor<?x8xf32>, %z: tensor<?x8xf32>) -> tensor<?x8xf32> {
  %0 = veomni.unary square %z : tensor<?x8xf32>
  %1 = veomni.reduce mean %0 : tensor<?x8xf32> -> tensor<?x1xf32>
  %2 = veomni.binary_scalar add %1, 1.0e-05 : tensor<?x1xf32>
  %3 = veomni.unary rsqrt %2 : tensor<?x1xf32>
  %4 = veomni.binary mul %x, %3 : tensor<?x8xf32>, tensor<?x1xf32> -> tensor<?x8xf32>
  return %4 : tensor<?x8xf32>
}

// CHECK-DAG: [Missed] rms_norm | Category:raise | Function=unweighted_bf16_squares | Reason="arithmetic is not f32"
func.func private @unweighted_bf16_squares(%x: tensor<?x8xbf16>) -> tensor<?x8xbf16> {
  %0 = veomni.unary square %x : tensor<?x8xbf16>
  %1 = veomni.reduce mean %0 : tensor<?x8xbf16> -> tensor<?x1xbf16>
  %2 = veomni.binary_scalar add %1, 1.0e-05 : tensor<?x1xbf16>
  %3 = veomni.unary rsqrt %2 : tensor<?x1xbf16>
  %4 = veomni.binary mul %x, %3 : tensor<?x8xbf16>, tensor<?x1xbf16> -> tensor<?x8xbf16>
  return %4 : tensor<?x8xbf16>
}

// CHECK-DAG: [Missed] rms_norm | Category:raise | Function=unweighted_wide_factor | Reason="the factor is not rounded to the type of x"
func.func private @unweighted_wide_factor(%x: tensor<?x8xbf16>) -> tensor<?x8xf32> {
  %c = veomni.cast %x : tensor<?x8xbf16> -> tensor<?x8xf32>
  %0 = veomni.unary square %c : tensor<?x8xf32>
  %1 = veomni.reduce mean %0 : tensor<?x8xf32> -> tensor<?x1xf32>
  %2 = veomni.binary_scalar add %1, 1.0e-05 : tensor<?x1xf32>
  %3 = veomni.unary rsqrt %2 : tensor<?x1xf32>
  %4 = veomni.binary mul %x, %3 : tensor<?x8xbf16>, tensor<?x1xf32> -> tensor<?x8xf32>
  return %4 : tensor<?x8xf32>
}

// CHECK-DAG: [Missed] glu | Category:raise | Function=other_sigmoid | Reason="the sigmoid is of another value than the gate"
func.func private @other_sigmoid(%g: tensor<?x8xf32>, %h: tensor<?x8xf32>, %u: tensor<?x8xf32>) -> (tensor<?x8xf32>) {
  %0 = veomni.unary sigmoid %h : tensor<?x8xf32>
  %1 = veomni.binary mul %g, %0 : tensor<?x8xf32>, tensor<?x8xf32> -> tensor<?x8xf32>
  %2 = veomni.binary mul %1, %u : tensor<?x8xf32>, tensor<?x8xf32> -> tensor<?x8xf32>
  return %2 : tensor<?x8xf32>
}

// CHECK-DAG: [Missed] glu | Category:raise | Function=activation_is_used | Reason="'func.return' also uses what 'veomni.binary' makes"
func.func private @activation_is_used(%g: tensor<?x8xf32>, %h: tensor<?x8xf32>, %u: tensor<?x8xf32>) -> (tensor<?x8xf32>, tensor<?x8xf32>) {
  %0 = veomni.unary sigmoid %g : tensor<?x8xf32>
  %1 = veomni.binary mul %g, %0 : tensor<?x8xf32>, tensor<?x8xf32> -> tensor<?x8xf32>
  %2 = veomni.binary mul %1, %u : tensor<?x8xf32>, tensor<?x8xf32> -> tensor<?x8xf32>
  return %2, %1 : tensor<?x8xf32>, tensor<?x8xf32>
}

// The cast to f32 is missing.
// CHECK-DAG: [Missed] glu | Category:raise | Function=bf16_sigmoid | Reason="the activation's arithmetic is not f32"
func.func private @bf16_sigmoid(%g: tensor<?x8xbf16>, %h: tensor<?x8xbf16>, %u: tensor<?x8xbf16>) -> (tensor<?x8xbf16>) {
  %0 = veomni.unary sigmoid %g : tensor<?x8xbf16>
  %1 = veomni.binary mul %g, %0 : tensor<?x8xbf16>, tensor<?x8xbf16> -> tensor<?x8xbf16>
  %2 = veomni.binary mul %1, %u : tensor<?x8xbf16>, tensor<?x8xbf16> -> tensor<?x8xbf16>
  return %2 : tensor<?x8xbf16>
}

// CHECK-DAG: [Missed] glu | Category:raise | Function=one_up_for_all | Reason="gate, activation, up and result are not of one type"
func.func private @one_up_for_all(%g: tensor<?x8xf32>, %u: tensor<8xf32>) -> (tensor<?x8xf32>) {
  %0 = veomni.unary sigmoid %g : tensor<?x8xf32>
  %1 = veomni.binary mul %g, %0 : tensor<?x8xf32>, tensor<?x8xf32> -> tensor<?x8xf32>
  %2 = veomni.binary mul %1, %u : tensor<?x8xf32>, tensor<8xf32> -> tensor<?x8xf32>
  return %2 : tensor<?x8xf32>
}

// CHECK-DAG: [Missed] glu | Category:raise | Function=other_erf | Reason="erf is not of the gate times sqrt(1/2)"
func.func private @other_erf(%g: tensor<?x8xf32>, %h: tensor<?x8xf32>, %u: tensor<?x8xf32>) -> (tensor<?x8xf32>) {
  %0 = veomni.binary_scalar mul %g, 0.7 : tensor<?x8xf32>
  %1 = veomni.unary erf %0 : tensor<?x8xf32>
  %2 = veomni.binary_scalar add %1, 1.0 : tensor<?x8xf32>
  %3 = veomni.binary mul %g, %2 : tensor<?x8xf32>, tensor<?x8xf32> -> tensor<?x8xf32>
  %4 = veomni.binary_scalar mul %3, 0.5 : tensor<?x8xf32>
  %5 = veomni.binary mul %4, %u : tensor<?x8xf32>, tensor<?x8xf32> -> tensor<?x8xf32>
  return %5 : tensor<?x8xf32>
}

// CHECK-DAG: [Missed] glu | Category:raise | Function=other_tanh | Reason="tanh is not of sqrt(2/pi) * (x + 0.044715 x^3) for the gate x"
func.func private @other_tanh(%g: tensor<?x8xf32>, %h: tensor<?x8xf32>, %u: tensor<?x8xf32>) -> (tensor<?x8xf32>) {
  %0 = veomni.binary_scalar mul %g, 0.7 : tensor<?x8xf32>
  %1 = veomni.unary tanh %0 : tensor<?x8xf32>
  %2 = veomni.binary_scalar add %1, 1.0 : tensor<?x8xf32>
  %3 = veomni.binary mul %g, %2 : tensor<?x8xf32>, tensor<?x8xf32> -> tensor<?x8xf32>
  %4 = veomni.binary_scalar mul %3, 0.5 : tensor<?x8xf32>
  %5 = veomni.binary mul %4, %u : tensor<?x8xf32>, tensor<?x8xf32> -> tensor<?x8xf32>
  return %5 : tensor<?x8xf32>
}

// CHECK-DAG: [Missed] rope | Category:raise | Function=turned_back | Reason="what is turned are not the two halves of one tensor"
func.func private @turned_back(%x: tensor<?x?x2x4xf32>, %z: tensor<?x?x2x4xf32>, %cos: tensor<?x?x2xf32>, %sin: tensor<?x?x2xf32>) -> (tensor<?x?x2x4xf32>) {
  %0 = veomni.slice %x {offset = 0 : i64} : tensor<?x?x2x4xf32> -> tensor<?x?x2x2xf32>
  %1 = veomni.slice %x {offset = 2 : i64} : tensor<?x?x2x4xf32> -> tensor<?x?x2x2xf32>
  %2 = veomni.unary neg %0 : tensor<?x?x2x2xf32>
  %3 = veomni.concat %2, %0 : tensor<?x?x2x2xf32>, tensor<?x?x2x2xf32> -> tensor<?x?x2x4xf32>
  %4 = veomni.concat %cos, %cos : tensor<?x?x2xf32>, tensor<?x?x2xf32> -> tensor<?x?x4xf32>
  %5 = veomni.unflatten %4 : tensor<?x?x4xf32> -> tensor<?x?x1x4xf32>
  %6 = veomni.concat %sin, %sin : tensor<?x?x2xf32>, tensor<?x?x2xf32> -> tensor<?x?x4xf32>
  %7 = veomni.unflatten %6 : tensor<?x?x4xf32> -> tensor<?x?x1x4xf32>
  %8 = veomni.binary mul %x, %5 : tensor<?x?x2x4xf32>, tensor<?x?x1x4xf32> -> tensor<?x?x2x4xf32>
  %9 = veomni.binary mul %3, %7 : tensor<?x?x2x4xf32>, tensor<?x?x1x4xf32> -> tensor<?x?x2x4xf32>
  %y = veomni.binary add %8, %9 : tensor<?x?x2x4xf32>, tensor<?x?x2x4xf32> -> tensor<?x?x2x4xf32>
  return %y : tensor<?x?x2x4xf32>
}

// The other way round.
// CHECK-DAG: [Missed] rope | Category:raise | Function=first_half_negated | Reason="the first half is negated, not the second"
func.func private @first_half_negated(%x: tensor<?x?x2x4xf32>, %z: tensor<?x?x2x4xf32>, %cos: tensor<?x?x2xf32>, %sin: tensor<?x?x2xf32>) -> (tensor<?x?x2x4xf32>) {
  %0 = veomni.slice %x {offset = 0 : i64} : tensor<?x?x2x4xf32> -> tensor<?x?x2x2xf32>
  %1 = veomni.slice %x {offset = 2 : i64} : tensor<?x?x2x4xf32> -> tensor<?x?x2x2xf32>
  %2 = veomni.unary neg %0 : tensor<?x?x2x2xf32>
  %3 = veomni.concat %1, %2 : tensor<?x?x2x2xf32>, tensor<?x?x2x2xf32> -> tensor<?x?x2x4xf32>
  %4 = veomni.concat %cos, %cos : tensor<?x?x2xf32>, tensor<?x?x2xf32> -> tensor<?x?x4xf32>
  %5 = veomni.unflatten %4 : tensor<?x?x4xf32> -> tensor<?x?x1x4xf32>
  %6 = veomni.concat %sin, %sin : tensor<?x?x2xf32>, tensor<?x?x2xf32> -> tensor<?x?x4xf32>
  %7 = veomni.unflatten %6 : tensor<?x?x4xf32> -> tensor<?x?x1x4xf32>
  %8 = veomni.binary mul %x, %5 : tensor<?x?x2x4xf32>, tensor<?x?x1x4xf32> -> tensor<?x?x2x4xf32>
  %9 = veomni.binary mul %3, %7 : tensor<?x?x2x4xf32>, tensor<?x?x1x4xf32> -> tensor<?x?x2x4xf32>
  %y = veomni.binary add %8, %9 : tensor<?x?x2x4xf32>, tensor<?x?x2x4xf32> -> tensor<?x?x2x4xf32>
  return %y : tensor<?x?x2x4xf32>
}

// CHECK-DAG: [Missed] rope | Category:raise | Function=other_added | Reason="the halves that are turned are not of the value that is added"
func.func private @other_added(%x: tensor<?x?x2x4xf32>, %z: tensor<?x?x2x4xf32>, %cos: tensor<?x?x2xf32>, %sin: tensor<?x?x2xf32>) -> (tensor<?x?x2x4xf32>) {
  %0 = veomni.slice %x {offset = 0 : i64} : tensor<?x?x2x4xf32> -> tensor<?x?x2x2xf32>
  %1 = veomni.slice %x {offset = 2 : i64} : tensor<?x?x2x4xf32> -> tensor<?x?x2x2xf32>
  %2 = veomni.unary neg %1 : tensor<?x?x2x2xf32>
  %3 = veomni.concat %2, %0 : tensor<?x?x2x2xf32>, tensor<?x?x2x2xf32> -> tensor<?x?x2x4xf32>
  %4 = veomni.concat %cos, %cos : tensor<?x?x2xf32>, tensor<?x?x2xf32> -> tensor<?x?x4xf32>
  %5 = veomni.unflatten %4 : tensor<?x?x4xf32> -> tensor<?x?x1x4xf32>
  %6 = veomni.concat %sin, %sin : tensor<?x?x2xf32>, tensor<?x?x2xf32> -> tensor<?x?x4xf32>
  %7 = veomni.unflatten %6 : tensor<?x?x4xf32> -> tensor<?x?x1x4xf32>
  %8 = veomni.binary mul %z, %5 : tensor<?x?x2x4xf32>, tensor<?x?x1x4xf32> -> tensor<?x?x2x4xf32>
  %9 = veomni.binary mul %3, %7 : tensor<?x?x2x4xf32>, tensor<?x?x1x4xf32> -> tensor<?x?x2x4xf32>
  %y = veomni.binary add %8, %9 : tensor<?x?x2x4xf32>, tensor<?x?x2x4xf32> -> tensor<?x?x2x4xf32>
  return %y : tensor<?x?x2x4xf32>
}

// CHECK-DAG: [Missed] rope | Category:raise | Function=table_of_two | Reason="cos and sin are not the same for both halves and all heads"
func.func private @table_of_two(%x: tensor<?x?x2x4xf32>, %z: tensor<?x?x2x4xf32>, %cos: tensor<?x?x2xf32>, %sin: tensor<?x?x2xf32>) -> (tensor<?x?x2x4xf32>) {
  %0 = veomni.slice %x {offset = 0 : i64} : tensor<?x?x2x4xf32> -> tensor<?x?x2x2xf32>
  %1 = veomni.slice %x {offset = 2 : i64} : tensor<?x?x2x4xf32> -> tensor<?x?x2x2xf32>
  %2 = veomni.unary neg %1 : tensor<?x?x2x2xf32>
  %3 = veomni.concat %2, %0 : tensor<?x?x2x2xf32>, tensor<?x?x2x2xf32> -> tensor<?x?x2x4xf32>
  %4 = veomni.concat %cos, %sin : tensor<?x?x2xf32>, tensor<?x?x2xf32> -> tensor<?x?x4xf32>
  %5 = veomni.unflatten %4 : tensor<?x?x4xf32> -> tensor<?x?x1x4xf32>
  %6 = veomni.concat %sin, %sin : tensor<?x?x2xf32>, tensor<?x?x2xf32> -> tensor<?x?x4xf32>
  %7 = veomni.unflatten %6 : tensor<?x?x4xf32> -> tensor<?x?x1x4xf32>
  %8 = veomni.binary mul %x, %5 : tensor<?x?x2x4xf32>, tensor<?x?x1x4xf32> -> tensor<?x?x2x4xf32>
  %9 = veomni.binary mul %3, %7 : tensor<?x?x2x4xf32>, tensor<?x?x1x4xf32> -> tensor<?x?x2x4xf32>
  %y = veomni.binary add %8, %9 : tensor<?x?x2x4xf32>, tensor<?x?x2x4xf32> -> tensor<?x?x2x4xf32>
  return %y : tensor<?x?x2x4xf32>
}

// CHECK-DAG: [Missed] rope | Category:raise | Function=turned_is_used | Reason="'func.return' also uses what 'veomni.concat' makes"
func.func private @turned_is_used(%x: tensor<?x?x2x4xf32>, %z: tensor<?x?x2x4xf32>, %cos: tensor<?x?x2xf32>, %sin: tensor<?x?x2xf32>) -> (tensor<?x?x2x4xf32>, tensor<?x?x2x4xf32>) {
  %0 = veomni.slice %x {offset = 0 : i64} : tensor<?x?x2x4xf32> -> tensor<?x?x2x2xf32>
  %1 = veomni.slice %x {offset = 2 : i64} : tensor<?x?x2x4xf32> -> tensor<?x?x2x2xf32>
  %2 = veomni.unary neg %1 : tensor<?x?x2x2xf32>
  %3 = veomni.concat %2, %0 : tensor<?x?x2x2xf32>, tensor<?x?x2x2xf32> -> tensor<?x?x2x4xf32>
  %4 = veomni.concat %cos, %cos : tensor<?x?x2xf32>, tensor<?x?x2xf32> -> tensor<?x?x4xf32>
  %5 = veomni.unflatten %4 : tensor<?x?x4xf32> -> tensor<?x?x1x4xf32>
  %6 = veomni.concat %sin, %sin : tensor<?x?x2xf32>, tensor<?x?x2xf32> -> tensor<?x?x4xf32>
  %7 = veomni.unflatten %6 : tensor<?x?x4xf32> -> tensor<?x?x1x4xf32>
  %8 = veomni.binary mul %x, %5 : tensor<?x?x2x4xf32>, tensor<?x?x1x4xf32> -> tensor<?x?x2x4xf32>
  %9 = veomni.binary mul %3, %7 : tensor<?x?x2x4xf32>, tensor<?x?x1x4xf32> -> tensor<?x?x2x4xf32>
  %y = veomni.binary add %8, %9 : tensor<?x?x2x4xf32>, tensor<?x?x2x4xf32> -> tensor<?x?x2x4xf32>
  return %y, %3 : tensor<?x?x2x4xf32>, tensor<?x?x2x4xf32>
}

// CHECK-DAG: [Missed] rope | Category:raise | Function=cosine_twice | Reason="the second of each pair is not turned by the angle of the first"
func.func private @cosine_twice(%x: tensor<?x?x2x4xf32>, %z: tensor<?x?x2x4xf32>, %cos: tensor<?x?x2xf32>, %sin: tensor<?x?x2xf32>) -> (tensor<?x?x2x4xf32>) {
  %c = veomni.unflatten %cos : tensor<?x?x2xf32> -> tensor<?x?x1x2xf32>
  %s = veomni.unflatten %sin : tensor<?x?x2xf32> -> tensor<?x?x1x2xf32>
  %0 = veomni.unflatten %x : tensor<?x?x2x4xf32> -> tensor<?x?x2x2x2xf32>
  %1 = veomni.slice %0 {offset = 0 : i64} : tensor<?x?x2x2x2xf32> -> tensor<?x?x2x2x1xf32>
  %2 = veomni.flatten %1 : tensor<?x?x2x2x1xf32> -> tensor<?x?x2x2xf32>
  %3 = veomni.slice %0 {offset = 1 : i64} : tensor<?x?x2x2x2xf32> -> tensor<?x?x2x2x1xf32>
  %4 = veomni.flatten %3 : tensor<?x?x2x2x1xf32> -> tensor<?x?x2x2xf32>
  %5 = veomni.binary mul %2, %c : tensor<?x?x2x2xf32>, tensor<?x?x1x2xf32> -> tensor<?x?x2x2xf32>
  %6 = veomni.binary mul %4, %s : tensor<?x?x2x2xf32>, tensor<?x?x1x2xf32> -> tensor<?x?x2x2xf32>
  %7 = veomni.binary sub %5, %6 : tensor<?x?x2x2xf32>, tensor<?x?x2x2xf32> -> tensor<?x?x2x2xf32>
  %8 = veomni.binary mul %4, %c : tensor<?x?x2x2xf32>, tensor<?x?x1x2xf32> -> tensor<?x?x2x2xf32>
  %9 = veomni.binary mul %2, %c : tensor<?x?x2x2xf32>, tensor<?x?x1x2xf32> -> tensor<?x?x2x2xf32>
  %10 = veomni.binary add %8, %9 : tensor<?x?x2x2xf32>, tensor<?x?x2x2xf32> -> tensor<?x?x2x2xf32>
  %11 = veomni.unflatten %7 : tensor<?x?x2x2xf32> -> tensor<?x?x2x2x1xf32>
  %12 = veomni.unflatten %10 : tensor<?x?x2x2xf32> -> tensor<?x?x2x2x1xf32>
  %13 = veomni.concat %11, %12 : tensor<?x?x2x2x1xf32>, tensor<?x?x2x2x1xf32> -> tensor<?x?x2x2x2xf32>
  %y = veomni.flatten %13 : tensor<?x?x2x2x2xf32> -> tensor<?x?x2x4xf32>
  return %y : tensor<?x?x2x4xf32>
}

// CHECK-DAG: [Missed] rope | Category:raise | Function=rest_of_another | Reason="what is turned and what is not are not all columns of one tensor"
func.func private @rest_of_another(%x: tensor<?x?x2x8xf32>, %z: tensor<?x?x2x8xf32>, %cos: tensor<?x?x2xf32>, %sin: tensor<?x?x2xf32>) -> (tensor<?x?x2x8xf32>) {
  %0 = veomni.slice %x {offset = 0 : i64} : tensor<?x?x2x8xf32> -> tensor<?x?x2x4xf32>
  %1 = veomni.rope %0, %cos, %sin {layout = #veomni.rope_layout<half>} : tensor<?x?x2x4xf32>, tensor<?x?x2xf32>
  %2 = veomni.slice %z {offset = 4 : i64} : tensor<?x?x2x8xf32> -> tensor<?x?x2x4xf32>
  %y = veomni.concat %1, %2 : tensor<?x?x2x4xf32>, tensor<?x?x2x4xf32> -> tensor<?x?x2x8xf32>
  return %y : tensor<?x?x2x8xf32>
}

// CHECK-DAG: [Missed] rope | Category:raise | Function=partly_turned | Reason="not all of the columns in front are turned"
func.func private @partly_turned(%x: tensor<?x?x2x8xf32>, %z: tensor<?x?x2x8xf32>, %cos: tensor<?x?x1xf32>, %sin: tensor<?x?x1xf32>) -> (tensor<?x?x2x8xf32>) {
  %0 = veomni.slice %x {offset = 0 : i64} : tensor<?x?x2x8xf32> -> tensor<?x?x2x4xf32>
  %1 = veomni.rope %0, %cos, %sin {layout = #veomni.rope_layout<half>} : tensor<?x?x2x4xf32>, tensor<?x?x1xf32>
  %2 = veomni.slice %x {offset = 4 : i64} : tensor<?x?x2x8xf32> -> tensor<?x?x2x4xf32>
  %y = veomni.concat %1, %2 : tensor<?x?x2x4xf32>, tensor<?x?x2x4xf32> -> tensor<?x?x2x8xf32>
  return %y : tensor<?x?x2x8xf32>
}

// A query that sees no key would give NaN.
// CHECK-DAG: [Missed] attention | Category:raise | Function=no_maximum | Reason="the weights are not a softmax that takes the greatest score out first"
func.func private @no_maximum(%q: tensor<?x?x4x20xf32>, %k: tensor<?x?x2x20xf32>, %starts: tensor<?x?xi32>, %mask: tensor<?x?xi64>, %given: i1) -> (tensor<?x?x4x20xf32>) {
  %0 = veomni.attention_scores %q, %k : tensor<?x?x4x20xf32>, tensor<?x?x2x20xf32> -> tensor<?x?x4x?xf32>
  %1 = veomni.binary_scalar mul %0, 0.5 : tensor<?x?x4x?xf32>
  %2 = veomni.attention_mask %starts, %mask if %given {window = 0 : i64} : tensor<?x?xi32>, tensor<?x?xi64> -> tensor<?x?x1x?xf32>
  %3 = veomni.binary add %1, %2 : tensor<?x?x4x?xf32>, tensor<?x?x1x?xf32> -> tensor<?x?x4x?xf32>
  %4 = veomni.reduce max %3 : tensor<?x?x4x?xf32> -> tensor<?x?x4x1xf32>
  %5 = veomni.binary sub %3, %4 : tensor<?x?x4x?xf32>, tensor<?x?x4x1xf32> -> tensor<?x?x4x?xf32>
  %6 = veomni.unary exp %3 : tensor<?x?x4x?xf32>
  %7 = veomni.reduce sum %6 : tensor<?x?x4x?xf32> -> tensor<?x?x4x1xf32>
  %8 = veomni.binary div %6, %7 : tensor<?x?x4x?xf32>, tensor<?x?x4x1xf32> -> tensor<?x?x4x?xf32>
  %y = veomni.attention_values %8, %k : tensor<?x?x4x?xf32>, tensor<?x?x2x20xf32> -> tensor<?x?x4x20xf32>
  return %y : tensor<?x?x4x20xf32>
}

// CHECK-DAG: [Missed] attention | Category:raise | Function=no_mask | Reason="no attention mask is added to the scores"
func.func private @no_mask(%q: tensor<?x?x4x20xf32>, %k: tensor<?x?x2x20xf32>, %starts: tensor<?x?xi32>, %mask: tensor<?x?xi64>, %given: i1) -> (tensor<?x?x4x20xf32>) {
  %0 = veomni.attention_scores %q, %k : tensor<?x?x4x20xf32>, tensor<?x?x2x20xf32> -> tensor<?x?x4x?xf32>
  %1 = veomni.binary_scalar mul %0, 0.5 : tensor<?x?x4x?xf32>
  %2 = veomni.attention_mask %starts, %mask if %given {window = 0 : i64} : tensor<?x?xi32>, tensor<?x?xi64> -> tensor<?x?x1x?xf32>
  %3 = veomni.binary add %1, %1 : tensor<?x?x4x?xf32>, tensor<?x?x4x?xf32> -> tensor<?x?x4x?xf32>
  %4 = veomni.reduce max %3 : tensor<?x?x4x?xf32> -> tensor<?x?x4x1xf32>
  %5 = veomni.binary sub %3, %4 : tensor<?x?x4x?xf32>, tensor<?x?x4x1xf32> -> tensor<?x?x4x?xf32>
  %6 = veomni.unary exp %5 : tensor<?x?x4x?xf32>
  %7 = veomni.reduce sum %6 : tensor<?x?x4x?xf32> -> tensor<?x?x4x1xf32>
  %8 = veomni.binary div %6, %7 : tensor<?x?x4x?xf32>, tensor<?x?x4x1xf32> -> tensor<?x?x4x?xf32>
  %y = veomni.attention_values %8, %k : tensor<?x?x4x?xf32>, tensor<?x?x2x20xf32> -> tensor<?x?x4x20xf32>
  return %y : tensor<?x?x4x20xf32>
}

// Soft-capped scores.
// CHECK-DAG: [Missed] attention | Category:raise | Function=scores_of_something | Reason="the mask is not added to products of queries and keys"
func.func private @scores_of_something(%q: tensor<?x?x4x20xf32>, %k: tensor<?x?x2x20xf32>, %starts: tensor<?x?xi32>, %mask: tensor<?x?xi64>, %given: i1) -> (tensor<?x?x4x20xf32>) {
  %0 = veomni.attention_scores %q, %k : tensor<?x?x4x20xf32>, tensor<?x?x2x20xf32> -> tensor<?x?x4x?xf32>
  %1 = veomni.unary tanh %0 : tensor<?x?x4x?xf32>
  %2 = veomni.attention_mask %starts, %mask if %given {window = 0 : i64} : tensor<?x?xi32>, tensor<?x?xi64> -> tensor<?x?x1x?xf32>
  %3 = veomni.binary add %1, %2 : tensor<?x?x4x?xf32>, tensor<?x?x1x?xf32> -> tensor<?x?x4x?xf32>
  %4 = veomni.reduce max %3 : tensor<?x?x4x?xf32> -> tensor<?x?x4x1xf32>
  %5 = veomni.binary sub %3, %4 : tensor<?x?x4x?xf32>, tensor<?x?x4x1xf32> -> tensor<?x?x4x?xf32>
  %6 = veomni.unary exp %5 : tensor<?x?x4x?xf32>
  %7 = veomni.reduce sum %6 : tensor<?x?x4x?xf32> -> tensor<?x?x4x1xf32>
  %8 = veomni.binary div %6, %7 : tensor<?x?x4x?xf32>, tensor<?x?x4x1xf32> -> tensor<?x?x4x?xf32>
  %y = veomni.attention_values %8, %k : tensor<?x?x4x?xf32>, tensor<?x?x2x20xf32> -> tensor<?x?x4x20xf32>
  return %y : tensor<?x?x4x20xf32>
}

// CHECK-DAG: [Missed] attention | Category:raise | Function=rounded_weights | Reason="the weights are rounded before the values are summed"
func.func private @rounded_weights(%q: tensor<?x?x4x20xf32>, %k: tensor<?x?x2x20xf32>, %starts: tensor<?x?xi32>, %mask: tensor<?x?xi64>, %given: i1) -> (tensor<?x?x4x20xf32>) {
  %0 = veomni.attention_scores %q, %k : tensor<?x?x4x20xf32>, tensor<?x?x2x20xf32> -> tensor<?x?x4x?xf32>
  %1 = veomni.binary_scalar mul %0, 0.5 : tensor<?x?x4x?xf32>
  %2 = veomni.attention_mask %starts, %mask if %given {window = 0 : i64} : tensor<?x?xi32>, tensor<?x?xi64> -> tensor<?x?x1x?xf32>
  %3 = veomni.binary add %1, %2 : tensor<?x?x4x?xf32>, tensor<?x?x1x?xf32> -> tensor<?x?x4x?xf32>
  %4 = veomni.reduce max %3 : tensor<?x?x4x?xf32> -> tensor<?x?x4x1xf32>
  %5 = veomni.binary sub %3, %4 : tensor<?x?x4x?xf32>, tensor<?x?x4x1xf32> -> tensor<?x?x4x?xf32>
  %6 = veomni.unary exp %5 : tensor<?x?x4x?xf32>
  %7 = veomni.reduce sum %6 : tensor<?x?x4x?xf32> -> tensor<?x?x4x1xf32>
  %8 = veomni.binary div %6, %7 : tensor<?x?x4x?xf32>, tensor<?x?x4x1xf32> -> tensor<?x?x4x?xf32>
  %9 = veomni.cast %8 : tensor<?x?x4x?xf32> -> tensor<?x?x4x?xbf16>
  %10 = veomni.cast %9 : tensor<?x?x4x?xbf16> -> tensor<?x?x4x?xf32>
  %y = veomni.attention_values %10, %k : tensor<?x?x4x?xf32>, tensor<?x?x2x20xf32> -> tensor<?x?x4x20xf32>
  return %y : tensor<?x?x4x20xf32>
}

// As with output_attentions.
// CHECK-DAG: [Missed] attention | Category:raise | Function=weights_are_used | Reason="'func.return' also uses what 'veomni.binary' makes"
func.func private @weights_are_used(%q: tensor<?x?x4x20xf32>, %k: tensor<?x?x2x20xf32>, %starts: tensor<?x?xi32>, %mask: tensor<?x?xi64>, %given: i1) -> (tensor<?x?x4x20xf32>, tensor<?x?x4x?xf32>) {
  %0 = veomni.attention_scores %q, %k : tensor<?x?x4x20xf32>, tensor<?x?x2x20xf32> -> tensor<?x?x4x?xf32>
  %1 = veomni.binary_scalar mul %0, 0.5 : tensor<?x?x4x?xf32>
  %2 = veomni.attention_mask %starts, %mask if %given {window = 0 : i64} : tensor<?x?xi32>, tensor<?x?xi64> -> tensor<?x?x1x?xf32>
  %3 = veomni.binary add %1, %2 : tensor<?x?x4x?xf32>, tensor<?x?x1x?xf32> -> tensor<?x?x4x?xf32>
  %4 = veomni.reduce max %3 : tensor<?x?x4x?xf32> -> tensor<?x?x4x1xf32>
  %5 = veomni.binary sub %3, %4 : tensor<?x?x4x?xf32>, tensor<?x?x4x1xf32> -> tensor<?x?x4x?xf32>
  %6 = veomni.unary exp %5 : tensor<?x?x4x?xf32>
  %7 = veomni.reduce sum %6 : tensor<?x?x4x?xf32> -> tensor<?x?x4x1xf32>
  %8 = veomni.binary div %6, %7 : tensor<?x?x4x?xf32>, tensor<?x?x4x1xf32> -> tensor<?x?x4x?xf32>
  %y = veomni.attention_values %8, %k : tensor<?x?x4x?xf32>, tensor<?x?x2x20xf32> -> tensor<?x?x4x20xf32>
  return %y, %8 : tensor<?x?x4x20xf32>, tensor<?x?x4x?xf32>
}

// CHECK-DAG: [Missed] attention | Category:raise | Function=types_differ | Reason="query, key, value and result are not of one element type"
func.func private @types_differ(%q: tensor<?x?x4x20xf32>, %k: tensor<?x?x2x20xf32>, %starts: tensor<?x?xi32>, %mask: tensor<?x?xi64>, %given: i1, %v: tensor<?x?x2x20xbf16>) -> (tensor<?x?x4x20xf32>) {
  %0 = veomni.attention_scores %q, %k : tensor<?x?x4x20xf32>, tensor<?x?x2x20xf32> -> tensor<?x?x4x?xf32>
  %1 = veomni.binary_scalar mul %0, 0.5 : tensor<?x?x4x?xf32>
  %2 = veomni.attention_mask %starts, %mask if %given {window = 0 : i64} : tensor<?x?xi32>, tensor<?x?xi64> -> tensor<?x?x1x?xf32>
  %3 = veomni.binary add %1, %2 : tensor<?x?x4x?xf32>, tensor<?x?x1x?xf32> -> tensor<?x?x4x?xf32>
  %4 = veomni.reduce max %3 : tensor<?x?x4x?xf32> -> tensor<?x?x4x1xf32>
  %5 = veomni.binary sub %3, %4 : tensor<?x?x4x?xf32>, tensor<?x?x4x1xf32> -> tensor<?x?x4x?xf32>
  %6 = veomni.unary exp %5 : tensor<?x?x4x?xf32>
  %7 = veomni.reduce sum %6 : tensor<?x?x4x?xf32> -> tensor<?x?x4x1xf32>
  %8 = veomni.binary div %6, %7 : tensor<?x?x4x?xf32>, tensor<?x?x4x1xf32> -> tensor<?x?x4x?xf32>
  %y = veomni.attention_values %8, %v : tensor<?x?x4x?xf32>, tensor<?x?x2x20xbf16> -> tensor<?x?x4x20xf32>
  return %y : tensor<?x?x4x20xf32>
}

// CHECK-DAG: [Missed] cross_entropy | Category:raise | Function=unshifted_maximum | Reason="what the labels pick from is not a log-softmax that takes the greatest logit out first"
func.func private @unshifted_maximum(%x: tensor<?x?x8xf32>, %labels: tensor<?x?xi64>, %others: tensor<?x?xi64>) -> (tensor<?x?xf32>, tensor<?x?xf32>) {
  %0 = veomni.reduce max %x : tensor<?x?x8xf32> -> tensor<?x?x1xf32>
  %1 = veomni.binary sub %x, %0 : tensor<?x?x8xf32>, tensor<?x?x1xf32> -> tensor<?x?x8xf32>
  %2 = veomni.unary exp %x : tensor<?x?x8xf32>
  %3 = veomni.reduce sum %2 : tensor<?x?x8xf32> -> tensor<?x?x1xf32>
  %4 = veomni.unary log %3 : tensor<?x?x1xf32>
  %5 = veomni.binary sub %1, %4 : tensor<?x?x8xf32>, tensor<?x?x1xf32> -> tensor<?x?x8xf32>
  %6 = veomni.gather_label %5, %labels {ignore_index = -100 : i64} : tensor<?x?x8xf32>, tensor<?x?xi64> -> tensor<?x?xf32>
  %7 = veomni.unary neg %6 : tensor<?x?xf32>
  %8 = veomni.not_equal %labels {value = -100 : i64} : tensor<?x?xi64> -> tensor<?x?xf32>
  return %7, %8 : tensor<?x?xf32>, tensor<?x?xf32>
}

// CHECK-DAG: [Missed] cross_entropy | Category:raise | Function=rows_of_logits | Reason="logits are not [batch, seq, vocab]"
func.func private @rows_of_logits(%x: tensor<?x8xf32>, %labels: tensor<?xi64>, %others: tensor<?xi64>) -> (tensor<?xf32>, tensor<?xf32>) {
  %0 = veomni.reduce max %x : tensor<?x8xf32> -> tensor<?x1xf32>
  %1 = veomni.binary sub %x, %0 : tensor<?x8xf32>, tensor<?x1xf32> -> tensor<?x8xf32>
  %2 = veomni.unary exp %1 : tensor<?x8xf32>
  %3 = veomni.reduce sum %2 : tensor<?x8xf32> -> tensor<?x1xf32>
  %4 = veomni.unary log %3 : tensor<?x1xf32>
  %5 = veomni.binary sub %1, %4 : tensor<?x8xf32>, tensor<?x1xf32> -> tensor<?x8xf32>
  %6 = veomni.gather_label %5, %labels {ignore_index = -100 : i64} : tensor<?x8xf32>, tensor<?xi64> -> tensor<?xf32>
  %7 = veomni.unary neg %6 : tensor<?xf32>
  %8 = veomni.not_equal %labels {value = -100 : i64} : tensor<?xi64> -> tensor<?xf32>
  return %7, %8 : tensor<?xf32>, tensor<?xf32>
}

// CHECK-DAG: [Missed] cross_entropy | Category:raise | Function=other_labels_count | Reason="nothing tells which of the labels are not ignored"
func.func private @other_labels_count(%x: tensor<?x?x8xf32>, %labels: tensor<?x?xi64>, %others: tensor<?x?xi64>) -> (tensor<?x?xf32>, tensor<?x?xf32>) {
  %0 = veomni.reduce max %x : tensor<?x?x8xf32> -> tensor<?x?x1xf32>
  %1 = veomni.binary sub %x, %0 : tensor<?x?x8xf32>, tensor<?x?x1xf32> -> tensor<?x?x8xf32>
  %2 = veomni.unary exp %1 : tensor<?x?x8xf32>
  %3 = veomni.reduce sum %2 : tensor<?x?x8xf32> -> tensor<?x?x1xf32>
  %4 = veomni.unary log %3 : tensor<?x?x1xf32>
  %5 = veomni.binary sub %1, %4 : tensor<?x?x8xf32>, tensor<?x?x1xf32> -> tensor<?x?x8xf32>
  %6 = veomni.gather_label %5, %labels {ignore_index = -100 : i64} : tensor<?x?x8xf32>, tensor<?x?xi64> -> tensor<?x?xf32>
  %7 = veomni.unary neg %6 : tensor<?x?xf32>
  %8 = veomni.not_equal %others {value = -100 : i64} : tensor<?x?xi64> -> tensor<?x?xf32>
  return %7, %8 : tensor<?x?xf32>, tensor<?x?xf32>
}

// CHECK-DAG: [Missed] cross_entropy | Category:raise | Function=other_label_ignored | Reason="nothing tells which of the labels are not ignored"
func.func private @other_label_ignored(%x: tensor<?x?x8xf32>, %labels: tensor<?x?xi64>, %others: tensor<?x?xi64>) -> (tensor<?x?xf32>, tensor<?x?xf32>) {
  %0 = veomni.reduce max %x : tensor<?x?x8xf32> -> tensor<?x?x1xf32>
  %1 = veomni.binary sub %x, %0 : tensor<?x?x8xf32>, tensor<?x?x1xf32> -> tensor<?x?x8xf32>
  %2 = veomni.unary exp %1 : tensor<?x?x8xf32>
  %3 = veomni.reduce sum %2 : tensor<?x?x8xf32> -> tensor<?x?x1xf32>
  %4 = veomni.unary log %3 : tensor<?x?x1xf32>
  %5 = veomni.binary sub %1, %4 : tensor<?x?x8xf32>, tensor<?x?x1xf32> -> tensor<?x?x8xf32>
  %6 = veomni.gather_label %5, %labels {ignore_index = -100 : i64} : tensor<?x?x8xf32>, tensor<?x?xi64> -> tensor<?x?xf32>
  %7 = veomni.unary neg %6 : tensor<?x?xf32>
  %8 = veomni.not_equal %labels {value = 0 : i64} : tensor<?x?xi64> -> tensor<?x?xf32>
  return %7, %8 : tensor<?x?xf32>, tensor<?x?xf32>
}

// Something else takes the log-probabilities of the labels.
// CHECK-DAG: [Missed] cross_entropy | Category:raise | Function=log_probabilities | Reason="'func.return' also uses what 'veomni.gather_label' makes"
func.func private @log_probabilities(%x: tensor<?x?x8xf32>, %labels: tensor<?x?xi64>, %others: tensor<?x?xi64>) -> (tensor<?x?xf32>, tensor<?x?xf32>, tensor<?x?xf32>) {
  %0 = veomni.reduce max %x : tensor<?x?x8xf32> -> tensor<?x?x1xf32>
  %1 = veomni.binary sub %x, %0 : tensor<?x?x8xf32>, tensor<?x?x1xf32> -> tensor<?x?x8xf32>
  %2 = veomni.unary exp %1 : tensor<?x?x8xf32>
  %3 = veomni.reduce sum %2 : tensor<?x?x8xf32> -> tensor<?x?x1xf32>
  %4 = veomni.unary log %3 : tensor<?x?x1xf32>
  %5 = veomni.binary sub %1, %4 : tensor<?x?x8xf32>, tensor<?x?x1xf32> -> tensor<?x?x8xf32>
  %6 = veomni.gather_label %5, %labels {ignore_index = -100 : i64} : tensor<?x?x8xf32>, tensor<?x?xi64> -> tensor<?x?xf32>
  %7 = veomni.unary neg %6 : tensor<?x?xf32>
  %8 = veomni.not_equal %labels {value = -100 : i64} : tensor<?x?xi64> -> tensor<?x?xf32>
  return %7, %8, %6 : tensor<?x?xf32>, tensor<?x?xf32>, tensor<?x?xf32>
}

// The number of tokens is wanted before there is a logit.
// CHECK-DAG: [Missed] cross_entropy | Category:raise | Function=counted_before | Reason="'veomni.sum_leading' uses what 'veomni.not_equal' makes before all operands are there"
func.func private @counted_before(%x: tensor<?x?x8xf32>, %labels: tensor<?x?xi64>, %others: tensor<?x?xi64>) -> (tensor<?x?xf32>, tensor<?x?xf32>, tensor<f32>) {
  %8 = veomni.not_equal %labels {value = -100 : i64} : tensor<?x?xi64> -> tensor<?x?xf32>
  %count = veomni.sum_leading %8 : tensor<?x?xf32> -> tensor<f32>
  %logits = veomni.unary square %x : tensor<?x?x8xf32>
  %0 = veomni.reduce max %logits : tensor<?x?x8xf32> -> tensor<?x?x1xf32>
  %1 = veomni.binary sub %logits, %0 : tensor<?x?x8xf32>, tensor<?x?x1xf32> -> tensor<?x?x8xf32>
  %2 = veomni.unary exp %1 : tensor<?x?x8xf32>
  %3 = veomni.reduce sum %2 : tensor<?x?x8xf32> -> tensor<?x?x1xf32>
  %4 = veomni.unary log %3 : tensor<?x?x1xf32>
  %5 = veomni.binary sub %1, %4 : tensor<?x?x8xf32>, tensor<?x?x1xf32> -> tensor<?x?x8xf32>
  %6 = veomni.gather_label %5, %labels {ignore_index = -100 : i64} : tensor<?x?x8xf32>, tensor<?x?xi64> -> tensor<?x?xf32>
  %7 = veomni.unary neg %6 : tensor<?x?xf32>
  return %7, %8, %count : tensor<?x?xf32>, tensor<?x?xf32>, tensor<f32>
}

// CHECK-DAG: [Missed] mean_loss | Category:raise | Function=mean_per_column | Reason="the result is not a scalar"
func.func private @mean_per_column(%x: tensor<?x?x8xf32>, %c: tensor<?x?x8xf32>) -> (tensor<8xf32>) {
  %0 = veomni.sum_leading %x : tensor<?x?x8xf32> -> tensor<8xf32>
  %1 = veomni.sum_leading %c : tensor<?x?x8xf32> -> tensor<8xf32>
  %y = veomni.binary div %0, %1 : tensor<8xf32>, tensor<8xf32> -> tensor<8xf32>
  return %y : tensor<8xf32>
}

// CHECK-DAG: [Missed] mean_loss | Category:raise | Function=mean_of_columns | Reason="losses and counts are not both [batch, seq]"
func.func private @mean_of_columns(%x: tensor<?x?x8xf32>, %c: tensor<?x?xf32>) -> (tensor<f32>) {
  %0 = veomni.sum_leading %x : tensor<?x?x8xf32> -> tensor<f32>
  %1 = veomni.sum_leading %c : tensor<?x?xf32> -> tensor<f32>
  %y = veomni.binary div %0, %1 : tensor<f32>, tensor<f32> -> tensor<f32>
  return %y : tensor<f32>
}

// CHECK-DAG: [Missed] router | Category:raise | Function=sigmoid_scores | Reason="what is chosen from is not a softmax that takes the greatest logit out first"
func.func private @sigmoid_scores(%x: tensor<?x?x8xf32>) -> (tensor<?x?x2xf32>, tensor<?x?x2xi32>) {
  %0 = veomni.unary sigmoid %x : tensor<?x?x8xf32>
  %v, %i = veomni.top_k %0 : tensor<?x?x8xf32> -> tensor<?x?x2xf32>, tensor<?x?x2xi32>
  return %v, %i : tensor<?x?x2xf32>, tensor<?x?x2xi32>
}

// CHECK-DAG: [Missed] router | Category:raise | Function=bf16_router | Reason="arithmetic is not f32"
func.func private @bf16_router(%x: tensor<?x?x8xbf16>) -> (tensor<?x?x2xbf16>, tensor<?x?x2xi32>) {
  %0 = veomni.reduce max %x : tensor<?x?x8xbf16> -> tensor<?x?x1xbf16>
  %1 = veomni.binary sub %x, %0 : tensor<?x?x8xbf16>, tensor<?x?x1xbf16> -> tensor<?x?x8xbf16>
  %2 = veomni.unary exp %1 : tensor<?x?x8xbf16>
  %3 = veomni.reduce sum %2 : tensor<?x?x8xbf16> -> tensor<?x?x1xbf16>
  %4 = veomni.binary div %2, %3 : tensor<?x?x8xbf16>, tensor<?x?x1xbf16> -> tensor<?x?x8xbf16>
  %v, %i = veomni.top_k %4 : tensor<?x?x8xbf16> -> tensor<?x?x2xbf16>, tensor<?x?x2xi32>
  return %v, %i : tensor<?x?x2xbf16>, tensor<?x?x2xi32>
}

// CHECK-DAG: [Missed] router | Category:raise | Function=scores_are_used | Reason="'func.return' also uses what 'veomni.binary' makes"
func.func private @scores_are_used(%x: tensor<?x?x8xf32>) -> (tensor<?x?x2xf32>, tensor<?x?x2xi32>, tensor<?x?x8xf32>) {
  %0 = veomni.reduce max %x : tensor<?x?x8xf32> -> tensor<?x?x1xf32>
  %1 = veomni.binary sub %x, %0 : tensor<?x?x8xf32>, tensor<?x?x1xf32> -> tensor<?x?x8xf32>
  %2 = veomni.unary exp %1 : tensor<?x?x8xf32>
  %3 = veomni.reduce sum %2 : tensor<?x?x8xf32> -> tensor<?x?x1xf32>
  %4 = veomni.binary div %2, %3 : tensor<?x?x8xf32>, tensor<?x?x1xf32> -> tensor<?x?x8xf32>
  %v, %i = veomni.top_k %4 : tensor<?x?x8xf32> -> tensor<?x?x2xf32>, tensor<?x?x2xi32>
  return %v, %i, %4 : tensor<?x?x2xf32>, tensor<?x?x2xi32>, tensor<?x?x8xf32>
}

// CHECK-DAG: [Missed] load_balancing_loss | Category:raise | Function=other_divisor | Reason="hits and probabilities are divided by different numbers"
func.func private @other_divisor(%x: tensor<?x?x8xf32>, %mask: tensor<?x?xi64>) -> (tensor<f32>) {
  %c = veomni.not_equal %mask {value = 0 : i64} : tensor<?x?xi64> -> tensor<?x?x1xf32>
  %0 = veomni.reduce max %x : tensor<?x?x8xf32> -> tensor<?x?x1xf32>
  %1 = veomni.binary sub %x, %0 : tensor<?x?x8xf32>, tensor<?x?x1xf32> -> tensor<?x?x8xf32>
  %2 = veomni.unary exp %1 : tensor<?x?x8xf32>
  %3 = veomni.reduce sum %2 : tensor<?x?x8xf32> -> tensor<?x?x1xf32>
  %4 = veomni.binary div %2, %3 : tensor<?x?x8xf32>, tensor<?x?x1xf32> -> tensor<?x?x8xf32>
  %v, %i = veomni.top_k %4 : tensor<?x?x8xf32> -> tensor<?x?x2xf32>, tensor<?x?x2xi32>
  %5 = veomni.one_hot %i : tensor<?x?x2xi32> -> tensor<?x?x2x8xf32>
  %6 = veomni.unflatten %c : tensor<?x?x1xf32> -> tensor<?x?x1x1xf32>
  %7 = veomni.binary mul %5, %6 : tensor<?x?x2x8xf32>, tensor<?x?x1x1xf32> -> tensor<?x?x2x8xf32>
  %8 = veomni.sum_leading %7 : tensor<?x?x2x8xf32> -> tensor<2x8xf32>
  %9 = veomni.binary mul %4, %c : tensor<?x?x8xf32>, tensor<?x?x1xf32> -> tensor<?x?x8xf32>
  %10 = veomni.sum_leading %9 : tensor<?x?x8xf32> -> tensor<8xf32>
  %11 = veomni.sum_leading %c : tensor<?x?x1xf32> -> tensor<f32>
  %12 = veomni.binary_scalar max %11, 1.0 : tensor<f32>
  %13 = veomni.binary div %8, %12 : tensor<2x8xf32>, tensor<f32> -> tensor<2x8xf32>
  %14 = veomni.binary div %10, %11 : tensor<8xf32>, tensor<f32> -> tensor<8xf32>
  %15 = veomni.binary mul %13, %14 : tensor<2x8xf32>, tensor<8xf32> -> tensor<2x8xf32>
  %16 = veomni.sum_leading %15 : tensor<2x8xf32> -> tensor<f32>
  %y = veomni.binary_scalar mul %16, 8.0 : tensor<f32>
  return %y : tensor<f32>
}

// CHECK-DAG: [Missed] load_balancing_loss | Category:raise | Function=other_mask | Reason="tokens count by another rule than a mask that is not 0"
func.func private @other_mask(%x: tensor<?x?x8xf32>, %mask: tensor<?x?xi64>) -> (tensor<f32>) {
  %c = veomni.not_equal %mask {value = 1 : i64} : tensor<?x?xi64> -> tensor<?x?x1xf32>
  %0 = veomni.reduce max %x : tensor<?x?x8xf32> -> tensor<?x?x1xf32>
  %1 = veomni.binary sub %x, %0 : tensor<?x?x8xf32>, tensor<?x?x1xf32> -> tensor<?x?x8xf32>
  %2 = veomni.unary exp %1 : tensor<?x?x8xf32>
  %3 = veomni.reduce sum %2 : tensor<?x?x8xf32> -> tensor<?x?x1xf32>
  %4 = veomni.binary div %2, %3 : tensor<?x?x8xf32>, tensor<?x?x1xf32> -> tensor<?x?x8xf32>
  %v, %i = veomni.top_k %4 : tensor<?x?x8xf32> -> tensor<?x?x2xf32>, tensor<?x?x2xi32>
  %5 = veomni.one_hot %i : tensor<?x?x2xi32> -> tensor<?x?x2x8xf32>
  %6 = veomni.unflatten %c : tensor<?x?x1xf32> -> tensor<?x?x1x1xf32>
  %7 = veomni.binary mul %5, %6 : tensor<?x?x2x8xf32>, tensor<?x?x1x1xf32> -> tensor<?x?x2x8xf32>
  %8 = veomni.sum_leading %7 : tensor<?x?x2x8xf32> -> tensor<2x8xf32>
  %9 = veomni.binary mul %4, %c : tensor<?x?x8xf32>, tensor<?x?x1xf32> -> tensor<?x?x8xf32>
  %10 = veomni.sum_leading %9 : tensor<?x?x8xf32> -> tensor<8xf32>
  %11 = veomni.sum_leading %c : tensor<?x?x1xf32> -> tensor<f32>
  %12 = veomni.binary_scalar max %11, 1.0 : tensor<f32>
  %13 = veomni.binary div %8, %12 : tensor<2x8xf32>, tensor<f32> -> tensor<2x8xf32>
  %14 = veomni.binary div %10, %12 : tensor<8xf32>, tensor<f32> -> tensor<8xf32>
  %15 = veomni.binary mul %13, %14 : tensor<2x8xf32>, tensor<8xf32> -> tensor<2x8xf32>
  %16 = veomni.sum_leading %15 : tensor<2x8xf32> -> tensor<f32>
  %y = veomni.binary_scalar mul %16, 8.0 : tensor<f32>
  return %y : tensor<f32>
}

// CHECK-DAG: [Missed] load_balancing_loss | Category:raise | Function=two_layers_of_tokens | Reason="the number of tokens is not that of all layers"
func.func private @two_layers_of_tokens(%x: tensor<?x?x8xf32>, %mask: tensor<?x?xi64>) -> (tensor<f32>) {
  %c = veomni.not_equal %mask {value = 0 : i64} : tensor<?x?xi64> -> tensor<?x?x1xf32>
  %0 = veomni.reduce max %x : tensor<?x?x8xf32> -> tensor<?x?x1xf32>
  %1 = veomni.binary sub %x, %0 : tensor<?x?x8xf32>, tensor<?x?x1xf32> -> tensor<?x?x8xf32>
  %2 = veomni.unary exp %1 : tensor<?x?x8xf32>
  %3 = veomni.reduce sum %2 : tensor<?x?x8xf32> -> tensor<?x?x1xf32>
  %4 = veomni.binary div %2, %3 : tensor<?x?x8xf32>, tensor<?x?x1xf32> -> tensor<?x?x8xf32>
  %v, %i = veomni.top_k %4 : tensor<?x?x8xf32> -> tensor<?x?x2xf32>, tensor<?x?x2xi32>
  %5 = veomni.one_hot %i : tensor<?x?x2xi32> -> tensor<?x?x2x8xf32>
  %6 = veomni.unflatten %c : tensor<?x?x1xf32> -> tensor<?x?x1x1xf32>
  %7 = veomni.binary mul %5, %6 : tensor<?x?x2x8xf32>, tensor<?x?x1x1xf32> -> tensor<?x?x2x8xf32>
  %8 = veomni.sum_leading %7 : tensor<?x?x2x8xf32> -> tensor<2x8xf32>
  %9 = veomni.binary mul %4, %c : tensor<?x?x8xf32>, tensor<?x?x1xf32> -> tensor<?x?x8xf32>
  %10 = veomni.sum_leading %9 : tensor<?x?x8xf32> -> tensor<8xf32>
  %11 = veomni.sum_leading %c : tensor<?x?x1xf32> -> tensor<f32>
  %s = veomni.binary_scalar mul %11, 2.0 : tensor<f32>
  %12 = veomni.binary_scalar max %s, 1.0 : tensor<f32>
  %13 = veomni.binary div %8, %12 : tensor<2x8xf32>, tensor<f32> -> tensor<2x8xf32>
  %14 = veomni.binary div %10, %12 : tensor<8xf32>, tensor<f32> -> tensor<8xf32>
  %15 = veomni.binary mul %13, %14 : tensor<2x8xf32>, tensor<8xf32> -> tensor<2x8xf32>
  %16 = veomni.sum_leading %15 : tensor<2x8xf32> -> tensor<f32>
  %y = veomni.binary_scalar mul %16, 8.0 : tensor<f32>
  return %y : tensor<f32>
}

// CHECK-DAG: [Missed] load_balancing_loss | Category:raise | Function=all_probabilities | Reason="probabilities are not a softmax, summed over the tokens that count"
func.func private @all_probabilities(%x: tensor<?x?x8xf32>, %mask: tensor<?x?xi64>) -> (tensor<f32>) {
  %c = veomni.not_equal %mask {value = 0 : i64} : tensor<?x?xi64> -> tensor<?x?x1xf32>
  %0 = veomni.reduce max %x : tensor<?x?x8xf32> -> tensor<?x?x1xf32>
  %1 = veomni.binary sub %x, %0 : tensor<?x?x8xf32>, tensor<?x?x1xf32> -> tensor<?x?x8xf32>
  %2 = veomni.unary exp %1 : tensor<?x?x8xf32>
  %3 = veomni.reduce sum %2 : tensor<?x?x8xf32> -> tensor<?x?x1xf32>
  %4 = veomni.binary div %2, %3 : tensor<?x?x8xf32>, tensor<?x?x1xf32> -> tensor<?x?x8xf32>
  %v, %i = veomni.top_k %4 : tensor<?x?x8xf32> -> tensor<?x?x2xf32>, tensor<?x?x2xi32>
  %5 = veomni.one_hot %i : tensor<?x?x2xi32> -> tensor<?x?x2x8xf32>
  %6 = veomni.unflatten %c : tensor<?x?x1xf32> -> tensor<?x?x1x1xf32>
  %7 = veomni.binary mul %5, %6 : tensor<?x?x2x8xf32>, tensor<?x?x1x1xf32> -> tensor<?x?x2x8xf32>
  %8 = veomni.sum_leading %7 : tensor<?x?x2x8xf32> -> tensor<2x8xf32>
  %9 = veomni.binary mul %4, %c : tensor<?x?x8xf32>, tensor<?x?x1xf32> -> tensor<?x?x8xf32>
  %10 = veomni.sum_leading %4 : tensor<?x?x8xf32> -> tensor<8xf32>
  %11 = veomni.sum_leading %c : tensor<?x?x1xf32> -> tensor<f32>
  %12 = veomni.binary_scalar max %11, 1.0 : tensor<f32>
  %13 = veomni.binary div %8, %12 : tensor<2x8xf32>, tensor<f32> -> tensor<2x8xf32>
  %14 = veomni.binary div %10, %12 : tensor<8xf32>, tensor<f32> -> tensor<8xf32>
  %15 = veomni.binary mul %13, %14 : tensor<2x8xf32>, tensor<8xf32> -> tensor<2x8xf32>
  %16 = veomni.sum_leading %15 : tensor<2x8xf32> -> tensor<f32>
  %y = veomni.binary_scalar mul %16, 8.0 : tensor<f32>
  return %y : tensor<f32>
}

// CHECK-DAG: [Missed] load_balancing_loss | Category:raise | Function=all_hits | Reason="hits are not the greatest of a layer's probabilities, summed over the tokens that count"
func.func private @all_hits(%x: tensor<?x?x8xf32>, %mask: tensor<?x?xi64>) -> (tensor<f32>) {
  %c = veomni.not_equal %mask {value = 0 : i64} : tensor<?x?xi64> -> tensor<?x?x1xf32>
  %0 = veomni.reduce max %x : tensor<?x?x8xf32> -> tensor<?x?x1xf32>
  %1 = veomni.binary sub %x, %0 : tensor<?x?x8xf32>, tensor<?x?x1xf32> -> tensor<?x?x8xf32>
  %2 = veomni.unary exp %1 : tensor<?x?x8xf32>
  %3 = veomni.reduce sum %2 : tensor<?x?x8xf32> -> tensor<?x?x1xf32>
  %4 = veomni.binary div %2, %3 : tensor<?x?x8xf32>, tensor<?x?x1xf32> -> tensor<?x?x8xf32>
  %v, %i = veomni.top_k %4 : tensor<?x?x8xf32> -> tensor<?x?x2xf32>, tensor<?x?x2xi32>
  %5 = veomni.one_hot %i : tensor<?x?x2xi32> -> tensor<?x?x2x8xf32>
  %6 = veomni.unflatten %c : tensor<?x?x1xf32> -> tensor<?x?x1x1xf32>
  %7 = veomni.binary mul %5, %6 : tensor<?x?x2x8xf32>, tensor<?x?x1x1xf32> -> tensor<?x?x2x8xf32>
  %8 = veomni.sum_leading %5 : tensor<?x?x2x8xf32> -> tensor<2x8xf32>
  %9 = veomni.binary mul %4, %c : tensor<?x?x8xf32>, tensor<?x?x1xf32> -> tensor<?x?x8xf32>
  %10 = veomni.sum_leading %9 : tensor<?x?x8xf32> -> tensor<8xf32>
  %11 = veomni.sum_leading %c : tensor<?x?x1xf32> -> tensor<f32>
  %12 = veomni.binary_scalar max %11, 1.0 : tensor<f32>
  %13 = veomni.binary div %8, %12 : tensor<2x8xf32>, tensor<f32> -> tensor<2x8xf32>
  %14 = veomni.binary div %10, %12 : tensor<8xf32>, tensor<f32> -> tensor<8xf32>
  %15 = veomni.binary mul %13, %14 : tensor<2x8xf32>, tensor<8xf32> -> tensor<2x8xf32>
  %16 = veomni.sum_leading %15 : tensor<2x8xf32> -> tensor<f32>
  %y = veomni.binary_scalar mul %16, 8.0 : tensor<f32>
  return %y : tensor<f32>
}

// CHECK-DAG: [Missed] load_balancing_loss | Category:raise | Function=other_factor | Reason="the factor is not the number of experts"
func.func private @other_factor(%x: tensor<?x?x8xf32>, %mask: tensor<?x?xi64>) -> (tensor<f32>) {
  %c = veomni.not_equal %mask {value = 0 : i64} : tensor<?x?xi64> -> tensor<?x?x1xf32>
  %0 = veomni.reduce max %x : tensor<?x?x8xf32> -> tensor<?x?x1xf32>
  %1 = veomni.binary sub %x, %0 : tensor<?x?x8xf32>, tensor<?x?x1xf32> -> tensor<?x?x8xf32>
  %2 = veomni.unary exp %1 : tensor<?x?x8xf32>
  %3 = veomni.reduce sum %2 : tensor<?x?x8xf32> -> tensor<?x?x1xf32>
  %4 = veomni.binary div %2, %3 : tensor<?x?x8xf32>, tensor<?x?x1xf32> -> tensor<?x?x8xf32>
  %v, %i = veomni.top_k %4 : tensor<?x?x8xf32> -> tensor<?x?x2xf32>, tensor<?x?x2xi32>
  %5 = veomni.one_hot %i : tensor<?x?x2xi32> -> tensor<?x?x2x8xf32>
  %6 = veomni.unflatten %c : tensor<?x?x1xf32> -> tensor<?x?x1x1xf32>
  %7 = veomni.binary mul %5, %6 : tensor<?x?x2x8xf32>, tensor<?x?x1x1xf32> -> tensor<?x?x2x8xf32>
  %8 = veomni.sum_leading %7 : tensor<?x?x2x8xf32> -> tensor<2x8xf32>
  %9 = veomni.binary mul %4, %c : tensor<?x?x8xf32>, tensor<?x?x1xf32> -> tensor<?x?x8xf32>
  %10 = veomni.sum_leading %9 : tensor<?x?x8xf32> -> tensor<8xf32>
  %11 = veomni.sum_leading %c : tensor<?x?x1xf32> -> tensor<f32>
  %12 = veomni.binary_scalar max %11, 1.0 : tensor<f32>
  %13 = veomni.binary div %8, %12 : tensor<2x8xf32>, tensor<f32> -> tensor<2x8xf32>
  %14 = veomni.binary div %10, %12 : tensor<8xf32>, tensor<f32> -> tensor<8xf32>
  %15 = veomni.binary mul %13, %14 : tensor<2x8xf32>, tensor<8xf32> -> tensor<2x8xf32>
  %16 = veomni.sum_leading %15 : tensor<2x8xf32> -> tensor<f32>
  %y = veomni.binary_scalar mul %16, 4.0 : tensor<f32>
  return %y : tensor<f32>
}

// CHECK-DAG: [Missed] layer_norm | Category:raise | Function=bias_per_element | Reason="the bias is not like the weight"
func.func private @bias_per_element(%x: tensor<?x8xf32>, %z: tensor<?x8xf32>, %w: tensor<8xf32>) -> (tensor<?x8xf32>) {
  %0 = veomni.reduce mean %x : tensor<?x8xf32> -> tensor<?x1xf32>
  %1 = veomni.binary sub %x, %0 : tensor<?x8xf32>, tensor<?x1xf32> -> tensor<?x8xf32>
  %2 = veomni.rms_norm %1, %w {eps = 1.0e-05 : f32, variant = #veomni.norm<standard>} : tensor<?x8xf32>, tensor<8xf32>
  %3 = veomni.binary add %2, %z : tensor<?x8xf32>, tensor<?x8xf32> -> tensor<?x8xf32>
  return %3 : tensor<?x8xf32>
}

// CHECK-DAG: [Missed] layer_norm | Category:raise | Function=one_plus_norm | Reason="1 is added to the weight"
func.func private @one_plus_norm(%x: tensor<?x8xf32>, %z: tensor<?x8xf32>, %w: tensor<8xf32>) -> (tensor<?x8xf32>) {
  %0 = veomni.reduce mean %x : tensor<?x8xf32> -> tensor<?x1xf32>
  %1 = veomni.binary sub %x, %0 : tensor<?x8xf32>, tensor<?x1xf32> -> tensor<?x8xf32>
  %2 = veomni.rms_norm %1, %w {eps = 1.0e-05 : f32, variant = #veomni.norm<one_plus>} : tensor<?x8xf32>, tensor<8xf32>
  %3 = veomni.binary add %2, %w : tensor<?x8xf32>, tensor<8xf32> -> tensor<?x8xf32>
  return %3 : tensor<?x8xf32>
}

// CHECK-DAG: [Missed] dsa_indexer | Category:raise | Function=keys_of_a_window | Reason="the mask is not that of attention without a window"
// CHECK-DAG: [Missed] dsa_attention | Category:raise | Function=keys_of_a_window | Reason="keys are chosen within a window"
func.func private @keys_of_a_window(%q: tensor<?x?x4x20xf32>, %s: tensor<?x?x1x?xf32>, %starts: tensor<?x?xi32>, %mask: tensor<?x?xi64>, %given: i1)
    -> (tensor<?x?x4x20xf32>) {
  %m = veomni.attention_mask %starts, %mask if %given {window = 3 : i64} : tensor<?x?xi32>, tensor<?x?xi64> -> tensor<?x?x1x?xf32>
  %i = veomni.select_keys %s, %m {top_k = 6 : i64} : tensor<?x?x1x?xf32>, tensor<?x?x1x?xf32> -> tensor<?x?x6xi32>
  %k = veomni.keep_keys %m, %i : tensor<?x?x1x?xf32>, tensor<?x?x6xi32>
  %0 = veomni.attention_scores %q, %q : tensor<?x?x4x20xf32>, tensor<?x?x4x20xf32> -> tensor<?x?x4x?xf32>
  %1 = veomni.binary add %0, %k : tensor<?x?x4x?xf32>, tensor<?x?x1x?xf32> -> tensor<?x?x4x?xf32>
  %2 = veomni.reduce max %1 : tensor<?x?x4x?xf32> -> tensor<?x?x4x1xf32>
  %3 = veomni.binary sub %1, %2 : tensor<?x?x4x?xf32>, tensor<?x?x4x1xf32> -> tensor<?x?x4x?xf32>
  %4 = veomni.unary exp %3 : tensor<?x?x4x?xf32>
  %5 = veomni.reduce sum %4 : tensor<?x?x4x?xf32> -> tensor<?x?x4x1xf32>
  %6 = veomni.binary div %4, %5 : tensor<?x?x4x?xf32>, tensor<?x?x4x1xf32> -> tensor<?x?x4x?xf32>
  %o = veomni.attention_values %6, %q : tensor<?x?x4x?xf32>, tensor<?x?x4x20xf32> -> tensor<?x?x4x20xf32>
  return %o : tensor<?x?x4x20xf32>
}

// CHECK-DAG: [Missed] dsa_indexer | Category:raise | Function=keys_behind_the_query | Reason="keys are chosen among later ones"
// CHECK-DAG: [Missed] dsa_attention | Category:raise | Function=keys_behind_the_query | Reason="keys are chosen among later ones"
func.func private @keys_behind_the_query(%q: tensor<?x?x4x20xf32>, %s: tensor<?x?x1x?xf32>, %starts: tensor<?x?xi32>, %mask: tensor<?x?xi64>, %given: i1)
    -> (tensor<?x?x4x20xf32>) {
  %m = veomni.attention_mask %starts, %mask if %given {visibility = #veomni.visibility<full>, window = 0 : i64} : tensor<?x?xi32>, tensor<?x?xi64> -> tensor<?x?x1x?xf32>
  %i = veomni.select_keys %s, %m {top_k = 6 : i64} : tensor<?x?x1x?xf32>, tensor<?x?x1x?xf32> -> tensor<?x?x6xi32>
  %k = veomni.keep_keys %m, %i : tensor<?x?x1x?xf32>, tensor<?x?x6xi32>
  %0 = veomni.attention_scores %q, %q : tensor<?x?x4x20xf32>, tensor<?x?x4x20xf32> -> tensor<?x?x4x?xf32>
  %1 = veomni.binary add %0, %k : tensor<?x?x4x?xf32>, tensor<?x?x1x?xf32> -> tensor<?x?x4x?xf32>
  %2 = veomni.reduce max %1 : tensor<?x?x4x?xf32> -> tensor<?x?x4x1xf32>
  %3 = veomni.binary sub %1, %2 : tensor<?x?x4x?xf32>, tensor<?x?x4x1xf32> -> tensor<?x?x4x?xf32>
  %4 = veomni.unary exp %3 : tensor<?x?x4x?xf32>
  %5 = veomni.reduce sum %4 : tensor<?x?x4x?xf32> -> tensor<?x?x4x1xf32>
  %6 = veomni.binary div %4, %5 : tensor<?x?x4x?xf32>, tensor<?x?x4x1xf32> -> tensor<?x?x4x?xf32>
  %o = veomni.attention_values %6, %q : tensor<?x?x4x?xf32>, tensor<?x?x4x20xf32> -> tensor<?x?x4x20xf32>
  return %o : tensor<?x?x4x20xf32>
}

// CHECK-DAG: [Missed] dsa_indexer | Category:raise | Function=sum_without_weights | Reason="heads are not multiplied with a weight each before they are summed"
func.func private @sum_without_weights(%q: tensor<?x?x4x20xf32>, %starts: tensor<?x?xi32>, %mask: tensor<?x?xi64>, %given: i1) -> (tensor<?x?x6xi32>) {
  %m = veomni.attention_mask %starts, %mask if %given {window = 0 : i64} : tensor<?x?xi32>, tensor<?x?xi64> -> tensor<?x?x1x?xf32>
  %0 = veomni.attention_scores %q, %q : tensor<?x?x4x20xf32>, tensor<?x?x4x20xf32> -> tensor<?x?x4x?xf32>
  %1 = veomni.sum_heads %0 : tensor<?x?x4x?xf32> -> tensor<?x?x1x?xf32>
  %i = veomni.select_keys %1, %m {top_k = 6 : i64} : tensor<?x?x1x?xf32>, tensor<?x?x1x?xf32> -> tensor<?x?x6xi32>
  return %i : tensor<?x?x6xi32>
}

// CHECK-DAG: [Missed] dsa_indexer | Category:raise | Function=negative_parts | Reason="what is weighted is not the positive part of products of queries and keys"
func.func private @negative_parts(%q: tensor<?x?x4x20xf32>, %k: tensor<?x?x1x20xf32>, %w: tensor<?x?x4xf32>, %starts: tensor<?x?xi32>, %mask: tensor<?x?xi64>, %given: i1)
    -> (tensor<?x?x6xi32>) {
  %m = veomni.attention_mask %starts, %mask if %given {window = 0 : i64} : tensor<?x?xi32>, tensor<?x?xi64> -> tensor<?x?x1x?xf32>
  %0 = veomni.attention_scores %q, %k : tensor<?x?x4x20xf32>, tensor<?x?x1x20xf32> -> tensor<?x?x4x?xf32>
  %c = veomni.unflatten %w : tensor<?x?x4xf32> -> tensor<?x?x4x1xf32>
  %1 = veomni.binary mul %0, %c : tensor<?x?x4x?xf32>, tensor<?x?x4x1xf32> -> tensor<?x?x4x?xf32>
  %2 = veomni.sum_heads %1 : tensor<?x?x4x?xf32> -> tensor<?x?x1x?xf32>
  %i = veomni.select_keys %2, %m {top_k = 6 : i64} : tensor<?x?x1x?xf32>, tensor<?x?x1x?xf32> -> tensor<?x?x6xi32>
  return %i : tensor<?x?x6xi32>
}

// CHECK-DAG: [Missed] dsa_indexer | Category:raise | Function=scores_used_again | Reason="'veomni.binary' also uses what 'veomni.sum_heads' makes"
func.func private @scores_used_again(%q: tensor<?x?x4x20xf32>, %k: tensor<?x?x1x20xf32>, %w: tensor<?x?x4xf32>, %starts: tensor<?x?xi32>, %mask: tensor<?x?xi64>, %given: i1)
    -> (tensor<?x?x6xi32>, tensor<?x?x1x?xf32>) {
  %m = veomni.attention_mask %starts, %mask if %given {window = 0 : i64} : tensor<?x?xi32>, tensor<?x?xi64> -> tensor<?x?x1x?xf32>
  %0 = veomni.attention_scores %q, %k : tensor<?x?x4x20xf32>, tensor<?x?x1x20xf32> -> tensor<?x?x4x?xf32>
  %p = veomni.binary_scalar max %0, 0.0 : tensor<?x?x4x?xf32>
  %c = veomni.unflatten %w : tensor<?x?x4xf32> -> tensor<?x?x4x1xf32>
  %1 = veomni.binary mul %p, %c : tensor<?x?x4x?xf32>, tensor<?x?x4x1xf32> -> tensor<?x?x4x?xf32>
  %2 = veomni.sum_heads %1 : tensor<?x?x4x?xf32> -> tensor<?x?x1x?xf32>
  %i = veomni.select_keys %2, %m {top_k = 6 : i64} : tensor<?x?x1x?xf32>, tensor<?x?x1x?xf32> -> tensor<?x?x6xi32>
  %n = veomni.binary add %2, %m : tensor<?x?x1x?xf32>, tensor<?x?x1x?xf32> -> tensor<?x?x1x?xf32>
  return %i, %n : tensor<?x?x6xi32>, tensor<?x?x1x?xf32>
}

// CHECK-DAG: [Missed] causal_conv1d | Category:raise | Function=product_alone | Reason="the product with column 0 is not a term of a sum alone"
func.func private @product_alone(%x: tensor<?x?x8xf32>, %w: tensor<8x2xf32>, %s: tensor<?x?xi32>) -> tensor<?x?x8xf32> {
  %t = veomni.shift_tokens %x, %s {by = 1 : i64} : tensor<?x?x8xf32>, tensor<?x?xi32>
  %c = veomni.slice %w {offset = 0 : i64} : tensor<8x2xf32> -> tensor<8x1xf32>
  %d = veomni.flatten %c : tensor<8x1xf32> -> tensor<8xf32>
  %p = veomni.binary mul %t, %d : tensor<?x?x8xf32>, tensor<8xf32> -> tensor<?x?x8xf32>
  return %p : tensor<?x?x8xf32>
}

// Kernels of packed units know rows of one run.
// CHECK-DAG: [Missed] packed_glu | Category:raise | Function=units_in_runs | Reason="gate and up are in more than one run of a row"
func.func private @units_in_runs(%p: tensor<?x2x16xf32>) -> (tensor<?x2x8xf32>) {
  %g = veomni.slice %p {offset = 0 : i64} : tensor<?x2x16xf32> -> tensor<?x2x8xf32>
  %u = veomni.slice %p {offset = 8 : i64} : tensor<?x2x16xf32> -> tensor<?x2x8xf32>
  %4 = veomni.binary_scalar mul %g, 1.702 : tensor<?x2x8xf32>
  %5 = veomni.unary sigmoid %4 : tensor<?x2x8xf32>
  %6 = veomni.binary mul %g, %5 : tensor<?x2x8xf32>, tensor<?x2x8xf32> -> tensor<?x2x8xf32>
  %7 = veomni.binary mul %6, %u : tensor<?x2x8xf32>, tensor<?x2x8xf32> -> tensor<?x2x8xf32>
  return %7 : tensor<?x2x8xf32>
}

// RUN: veomni-opt %s -split-input-file -veomni-lower -verify-diagnostics | FileCheck %s

// Scores have keys for columns: their number is a scalar, and rows lie one behind another.
// CHECK-LABEL: veomni_rt.input "q"
// CHECK-DAG: veomni_rt.kernel @attention_mask_0 = "attention_mask" {window = 0 : i64}
// CHECK-DAG: veomni_rt.kernel @elementwise_binary_0 = "elementwise_binary" {function = "add"} (read !veomni_rt.buffer<[batch, seq, 2, seq] x f32>, read !veomni_rt.buffer<[batch, seq, 1, seq] x f32>, write {{.*}}) scalars(2)
// CHECK-DAG: veomni_rt.kernel @reduce_0 = "reduce" {function = "max"} {{.*}} scalars(2)
// CHECK-DAG: veomni_rt.kernel @elementwise_binary_1 = "elementwise_binary" {function = "sub"} {{.*}} scalars(2)
// CHECK: veomni_rt.func @f
// CHECK: veomni_rt.dispatch @attention_mask_0 workgroups(ceildiv(batch * seq, 16)) {{.*}} scalars(batch * seq, seq, seq, has_mask)
// CHECK: veomni_rt.dispatch @attention_scores_0 {{.*}}!veomni_rt.buffer<[batch, seq, 2, seq] x f32>) scalars(batch * seq, seq, seq)
// CHECK: veomni_rt.dispatch @reduce_0 {{.*}}row_stride = 16>) scalars(batch * seq, seq)
// CHECK: veomni_rt.dispatch @elementwise_binary_1
// CHECK: veomni_rt.dispatch @attention_values_0
veomni.weight "w" : tensor<8x8xf32> = [load("w", [8, 8], f32)]
func.func @f(%x: tensor<?x?x8xf32> {veomni.axes = ["batch", "seq"], veomni.name = "q"}, %starts: tensor<?x?xi32> {veomni.axes = ["batch", "seq"], veomni.name = "starts", veomni.below = #veomni_rt.extent<seq>},
             %mask: tensor<?x?xi64> {veomni.axes = ["batch", "seq"], veomni.name = "mask", veomni.default = "ones"})
    -> (tensor<?x?x8xf32> {veomni.axes = ["batch", "seq"], veomni.name = "y"}) {
  %given = veomni.input_given %mask : tensor<?x?xi64>
  %w = veomni.param "w" : tensor<8x8xf32>
  %l = veomni.linear %x, %w : (tensor<?x?x8xf32>, tensor<8x8xf32>) -> tensor<?x?x8xf32>
  %q = veomni.unflatten %l : tensor<?x?x8xf32> -> tensor<?x?x2x4xf32>
  %m = veomni.attention_mask %starts, %mask if %given {window = 0 : i64} : tensor<?x?xi32>, tensor<?x?xi64> -> tensor<?x?x1x?xf32>
  %s = veomni.attention_scores %q, %q : tensor<?x?x2x4xf32>, tensor<?x?x2x4xf32> -> tensor<?x?x2x?xf32>
  %t = veomni.binary add %s, %m : tensor<?x?x2x?xf32>, tensor<?x?x1x?xf32> -> tensor<?x?x2x?xf32>
  %max = veomni.reduce max %t : tensor<?x?x2x?xf32> -> tensor<?x?x2x1xf32>
  %d = veomni.binary sub %t, %max : tensor<?x?x2x?xf32>, tensor<?x?x2x1xf32> -> tensor<?x?x2x?xf32>
  %o = veomni.attention_values %d, %q : tensor<?x?x2x?xf32>, tensor<?x?x2x4xf32> -> tensor<?x?x2x4xf32>
  %y = veomni.flatten %o : tensor<?x?x2x4xf32> -> tensor<?x?x8xf32>
  return %y : tensor<?x?x8xf32>
}

// -----

// A parameter is one run for all rows, a constant an attribute; sums over tokens leave a scalar.
// CHECK-LABEL: veomni_rt.input "x"
// CHECK-DAG: "elementwise_binary" {function = "mul"} (read !veomni_rt.buffer<[8] x bf16>, read !veomni_rt.buffer<[batch, seq, 8] x f32>, write !veomni_rt.buffer<[batch, seq, 8] x f32, row_stride = 16>) scalars(1)
// CHECK-DAG: "elementwise_binary" {function = "add", scalar = 5.000000e-01 : f32} (read {{[^,]*, [^,]*, [^,]*, [^,]*}}, write {{.*}}) scalars(1)
// CHECK-DAG: "sum_rows" (read !veomni_rt.buffer<[batch, seq, 8] x f32, row_stride = 16>, write !veomni_rt.buffer<[] x f32>) scalars(1)
// CHECK-DAG: "elementwise_binary" {function = "div"} ({{.*}}, read !veomni_rt.buffer<[] x f32>, write
veomni.weight "w" : tensor<8xbf16> = [load("w", [8], bf16)]
func.func @f(%x: tensor<?x?x8xf32> {veomni.axes = ["batch", "seq"], veomni.name = "x"})
    -> (tensor<?x?x8xf32> {veomni.axes = ["batch", "seq"], veomni.name = "y"}) {
  %w = veomni.param "w" : tensor<8xbf16>
  %a = veomni.binary mul %w, %x : tensor<8xbf16>, tensor<?x?x8xf32> -> tensor<?x?x8xf32>
  %b = veomni.binary_scalar add %a, 0.5 : tensor<?x?x8xf32>
  %s = veomni.sum_leading %b : tensor<?x?x8xf32> -> tensor<f32>
  %y = veomni.binary div %b, %s : tensor<?x?x8xf32>, tensor<f32> -> tensor<?x?x8xf32>
  return %y : tensor<?x?x8xf32>
}

// -----

veomni.weight "w" : tensor<8x8xf32> = [load("w", [8, 8], f32)]
func.func @f(%x: tensor<?x?x8xf32> {veomni.axes = ["batch", "seq"], veomni.name = "x"}, %v: tensor<2x4xf32> {veomni.name = "v"})
    -> (tensor<f32> {veomni.name = "y"}) {
  %w = veomni.param "w" : tensor<8x8xf32>
  %l = veomni.linear %x, %w : (tensor<?x?x8xf32>, tensor<8x8xf32>) -> tensor<?x?x8xf32>
  %q = veomni.unflatten %l : tensor<?x?x8xf32> -> tensor<?x?x2x4xf32>
  // expected-error @+1 {{kernel kind 'elementwise_binary': operand 1 ('b') is !veomni_rt.buffer<[2, 4] x f32>, which does not repeat over batch * seq rows of 2 x 4}}
  %m = veomni.binary mul %q, %v : tensor<?x?x2x4xf32>, tensor<2x4xf32> -> tensor<?x?x2x4xf32>
  %z, %i = veomni.top_k %m : tensor<?x?x2x4xf32> -> tensor<?x?x2x1xf32>, tensor<?x?x2x1xi32>
  %s = veomni.attention_scores %m, %m : tensor<?x?x2x4xf32>, tensor<?x?x2x4xf32> -> tensor<?x?x2x?xf32>
  %a = veomni.sum_leading %s : tensor<?x?x2x?xf32> -> tensor<f32>
  %b = veomni.sum_leading %z : tensor<?x?x2x1xf32> -> tensor<f32>
  %c = veomni.one_hot %i : tensor<?x?x2x1xi32> -> tensor<?x?x2x1x3xf32>
  %d = veomni.sum_leading %c : tensor<?x?x2x1x3xf32> -> tensor<f32>
  %e = veomni.binary add %a, %b : tensor<f32>, tensor<f32> -> tensor<f32>
  %y = veomni.binary add %d, %e : tensor<f32>, tensor<f32> -> tensor<f32>
  return %y : tensor<f32>
}

// -----

// Columns of several heads, split again, are copied first: they do not lie one behind another.
// CHECK-LABEL: veomni_rt.input "split"
// CHECK-DAG: "convert" {x_at = 2 : i64, x_cols = 4 : i64, x_run = 6 : i64}
// CHECK-DAG: "convert" {x_at = 0 : i64, x_cols = 1 : i64, x_run = 2 : i64}
veomni.weight "w" : tensor<12x8xf32> = [load("w", [12, 8], f32)]
func.func @f(%x: tensor<?x?x8xf32> {veomni.axes = ["batch", "seq"], veomni.name = "split"}) -> (tensor<?x?x4xf32> {veomni.axes = ["batch", "seq"], veomni.name = "y"}) {
  %w = veomni.param "w" : tensor<12x8xf32>
  %l = veomni.linear %x, %w : (tensor<?x?x8xf32>, tensor<12x8xf32>) -> tensor<?x?x12xf32>
  %h = veomni.unflatten %l : tensor<?x?x12xf32> -> tensor<?x?x2x6xf32>
  %s = veomni.slice %h {offset = 2 : i64} : tensor<?x?x2x6xf32> -> tensor<?x?x2x4xf32>
  %u = veomni.unflatten %s : tensor<?x?x2x4xf32> -> tensor<?x?x2x2x2xf32>
  %e = veomni.slice %u {offset = 0 : i64} : tensor<?x?x2x2x2xf32> -> tensor<?x?x2x2x1xf32>
  %f = veomni.flatten %e : tensor<?x?x2x2x1xf32> -> tensor<?x?x2x2xf32>
  %y = veomni.flatten %f : tensor<?x?x2x2xf32> -> tensor<?x?x4xf32>
  return %y : tensor<?x?x4xf32>
}

// -----

// What the entry is given is dense, and what is but reshaped lies as it does. Columns of a parameter are copied, one
// number for all rows.
// CHECK-LABEL: veomni_rt.input "heads" : !veomni_rt.buffer<[batch, seq, 3, 10] x f32, row_rank = 2>
// CHECK: veomni_rt.output "y" : !veomni_rt.buffer<[batch, seq, 3, 10] x f32, row_rank = 2>
// CHECK-DAG: "convert" {x_at = 1 : i64, x_cols = 1 : i64, x_run = 2 : i64} (read !veomni_rt.buffer<[2] x bf16>, write !veomni_rt.buffer<[1] x bf16>)
// CHECK-DAG: "elementwise_binary" {function = "mul"} (read !veomni_rt.buffer<[batch, seq, 30] x f32>, read !veomni_rt.buffer<[1] x bf16>
// CHECK: view %heads : {{.*}} as !veomni_rt.buffer<[batch, seq, 30] x f32>
veomni.weight "w" : tensor<2xbf16> = [load("w", [2], bf16)]
func.func @f(%x: tensor<?x?x3x10xf32> {veomni.axes = ["batch", "seq"], veomni.name = "heads"})
    -> (tensor<?x?x3x10xf32> {veomni.axes = ["batch", "seq"], veomni.name = "y"}) {
  %w = veomni.param "w" : tensor<2xbf16>
  %c = veomni.slice %w {offset = 1 : i64} : tensor<2xbf16> -> tensor<1xbf16>
  %f = veomni.flatten %x : tensor<?x?x3x10xf32> -> tensor<?x?x30xf32>
  %s = veomni.binary mul %f, %c : tensor<?x?x30xf32>, tensor<1xbf16> -> tensor<?x?x30xf32>
  %y = veomni.unflatten %s : tensor<?x?x30xf32> -> tensor<?x?x3x10xf32>
  return %y : tensor<?x?x3x10xf32>
}

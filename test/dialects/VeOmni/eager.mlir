// RUN: veomni-opt %s | veomni-opt | FileCheck %s
// RUN: veomni-opt %s --canonicalize | FileCheck %s --check-prefix=FOLD

// CHECK-LABEL: func.func private @elementwise
func.func private @elementwise(%x: tensor<?x?x8xbf16>, %w: tensor<8xf32>) -> tensor<?x?x8xf32> {
  // CHECK: veomni.cast %{{.*}} : tensor<?x?x8xbf16> -> tensor<?x?x8xf32>
  %x32 = veomni.cast %x : tensor<?x?x8xbf16> -> tensor<?x?x8xf32>
  // CHECK: veomni.unary square %{{.*}} : tensor<?x?x8xf32>
  %q = veomni.unary square %x32 : tensor<?x?x8xf32>
  // CHECK: veomni.reduce mean %{{.*}} : tensor<?x?x8xf32> -> tensor<?x?x1xf32>
  %m = veomni.reduce mean %q : tensor<?x?x8xf32> -> tensor<?x?x1xf32>
  // CHECK: veomni.binary_scalar add %{{.*}}, 1.500000e+00 : tensor<?x?x1xf32>
  %v = veomni.binary_scalar add %m, 1.5 : tensor<?x?x1xf32>
  // CHECK: veomni.binary mul %{{.*}}, %{{.*}} : tensor<?x?x8xf32>, tensor<?x?x1xf32> -> tensor<?x?x8xf32>
  %n = veomni.binary mul %x32, %v : tensor<?x?x8xf32>, tensor<?x?x1xf32> -> tensor<?x?x8xf32>
  %n16 = veomni.cast %n : tensor<?x?x8xf32> -> tensor<?x?x8xbf16>
  // Two types make f32, and dims repeat on either side.
  // CHECK: veomni.binary mul %{{.*}}, %{{.*}} : tensor<8xf32>, tensor<?x?x8xbf16> -> tensor<?x?x8xf32>
  %y = veomni.binary mul %w, %n16 : tensor<8xf32>, tensor<?x?x8xbf16> -> tensor<?x?x8xf32>
  return %y : tensor<?x?x8xf32>
}

// CHECK-LABEL: func.func private @tokens
func.func private @tokens(%x: tensor<?x?x8xf32>, %labels: tensor<?x?xi64>) -> (tensor<f32>, tensor<2x8xf32>) {
  // CHECK: veomni.shift_labels %{{.*}} {fill = -100 : i64} : tensor<?x?xi64>
  %next = veomni.shift_labels %labels {fill = -100 : i64} : tensor<?x?xi64>
  // CHECK: veomni.gather_label %{{.*}}, %{{.*}} {ignore_index = -100 : i64} : tensor<?x?x8xf32>, tensor<?x?xi64> -> tensor<?x?xf32>
  %picked = veomni.gather_label %x, %next {ignore_index = -100 : i64} : tensor<?x?x8xf32>, tensor<?x?xi64> -> tensor<?x?xf32>
  // CHECK: veomni.not_equal %{{.*}} {value = -100 : i64} : tensor<?x?xi64> -> tensor<?x?xf32>
  %counts = veomni.not_equal %next {value = -100 : i64} : tensor<?x?xi64> -> tensor<?x?xf32>
  // CHECK: veomni.not_equal %{{.*}} {value = -100 : i64} : tensor<?x?xi64> -> tensor<?x?x1xf32>
  %factor = veomni.not_equal %next {value = -100 : i64} : tensor<?x?xi64> -> tensor<?x?x1xf32>
  %both = veomni.binary mul %picked, %counts : tensor<?x?xf32>, tensor<?x?xf32> -> tensor<?x?xf32>
  // CHECK: veomni.sum_leading %{{.*}} : tensor<?x?xf32> -> tensor<f32>
  %loss = veomni.sum_leading %both : tensor<?x?xf32> -> tensor<f32>
  // CHECK: veomni.top_k %{{.*}} : tensor<?x?x8xf32> -> tensor<?x?x2xf32>, tensor<?x?x2xi32>
  %values, %indices = veomni.top_k %x : tensor<?x?x8xf32> -> tensor<?x?x2xf32>, tensor<?x?x2xi32>
  // CHECK: veomni.one_hot %{{.*}} : tensor<?x?x2xi32> -> tensor<?x?x2x8xf32>
  %chosen = veomni.one_hot %indices : tensor<?x?x2xi32> -> tensor<?x?x2x8xf32>
  // CHECK: veomni.sum_leading %{{.*}} : tensor<?x?x2x8xf32> -> tensor<2x8xf32>
  %hits = veomni.sum_leading %chosen : tensor<?x?x2x8xf32> -> tensor<2x8xf32>
  return %loss, %hits : tensor<f32>, tensor<2x8xf32>
}

// CHECK-LABEL: func.func private @attention
func.func private @attention(%q: tensor<?x?x4x20xf32>, %k: tensor<?x?x2x20xf32>, %starts: tensor<?x?xi32>, %mask: tensor<?x?xi64>, %given: i1)
    -> tensor<?x?x4x20xf32> {
  // CHECK: veomni.attention_scores %{{.*}}, %{{.*}} : tensor<?x?x4x20xf32>, tensor<?x?x2x20xf32> -> tensor<?x?x4x?xf32>
  %s = veomni.attention_scores %q, %k : tensor<?x?x4x20xf32>, tensor<?x?x2x20xf32> -> tensor<?x?x4x?xf32>
  // CHECK: veomni.attention_mask %{{.*}}, %{{.*}} if %{{.*}} {window = 4 : i64} : tensor<?x?xi32>, tensor<?x?xi64> -> tensor<?x?x1x?xf32>
  %m = veomni.attention_mask %starts, %mask if %given {window = 4 : i64} : tensor<?x?xi32>, tensor<?x?xi64> -> tensor<?x?x1x?xf32>
  // CHECK: veomni.attention_mask %{{.*}} ends %{{.*}}, %{{.*}} if %{{.*}} {visibility = #veomni.visibility<full>, window = 4 : i64} : tensor<?x?xi32> ends tensor<?x?xi32>, tensor<?x?xi64>
  %full = veomni.attention_mask %starts ends %starts, %mask if %given {visibility = #veomni.visibility<full>, window = 4 : i64}
      : tensor<?x?xi32> ends tensor<?x?xi32>, tensor<?x?xi64> -> tensor<?x?x1x?xf32>
  %p = veomni.binary add %s, %m : tensor<?x?x4x?xf32>, tensor<?x?x1x?xf32> -> tensor<?x?x4x?xf32>
  // CHECK: veomni.attention_values %{{.*}}, %{{.*}} : tensor<?x?x4x?xf32>, tensor<?x?x2x20xf32> -> tensor<?x?x4x20xf32>
  %o = veomni.attention_values %p, %k : tensor<?x?x4x?xf32>, tensor<?x?x2x20xf32> -> tensor<?x?x4x20xf32>
  return %o : tensor<?x?x4x20xf32>
}

// What changes nothing folds.
// FOLD-LABEL: func.func private @fold
// FOLD-SAME: (%[[X:.*]]: tensor<?x8xf32>)
// FOLD-NEXT: return %[[X]]
func.func private @fold(%x: tensor<?x8xf32>) -> tensor<?x8xf32> {
  %0 = veomni.cast %x : tensor<?x8xf32> -> tensor<?x8xf32>
  %1 = veomni.unary neg %0 : tensor<?x8xf32>
  %2 = veomni.unary neg %1 : tensor<?x8xf32>
  %3 = veomni.binary_scalar mul %2, 1.0 : tensor<?x8xf32>
  %4 = veomni.binary_scalar div %3, 1.0 : tensor<?x8xf32>
  return %4 : tensor<?x8xf32>
}

// Adding 0 makes 0 of -0, and a cast there and back rounds.
// FOLD-LABEL: func.func private @keep
// FOLD: binary_scalar add
// FOLD: cast
// FOLD: cast
func.func private @keep(%x: tensor<?x8xf32>) -> tensor<?x8xf32> {
  %0 = veomni.binary_scalar add %x, 0.0 : tensor<?x8xf32>
  %1 = veomni.cast %0 : tensor<?x8xf32> -> tensor<?x8xbf16>
  %2 = veomni.cast %1 : tensor<?x8xbf16> -> tensor<?x8xf32>
  return %2 : tensor<?x8xf32>
}

// FOLD-LABEL: func.func private @bound
// FOLD: veomni.kernel = "eager"
func.func private @bound(%x: tensor<?x8xf32>, %w: tensor<8xf32>) -> tensor<?x8xf32> {
  %y = veomni.rms_norm %x, %w {eps = 1.0e-06 : f32, variant = #veomni.norm<standard>, veomni.kernel = "eager"} : tensor<?x8xf32>, tensor<8xf32>
  return %y : tensor<?x8xf32>
}

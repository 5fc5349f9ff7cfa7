// RUN: veomni-opt %s --veomni-expand -split-input-file -verify-diagnostics
// RUN: veomni-opt %s --veomni-expand=all -split-input-file --remarks-filter-missed=expand --remark-format=emitRemark 2>&1 | FileCheck %s

// CHECK-DAG: [Missed] attention | Category:expand | {{.*}}Reason="there is no eager form with 'sinks'"
// CHECK-DAG: veomni.attention %
func.func private @f(%q: tensor<?x?x4x20xf32>, %starts: tensor<?x?xi32>, %mask: tensor<?x?xi64>, %given: i1, %sinks: tensor<4xf32>) -> tensor<?x?x4x20xf32> {
  // expected-error @+1 {{is bound to the eager kernel, which does not know 'sinks'}}
  %o = veomni.attention %q, %q, %q starts %starts key_mask %mask if %given sinks %sinks {scale = 0.5 : f32, veomni.kernel = "eager", window = 0 : i64}
      : tensor<?x?x4x20xf32>, tensor<?x?x4x20xf32>, tensor<?x?xi32>, tensor<?x?xi64> sinks tensor<4xf32>
  return %o : tensor<?x?x4x20xf32>
}

// -----

// CHECK-DAG: [Missed] router | Category:expand | {{.*}}Reason="there is no eager form with 'score'"
func.func private @f(%r: tensor<?x8xf32>) -> (tensor<?x2xi32>, tensor<?x2xf32>) {
  // expected-error @+1 {{is bound to the eager kernel, which does not know 'score'}}
  %e, %w = veomni.router %r {score = #veomni.router_score<softmax_top_k>, top_k = 2 : i64, veomni.kernel = "eager", weight_type = f32}
      : tensor<?x8xf32> -> tensor<?x2xi32>, tensor<?x2xf32>
  return %e, %w : tensor<?x2xi32>, tensor<?x2xf32>
}

// -----

// CHECK-DAG: [Missed] packed_glu | Category:expand | {{.*}}Reason="there is no eager form with 'up_shift'"
func.func private @f(%x: tensor<?x16xf32>) -> tensor<?x8xf32> {
  // expected-error @+1 {{is bound to the eager kernel, which does not know 'up_shift'}}
  %y = veomni.packed_glu %x {act = #veomni.activation<silu>, up_shift = 1.0 : f32, veomni.kernel = "eager"} : tensor<?x16xf32> -> tensor<?x8xf32>
  return %y : tensor<?x8xf32>
}

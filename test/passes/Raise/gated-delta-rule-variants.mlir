// RUN: veomni-opt %s --veomni-raise | FileCheck %s
// RUN: veomni-opt %s --veomni-raise --veomni-raise | FileCheck %s

// A scan of what nobody scales or divides by its length is a rule, too.
// CHECK-LABEL: func.func private @scan
// CHECK-NEXT: veomni.chunk_gated_delta_rule %arg0, %arg0, %arg1, %arg2, %arg2 starts %arg3 {scale = 1.000000e+00 : f32}
func.func private @scan(%q: tensor<?x?x2x16xf32>, %v: tensor<?x?x4x20xf32>, %g: tensor<?x?x4xf32>, %starts: tensor<?x?xi32>) -> tensor<?x?x4x20xf32> {
  %o = veomni.gated_delta_scan %q, %q, %v, %g, %g starts %starts : tensor<?x?x2x16xf32>, tensor<?x?x4x20xf32>, tensor<?x?x4xf32>, tensor<?x?xi32>
  return %o : tensor<?x?x4x20xf32>
}

// What veomni-expand writes is recognised, also after constants and common parts have been taken together.
// RUN: veomni-opt %s -o %t.mlir
// RUN: veomni-opt %s --veomni-expand=all | FileCheck %s
// RUN: veomni-opt %s --veomni-expand=all --veomni-raise | diff %t.mlir -
// RUN: veomni-opt %s --veomni-expand=all --canonicalize --cse --veomni-raise | diff %t.mlir -
// RUN: veomni-opt %s --veomni-expand=all --veomni-raise --veomni-raise | diff %t.mlir -

// CHECK-NOT: veomni.chunk_gated_delta_rule
func.func private @delta_rules(%q: tensor<?x?x2x16xf32>, %k: tensor<?x?x2x16xf32>, %v: tensor<?x?x4x20xf32>, %g: tensor<?x?x4xf32>, %beta: tensor<?x?x4xf32>, %starts: tensor<?x?xi32>,
                               %q16: tensor<?x?x2x16xbf16>, %v16: tensor<?x?x4x20xbf16>)
    -> (tensor<?x?x4x20xf32>, tensor<?x?x4x20xf32>, tensor<?x?x4x20xbf16>) {
  %a = veomni.chunk_gated_delta_rule %q, %k, %v, %g, %beta starts %starts {l2_norm_eps = 1.0e-06 : f32, scale = 0.25 : f32}
      : tensor<?x?x2x16xf32>, tensor<?x?x4x20xf32>, tensor<?x?x4xf32>, tensor<?x?xi32>
  %b = veomni.chunk_gated_delta_rule %q, %k, %a, %g, %beta starts %starts {scale = 1.0 : f32}
      : tensor<?x?x2x16xf32>, tensor<?x?x4x20xf32>, tensor<?x?x4xf32>, tensor<?x?xi32>
  %c = veomni.chunk_gated_delta_rule %q16, %q16, %v16, %g, %beta starts %starts {l2_norm_eps = 1.0e-06 : f32, scale = 0.25 : f32}
      : tensor<?x?x2x16xbf16>, tensor<?x?x4x20xbf16>, tensor<?x?x4xf32>, tensor<?x?xi32>
  return %a, %b, %c : tensor<?x?x4x20xf32>, tensor<?x?x4x20xf32>, tensor<?x?x4x20xbf16>
}

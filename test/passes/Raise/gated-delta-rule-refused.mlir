// Nearly the op, but not it: the IR stays, and a remark says why.
// RUN: veomni-opt %s -o %t.mlir
// RUN: veomni-opt %s --veomni-raise | diff %t.mlir -
// RUN: veomni-opt %s --veomni-raise --remarks-filter-missed=raise --remark-format=emitRemark 2>&1 | FileCheck %s

// CHECK-DAG: [Missed] chunk_gated_delta_rule | Category:raise | Function=query_is_used | Reason="'func.return' also uses what 'veomni.binary_scalar' makes"
func.func private @query_is_used(%q: tensor<?x?x2x16xf32>, %v: tensor<?x?x4x20xf32>, %g: tensor<?x?x4xf32>, %starts: tensor<?x?xi32>)
    -> (tensor<?x?x4x20xf32>, tensor<?x?x2x16xf32>) {
  %s = veomni.binary_scalar mul %q, 0.25 : tensor<?x?x2x16xf32>
  %o = veomni.gated_delta_scan %s, %q, %v, %g, %g starts %starts : tensor<?x?x2x16xf32>, tensor<?x?x4x20xf32>, tensor<?x?x4xf32>, tensor<?x?xi32>
  return %o, %s : tensor<?x?x4x20xf32>, tensor<?x?x2x16xf32>
}

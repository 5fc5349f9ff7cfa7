// The experts of docs/hand-written-models.md: bound to grouped products, they give the numbers of another computation;
// what would read beyond the last expert is refused when it comes in, and a program that does not limit it is refused
// before.
// REQUIRES: compiler
// RUN: rm -rf %t && mkdir %t
// RUN: %python %S/Inputs/hand_written_experts.py %t
// RUN: veomni-compile %s --compile-from=import -o %t/m.vob
// RUN: veomni-run %t/m.vob --weights %t/weights.safetensors --inputs %t/in.safetensors --expect %t/in.safetensors --rtol 1e-6 | FileCheck %s --check-prefix=VALUES
// RUN: veomni-run %t/m.vob --describe | FileCheck %s --check-prefix=GROUPED
// RUN: not veomni-run %t/m.vob --weights %t/weights.safetensors --inputs %t/bad.safetensors 2>&1 | FileCheck %s --check-prefix=RANGE
// RUN: sed 's/, veomni.range = array<i64: 0, 3>//' %s > %t/unlimited.mlir
// RUN: not veomni-compile %t/unlimited.mlir --compile-from=import -o %t/none.vob 2>&1 | FileCheck %s --check-prefix=UNLIMITED

// VALUES: y {{.*}}[7, 16]{{.*}} ok
// GROUPED: grouped_gemm: 2
// RANGE: veomni-run: error: input experts: element 13 is 4, expected 0 to 3
// UNLIMITED: veomni.range

// [experts]
veomni.weight "gate_up" : tensor<4x48x16xf32> = [load("gate_up", [4, 48, 16], f32)]
veomni.weight "down" : tensor<4x16x24xf32> = [load("down", [4, 16, 24], f32)]

func.func @forward(%x: tensor<?x16xf32> {veomni.axes = ["tokens"], veomni.name = "x"},
                   %experts: tensor<?x2xi32> {veomni.axes = ["tokens"],
                                              veomni.name = "experts", veomni.range = array<i64: 0, 3>},
                   %shares: tensor<?x2xf32> {veomni.axes = ["tokens"], veomni.name = "shares"})
    -> (tensor<?x16xf32> {veomni.axes = ["tokens"], veomni.name = "y"}) {
  %y = veomni.experts_loop @expert (%x, %experts, %shares) {num_experts = 4 : i64}
      : tensor<?x16xf32>, tensor<?x2xi32>, tensor<?x2xf32> -> tensor<?x16xf32>
  return %y : tensor<?x16xf32>
}

// Called for each expert with the rows that chose it, as many as they are.
func.func private @expert(%rows: tensor<?x16xf32> {veomni.axes = ["rows"]}, %expert: index)
    -> (tensor<?x16xf32> {veomni.axes = ["rows"]}) {
  %all_gate_up = veomni.param "gate_up" : tensor<4x48x16xf32>
  %gate_up = veomni.select_expert %all_gate_up, %expert : tensor<4x48x16xf32> -> tensor<48x16xf32>
  %both = veomni.linear %rows, %gate_up : (tensor<?x16xf32>, tensor<48x16xf32>) -> tensor<?x48xf32>
  %a = veomni.packed_glu %both {act = #veomni.activation<silu>} : tensor<?x48xf32> -> tensor<?x24xf32>
  %all_down = veomni.param "down" : tensor<4x16x24xf32>
  %down = veomni.select_expert %all_down, %expert : tensor<4x16x24xf32> -> tensor<16x24xf32>
  %d = veomni.linear %a, %down : (tensor<?x24xf32>, tensor<16x24xf32>) -> tensor<?x16xf32>
  return %d : tensor<?x16xf32>
}
// [/experts]

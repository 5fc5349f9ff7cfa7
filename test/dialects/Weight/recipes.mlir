// Every step reads as it is written, within ops and by itself, through text and bytecode.
// RUN: veomni-opt %s | FileCheck %s
// RUN: veomni-opt %s | veomni-opt | FileCheck %s
// RUN: veomni-opt %s --emit-bytecode | veomni-opt | FileCheck %s

// CHECK: veomni_rt.weight "part" : !veomni_rt.buffer<[2, 3] x f32> = [load("a", [4, 2, 8], bf16), unstack(3), slice(dim = 1, start = 5, size = 3), cast(f32)]
veomni_rt.weight "part" : !veomni_rt.buffer<[2, 3] x f32> = [load("a", [4, 2, 8], bf16), unstack(3), slice(dim = 1, start = 5, size = 3), cast(f32)]
// CHECK: veomni.weight "part" : tensor<2x8xbf16> = [load("a", [4, 2, 8], bf16), unstack(3)]
veomni.weight "part" : tensor<2x8xbf16> = [load("a", [4, 2, 8], bf16), unstack(3)]
// CHECK: a = #veomni_weight.recipe<[load("a \22", [], f32)]>
// CHECK-SAME: b = #veomni_weight.recipe<[load("a", [2, 2], f32), load("b", [2, 2], f32), concat(2, dim = 1), transpose, pack([32, 1])]>
// CHECK-SAME: c = #veomni_weight.step<slice(dim = 1, start = 2, size = 3)>
func.func private @f() attributes {
  a = #veomni_weight.recipe<[load("a \"", [], f32)]>,
  b = #veomni_weight.recipe<[load("a", [2, 2], f32), load("b", [2, 2], f32), concat(2, dim = 1), transpose, pack([32, 1])]>,
  c = #veomni_weight.step<slice(dim = 1, start = 2, size = 3)>}

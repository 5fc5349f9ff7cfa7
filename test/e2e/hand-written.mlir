// The module of docs/hand-written-models.md: what is written in eager ops is recognised, and gives the numbers of
// another computation.
// REQUIRES: compiler
// RUN: rm -rf %t && mkdir %t
// RUN: %python %S/Inputs/hand_written.py %t
// RUN: veomni-compile %s --compile-from=import -o %t/m.vob --dump-phases-to=%t/phases --remarks=raise 2>&1 | FileCheck %s --check-prefix=REMARK
// RUN: FileCheck %s --input-file=%t/phases/01-raise.mlir
// RUN: veomni-run %t/m.vob --weights %t/weights --inputs %t/in.safetensors --expect %t/in.safetensors --rtol 1e-6 | FileCheck %s --check-prefix=VALUES
// RUN: veomni-run %t/m.vob --weights %t/weights/model.safetensors --inputs %t/in.safetensors --outputs %t/out.safetensors
// RUN: sed 's/add %%mean, 0.01/add %%mean, 0.02/' %s > %t/other.mlir
// RUN: veomni-compile %t/other.mlir --compile-from=import -o %t/other.vob
// RUN: not veomni-run %t/other.vob --weights %t/weights --inputs %t/in.safetensors --expect %t/in.safetensors --rtol 1e-4

// REMARK-DAG: [Passed] rms_norm
// REMARK-DAG: [Passed] glu
// CHECK: veomni.rms_norm {{.*}} {eps = 0.00999999977 : f32, variant = #veomni.norm<standard>}
// CHECK-NOT: veomni.{{unary|reduce|binary_scalar}}
// CHECK: veomni.glu {{.*}} {act = #veomni.activation<silu>}
// VALUES: y {{.*}}[2, 5, 24]{{.*}} ok

// [hand-written]
veomni.weight "norm" : tensor<24xf32> = [load("norm.weight", [24], f32)]
veomni.weight "gate" : tensor<40x24xf32> = [load("mlp.gate_proj.weight", [40, 24], f32)]
veomni.weight "up" : tensor<40x24xf32> = [load("mlp.up_proj.weight", [40, 24], f32)]
veomni.weight "down" : tensor<24x40xf32> = [load("mlp.down_proj.weight", [24, 40], f32)]

func.func @forward(%x: tensor<?x?x24xf32> {veomni.axes = ["batch", "seq"], veomni.name = "x"})
    -> (tensor<?x?x24xf32> {veomni.axes = ["batch", "seq"], veomni.name = "y"}) {
  %norm = veomni.param "norm" : tensor<24xf32>
  %gate = veomni.param "gate" : tensor<40x24xf32>
  %up = veomni.param "up" : tensor<40x24xf32>
  %down = veomni.param "down" : tensor<24x40xf32>
  // norm * x / sqrt(mean(x²) + 0.01)
  %squares = veomni.unary square %x : tensor<?x?x24xf32>
  %mean = veomni.reduce mean %squares : tensor<?x?x24xf32> -> tensor<?x?x1xf32>
  %shifted = veomni.binary_scalar add %mean, 0.01 : tensor<?x?x1xf32>
  %inverse = veomni.unary rsqrt %shifted : tensor<?x?x1xf32>
  %scaled = veomni.binary mul %x, %inverse : tensor<?x?x24xf32>, tensor<?x?x1xf32> -> tensor<?x?x24xf32>
  %h = veomni.binary mul %norm, %scaled : tensor<24xf32>, tensor<?x?x24xf32> -> tensor<?x?x24xf32>
  // down(silu(gate(h)) * up(h)) + x
  %g = veomni.linear %h, %gate : (tensor<?x?x24xf32>, tensor<40x24xf32>) -> tensor<?x?x40xf32>
  %u = veomni.linear %h, %up : (tensor<?x?x24xf32>, tensor<40x24xf32>) -> tensor<?x?x40xf32>
  %sigmoid = veomni.unary sigmoid %g : tensor<?x?x40xf32>
  %silu = veomni.binary mul %g, %sigmoid : tensor<?x?x40xf32>, tensor<?x?x40xf32> -> tensor<?x?x40xf32>
  %a = veomni.binary mul %silu, %u : tensor<?x?x40xf32>, tensor<?x?x40xf32> -> tensor<?x?x40xf32>
  %d = veomni.linear %a, %down : (tensor<?x?x40xf32>, tensor<24x40xf32>) -> tensor<?x?x24xf32>
  %y = veomni.binary add %d, %x : tensor<?x?x24xf32>, tensor<?x?x24xf32> -> tensor<?x?x24xf32>
  return %y : tensor<?x?x24xf32>
}
// [/hand-written]

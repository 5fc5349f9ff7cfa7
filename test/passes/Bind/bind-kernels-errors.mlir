// RUN: not veomni-opt %s --veomni-set-target=level=x86-64-v4 --veomni-bind-kernels="kernel=swiglu_mlp=liger" 2>&1 | FileCheck %s --check-prefix=UNKNOWN
// UNKNOWN: error: swiglu_mlp=liger: swiglu_mlp/standard at '' has no implementation 'liger'
// UNKNOWN: note: 'fused' fits
// RUN: not veomni-opt %s --veomni-set-target=level=x86-64-v4 --veomni-bind-kernels="kernel=linear=bf16_dot" 2>&1 | FileCheck %s --check-prefix=HARDWARE
// HARDWARE: error: linear=bf16_dot: linear/standard at '' cannot have 'bf16_dot'
// HARDWARE: note: 'bf16_dot' needs cpu from avx512-bf16, the target is x86-64-v4
// HARDWARE: note: 'packed' fits
// RUN: not veomni-opt %s --veomni-set-target=level=avx512-bf16 --veomni-bind-kernels="kernel=linear=bf16_dot" 2>&1 | FileCheck %s --check-prefix=DTYPE
// DTYPE: error: linear=bf16_dot: linear/standard at '' cannot have 'bf16_dot'
// DTYPE: note: 'bf16_dot' takes bf16, this op has f32
// RUN: not veomni-opt %s --veomni-set-target=level=x86-64-v4 --veomni-bind-kernels="kernel=rms_norm=fused" 2>&1 | FileCheck %s --check-prefix=UNUSED
// UNUSED: error: rms_norm=fused: no op of the model matches; it has linear/standard, swiglu_mlp/standard
// RUN: not veomni-opt %s --veomni-set-target=level=x86-64-v4 --veomni-bind-kernels="kernel=linear@model.*=packed" 2>&1 | FileCheck %s --check-prefix=PATH
// PATH: error: linear@model.*=packed: no op of the model matches
// RUN: not veomni-opt %s --veomni-set-target=level=x86-64-v4 --veomni-bind-kernels="kernel=liner=packed" 2>&1 | FileCheck %s --check-prefix=OP
// OP: error: liner=packed: there is no op 'liner'; ops: linear, rms_norm,
// RUN: not veomni-opt %s --veomni-set-target=level=x86-64-v4 --veomni-bind-kernels="kernel=linear/fat=packed" 2>&1 | FileCheck %s --check-prefix=VARIANT
// VARIANT: error: linear/fat=packed: linear has no variant 'fat'; variants: standard
// RUN: not veomni-opt %s --veomni-set-target=level=x86-64-v4 --veomni-bind-kernels="kernel=linear" 2>&1 | FileCheck %s --check-prefix=FORM
// FORM: error: --kernel: expected op[/variant][@path]=implementation, found 'linear'
// RUN: not veomni-opt %s --veomni-set-target=level=x86-64-v4 --veomni-bind-kernels="kernel=linear@[a=packed" 2>&1 | FileCheck %s --check-prefix=GLOB
// GLOB: error: --kernel: path '[a' is no glob
// RUN: not veomni-opt %s --veomni-set-target=level=x86-64-v5 2>&1 | FileCheck %s --check-prefix=CPU
// CPU: error: unknown cpu level 'x86-64-v5'

// Plan files.
// RUN: not veomni-opt %s --veomni-set-target --veomni-bind-kernels="plan=%t.none" 2>&1 | FileCheck %s --check-prefix=NOFILE
// NOFILE: error: {{.*}}.none: No such file or directory
// RUN: echo '{"kernels": [{"op": "linear", "impl": "packed"}]}' > %t.json
// RUN: not veomni-opt %s --veomni-set-target --veomni-bind-kernels="plan=%t.json" 2>&1 | FileCheck %s --check-prefix=KEY
// KEY: error: {{.*}}.json: kernels[0]: unknown key "impl"; known: "op", "variant", "path", "implementation"
// RUN: echo '{"kernels": [{"op": "linear"}]}' > %t.json
// RUN: not veomni-opt %s --veomni-set-target --veomni-bind-kernels="plan=%t.json" 2>&1 | FileCheck %s --check-prefix=MISSING
// MISSING: error: {{.*}}.json: kernels[0]: missing key "implementation"
// RUN: echo '{"kernels": [{"op": 3, "implementation": "packed"}]}' > %t.json
// RUN: not veomni-opt %s --veomni-set-target --veomni-bind-kernels="plan=%t.json" 2>&1 | FileCheck %s --check-prefix=TYPE
// TYPE: error: {{.*}}.json: kernels[0].op: expected a string that is not empty
// RUN: echo '[1, 2' > %t.json
// RUN: not veomni-opt %s --veomni-set-target --veomni-bind-kernels="plan=%t.json" 2>&1 | FileCheck %s --check-prefix=JSON
// JSON: error: {{.*}}.json: [{{.*}}]: Expected
// RUN: echo '{"kernel": []}' > %t.json
// RUN: not veomni-opt %s --veomni-set-target --veomni-bind-kernels="plan=%t.json" 2>&1 | FileCheck %s --check-prefix=LIST
// LIST: error: {{.*}}.json: unknown key "kernel"; known: "kernels", "parameters"
// RUN: echo '{}' > %t.json
// RUN: not veomni-opt %s --veomni-set-target --veomni-bind-kernels="plan=%t.json" 2>&1 | FileCheck %s --check-prefix=EMPTY
// EMPTY: error: {{.*}}.json: expected an object with the array "kernels", "parameters" or both

// RUN: not veomni-opt %S/Inputs/deep-loop.mlir --veomni-set-target --veomni-bind-kernels="kernel=moe_experts=grouped" 2>&1 | FileCheck %s --check-prefix=RANK
// RANK: note: 'grouped' sorts [tokens, H] or [batch, seq, H], this op has 4 dims
// RANK: note: 'eager' fits

func.func @forward(%x: tensor<?x8xf32>) -> tensor<?x8xf32> {
  %w = veomni.param "w" : tensor<8x8xf32>
  %h = veomni.linear %x, %w : (tensor<?x8xf32>, tensor<8x8xf32>) -> tensor<?x8xf32>
  %a = veomni.glu %h, %x {act = #veomni.activation<silu>} : tensor<?x8xf32>
  return %a : tensor<?x8xf32>
}

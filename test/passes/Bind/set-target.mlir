// What a module is compiled for is said once, and kept.
// RUN: veomni-opt %s --veomni-set-target=level=x86-64-v3 | FileCheck %s
// RUN: veomni-opt %s --veomni-set-target="target=cpu level=x86-64-v3" | veomni-opt --veomni-set-target | FileCheck %s
// RUN: veomni-opt %s --veomni-set-target=level=x86-64-v3 | veomni-opt --veomni-set-target="target=cpu level=x86-64-v3" | FileCheck %s
// CHECK: module attributes {veomni.target = #veomni.target<"cpu", "x86-64-v3">}
// RUN: veomni-opt %s --veomni-set-target | FileCheck %s --check-prefix=HOST
// HOST: module attributes {veomni.target = #veomni.target<"cpu", "{{x86-64-v3|x86-64-v4|avx512-bf16}}">}
// RUN: veomni-opt %s --veomni-set-target=target=null | FileCheck %s --check-prefix=NULL
// NULL: module attributes {veomni.target = #veomni.target<"null", "any">}

// RUN: not veomni-opt %s --veomni-set-target=target=tpu 2>&1 | FileCheck %s --check-prefix=TARGET
// TARGET: error: unknown target 'tpu', expected one of: cpu, null
// RUN: not veomni-opt %s --veomni-set-target=level=x86-64-v5 2>&1 | FileCheck %s --check-prefix=LEVEL
// LEVEL: error: unknown cpu level 'x86-64-v5', expected one of: host, x86-64-v3, x86-64-v4, avx512-bf16
// RUN: veomni-opt %s --veomni-set-target=level=x86-64-v3 -o %t.mlir
// RUN: not veomni-opt %t.mlir --veomni-set-target=level=x86-64-v4 2>&1 | FileCheck %s --check-prefix=OTHERLEVEL
// OTHERLEVEL: error: was made for target cpu x86-64-v3 and cannot become one for cpu x86-64-v4
// RUN: not veomni-opt %t.mlir --veomni-set-target=target=null 2>&1 | FileCheck %s --check-prefix=OTHERTARGET
// OTHERTARGET: error: was made for target cpu x86-64-v3 and cannot become one for null any

// A phase that is run without it says so, and so does one that meets a target of another compiler.
// RUN: not veomni-opt %s --veomni-bind-kernels 2>&1 | FileCheck %s --check-prefix=MISSING
// RUN: not veomni-opt %s --veomni-lower-to-program 2>&1 | FileCheck %s --check-prefix=MISSING
// RUN: not veomni-opt %s --veomni-check-kernels 2>&1 | FileCheck %s --check-prefix=MISSING
// MISSING: error: does not say what it is compiled for ('veomni.target'); pass veomni-set-target does
// RUN: sed 's/cpu/tpu/' %t.mlir > %t.tpu.mlir
// RUN: not veomni-opt %t.tpu.mlir --veomni-bind-kernels 2>&1 | FileCheck %s --check-prefix=TARGET
// RUN: sed 's/x86-64-v3/host/' %t.mlir > %t.host.mlir
// RUN: not veomni-opt %t.host.mlir --veomni-bind-kernels 2>&1 | FileCheck %s --check-prefix=OWNNAME
// OWNNAME: error: 'veomni.target' is for level 'host', expected a level's own name

module {
  func.func @f(%x: tensor<?x8xf32> {veomni.axes = ["seq"], veomni.name = "x"}) -> (tensor<?x8xf32> {veomni.axes = ["seq"], veomni.name = "y"}) {
    %y = veomni.unary exp %x : tensor<?x8xf32>
    return %y : tensor<?x8xf32>
  }
}

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Phase `codegen`: from kernel declarations to machine code.
#ifndef VEOMNI_PASSES_CODEGEN_PASSES_TD
#define VEOMNI_PASSES_CODEGEN_PASSES_TD

include "mlir/Pass/PassBase.td"

def CheckKernels : Pass<"veomni-check-kernels", "::mlir::ModuleOp"> {
  let summary = "compare a program's kernels with what their kinds declare";
  let description = [{
    Each kernel that is declared by kind must have the operands of its kind, with sizes and element types that agree
    with one another, and no attribute but those that no type says. Each dispatch of one must have the scalars and
    workgroups that follow from the operands' types, and must not write the memory of another operand but where the kind
    declares it. What is read from a slot must have been written there, and by the same name. All problems of a program
    are told together. Changes nothing.

    ```mlir
    veomni_rt.kernel @add_0 = "add" {} (read !veomni_rt.buffer<[seq, 64] x f32>,
        read !veomni_rt.buffer<[seq, 64] x f32>, write !veomni_rt.buffer<[seq, 32] x f32>) scalars(1)
    // error: @add_0 (add): operand 2 ('out') has 32 for cols, expected 64 as in operand 0 ('a')
    ```
  }];
  let dependentDialects = ["::veomni::VeOmniDialect"]; // it has the backends
}

def CompileKernels : Pass<"veomni-compile-kernels", "::mlir::ModuleOp"> {
  let summary = "compile declared kernels into one executable";
  let description = [{
    All `veomni_rt.kernel`s that are declared by kind are compiled for the module's target into one executable, and
    refer to it from then on. The executable says what it is for, so that the module no longer does.

    Before:
    ```mlir
    module attributes {veomni.target = #veomni.target<"cpu", "x86-64-v4">} {
      veomni_rt.kernel @add_0 = "add" {} (read ..., read ..., write ...) scalars(1)
    }
    ```
    After:
    ```mlir
    veomni_rt.executable @code [ {target = "cpu", level = "x86-64-v4", features = ["avx512f", ...],
        data = dense_resource<code> : tensor<4096xi8>} ]
    veomni_rt.kernel @add_0 in @code (read ..., read ..., write ...) scalars(1)
    ```
    Refuses modules without a target or with one that is not known, and what `veomni-check-kernels` refuses. A program
    without declared kernels stays as it is; a module without a program is an error.
  }];
  let options = [
    Option<"threads", "threads", "unsigned", "0", "threads that compile; 0: as many as the machine has">
  ];
  let dependentDialects = ["::veomni::VeOmniDialect", "::veomni::rt::ProgramDialect"];
  let statistics = [Statistic<"numKernels", "kernels", "Kernels compiled">];
}

#endif

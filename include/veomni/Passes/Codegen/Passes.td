// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Phase `codegen`: from kernel declarations to machine code.
#ifndef VEOMNI_PASSES_CODEGEN_PASSES_TD
#define VEOMNI_PASSES_CODEGEN_PASSES_TD

include "mlir/Pass/PassBase.td"

def CompileKernels : Pass<"veomni-compile-kernels", "::mlir::ModuleOp"> {
  let summary = "compile declared kernels into one executable";
  let description = [{
    All `veomni_rt.kernel`s that are declared by kind are compiled for one CPU level into one executable, and refer to it from then on.

    Before:
    ```mlir
    veomni_rt.kernel @add_0 = "add" {cols = 64 : i64, ...} (read ..., read ..., write ...) scalars(1)
    ```
    After:
    ```mlir
    veomni_rt.executable @code [ {cpu = "x86-64-v4", features = ["avx512f", ...], data = dense_resource<code> : tensor<4096xi8>} ]
    veomni_rt.kernel @add_0 in @code (read ..., read ..., write ...) scalars(1)
    ```
    Refuses unknown CPU levels, kinds and attributes, naming the valid ones. A program without declared kernels stays as it is; a module without
    a program is an error.
  }];
  let options = [
    Option<"cpu", "cpu", "std::string", "\"host\"", "CPU level: host, x86-64-v3, x86-64-v4 or avx512-bf16">,
    Option<"threads", "threads", "unsigned", "0", "threads that compile; 0: as many as the machine has">
  ];
  let dependentDialects = ["::veomni::rt::ProgramDialect"];
  let statistics = [Statistic<"numKernels", "kernels", "Kernels compiled">];
}

#endif

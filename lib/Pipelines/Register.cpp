// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Dialects and kernels that every tool knows.
#include "veomni/Pipelines/Register.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlow.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/Dialect/X86Vector/X86VectorDialect.h"
#include "veomni/Dialect/Program/Program.h"
#include "veomni/Dialect/VeOmni/VeOmni.h"

#include "veomni/Codegen/CPU/Backend.h" // the line that registers it is here
#include "veomni/Codegen/Null/Backend.h"
#include "veomni/Kernels/RegistryInterface.h"

void veomni::registerAllDialects(mlir::DialectRegistry &registry,
                                 std::shared_ptr<const kernels::KernelRegistry> kernels,
                                 std::shared_ptr<const codegen::BackendRegistry> backends) {
  if (!kernels)
    kernels = builtinKernels();
  kernels::attachRegistry(registry, std::move(kernels));
  codegen::attachBackends(registry, backends ? std::move(backends) : builtinBackends());
  registry.insert<VeOmniDialect, WeightDialect, rt::ProgramDialect>();
  registry.insert<mlir::arith::ArithDialect, mlir::cf::ControlFlowDialect, mlir::func::FuncDialect,
                  mlir::linalg::LinalgDialect, mlir::LLVM::LLVMDialect, mlir::math::MathDialect,
                  mlir::memref::MemRefDialect, mlir::scf::SCFDialect, mlir::tensor::TensorDialect,
                  mlir::vector::VectorDialect, mlir::x86vector::X86VectorDialect>();
}

std::shared_ptr<veomni::codegen::BackendRegistry> veomni::builtinBackends() {
  auto registry = std::make_shared<codegen::BackendRegistry>();
  std::shared_ptr<codegen::Backend> cpu = cpu::createBackend();
  llvm::cantFail(registry->add(cpu));
  llvm::cantFail(registry->add(null::createBackend(cpu)));
  return registry;
}

std::shared_ptr<veomni::kernels::KernelRegistry> veomni::builtinKernels() {
  auto registry = std::make_shared<kernels::KernelRegistry>();
  // Only a mistake in the compiler itself fails here, and a test finds it.
  llvm::cantFail(kernels::registerBuiltinKernels(*registry));
  return registry;
}

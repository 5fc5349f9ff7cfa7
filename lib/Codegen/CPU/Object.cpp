// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// One kernel to an object file: emitted, lowered to LLVM, optimised for a CPU level.
#include "Object.h"

#include "veomni/Codegen/CPU/KernelBuilder.h"

#include "mlir/Conversion/Passes.h"
#include "mlir/Dialect/Arith/Transforms/Passes.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/MemRef/Transforms/Passes.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/Dialect/X86Vector/X86VectorDialect.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Target/LLVMIR/Dialect/Builtin/BuiltinToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/LLVMIR/LLVMToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Export.h"
#include "mlir/Transforms/Passes.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/LegacyPassManager.h"
#include "llvm/IR/Module.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/Target/TargetMachine.h"
#include "llvm/Target/TargetOptions.h"

using namespace veomni::cpu;
using namespace mlir;

namespace {
/// A context with the dialects of kernels and of their lowering, which collects what is wrong. Each thread has its own.
class CodegenContext {
public:
  CodegenContext() : context(MLIRContext::Threading::DISABLED) {
    context.loadDialect<arith::ArithDialect, func::FuncDialect, LLVM::LLVMDialect, math::MathDialect,
                        memref::MemRefDialect, scf::SCFDialect, vector::VectorDialect, x86vector::X86VectorDialect>();
    registerBuiltinDialectTranslation(context);
    registerLLVMDialectTranslation(context);
    context.getDiagEngine().registerHandler([this](Diagnostic &diagnostic) {
      if (diagnostic.getSeverity() == DiagnosticSeverity::Error)
        problems += (problems.empty() ? "" : "\n") + diagnostic.str();
      return success();
    });
  }

  llvm::Error failure(StringRef otherwise) {
    return llvm::createStringError(problems.empty() ? otherwise.str() : problems);
  }

  MLIRContext context;

private:
  std::string problems;
};
} // namespace

/// Emits `symbol`__body, or leaves diagnostics.
static OwningOpRef<ModuleOp> emitBody(CodegenContext &codegen, const Kernel &kernel, StringRef symbol,
                                      const Target &target) {
  Location loc = UnknownLoc::get(&codegen.context);
  OwningOpRef<ModuleOp> module = ModuleOp::create(loc);
  KernelBuilder builder(*module, symbol, kernel, target);
  kernel.kind().emit.of<KernelBuilder>()(builder, kernel);
  if (builder.scratchBytes() > KernelBuilder::kMostScratch) {
    emitError(loc) << "needs " << builder.scratchBytes() << " bytes of stack, expected at most "
                   << KernelBuilder::kMostScratch;
    return nullptr;
  }
  return module;
}

/// Kernel dialects -> LLVM dialect. Vectors lower before memrefs, because their loads and stores become accesses of
/// memrefs.
static LogicalResult lower(ModuleOp module, const Target &target) {
  PassManager pm(module.getContext());
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createCSEPass());
  // Without an instruction for it, LLVM would call a library function per element.
  if (!target.bf16Dot) {
    arith::ArithExpandOpsPassOptions expand;
    expand.includeBf16 = true;
    pm.addPass(arith::createArithExpandOpsPass(expand));
  }
  pm.addPass(createSCFToControlFlowPass());
  pm.addPass(memref::createExpandStridedMetadataPass());
  ConvertVectorToLLVMPassOptions vectors;
  vectors.reassociateFPReductions = true;
  vectors.x86Vector = true;
  vectors.vectorContractLowering = vector::VectorContractLowering::OuterProduct;
  vectors.vectorTransposeLowering = vector::VectorTransposeLowering::Shuffle16x16;
  pm.addPass(createConvertVectorToLLVMPass(vectors));
  pm.addPass(createConvertMathToLLVMPass());
  pm.addPass(createFinalizeMemRefToLLVMConversionPass());
  pm.addPass(createArithToLLVMConversionPass());
  pm.addPass(createUBToLLVMConversionPass());
  ConvertFuncToLLVMPassOptions functions;
  functions.useBarePtrCallConv = true;
  pm.addPass(createConvertFuncToLLVMPass(functions));
  pm.addPass(createConvertControlFlowToLLVMPass());
  pm.addPass(createReconcileUnrealizedCastsPass());
  return pm.run(module);
}

/// Adds `void symbol(const veomni_kernel_args *, i64 x, i64 y, i64 z)`, which unpacks the arguments for the body.
static void addEntry(llvm::Module &module, StringRef symbol, unsigned operands, unsigned scalars) {
  llvm::Function *body = module.getFunction((symbol + "__body").str());
  body->setLinkage(llvm::GlobalValue::InternalLinkage);
  body->setDoesNotThrow();
  llvm::LLVMContext &context = module.getContext();
  llvm::IRBuilder<> b(context);
  llvm::Type *ptr = b.getPtrTy(), *i64 = b.getInt64Ty();
  auto *type = llvm::FunctionType::get(b.getVoidTy(), {ptr, i64, i64, i64}, false);
  auto *entry = llvm::Function::Create(type, llvm::GlobalValue::ExternalLinkage, symbol, module);
  entry->setDoesNotThrow();
  b.SetInsertPoint(llvm::BasicBlock::Create(context, "", entry));
  SmallVector<llvm::Value *> arguments;
  auto unpack = [&](unsigned field, llvm::Type *element, unsigned count) {
    llvm::Value *list = b.CreateLoad(ptr, b.CreateConstInBoundsGEP1_64(ptr, entry->getArg(0), field));
    for (unsigned i = 0; i < count; ++i)
      arguments.push_back(b.CreateLoad(element, b.CreateConstInBoundsGEP1_64(element, list, i)));
  };
  unpack(0, ptr, operands);
  unpack(1, i64, scalars);
  for (unsigned axis = 0; axis < 3; ++axis)
    arguments.push_back(entry->getArg(1 + axis));
  b.CreateCall(body, arguments);
  b.CreateRetVoid();
}

static std::unique_ptr<llvm::TargetMachine> createMachine(const Target &target) {
  static const bool initialized = [] {
    LLVMInitializeX86TargetInfo();
    LLVMInitializeX86Target();
    LLVMInitializeX86TargetMC();
    LLVMInitializeX86AsmPrinter();
    return true;
  }();
  (void)initialized;
  llvm::Triple triple("x86_64-unknown-linux-gnu");
  std::string error;
  const llvm::Target *x86 = llvm::TargetRegistry::lookupTarget(triple, error);
  llvm::TargetOptions options;
  // Without it a kernel can lose a sixth of its speed by the accident of where its loop starts.
  options.LoopAlignment = 64;
  return std::unique_ptr<llvm::TargetMachine>(x86->createTargetMachine(
      triple, target.mcpu, target.mattr, options, llvm::Reloc::PIC_, std::nullopt, llvm::CodeGenOptLevel::Default));
}

llvm::Expected<std::string> veomni::cpu::printBody(const Kernel &kernel, StringRef symbol, const Target &target) {
  CodegenContext codegen;
  OwningOpRef<ModuleOp> module = emitBody(codegen, kernel, symbol, target);
  if (!module)
    return codegen.failure("no kernel was emitted");
  std::string text;
  llvm::raw_string_ostream stream(text);
  module->print(stream);
  return text;
}

llvm::Expected<Bytes> veomni::cpu::buildObject(const Kernel &kernel, StringRef symbol, const Target &target) {
  CodegenContext codegen;
  OwningOpRef<ModuleOp> module = emitBody(codegen, kernel, symbol, target);
  if (!module)
    return codegen.failure("no kernel was emitted");
  if (failed(lower(*module, target)))
    return codegen.failure("lowering failed");

  llvm::LLVMContext context;
  std::unique_ptr<llvm::Module> code = translateModuleToLLVMIR(*module, context, symbol);
  if (!code)
    return codegen.failure("translation to llvm ir failed");
  addEntry(*code, symbol, kernel.operandCount(), kernel.scalars().size());

  // No IR passes: measured, they cost time and gain nothing, as the emitters write what they want.
  std::unique_ptr<llvm::TargetMachine> machine = createMachine(target);
  code->setTargetTriple(machine->getTargetTriple());
  code->setDataLayout(machine->createDataLayout());
  Bytes object;
  llvm::raw_svector_ostream stream(object);
  llvm::legacy::PassManager passes;
  if (machine->addPassesToEmitFile(passes, stream, nullptr, llvm::CodeGenFileType::ObjectFile))
    return llvm::createStringError("the code generator cannot emit objects");
  passes.run(*code);
  return object;
}

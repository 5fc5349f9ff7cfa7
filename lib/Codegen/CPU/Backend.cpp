// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What the phases ask of the CPU, answered from the files of this room.
#include "veomni/Codegen/CPU/Backend.h"

#include "Kernels/Kernels.h"
#include "veomni/Codegen/CPU/Compile.h"

#include "llvm/ADT/STLExtras.h"

using namespace veomni;
using namespace veomni::cpu;

const KernelKindTable &cpu::builtinKinds() {
  static const KernelKindTable table([] {
    KernelKinds all;
    for (KernelKinds (*ofFile)() : {
#define VEOMNI_KERNEL_FILE(name) &kinds::name,
#include "veomni/Codegen/CPU/KernelFiles.inc"
#undef VEOMNI_KERNEL_FILE
         })
      for (KernelKind &kind : ofFile())
        all.push_back(std::move(kind));
    return all;
  }());
  return table;
}

namespace {

class CpuBackend : public Backend {
public:
  llvm::StringRef name() const override { return "cpu"; }

  llvm::SmallVector<const Level *> levels() const override {
    return llvm::map_to_vector(allTargets(), [](const Target &target) -> const Level * { return &target; });
  }

  llvm::Expected<const Level &> hostLevel() const override {
    llvm::Expected<const Target &> host = findTarget("host");
    if (!host)
      return host.takeError();
    return *host;
  }

  /// Rows start on cache lines, and a stride that is a multiple of 4 KiB, which would put a tile's rows into one set of
  /// the L1 cache, is lengthened by one line.
  int64_t rowStride(int64_t elements, int64_t elementBytes) const override {
    constexpr int64_t kLine = 64, kPage = 4096;
    int64_t line = kLine / elementBytes;
    int64_t stride = (elements + line - 1) / line * line;
    return stride * elementBytes % kPage == 0 ? stride + line : stride;
  }

  /// Columns of a panel side by side, so that a vector register is filled by one load; pairs of bf16, as dot products
  /// of bf16 take them.
  rt::Tile productTile(mlir::Type elementType) const override {
    return {kPanelColumns, kPanelUnit / rt::BufferType::getElementBytes(elementType)};
  }

  ScratchSizes scratch() const override {
    return {.panelColumns = kPanelColumns, .deltaColumns = kDeltaColumns, .lossChunk = kLossPanels * kPanelColumns};
  }

  std::string help() const override { return CompileOptions::describeCache(); }

  const KernelKindTable &kinds() const override { return table; }

  llvm::Error addKind(KernelKind kind) override {
    if (kind.emit && !kind.emit.of<KernelBuilder>())
      return llvm::createStringError("kernel kind '" + kind.name + "' is not written with a cpu::KernelBuilder");
    return table.add(std::move(kind));
  }

  llvm::Expected<std::optional<Code>> compile(llvm::ArrayRef<KernelRequest> kernels, const Level &level,
                                              unsigned threads) const override {
    CompileOptions options;
    options.threads = threads;
    llvm::Expected<Code> code = compileKernels(kernels, llvm::cantFail(findTarget(level.name)), options);
    if (!code)
      return code.takeError();
    return std::move(*code);
  }

private:
  KernelKindTable table = builtinKinds();
};

} // namespace

std::shared_ptr<Backend> cpu::createBackend() { return std::make_shared<CpuBackend>(); }

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The least a target can be. Programs for it take the kernels that fit any target, have rows without gaps and no code:
// the null device runs them to count what a run does, and no other device takes them.
#include "veomni/Codegen/Null/Backend.h"

using namespace veomni;
using namespace veomni::codegen;

namespace {

const Level kLevel{"any", {}};

// [backend]
class NullBackend : public Backend {
public:
  explicit NullBackend(std::shared_ptr<const Backend> declarations) : declarations(std::move(declarations)) {}

  llvm::StringRef name() const override { return "null"; }
  llvm::SmallVector<const Level *> levels() const override { return {&kLevel}; }
  llvm::Expected<const Level &> hostLevel() const override { return kLevel; }
  int64_t rowStride(int64_t elements, int64_t) const override { return elements; }
  rt::Tile productTile(mlir::Type elementType) const override { return declarations->productTile(elementType); }
  ScratchSizes scratch() const override { return declarations->scratch(); }
  const KernelKindTable &kinds() const override { return declarations->kinds(); }
  llvm::Error addKind(KernelKind kind) override {
    return llvm::createStringError("target 'null' has the kernel kinds of '" + declarations->name() + "': add '" +
                                   kind.name + "' there");
  }
  llvm::Expected<std::optional<Code>> compile(llvm::ArrayRef<KernelRequest>, const Level &, unsigned) const override {
    return std::nullopt;
  }

private:
  std::shared_ptr<const Backend> declarations;
};
// [/backend]

} // namespace

std::shared_ptr<Backend> null::createBackend(std::shared_ptr<const Backend> declarations) {
  return std::make_shared<NullBackend>(std::move(declarations));
}

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The mesh is said once; everything that depends on the number of ranks asks the module.
#include "Plan.h"

#include "veomni/Passes/Shard/Passes.h"

using namespace mlir;

namespace veomni::shard {

#define GEN_PASS_DEF_SETMESH
#include "veomni/Passes/Shard/Passes.h.inc"

namespace {

class SetMesh : public impl::SetMeshBase<SetMesh> {
public:
  using SetMeshBase::SetMeshBase;

private:
  void runOnOperation() override {
    if (!mesh.empty() && failed(set()))
      signalPassFailure();
  }
  LogicalResult set();
};

LogicalResult SetMesh::set() {
  ModuleOp module = getOperation();
  llvm::Expected<MeshAttr> wanted = parseMesh(&getContext(), mesh);
  if (!wanted)
    return module.emitError() << llvm::toString(wanted.takeError());
  MeshAttr known = MeshAttr::of(module);
  if (known && known != *wanted)
    return module.emitError() << "was made for the mesh " << known << " and cannot become one for " << *wanted;
  module->setAttr(VeOmniDialect::kMesh, *wanted);
  return success();
}

} // namespace
} // namespace veomni::shard

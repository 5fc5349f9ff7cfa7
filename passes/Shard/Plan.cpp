// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Reads a mesh as users write it.
#include "Plan.h"

#include "mlir/IR/Diagnostics.h"

using namespace mlir;

namespace veomni::shard {

llvm::Expected<MeshAttr> parseMesh(MLIRContext *context, StringRef text) {
  auto problem = [](const Twine &what) { return llvm::createStringError("mesh: " + what); };
  std::string names;
  for (const MeshRole &role : kMeshRoles)
    names += role.meshAxis.str() + ", ";
  names += kExpertAxis;
  SmallVector<StringAttr> axes;
  SmallVector<int64_t> sizes;
  SmallVector<bool> redividing;
  for (StringRef item : llvm::split(text, ',')) {
    auto [name, number] = item.split('=');
    int64_t size = 0;
    if (name.empty() || number.getAsInteger(10, size))
      return problem("found '" + item + "', expected AXIS=SIZE, as in sp=2");
    const bool isExperts = name == kExpertAxis;
    if (!isExperts && llvm::none_of(kMeshRoles, [&](const MeshRole &role) { return role.meshAxis == name; }))
      return problem("there is no axis '" + name + "', expected one of: " + names);
    axes.push_back(StringAttr::get(context, name));
    sizes.push_back(size);
    redividing.push_back(isExperts);
  }
  std::string why;
  ScopedDiagnosticHandler handler(context, [&](Diagnostic &diagnostic) {
    why = diagnostic.str();
    return success();
  });
  auto mesh = MeshAttr::getChecked([&] { return emitError(UnknownLoc::get(context)); }, context,
                                   ArrayRef<StringAttr>(axes), ArrayRef<int64_t>(sizes), ArrayRef<bool>(redividing));
  if (!mesh)
    return problem(why);
  return mesh;
}

} // namespace veomni::shard

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Finding backends and levels: of a registry, of a context, of a module.
#include "veomni/Codegen/Backend.h"

#include "veomni/Dialect/VeOmni/VeOmni.h"

#include "mlir/IR/DialectRegistry.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"

using namespace mlir;

namespace veomni::codegen {

llvm::Expected<const Level &> Backend::findLevel(StringRef wanted) const {
  if (wanted == "host")
    return hostLevel();
  std::string valid = "host";
  for (const Level *level : levels()) {
    if (level->name == wanted)
      return *level;
    valid += ", " + level->name.str();
  }
  return llvm::createStringError("unknown " + name() + " level '" + wanted + "', expected one of: " + valid);
}

std::optional<unsigned> Backend::rankOf(StringRef level) const {
  SmallVector<const Level *> all = levels();
  auto found = llvm::find_if(all, [&](const Level *known) { return known->name == level; });
  return found == all.end() ? std::nullopt : std::optional<unsigned>(found - all.begin());
}

llvm::Error BackendRegistry::add(std::shared_ptr<Backend> backend) {
  if (llvm::is_contained(names(), backend->name()))
    return llvm::createStringError("target '" + backend->name() + "' is registered twice");
  backends.push_back(std::move(backend));
  return llvm::Error::success();
}

llvm::Expected<Backend &> BackendRegistry::find(StringRef name) const {
  for (const std::shared_ptr<Backend> &backend : backends)
    if (backend->name() == name)
      return *backend;
  return llvm::createStringError("unknown target '" + name + "', expected one of: " + llvm::join(names(), ", "));
}

std::string BackendRegistry::help() const {
  std::string text;
  for (const std::shared_ptr<Backend> &backend : backends)
    text += backend->help();
  return text;
}

std::vector<std::string> BackendRegistry::names() const {
  std::vector<std::string> all;
  for (const std::shared_ptr<Backend> &backend : backends)
    all.push_back(backend->name().str());
  return all;
}

namespace {
struct BackendExtension : DialectExtension<BackendExtension, VeOmniDialect> {
  explicit BackendExtension(std::shared_ptr<const BackendRegistry> backends) : backends(std::move(backends)) {}

  void apply(MLIRContext *, VeOmniDialect *dialect) const final {
    dialect->addInterface(std::make_unique<BackendInterface>(dialect, backends));
  }

  std::shared_ptr<const BackendRegistry> backends;
};
} // namespace

void attachBackends(DialectRegistry &dialects, std::shared_ptr<const BackendRegistry> backends) {
  dialects.addExtension(TypeID::get<BackendExtension>(), std::make_unique<BackendExtension>(std::move(backends)));
}

const BackendRegistry *backendsOf(MLIRContext *context) {
  auto *dialect = context->getLoadedDialect<VeOmniDialect>();
  auto *interface = dialect ? dialect->getRegisteredInterface<BackendInterface>() : nullptr;
  return interface ? interface->registry.get() : nullptr;
}

FailureOr<ChosenTarget> targetOf(ModuleOp module) {
  auto attribute = module->getAttrOfType<TargetAttr>(VeOmniDialect::kTarget);
  if (!attribute)
    return module.emitError() << "does not say what it is compiled for ('veomni.target'); pass veomni-set-target does";
  const BackendRegistry *backends = backendsOf(module.getContext());
  if (!backends)
    return module.emitError() << "this context has no backends";
  llvm::Expected<Backend &> backend = backends->find(attribute.getTarget());
  if (!backend)
    return module.emitError() << llvm::toString(backend.takeError());
  if (attribute.getLevel() == "host") // what a module says must not depend on where it is read
    return module.emitError() << "'veomni.target' is for level 'host', expected a level's own name";
  llvm::Expected<const Level &> level = backend->findLevel(attribute.getLevel());
  if (!level)
    return module.emitError() << llvm::toString(level.takeError());
  return ChosenTarget{&*backend, &*level};
}

} // namespace veomni::codegen

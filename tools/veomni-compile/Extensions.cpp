// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What the command line adds to the phases. A pass at the end of a phase is named on the command line and not hooked in
// by a plugin, so that the command says all that was done, and a dump (which comes after such passes) continues to the
// same bundle.
#include "Extensions.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/PassRegistry.h"
#include "mlir/Tools/Plugins/DialectPlugin.h"
#include "mlir/Tools/Plugins/PassPlugin.h"

using namespace mlir;
using namespace veomni;
namespace cl = llvm::cl;

ExtensionOptions::ExtensionOptions(cl::OptionCategory &category)
    : passAt("pass-at",
             cl::desc("run these passes at one end of a phase, for example after-bind=canonicalize,cse; a dump of the "
                      "phase comes after them"),
             cl::value_desc("before|after-phase=passes"), cl::cat(category)),
      passPlugins("load-pass-plugin", cl::desc("shared object that adds passes, for --pass-at"), cl::value_desc("file"),
                  cl::cat(category)),
      dialectPlugins("load-dialect-plugin", cl::desc("shared object that adds dialects"), cl::value_desc("file"),
                     cl::cat(category)) {}

llvm::Error ExtensionOptions::loadPlugins(DialectRegistry &registry) const {
  for (const std::string &file : dialectPlugins) {
    llvm::Expected<DialectPlugin> plugin = DialectPlugin::load(file);
    if (!plugin)
      return plugin.takeError();
    plugin->registerDialectRegistryCallbacks(registry);
  }
  for (const std::string &file : passPlugins) {
    llvm::Expected<PassPlugin> plugin = PassPlugin::load(file);
    if (!plugin)
      return plugin.takeError();
    plugin->registerPassRegistryCallbacks();
  }
  return llvm::Error::success();
}

llvm::Expected<std::vector<Extension>> ExtensionOptions::parse(ArrayRef<Phase> phases) const {
  std::vector<Extension> extensions;
  std::string names;
  for (Phase phase : phases)
    names += (names.empty() ? "" : ", ") + phaseName(phase).str();
  for (const std::string &text : passAt) {
    auto problem = [&](const llvm::Twine &what) { return llvm::createStringError("--pass-at=" + text + ": " + what); };
    auto [place, pipeline] = StringRef(text).split('=');
    auto [end, name] = place.split('-');
    if ((end != "before" && end != "after") || pipeline.empty())
      return problem("expected before-<phase>=<passes> or after-<phase>=<passes>");
    std::optional<Phase> phase = parsePhase(name);
    if (!phase || !llvm::is_contained(phases, *phase))
      return problem((phase ? "phase '" + name + "' does not run" : "unknown phase '" + name + "'") +
                     "; phases that run: " + names);
    if (*phase == Phase::Import && end == "before")
      return problem("there is no IR before phase import");
    std::string errors;
    llvm::raw_string_ostream stream(errors);
    OpPassManager manager(ModuleOp::getOperationName());
    if (failed(parsePassPipeline(pipeline, manager, stream)))
      return problem(StringRef(errors).trim());
    extensions.push_back({*phase, end == "after", pipeline.str()});
  }
  return extensions;
}

void veomni::addExtensions(OpPassManager &manager, ArrayRef<Extension> extensions, Phase phase, bool after) {
  for (const Extension &extension : extensions)
    if (extension.phase == phase && extension.after == after) {
      [[maybe_unused]] LogicalResult parsed = parsePassPipeline(extension.pipeline, manager);
      assert(succeeded(parsed) && "parsed once before");
    }
}

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Follows windows of weights from the entries down, so that each weight of the program has its recipe.
#include "Weights.h"

#include "veomni/runtime/NearestName.h"

#include "llvm/ADT/StringExtras.h"

using namespace mlir;

namespace veomni::lower {

WeightTable::WeightTable(ModuleOp module, ProgramBuilder &program) : module(module), program(program) {
  for (auto weight : module.getOps<WeightOp>())
    weights[weight.getName()] = weight;
}

void WeightTable::listParams(func::FuncOp function, const Twine &path, SmallVectorImpl<ParamKey> &keys) {
  std::string base = path.str();
  const Windows::Window &window = program.windows.of(function);
  for (const Windows::Param &param : window.own) {
    std::string names;
    for (auto relative : param.names.getAsRange<StringAttr>())
      names += (base.empty() ? "" : base + ".") + relative.str() + "\n";
    keys.emplace_back(std::move(names), param.type, param.product);
  }
  for (const Windows::CallSite &site : window.calls)
    listParams(site.callee, llvm::join_items(base.empty() || site.path.empty() ? "" : ".", base, site.path.getValue()),
               keys);
}

FailureOr<unsigned> WeightTable::declareWindow(func::FuncOp entry) {
  // Entries of one model mostly want the same weights in the same order, and then share the table. Where they do not,
  // weights of equal recipes are still one in memory (WeightStore).
  SmallVector<ParamKey> keys;
  listParams(entry, "", keys);
  auto *known = std::search(declared.begin(), declared.end(), keys.begin(), keys.end());
  unsigned base = known - declared.begin();
  if (keys.empty() || known != declared.end())
    return keys.empty() ? 0 : base;
  llvm::append_range(declared, keys);
  if (failed(declareWeights(entry, "")))
    return failure();
  return base;
}

/// The parameters that an op of a window is, or puts one after the other.
static SmallVector<ParamOp> paramsOf(Operation *op) {
  if (auto param = dyn_cast<ParamOp>(op))
    return {param};
  return llvm::map_to_vector(op->getOperands(), [](Value param) { return param.getDefiningOp<ParamOp>(); });
}

/// The weight of each parameter that `function` asks for on the instance at `path`, and of those that it calls. A
/// parameter without a `veomni.weight` is left out and kept for `checkWeights`.
LogicalResult WeightTable::declareWeights(func::FuncOp function, const Twine &path) {
  std::string base = path.str();
  const Windows::Window &window = program.windows.of(function);
  bool good = true;
  for (const Windows::Param &param : window.own) {
    // Parameters one after the other are one weight: `mlp.gate_proj.weight+up_proj.weight`.
    SmallVector<StepAttr> steps;
    std::string name;
    WeightOp weight;
    for (ParamOp asked : paramsOf(param.asked)) {
      std::string full = (base.empty() ? "" : base + ".") + asked.getName().str();
      weight = weights.lookup(full);
      if (!weight) {
        missing.emplace_back(full, asked);
        break;
      }
      readWeights.insert(weight);
      if (weight.getType() != asked.getType()) {
        InFlightDiagnostic error = asked.emitOpError() << "parameter \"" << full << "\" is used as " << asked.getType()
                                                       << ", but is " << weight.getType();
        error.attachNote(weight.getLoc()) << "the weight";
        good = false;
      }
      llvm::append_range(steps, weight.getRecipe().getSteps());
      name += name.empty() ? full : "+" + asked.getName().str();
    }
    if (!weight || !good)
      continue;
    if (param.names.size() > 1)
      steps.push_back(StepAttr::get(program.context, recipe::concat(uint32_t(param.names.size()), 0)));
    const rt::Tile tile = param.product ? program.backend.productTile(param.type.getElementType()) : rt::Tile();
    if (tile)
      steps.push_back(StepAttr::get(program.context, recipe::pack(tile)));
    SmallVector<rt::Dim> dims = llvm::map_to_vector(param.type.getShape(), [](int64_t size) { return rt::Dim(size); });
    auto type = rt::BufferType::get(program.context, dims, param.type.getElementType(), 1, 0, tile);
    // A tied table is read by rows and by products: two weights of one parameter.
    std::string unique = name;
    for (unsigned copy = 2; !weightNames.insert(unique).second; ++copy)
      unique = name + "#" + std::to_string(copy);
    rt::WeightOp::create(program.header, weight.getLoc(), unique, type, RecipeAttr::get(program.context, steps));
  }
  for (const Windows::CallSite &site : window.calls)
    if (std::string path = llvm::join_items(base.empty() || site.path.empty() ? "" : ".", base, site.path.getValue());
        failed(declareWeights(site.callee, path)))
      good = false;
  return success(good);
}

/// Parameters without a weight and weights without a parameter, together: they are often one slip in a name.
LogicalResult WeightTable::checkWeights() {
  std::vector<std::string> unread, unmade;
  for (auto weight : module.getOps<WeightOp>())
    if (!readWeights.contains(weight))
      unread.push_back(weight.getName().str());
  for (const auto &[name, asked] : missing)
    unmade.push_back(name);
  auto offer = [](InFlightDiagnostic &error, const std::string &name, ArrayRef<std::string> others) {
    if (std::string nearest = nearestName(name, std::span(others.data(), others.size())); !nearest.empty())
      error << "; did you mean \"" << nearest << "\"?";
  };
  for (auto &[name, asked] : missing) {
    InFlightDiagnostic error = asked.emitOpError() << "parameter \"" << name << "\" has no veomni.weight";
    offer(error, name, unread);
  }
  for (const std::string &name : unread) {
    InFlightDiagnostic error = weights[name].emitOpError() << "\"" << name << "\" is no parameter that the model reads";
    offer(error, name, unmade);
  }
  return success(unread.empty() && missing.empty());
}

} // namespace veomni::lower

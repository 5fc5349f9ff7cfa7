// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Holds rules about parameters against those that the module has.
#include "ParameterPlan.h"

#include "Plan.h"

#include "veomni/runtime/NearestName.h"

#include "mlir/IR/Remarks.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/GlobPattern.h"

#include <deque>

using namespace mlir;

namespace veomni::shard {

namespace {

/// The pairs of tensor parallelism, under the names that all families share: what the columns of the first product are,
/// heads or neurons, the second one sums over.
constexpr struct {
  StringLiteral pattern;
  unsigned dim;
  bool optional; ///< left whole where the ranks do not divide it
} kTensorPairs[] = {
    {"*.{q,k,v,q_b,kv_b}_proj.{weight,bias}", 0, true}, // heads; whether the ranks divide those is said at attention
    {"*.o_proj.weight", 1, true},
    {"*.{gate,up}_proj.{weight,bias}", 0, false},
    {"*.down_proj.weight", 1, false},
    // A token's columns are looked up where they are; rows by parts of the vocabulary would have to be added up.
    {"*embed_tokens.weight", 1, true},
    {"lm_head.{weight,bias}", 0, true},
};
constexpr size_t kMaxSubGlobs = 64;

class Planner {
public:
  Planner(ModuleOp module, MeshAttr mesh, ArrayRef<PlanFile::Parameter> plan);

  FailureOr<Divisions> run();

private:
  struct Rule {
    PlanFile::Parameter rule;
    std::optional<llvm::GlobPattern> pattern; // refers to the rule's text
    bool given, optional, matched = false;
  };

  void add(const PlanFile::Parameter &rule, bool given, bool optional);
  LogicalResult plan(ParameterReader reader);
  /// Whether the linear layer of a parameter makes heads that the ranks do not divide.
  static bool cutsHeads(ParameterReader reader, const Division &division);
  void remarkWhole(ParameterReader reader, const Division &division, const Twine &why);

  ModuleOp module;
  MeshAttr mesh;
  std::deque<Rule> rules;
  Divisions divisions;
  llvm::StringSet<> names; // of all parameters, each once
};

Planner::Planner(ModuleOp module, MeshAttr mesh, ArrayRef<PlanFile::Parameter> plan) : module(module), mesh(mesh) {
  if (mesh.ranksAlong(kTensorAxis).value_or(1) > 1)
    for (const auto &[pattern, dim, optional] : kTensorPairs)
      add({pattern.str(), kTensorAxis.str(), dim, "tensor parallelism"}, /*given=*/false, optional);
  for (const PlanFile::Parameter &rule : plan)
    add(rule, /*given=*/true, /*optional=*/false);
}

void Planner::add(const PlanFile::Parameter &rule, bool given, bool optional) {
  Rule &added = rules.emplace_back(rule, std::nullopt, given, optional);
  added.pattern = llvm::cantFail(llvm::GlobPattern::create(added.rule.pattern, kMaxSubGlobs));
}

bool Planner::cutsHeads(ParameterReader reader, const Division &division) {
  for (Operation *user : reader.param->getUsers())
    for (Operation *next : user->getUsers())
      if (auto heads = dyn_cast<UnflattenOp>(next)) {
        ArrayRef<int64_t> shape = cast<RankedTensorType>(heads.getType()).getShape();
        if (division.dim == 0 && shape[shape.size() - 2] % division.ranks != 0)
          return true;
      }
  return false;
}

void Planner::remarkWhole(ParameterReader reader, const Division &division, const Twine &why) {
  remark::passed(reader.param.getLoc(), remark::RemarkOpts::name("ShardModel").category("shard"))
      << ("parameter \"" + reader.name + "\" stays whole on every rank of '" + division.meshAxis + "': " + why).str();
}

LogicalResult Planner::plan(ParameterReader reader) {
  const bool isNew = names.insert(reader.name).second;
  Rule *rule = nullptr;
  for (Rule &candidate : rules)
    if (candidate.pattern->match(reader.name)) {
      candidate.matched = true;
      rule = &candidate;
    }
  if (!rule || rule->rule.axis.empty())
    return success();
  const PlanFile::Parameter &said = rule->rule;
  std::optional<int64_t> ranks = mesh.ranksAlong(said.axis);
  if (ranks.value_or(1) == 1)
    return success();
  const Division division{said.axis, *ranks, said.dim};
  auto type = cast<RankedTensorType>(reader.param.getType());
  auto error = [&]() {
    return reader.param.emitOpError() << "\"" << reader.name << "\" is " << type << " and cannot be divided over '"
                                      << said.axis << "' along dim " << said.dim << ", as " << said.where << " says: ";
  };
  if (reader.inLoop) {
    if (rule->given)
      return error() << "a loop over experts selects from it, and '" << kExpertAxis << "' divides those";
    return success();
  }
  if (said.dim >= type.getRank())
    return error() << "there is no such dim";
  const int64_t size = type.getDimSize(said.dim);
  if (size % *ranks == 0 && !(rule->optional && cutsHeads(reader, division))) {
    divisions[reader.name] = division;
    return success();
  }
  if (!rule->optional)
    return error() << *ranks << " ranks do not divide " << size
                   << "; expected a number of ranks that does, or a plan that leaves it whole";
  if (isNew)
    remarkWhole(reader, division,
                size % *ranks != 0 ? "they do not divide dim " + Twine(said.dim) + " of " + Twine(size)
                                   : Twine("they do not divide its heads"));
  return success();
}

FailureOr<Divisions> Planner::run() {
  if (rules.empty())
    return divisions;
  for (const Rule &rule : rules)
    if (!rule.rule.axis.empty() && rule.rule.axis != kTensorAxis)
      return module.emitError() << rule.rule.where << ": '" << rule.rule.axis
                                << "' is no axis that divides parameters, expected '" << kTensorAxis << "'";
  if (failed(walkParameters(module, [&](ParameterReader reader) { return plan(reader); })))
    return failure();
  for (const Rule &rule : rules)
    if (rule.given && !rule.matched) {
      InFlightDiagnostic error = module.emitError() << rule.rule.where << ": no parameter of the model is called \""
                                                    << rule.rule.pattern << "\"";
      std::vector<std::string> known;
      for (StringRef name : names.keys())
        known.push_back(name.str());
      llvm::sort(known);
      if (std::string nearest = nearestName(rule.rule.pattern, known); !nearest.empty())
        error << "; did you mean \"" << nearest << "\"?";
      return error;
    }
  const bool divides = llvm::any_of(divisions, [](const auto &entry) { return entry.second.meshAxis == kTensorAxis; });
  if (mesh.ranksAlong(kTensorAxis).value_or(1) > 1 && !divides)
    return module.emitError() << "the mesh divides parameters over " << *mesh.ranksAlong(kTensorAxis) << " ranks ('"
                              << kTensorAxis << "'), but none of the model's " << names.size()
                              << " is one that it divides; say which in a plan";
  return divisions;
}

} // namespace

FailureOr<Divisions> planParameters(ModuleOp module, MeshAttr mesh, ArrayRef<PlanFile::Parameter> plan) {
  return Planner(module, mesh, plan).run();
}

} // namespace veomni::shard

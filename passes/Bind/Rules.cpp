// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Reads what users say about kernels, on the command line and in plan files, and says which rule holds for an op.
#include "Rules.h"

#include "veomni/PlanFile/PlanFile.h"

#include "llvm/Support/GlobPattern.h"

using namespace llvm;

namespace veomni::bind {

// A pattern refers to its text, so that a rule, which is moved about, cannot hold one.
bool Rule::matches(StringRef slot, StringRef itsVariant, StringRef instance, StringRef module) const {
  if (op != slot || (!variant.empty() && variant != itsVariant))
    return false;
  if (path.empty())
    return true;
  GlobPattern pattern = cantFail(GlobPattern::create(path));
  return pattern.match(instance) || pattern.match(module);
}

static llvm::Expected<Rule> finish(Rule rule, const Twine &where) {
  if (rule.op.empty() || rule.implementation.empty())
    return createStringError(where + ": expected op[/variant][@path]=implementation, found '" + rule.text + "'");
  if (llvm::Expected<GlobPattern> pattern = GlobPattern::create(rule.path); !pattern)
    return createStringError(where + ": path '" + rule.path + "' is no glob: " + toString(pattern.takeError()));
  return rule;
}

static llvm::Expected<Rule> parseOption(StringRef text) {
  Rule rule;
  rule.text = text.str();
  auto [left, implementation] = text.rsplit('=');
  auto [key, path] = left.split('@');
  auto [op, variant] = key.split('/');
  rule.op = op.str(), rule.variant = variant.str(), rule.path = path.str(), rule.implementation = implementation.str();
  return finish(std::move(rule), "--kernel");
}

static Error addPlanned(StringRef path, std::vector<Rule> &rules) {
  llvm::Expected<PlanFile> plan = readPlanFile(path);
  if (!plan)
    return plan.takeError();
  for (PlanFile::Kernel &kernel : plan->kernels) {
    Rule rule;
    rule.op = kernel.op, rule.variant = kernel.variant, rule.path = kernel.path;
    rule.implementation = kernel.implementation, rule.text = kernel.text;
    llvm::Expected<Rule> whole = finish(std::move(rule), kernel.where);
    if (!whole)
      return whole.takeError();
    rules.push_back(std::move(*whole));
  }
  return Error::success();
}

llvm::Expected<std::vector<Rule>> readRules(StringRef plan, ArrayRef<std::string> options) {
  std::vector<Rule> rules;
  if (!plan.empty())
    if (Error error = addPlanned(plan, rules))
      return std::move(error);
  for (const std::string &option : options) {
    llvm::Expected<Rule> rule = parseOption(option);
    if (!rule)
      return rule.takeError();
    rules.push_back(std::move(*rule));
  }
  return rules;
}

} // namespace veomni::bind

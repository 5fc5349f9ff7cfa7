// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Reads what users say about kernels, on the command line and in plan files, and says which rule holds for an op.
#include "Rules.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/GlobPattern.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/MemoryBuffer.h"

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

static Error readPlan(StringRef path, std::vector<Rule> &rules) {
  const StringRef file = path == "-" ? "<stdin>" : path;
  auto fail = [&](const Twine &message) { return createStringError(file + ": " + message); };
  ErrorOr<std::unique_ptr<MemoryBuffer>> buffer = MemoryBuffer::getFileOrSTDIN(path, /*IsText=*/true);
  if (!buffer)
    return fail(buffer.getError().message());
  // The parser calls itself for every level.
  constexpr int64_t mostLevels = 64;
  int64_t level = 0;
  for (char c : (*buffer)->getBuffer()) {
    level += c == '[' || c == '{' ? 1 : c == ']' || c == '}' ? -1 : 0;
    if (level > mostLevels)
      return fail("is nested deeper than " + Twine(mostLevels) + " levels");
  }
  llvm::Expected<json::Value> root = json::parse((*buffer)->getBuffer());
  if (!root)
    return fail(toString(root.takeError()));
  const json::Object *object = root->getAsObject();
  const json::Array *list = object ? object->getArray("kernels") : nullptr;
  if (!list)
    return fail("expected an object with the array \"kernels\"");
  for (const auto &entry : *object)
    if (entry.first != "kernels")
      return fail("unknown key \"" + entry.first.str() + "\"; known: \"kernels\"");
  for (auto [index, value] : enumerate(*list)) {
    std::string where = (file + ": kernels[" + Twine(index) + "]").str();
    const json::Object *entry = value.getAsObject();
    if (!entry)
      return createStringError(where + ": expected an object");
    Rule rule;
    raw_string_ostream(rule.text) << value;
    for (const auto &[key, content] : *entry) {
      StringRef name = key;
      std::string *field = StringSwitch<std::string *>(name)
                               .Case("op", &rule.op)
                               .Case("variant", &rule.variant)
                               .Case("path", &rule.path)
                               .Case("implementation", &rule.implementation)
                               .Default(nullptr);
      if (!field)
        return createStringError(where + ": unknown key \"" + name +
                                 "\"; known: \"op\", \"variant\", \"path\", \"implementation\"");
      std::optional<StringRef> text = content.getAsString();
      if (!text || text->empty())
        return createStringError(where + "." + name + ": expected a string that is not empty");
      *field = text->str();
    }
    for (auto [key, field] : {std::pair("op", &rule.op), {"implementation", &rule.implementation}})
      if (field->empty())
        return createStringError(where + ": missing key \"" + key + "\"");
    llvm::Expected<Rule> whole = finish(std::move(rule), where);
    if (!whole)
      return whole.takeError();
    rules.push_back(std::move(*whole));
  }
  return Error::success();
}

llvm::Expected<std::vector<Rule>> readRules(StringRef plan, ArrayRef<std::string> options) {
  std::vector<Rule> rules;
  if (!plan.empty())
    if (Error error = readPlan(plan, rules))
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

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Tables of kinds: those that a target comes with and those that plugins add; whether a declaration is one, and the
// reference of a table.
#include "veomni/Codegen/Kernel.h"

#include "OperandShape.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"

using namespace veomni;
using namespace veomni::codegen;

std::string codegen::checkDeclaration(const KernelKind &kind) {
  std::vector<std::string> problems;
  std::set<std::string> said, names;
  auto add = [&](const llvm::Twine &problem) {
    problems.push_back("kernel kind '" + kind.name + "': " + problem.str());
  };
  auto unique = [&](const std::string &name, llvm::StringRef what) {
    if (!names.insert(name).second)
      add(what + " '" + name + "' is there twice");
  };
  auto checkSize = [&](const std::string &size) {
    if (llvm::Expected<SizeExpression> parsed = SizeExpression::parse(size); !parsed)
      add(toString(parsed.takeError()));
  };
  if (kind.name.empty() || kind.summary.empty() || !kind.emit)
    add("needs a name, a summary and an emitter");
  if (kind.workgroups.empty() || kind.workgroups.size() > 3)
    add("has " + llvm::Twine(kind.workgroups.size()) + " numbers of workgroups, expected one to three");
  for (const OperandRule &rule : kind.operands) {
    unique(rule.name, "operand");
    llvm::Expected<OperandShape> shape = OperandShape::parse(rule.shape);
    if (!shape) {
      add("operand '" + rule.name + "': " + toString(shape.takeError()));
      continue;
    }
    if (!rule.runs.empty() && (rule.runs.size() != 2 || shape->row.empty() || !shape->row.back().variadic))
      add("operand '" + rule.name + "': runs have a number and a length, and lie in a row of any number of dims");
    for (const std::string &other : rule.over)
      if (!names.count(other) || rule.access == rt::Access::read)
        add("operand '" + rule.name + "': may be written over operands that are read before it, found '" + other + "'");
  }
  for (const ScalarRule &rule : kind.scalars)
    if (!rule.size.empty())
      checkSize(rule.size);
  for (const std::string &size : kind.workgroups)
    checkSize(size);
  for (const AttributeRule &rule : kind.attributes) {
    unique(rule.name, "attribute");
    if (rule.type == AttributeRule::choice && rule.choices.empty())
      add("attribute '" + rule.name + "' is a choice of nothing");
  }
  return llvm::join(problems, "\n");
}

KernelKindTable::KernelKindTable(KernelKinds builtin) {
  llvm::sort(builtin, [](const KernelKind &a, const KernelKind &b) { return a.name < b.name; });
  for (KernelKind &kind : builtin)
    kinds.push_back(std::move(kind));
}

llvm::Error KernelKindTable::add(KernelKind kind) {
  if (find(kind.name))
    return llvm::createStringError("kernel kind '" + kind.name + "' is registered twice");
  if (std::string problems = checkDeclaration(kind); !problems.empty())
    return llvm::createStringError(problems);
  kinds.push_back(std::move(kind));
  return llvm::Error::success();
}

const KernelKind *KernelKindTable::find(llvm::StringRef name) const {
  auto found = llvm::find_if(kinds, [&](const KernelKind &kind) { return kind.name == name; });
  return found == kinds.end() ? nullptr : &*found;
}

std::string KernelKindTable::unknown(llvm::StringRef name) const {
  auto names = llvm::map_range(kinds, [](const KernelKind &known) { return known.name; });
  return ("unknown kernel kind '" + name + "', expected one of: " + llvm::join(names, ", ")).str();
}

//===--- Reference ------------------------------------------------------------------------------------------------===//

static std::string typeText(const AttributeRule &rule) {
  switch (rule.type) {
  case AttributeRule::integer:
    return rule.min == std::numeric_limits<int64_t>::min() ? "integer"
                                                           : "integer, at least " + std::to_string(rule.min);
  case AttributeRule::number:
    return "number";
  case AttributeRule::flag:
    return "flag";
  case AttributeRule::choice:
    return llvm::join(rule.choices, ", ");
  case AttributeRule::numbers:
    return "array of f32";
  }
  llvm_unreachable("every type has a text");
}

static void describe(llvm::raw_ostream &out, const KernelKind &kind) {
  out << "\n## `" << kind.name << "`\n" << kind.summary << "\n";
  if (!kind.details.empty())
    out << "\n" << kind.details << "\n";
  out << "\n| operand | access | type | |\n|---|---|---|---|\n";
  for (const OperandRule &rule : kind.operands) {
    std::string notes = rule.optional ? "may be left out" : "";
    auto note = [&](const std::string &text) { notes += (notes.empty() || text.empty() ? "" : "; ") + text; };
    note(rule.meaning);
    if (rule.repeats)
      note("may repeat over columns, groups and rows");
    if (!rule.runs.empty())
      note(rule.runs[0] + " runs of " + rule.runs[1] + " columns: `" + rule.name + "_at`, `" + rule.name + "_run`");
    if (!rule.over.empty())
      note("may be written over " + llvm::join(rule.over, ", ") + " of the same type");
    std::string shape = rule.shape;
    for (size_t at = 0; (at = shape.find('|', at)) != std::string::npos; at += 2)
      shape.replace(at, 1, "\\|");
    out << "| " << rule.name << " | " << rt::stringifyAccess(rule.access) << " | `" << shape << "` | " << notes
        << " |\n";
  }
  std::vector<std::string> scalars;
  for (const ScalarRule &rule : kind.scalars) {
    std::string text = "`" + rule.name + "`";
    if (!rule.size.empty() && rule.size != rule.name)
      text += " = `" + rule.size + "`";
    if (!rule.below.empty())
      text += ", below `" + rule.below + "`";
    if (rule.ifDynamic)
      text += ", unless it is a constant";
    if (!rule.meaning.empty())
      text += ": " + rule.meaning;
    scalars.push_back(text);
  }
  out << "\nScalars: " << (scalars.empty() ? "none" : llvm::join(scalars, "; ")) << ". Workgroups: `"
      << llvm::join(kind.workgroups, "`, `") << "`.\n";
  if (!kind.attributes.empty())
    out << "\n| attribute | | |\n|---|---|---|\n";
  for (const AttributeRule &rule : kind.attributes) {
    bool mayMiss = !rule.required && rule.type != AttributeRule::flag;
    out << "| " << rule.name << " | " << typeText(rule) << (mayMiss ? " (optional)" : "") << " | " << rule.meaning
        << " |\n";
  }
  out << "\nExample: `" << kind.example.attributes << "` of `" << kind.example.operands << "`\n";
}

std::string codegen::describeKernelKinds(const KernelKindTable &kinds, llvm::StringRef title) {
  std::string text;
  llvm::raw_string_ostream out(text);
  out << "# " << title
      << "\n\n"
         "Written from the declarations beside the emitters. A shape such as `[rows.. | groups.., cols] x T` "
         "names sizes: a name\n"
         "that is said again is the same size, `rows..` is the product of any number of dims, and dims behind the bar "
         "are a row, whose\n"
         "elements lie side by side while rows may have gaps between them. Without a bar nothing has gaps. A capital "
         "letter is f32 or "
         "bf16,\n"
         "the same wherever a kind says it. Where runs of columns lie within wider rows, `<operand>_at` says at which "
         "column the first "
         "one\n"
         "starts and `<operand>_run` how many columns further on the next one does; without them runs fill the row. "
         "Arithmetic is f32\n"
         "unless said.\n";
  for (const KernelKind &kind : kinds)
    describe(out, kind);
  return text;
}

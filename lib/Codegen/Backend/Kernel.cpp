// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Binding: names in the shapes of a declaration take their sizes from the operands' types, and whatever does not agree
// is a problem.
#include "veomni/Codegen/Kernel.h"

#include "OperandShape.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/MathExtras.h"

using namespace veomni;
using namespace veomni::codegen;
using namespace mlir;

static std::string text(auto value) {
  std::string result;
  llvm::raw_string_ostream(result) << value;
  return result;
}

/// Sizes that a kernel is told when it runs: code does not depend on them.
static std::set<std::string> runtimeNames(const KernelKind &kind) {
  std::set<std::string> names;
  for (const OperandRule &rule : kind.operands) {
    OperandShape shape = llvm::cantFail(OperandShape::parse(rule.shape));
    if (shape.hasBar)
      for (const ShapeItem &item : shape.leading)
        if (item.isName())
          names.insert(item.size.text);
  }
  for (const ScalarRule &rule : kind.scalars)
    if (!rule.size.empty())
      llvm::cantFail(SizeExpression::parse(rule.size)).collectNames(names);
  // Those that may be either are known where they are constants.
  for (const AttributeRule &rule : kind.attributes)
    names.erase(rule.name);
  return names;
}

static bool mayBeEither(const KernelKind &kind, StringRef name) {
  return llvm::any_of(kind.scalars, [&](const ScalarRule &rule) { return rule.ifDynamic && rule.size == name; });
}

//===--- Binding --------------------------------------------------------------------------------------------------===//

namespace veomni::codegen {
class KernelBinding {
public:
  KernelBinding(const KernelKind &kind, DictionaryAttr dictionary, ArrayRef<rt::OperandAttr> operands,
                SymbolDefinitions definitions, Problems &problems, const Level *level)
      : kind(kind), dictionary(dictionary), operands(operands), definitions(definitions), problems(problems),
        context(dictionary.getContext()) {
    kernel.declared = &kind;
    kernel.target = level;
    kernel.context = context;
  }

  std::optional<Kernel> run();

private:
  // Attributes.
  void readAttributes();
  void readAttribute(const AttributeRule &rule, Attribute value);
  std::optional<int64_t> readInteger(StringRef name, Attribute value, int64_t min, int64_t max);

  // Operands.
  bool assignOperands();
  bool fits(const OperandRule &rule, rt::OperandAttr operand) const;
  void matchType(unsigned number);
  void matchShape(unsigned number);
  void matchRepeating(unsigned number);
  unsigned splitPoint(const OperandShape &shape, rt::BufferType type) const;
  void matchItems(unsigned number, ArrayRef<ShapeItem> items, ArrayRef<rt::Dim> dims);
  void matchRuns(unsigned number);
  void checkDeferred();

  // Sizes.
  rt::ExtentAttr lookUp(const std::string &name) const {
    auto known = kernel.sizes.find(name);
    return known == kernel.sizes.end() ? rt::ExtentAttr() : known->second;
  }
  rt::ExtentAttr product(ArrayRef<rt::Dim> dims) const { return rt::ExtentAttr::get(context, dims); }
  void bindName(const std::string &name, rt::ExtentAttr size, const std::string &where);
  bool solve(const SizeExpression &size, rt::Dim dim, const std::string &where);
  bool same(rt::ExtentAttr a, rt::ExtentAttr b) const { return isSameExtent(a, b, definitions); }

  std::string label(unsigned number) const {
    return "operand " + std::to_string(number) + " ('" + rules[number]->name + "')";
  }
  rt::BufferType type(unsigned number) const { return operands[number].getType(); }
  /// Begins the report about an operand.
  std::string expected(unsigned number) const {
    return label(number) + " is " + text(type(number)) + ", expected " + rules[number]->shape;
  }

  const KernelKind &kind;
  DictionaryAttr dictionary;
  ArrayRef<rt::OperandAttr> operands;
  SymbolDefinitions definitions;
  Problems &problems;
  MLIRContext *context;
  Kernel kernel;
  SmallVector<const OperandRule *> rules;
  SmallVector<OperandShape> shapes;
  std::map<std::string, std::string> boundBy;
  std::map<std::string, std::pair<std::string, std::string>> elementOf; // by letter
  struct Deferred {
    unsigned number;
    SizeExpression size;
    rt::Dim dim;
  };
  SmallVector<Deferred> deferred;
};
} // namespace veomni::codegen

/// The value of a size whose names are known; null otherwise.
static rt::ExtentAttr evaluate(MLIRContext *context, const SizeExpression &size,
                               llvm::function_ref<rt::ExtentAttr(const std::string &)> lookUp) {
  auto constant = [&](int64_t value) { return rt::ExtentAttr::get(context, {rt::Dim(value)}); };
  if (size.kind == SizeExpression::constant)
    return constant(size.value);
  if (size.kind == SizeExpression::name)
    return lookUp(size.text);
  SmallVector<rt::ExtentAttr> parts;
  for (const SizeExpression &part : size.parts) {
    parts.push_back(evaluate(context, part, lookUp));
    if (!parts.back())
      return {};
  }
  if (size.kind == SizeExpression::ceilDiv) {
    std::optional<int64_t> divisor = parts[1].getConstant();
    int64_t all = 0;
    if (!divisor || *divisor < 1 || llvm::MulOverflow(parts[0].getDivisor(), *divisor, all))
      return {};
    return rt::ExtentAttr::get(context, parts[0].getSum(), all);
  }
  bool isSum = size.kind == SizeExpression::sum;
  rt::SizePolynomial result = rt::SizePolynomial::constant(isSum ? 0 : 1);
  for (rt::ExtentAttr part : parts)
    if (part.getDivisor() != 1 || !(isSum ? result.add(part.getSum()) : result.multiply(part.getSum())))
      return {};
  return rt::ExtentAttr::get(context, result);
}

std::optional<Kernel> KernelBinding::run() {
  size_t before = problems.all().size();
  readAttributes();
  if (!assignOperands())
    return std::nullopt;
  for (unsigned i = 0; i < operands.size(); ++i)
    matchType(i);
  for (unsigned i = 0; i < operands.size(); ++i)
    if (!rules[i]->repeats)
      matchShape(i);
  for (unsigned i = 0; i < operands.size(); ++i)
    if (rules[i]->repeats)
      matchRepeating(i);
  std::set<std::string> runtime = runtimeNames(kind);
  for (auto &[name, size] : kernel.sizes) {
    std::optional<int64_t> value = size.getConstant();
    bool either = mayBeEither(kind, name);
    if (value && (!runtime.count(name) || either))
      kernel.constants[name] = *value;
    else if (!runtime.count(name))
      problems.add(boundBy[name] + " has " + extentText(size) + " for " + name + ", expected a constant");
  }
  if (problems.all().size() != before)
    return std::nullopt;
  if (kind.check)
    kind.check(kernel, problems);
  if (problems.all().size() != before)
    return std::nullopt;
  checkDeferred();
  for (unsigned i = 0; i < operands.size(); ++i)
    if (!rules[i]->runs.empty())
      matchRuns(i);
  if (problems.all().size() != before)
    return std::nullopt;
  return std::move(kernel);
}

//===--- Attributes -----------------------------------------------------------------------------------------------===//

std::optional<int64_t> KernelBinding::readInteger(StringRef name, Attribute value, int64_t min, int64_t max) {
  auto integer = dyn_cast<IntegerAttr>(value);
  if (!integer || isa<BoolAttr>(value) ||
      integer.getType().isUnsignedInteger()) { // a BoolAttr is an IntegerAttr as well
    problems.add("attribute '" + name + "' is " + text(value) + ", expected an integer");
    return std::nullopt;
  }
  std::optional<int64_t> number = integer.getValue().trySExtValue();
  if (number && *number >= min && *number <= max)
    return number;
  problems.add("attribute '" + name + "' is " + llvm::toString(integer.getValue(), 10, /*Signed=*/true) +
               ", expected " +
               (!number || *number > max ? "at most " + std::to_string(max) : "at least " + std::to_string(min)));
  return std::nullopt;
}

void KernelBinding::readAttribute(const AttributeRule &rule, Attribute value) {
  auto wrong = [&](const llvm::Twine &expected) {
    problems.add("attribute '" + rule.name + "' is " + text(value) + ", expected " + expected);
  };
  switch (rule.type) {
  case AttributeRule::integer:
    if (std::optional<int64_t> number = readInteger(rule.name, value, rule.min, rule.max)) {
      kernel.attributes[rule.name] = *number;
      if (rule.min >= 0)
        bindName(rule.name, product(rt::Dim(*number)), "attribute '" + rule.name + "'");
    }
    return;
  case AttributeRule::number:
    if (auto number = dyn_cast<FloatAttr>(value); number && number.getValue().isFinite())
      kernel.attributes[rule.name] = number.getValueAsDouble();
    else
      wrong("a finite floating point number");
    return;
  case AttributeRule::flag:
    if (auto flag = dyn_cast<BoolAttr>(value))
      kernel.attributes[rule.name] = flag.getValue();
    else
      wrong("true or false");
    return;
  case AttributeRule::choice:
    if (auto choice = dyn_cast<StringAttr>(value); choice && llvm::is_contained(rule.choices, choice.getValue()))
      kernel.attributes[rule.name] = choice.getValue().str();
    else
      wrong("one of: " + llvm::join(rule.choices, ", "));
    return;
  case AttributeRule::numbers:
    if (auto array = dyn_cast<DenseF32ArrayAttr>(value); array && !array.empty())
      kernel.attributes[rule.name] = std::vector<float>(array.asArrayRef());
    else if (auto dense = dyn_cast<DenseFPElementsAttr>(value);
             dense && dense.getElementType().isF32() && !dense.empty())
      kernel.attributes[rule.name] =
          std::vector<float>(dense.getValues<float>().begin(), dense.getValues<float>().end());
    else
      wrong("a non-empty dense array of f32");
    return;
  }
}

void KernelBinding::readAttributes() {
  std::set<std::string> known;
  for (const AttributeRule &rule : kind.attributes) {
    known.insert(rule.name);
    Attribute value = dictionary.get(rule.name);
    if (value)
      readAttribute(rule, value);
    else if (rule.required)
      problems.add("missing attribute '" + rule.name + "' (" + rule.meaning + ")");
    else if (rule.type == AttributeRule::choice)
      kernel.attributes[rule.name] = rule.choices.front();
  }
  for (const OperandRule &rule : kind.operands)
    for (const char *suffix : {"_at", "_run"}) {
      if (rule.runs.empty())
        continue;
      std::string name = rule.name + suffix;
      known.insert(name);
      Attribute value = dictionary.get(name);
      if (!value)
        continue;
      if (std::optional<int64_t> number = readInteger(name, value, 0, int64_t(1) << 48))
        kernel.attributes[name] = *number;
    }
  for (NamedAttribute attribute : dictionary)
    if (!known.count(attribute.getName().str()))
      problems.add("unknown attribute '" + attribute.getName().getValue() + "', expected " +
                   (known.empty() ? "none" : "one of: " + llvm::join(known, ", ")));
}

//===--- Operands -------------------------------------------------------------------------------------------------===//

bool KernelBinding::fits(const OperandRule &rule, rt::OperandAttr operand) const {
  OperandShape shape = llvm::cantFail(OperandShape::parse(rule.shape));
  return rule.access == operand.getAccess() &&
         llvm::is_contained(shape.elements, text(operand.getType().getElementType()));
}

/// Which operand is which: of the sets of optional ones that are as many as there must be, the first whose element
/// types fit.
bool KernelBinding::assignOperands() {
  SmallVector<unsigned> optional;
  for (auto [i, rule] : llvm::enumerate(kind.operands))
    if (rule.optional)
      optional.push_back(i);
  size_t required = kind.operands.size() - optional.size();
  bool found = false;
  for (unsigned set = 0; set < (1u << optional.size()); ++set) {
    if (required + llvm::popcount(set) != operands.size())
      continue;
    SmallVector<const OperandRule *> candidate;
    for (auto [i, rule] : llvm::enumerate(kind.operands)) {
      size_t place = llvm::find(optional, i) - optional.begin();
      if (place == optional.size() || (set >> place) & 1)
        candidate.push_back(&rule);
    }
    bool good = llvm::all_of(llvm::zip(candidate, operands),
                             [&](auto pair) { return fits(*std::get<0>(pair), std::get<1>(pair)); });
    if (good || !found)
      rules = candidate;
    found = true;
    if (good)
      break;
  }
  if (!found) {
    auto names = llvm::map_range(
        kind.operands, [](const OperandRule &rule) { return rule.optional ? "[" + rule.name + "]" : rule.name; });
    problems.add("has " + std::to_string(operands.size()) + " operands, expected " + std::to_string(required) +
                 (optional.empty() ? "" : " to " + std::to_string(kind.operands.size())) + ": " +
                 llvm::join(names, ", "));
    return false;
  }
  for (auto [i, rule] : llvm::enumerate(rules)) {
    kernel.operandNumbers[rule->name] = i;
    shapes.push_back(llvm::cantFail(OperandShape::parse(rule->shape)));
  }
  return true;
}

void KernelBinding::matchType(unsigned number) {
  const OperandRule &rule = *rules[number];
  const OperandShape &shape = shapes[number];
  if (operands[number].getAccess() != rule.access)
    problems.add(label(number) + " has access " + stringifyAccess(operands[number].getAccess()) + ", expected " +
                 stringifyAccess(rule.access));
  std::string element = text(type(number).getElementType());
  kernel.layouts[rule.name].element = element;
  if (!llvm::is_contained(shape.elements, element))
    problems.add(expected(number) + ": the element type must be one of " + llvm::join(shape.elements, ", "));
  else if (!shape.elementVariable.empty()) {
    auto [known, isNew] = elementOf.try_emplace(shape.elementVariable, element, label(number));
    if (!isNew && known->second.first != element)
      problems.add(expected(number) + ": " + shape.elementVariable + " is " + known->second.first + " in " +
                   known->second.second);
  }
  if ((type(number).getLayout() == rt::Layout::panels) != shape.panels)
    problems.add(expected(number) + (shape.panels ? ": GEMM panels" : ": rows, not panels"));
}

/// How many dims lie before the bar.
unsigned KernelBinding::splitPoint(const OperandShape &shape, rt::BufferType type) const {
  auto isVariadic = [](const ShapeItem &item) { return item.variadic; };
  ArrayRef<rt::Dim> dims = type.getDims();
  unsigned rank = dims.size(), rows = rank - type.getRowRank();
  bool leadingVaries = llvm::any_of(shape.leading, isVariadic), rowVaries = llvm::any_of(shape.row, isVariadic);
  if (!leadingVaries)
    return shape.leading.size();
  if (!rowVaries)
    return rank - std::min<size_t>(rank, shape.row.size());
  if (!type.isDense())
    return rows;
  unsigned least = shape.leading.size() - 1, fewest = shape.row.size() - 1;
  if (rank < least + fewest)
    return rows;
  unsigned most = rank - fewest;
  // Nothing lies between dense rows, so that they may be cut anywhere: where the other operands have as many rows, if
  // there is such a place.
  unsigned first = rows;
  bool dynamicColumns = rank != 0 && !dims.back().isConstant();
  if (dynamicColumns)
    first = shape.row.back().variadic ? rank : 0; // without gaps and columns every element is a row
  for (unsigned i = 0; i + 1 < rank; ++i)
    if (!dims[i].isConstant())
      first = std::max(first, i + 1);
  first = std::clamp(first, least, most);
  auto known = kernel.sizes.find(shape.leading.back().size.text);
  if (shape.leading.size() != 1 || known == kernel.sizes.end() || same(product(dims.take_front(first)), known->second))
    return first;
  for (unsigned at = least; at <= most; ++at)
    if (same(product(dims.take_front(at)), known->second))
      return at;
  return first;
}

void KernelBinding::matchShape(unsigned number) {
  const OperandShape &shape = shapes[number];
  rt::BufferType buffer = type(number);
  auto isFixed = [](const ShapeItem &item) { return !item.variadic; };
  // One number is a row of one column.
  if (buffer.getRank() == 0 && shape.leading.size() == 1 && !isFixed(shape.leading[0]) &&
      llvm::count_if(shape.row, isFixed) == 1)
    buffer = rt::BufferType::get(context, rt::Dim(1), buffer.getElementType());
  Kernel::Layout &layout = kernel.layouts[rules[number]->name];
  ArrayRef<rt::Dim> dims = buffer.getDims();
  if (!shape.hasBar) {
    if (!buffer.isDense()) {
      problems.add(expected(number) + " without gaps between rows");
      return;
    }
    matchItems(number, shape.leading, dims);
    return;
  }
  unsigned split = splitPoint(shape, buffer);
  if (split > dims.size()) {
    matchItems(number, shape.leading, dims);
    return;
  }
  if (!buffer.isDense() && split != dims.size() - buffer.getRowRank()) {
    problems.add(expected(number) + ": a row is the last " + std::to_string(dims.size() - split) +
                 " dims, found a row of " + std::to_string(buffer.getRowRank()));
    return;
  }
  layout.stride =
      buffer.isDense() ? rt::BufferType::getDenseRowStride(dims, dims.size() - split) : buffer.getRowStride();
  matchItems(number, shape.leading, dims.take_front(split));
  matchItems(number, shape.row, dims.drop_front(split));
}

void KernelBinding::matchItems(unsigned number, ArrayRef<ShapeItem> items, ArrayRef<rt::Dim> dims) {
  const auto *variadic = llvm::find_if(items, [](const ShapeItem &item) { return item.variadic; });
  bool varies = variadic != items.end();
  size_t fixed = items.size() - varies;
  if (varies ? dims.size() < fixed : dims.size() != fixed) {
    problems.add(expected(number) + ": other dims");
    return;
  }
  for (const ShapeItem &item : items) {
    if (item.variadic) {
      size_t taken = dims.size() - (items.end() - &item - 1);
      bindName(item.size.text, product(dims.take_front(taken)), label(number));
      dims = dims.drop_front(taken);
      continue;
    }
    rt::Dim dim = dims.front();
    dims = dims.drop_front();
    if (item.isName())
      bindName(item.size.text, product(dim), label(number));
    else if (item.size.kind == SizeExpression::constant || !solve(item.size, dim, label(number)))
      deferred.push_back({number, item.size, dim});
  }
}

/// The letters of an elementwise operand: what it repeats over follows from its dims.
void KernelBinding::matchRepeating(unsigned number) {
  ArrayRef<rt::Dim> dims = type(number).getDims();
  Kernel::Layout &layout = kernel.layouts[rules[number]->name];
  auto size = [&](const char *name) { return lookUp(name); };
  rt::ExtentAttr rows = size("rows"), groups = size("groups"), cols = size("cols"), one = product({});
  if (!rows || !groups || !cols)
    return; // the operand that says them is told already
  bool dense = type(number).isDense();
  unsigned rowRank = type(number).getRowRank();
  for (unsigned split = 0; split <= dims.size(); ++split) {
    if ((!dense && split != dims.size() - rowRank) || !same(product(dims.take_front(split)), rows))
      continue;
    ArrayRef<rt::Dim> row = dims.drop_front(split);
    rt::ExtentAttr ownCols = row.empty() ? one : product(row.back()),
                   ownGroups = row.empty() ? one : product(row.drop_back());
    bool sameCols = same(ownCols, cols), sameGroups = same(ownGroups, groups);
    bool oneCol = same(ownCols, one), oneGroup = same(ownGroups, one);
    if (!(sameCols && (sameGroups || oneGroup)) && !(oneCol && (sameGroups || oneGroup)))
      continue;
    layout.repeat = sameCols ? sameGroups ? Repeat::none : Repeat::groups : sameGroups ? Repeat::columns : Repeat::row;
    layout.stride = dense ? rt::BufferType::getDenseRowStride(dims, row.size()) : type(number).getRowStride();
    return;
  }
  if (dense && same(product(dims), one)) {
    layout.repeat = Repeat::all;
    return;
  }
  if (dense && same(product(dims), cols)) {
    layout.repeat = Repeat::rows;
    return;
  }
  problems.add(label(number) + " is " + text(type(number)) + ", which does not repeat over " + extentText(rows) +
               " rows of " + extentText(groups) + " x " + extentText(cols));
}

void KernelBinding::matchRuns(unsigned number) {
  const OperandRule &rule = *rules[number];
  Runs &runs = kernel.layouts[rule.name].runs;
  std::string at = rule.name + "_at", run = rule.name + "_run";
  int64_t count = kernel.size(rule.runs[0]), length = kernel.size(rule.runs[1]);
  std::string widthName = shapes[number].row.back().size.text;
  int64_t width = kernel.size(widthName);
  runs.whole = !kernel.hasAttribute(at) && !kernel.hasAttribute(run);
  runs.at = kernel.hasAttribute(at) ? kernel.integer(at) : 0;
  runs.run = kernel.hasAttribute(run) ? kernel.integer(run) : length;
  int64_t reach = 0;
  bool overflows = llvm::MulOverflow(count - 1, runs.run, reach) || llvm::AddOverflow(reach, runs.at + length, reach);
  std::string wanted = std::to_string(count) + " runs of " + std::to_string(length) + " columns";
  if (runs.whole && width != reach)
    problems.add(label(number) + " has rows of " + std::to_string(width) + " columns, expected " + wanted);
  else if (overflows || reach > width)
    problems.add("attributes '" + at + "' = " + std::to_string(runs.at) + " and '" + run +
                 "' = " + std::to_string(runs.run) + " place " + wanted + " outside rows of " + std::to_string(width) +
                 " of " + label(number));
}

//===--- Sizes ----------------------------------------------------------------------------------------------------===//

void KernelBinding::bindName(const std::string &name, rt::ExtentAttr size, const std::string &where) {
  auto [known, isNew] = kernel.sizes.try_emplace(name, size);
  if (isNew)
    boundBy[name] = where;
  else if (!same(known->second, size))
    problems.add(where + " has " + extentText(size) + " for " + name + ", expected " + extentText(known->second) +
                 " as in " + boundBy[name]);
}

/// Finds the one name of `factor * name + offset`, if it is not known yet. False if that is not what the size is.
bool KernelBinding::solve(const SizeExpression &size, rt::Dim dim, const std::string &where) {
  if (!dim.isConstant())
    return false;
  std::set<std::string> names;
  size.collectNames(names);
  if (names.size() != 1 || kernel.sizes.count(*names.begin()))
    return false;
  const std::string &unknown = *names.begin();
  auto at = [&](int64_t value) -> std::optional<int64_t> {
    rt::ExtentAttr result = evaluate(context, size, [&](const std::string &) { return product(rt::Dim(value)); });
    return result ? result.getConstant() : std::nullopt;
  };
  if (size.divides())
    return false;
  std::optional<int64_t> zero = at(0), one = at(1);
  if (!zero || !one || *one <= *zero)
    return false;
  int64_t factor = *one - *zero, rest = dim.value - *zero;
  if (rest < factor || rest % factor != 0) {
    problems.add(where + " has a dim of " + std::to_string(dim.value) + ", expected " + size.str());
    return true;
  }
  bindName(unknown, rt::ExtentAttr::get(context, {rt::Dim(rest / factor)}), where);
  return true;
}

void KernelBinding::checkDeferred() {
  for (const auto &[name, value] : kernel.constants)
    kernel.sizes.try_emplace(name, rt::ExtentAttr::get(context, {rt::Dim(value)}));
  for (const Deferred &item : deferred) {
    rt::ExtentAttr wanted = evaluate(context, item.size, [&](const std::string &name) { return lookUp(name); });
    if (!wanted || !same(wanted, product(item.dim)))
      problems.add(label(item.number) + " has a dim of " + extentText(product(item.dim)) + ", expected " +
                   item.size.str() +
                   (wanted && item.size.kind != SizeExpression::constant ? " = " + extentText(wanted) : ""));
  }
}

//===--- Kernel ---------------------------------------------------------------------------------------------------===//

std::optional<Kernel> Kernel::bind(const KernelKind &kind, DictionaryAttr attributes,
                                   ArrayRef<rt::OperandAttr> operands, SymbolDefinitions definitions,
                                   Problems &problems, const Level *level) {
  return KernelBinding(kind, attributes, operands, definitions, problems, level).run();
}

int64_t Kernel::size(StringRef name) const {
  auto known = constants.find(name.str());
  if (known == constants.end())
    llvm::report_fatal_error("kernel kind '" + llvm::Twine(declared->name) + "' asks for '" + name +
                             "', which is no constant size");
  return known->second;
}

bool Kernel::isConstant(StringRef name) const { return constants.count(name.str()); }

void Kernel::setSize(StringRef name, int64_t value) {
  constants[name.str()] = value;
  sizes[name.str()] = rt::ExtentAttr::get(context, {rt::Dim(value)});
}

void Kernel::limit(StringRef name, int64_t most, Problems &problems) const {
  if (isConstant(name) && size(name) > most)
    problems.add(name + " is " + std::to_string(size(name)) + ", but code is generated for at most " +
                 std::to_string(most));
}

void Kernel::expectMultiple(StringRef name, StringRef of, Problems &problems) const {
  if (size(name) % size(of) != 0)
    problems.add(name + " is " + std::to_string(size(name)) + ", expected a multiple of " + of + ", " +
                 std::to_string(size(of)));
}

void Kernel::expectAtMost(StringRef name, StringRef most, Problems &problems) const {
  if (size(name) > size(most))
    problems.add(name + " is " + std::to_string(size(name)) + ", expected at most " + most + " = " +
                 std::to_string(size(most)));
}

void Kernel::expectEqualStrides(StringRef a, StringRef b, Problems &problems) const {
  if (stride(a) != stride(b))
    problems.add("rows of '" + a + "' start every " + std::to_string(stride(a)) + " elements, but those of '" + b +
                 "' every " + std::to_string(stride(b)));
}

SmallVector<const ScalarRule *> Kernel::scalars() const {
  SmallVector<const ScalarRule *> present;
  for (const ScalarRule &rule : declared->scalars)
    if (!rule.ifDynamic || !isConstant(rule.size))
      present.push_back(&rule);
  return present;
}

static rt::ExtentAttr evaluateText(MLIRContext *context, const std::string &text,
                                   const std::map<std::string, rt::ExtentAttr> &sizes) {
  return evaluate(context, llvm::cantFail(SizeExpression::parse(text)), [&](const std::string &name) {
    auto known = sizes.find(name);
    return known == sizes.end() ? rt::ExtentAttr() : known->second;
  });
}

rt::ExtentAttr Kernel::scalarExtent(const ScalarRule &rule) const {
  return rule.size.empty() ? rt::ExtentAttr() : evaluateText(context, rule.size, sizes);
}

SmallVector<rt::ExtentAttr> Kernel::workgroups() const {
  return llvm::map_to_vector(declared->workgroups,
                             [&](const std::string &size) { return evaluateText(context, size, sizes); });
}

const OperandRule &Kernel::operandRule(unsigned number) const {
  for (const OperandRule &rule : declared->operands)
    if (auto known = operandNumbers.find(rule.name); known != operandNumbers.end() && known->second == number)
      return rule;
  llvm_unreachable("operands are numbered from 0");
}

std::string Kernel::key() const {
  std::string result;
  llvm::raw_string_ostream stream(result);
  for (const auto &[name, layout] : layouts)
    stream << name << ":" << operandNumbers.at(name) << " " << layout.element << " " << layout.stride << " "
           << layout.runs.at << " " << layout.runs.run << " " << layout.runs.whole << " " << int(layout.repeat) << "\n";
  for (const auto &[name, value] : constants)
    stream << name << "=" << value << "\n";
  for (const auto &[name, value] : attributes) {
    stream << name << "=";
    std::visit(
        [&](const auto &held) {
          using Held = std::decay_t<decltype(held)>;
          if constexpr (std::is_same_v<Held, std::vector<float>>)
            for (float number : held)
              stream << llvm::bit_cast<uint32_t>(number) << ",";
          else if constexpr (std::is_same_v<Held, double>)
            stream << llvm::bit_cast<uint64_t>(held);
          else
            stream << held;
        },
        value);
    stream << "\n";
  }
  return result;
}

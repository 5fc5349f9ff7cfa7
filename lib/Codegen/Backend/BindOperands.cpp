// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The operands of a kernel: which is which, and how the dims of each give sizes to the names of its shape.
#include "KernelBinding.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/MathExtras.h"

using namespace veomni;
using namespace veomni::codegen;
using namespace mlir;

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
  const int64_t elementBytes = rt::BufferType::getElementBytes(type(number).getElementType());
  if (type(number).getTile() != rt::Tile{shape.tileRows, shape.tileBytes / std::max<int64_t>(elementBytes, 1)})
    problems.add(expected(number) + (shape.tileRows ? ": tiles of " + std::to_string(shape.tileRows) + " rows and " +
                                                          std::to_string(shape.tileBytes) + " bytes"
                                                    : ": rows, not tiles"));
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

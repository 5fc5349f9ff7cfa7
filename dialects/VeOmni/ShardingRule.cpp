// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Factor rules: reading their text, checking it against the types of an op, and naming the factors of one op's dims.
#include "veomni/Dialect/VeOmni/ShardingRule.h"

#include "veomni/Dialect/VeOmni/VeOmni.h"

#include "mlir/IR/BuiltinTypes.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/CheckedArithmetic.h"

#include <map>
#include <optional>

using namespace mlir;
using namespace veomni;

template <typename... Parts> static llvm::Error error(const Parts &...parts) {
  return llvm::createStringError(llvm::inconvertibleErrorCode(), (llvm::Twine() + ... + llvm::Twine(parts)));
}

//===--- Text -----------------------------------------------------------------------------------------------------===//

/// `maxima` collects the letters that `^` follows.
static llvm::Error parseGroup(StringRef text, ShardingRule::Group &group, std::string &maxima) {
  group.text = text.str();
  StringRef rest = text;
  group.addedOnce = rest.consume_front("+");
  group.leading = rest.consume_front(".");
  std::string seen;
  while (!rest.empty()) {
    StringRef letters = rest.take_front();
    if (rest.consume_front("(")) {
      size_t length = rest.find(')');
      if (length == StringRef::npos || length < 2)
        return error("group '", text, "': expected two or more letters and ')' after '('");
      letters = rest.take_front(length);
      rest = rest.drop_front(length + 1);
    } else {
      rest = rest.drop_front();
    }
    for (char letter : letters) {
      if (!llvm::isAlpha(letter))
        return error("group '", text, "': unexpected '", StringRef(&letter, 1),
                     "', expected '+' and '.' at the beginning, letters, '(letters)' and '^' behind a letter");
      if (StringRef(seen).contains(letter))
        return error("group '", text, "': '", StringRef(&letter, 1), "' stands for two dims");
      seen += letter;
    }
    if (rest.consume_front("^")) {
      if (letters.size() != 1 || !llvm::isLower(letters.front()))
        return error("group '", text, "': expected one lower-case letter before '^'");
      maxima += letters;
    }
    group.dims.push_back(letters.str());
  }
  return llvm::Error::success();
}

/// Whether a dim of one of the groups has the letter.
static bool hasLetter(ArrayRef<ShardingRule::Group> groups, char letter) {
  return llvm::any_of(groups, [&](const ShardingRule::Group &group) {
    return llvm::any_of(group.dims, [&](StringRef dim) { return dim.contains(letter); });
  });
}

llvm::Expected<ShardingRule> ShardingRule::parse(StringRef text) {
  if (text.count("->") != 1)
    return error("expected operands, '->' and results");
  auto [operands, made] = text.split("->");
  auto [results, calleeFactors] = made.split(';');
  ShardingRule rule;
  auto parseAll = [&](StringRef groups, SmallVectorImpl<Group> &parsed) -> llvm::Error {
    for (StringRef group : llvm::split(groups, ","))
      if (llvm::Error problem = parseGroup(group, parsed.emplace_back(), rule.maxima_))
        return problem;
    return llvm::Error::success();
  };
  if (llvm::Error problem = parseAll(operands, rule.operands_))
    return problem;
  if (llvm::Error problem = parseAll(results, rule.results_))
    return problem;
  for (char letter : rule.maxima_)
    if (hasLetter(rule.results_, letter))
      return error("'", StringRef(&letter, 1), "^' is in a result: only what operands alone have is reduced");
  for (const Group &group : rule.results_)
    if (group.addedOnce)
      return error("group '", group.text, "': a result cannot be added once");
  rule.calleeFactors_ = calleeFactors.str();
  for (char letter : calleeFactors)
    if (!llvm::isLower(letter) || hasLetter(rule.operands_, letter) || hasLetter(rule.results_, letter) ||
        calleeFactors.count(letter) != 1)
      return error("'", StringRef(&letter, 1), "' behind ';' must be a lower-case letter that nothing else has");
  return rule;
}

//===--- Shapes ---------------------------------------------------------------------------------------------------===//

namespace {

/// A size and the first value it was seen in.
struct Size {
  int64_t size;
  std::string value;
};

/// What the letters of a rule stand for, as far as it is static.
class Sizes {
public:
  /// Ranks, single letters and leading dims.
  llvm::Error match(const ShardingRule::Group &group, ShardingRule::Shape shape, const std::string &value);
  /// Dims that are products; once all that is known of their factors is.
  llvm::Error matchProducts(const ShardingRule::Group &group, ShardingRule::Shape shape,
                            const std::string &value) const;

private:
  template <typename Key>
  llvm::Error unify(std::map<Key, Size> &sizes, Key key, const Twine &name, int64_t size, const std::string &value);

  std::map<char, Size> letters;
  std::optional<size_t> leadingRank;
  std::map<size_t, Size> leading;
};

template <typename Key>
llvm::Error Sizes::unify(std::map<Key, Size> &sizes, Key key, const Twine &name, int64_t size,
                         const std::string &value) {
  if (ShapedType::isDynamic(size))
    return llvm::Error::success();
  auto [known, isNew] = sizes.try_emplace(key, Size{size, value});
  if (isNew || known->second.size == size)
    return llvm::Error::success();
  return error(name, " is ", known->second.size, " in ", known->second.value, " and ", size, " in ", value);
}

llvm::Error Sizes::match(const ShardingRule::Group &group, ShardingRule::Shape shape, const std::string &value) {
  if (group.leading ? shape.size() < group.dims.size() : shape.size() != group.dims.size())
    return error(value, " has ", shape.size(), " dims, expected ", group.leading ? "at least " : "", group.dims.size(),
                 " for '", group.text, "'");
  ShardingRule::Shape front = shape.drop_back(group.dims.size());
  if (group.leading) {
    if (leadingRank.value_or(front.size()) != front.size())
      return error(value, " has ", front.size(), " leading dims, expected ", *leadingRank, " as before");
    leadingRank = front.size();
  }
  for (auto [index, size] : llvm::enumerate(front))
    if (llvm::Error problem = unify(leading, index, "leading dim " + Twine(index), size, value))
      return problem;
  for (auto [dim, size] : llvm::zip_equal(group.dims, shape.take_back(group.dims.size())))
    if (dim.size() == 1)
      if (llvm::Error problem = unify(letters, dim.front(), "'" + Twine(dim) + "'", size, value))
        return problem;
  return llvm::Error::success();
}

llvm::Error Sizes::matchProducts(const ShardingRule::Group &group, ShardingRule::Shape shape,
                                 const std::string &value) const {
  for (auto [dim, size] : llvm::zip_equal(group.dims, shape.take_back(group.dims.size()))) {
    if (dim.size() == 1 || ShapedType::isDynamic(size))
      continue;
    std::optional<int64_t> product = 1;
    bool complete = true;
    for (char letter : dim) {
      auto factor = letters.find(letter);
      if (factor == letters.end())
        complete = false;
      else if (product)
        product = llvm::checkedMul(*product, factor->second.size);
    }
    if (!product || (complete ? *product != size : *product == 0 || size % *product != 0))
      return error("'(", dim, ")' is ", size, " in ", value, ", expected ", complete ? "" : "a multiple of ",
                   product ? std::to_string(*product) : "more than fits");
  }
  return llvm::Error::success();
}

} // namespace

llvm::Error ShardingRule::check(ArrayRef<Shapes> operands, ArrayRef<Shape> results) const {
  if (operands.size() > operands_.size())
    return error("has groups for ", operands_.size(), " operands, found ", operands.size());
  if (results.size() != results_.size())
    return error("has groups for ", results_.size(), " results, found ", results.size());
  Sizes sizes;
  auto forAll = [&](auto match) -> llvm::Error {
    // Groups beyond the operands are those of optional ones that are absent.
    for (auto [index, values] : llvm::enumerate(operands))
      for (Shape shape : values)
        if (llvm::Error problem = match(operands_[index], shape, "operand " + std::to_string(index)))
          return problem;
    for (auto [index, shape] : llvm::enumerate(results))
      if (llvm::Error problem = match(results_[index], shape, "result " + std::to_string(index)))
        return problem;
    return llvm::Error::success();
  };
  if (llvm::Error problem = forAll([&](const auto &...arguments) { return sizes.match(arguments...); }))
    return problem;
  return forAll([&](const auto &...arguments) { return sizes.matchProducts(arguments...); });
}

//===--- Ops ------------------------------------------------------------------------------------------------------===//

LogicalResult veomni::detail::verifyShardingRule(Operation *op, StringRef text, ArrayRef<unsigned> segments) {
  auto fail = [&](llvm::Error problem) {
    return op->emitOpError() << "does not fit its sharding rule \"" << text
                             << "\": " << llvm::toString(std::move(problem));
  };
  llvm::Expected<ShardingRule> rule = ShardingRule::parse(text);
  if (!rule)
    return fail(rule.takeError());
  // Flags and numbers have no dims.
  auto shapeOf = [](Value value) {
    auto type = dyn_cast<RankedTensorType>(value.getType());
    return type ? type.getShape() : ShardingRule::Shape();
  };
  SmallVector<ShardingRule::Shapes> operands;
  unsigned begin = 0;
  for (unsigned length : segments) {
    operands.push_back(llvm::map_to_vector<1>(op->getOperands().slice(begin, length), shapeOf));
    begin += length;
  }
  SmallVector<ShardingRule::Shape> results = llvm::map_to_vector(op->getResults(), shapeOf);
  if (llvm::Error problem = rule->check(operands, results))
    return fail(std::move(problem));
  return success();
}

StringRef veomni::stringify(FactorKind kind) {
  switch (kind) {
  case FactorKind::PassThrough:
    return "pass-through";
  case FactorKind::Sum:
    return "sum";
  case FactorKind::Max:
    return "max";
  case FactorKind::Whole:
    return "whole";
  case FactorKind::Made:
    return "made";
  }
  llvm_unreachable("all kinds are handled");
}

namespace {

/// Collects the factors of one op while it walks the dims of its values.
class RuleOfOp {
public:
  explicit RuleOfOp(const ShardingRule &text) : text(text) {}

  /// The factors of a value's dims.
  FactorRule::Dims dimsOf(const ShardingRule::Group &group, Value value);
  unsigned factor(const std::string &name, FactorKind kind, int64_t size);
  FactorKind kindOf(char letter) const;

  FactorRule rule;

private:
  const ShardingRule &text;
  std::map<std::string, unsigned> numbers;
};

FactorKind RuleOfOp::kindOf(char letter) const {
  bool inOperands = hasLetter(text.operands(), letter), inResults = hasLetter(text.results(), letter);
  if (inOperands && llvm::isUpper(letter))
    return FactorKind::Whole;
  if (inOperands && inResults)
    return FactorKind::PassThrough;
  if (inResults)
    return FactorKind::Made;
  return text.maxima().contains(letter) ? FactorKind::Max : FactorKind::Sum;
}

unsigned RuleOfOp::factor(const std::string &name, FactorKind kind, int64_t size) {
  auto [number, isNew] = numbers.try_emplace(name, rule.factors.size());
  if (isNew)
    rule.factors.push_back({name, kind, ShapedType::kDynamic});
  FactorRule::Factor &factor = rule.factors[number->second];
  if (ShapedType::isDynamic(factor.size))
    factor.size = size;
  return number->second;
}

FactorRule::Dims RuleOfOp::dimsOf(const ShardingRule::Group &group, Value value) {
  FactorRule::Dims dims;
  auto type = dyn_cast<RankedTensorType>(value.getType());
  if (!type)
    return dims;
  ArrayRef<int64_t> shape = type.getShape(), front = shape.drop_back(group.dims.size());
  // Leading dims that operands alone have are summed over.
  bool leadsResults = llvm::any_of(text.results(), [](const ShardingRule::Group &result) { return result.leading; });
  for (auto [index, size] : llvm::enumerate(front))
    dims.push_back(
        {factor("." + std::to_string(index), leadsResults ? FactorKind::PassThrough : FactorKind::Sum, size)});
  for (auto [letters, size] : llvm::zip_equal(group.dims, shape.take_back(group.dims.size()))) {
    FactorRule::Dim &dim = dims.emplace_back();
    for (char letter : letters)
      dim.push_back(factor(std::string(1, letter), kindOf(letter), letters.size() == 1 ? size : ShapedType::kDynamic));
  }
  return dims;
}

} // namespace

/// Sizes of factors that only products have, where all others of the product are known.
static void completeSizes(FactorRule &rule, Operation *op) {
  auto complete = [&](const FactorRule::Dims &dims, Value value) {
    for (auto [index, dim] : llvm::enumerate(dims)) {
      int64_t rest = cast<RankedTensorType>(value.getType()).getDimSize(index);
      if (dim.size() < 2 || ShapedType::isDynamic(rest))
        continue;
      FactorRule::Factor *unknown = nullptr;
      bool several = false;
      for (unsigned number : dim) {
        FactorRule::Factor &factor = rule.factors[number];
        if (ShapedType::isDynamic(factor.size))
          several |= unknown != nullptr, unknown = &factor;
        else if (factor.size != 0)
          rest /= factor.size;
      }
      if (unknown && !several)
        unknown->size = rest;
    }
  };
  for (auto [dims, value] : llvm::zip_equal(rule.operands, op->getOperands()))
    complete(dims, value);
  for (auto [dims, value] : llvm::zip_equal(rule.results, op->getResults()))
    complete(dims, value);
}

FailureOr<FactorRule> FactorRule::of(Operation *op) {
  auto ruled = dyn_cast<ShardingRuleOpInterface>(op);
  if (!ruled)
    return failure();
  llvm::Expected<ShardingRule> text = ShardingRule::parse(ruled.getShardingRule());
  if (!text) {
    llvm::consumeError(text.takeError());
    return failure();
  }
  RuleOfOp collected(*text);
  FactorRule &rule = collected.rule;
  rule.addedOnce.resize(op->getNumOperands());
  unsigned value = 0;
  for (auto [index, length] : llvm::enumerate(ruled.getOperandSegments()))
    for (unsigned end = value + length; value < end; ++value) {
      rule.operands.push_back(collected.dimsOf(text->operands()[index], op->getOperand(value)));
      rule.addedOnce[value] = text->operands()[index].addedOnce;
    }
  for (auto [group, result] : llvm::zip_equal(text->results(), op->getResults()))
    rule.results.push_back(collected.dimsOf(group, result));
  for (const CalleeFactor &callee : ruled.getCalleeFactors()) {
    assert(text->calleeFactors().contains(callee.letter) &&
           "the text of a rule has every factor of the callee behind ';'");
    rule.parameters.push_back(
        {collected.factor(std::string(1, callee.letter), FactorKind::Sum, callee.size), callee.parameter, callee.dim});
  }
  completeSizes(rule, op);
  return rule;
}

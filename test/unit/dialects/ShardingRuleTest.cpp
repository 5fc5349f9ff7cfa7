// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Factor rules: their text, and what does not fit the shapes.
#include "veomni/Dialect/VeOmni/ShardingRule.h"
#include "veomni/Dialect/VeOmni/VeOmni.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/IR/Verifier.h"
#include "mlir/Parser/Parser.h"

#include <gtest/gtest.h>
#include <set>
#include <vector>

using namespace veomni;

namespace {

constexpr int64_t dynamic = mlir::ShapedType::kDynamic;
constexpr const char *kSyntax = "expected '+' and '.' at the beginning, letters, '(letters)' and '^' behind a letter";
using Shape = std::vector<int64_t>;

/// What is wrong with the text, or else with the shapes; empty if nothing is.
std::string problem(llvm::StringRef text, const std::vector<std::vector<Shape>> &operands = {},
                    const std::vector<Shape> &results = {}) {
  llvm::Expected<ShardingRule> rule = ShardingRule::parse(text);
  if (!rule)
    return llvm::toString(rule.takeError());
  if (operands.empty())
    return "";
  std::vector<ShardingRule::Shapes> given;
  for (const std::vector<Shape> &values : operands)
    given.emplace_back(values.begin(), values.end());
  std::vector<ShardingRule::Shape> made(results.begin(), results.end());
  return llvm::toString(rule->check(given, made));
}

TEST(ShardingRule, ReadsGroups) {
  llvm::Expected<ShardingRule> rule = ShardingRule::parse(".(gr)D,,bT->.,x");
  ASSERT_TRUE(static_cast<bool>(rule)) << llvm::toString(rule.takeError());
  ASSERT_EQ(rule->operands().size(), 3u);
  ASSERT_EQ(rule->results().size(), 2u);
  EXPECT_TRUE(rule->operands()[0].leading);
  EXPECT_EQ(rule->operands()[0].dims, (llvm::SmallVector<std::string, 4>{"gr", "D"}));
  EXPECT_FALSE(rule->operands()[1].leading);
  EXPECT_TRUE(rule->operands()[1].dims.empty());
  EXPECT_EQ(rule->operands()[2].dims, (llvm::SmallVector<std::string, 4>{"b", "T"}));
  EXPECT_TRUE(rule->results()[0].leading);
  EXPECT_TRUE(rule->results()[0].dims.empty());
  EXPECT_EQ(rule->results()[1].text, "x");
}

TEST(ShardingRule, RefusesOtherText) {
  EXPECT_EQ(problem(""), "expected operands, '->' and results");
  EXPECT_EQ(problem("a->b->c"), "expected operands, '->' and results");
  EXPECT_EQ(problem("a, b->c"), std::string("group ' b': unexpected ' ', ") + kSyntax);
  EXPECT_EQ(problem("a.->b"), std::string("group 'a.': unexpected '.', ") + kSyntax);
  EXPECT_EQ(problem("a->b)"), std::string("group 'b)': unexpected ')', ") + kSyntax);
  for (const char *group : {"(ab", "()", "(a)", "("})
    EXPECT_EQ(problem(std::string(group) + "->a"),
              "group '" + std::string(group) + "': expected two or more letters and ')' after '('");
  EXPECT_EQ(problem("ab->bcb"), "group 'bcb': 'b' stands for two dims");
  EXPECT_EQ(problem("a(ba)->b"), "group 'a(ba)': 'a' stands for two dims");
  EXPECT_EQ(problem(".+a->b"), std::string("group '.+a': unexpected '+', ") + kSyntax);
  EXPECT_EQ(problem("K^->a"), "group 'K^': expected one lower-case letter before '^'");
  EXPECT_EQ(problem("(ab)^->a"), "group '(ab)^': expected one lower-case letter before '^'");
  EXPECT_EQ(problem("ab^->b"), "'b^' is in a result: only what operands alone have is reduced");
  EXPECT_EQ(problem("a->+a"), "group '+a': a result cannot be added once");
  EXPECT_EQ(problem("a->a;a"), "'a' behind ';' must be a lower-case letter that nothing else has");
  EXPECT_EQ(problem("a->a;E"), "'E' behind ';' must be a lower-case letter that nothing else has");
  EXPECT_EQ(problem("a->a;ee"), "'e' behind ';' must be a lower-case letter that nothing else has");
}

TEST(ShardingRule, TakesWhatFits) {
  EXPECT_EQ(problem(".k,nk,n->.n", {{{dynamic, dynamic, 64}}, {{80, 64}}, {{80}}}, {{dynamic, dynamic, 80}}), "");
  EXPECT_EQ(problem(".k,nk,n->.n", {{{64}}, {{80, 64}}}, {{80}}), "") << "no bias, no leading dims";
  EXPECT_EQ(problem(".k,n,nk->.n", {{{64}}, {}, {{80, 64}}}, {{80}}), "") << "absent in between";
  EXPECT_EQ(problem("BSE,BS->", {{{dynamic, 3, 8}, {2, dynamic, 8}}, {{2, 3}}}, {{}}), "") << "variadic";
  EXPECT_EQ(problem("S(gr)D,TgD->S(gr)D", {{{dynamic, 6, 20}}, {{dynamic, 2, 20}}}, {{dynamic, 6, 20}}), "");
  EXPECT_EQ(problem(".hd->.(hd)", {{{5, 4, 20}}}, {{5, 80}}), "");
  EXPECT_EQ(problem(".hd->.(hd)", {{{5, dynamic, 20}}}, {{5, 80}}), "");
}

TEST(ShardingRule, NamesWhatDoesNotFit) {
  EXPECT_EQ(problem("a->b", {{{1}}, {{1}}}, {{1}}), "has groups for 1 operands, found 2");
  EXPECT_EQ(problem("a->b", {{{1}}}, {{1}, {1}}), "has groups for 1 results, found 2");
  EXPECT_EQ(problem("ab->a", {{{1}}}, {{1}}), "operand 0 has 1 dims, expected 2 for 'ab'");
  EXPECT_EQ(problem(".ab->.a", {{{1}}}, {{1}}), "operand 0 has 1 dims, expected at least 2 for '.ab'");
  EXPECT_EQ(problem(".a->.b", {{{1, 2, 3}}}, {{1, 3}}), "result 0 has 1 leading dims, expected 2 as before");
  EXPECT_EQ(problem(".a->.b", {{{1, 2, 3}}}, {{1, 4, 3}}), "leading dim 1 is 2 in operand 0 and 4 in result 0");
  EXPECT_EQ(problem(".k,nk->.n", {{{dynamic, 64}}, {{80, 65}}}, {{dynamic, 80}}),
            "'k' is 64 in operand 0 and 65 in operand 1");
  EXPECT_EQ(problem("ab->a", {{{1, 2}, {1, 3}}}, {{1}}), "'b' is 2 in operand 0 and 3 in operand 0");
  EXPECT_EQ(problem(".hd->.(hd)", {{{4, 20}}}, {{81}}), "'(hd)' is 81 in result 0, expected 80");
  EXPECT_EQ(problem("(gr)D,gD->(gr)D", {{{5, 20}}, {{2, 20}}}, {{5, 20}}),
            "'(gr)' is 5 in operand 0, expected a multiple of 2");
  EXPECT_EQ(problem("hd->(hd)", {{{int64_t{1} << 40, int64_t{1} << 40}}}, {{4}}),
            "'(hd)' is 4 in result 0, expected more than fits");
}

/// One line for each factor of the last op with a rule in `@f`, then the factors of each value's dims.
std::string factorsOf(llvm::StringRef body) {
  mlir::MLIRContext context;
  context.loadDialect<VeOmniDialect, mlir::func::FuncDialect>();
  mlir::OwningOpRef<mlir::ModuleOp> module = mlir::parseSourceString<mlir::ModuleOp>(body, &context);
  if (!module)
    return "does not parse";
  mlir::Operation *op = nullptr;
  module->lookupSymbol<mlir::func::FuncOp>("f").walk([&](ShardingRuleOpInterface ruled) { op = ruled; });
  mlir::FailureOr<FactorRule> rule = FactorRule::of(op);
  if (mlir::failed(rule))
    return "has no rule";
  std::string text;
  for (const FactorRule::Factor &factor : rule->factors)
    text += factor.name + " " + stringify(factor.kind).str() +
            (mlir::ShapedType::isDynamic(factor.size) ? std::string() : " " + std::to_string(factor.size)) + "\n";
  auto addDims = [&](const FactorRule::Dims &dims) {
    text += "[";
    for (const FactorRule::Dim &dim : dims) {
      text += &dim == dims.begin() ? "" : ", ";
      for (unsigned factor : dim)
        text += rule->factors[factor].name;
    }
    text += "]";
  };
  for (auto [index, dims] : llvm::enumerate(rule->operands)) {
    text += rule->addedOnce[index] ? "+" : "";
    addDims(dims);
  }
  text += "->";
  for (const FactorRule::Dims &dims : rule->results)
    addDims(dims);
  for (const FactorRule::ParameterDim &parameter : rule->parameters)
    text +=
        " " + parameter.parameter + "[" + std::to_string(parameter.dim) + "]=" + rule->factors[parameter.factor].name;
  return text;
}

TEST(FactorRule, NamesTheFactorsOfAnOp) {
  EXPECT_EQ(
      factorsOf(R"(func.func @f(%x: tensor<?x?x8xf32>, %w: tensor<6x8xf32>, %b: tensor<6xf32>) -> tensor<?x?x6xf32> {
      %y = veomni.linear %x, %w bias %b : (tensor<?x?x8xf32>, tensor<6x8xf32>, tensor<6xf32>) -> tensor<?x?x6xf32>
      return %y : tensor<?x?x6xf32>
    })"),
      ".0 pass-through\n.1 pass-through\nk sum 8\nn pass-through 6\n[.0, .1, k][n, k]+[n]->[.0, .1, n]");
  EXPECT_EQ(factorsOf(R"(func.func @f(%q: tensor<?x?x6x4xf32>, %k: tensor<?x?x2x4xf32>) -> tensor<?x?x6x?xf32> {
      %y = veomni.attention_scores %q, %k : tensor<?x?x6x4xf32>, tensor<?x?x2x4xf32> -> tensor<?x?x6x?xf32>
      return %y : tensor<?x?x6x?xf32>
    })"),
            "b pass-through\ns pass-through\ng pass-through 2\nr pass-through 3\nd sum 4\nt pass-through\n"
            "[b, s, gr, d][b, t, g, d]->[b, s, gr, t]")
      << "the size of r follows from those of its product and of g";
  for (auto [kind, factor] : {std::pair("sum", "k sum 8"), {"max", "k max 8"}, {"mean", "K whole 8"}})
    EXPECT_EQ(factorsOf(std::string("func.func @f(%x: tensor<?x8xf32>) -> tensor<?x1xf32> { %y = veomni.reduce ") +
                        kind + " %x : tensor<?x8xf32> -> tensor<?x1xf32> return %y : tensor<?x1xf32> }"),
              std::string(".0 pass-through\n") + factor + "\nO made 1\n[.0, " + factor[0] + "]->[.0, O]");
}

TEST(FactorRule, FindsTheExpertsOfALoopInItsCallee) {
  EXPECT_EQ(factorsOf(R"(
    func.func private @expert(%x: tensor<?x8xf32>, %e: index) -> tensor<?x8xf32> {
      %w = veomni.param "w" : tensor<4x8x8xf32>
      %we = veomni.select_expert %w, %e : tensor<4x8x8xf32> -> tensor<8x8xf32>
      %y = veomni.linear %x, %we : (tensor<?x8xf32>, tensor<8x8xf32>) -> tensor<?x8xf32>
      return %y : tensor<?x8xf32>
    }
    func.func @f(%x: tensor<?x8xf32>, %i: tensor<?x2xi32>, %w: tensor<?x2xf32>) -> tensor<?x8xf32> {
      %y = veomni.experts_loop @expert (%x, %i, %w) {num_experts = 4 : i64}
          : tensor<?x8xf32>, tensor<?x2xi32>, tensor<?x2xf32> -> tensor<?x8xf32>
      return %y : tensor<?x8xf32>
    })"),
            ".0 pass-through\nH whole 8\nK whole 2\ne sum 4\n[.0, H][.0, K][.0, K]->[.0, H] w[0]=e");
}

/// An op whose rule is wrong, as only its author could make it: the verifiers of the dialect's own ops are at least as
/// strict.
class WrongOp : public mlir::Op<WrongOp, mlir::OpTrait::ZeroRegions, mlir::OpTrait::ZeroResults,
                                mlir::OpTrait::OneOperand, ShardingRuleOpInterface::Trait> {
public:
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(WrongOp)
  using Op::Op;
  static llvm::StringRef getOperationName() { return "wrong.op"; }
  static llvm::ArrayRef<llvm::StringRef> getAttributeNames() { return {}; }
  llvm::StringRef getShardingRule() { return "ab->"; }
  std::pair<unsigned, unsigned> getODSOperandIndexAndLength(unsigned index) { return {index, 1}; }
};

class WrongDialect : public mlir::Dialect {
public:
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(WrongDialect)
  explicit WrongDialect(mlir::MLIRContext *context) : Dialect("wrong", context, mlir::TypeID::get<WrongDialect>()) {
    addOperations<WrongOp>();
  }
  static llvm::StringRef getDialectNamespace() { return "wrong"; }
};

TEST(ShardingRule, IsCheckedByTheVerifier) {
  mlir::MLIRContext context;
  context.loadDialect<VeOmniDialect, WrongDialect>();
  std::string message;
  context.getDiagEngine().registerHandler([&](mlir::Diagnostic &diagnostic) { message = diagnostic.str(); });
  mlir::OpBuilder builder(&context);
  mlir::Location loc = builder.getUnknownLoc();
  mlir::OwningOpRef<mlir::ModuleOp> module = mlir::ModuleOp::create(loc);
  builder.setInsertionPointToEnd(module->getBody());
  mlir::Value tensor = ParamOp::create(builder, loc, mlir::RankedTensorType::get({3}, builder.getF32Type()), "p");
  mlir::OperationState state(loc, WrongOp::getOperationName(), tensor, mlir::TypeRange());
  builder.create(state);
  EXPECT_TRUE(mlir::failed(mlir::verify(*module)));
  EXPECT_EQ(message, "'wrong.op' op does not fit its sharding rule \"ab->\": has groups for 1 results, found 0");
}

TEST(ShardingRule, EveryOpThatComputesHasOne) {
  mlir::MLIRContext context;
  context.loadDialect<VeOmniDialect>();
  const std::set<std::string> structure = {"veomni.call", "veomni.concat_params", "veomni.input_given", "veomni.param",
                                           "veomni.weight"};
  // Not by `getRegisteredOperationsByDialect`, which finds none where another dialect's name begins alike.
  unsigned count = 0;
  for (mlir::RegisteredOperationName op : context.getRegisteredOperations()) {
    if (op.getDialectNamespace() != VeOmniDialect::getDialectNamespace())
      continue;
    ++count;
    // What moves data between ranks is what becomes of rules.
    const bool has = op.hasInterface<ShardingRuleOpInterface>(),
               moves = op.hasInterface<CollectiveOpInterface>() ||
                       op.getStringRef() == ExpertDispatchOp::getOperationName();
    EXPECT_EQ(has, !moves && !structure.contains(op.getStringRef().str())) << op.getStringRef().str();
  }
  EXPECT_GT(count, 60u);
}

} // namespace

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Executes the factor rule of every op: runs an example whole and in two parts along every factor that may be split, on
// the CPU kernels, and compares. A rule that only fits the types of its op would pass every verifier and shard a model
// into other numbers. Ops are found in the dialect, so that a new one without an example fails here.
#include "Execute.h"
#include "Split.h"

#include "veomni/Pipelines/Register.h"

#include "mlir/IR/Verifier.h"
#include "mlir/Parser/Parser.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/SourceMgr.h"

#include <cmath>
#include <cstdio>
#include <gtest/gtest.h>
#include <set>

using namespace veomni;
using namespace veomni::test;

namespace {

/// Rounding differs where sums are split; everything else is equal.
constexpr double kTolerance = 1e-5;

struct Example {
  mlir::OwningOpRef<mlir::ModuleOp> module;
  mlir::func::FuncOp entry;
  mlir::Operation *op = nullptr;
  std::string name;
};

double largest(const Data &data) {
  double most = 0;
  for (double value : data.values)
    most = std::max(most, std::abs(value));
  return most;
}

/// The greatest difference, as a part of the greatest number.
double difference(const Data &found, const Data &expected) {
  if (found.shape != expected.shape)
    return std::numeric_limits<double>::infinity();
  double most = 0;
  for (auto [a, b] : llvm::zip_equal(found.values, expected.values))
    most = std::isnan(a - b) ? std::numeric_limits<double>::infinity() : std::max(most, std::abs(a - b));
  return most / std::max(largest(expected), 1e-30);
}

class Rules : public testing::Test {
protected:
  Rules() {
    mlir::DialectRegistry registry;
    registerAllDialects(registry, builtinKernels());
    context.appendDialectRegistry(registry);
    context.loadAllAvailableDialects();
  }

  std::vector<Example> examples();
  /// "" where the parts make the whole, else what does not.
  std::string runFactor(Example &example, const FactorRule &rule, unsigned factor, llvm::ArrayRef<std::string> kernels);

  /// "" where these kernels compute what those that are chosen by themselves do.
  static std::string compareWith(Example &example, llvm::ArrayRef<std::string> kernels);

  mlir::MLIRContext context;
  /// (op, rule, factor) -> whether some example ran it.
  std::map<std::string, bool> executed;
};

std::vector<Example> Rules::examples() {
  std::vector<Example> found;
  auto buffer = llvm::MemoryBuffer::getFile(VEOMNI_RULE_EXAMPLES);
  if (!buffer)
    return found;
  llvm::SmallVector<llvm::StringRef> sources;
  (*buffer)->getBuffer().split(sources, "// -----");
  for (llvm::StringRef source : sources) {
    Example example;
    example.module = mlir::parseSourceString<mlir::ModuleOp>(source, &context);
    if (!example.module) {
      ADD_FAILURE() << "an example does not parse:\n" << source.str();
      continue;
    }
    for (auto function : example.module->getOps<mlir::func::FuncOp>())
      if (function.isPublic())
        example.entry = function;
    example.name = example.entry.getSymName().str();
    llvm::StringRef opName = llvm::StringRef(example.name).split(' ').first;
    example.module->walk([&](mlir::Operation *op) {
      if (op->getName().getStringRef() == opName && !example.op)
        example.op = op;
    });
    EXPECT_TRUE(example.op) << example.name;
    // The entry is found by its name when it is lowered, whatever that is.
    found.push_back(std::move(example));
  }
  return found;
}

std::string Rules::runFactor(Example &example, const FactorRule &rule, unsigned factor,
                             llvm::ArrayRef<std::string> kernels) {
  constexpr int64_t parts = 2;
  llvm::Expected<Split> split = followFactor(example.op, factor, parts);
  if (!split)
    return "cannot be followed: " + llvm::toString(split.takeError());
  mlir::IRMapping mapping;
  mlir::OwningOpRef<mlir::ModuleOp> copy(mlir::cast<mlir::ModuleOp>(example.module->getOperation()->clone(mapping)));
  narrow(*copy, mapping, *split);
  if (mlir::failed(mlir::verify(*copy)))
    return "a part does not verify";
  mlir::func::FuncOp entry = copy->lookupSymbol<mlir::func::FuncOp>(example.entry.getSymName());

  NamedData data = makeData(*example.module, example.entry);
  llvm::Expected<std::vector<Data>> whole = execute(*example.module, example.entry, data, kernels);
  if (!whole)
    return "the whole does not run: " + llvm::toString(whole.takeError());
  std::vector<std::vector<Data>> results;
  for (int64_t part = 0; part < parts; ++part) {
    llvm::Expected<std::vector<Data>> result =
        execute(*copy, entry, partOf(data, example.entry, *split, part), kernels);
    if (!result)
      return "part " + std::to_string(part) + " does not run: " + llvm::toString(result.takeError());
    results.push_back(std::move(*result));
  }
  std::string problems;
  mlir::Operation *ret = example.entry.getBody().front().getTerminator();
  for (auto [index, kind] : llvm::enumerate(split->results)) {
    std::vector<Data> of;
    for (const std::vector<Data> &part : results)
      of.push_back(part[index]);
    Data joined = of.front();
    if (kind == FactorKind::PassThrough)
      joined = joinParts(of, split->values.lookup(ret->getOperand(index)));
    else if (kind == FactorKind::Sum || kind == FactorKind::Max)
      for (const Data &other : llvm::ArrayRef(of).drop_front())
        for (auto [a, b] : llvm::zip_equal(joined.values, other.values))
          a = kind == FactorKind::Sum ? a + b : std::max(a, b);
    if (double error = difference(joined, (*whole)[index]); !(error < kTolerance))
      problems += "result " + std::to_string(index) + " (" + stringify(kind).str() + ") is off by " +
                  std::to_string(error) + "; ";
  }
  return problems;
}

std::string Rules::compareWith(Example &example, llvm::ArrayRef<std::string> kernels) {
  NamedData data = makeData(*example.module, example.entry);
  llvm::Expected<std::vector<Data>> expected = execute(*example.module, example.entry, data);
  if (!expected)
    return llvm::toString(expected.takeError());
  llvm::Expected<std::vector<Data>> found = execute(*example.module, example.entry, data, kernels);
  if (!found)
    return llvm::toString(found.takeError());
  for (auto [a, b] : llvm::zip_equal(*found, *expected))
    if (double error = difference(a, b); !(error < kTolerance))
      return "is off by " + std::to_string(error);
  return "";
}

TEST_F(Rules, GiveTheWholeOutOfTheParts) {
  std::set<std::string> seen;
  std::vector<Example> found = examples();
  for (Example &example : found) {
    if (!example.op)
      continue;
    std::string opName = example.op->getName().getStringRef().str();
    seen.insert(opName);
    mlir::FailureOr<FactorRule> rule = FactorRule::of(example.op);
    ASSERT_TRUE(mlir::succeeded(rule)) << example.name;
    std::string text = mlir::cast<ShardingRuleOpInterface>(example.op).getShardingRule().str();
    std::printf("%-34s %s\n", example.name.c_str(), text.c_str());
    std::vector<std::vector<std::string>> bindings{{}};
    if (mlir::isa<ExpertsLoopOp>(example.op))
      bindings.push_back({"moe_experts=eager"});
    if (mlir::isa<AttentionOp>(example.op))
      bindings.push_back({"attention=eager"});
    for (llvm::ArrayRef<std::string> kernels : llvm::ArrayRef(bindings).drop_front())
      EXPECT_EQ(compareWith(example, kernels), "") << example.name << " with " << kernels.front();
    for (auto [number, factor] : llvm::enumerate(rule->factors)) {
      std::string line = "  " + factor.name + ": " + stringify(factor.kind).str();
      if (factor.kind != FactorKind::Whole && factor.kind != FactorKind::Made) {
        bool &ran = executed[opName + " " + text + " " + factor.name];
        for (llvm::ArrayRef<std::string> kernels : bindings) {
          std::string problem = runFactor(example, *rule, number, kernels);
          bool followed = !llvm::StringRef(problem).starts_with("cannot be followed");
          ran |= followed;
          line += problem.empty() ? ", runs" : ", " + problem;
          EXPECT_TRUE(problem.empty() || !followed) << example.name << ", factor " << factor.name << ": " << problem;
        }
      }
      std::printf("%s\n", line.c_str());
    }
  }
  for (const auto &[factor, ran] : executed)
    EXPECT_TRUE(ran) << factor << " is run by no example";
  // Not by `getRegisteredOperationsByDialect`, which finds none where another dialect's name begins alike.
  for (mlir::RegisteredOperationName op : context.getRegisteredOperations())
    if (op.getDialectNamespace() == VeOmniDialect::getDialectNamespace() && op.hasInterface<ShardingRuleOpInterface>())
      EXPECT_TRUE(seen.contains(op.getStringRef().str()))
          << op.getStringRef().str() << " has no example in examples.mlir";
}

} // namespace

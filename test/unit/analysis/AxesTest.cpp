// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The extents that the analysis of axes finds, and what it refuses.
#include "veomni/Analysis/Axes.h"

#include "mlir/IR/MLIRContext.h"
#include "mlir/IR/Verifier.h"
#include "mlir/Parser/Parser.h"

#include <gtest/gtest.h>
#include <limits>

using namespace veomni;

namespace {

class Extents : public testing::Test {
protected:
  AxisExtent axis(llvm::StringRef name) { return AxisExtent(mlir::StringAttr::get(&context, name)); }

  mlir::MLIRContext context;
};

TEST_F(Extents, HaveOneFormForEqualSizes) {
  AxisExtent batch = axis("batch"), seq = axis("seq"), two(2);
  EXPECT_EQ(batch * seq * two, two * seq * batch);
  EXPECT_EQ((batch + seq) * two, two * batch + seq * two);
  EXPECT_EQ((batch + AxisExtent(1)) * (batch + AxisExtent(-1)), batch * batch + AxisExtent(-1));
  EXPECT_NE(batch * seq, batch * batch);
  EXPECT_NE(batch, two * batch);
  EXPECT_EQ((batch * seq * two).str(), "batch * seq * 2");
  EXPECT_EQ((seq + axis("past") + AxisExtent(3)).str(), "past + seq + 3");
  EXPECT_EQ((batch * AxisExtent(0)).str(), "0");
}

TEST_F(Extents, TellWhetherTheyAreASizeOrAnAxis) {
  AxisExtent batch = axis("batch");
  EXPECT_EQ(AxisExtent(7).constant(), 7);
  EXPECT_EQ(AxisExtent().constant(), 0);
  EXPECT_EQ(batch.constant(), std::nullopt);
  EXPECT_EQ((batch + AxisExtent(1)).constant(), std::nullopt);
  EXPECT_EQ(batch.axis().getValue(), "batch");
  EXPECT_FALSE((batch * AxisExtent(2)).axis());
  EXPECT_FALSE((batch * batch).axis());
  EXPECT_FALSE(AxisExtent(7).axis());
}

TEST_F(Extents, ThatOverflowEqualNothing) {
  AxisExtent huge(std::numeric_limits<int64_t>::max());
  AxisExtent product = huge * axis("batch") * AxisExtent(2);
  EXPECT_FALSE(product.valid());
  EXPECT_NE(product, product);
  EXPECT_EQ(product.str(), "more than fits");
  EXPECT_FALSE((huge + huge).valid());
  EXPECT_EQ((huge + huge).constant(), std::nullopt);
}

TEST_F(Extents, AreRewrittenInOtherAxes) {
  AxisExtent routes = axis("tokens") * AxisExtent(2) + AxisExtent(1);
  EXPECT_EQ(routes.substitute([&](mlir::StringAttr) { return axis("batch") * axis("seq"); }).str(),
            "batch * seq * 2 + 1");
}

/// The extents of the results of `@f`, and what it calls the dims that its ops make; else the first diagnostic.
std::string axesOf(llvm::StringRef source) {
  mlir::MLIRContext context;
  context.loadDialect<VeOmniDialect, mlir::func::FuncDialect>();
  std::string message;
  context.getDiagEngine().registerHandler([&](mlir::Diagnostic &diagnostic) {
    if (message.empty())
      message = diagnostic.str();
  });
  mlir::OwningOpRef<mlir::ModuleOp> module = mlir::parseSourceString<mlir::ModuleOp>(source, &context);
  if (!module)
    return message;
  ModuleAxes axes;
  mlir::FailureOr<const FunctionAxes *> found = axes.of(module->lookupSymbol<mlir::func::FuncOp>("f"));
  if (mlir::failed(found))
    return message;
  std::string text;
  for (llvm::ArrayRef<AxisExtent> result : (*found)->results()) {
    text += text.empty() ? "[" : " [";
    for (const AxisExtent &extent : result)
      text += (&extent == result.begin() ? "" : ", ") + extent.str();
    text += "]";
  }
  for (const MadeAxis &made : (*found)->made())
    text += "; " + made.name + " = " + made.extent.str();
  return text;
}

TEST(Axes, FollowTheRulesOfOps) {
  EXPECT_EQ(axesOf(
                R"(func.func @f(%q: tensor<?x?x4x16xf32> {veomni.axes = ["batch", "seq"]},
              %k: tensor<?x?x2x16xf32> {veomni.axes = ["batch", "keys"]})
      -> (tensor<?x?x4x1xf32> {veomni.axes = ["batch", "seq"]}) {
      %s = veomni.attention_scores %q, %k : tensor<?x?x4x16xf32>, tensor<?x?x2x16xf32> -> tensor<?x?x4x?xf32>
      %m = veomni.reduce max %s : tensor<?x?x4x?xf32> -> tensor<?x?x4x1xf32>
      return %m : tensor<?x?x4x1xf32>
    })"),
            "[batch, seq, 4, 1]")
      << "keys have another axis than queries";
}

constexpr const char *kSort =
    R"(func.func private @sort(%e: tensor<?x?x2xi32> {veomni.axes = ["a", "b"]})
        -> (tensor<?xi32> {veomni.axes = ["routes"]}) {
    %routes, %places, %offsets = veomni.expert_sort %e
        : tensor<?x?x2xi32> -> tensor<?xi32>, tensor<?x?x2xi32>, tensor<5xi32>
    return %routes : tensor<?xi32>
  }
)";

TEST(Axes, OfDimsThatOpsMakeAreKnownToCallers) {
  EXPECT_EQ(axesOf(std::string(kSort) +
                   R"(func.func @f(%e: tensor<?x?x2xi32> {veomni.axes = ["batch", "seq"]})
              -> (tensor<?xi32> {veomni.axes = ["mine"]}) {
      %r = veomni.call @sort at "s" (%e) : (tensor<?x?x2xi32>) -> tensor<?xi32>
      return %r : tensor<?xi32>
    })"),
            "[batch * seq * 2]; mine = batch * seq * 2; routes = batch * seq * 2; expert_routes_2 = batch * seq * 2");
}

TEST(Axes, OfOneNameHaveOneSizeAtACall) {
  EXPECT_EQ(
      axesOf(
          R"(func.func private @g(%a: tensor<?xf32> {veomni.axes = ["n"]}, %b: tensor<?xf32> {veomni.axes = ["n"]})
              -> (tensor<?xf32> {veomni.axes = ["n"]}) {
      return %a : tensor<?xf32>
    }
    func.func @f(%x: tensor<?xf32> {veomni.axes = ["x"]}, %y: tensor<?xf32> {veomni.axes = ["y"]})
        -> (tensor<?xf32> {veomni.axes = ["x"]}) {
      %r = veomni.call @g at "g" (%x, %y) : (tensor<?xf32>, tensor<?xf32>) -> tensor<?xf32>
      return %r : tensor<?xf32>
    })"),
      "'veomni.call' op operand 1 gives axis 'n' of g the size y, expected x as operand 0 does");
}

TEST(Axes, OfResultsAreWhatTheFunctionSays) {
  EXPECT_EQ(axesOf(std::string(kSort) +
                   R"(func.func @f(%e: tensor<?x?x2xi32> {veomni.axes = ["batch", "seq"]})
              -> (tensor<?xi32> {veomni.axes = ["seq"]}) {
      %r = veomni.call @sort at "s" (%e) : (tensor<?x?x2xi32>) -> tensor<?xi32>
      return %r : tensor<?xi32>
    })"),
            "'func.return' op dim 0 of operand 0 is batch * seq * 2, expected seq as the function's results say");
  EXPECT_EQ(
      axesOf(std::string(kSort) +
             R"(func.func @f(%e: tensor<?x?x2xi32> {veomni.axes = ["batch", "seq"]},
              %t: tensor<?x?x2xi32> {veomni.axes = ["batch", "more"]})
      -> (tensor<?xi32> {veomni.axes = ["r"]}, tensor<?xi32> {veomni.axes = ["r"]}) {
      %r = veomni.call @sort at "s" (%e) : (tensor<?x?x2xi32>) -> tensor<?xi32>
      %s = veomni.call @sort at "t" (%t) : (tensor<?x?x2xi32>) -> tensor<?xi32>
      return %r, %s : tensor<?xi32>, tensor<?xi32>
    })"),
      "'func.return' op dim 0 of operand 1 is batch * more * 2, expected batch * seq * 2 as the function's results "
      "say");
}

TEST(Axes, OfAFunctionThatCallsItselfAreRefused) {
  EXPECT_EQ(axesOf(R"(func.func @f(%x: tensor<?xf32> {veomni.axes = ["n"]}) -> (tensor<?xf32> {veomni.axes = ["n"]}) {
      %r = veomni.call @f at "g" (%x) : (tensor<?xf32>) -> tensor<?xf32>
      return %r : tensor<?xf32>
    })"),
            "'func.func' op calls itself");
}

TEST(Axes, OfForeignOpsHaveNoNames) {
  EXPECT_EQ(axesOf(R"(func.func @f(%x: tensor<?xf32> {veomni.axes = ["n"]}) -> (tensor<?xf32> {veomni.axes = ["n"]}) {
      %r = func.call @g(%x) : (tensor<?xf32>) -> tensor<?xf32>
      return %r : tensor<?xf32>
    }
    func.func private @g(tensor<?xf32> {veomni.axes = ["n"]}) -> (tensor<?xf32> {veomni.axes = ["n"]}))"),
            "'func.call' op result 0 has dynamic dims without names: the op has no sharding rule");
}

} // namespace

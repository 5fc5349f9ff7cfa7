// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The ways of storing parameters, each on parameters of its own.
#include "Fixtures.h"

#include "veomni/ModelConfig/CheckpointLayout.h"

using namespace veomni;
using namespace veomni::test;
using namespace veomni::recipe;

namespace {

const veomni::Parameter gateUp = {"a.b.gate_up", {2, 6, 64}, DType::bf16};

CheckpointRules ruled(StorageRule rule) {
  CheckpointRules rules;
  rules.ways.push_back({"is so", {std::move(rule)}});
  return rules;
}

TEST(Rules, PlainIsOneTensorOfTheName) {
  EXPECT_EQ(storedRecipe({}, 0, gateUp), (Steps{load("a.b.gate_up", {2, 6, 64}, DType::f32)}));
  EXPECT_EQ(storedRecipe(ruled(storedAs(".gate_up_proj", ".x")), 0, gateUp), storedRecipe({}, 0, gateUp));
}

TEST(Rules, NamesTakeThePlaceOfTheSuffix) {
  EXPECT_EQ(storedRecipe(ruled(storedAs(".b.gate_up", ".c.w")), 0, gateUp),
            (Steps{load("a.c.w", {2, 6, 64}, DType::f32)}));
}

TEST(Rules, PerExpert) {
  EXPECT_EQ(
      storedRecipe(ruled(storedPerExpert(".gate_up", {".#.gate", ".#.up"})), 0, gateUp),
      (Steps{load("a.b.0.gate", {3, 64}, DType::f32), load("a.b.0.up", {3, 64}, DType::f32), concat(2, 0),
             load("a.b.1.gate", {3, 64}, DType::f32), load("a.b.1.up", {3, 64}, DType::f32), concat(2, 0), stack(2)}));
  EXPECT_EQ(storedRecipe(ruled(storedPerExpert(".gate_up", {".#.w"})), 0, gateUp),
            (Steps{load("a.b.0.w", {6, 64}, DType::f32), load("a.b.1.w", {6, 64}, DType::f32), stack(2)}));
}

TEST(Rules, Transposed) {
  EXPECT_EQ(storedRecipe(ruled(storedTransposed(".gate_up")), 0, gateUp),
            (Steps{load("a.b.gate_up", {2, 64, 6}, DType::f32), transpose()}));
}

TEST(Rules, Mxfp4) {
  EXPECT_EQ(storedRecipe(ruled(storedInMxfp4(".gate_up")), 0, gateUp),
            (Steps{load("a.b.gate_up_blocks", {2, 6, 2, 16}, DType::u8),
                   load("a.b.gate_up_scales", {2, 6, 2}, DType::u8), dequantMxfp4(DType::bf16)}));
}

// Whatever way a checkpoint follows, the recipe makes what was asked for, in its type.
TEST(Rules, EveryWayMakesTheParameter) {
  for (const StorageRule &rule : {storedAs(".gate_up", ".w"), storedPerExpert(".gate_up", {".#.gate", ".#.up"}),
                                  storedTransposed(".gate_up"), storedInMxfp4(".gate_up")}) {
    const CheckpointRules rules = ruled(rule);
    StoredTensors stored;
    for (const TensorSpec &spec : expectedTensors(rules, std::span(&gateUp, 1), 0))
      stored[spec.name] = {spec.dtype.empty() ? "F16" : spec.dtype, spec.shape};
    Expected<CheckpointLayout> layout = matchTensors(rules, std::span(&gateUp, 1), stored, "model");
    ASSERT_TRUE(layout) << layout.status().message();
    Expected<ValueType> made = inferRecipe(layout->find("a.b.gate_up")->recipe);
    ASSERT_TRUE(made) << made.status().message();
    EXPECT_TRUE(made->isSame({gateUp.shape, gateUp.type})) << made->text();
  }
}

} // namespace

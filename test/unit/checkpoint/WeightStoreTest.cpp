// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Weights by their recipes: values, memory and errors.
#include "Support.h"

#include "veomni/runtime/TensorFile.h"

#include <atomic>
#include <limits>
#include <thread>

namespace veomni::test {
namespace {

using bundle::DType;
using bundle::Layout;
using bundle::StepKind;

class Stores : public testing::Test {
protected:
  void SetUp() override {
    for (size_t i = 0; i < values.size(); ++i)
      values[i] = float(i);
    ASSERT_TRUE(
        writeSafetensors(path, std::vector<TensorView>{{"a.weight", ElementType::f32, {64, 32}, values.data()},
                                                       {"b.weight", ElementType::f32, {64, 32}, values.data()},
                                                       {"empty", ElementType::f32, {0, 32}, nullptr},
                                                       {"ids", ElementType::i64, {4}, values.data()},
                                                       {"w_blocks", ElementType::u8, {64, 1, 16}, values.data()},
                                                       {"w_scales", ElementType::u8, {64, 1}, values.data()}}));
    reopen();
  }
  void reopen() {
    Expected<Checkpoint> opened = Checkpoint::open(path);
    ASSERT_TRUE(opened) << opened.status().message();
    checkpoint.emplace(std::move(*opened));
  }
  Expected<WeightStore> materialise() { return WeightStore::materialise(weights.finish(), *checkpoint, sequential); }
  /// Without the path, which has another name every time.
  std::string message() {
    Expected<WeightStore> store = materialise();
    std::string text = store ? "" : store.status().message();
    for (size_t at; (at = text.find(scratch.path() + "/")) != std::string::npos;)
      text.erase(at, scratch.path().size() + 1);
    return text;
  }

  Scratch scratch;
  std::string path = scratch.path("t");
  std::vector<float> values = std::vector<float>(64 * 32);
  std::optional<Checkpoint> checkpoint;
  Weights weights;
  const bundle::StepT loadA = loadStep("a.weight", {64, 32}, DType::f32),
                      loadB = loadStep("b.weight", {64, 32}, DType::f32), pack = step(StepKind::pack);
};

TEST_F(Stores, BareLoadsStayInTheFile) {
  weights.add("a", {64, 32}, DType::f32, Layout::rows, {loadA});
  weights.add("stacked", {1, 64, 32}, DType::f32, Layout::rows, {loadA, step(StepKind::stack, 1)});
  weights.add("cast", {64, 32}, DType::f32, Layout::rows, {loadA, castStep(DType::f32)});
  Expected<WeightStore> store = materialise();
  ASSERT_TRUE(store) << store.status().message();
  const void *inFile = checkpoint->data(*checkpoint->find("a.weight")).data();
  EXPECT_EQ(store->data(0), inFile);
  EXPECT_EQ(store->data(1), inFile);
  EXPECT_EQ(store->data(2), inFile);
  EXPECT_EQ(store->residentBytes(), 0u);
  // The checkpoint may move.
  Checkpoint moved = std::move(*checkpoint);
  EXPECT_EQ(std::memcmp(store->data(0), values.data(), values.size() * 4), 0);
}

TEST_F(Stores, EqualRecipesAreOne) {
  weights.add("lm_head", {64, 32}, DType::f32, Layout::tiles, {loadA, pack});
  weights.add("tied", {64, 32}, DType::f32, Layout::tiles, {loadA, pack});
  weights.add("other", {64, 32}, DType::f32, Layout::tiles, {loadB, pack});
  weights.add("embedding", {64, 32}, DType::f32, Layout::rows, {loadA});
  Expected<WeightStore> store = materialise();
  ASSERT_TRUE(store) << store.status().message();
  EXPECT_EQ(store->data(0), store->data(1));
  EXPECT_NE(store->data(0), store->data(2));
  EXPECT_EQ(store->residentBytes(), 2u * 64 * 32 * 4);
  for (const void *data : store->all())
    EXPECT_EQ(reinterpret_cast<uintptr_t>(data) % alignof(float), 0u);
  EXPECT_EQ(reinterpret_cast<uintptr_t>(store->data(2)) % 64, 0u);
  WeightStore moved = std::move(*store);
  EXPECT_EQ(static_cast<const float *>(moved.data(0))[1], 32.0f);
  EXPECT_EQ(static_cast<const float *>(moved.data(3))[1], 1.0f);
}

TEST_F(Stores, RanksHaveTheirParts) {
  bundle::StepT part = step(StepKind::part, 4, 0);
  part.key = "ep";
  weights.add("all", {64, 32}, DType::f32, Layout::tiles, {loadA, pack});
  weights.add("packed", {16, 32}, DType::f32, Layout::tiles, {loadA, part, pack});
  weights.add("rows", {16, 32}, DType::f32, Layout::rows, {loadA, part});
  const std::vector<recipe::Places> ranks = {
      {{"sp", 0}, {"ep", 0}}, {{"sp", 1}, {"ep", 1}}, {{"sp", 2}, {"ep", 3}}, {{"sp", 3}, {"ep", 1}}};
  Expected<WeightStore> store = WeightStore::materialise(weights.finish(), *checkpoint, sequential, nullptr, ranks);
  ASSERT_TRUE(store) << store.status().message();
  ASSERT_EQ(store->ranks(), 4u);
  const auto *inFile = reinterpret_cast<const float *>(checkpoint->data(*checkpoint->find("a.weight")).data());
  for (size_t rank = 0; rank < ranks.size(); ++rank) {
    const auto first = size_t(ranks[rank][1].index) * 16 * 32;
    EXPECT_EQ(store->data(0, rank), store->data(0, 0)) << "what is no part is one";
    EXPECT_EQ(store->data(2, rank), inFile + first) << "a part may stay in the file";
    EXPECT_EQ(static_cast<const float *>(store->data(1, rank))[1], inFile[first + 32]) << "rank " << rank;
  }
  EXPECT_EQ(store->data(1, 1), store->data(1, 3)) << "equal places have one part";
  EXPECT_EQ(store->residentBytes(), (64u + 3 * 32) * 32 * 4); // parts of 16 rows in tiles of 32

  const recipe::Places one[] = {{{"ep", 3}}};
  Expected<WeightStore> own = WeightStore::materialise(weights.finish(), *checkpoint, sequential, nullptr, one);
  ASSERT_TRUE(own) << own.status().message();
  EXPECT_EQ(own->residentBytes(), (64u + 32) * 32 * 4);
  EXPECT_EQ(own->data(2), inFile + 3 * 16 * 32);

  for (const recipe::Places &places : {recipe::Places(), {{"ep", 4}}, {{"ep", -1}}, {{"tp", 0}}}) {
    Expected<WeightStore> none =
        WeightStore::materialise(weights.finish(), *checkpoint, sequential, nullptr, {&places, 1});
    ASSERT_FALSE(none);
    EXPECT_NE(none.status().message().find("weight \"packed\": is the part of a rank of 4 along \"ep\", and no place "
                                           "there is known"),
              std::string::npos)
        << none.status().message();
  }
}

TEST_F(Stores, UnalignedTensorsAreCopied) {
  std::string header = R"({"a.weight":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})";
  header.resize((header.size() + 7) / 8 * 8 + 1, ' ');
  scratch.write("t", safetensors(header, 4));
  reopen();
  weights.add("a", {1}, DType::f32, Layout::rows, {loadStep("a.weight", {1}, DType::f32)});
  Expected<WeightStore> store = materialise();
  ASSERT_TRUE(store) << store.status().message();
  EXPECT_EQ(reinterpret_cast<uintptr_t>(store->data(0)) % 64, 0u);
  EXPECT_EQ(std::memcmp(store->data(0), "\x03\x0a\x11\x18", 4), 0);
}

TEST_F(Stores, NothingToStore) {
  EXPECT_TRUE(materialise());
  weights.add("empty", {0, 32}, DType::f32, Layout::tiles, {loadStep("empty", {0, 32}, DType::f32), pack});
  Expected<WeightStore> store = materialise();
  ASSERT_TRUE(store) << store.status().message();
  EXPECT_NE(store->data(0), nullptr);
  EXPECT_EQ(store->residentBytes(), 0u);
}

TEST_F(Stores, ThreadsMakeNoDifference) {
  weights.add("w", {128, 32}, DType::bf16, Layout::tiles,
              {loadA, loadB, step(StepKind::concat, 2, 0), castStep(DType::bf16), pack});
  weights.add("rows", {32, 64}, DType::f16, Layout::rows, {loadA, step(StepKind::transpose), castStep(DType::f16)});
  Expected<WeightStore> one = materialise();
  Expected<WeightStore> many = WeightStore::materialise(weights.finish(), *checkpoint, inThreads);
  ASSERT_TRUE(one && many);
  EXPECT_EQ(std::memcmp(one->data(0), many->data(0), 128 * 32 * 2), 0);
  EXPECT_EQ(std::memcmp(one->data(1), many->data(1), 64 * 32 * 2), 0);
}

TEST_F(Stores, ReportsAllProblemsTogether) {
  weights.add("missing", {64, 32}, DType::f32, Layout::rows, {loadStep("a.weigth", {64, 32}, DType::f32)});
  weights.add("unlike", {9}, DType::f32, Layout::rows, {loadStep("xyzzy", {9}, DType::f32)});
  weights.add("shape", {64, 31}, DType::bf16, Layout::rows, {loadStep("a.weight", {64, 31}, DType::bf16)});
  weights.add("result", {64, 32}, DType::f32, Layout::tiles, {loadA});
  weights.add("fine", {64, 32}, DType::f32, Layout::rows, {loadA});
  EXPECT_EQ(message(),
            "t: weight \"missing\": recipe step 0: no tensor \"a.weigth\"; did you mean \"a.weight\"?\n"
            "t: weight \"unlike\": recipe step 0: no tensor \"xyzzy\"\n"
            "t: weight \"shape\": recipe step 0: tensor \"a.weight\" in t is [64, 32] x F32, expected [64, 31] x BF16\n"
            "t: weight \"result\": recipe makes [64, 32] x f32, expected [64, 32] x f32, tiles = [32, 1]");
}

bundle::StepT sliceBySymbol() {
  bundle::StepT step = sliceStep(0, 0, 1);
  *step.start = bundle::Dim(0, 0);
  return step;
}

struct BadRecipe {
  const char *name;
  std::vector<bundle::StepT> steps;
  const char *message;
};

const bundle::StepT a = loadStep("a.weight", {64, 32}, DType::f32), ids = loadStep("ids", {4}, DType::i64);
const bundle::StepT blocks = loadStep("w_blocks", {64, 1, 16}, DType::u8),
                    scales = loadStep("w_scales", {64, 1}, DType::u8);

class BadRecipes : public Stores, public testing::WithParamInterface<BadRecipe> {};
TEST_P(BadRecipes, AreRefused) {
  weights.add("w", {64, 32}, DType::f32, Layout::rows, GetParam().steps);
  EXPECT_EQ(message(), std::string("t: weight \"w\": ") + GetParam().message);
}
const BadRecipe badRecipes[] = {
    {"Empty", {}, "recipe ends with 0 values, expected 1"},
    {"TwoValues", {a, a}, "recipe ends with 2 values, expected 1"},
    {"Underflow", {a, step(StepKind::stack, 2)}, "recipe step 1: stack takes 2 values, found 1"},
    {"NoOperand", {step(StepKind::transpose)}, "recipe step 0: transpose takes 1 values, found 0"},
    {"CountZero", {a, step(StepKind::concat)}, "recipe step 1: concat takes 0 values, expected at least 1"},
    {"ConcatDim", {a, a, step(StepKind::concat, 2, 2)}, "recipe step 2: concat along dimension 2 of [64, 32] x f32"},
    {"ConcatUnlike",
     {a, ids, step(StepKind::concat, 2)},
     "recipe step 2: concat of unlike values: [4] x i64 and [64, 32] x f32"},
    {"StackUnlike",
     {a, a, step(StepKind::transpose), step(StepKind::stack, 2)},
     "recipe step 3: stack of unlike values: [32, 64] x f32 and [64, 32] x f32"},
    {"TransposeRank",
     {ids, step(StepKind::transpose)},
     "recipe step 1: transpose of [4] x i64, expected at least 2 dimensions"},
    {"PackRank", {ids, step(StepKind::pack)}, "recipe step 1: pack of [4] x i64, expected at least 2 dimensions"},
    {"AfterPack",
     {a, step(StepKind::pack), castStep(DType::bf16)},
     "recipe step 1: pack into tiles of [0, 0], expected rows and columns from 1 to 1024"},
    {"Cast", {ids, castStep(DType::f32)}, "recipe step 1: cannot cast [4] x i64 to f32"},
    {"ResultShape", {a, step(StepKind::transpose)}, "recipe makes [32, 64] x f32, expected [64, 32] x f32"},
    {"ResultType", {a, castStep(DType::bf16)}, "recipe makes [64, 32] x bf16, expected [64, 32] x f32"},
    {"ResultLayout",
     {a, step(StepKind::pack)},
     "recipe step 1: pack into tiles of [0, 0], expected rows and columns from 1 to 1024"},
    {"DequantScalesFirst",
     {scales, blocks, dequantStep(DType::f32)},
     "recipe step 2: dequant_mxfp4 of [64, 1] x u8 and [64, 1, 16] x u8, expected blocks [..., G, 16] x u8 and scales "
     "[..., G] x u8 as "
     "they were loaded"},
    {"DequantOfFloats",
     {a, scales, dequantStep(DType::f32)},
     "recipe step 2: dequant_mxfp4 of [64, 32] x f32 and [64, 1] x u8, expected blocks [..., G, 16] x u8 and scales "
     "[..., G] x u8 as they "
     "were loaded"},
    {"DequantOfJoined",
     {blocks, blocks, step(StepKind::concat, 2), scales, scales, step(StepKind::concat, 2), dequantStep(DType::f32)},
     "recipe step 6: dequant_mxfp4 of [128, 1, 16] x u8 and [128, 1] x u8, expected blocks [..., G, 16] x u8 and "
     "scales [..., G] x u8 as "
     "they were loaded"},
    {"DequantType",
     {blocks, scales, dequantStep(DType::f16)},
     "recipe step 2: dequant_mxfp4 to f16, expected f32 or bf16"},
    {"DequantOfOne", {scales, dequantStep(DType::f32)}, "recipe step 1: dequant_mxfp4 takes 2 values, found 1"},
    {"DequantMissing",
     {loadStep("v_blocks", {64, 1, 16}, DType::u8), scales, dequantStep(DType::f32)},
     "recipe step 0: no tensor \"v_blocks\"; did you mean \"w_blocks\"?"},
    {"Fp8OfFloats",
     {a, a, dequantFp8Step({64, 32})},
     "recipe step 2: dequant_fp8 of [64, 32] x f32 and [64, 32] x f32, expected numbers [N, K] x f8_e4m3 and scales "
     "[ceil(N / 64), "
     "ceil(K / 32)] x f32, bf16 or f16 as they were loaded"},
    {"Fp8NoBlock",
     {a, a, dequantFp8Step({64})},
     "recipe step 2: dequant_fp8 of blocks [64], expected two positive sizes"},
    {"Fp8EmptyBlock",
     {a, a, dequantFp8Step({64, 0})},
     "recipe step 2: dequant_fp8 of blocks [64, 0], expected two positive sizes"},
    {"Fp8OfOne", {a, dequantFp8Step({64, 32})}, "recipe step 1: dequant_fp8 takes 2 values, found 1"},
    {"SliceDim", {a, sliceStep(2, 0, 1)}, "recipe step 1: slice along dimension 2 of [64, 32] x f32"},
    {"SliceBefore",
     {a, sliceStep(0, -1, 4)},
     "recipe step 1: slice of 4 from -1 on along dimension 0 of [64, 32] x f32, expected a part of its 64"},
    {"SliceBeyond",
     {a, sliceStep(1, 30, std::numeric_limits<int64_t>::max())},
     "recipe step 1: slice of 9223372036854775807 from 30 on along dimension 1 of [64, 32] x f32, expected a part of "
     "its 32"},
    {"UnstackBeyond",
     {a, unstackStep(64)},
     "recipe step 1: unstack of value 64 of [64, 32] x f32, expected one of those that are stacked along dimension 0"},
    {"SliceBySymbol", {a, sliceBySymbol()}, "recipe step 1: start is a symbol, expected a number"},
    {"UnknownStep", {step(StepKind(99))}, "recipe step 0: kind 99 is unknown"},
    {"UnknownType", {castStep(DType(99))}, "recipe step 0: dtype 99 is unknown"},
};
INSTANTIATE_TEST_SUITE_P(Recipe, BadRecipes, testing::ValuesIn(badRecipes),
                         [](const auto &info) { return std::string(info.param.name); });

TEST_F(Stores, RefusesSizesThatDoNotFit) {
  // Nothing to store, but strides that could not be counted.
  std::string header = R"({"a":{"dtype":"U8","shape":[0,1152921504606846976],"data_offsets":[0,0]}})";
  scratch.write("t", safetensors(header, 0));
  reopen();
  const bundle::StepT load = loadStep("a", {0, int64_t(1) << 60}, DType::u8);
  weights.add("w", {1}, DType::u8, Layout::rows,
              {load, load, load, load, step(StepKind::concat, 4, 1), step(StepKind::stack, 1)});
  EXPECT_EQ(message(), "t: weight \"w\": recipe makes [1, 0, 4611686018427387904] x u8, expected [1] x u8");
  weights = Weights();
  weights.add("w", {1}, DType::u8, Layout::rows, std::vector(8, load));
  weights.last().steps.push_back(std::make_unique<bundle::StepT>(step(StepKind::concat, 8, 1)));
  EXPECT_EQ(message(), "t: weight \"w\": recipe step 8: makes a dimension beyond 2^63");
  weights = Weights();
  weights.add("w", {1}, DType::u8, Layout::rows, std::vector(8, load));
  weights.last().steps.push_back(std::make_unique<bundle::StepT>(step(StepKind::stack, 8)));
  EXPECT_EQ(message(),
            "t: weight \"w\": recipe step 8: makes [8, 0, 1152921504606846976] x u8, which is more than 2^63 bytes");
}

TEST_F(Stores, RowsMustHaveNoGaps) {
  weights.add("w", {64, 32}, DType::f32, Layout::rows, {loadA});
  weights.last().type->row_rank = 1;
  weights.last().type->row_stride = 32;
  EXPECT_EQ(message(), "");
  weights.last().type->row_stride = 48;
  EXPECT_EQ(message(), "t: weight \"w\": its rows of 32 elements begin every 48 elements, expected no gaps");
}

TEST_F(Stores, SymbolicSizesAreRefused) {
  weights.add("w", {64, 32}, DType::f32, Layout::rows, {loadA});
  weights.last().type->dims[0] = bundle::Dim(0, 1);
  EXPECT_EQ(message(), "t: weight \"w\": its type has a dimension, dtype or layout that is not constant or not known");
}

} // namespace
} // namespace veomni::test

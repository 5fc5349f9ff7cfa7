// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Recipes undone: what a recipe made of tensors gives those tensors back, or the table says why it cannot.
#include "Support.h"

#include "Convert.h"
#include "veomni/runtime/BundleFormat.h"
#include "veomni/runtime/TensorFile.h"

#include <random>

namespace veomni::test {
namespace {

using namespace recipe;

struct Tensor {
  std::vector<int64_t> dims;
  DType type;
  std::string bytes; // row-major
};

/// Recipes of steps that lose nothing, over tensors of finite numbers.
class InvertibleRecipe {
public:
  explicit InvertibleRecipe(unsigned seed) : random_(seed) {
    std::vector<int64_t> dims;
    for (int64_t rank = pick(0, 3); rank > 0; --rank)
      dims.push_back(pick(1, 6));
    make(dims, DType(pick(0, 3)), 4);
  }

  Steps steps;
  std::vector<TensorView> views() const {
    std::vector<TensorView> result;
    for (size_t i = 0; i < tensors_.size(); ++i)
      result.push_back(
          {"t" + std::to_string(i), fileType(tensors_[i].type), tensors_[i].dims, tensors_[i].bytes.data()});
    return result;
  }
  const Tensor &tensor(const std::string &key) const { return tensors_[size_t(std::stoi(key.substr(1)))]; }

private:
  int64_t pick(int64_t low, int64_t high) { return std::uniform_int_distribution<int64_t>(low, high)(random_); }

  void makeTensor(const std::vector<int64_t> &dims, DType type) {
    Tensor tensor{dims, type, ""};
    int64_t count = 1;
    for (int64_t dim : dims)
      count *= dim;
    for (int64_t i = 0; i < count; ++i) {
      float number = std::uniform_real_distribution<float>(-9, 9)(random_);
      std::string bytes(elementBytes(type), '\0');
      converter(DType::f32, type)(reinterpret_cast<const std::byte *>(&number),
                                  reinterpret_cast<std::byte *>(bytes.data()), 1);
      tensor.bytes += bytes;
    }
    steps.push_back(load("t" + std::to_string(tensors_.size()), dims, type));
    tensors_.push_back(std::move(tensor));
  }

  void make(std::vector<int64_t> dims, DType type, int depth) {
    switch (depth == 0 ? 0 : pick(0, 6)) {
    case 1:
    case 2:
      if (!dims.empty()) {
        const auto dim = size_t(pick(0, int64_t(dims.size()) - 1));
        const int64_t whole = dims[dim], first = pick(0, whole);
        dims[dim] = first;
        make(dims, type, depth - 1);
        dims[dim] = whole - first;
        make(dims, type, depth - 1);
        return steps.push_back(concat(2, uint32_t(dim)));
      }
      break;
    case 3:
      if (!dims.empty()) {
        for (int64_t i = 0; i < dims[0]; ++i)
          make({dims.begin() + 1, dims.end()}, type, depth - 1);
        if (dims[0] > 0)
          return steps.push_back(stack(uint32_t(dims[0])));
      }
      break;
    case 4:
      if (dims.size() >= 2) {
        std::swap(dims[dims.size() - 1], dims[dims.size() - 2]);
        make(dims, type, depth - 1);
        return steps.push_back(transpose());
      }
      break;
    case 5:
      // To a type that holds all of the other's numbers.
      make(dims,
           type == DType::f32   ? (pick(0, 1) ? DType::bf16 : DType::f16)
           : type == DType::f64 ? DType(pick(0, 3))
                                : type,
           depth - 1);
      return steps.push_back(cast(type));
    case 6:
      if (pick(0, 1)) { // the whole of it
        make(dims, type, depth - 1);
        return steps.push_back(dims.empty() ? cast(type) : slice(0, 0, dims[0]));
      }
      dims.insert(dims.begin(), 1);
      make(dims, type, depth - 1);
      return steps.push_back(unstack(0));
    }
    makeTensor(dims, type);
  }

  std::vector<Tensor> tensors_;
  std::mt19937 random_;
};

/// The value that a recipe makes.
Expected<std::string> follow(const Steps &steps, const Checkpoint &checkpoint) {
  const ValueType type = *inferRecipe(steps);
  Weights weights;
  weights.add("w", type.dims, type.type, bundle::Layout::rows, steps);
  Expected<WeightStore> store = WeightStore::materialise(weights.finish(), checkpoint, sequential);
  if (!store)
    return store.status();
  return std::string(static_cast<const char *>(store->data(0)), *storedBytes(type));
}

TEST(Inversion, GivesBackEveryTensor) {
  Scratch scratch;
  size_t undone[size_t(StepKind::MAX) + 1] = {};
  for (unsigned seed = 0; seed < 400; ++seed) {
    InvertibleRecipe made(seed);
    for (const Step &step : made.steps)
      ++undone[size_t(step.kind)];
    ASSERT_TRUE(writeSafetensors(scratch.path("t"), made.views()));
    Expected<Checkpoint> tensors = Checkpoint::open(scratch.path("t"));
    ASSERT_TRUE(tensors) << tensors.status().message();
    Expected<std::string> parameter = follow(made.steps, *tensors);
    ASSERT_TRUE(parameter) << "seed " << seed << ": " << parameter.status().message();
    const ValueType type = *inferRecipe(made.steps);
    const std::vector<TensorView> parameters = {{"p", fileType(type.type), type.dims, parameter->data()}};
    ASSERT_TRUE(writeSafetensors(scratch.path("p"), parameters));
    Expected<Checkpoint> saved = Checkpoint::open(scratch.path("p"));
    ASSERT_TRUE(saved) << saved.status().message();

    Expected<std::vector<TensorRecipe>> inverse = invertRecipe(made.steps, "p");
    ASSERT_TRUE(inverse) << "seed " << seed << ": " << inverse.status().message();
    ASSERT_EQ(inverse->size(), made.views().size()) << "seed " << seed;
    for (const TensorRecipe &tensor : *inverse) {
      Expected<std::string> found = follow(tensor.steps, *saved);
      ASSERT_TRUE(found) << "seed " << seed << ": " << found.status().message();
      EXPECT_TRUE(*found == made.tensor(tensor.key).bytes) << "seed " << seed << ", tensor " << tensor.key;
      // Behind the recipe itself it gives the tensor too, without a detour through memory.
      Steps both = made.steps;
      both.insert(both.end(), tensor.steps.begin() + 1, tensor.steps.end());
      EXPECT_EQ(*follow(both, *tensors), made.tensor(tensor.key).bytes) << "seed " << seed << ", tensor " << tensor.key;
    }
  }
  for (StepKind kind :
       {StepKind::concat, StepKind::stack, StepKind::transpose, StepKind::cast, StepKind::slice, StepKind::unstack})
    EXPECT_GT(undone[size_t(kind)], 0u) << bundle::EnumNameStepKind(kind);
}

TEST(Inversion, SaysWhyThereIsNone) {
  auto whyNot = [](const Steps &steps) {
    Expected<std::vector<TensorRecipe>> inverse = invertRecipe(steps, "p");
    EXPECT_FALSE(inverse);
    return inverse.status().message();
  };
  const Step a = load("a", {4, 32}, DType::f32);
  EXPECT_EQ(whyNot({a, cast(DType::bf16)}), "recipe step 1: a cast from f32 to bf16 rounds, so that nothing undoes it");
  EXPECT_EQ(whyNot({load("a", {4}, DType::f16), cast(DType::bf16)}),
            "recipe step 1: a cast from f16 to bf16 rounds, so that nothing undoes it");
  EXPECT_EQ(whyNot({a, slice(1, 0, 31)}),
            "recipe step 1: a slice leaves out the rest of the value, so that nothing undoes it");
  EXPECT_EQ(whyNot({a, unstack(0)}),
            "recipe step 1: unstack leaves out the other values of the stack, so that nothing undoes it");
  EXPECT_NE(whyNot({a, pack({32, 1})}).find("recipe step 1: tiles are for kernels to read"), std::string::npos);
  const std::string quantised =
      "recipe step 2: many choices of scales give the same numbers, so that nothing undoes dequantisation";
  EXPECT_EQ(whyNot({load("b", {4, 1, 16}, DType::u8), load("s", {4, 1}, DType::u8), dequantMxfp4(DType::f32)}),
            quantised);
  EXPECT_EQ(whyNot({load("a", {4, 4}, DType::f8_e4m3), load("s", {2, 2}, DType::f32), dequantFp8(2, 2)}), quantised);
  EXPECT_EQ(whyNot({a, a}), "recipe ends with 2 values, expected 1");
}

TEST(Inversion, IsARecipePerTensor) {
  const Steps steps = {load("g0", {2, 3}, DType::bf16),
                       load("u0", {1, 3}, DType::bf16),
                       concat(2, 0),
                       load("g1", {2, 3}, DType::bf16),
                       load("u1", {1, 3}, DType::bf16),
                       concat(2, 0),
                       stack(2),
                       transpose(),
                       cast(DType::f32)};
  Expected<std::vector<TensorRecipe>> inverse = invertRecipe(steps, "p");
  ASSERT_TRUE(inverse) << inverse.status().message();
  ASSERT_EQ(inverse->size(), 4u);
  EXPECT_EQ((*inverse)[3].key, "u1");
  EXPECT_EQ((*inverse)[3].steps,
            (Steps{load("p", {2, 3, 3}, DType::f32), cast(DType::bf16), transpose(), unstack(1), slice(0, 2, 1)}));
}

// A part of a tensor that lies in one piece needs no memory either.
TEST(Parts, OfTensorsStayInTheFile) {
  Scratch scratch;
  std::vector<float> numbers(4 * 6 * 2);
  for (size_t i = 0; i < numbers.size(); ++i)
    numbers[i] = float(i);
  ASSERT_TRUE(
      writeSafetensors(scratch.path("t"), std::vector<TensorView>{{"t", ElementType::f32, {4, 6, 2}, numbers.data()}}));
  Expected<Checkpoint> checkpoint = Checkpoint::open(scratch.path("t"));
  ASSERT_TRUE(checkpoint) << checkpoint.status().message();
  const Step whole = load("t", {4, 6, 2}, DType::f32);
  Weights weights;
  weights.add("expert", {6, 2}, DType::f32, bundle::Layout::rows, {whole, unstack(3)});
  weights.add("rows", {2, 2}, DType::f32, bundle::Layout::rows, {whole, unstack(3), slice(0, 4, 2)});
  weights.add("columns", {6, 1}, DType::f32, bundle::Layout::rows, {whole, unstack(3), slice(1, 1, 1)});
  Expected<WeightStore> store = WeightStore::materialise(weights.finish(), *checkpoint, sequential);
  ASSERT_TRUE(store) << store.status().message();
  const auto *file = reinterpret_cast<const float *>(checkpoint->data(*checkpoint->find("t")).data());
  EXPECT_EQ(store->data(0), file + 36);
  EXPECT_EQ(store->data(1), file + 44);
  EXPECT_EQ(static_cast<const float *>(store->data(2))[2], 41.0f);
  EXPECT_EQ(store->residentBytes(), 64u);
}

// A recipe asks no more of a loader than its steps do.
TEST(Features, PartsNeedALoaderThatKnowsThem) {
  const Step a = load("a", {4, 32}, DType::f32);
  EXPECT_EQ(requiredFeatures(a) | requiredFeatures(cast(DType::bf16)) | requiredFeatures(pack({16, 4})), 0u);
  EXPECT_EQ(requiredFeatures(unstack(0)), bundle_format::recipeParts);
  EXPECT_EQ(requiredFeatures(slice(0, 0, 1)), bundle_format::recipeParts);
  EXPECT_EQ(requiredFeatures(dequantMxfp4(DType::f32)), bundle_format::mxfp4Weights);
  EXPECT_EQ(requiredFeatures(dequantFp8(1, 1)), bundle_format::fp8Weights);
  EXPECT_EQ(requiredFeatures(load("a", {2}, DType::f8_e4m3)), bundle_format::fp8Weights);
}

TEST(Table, IsInTheOrderOfTheSchemaAndNamesAsItDoes) {
  ASSERT_EQ(stepRules().size(), size_t(StepKind::MAX) + 1);
  for (const StepRule &rule : stepRules()) {
    EXPECT_EQ(&rule, &ruleOf(rule.kind));
    EXPECT_EQ(rule.name, bundle::EnumNameStepKind(rule.kind));
    EXPECT_EQ(ruleNamed(rule.name), &rule);
  }
  EXPECT_EQ(ruleNamed("lood"), nullptr);
}

} // namespace
} // namespace veomni::test

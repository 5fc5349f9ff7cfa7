// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Programs, their entries and sessions, run from small bundles.
#include "veomni/runtime/Session.h"

#include "TestBundle.h"
#include "veomni/runtime/Recorders.h"

#include <cstring>
#include <gtest/gtest.h>
#include <limits>
#include <numeric>

namespace veomni {
namespace {

using namespace bundle;
using test::extents;
using test::Size;
using test::TestBundle;

/// A program with weights that live as long as it does.
struct Running {
  std::vector<test::FileTensor> weights;
  std::shared_ptr<const Program> program;
  std::optional<Session> session;

  explicit Running(TestBundle bundle, const SessionOptions &options = {.threads = 2}) {
    std::vector<const void *> addresses;
    if (!bundle->weights.empty())
      weights = test::layeredWeights();
    for (test::FileTensor &weight : weights) {
      weight.bytes.resize(128); // slack behind
      addresses.push_back(weight.bytes.data());
    }
    Expected<veomni::Bundle> loaded = veomni::Bundle::fromMemory(bundle.file(), "m.vob");
    EXPECT_TRUE(loaded) << loaded.status().message();
    Expected<std::shared_ptr<const Program>> created = Program::create(std::move(*loaded), addresses);
    EXPECT_TRUE(created) << created.status().message();
    program = *created;
    Expected<Session> opened = Session::create(program, options);
    EXPECT_TRUE(opened) << opened.status().message();
    session.emplace(std::move(*opened));
  }

  std::string run(std::vector<Tensor> inputs, const InstructionHooks *hooks = nullptr) {
    return runEntry("", std::move(inputs), {.hooks = hooks});
  }
  std::string runEntry(std::string_view entry, std::vector<Tensor> inputs, const RunOptions &options = {}) {
    Status status = session->run(entry, inputs, options);
    EXPECT_TRUE(status || session->outputs().empty());
    return status.message();
  }
  template <typename T> std::vector<T> output(size_t index) const {
    const Tensor &tensor = session->outputs()[index];
    const T *data = static_cast<const T *>(tensor.data);
    return std::vector<T>(data, data + elementCount(tensor.shape));
  }
};

template <typename T> Tensor tensor(const std::string &name, std::vector<int64_t> shape, const std::vector<T> &values) {
  DType dtype = std::is_same_v<T, int64_t> ? DType::i64 : std::is_same_v<T, int32_t> ? DType::i32 : DType::f32;
  return {name, dtype, std::move(shape), values.data()};
}

std::vector<int64_t> countTo(int64_t n) {
  std::vector<int64_t> values(static_cast<size_t>(n));
  std::iota(values.begin(), values.end(), 0);
  return values;
}

TEST(Program, RunsCallsViewsParamsAndLoops) {
  Running running(test::makeLayeredBundle());
  std::vector<int64_t> ids = {3, 1, 4, 1, 5, 9};
  ASSERT_EQ(running.run({tensor("ids", {2, 3}, ids)}), "");
  ASSERT_EQ(running.session->outputs().size(), 2u);
  EXPECT_EQ(running.session->outputs()[0].name, "y");
  EXPECT_EQ(running.session->outputs()[0].shape, (std::vector<int64_t>{2, 3, 4}));
  EXPECT_EQ(running.output<float>(0), test::layeredOutput(ids));
}

TEST(Program, GivesTheSameBitsForAnyNumberOfThreads) {
  std::vector<int64_t> ids(3 * 333);
  for (size_t i = 0; i < ids.size(); ++i)
    ids[i] = int64_t(i * 7 % 100);
  std::vector<float> one;
  for (unsigned threads : {1u, 2u, 5u}) {
    Running running(test::makeLayeredBundle(), {.threads = threads});
    EXPECT_EQ(running.session->threads(), threads);
    for (int repeat = 0; repeat < 20; ++repeat) {
      ASSERT_EQ(running.run({tensor("ids", {3, 333}, ids)}), "");
      std::vector<float> y = running.output<float>(0);
      if (one.empty())
        one = y;
      ASSERT_EQ(std::memcmp(y.data(), one.data(), one.size() * sizeof(float)), 0) << threads;
    }
  }
  EXPECT_EQ(one, test::layeredOutput(ids));
}

TEST(Program, RunsAgainWithOtherSizes) {
  Running running(test::makeLayeredBundle());
  for (int64_t seq : {5, 2, 300, 1, 5}) {
    std::vector<int64_t> ids(static_cast<size_t>(seq), 42);
    ASSERT_EQ(running.run({tensor("ids", {1, seq}, ids)}), "");
    EXPECT_EQ(running.output<float>(0), test::layeredOutput(ids));
  }
}

TEST(Program, RunsAnEmptyBatch) {
  Running running(test::makeLayeredBundle());
  EXPECT_EQ(running.run({tensor<int64_t>("ids", {0, 3}, {})}), "");
  EXPECT_EQ(running.session->outputs()[0].shape, (std::vector<int64_t>{0, 3, 4}));
}

TEST(Program, WidensInputs) {
  Running running(test::makeLayeredBundle());
  std::vector<int32_t> ids = {7, 8};
  ASSERT_EQ(running.run({tensor("ids", {1, 2}, ids)}), "");
  EXPECT_EQ(running.output<float>(0), test::layeredOutput({7, 8}));
}

TEST(Program, FillsInDefaults) {
  Running running(test::makeLayeredBundle());
  ASSERT_EQ(running.run({tensor("ids", {2, 3}, countTo(6))}), "");
  EXPECT_EQ(running.output<int64_t>(1), (std::vector<int64_t>{0, 1, 2, 0, 1, 2})); // not given: shifted by 0
  TestBundle ones = test::makeLayeredBundle();
  ones->inputs[1]->default_value = InputDefault::ones;
  Running other(std::move(ones));
  ASSERT_EQ(other.run({tensor("ids", {1, 3}, countTo(3))}), "");
  EXPECT_EQ(other.output<int64_t>(1), (std::vector<int64_t>{1, 1, 1}));
}

TEST(Program, KnowsWhetherAnInputWasGiven) {
  Running running(test::makeLayeredBundle());
  std::vector<int64_t> ids = countTo(3), positions = {5, 6, 7};
  ASSERT_EQ(running.run({tensor("ids", {1, 3}, ids), tensor("positions", {1, 3}, positions)}), "");
  EXPECT_EQ(running.output<int64_t>(1), (std::vector<int64_t>{1005, 1006, 1007}));
}

TEST(Program, BroadcastsOneRowOfAnOptionalInput) {
  Running running(test::makeLayeredBundle());
  std::vector<int64_t> ids = countTo(6), positions = {5, 6, 7};
  ASSERT_EQ(running.run({tensor("ids", {2, 3}, ids), tensor("positions", {1, 3}, positions)}), "");
  EXPECT_EQ(running.output<int64_t>(1), (std::vector<int64_t>{1005, 1006, 1007, 1005, 1006, 1007}));
}

TEST(Program, MakesPositionsFromCuSeqlens) {
  Running running(test::makeLayeredBundle());
  std::vector<int64_t> ids = countTo(7), expected = {1000, 1001, 1002, 1000, 1000, 1001, 1002};
  std::vector<int32_t> cu = {0, 3, 3, 4, 7}; // an empty document in between
  ASSERT_EQ(running.run({tensor("ids", {1, 7}, ids), tensor("cu_seqlens", {5}, cu)}), "");
  EXPECT_EQ(running.output<int64_t>(1), expected);
  std::vector<int64_t> wide(cu.begin(), cu.end());
  ASSERT_EQ(running.run({tensor("ids", {1, 7}, ids), tensor("cu_seqlens", {5}, wide)}), "");
  EXPECT_EQ(running.output<int64_t>(1), expected);
  std::vector<int64_t> positions = {0, 1, 2, 0, 0, 1, 2};
  EXPECT_EQ(
      running.run({tensor("ids", {1, 7}, ids), tensor("cu_seqlens", {5}, cu), tensor("positions", {1, 7}, positions)}),
      "");
  positions[4] = 1;
  EXPECT_EQ(
      running.run({tensor("ids", {1, 7}, ids), tensor("cu_seqlens", {5}, cu), tensor("positions", {1, 7}, positions)}),
      "input positions: element 4 is 1, but cu_seqlens, given too, makes it 0");
}

TEST(Program, RefusesWrongCuSeqlens) {
  Running running(test::makeLayeredBundle());
  std::vector<int64_t> ids = countTo(6);
  auto with = [&](std::vector<int64_t> shape, std::vector<int64_t> cu) {
    std::vector<int64_t> cuShape = {int64_t(cu.size())};
    return running.run({tensor("ids", std::move(shape), ids), tensor("cu_seqlens", cuShape, cu)});
  };
  EXPECT_EQ(with({1, 6}, {1, 6}), "input cu_seqlens: starts with 1, expected 0");
  EXPECT_EQ(with({1, 6}, {0, 4, 3, 6}), "input cu_seqlens: element 2 is 3, less than the one before it, 4");
  EXPECT_EQ(with({1, 6}, {0, 5}), "input cu_seqlens: ends with 5, expected the number of tokens, 6");
  EXPECT_EQ(with({2, 3}, {0, 3}), "input cu_seqlens: marks the documents of one packed row, but there are 2 rows");
  std::vector<float> floats = {0, 6};
  EXPECT_EQ(running.run({tensor("ids", {1, 6}, ids), tensor("cu_seqlens", {2}, floats)}),
            "input cu_seqlens: is f32[2], expected i32 or i64 of rank 1, [0, ..., number of tokens]");
}

TEST(Program, RefusesWrongInputs) {
  TestBundle bundle = test::makeLayeredBundle();
  bundle->symbols[1]->max = 100;
  Running running(std::move(bundle));
  std::vector<int64_t> ids = countTo(6), bad = {0, 1, 2, 100, 4, 5};
  std::vector<float> floats(6);
  EXPECT_EQ(running.run({}), "input ids: required, but not given");
  EXPECT_EQ(running.run({tensor("idz", {2, 3}, ids)}), "input idz: the program has no such input, did you mean ids?");
  EXPECT_EQ(running.run({tensor("something", {2, 3}, ids)}),
            "input something: the program has no such input; it has ids, positions, cu_seqlens");
  EXPECT_EQ(running.run({tensor("ids", {2, 3}, ids), tensor("ids", {2, 3}, ids)}), "input ids: given twice");
  EXPECT_EQ(running.run({tensor("ids", {2, 3}, floats)}), "input ids: dtype is f32, expected i64");
  EXPECT_EQ(running.run({tensor("ids", {1, 2, 3}, ids)}), "input ids: shape is [1, 2, 3], expected rank 2");
  EXPECT_EQ(running.run({tensor("ids", {6}, ids)}), "") << "one row";
  EXPECT_EQ(running.run({{"ids", DType::i64, {2, 3}, nullptr}}), "input ids: has no data");
  EXPECT_EQ(running.run({tensor("ids", {-2, 3}, ids)}), "input ids: shape [-2, 3] has a negative size");
  EXPECT_EQ(running.run({tensor("ids", {2, 3}, ids), tensor("positions", {2, 2}, ids)}),
            "input positions: size of dimension 1 is 2, expected 3 (shape [2, 2], expected [2, 3])");
  EXPECT_EQ(running.run({tensor("ids", {2, 3}, bad)}), "input ids: element 3 is 100, expected 0 to 99");
  EXPECT_EQ(running.run({tensor("ids", {1, 101}, ids)}),
            "input ids: size of dimension 1 (seq) is 101, expected 0 to 100");
}

TEST(Program, RefusesSizesBeyondMemory) {
  Running running(test::makeLayeredBundle());
  std::vector<int64_t> ids = {1};
  constexpr int64_t most = std::numeric_limits<int64_t>::max();
  EXPECT_EQ(running.run({tensor("ids", {most, most}, ids)}), "size tokens overflows or is negative for these inputs");
  EXPECT_EQ(running.run({tensor("ids", {1, most / 2}, ids)}),
            "inputs of this size need more working memory than can be addressed");
  EXPECT_NE(running.run({tensor("ids", {1, int64_t(1) << 45}, ids)}).find("bytes is needed"), std::string::npos);
  EXPECT_EQ(running.run({tensor("ids", {1, 1}, ids)}), ""); // and still works
}

TEST(Program, ClosesGapsOfPaddedOutputs) {
  TestBundle b;
  auto tokens = [] { return TestBundle::i64({Size::of(0)}); };
  auto padded = [] {
    auto type = TestBundle::f32({Size::of(0), 4});
    type->row_rank = 1;
    type->row_stride = 6;
    return type;
  };
  b.addInput("ids", tokens());
  b.addInputDim("tokens", 0, 0);
  b.addOutput("y", padded());
  std::vector<TestBundle::Operand> operands;
  operands.push_back({tokens(), Access::read});
  operands.push_back({padded(), Access::write});
  b.addKernel("padded", std::move(operands), 1);
  b.addFunction("forward");
  b.addArgument(0, "ids", tokens(), Access::read);
  b.addArgument(0, "y", padded(), Access::write);
  b.addValue(0, Storage::argument, 0, tokens());
  b.addValue(0, Storage::argument, 1, padded());
  b.addDispatch(0, 0, extents(TestBundle::extent({Size::of(0)}, 2)), {0, 1},
                extents(TestBundle::extent({Size::of(0)})));
  Running running(std::move(b));
  std::vector<int64_t> ids = {1, 2, 3};
  ASSERT_EQ(running.run({tensor("ids", {3}, ids)}), "");
  EXPECT_EQ(running.output<float>(0), (std::vector<float>{10, 11, 12, 13, 20, 21, 22, 23, 30, 31, 32, 33}));
}

/// out [past + seq, 4] = ids [past + seq] spread, where past and seq are the sizes of two other inputs.
TestBundle makeConcatenation() {
  TestBundle b;
  b.addInput("past", TestBundle::i64({Size::of(0)}));
  b.addInput("new", TestBundle::i64({Size::of(1)}));
  b.addInput("ids", TestBundle::i64({Size::of(2)}));
  b.addInputDim("past", 0, 0);
  b.addInputDim("seq", 1, 0);
  b.addSum("total", {{Size::of(0)}, {Size::of(1)}});
  b->symbols[0]->min = b->symbols[1]->min = 1;
  auto ids = [] { return TestBundle::i64({Size::of(2)}); };
  auto hidden = [] { return TestBundle::f32({Size::of(2), 4}); };
  b.addOutput("y", hidden());
  std::vector<TestBundle::Operand> operands;
  operands.push_back({ids(), Access::read});
  operands.push_back({hidden(), Access::write});
  b.addKernel("spread", std::move(operands), 1);
  b.addFunction("forward");
  b.addArgument(0, "past", TestBundle::i64({Size::of(0)}), Access::read);
  b.addArgument(0, "new", TestBundle::i64({Size::of(1)}), Access::read);
  b.addArgument(0, "ids", ids(), Access::read);
  b.addArgument(0, "y", hidden(), Access::write);
  uint32_t given = b.addValue(0, Storage::argument, 2, ids()), out = b.addValue(0, Storage::argument, 3, hidden());
  uint32_t slot = b.addValue(0, Storage::slot, 0, hidden()), slotIds = b.addValue(0, Storage::slot, 1, ids());
  // The sum as workgroups and scalars, too.
  b.addKernel(
      "shift",
      [&] {
        std::vector<TestBundle::Operand> list;
        list.push_back({ids(), Access::read});
        list.push_back({ids(), Access::write});
        return list;
      }(),
      2);
  auto sum = [] { return TestBundle::sum({{Size::of(0)}, {Size::of(1)}}); };
  auto groups = [] { return extents(TestBundle::sum({{Size::of(0)}, {Size::of(1)}}, 2)); };
  b.addDispatch(0, 1, groups(), {given, slotIds}, extents(sum(), TestBundle::sum({{Size::of(0)}, {-1}})));
  b.addDispatch(0, 0, groups(), {slotIds, slot}, extents(sum()));
  b.addDispatch(0, 0, groups(), {slotIds, out}, extents(TestBundle::extent({Size::of(2)})));
  return b;
}

TEST(Program, ComputesWithSizesThatAreSums) {
  Running running(makeConcatenation());
  for (int64_t past : {1, 3, 40}) {
    std::vector<int64_t> ids = countTo(past + 2);
    ASSERT_EQ(running.run({tensor("past", {past}, ids), tensor("new", {2}, ids), tensor("ids", {past + 2}, ids)}), "");
    EXPECT_EQ(running.session->outputs()[0].shape, (std::vector<int64_t>{past + 2, 4}));
    std::vector<float> expected;
    for (int64_t id : ids)
      for (int c = 0; c < 4; ++c)
        expected.push_back(float((id + past - 1) * 10 + c));
    EXPECT_EQ(running.output<float>(0), expected);
  }
  std::vector<int64_t> ids = countTo(4);
  EXPECT_EQ(running.run({tensor("past", {1}, ids), tensor("new", {2}, ids), tensor("ids", {4}, ids)}),
            "input ids: size of dimension 0 is 4, expected 3 (shape [4], expected [3])");
}

TEST(Program, RefusesSizesThatTurnOutNegative) {
  TestBundle b = makeConcatenation();
  b->symbols[2]->extent = TestBundle::sum({{Size::of(0)}, {Size::of(1), -1}}); // past - seq
  for (auto &instruction : b->functions[0]->instructions) {
    instruction->action.AsDispatch()->workgroups[0] = TestBundle::extent({Size::of(2)}, 2);
    for (auto &scalar : instruction->action.AsDispatch()->scalars)
      scalar = TestBundle::extent({Size::of(2)});
  }
  Running running(std::move(b));
  std::vector<int64_t> ids = countTo(8);
  EXPECT_EQ(running.run({tensor("past", {5}, ids), tensor("new", {2}, ids), tensor("ids", {3}, ids)}), "");
  EXPECT_EQ(running.run({tensor("past", {2}, ids), tensor("new", {5}, ids), tensor("ids", {3}, ids)}),
            "size total overflows or is negative for these inputs");
}

TEST(Program, NumbersWorkgroupsInThreeDimensions) {
  TestBundle b;
  b.addOutput("y", TestBundle::f32({2, 3, 4}));
  std::vector<TestBundle::Operand> operands;
  operands.push_back({TestBundle::f32({2, 3, 4}), Access::write});
  b.addKernel("grid", std::move(operands), 2);
  b.addFunction("forward");
  b.addArgument(0, "y", TestBundle::f32({2, 3, 4}), Access::write);
  b.addValue(0, Storage::argument, 0, TestBundle::f32({2, 3, 4}));
  b.addDispatch(0, 0, extents(TestBundle::extent({4}), TestBundle::extent({3}), TestBundle::extent({2})), {0},
                extents(TestBundle::extent({4}), TestBundle::extent({3})));
  Running running(std::move(b));
  ASSERT_EQ(running.run({}), "");
  std::vector<float> expected;
  for (int z = 0; z < 2; ++z)
    for (int y = 0; y < 3; ++y)
      for (int x = 0; x < 4; ++x)
        expected.push_back(float(x + 10 * y + 100 * z));
  EXPECT_EQ(running.output<float>(0), expected);
}

TEST(Program, CallsHooksAroundEveryInstruction) {
  Running running(test::makeLayeredBundle());
  std::vector<std::string> log;
  auto line = [](const char *when, const InstructionEvent &event) {
    return std::string(when) + " " + std::string(event.function) + "/" + std::to_string(event.index) + " " +
           std::string(event.name) + " @" + std::string(event.path);
  };
  InstructionHooks hooks;
  hooks.before = [&](const InstructionEvent &event) { log.push_back(line("+", event)); };
  hooks.after = [&](const InstructionEvent &event) {
    log.push_back(line("-", event));
    if (event.name == "scale") {
      EXPECT_EQ(event.workgroups, 3);
      ASSERT_EQ(event.operands.size(), 3u);
      EXPECT_EQ(event.operands[2].shape, (std::vector<int64_t>{5, 2, 2}));
      EXPECT_EQ(event.operands[2].access, Access::write);
    }
  };
  ASSERT_EQ(running.run({tensor("ids", {1, 5}, countTo(5))}, &hooks), "");
  EXPECT_EQ(log, (std::vector<std::string>{"+ forward/0 spread @",
                                           "- forward/0 spread @",
                                           "+ forward/1 layer @model.layers.0",
                                           "+ layer/0 scale @model.layers.0",
                                           "- layer/0 scale @model.layers.0",
                                           "+ layer/1 add @model.layers.0",
                                           "- layer/1 add @model.layers.0",
                                           "- forward/1 layer @model.layers.0",
                                           "+ forward/2 layer @model.layers.1",
                                           "+ layer/0 scale @model.layers.1",
                                           "- layer/0 scale @model.layers.1",
                                           "+ layer/1 add @model.layers.1",
                                           "- layer/1 add @model.layers.1",
                                           "- forward/2 layer @model.layers.1",
                                           "+ forward/3 expert @",
                                           "+ expert/0 accumulate @",
                                           "- expert/0 accumulate @",
                                           "+ expert/0 accumulate @",
                                           "- expert/0 accumulate @",
                                           "+ expert/0 accumulate @",
                                           "- expert/0 accumulate @",
                                           "- forward/3 expert @",
                                           "+ forward/4 shift @",
                                           "- forward/4 shift @"}));
}

TEST(Program, RecordsValuesByPath) {
  Running running(test::makeLayeredBundle());
  ValueRecorder values({"model.layers.0"});
  InstructionHooks hooks;
  hooks.after = [&](const InstructionEvent &event) { values.after(event); };
  std::vector<int64_t> ids = {2};
  ASSERT_EQ(running.run({tensor("ids", {1, 1}, ids)}, &hooks), "");
  ASSERT_EQ(values.tensors().size(), 1u);
  EXPECT_EQ(values.tensors()[0].name, "model.layers.0");
  EXPECT_EQ(values.tensors()[0].shape, (std::vector<int64_t>{1, 1, 4}));
  const float *data = static_cast<const float *>(values.tensors()[0].data);
  for (int c = 0; c < 4; ++c)
    EXPECT_EQ(data[c], float(20 + c) * float(c + 1) / 8 + float(20 + c));
}

TEST(Program, RefusesACpuThatLacksFeatures) {
  TestBundle bundle = test::makeLayeredBundle();
  bundle->executables[0]->variants[0]->features = {"sse2", "warp-drive", "flux"};
  Expected<veomni::Bundle> loaded = veomni::Bundle::fromMemory(bundle.file(), "m.vob");
  ASSERT_TRUE(loaded);
  Expected<std::shared_ptr<const Program>> program = Program::create(std::move(*loaded), std::vector<const void *>(5));
  ASSERT_FALSE(program);
  EXPECT_EQ(program.status().message(),
            "m.vob: executable code: none of its variants can run on this cpu:\n  x86-64 needs warp-drive, flux");
}

TEST(Program, RefusesCodeWithoutAKernel) {
  TestBundle bundle = test::makeLayeredBundle();
  bundle->kernels[0]->name = "absent";
  Expected<veomni::Bundle> loaded = veomni::Bundle::fromMemory(bundle.file(), "m.vob");
  ASSERT_TRUE(loaded);
  Expected<std::shared_ptr<const Program>> program = Program::create(std::move(*loaded), std::vector<const void *>(5));
  ASSERT_FALSE(program);
  EXPECT_EQ(program.status().message(), "m.vob: kernel \"absent\" is not in the code of executable \"code\"");
}

TEST(Program, RefusesDamagedCode) {
  std::vector<std::byte> file = test::makeLayeredBundle().file();
  Expected<veomni::Bundle> whole = veomni::Bundle::fromMemory(file, "m.vob");
  ASSERT_TRUE(whole);
  file[whole->program().executables()->Get(0)->variants()->Get(0)->segment()->offset() + 300] ^= std::byte(4);
  Expected<veomni::Bundle> loaded = veomni::Bundle::fromMemory(file, "m.vob");
  ASSERT_TRUE(loaded);
  Expected<std::shared_ptr<const Program>> program = Program::create(std::move(*loaded), std::vector<const void *>(5));
  ASSERT_FALSE(program);
  EXPECT_NE(program.status().message().find("digest of the code"), std::string::npos);
}

} // namespace
} // namespace veomni

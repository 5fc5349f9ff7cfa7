// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Rows that go to the ranks of their experts and come back: each is multiplied by its expert's weights, of which every
// rank has its own part.
#include "TestBundle.h"
#include "veomni/runtime/Communicator.h"
#include "veomni/runtime/Session.h"

#include "../Scratch.h"

#include <gtest/gtest.h>
#include <numeric>
#include <thread>

namespace veomni {
namespace {

using namespace bundle;
using test::Size;
using test::TestBundle;

constexpr int64_t columns = 4;

/// y = x * w[expert of the row], for rows sorted by expert as `offsets` say. Rows lie `gap` elements apart within, so
/// that what moves is packed; workgroups are counted by a symbol that is derived from the received rows.
TestBundle model(uint32_t ranks, int64_t experts, int64_t gap) {
  TestBundle b;
  b.addMeshAxis("sp", ranks);
  b.addMeshAxis("ep", ranks, /*redivides=*/true);
  const uint32_t rows = b.addInputDim("rows", 0, 0), received = b.addSymbol("received", SymbolKind::counted),
                 groups = b.addDerived("groups", {Size::of(received)}, 2);
  auto f32 = [&](uint32_t symbol) { return TestBundle::f32({Size::of(symbol), columns}); };
  auto apart = [&](uint32_t symbol) {
    auto type = f32(symbol);
    type->row_rank = 1;
    type->row_stride = gap ? columns + gap : 0;
    return type;
  };
  auto i32 = [](const test::Sizes &dims) { return TestBundle::type(DType::i32, dims); };
  b.addInput("x", f32(rows));
  b.addInput("offsets", i32({experts + 1}));
  b.addOutput("y", f32(rows));
  const uint32_t weight = b.addWeight("w", {experts, columns});
  b->weights[weight]->steps.push_back(std::make_unique<StepT>());
  StepT &part = *b->weights[weight]->steps.back();
  part.kind = StepKind::part, part.key = "ep", part.count = ranks, part.dim = 0;
  b->weights[weight]->type = TestBundle::f32({experts / ranks, columns});
  auto own = [&] { return TestBundle::f32({experts / int64_t(ranks), columns}); };
  std::vector<TestBundle::Operand> operands;
  operands.push_back({f32(received), Access::read});
  operands.push_back({i32({Size::of(received), 1}), Access::read});
  operands.push_back({own(), Access::read});
  operands.push_back({f32(received), Access::write});
  const uint32_t kernel = b.addKernel("experts", std::move(operands), 1);

  const uint32_t inner = b.addFunction("received_rows");
  b->functions[inner]->param_count = 1;
  b.addArgument(inner, "", f32(received), Access::read);
  b.addArgument(inner, "", i32({Size::of(received), 1}), Access::read);
  b.addArgument(inner, "", f32(received), Access::write);
  b.addValue(inner, Storage::argument, 0, f32(received));
  b.addValue(inner, Storage::argument, 1, i32({Size::of(received), 1}));
  b.addValue(inner, Storage::argument, 2, f32(received));
  b.addValue(inner, Storage::param, 0, own());
  b.addDispatch(inner, kernel, test::extents(TestBundle::extent({Size::of(groups)})), {0, 1, 3, 2},
                test::extents(TestBundle::extent({Size::of(received)})));

  const uint32_t f = b->entry = b.addFunction("forward");
  b.addArgument(f, "x", f32(rows), Access::read);
  b.addArgument(f, "offsets", i32({experts + 1}), Access::read);
  b.addArgument(f, "y", f32(rows), Access::write);
  const uint32_t x = b.addValue(f, Storage::argument, 0, f32(rows)),
                 offsets = b.addValue(f, Storage::argument, 1, i32({experts + 1})),
                 y = b.addValue(f, Storage::argument, 2, f32(rows)),
                 wide = b.addValue(f, Storage::slot, 0, apart(rows));
  if (gap) {
    // There and back through rows that lie apart; of one rank, a gather is a copy.
    b.addMeshAxis("one", 1);
    const uint32_t whole = b.addPart("rows@one", Size::of(rows), 2);
    const uint32_t part = b.addValue(f, Storage::slot, 1, apart(whole));
    b.addCollective(f, CollectiveKind::all_slice, 2, 0, 0, {x, part});
    b.addCollective(f, CollectiveKind::all_gather, 2, 0, 0, {part, wide});
    b.addExpertDispatch(f, 1, received, inner, {wide, offsets, y});
  } else {
    b->functions[f]->values.pop_back();
    b->functions[f]->slot_count = 0;
    b.addExpertDispatch(f, 1, received, inner, {x, offsets, y});
  }
  b.moveIntoEntry("forward");
  return b;
}

struct Outcome {
  std::string error;
  std::vector<float> y;
  uint64_t memory = 0, sent = 0;
};

class ExpertDispatch : public testing::Test {
protected:
  void write(const TestBundle &bundle, int64_t experts) {
    TestBundle copy = bundle;
    test::writeFile(scratch.path("m.vob"), copy.file());
    std::vector<float> w(size_t(experts * columns));
    std::iota(w.begin(), w.end(), 1.f);
    test::writeTensors(scratch.path("w.safetensors"), {test::fileTensor("w", "F32", {experts, columns}, w)});
  }
  /// On every rank, each with x [rows, 4] = 1, 2, 3 ...
  std::vector<Outcome> run(int ranks, const std::vector<int32_t> &offsets, int64_t rows) {
    Expected<std::shared_ptr<const Program>> program =
        Program::load(scratch.path("m.vob"), scratch.path("w.safetensors"));
    EXPECT_TRUE(program) << program.status().message();
    std::vector<float> x(size_t(rows * columns));
    std::iota(x.begin(), x.end(), 1.f);
    const Tensor inputs[] = {{"x", DType::f32, {rows, columns}, x.data()},
                             {"offsets", DType::i32, {int64_t(offsets.size())}, const_cast<int32_t *>(offsets.data())}};
    std::vector<std::shared_ptr<World>> worlds = localWorlds(ranks, {.timeout = std::chrono::seconds(30)});
    std::vector<Outcome> runs{size_t(ranks)};
    std::vector<std::thread> threads;
    for (size_t rank = 0; rank < runs.size(); ++rank)
      threads.emplace_back([&, rank] {
        Expected<Session> session = Session::create(*program, {.threads = 1, .world = worlds[rank]});
        Status status = session ? Status::ok() : session.status();
        for (int again = 0; status && again < 2; ++again) // also over memory that holds what was there before
          if (status = session->run("", inputs); !status)
            session->abort(status.message());
        if (!status) {
          runs[rank].error = status.message();
          return;
        }
        const Tensor &y = session->outputs().front();
        const auto *data = static_cast<const float *>(y.data);
        runs[rank] = {"", {data, data + rows * columns}, session->memoryBytes(), session->sentBytes()};
      });
    for (std::thread &thread : threads)
      thread.join();
    return runs;
  }
  static std::vector<float> expected(const std::vector<int32_t> &offsets) {
    std::vector<float> y;
    for (size_t expert = 0; expert + 1 < offsets.size(); ++expert)
      for (int32_t row = offsets[expert]; row < offsets[expert + 1]; ++row)
        for (int64_t c = 0; c < columns; ++c)
          y.push_back(float(row * columns + c + 1) * float(int64_t(expert) * columns + c + 1));
    return y;
  }

  test::Scratch scratch;
};

TEST_F(ExpertDispatch, RowsComeBackToTheirPlaces) {
  struct Case {
    int ranks;
    std::vector<int32_t> offsets;
  };
  const Case cases[] = {
      {1, {0, 2, 5}},
      {2, {0, 3, 3, 4, 7}},
      {2, {0, 9, 9, 9, 9}},             // one rank has all
      {2, {0, 0, 0, 0, 9}},             // the other one
      {2, {0, 0, 0, 0, 0}},             // no rows at all
      {3, {0, 1, 2, 2, 2, 2, 7}},       // a rank without rows
      {4, {0, 0, 5, 5, 6, 6, 6, 6, 8}}, //
  };
  for (int64_t gap : {0, 3})
    for (const auto &[ranks, offsets] : cases) {
      const auto experts = int64_t(offsets.size()) - 1;
      write(model(uint32_t(ranks), experts, gap), experts);
      for (const Outcome &outcome : run(ranks, offsets, offsets.back())) {
        EXPECT_EQ(outcome.error, "");
        EXPECT_EQ(outcome.y, expected(offsets)) << ranks << " ranks, rows " << gap << " apart";
        EXPECT_TRUE(ranks == 1 || outcome.sent > 0);
      }
    }
}

TEST_F(ExpertDispatch, MemoryIsThatOfTheRowsThatCame) {
  write(model(2, 4, 0), 4);
  constexpr int32_t rows = 4096;
  const std::vector<Outcome> runs = run(2, {0, rows, rows, rows, rows}, rows);
  ASSERT_EQ(runs[0].error + runs[1].error, "");
  // The first rank has x and y and receives both ranks' rows, their numbers and results; the other one x and y alone.
  constexpr uint64_t perRow = columns * sizeof(float), own = 2 * rows * perRow;
  EXPECT_NEAR(double(runs[1].memory), double(own), 2048);
  EXPECT_NEAR(double(runs[0].memory), double(own + 2 * rows * (2 * perRow + sizeof(int32_t))), 2048);
}

TEST_F(ExpertDispatch, OffsetsThatAreNone) {
  write(model(2, 4, 0), 4);
  for (const Outcome &outcome : run(2, {0, 3, 2, 5, 7}, 7))
    EXPECT_NE(outcome.error.find("rows of expert 1 begin at 3 and end at 2"), std::string::npos) << outcome.error;
  for (const Outcome &outcome : run(2, {0, 1, 2, 3, 6}, 7))
    EXPECT_NE(outcome.error.find("rows of experts begin at 0 and end at 6, expected 0 and 7"), std::string::npos)
        << outcome.error;
  for (const Outcome &outcome : run(2, {1, 1, 2, 3, 7}, 7))
    EXPECT_NE(outcome.error.find("rows of experts begin at 1 and end at 7, expected 0 and 7"), std::string::npos)
        << outcome.error;
}

TEST_F(ExpertDispatch, ARankLoadsItsPartAlone) {
  write(model(2, 4, 0), 4);
  Expected<std::shared_ptr<const Program>> program =
      Program::load(scratch.path("m.vob"), scratch.path("w.safetensors"), {.rank = 1});
  ASSERT_TRUE(program) << program.status().message();
  std::vector<std::shared_ptr<World>> worlds = localWorlds(2, {.timeout = std::chrono::seconds(30)});
  std::vector<std::string> errors(2);
  std::thread other([&] { errors[1] = Session::create(*program, {.world = worlds[1]}).status().message(); });
  errors[0] = Session::create(*program, {.world = worlds[0]}).status().message();
  other.join();
  EXPECT_EQ(errors[1], "");
  EXPECT_NE(errors[0].find("rank 0 runs, but the weights of rank 1 were loaded"), std::string::npos) << errors[0];
  Expected<std::shared_ptr<const Program>> none =
      Program::load(scratch.path("m.vob"), scratch.path("w.safetensors"), {.rank = 2});
  ASSERT_FALSE(none);
  EXPECT_NE(none.status().message().find("rank 2 is none of the program's 2 ranks (sp=2, ep=2)"), std::string::npos)
      << none.status().message();
}

} // namespace
} // namespace veomni

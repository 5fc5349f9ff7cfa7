// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Programs of several ranks, which are threads here: collectives give back what they were given, whatever sizes and
// strides; and ranks that do not go together are told.
#include "TestBundle.h"
#include "veomni/runtime/Communicator.h"
#include "veomni/runtime/Session.h"

#include <gtest/gtest.h>
#include <numeric>
#include <thread>

namespace veomni {
namespace {

using namespace bundle;
using test::Size;
using test::TestBundle;

// Symbols of the bundles here.
constexpr uint32_t batch = 0, seq = 1, part = 2;

/// [batch, tokens, heads, 3] whose rows [heads, 3] have `gap` elements behind them.
std::unique_ptr<BufferTypeT> array(Size tokens, int64_t heads, int64_t gap = 0) {
  auto type = TestBundle::f32({Size::of(batch), tokens, heads, 3});
  type->row_rank = 2;
  type->row_stride = gap ? heads * 3 + gap : 0;
  return type;
}

/// x -> this rank's tokens -> all tokens of this rank's heads (`heads`) -> back -> all tokens, y. `heads` is gathered
/// to z, which is x again. x -> sum over the ranks -> this rank's tokens of the sum of these -> all tokens, w.
/// `overlaps`: what is not needed at once is waited for at the end.
TestBundle ring(uint32_t ranks, int64_t heads, int64_t gap, bool overlaps = false) {
  TestBundle b;
  b.addMeshAxis("sp", ranks);
  b.addInputDim("batch", 0, 0);
  b.addInputDim("seq", 0, 1);
  b.addPart("seq@sp", Size::of(seq), 0);
  b.addInput("x", array(Size::of(seq), heads));
  b.addOutput("y", array(Size::of(seq), heads));
  b.addOutput("z", array(Size::of(seq), heads));
  b.addOutput("w", array(Size::of(seq), heads));
  const uint32_t f = b->entry = b.addFunction("forward");
  std::vector<uint32_t> values;
  for (auto [name, access] :
       {std::pair("x", Access::read), {"y", Access::write}, {"z", Access::write}, {"w", Access::write}}) {
    b.addArgument(f, name, array(Size::of(seq), heads), access);
    values.push_back(b.addValue(f, Storage::argument, uint32_t(values.size()), array(Size::of(seq), heads)));
  }
  const uint32_t own = b.addValue(f, Storage::slot, 0, array(Size::of(part), heads, gap)),
                 some = b.addValue(f, Storage::slot, 1, array(Size::of(seq), heads / ranks, gap)),
                 back = b.addValue(f, Storage::slot, 2, array(Size::of(part), heads, gap)),
                 sum = b.addValue(f, Storage::slot, 3, array(Size::of(seq), heads, gap)),
                 partOfSum = b.addValue(f, Storage::slot, 4, array(Size::of(part), heads, gap));
  b.addCollective(f, CollectiveKind::all_slice, 0, 0, 1, {values[0], own});
  b.addCollective(f, CollectiveKind::all_to_all, 0, 1, 2, {own, some});
  const uint32_t z = b.addCollective(f, CollectiveKind::all_gather, 0, 2, 0, {some, values[2]}, overlaps);
  const uint32_t around = b.addCollective(f, CollectiveKind::all_to_all, 0, 2, 1, {some, back}, overlaps);
  const uint32_t sums = b.addCollective(f, CollectiveKind::all_reduce, 0, 0, 0, {values[0], sum}, overlaps);
  if (overlaps)
    b.addWait(f, around);
  const uint32_t y = b.addCollective(f, CollectiveKind::all_gather, 0, 1, 0, {back, values[1]}, overlaps);
  if (overlaps)
    b.addWait(f, sums);
  b.addCollective(f, CollectiveKind::reduce_scatter, 0, 0, 1, {sum, partOfSum});
  b.addCollective(f, CollectiveKind::all_gather, 0, 1, 0, {partOfSum, values[3]});
  for (uint32_t started : {y, z})
    if (overlaps)
      b.addWait(f, started);
  b.moveIntoEntry("forward");
  return b;
}

std::shared_ptr<const Program> load(TestBundle bundle) {
  Expected<veomni::Bundle> loaded = veomni::Bundle::fromMemory(bundle.file(), "m.vob");
  EXPECT_TRUE(loaded) << loaded.status().message();
  Expected<std::shared_ptr<const Program>> program = Program::create(std::move(*loaded), {});
  EXPECT_TRUE(program) << program.status().message();
  return *program;
}

/// Runs `body(rank, world)` on a thread for each rank; what each returns.
std::vector<std::string> onRanks(int ranks, const std::function<std::string(int, std::shared_ptr<World>)> &body) {
  std::vector<std::shared_ptr<World>> worlds = localWorlds(ranks, {.timeout = std::chrono::seconds(30)});
  std::vector<std::string> results(size_t(ranks), "");
  std::vector<std::thread> threads;
  for (int rank = 0; rank < ranks; ++rank)
    threads.emplace_back([&, rank] { results[size_t(rank)] = body(rank, worlds[size_t(rank)]); });
  for (std::thread &thread : threads)
    thread.join();
  return results;
}

struct Case {
  int ranks;
  int64_t batch, seq, gap;
  bool overlaps = false;
};
class Ring : public testing::TestWithParam<Case> {};

TEST_P(Ring, GivesBackWhatItWasGiven) {
  const auto [ranks, rows, tokens, gap, overlaps] = GetParam();
  const int64_t heads = 2 * ranks;
  std::shared_ptr<const Program> program = load(ring(uint32_t(ranks), heads, gap, overlaps));
  std::vector<float> x(size_t(rows * tokens * heads * 3));
  std::iota(x.begin(), x.end(), 1.f);
  std::vector<float> sums; // small integers: exact
  for (float value : x)
    sums.push_back(value * float(ranks * ranks));
  const Tensor input{"x", DType::f32, {rows, tokens, heads, 3}, x.data()};
  for (const std::string &problem : onRanks(ranks, [&](int, std::shared_ptr<World> world) -> std::string {
         Expected<Session> session = Session::create(program, {.threads = 1, .world = std::move(world)});
         if (!session)
           return session.status().message();
         for (int run = 0; run < 2; ++run) // also over memory that holds what was there before
           if (Status status = session->run("", {&input, 1}); !status)
             return status.message();
         for (const Tensor &output : session->outputs())
           if (const std::vector<float> &expected = output.name == "w" ? sums : x;
               output.shape != input.shape ||
               !std::equal(expected.begin(), expected.end(), static_cast<const float *>(output.data)))
             return output.name + " is not what was expected";
         return ranks == 1 || tokens < ranks || session->sentBytes() > 0 ? "" : "nothing was sent";
       }))
    EXPECT_EQ(problem, "");
}

INSTANTIATE_TEST_SUITE_P(Sizes, Ring,
                         testing::Values(Case{1, 2, 5, 0}, Case{2, 1, 8, 0}, Case{2, 2, 7, 4}, Case{3, 2, 7, 0},
                                         Case{3, 1, 2, 1}, Case{4, 3, 1, 2}, Case{4, 2, 9, 4}, Case{2, 2, 7, 4, true},
                                         Case{3, 2, 7, 0, true}, Case{4, 3, 1, 2, true}),
                         [](const testing::TestParamInfo<Case> &info) {
                           return "ranks" + std::to_string(info.param.ranks) + "batch" +
                                  std::to_string(info.param.batch) + "seq" + std::to_string(info.param.seq) + "gap" +
                                  std::to_string(info.param.gap) + (info.param.overlaps ? "overlapping" : "");
                         });

TEST(Ranks, WhatIsGivenCanBeCountedBefore) {
  for (auto [ranks, tokens] : {std::pair<int, int64_t>(2, 9), {3, 7}, {4, 2}}) {
    const int64_t heads = 2 * ranks;
    std::vector<float> x(size_t(2 * tokens * heads * 3));
    const Tensor input{"x", DType::f32, {2, tokens, heads, 3}, x.data()};
    auto textOf = [&](Session &session) {
      std::string text = session.run("", {&input, 1}).message();
      for (const CollectiveCounts &counts : session.collectives())
        text += counts.name + " " + std::to_string(counts.calls) + " " + std::to_string(counts.bytes) + "\n";
      return text;
    };
    Expected<veomni::Bundle> bundle = veomni::Bundle::fromMemory(ring(uint32_t(ranks), heads, 0).file(), "m.vob");
    ASSERT_TRUE(bundle) << bundle.status().message();
    Expected<std::shared_ptr<const Program>> counting =
        Program::create(std::move(*bundle), {}, {.device = *builtinDevices().find("null")});
    ASSERT_TRUE(counting) << counting.status().message();
    Expected<Session> alone = Session::create(*counting, {.threads = 1});
    ASSERT_TRUE(alone) << alone.status().message();
    const std::string expected = textOf(*alone);
    EXPECT_TRUE(expected.starts_with("all_slice over sp 1 0\nall_to_all over sp 2 ")) << expected;
    std::shared_ptr<const Program> program = load(ring(uint32_t(ranks), heads, 0));
    const std::vector<std::string> found = onRanks(ranks, [&](int, std::shared_ptr<World> world) -> std::string {
      Expected<Session> session = Session::create(program, {.threads = 1, .world = std::move(world)});
      return session ? textOf(*session) : session.status().message();
    });
    EXPECT_EQ(found.front(), expected);
  }
}

TEST(Ranks, WhatMovesIsToldWithItsTimes) {
  std::shared_ptr<const Program> program = load(ring(2, 4, 4, /*overlaps=*/true));
  const std::vector<float> x(48, 1.f);
  const Tensor input{"x", DType::f32, {1, 4, 4, 3}, x.data()};
  for (const std::string &problem : onRanks(2, [&](int, std::shared_ptr<World> world) -> std::string {
         Expected<Session> session = Session::create(program, {.threads = 1, .world = std::move(world)});
         if (!session)
           return session.status().message();
         std::string moved;
         InstructionHooks hooks;
         hooks.moved = [&](const MovedEvent &event) {
           moved += std::string(event.name) + " over " + std::string(event.axis) + "\n";
           if (event.end < event.begin)
             moved += "which ended before it began\n";
         };
         if (Status status = session->run("", {&input, 1}, {.hooks = &hooks}); !status)
           return status.message();
         return moved;
       }))
    EXPECT_EQ(problem, "all_to_all over sp\n"     // q
                       "all_to_all over sp\n"     // around
                       "all_reduce over sp\n"     // waited for before y starts
                       "reduce_scatter over sp\n" //
                       "all_gather over sp\n"     // w
                       "all_gather over sp\n"     // y
                       "all_gather over sp\n");   // z
}

// A rank that ends early leaves no other reading its memory, and none waiting.
TEST(Ranks, EndTogetherWhereOneEndsWhileDataMoves) {
  std::shared_ptr<const Program> program = load(ring(2, 4, 4, /*overlaps=*/true));
  const std::vector<float> x(48, 1.f);
  const Tensor input{"x", DType::f32, {1, 4, 4, 3}, x.data()};
  for (const std::string &problem : onRanks(2, [&](int rank, std::shared_ptr<World> world) -> std::string {
         Expected<Session> session = Session::create(program, {.threads = 1, .world = std::move(world)});
         if (!session)
           return session.status().message();
         CancelToken cancel;
         InstructionHooks hooks;
         hooks.after = [&](const InstructionEvent &event) {
           if (rank == 1 && event.index == 3) // all_to_all `around` has started, and the gather of z
             cancel.cancel();
         };
         const Status status = session->run("", {&input, 1}, {.hooks = &hooks, .cancel = &cancel});
         const std::string expected = rank == 1 ? "cancelled" : "rank 1: cancelled";
         return !status && status.message().find(expected) != std::string::npos ? "" : status.message();
       }))
    EXPECT_EQ(problem, "");
}

TEST(Ranks, AProgramForSeveralDoesNotRunAlone) {
  std::shared_ptr<const Program> program = load(ring(2, 4, 0));
  Expected<Session> alone = Session::create(program, {.threads = 1});
  ASSERT_FALSE(alone);
  EXPECT_EQ(alone.status().message(), "m.vob: the program is for 2 ranks (sp=2), and runs here alone");
}

TEST(Ranks, TheirNumberIsThatOfTheMesh) {
  std::shared_ptr<const Program> two = load(ring(2, 4, 0)), one = load(test::TestBundle(ring(1, 2, 0)));
  for (const std::string &problem : onRanks(3, [&](int, std::shared_ptr<World> world) {
         return Session::create(two, {.threads = 1, .world = std::move(world)}).status().message();
       }))
    EXPECT_EQ(problem, "m.vob: the program is for 2 ranks (sp=2), but 3 run it");
}

TEST(Ranks, MustRunOneProgram) {
  std::shared_ptr<const Program> a = load(ring(2, 4, 0)), b = load(ring(2, 4, 8));
  for (const std::string &problem : onRanks(2, [&](int rank, std::shared_ptr<World> world) {
         return Session::create(rank == 0 ? a : b, {.threads = 1, .world = std::move(world)}).status().message();
       }))
    EXPECT_NE(problem.find("have different programs"), std::string::npos) << problem;
}

TEST(Ranks, MustBeGivenTheSameInputs) {
  std::shared_ptr<const Program> program = load(ring(2, 4, 0));
  for (const std::string &problem : onRanks(2, [&](int rank, std::shared_ptr<World> world) {
         std::vector<float> x(12, float(rank));
         const Tensor input{"x", DType::f32, {1, 1, 4, 3}, x.data()};
         Expected<Session> session = Session::create(program, {.threads = 1, .world = std::move(world)});
         return session ? session->run("", {&input, 1}).message() : session.status().message();
       }))
    EXPECT_NE(problem.find("have different inputs of entry \"forward\""), std::string::npos) << problem;
}

TEST(Ranks, EndWithTheReasonOfTheOneThatFailed) {
  std::shared_ptr<const Program> program = load(ring(3, 3, 0));
  std::vector<std::string> problems = onRanks(3, [&](int rank, std::shared_ptr<World> world) {
    std::vector<float> x(9, 1);
    const Tensor input{"x", DType::f32, {1, 1, 3, 3}, x.data()};
    Expected<Session> session = Session::create(program, {.threads = 1, .world = std::move(world)});
    if (!session)
      return session.status().message();
    if (rank == 1) {
      session->abort("out of paper");
      return std::string("aborted");
    }
    return session->run("", {&input, 1}).message();
  });
  for (int rank : {0, 2})
    EXPECT_NE(problems[size_t(rank)].find("rank 1: out of paper"), std::string::npos) << problems[size_t(rank)];
}

} // namespace
} // namespace veomni

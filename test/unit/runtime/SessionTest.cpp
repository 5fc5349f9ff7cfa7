// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What sessions of one program share and what they do not: entries, states, threads, cancelling, checked memory.
#include "veomni/runtime/Session.h"

#include "TestBundle.h"

#include <cstring>
#include <gtest/gtest.h>
#include <numeric>
#include <thread>

namespace veomni {
namespace {

using namespace bundle;
using test::extents;
using test::Size;
using test::TestBundle;

std::shared_ptr<const Program> load(TestBundle bundle) {
  static const std::vector<test::FileTensor> weights = [] {
    std::vector<test::FileTensor> list = test::layeredWeights();
    for (test::FileTensor &weight : list)
      weight.bytes.resize(128); // slack behind
    return list;
  }();
  std::vector<const void *> addresses;
  for (size_t i = 0; i < bundle->weights.size(); ++i)
    addresses.push_back(weights[i].bytes.data());
  Expected<veomni::Bundle> loaded = veomni::Bundle::fromMemory(bundle.file(), "m.vob");
  EXPECT_TRUE(loaded) << loaded.status().message();
  if (!loaded)
    return nullptr;
  Expected<std::shared_ptr<const Program>> program = Program::create(std::move(*loaded), addresses);
  EXPECT_TRUE(program) << program.status().message();
  return *program;
}

Session open(const std::shared_ptr<const Program> &program, const SessionOptions &options = {.threads = 1}) {
  Expected<Session> session = Session::create(program, options);
  EXPECT_TRUE(session) << session.status().message();
  return std::move(*session);
}

Tensor tensor(const std::string &name, std::vector<int64_t> shape, const std::vector<int64_t> &values) {
  return {name, DType::i64, std::move(shape), values.data()};
}

template <typename T> std::vector<T> values(const Tensor &tensor) {
  const T *data = static_cast<const T *>(tensor.data);
  return std::vector<T>(data, data + elementCount(tensor.shape));
}

std::unique_ptr<BufferTypeT> hidden() { return TestBundle::f32({Size::of(0), Size::of(1), 4}); }
std::unique_ptr<BufferTypeT> tokens() { return TestBundle::i64({Size::of(0), Size::of(1)}); }
std::unique_ptr<ExtentT> rows() { return TestBundle::extent({Size::of(0), Size::of(1)}); }
std::vector<std::unique_ptr<ExtentT>> groups() { return extents(TestBundle::extent({Size::of(0), Size::of(1)}, 2)); }

/// The layered bundle with `forward` as an entry, and `spread`, which runs its first layer alone: ids and shift [batch,
/// seq] -> out.
TestBundle makeTwoEntries() {
  TestBundle b = test::makeLayeredBundle();
  b.moveIntoEntry("forward");
  b.addInput("ids", tokens());
  b.addOutput("out", hidden());
  b->entry = b.addFunction("one");
  b.addArgument(b->entry, "ids", tokens(), Access::read);
  b.addArgument(b->entry, "out", hidden(), Access::write);
  uint32_t ids = b.addValue(b->entry, Storage::argument, 0, tokens()),
           out = b.addValue(b->entry, Storage::argument, 1, hidden());
  uint32_t h = b.addValue(b->entry, Storage::slot, 0, hidden());
  b->functions[b->entry]->param_count = 1;
  b.addDispatch(b->entry, 0, groups(), {ids, h}, extents(rows()));
  b.addCall(b->entry, 0, {h, out}, 0, "layer");
  b.moveIntoEntry("one");
  b->entries[1]->param_base = 1; // layer.1
  return b;
}

/// A running sum of ids: total [4] of state += spread(ids) * layer.0 * scale, and its value before as the output
/// `before`.
TestBundle makeRunningSum() {
  TestBundle b;
  auto row = [] { return TestBundle::f32({1, 4}); };
  auto one = [] { return TestBundle::i64({1}); };
  b.addInput("ids", one());
  b.addOutput("before", row());
  b.addWeight("layer.0", {4});
  uint32_t total = b.addState("total", row());
  auto operands = [](auto... list) {
    std::vector<TestBundle::Operand> result;
    (result.push_back(std::move(list)), ...);
    return result;
  };
  auto operand = [](std::unique_ptr<BufferTypeT> type, Access access) {
    return TestBundle::Operand{std::move(type), access};
  };
  b.addKernel("spread", operands(operand(one(), Access::read), operand(row(), Access::write)), 1);
  b.addKernel("accumulate",
              operands(operand(row(), Access::read), operand(TestBundle::f32({4}), Access::read),
                       operand(row(), Access::read_write)),
              2);
  b.addKernel("add",
              operands(operand(row(), Access::read), operand(row(), Access::read), operand(row(), Access::write)), 1);
  // Callees are handed states like any other buffer.
  uint32_t body = b.addFunction("body");
  b.addArgument(body, "x", row(), Access::read);
  b.addArgument(body, "sum", row(), Access::read_write);
  uint32_t x = b.addValue(body, Storage::argument, 0, row()), sum = b.addValue(body, Storage::argument, 1, row());
  uint32_t w = b.addValue(body, Storage::param, 0, TestBundle::f32({4}));
  b.addDispatch(body, 1, extents(TestBundle::extent({1})), {x, w, sum},
                extents(TestBundle::extent({1}), TestBundle::extent({8})));
  b->entry = b.addFunction("forward");
  b.addArgument(b->entry, "ids", one(), Access::read);
  b.addArgument(b->entry, "before", row(), Access::write);
  uint32_t ids = b.addValue(b->entry, Storage::argument, 0, one()),
           before = b.addValue(b->entry, Storage::argument, 1, row());
  uint32_t h = b.addValue(b->entry, Storage::slot, 0, row()),
           state = b.addValue(b->entry, Storage::state, total, row());
  b->functions[b->entry]->param_count = 1;
  b.addDispatch(b->entry, 2, extents(TestBundle::extent({1})), {state, state, before},
                extents(TestBundle::extent({1})));
  b.addDispatch(b->entry, 0, extents(TestBundle::extent({1})), {ids, h}, extents(TestBundle::extent({1})));
  b.addCall(b->entry, body, {h, state});
  b.moveIntoEntry("forward");
  return b;
}

std::vector<float> spread(int64_t id) {
  return {float(id * 10), float(id * 10 + 1), float(id * 10 + 2), float(id * 10 + 3)};
}

TEST(Session, RunsABundleOfEntriesAsItRanTheOneWithout) {
  TestBundle bundle = test::makeLayeredBundle();
  bundle.moveIntoEntry("forward");
  Session session = open(load(std::move(bundle)));
  std::vector<int64_t> ids = {3, 1, 4, 1, 5, 9}, positions = {5, 6, 7};
  const Tensor inputs[] = {tensor("positions", {1, 3}, positions), tensor("ids", {2, 3}, ids)};
  ASSERT_TRUE(session.run("forward", inputs));
  EXPECT_EQ(values<float>(session.outputs()[0]), test::layeredOutput(ids));
  EXPECT_EQ(values<int64_t>(session.outputs()[1]), (std::vector<int64_t>{1005, 1006, 1007, 1005, 1006, 1007}));
}

TEST(Session, RunsEntriesThatShareFunctionsAndWeights) {
  std::shared_ptr<const Program> program = load(makeTwoEntries());
  Session session = open(program);
  std::vector<int64_t> ids = {3, 1, 4};
  const Tensor input = tensor("ids", {1, 3}, ids);
  for (int repeat = 0; repeat < 2; ++repeat) {
    ASSERT_TRUE(session.run("forward", {&input, 1}));
    EXPECT_EQ(values<float>(session.outputs()[0]), test::layeredOutput(ids));
    ASSERT_TRUE(session.run("one", {&input, 1}));
    ASSERT_EQ(session.outputs().size(), 1u);
    std::vector<float> expected;
    for (int64_t id : ids)
      for (int c = 0; c < 4; ++c) {
        float h = float(id * 10 + c);
        expected.push_back(h * (float(2 * (c + 1)) / 8) + h);
      }
    EXPECT_EQ(values<float>(session.outputs()[0]), expected);
  }
  ASSERT_TRUE(session.run("", {&input, 1})); // the first
  EXPECT_EQ(session.outputs()[0].name, "y");
  const Tensor positions = tensor("positions", {1, 3}, ids), both[] = {input, positions};
  EXPECT_EQ(session.run("one", both).message(), "input positions: the program has no such input; it has ids");
  EXPECT_EQ(session.run("on", {&input, 1}).message(),
            "m.vob: entry on: the program has no such entry, did you mean one?");
  EXPECT_EQ(session.run("generate", {&input, 1}).message(),
            "m.vob: entry generate: the program has no such entry; it has forward, one");
}

TEST(Session, RefusesIndicesBeyondASizeThatIsKnownAtRunTime) {
  TestBundle bundle = makeTwoEntries();
  bundle->entries[0]->inputs[1]->below = TestBundle::sum({{Size::of(1)}, {-1}}); // less than seq - 1
  Session session = open(load(std::move(bundle)));
  std::vector<int64_t> ids = {3, 1, 4, 1}, good = {2, 0, 1, 2}, bad = {2, 0, 3, 1};
  const Tensor right[] = {tensor("ids", {1, 4}, ids), tensor("positions", {1, 4}, good)};
  EXPECT_EQ(session.run("", right).message(), "");
  const Tensor wrong[] = {tensor("ids", {1, 4}, ids), tensor("positions", {1, 4}, bad)};
  EXPECT_EQ(session.run("", wrong).message(), "input positions: element 2 is 3, expected 0 to 2");
  // The default counts to seq - 1, which is too much, too.
  EXPECT_EQ(session.run("", {right, 1}).message(), "input positions: element 3 is 3, expected 0 to 2");
  std::vector<int64_t> none;
  const Tensor empty = tensor("ids", {3, 0}, none);
  EXPECT_EQ(session.run("", {&empty, 1}).message(), "");
}

TEST(Session, TellsWhatEntriesTakeAndGive) {
  std::shared_ptr<const Program> program = load(makeTwoEntries());
  ASSERT_EQ(program->entries().size(), 2u);
  const EntryInfo &forward = program->entries()[0];
  EXPECT_EQ(forward.name, "forward");
  ASSERT_EQ(forward.inputs.size(), 2u);
  EXPECT_TRUE(forward.inputs[0].required);
  EXPECT_EQ(forward.inputs[0].max, 99);
  EXPECT_FALSE(forward.inputs[1].required);
  EXPECT_TRUE(forward.inputs[1].acceptsCuSeqlens);
  ASSERT_EQ(forward.outputs.size(), 2u);
  EXPECT_EQ(forward.outputs[0].dtype, DType::f32);
  ASSERT_EQ(forward.outputs[0].dims.size(), 3u);
  EXPECT_EQ(forward.outputs[0].dims[1].size, -1);
  EXPECT_EQ(forward.outputs[0].dims[1].axis, "seq");
  EXPECT_EQ(forward.outputs[0].dims[2].size, 4);
  EXPECT_EQ(program->entries()[1].outputs[0].name, "out");
}

TEST(Session, GivesTheSameBitsOnFourThreadsAsOnOne) {
  std::shared_ptr<const Program> program = load(makeTwoEntries());
  constexpr int threads = 4, runs = 25;
  auto idsOf = [](int thread, int run) {
    std::vector<int64_t> ids(size_t(3 * (run % 5 * 40 + 7)));
    for (size_t i = 0; i < ids.size(); ++i)
      ids[i] = int64_t(i * 7 + size_t(thread * 13 + run)) % 100;
    return ids;
  };
  std::vector<std::vector<std::vector<float>>> found(threads);
  std::vector<std::thread> workers;
  for (int thread = 0; thread < threads; ++thread)
    workers.emplace_back([&, thread] {
      Session session = open(program, {.threads = unsigned(thread % 2 + 1)});
      for (int run = 0; run < runs; ++run) {
        std::vector<int64_t> ids = idsOf(thread, run);
        const Tensor input = tensor("ids", {3, int64_t(ids.size()) / 3}, ids);
        Status status = session.run(run % 3 ? "forward" : "one", {&input, 1});
        found[size_t(thread)].push_back(status ? values<float>(session.outputs()[0]) : std::vector<float>());
      }
    });
  for (std::thread &worker : workers)
    worker.join();
  Session session = open(program);
  for (int thread = 0; thread < threads; ++thread)
    for (int run = 0; run < runs; ++run) {
      std::vector<int64_t> ids = idsOf(thread, run);
      const Tensor input = tensor("ids", {3, int64_t(ids.size()) / 3}, ids);
      ASSERT_TRUE(session.run(run % 3 ? "forward" : "one", {&input, 1}));
      std::vector<float> expected = values<float>(session.outputs()[0]);
      const std::vector<float> &other = found[size_t(thread)][size_t(run)];
      ASSERT_EQ(other.size(), expected.size());
      ASSERT_EQ(std::memcmp(other.data(), expected.data(), expected.size() * sizeof(float)), 0) << thread << " " << run;
    }
}

TEST(Session, KeepsStatesFromRunToRunUntilReset) {
  std::shared_ptr<const Program> program = load(makeRunningSum());
  for (bool checkMemory : {false, true}) {
    Session session = open(program, {.threads = 1, .checkMemory = checkMemory}), other = open(program);
    ASSERT_EQ(session.states().size(), 1u);
    EXPECT_EQ(session.states()[0].name, "total");
    EXPECT_EQ(session.states()[0].shape, (std::vector<int64_t>{1, 4}));
    std::vector<float> total(4, 0.f);
    for (int round = 0; round < 2; ++round) {
      for (int64_t id : {3, 5, 7}) {
        std::vector<int64_t> ids = {id};
        const Tensor input = tensor("ids", {1}, ids);
        Status status = session.run("forward", {&input, 1});
        ASSERT_TRUE(status) << status.message();
        for (int c = 0; c < 4; ++c)
          EXPECT_EQ(values<float>(session.outputs()[0])[size_t(c)], 2 * total[size_t(c)]);
        for (int c = 0; c < 4; ++c)
          total[size_t(c)] += spread(id)[size_t(c)] * float(c + 1); // times (c + 1) / 8 and 8
        EXPECT_EQ(values<float>(session.states()[0]), total);
      }
      session.reset();
      total.assign(4, 0.f);
      EXPECT_EQ(values<float>(session.states()[0]), total);
    }
    EXPECT_EQ(values<float>(other.states()[0]), std::vector<float>(4, 0.f));
  }
}

TEST(Session, EndsACancelledRunBetweenInstructions) {
  Session session = open(load(test::makeLayeredBundle()));
  std::vector<int64_t> ids = {3, 1};
  const Tensor input = tensor("ids", {1, 2}, ids);
  CancelToken cancel;
  int begun = 0;
  InstructionHooks hooks;
  hooks.before = [&](const InstructionEvent &event) {
    if (event.kind == Action::Dispatch && ++begun == 3)
      cancel.cancel();
  };
  EXPECT_EQ(session.run("", {&input, 1}, {.hooks = &hooks, .cancel = &cancel}).message(), "cancelled");
  EXPECT_EQ(begun, 3); // the third was finished, the fourth not begun
  EXPECT_TRUE(session.outputs().empty());
  EXPECT_EQ(session.run("", {&input, 1}, {.cancel = &cancel}).message(), "cancelled");
  cancel.reset();
  EXPECT_TRUE(session.run("", {&input, 1}, {.cancel = &cancel}));
  EXPECT_EQ(values<float>(session.outputs()[0]), test::layeredOutput(ids));
}

TEST(Session, CanBeCancelledFromAnotherThread) {
  Session session = open(load(test::makeLayeredBundle()));
  std::vector<int64_t> ids(1000, 1);
  const Tensor input = tensor("ids", {1, 1000}, ids);
  CancelToken cancel;
  std::thread other([&] { cancel.cancel(); });
  Status status = Status::ok();
  while (status) // until it is noticed
    status = session.run("", {&input, 1}, {.cancel = &cancel});
  other.join();
  EXPECT_EQ(status.message(), "cancelled");
}

TEST(Session, ChecksMemoryOfARunThatIsSound) {
  std::shared_ptr<const Program> program = load(makeTwoEntries());
  Session session = open(program, {.threads = 2, .checkMemory = true});
  std::vector<int64_t> ids = {3, 1, 4, 1, 5, 9};
  const Tensor input = tensor("ids", {2, 3}, ids);
  Status status = session.run("forward", {&input, 1});
  ASSERT_TRUE(status) << status.message();
  EXPECT_EQ(values<float>(session.outputs()[0]), test::layeredOutput(ids));
  InstructionHooks hooks;
  EXPECT_EQ(session.run("forward", {&input, 1}, {.hooks = &hooks}).message(),
            "a memory check runs the program twice and takes no hooks");
}

/// One dispatch of `kernel` over `out` f32 [4], with `scalar` as its last scalar.
Session checkedKernel(const std::string &kernel, int64_t scalar) {
  TestBundle b;
  auto row = [] { return TestBundle::f32({1, 4}); };
  b.addInput("x", row());
  b.addOutput("y", row());
  b.addFunction("forward");
  b.addArgument(0, "x", row(), Access::read);
  b.addArgument(0, "y", row(), Access::write);
  b.addValue(0, Storage::argument, 0, row());
  b.addValue(0, Storage::argument, 1, row());
  b.addValue(0, Storage::slot, 0, row());
  std::vector<TestBundle::Operand> operands;
  operands.push_back({row(), Access::read});
  operands.push_back({row(), Access::write});
  b.addKernel(kernel, std::move(operands), 1);
  b.addDispatch(0, 0, extents(TestBundle::extent({1})), {0, 2}, extents(TestBundle::extent({scalar})));
  b.addDispatch(0, 0, extents(TestBundle::extent({1})), {2, 1}, extents(TestBundle::extent({scalar})));
  return open(load(std::move(b)), {.threads = 1, .checkMemory = true});
}

std::string runChecked(Session session) {
  static const float x[4] = {1, 2, 3, 4};
  const Tensor input{"x", DType::f32, {1, 4}, x};
  return session.run("", {&input, 1}).message();
}

TEST(MemoryCheck, AllowsReading64BytesPastTheEndAndNoMore) {
  EXPECT_EQ(runChecked(checkedKernel("read_at", 4 + 16 - 1)), "");
  EXPECT_EXIT(runChecked(checkedKernel("read_at", 4 + 16)), testing::ExitedWithCode(1),
              "memory check: kernel \"read_at\" .function \"forward\", instruction 0.: reads 64 bytes past the end of "
              "operand 0, input "
              "\"x\" of 16 bytes");
}

TEST(MemoryCheck, CatchesReadsBeforeTheStart) {
  EXPECT_EXIT(runChecked(checkedKernel("read_before", 1)), testing::ExitedWithCode(1),
              "reads 4 bytes before the start of operand 0, input \"x\" of 16 bytes");
}

TEST(MemoryCheck, CatchesWritesBeyondAnOperand) {
  EXPECT_EQ(runChecked(checkedKernel("write_at", 3)), "");
  EXPECT_EQ(runChecked(checkedKernel("write_at", 4)),
            "memory check: kernel \"write_at\" (function \"forward\", instruction 0): writes "
            "beyond operand 1, slot 0 of function \"forward\" of 16 bytes");
  EXPECT_EXIT(runChecked(checkedKernel("write_at", 20)), testing::ExitedWithCode(1),
              "writes 64 bytes past the end of operand 1");
}

TEST(MemoryCheck, CatchesWritesToWhatIsOnlyRead) {
  EXPECT_EXIT(runChecked(checkedKernel("write_input", 0)), testing::ExitedWithCode(1),
              "writes byte 0 of operand 0, input \"x\" of 16 bytes, which it may only read");
}

TEST(MemoryCheck, CatchesResultsThatDependOnMemoryNothingWrote) {
  EXPECT_EQ(runChecked(checkedKernel("copy_some", 4)), "");
  EXPECT_EQ(runChecked(checkedKernel("copy_some", 3)),
            "memory check: output y: byte 12 depends on memory that nothing has written or on where buffers lie");
}

TEST(MemoryCheck, RefusesSomeNumbersOfWorkgroups) {
  for (auto [count, message] : std::initializer_list<std::pair<int64_t, const char *>>{
           {0, "0 workgroups, expected 1 to 4, as it writes so many elements"},
           {4, ""},
           {5, "5 workgroups, expected 1 to 4, as it writes so many elements"},
           {int64_t(1) << 48, "281474976710656 workgroups, expected 1 to 4"}}) {
    TestBundle b;
    b.addOutput("y", TestBundle::f32({1, 4}));
    b.addFunction("forward");
    b.addArgument(0, "y", TestBundle::f32({1, 4}), Access::write);
    b.addValue(0, Storage::argument, 0, TestBundle::f32({1, 4}));
    std::vector<TestBundle::Operand> operands;
    operands.push_back({TestBundle::f32({1, 4}), Access::write});
    b.addKernel("grid", std::move(operands), 2);
    b.addDispatch(0, 0, extents(TestBundle::extent({count})), {0},
                  extents(TestBundle::extent({4}), TestBundle::extent({1})));
    Session session = open(load(std::move(b)));
    std::string found = session.run("", {}).message();
    EXPECT_TRUE(*message ? found.find(message) != found.npos : found.empty()) << found;
  }
}

} // namespace
} // namespace veomni

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What every device must do, whatever it is made of. A device joins by a line in `cases`, and passes all of it.
//
// A device that computes gives the numbers of the reference. One that does not keeps nothing: what is downloaded from
// it is zeros, and it counts.
#include "veomni/runtime/Device.h"

#include "TestBundle.h"
#include "veomni/runtime/Session.h"

#include <algorithm>
#include <cstring>
#include <gtest/gtest.h>
#include <limits>
#include <thread>

namespace veomni {
namespace {

using namespace bundle;
using test::extents;
using test::Size;
using test::TestBundle;

struct Case {
  std::string device;
  /// The code of the test's kernels for this device; nothing where executables have none.
  const std::vector<std::byte> *code;
};

std::vector<Case> cases() { return {{"cpu", &test::kernelCode()}, {"null", nullptr}}; }

/// y = x + 1 of so many elements as its scalar says, or + `by`.
Status addOne(const veomni::LibraryCall &call) {
  float by = 1;
  for (const LibraryAttribute &attribute : call.attributes)
    if (attribute.name == "by")
      by = float(std::get<double>(attribute.value));
  if (by < 0)
    return Status::error("by is negative");
  const auto *in = static_cast<const float *>(call.operands[0].data);
  auto *out = static_cast<float *>(call.operands[1].data);
  for (int64_t i = 0; i < call.scalars[0]; ++i)
    out[i] = in[i] + by;
  return Status::ok();
}

class Conformance : public ::testing::TestWithParam<Case> {
protected:
  void SetUp() override {
    LibraryRegistry functions;
    ASSERT_TRUE(functions.add("test.add_one", addOne));
    DeviceRegistry devices = builtinDevices(std::move(functions));
    Expected<std::shared_ptr<Device>> found = devices.find(GetParam().device);
    ASSERT_TRUE(found) << found.status().message();
    device = *found;
    computes = device->traits().computes;
    queue = newQueue();
  }

  std::unique_ptr<DeviceQueue> newQueue(unsigned threads = 2) const {
    Expected<std::unique_ptr<DeviceQueue>> created = device->createQueue({threads});
    EXPECT_TRUE(created) << created.status().message();
    return std::move(*created);
  }

  std::byte *allocate(uint64_t bytes) {
    Expected<std::byte *> memory = device->allocate(bytes);
    EXPECT_TRUE(memory) << memory.status().message();
    allocated.emplace_back(*memory, bytes);
    return *memory;
  }
  void TearDown() override {
    for (auto [memory, bytes] : allocated)
      device->free(memory, bytes);
  }

  std::unique_ptr<DeviceCode> loadCode() const {
    std::span<const std::byte> image;
    if (GetParam().code)
      image = *GetParam().code;
    Expected<std::unique_ptr<DeviceCode>> code = device->load(image, "code");
    EXPECT_TRUE(code) << code.status().message();
    return std::move(*code);
  }

  /// A kernel by its name, as a bundle says it.
  struct Named {
    veomni::Bundle bundle;
    const bundle::Kernel *kernel;
  };
  Named named(const std::string &name) const {
    TestBundle bundle = test::makeLayeredBundle();
    uint32_t index = bundle.addKernel(name, {}, 0);
    Named named{bundleOf(std::move(bundle)), nullptr};
    named.kernel = named.bundle.program().kernels()->Get(index);
    return named;
  }

  /// A bundle that was compiled for this device.
  veomni::Bundle bundleOf(TestBundle bundle) const {
    CodeVariantT &variant = *bundle->executables.front()->variants.front();
    variant.target = GetParam().device;
    if (!GetParam().code)
      variant.segment.reset();
    Expected<veomni::Bundle> loaded = veomni::Bundle::fromMemory(bundle.file(), "m.vob");
    EXPECT_TRUE(loaded) << loaded.status().message();
    return std::move(*loaded);
  }

  std::shared_ptr<const Program> load(TestBundle bundle) const {
    static const std::vector<test::FileTensor> weights = [] {
      std::vector<test::FileTensor> list = test::layeredWeights();
      for (test::FileTensor &weight : list)
        weight.bytes.resize(128); // slack behind
      return list;
    }();
    std::vector<const void *> addresses;
    for (size_t i = 0; i < bundle->weights.size(); ++i)
      addresses.push_back(weights[i].bytes.data());
    Expected<std::shared_ptr<const Program>> program =
        Program::create(bundleOf(std::move(bundle)), addresses, {.device = device});
    EXPECT_TRUE(program) << program.status().message();
    return *program;
  }

  std::shared_ptr<Device> device;
  bool computes = false;
  std::unique_ptr<DeviceQueue> queue;
  std::vector<std::pair<std::byte *, uint64_t>> allocated;
};

TEST_P(Conformance, GivesAlignedMemoryOfItsOwn) {
  std::byte *a = allocate(100), *b = allocate(100), *large = allocate(uint64_t(64) << 20);
  for (std::byte *memory : {a, b, large})
    EXPECT_EQ(reinterpret_cast<uintptr_t>(memory) % 64, 0u);
  EXPECT_TRUE(a + 100 <= b || b + 100 <= a);
  Expected<std::byte *> none = device->allocate(0);
  ASSERT_TRUE(none);
  EXPECT_EQ(*none, nullptr);
  device->free(*none, 0);
}

TEST_P(Conformance, RefusesMemoryThatThereIsNot) {
  Expected<std::byte *> memory = device->allocate(std::numeric_limits<uint64_t>::max());
  ASSERT_FALSE(memory);
  EXPECT_NE(memory.status().message().find("18446744073709551615 bytes"), std::string::npos)
      << memory.status().message();
}

TEST_P(Conformance, KeepsWhatIsUploaded) {
  std::vector<uint32_t> given(1000), back(1000, 7);
  for (uint32_t i = 0; i < given.size(); ++i)
    given[i] = i * i + 1;
  std::byte *memory = allocate(4000);
  ASSERT_TRUE(queue->download(back.data(), memory, 4000));
  EXPECT_EQ(back, std::vector<uint32_t>(1000, 0)) << "memory is zeros at first";
  ASSERT_TRUE(queue->upload(memory, given.data(), 4000));
  ASSERT_TRUE(queue->download(back.data(), memory, 4000));
  EXPECT_EQ(back, computes ? given : std::vector<uint32_t>(1000, 0));
  // A part of it, somewhere within.
  std::fill(back.begin(), back.end(), 7);
  ASSERT_TRUE(queue->download(back.data(), memory + 400, 40));
  EXPECT_EQ(back[9], computes ? given[109] : 0);
  EXPECT_EQ(back[10], 7u);
  ASSERT_TRUE(queue->clear(memory + 400, 40));
  ASSERT_TRUE(queue->download(back.data(), memory, 4000));
  EXPECT_EQ(back[100], 0u);
  EXPECT_EQ(back[110], computes ? given[110] : 0);
}

TEST_P(Conformance, MovesNoBytesWithoutMemory) {
  EXPECT_TRUE(queue->upload(nullptr, nullptr, 0));
  EXPECT_TRUE(queue->download(nullptr, nullptr, 0));
  EXPECT_TRUE(queue->clear(nullptr, 0));
}

TEST_P(Conformance, LoadsCodeAndFindsItsKernels) {
  std::unique_ptr<DeviceCode> code = loadCode();
  Named grid = named("grid"), none = named("no_such_kernel");
  EXPECT_NE(code->find(*grid.kernel), nullptr);
  if (computes)
    EXPECT_EQ(code->find(*none.kernel), nullptr);
}

TEST_P(Conformance, RefusesCodeThatIsNone) {
  if (!computes)
    GTEST_SKIP() << "the device takes no code";
  const std::vector<std::byte> noise(1000, std::byte(0x5a));
  Expected<std::unique_ptr<DeviceCode>> code = device->load(noise, "my_code");
  ASSERT_FALSE(code);
  EXPECT_NE(code.status().message().find("my_code"), std::string::npos) << code.status().message();
}

TEST_P(Conformance, RefusesCodeOfOtherTargets) {
  TestBundle bundle = test::makeLayeredBundle();
  bundle->executables.front()->variants.front()->target = "elsewhere";
  Expected<veomni::Bundle> loaded = veomni::Bundle::fromMemory(bundle.file(), "m.vob");
  ASSERT_TRUE(loaded) << loaded.status().message();
  std::vector<const void *> addresses(bundle->weights.size());
  Expected<std::shared_ptr<const Program>> program = Program::create(std::move(*loaded), addresses, {.device = device});
  if (!computes) {
    EXPECT_TRUE(program) << "the device runs all of them";
    return;
  }
  ASSERT_FALSE(program);
  EXPECT_EQ(program.status().message(), "m.vob: executable code: is compiled for target elsewhere, which the device " +
                                            GetParam().device + " does not run");
}

/// Two dispatches of `add`, the second of which reads what the first writes: out = (in + in) + in.
TEST_P(Conformance, DispatchesInOrder) {
  std::unique_ptr<DeviceCode> code = loadCode();
  Named named = this->named("add");
  KernelHandle add = code->find(*named.kernel);
  constexpr int64_t rows = 101;
  std::vector<float> in(rows * 4), out(rows * 4, -1);
  for (size_t i = 0; i < in.size(); ++i)
    in[i] = float(i);
  const uint64_t bytes = in.size() * sizeof(float);
  std::byte *a = allocate(bytes), *b = allocate(bytes), *c = allocate(bytes);
  ASSERT_TRUE(queue->upload(a, in.data(), bytes));
  void *first[] = {a, a, b}, *second[] = {b, a, c};
  const int64_t scalars[] = {rows}, groups = (rows + 1) / 2;
  const OperandBytes sizes[] = {{bytes, Access::read}, {bytes, Access::read}, {bytes, Access::write}};
  queue->run([&] {
    for (void **operands : {first, second})
      ASSERT_TRUE(queue->dispatch({add, {groups, 1, 1}, groups, operands, scalars, sizes}));
  });
  ASSERT_TRUE(queue->synchronise());
  ASSERT_TRUE(queue->download(out.data(), c, bytes));
  for (size_t i = 0; i < out.size(); ++i)
    ASSERT_EQ(out[i], computes ? 3 * in[i] : 0) << i;
  if (const DeviceCounts *counts = queue->counts()) {
    ASSERT_EQ(counts->kernels.size(), 1u);
    const DeviceCounts::Calls &calls = counts->kernels.front();
    EXPECT_EQ(calls.name, "add");
    EXPECT_EQ(calls.calls, 2u);
    EXPECT_EQ(calls.workgroups, uint64_t(2 * groups));
    EXPECT_EQ(calls.bytesRead, 4 * bytes);
    EXPECT_EQ(calls.bytesWritten, 2 * bytes);
    EXPECT_EQ(counts->uploadedBytes, bytes);
    EXPECT_EQ(counts->downloadedBytes, bytes);
  } else {
    EXPECT_TRUE(computes) << "a device that does not compute counts";
  }
}

TEST_P(Conformance, RunsEveryWorkgroupOnce) {
  std::unique_ptr<DeviceCode> code = loadCode();
  Named named = this->named("grid");
  constexpr std::array<int64_t, 3> grid = {3, 4, 5};
  std::vector<float> out(60, -1);
  std::byte *memory = allocate(240);
  void *operands[] = {memory};
  const int64_t scalars[] = {grid[0], grid[1]};
  queue->run([&] { ASSERT_TRUE(queue->dispatch({code->find(*named.kernel), grid, 60, operands, scalars, {}})); });
  ASSERT_TRUE(queue->download(out.data(), memory, 240));
  for (int64_t i = 0; i < 60; ++i)
    EXPECT_EQ(out[size_t(i)], computes ? float(i % 3 + 10 * (i / 3 % 4) + 100 * (i / 12)) : 0) << i;
}

TEST_P(Conformance, KnowsItsEvents) {
  EXPECT_FALSE(queue->wait(0));
  DeviceEvent first = queue->record(), second = queue->record();
  EXPECT_LT(first, second);
  EXPECT_TRUE(queue->wait(second));
  EXPECT_TRUE(queue->wait(first));
  EXPECT_FALSE(queue->wait(second + 1));
  EXPECT_TRUE(queue->synchronise());
}

TEST_P(Conformance, CallsLibraries) {
  Expected<LibraryHandle> function = device->findLibraryFunction("test.add_one");
  ASSERT_TRUE(function) << function.status().message();
  std::vector<float> in = {1, 2, 3}, out = {0, 0, 0};
  std::byte *a = allocate(12), *b = allocate(12);
  ASSERT_TRUE(queue->upload(a, in.data(), 12));
  const OperandView view{DType::f32, Layout::rows, Access::read, 1, 0, {3}, nullptr};
  const LibraryOperand operands[] = {{view, a}, {view, b}};
  const int64_t scalars[] = {3};
  const OperandBytes sizes[] = {{12, Access::read}, {12, Access::write}};
  queue->run([&] { ASSERT_TRUE(queue->libraryCall(*function, {{}, operands, scalars, sizes})); });
  ASSERT_TRUE(queue->download(out.data(), b, 12));
  EXPECT_EQ(out, computes ? (std::vector<float>{2, 3, 4}) : (std::vector<float>{0, 0, 0}));
  if (const DeviceCounts *counts = queue->counts()) {
    ASSERT_EQ(counts->libraries.size(), 1u);
    EXPECT_EQ(counts->libraries.front().name, "test.add_one");
    EXPECT_EQ(counts->libraries.front().bytesWritten, 12u);
  }
  if (computes)
    EXPECT_EQ(device->findLibraryFunction("test.add_two").status().message(),
              "there is no library function \"test.add_two\"; there is test.add_one");
}

TEST_P(Conformance, RunsPrograms) {
  Expected<Session> session = Session::create(load(test::makeLayeredBundle()), {.threads = 2});
  ASSERT_TRUE(session) << session.status().message();
  const std::vector<int64_t> ids = {1, 2, 3, 4, 5, 6};
  const Tensor input{"ids", DType::i64, {2, 3}, ids.data()};
  for (int repeat = 0; repeat < 2; ++repeat) {
    Status status = session->run("", {&input, 1});
    ASSERT_TRUE(status) << status.message();
    ASSERT_EQ(session->outputs().size(), 2u);
    const Tensor &y = session->outputs()[0];
    EXPECT_EQ(y.shape, (std::vector<int64_t>{2, 3, 4}));
    const auto *found = static_cast<const float *>(y.data);
    std::vector<float> expected = computes ? test::layeredOutput(ids) : std::vector<float>(24, 0);
    EXPECT_EQ(std::vector<float>(found, found + 24), expected);
  }
  EXPECT_GT(session->memoryBytes(), 0u);
  EXPECT_EQ(session->counts() != nullptr, !computes);
  if (const DeviceCounts *counts = session->counts()) {
    uint64_t calls = 0;
    for (const DeviceCounts::Calls &kernel : counts->kernels)
      calls += kernel.calls;
    EXPECT_GE(calls, 2 * 6u);
    EXPECT_EQ(counts->uploads, 2 * 2u);
  }
}

/// out = (spread(ids)) + by, by a library.
TestBundle makeLibraryBundle(double by) {
  TestBundle b;
  uint32_t batch = b.addInputDim("batch", 0, 0), seq = b.addInputDim("seq", 0, 1);
  auto tokens = [&] { return TestBundle::i64({Size::of(batch), Size::of(seq)}); };
  auto hidden = [&] { return TestBundle::f32({Size::of(batch), Size::of(seq), 4}); };
  b.addInput("ids", tokens());
  b.addOutput("out", hidden());
  std::vector<TestBundle::Operand> operands;
  operands.push_back({tokens(), Access::read});
  operands.push_back({hidden(), Access::write});
  uint32_t spread = b.addKernel("spread", std::move(operands), 1);
  b->entry = b.addFunction("forward");
  b.addArgument(b->entry, "ids", tokens(), Access::read);
  b.addArgument(b->entry, "out", hidden(), Access::write);
  uint32_t ids = b.addValue(b->entry, Storage::argument, 0, tokens()),
           out = b.addValue(b->entry, Storage::argument, 1, hidden());
  uint32_t h = b.addValue(b->entry, Storage::slot, 0, hidden());
  b.addDispatch(b->entry, spread, extents(TestBundle::extent({Size::of(batch), Size::of(seq)}, 2)), {ids, h},
                extents(TestBundle::extent({Size::of(batch), Size::of(seq)})));
  b.addLibraryCall(b->entry, "test.add_one", {h, out}, {Access::read, Access::write},
                   extents(TestBundle::extent({Size::of(batch), Size::of(seq), 4})));
  auto attribute = std::make_unique<AttributeT>();
  attribute->name = "by";
  attribute->kind = AttributeKind::number;
  attribute->number = by;
  b->functions[b->entry]->instructions.back()->action.AsLibraryCall()->attributes.push_back(std::move(attribute));
  return b;
}

TEST_P(Conformance, RunsProgramsThatCallLibraries) {
  const std::vector<int64_t> ids = {1, 2, 3};
  const Tensor input{"ids", DType::i64, {1, 3}, ids.data()};
  for (bool checkMemory : {false, true}) {
    if (checkMemory && !device->traits().addressesHost)
      continue;
    Expected<Session> session =
        Session::create(load(makeLibraryBundle(0.5)), {.threads = 2, .checkMemory = checkMemory});
    ASSERT_TRUE(session) << session.status().message();
    Status status = session->run("", {&input, 1});
    ASSERT_TRUE(status) << status.message();
    const auto *found = static_cast<const float *>(session->outputs()[0].data);
    for (int64_t i = 0; i < 12; ++i)
      EXPECT_EQ(found[i], computes ? float(ids[size_t(i / 4)] * 10 + i % 4) + 0.5f : 0) << i;
    if (const DeviceCounts *counts = session->counts()) {
      ASSERT_EQ(counts->libraries.size(), 1u);
      EXPECT_EQ(counts->libraries.front().name, "test.add_one");
      EXPECT_EQ(counts->libraries.front().bytesRead, 48u);
      EXPECT_EQ(counts->libraries.front().bytesWritten, 48u);
    }
  }
}

TEST_P(Conformance, ReportsErrorsOfLibraries) {
  if (!computes)
    GTEST_SKIP() << "the device calls nothing";
  const std::vector<int64_t> ids = {1};
  const Tensor input{"ids", DType::i64, {1, 1}, ids.data()};
  Expected<Session> session = Session::create(load(makeLibraryBundle(-1)), {.threads = 1});
  ASSERT_TRUE(session) << session.status().message();
  EXPECT_EQ(session->run("", {&input, 1}).message(),
            "function \"forward\", instruction 1 (library call of \"test.add_one\"): by is negative");
}

TEST_P(Conformance, RefusesProgramsWhoseFunctionsItLacks) {
  if (!computes)
    GTEST_SKIP() << "the device counts any function";
  TestBundle bundle = makeLibraryBundle(1);
  bundle->functions[bundle->entry]->instructions.back()->action.AsLibraryCall()->name = "test.add_two";
  Expected<std::shared_ptr<const Program>> program =
      Program::create(bundleOf(std::move(bundle)), {}, {.device = device});
  ASSERT_FALSE(program);
  EXPECT_EQ(program.status().message(), "m.vob: function \"forward\": the device " + GetParam().device +
                                            ": there is no library function \"test.add_two\"; there is test.add_one");
}

TEST_P(Conformance, EndsCancelledRuns) {
  Expected<Session> session = Session::create(load(test::makeLayeredBundle()), {.threads = 1});
  ASSERT_TRUE(session) << session.status().message();
  const std::vector<int64_t> ids = {1, 2};
  const Tensor input{"ids", DType::i64, {1, 2}, ids.data()};
  CancelToken cancel;
  cancel.cancel();
  Status status = session->run("", {&input, 1}, {.cancel = &cancel});
  ASSERT_FALSE(status);
  EXPECT_EQ(status.message(), "cancelled");
  EXPECT_TRUE(session->outputs().empty());
  cancel.reset();
  EXPECT_TRUE(session->run("", {&input, 1}, {.cancel = &cancel}));
}

TEST_P(Conformance, RunsSessionsOfOneProgramAtOnce) {
  std::shared_ptr<const Program> program = load(test::makeLayeredBundle());
  std::vector<std::thread> callers;
  std::vector<int> good(4);
  for (size_t caller = 0; caller < good.size(); ++caller)
    callers.emplace_back([&, caller] {
      Expected<Session> session = Session::create(program, {.threads = 2});
      if (!session)
        return;
      for (int64_t repeat = 0; repeat < 20; ++repeat) {
        const std::vector<int64_t> ids = {int64_t(caller), repeat, 7};
        const Tensor input{"ids", DType::i64, {1, 3}, ids.data()};
        if (!session->run("", {&input, 1}))
          return;
        const auto *found = static_cast<const float *>(session->outputs()[0].data);
        std::vector<float> expected = computes ? test::layeredOutput(ids) : std::vector<float>(12, 0);
        good[caller] += std::equal(expected.begin(), expected.end(), found);
      }
    });
  for (std::thread &caller : callers)
    caller.join();
  EXPECT_EQ(good, (std::vector<int>{20, 20, 20, 20}));
}

TEST_P(Conformance, ChecksMemoryOnlyWhereItCan) {
  Expected<Session> session = Session::create(load(test::makeLayeredBundle()), {.threads = 1, .checkMemory = true});
  EXPECT_EQ(bool(session), device->traits().addressesHost);
  if (!session)
    EXPECT_EQ(session.status().message(),
              "memory is checked on devices that compute in memory of this process, and not on " + GetParam().device);
}

INSTANTIATE_TEST_SUITE_P(Devices, Conformance, ::testing::ValuesIn(cases()),
                         [](const ::testing::TestParamInfo<Case> &info) { return info.param.device; });

} // namespace
} // namespace veomni

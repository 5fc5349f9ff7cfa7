// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Descriptions of machines, and the clock that estimates how long a run takes on one.
#include "veomni/runtime/Machine.h"
#include "TestBundle.h"
#include "core/Timeline.h"
#include "veomni/runtime/BundleFormat.h"

#include <cstdio>
#include <fstream>
#include <gtest/gtest.h>
#include <unistd.h>

namespace veomni {
namespace {

using namespace bundle;
using test::Size;
using test::TestBundle;

class MachineFile : public testing::Test {
protected:
  Expected<Machine> load(const std::string &text) {
    std::ofstream(path_) << text;
    return Machine::load(path_);
  }
  std::string error(const std::string &text) {
    Expected<Machine> machine = load(text);
    if (machine)
      return "";
    const std::string message = machine.status().message();
    return message.starts_with(path_) ? message.substr(path_.size()) : message;
  }
  ~MachineFile() override { std::remove(path_.c_str()); }

  const std::string path_ = testing::TempDir() + "machine." + std::to_string(::getpid()) + ".json";
};

/// A program with kernels `product` of kind "gemm", which reads f32 and bf16, and `other`, which has no kind and reads
/// integers.
class Kernels {
public:
  Kernels() {
    TestBundle bundle;
    add(bundle, "product", "gemm", {DType::f32, DType::bf16});
    add(bundle, "other", "", {DType::i64});
    bundle.addMeshAxis("dp", 2);
    bundle.addMeshAxis("sp", 2);
    file_ = bundle.file();
  }
  const bundle::Bundle &program() const {
    return *flatbuffers::GetRoot<bundle::Bundle>(file_.data() + bundle_format::metadataOffset);
  }
  const bundle::Kernel &product() const { return *program().kernels()->Get(0); }
  const bundle::Kernel &other() const { return *program().kernels()->Get(1); }

private:
  static void add(TestBundle &bundle, const std::string &name, const std::string &kind,
                  const std::vector<DType> &types) {
    auto kernel = std::make_unique<KernelT>();
    kernel->name = name;
    kernel->kind = kind;
    for (DType type : types) {
      kernel->operands.push_back(std::make_unique<OperandT>());
      kernel->operands.back()->type = TestBundle::type(type, {4});
    }
    bundle->kernels.push_back(std::move(kernel));
  }
  std::vector<std::byte> file_;
};

TEST_F(MachineFile, HasRatesByElementTypeAndKind) {
  const Kernels kernels;
  Expected<Machine> machine = load(R"({"flops": {"f32": 10, "bf16": 40}, "bandwidth": 100, "dispatch_seconds": 0.5})");
  ASSERT_TRUE(machine) << machine.status().message();
  // The narrowest that is read counts; of kernels without floats, f32.
  EXPECT_EQ(machine->rateOf(kernels.product()).flops, 40);
  EXPECT_EQ(machine->rateOf(kernels.other()).flops, 10);
  EXPECT_EQ(machine->rateOf(kernels.other()).seconds, 0.5);
  machine = load(R"({"flops": 7, "bandwidth": 100, "kernels": {"gemm": {"bandwidth": 50, "dispatch_seconds": 2}}})");
  ASSERT_TRUE(machine) << machine.status().message();
  const KernelRate gemm = machine->rateOf(kernels.product()), other = machine->rateOf(kernels.other());
  EXPECT_EQ(gemm.flops, 7);
  EXPECT_EQ(gemm.bandwidth, 50);
  EXPECT_EQ(gemm.secondsOf(/*operations=*/70, /*bytes=*/100), 10 + 2);
  EXPECT_EQ(gemm.secondsOf(/*operations=*/7, /*bytes=*/100), 2 + 2);
  EXPECT_EQ(other.bandwidth, 100);
  EXPECT_EQ(other.seconds, 0);
}

TEST_F(MachineFile, HasLinksByAxis) {
  Expected<Machine> machine = load(R"({"flops": 1, "bandwidth": 100})");
  ASSERT_TRUE(machine) << machine.status().message();
  EXPECT_EQ(machine->linkOf("sp").bandwidth, 100);
  EXPECT_EQ(machine->linkOf("sp").latency, 0);
  machine = load(R"({"flops": 1, "bandwidth": 100, "link": {"bandwidth": 20, "latency": 3},
                     "links": {"dp": {"bandwidth": 2}}})");
  ASSERT_TRUE(machine) << machine.status().message();
  EXPECT_EQ(machine->linkOf("sp").bandwidth, 20);
  EXPECT_EQ(machine->linkOf("dp").bandwidth, 2);
  EXPECT_EQ(machine->linkOf("dp").latency, 3);
}

TEST_F(MachineFile, ErrorsNameTheKey) {
  EXPECT_EQ(error("[]"), ": is array, expected an object");
  EXPECT_EQ(error("{}"), ": missing key \"flops\"");
  EXPECT_EQ(error(R"({"flops": 1})"), ": missing key \"bandwidth\"");
  EXPECT_EQ(error(R"({"flops": 0, "bandwidth": 1})"), ".flops: is 0, expected a number above 0");
  EXPECT_EQ(error(R"({"flops": 1e999, "bandwidth": 1})").find(".flops: is "), std::string::npos); // JSON has none
  EXPECT_EQ(error(R"({"flops": "1", "bandwidth": 1})"), ".flops: is \"1\", expected a number above 0");
  EXPECT_EQ(error(R"({"flops": {}, "bandwidth": 1})"), ".flops: is empty, expected FLOP/s by element type");
  EXPECT_EQ(error(R"({"flops": {"f8": 1}, "bandwidth": 1})"), ".flops: has \"f8\", expected f32, bf16, f16 or f64");
  EXPECT_EQ(error(R"({"flops": {"f32": -1}, "bandwidth": 1})"), ".flops.f32: is -1, expected a number above 0");
  EXPECT_EQ(error(R"({"flops": 1, "bandwith": 1, "bandwidth": 1})"),
            ": unknown key \"bandwith\"; did you mean \"bandwidth\"?");
  EXPECT_EQ(error(R"({"flops": 1, "bandwidth": 1, "dispatch_seconds": -1})"),
            ".dispatch_seconds: is -1, expected a number of 0 or more");
  EXPECT_EQ(error(R"({"flops": 1, "bandwidth": 1, "kernels": {"gemm": {"flop": 1}}})"),
            ".kernels.gemm: unknown key \"flop\"; did you mean \"flops\"?");
  EXPECT_EQ(error(R"({"flops": 1, "bandwidth": 1, "kernels": 3})"), ".kernels: is number, expected an object");
  EXPECT_EQ(error(R"({"flops": 1, "bandwidth": 1, "link": {"latency": null}})"),
            ".link.latency: is null, expected a number of 0 or more");
  EXPECT_NE(error(R"({"flops": 1,)").find(": invalid JSON at line 1"), std::string::npos) << error(R"({"flops": 1,)");
}

TEST_F(MachineFile, KernelsRunWhileDataMoves) {
  const Kernels kernels;
  Expected<Machine> machine = load(R"({"flops": 1, "bandwidth": 1e300, "link": {"bandwidth": 10, "latency": 1}})");
  ASSERT_TRUE(machine) << machine.status().message();
  Timeline time(*machine, kernels.program());
  const double first = time.start(0, 30); // until 4
  EXPECT_EQ(first, 4);
  EXPECT_EQ(time.start(0, 10), 6); // behind it
  EXPECT_EQ(time.start(1, 10), 2); // on another axis, beside it
  time.dispatch(0, 3, 0);          // until 3
  time.wait(first);
  EXPECT_EQ(time.estimate().seconds, 4);
  EXPECT_EQ(time.estimate().waiting, 1);
  time.dispatch(1, 5, 0); // until 9
  time.wait(6);           // long over
  EXPECT_EQ(time.estimate().seconds, 9);
  EXPECT_EQ(time.estimate().waiting, 1);
  EXPECT_EQ(time.estimate().moving, 4 + 2 + 2);
  EXPECT_EQ(time.start(0, 0), 10); // not before now
  const std::vector<std::pair<std::string, double>> kinds = {{"gemm", 3}, {"other", 5}};
  EXPECT_EQ(time.estimate().kernels, kinds);
}

} // namespace
} // namespace veomni

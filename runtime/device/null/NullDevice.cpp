// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Memory is addresses that nothing may touch; a dispatch is a line of a table. So a program of any size runs anywhere,
// which shows what a run does without the weights or the hours that it would take.
#include "device/null/NullDevice.h"

#include <cerrno>
#include <cstring>
#include <deque>
#include <map>
#include <mutex>
#include <sys/mman.h>

namespace veomni::null {
namespace {

/// A kernel is what the bundle says of it.
class Code : public DeviceCode {
public:
  KernelHandle find(const bundle::Kernel &kernel) const override { return &kernel; }
};

// [null-queue]
class Queue : public DeviceQueue {
public:
  unsigned threads() const override { return 1; }
  void run(const std::function<void()> &task) override { task(); }

  Status upload(void *, const void *, uint64_t bytes) override {
    ++counts_.uploads;
    counts_.uploadedBytes += bytes;
    return Status::ok();
  }
  Status download(void *to, const void *, uint64_t bytes) override {
    ++counts_.downloads;
    counts_.downloadedBytes += bytes;
    if (bytes)
      std::memset(to, 0, bytes);
    return Status::ok();
  }
  Status clear(void *, uint64_t) override { return Status::ok(); }

  Status dispatch(const DispatchCall &call) override {
    const auto &kernel = *static_cast<const bundle::Kernel *>(call.kernel);
    DeviceCounts::Calls &calls =
        count(counts_.kernels, call.kernel, kernel.name()->string_view(), uint64_t(call.workgroups), call.bytes);
    if (kernel.kind())
      calls.kind = kernel.kind()->string_view();
    calls.flops += call.flops;
    return Status::ok();
  }
  Status libraryCall(LibraryHandle function, const LibraryCall &call) override {
    (void)count(counts_.libraries, function, *static_cast<const std::string *>(function), 0, call.bytes);
    return Status::ok();
  }

  DeviceEvent record() override { return ++events_; }
  Status wait(DeviceEvent event) override {
    if (event == 0 || event > events_)
      return Status::error("there is no event " + std::to_string(event) + ", the queue has recorded " +
                           std::to_string(events_));
    return Status::ok();
  }
  Status synchronise() override { return Status::ok(); }
  const DeviceCounts *counts() const override { return &counts_; }

private:
  DeviceCounts::Calls &count(std::vector<DeviceCounts::Calls> &table, const void *handle, std::string_view name,
                             uint64_t workgroups, std::span<const OperandBytes> operands) {
    auto [line, isNew] = lines_.try_emplace(handle, table.size());
    if (isNew)
      table.push_back({.name = std::string(name)});
    DeviceCounts::Calls &calls = table[line->second];
    ++calls.calls;
    calls.workgroups += workgroups;
    for (const OperandBytes &operand : operands) {
      calls.bytesRead += operand.access == bundle::Access::write ? 0 : operand.bytes;
      calls.bytesWritten += operand.access == bundle::Access::read ? 0 : operand.bytes;
    }
    return calls;
  }

  std::map<const void *, size_t> lines_; // of kernels and of library functions, whose handles differ
  DeviceCounts counts_;
  DeviceEvent events_ = 0;
};
// [/null-queue]

class NullDevice : public Device {
public:
  std::string_view name() const override { return "null"; }
  DeviceTraits traits() const override { return {.addressesHost = false, .computes = false}; }
  bool hasFeature(std::string_view) const override { return true; }

  Expected<std::byte *> allocate(uint64_t bytes) override {
    if (bytes == 0)
      return nullptr;
    void *memory = ::mmap(nullptr, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED)
      return Status::error("cannot map " + std::to_string(bytes) + " bytes of addresses: " + std::strerror(errno));
    return static_cast<std::byte *>(memory);
  }
  void free(std::byte *memory, uint64_t bytes) override {
    if (memory)
      ::munmap(memory, bytes);
  }

  Expected<std::unique_ptr<DeviceCode>> load(std::span<const std::byte>, const std::string &) override {
    return std::unique_ptr<DeviceCode>(std::make_unique<Code>());
  }
  /// Any function will do.
  Expected<LibraryHandle> findLibraryFunction(std::string_view name) const override {
    std::lock_guard lock(mutex_);
    for (const std::string &known : functions_)
      if (known == name)
        return LibraryHandle(&known);
    return LibraryHandle(&functions_.emplace_back(name));
  }
  Expected<std::unique_ptr<DeviceQueue>> createQueue(const QueueOptions &) override {
    return std::unique_ptr<DeviceQueue>(std::make_unique<Queue>());
  }

private:
  mutable std::mutex mutex_;
  mutable std::deque<std::string> functions_; // handles point at them
};

} // namespace

std::shared_ptr<Device> createDevice() { return std::make_shared<NullDevice>(); }

} // namespace veomni::null

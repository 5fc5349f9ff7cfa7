// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Work is done at once, on the threads of the queue, so that everything that was put in is done.
#include "device/cpu/CpuDevice.h"

#include "base/ThreadPool.h"
#include "device/cpu/CodeObject.h"
#include "device/cpu/CpuFeatures.h"
#include "device/cpu/Memory.h"

#include <cstring>

namespace veomni::cpu {
namespace {

class Code : public DeviceCode {
public:
  explicit Code(CodeObject object) : object_(std::move(object)) {}
  KernelHandle find(const bundle::Kernel &kernel) const override {
    return reinterpret_cast<KernelHandle>(object_.find(kernel.name()->c_str()));
  }

private:
  CodeObject object_;
};

class Queue : public DeviceQueue {
public:
  explicit Queue(std::unique_ptr<ThreadPool> pool) : pool_(std::move(pool)) {}

  unsigned threads() const override { return pool_->size(); }
  void run(const std::function<void()> &task) override { pool_->run(task); }

  Status upload(void *to, const void *from, uint64_t bytes) override { return copy(to, from, bytes); }
  Status download(void *to, const void *from, uint64_t bytes) override { return copy(to, from, bytes); }
  Status clear(void *at, uint64_t bytes) override {
    if (bytes)
      std::memset(at, 0, bytes);
    return Status::ok();
  }

  Status dispatch(const DispatchCall &call) override {
    struct Work {
      veomni_kernel_fn function;
      veomni_kernel_args arguments;
      std::array<int64_t, 3> grid;
    } work{
        reinterpret_cast<veomni_kernel_fn>(const_cast<void *>(call.kernel)), {call.operands, call.scalars}, call.grid};
    // One pointer, which std::function holds without memory of its own.
    pool_->parallelFor(call.workgroups, [&work](int64_t i) {
      const auto &[function, arguments, grid] = work;
      function(&arguments, i % grid[0], i / grid[0] % grid[1], i / grid[0] / grid[1]);
    });
    return Status::ok();
  }

  Status libraryCall(LibraryHandle function, const LibraryCall &call) override {
    return (*static_cast<const LibraryRegistry::Function *>(function))(call);
  }

  DeviceEvent record() override { return ++events_; }
  Status wait(DeviceEvent event) override {
    if (event == 0 || event > events_)
      return Status::error("there is no event " + std::to_string(event) + ", the queue has recorded " +
                           std::to_string(events_));
    return Status::ok();
  }
  Status synchronise() override { return Status::ok(); }

private:
  static Status copy(void *to, const void *from, uint64_t bytes) {
    if (bytes)
      std::memcpy(to, from, bytes);
    return Status::ok();
  }

  std::unique_ptr<ThreadPool> pool_;
  DeviceEvent events_ = 0;
};

class CpuDevice : public Device {
public:
  explicit CpuDevice(LibraryRegistry functions) : functions_(std::move(functions)) {}

  std::string_view name() const override { return "cpu"; }
  DeviceTraits traits() const override { return {.addressesHost = true, .computes = true}; }
  bool hasFeature(std::string_view feature) const override { return cpu::hasFeature(feature); }
  Expected<std::byte *> allocate(uint64_t bytes) override { return mapMemory(bytes); }
  void free(std::byte *memory, uint64_t bytes) override { unmapMemory(memory, bytes); }

  Expected<std::unique_ptr<DeviceCode>> load(std::span<const std::byte> image, const std::string &executable) override {
    Expected<CodeObject> object = CodeObject::load(image, executable);
    if (!object)
      return object.status();
    return std::unique_ptr<DeviceCode>(std::make_unique<Code>(std::move(*object)));
  }

  Expected<LibraryHandle> findLibraryFunction(std::string_view name) const override {
    Expected<const LibraryRegistry::Function *> function = functions_.find(name);
    if (!function)
      return function.status();
    return LibraryHandle(*function);
  }

  Expected<std::unique_ptr<DeviceQueue>> createQueue(const QueueOptions &options) override {
    Expected<std::unique_ptr<ThreadPool>> pool = ThreadPool::create(options.threads);
    if (!pool)
      return pool.status();
    return std::unique_ptr<DeviceQueue>(std::make_unique<Queue>(std::move(*pool)));
  }

private:
  const LibraryRegistry functions_;
};

} // namespace

std::shared_ptr<Device> createDevice(LibraryRegistry functions) {
  return std::make_shared<CpuDevice>(std::move(functions));
}

} // namespace veomni::cpu

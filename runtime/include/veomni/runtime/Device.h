// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What programs run on: the one door through which the runtime reaches a device's memory, code and work. A device is a
// room of its own (runtime/device/cpu, runtime/device/null) and one line where devices are registered.
#ifndef VEOMNI_RUNTIME_DEVICE_H
#define VEOMNI_RUNTIME_DEVICE_H

#include "veomni/runtime/Hooks.h"
#include "veomni/runtime/Status.h"
#include "veomni/schema/bundle_generated.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace veomni {

/// What a device resolved a name to when a program was loaded; what it points to is the device's matter.
using KernelHandle = const void *;
using LibraryHandle = const void *;
/// A point in the work of a queue.
using DeviceEvent = uint64_t;

/// The kernels of one executable on a device; lives as long as the programs that use it.
class DeviceCode {
public:
  virtual ~DeviceCode() = default;
  /// Null if there is no kernel of this name.
  virtual KernelHandle find(const bundle::Kernel &kernel) const = 0;
};

/// Bytes that an operand is, and what is done with them; only for devices that count.
struct OperandBytes {
  uint64_t bytes;
  bundle::Access access;
};

struct DispatchCall {
  KernelHandle kernel;
  std::array<int64_t, 3> grid;
  /// The product of the grid, which fits.
  int64_t workgroups;
  /// Addresses in the device's memory.
  void *const *operands;
  const int64_t *scalars;
  std::span<const OperandBytes> bytes = {};
  double flops = 0; ///< floating-point operations; only for devices that count, of kernels that say so
};

struct LibraryAttribute {
  std::string name;
  std::variant<bool, int64_t, double, std::string> value;
};
/// An operand of a library call, whose function is not compiled for its type as a kernel is.
struct LibraryOperand {
  OperandView view;
  void *data;
};
struct LibraryCall {
  std::span<const LibraryAttribute> attributes;
  std::span<const LibraryOperand> operands;
  std::span<const int64_t> scalars;
  std::span<const OperandBytes> bytes = {};
};

/// Functions that a device's programs call by name, as a value: what is not in it, no program calls.
class LibraryRegistry {
public:
  /// Reads and writes what its operands' views say and nothing else. An error ends the run.
  using Function = std::function<Status(const LibraryCall &)>;

  /// Error: there is a function of that name.
  Status add(const std::string &name, Function function);
  /// The error lists the functions that there are.
  Expected<const Function *> find(std::string_view name) const;

private:
  // Stable addresses: handles point at functions.
  std::vector<std::unique_ptr<std::pair<std::string, Function>>> functions_;
};

/// What a device that counts has seen since its queue was created.
struct DeviceCounts {
  struct Calls {
    std::string name;
    std::string kind = {}; ///< of kernels, what the compiler calls those that do the same; may be empty
    uint64_t calls = 0, workgroups = 0, bytesRead = 0, bytesWritten = 0;
    double flops = 0;
  };
  std::vector<Calls> kernels, libraries; ///< in the order in which they were first called
  uint64_t uploads = 0, uploadedBytes = 0, downloads = 0, downloadedBytes = 0;
};

struct QueueOptions {
  /// Of devices that are made of threads; 0: as many as this process may use.
  unsigned threads = 0;
};

/// A session's line of work on a device: what is put in takes effect in order. One thread at a time uses a queue.
/// Addresses that are given stay valid until the queue was synchronised.
class DeviceQueue {
public:
  virtual ~DeviceQueue() = default;

  virtual unsigned threads() const = 0;
  /// Runs `task`, which puts work in, where the device wants that done, and returns when `task` has.
  virtual void run(const std::function<void()> &task) = 0;

  virtual Status upload(void *to, const void *from, uint64_t bytes) = 0;
  /// Returns when the bytes are there.
  virtual Status download(void *to, const void *from, uint64_t bytes) = 0;
  /// Makes memory zero.
  virtual Status clear(void *at, uint64_t bytes) = 0;
  /// From within `run`. Workgroups run in any order.
  virtual Status dispatch(const DispatchCall &call) = 0;
  /// From within `run`.
  virtual Status libraryCall(LibraryHandle function, const LibraryCall &call) = 0;

  /// The point behind all that was put in so far.
  virtual DeviceEvent record() = 0;
  /// Returns when what lies before an event of this queue is done. Error: the queue has no such event.
  virtual Status wait(DeviceEvent event) = 0;
  /// Returns when everything is done. Errors of work that was put in may come as late as this.
  virtual Status synchronise() = 0;

  /// Null for devices that do not count.
  virtual const DeviceCounts *counts() const { return nullptr; }
};

struct DeviceTraits {
  /// Kernels take addresses of this process: weights, inputs and outputs need not be copied, and whoever observes a run
  /// can read its values.
  bool addressesHost = false;
  /// False for a device that only counts: it needs no code, keeps no data and wants to know the bytes of operands. What
  /// is downloaded from it is zeros.
  bool computes = true;
};

/// Shared by the programs that were loaded on it; all of it may be used by several threads.
class Device {
public:
  virtual ~Device() = default;

  /// Also that of the target whose code it runs.
  virtual std::string_view name() const = 0;
  virtual DeviceTraits traits() const = 0;
  /// Whether code that needs `feature` runs here.
  virtual bool hasFeature(std::string_view feature) const = 0;

  /// Zeros, aligned to 64 bytes; null for no bytes. Fails when there is not so much memory.
  virtual Expected<std::byte *> allocate(uint64_t bytes) = 0;
  virtual void free(std::byte *memory, uint64_t bytes) = 0;

  /// `image`: the code of a variant for this device, which may be let go afterwards. `executable` is for messages.
  virtual Expected<std::unique_ptr<DeviceCode>> load(std::span<const std::byte> image,
                                                     const std::string &executable) = 0;
  /// The error lists the functions that there are.
  virtual Expected<LibraryHandle> findLibraryFunction(std::string_view name) const = 0;
  virtual Expected<std::unique_ptr<DeviceQueue>> createQueue(const QueueOptions &options) = 0;
};

/// The devices of a process or of one caller, as a value.
class DeviceRegistry {
public:
  /// Error: there is a device of that name.
  Status add(std::shared_ptr<Device> device);
  /// The error lists the devices that there are.
  Expected<std::shared_ptr<Device>> find(std::string_view name) const;
  std::span<const std::shared_ptr<Device>> all() const { return devices_; }

private:
  std::vector<std::shared_ptr<Device>> devices_;
};

/// The devices that come with the runtime, the default one first. `functions` are what programs on the CPU may call.
DeviceRegistry builtinDevices(LibraryRegistry functions = {});

} // namespace veomni

#endif // VEOMNI_RUNTIME_DEVICE_H

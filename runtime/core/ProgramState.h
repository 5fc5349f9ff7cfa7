// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What a program holds, for the sessions that run it.
#ifndef VEOMNI_RUNTIME_CORE_PROGRAMSTATE_H
#define VEOMNI_RUNTIME_CORE_PROGRAMSTATE_H

#include "core/DeviceArena.h"
#include "core/Entries.h"
#include "core/Kernels.h"
#include "veomni/runtime/Checkpoint.h"
#include "veomni/runtime/Program.h"
#include "veomni/runtime/WeightStore.h"

#include <optional>
#include <vector>

namespace veomni {

struct Program::State {
  State(Bundle bundle, std::shared_ptr<Device> device, LoadedKernels kernels)
      : bundle(std::move(bundle)), device(std::move(device)), kernels(std::move(kernels)) {}

  /// Takes over weights that lie in host memory: by their addresses, or by copies where the device wants these.
  Status place(std::span<const void *const> hostWeights);
  /// The weights that a rank reads. Error: those of another one were loaded.
  Expected<std::span<const void *const>> weightsOf(int rank) const;
  Status loadWeights(const std::string &path, const ProgramOptions &options);

  Bundle bundle;
  std::shared_ptr<Device> device;
  LoadedKernels kernels;
  std::vector<Entry> entries;           // point into the bundle
  std::vector<EntryInfo> infos;         // one an entry
  std::optional<Checkpoint> checkpoint; // the store refers to it
  std::optional<WeightStore> store;
  uint64_t uploadedBytes = 0;
  DeviceArena weightArena{*device};  // of copies
  std::vector<const void *> weights; // addresses of the device
  std::optional<int> rank;           // whose weights these are, where it matters
};

} // namespace veomni

#endif // VEOMNI_RUNTIME_CORE_PROGRAMSTATE_H

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What a program holds, for the sessions that run it.
#ifndef VEOMNI_RUNTIME_CORE_PROGRAMSTATE_H
#define VEOMNI_RUNTIME_CORE_PROGRAMSTATE_H

#include "core/Entries.h"
#include "core/Kernels.h"
#include "veomni/runtime/Checkpoint.h"
#include "veomni/runtime/Program.h"
#include "veomni/runtime/WeightStore.h"

#include <optional>
#include <vector>

namespace veomni {

struct Program::State {
  State(Bundle bundle, LoadedKernels kernels) : bundle(std::move(bundle)), kernels(std::move(kernels)) {}

  Bundle bundle;
  LoadedKernels kernels;
  std::vector<Entry> entries;           // point into the bundle
  std::vector<EntryInfo> infos;         // one an entry
  std::optional<Checkpoint> checkpoint; // the store refers to it
  std::optional<WeightStore> store;
  std::vector<const void *> weights;
};

} // namespace veomni

#endif // VEOMNI_RUNTIME_CORE_PROGRAMSTATE_H

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A bundle ready to run: code loaded on a device, weights in place. It does not change any more, so any number of
// sessions share it.
#ifndef VEOMNI_RUNTIME_PROGRAM_H
#define VEOMNI_RUNTIME_PROGRAM_H

#include "veomni/runtime/Bundle.h"
#include "veomni/runtime/Device.h"
#include "veomni/runtime/Progress.h"
#include "veomni/runtime/Status.h"
#include "veomni/runtime/Tensor.h"

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace veomni {

struct ProgramOptions {
  /// Threads that prepare the weights; 0: as many as this process may use.
  unsigned threads = 0;
  /// Null: the CPU of this process.
  std::shared_ptr<Device> device = nullptr;
  /// Counts the bytes of weights while they are made, for whoever watches; null: nobody does.
  Progress *progress = nullptr;
  /// Of a program for several ranks: the one that runs here, whose parts of weights alone are made. None: all ranks run
  /// here.
  std::optional<int> rank = {};
};

/// What a caller may know of an input or output.
struct PortInfo {
  struct Dim {
    int64_t size;     ///< -1 where it is known at run time
    std::string axis; ///< the name of such a size; equal names are equal sizes
  };
  std::string name;
  bundle::DType dtype;
  std::vector<Dim> dims;
  bool required;         ///< of inputs: there is no default
  bool acceptsCuSeqlens; ///< of inputs: `cu_seqlens` may be given in its place
  int64_t min, max;      ///< of integer inputs: what elements may be
};

struct EntryInfo {
  std::string name;
  std::vector<PortInfo> inputs, outputs;
};

class Program {
public:
  /// Loads a bundle and materialises its weights from a checkpoint (a directory or a safetensors file), which is not
  /// read where the device does not compute.
  static Expected<std::shared_ptr<const Program>> load(const std::string &bundlePath, const std::string &weightsPath,
                                                       const ProgramOptions &options = {});

  /// The same over weights that the caller has: one address for each weight of the bundle, holding what its type says,
  /// which must outlive the program.
  static Expected<std::shared_ptr<const Program>> create(Bundle bundle, std::vector<const void *> weights,
                                                         const ProgramOptions &options = {});

  ~Program();

  const Bundle &bundle() const;
  Device &device() const;
  /// What can be run, the default entry first.
  std::span<const EntryInfo> entries() const;
  /// The entry of this name, of the first one for an empty name; the error lists what there is.
  Expected<const EntryInfo *> entry(std::string_view name) const;
  /// Bytes of weights in memory of their own; others are read where they lie in the checkpoint's files.
  uint64_t residentWeightBytes() const;
  /// Bytes of those others.
  uint64_t weightBytesInFiles() const;
  /// Bytes of weights that were copied to the device; 0 where it reads them where they lie.
  uint64_t uploadedWeightBytes() const;

private:
  friend class Session;
  struct State;
  explicit Program(std::unique_ptr<State> state);
  static Expected<std::unique_ptr<State>> loadCode(Bundle bundle, const ProgramOptions &options);
  std::unique_ptr<State> state_;
};

} // namespace veomni

#endif // VEOMNI_RUNTIME_PROGRAM_H

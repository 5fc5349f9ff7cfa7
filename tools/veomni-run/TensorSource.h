// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The tensors of a safetensors file under the names that programs use.
#ifndef VEOMNI_TOOLS_VEOMNI_RUN_TENSORSOURCE_H
#define VEOMNI_TOOLS_VEOMNI_RUN_TENSORSOURCE_H

#include "veomni/runtime/Checkpoint.h"
#include "veomni/runtime/Program.h"
#include "veomni/runtime/Status.h"
#include "veomni/runtime/Tensor.h"

#include <optional>
#include <string>
#include <vector>

namespace veomni {

class TensorSource {
public:
  static Expected<TensorSource> open(const std::string &path);

  /// The tensor `prefix` + `name`, or else `name`, called `name`; nothing if the file has neither, an error if it has
  /// both.
  Expected<std::optional<Tensor>> find(const std::string &prefix, const std::string &name) const;
  /// What the file has of the inputs that an entry declares, and `cu_seqlens` where it accepts that.
  Expected<std::vector<Tensor>> inputsOf(const EntryInfo &entry) const;
  const std::string &path() const { return checkpoint_.path(); }
  const Checkpoint &file() const { return checkpoint_; }

private:
  explicit TensorSource(Checkpoint checkpoint) : checkpoint_(std::move(checkpoint)) {}

  Checkpoint checkpoint_;
};

} // namespace veomni

#endif // VEOMNI_TOOLS_VEOMNI_RUN_TENSORSOURCE_H

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Ready-made hooks: a trace of what took how long, and copies of the values that modules returned.
#ifndef VEOMNI_RUNTIME_RECORDERS_H
#define VEOMNI_RUNTIME_RECORDERS_H

#include "veomni/runtime/Hooks.h"
#include "veomni/runtime/Status.h"
#include "veomni/runtime/Tensor.h"

#include <chrono>
#include <cstddef>
#include <deque>
#include <string>
#include <vector>

namespace veomni {

/// Records every instruction for chrome://tracing and https://ui.perfetto.dev.
class TraceRecorder {
public:
  void before(const InstructionEvent &event);
  void after(const InstructionEvent &event);
  void moved(const MovedEvent &event);
  /// Writes the Trace Event Format's JSON object form: one complete ("X") event an instruction, calls around what they
  /// run, on a first row; what moves between ranks meanwhile on a second.
  Status write(const std::string &path) const;

private:
  using Clock = std::chrono::steady_clock;
  struct Record {
    std::string name, path, function, location;
    uint32_t index;
    int64_t workgroups;
    bundle::Action kind;
    Clock::duration begin, length;
  };
  struct Move {
    std::string name, path, location;
    Clock::duration begin, length;
  };
  Clock::time_point origin_ = Clock::now();
  std::vector<Record> records_;
  std::vector<Move> moves_;
  std::vector<size_t> open_; // instructions that have begun, the innermost last
};

/// Copies what calls return whose path matches one of some globs (`model.layers.*.self_attn`; `*` crosses dots). The
/// value is named by the path; further results of one call are named `path.1`, `path.2`.
class ValueRecorder {
public:
  explicit ValueRecorder(std::vector<std::string> globs) : globs_(std::move(globs)) {}

  void after(const InstructionEvent &event);
  /// In the order of execution; a path that ran again replaces its earlier value.
  const std::vector<Tensor> &tensors() const { return tensors_; }

private:
  void record(const std::string &name, const OperandView &view);

  std::vector<std::string> globs_;
  std::vector<Tensor> tensors_;
  std::deque<std::vector<std::byte>> storage_; // one a tensor
};

} // namespace veomni

#endif // VEOMNI_RUNTIME_RECORDERS_H

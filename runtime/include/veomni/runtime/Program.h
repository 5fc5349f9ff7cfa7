// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A bundle ready to run: code loaded for this CPU, weights in place, threads waiting.
#ifndef VEOMNI_RUNTIME_PROGRAM_H
#define VEOMNI_RUNTIME_PROGRAM_H

#include "veomni/runtime/Bundle.h"
#include "veomni/runtime/Hooks.h"
#include "veomni/runtime/Status.h"
#include "veomni/runtime/Tensor.h"

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace veomni {

struct ProgramOptions {
  /// 0: as many as this process may use. Results do not depend on it.
  unsigned threads = 0;
};

class Program {
public:
  /// Loads a bundle and materialises its weights from a checkpoint (a directory or a safetensors file).
  static Expected<Program> load(const std::string &bundlePath, const std::string &weightsPath, const ProgramOptions &options = {});

  /// The same over weights that the caller has: one address for each weight of the bundle, holding what its type says, which must outlive
  /// the program. Vector code may read up to 64 bytes beyond each.
  static Expected<Program> create(Bundle bundle, std::vector<const void *> weights, const ProgramOptions &options = {});

  Program(Program &&) noexcept;
  Program &operator=(Program &&) noexcept;
  ~Program();

  const Bundle &bundle() const;
  unsigned threads() const;

  /// Runs the program once. Inputs are found by name and may come in any order; those with a default may be left out, i32 is accepted
  /// where the program wants i64, a leading 1 is broadcast for inputs that have a default, and `cu_seqlens` (rank 1, [0, ..., tokens])
  /// may stand for the position ids of a packed row. Inputs are copied; errors name the input, what was found and what was expected.
  Status run(std::span<const Tensor> inputs, const InstructionHooks *hooks = nullptr);
  /// What the last successful run computed, in the bundle's order; valid until the next run.
  std::span<const Tensor> outputs() const;

private:
  struct State;
  explicit Program(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

} // namespace veomni

#endif // VEOMNI_RUNTIME_PROGRAM_H

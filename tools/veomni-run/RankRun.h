// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The ranks of a program that run in this process: one, all of them as threads, or the one that mpirun started here.
#ifndef VEOMNI_TOOLS_VEOMNI_RUN_RANKRUN_H
#define VEOMNI_TOOLS_VEOMNI_RUN_RANKRUN_H

#include "Options.h"
#include "veomni/runtime/Communicator.h"
#include "veomni/runtime/Session.h"

#include <memory>
#include <span>
#include <string_view>
#include <vector>

namespace veomni {

class RankRun {
public:
  /// Sessions for the ranks. `world` is this process's rank where there is one process for each, else null.
  static Expected<RankRun> create(const std::shared_ptr<const Program> &program, const Options &options,
                                  std::shared_ptr<World> world);

  /// Runs an entry on every rank of this process, hooks on the first one. The error names the rank that failed first.
  /// `machine`: see `RunOptions`.
  Status run(std::string_view entry, std::span<const Tensor> inputs, const InstructionHooks *hooks,
             const Machine *machine = nullptr);
  /// The first rank of this process, whose outputs are whole.
  Session &first() { return sessions_.front(); }
  const Session &first() const { return sessions_.front(); }

private:
  std::vector<Session> sessions_;
};

/// The world of this process where it is one of several; null where it is not. Error: MPI cannot be had, or the options
/// contradict one another.
Expected<std::shared_ptr<World>> worldOf(const Options &options);

} // namespace veomni

#endif // VEOMNI_TOOLS_VEOMNI_RUN_RANKRUN_H

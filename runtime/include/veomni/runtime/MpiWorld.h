// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Ranks that are processes which mpirun (or what a scheduler has in its place) started.
#ifndef VEOMNI_RUNTIME_MPIWORLD_H
#define VEOMNI_RUNTIME_MPIWORLD_H

#include "veomni/runtime/Communicator.h"

namespace veomni {

/// Whether this build has MPI: CMake found one.
bool hasMpi();

/// The world of this process. Initialises MPI where nobody has, and then ends it when the world is gone. Where MPI
/// itself waits for a rank that never comes, as for one that was stopped while it started, the process ends after the
/// timeout with exit code 1 and a message: MPI knows no other way out of such calls. Error: the
/// build has no MPI, or the MPI does not let several threads call it at once.
Expected<std::shared_ptr<World>> mpiWorld(const WorldOptions &options = {});

} // namespace veomni

#endif // VEOMNI_RUNTIME_MPIWORLD_H

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What a build without MPI says.
#include "veomni/runtime/MpiWorld.h"

namespace veomni {

bool hasMpi() { return false; }

Expected<std::shared_ptr<World>> mpiWorld(const WorldOptions &) {
  return Status::error("ranks by MPI: this build has none; install libopenmpi-dev or libmpich-dev and configure again");
}

} // namespace veomni

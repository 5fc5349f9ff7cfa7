// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Starts ranks, and ends all of them once one has failed.
#include "RankRun.h"

#include "core/Ranks.h"
#include "veomni/runtime/MpiWorld.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>

namespace veomni {
namespace {

/// Runs `body(rank)` for all ranks at once, the first on this thread; the status of the one that failed first.
Status onAllRanks(size_t ranks, const std::function<Status(size_t)> &body) {
  std::mutex mutex;
  std::optional<std::pair<size_t, Status>> failed;
  auto run = [&](size_t rank) {
    Status status = body(rank);
    std::lock_guard lock(mutex);
    if (!status && !failed)
      failed = {rank, status};
  };
  std::vector<std::thread> others;
  for (size_t rank = 1; rank < ranks; ++rank)
    others.emplace_back(run, rank);
  run(0);
  for (std::thread &other : others)
    other.join();
  if (!failed)
    return Status::ok();
  return ranks == 1 ? failed->second
                    : Status::error("rank " + std::to_string(failed->first) + ": " + failed->second.message());
}

/// What a launcher that is not MPI's has started, as the variable that says so; empty if none has.
std::string startedOtherwise() {
  for (const char *name : {"WORLD_SIZE", "SLURM_NTASKS", "PMI_SIZE"})
    if (const char *value = std::getenv(name)) {
      const std::string_view text(value);
      int ranks = 0;
      if (std::from_chars(text.data(), text.data() + text.size(), ranks).ec == std::errc() && ranks > 1)
        return std::string(name) + "=" + std::string(text);
    }
  return "";
}

WorldOptions worldOptions(const Options &options) {
  WorldOptions world;
  if (options.timeout)
    world.timeout = std::chrono::milliseconds(int64_t(*options.timeout * 1000));
  return world;
}

} // namespace

Expected<std::shared_ptr<World>> worldOf(const Options &options) {
  if (options.ranks != "mpi")
    return std::shared_ptr<World>();
  return mpiWorld(worldOptions(options));
}

Expected<RankRun> RankRun::create(const std::shared_ptr<const Program> &program, const Options &options,
                                  std::shared_ptr<World> world) {
  RankRun run;
  Expected<Mesh> mesh = meshOf(program->bundle().program());
  if (!mesh)
    return mesh.status();
  if (world && world->size() == 1 && mesh->size() > 1)
    if (const std::string started = startedOtherwise(); !started.empty())
      return Status::error(options.bundle + ": the program is for " + meshText(*mesh) +
                           ", but MPI knows of one, though " + started +
                           " says that more were started; start them by mpirun, or by srun with --mpi");
  SessionOptions session{.threads = options.threads, .checkMemory = options.checkMemory, .world = std::move(world)};
  const bool computes = program->device().traits().computes;
  if (options.ranks.empty() && mesh->size() > 1 && computes)
    return Status::error(options.bundle + ": the program is for " + meshText(*mesh) +
                         "; --ranks=local runs them all here, mpirun with --ranks=mpi as processes");
  if (!options.ranks.empty() && mesh->axes().empty())
    return Status::error(options.bundle + ": the program is for one rank, and --ranks=" + options.ranks +
                         " runs several; veomni-compile --mesh makes programs for these");
  const auto ranks = size_t(options.ranks == "local" && computes ? mesh->size() : 1);
  if (ranks == 1) {
    Expected<Session> only = Session::create(program, session);
    if (!only)
      return only.status();
    run.sessions_.push_back(std::move(*only));
    return run;
  }
  if (options.threads == 0)
    session.threads = std::max(1u, std::thread::hardware_concurrency() / unsigned(ranks));
  const std::vector<std::shared_ptr<World>> worlds = localWorlds(int(ranks), worldOptions(options));
  std::vector<std::optional<Session>> made(ranks);
  Status status = onAllRanks(ranks, [&](size_t rank) {
    SessionOptions own = session;
    own.world = worlds[rank];
    Expected<Session> session = Session::create(program, own);
    if (!session) {
      worlds[rank]->abort(session.status().message());
      return session.status();
    }
    made[rank] = std::move(*session);
    return Status::ok();
  });
  if (!status)
    return status;
  for (std::optional<Session> &session : made)
    run.sessions_.push_back(std::move(*session));
  return run;
}

Status RankRun::run(std::string_view entry, std::span<const Tensor> inputs, const InstructionHooks *hooks,
                    const Machine *machine) {
  return onAllRanks(sessions_.size(), [&](size_t rank) {
    Status status = sessions_[rank].run(entry, inputs, {.hooks = rank == 0 ? hooks : nullptr, .machine = machine});
    if (!status)
      sessions_[rank].abort(status.message());
    return status;
  });
}

} // namespace veomni

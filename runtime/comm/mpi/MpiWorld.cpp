// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Ranks as processes: the bytes go by MPI's messages between two ranks, and none of its collectives are used, since the
// order of their sums is not said.
//
// An exchange is two rounds: what each rank is about to do, compared by all before any data moves, then the data. Calls
// never block within MPI, so that a rank which waits also hears that another one failed, or that the time is over.
#include "veomni/runtime/MpiWorld.h"

#include "comm/Messages.h"
#include "comm/mpi/Watchdog.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <mpi.h>
#include <mutex>
#include <optional>
#include <thread>

namespace veomni {
namespace {

using Clock = std::chrono::steady_clock;

// Of MPI_COMM_WORLD: reasons why all must end. Of a group's communicator: its two rounds.
constexpr int failureTag = 7, headerTag = 1, dataTag = 2;
constexpr size_t textSize = 192, reasonSize = 1024, mostBytes = size_t(1) << 30;

/// What a rank tells another one before data moves.
struct Header {
  uint64_t number, bytes;
  std::array<char, textSize> what, location;
};

std::array<char, textSize> fixed(const std::string &text) {
  std::array<char, textSize> result{};
  text.copy(result.data(), result.size() - 1);
  return result;
}

std::string errorText(int code) {
  std::array<char, MPI_MAX_ERROR_STRING> text{};
  int length = 0;
  MPI_Error_string(code, text.data(), &length);
  return {text.data(), size_t(length)};
}

/// What the groups of this process share.
class Shared {
public:
  Shared(WorldOptions options, bool endsMpi) : options(options), endsMpi_(endsMpi) {
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &size);
    // Errors come back as codes, and become ours.
    MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
  }
  ~Shared() {
    if (!endsMpi_)
      return;
    const comm::Watchdog watchdog(options.timeout, "the end of MPI");
    // After a failure others may never come to the end, which MPI waits for.
    if (failure())
      MPI_Abort(MPI_COMM_WORLD, 1);
    else
      MPI_Finalize();
  }
  Shared(const Shared &) = delete;
  Shared &operator=(const Shared &) = delete;

  std::optional<std::string> failure() {
    std::lock_guard lock(mutex_);
    return failure_;
  }

  /// Keeps the first reason and tells it to all other ranks.
  Status fail(const std::string &why) {
    std::lock_guard lock(mutex_);
    if (failure_)
      return Status::error(*failure_);
    failure_ = why.substr(0, reasonSize);
    for (int other = 0; other < size; ++other)
      if (other != rank) {
        MPI_Request request = MPI_REQUEST_NULL;
        // Small enough to be on its way at once; nobody waits for its arrival.
        if (MPI_Isend(failure_->data(), int(failure_->size()), MPI_CHAR, other, failureTag, MPI_COMM_WORLD, &request) ==
            MPI_SUCCESS)
          MPI_Request_free(&request);
      }
    return Status::error(*failure_);
  }

  /// Looks for a message of another rank that failed.
  std::optional<std::string> hear() {
    std::lock_guard lock(mutex_);
    if (failure_)
      return failure_;
    int here = 0;
    MPI_Status status;
    if (MPI_Iprobe(MPI_ANY_SOURCE, failureTag, MPI_COMM_WORLD, &here, &status) != MPI_SUCCESS || !here)
      return std::nullopt;
    int length = 0;
    MPI_Get_count(&status, MPI_CHAR, &length);
    std::string why(size_t(length), '\0');
    MPI_Recv(why.data(), length, MPI_CHAR, status.MPI_SOURCE, failureTag, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
    failure_ = std::move(why);
    return failure_;
  }

  const WorldOptions options;
  int rank = 0, size = 1;

private:
  const bool endsMpi_;
  std::mutex mutex_;
  std::optional<std::string> failure_;
};

class MpiTransport : public Transport {
public:
  MpiTransport(std::shared_ptr<Shared> shared, MPI_Comm comm, std::vector<int> members, std::string name)
      : shared_(std::move(shared)), comm_(comm), members_(std::move(members)), name_(std::move(name)) {
    MPI_Comm_rank(comm_, &rank_);
  }
  ~MpiTransport() override {
    // Freeing is collective: after a failure others may not come to it.
    if (shared_->failure())
      return;
    const comm::Watchdog watchdog(shared_->options.timeout, "MPI_Comm_free");
    MPI_Comm_free(&comm_);
  }

  int rank() const override { return rank_; }
  int size() const override { return int(members_.size()); }
  const std::string &name() const override { return name_; }

  Status exchange(const ExchangeCall &call, std::span<const SendPart> send,
                  std::span<const ReceivePart> receive) override {
    if (std::optional<std::string> failure = shared_->hear())
      return Status::error(*failure);
    const Clock::time_point deadline = Clock::now() + shared_->options.timeout;
    if (Status status = agree(call, send, receive, deadline); !status)
      return status;
    std::vector<MPI_Request> requests;
    std::vector<int> peers;
    for (int other = 0; other < size(); ++other) {
      if (other == rank_)
        continue;
      // An int counts the bytes of a message.
      auto *target = static_cast<std::byte *>(receive[size_t(other)].data);
      for (size_t left = receive[size_t(other)].bytes, part = 0; left != 0; left -= part, target += part)
        peers.push_back(other), part = std::min(left, mostBytes),
                                MPI_Irecv(target, int(part), MPI_BYTE, other, dataTag, comm_, &requests.emplace_back());
      const auto *source = static_cast<const std::byte *>(send[size_t(other)].data);
      for (size_t left = send[size_t(other)].bytes, part = 0; left != 0; left -= part, source += part)
        peers.push_back(other), part = std::min(left, mostBytes),
                                MPI_Isend(source, int(part), MPI_BYTE, other, dataTag, comm_, &requests.emplace_back());
    }
    const ReceivePart &own = receive[size_t(rank_)];
    if (own.bytes != 0 && own.data != send[size_t(rank_)].data)
      std::memcpy(own.data, send[size_t(rank_)].data, own.bytes);
    return finish(requests, peers, call, deadline);
  }

private:
  /// All ranks are at the same call, and what one receives is what the other sends.
  Status agree(const ExchangeCall &call, std::span<const SendPart> send, std::span<const ReceivePart> receive,
               Clock::time_point deadline) {
    std::vector<Header> mine(members_.size(), Header{call.number, 0, fixed(call.what), fixed(call.location)}),
        theirs(members_.size());
    std::vector<MPI_Request> requests;
    std::vector<int> peers;
    for (int other = 0; other < size(); ++other) {
      const auto place = size_t(other);
      mine[place].bytes = send[place].bytes;
      if (other == rank_) {
        theirs[place] = mine[place];
        continue;
      }
      peers.push_back(other),
          MPI_Irecv(&theirs[place], sizeof(Header), MPI_BYTE, other, headerTag, comm_, &requests.emplace_back());
      peers.push_back(other),
          MPI_Isend(&mine[place], sizeof(Header), MPI_BYTE, other, headerTag, comm_, &requests.emplace_back());
    }
    if (Status status = finish(requests, peers, call, deadline); !status)
      return status;
    for (size_t other = 0; other < members_.size(); ++other) {
      const Header &header = theirs[other];
      if (header.what != fixed(call.what) || header.number != call.number)
        return shared_->fail(comm::unlikeCalls(shared_->rank, call, members_[other],
                                               {header.what.data(), header.location.data(), header.number}, name_));
      if (header.bytes != receive[other].bytes)
        return shared_->fail(
            comm::unlikeSizes(shared_->rank, receive[other].bytes, members_[other], header.bytes, call, name_));
    }
    return Status::ok();
  }

  /// Until all requests have ended, another rank failed or the time is over; memory of the requests is free then.
  Status finish(std::vector<MPI_Request> &requests, const std::vector<int> &peers, const ExchangeCall &call,
                Clock::time_point deadline) {
    for (unsigned round = 0;; ++round) {
      int done = 0;
      if (int code = MPI_Testall(int(requests.size()), requests.data(), &done, MPI_STATUSES_IGNORE);
          code != MPI_SUCCESS) {
        Status status = shared_->fail("rank " + std::to_string(shared_->rank) + ": " + comm::callText(call, name_) +
                                      ": " + errorText(code));
        cancel(requests);
        return status;
      }
      if (done)
        return Status::ok();
      // Others may need this processor to come here.
      constexpr unsigned spins = 200;
      if (round < spins) {
        std::this_thread::yield();
        continue;
      }
      if (std::optional<std::string> failure = shared_->hear()) {
        cancel(requests);
        return Status::error(*failure);
      }
      if (Clock::now() > deadline) {
        Status status = shared_->fail(
            comm::waitedFor(shared_->rank, shared_->options.timeout, missing(requests, peers), call, name_));
        cancel(requests);
        return status;
      }
      std::this_thread::sleep_for(std::chrono::microseconds(20));
    }
  }

  /// Nobody may write to memory that is the caller's again.
  static void cancel(std::vector<MPI_Request> &requests) {
    for (MPI_Request &request : requests) {
      if (request == MPI_REQUEST_NULL)
        continue;
      MPI_Cancel(&request);
      MPI_Request_free(&request);
    }
  }

  /// Ranks whose part has not ended. Each request is asked by itself: a test of all leaves them as they are where one
  /// of them has not ended.
  std::vector<int> missing(std::vector<MPI_Request> &requests, const std::vector<int> &peers) const {
    std::vector<int> ranks;
    for (size_t i = 0; i < requests.size(); ++i) {
      int done = 0;
      if (MPI_Test(&requests[i], &done, MPI_STATUS_IGNORE) == MPI_SUCCESS && !done)
        ranks.push_back(members_[size_t(peers[i])]);
    }
    std::ranges::sort(ranks);
    ranks.erase(std::ranges::unique(ranks).begin(), ranks.end());
    return ranks;
  }

  const std::shared_ptr<Shared> shared_;
  MPI_Comm comm_;
  const std::vector<int> members_;
  const std::string name_;
  int rank_ = 0;
};

class MpiWorld : public World {
public:
  explicit MpiWorld(std::shared_ptr<Shared> shared) : shared_(std::move(shared)) {}

  int rank() const override { return shared_->rank; }
  int size() const override { return shared_->size; }

  Expected<std::unique_ptr<Transport>> connect(std::vector<int> members, std::string name) override {
    if (Status status = checkMembers(*this, members, name); !status)
      return status;
    MPI_Group all = MPI_GROUP_NULL, group = MPI_GROUP_NULL;
    MPI_Comm comm = MPI_COMM_NULL;
    const comm::Watchdog watchdog(shared_->options.timeout, "MPI_Comm_create_group");
    MPI_Comm_group(MPI_COMM_WORLD, &all);
    MPI_Group_incl(all, int(members.size()), members.data(), &group);
    const int code = MPI_Comm_create_group(MPI_COMM_WORLD, group, /*tag=*/0, &comm);
    MPI_Group_free(&group);
    MPI_Group_free(&all);
    if (code != MPI_SUCCESS)
      return shared_->fail("rank " + std::to_string(rank()) + ": group " + name + ": " + errorText(code));
    MPI_Comm_set_errhandler(comm, MPI_ERRORS_RETURN);
    return std::unique_ptr<Transport>(new MpiTransport(shared_, comm, std::move(members), std::move(name)));
  }

  void abort(std::string_view why) override {
    (void)shared_->fail("rank " + std::to_string(rank()) + ": " + std::string(why));
  }

private:
  const std::shared_ptr<Shared> shared_;
};

} // namespace

bool hasMpi() { return true; }

Expected<std::shared_ptr<World>> mpiWorld(const WorldOptions &options) {
  int initialised = 0, provided = 0;
  MPI_Initialized(&initialised);
  const comm::Watchdog watchdog(options.timeout, "MPI_Init");
  if (initialised)
    MPI_Query_thread(&provided);
  else if (int code = MPI_Init_thread(nullptr, nullptr, MPI_THREAD_MULTIPLE, &provided); code != MPI_SUCCESS)
    return Status::error("ranks by MPI: " + errorText(code));
  if (provided != MPI_THREAD_MULTIPLE)
    return Status::error("ranks by MPI: this MPI does not let several threads call it at once (MPI_THREAD_MULTIPLE)");
  return std::shared_ptr<World>(std::make_shared<MpiWorld>(std::make_shared<Shared>(options, !initialised)));
}

} // namespace veomni

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Ranks as threads of one process: a part is copied once, by the rank that receives it, from where it lies.
#include "comm/Messages.h"

#include <algorithm>
#include <condition_variable>
#include <cstring>
#include <map>
#include <mutex>
#include <optional>
#include <utility>

namespace veomni {
namespace {

using Clock = std::chrono::steady_clock;

/// Where a rank stands in one exchange.
struct Post {
  ExchangeCall call;
  std::span<const SendPart> send;
};

/// A group of ranks, shared by all of its ends. Under the mutex of `Shared`.
struct Group {
  std::vector<int> members;
  std::string name;
  std::vector<std::optional<Post>> posts = {}; // of those that have come to the exchange
  size_t left = 0;                             // how many have copied what is theirs
};

/// What all ranks share.
struct Shared {
  explicit Shared(int size, const WorldOptions &options) : size(size), options(options) {}

  const int size;
  const WorldOptions options;
  std::mutex mutex;
  std::condition_variable changed;
  std::optional<std::string> failure; // the first one; nothing goes on after it
  int copying = 0;                    // ranks that read memory of others
  std::map<std::pair<std::string, std::vector<int>>, std::shared_ptr<Group>> groups;

  Status fail(std::string why) {
    if (!failure)
      failure = std::move(why);
    changed.notify_all();
    return Status::error(*failure);
  }
};

class LocalTransport : public Transport {
public:
  LocalTransport(std::shared_ptr<Shared> shared, std::shared_ptr<Group> group, int rank)
      : shared_(std::move(shared)), group_(std::move(group)), rank_(rank) {}

  int rank() const override { return rank_; }
  int size() const override { return int(group_->members.size()); }
  const std::string &name() const override { return group_->name; }

  Status exchange(const ExchangeCall &call, std::span<const SendPart> send,
                  std::span<const ReceivePart> receive) override {
    std::unique_lock lock(shared_->mutex);
    const Clock::time_point deadline = Clock::now() + shared_->options.timeout;
    std::vector<std::optional<Post>> &posts = group_->posts;
    posts[size_t(rank_)] = Post{call, send};
    shared_->changed.notify_all();
    auto allHere = [&] { return std::ranges::all_of(posts, [](const auto &post) { return post.has_value(); }); };
    if (!waitFor(lock, deadline, allHere))
      return leaveAfterFailure(lock, call);
    if (std::optional<std::string> problem = mismatch(call, receive)) {
      (void)shared_->fail(std::move(*problem));
      return leaveAfterFailure(lock, call);
    }

    // What others gave stays where it is until all have left.
    ++shared_->copying;
    lock.unlock();
    for (size_t from = 0; from < receive.size(); ++from) {
      const void *source = posts[from]->send[size_t(rank_)].data;
      if (receive[from].bytes != 0 && receive[from].data != source) // a rank's own part may be where it should be
        std::memcpy(receive[from].data, source, receive[from].bytes);
    }
    lock.lock();
    --shared_->copying;
    if (++group_->left == posts.size()) {
      std::ranges::fill(posts, std::nullopt);
      group_->left = 0;
    }
    shared_->changed.notify_all();
    // Once all have what is theirs, this exchange went well, whatever happened since.
    auto allLeft = [&] { return !posts[size_t(rank_)]; };
    if (!waitFor(lock, deadline, allLeft) && !allLeft())
      return leaveAfterFailure(lock, call);
    return Status::ok();
  }

private:
  /// False where it does not come true: something failed, or the time is over.
  template <typename Condition>
  bool waitFor(std::unique_lock<std::mutex> &lock, Clock::time_point deadline, Condition condition) {
    return shared_->changed.wait_until(lock, deadline, [&] { return shared_->failure || condition(); }) &&
           !shared_->failure;
  }

  /// Nobody may be reading this rank's memory when it goes.
  Status leaveAfterFailure(std::unique_lock<std::mutex> &lock, const ExchangeCall &call) {
    if (!shared_->failure) {
      std::vector<int> missing;
      for (size_t i = 0; i < group_->posts.size(); ++i)
        if (!group_->posts[i])
          missing.push_back(group_->members[i]);
      (void)shared_->fail(comm::waitedFor(worldRank(), shared_->options.timeout, missing, call, group_->name));
    }
    shared_->changed.wait(lock, [&] { return shared_->copying == 0; });
    return Status::error(*shared_->failure);
  }

  int worldRank() const { return group_->members[size_t(rank_)]; }

  std::optional<std::string> mismatch(const ExchangeCall &call, std::span<const ReceivePart> receive) const {
    for (size_t other = 0; other < group_->posts.size(); ++other) {
      const Post &post = *group_->posts[other];
      const int their = group_->members[other];
      const size_t sends = post.send.size() == receive.size() ? post.send[size_t(rank_)].bytes : 0;
      if (post.call.what != call.what || post.call.number != call.number)
        return comm::unlikeCalls(worldRank(), call, their, post.call, group_->name);
      if (sends != receive[other].bytes)
        return comm::unlikeSizes(worldRank(), receive[other].bytes, their, sends, call, group_->name);
    }
    return std::nullopt;
  }

  const std::shared_ptr<Shared> shared_;
  const std::shared_ptr<Group> group_;
  const int rank_;
};

class LocalWorld : public World {
public:
  LocalWorld(std::shared_ptr<Shared> shared, int rank) : shared_(std::move(shared)), rank_(rank) {}

  int rank() const override { return rank_; }
  int size() const override { return shared_->size; }

  Expected<std::unique_ptr<Transport>> connect(std::vector<int> members, std::string name) override {
    if (Status status = checkMembers(*this, members, name); !status)
      return status;
    const int place = int(std::ranges::find(members, rank_) - members.begin());
    std::lock_guard lock(shared_->mutex);
    std::shared_ptr<Group> &group = shared_->groups[{name, members}];
    if (!group) {
      group = std::make_shared<Group>(Group{members, name});
      group->posts.resize(members.size());
    }
    return std::unique_ptr<Transport>(new LocalTransport(shared_, group, place));
  }

  void abort(std::string_view why) override {
    std::lock_guard lock(shared_->mutex);
    (void)shared_->fail("rank " + std::to_string(rank_) + ": " + std::string(why));
  }

private:
  const std::shared_ptr<Shared> shared_;
  const int rank_;
};

} // namespace

std::vector<std::shared_ptr<World>> localWorlds(int size, const WorldOptions &options) {
  auto shared = std::make_shared<Shared>(size, options);
  std::vector<std::shared_ptr<World>> worlds;
  for (int rank = 0; rank < size; ++rank)
    worlds.push_back(std::make_shared<LocalWorld>(shared, rank));
  return worlds;
}

} // namespace veomni

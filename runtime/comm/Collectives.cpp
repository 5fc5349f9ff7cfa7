// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The collectives, each as exchanges of parts, on a thread of each communicator that takes them in order.
#include "veomni/runtime/Communicator.h"

#include "checkpoint/Convert.h"
#include "comm/Parts.h"
#include "comm/Reduce.h"

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>

namespace veomni {

using bundle::DType;

struct CommEvent::State {
  std::mutex mutex;
  std::condition_variable ended;
  std::optional<Status> result;
  Time began, over; // of what has ended

  void end(Status status) {
    std::lock_guard lock(mutex);
    over = std::chrono::steady_clock::now();
    result = std::move(status);
    ended.notify_all();
  }
};

Status CommEvent::wait() const {
  if (!state_)
    return Status::ok();
  std::unique_lock lock(state_->mutex);
  state_->ended.wait(lock, [&] { return state_->result.has_value(); });
  return *state_->result;
}

bool CommEvent::isDone() const {
  if (!state_)
    return true;
  std::lock_guard lock(state_->mutex);
  return state_->result.has_value();
}

std::pair<CommEvent::Time, CommEvent::Time> CommEvent::times() const {
  if (!state_)
    return {};
  std::lock_guard lock(state_->mutex);
  return {state_->began, state_->over};
}

namespace {

const char *nameOf(Reduction reduction) { return reduction == Reduction::sum ? "sum" : "max"; }

/// Elements of a whole, split over ranks so that sizes differ by at most one.
std::vector<int64_t> evenly(int64_t count, int ranks) {
  std::vector<int64_t> counts;
  for (int rank = 0; rank < ranks; ++rank)
    counts.push_back(partSize(count, ranks, rank));
  return counts;
}

} // namespace

struct Communicator::Impl {
  explicit Impl(std::unique_ptr<Transport> carrier) : transport(std::move(carrier)), worker([this] { work(); }) {}

  ~Impl() {
    {
      std::lock_guard lock(mutex);
      stop = true;
      ready.notify_all();
    }
    worker.join();
  }

  CommEvent start(std::function<Status()> body) {
    auto state = std::make_shared<CommEvent::State>();
    std::lock_guard lock(mutex);
    queue.emplace_back(std::move(body), state);
    ready.notify_all();
    return CommEvent(state);
  }

  /// What was started before the end is done before it.
  void work() {
    std::unique_lock lock(mutex);
    while (true) {
      ready.wait(lock, [&] { return stop || !queue.empty(); });
      if (queue.empty())
        return;
      auto [body, state] = std::move(queue.front());
      queue.pop_front();
      lock.unlock();
      state->began = std::chrono::steady_clock::now();
      state->end(body());
      lock.lock();
    }
  }

  Status exchange(const std::string &what, const std::string &location, std::span<const SendPart> send,
                  std::span<const ReceivePart> receive) {
    return transport->exchange({what, location, exchanges++}, send, receive);
  }

  /// Part p of `data`, of `counts[p]` elements.
  template <typename Part, typename Pointer>
  static std::vector<Part> split(Pointer data, DType type, std::span<const int64_t> counts) {
    std::vector<Part> parts;
    for (int64_t count : counts) {
      const size_t bytes = size_t(count) * elementBytes(type);
      parts.push_back({data, bytes});
      data += bytes;
    }
    return parts;
  }
  static std::vector<SendPart> split(const void *data, DType type, std::span<const int64_t> counts) {
    return split<SendPart>(static_cast<const std::byte *>(data), type, counts);
  }
  static std::vector<ReceivePart> split(void *data, DType type, std::span<const int64_t> counts) {
    return split<ReceivePart>(static_cast<std::byte *>(data), type, counts);
  }

  /// Empty where the counts can be: one for each rank, none negative.
  std::string problemOf(std::span<const int64_t> counts) const {
    if (counts.size() != size_t(transport->size()))
      return std::to_string(counts.size()) + " counts, expected one for each of " + std::to_string(transport->size()) +
             " ranks";
    for (int64_t count : counts)
      if (count < 0)
        return "a part of " + std::to_string(count) + " elements, expected 0 or more";
    return "";
  }

  Status gather(const std::string &what, const std::string &location, DType type, const void *in,
                std::span<const int64_t> counts, void *out) {
    const size_t own = size_t(counts[size_t(transport->rank())]) * elementBytes(type);
    std::vector<SendPart> send(counts.size(), SendPart{in, own});
    return exchange(what, location, send, split(out, type, counts));
  }

  Status scatterReduced(const std::string &what, const std::string &location, DType type, Reduction reduction,
                        const void *in, std::span<const int64_t> counts, void *out) {
    const int64_t own = counts[size_t(transport->rank())];
    const std::vector<int64_t> each(counts.size(), own);
    scratch.resize(size_t(own) * elementBytes(type) * counts.size());
    std::vector<ReceivePart> parts = split(static_cast<void *>(scratch.data()), type, each);
    if (Status status = exchange(what, location, split(in, type, counts), parts); !status)
      return status;
    std::vector<const std::byte *> given;
    for (const ReceivePart &part : parts)
      given.push_back(static_cast<const std::byte *>(part.data));
    comm::reduce(type, reduction, given, own, static_cast<std::byte *>(out));
    return Status::ok();
  }

  std::unique_ptr<Transport> transport;
  uint64_t exchanges = 0;
  std::vector<std::byte> scratch; // parts to be reduced

  std::mutex mutex;
  std::condition_variable ready;
  std::deque<std::pair<std::function<Status()>, std::shared_ptr<CommEvent::State>>> queue;
  bool stop = false;
  std::thread worker; // last: it uses all of the above
};

Communicator::Communicator(std::unique_ptr<Transport> transport) : impl_(new Impl(std::move(transport))) {}
Communicator::~Communicator() = default;

int Communicator::rank() const { return impl_->transport->rank(); }
int Communicator::size() const { return impl_->transport->size(); }
const std::string &Communicator::name() const { return impl_->transport->name(); }

/// An event that has ended with an error of the caller's.
static CommEvent refused(const std::string &what, std::string_view location, const std::string &problem) {
  auto state = std::make_shared<CommEvent::State>();
  state->end(Status::error(what + (location.empty() ? "" : " of " + std::string(location)) + ": " + problem));
  return CommEvent(state);
}

CommEvent Communicator::allGather(DType type, const void *in, std::span<const int64_t> counts, void *out,
                                  std::string_view location) {
  const std::string what = std::string("all_gather of ") + bundle::EnumNameDType(type);
  if (std::string problem = impl_->problemOf(counts); !problem.empty())
    return refused(what, location, problem);
  return impl_->start([=, this, counts = std::vector(counts.begin(), counts.end()), location = std::string(location)] {
    return impl_->gather(what, location, type, in, counts, out);
  });
}

CommEvent Communicator::allToAll(DType type, const void *in, std::span<const int64_t> sendCounts, void *out,
                                 std::span<const int64_t> receiveCounts, std::string_view location) {
  const std::string what = std::string("all_to_all of ") + bundle::EnumNameDType(type);
  for (std::span<const int64_t> counts : {sendCounts, receiveCounts})
    if (std::string problem = impl_->problemOf(counts); !problem.empty())
      return refused(what, location, problem);
  return impl_->start([=, this, sends = Impl::split(in, type, sendCounts),
                       receives = Impl::split(out, type, receiveCounts),
                       location = std::string(location)] { return impl_->exchange(what, location, sends, receives); });
}

CommEvent Communicator::reduceScatter(DType type, Reduction reduction, const void *in, std::span<const int64_t> counts,
                                      void *out, std::string_view location) {
  const std::string what = std::string("reduce_scatter, ") + nameOf(reduction) + " of " + bundle::EnumNameDType(type);
  std::string problem = impl_->problemOf(counts);
  if (!comm::canReduce(type))
    problem = "cannot reduce this type, expected f32, bf16, f16, f64, i64 or i32";
  if (!problem.empty())
    return refused(what, location, problem);
  return impl_->start([=, this, counts = std::vector(counts.begin(), counts.end()), location = std::string(location)] {
    return impl_->scatterReduced(what, location, type, reduction, in, counts, out);
  });
}

CommEvent Communicator::allReduce(DType type, Reduction reduction, const void *in, int64_t count, void *out,
                                  std::string_view location) {
  const std::string what = std::string("all_reduce, ") + nameOf(reduction) + " of " + bundle::EnumNameDType(type);
  if (!comm::canReduce(type))
    return refused(what, location, "cannot reduce this type, expected f32, bf16, f16, f64, i64 or i32");
  if (count < 0)
    return refused(what, location, std::to_string(count) + " elements, expected 0 or more");
  return impl_->start([=, this, location = std::string(location)] {
    // Each rank reduces its share, in place, and gives it to all.
    const std::vector<int64_t> counts = evenly(count, impl_->transport->size());
    const int64_t before = totalOf(std::span(counts).first(size_t(impl_->transport->rank())));
    std::byte *own = static_cast<std::byte *>(out) + size_t(before) * elementBytes(type);
    if (Status status = impl_->scatterReduced(what, location, type, reduction, in, counts, own); !status)
      return status;
    return impl_->gather(what, location, type, own, counts, out);
  });
}

CommEvent Communicator::broadcast(DType type, void *data, int64_t count, int root, std::string_view location) {
  const std::string what = std::string("broadcast of ") + std::to_string(count) + " " + bundle::EnumNameDType(type) +
                           " from rank " + std::to_string(root);
  if (count < 0 || root < 0 || root >= size())
    return refused(what, location, "expected 0 or more elements and one of " + std::to_string(size()) + " ranks");
  return impl_->start([=, this, location = std::string(location)] {
    const size_t bytes = size_t(count) * elementBytes(type), ranks = size_t(impl_->transport->size());
    const bool isRoot = impl_->transport->rank() == root;
    std::vector<SendPart> send(ranks, SendPart{data, isRoot ? bytes : 0});
    std::vector<ReceivePart> receive(ranks, ReceivePart{data, 0});
    if (isRoot)
      send[size_t(root)].bytes = 0; // it has it
    else
      receive[size_t(root)].bytes = bytes;
    return impl_->exchange(what, location, send, receive);
  });
}

CommEvent Communicator::barrier(std::string_view location) {
  return impl_->start([this, location = std::string(location)] {
    const auto ranks = size_t(impl_->transport->size());
    return impl_->exchange("barrier", location, std::vector<SendPart>(ranks), std::vector<ReceivePart>(ranks));
  });
}

} // namespace veomni

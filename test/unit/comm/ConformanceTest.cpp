// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What every carrier of collectives must do. One joins by a line in `cases`, and passes all of it.
//
// `comm_test` runs ranks that are threads. `comm_mpi_test` is the same file as one process of many, which
// test/runtime/comm-mpi.test starts; what ranks tell each other about a failure they cannot compare there, so that each
// looks at its own.
#include "veomni/runtime/Communicator.h"
#ifdef VEOMNI_TEST_MPI
#include "veomni/runtime/MpiWorld.h"
#endif

#include "checkpoint/Convert.h"

#include <algorithm>
#include <cstring>
#include <functional>
#include <gtest/gtest.h>
#include <mutex>
#include <numeric>
#include <random>
#include <thread>

namespace veomni {
namespace {

using bundle::DType;
using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

using Body = std::function<void(World &)>;

/// Every rank on a thread of its own.
[[maybe_unused]] void runLocal(int size, const WorldOptions &options, const Body &body) {
  std::vector<std::thread> threads;
  for (const auto &world : localWorlds(size, options))
    threads.emplace_back([&body, world] { body(*world); });
  for (std::thread &thread : threads)
    thread.join();
}

#ifdef VEOMNI_TEST_MPI
/// This process's rank; the others are processes that run the same test.
void runMpi(int size, const WorldOptions &options, const Body &body) {
  Expected<std::shared_ptr<World>> world = mpiWorld(options);
  ASSERT_TRUE(world) << world.status().message();
  ASSERT_EQ((*world)->size(), size) << "run as many processes as the test's name says";
  body(**world);
}
#endif

struct Case {
  const char *name;
  void (*run)(int size, const WorldOptions &options, const Body &body);
};

#ifdef VEOMNI_TEST_MPI
const Case cases[] = {{"mpi", runMpi}};
#else
const Case cases[] = {{"local", runLocal}};
#endif

class Comm : public testing::TestWithParam<std::tuple<Case, int>> {
protected:
  int size() const { return std::get<1>(GetParam()); }

  void onRanks(const Body &body, const WorldOptions &options = {}) {
    std::get<0>(GetParam()).run(size(), options, body);
  }

  /// The same, in the group of all.
  void inOneGroup(const std::function<void(Communicator &)> &body, const WorldOptions &options = {}) {
    onRanks(
        [&](World &world) {
          std::vector<int> all(size_t(world.size()));
          std::iota(all.begin(), all.end(), 0);
          Expected<std::unique_ptr<Transport>> transport = world.connect(all, "all");
          ASSERT_TRUE(transport) << transport.status().message();
          Communicator comm(std::move(*transport));
          body(comm);
        },
        options);
  }
};

#define EXPECT_OK(event)                                                                                               \
  do {                                                                                                                 \
    Status status_ = (event).wait();                                                                                   \
    EXPECT_TRUE(status_) << status_.message();                                                                         \
  } while (false)

/// What rank `rank` holds: elements that tell rank and place.
std::vector<int64_t> numbers(int rank, int64_t count) {
  std::vector<int64_t> result;
  for (int64_t i = 0; i < count; ++i)
    result.push_back(rank * 1000000 + i);
  return result;
}

TEST_P(Comm, GathersUnevenAndEmptyParts) {
  inOneGroup([&](Communicator &comm) {
    std::vector<int64_t> counts, expected;
    for (int rank = 0; rank < comm.size(); ++rank) {
      counts.push_back(rank % 3 == 1 ? 0 : rank * 1700 + 3);
      std::ranges::copy(numbers(rank, counts.back()), std::back_inserter(expected));
    }
    std::vector<int64_t> own = numbers(comm.rank(), counts[size_t(comm.rank())]), all(expected.size(), -1);
    EXPECT_OK(comm.allGather(DType::i64, own.data(), counts, all.data()));
    EXPECT_EQ(all, expected);
  });
}

TEST_P(Comm, GathersInPlace) {
  inOneGroup([&](Communicator &comm) {
    const std::vector<int64_t> counts(size_t(comm.size()), 5);
    std::vector<int64_t> all(size_t(comm.size()) * 5, -1), expected;
    for (int rank = 0; rank < comm.size(); ++rank)
      std::ranges::copy(numbers(rank, 5), std::back_inserter(expected));
    std::ranges::copy(numbers(comm.rank(), 5), all.begin() + comm.rank() * 5);
    EXPECT_OK(comm.allGather(DType::i64, all.data() + comm.rank() * 5, counts, all.data()));
    EXPECT_EQ(all, expected);
  });
}

TEST_P(Comm, ExchangesPartsOfAnySize) {
  // Rank r sends p * 7 + r elements to p, and nothing where that is a multiple of 4: one rank gets most of all.
  auto count = [](int from, int to) { return int64_t((to * 7 + from) % 4 == 0 ? 0 : to * 700 + from); };
  inOneGroup([&](Communicator &comm) {
    std::vector<int64_t> sends, receives, in, expected;
    for (int other = 0; other < comm.size(); ++other) {
      sends.push_back(count(comm.rank(), other)), receives.push_back(count(other, comm.rank()));
      for (int64_t i = 0; i < sends.back(); ++i)
        in.push_back(comm.rank() * 1000000 + other * 10000 + i);
      for (int64_t i = 0; i < receives.back(); ++i)
        expected.push_back(other * 1000000 + comm.rank() * 10000 + i);
    }
    std::vector<int64_t> out(expected.size(), -1);
    EXPECT_OK(comm.allToAll(DType::i64, in.data(), sends, out.data(), receives));
    EXPECT_EQ(out, expected);
    // And back again.
    std::vector<int64_t> back(in.size(), -1);
    EXPECT_OK(comm.allToAll(DType::i64, out.data(), receives, back.data(), sends));
    EXPECT_EQ(back, in);
  });
}

/// Random elements of a floating point type, the same wherever they are asked for.
std::vector<std::byte> elements(DType type, int rank, int64_t count) {
  std::minstd_rand random(unsigned(rank) * 77 + 5);
  std::vector<float> wide;
  for (int64_t i = 0; i < count; ++i)
    wide.push_back((float(random()) / float(std::minstd_rand::max()) - 0.5F) * (i % 5 ? 1.0F : 1e6F));
  const Conversion narrow(DType::f32, type == DType::f32 ? std::vector<DType>() : std::vector{type});
  std::vector<std::byte> result(size_t(count) * narrow.targetSize());
  narrow.run(reinterpret_cast<const std::byte *>(wide.data()), result.data(), size_t(count));
  return result;
}

/// The sum of all ranks' elements in the order of the ranks, in f32 (f64 for f64), rounded once.
std::vector<std::byte> sumInOrder(DType type, int ranks, int64_t count) {
  const DType wideType = type == DType::f64 ? DType::f64 : DType::f32;
  auto widened = [&](int rank) {
    const std::vector<std::byte> narrow = elements(type, rank, count);
    const Conversion widen(type, type == wideType ? std::vector<DType>() : std::vector{wideType});
    std::vector<std::byte> wide(size_t(count) * widen.targetSize());
    widen.run(narrow.data(), wide.data(), size_t(count));
    return wide;
  };
  std::vector<std::byte> sum = widened(0);
  for (int rank = 1; rank < ranks; ++rank) {
    const std::vector<std::byte> part = widened(rank);
    auto add = [&](auto *total, const auto *more) {
      for (int64_t i = 0; i < count; ++i)
        total[i] += more[i];
    };
    if (wideType == DType::f64)
      add(reinterpret_cast<double *>(sum.data()), reinterpret_cast<const double *>(part.data()));
    else
      add(reinterpret_cast<float *>(sum.data()), reinterpret_cast<const float *>(part.data()));
  }
  const Conversion narrow(wideType, type == wideType ? std::vector<DType>() : std::vector{type});
  std::vector<std::byte> result(size_t(count) * narrow.targetSize());
  narrow.run(sum.data(), result.data(), size_t(count));
  return result;
}

TEST_P(Comm, SumsAreTakenInTheOrderOfRanksAndRoundedOnce) {
  for (DType type : {DType::f32, DType::bf16, DType::f16, DType::f64})
    for (int64_t count : {int64_t(0), int64_t(1), int64_t(7), int64_t(5003)})
      inOneGroup([&](Communicator &comm) {
        const std::vector<std::byte> expected = sumInOrder(type, comm.size(), count);
        std::vector<std::byte> data = elements(type, comm.rank(), count), out(data.size());
        EXPECT_OK(comm.allReduce(type, Reduction::sum, data.data(), count, out.data()));
        EXPECT_TRUE(out == expected) << bundle::EnumNameDType(type) << " " << count;
        EXPECT_OK(comm.allReduce(type, Reduction::sum, data.data(), count, data.data()));
        EXPECT_TRUE(data == expected) << "in place";
      });
}

TEST_P(Comm, ReducesAndScattersUnevenParts) {
  inOneGroup([&](Communicator &comm) {
    std::vector<int64_t> counts;
    for (int rank = 0; rank < comm.size(); ++rank)
      counts.push_back(rank % 2 ? 0 : rank * 300 + 11);
    const int64_t count = std::accumulate(counts.begin(), counts.end(), int64_t(0)), own = counts[size_t(comm.rank())],
                  before = std::accumulate(counts.begin(), counts.begin() + comm.rank(), int64_t(0));
    const std::vector<std::byte> in = elements(DType::bf16, comm.rank(), count),
                                 whole = sumInOrder(DType::bf16, comm.size(), count);
    std::vector<std::byte> out(size_t(own) * 2);
    EXPECT_OK(comm.reduceScatter(DType::bf16, Reduction::sum, in.data(), counts, out.data()));
    EXPECT_TRUE(std::equal(out.begin(), out.end(), whole.begin() + before * 2));
  });
}

TEST_P(Comm, MaximaOfWholeNumbers) {
  inOneGroup([&](Communicator &comm) {
    std::vector<int32_t> in{comm.rank(), -comm.rank(), 5}, out(3);
    EXPECT_OK(comm.allReduce(DType::i32, Reduction::max, in.data(), 3, out.data()));
    EXPECT_EQ(out, (std::vector<int32_t>{comm.size() - 1, 0, 5}));
  });
}

TEST_P(Comm, BroadcastsFromAnyRank) {
  inOneGroup([&](Communicator &comm) {
    for (int root = 0; root < comm.size(); ++root) {
      std::vector<int64_t> data = numbers(comm.rank(), 100);
      EXPECT_OK(comm.broadcast(DType::i64, data.data(), 100, root));
      EXPECT_EQ(data, numbers(root, 100));
    }
  });
}

TEST_P(Comm, NobodyLeavesABarrierBeforeAllHaveCome) {
  // Clocks of one machine are one clock.
  auto now = [] { return int64_t(Clock::now().time_since_epoch().count()); };
  inOneGroup([&](Communicator &comm) {
    for (int round = 0; round < 20; ++round) {
      if (round % comm.size() == comm.rank())
        std::this_thread::sleep_for(milliseconds(1));
      int64_t came = now(), lastCame = 0;
      EXPECT_OK(comm.barrier());
      const int64_t left = now();
      EXPECT_OK(comm.allReduce(DType::i64, Reduction::max, &came, 1, &lastCame));
      EXPECT_GE(left, lastCame);
    }
  });
}

TEST_P(Comm, ManyAreUnderWayAtOnceAndHappenInOrder) {
  inOneGroup([&](Communicator &comm) {
    const std::vector<int64_t> counts(size_t(comm.size()), 3);
    std::vector<std::vector<int64_t>> ins, outs(200, std::vector<int64_t>(size_t(comm.size()) * 3));
    std::vector<CommEvent> events;
    for (int64_t i = 0; i < 200; ++i)
      ins.push_back({comm.rank(), i, -1});
    for (size_t i = 0; i < 200; ++i)
      events.push_back(comm.allGather(DType::i64, ins[i].data(), counts, outs[i].data()));
    EXPECT_OK(events.back());
    for (size_t i = 0; i < 200; ++i) {
      EXPECT_TRUE(events[i].isDone()) << "what was started before the last one has ended before it";
      for (int rank = 0; rank < comm.size(); ++rank)
        EXPECT_EQ(outs[i][size_t(rank) * 3 + 1], int64_t(i));
    }
  });
}

TEST_P(Comm, GroupsOfAMeshDoNotMeet) {
  if (size() % 2)
    GTEST_SKIP() << "an axis of two";
  Expected<Mesh> mesh = Mesh::create({{"dp", size() / 2}, {"sp", 2}});
  ASSERT_TRUE(mesh);
  onRanks([&](World &world) {
    std::vector<std::unique_ptr<Communicator>> comms;
    for (std::string_view axis : {"dp", "sp"}) {
      std::vector<int> members = *mesh->group(world.rank(), std::array{axis});
      Expected<std::unique_ptr<Transport>> transport = world.connect(members, std::string(axis));
      ASSERT_TRUE(transport) << transport.status().message();
      comms.push_back(std::make_unique<Communicator>(std::move(*transport)));
    }
    // Both at once: neither waits for the other.
    int64_t own = world.rank(), dp = 0, sp = 0;
    CommEvent a = comms[0]->allReduce(DType::i64, Reduction::sum, &own, 1, &dp),
              b = comms[1]->allReduce(DType::i64, Reduction::sum, &own, 1, &sp);
    EXPECT_OK(b);
    EXPECT_OK(a);
    int64_t pair = world.rank() / 2 * 2;
    EXPECT_EQ(sp, pair + pair + 1);
    int64_t column = 0;
    for (int rank = world.rank() % 2; rank < world.size(); rank += 2)
      column += rank;
    EXPECT_EQ(dp, column);
  });
}

//===--- What goes wrong ------------------------------------------------------------------------------------------===//

class CommErrors : public Comm {
protected:
  /// All ranks end with the same message, which has `text`.
  void expectAll(const std::string &text, const std::function<CommEvent(Communicator &, int64_t *data)> &start,
                 const WorldOptions &options = {}) {
    std::mutex mutex;
    std::vector<std::string> messages;
    Clock::time_point begin = Clock::now();
    inOneGroup(
        [&](Communicator &comm) {
          std::vector<int64_t> data(100, comm.rank());
          std::string message = start(comm, data.data()).wait().message();
          // A rank may have done its part when another one failed: it hears of it the next time that it waits.
          if (message.empty())
            message = comm.barrier().wait().message();
          std::lock_guard lock(mutex);
          messages.push_back(message);
        },
        options);
    EXPECT_LT(Clock::now() - begin, std::chrono::seconds(10));
    for (const std::string &message : messages) {
      EXPECT_NE(message.find(text), std::string::npos) << message;
      EXPECT_EQ(message, messages.front());
    }
  }
};

TEST_P(CommErrors, RanksAtDifferentCalls) {
  expectAll("of layers.1.mlp (exchange 0 of group all)", [](Communicator &comm, int64_t *data) {
    return comm.rank() == comm.size() - 1 ? comm.allReduce(DType::i64, Reduction::sum, data, 1, data, "layers.1.mlp")
                                          : comm.allReduce(DType::i64, Reduction::max, data, 1, data, "layers.0.mlp");
  });
}

TEST_P(CommErrors, RanksThatExpectOtherSizes) {
  expectAll("bytes of rank", [](Communicator &comm, int64_t *data) {
    const std::vector<int64_t> counts(size_t(comm.size()), comm.rank() == 0 ? 2 : 1);
    std::vector<int64_t> out(size_t(comm.size()) * 2);
    CommEvent event = comm.allGather(DType::i64, data, counts, out.data(), "here");
    (void)event.wait();
    return event;
  });
}

TEST_P(CommErrors, ARankThatIsSentMoreThanItTakes) {
  // Nobody but the last rank can tell.
  const int last = size() - 1;
  expectAll("rank " + std::to_string(last) + " receives 8 bytes of rank 0 at all_to_all of i64 of here",
            [&](Communicator &comm, int64_t *data) {
              const auto ranks = size_t(comm.size());
              std::vector<int64_t> sends(ranks, 1), receives(ranks, 1), out(ranks);
              if (comm.rank() == 0)
                sends.back() = 2;
              CommEvent event = comm.allToAll(DType::i64, data, sends, out.data(), receives, "here");
              (void)event.wait();
              return event;
            });
}

TEST_P(CommErrors, ARankThatDoesNotCome) {
  // Seconds, since a busy machine may start the ranks far apart.
  expectAll("for rank " + std::to_string(size() - 1) + " at barrier of the.end (exchange 0 of group all)",
            [](Communicator &comm, int64_t *) {
              if (comm.rank() == comm.size() - 1)
                std::this_thread::sleep_for(milliseconds(3000));
              return comm.barrier("the.end");
            },
            {.timeout = milliseconds(600)});
}

TEST_P(CommErrors, ARankThatGivesUp) {
  std::mutex mutex;
  std::vector<std::string> messages;
  onRanks([&](World &world) {
    std::vector<int> all(size_t(world.size()));
    std::iota(all.begin(), all.end(), 0);
    Expected<std::unique_ptr<Transport>> transport = world.connect(all, "sp");
    Communicator comm(std::move(*transport));
    if (world.rank() == 1) {
      world.abort("no memory");
      world.abort("and then this");
    }
    std::string message = comm.barrier().wait().message();
    std::lock_guard lock(mutex);
    messages.push_back(message);
  });
  for (const std::string &message : messages)
    EXPECT_EQ(message, "rank 1: no memory");
}

TEST_P(CommErrors, NothingGoesOnAfterAFailure) {
  onRanks([&](World &world) {
    std::vector<int> all(size_t(world.size()));
    std::iota(all.begin(), all.end(), 0);
    Communicator first(std::move(*world.connect(all, "first"))), second(std::move(*world.connect(all, "second")));
    // The first rank may be through, and fail, before the others are.
    const std::string before = first.barrier().wait().message();
    EXPECT_TRUE(before.empty() || before == "rank 0: stop") << before;
    if (world.rank() == 0)
      world.abort("stop");
    EXPECT_EQ(first.barrier().wait().message(), "rank 0: stop");
    EXPECT_EQ(second.barrier().wait().message(), "rank 0: stop");
  });
}

TEST_P(CommErrors, CallsThatCannotBe) {
  inOneGroup([&](Communicator &comm) {
    int64_t data = 0;
    const std::vector<int64_t> tooMany(size_t(comm.size()) + 1, 1), negative(size_t(comm.size()), -1);
    EXPECT_NE(comm.allGather(DType::i64, &data, tooMany, &data, "here").wait().message().find("counts, expected one"),
              std::string::npos);
    EXPECT_NE(comm.allToAll(DType::i64, &data, negative, &data, negative).wait().message().find("-1 elements"),
              std::string::npos);
    EXPECT_NE(comm.allReduce(DType::u8, Reduction::sum, &data, 1, &data).wait().message().find("cannot reduce"),
              std::string::npos);
    EXPECT_NE(comm.broadcast(DType::i64, &data, 1, comm.size()).wait().message().find("one of"), std::string::npos);
    // Nobody's business but the caller's.
    EXPECT_OK(comm.barrier());
  });
}

TEST(LocalWorld, RefusesGroupsThatAreNone) {
  auto worlds = localWorlds(3);
  for (const std::vector<int> &members : {std::vector{0, 2}, {1, 0}, {1, 1}, {1, 3}, {-1, 1}})
    EXPECT_NE(worlds[1]->connect(members, "sp").status().message().find("group sp of ranks"), std::string::npos);
}

TEST(LocalWorld, AFailureWaitsForThoseWhoCopy) {
  // Rank 1 copies what rank 0 gave, while somebody gives up: rank 0 may not have its memory back before.
  for (int delay = 0; delay < 4; ++delay) {
    auto worlds = localWorlds(2);
    std::vector<char> given(size_t(32) << 20, 'x'), taken(given.size());
    std::thread giver([&] {
      std::unique_ptr<Transport> transport = std::move(*worlds[0]->connect({0, 1}, "sp"));
      const SendPart send[] = {{nullptr, 0}, {given.data(), given.size()}};
      const ReceivePart receive[] = {{nullptr, 0}, {nullptr, 0}};
      (void)transport->exchange({"gives", "", 0}, send, receive);
      std::ranges::fill(given, 'o');
    });
    std::thread taker([&] {
      std::unique_ptr<Transport> transport = std::move(*worlds[1]->connect({0, 1}, "sp"));
      const SendPart send[] = {{nullptr, 0}, {nullptr, 0}};
      const ReceivePart receive[] = {{taken.data(), taken.size()}, {nullptr, 0}};
      if (transport->exchange({"gives", "", 0}, send, receive)) {
        EXPECT_EQ(std::ranges::count(taken, 'x'), std::ptrdiff_t(taken.size()));
      }
    });
    std::this_thread::sleep_for(milliseconds(delay));
    worlds[0]->abort("gives up");
    giver.join();
    taker.join();
  }
}

std::string nameOf(const testing::TestParamInfo<std::tuple<Case, int>> &info) {
  return std::string(std::get<0>(info.param).name) + std::to_string(std::get<1>(info.param));
}
INSTANTIATE_TEST_SUITE_P(Worlds, Comm, testing::Combine(testing::ValuesIn(cases), testing::Values(1, 2, 3, 4, 8)),
                         nameOf);
INSTANTIATE_TEST_SUITE_P(Worlds, CommErrors, testing::Combine(testing::ValuesIn(cases), testing::Values(2, 3, 5)),
                         nameOf);

} // namespace
} // namespace veomni

#ifdef VEOMNI_TEST_MPI
#include <csignal>
#include <mpi.h>

namespace veomni {
namespace {

class CommKilled : public Comm {};

TEST_P(CommKilled, TheOthersAreEnded) {
  inOneGroup([&](Communicator &comm) {
    if (comm.rank() == 1)
      (void)std::raise(SIGKILL);
    EXPECT_FALSE(comm.barrier("here").wait()) << "nobody is there to meet";
  });
}
INSTANTIATE_TEST_SUITE_P(Worlds, CommKilled, testing::Combine(testing::ValuesIn(cases), testing::Values(3)), nameOf);

} // namespace
} // namespace veomni

int main(int argc, char **argv) {
  int provided = 0;
  // The tests end MPI themselves, so that tests of failures end well.
  if (MPI_Init_thread(&argc, &argv, MPI_THREAD_MULTIPLE, &provided) != MPI_SUCCESS)
    return 1;
  testing::InitGoogleTest(&argc, argv);
  const int result = RUN_ALL_TESTS();
  MPI_Finalize();
  return result;
}
#endif

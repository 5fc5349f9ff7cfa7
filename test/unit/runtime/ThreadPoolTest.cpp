// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Workgroups that threads share: each runs once.
#include "base/ThreadPool.h"

#include <atomic>
#include <cmath>
#include <gtest/gtest.h>
#include <limits>
#include <pthread.h>
#include <thread>
#include <vector>

namespace veomni {
namespace {

std::unique_ptr<ThreadPool> pool(unsigned threads) {
  Expected<std::unique_ptr<ThreadPool>> created = ThreadPool::create(threads);
  EXPECT_TRUE(created) << created.status().message();
  return std::move(*created);
}

TEST(ThreadPool, RunsEveryIndexOnce) {
  for (unsigned threads : {1u, 2u, 3u, 8u}) {
    std::unique_ptr<ThreadPool> p = pool(threads);
    for (int64_t count : {0, 1, 2, 7, 1000}) {
      std::vector<std::atomic<int>> hits(static_cast<size_t>(count));
      p->run([&] {
        for (int repeat = 0; repeat < 50; ++repeat)
          p->parallelFor(count, [&](int64_t i) { ++hits[size_t(i)]; });
      });
      for (const std::atomic<int> &hit : hits)
        ASSERT_EQ(hit, 50);
    }
  }
}

TEST(ThreadPool, TakesTurnsBetweenCallers) {
  std::unique_ptr<ThreadPool> p = pool(3);
  int64_t total = 0; // guarded by the turns alone
  std::vector<std::thread> callers;
  for (int caller = 0; caller < 4; ++caller)
    callers.emplace_back([&] {
      for (int repeat = 0; repeat < 100; ++repeat)
        p->run([&] {
          std::atomic<int64_t> sum = 0;
          p->parallelFor(10, [&](int64_t i) { sum += i; });
          total += sum;
        });
    });
  for (std::thread &caller : callers)
    caller.join();
  EXPECT_EQ(total, 4 * 100 * 45);
}

TEST(ThreadPool, FlushesDenormalsInItsThreadsOnly) {
  volatile float tiny = std::numeric_limits<float>::min();
  std::unique_ptr<ThreadPool> p = pool(2);
  std::atomic<int> flushed = 0, kept = 0;
  p->run([&] {
    p->parallelFor(100, [&](int64_t) { flushed += tiny / 2 == 0; });
    p->parallelFor(100, [&](int64_t) {
      KeepDenormals keep;
      kept += tiny / 2 != 0;
    });
    p->parallelFor(100, [&](int64_t) { flushed += tiny / 2 == 0; });
  });
  EXPECT_EQ(flushed, 200);
  EXPECT_EQ(kept, 100);
  EXPECT_NE(tiny / 2, 0);
}

TEST(ThreadPool, GivesItsThreadsLargeStacks) {
  std::unique_ptr<ThreadPool> p = pool(2);
  p->run([&] {
    pthread_attr_t attributes;
    size_t size = 0;
    ASSERT_EQ(pthread_getattr_np(pthread_self(), &attributes), 0);
    pthread_attr_getstacksize(&attributes, &size);
    pthread_attr_destroy(&attributes);
    EXPECT_GE(size, size_t(16) << 20);
  });
}

} // namespace
} // namespace veomni

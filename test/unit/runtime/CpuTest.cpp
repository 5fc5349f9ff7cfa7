// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What is the CPU's own of its device: features by LLVM's names, and the block of memory that a session keeps on it.
#include "core/DeviceArena.h"
#include "device/cpu/CpuFeatures.h"

#include <gtest/gtest.h>
#include <limits>

namespace veomni::cpu {
namespace {

TEST(Arena, GrowsAndRefusesWhatIsNotThere) {
  DeviceRegistry devices = builtinDevices();
  DeviceArena arena(*devices.all().front());
  ASSERT_TRUE(arena.reserve(1000));
  std::byte *first = arena.data();
  EXPECT_EQ(reinterpret_cast<uintptr_t>(first) % 64, 0u);
  ASSERT_TRUE(arena.reserve(10));
  EXPECT_EQ(arena.data(), first);
  ASSERT_TRUE(arena.reserve(1 << 20));
  arena.data()[(1 << 20) - 1] = std::byte(1);
  Status status = arena.reserve(std::numeric_limits<uint64_t>::max());
  EXPECT_FALSE(status);
  EXPECT_NE(status.message().find("working memory of 18446744073709551615 bytes is needed"), std::string::npos)
      << status.message();
  EXPECT_EQ(arena.data(), nullptr);
  EXPECT_EQ(arena.size(), 0u);
  EXPECT_TRUE(arena.reserve(1000));
}

TEST(CpuFeatures, AgreesWithTheCompilerBuiltins) {
  EXPECT_TRUE(hasFeature("sse2"));
  EXPECT_FALSE(hasFeature("no-such-feature"));
  EXPECT_EQ(hasFeature("avx2"), bool(__builtin_cpu_supports("avx2")));
  EXPECT_EQ(hasFeature("fma"), bool(__builtin_cpu_supports("fma")));
  EXPECT_EQ(hasFeature("avx512f"), bool(__builtin_cpu_supports("avx512f")));
  EXPECT_EQ(hasFeature("avx512bw"), bool(__builtin_cpu_supports("avx512bw")));
  EXPECT_EQ(hasFeature("avx512vl"), bool(__builtin_cpu_supports("avx512vl")));
  EXPECT_EQ(hasFeature("avx512dq"), bool(__builtin_cpu_supports("avx512dq")));
  EXPECT_EQ(hasFeature("avx512bf16"), bool(__builtin_cpu_supports("avx512bf16")));
  EXPECT_EQ(hasFeature("bmi2"), bool(__builtin_cpu_supports("bmi2")));
}

} // namespace
} // namespace veomni::cpu

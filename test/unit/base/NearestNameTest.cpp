// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Which name is nearest, and when none is.
#include "veomni/runtime/NearestName.h"

#include <gtest/gtest.h>

#include <vector>

using veomni::nearestName;

TEST(NearestName, FindsTheClosest) {
  std::vector<std::string> names = {"lm_head.weight", "model.embed_tokens.weight", "model.norm.weight"};
  EXPECT_EQ(nearestName("model.norm.weigth", names), "model.norm.weight");
  EXPECT_EQ(nearestName("head.weight", names), "lm_head.weight");
  EXPECT_EQ(nearestName("model.norm.weight", names), "model.norm.weight");
}

TEST(NearestName, TakesTheFirstOfEquals) {
  EXPECT_EQ(nearestName("abcd", std::vector<std::string>{"abcx", "abcy"}), "abcx");
}

TEST(NearestName, SaysNothingRatherThanSomethingFar) {
  EXPECT_EQ(nearestName("router", std::vector<std::string>{"lm_head", "embed"}), "");
  EXPECT_EQ(nearestName("x", {}), "");
  EXPECT_EQ(nearestName("", std::vector<std::string>{"abc"}), "");
}

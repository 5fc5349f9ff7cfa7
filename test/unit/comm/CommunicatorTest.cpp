// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What is the same whatever carries the data: events, and what failed exchanges say.
#include "comm/Messages.h"

#include <gtest/gtest.h>

namespace veomni {
namespace {

using std::chrono::milliseconds;

TEST(CommEvent, OfNothingHasEnded) {
  CommEvent nothing;
  EXPECT_TRUE(nothing.isDone());
  EXPECT_TRUE(nothing.wait());
}

TEST(CommMessages, NameWhoDidNotCome) {
  const ExchangeCall call{"barrier", "the.end", 7};
  const int one[] = {4}, several[] = {0, 2, 5};
  EXPECT_EQ(comm::waitedFor(1, milliseconds(250), one, call, "sp"),
            "rank 1: waited 250 ms for rank 4 at barrier of the.end (exchange 7 of group sp)");
  EXPECT_EQ(comm::waitedFor(1, milliseconds(250), several, call, "sp"),
            "rank 1: waited 250 ms for ranks 0, 2, 5 at barrier of the.end (exchange 7 of group sp)");
  EXPECT_EQ(comm::waitedFor(1, milliseconds(250), {}, call, "sp"),
            "rank 1: waited 250 ms for others to leave at barrier of the.end (exchange 7 of group sp)");
}

TEST(CommMessages, SayHowRanksDiffer) {
  const ExchangeCall own{"barrier", "", 7}, theirs{"all_gather of f32", "here", 8};
  EXPECT_EQ(comm::unlikeCalls(1, own, 0, theirs, "sp"), "rank 1 is at barrier (exchange 7 of group sp), rank 0 at "
                                                        "all_gather of f32 of here (exchange 8 of group sp)");
  EXPECT_EQ(comm::unlikeSizes(1, 16, 0, 12, theirs, "sp"),
            "rank 1 receives 16 bytes of rank 0 at all_gather of f32 of here (exchange 8 of group sp), which sends 12");
}

} // namespace
} // namespace veomni

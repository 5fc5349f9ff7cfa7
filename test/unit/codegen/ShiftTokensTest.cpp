// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The kernel of convolutions over tokens: shift_tokens.
#include "Support.h"

using namespace veomni::cpu;
using namespace veomni::cpu::testing;
using llvm::formatv;

namespace {
class ShiftTokens : public OnEachLevel {};
ON_EACH_LEVEL(ShiftTokens);
} // namespace

TEST_P(ShiftTokens, tokensShiftInsideDocuments) {
  for (std::string type : {"f32", "bf16"})
    for (int64_t by : {1, 3, 40}) {
      int64_t batch = 2, seq = 19, rows = batch * seq, cols = 21;
      auto library = compileAndLoad(
          "shift_tokens",
          formatv(
              "read [b, s, {0}] x {1}, row_stride = 24; read [b, s] x i32; write [b, s, {0}] x {1}, row_stride = 23",
              cols, type),
          formatv("{{by = {0}}", by), target());
      ASSERT_TRUE(library);
      Buffer x(type, rows, cols, 24), starts("i32", rows, 1), out(type, rows, cols, 23);
      x.fill(random);
      // Documents of 7, 1 and 11 tokens.
      for (int64_t row = 0; row < rows; ++row)
        starts.setInteger(row, 0, row % seq < 7 ? 0 : row % seq == 7 ? 7 : 8);
      runGrid(library->find("kernel"), {&x, &starts, &out}, {rows, seq}, {ceilDiv(rows, kRowBlock), 1, 1});
      auto want = [&](int64_t row, int64_t c) {
        return row % seq - by >= starts.getInteger(row, 0) ? x.get(row - by, c) : 0.0;
      };
      EXPECT_TRUE(isClose(out, want, 0, 0)) << type << " " << by;
      EXPECT_TRUE(out.untouched());
    }
}

TEST_P(ShiftTokens, aStartBelowZeroReachesNoFurther) {
  auto library = compileAndLoad("shift_tokens", "read [b, s, 4] x f32; read [b, s] x i32; write [b, s, 4] x f32",
                                "{by = 2}", target());
  ASSERT_TRUE(library);
  Buffer x("f32", 6, 4), starts("i32", 6, 1), out("f32", 6, 4);
  x.fill(random);
  for (int64_t row = 0; row < 6; ++row)
    starts.setInteger(row, 0, -5);
  runGrid(library->find("kernel"), {&x, &starts, &out}, {6, 3}, {1, 1, 1});
  EXPECT_TRUE(isClose(out, [&](int64_t row, int64_t c) { return row % 3 == 2 ? x.get(row - 2, c) : 0.0; }, 0, 0));
}

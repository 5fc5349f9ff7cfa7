// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Support.h"

using namespace veomni::cpu;
using namespace veomni::cpu::testing;

class Add : public OnEachLevel {};
ON_EACH_LEVEL(Add);

TEST_P(Add, addsRowsOfAnyWidthAndWritesNothingElse) {
  for (std::string type : {"f32", "bf16"})
    for (int64_t cols : {1, 7, 8, 20, 64, 151, 200}) {
      auto library = compileAndLoad(
          "add",
          llvm::formatv(
              "read [r, {0}] x {3}, row_stride = {1}; read [r, {0}] x {3}; write [r, {0}] x {3}, row_stride = {2}",
              cols, cols + 3, cols + 9, type),
          "{}", target());
      ASSERT_TRUE(library);
      for (int64_t rows : {1, 16, 37}) {
        Buffer a(type, rows, cols, cols + 3), b(type, rows, cols), out(type, rows, cols, cols + 9);
        a.fill(random), b.fill(random);
        runGrid(library->find("kernel"), {&a, &b, &out}, {rows}, {ceilDiv(rows, kRowBlock), 1, 1});
        EXPECT_TRUE(isClose(
            out, [&](int64_t r, int64_t c) { return a.get(r, c) + b.get(r, c); }, type == "f32" ? 1e-7 : 4e-3, 0))
            << type << " cols " << cols << " rows " << rows;
        EXPECT_TRUE(out.untouched());
      }
    }
}

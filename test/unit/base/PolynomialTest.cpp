// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Equal sums are equal polynomials, whatever the order in which they were made, and nothing wraps around.
#include "veomni/runtime/Polynomial.h"

#include <gtest/gtest.h>
#include <limits>
#include <random>

namespace veomni {
namespace {

using Sum = Polynomial<int>;

Sum product(int64_t coefficient, std::initializer_list<int> symbols) {
  Sum result = Sum::constant(coefficient);
  for (int symbol : symbols)
    EXPECT_TRUE(result.multiply(Sum::symbol(symbol)));
  return result;
}

Sum operator+(Sum a, const Sum &b) {
  EXPECT_TRUE(a.add(b));
  return a;
}

Sum operator*(Sum a, const Sum &b) {
  EXPECT_TRUE(a.multiply(b));
  return a;
}

TEST(Polynomial, HasOneFormForEqualSums) {
  EXPECT_EQ(product(2, {1, 0}) + product(3, {}) + product(5, {1}),
            product(5, {1}) + product(2, {0, 1}) + product(3, {}));
  EXPECT_EQ(product(2, {0}) + product(-2, {0}), Sum());
  EXPECT_EQ(product(0, {0, 1}), Sum());
  EXPECT_EQ((product(1, {0}) + product(1, {})) * product(1, {1}), product(1, {0, 1}) + product(1, {1}));
  EXPECT_NE(product(1, {0, 0}), product(1, {0}));
}

TEST(Polynomial, ListsLongProductsFirstAndTheConstantLast) {
  Sum sum = product(4, {}) + product(1, {2}) + product(1, {1}) + product(7, {3, 0});
  ASSERT_EQ(sum.terms().size(), 4u);
  EXPECT_EQ(sum.terms()[0].symbols, (std::vector<int>{0, 3}));
  EXPECT_EQ(sum.terms()[1].symbols, (std::vector<int>{1}));
  EXPECT_EQ(sum.terms()[2].symbols, (std::vector<int>{2}));
  EXPECT_EQ(sum.terms()[3].coefficient, 4);
}

TEST(Polynomial, KnowsConstants) {
  EXPECT_EQ(Sum().constant(), 0);
  EXPECT_EQ(Sum::constant(-3).constant(), -3);
  EXPECT_EQ((product(1, {0}) + product(1, {})).constant(), std::nullopt);
}

TEST(Polynomial, RefusesWhatDoesNotFit) {
  constexpr int64_t most = std::numeric_limits<int64_t>::max();
  Sum sum = Sum::constant(most);
  EXPECT_FALSE(sum.add(Sum::constant(1)));
  sum = Sum::constant(most);
  EXPECT_FALSE(sum.multiply(Sum::constant(2)));
  sum = Sum::constant(std::numeric_limits<int64_t>::min());
  EXPECT_FALSE(sum.multiply(Sum::constant(-1)));
  EXPECT_EQ(Sum::constant(std::numeric_limits<int64_t>::min()).fitsInto(Sum()),
            false); // is not computed, so not claimed
  sum = product(1, {0}) + product(1, {1});
  bool fits = true;
  for (int i = 0; i < 8 && fits; ++i) // squared over and over
    fits = sum.multiply(Sum(sum));
  EXPECT_FALSE(fits);
  sum = Sum::constant(1);
  fits = true;
  for (int i = 0; i < 33 && fits; ++i)
    fits = sum.add(Sum::symbol(i));
  EXPECT_FALSE(fits);
}

TEST(Polynomial, FitsWhereNoTermIsLarger) {
  Sum seq = product(1, {0}), past = product(1, {1});
  EXPECT_TRUE(seq.fitsInto(past + seq));
  EXPECT_FALSE((past + seq).fitsInto(seq));
  EXPECT_TRUE(product(3, {0}).fitsInto(product(4, {0})));
  EXPECT_TRUE(seq.fitsInto(seq));
  EXPECT_FALSE(seq.fitsInto(past));
  EXPECT_FALSE((seq + past).fitsInto(product(1, {0, 1}))); // 1 + 1 > 1 * 1
  EXPECT_TRUE((past + product(-1, {})).fitsInto(past));
}

TEST(Polynomial, NeverClaimsAFitThatNumbersRefute) {
  std::mt19937 random(1);
  auto any = [&] {
    Sum sum;
    for (int terms = int(random() % 4); terms > 0; --terms) {
      Sum term = Sum::constant(int64_t(random() % 9) - 3);
      for (int factors = int(random() % 3); factors > 0; --factors)
        term = term * Sum::symbol(int(random() % 3));
      sum = sum + term;
    }
    return sum;
  };
  auto value = [](const Sum &sum, const int64_t (&symbols)[3]) {
    int64_t total = 0;
    for (const Sum::Term &term : sum.terms()) {
      int64_t product = term.coefficient;
      for (int symbol : term.symbols)
        product *= symbols[symbol];
      total += product;
    }
    return total;
  };
  int claimed = 0;
  for (int round = 0; round < 2000; ++round) {
    Sum a = any(), b = any(), sum = a + b, times = a * b;
    for (int64_t i = 0; i < 27; ++i) {
      const int64_t symbols[3] = {i % 3 * 2, i / 3 % 3, i / 9 * 5};
      ASSERT_EQ(value(sum, symbols), value(a, symbols) + value(b, symbols));
      ASSERT_EQ(value(times, symbols), value(a, symbols) * value(b, symbols));
      ASSERT_TRUE(!a.fitsInto(b) || value(a, symbols) <= value(b, symbols));
    }
    claimed += a.fitsInto(b);
  }
  EXPECT_GT(claimed, 100);
}

} // namespace
} // namespace veomni

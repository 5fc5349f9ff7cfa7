// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The kernels of eager ops: elementwise_unary, elementwise_binary, reduce, sum_rows, top_k, one_hot, gather_label,
// shift_labels, not_equal.
#include "Support.h"

#include <algorithm>

using namespace veomni::cpu;
using namespace veomni::cpu::testing;
using llvm::formatv;

namespace {
class Eager : public OnEachLevel {
protected:
  std::unique_ptr<Library> compile(const std::string &kind, const std::string &operands,
                                   const std::string &attributes = "{}") {
    return compileAndLoad(kind, operands, attributes, target());
  }

  static void run(const Library &library, std::vector<const Buffer *> operands, std::vector<int64_t> scalars) {
    runGrid(library.find("kernel"), operands, scalars, {ceilDiv(scalars[0], kRowBlock), 1, 1});
  }
};
ON_EACH_LEVEL(Eager);

double unary(const std::string &function, double x) {
  if (function == "cast")
    return x;
  if (function == "neg")
    return -x;
  if (function == "square")
    return x * x;
  if (function == "exp")
    return std::exp(x);
  if (function == "log")
    return std::log(x);
  if (function == "rsqrt")
    return 1 / std::sqrt(x);
  if (function == "sigmoid")
    return 1 / (1 + std::exp(-x));
  if (function == "tanh")
    return std::tanh(x);
  if (function == "softplus")
    return std::log1p(std::exp(-std::abs(x))) + std::max(x, 0.0);
  return std::erf(x);
}

double binary(const std::string &function, double a, double b) {
  if (function == "add")
    return a + b;
  if (function == "sub")
    return a - b;
  if (function == "mul")
    return a * b;
  if (function == "div")
    return a / b;
  return function == "max" ? std::max(a, b) : std::min(a, b);
}
} // namespace

TEST_P(Eager, unaryFunctionsAreAccurate) {
  for (std::string function : {"cast", "neg", "square", "exp", "log", "rsqrt", "sigmoid", "tanh", "erf", "softplus"})
    for (std::string type : {"f32", "bf16"})
      for (int64_t cols : {1, 20, 151}) {
        bool positive = function == "log" || function == "rsqrt";
        auto library =
            compile("elementwise_unary",
                    formatv("read [r, {0}] x {2}, row_stride = {1}; write [r, {0}] x {2}", cols, cols + 3, type),
                    formatv("{{function = \"{0}\"}", function));
        ASSERT_TRUE(library);
        int64_t rows = 35;
        Buffer x(type, rows, cols, cols + 3), out(type, rows, cols);
        x.fill(random, 6.0);
        for (int64_t i = 0; positive && i < rows * cols; ++i)
          x.set(i / cols, i % cols, std::abs(x.get(i / cols, i % cols)) + 1e-3);
        run(*library, {&x, &out}, {rows});
        EXPECT_TRUE(isClose(
            out, [&](int64_t r, int64_t c) { return unary(function, x.get(r, c)); }, type == "bf16" ? 0x1.01p-8 : 4e-7,
            2e-7))
            << function << " " << type << " " << cols;
        EXPECT_TRUE(out.untouched());
      }
}

TEST_P(Eager, unaryFunctionsKeepSpecialValues) {
  auto value = [&](const std::string &function, double at) {
    auto library = compile("elementwise_unary", "read [r, 1] x f32; write [r, 1] x f32",
                           formatv("{{function = \"{0}\"}", function));
    Buffer x("f32", 1, 1), out("f32", 1, 1);
    x.set(0, 0, at);
    run(*library, {&x, &out}, {1});
    return out.get(0, 0);
  };
  for (std::string function : {"tanh", "erf"}) {
    EXPECT_EQ(value(function, INFINITY), 1.0);
    EXPECT_EQ(value(function, -INFINITY), -1.0);
    EXPECT_FLOAT_EQ(value(function, 1e-30), unary(function, 1e-30)) << "relative accuracy near 0";
  }
  EXPECT_EQ(value("log", 0), -INFINITY);
  EXPECT_EQ(value("log", INFINITY), INFINITY);
  EXPECT_TRUE(std::isnan(value("log", -1)));
  EXPECT_FLOAT_EQ(value("log", 1e-40), std::log(double(1e-40f))) << "denormal";
  EXPECT_EQ(value("exp", -INFINITY), 0);
  EXPECT_TRUE(std::signbit(value("neg", 0)));
  EXPECT_EQ(value("softplus", -INFINITY), 0);
  EXPECT_EQ(value("softplus", INFINITY), INFINITY);
  for (double x : {-80.0, -20.0, -4.2, -4.1, 0.0, 15.0, 1e30})
    EXPECT_NEAR(value("softplus", x), unary("softplus", x), 3e-7 * unary("softplus", x))
        << "relative accuracy everywhere";
  for (std::string function : {"cast", "neg", "square", "exp", "log", "rsqrt", "sigmoid", "tanh", "erf", "softplus"})
    EXPECT_TRUE(std::isnan(value(function, NAN))) << function;
}

TEST_P(Eager, binaryRepeatsOperands) {
  // groups, columns: with one run per row and with several, beyond a vector and below.
  for (auto [groups, cols] : {std::pair<int64_t, int64_t>(1, 40), {3, 20}, {4, 1}})
    for (std::string repeat : {"none", "columns", "groups", "row", "rows", "all"})
      for (bool second : {false, true}) {
        int64_t rows = 18, all = groups * cols;
        bool shared = repeat == "rows" || repeat == "all";
        int64_t otherCols = repeat == "none"                         ? all
                            : repeat == "columns"                    ? groups
                            : repeat == "groups" || repeat == "rows" ? cols
                                                                     : 1;
        bool perGroup = repeat == "none" || repeat == "columns",
             perColumn = repeat == "none" || repeat == "groups" || repeat == "rows";
        std::string whole = formatv("read [r, {0}, {1}] x f32, row_rank = 2, row_stride = {2};", groups, cols, all + 1);
        std::string repeated =
            shared ? formatv("read [{0}] x bf16;", otherCols).str()
                   : formatv("read [r, {0}, {1}] x bf16, row_rank = 2;", perGroup ? groups : 1, perColumn ? cols : 1)
                         .str();
        auto library = compile("elementwise_binary",
                               formatv("{0} {1} write [r, {2}, {3}] x f32, row_rank = 2, row_stride = {4}",
                                       second ? whole : repeated, second ? repeated : whole, groups, cols, all + 2),
                               "{function = \"sub\"}");
        ASSERT_TRUE(library);
        Buffer full("f32", rows, all, all + 1), other("bf16", shared ? 1 : rows, otherCols),
            out("f32", rows, all, all + 2);
        full.fill(random), other.fill(random);
        run(*library,
            second ? std::vector<const Buffer *>{&full, &other, &out}
                   : std::vector<const Buffer *>{&other, &full, &out},
            {rows});
        auto want = [&](int64_t r, int64_t c) {
          int64_t column = repeat == "none"                         ? c
                           : repeat == "columns"                    ? c / cols
                           : repeat == "groups" || repeat == "rows" ? c % cols
                                                                    : 0;
          double repeated = other.get(shared ? 0 : r, column), x = full.get(r, c);
          return double(float(second ? x - repeated : repeated - x));
        };
        EXPECT_TRUE(isClose(out, want, 0, 0)) << groups << " x " << cols << " " << repeat << " " << second;
        EXPECT_TRUE(out.untouched());
      }
}

TEST_P(Eager, binaryFunctionsWithTensorsAndNumbers) {
  for (std::string function : {"add", "sub", "mul", "div", "max", "min"})
    for (std::string type : {"f32", "bf16"}) {
      auto tensors =
          compile("elementwise_binary", formatv("read [r, 23] x {0}; read [r, 23] x {0}; write [r, 23] x {0}", type),
                  formatv("{{function = \"{0}\"}", function));
      auto number = compile("elementwise_binary", formatv("read [r, 23] x {0}; write [r, 23] x {0}", type),
                            formatv("{{function = \"{0}\", scalar = 0.75 : f32}", function));
      ASSERT_TRUE(tensors && number);
      Buffer a(type, 17, 23), b(type, 17, 23), out(type, 17, 23);
      a.fill(random), b.fill(random);
      double rtol = type == "bf16" ? 0x1.01p-8 : 2e-7;
      run(*tensors, {&a, &b, &out}, {17});
      EXPECT_TRUE(isClose(
          out, [&](int64_t r, int64_t c) { return binary(function, a.get(r, c), b.get(r, c)); }, rtol, 1e-30))
          << function;
      run(*number, {&a, &out}, {17});
      EXPECT_TRUE(isClose(
          out, [&](int64_t r, int64_t c) { return binary(function, a.get(r, c), 0.75); }, rtol, 1e-30))
          << function;
      EXPECT_TRUE(out.untouched());
    }
}

TEST_P(Eager, columnsMayBeDynamic) {
  // As the scores of attention: runs of any length one behind another, the mask once for all heads, and one number per
  // head.
  int64_t rows = 19, heads = 3;
  std::string scores = "[r, 3, c] x f32", top = "[r, 3, 1] x f32, row_rank = 2, row_stride = 5";
  auto exp = compile("elementwise_unary", "read " + scores + "; write " + scores, "{function = \"exp\"}");
  auto add = compile("elementwise_binary", "read " + scores + "; read [r, 1, c] x f32; write " + scores,
                     "{function = \"add\"}");
  auto sub =
      compile("elementwise_binary", "read " + scores + "; read " + top + "; write " + scores, "{function = \"sub\"}");
  auto max = compile("reduce", "read " + scores + "; write " + top, "{function = \"max\"}");
  ASSERT_TRUE(exp && add && sub && max);
  for (int64_t cols : {1, 8, 16, 37}) {
    Buffer x("f32", rows, heads * cols), mask("f32", rows, cols), top("f32", rows, heads, 5),
        out("f32", rows, heads * cols);
    x.fill(random), mask.fill(random);
    run(*max, {&x, &top}, {rows, cols});
    auto greatest = [&](int64_t r, int64_t head) {
      double result = -INFINITY;
      for (int64_t c = 0; c < cols; ++c)
        result = std::max(result, x.get(r, head * cols + c));
      return result;
    };
    EXPECT_TRUE(isClose(top, greatest, 0, 0));
    EXPECT_TRUE(top.untouched());
    run(*sub, {&x, &top, &out}, {rows, cols});
    EXPECT_TRUE(isClose(out, [&](int64_t r, int64_t c) { return x.get(r, c) - greatest(r, c / cols); }, 1e-7, 0));
    run(*add, {&x, &mask, &out}, {rows, cols});
    EXPECT_TRUE(isClose(out, [&](int64_t r, int64_t c) { return x.get(r, c) + mask.get(r, c % cols); }, 1e-7, 1e-7));
    run(*exp, {&x, &out}, {rows, cols});
    EXPECT_TRUE(isClose(out, [&](int64_t r, int64_t c) { return std::exp(x.get(r, c)); }, 4e-7, 0));
    EXPECT_TRUE(out.untouched());
  }
}

TEST_P(Eager, reduceRunsOfColumns) {
  for (std::string function : {"sum", "max", "mean"})
    for (std::string type : {"f32", "bf16"})
      for (auto [groups, cols] : {std::pair<int64_t, int64_t>(1, 64), {3, 20}, {2, 1}, {1, 151}}) {
        int64_t rows = 17, all = groups * cols;
        auto library = compile(
            "reduce",
            formatv("read [r, {0}, {1}] x {2}, row_rank = 2, row_stride = {3}; write [r, {0}, 1] x {2}, row_rank = 2, "
                    "row_stride = {4}",
                    groups, cols, type, all + 1, groups + 2),
            formatv("{{function = \"{0}\"}", function));
        ASSERT_TRUE(library);
        Buffer x(type, rows, all, all + 1), out(type, rows, groups, groups + 2);
        x.fill(random);
        run(*library, {&x, &out}, {rows});
        auto want = [&](int64_t r, int64_t group) {
          double sum = 0, max = -INFINITY;
          for (int64_t c = group * cols; c < (group + 1) * cols; ++c)
            sum += x.get(r, c), max = std::max(max, x.get(r, c));
          return function == "max" ? max : function == "sum" ? sum : sum / cols;
        };
        EXPECT_TRUE(isClose(out, want, type == "bf16" ? 0x1.01p-8 : 1e-6, 1e-6))
            << function << " " << type << " " << cols;
        EXPECT_TRUE(out.untouched());
      }
}

TEST_P(Eager, sumRowsAddsInDoublePrecision) {
  auto library = compile("sum_rows", "read [r, 2, 19] x f32, row_rank = 2, row_stride = 40; write [19] x f32");
  ASSERT_TRUE(library);
  int64_t rows = 3000;
  Buffer x("f32", rows, 38, 40), out("f32", 1, 19);
  x.fill(random, 1e4);
  runGrid(library->find("kernel"), {&x, &out}, {rows}, {1, 1, 1});
  auto want = [&](int64_t, int64_t c) {
    double sum = 0;
    for (int64_t r = 0; r < rows; ++r)
      sum += x.get(r, c) + x.get(r, c + 19);
    return sum;
  };
  EXPECT_TRUE(isClose(out, want, 1e-7, 0));
  EXPECT_TRUE(out.untouched());
}

TEST_P(Eager, topKOfRuns) {
  int64_t rows = 18, groups = 3, cols = 20, count = 2;
  auto library = compile(
      "top_k",
      "read [r, 3, 20] x bf16, row_rank = 2, row_stride = 61; write [r, 3, 2] x bf16, row_rank = 2, row_stride = 8; "
      "write [r, 3, 2] x i32, row_rank = 2, row_stride = 7");
  ASSERT_TRUE(library);
  Buffer x("bf16", rows, groups * cols, 61), values("bf16", rows, groups * count, 8),
      indices("i32", rows, groups * count, 7);
  x.fill(random);
  run(*library, {&x, &values, &indices}, {rows});
  for (int64_t r = 0; r < rows; ++r)
    for (int64_t group = 0; group < groups; ++group) {
      auto at = [&](int64_t c) { return x.get(r, group * cols + c); };
      int64_t first = indices.getInteger(r, group * count), second = indices.getInteger(r, group * count + 1);
      EXPECT_EQ(values.get(r, group * count), at(first));
      EXPECT_EQ(values.get(r, group * count + 1), at(second));
      for (int64_t c = 0; c < cols; ++c) {
        EXPECT_TRUE(at(c) < at(first) || (at(c) == at(first) && c >= first));
        EXPECT_TRUE(c == first || at(c) < at(second) || (at(c) == at(second) && c >= second));
      }
    }
  EXPECT_TRUE(values.untouched() && indices.untouched());
}

TEST_P(Eager, topKSortsAndOneHotNames) {
  for (auto [cols, count] : {std::pair<int64_t, int64_t>(6, 2), {40, 7}, {5, 5}}) {
    int64_t rows = 20;
    auto top =
        compile("top_k", formatv("read [r, {0}] x f32, row_stride = {2}; write [r, {1}] x f32; write [r, {1}] x i32",
                                 cols, count, cols + 1));
    auto hot =
        compile("one_hot", formatv("read [r, {1}] x i32; write [r, {1}, {0}] x f32, row_rank = 2, row_stride = {2}",
                                   cols, count, cols * count + 3));
    ASSERT_TRUE(top && hot);
    Buffer x("f32", rows, cols, cols + 1), values("f32", rows, count), indices("i32", rows, count);
    Buffer chosen("f32", rows, cols * count, cols * count + 3);
    x.fill(random, 4.0);
    for (int64_t i = 0; i < rows * cols; ++i)
      x.set(i / cols, i % cols, std::round(x.get(i / cols, i % cols))); // many equal ones
    run(*top, {&x, &values, &indices}, {rows});
    for (int64_t r = 0; r < rows; ++r) {
      std::vector<int64_t> order(cols);
      for (int64_t c = 0; c < cols; ++c)
        order[c] = c;
      auto before = [&](int64_t a, int64_t b) { return std::pair(-x.get(r, a), a) < std::pair(-x.get(r, b), b); };
      std::sort(order.begin(), order.end(), before);
      for (int64_t i = 0; i < count; ++i) {
        EXPECT_EQ(indices.getInteger(r, i), order[i]);
        EXPECT_EQ(values.get(r, i), x.get(r, order[i]));
      }
    }
    run(*hot, {&indices, &chosen}, {rows});
    EXPECT_TRUE(
        isClose(chosen, [&](int64_t r, int64_t c) { return indices.getInteger(r, c / cols) == c % cols; }, 0, 0));
    EXPECT_TRUE(values.untouched() && indices.untouched() && chosen.untouched());
  }
}

TEST_P(Eager, labelsShiftPickAndCount) {
  int64_t batch = 2, seq = 9, cols = 11, rows = batch * seq;
  auto shift = compile("shift_labels", "read [b, s] x i64; write [b, s] x i64", "{fill = -100}");
  auto gather = compile("gather_label", "read [r, 11] x f32, row_stride = 12; read [r] x i64; write [r] x f32",
                        "{ignore_index = -100}");
  auto count = compile("not_equal", "read [r] x i64; write [r, 1] x f32, row_stride = 2", "{value = -100}");
  ASSERT_TRUE(shift && gather && count);
  Buffer labels("i64", rows, 1), next("i64", rows, 1), x("f32", rows, cols, 12), picked("f32", rows, 1),
      counts("f32", rows, 1, 2);
  x.fill(random);
  for (int64_t row = 0; row < rows; ++row)
    labels.setInteger(row, 0, row % 4 == 1 ? -100 : row % 7 == 2 ? 11 : row % 7 == 6 ? -1 : row % cols);
  runGrid(shift->find("kernel"), {&labels, &next}, {batch, seq}, {batch, 1, 1});
  for (int64_t row = 0; row < rows; ++row)
    EXPECT_EQ(next.getInteger(row, 0), row % seq == seq - 1 ? -100 : labels.getInteger(row + 1, 0));
  run(*gather, {&x, &next, &picked}, {rows});
  run(*count, {&next, &counts}, {rows});
  for (int64_t row = 0; row < rows; ++row) {
    int64_t label = next.getInteger(row, 0);
    EXPECT_EQ(counts.get(row, 0), label != -100);
    if (label == -100)
      EXPECT_EQ(picked.get(row, 0), 0);
    else if (label < 0 || label >= cols)
      EXPECT_TRUE(std::isnan(picked.get(row, 0)));
    else
      EXPECT_EQ(picked.get(row, 0), x.get(row, label));
  }
  EXPECT_TRUE(next.untouched() && picked.untouched() && counts.untouched());
}

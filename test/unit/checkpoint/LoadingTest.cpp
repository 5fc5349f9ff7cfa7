// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Weights of many parts, which threads write in any order: values against plain loops, memory, and what is counted.
#include "Support.h"

#include "veomni/runtime/TensorFile.h"

#include <algorithm>
#include <atomic>
#include <bit>
#include <thread>

namespace veomni::test {
namespace {

using bundle::DType;
using bundle::Layout;
using bundle::StepKind;

/// Numbers that bf16 and f16 hold, so that every cast is exact.
float number(int64_t row, int64_t column) { return float((row * 31 + column * 7) % 251 - 125); }

uint16_t bf16(float value) { return uint16_t(std::bit_cast<uint32_t>(value) >> 16); }

constexpr int64_t tileRows = 32;

/// A weight [rows, columns] that recipes make of tensor "w" alone or of "a" above "b" (whose sum of rows it has), and
/// of their transposes.
struct Shape {
  const char *name;
  int64_t rows, columns, rowsOfA;
};

class Loading : public testing::TestWithParam<Shape> {
protected:
  /// "w", "a" and "b", and "t", the transpose of "w", as f32 or bf16.
  void write(DType type) {
    const auto [name, rows, columns, rowsOfA] = GetParam();
    std::vector<std::byte> straight, transposed;
    auto append = [&](std::vector<std::byte> &bytes, float value) {
      const auto bits = std::bit_cast<uint32_t>(value);
      const auto *begin = reinterpret_cast<const std::byte *>(&bits);
      bytes.insert(bytes.end(), begin + (type == DType::f32 ? 0 : 2), begin + 4);
    };
    for (int64_t row = 0; row < rows; ++row)
      for (int64_t column = 0; column < columns; ++column)
        append(straight, number(row, column));
    for (int64_t column = 0; column < columns; ++column)
      for (int64_t row = 0; row < rows; ++row)
        append(transposed, number(row, column));
    const ElementType stored = fileType(type);
    const size_t split = straight.empty() ? 0 : straight.size() / size_t(rows) * size_t(rowsOfA);
    ASSERT_TRUE(writeSafetensors(
        path, std::vector<TensorView>{{"w", stored, {rows, columns}, straight.data()},
                                      {"a", stored, {rowsOfA, columns}, straight.data()},
                                      {"b", stored, {rows - rowsOfA, columns}, straight.data() + split},
                                      {"t", stored, {columns, rows}, transposed.data()}}));
    Expected<Checkpoint> opened = Checkpoint::open(path);
    ASSERT_TRUE(opened) << opened.status().message();
    checkpoint.emplace(std::move(*opened));
  }

  /// The recipes of one weight, which must all give the same bytes.
  std::vector<std::vector<bundle::StepT>> recipes(DType from, DType to, Layout layout) const {
    const auto [name, rows, columns, rowsOfA] = GetParam();
    std::vector<std::vector<bundle::StepT>> all = {{loadStep("w", {rows, columns}, from)},
                                                   {loadStep("a", {rowsOfA, columns}, from),
                                                    loadStep("b", {rows - rowsOfA, columns}, from),
                                                    step(StepKind::concat, 2, 0)},
                                                   {loadStep("t", {columns, rows}, from), step(StepKind::transpose)}};
    for (std::vector<bundle::StepT> &steps : all) {
      if (from != to)
        steps.push_back(castStep(to));
      if (layout == Layout::tiles)
        steps.push_back(step(StepKind::pack));
    }
    return all;
  }

  /// Element by element, as the schema describes tiles.
  std::vector<std::byte> expected(DType type, Layout layout) const {
    const auto [name, rows, columns, rowsOfA] = GetParam();
    const int64_t size = type == DType::f32 ? 4 : 2, perUnit = 4 / size;
    const int64_t units = (columns + perUnit - 1) / perUnit, panels = (rows + tileRows - 1) / tileRows;
    std::vector<std::byte> bytes(
        size_t(layout == Layout::rows ? rows * columns * size : panels * units * tileRows * 4));
    for (int64_t row = 0; row < rows; ++row)
      for (int64_t column = 0; column < columns; ++column) {
        const float value = number(row, column);
        const uint16_t half = bf16(value);
        const int64_t unit = (row / tileRows * units + column / perUnit) * tileRows + row % tileRows;
        const int64_t at =
            layout == Layout::rows ? (row * columns + column) * size : unit * 4 + column % perUnit * size;
        std::memcpy(bytes.data() + at, type == DType::f32 ? static_cast<const void *>(&value) : &half, size_t(size));
      }
    return bytes;
  }

  Scratch scratch;
  std::string path = scratch.path("t");
  std::optional<Checkpoint> checkpoint;
};

TEST_P(Loading, GivesTheBytesOfPlainLoopsForAnyThreads) {
  const auto [name, rows, columns, rowsOfA] = GetParam();
  for (DType from : {DType::f32, DType::bf16}) {
    write(from);
    for (DType to : {DType::f32, DType::bf16})
      for (Layout layout : {Layout::rows, Layout::tiles}) {
        Weights weights;
        for (const std::vector<bundle::StepT> &steps : recipes(from, to, layout))
          weights.add("w", {rows, columns}, to, layout, steps);
        const std::vector<std::byte> wanted = expected(to, layout);
        Progress progress;
        for (const ParallelFor &parallel : {ParallelFor(sequential), ParallelFor(inThreads)}) {
          progress.done = progress.total = 0;
          Expected<WeightStore> store = WeightStore::materialise(weights.finish(), *checkpoint, parallel, &progress);
          ASSERT_TRUE(store) << store.status().message();
          for (size_t i = 0; i < store->size(); ++i)
            EXPECT_TRUE(wanted.empty() || std::memcmp(store->data(i), wanted.data(), wanted.size()) == 0)
                << "recipe " << i << " from " << bundle::EnumNameDType(from) << " to " << bundle::EnumNameDType(to)
                << (layout == Layout::tiles ? ", tiles" : "");
          const auto bytes = uint64_t(rows * columns) * (to == DType::f32 ? 4 : 2);
          // The first recipe needs no memory of its own where the file has rows of that type.
          EXPECT_GE(store->bytesInFiles(), from == to && layout == Layout::rows ? bytes : 0);
          EXPECT_EQ(progress.total + store->bytesInFiles(), 3 * bytes);
          EXPECT_EQ(progress.done, progress.total);
        }
      }
  }
}

// Parts end between tiles, in their middle, and within rows; tensors of one weight meet in a tile.
const Shape shapes[] = {{"One", 1, 1, 0},
                        {"Odd", 33, 7, 5},
                        {"NoRows", 0, 5, 0},
                        {"NoColumns", 5, 0, 2},
                        {"ManyParts", 2081, 1537, 1000},
                        {"LongRows", 3, 1'500'001, 1},
                        {"ShortRows", 700'001, 3, 350'000}};
INSTANTIATE_TEST_SUITE_P(Shapes, Loading, testing::ValuesIn(shapes),
                         [](const auto &info) { return std::string(info.param.name); });

/// Bytes of files that are in this process's memory.
int64_t residentFileBytes() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("RssFile:"))
      return std::stoll(line.substr(8)) * 1024;
  return -1;
}

TEST(LoadingMemory, FilesTakeLittleOfItAtAnyTime) {
  Scratch scratch;
  const int64_t rows = 16384, columns = 1024; // 64 MB
  std::vector<float> values(size_t(rows * columns), 1.0f);
  ASSERT_TRUE(writeSafetensors(scratch.path("t"),
                               std::vector<TensorView>{{"w", ElementType::f32, {rows, columns}, values.data()}}));
  Expected<Checkpoint> checkpoint = Checkpoint::open(scratch.path("t"));
  ASSERT_TRUE(checkpoint);
  // An embedding in the file and a head that is packed from the same tensor.
  const bundle::StepT load = loadStep("w", {rows, columns}, DType::f32);
  Weights weights;
  weights.add("embedding", {rows, columns}, DType::f32, Layout::rows, {load});
  weights.add("head", {rows, columns}, DType::f32, Layout::tiles, {load, step(StepKind::pack)});
  const int64_t before = residentFileBytes();
  ASSERT_GT(before, 0);
  int64_t most = 0, parts = 0;
  auto inOrder = [&](int64_t count, const std::function<void(int64_t)> &body) {
    for (; parts < count; ++parts) {
      body(parts);
      most = std::max(most, residentFileBytes() - before);
    }
  };
  ASSERT_TRUE(WeightStore::materialise(weights.finish(), *checkpoint, inOrder));
  EXPECT_GT(parts, 8);
  EXPECT_LT(most, 16 << 20);
}

} // namespace
} // namespace veomni::test

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Random recipes against a reference that makes every step's value, element by element.
#include "Support.h"

#include "Convert.h"
#include "veomni/runtime/TensorFile.h"

#include <cmath>
#include <cstring>
#include <limits>
#include <random>

namespace veomni::test {
namespace {

using bundle::DType;
using bundle::StepKind;

/// A value with all its elements; `bytes` is row-major.
struct Array {
  std::vector<int64_t> dims;
  DType type;
  std::string bytes;

  size_t elementSize() const { return elementBytes(type); }
  int64_t count() const {
    int64_t count = 1;
    for (int64_t dim : dims)
      count *= dim;
    return count;
  }
  std::string at(const std::vector<int64_t> &index) const {
    int64_t offset = 0;
    for (size_t i = 0; i < dims.size(); ++i)
      offset = offset * dims[i] + index[i];
    return bytes.substr(size_t(offset) * elementSize(), elementSize());
  }
  template <typename Fn> void forEach(Fn &&fn) const {
    std::vector<int64_t> index(dims.size());
    for (int64_t i = 0; i < count(); ++i) {
      int64_t rest = i;
      for (size_t d = dims.size(); d-- > 0; rest /= dims[d])
        index[d] = rest % dims[d];
      fn(index);
    }
  }
};

Array concat(const std::vector<Array> &values, size_t dim) {
  Array result{values[0].dims, values[0].type, ""};
  result.dims[dim] = 0;
  for (const Array &value : values)
    result.dims[dim] += value.dims[dim];
  result.forEach([&](std::vector<int64_t> index) {
    size_t i = 0;
    for (; index[dim] >= values[i].dims[dim]; ++i)
      index[dim] -= values[i].dims[dim];
    result.bytes += values[i].at(index);
  });
  return result;
}

Array stack(const std::vector<Array> &values) {
  Array result = values[0];
  result.dims.insert(result.dims.begin(), int64_t(values.size()));
  result.bytes.clear();
  for (const Array &value : values)
    result.bytes += value.bytes;
  return result;
}

Array transpose(const Array &value) {
  Array result{value.dims, value.type, ""};
  size_t rank = value.dims.size();
  std::swap(result.dims[rank - 1], result.dims[rank - 2]);
  result.forEach([&](std::vector<int64_t> index) {
    std::swap(index[rank - 1], index[rank - 2]);
    result.bytes += value.at(index);
  });
  return result;
}

Array cast(const Array &value, DType type) {
  if (type == value.type)
    return value;
  Array result{value.dims, type, std::string(size_t(value.count()) * elementBytes(type), '\0')};
  for (int64_t i = 0; i < value.count(); ++i) // one at a time, ConvertTest checks the conversion itself
    converter(value.type,
              type)(reinterpret_cast<const std::byte *>(value.bytes.data()) + size_t(i) * value.elementSize(),
                    reinterpret_cast<std::byte *>(result.bytes.data()) + size_t(i) * result.elementSize(), 1);
  return result;
}

/// By the definition of the format, in double.
Array dequantise(const Array &blocks, const Array &scales, DType type) {
  static constexpr double magnitudes[] = {0, 0.5, 1, 1.5, 2, 3, 4, 6};
  Array result{scales.dims, type, ""};
  result.dims.back() *= 32;
  for (int64_t i = 0; i < result.count(); ++i) {
    int code = int(uint8_t(blocks.bytes[size_t(i / 2)])) >> (i % 2 * 4) & 15,
        scale = uint8_t(scales.bytes[size_t(i / 32)]);
    double value =
        scale == 255 ? std::numeric_limits<double>::quiet_NaN() : std::ldexp(magnitudes[code & 7], scale - 127);
    float single = float(code & 8 && scale != 255 ? -value : value);
    const char *bits = reinterpret_cast<const char *>(&single);
    result.bytes += type == DType::f32 ? std::string(bits, 4) : std::string(bits + 2, 2);
  }
  return result;
}

/// An e4m3 code by its definition: a sign, 4 bits of exponent with bias 7, 3 of fraction, no infinities.
double fp8Value(uint8_t code) {
  int exponent = code >> 3 & 15, fraction = code & 7;
  double magnitude = (code & 127) == 127 ? std::numeric_limits<double>::quiet_NaN()
                     : exponent == 0     ? std::ldexp(fraction, -9)
                                         : std::ldexp(8 + fraction, exponent - 10);
  return code & 128 ? -magnitude : magnitude;
}

Array dequantiseFp8(const Array &numbers, const Array &scales, const std::vector<int64_t> &block) {
  Array result{numbers.dims, DType::f32, ""};
  numbers.forEach([&](const std::vector<int64_t> &index) {
    float scale;
    std::memcpy(&scale, scales.at({index[0] / block[0], index[1] / block[1]}).data(), sizeof(float));
    float product = float(fp8Value(uint8_t(numbers.at(index)[0])) * scale);
    result.bytes += std::string(reinterpret_cast<const char *>(&product), sizeof(float));
  });
  return result;
}

Array slice(const Array &value, size_t dim, int64_t start, int64_t size) {
  Array result{value.dims, value.type, ""};
  result.dims[dim] = size;
  result.forEach([&](std::vector<int64_t> index) {
    index[dim] += start;
    result.bytes += value.at(index);
  });
  return result;
}

Array unstack(const Array &value, int64_t at) {
  Array result{{value.dims.begin() + 1, value.dims.end()}, value.type, ""};
  result.forEach([&](std::vector<int64_t> index) {
    index.insert(index.begin(), at);
    result.bytes += value.at(index);
  });
  return result;
}

/// As docs and schema have it: [ceil(N/rows)][ceil(K/columns)][rows][columns].
std::string pack(const Array &value, recipe::Tile tile) {
  size_t rank = value.dims.size();
  int64_t n = value.dims[rank - 2], k = value.dims[rank - 1];
  int64_t matrices = n * k == 0 ? 0 : value.count() / (n * k);
  std::string result;
  for (int64_t matrix = 0; matrix < matrices; ++matrix)
    for (int64_t band = 0; band < (n + tile.rows - 1) / tile.rows; ++band)
      for (int64_t unit = 0; unit < (k + tile.columns - 1) / tile.columns; ++unit)
        for (int64_t lane = 0; lane < tile.rows; ++lane)
          for (int64_t part = 0; part < tile.columns; ++part) {
            int64_t row = band * tile.rows + lane, at = unit * tile.columns + part;
            result += row < n && at < k ? value.bytes.substr(size_t((matrix * n + row) * k + at) * value.elementSize(),
                                                             value.elementSize())
                                        : std::string(value.elementSize(), '\0');
          }
  return result;
}

class Generator {
public:
  explicit Generator(unsigned seed) : random_(seed) {}

  int64_t pick(int64_t low, int64_t high) { return std::uniform_int_distribution<int64_t>(low, high)(random_); }
  DType pickFloat() { return DType(pick(0, 3)); }
  int64_t pickDim() {
    static constexpr int64_t sizes[] = {1, 2, 3, 4, 7, 16, 31, 32, 33, 63, 64, 65, 70, 129};
    return pick(0, 40) == 0 ? 0 : sizes[pick(0, 13)];
  }

  /// Random bits, or f32 numbers within [-range, range]: of NaN, which FP8 numbers are not either, arithmetic does not
  /// keep every bit.
  Array load(const std::vector<int64_t> &dims, DType type, std::vector<bundle::StepT> &steps, float range = 0) {
    Array value{dims, type, ""};
    for (int64_t i = 0; range == 0 && i < value.count() * int64_t(elementBytes(type)); ++i)
      value.bytes += char(random_());
    for (int64_t i = 0; range != 0 && i < value.count(); ++i) {
      float number = std::uniform_real_distribution<float>(-range, range)(random_);
      value.bytes += std::string(reinterpret_cast<const char *>(&number), sizeof(float));
    }
    std::string key = "t" + std::to_string(tensors.size());
    steps.push_back(loadStep(key, dims, type));
    if (type == DType::f8_e4m3)
      for (char &code : value.bytes)
        code = char((code & 127) == 127 ? code ^ 1 : code);
    tensors.push_back(value);
    return value;
  }

  /// A value of shape `dims` and the steps that make it.
  Array make(const std::vector<int64_t> &dims, DType type, int depth, std::vector<bundle::StepT> &steps) {
    bool isFloat = type <= DType::f64;
    switch (depth == 0 ? 0 : pick(0, 8)) {
    case 1:
      if (size_t dim = dims.empty() ? 0 : size_t(pick(0, int64_t(dims.size()) - 1)); !dims.empty()) {
        std::vector<Array> parts;
        for (int64_t left = dims[dim], count = pick(1, 3); count-- > 0;) {
          std::vector<int64_t> part = dims;
          part[dim] = count == 0 ? left : pick(0, left);
          left -= part[dim];
          parts.push_back(make(part, type, depth - 1, steps));
        }
        steps.push_back(step(StepKind::concat, uint32_t(parts.size()), uint32_t(dim)));
        return concat(parts, dim);
      }
      break;
    case 2:
      if (!dims.empty() && dims[0] >= 1 && dims[0] <= 7) {
        std::vector<Array> parts;
        for (int64_t i = 0; i < dims[0]; ++i)
          parts.push_back(make({dims.begin() + 1, dims.end()}, type, depth - 1, steps));
        steps.push_back(step(StepKind::stack, uint32_t(parts.size())));
        return stack(parts);
      }
      break;
    case 3:
      if (dims.size() >= 2) {
        std::vector<int64_t> swapped = dims;
        std::swap(swapped[dims.size() - 1], swapped[dims.size() - 2]);
        Array value = make(swapped, type, depth - 1, steps);
        steps.push_back(step(StepKind::transpose));
        return transpose(value);
      }
      break;
    case 4:
      if (isFloat) {
        Array value = make(dims, pickFloat(), depth - 1, steps);
        steps.push_back(castStep(type));
        return cast(value, type);
      }
      break;
    case 5:
      if ((type == DType::f32 || type == DType::bf16) && !dims.empty() && dims.back() % 32 == 0) {
        std::vector<int64_t> grouped = dims;
        grouped.back() /= 32;
        std::vector<int64_t> blocked = grouped;
        blocked.push_back(16);
        Array blocks = load(blocked, DType::u8, steps), scales = load(grouped, DType::u8, steps);
        steps.push_back(dequantStep(type));
        return dequantise(blocks, scales, type);
      }
      break;
    case 7:
      if (size_t dim = dims.empty() ? 0 : size_t(pick(0, int64_t(dims.size()) - 1)); !dims.empty()) {
        std::vector<int64_t> wide = dims;
        const int64_t start = pick(0, 3);
        wide[dim] += start + pick(0, 40);
        Array value = make(wide, type, depth - 1, steps);
        steps.push_back(sliceStep(uint32_t(dim), start, dims[dim]));
        return slice(value, dim, start, dims[dim]);
      }
      break;
    case 8: {
      std::vector<int64_t> stacked = dims;
      const int64_t count = pick(1, 3), at = pick(0, count - 1);
      stacked.insert(stacked.begin(), count);
      Array value = make(stacked, type, depth - 1, steps);
      steps.push_back(unstackStep(at));
      return unstack(value, at);
    }
    case 6:
      if (type == DType::f32 && dims.size() == 2) {
        std::vector<int64_t> block = {pick(1, 9), pick(1, 40)};
        Array numbers = load(dims, DType::f8_e4m3, steps);
        Array scales =
            load({(dims[0] + block[0] - 1) / block[0], (dims[1] + block[1] - 1) / block[1]}, DType::f32, steps, 1.0f);
        steps.push_back(dequantFp8Step(block));
        return dequantiseFp8(numbers, scales, block);
      }
      break;
    }
    return load(dims, type, steps);
  }

  std::vector<Array> tensors;

private:
  std::mt19937 random_;
};

std::string stored(const WeightStore &store, size_t index, size_t size) {
  return {static_cast<const char *>(store.data(index)), size};
}

/// What becomes of the values.
enum class Form { rows, tiles, firstTiles };

class Recipes : public testing::TestWithParam<Form> {};

TEST_P(Recipes, MatchTheReference) {
  Scratch scratch;
  for (unsigned seed = 0; seed < 60; ++seed) {
    const bool tiled = GetParam() != Form::rows;
    Generator generator(seed * 3 + unsigned(GetParam()));
    Weights weights;
    std::vector<std::string> expected;
    for (int i = 0; i < 4; ++i) {
      std::vector<int64_t> dims;
      for (int64_t rank = generator.pick(tiled ? 2 : 0, 3); rank > 0; --rank)
        dims.push_back(rank == 3 ? generator.pick(1, 5) : generator.pickDim());
      DType type = GetParam() == Form::firstTiles ? DType(generator.pick(0, 1)) : DType(generator.pick(0, 8));
      std::vector<bundle::StepT> steps;
      Array value = generator.make(dims, type, 3, steps);
      // The first version of the schema had one tile per type, and did not say it.
      recipe::Tile tile{32, 4 / std::max<int64_t>(1, int64_t(elementBytes(type)))};
      if (GetParam() == Form::tiles)
        tile = {generator.pick(1, 80), generator.pick(1, 3) == 1
                                           ? generator.pick(1, 40)
                                           : 4 / std::min<int64_t>(4, int64_t(elementBytes(type)))};
      if (tiled)
        steps.push_back(step(StepKind::pack));
      expected.push_back(tiled ? pack(value, tile) : value.bytes);
      weights.add("w" + std::to_string(i), dims, type, tiled ? bundle::Layout::tiles : bundle::Layout::rows, steps);
      if (GetParam() == Form::tiles)
        weights.last().type->tile_rows = uint16_t(tile.rows),
        weights.last().type->tile_columns = uint16_t(tile.columns);
    }
    std::vector<TensorView> views;
    for (size_t i = 0; i < generator.tensors.size(); ++i) {
      const Array &tensor = generator.tensors[i];
      views.push_back({"t" + std::to_string(i), fileType(tensor.type), tensor.dims, tensor.bytes.data()});
    }
    ASSERT_TRUE(writeSafetensors(scratch.path("t"), views));
    Expected<Checkpoint> checkpoint = Checkpoint::open(scratch.path("t"));
    ASSERT_TRUE(checkpoint) << checkpoint.status().message();
    Expected<WeightStore> store = WeightStore::materialise(weights.finish(), *checkpoint, sequential);
    ASSERT_TRUE(store) << "seed " << seed << ": " << store.status().message();
    for (size_t i = 0; i < expected.size(); ++i)
      ASSERT_TRUE(stored(*store, i, expected[i].size()) == expected[i]) << "seed " << seed << ", weight " << i;
  }
}

TEST(Mxfp4, EveryNumberOfEveryScale) {
  Scratch scratch;
  std::string blocks, scales;
  for (int scale = 0; scale < 256; ++scale) {
    scales += char(scale);
    for (int i = 0; i < 16; ++i)
      blocks += char(i | (15 - i) << 4);
  }
  ASSERT_TRUE(writeSafetensors(scratch.path("t"),
                               std::vector<TensorView>{{"blocks", ElementType::u8, {256, 1, 16}, blocks.data()},
                                                       {"scales", ElementType::u8, {256, 1}, scales.data()}}));
  Expected<Checkpoint> checkpoint = Checkpoint::open(scratch.path("t"));
  ASSERT_TRUE(checkpoint) << checkpoint.status().message();
  const auto loadBlocks = loadStep("blocks", {256, 1, 16}, DType::u8),
             loadScales = loadStep("scales", {256, 1}, DType::u8);
  for (DType type : {DType::f32, DType::bf16}) {
    Weights weights;
    weights.add("w", {256, 32}, type, bundle::Layout::rows, {loadBlocks, loadScales, dequantStep(type)});
    Expected<WeightStore> store = WeightStore::materialise(weights.finish(), *checkpoint, sequential);
    ASSERT_TRUE(store) << store.status().message();
    Array expected = dequantise({{256, 1, 16}, DType::u8, blocks}, {{256, 1}, DType::u8, scales}, type);
    EXPECT_TRUE(stored(*store, 0, expected.bytes.size()) == expected.bytes);
  }
}

TEST(Fp8, EveryNumberInBlocksThatDivideNothing) {
  Scratch scratch;
  std::string codes;
  for (int code = 0; code < 256; ++code)
    codes += char(code);
  codes += codes;
  const std::vector<float> scales = {1, 0.37f, -3e-5f, 1e30f, 7, 0, 1e-30f, 2, 0x1p-100f, 5, 6, 448};
  const std::string scaleBytes(reinterpret_cast<const char *>(scales.data()), scales.size() * sizeof(float));
  ASSERT_TRUE(
      writeSafetensors(scratch.path("t"), std::vector<TensorView>{{"w", ElementType::f8_e4m3, {8, 64}, codes.data()},
                                                                  {"s", ElementType::f32, {3, 4}, scaleBytes.data()}}));
  Expected<Checkpoint> checkpoint = Checkpoint::open(scratch.path("t"));
  ASSERT_TRUE(checkpoint) << checkpoint.status().message();
  Weights weights;
  weights.add("w", {8, 64}, DType::f32, bundle::Layout::rows,
              {loadStep("w", {8, 64}, DType::f8_e4m3), loadStep("s", {3, 4}, DType::f32), dequantFp8Step({3, 17})});
  Expected<WeightStore> store = WeightStore::materialise(weights.finish(), *checkpoint, sequential);
  ASSERT_TRUE(store) << store.status().message();
  Array expected = dequantiseFp8({{8, 64}, DType::f8_e4m3, codes}, {{3, 4}, DType::f32, scaleBytes}, {3, 17});
  const float *found = static_cast<const float *>(store->data(0));
  for (size_t i = 0; i < 512; ++i) {
    float want;
    std::memcpy(&want, expected.bytes.data() + i * sizeof(float), sizeof(float));
    EXPECT_TRUE(found[i] == want || (std::isnan(found[i]) && std::isnan(want)))
        << i << ": " << found[i] << ", expected " << want;
  }
}

INSTANTIATE_TEST_SUITE_P(Rows, Recipes, testing::Values(Form::rows));
INSTANTIATE_TEST_SUITE_P(Tiles, Recipes, testing::Values(Form::tiles));
INSTANTIATE_TEST_SUITE_P(FirstTiles, Recipes, testing::Values(Form::firstTiles));

} // namespace
} // namespace veomni::test

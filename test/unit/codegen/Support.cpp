// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What tests of kernels share: operands between guards, and calls of compiled kernels.
#include "Support.h"

#include <algorithm>
#include <dlfcn.h>
#include <numeric>
#include <sys/mman.h>
#include <unistd.h>

namespace veomni::cpu::testing {

static constexpr unsigned char kPattern = 0xA5;

float fromBf16(uint16_t bits) { return std::bit_cast<float>(uint32_t(bits) << 16); }

uint16_t toBf16(float x) {
  uint32_t bits = std::bit_cast<uint32_t>(x);
  if (std::isnan(x))
    return uint16_t(bits >> 16) | 0x40;
  return uint16_t((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16);
}

Buffer::Buffer(llvm::StringRef type, int64_t rows, int64_t cols, int64_t stride)
    : rows(rows), cols(cols), stride(stride ? stride : cols), type(type) {
  width = type == "i64" ? 8 : type == "bf16" ? 2 : 4;
  size = kGuard + ceilDiv(rows * this->stride * width, 64) * 64 + kGuard;
  memory.reset(static_cast<char *>(std::aligned_alloc(64, size)));
  std::memset(memory.get(), kPattern, size);
}

Buffer &Buffer::fill(std::mt19937 &random, double scale) {
  std::uniform_real_distribution<double> draw(-scale, scale);
  for (int64_t row = 0; row < rows; ++row) {
    for (int64_t col = 0; col < stride; ++col)
      set(row, col, col < cols ? draw(random) : NAN);
  }
  return *this;
}

double Buffer::get(int64_t row, int64_t col) const {
  const char *at = static_cast<char *>(data()) + (row * stride + col) * width;
  return isBf16() ? double(fromBf16(*reinterpret_cast<const uint16_t *>(at)))
                  : double(*reinterpret_cast<const float *>(at));
}

void Buffer::set(int64_t row, int64_t col, double value) {
  char *at = static_cast<char *>(data()) + (row * stride + col) * width;
  if (isBf16())
    *reinterpret_cast<uint16_t *>(at) = toBf16(float(value));
  else
    *reinterpret_cast<float *>(at) = float(value);
}

int64_t Buffer::getInteger(int64_t row, int64_t col) const {
  const char *at = static_cast<char *>(data()) + (row * stride + col) * width;
  return width == 8 ? *reinterpret_cast<const int64_t *>(at) : *reinterpret_cast<const int32_t *>(at);
}

void Buffer::setInteger(int64_t row, int64_t col, int64_t value) {
  char *at = static_cast<char *>(data()) + (row * stride + col) * width;
  if (width == 8)
    *reinterpret_cast<int64_t *>(at) = value;
  else
    *reinterpret_cast<int32_t *>(at) = int32_t(value);
}

::testing::AssertionResult Buffer::untouched() const {
  auto inRow = [&](int64_t offset) {
    int64_t element = offset / width;
    return offset >= 0 && element < rows * stride && element % stride < cols;
  };
  for (int64_t i = 0; i < size; ++i)
    if (!inRow(i - kGuard) && static_cast<unsigned char>(memory.get()[i]) != kPattern)
      return ::testing::AssertionFailure() << "byte " << i - kGuard << " was written; rows of " << cols * width
                                           << " bytes start every " << stride * width;
  return ::testing::AssertionSuccess();
}

std::string tiles(const std::string &elementType) {
  return elementType == "bf16" ? "tiles = [32, 2]" : "tiles = [32, 1]";
}

Buffer pack(const Buffer &w) {
  int64_t n = w.rows, k = w.cols, kStored = w.isBf16() ? ceilDiv(k, 2) * 2 : k;
  Buffer packed(w.isBf16() ? "bf16" : "f32", ceilDiv(n, 32) * kStored, 32);
  for (int64_t row = 0; row < ceilDiv(n, 32) * 32; ++row)
    for (int64_t col = 0; col < kStored; ++col) {
      double x = row < n && col < k ? w.get(row, col) : 0.0;
      int64_t panel = row / 32 * kStored * 32, j = row % 32;
      packed.set(0, panel + (w.isBf16() ? col / 2 * 64 + j * 2 + col % 2 : col * 32 + j), x);
    }
  return packed;
}

Library::Library(llvm::ArrayRef<char> bytes) {
  descriptor = memfd_create("kernels", 0);
  if (::write(descriptor, bytes.data(), bytes.size()) != ssize_t(bytes.size()))
    std::abort();
  handle = dlopen(("/proc/self/fd/" + std::to_string(descriptor)).c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!handle)
    ADD_FAILURE() << dlerror();
}

Library::~Library() {
  if (handle)
    dlclose(handle);
  close(descriptor);
}

veomni_kernel_fn Library::find(const std::string &name) const {
  return reinterpret_cast<veomni_kernel_fn>(dlsym(handle, name.c_str()));
}

std::unique_ptr<Library> compileAndLoad(const std::string &kind, const std::string &operands,
                                        const std::string &attributes, const Target &target) {
  mlir::MLIRContext context;
  CompileOptions options;
  options.cacheDirectory = "";
  llvm::Expected<Kernel> kernel =
      bindKernel(context, builtinKinds(), kind, {operands, attributes}, &target, [](mlir::StringAttr symbol) {
        // Panels of 32 keys.
        mlir::MLIRContext *context = symbol.getContext();
        if (symbol != "p" && symbol != "q")
          return rt::ExtentAttr();
        llvm::StringRef keys = symbol == "p" ? "s" : "t";
        return rt::ExtentAttr::get(context, rt::Dim(mlir::StringAttr::get(context, keys)), 32);
      });
  if (!kernel) {
    ADD_FAILURE() << kind << " (" << operands << ") " << attributes << ": " << toString(kernel.takeError());
    return nullptr;
  }
  auto bytes = compileKernels({{"kernel", *kernel}}, target, options);
  if (!bytes) {
    ADD_FAILURE() << toString(bytes.takeError());
    return nullptr;
  }
  auto library = std::make_unique<Library>(*bytes);
  EXPECT_NE(library->find("kernel"), nullptr);
  return library;
}

void runGrid(veomni_kernel_fn kernel, std::vector<const Buffer *> operands, std::vector<int64_t> scalars,
             std::array<int64_t, 3> grid) {
  std::vector<void *> addresses;
  for (const Buffer *operand : operands)
    addresses.push_back(operand->data());
  veomni_kernel_args args{addresses.data(), scalars.data()};
  for (int64_t z = grid[2]; z-- > 0;)
    for (int64_t y = grid[1]; y-- > 0;)
      for (int64_t x = grid[0]; x-- > 0;)
        kernel(&args, x, y, z);
}

::testing::AssertionResult isClose(const Buffer &got, llvm::function_ref<double(int64_t, int64_t)> want, double rtol,
                                   double atol) {
  for (int64_t row = 0; row < got.rows; ++row)
    for (int64_t col = 0; col < got.cols; ++col) {
      double g = got.get(row, col), w = want(row, col);
      if (!(std::abs(g - w) <= atol + rtol * std::abs(w)))
        return ::testing::AssertionFailure() << "at [" << row << ", " << col << "]: got " << g << ", expected " << w;
    }
  return ::testing::AssertionSuccess();
}

std::vector<int64_t> greatest(const std::vector<double> &values, int64_t count) {
  std::vector<int64_t> order(values.size());
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(),
            [&](int64_t a, int64_t b) { return values[a] > values[b] || (values[a] == values[b] && a < b); });
  order.resize(count);
  return order;
}

std::vector<const Target *> levelsHere() {
  std::vector<const Target *> levels;
  for (const Target &target : allTargets())
    if (runsHere(target))
      levels.push_back(&target);
  return levels;
}

std::string levelName(const ::testing::TestParamInfo<const Target *> &info) {
  std::string name = info.param->name.str();
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

} // namespace veomni::cpu::testing

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Compiles a kernel, loads it into this process and runs its whole grid over guarded buffers.
#ifndef VEOMNI_TEST_UNIT_CODEGEN_SUPPORT_H
#define VEOMNI_TEST_UNIT_CODEGEN_SUPPORT_H

#include "veomni/Codegen/CPU/Backend.h"
#include "veomni/Codegen/CPU/Compile.h"
#include "veomni/Codegen/CPU/WorkSplit.h"
#include "veomni/runtime/KernelABI.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/MLIRContext.h"
#include "llvm/Support/FormatVariadic.h"

#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <random>

namespace veomni::cpu::testing {

inline int64_t ceilDiv(int64_t x, int64_t y) { return (x + y - 1) / y; }

float fromBf16(uint16_t bits);
uint16_t toBf16(float x); // nearest even
inline double roundBf16(double x) { return fromBf16(toBf16(float(x))); }

/// Rows of elements of one type with a stride; outputs start as a pattern that `untouched` looks for outside the rows.
class Buffer {
public:
  /// `type`: "f32", "bf16", "i32" or "i64".
  Buffer(llvm::StringRef type, int64_t rows, int64_t cols, int64_t stride = 0);

  /// Random floats in [-scale, scale], rounded to the type; the padding is NaN.
  Buffer &fill(std::mt19937 &random, double scale = 1.0);
  double get(int64_t row, int64_t col) const;
  void set(int64_t row, int64_t col, double value);
  int64_t getInteger(int64_t row, int64_t col) const;
  void setInteger(int64_t row, int64_t col, int64_t value);
  /// Nothing but [rows, cols) was written since construction.
  ::testing::AssertionResult untouched() const;
  void *data() const { return memory.get() + kGuard; }
  bool isBf16() const { return type == "bf16"; }

  const int64_t rows, cols, stride;

private:
  static constexpr int64_t kGuard = 256; // also what a kernel may read past the end
  struct Free {
    void operator()(char *memory) const { std::free(memory); }
  };

  std::string type;
  int64_t width, size;
  std::unique_ptr<char, Free> memory;
};

/// W [n, k], row-major, in the tiles of products: [ceil(n/32)][k][32], or for bf16 [ceil(n/32)][ceil(k/2)][32][2],
/// padded with zeros.
Buffer pack(const Buffer &w);
/// How the types of such operands end: `tiles = [32, 1]`.
std::string tiles(const std::string &elementType);

/// A loaded shared object.
class Library {
public:
  explicit Library(llvm::ArrayRef<char> bytes);
  ~Library();
  Library(const Library &) = delete;
  veomni_kernel_fn find(const std::string &name) const;

private:
  int descriptor;
  void *handle;
};

/// Compiles without a cache and loads; a failed assertion otherwise. Text is that of `KernelText`; the symbols `p` and
/// `q` are ceildiv(s, 32) and ceildiv(t, 32).
std::unique_ptr<Library> compileAndLoad(const std::string &kind, const std::string &operands,
                                        const std::string &attributes, const Target &target);

/// Runs all workgroups, last ones first.
void runGrid(veomni_kernel_fn kernel, std::vector<const Buffer *> operands, std::vector<int64_t> scalars,
             std::array<int64_t, 3> grid);

/// |got - want| <= atol + rtol * |want| everywhere.
::testing::AssertionResult isClose(const Buffer &got, llvm::function_ref<double(int64_t, int64_t)> want, double rtol,
                                   double atol);

/// Indices of the greatest values, of equal ones the lower index first.
std::vector<int64_t> greatest(const std::vector<double> &values, int64_t count);

/// Test fixture over all levels that this machine executes.
class OnEachLevel : public ::testing::TestWithParam<const Target *> {
protected:
  const Target &target() const { return *GetParam(); }
  std::mt19937 random{1};
};
std::vector<const Target *> levelsHere();
std::string levelName(const ::testing::TestParamInfo<const Target *> &info);
#define ON_EACH_LEVEL(fixture) INSTANTIATE_TEST_SUITE_P(Level, fixture, ::testing::ValuesIn(levelsHere()), levelName)

} // namespace veomni::cpu::testing

#endif // VEOMNI_TEST_UNIT_CODEGEN_SUPPORT_H

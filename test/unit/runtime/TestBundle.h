// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Bundles made by hand, with the code of kernels.c, so that the runtime is tested without the compiler.
#ifndef VEOMNI_TEST_UNIT_RUNTIME_TESTBUNDLE_H
#define VEOMNI_TEST_UNIT_RUNTIME_TESTBUNDLE_H

#include "veomni/schema/bundle_generated.h"

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <vector>

namespace veomni::test {

/// A constant, or a symbol by index.
struct Size {
  int64_t value = 0;
  int32_t symbol = -1;
  Size(int64_t value) : value(value) {}
  static Size of(uint32_t symbol) {
    Size size(0);
    size.symbol = int32_t(symbol);
    return size;
  }
};
using Sizes = std::vector<Size>;

/// Adds to a bundle, one thing at a time; every `add` returns the index of what it added. The bundle requires all
/// features, so that tests may use any.
class TestBundle {
public:
  TestBundle();

  bundle::BundleT &operator*() { return bundle_; }
  bundle::BundleT *operator->() { return &bundle_; }

  static std::unique_ptr<bundle::BufferTypeT> type(bundle::DType dtype, const Sizes &dims);
  static std::unique_ptr<bundle::BufferTypeT> f32(const Sizes &dims) { return type(bundle::DType::f32, dims); }
  static std::unique_ptr<bundle::BufferTypeT> i64(const Sizes &dims) { return type(bundle::DType::i64, dims); }
  static std::unique_ptr<bundle::ExtentT> extent(const Sizes &factors, int64_t divisor = 1);

  /// A sum of products.
  static std::unique_ptr<bundle::ExtentT> sum(const std::vector<Sizes> &products, int64_t divisor = 1);

  uint32_t addInputDim(const std::string &name, uint32_t input, uint32_t dim);
  uint32_t addDerived(const std::string &name, const Sizes &factors, int64_t divisor = 1);
  uint32_t addSum(const std::string &name, const std::vector<Sizes> &products, int64_t divisor = 1);
  uint32_t addSymbol(const std::string &name, bundle::SymbolKind kind, uint32_t input = 0);
  uint32_t addInput(const std::string &name, std::unique_ptr<bundle::BufferTypeT> type,
                    bundle::InputDefault defaultValue = bundle::InputDefault::required);
  uint32_t addOutput(const std::string &name, std::unique_ptr<bundle::BufferTypeT> type);
  /// Loaded from the checkpoint's tensor of the same name.
  uint32_t addWeight(const std::string &name, std::vector<int64_t> shape);
  struct Operand {
    std::unique_ptr<bundle::BufferTypeT> type;
    bundle::Access access;
  };
  uint32_t addKernel(const std::string &name, std::vector<Operand> operands, uint32_t scalars);
  uint32_t addFunction(const std::string &name);
  void addArgument(uint32_t function, const std::string &name, std::unique_ptr<bundle::BufferTypeT> type,
                   bundle::Access access);
  uint32_t addValue(uint32_t function, bundle::Storage storage, uint32_t index,
                    std::unique_ptr<bundle::BufferTypeT> type);
  void addDispatch(uint32_t function, uint32_t kernel, std::vector<std::unique_ptr<bundle::ExtentT>> workgroups,
                   std::vector<uint32_t> operands, std::vector<std::unique_ptr<bundle::ExtentT>> scalars);
  void addLibraryCall(uint32_t function, const std::string &name, std::vector<uint32_t> operands,
                      std::vector<bundle::Access> accesses, std::vector<std::unique_ptr<bundle::ExtentT>> scalars);
  void addCall(uint32_t function, uint32_t callee, std::vector<uint32_t> operands, uint32_t paramBase = 0,
               const std::string &path = "");
  void addLoop(uint32_t function, uint32_t symbol, Size count, uint32_t callee, std::vector<uint32_t> operands,
               uint32_t paramBase, uint32_t paramStride);

  void addMeshAxis(const std::string &name, uint32_t size, bool redivides = false);
  /// What a rank has of `whole` over an axis of the mesh.
  uint32_t addPart(const std::string &name, Size whole, uint32_t meshAxis);
  /// The instruction that it is, for `addWait`.
  uint32_t addCollective(uint32_t function, bundle::CollectiveKind kind, uint32_t meshAxis, uint32_t gather,
                         uint32_t split, std::vector<uint32_t> operands, bool starts = false);
  void addWait(uint32_t function, uint32_t collective);

  void addExpertDispatch(uint32_t function, uint32_t meshAxis, uint32_t symbol, uint32_t callee,
                         std::vector<uint32_t> operands);

  /// Turns the bundle's inputs and outputs into an entry of this name; those of another may then be added.
  void moveIntoEntry(const std::string &name);
  uint32_t addState(const std::string &name, std::unique_ptr<bundle::BufferTypeT> type);

  /// The whole file, digests and all.
  std::vector<std::byte> file();

private:
  bundle::BundleT bundle_;
};

template <typename... T> std::vector<std::unique_ptr<bundle::ExtentT>> extents(T... extents) {
  std::vector<std::unique_ptr<bundle::ExtentT>> list;
  (list.push_back(std::move(extents)), ...);
  return list;
}

/// The shared object of kernels.c.
const std::vector<std::byte> &kernelCode();
/// Writes the metadata digest that the header should have.
void fixMetadataDigest(std::vector<std::byte> &file);

/// A safetensors file with these tensors, written from the format's description rather than by the code under test.
struct FileTensor {
  std::string name, dtype;
  std::vector<int64_t> shape;
  std::vector<std::byte> bytes;
};
template <typename T>
FileTensor fileTensor(std::string name, std::string dtype, std::vector<int64_t> shape, const std::vector<T> &values) {
  const auto *bytes = reinterpret_cast<const std::byte *>(values.data());
  return {std::move(name), std::move(dtype), std::move(shape),
          std::vector<std::byte>(bytes, bytes + values.size() * sizeof(T))};
}
void writeTensors(const std::string &path, const std::vector<FileTensor> &tensors);
void writeFile(const std::string &path, const std::vector<std::byte> &bytes);
/// The weights of makeLayeredBundle: weight i is (i + 1) * {1, 2, 3, 4} / 8, exact in f32.
std::vector<FileTensor> layeredWeights();
/// What makeLayeredBundle computes as `y` with these weights, written down a second time.
std::vector<float> layeredOutput(const std::vector<int64_t> &ids);

/// ids -> spread -> a layer called twice (scale by its own weight, through a slot) -> a loop that accumulates three
/// experts -> output, which makes use of all that a bundle can say. Inputs: ids [batch, seq] (0..99), positions [batch,
/// seq] (iota, cu_seqlens); outputs: y [batch, seq, 4], positions_seen [batch, seq]. Weights: layer.0, layer.1,
/// expert.0, expert.1, expert.2, each f32 [4].
TestBundle makeLayeredBundle();

} // namespace veomni::test

#endif // VEOMNI_TEST_UNIT_RUNTIME_TESTBUNDLE_H

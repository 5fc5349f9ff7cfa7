// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Files and bundles for the checkpoint tests.
#ifndef VEOMNI_TEST_UNIT_CHECKPOINT_SUPPORT_H
#define VEOMNI_TEST_UNIT_CHECKPOINT_SUPPORT_H

#include "../Scratch.h"
#include "veomni/runtime/Checkpoint.h"
#include "veomni/runtime/Recipe.h"
#include "veomni/runtime/WeightStore.h"

#include <atomic>
#include <functional>
#include <gtest/gtest.h>
#include <thread>

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>
#include <unistd.h>
#include <vector>

namespace veomni::test {

/// A file as its header says and `dataSize` bytes of data that count up.
inline std::string safetensors(const std::string &header, size_t dataSize) {
  std::string file(8, '\0');
  for (size_t i = 0; i < 8; ++i)
    file[i] = char(uint64_t(header.size()) >> (8 * i));
  file += header;
  for (size_t i = 0; i < dataSize; ++i)
    file += char(i * 7 + 3);
  return file;
}

inline Expected<SafetensorsHeader> parse(const std::string &file) {
  return parseSafetensorsHeader({reinterpret_cast<const std::byte *>(file.data()), file.size()}, file.size(), "f");
}

inline bundle::StepT loadStep(std::string key, std::vector<int64_t> dims, bundle::DType type) {
  bundle::StepT step;
  step.kind = bundle::StepKind::load;
  step.key = std::move(key);
  step.dims = std::move(dims);
  step.dtype = type;
  return step;
}
/// A `ParallelFor` of four threads.
inline void inThreads(int64_t count, const std::function<void(int64_t)> &body) {
  std::atomic<int64_t> next = 0;
  std::vector<std::thread> pool;
  for (int i = 0; i < 4; ++i)
    pool.emplace_back([&] {
      for (int64_t index; (index = next++) < count;)
        body(index);
    });
  for (std::thread &thread : pool)
    thread.join();
}

inline bundle::StepT step(bundle::StepKind kind, uint32_t count = 0, uint32_t dim = 0) {
  bundle::StepT step;
  step.kind = kind;
  step.count = count;
  step.dim = dim;
  return step;
}
inline bundle::StepT castStep(bundle::DType type) {
  bundle::StepT step;
  step.kind = bundle::StepKind::cast;
  step.dtype = type;
  return step;
}
inline bundle::StepT dequantStep(bundle::DType type) {
  bundle::StepT step = castStep(type);
  step.kind = bundle::StepKind::dequant_mxfp4;
  return step;
}
inline bundle::StepT dequantFp8Step(std::vector<int64_t> block) {
  bundle::StepT step;
  step.kind = bundle::StepKind::dequant_fp8;
  step.dims = std::move(block);
  return step;
}

inline bundle::StepT sliceStep(uint32_t dim, int64_t start, int64_t size) {
  bundle::StepT step;
  step.kind = bundle::StepKind::slice;
  step.dim = dim;
  step.start = std::make_unique<bundle::Dim>(start, -1);
  step.size = std::make_unique<bundle::Dim>(size, -1);
  return step;
}
inline bundle::StepT unstackStep(int64_t index) {
  bundle::StepT step;
  step.kind = bundle::StepKind::unstack;
  step.start = std::make_unique<bundle::Dim>(index, -1);
  return step;
}

/// Weights as a bundle holds them.
class Weights {
public:
  Weights &add(std::string name, const std::vector<int64_t> &dims, bundle::DType type, bundle::Layout layout,
               const std::vector<bundle::StepT> &steps) {
    auto weight = std::make_unique<bundle::WeightT>();
    weight->name = std::move(name);
    weight->type = std::make_unique<bundle::BufferTypeT>();
    weight->type->dtype = type;
    weight->type->layout = layout;
    for (int64_t dim : dims)
      weight->type->dims.emplace_back(dim, -1);
    for (const bundle::StepT &step : steps)
      weight->steps.push_back(std::make_unique<bundle::StepT>(step));
    weights_.push_back(std::move(weight));
    return *this;
  }
  Weights &add(std::string name, const std::vector<int64_t> &dims, bundle::DType type, bundle::Layout layout,
               const recipe::Steps &steps) {
    std::vector<bundle::StepT> tables;
    for (const recipe::Step &step : steps) {
      flatbuffers::FlatBufferBuilder builder;
      builder.Finish(recipe::writeStep(builder, step));
      flatbuffers::GetRoot<bundle::Step>(builder.GetBufferPointer())->UnPackTo(&tables.emplace_back());
    }
    return add(std::move(name), dims, type, layout, tables);
  }
  bundle::WeightT &last() { return *weights_.back(); }

  const flatbuffers::Vector<flatbuffers::Offset<bundle::Weight>> &finish() {
    builder_.Clear();
    std::vector<flatbuffers::Offset<bundle::Weight>> offsets;
    for (const auto &weight : weights_)
      offsets.push_back(bundle::CreateWeight(builder_, weight.get()));
    auto vector = builder_.CreateVector(offsets);
    auto producer = builder_.CreateString("test");
    auto functions = builder_.CreateVector(std::vector<flatbuffers::Offset<bundle::Function>>());
    bundle::BundleBuilder table(builder_);
    table.add_producer(producer);
    table.add_functions(functions);
    table.add_weights(vector);
    builder_.Finish(table.Finish());
    return *flatbuffers::GetRoot<bundle::Bundle>(builder_.GetBufferPointer())->weights();
  }

private:
  std::vector<std::unique_ptr<bundle::WeightT>> weights_;
  flatbuffers::FlatBufferBuilder builder_;
};

inline void sequential(int64_t count, const std::function<void(int64_t)> &body) {
  // Backwards, as no order may be relied on.
  while (count-- > 0)
    body(count);
}

} // namespace veomni::test

#endif // VEOMNI_TEST_UNIT_CHECKPOINT_SUPPORT_H

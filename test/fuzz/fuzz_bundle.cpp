// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Takes arbitrary bytes as far as a bundle goes without running its machine code, which no fuzzer can make up: it is
// loaded, its weights are made from a checkpoint that has the tensors its recipes ask for, its inputs are bound, and
// its memory is planned. All of that must be an error or stay inside what it was given.
//
// Sizes and digests of the header are made right first, so that the fuzzer gets past them to the flatbuffer and the
// verifier; every fourth input is left as it is.
#include "core/Entries.h"
#include "core/Inputs.h"
#include "core/MemoryPlan.h"
#include "veomni/runtime/Bundle.h"
#include "veomni/runtime/BundleFormat.h"
#include "veomni/runtime/Checkpoint.h"
#include "veomni/runtime/TensorFile.h"
#include "veomni/runtime/WeightStore.h"

#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <map>
#include <vector>

#define XXH_INLINE_ALL
#include <xxhash.h>

using namespace veomni;

namespace {

/// More than this is an honest wish of a program, and would only make the fuzzer slow.
constexpr uint64_t maxBytes = 1 << 20;

/// A file for the weights, which lives as long as the process.
const std::string &weightsFile() {
  static const struct Scratch {
    Scratch() {
      char name[] = "/tmp/fuzz_bundle.XXXXXX";
      folder = ::mkdtemp(name) ? name : "";
      file = folder + "/model.safetensors";
    }
    ~Scratch() {
      ::unlink(file.c_str());
      ::rmdir(folder.c_str());
    }
    std::string folder, file;
  } scratch;
  return scratch.file;
}

/// Follows the recipes over the tensors that their `load` steps name.
void makeWeights(const bundle::Bundle &program) {
  if (!program.weights())
    return;
  std::map<std::string, TensorView> tensors;
  std::vector<std::byte> numbers(maxBytes, std::byte{0x3c}); // no NaN in any type
  uint64_t total = 0;
  for (const bundle::Weight *weight : *program.weights())
    for (const bundle::Step *step : *weight->steps()) {
      if (step->kind() != bundle::StepKind::load)
        continue;
      std::vector<int64_t> shape(step->dims()->begin(), step->dims()->end());
      uint64_t bytes = elementSize(step->dtype());
      for (int64_t dim : shape)
        if (dim < 0 || __builtin_mul_overflow(bytes, uint64_t(dim), &bytes) || bytes > maxBytes)
          return;
      if ((total += bytes) > maxBytes)
        return;
      tensors[step->key()->str()] = {step->key()->str(), fileType(step->dtype()), shape, numbers.data()};
    }
  std::vector<TensorView> list;
  for (auto &[name, tensor] : tensors)
    list.push_back(tensor);
  if (!writeSafetensors(weightsFile(), list))
    return; // a name that no file can have
  Expected<Checkpoint> checkpoint = Checkpoint::open(weightsFile());
  if (!checkpoint)
    return;
  auto inOrder = [](int64_t count, const std::function<void(int64_t)> &body) {
    for (int64_t i = 0; i < count; ++i)
      body(i);
  };
  (void)WeightStore::materialise(*program.weights(), *checkpoint, inOrder).status();
}

/// Binds inputs of an entry in small sizes, which `seed` chooses, plans the memory, and copies the inputs to where a
/// run would have them.
void bindInputs(const bundle::Bundle &program, const Entry &entry, uint64_t seed) {
  std::vector<int64_t> numbers(4096, 1);
  std::vector<Tensor> given;
  auto choose = [&](uint64_t limit) {
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return int64_t((seed >> 33) % limit);
  };
  // One size per symbol, so that inputs agree on the sizes that they share.
  std::map<int32_t, int64_t> bySymbol;
  if (entry.inputs)
    for (const bundle::Input *input : *entry.inputs) {
      if (choose(4) == 0)
        continue; // left out
      Tensor tensor{input->name()->str(), input->type()->dtype(), {}, numbers.data()};
      int64_t count = 1;
      if (input->type()->dims())
        for (const bundle::Dim *dim : *input->type()->dims()) {
          int64_t size =
              dim->symbol() < 0 ? dim->value() : bySymbol.try_emplace(dim->symbol(), choose(6)).first->second;
          if (__builtin_mul_overflow(count, size, &count) || count > int64_t(numbers.size()))
            return;
          tensor.shape.push_back(size);
        }
      given.push_back(std::move(tensor));
    }
  Expected<BoundInputs> inputs = BoundInputs::bind(program, entry, given);
  if (!inputs)
    return;
  Expected<MemoryPlan> plan = MemoryPlan::make(program, entry, inputs->symbols());
  if (!plan || plan->total > maxBytes || !inputs->checkCuSeqlens())
    return;
  std::vector<std::byte> arena(plan->total);
  for (size_t i = 0; i < plan->inputs.size(); ++i)
    if (!inputs->copyTo(uint32_t(i), arena.data() + plan->inputs[i]))
      return;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  auto bytes = reinterpret_cast<const std::byte *>(data);
  std::vector<std::byte> file(bytes, bytes + size);
  bundle_format::Header header;
  if (size > sizeof header && data[size - 1] % 4 != 0) {
    std::memcpy(&header, data, sizeof header);
    std::memcpy(header.magic, bundle_format::magic, sizeof header.magic);
    header.version = bundle_format::version;
    header.reserved = 0;
    std::memset(header.padding, 0, sizeof header.padding);
    header.fileSize = size;
    header.metadataSize = header.metadataSize % (size - sizeof header + 1);
    XXH128_hash_t digest = XXH3_128bits(file.data() + sizeof header, header.metadataSize);
    header.digestLow = digest.low64;
    header.digestHigh = digest.high64;
    std::memcpy(file.data(), &header, sizeof header);
  }
  Expected<Bundle> bundle = Bundle::fromMemory(file, "fuzz");
  if (!bundle)
    return 0;
  if (bundle->program().executables())
    for (const bundle::Executable *executable : *bundle->program().executables())
      for (const bundle::CodeVariant *variant : *executable->variants())
        (void)bundle->codeSegment(*variant->segment()).status();
  makeWeights(bundle->program());
  for (const Entry &entry : entriesOf(bundle->program()))
    for (uint64_t i = 0; i < 3; ++i)
      bindInputs(bundle->program(), entry, XXH3_64bits_withSeed(data, size, i));
  return 0;
}

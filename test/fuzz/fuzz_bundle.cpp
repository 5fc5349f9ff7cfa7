// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Loads arbitrary bytes as a bundle. Sizes and digests of the header are made right first, so that the fuzzer gets past them to the
// flatbuffer and the verifier; every fourth input is left as it is.
#include "veomni/runtime/Bundle.h"
#include "veomni/runtime/BundleFormat.h"

#include <cstring>
#include <vector>

#define XXH_INLINE_ALL
#include <xxhash.h>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  using namespace veomni;
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
  if (!bundle || !bundle->program().executables())
    return 0;
  for (const bundle::Executable *executable : *bundle->program().executables())
    for (const bundle::CodeVariant *variant : *executable->variants())
      (void)bundle->codeSegment(*variant->segment()).status();
  return 0;
}

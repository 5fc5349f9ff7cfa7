// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Metadata.h"
#include "veomni/runtime/BundleFormat.h"
#include "llvm/Support/SwapByteOrder.h"
#include "llvm/Support/xxhash.h"

using namespace mlir;
using namespace veomni;

static_assert(llvm::sys::IsLittleEndianHost, "bundles are read in place and are little-endian");

std::optional<Metadata> Metadata::open(StringRef file, function_ref<InFlightDiagnostic()> emitError) {
  using namespace bundle_format;
  if (file.size() < sizeof(Header)) {
    emitError() << "is no bundle: has " << file.size() << " bytes, expected at least " << sizeof(Header);
    return std::nullopt;
  }
  Header header;
  std::memcpy(&header, file.data(), sizeof header);
  if (std::memcmp(header.magic, magic, sizeof magic) != 0) {
    emitError() << "is no bundle: does not start with VEOMNIB";
    return std::nullopt;
  }
  if (header.version != version) {
    emitError() << "has format version " << header.version << ", expected " << version;
    return std::nullopt;
  }
  if (header.reserved != 0 || llvm::any_of(header.padding, [](uint8_t byte) { return byte != 0; })) {
    emitError() << "has reserved bytes in its header that are not 0";
    return std::nullopt;
  }
  if (header.fileSize != file.size()) {
    emitError() << "has " << file.size() << " bytes, expected " << header.fileSize << " as its header says";
    return std::nullopt;
  }
  if (header.metadataSize > file.size() - metadataOffset) {
    emitError() << "has metadata of " << header.metadataSize << " bytes, expected at most "
                << file.size() - metadataOffset;
    return std::nullopt;
  }
  StringRef bytes = file.substr(metadataOffset, header.metadataSize);
  llvm::XXH128_hash_t digest = llvm::xxh3_128bits(llvm::arrayRefFromStringRef(bytes));
  if (digest.low64 != header.digestLow || digest.high64 != header.digestHigh) {
    emitError() << "has metadata that does not match its digest; the file is damaged";
    return std::nullopt;
  }

  Metadata metadata;
  metadata.words.resize((bytes.size() + 7) / 8);
  std::memcpy(metadata.words.data(), bytes.data(), bytes.size());
  if (bytes.size() < 2 * sizeof(uint32_t) || bytes.size() >= FLATBUFFERS_MAX_BUFFER_SIZE ||
      !bundle::BundleBufferHasIdentifier(metadata.data())) {
    emitError() << "has metadata without the identifier " << bundle::BundleIdentifier();
    return std::nullopt;
  }
  // An honest table takes at least 4 bytes; the limit stops buffers whose tables share parts to look huge.
  flatbuffers::Verifier verifier(metadata.data(), bytes.size(), /*max_depth=*/32,
                                 /*max_tables=*/flatbuffers::uoffset_t(bytes.size() / 4));
  if (!bundle::VerifyBundleBuffer(verifier)) {
    emitError() << "has metadata that is not a well-formed flatbuffer";
    return std::nullopt;
  }
  uint64_t required = metadata.program().required_features();
  uint32_t set = 0; // bits below `bit`
  for (unsigned bit = 0; bit < 64; ++bit) {
    if (!(required >> bit & 1))
      continue;
    const auto *names = metadata.program().required_feature_names();
    const flatbuffers::String *name = set < sizeOf(names) ? names->Get(set) : nullptr;
    ++set;
    if (knownFeatures >> bit & 1)
      continue;
    emitError() << "needs feature " << (name ? "\"" + name->str() + "\" " : "") << "(bit " << bit
                << "), which this version does not know";
    return std::nullopt;
  }
  return metadata;
}

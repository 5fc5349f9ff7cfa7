// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Opens a bundle: header, digests and flatbuffer, then the verifier.
#include "veomni/runtime/Bundle.h"

#include "veomni/runtime/BundleFormat.h"
#include "veomni/runtime/MappedFile.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <new>

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace veomni {

static_assert(std::endian::native == std::endian::little, "bundles are read in place and are little-endian");

static Status wrong(const std::string &name, const std::string &what, uint64_t found, const std::string &expected) {
  return Status::error(name + ": " + what + " is " + std::to_string(found) + ", expected " + expected);
}

static bool digestIs(std::span<const std::byte> bytes, uint64_t low, uint64_t high) {
  XXH128_hash_t digest = XXH3_128bits(bytes.data(), bytes.size());
  return digest.low64 == low && digest.high64 == high;
}

void Bundle::AlignedDelete::operator()(std::byte *bytes) const {
  ::operator delete[](bytes, std::align_val_t(bundle_format::alignment));
}

Expected<Bundle> Bundle::load(const std::string &path) {
  Expected<MappedFile> file = MappedFile::open(path);
  if (!file)
    return file.status();
  return fromMemory(file->bytes(), path);
}

Expected<Bundle> Bundle::fromMemory(std::span<const std::byte> file, const std::string &name) {
  Bundle bundle;
  bundle.name_ = name;
  bundle.size_ = file.size();
  auto *bytes =
      static_cast<std::byte *>(::operator new[](file.size(), std::align_val_t(bundle_format::alignment), std::nothrow));
  if (!bytes)
    return Status::error(name + ": no memory for " + std::to_string(file.size()) + " bytes");
  std::ranges::copy(file, bytes);
  bundle.bytes_.reset(bytes);
  return parse(std::move(bundle));
}

Expected<Bundle> Bundle::parse(Bundle bundle) {
  using namespace bundle_format;
  const std::string &name = bundle.name_;
  if (bundle.size_ < sizeof(Header))
    return wrong(name, "file size", bundle.size_, "at least " + std::to_string(sizeof(Header)));
  Header header;
  std::memcpy(&header, bundle.bytes_.get(), sizeof header);
  if (!isBundle({header.magic, sizeof header.magic}))
    return Status::error(name + ": not a VeOmni bundle: it does not start with VEOMNIB");
  if (header.version != version)
    return wrong(name, "bundle format version", header.version, std::to_string(version) + "; compile the model again");
  auto isZero = [](uint8_t byte) { return byte == 0; };
  if (header.reserved != 0 || !std::ranges::all_of(header.padding, isZero))
    return Status::error(name + ": reserved bytes of the header are not 0");
  if (header.fileSize != bundle.size_)
    return wrong(name, "file size", bundle.size_,
                 std::to_string(header.fileSize) + " as its header says; the file is incomplete or damaged");
  if (header.metadataSize > bundle.size_ - metadataOffset)
    return wrong(name, "metadata size", header.metadataSize,
                 "at most " + std::to_string(bundle.size_ - metadataOffset));
  std::span<const std::byte> metadata(bundle.bytes_.get() + metadataOffset, header.metadataSize);
  if (!digestIs(metadata, header.digestLow, header.digestHigh))
    return Status::error(name + ": metadata digest does not match; the file is damaged");

  auto *data = reinterpret_cast<const uint8_t *>(metadata.data());
  constexpr size_t smallest = 2 * sizeof(uint32_t);
  if (metadata.size() < smallest || metadata.size() >= FLATBUFFERS_MAX_BUFFER_SIZE ||
      !bundle::BundleBufferHasIdentifier(data))
    return Status::error(name + ": metadata is not a bundle flatbuffer (identifier " + bundle::BundleIdentifier() +
                         ")");
  // A table takes at least 4 bytes, so that an honest buffer never meets the limit, and one whose tables share parts to
  // look huge does.
  flatbuffers::Verifier verifier(data, metadata.size(), /*max_depth=*/32,
                                 /*max_tables=*/flatbuffers::uoffset_t(metadata.size() / 4));
  if (!bundle::VerifyBundleBuffer(verifier))
    return Status::error(name + ": metadata is not a well-formed flatbuffer");

  bundle.metadata_ = {data, metadata.size()};
  bundle.program_ = bundle::GetBundle(data);
  uint64_t codeBegin = std::min(align(metadataOffset + header.metadataSize), bundle.size_);
  if (Status status = verifyBundle(*bundle.program_, codeBegin, bundle.size_); !status) {
    // Each line names the file, so that it can be read alone.
    std::string message = name + ": ";
    for (char c : status.message())
      message += c == '\n' ? "\n" + name + ": " : std::string(1, c);
    return Status::error(message);
  }
  return bundle;
}

Expected<std::span<const std::byte>> Bundle::codeSegment(const bundle::Segment &segment) const {
  // Bounds were checked by verifyBundle.
  std::span<const std::byte> bytes(bytes_.get() + segment.offset(), segment.size());
  if (!digestIs(bytes, segment.digest_low(), segment.digest_high()))
    return Status::error(name_ + ": digest of the code at offset " + std::to_string(segment.offset()) +
                         " does not match; the file is damaged");
  return bytes;
}

const char *Bundle::metadata(std::string_view key) const {
  if (program_->metadata())
    for (const bundle::KeyValue *entry : *program_->metadata())
      if (entry->key()->string_view() == key)
        return entry->value() ? entry->value()->c_str() : "";
  return nullptr;
}

} // namespace veomni

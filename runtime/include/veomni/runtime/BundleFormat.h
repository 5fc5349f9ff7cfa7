// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Where things lie in a bundle file. Shared by the compiler's writer and the runtime's loader; needs nothing but the
// C++ standard.
//
//   0                      header, 64 bytes
//   64                     flatbuffer of `bundle.fbs`, `metadata_size` bytes, then zeros up to a multiple of 64
//   segment.offset ...     code segments, each at a multiple of 64, zeros between them
//   file_size              end of the file
#ifndef VEOMNI_RUNTIME_BUNDLEFORMAT_H
#define VEOMNI_RUNTIME_BUNDLEFORMAT_H

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <string_view>
#include <type_traits>

namespace veomni::bundle_format {

inline constexpr char magic[8] = {'V', 'E', 'O', 'M', 'N', 'I', 'B', '\0'};
inline constexpr uint32_t version = 1;

/// Whether a file that begins with these bytes is meant to be a bundle.
constexpr bool isBundle(std::string_view beginning) { return beginning.starts_with({magic, sizeof magic}); }

/// Everything but the header's own fields starts at a multiple of this.
inline constexpr uint64_t alignment = 64;
inline constexpr uint64_t metadataOffset = 64;

/// Bits of `Bundle.required_features`: what was appended to the schema since its first version and must not be ignored.
/// A writer sets the bits of what a bundle uses and stores their names; a loader refuses, by that name, a bit that it
/// does not know. Append only.
enum Feature : uint64_t {
  mxfp4Weights = 1u << 0,    ///< step `dequant_mxfp4`
  fp8Weights = 1u << 1,      ///< element type `f8_e4m3`, step `dequant_fp8`
  extentSums = 1u << 2,      ///< `Extent.terms`
  recipeParts = 1u << 3,     ///< steps `slice` and `unstack`
  entries = 1u << 4,         ///< `Bundle.entries`, symbols of kind `axis` and `given`
  states = 1u << 5,          ///< `Bundle.states`
  inputBounds = 1u << 6,     ///< `Input.below`
  targets = 1u << 7,         ///< `CodeVariant.target` that is not "cpu"
  libraryCalls = 1u << 8,    ///< instructions `LibraryCall`
  tileSizes = 1u << 9,       ///< `BufferType.tile_rows`, `tile_columns` that differ from what their defaults stand for
  ranks = 1u << 10,          ///< `Bundle.mesh`, symbols of kind `part`, instructions `Collective`
  rankWeights = 1u << 11,    ///< step `part`, `MeshAxis.redivides`
  expertDispatch = 1u << 12, ///< instructions `ExpertDispatch`, symbols of kind `counted`
  inputRows = 1u << 13,      ///< `Input.rows_of`
  rankSums = 1u << 14,       ///< collectives `all_reduce` and `reduce_scatter`
  overlap = 1u << 15,        ///< `Collective.starts`, instructions `Wait`
};

/// Names by bit, for messages.
inline constexpr const char *featureNames[] = {
    "MXFP4 weights",
    "FP8 weights",
    "sizes that are sums",
    "recipes of parts of tensors",
    "named entries",
    "states",
    "bounds of inputs by size",
    "code for other targets than cpu",
    "library calls",
    "tiles of any size",
    "programs of several ranks",
    "weights of one rank",
    "experts on several ranks",
    "rows of inputs by elements of others",
    "sums over ranks",
    "collectives beside other work",
};
inline constexpr uint64_t knownFeatures = (uint64_t(1) << std::size(featureNames)) - 1;

/// The first bytes of a file; all numbers little-endian.
struct Header {
  char magic[8];
  uint32_t version;
  uint32_t reserved; ///< 0
  uint64_t metadataSize;
  uint64_t fileSize;
  uint64_t digestLow; ///< XXH3-128 of the flatbuffer's `metadataSize` bytes
  uint64_t digestHigh;
  uint8_t padding[16]; ///< zeros
};
static_assert(sizeof(Header) == metadataOffset && std::is_trivially_copyable_v<Header>);
static_assert(offsetof(Header, metadataSize) == 16 && offsetof(Header, digestLow) == 32);

/// The next multiple of `alignment` at or after `offset`.
inline constexpr uint64_t align(uint64_t offset) { return (offset + alignment - 1) / alignment * alignment; }

} // namespace veomni::bundle_format

#endif // VEOMNI_RUNTIME_BUNDLEFORMAT_H

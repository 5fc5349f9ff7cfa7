// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Bundles that were changed: an error, or a bundle that is whole.
#include "veomni/runtime/Bundle.h"

#include "TestBundle.h"
#include "veomni/runtime/BundleFormat.h"

#include <array>
#include <cstring>
#include <gtest/gtest.h>
#include <random>

namespace veomni {
namespace {

using Bytes = std::vector<std::byte>;

std::string errorOf(const Bytes &file) {
  Expected<Bundle> bundle = Bundle::fromMemory(file, "m.vob");
  return bundle ? "" : bundle.status().message();
}

template <typename T> void put(Bytes &file, size_t offset, T value) {
  std::memcpy(file.data() + offset, &value, sizeof value);
}

Bytes goodFile() {
  test::TestBundle bundle = test::makeLayeredBundle();
  return bundle.file();
}

TEST(Bundle, LoadsFromMemory) {
  Expected<Bundle> bundle = Bundle::fromMemory(goodFile(), "m.vob");
  ASSERT_TRUE(bundle) << bundle.status().message();
  EXPECT_EQ(bundle->program().functions()->size(), 3u);
  EXPECT_STREQ(bundle->metadata("eos_token_id"), "7, 9");
  EXPECT_EQ(bundle->metadata("absent"), nullptr);
  Expected<std::span<const std::byte>> code =
      bundle->codeSegment(*bundle->program().executables()->Get(0)->variants()->Get(0)->segment());
  ASSERT_TRUE(code) << code.status().message();
  EXPECT_EQ(code->size(), test::kernelCode().size());
}

TEST(Bundle, NamesTheFileThatIsMissing) {
  Expected<Bundle> bundle = Bundle::load("/nonexistent/m.vob");
  ASSERT_FALSE(bundle);
  EXPECT_NE(bundle.status().message().find("/nonexistent/m.vob"), std::string::npos);
}

TEST(Bundle, RefusesWhatIsNotABundle) {
  EXPECT_NE(errorOf({}).find("m.vob: file size is 0, expected at least 64"), std::string::npos);
  Bytes file = goodFile();
  file[0] = std::byte('X');
  EXPECT_NE(errorOf(file).find("not a VeOmni bundle"), std::string::npos);
}

TEST(Bundle, RefusesAnotherVersion) {
  Bytes file = goodFile();
  put<uint32_t>(file, offsetof(bundle_format::Header, version), 2);
  EXPECT_NE(errorOf(file).find("bundle format version is 2, expected 1"), std::string::npos);
}

TEST(Bundle, RefusesReservedBytes) {
  Bytes file = goodFile();
  put<uint32_t>(file, offsetof(bundle_format::Header, reserved), 1);
  EXPECT_NE(errorOf(file).find("reserved bytes"), std::string::npos);
  file = goodFile();
  put<uint8_t>(file, 63, 1);
  EXPECT_NE(errorOf(file).find("reserved bytes"), std::string::npos);
}

TEST(Bundle, RefusesATruncatedFile) {
  Bytes file = goodFile();
  file.pop_back();
  EXPECT_NE(errorOf(file).find("incomplete or damaged"), std::string::npos);
}

TEST(Bundle, RefusesMetadataBeyondTheEnd) {
  for (uint64_t size : {uint64_t(goodFile().size()), ~uint64_t(0), ~uint64_t(0) - 63}) {
    Bytes file = goodFile();
    put<uint64_t>(file, offsetof(bundle_format::Header, metadataSize), size);
    EXPECT_NE(errorOf(file).find("metadata size is"), std::string::npos) << size;
  }
}

TEST(Bundle, RefusesAWrongMetadataDigest) {
  Bytes file = goodFile();
  file[100] ^= std::byte(1);
  EXPECT_NE(errorOf(file).find("metadata digest"), std::string::npos);
}

TEST(Bundle, RefusesAnotherFlatbuffer) {
  Bytes file = goodFile();
  file[bundle_format::metadataOffset + 4] = std::byte('X'); // the identifier
  test::fixMetadataDigest(file);
  EXPECT_NE(errorOf(file).find("identifier VOB1"), std::string::npos);
}

TEST(Bundle, RefusesAMalformedFlatbuffer) {
  Bytes file = goodFile();
  put<uint32_t>(file, bundle_format::metadataOffset, 0x7fffffff); // the root offset
  test::fixMetadataDigest(file);
  EXPECT_NE(errorOf(file).find("well-formed"), std::string::npos);
}

// A list that begins 4 bytes later than it did, and is sound but for where its numbers lie.
TEST(Bundle, RefusesSizesOfAStepThatAreNotAligned) {
  test::TestBundle builder = test::makeLayeredBundle();
  uint32_t weight = builder.addWeight("twoDims", {1, 4}); // the 1 is the length of what then begins there
  Bytes file = builder.file();
  Expected<Bundle> bundle = Bundle::fromMemory(file, "m.vob");
  ASSERT_TRUE(bundle) << bundle.status().message();
  const bundle::Step *step = bundle->program().weights()->Get(weight)->steps()->Get(0);
  auto *table = reinterpret_cast<const flatbuffers::Table *>(step);
  uint32_t root, dims;
  std::memcpy(&root, file.data() + bundle_format::metadataOffset, sizeof root);
  auto *metadata = reinterpret_cast<const uint8_t *>(&bundle->program()) - root;
  size_t field = bundle_format::metadataOffset + size_t(table->GetAddressOf(bundle::Step::VT_DIMS) - metadata);
  std::memcpy(&dims, file.data() + field, sizeof dims);
  put<uint32_t>(file, field, dims + 4);
  test::fixMetadataDigest(file);
  EXPECT_NE(errorOf(file).find("recipe step 0: its dims are not aligned"), std::string::npos) << errorOf(file);
}

TEST(Bundle, RefusesDamagedCodeWhenItIsAskedFor) {
  Bytes file = goodFile();
  Expected<Bundle> bundle = Bundle::fromMemory(file, "m.vob");
  ASSERT_TRUE(bundle);
  const bundle::Segment &segment = *bundle->program().executables()->Get(0)->variants()->Get(0)->segment();
  file[segment.offset() + 200] ^= std::byte(1);
  bundle = Bundle::fromMemory(file, "m.vob");
  ASSERT_TRUE(bundle);
  Expected<std::span<const std::byte>> code =
      bundle->codeSegment(*bundle->program().executables()->Get(0)->variants()->Get(0)->segment());
  ASSERT_FALSE(code);
  EXPECT_NE(code.status().message().find("digest of the code"), std::string::npos);
}

// Each mutation must end in an error or in a bundle that is whole; sanitizers see the rest.
TEST(Bundle, SurvivesRandomDamage) {
  const Bytes good = goodFile();
  const size_t metadataEnd = good.size() - bundle_format::align(test::kernelCode().size());
  int accepted = 0;
  for (unsigned seed = 0; seed < 1000; ++seed) {
    std::mt19937 random(seed);
    Bytes file = good;
    auto below = [&](size_t n) { return size_t(random() % n); };
    switch (seed % 4) {
    case 0: // one bit
      file[below(metadataEnd)] ^= std::byte(1u << below(8));
      break;
    case 1: // a few bytes
      for (int i = 0; i < 4; ++i)
        file[below(metadataEnd)] = std::byte(random());
      break;
    case 2: // a huge or negative number
      put<uint32_t>(file, below(metadataEnd / 4) * 4,
                    std::array{0xffffffffu, 0x7fffffffu, 0x80000000u, 0x40000000u}[below(4)]);
      break;
    case 3: // an end
      file.resize(below(file.size()));
      break;
    }
    for (bool fixed : {false, true}) {
      if (fixed) {
        if (file.size() >= sizeof(bundle_format::Header))
          put<uint64_t>(file, offsetof(bundle_format::Header, fileSize), file.size());
        test::fixMetadataDigest(file);
      }
      Expected<Bundle> bundle = Bundle::fromMemory(file, "m.vob");
      if (!bundle)
        EXPECT_FALSE(bundle.status().message().empty());
      accepted += bool(bundle);
    }
  }
  EXPECT_GT(accepted,
            0); // names and ranges may change; were nothing accepted, the test would not reach the verifier's end
}

} // namespace
} // namespace veomni

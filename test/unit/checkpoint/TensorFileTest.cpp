// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Safetensors files, written and read again.
#include "Support.h"

#include "veomni/runtime/TensorFile.h"

#include <sys/stat.h>

namespace veomni::test {
namespace {

std::string contentOf(const std::string &path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

const float floats[] = {1, 2, 3, 4, 5, 6};
const int64_t longs[] = {7};
const uint8_t bytes[] = {8, 9, 10};

TEST(TensorFile, RoundTrip) {
  Scratch scratch;
  const TensorView tensors[] = {{"c", ElementType::u8, {3}, bytes},
                                {"b", ElementType::f32, {2, 3}, floats},
                                {"a", ElementType::f32, {0, 3}, nullptr},
                                {"d", ElementType::i64, {}, longs}};
  ASSERT_TRUE(writeSafetensors(scratch.path("t"), tensors, {{"format", "pt"}}));
  Expected<Checkpoint> checkpoint = Checkpoint::open(scratch.path("t"));
  ASSERT_TRUE(checkpoint) << checkpoint.status().message();
  ASSERT_EQ(checkpoint->size(), 4u);
  EXPECT_EQ(checkpoint->files()[0].metadata.at("format"), "pt");
  for (const TensorView &tensor : tensors) {
    const TensorInfo *found = checkpoint->find(tensor.name);
    ASSERT_TRUE(found);
    EXPECT_EQ(found->shape, tensor.shape);
    EXPECT_EQ(found->elementType, tensor.elementType);
    std::span<const std::byte> data = checkpoint->data(*found);
    EXPECT_TRUE(data.empty() || std::memcmp(data.data(), tensor.data, data.size()) == 0);
  }
}

TEST(TensorFile, ExactBytes) {
  Scratch scratch;
  ASSERT_TRUE(writeSafetensors(scratch.path("t"), std::vector<TensorView>{{"c", ElementType::u8, {3}, bytes},
                                                                          {"b", ElementType::f32, {1}, floats},
                                                                          {"a", ElementType::f32, {1}, floats + 1}}));
  std::string header =
      R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[4,8]},)"
      R"("c":{"dtype":"U8","shape":[3],"data_offsets":[8,11]}})";
  header.resize((header.size() + 7) / 8 * 8, ' ');
  std::string expected = safetensors(header, 0);
  expected.append(reinterpret_cast<const char *>(floats + 1), 4)
      .append(reinterpret_cast<const char *>(floats), 4)
      .append("\x08\x09\x0a");
  EXPECT_EQ(contentOf(scratch.path("t")), expected);
}

TEST(TensorFile, WithoutTensors) {
  Scratch scratch;
  ASSERT_TRUE(writeSafetensors(scratch.path("t"), {}));
  EXPECT_EQ(contentOf(scratch.path("t")), safetensors("{}      ", 0));
}

TEST(TensorFile, RefusesWhatReadersWould) {
  Scratch scratch;
  Status status =
      writeSafetensors(scratch.path("t"), std::vector<TensorView>{{"a", ElementType::f32, {1}, floats},
                                                                  {"a", ElementType::f32, {1}, floats},
                                                                  {"__metadata__", ElementType::u8, {1}, bytes},
                                                                  {"b", ElementType::f4, {3}, bytes},
                                                                  {"c", ElementType::u8, {-1}, bytes}});
  std::string file = scratch.path("t"), rule = ", expected sizes of 0 or more and a whole number of bytes below 2^64";
  EXPECT_EQ(status.message(), file + ": tensor \"a\" is given twice\n" + file +
                                  ": tensor \"__metadata__\" has a name that the format keeps for itself\n" + file +
                                  ": tensor \"c\" has shape [-1] of U8" + rule + "\n" + file +
                                  ": tensor \"b\" has shape [3] of F4" + rule);
  EXPECT_FALSE(writeSafetensors(scratch.path("t"), std::vector<TensorView>{{"\xff", ElementType::u8, {1}, bytes}}));
  EXPECT_TRUE(std::filesystem::is_empty(scratch.path()));
}

TEST(TensorFile, ReplacesOnlyWhenComplete) {
  Scratch scratch;
  ASSERT_TRUE(writeSafetensors(scratch.path("t"), std::vector<TensorView>{{"a", ElementType::f32, {1}, floats}}));
  Expected<Checkpoint> before = Checkpoint::open(scratch.path("t"));
  ASSERT_TRUE(before);
  ASSERT_TRUE(writeSafetensors(scratch.path("t"), std::vector<TensorView>{{"b", ElementType::f32, {6}, floats}}));
  // Who had the old file mapped still has it.
  EXPECT_EQ(std::memcmp(before->data(*before->find("a")).data(), floats, 4), 0);
  Expected<Checkpoint> after = Checkpoint::open(scratch.path("t"));
  ASSERT_TRUE(after);
  EXPECT_TRUE(after->find("b"));
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(scratch.path()), {}), 1);
  struct stat info;
  ASSERT_EQ(::stat(scratch.path("t").c_str(), &info), 0);
  EXPECT_NE(info.st_mode & 0600, 0u);
  EXPECT_EQ(writeSafetensors(scratch.path("no/t"), {}).message(),
            scratch.path("no/t") + ": cannot create: No such file or directory");
}

} // namespace
} // namespace veomni::test

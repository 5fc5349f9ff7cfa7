// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Support.h"

namespace veomni::test {
namespace {

std::string tensor(const std::string &name, int bytes) {
  return safetensors("{\"" + name + R"(":{"dtype":"U8","shape":[)" + std::to_string(bytes) + R"(],"data_offsets":[0,)" +
                         std::to_string(bytes) + "]}}",
                     size_t(bytes));
}

std::string map(const std::string &entries) {
  return R"({"metadata":{"total_size":99},"weight_map":{)" + entries + "}}";
}

class Sharded : public testing::Test {
protected:
  std::string messageOf(const std::string &index) {
    scratch.write("model.safetensors.index.json", index);
    Expected<Checkpoint> checkpoint = Checkpoint::open(scratch.path());
    if (checkpoint)
      return "";
    // Without the directory, which has another name every time.
    std::string message = checkpoint.status().message(), prefix = scratch.path() + "/";
    for (size_t at; (at = message.find(prefix)) != std::string::npos;)
      message.erase(at, prefix.size());
    return message;
  }
  void SetUp() override {
    scratch.write("1.safetensors", tensor("b", 3));
    scratch.write("2.safetensors", tensor("a", 5));
  }
  Scratch scratch;
};

const std::string index = "model.safetensors.index.json: ";

TEST_F(Sharded, Opens) {
  ASSERT_EQ(messageOf(map(R"("a":"2.safetensors","b":"1.safetensors")")), "");
  Expected<Checkpoint> opened = Checkpoint::open(scratch.path());
  ASSERT_TRUE(opened);
  Checkpoint checkpoint = std::move(*opened);
  std::string names;
  for (const TensorInfo &tensor : checkpoint)
    names += tensor.name;
  EXPECT_EQ(names, "ab");
  EXPECT_EQ(checkpoint.files().size(), 2u);
  const TensorInfo *found = checkpoint.find("b");
  ASSERT_TRUE(found);
  EXPECT_EQ(checkpoint.data(*found).size(), 3u);
  EXPECT_EQ(checkpoint.data(*found)[1], std::byte(10));
  checkpoint.release(*found);
  EXPECT_EQ(checkpoint.data(*found)[1], std::byte(10));
  EXPECT_EQ(checkpoint.find("c"), nullptr);
  EXPECT_EQ(checkpoint.path(), scratch.path());
}

TEST_F(Sharded, MissingShard) {
  EXPECT_EQ(messageOf(map(R"("a":"2.safetensors","b":"3.safetensors")")),
            index + "shard 3.safetensors: cannot open: No such file or directory");
}

TEST_F(Sharded, TensorsThatDoNotMatchTheMap) {
  EXPECT_EQ(messageOf(map(R"("a":"2.safetensors","c":"1.safetensors")")),
            index + "weight_map says that \"c\" is in 1.safetensors, which does not have it\n" + index +
                "1.safetensors has a tensor \"b\", which weight_map does not place there");
}

TEST_F(Sharded, TensorInTwoShards) {
  scratch.write("1.safetensors", tensor("a", 3));
  scratch.write("3.safetensors", tensor("c", 3));
  EXPECT_EQ(messageOf(map(R"("a":"2.safetensors","b":"1.safetensors")")),
            index + "weight_map says that \"b\" is in 1.safetensors, which does not have it\n" + index +
                "1.safetensors has a tensor \"a\", which weight_map does not place there");
}

TEST_F(Sharded, NamesThatLeaveTheDirectory) {
  for (const char *name : {"../1.safetensors", "/1.safetensors", "sub/1.safetensors", "..", ".", "", "a..b",
                           "1.safetensors\\u0000", "x\\\\y"})
    EXPECT_NE(messageOf(map(R"("a":"2.safetensors","b":")" + std::string(name) + "\""))
                  .find("expected a file name without a path"),
              std::string::npos)
        << name;
}

TEST_F(Sharded, MalformedIndex) {
  EXPECT_EQ(messageOf("{}"), index + "has no object weight_map");
  EXPECT_EQ(messageOf("[]"), index + "has no object weight_map");
  EXPECT_EQ(messageOf(R"({"weight_map":[]})"), index + "has no object weight_map");
  EXPECT_EQ(messageOf(map("")), index + "weight_map is empty");
  EXPECT_EQ(messageOf(map(R"("a":1)")), index + "weight_map \"a\" is not a file name");
  EXPECT_NE(messageOf(map(R"("a":"2.safetensors","a":"2.safetensors")")).find("duplicate key \"a\""),
            std::string::npos);
  EXPECT_NE(messageOf("").find("invalid JSON"), std::string::npos);
}

TEST_F(Sharded, MalformedShard) {
  scratch.write("1.safetensors", "short");
  EXPECT_EQ(messageOf(map(R"("a":"2.safetensors","b":"1.safetensors")")),
            index + "shard 1.safetensors: has 5 bytes, expected a safetensors file with at least 8");
}

TEST_F(Sharded, SingleFileComesFirst) {
  scratch.write("model.safetensors.index.json", "not JSON");
  scratch.write("model.safetensors", tensor("c", 1));
  Expected<Checkpoint> checkpoint = Checkpoint::open(scratch.path());
  ASSERT_TRUE(checkpoint) << checkpoint.status().message();
  EXPECT_TRUE(checkpoint->find("c"));
}

TEST(Single, FileOrNothing) {
  Scratch scratch;
  scratch.write("x", tensor("abc.weight", 4));
  Expected<Checkpoint> checkpoint = Checkpoint::open(scratch.path("x"));
  ASSERT_TRUE(checkpoint) << checkpoint.status().message();
  EXPECT_EQ(checkpoint->size(), 1u);
  EXPECT_EQ(checkpoint->nearest("abc.weigth"), "abc.weight");
  EXPECT_EQ(Checkpoint::open(scratch.path()).status().message(),
            scratch.path() + ": has neither model.safetensors nor model.safetensors.index.json");
  EXPECT_EQ(Checkpoint::open(scratch.path("y")).status().message(),
            scratch.path("y") + ": cannot open: No such file or directory");
}

} // namespace
} // namespace veomni::test

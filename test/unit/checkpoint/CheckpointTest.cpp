// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Checkpoints of one and of many files, whole and damaged.
#include "Support.h"

#include <filesystem>

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

TEST_F(Sharded, TheIndexIsTheListOfWhatToRead) {
  ASSERT_EQ(messageOf(map(R"("a":"2.safetensors","c":"1.safetensors")")), "");
  Expected<Checkpoint> opened = Checkpoint::open(scratch.path());
  ASSERT_TRUE(opened);
  EXPECT_EQ(opened->size(), 1u);
  EXPECT_TRUE(opened->find("a"));
  EXPECT_EQ(std::vector(opened->notes().begin(), opened->notes().end()),
            (std::vector<std::string>{
                "weight_map lists 1 tensor, \"c\" in 1.safetensors, which does not have it",
                "not read, since weight_map does not list it there: 1 tensor, \"b\" in 1.safetensors"}));
}

TEST_F(Sharded, TensorInTwoShardsIsReadWhereTheIndexSays) {
  scratch.write("1.safetensors", tensor("a", 3));
  ASSERT_EQ(messageOf(map(R"("a":"2.safetensors","b":"1.safetensors")")), "");
  Expected<Checkpoint> opened = Checkpoint::open(scratch.path());
  ASSERT_TRUE(opened);
  EXPECT_EQ(opened->size(), 1u);
  EXPECT_EQ(opened->find("a")->size, 5u);
}

TEST_F(Sharded, ShardsMayLieBelow) {
  std::filesystem::create_directory(scratch.path("sub"));
  scratch.write("sub/3.safetensors", tensor("c", 2));
  ASSERT_EQ(messageOf(map(R"("a":"2.safetensors","c":"sub/3.safetensors")")), "");
  EXPECT_EQ(Checkpoint::open(scratch.path())->find("c")->size, 2u);
}

TEST_F(Sharded, NamesThatLeaveTheDirectory) {
  for (const char *name : {"../1.safetensors", "/1.safetensors", "sub/../1.safetensors", "..", ".", "", "sub//x", "./x",
                           "1.safetensors\\u0000", "x\\\\y"})
    EXPECT_NE(messageOf(map(R"("a":"2.safetensors","b":")" + std::string(name) + "\""))
                  .find("expected a path below the directory"),
              std::string::npos)
        << name;
}

TEST_F(Sharded, MalformedIndex) {
  EXPECT_EQ(messageOf("{}"), index + "has no object weight_map");
  EXPECT_EQ(messageOf("[]"), index + "has no object weight_map");
  EXPECT_EQ(messageOf(R"({"weight_map":[]})"), index + "has no object weight_map");
  EXPECT_EQ(messageOf(map("")), index + "weight_map is empty");
  EXPECT_EQ(messageOf(map(R"("a":1)")), index + "weight_map \"a\" is not a file name");
  EXPECT_NE(messageOf(map(R"("a":"2.safetensors","a":"1.safetensors")")).find("duplicate key \"a\""),
            std::string::npos);
  EXPECT_NE(messageOf("{").find("invalid JSON"), std::string::npos);
  EXPECT_EQ(messageOf(""), index + "is empty: download the file again, for example with hf download");
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

TEST(Foreign, EachCauseIsNamedWithWhatHelps) {
  Scratch scratch;
  const std::pair<std::string, const char *> files[] = {
      {"version https://git-lfs.github.com/spec/v1\noid sha256:ab\nsize 4976698672\n",
       "is a git-lfs pointer to a file of 4976698672 bytes, not the file itself"},
      {"<!DOCTYPE html><html></html>", "is a web page"},
      {"  <HTML><body>", "is a web page"},
      {std::string("PK\3\4", 4) + std::string(20, 'x'), "is a pickle of PyTorch"},
      {std::string("\x80\x02}q\x00.", 6) + std::string(20, 'x'), "is a pickle of PyTorch"},
      {"GGUF" + std::string(20, 'x'), "is a GGUF file"},
      {"", "is empty: download the file again"},
  };
  for (const auto &[text, expected] : files) {
    scratch.write("model.safetensors", text);
    std::string message = Checkpoint::open(scratch.path()).status().message();
    EXPECT_EQ(message.find(scratch.path("model.safetensors") + ": " + expected), 0u) << message;
  }
  // The length of a header may be the bytes of anything.
  std::string header = R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}})";
  header.resize(0x280, ' ');
  scratch.write("model.safetensors", safetensors(header, 1));
  EXPECT_TRUE(Checkpoint::open(scratch.path()));
}

TEST(Foreign, DirectoriesSayWhatTheyHoldInstead) {
  const std::pair<const char *, const char *> names[] = {
      {"pytorch_model.bin", ": pytorch_model.bin is a pickle of PyTorch"},
      {"model-Q4_K_M.gguf", ": model-Q4_K_M.gguf is a GGUF file"},
      {"tf_model.h5", ": tf_model.h5 holds weights in a format of another framework"},
      {"model-00001-of-00002.safetensors", ": has model-00001-of-00002.safetensors, but neither"},
      {"adapter_model.safetensors", ": is a LoRA adapter, not a model"},
  };
  for (const auto &[name, expected] : names) {
    Scratch scratch;
    scratch.write(name, "x");
    std::string message = Checkpoint::open(scratch.path()).status().message();
    EXPECT_EQ(message.find(scratch.path() + expected), 0u) << message;
  }
  Scratch scratch;
  std::filesystem::create_symlink("/nowhere/blob", scratch.path("model.safetensors"));
  EXPECT_EQ(Checkpoint::open(scratch.path())
                .status()
                .message()
                .find(scratch.path() + ": model.safetensors is a link to /nowhere/blob, which is not there"),
            0u);
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

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The files of a model directory; what a model's parameters find there is tested with the models.
#include "Fixtures.h"

#include "veomni/ModelConfig/ModelDirectory.h"

#include <filesystem>

using namespace veomni;
using namespace veomni::test;

namespace {

class ModelDirectoryTest : public testing::Test {
protected:
  void SetUp() override {
    std::string name = testing::UnitTest::GetInstance()->current_test_info()->name();
    path_ = testing::TempDir() + "veomni_model_" + name;
    std::filesystem::remove_all(path_);
    std::filesystem::create_directory(path_);
  }
  void TearDown() override { std::filesystem::remove_all(path_); }
  void write(const std::string &name, const std::string &text) {
    std::ofstream(path_ + "/" + name, std::ios::binary) << text;
  }

  std::string path_;
};

TEST_F(ModelDirectoryTest, ReadsConfigAndGenerationConfig) {
  write("config.json", readFixture("goldens/qwen3/config.json"));
  ASSERT_TRUE(readModelConfig(path_));
  EXPECT_EQ(*readModelConfig(path_), parsed(readConfig("qwen3")));
  write("generation_config.json", R"({"eos_token_id": [7, 8]})");
  EXPECT_EQ(readModelConfig(path_)->eosTokenIds, (std::vector<std::int64_t>{7, 8}));
}

TEST_F(ModelDirectoryTest, MessagesNameTheFile) {
  EXPECT_NE(readModelConfig(path_).status().message().find(path_ + "/config.json"), std::string::npos);
  write("config.json", "{}");
  EXPECT_EQ(readModelConfig(path_).status().message(),
            path_ + "/config.json: missing config key 'model_type', expected a string");
  write("config.json", readFixture("goldens/qwen3/config.json"));
  write("generation_config.json", R"({"eos_token_id": -1})");
  EXPECT_EQ(readModelConfig(path_).status().message(),
            path_ + "/generation_config.json: 'eos_token_id' = -1: expected an integer in [0, 2147483647]");
  write("config.json", std::string((1 << 20) + 1, ' '));
  EXPECT_EQ(readModelConfig(path_).status().message(),
            path_ + "/config.json: has 1048577 bytes, expected at most 1048576");
}

TEST_F(ModelDirectoryTest, ReportsConfigAndCheckpointTogether) {
  write("config.json", "{}");
  std::string message = ModelDirectory::open(path_).status().message();
  EXPECT_NE(message.find("config.json: missing config key 'model_type'"), std::string::npos) << message;
  EXPECT_NE(message.find("model.safetensors"), std::string::npos) << message;
}

} // namespace

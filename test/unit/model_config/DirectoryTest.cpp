// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Fixtures.h"

#include "veomni/ModelConfig/ModelDescription.h"
#include "veomni/runtime/TensorFile.h"

#include <filesystem>
#include <list>

using namespace veomni;
using namespace veomni::test;

namespace {

class ModelDirectory : public testing::Test {
protected:
  void SetUp() override {
    std::string name = testing::UnitTest::GetInstance()->current_test_info()->name();
    path_ = testing::TempDir() + "veomni_model_" + name;
    std::filesystem::remove_all(path_);
    std::filesystem::create_directory(path_);
  }
  void TearDown() override { std::filesystem::remove_all(path_); }
  void write(const std::string &name, const std::string &text) { std::ofstream(path_ + "/" + name, std::ios::binary) << text; }

  std::string path_;
};

TEST_F(ModelDirectory, ReadsConfigAndGenerationConfig) {
  write("config.json", readFixture("goldens/qwen3/config.json"));
  ASSERT_TRUE(readDecoderConfig(path_));
  EXPECT_EQ(*readDecoderConfig(path_), parsed(readConfig("qwen3")));
  write("generation_config.json", R"({"eos_token_id": [7, 8]})");
  EXPECT_EQ(readDecoderConfig(path_)->eosTokenIds, (std::vector<std::int64_t>{7, 8}));
}

TEST_F(ModelDirectory, MessagesNameTheFile) {
  EXPECT_NE(readDecoderConfig(path_).status().message().find(path_ + "/config.json"), std::string::npos);
  write("config.json", "{}");
  EXPECT_EQ(readDecoderConfig(path_).status().message(), path_ + "/config.json: missing config key 'model_type', expected a string");
  write("config.json", readFixture("goldens/qwen3/config.json"));
  write("generation_config.json", R"({"eos_token_id": -1})");
  EXPECT_EQ(readDecoderConfig(path_).status().message(),
            path_ + "/generation_config.json: 'eos_token_id' = -1: expected an integer in [0, 2147483647]");
  write("config.json", std::string((1 << 20) + 1, ' '));
  EXPECT_EQ(readDecoderConfig(path_).status().message(), path_ + "/config.json: has 1048577 bytes, expected at most 1048576");
}

/// Bytes for every tensor the config expects, the same for the same shape.
class Weights {
public:
  explicit Weights(const DecoderConfig &config) {
    for (const TensorSpec &spec : expectedTensors(config, expertStorages(config)[0]))
      add(spec.name, spec.shape, 0);
  }
  void add(const std::string &name, const Shape &shape, unsigned char fill) {
    std::size_t size = 4;
    for (std::int64_t dim : shape)
      size *= static_cast<std::size_t>(dim);
    bytes_.emplace_back(size, std::byte{fill});
    tensors_.push_back({name, ElementType::f32, shape, bytes_.back().data()});
  }
  void remove(std::string_view name) {
    std::erase_if(tensors_, [&](const TensorView &tensor) { return tensor.name == name; });
  }
  void write(const std::string &directory) const {
    Status status = writeSafetensors(directory + "/model.safetensors", tensors_);
    ASSERT_TRUE(status) << status.message();
  }

private:
  std::list<std::vector<std::byte>> bytes_;
  std::vector<TensorView> tensors_;
};

TEST(Goldens, AreDescribedInEveryLayout) {
  for (std::string_view name : cases)
    for (const char *layout : {"", "/v5", "/hub"}) {
      std::string path = VEOMNI_FIXTURES "/goldens/" + std::string(name) + layout;
      if (!std::filesystem::exists(path))
        continue; // models without experts have one layout
      Expected<ModelDescription> model = describeModel(path);
      ASSERT_TRUE(model) << model.status().message();
      std::size_t sources = 0;
      for (const ParameterStorage &parameter : model->layout.parameters)
        sources += parameter.kind == StorageKind::Alias ? 0 : parameter.keys.size();
      EXPECT_EQ(sources + model->layout.ignored.size(), model->checkpoint.tensors().size()) << path;
    }
}

TEST_F(ModelDirectory, DescribesAModel) {
  write("config.json", readFixture("goldens/mixtral/config.json"));
  Weights(parsed(readConfig("mixtral"))).write(path_);
  Expected<ModelDescription> model = describeModel(path_);
  ASSERT_TRUE(model) << model.status().message();
  EXPECT_EQ(model->config, parsed(readConfig("mixtral")));
  for (const ParameterStorage &parameter : model->layout.parameters)
    for (const std::string &key : parameter.keys)
      EXPECT_TRUE(model->checkpoint.find(key)) << key;
}

TEST_F(ModelDirectory, ReportsConfigAndCheckpointTogether) {
  write("config.json", "{}");
  std::string message = describeModel(path_).status().message();
  EXPECT_NE(message.find("config.json: missing config key 'model_type'"), std::string::npos) << message;
  EXPECT_NE(message.find("model.safetensors"), std::string::npos) << message;
}

TEST_F(ModelDirectory, ReportsWhereTheyDisagree) {
  write("config.json", readFixture("goldens/qwen3/config.json"));
  Weights weights(parsed(readConfig("qwen3")));
  weights.remove("model.norm.weight");
  weights.write(path_);
  EXPECT_EQ(describeModel(path_).status().message(), path_ + ": missing tensor 'model.norm.weight' of shape [64]");
}

TEST_F(ModelDirectory, StoredTiedHeadMustEqualTheEmbedding) {
  write("config.json", readFixture("goldens/llama_tied/config.json"));
  Weights same(parsed(readConfig("llama_tied")));
  same.add("lm_head.weight", {151, 64}, 0);
  same.write(path_);
  Expected<ModelDescription> model = describeModel(path_);
  ASSERT_TRUE(model) << model.status().message();
  EXPECT_EQ(model->layout.tiedCopy, "lm_head.weight");

  Weights different(parsed(readConfig("llama_tied")));
  different.add("lm_head.weight", {151, 64}, 1);
  different.write(path_);
  EXPECT_EQ(describeModel(path_).status().message(),
            path_ + ": 'lm_head.weight' differs from 'model.embed_tokens.weight', to which config.json ties it (tie_word_embeddings)");
}

} // namespace

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Models and the files of their directories.
#include "Support.h"

#include "veomni/ModelConfig/ModelDirectory.h"
#include "veomni/runtime/TensorFile.h"

#include <algorithm>
#include <filesystem>
#include <list>

using namespace veomni;
using namespace veomni::test;

namespace {

class ModelDirectoryTest : public testing::Test {
protected:
  void SetUp() override {
    std::string name = testing::UnitTest::GetInstance()->current_test_info()->name();
    path_ = testing::TempDir() + "veomni_models_" + name;
    std::filesystem::remove_all(path_);
    std::filesystem::create_directory(path_);
  }
  void TearDown() override { std::filesystem::remove_all(path_); }
  void write(const std::string &name, const std::string &text) {
    std::ofstream(path_ + "/" + name, std::ios::binary) << text;
  }

  Expected<CheckpointLayout> match() {
    Expected<ModelDirectory> model = ModelDirectory::open(path_);
    if (!model)
      return model.status();
    return model->match(parametersOf(model->config));
  }

  std::string path_;
};

/// Bytes for every tensor the config expects, the same for the same shape.
class Weights {
public:
  explicit Weights(const ModelConfig &config) {
    for (const TensorSpec &spec : expectedTensors(config.checkpoint, parametersOf(config), 0))
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

TEST(Goldens, MatchInEveryLayout) {
  for (std::string_view name : cases)
    for (const char *folder : {"", "/v5", "/hub"}) {
      std::string path = VEOMNI_FIXTURES "/goldens/" + std::string(name) + folder;
      if (!std::filesystem::exists(path))
        continue; // models without experts have one layout
      Expected<ModelDirectory> model = ModelDirectory::open(path);
      ASSERT_TRUE(model) << model.status().message();
      Expected<CheckpointLayout> layout = model->match(parametersOf(model->config));
      ASSERT_TRUE(layout) << layout.status().message();
      std::size_t sources = 0;
      for (const StoredParameter &parameter : layout->parameters)
        sources +=
            static_cast<std::size_t>(std::ranges::count(parameter.recipe, recipe::StepKind::load, &recipe::Step::kind));
      EXPECT_EQ(sources + layout->ignored.size(), model->checkpoint.tensors().size()) << path;
    }
}

TEST_F(ModelDirectoryTest, MatchesAModel) {
  write("config.json", readFixture("goldens/mixtral/config.json"));
  Weights(parsed(readConfig("mixtral"))).write(path_);
  Expected<CheckpointLayout> layout = match();
  ASSERT_TRUE(layout) << layout.status().message();
  EXPECT_EQ(layout->parameters.size(), parametersOf(parsed(readConfig("mixtral"))).size());
}

TEST_F(ModelDirectoryTest, ReportsWhereTheyDisagree) {
  write("config.json", readFixture("goldens/qwen3/config.json"));
  Weights weights(parsed(readConfig("qwen3")));
  weights.remove("model.norm.weight");
  weights.write(path_);
  EXPECT_EQ(match().status().message(), path_ + ": missing tensor 'model.norm.weight' of shape [64]");
}

TEST_F(ModelDirectoryTest, StoredTiedHeadThatDiffersIsKept) {
  write("config.json", readFixture("goldens/llama_tied/config.json"));
  Weights same(parsed(readConfig("llama_tied")));
  same.add("lm_head.weight", {151, 64}, 0);
  same.write(path_);
  Expected<CheckpointLayout> layout = match();
  ASSERT_TRUE(layout) << layout.status().message();
  EXPECT_FALSE(layout->find("lm_head.weight"));

  Weights different(parsed(readConfig("llama_tied")));
  different.add("lm_head.weight", {151, 64}, 1);
  different.write(path_);
  layout = match();
  ASSERT_TRUE(layout) << layout.status().message();
  EXPECT_TRUE(layout->find("lm_head.weight"));
  EXPECT_EQ(
      ModelDirectory::open(path_)->notes,
      std::vector<std::string>{"'lm_head.weight' differs from 'model.embed_tokens.weight', to which config.json ties "
                               "it (tie_word_embeddings); the head is taken as it is stored"});
}

} // namespace

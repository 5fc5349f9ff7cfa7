// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// veomni-run and the C API as their users meet them: as programs over files.
#include "TestBundle.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <iterator>
#include <sys/wait.h>
#include <unistd.h>

namespace veomni {
namespace {

using test::fileTensor;
using test::FileTensor;
using test::Size;
using test::TestBundle;

class RunTool : public testing::Test {
protected:
  RunTool() {
    std::filesystem::create_directories(directory);
    test::writeFile(path("m.vob"), test::makeLayeredBundle().file());
    test::writeTensors(path("model.safetensors"), test::layeredWeights());
    std::vector<float> y = test::layeredOutput(ids);
    for (size_t i = 0; i < 4; ++i)
      y[5 * 4 + i] += 100; // at the position that the mask hides
    test::writeTensors(path("golden.safetensors"),
                       {fileTensor("input.ids", "I64", {2, 3}, ids), fileTensor<float>("output.y", "F32", {2, 3, 4}, y),
                        fileTensor<float>("grad.something", "F32", {1}, {1})});
  }
  ~RunTool() override { std::filesystem::remove_all(directory); }

  std::string path(const std::string &name) const { return directory + "/" + name; }
  static std::string read(const std::string &path) {
    std::ifstream stream(path, std::ios::binary);
    return std::string((std::istreambuf_iterator<char>(stream)), {});
  }
  /// The exit code; output and errors are left in `out` and `err`.
  int command(const std::string &program, const std::string &arguments) {
    int status = std::system((program + " " + arguments + " >" + path("out") + " 2>" + path("err")).c_str());
    out = read(path("out"));
    err = read(path("err"));
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }
  int run(const std::string &arguments) { return command(VEOMNI_RUN, arguments); }
  std::string model() const { return path("m.vob") + " --weights " + directory + " --threads 2"; }
  std::string golden() const { return model() + " --inputs " + path("golden.safetensors"); }

  const std::string directory = testing::TempDir() + "veomni-run-" + std::to_string(::getpid());
  const std::vector<int64_t> ids = {3, 1, 4, 1, 5, 9};
  std::string out, err;
};

TEST_F(RunTool, HelpsWithExamples) {
  EXPECT_EQ(run("--help"), 0);
  EXPECT_NE(out.find("Examples:"), std::string::npos);
}

TEST_F(RunTool, CountsOnTheDeviceNull) {
  const std::string null = path("m.vob") + " --inputs " + path("golden.safetensors") + " --device=null";
  EXPECT_EQ(run(null), 0) << err;
  EXPECT_EQ(out.find("kernel "), 0u) << out;
  EXPECT_NE(out.find("\naccumulate "), std::string::npos) << out;
  EXPECT_NE(out.find("\ntotal "), std::string::npos) << out;
  EXPECT_NE(out.find("weights: 80 bytes; working memory: "), std::string::npos) << out;
  EXPECT_EQ(run(null + " --report=json"), 0) << err;
  EXPECT_NE(out.find("\"weight_bytes\": 80"), std::string::npos) << out;
  EXPECT_NE(out.find("\"name\": \"accumulate\",\n      \"kind\": \"\",\n      \"calls\": 3,"), std::string::npos)
      << out;

  EXPECT_EQ(run(path("m.vob") + " --inputs " + path("golden.safetensors") + " --device=tpu"), 2);
  EXPECT_EQ(err, "veomni-run: error: --device: unknown device 'tpu', expected one of: cpu, null\n");
  EXPECT_EQ(run(path("m.vob") + " --inputs " + path("golden.safetensors")), 2);
  EXPECT_EQ(err, "veomni-run: error: --weights is needed: the device cpu computes\n");
  EXPECT_EQ(run(null + " --expect " + path("golden.safetensors")), 2);
  EXPECT_EQ(err, "veomni-run: error: --expect: the device null computes nothing\n");
  EXPECT_EQ(run(golden() + " --report=json"), 2);
  EXPECT_EQ(err, "veomni-run: error: --report: the device cpu does not count\n");
}

TEST_F(RunTool, ExitsWith2OnWrongUsage) {
  EXPECT_EQ(run(""), 2);
  EXPECT_EQ(run(golden() + " --no-such-option"), 2);
  EXPECT_EQ(run(golden() + " --rtol 1e-3"), 2);
  EXPECT_EQ(run(golden() + " --values=x"), 2);
  for (const char *tolerance : {"nan", "inf", "-1", "1x", "''"})
    for (const char *option : {" --rtol ", " --atol "})
      EXPECT_EQ(run(golden() + " --expect " + path("golden.safetensors") + option + tolerance), 2)
          << option << tolerance << err;
  for (const char *generate : {"-1", "1000000000000", "99999999999999999999", "1 --eos -1", "1 --eos 4294967296"})
    EXPECT_EQ(run(golden() + " --generate " + generate), 2) << generate << err;
}

TEST_F(RunTool, TellsSlipsFromInputsOfOtherEntries) {
  auto inputs = [&](const std::string &name) {
    test::writeTensors(path("in.safetensors"),
                       {fileTensor("input.ids", "I64", {2, 3}, ids), fileTensor("loss", "I64", {2, 3}, ids),
                        fileTensor("generate.tokens", "I64", {2, 3}, ids), fileTensor(name, "I64", {2, 3}, ids)});
    return run(model() + " --inputs " + path("in.safetensors"));
  };
  for (const char *name : {"labels", "input.labels", "input.pixel_values", "position_ids"}) {
    EXPECT_EQ(inputs(name), 0) << err;
    EXPECT_EQ(err, "veomni-run: note: " + path("in.safetensors") + ": the program does not take " + name + "\n");
  }
  const std::pair<std::string, std::string> slips[] = {{"atention_mask", "attention_mask"},
                                                       {"input.attention_masks", "input.attention_mask"},
                                                       {"inputs.ids", "input.ids"},
                                                       {"idx", "ids"}};
  for (const auto &[slip, meant] : slips) {
    EXPECT_EQ(inputs(slip), 1);
    EXPECT_NE(err.find(path("in.safetensors") + ": tensor " + slip + ": no program takes such an input, did you mean " +
                       meant + "?"),
              std::string::npos)
        << err;
  }
  for (const char *name : {"logits_to_keep", "input.num_items_in_batch"}) {
    EXPECT_EQ(inputs(name), 1);
    EXPECT_NE(err.find(std::string("tensor ") + name + " changes what is computed, and the program does not take it"),
              std::string::npos)
        << err;
  }
  EXPECT_EQ(inputs("entirely_other"), 1);
  EXPECT_NE(err.find("tensor entirely_other: no program takes such an input; this one takes ids, "), std::string::npos)
      << err;
}

TEST_F(RunTool, RefusesATensorUnderTwoNames) {
  test::writeTensors(path("in.safetensors"),
                     {fileTensor("input.ids", "I64", {2, 3}, ids), fileTensor("ids", "I64", {2, 3}, ids)});
  EXPECT_EQ(run(model() + " --inputs " + path("in.safetensors")), 1);
  EXPECT_NE(err.find(path("in.safetensors") + ": has both input.ids and ids, expected one of them"), std::string::npos)
      << err;
}

TEST_F(RunTool, WritesOverNothingThatItReads) {
  const std::string files[] = {path("m.vob"), path("golden.safetensors"), path("model.safetensors"),
                               path("../") + directory.substr(directory.rfind('/') + 1) + "/m.vob"};
  for (const char *option : {" --outputs ", " --trace "})
    for (const std::string &file : files) {
      const std::string before = read(file);
      EXPECT_EQ(run(golden() + option + file), 2);
      EXPECT_NE(err.find(file + " is "), std::string::npos) << err;
      EXPECT_EQ(read(file), before);
    }
  EXPECT_EQ(run(golden() + " --outputs " + path("new") + " --trace " + directory + "/./new"), 2);
  EXPECT_NE(err.find("is --outputs too, expected another file"), std::string::npos) << err;
  EXPECT_FALSE(std::filesystem::exists(path("new")));
}

TEST_F(RunTool, NamesMissingFiles) {
  EXPECT_EQ(run(path("absent.vob") + " --weights " + directory + " --inputs " + path("golden.safetensors")), 1);
  EXPECT_NE(err.find("veomni-run: error: " + path("absent.vob")), std::string::npos) << err;
  EXPECT_EQ(run(model() + " --inputs " + path("absent.safetensors")), 1);
  EXPECT_NE(err.find(path("absent.safetensors")), std::string::npos) << err;
}

TEST_F(RunTool, ComparesWithExpectedOutputs) {
  EXPECT_EQ(run(golden() + " --expect " + path("golden.safetensors")), 1) << err;
  EXPECT_NE(out.find("FAIL"), std::string::npos) << out;
  EXPECT_NE(out.find("1.000e+02"), std::string::npos) << out;
  EXPECT_EQ(run(golden() + " --expect " + path("golden.safetensors") + " --atol 100"), 0) << out;
  EXPECT_NE(out.find("ok"), std::string::npos) << out;
  EXPECT_EQ(err, "");
}

TEST_F(RunTool, LeavesOutMaskedPositions) {
  TestBundle bundle = test::makeLayeredBundle();
  bundle->inputs[1]->name = "attention_mask";
  test::writeFile(path("m.vob"), bundle.file());
  std::vector<float> y = test::layeredOutput(ids);
  y[5 * 4] += 100;
  test::writeTensors(path("masked.safetensors"),
                     {fileTensor("input.ids", "I64", {2, 3}, ids),
                      fileTensor<int64_t>("input.attention_mask", "I64", {2, 3}, {1, 1, 1, 1, 1, 0}),
                      fileTensor<float>("y", "F32", {2, 3, 4}, y)});
  EXPECT_EQ(run(model() + " --inputs " + path("masked.safetensors") + " --expect " + path("masked.safetensors")), 0)
      << out << err;
}

TEST_F(RunTool, RefusesAnExpectationWithoutOutputs) {
  EXPECT_EQ(run(golden() + " --expect " + path("model.safetensors")), 1);
  EXPECT_NE(err.find("has none of the program's outputs (y, positions_seen)"), std::string::npos) << err;
}

TEST_F(RunTool, SavesOutputsAndValues) {
  ASSERT_EQ(
      run(golden() + " --outputs " + path("o.safetensors") + " --values='model.layers.*' --trace=" + path("t.json")), 0)
      << err;
  std::string file = read(path("o.safetensors"));
  for (const char *name : {"\"y\"", "\"positions_seen\"", "\"model.layers.0\"", "\"model.layers.1\""})
    EXPECT_NE(file.find(name), std::string::npos) << name;
  EXPECT_EQ(run(golden() + " --expect " + path("o.safetensors") + " --rtol 0"), 0) << out << err;
  std::string trace = read(path("t.json"));
  EXPECT_EQ(trace.find("{\"displayTimeUnit\""), 0u);
  EXPECT_NE(trace.find("\"workgroups\":3"), std::string::npos);
  EXPECT_NE(trace.find("model.layers.1"), std::string::npos);
  EXPECT_EQ(run(golden() + " --outputs " + path("o.safetensors") + " --values=nowhere"), 1);
}

TEST_F(RunTool, GeneratesGreedily) {
  // Logits are spread over 4 tokens: the largest is always 3, whatever the weights, and more so after larger ids.
  TestBundle bundle = test::makeLayeredBundle();
  bundle->inputs[0]->name = "input_ids";
  bundle->outputs[0]->name = "logits";
  test::writeFile(path("m.vob"), bundle.file());
  test::writeTensors(path("prompt.safetensors"), {fileTensor("input_ids", "I64", {2, 3}, ids)});
  const std::string prompt = model() + " --inputs " + path("prompt.safetensors") + " --generate 4";
  EXPECT_EQ(run(prompt), 1);
  EXPECT_NE(err.find("has 2 rows; choose one with --row"), std::string::npos) << err;
  EXPECT_EQ(run(prompt + " --row 2"), 1);
  ASSERT_EQ(run(prompt + " --row 1 --time"), 0) << err;
  EXPECT_EQ(out, "3\n3\n3\n3\n");
  EXPECT_NE(err.find("token 3: "), std::string::npos) << err;
  ASSERT_EQ(run(prompt + " --row 0 --eos 2 3"), 0) << err;
  EXPECT_EQ(out, "3\n");
  EXPECT_EQ(run(prompt + " --row 0 --eos 2 4"), 1);
  EXPECT_NE(err.find("--eos: token 4 is not in the vocabulary, expected 0 to 3"), std::string::npos) << err;
  EXPECT_EQ(out, "");
  bundle->metadata[0]->key = "max_position_embeddings";
  bundle->metadata[0]->value = "6";
  test::writeFile(path("m.vob"), bundle.file());
  EXPECT_EQ(run(prompt + " --row 0"), 1);
  EXPECT_NE(err.find("--generate: 3 tokens and 4 more do not fit in the model's 6 positions, expected at most 3 more"),
            std::string::npos)
      << err;
  EXPECT_EQ(out, "");
  bundle->metadata[0]->key = "eos_token_id";
  bundle->metadata[0]->value = "2, 3";
  test::writeFile(path("m.vob"), bundle.file());
  ASSERT_EQ(run(prompt + " --row 0"), 0) << err;
  EXPECT_EQ(out, "3\n");
}

TEST_F(RunTool, RunsTheEntryThatIsNamed) {
  TestBundle bundle = test::makeLayeredBundle();
  bundle.moveIntoEntry("forward");
  bundle->entries.push_back(std::make_unique<bundle::EntryT>(*bundle->entries[0]));
  bundle->entries[1]->name = "again";
  bundle->entries[1]->outputs[0]->name = "z";
  test::writeFile(path("m.vob"), bundle.file());
  ASSERT_EQ(run(golden() + " --outputs " + path("o.safetensors")), 0) << err; // the first
  EXPECT_NE(read(path("o.safetensors")).find("\"y\""), std::string::npos);
  ASSERT_EQ(run(golden() + " --entry=again --outputs " + path("o.safetensors")), 0) << err;
  EXPECT_NE(read(path("o.safetensors")).find("\"z\""), std::string::npos);
  EXPECT_EQ(run(golden() + " --entry=agai"), 1);
  EXPECT_NE(err.find("entry agai: the program has no such entry, did you mean again?"), std::string::npos) << err;
}

TEST_F(RunTool, ChecksMemory) {
  EXPECT_EQ(run(golden() + " --check-memory --expect " + path("golden.safetensors") + " --atol 100"), 0) << err;
  for (const char *other : {" --values=x --outputs o", " --trace=t", " --generate 1"})
    EXPECT_EQ(run(golden() + " --check-memory" + other), 2) << err;
  TestBundle bundle = test::makeLayeredBundle();
  for (auto &instruction : bundle->functions[2]->instructions)
    if (auto *dispatch = instruction->action.AsDispatch();
        dispatch && dispatch->kernel == 0) // spread, told of more rows than there are
      dispatch->scalars[0] = TestBundle::extent({Size::of(0), Size::of(1), 100}),
      dispatch->workgroups[0] = TestBundle::extent({24});
  test::writeFile(path("m.vob"), bundle.file());
  EXPECT_EQ(run(golden() + " --check-memory"), 1);
  EXPECT_NE(err.find("veomni: error: memory check: kernel \"spread\" (function \"forward\", instruction 0): "),
            std::string::npos)
      << err;
  EXPECT_NE(err.find(" bytes past the end of operand "), std::string::npos) << err;
}

TEST_F(RunTool, ServesC) { EXPECT_EQ(command(VEOMNI_CAPI_TEST, path("m.vob") + " " + directory), 0) << err; }

} // namespace
} // namespace veomni

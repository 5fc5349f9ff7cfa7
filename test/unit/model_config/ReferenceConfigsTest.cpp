// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What holds for the configuration of every reference model.
#include "Fixtures.h"

using namespace veomni;
using namespace veomni::test;
using nlohmann::json;

namespace {

TEST(Families, EveryReferenceConfigParses) {
  for (std::string_view name : cases)
    parsed(readConfig(name));
}

TEST(Families, BothSpellingsMeanTheSame) {
  for (std::string_view name : legacyCases) {
    json legacy = json::parse(readFixture("goldens/" + std::string(name) + "/config.legacy.json"));
    EXPECT_TRUE(parsed(legacy) == parsed(readConfig(name))) << name;
  }
}

TEST(Families, NormsNeedAnEpsilonThatFloat32Holds) {
  for (std::string_view name : cases)
    for (double epsilon : {0.0, 1e-300}) {
      json config = readConfig(name);
      const bool isComposite = config.contains("text_config");
      (isComposite ? config["text_config"] : config)["rms_norm_eps"] = epsilon;
      EXPECT_EQ(errorOf(config), std::string("config.json: '") + (isComposite ? "text_config." : "") +
                                     "rms_norm_eps' = " + json(epsilon).dump() + ": expected a number in [1e-30, 1]");
    }
}

} // namespace

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Ranks and their places on a mesh.
#include "veomni/runtime/Communicator.h"

#include <array>
#include <gtest/gtest.h>

namespace veomni {
namespace {

TEST(Mesh, TheLastAxisIsTheFastest) {
  Expected<Mesh> mesh = Mesh::parse("dp=2,sp=3");
  ASSERT_TRUE(mesh) << mesh.status().message();
  EXPECT_EQ(mesh->size(), 6);
  EXPECT_EQ(mesh->coordinates(4), (std::vector<int>{1, 1}));
  using Names = std::vector<std::string_view>;
  EXPECT_EQ(*mesh->group(4, Names{"sp"}), (std::vector<int>{3, 4, 5}));
  EXPECT_EQ(*mesh->group(4, Names{"dp"}), (std::vector<int>{1, 4}));
  EXPECT_EQ(*mesh->group(4, (Names{"sp", "dp"})), (std::vector<int>{0, 1, 2, 3, 4, 5}));
  EXPECT_EQ(*mesh->group(4, Names{}), std::vector<int>{4});
  EXPECT_EQ(mesh->group(4, Names{"tp"}).status().message(), "mesh: has no axis 'tp', expected one of: dp, sp");
}

TEST(Mesh, AnAxisMayRedivideTheRanks) {
  Expected<Mesh> mesh = Mesh::create({{"dp", 2}, {"ep", 2, true}, {"sp", 4}});
  ASSERT_TRUE(mesh) << mesh.status().message();
  EXPECT_EQ(mesh->size(), 8);
  EXPECT_EQ(mesh->coordinates(7), (std::vector<int>{1, 1, 3}));
  EXPECT_EQ(mesh->coordinates(4), (std::vector<int>{1, 0, 0}));
  using Names = std::vector<std::string_view>;
  EXPECT_EQ(*mesh->group(5, Names{"ep"}), (std::vector<int>{4, 5}));
  EXPECT_EQ(*mesh->group(5, Names{"sp"}), (std::vector<int>{4, 5, 6, 7}));
  EXPECT_EQ(*mesh->group(5, Names{"dp"}), (std::vector<int>{1, 5}));
  EXPECT_EQ(mesh->group(5, (Names{"dp", "ep"})).status().message(),
            "mesh: axis 'ep' re-divides the ranks, and makes groups by itself alone");
  EXPECT_EQ(Mesh::create({{"sp", 4}, {"ep", 3, true}}).status().message(),
            "mesh: axis 'ep' re-divides 4 ranks, and its size 3 does not divide them");
  EXPECT_EQ(Mesh::create({{"sp", 4}, {"ep", 0, true}}).status().message(),
            "mesh: axis 'ep' has size 0, expected at least 1");
}

TEST(Mesh, AMeshWithoutAxesIsOneRank) {
  EXPECT_EQ(Mesh::parse("")->size(), 1);
  EXPECT_EQ(Mesh::create({})->coordinates(0), std::vector<int>{});
}

TEST(Mesh, RefusesWhatIsNone) {
  auto error = [](std::string_view text) { return Mesh::parse(text).status().message(); };
  EXPECT_EQ(error("sp"), "mesh: found 'sp', expected AXIS=SIZE, as in sp=2,ep=4");
  EXPECT_EQ(error("sp=2,ep=x"), "mesh: found 'ep=x', expected AXIS=SIZE, as in sp=2,ep=4");
  EXPECT_EQ(error("sp=2x"), "mesh: found 'sp=2x', expected AXIS=SIZE, as in sp=2,ep=4");
  EXPECT_EQ(error("sp=2,,ep=2"), "mesh: found '', expected AXIS=SIZE, as in sp=2,ep=4");
  EXPECT_EQ(error("sp=99999999999"), "mesh: found 'sp=99999999999', expected AXIS=SIZE, as in sp=2,ep=4");
  EXPECT_EQ(error("=2"), "mesh: axis 0 has no name");
  EXPECT_EQ(error("sp=0"), "mesh: axis 'sp' has size 0, expected at least 1");
  EXPECT_EQ(error("sp=2,sp=2"), "mesh: there are several axes 'sp'");
  EXPECT_EQ(error("a=65536,b=65536"), "mesh: has more than 2147483647 ranks");
}

} // namespace
} // namespace veomni

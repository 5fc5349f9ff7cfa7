// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Files that can be mapped and files that cannot.
#include "veomni/runtime/MappedFile.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

using veomni::MappedFile;

static std::string writeFile(const std::string &name, const std::string &content) {
  std::string path = testing::TempDir() + name;
  std::ofstream(path, std::ios::binary) << content;
  return path;
}

TEST(MappedFile, HoldsTheBytesAlsoAfterTheyAreReleasedAndMoved) {
  std::string content(20'000, 'x');
  content[12'345] = 'y';
  auto file = MappedFile::open(writeFile("mapped_file", content));
  ASSERT_TRUE(file) << file.status().message();
  MappedFile moved = std::move(*file);
  moved.release(100, 19'900);
  moved.release(19'000, 5'000); // beyond the end: ignored
  moved.prefetch(5'000, 10'000);
  moved.populate(5'000, 10'000);
  moved.populate(19'000, 5'000); // up to the end
  moved.prefetch(20'000, 1);     // behind the end: ignored
  moved.populate(20'000, 1);
  EXPECT_EQ(std::string(reinterpret_cast<const char *>(moved.bytes().data()), moved.bytes().size()), content);
}

TEST(MappedFile, AnEmptyFileIsEmpty) {
  auto file = MappedFile::open(writeFile("mapped_empty", ""));
  ASSERT_TRUE(file) << file.status().message();
  EXPECT_TRUE(file->bytes().empty());
}

TEST(MappedFile, NamesTheFileThatCannotBeMapped) {
  EXPECT_EQ(MappedFile::open("/nowhere/file").status().message(),
            "/nowhere/file: cannot open: No such file or directory");
  EXPECT_EQ(MappedFile::open(testing::TempDir()).status().message(), testing::TempDir() + ": not a regular file");
}

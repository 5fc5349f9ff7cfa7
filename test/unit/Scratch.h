// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Files of one test.
#ifndef VEOMNI_TEST_UNIT_SCRATCH_H
#define VEOMNI_TEST_UNIT_SCRATCH_H

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

namespace veomni::test {

/// A directory that goes with the test.
class Scratch {
public:
  Scratch() {
    std::string pattern = (std::filesystem::temp_directory_path() / "veomni-test-XXXXXX").string();
    path_ = ::mkdtemp(pattern.data());
  }
  ~Scratch() { std::filesystem::remove_all(path_); }
  std::string path(const std::string &name = "") const { return name.empty() ? path_ : path_ + "/" + name; }
  std::string write(const std::string &name, const std::string &content) const {
    std::ofstream(path(name), std::ios::binary) << content;
    return path(name);
  }

private:
  std::string path_;
};

} // namespace veomni::test

#endif // VEOMNI_TEST_UNIT_SCRATCH_H

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Levels, requests, errors, sharing and the cache.
#include "Support.h"

#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"

#include <filesystem>
#include <fstream>
#include <set>

using namespace veomni::cpu;
using namespace veomni::cpu::testing;

namespace {
const char *const kSilu = "{act = \"silu\"}";
const KernelText kGlu = {"read [r, 8] x f32; read [r, 8] x f32; write [r, 8] x f32", kSilu};
const KernelText kWiderGlu = {"read [r, 9] x f32; read [r, 9] x f32; write [r, 9] x f32", kSilu};

class Compile : public ::testing::Test {
protected:
  KernelRequest request(const std::string &name, const std::string &kind, const KernelText &text) {
    return {name, llvm::cantFail(bindKernel(context, builtinKinds(), kind, text))};
  }
  /// The error, or "" with the object in `bytes`.
  std::string compile(llvm::ArrayRef<KernelRequest> kernels, const Target &target = allTargets().front(),
                      std::string cache = "", uint64_t cacheBytes = UINT64_MAX) {
    CompileOptions options;
    options.cacheDirectory = cache;
    options.cacheBytes = cacheBytes;
    auto result = compileKernels(kernels, target, options);
    if (!result)
      return toString(result.takeError());
    bytes = std::move(*result);
    return "";
  }

  mlir::MLIRContext context;
  llvm::SmallVector<char, 0> bytes;
};

} // namespace

TEST_F(Compile, everyKindAtEveryLevelNeedsNoLibrary) {
  // Linking forbids undefined symbols; levels beyond this machine's are compiled all the same.
  for (const Target &target : allTargets())
    for (const KernelKind &kind : builtinKinds()) {
      llvm::Expected<Kernel> kernel = bindKernel(context, builtinKinds(), kind.name, kind.example, &target);
      ASSERT_TRUE(bool(kernel)) << kind.name << ": " << toString(kernel.takeError());
      EXPECT_EQ(compile({{"kernel", *kernel}}, target), "") << target.name.str() << " " << kind.name;
    }
}

TEST_F(Compile, bf16ProductsTakeDotInstructionsWhereThereAre) {
  auto text = [&](llvm::StringRef level) {
    return llvm::cantFail(
        printKernel(request("gemm", "gemm", builtinKinds().find("gemm")->example), llvm::cantFail(findTarget(level))));
  };
  EXPECT_NE(text("avx512-bf16").find("x86vector.avx512.dot"), std::string::npos);
  EXPECT_EQ(text("x86-64-v4").find("x86vector.avx512.dot"), std::string::npos);
}

TEST_F(Compile, aKernelTwiceIsAnError) {
  EXPECT_EQ(compile({request("c", "glu", kGlu), request("c", "glu", kGlu)}), "kernel 'c' is there twice");
}

TEST_F(Compile, namesOfSymbolsAreNoPartOfTheCode) {
  KernelText other = {"read [b, s, 8] x f32; read [b, s, 8] x f32; write [b, s, 8] x f32", kSilu};
  KernelText strided = {"read [r, 8] x f32, row_stride = 16; read [r, 8] x f32; write [r, 8] x f32", kSilu};
  KernelText narrow = {"read [r, 8] x bf16; read [r, 8] x bf16; write [r, 8] x bf16", kSilu};
  ASSERT_EQ(compile({request("a", "glu", kGlu), request("b", "glu", other), request("c", "glu", strided),
                     request("d", "glu", narrow)}),
            "");
  Library library(bytes);
  EXPECT_EQ(library.find("a"), library.find("b"));
  EXPECT_NE(library.find("a"), library.find("c"));
  EXPECT_NE(library.find("a"), library.find("d"));
  // Columns that are no constant are told when the kernel runs, and those that are one are not.
  auto unary = [&](const char *operands) {
    return request(operands, "elementwise_unary", {operands, "{function = \"exp\"}"});
  };
  const char *dynamic = "read [r, c] x f32; write [r, c] x f32",
             *renamed = "read [b, s, t] x f32; write [b, s, t] x f32",
             *constant = "read [r, 8] x f32; write [r, 8] x f32";
  EXPECT_EQ(unary(dynamic).kernel.key(), unary(renamed).kernel.key());
  EXPECT_NE(unary(dynamic).kernel.key(), unary(constant).kernel.key());
}

TEST_F(Compile, equalKernelsShareTheirCode) {
  ASSERT_EQ(compile({request("a", "glu", kGlu), request("b", "glu", kGlu), request("c", "glu", kWiderGlu)}), "");
  Library library(bytes);
  EXPECT_EQ(library.find("a"), library.find("b"));
  EXPECT_NE(library.find("a"), library.find("c"));
}

TEST_F(Compile, theSameRequestGivesTheSameBytes) {
  std::vector<KernelRequest> kernels;
  for (const KernelKind &kind : builtinKinds())
    kernels.push_back(request(kind.name, kind.name, kind.example));
  ASSERT_EQ(compile(kernels), "");
  auto first = bytes;
  ASSERT_EQ(compile(kernels), "");
  EXPECT_EQ(first, bytes);
}

TEST_F(Compile, keepsObjectsAndRebuildsDamagedOnes) {
  namespace fs = std::filesystem;
  llvm::SmallString<128> folder;
  ASSERT_FALSE(llvm::sys::fs::createUniqueDirectory("veomni-cache-test", folder));
  std::string cache = folder.str().str();
  std::vector<KernelRequest> one{request("a", "glu", kGlu)}, other{request("a", "glu", kWiderGlu)};
  auto entries = [&] {
    std::vector<fs::path> paths;
    for (auto &entry : fs::directory_iterator(cache + "/kernels"))
      paths.push_back(entry.path());
    return paths;
  };
  auto contents = [](const fs::path &path) {
    return llvm::cantFail(llvm::errorOrToExpected(llvm::MemoryBuffer::getFile(path.string())))->getBuffer().str();
  };

  ASSERT_EQ(compile(one, allTargets().front(), cache), "");
  auto fresh = bytes;
  ASSERT_EQ(entries().size(), 1u);
  fs::path entry = entries()[0];
  std::string whole = contents(entry);

  for (std::string damaged : {whole.substr(0, whole.size() / 2), std::string(), whole + "x", [&] {
                                std::string flipped = whole;
                                flipped[whole.size() - 9] ^= 1;
                                return flipped;
                              }()}) {
    std::ofstream(entry, std::ios::binary) << damaged;
    EXPECT_EQ(compile(one, allTargets().front(), cache), "");
    EXPECT_EQ(bytes, fresh);
    EXPECT_EQ(contents(entry), whole);
  }

  // An intact entry is used, even if it is not what its name says.
  ASSERT_EQ(compile(other, allTargets().front(), cache), "");
  ASSERT_EQ(entries().size(), 2u);
  fs::path second = entries()[0] == entry ? entries()[1] : entries()[0];
  fs::copy_file(entry, second, fs::copy_options::overwrite_existing);
  EXPECT_NE(compile(other, allTargets().front(), cache), "");
  fs::remove_all(cache);
}

TEST_F(Compile, whatWasUsedLongestAgoGoesFirst) {
  namespace fs = std::filesystem;
  llvm::SmallString<128> unique;
  ASSERT_FALSE(llvm::sys::fs::createUniqueDirectory("veomni-cache-test", unique));
  const std::string cache = unique.str().str();
  const fs::path folder = fs::path(cache) / "kernels";
  const Target &target = allTargets().front();
  auto only = [&](std::set<fs::path> known) {
    std::set<fs::path> more;
    for (auto &entry : fs::directory_iterator(folder))
      if (!known.contains(entry.path()))
        more.insert(entry.path());
    return more;
  };
  auto isOld = [&](const fs::path &path, int hours) {
    fs::last_write_time(path, fs::file_time_type::clock::now() - std::chrono::hours(hours));
  };

  std::vector<KernelRequest> used{request("a", "glu", kGlu)}, unused{request("a", "glu", kWiderGlu)};
  ASSERT_EQ(compile(used, target, cache), "");
  const fs::path usedEntry = *only({}).begin();
  ASSERT_EQ(compile(unused, target, cache), "");
  const fs::path unusedEntry = *only({usedEntry}).begin();
  isOld(usedEntry, 5);
  isOld(unusedEntry, 4);
  ASSERT_EQ(compile(used, target, cache), "");

  // What writers left that were killed goes once nobody can be writing it any more.
  const fs::path left = folder / "k0.o.12345678", beingWritten = folder / "k1.o.12345678";
  std::ofstream(left) << "part";
  std::ofstream(beingWritten) << "part";
  isOld(left, 2);

  const uint64_t size = fs::file_size(usedEntry) + fs::file_size(unusedEntry);
  const KernelText third = {"read [r, 10] x f32; read [r, 10] x f32; write [r, 10] x f32", kSilu};
  ASSERT_EQ(compile({request("a", "glu", third)}, target, cache, size + 512), "");
  EXPECT_TRUE(fs::exists(usedEntry));
  EXPECT_FALSE(fs::exists(unusedEntry));
  EXPECT_FALSE(fs::exists(left));
  EXPECT_TRUE(fs::exists(beingWritten));
  EXPECT_EQ(only({usedEntry, beingWritten}).size(), 1u) << "the third";
  uint64_t all = 0;
  for (auto &entry : fs::directory_iterator(folder))
    all += entry.file_size();
  EXPECT_LE(all, size + 512);
  fs::remove_all(cache);
}

TEST_F(Compile, aFolderThatCannotBeWrittenIsNoError) {
  EXPECT_EQ(compile({request("a", "glu", kGlu)}, allTargets().front(), "/proc/veomni"), "");
}

TEST(CacheDirectory, followsTheEnvironment) {
  std::string home = std::getenv("HOME") ? std::getenv("HOME") : "";
  setenv("HOME", "/home/someone", 1);
  unsetenv("XDG_CACHE_HOME");
  unsetenv("VEOMNI_CACHE_DIR");
  EXPECT_EQ(CompileOptions::defaultCacheDirectory(), "/home/someone/.cache/veomni");
  setenv("XDG_CACHE_HOME", "/var/cache", 1);
  EXPECT_EQ(CompileOptions::defaultCacheDirectory(), "/var/cache/veomni");
  setenv("VEOMNI_CACHE_DIR", "/tmp/mine", 1);
  EXPECT_EQ(CompileOptions::defaultCacheDirectory(), "/tmp/mine");
  setenv("VEOMNI_CACHE_DIR", "", 1);
  EXPECT_EQ(CompileOptions::defaultCacheDirectory(), "");
  unsetenv("XDG_CACHE_HOME");
  unsetenv("VEOMNI_CACHE_DIR");
  setenv("HOME", home.c_str(), 1);
}

TEST(CacheDirectory, itsSizeFollowsTheEnvironment) {
  auto bytes = [](const char *text) {
    setenv("VEOMNI_CACHE_SIZE", text, 1);
    llvm::Expected<uint64_t> found = CompileOptions::environmentCacheBytes();
    return found ? std::to_string(*found) : toString(found.takeError());
  };
  unsetenv("VEOMNI_CACHE_SIZE");
  EXPECT_EQ(llvm::cantFail(CompileOptions::environmentCacheBytes()), uint64_t{512} << 20);
  EXPECT_EQ(bytes(""), "536870912");
  EXPECT_EQ(bytes("0"), "0");
  EXPECT_EQ(bytes("1000"), "1000");
  EXPECT_EQ(bytes("3K"), "3072");
  EXPECT_EQ(bytes("2M"), "2097152");
  EXPECT_EQ(bytes("17G"), "18253611008");
  for (const char *wrong : {"M", "-1", "1.5G", "2g", "1 M", "17179869184G", "much"})
    EXPECT_EQ(bytes(wrong), "VEOMNI_CACHE_SIZE is '" + std::string(wrong) +
                                "', expected a number of bytes, as 500000000, 500M or 2G");
  unsetenv("VEOMNI_CACHE_SIZE");
}

TEST(Targets, areFoundByName) {
  for (const Target &target : allTargets())
    EXPECT_EQ(&llvm::cantFail(findTarget(target.name)), &target);
  auto unknown = findTarget("x86-64-v5");
  ASSERT_FALSE(bool(unknown));
  EXPECT_EQ(toString(unknown.takeError()),
            "unknown cpu level 'x86-64-v5', expected one of: host, x86-64-v3, x86-64-v4, avx512-bf16");
  if (auto host = findTarget("host"))
    EXPECT_TRUE(runsHere(*host));
  else
    consumeError(host.takeError());
}

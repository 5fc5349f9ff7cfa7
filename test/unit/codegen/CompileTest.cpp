// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Levels, requests, errors, sharing and the cache.
#include "Support.h"
#include "veomni/Codegen/CPU/KernelKinds.h"

#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"

#include <filesystem>
#include <fstream>

using namespace veomni::cpu;
using namespace veomni::cpu::testing;

namespace {
const std::string kAdd = "{cols = 8, lda = 8, ldb = 8, ldo = 8, type = \"f32\"}";
const std::string kWiderAdd = "{cols = 9, lda = 9, ldb = 9, ldo = 9, type = \"f32\"}";

class Compile : public ::testing::Test {
protected:
  KernelRequest request(const std::string &name, const std::string &kind, const std::string &text) {
    return {name, kind, attributes(context, text)};
  }
  /// The error, or "" with the object in `bytes`.
  std::string compile(llvm::ArrayRef<KernelRequest> kernels, const Target &target = allTargets().front(), std::string cache = "") {
    CompileOptions options;
    options.cacheDirectory = cache;
    auto result = compileKernels(kernels, target, options);
    if (!result)
      return toString(result.takeError());
    bytes = std::move(*result);
    return "";
  }

  mlir::MLIRContext context;
  llvm::SmallVector<char, 0> bytes;
};

/// An example of each kind.
const std::map<std::string, std::string> kExamples = {
    {"add", kAdd},
    {"attention", R"({heads = 4, kv_heads = 2, head_dim = 20, scale = 0.2 : f32, window = 0, ldq = 80, ldo = 80, q_type = "bf16",
                      out_type = "bf16"})"},
    {"attention_pack", R"({kv_heads = 2, head_dim = 20, ldk = 40, ldv = 40, type = "bf16"})"},
    {"concat", R"({groups = 2, a_cols = 5, b_cols = 3, lda = 10, ldb = 6, ldo = 16, type = "bf16"})"},
    {"convert", R"({cols = 8, ldx = 8, ldo = 8, x_type = "f32", out_type = "bf16"})"},
    {"cross_entropy", R"({vocab = 100, ldl = 100, type = "bf16", ignore_index = -100, shift = true})"},
    {"cross_entropy_combine", R"({vocab = 1100, ldp = 7, ignore_index = -100, shift = true})"},
    {"document_starts", "{}"},
    {"embedding", R"({hidden = 24, ldo = 24, table_type = "bf16", out_type = "bf16"})"},
    {"gemm", R"({n = 50, k = 33, lda = 40, ldc = 50, group = 1, a_type = "bf16", w_type = "bf16", c_type = "bf16", bias = true})"},
    {"add_scaled", "{alpha = 1.0 : f32}"},
    {"expert_combine", R"({cols = 20, ldx = 20, lda = 20, ldw = 2, type = "bf16"})"},
    {"expert_gather", R"({cols = 20, ldx = 20, ldo = 20, type = "bf16"})"},
    {"expert_rows", "{top_k = 2, ldi = 2}"},
    {"expert_sort", R"({experts = 8, top_k = 2, ldi = 2, ldp = 2})"},
    {"expert_sum", R"({cols = 8, top_k = 2, ldx = 8, ldp = 2, ldw = 2, ldo = 8, type = "bf16"})"},
    {"fill", R"({cols = 20, ldo = 20, type = "bf16", value = 1.0 : f32})"},
    {"group_router", R"({experts = 24, groups = 2, groups_per_token = 1, top_k = 2, renormalize = true, scale = 2.5 : f32, type = "bf16",
                         ldl = 24, ldi = 2, ldw = 2})"},
    {"layer_norm",
     R"({cols = 20, groups = 2, ldx = 40, ldo = 40, eps = 1.0e-6 : f32, x_type = "bf16", w_type = "bf16", out_type = "bf16"})"},
    {"linear_cross_entropy", R"({n = 1100, k = 33, lda = 40, ldp = 7, group = 3, a_type = "bf16", w_type = "bf16", bias = true,
                                 ignore_index = -100, shift = true})"},
    {"load_balancing_loss", "{experts = 8}"},
    {"router", R"({experts = 8, top_k = 2, renormalize = true, type = "bf16", weight_type = "bf16", ldl = 8, ldi = 2, ldw = 2})"},
    {"router_statistics", R"({experts = 8, top_k = 2, type = "bf16", ldl = 8})"},
    {"glu", R"({cols = 20, ldg = 20, ldu = 20, ldo = 20, act = "silu", type = "bf16"})"},
    {"mean", "{}"},
    {"rms_norm", R"({cols = 20, groups = 2, ldx = 40, ldo = 40, eps = 1.0e-6 : f32, variant = "standard", x_type = "bf16", w_type = "bf16",
                     out_type = "bf16"})"},
    {"rope", R"({heads = 2, head_dim = 20, rotary_dim = 20, layout = "half", ldx = 40, ldo = 40, ldt = 10, x_type = "bf16",
                 t_type = "bf16", out_type = "bf16"})"},
    {"attention_mask", "{window = 3}"},
    {"attention_scores", R"({heads = 4, kv_heads = 2, head_dim = 20, ldq = 80, ldk = 40, q_type = "bf16", k_type = "bf16"})"},
    {"attention_values", R"({heads = 4, kv_heads = 2, head_dim = 20, ldv = 40, ldo = 80, v_type = "bf16", out_type = "bf16"})"},
    {"elementwise_binary", R"({function = "max", cols = 20, a_repeat = "none", a_type = "bf16", lda = 20, b_repeat = "columns",
                               b_type = "f32", ldb = 1, ldo = 20, out_type = "bf16"})"},
    {"elementwise_unary", R"({function = "erf", cols = 20, groups = 4, ldx = 80, ldo = 80, x_type = "bf16", out_type = "bf16"})"},
    {"gated_delta_scan", R"({heads = 4, key_heads = 2, key_dim = 12, value_dim = 40, ldq = 24, ldk = 24, ldv = 160, ldg = 4, ldb = 4,
                             ldo = 160})"},
    {"gather_label", "{cols = 20, ldx = 20, ldo = 1, ignore_index = -100}"},
    {"keep_keys", "{count = 6, ldi = 6}"},
    {"not_equal", "{value = -100, ldo = 1}"},
    {"one_hot", "{cols = 8, groups = 2, ldi = 2, ldo = 16}"},
    {"reduce", R"({function = "mean", groups = 2, cols = 20, ldx = 40, ldo = 2, x_type = "bf16", out_type = "bf16"})"},
    {"select_keys", "{top_k = 6, ldi = 6}"},
    {"shift_labels", "{fill = -100}"},
    {"shift_tokens", R"({cols = 20, by = 1, ldx = 20, ldo = 20, type = "bf16"})"},
    {"sum_heads", "{groups = 7}"},
    {"sum_rows", "{groups = 2, cols = 20, ldx = 40}"},
    {"top_k", R"({cols = 20, top_k = 2, ldx = 20, ldv = 2, ldi = 2, type = "bf16"})"},
    {"rope_table", R"({inv_freq = array<f32: 1.0, 0.1>, scale = 1.0 : f32, ldo = 2, out_type = "bf16"})"}};
} // namespace

TEST_F(Compile, everyKindAtEveryLevelNeedsNoLibrary) {
  // Linking forbids undefined symbols; levels beyond this machine's are compiled all the same.
  for (const Target &target : allTargets())
    for (const KernelKind &kind : allKernelKinds()) {
      auto example = kExamples.find(kind.name.str());
      ASSERT_NE(example, kExamples.end()) << "no example of kind " << kind.name.str();
      EXPECT_EQ(compile({request("kernel", example->first, example->second)}, target), "") << target.name.str() << " " << kind.name.str();
    }
}

TEST_F(Compile, bf16ProductsTakeDotInstructionsWhereThereAre) {
  auto text = [&](llvm::StringRef level) {
    return llvm::cantFail(printKernel(request("gemm", "gemm", kExamples.at("gemm")), llvm::cantFail(findTarget(level))));
  };
  EXPECT_NE(text("avx512-bf16").find("x86vector.avx512.dot"), std::string::npos);
  EXPECT_EQ(text("x86-64-v4").find("x86vector.avx512.dot"), std::string::npos);
}

TEST_F(Compile, tellsEverythingThatIsWrong) {
  std::string error = compile({request("a", "ad", "{}"), request("b", "add", "{cols = 0, ldb = 8, ldo = true, type = \"f16\", extra = 1}"),
                               request("c", "add", kAdd), request("c", "add", kAdd)});
  for (const char *line :
       {"kernel 'a' (ad): unknown kernel kind 'ad', expected one of: add, ", "kernel 'b' (add): attribute 'cols' is 0, expected at least 1",
        "kernel 'b' (add): missing attribute 'lda' (an integer)", "kernel 'b' (add): attribute 'ldo' is true, expected an integer",
        "kernel 'b' (add): attribute 'type' is \"f16\", expected one of: f32, bf16", "kernel 'b' (add): unknown attribute 'extra'",
        "kernel 'c' is there twice"})
    EXPECT_NE(error.find(line), std::string::npos) << line << "\nin\n" << error;
}

TEST_F(Compile, tellsWhichAttributesDoNotGoTogether) {
  EXPECT_EQ(compile({request("a", "fill", R"({cols = 4, ldo = 4, type = "i32", value = 1.5 : f32})")}),
            "kernel 'a' (fill): attribute 'value' is 1.500000e+00, expected an integer of 32 bits, as 'type' says");
  EXPECT_EQ(compile({request("a", "fill", R"({cols = 4, ldo = 4, type = "i32", value = 4.0e+9 : f32})")}),
            "kernel 'a' (fill): attribute 'value' is 4.000000e+09, expected an integer of 32 bits, as 'type' says");
  EXPECT_EQ(compile({request("a", "router_statistics", R"({experts = 4, top_k = 5, type = "f32", ldl = 4})")}),
            "kernel 'a' (router_statistics): attribute 'top_k' is 5, expected at most experts = 4");
  auto router = [&](const char *text) {
    return compile({request("a", "group_router", text + std::string(R"(, experts = 8, renormalize = true, scale = 1.0 : f32, type = "f32",
                                                                       ldl = 8, ldi = 8, ldw = 8})"))});
  };
  EXPECT_EQ(router("{groups = 3, groups_per_token = 1, top_k = 1"),
            "kernel 'a' (group_router): attribute 'groups' is 3, expected groups of equal size, at least 2, of experts = 8");
  EXPECT_EQ(router("{groups = 8, groups_per_token = 1, top_k = 1"),
            "kernel 'a' (group_router): attribute 'groups' is 8, expected groups of equal size, at least 2, of experts = 8");
  EXPECT_EQ(router("{groups = 4, groups_per_token = 5, top_k = 1"),
            "kernel 'a' (group_router): attribute 'groups_per_token' is 5, expected at most groups = 4");
  EXPECT_EQ(router("{groups = 4, groups_per_token = 2, top_k = 5"),
            "kernel 'a' (group_router): attribute 'top_k' is 5, expected at most the 4 experts of groups_per_token groups");
  EXPECT_EQ(compile({request("a", "convert", R"({cols = 4, ldx = 4, ldo = 4, x_type = "f32", out_type = "f32", x_at = -1, x_run = -1})")}),
            "kernel 'a' (convert): attribute 'x_at' is -1, expected at least 0\n"
            "kernel 'a' (convert): attribute 'x_run' is -1, expected at least 0");
  EXPECT_EQ(compile({request("a", "top_k", R"({cols = 4, top_k = 5, ldx = 4, ldv = 5, ldi = 5, type = "f32"})")}),
            "kernel 'a' (top_k): attribute 'top_k' is 5, expected at most cols = 4");
  for (std::string kind : {"attention_scores", "attention_values"}) {
    std::string strides = kind == "attention_scores" ? R"(ldq = 60, ldk = 40, q_type = "f32", k_type = "f32")"
                                                     : R"(ldv = 40, ldo = 60, v_type = "f32", out_type = "f32")";
    EXPECT_EQ(compile({request("a", kind, "{heads = 3, kv_heads = 2, head_dim = 20, " + strides + "}")}),
              "kernel 'a' (" + kind + "): attribute 'heads' is 3, expected a multiple of 'kv_heads', 2");
  }
  EXPECT_EQ(compile({request("a", "gated_delta_scan", R"({heads = 3, key_heads = 2, key_dim = 4, value_dim = 4, ldq = 8, ldk = 8, ldv = 12,
                                                          ldg = 3, ldb = 3, ldo = 12})")}),
            "kernel 'a' (gated_delta_scan): attribute 'heads' is 3, expected a multiple of 'key_heads', 2");
  // Rows of dynamic columns have no stride, and those that are shared by all rows have none either.
  EXPECT_EQ(compile({request("a", "elementwise_unary", R"({function = "exp", ldx = 4, x_type = "f32", out_type = "f32"})")}),
            "kernel 'a' (elementwise_unary): unknown attribute 'ldx'");
  EXPECT_EQ(compile({request("a", "elementwise_unary", R"({function = "exp", x_type = "f32", out_type = "bf16"})")}),
            "kernel 'a' (elementwise_unary): attribute 'out_type' is \"bf16\", expected \"f32\" without 'cols'");
  EXPECT_EQ(
      compile({request("a", "elementwise_unary", R"({function = "sin", cols = 4, ldx = 4, ldo = 4, x_type = "f32", out_type = "f32"})")}),
      "kernel 'a' (elementwise_unary): attribute 'function' is \"sin\", expected one of: cast, neg, square, exp, log, rsqrt, sigmoid, "
      "tanh, erf, softplus");
  EXPECT_EQ(compile({request("a", "elementwise_binary", R"({function = "mul", cols = 4, a_repeat = "rows", a_type = "f32", lda = 4,
                                                            scalar = 2.0 : f32, ldo = 4, out_type = "f32"})")}),
            "kernel 'a' (elementwise_binary): unknown attribute 'lda'");
  EXPECT_EQ(compile({request("a", "elementwise_binary", R"({function = "mul", cols = 4, a_repeat = "row", a_type = "f32", scalar = 2,
                                                            lda = 1, ldo = 4, out_type = "f32"})")}),
            "kernel 'a' (elementwise_binary): attribute 'scalar' is 2 : i64, expected a floating point number");
  EXPECT_EQ(compile({request("a", "reduce", R"({function = "min", cols = 4, ldx = 4, ldo = 1, x_type = "f32", out_type = "f32"})")}),
            "kernel 'a' (reduce): attribute 'function' is \"min\", expected one of: sum, max, mean");
  EXPECT_EQ(compile({request("a", "router", R"({experts = 4, top_k = 2, renormalize = true, score = "softmax_top_k", type = "f32",
                                                weight_type = "f32", ldl = 4, ldi = 2, ldw = 2})")}),
            "kernel 'a' (router): attribute 'renormalize' goes with score = \"softmax\" alone");
  EXPECT_EQ(compile({request("a", "router", R"({experts = 4, top_k = 2, renormalize = false, score = "sigmoid", type = "f32",
                                                weight_type = "f32", ldl = 4, ldi = 2, ldw = 2})")}),
            "kernel 'a' (router): attribute 'score' is \"sigmoid\", expected one of: softmax, softmax_top_k");
  EXPECT_EQ(compile({request("a", "glu", R"({cols = 4, ldg = 4, ldu = 4, ldo = 4, act = "gelu", type = "f32", layout = "interleaved",
                                             limit = -1.0 : f32, alpha = 2.0 : f32})")}),
            "kernel 'a' (glu): attribute 'layout' is \"interleaved\", which goes with 'fused' alone\n"
            "kernel 'a' (glu): attribute 'limit' is -1.000000e+00, expected a positive number\n"
            "kernel 'a' (glu): attribute 'alpha' goes with act = \"silu\" alone");
  EXPECT_EQ(compile({request("a", "glu", R"({cols = 4, ldg = 8, ldo = 4, act = "silu", type = "f32", fused = true, up_shift = 1 : i64})")}),
            "kernel 'a' (glu): attribute 'up_shift' is 1 : i64, expected a floating point number");
  EXPECT_EQ(compile({request("a", "rms_norm", R"({cols = 4, groups = 1, ldx = 4, ldo = 4, eps = 1.0e-5 : f32, variant = "standard",
                                                  x_type = "f32", w_type = "f32", out_type = "f32", residual = true, lda = 4})")}),
            "kernel 'a' (rms_norm): missing attribute 'lda' or 'ldb' (an integer) of the residual");
  EXPECT_EQ(compile({request("a", "rms_norm", R"({cols = 4, groups = 1, ldx = 4, ldo = 4, eps = 1.0e-6 : f32, variant = "standard",
                                                  x_type = "f32", w_type = "f32", out_type = "f32", residual = true, lda = 4, ldb = 4,
                                                  x_at = 4})")}),
            "kernel 'a' (rms_norm): attributes 'x_at' and 'x_run' cannot go with 'residual', whose x is written");
  EXPECT_EQ(compile({request("a", "rms_norm", R"({cols = 4, groups = 1, ldx = 4, ldo = 4, eps = 1.0e-6 : f32, variant = "unweighted",
                                                  x_type = "f32", w_type = "f32", out_type = "f32"})")}),
            "kernel 'a' (rms_norm): unknown attribute 'w_type'");
  auto gemm = [&](const std::string &wType, const std::string &more) {
    return compile({request("a", "gemm",
                            "{n = 4, k = 4, lda = 4, ldc = 4, group = 1, a_type = \"f32\", w_type = \"" + wType +
                                "\", c_type = \"f32\", bias = false, " + more + "}")});
  };
  EXPECT_EQ(gemm("f32", "grouped = true"), "kernel 'a' (gemm): missing attribute 'experts' (an integer) of the groups");
  EXPECT_EQ(gemm("f32", "experts = 2, grouped = true, counted = true"),
            "kernel 'a' (gemm): attribute 'counted' cannot go with 'grouped', whose offsets count");
  EXPECT_EQ(gemm("f32", "routes = 2"), "kernel 'a' (gemm): attribute 'routes' needs 'grouped'");
  auto loss = [&](const std::string &wType, const std::string &more) {
    return compile({request("a", "linear_cross_entropy",
                            "{n = 600, k = 4, lda = 4, group = 1, a_type = \"f32\", w_type = \"" + wType +
                                "\", bias = false, ignore_index = -100, shift = true, " + more + "}")});
  };
  EXPECT_EQ(loss("f32", "ldp = 4"), "kernel 'a' (linear_cross_entropy): attribute 'ldp' is 4, expected at least 5 for 2 chunks");
  EXPECT_EQ(loss("bf16", "ldp = 5, bf16_dot = true"),
            "kernel 'a' (linear_cross_entropy): attribute 'bf16_dot' needs dot products of bf16, which x86-64-v3 lacks");
  EXPECT_EQ(loss("f32", "ldp = 5, c_type = \"f32\""), "kernel 'a' (linear_cross_entropy): unknown attribute 'c_type'");
  EXPECT_EQ(compile({request("a", "cross_entropy_combine", "{vocab = 600, ldp = 4, ignore_index = 0, shift = true}")}),
            "kernel 'a' (cross_entropy_combine): attribute 'ldp' is 4, expected at least 5 for 2 chunks");
  EXPECT_EQ(gemm("bf16", "bf16_dot = true"), "kernel 'a' (gemm): attribute 'bf16_dot' needs dot products of bf16, which x86-64-v3 lacks");
}

TEST_F(Compile, checksOperandAndScalarCounts) {
  KernelRequest wrong = request("a", "add", kAdd);
  wrong.operandCount = 2;
  EXPECT_EQ(compile({wrong}), "kernel 'a' (add): has 2 operands, expected 3");
  wrong.operandCount = 3;
  wrong.scalarCount = 0;
  EXPECT_EQ(compile({wrong}), "kernel 'a' (add): has 0 scalars, expected 1");
  wrong.scalarCount = 1;
  EXPECT_EQ(compile({wrong}), "");
}

TEST_F(Compile, equalKernelsShareTheirCode) {
  ASSERT_EQ(compile({request("a", "add", kAdd), request("b", "add", kAdd), request("c", "add", kWiderAdd)}), "");
  Library library(bytes);
  EXPECT_EQ(library.find("a"), library.find("b"));
  EXPECT_NE(library.find("a"), library.find("c"));
}

TEST_F(Compile, theSameRequestGivesTheSameBytes) {
  std::vector<KernelRequest> kernels;
  for (auto &[kind, text] : kExamples)
    kernels.push_back(request(kind, kind, text));
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
  std::vector<KernelRequest> one{request("a", "add", kAdd)}, other{request("a", "add", kWiderAdd)};
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

TEST_F(Compile, aFolderThatCannotBeWrittenIsNoError) {
  EXPECT_EQ(compile({request("a", "add", kAdd)}, allTargets().front(), "/proc/veomni"), "");
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

TEST(Targets, areFoundByName) {
  for (const Target &target : allTargets())
    EXPECT_EQ(&llvm::cantFail(findTarget(target.name)), &target);
  auto unknown = findTarget("x86-64-v5");
  ASSERT_FALSE(bool(unknown));
  EXPECT_EQ(toString(unknown.takeError()), "unknown cpu level 'x86-64-v5', expected one of: host, x86-64-v3, x86-64-v4, avx512-bf16");
  if (auto host = findTarget("host"))
    EXPECT_TRUE(runsHere(*host));
  else
    consumeError(host.takeError());
}

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Declarations of kernel kinds, and what does not fit them: every rule of shapes, types, attributes and sizes.
#include "Support.h"

#include "veomni/Codegen/CPU/KernelBuilder.h"

using namespace veomni::cpu;

namespace {
class Bind : public ::testing::Test {
protected:
  /// The problems, or "".
  std::string problems(const std::string &kind, const std::string &operands, const std::string &attributes = "{}",
                       const Target *target = nullptr) {
    auto kernel = bindKernel(context, builtinKinds(), kind, {operands, attributes}, target);
    return kernel ? "" : toString(kernel.takeError());
  }
  Kernel bind(const std::string &kind, const std::string &operands, const std::string &attributes = "{}") {
    return llvm::cantFail(bindKernel(context, builtinKinds(), kind, {operands, attributes}));
  }
  static std::string texts(llvm::ArrayRef<veomni::rt::ExtentAttr> extents) {
    std::string text;
    for (veomni::rt::ExtentAttr extent : extents)
      text += (text.empty() ? "" : ", ") + extentText(extent);
    return text;
  }

  mlir::MLIRContext context;
};

KernelKind valid() {
  return {.name = "copy",
          .summary = "A copy.",
          .operands = {read("x", "[rows.. | cols] x T"), write("out", "[rows.. | cols] x T", {"x"})},
          .scalars = {scalar("rows")},
          .emit = +[](KernelBuilder &, const Kernel &) {}};
}
} // namespace

TEST(Declarations, ofTheCompilerAreRightAndSorted) {
  std::string last;
  for (const KernelKind &kind : builtinKinds()) {
    EXPECT_EQ(checkDeclaration(kind), "");
    EXPECT_LT(last, kind.name);
    EXPECT_EQ(builtinKinds().find(kind.name), &kind);
    last = kind.name;
  }
  EXPECT_EQ(builtinKinds().find("nothing"), nullptr);
}

TEST(Declarations, thatAreWrongAreToldWhole) {
  EXPECT_EQ(checkDeclaration(valid()), "");
  KernelKind wrong = valid();
  wrong.summary = "";
  wrong.operands[0].shape = "[rows.. | cols";
  wrong.operands[1].over = {"y"};
  wrong.scalars = {{"rows", "rows +"}};
  wrong.workgroups = {};
  wrong.attributes = {choice("x", {}, "")};
  EXPECT_EQ(
      checkDeclaration(wrong),
      "kernel kind 'copy': needs a name, a summary and an emitter\n"
      "kernel kind 'copy': has 0 numbers of workgroups, expected one to three\n"
      "kernel kind 'copy': operand 'x': '[rows.. | cols' is no shape of an operand, expected [sizes | sizes] x type\n"
      "kernel kind 'copy': operand 'out': may be written over operands that are read before it, found 'y'\n"
      "kernel kind 'copy': 'rows +' is no size, expected names, numbers, +, * and ceildiv(a, b)\n"
      "kernel kind 'copy': attribute 'x' is there twice\n"
      "kernel kind 'copy': attribute 'x' is a choice of nothing");
  for (const char *shape :
       {"rows x f32", "[rows..] f32", "[rows..] x f16", "[rows..] x Tt", "[a.., b..] x f32", "[2..] x f32",
        "[a | b | c] x f32", "[a] x f32 rows", "[ceildiv(a)] x f32", "[1a] x f32", ""}) {
    wrong = valid();
    wrong.operands[0].shape = shape;
    EXPECT_NE(checkDeclaration(wrong), "") << shape;
  }
}

TEST(Declarations, areAddedOnce) {
  KernelKindTable table = builtinKinds();
  EXPECT_EQ(toString(table.add({.name = "glu"})), "kernel kind 'glu' is registered twice");
  EXPECT_EQ(toString(table.add({.name = "hollow"})), "kernel kind 'hollow': needs a name, a summary and an emitter");
}

TEST(Declarations, areTheReference) {
  std::string text = describeKernelKinds(builtinKinds(), "Kinds");
  for (const KernelKind &kind : builtinKinds()) {
    EXPECT_NE(text.find("\n## `" + kind.name + "`\n" + kind.summary), std::string::npos) << kind.name;
    EXPECT_NE(text.find(kind.example.operands), std::string::npos) << kind.name;
    for (const AttributeRule &rule : kind.attributes)
      EXPECT_NE(text.find("| " + rule.name + " | "), std::string::npos) << kind.name << " " << rule.name;
  }
}

TEST_F(Bind, takesSizesStridesAndTypesFromTheOperands) {
  Kernel kernel = bind("rms_norm",
                       "read [b, s, 3, 20] x bf16, row_rank = 2, row_stride = 64; read [20] x f32; write [b, s, 3, 20] "
                       "x f32, row_rank = 2",
                       "{eps = 1.0e-6 : f32, variant = \"one_plus\"}");
  EXPECT_EQ(kernel.size("groups"), 3);
  EXPECT_EQ(kernel.size("cols"), 20);
  EXPECT_EQ(kernel.stride("x"), 64);
  EXPECT_EQ(kernel.stride("out"), 60);
  EXPECT_EQ(kernel.element("x"), "bf16");
  EXPECT_EQ(kernel.element("weight"), "f32");
  EXPECT_EQ(kernel.choice("variant"), "one_plus");
  EXPECT_TRUE(kernel.runs("x").whole);
  EXPECT_EQ(texts(kernel.workgroups()), "ceildiv(b * s, 16)");
  EXPECT_EQ(texts(kernel.scalarExtent(*kernel.scalars()[0])), "b * s");
}

TEST_F(Bind, optionalOperandsAreToldByTheirTypes) {
  auto kernel = [&](const char *more) {
    return bind("gemm",
                std::string("read [r, 4] x f32; read [8, 4] x f32, tiles = [32, 1];") + more + "write [r, 8] x f32");
  };
  EXPECT_FALSE(kernel("").has("bias") || kernel("").has("count"));
  EXPECT_TRUE(kernel("read [8] x f32;").has("bias"));
  EXPECT_FALSE(kernel("read [8] x f32;").has("count"));
  EXPECT_TRUE(kernel("read [1] x i32;").has("count"));
  EXPECT_FALSE(kernel("read [1] x i32;").has("bias"));
  Kernel both = kernel("read [8] x f32; read [1] x i32;");
  EXPECT_EQ(both.operandNumber("bias"), 2u);
  EXPECT_EQ(both.operandNumber("count"), 3u);
  EXPECT_EQ(both.operandNumber("c"), 4u);
}

TEST_F(Bind, rowsAreCutWhereTheOthersAre) {
  // Dense static rows may be cut anywhere: 4 x 2 indices give 4 rows of 2 runs.
  Kernel hot = bind("one_hot", "read [4, 2] x i32; write [4, 2, 8] x f32");
  EXPECT_EQ(hot.size("groups"), 2);
  EXPECT_EQ(hot.stride("out"), 16);
  // Scores have keys for columns, and heads for runs.
  Kernel scores =
      bind("reduce", "read [b, s, 3, s] x f32; write [b, s, 3, 1] x f32, row_rank = 2", "{function = \"sum\"}");
  EXPECT_EQ(scores.size("groups"), 3);
  EXPECT_FALSE(scores.isConstant("cols"));
  EXPECT_EQ(texts(scores.workgroups()), "ceildiv(b * s, 16)");
  // Tokens without columns are copied one by one.
  EXPECT_EQ(texts(bind("convert", "read [b, s] x i64; write [b, s] x i64").workgroups()), "ceildiv(b * s, 16)");
  // A last dim that is no constant is a run of columns.
  Kernel tokens = bind("elementwise_unary", "read [b, s] x f32; write [b, s] x f32", "{function = \"exp\"}");
  EXPECT_EQ(tokens.scalars().size(), 2u);
  EXPECT_EQ(texts(tokens.workgroups()), "ceildiv(b, 16)");
}

TEST_F(Bind, whatRepeatsFollowsFromTheDims) {
  auto repeat = [&](const std::string &b) {
    return bind("elementwise_binary",
                "read [r, 3, 20] x f32, row_rank = 2; read " + b + "; write [r, 3, 20] x f32, row_rank = 2",
                "{function = \"add\"}")
        .repeat("b");
  };
  EXPECT_EQ(repeat("[r, 3, 20] x f32, row_rank = 2"), Repeat::none);
  EXPECT_EQ(repeat("[r, 3, 1] x f32, row_rank = 2, row_stride = 16"), Repeat::columns);
  EXPECT_EQ(repeat("[r, 1, 20] x f32, row_rank = 2"), Repeat::groups);
  EXPECT_EQ(repeat("[r, 1, 1] x f32, row_rank = 2"), Repeat::row);
  EXPECT_EQ(repeat("[20] x f32"), Repeat::rows);
  EXPECT_EQ(repeat("[1] x f32"), Repeat::all);
  EXPECT_EQ(repeat("[] x f32"), Repeat::all);
  EXPECT_EQ(problems("elementwise_binary", "read [r, 20] x f32; read [r, 7] x f32; write [r, 20] x f32",
                     "{function = \"add\"}"),
            "operand 1 ('b') is !veomni_rt.buffer<[r, 7] x f32>, which does not repeat over r rows of 1 x 20");
  EXPECT_EQ(problems("elementwise_binary", "read [r, 20] x f32; read [q, 20] x f32; write [r, 20] x f32",
                     "{function = \"add\"}"),
            "operand 1 ('b') is !veomni_rt.buffer<[q, 20] x f32>, which does not repeat over r rows of 1 x 20");
  EXPECT_EQ(problems("elementwise_binary", "read [r, 20] x f32; write [r, 20] x f32", "{function = \"add\"}"),
            "expected either operand 'b' or attribute 'scalar'");
}

TEST_F(Bind, tellsWhatDoesNotFitTheOperands) {
  const char *silu = "{act = \"silu\"}";
  EXPECT_EQ(problems("ad", ""), builtinKinds().unknown("ad"));
  EXPECT_EQ(problems("glu", "read [r, 8] x f32; write [r, 8] x f32", silu),
            "has 2 operands, expected 3: gate, up, out");
  EXPECT_EQ(problems("gemm", "read [r, 8] x f32"), "has 1 operands, expected 3 to 5: a, w, [bias], [count], c");
  EXPECT_EQ(problems("glu", "read [r, 8] x f32; read [r, 8] x bf16; read [r, 9] x i32", silu),
            "operand 1 ('up') is !veomni_rt.buffer<[r, 8] x bf16>, expected [rows.. | cols..] x T: T is f32 in operand "
            "0 ('gate')\n"
            "operand 2 ('out') has access read, expected write\n"
            "operand 2 ('out') is !veomni_rt.buffer<[r, 9] x i32>, expected [rows.. | cols..] x T: the element type "
            "must be one of f32, bf16\n"
            "operand 2 ('out') has 9 for cols, expected 8 as in operand 0 ('gate')");
  EXPECT_EQ(problems("glu", "read [r, 8] x f32; read [q, 8] x f32; write [r, 8] x f32", silu),
            "operand 1 ('up') has q for rows, expected r as in operand 0 ('gate')");
  EXPECT_EQ(problems("gemm", "read [r, 4] x f32; read [8, 5] x f32; write [r, 8] x f32"),
            "operand 1 ('w') is !veomni_rt.buffer<[8, 5] x f32>, expected [n, k] x W tiles = [32, 4 "
            "bytes]: tiles of 32 rows and 4 bytes\n"
            "operand 1 ('w') has 5 for k, expected 4 as in operand 0 ('a')");
  EXPECT_EQ(problems("embedding", "read [r] x i64; read [100, 24] x f32, row_stride = 32; write [r, 24] x f32"),
            "operand 1 ('table') is !veomni_rt.buffer<[100, 24] x f32, row_stride = 32>, expected [vocab, hidden] x W "
            "without gaps between rows");
  EXPECT_EQ(problems("shift_labels", "read [b] x i64; write [b, s] x i64", "{fill = 0}"),
            "operand 0 ('labels') is !veomni_rt.buffer<[b] x i64>, expected [batch, seq] x i64: other dims");
  EXPECT_EQ(
      problems(
          "attention_values",
          "read [b, s, 2, s] x f32; read [b, s, 2, 4] x f32, row_stride = 8; write [b, s, 2, 4] x f32, row_rank = 2"),
      "operand 1 ('v') is !veomni_rt.buffer<[b, s, 2, 4] x f32, row_stride = 8>, expected [batch, keys | kv_heads, "
      "head_dim] x V: a row is "
      "the last 2 dims, found a row of 1");
  EXPECT_EQ(problems("glu", "read [r, c] x f32; read [r, c] x f32; write [r, c] x f32", "{act = \"silu\"}"), "");
  EXPECT_EQ(problems("router", "read [r, c] x f32; write [r, 2] x i32; write [r, 2] x f32", "{weight_type = \"f32\"}"),
            "operand 0 ('logits') has c for experts, expected a constant");
  EXPECT_EQ(problems("load_balancing_loss", "read [16] x f32; write [] x f32"),
            "operand 0 ('stats') has a dim of 16, expected 2 * experts + 1");
  EXPECT_EQ(problems("gated_delta_scan", "read [b, s, 2, 12] x f32, row_rank = 2; read [b, s, 2, 12] x f32, row_rank = "
                                         "2; read [b, s, 3, 40] x f32, row_rank = 2; "
                                         "read [b, s, 3] x f32; read [b, s, 3] x f32; read [b, s] x i32; write [b, 3, "
                                         "1, 12, 32] x f32; write [b, s, 3, 40] x f32, "
                                         "row_rank = 2"),
            "heads is 3, expected a multiple of key_heads, 2");
  EXPECT_EQ(problems("expert_sort", "read [10, 2] x i32; write [21] x i32; write [10, 2] x i32; write [9] x i32"),
            "operand 1 ('routes') has a dim of 21, expected rows * top_k = 20");
  EXPECT_EQ(
      problems("linear_cross_entropy",
               "read [b, s, 4] x f32; read [600, 4] x f32, tiles = [32, 1]; read [b, s] x i64; write [b, s, 4] x f32",
               "{ignore_index = -100}"),
      "operand 3 ('partials') has a dim of 4, expected 2 * ceildiv(n, 512) + 1 = 5");
  EXPECT_EQ(problems("elementwise_unary", "read [r, c] x f32; write [r, c] x bf16", "{function = \"exp\"}"),
            "operand 1 ('out') is bf16, expected f32 where the number of columns is no constant");
  EXPECT_EQ(problems("rope",
                     "read [r, 2, 8] x f32, row_rank = 2; read [r, 4] x f32, row_stride = 16; read [r, 4] x f32; write "
                     "[r, 2, 8] x f32, "
                     "row_rank = 2",
                     "{layout = \"half\"}"),
            "rows of 'cos' start every 16 elements, but those of 'sin' every 4");
  EXPECT_EQ(problems("rope",
                     "read [r, 2, 8] x f32, row_rank = 2; read [r, 5] x f32; read [r, 5] x f32; write [r, 2, 8] x f32, "
                     "row_rank = 2",
                     "{layout = \"half\"}"),
            "cos has angles for 10 columns, expected at most head_dim = 8");
  EXPECT_EQ(problems("convert", "read [r, 8] x i64; write [r, 8] x i32"),
            "x is i64 and out is i32, expected integers to stay what they are");
  EXPECT_EQ(problems("sum_rows", "read [r, 7] x f32; write [3] x f32"), "width is 7, expected a multiple of cols, 3");
  EXPECT_EQ(problems("top_k", "read [r, 4] x f32; write [r, 5] x f32; write [r, 5] x i32"),
            "top_k is 5, expected at most cols = 4");
  EXPECT_EQ(problems("concat", "read [r, 8] x f32; read [r, 3] x f32; write [r, 8] x f32"),
            "runs of a are 8 columns, expected fewer than the 8 of a run of out");
  EXPECT_EQ(problems("rope_table", "read [r] x i64; write [r, 3] x f32; write [r, 3] x f32",
                     "{inv_freq = array<f32: 1.0, 0.1>, scale = 1.0 : f32}"),
            "attribute 'inv_freq' has 2 numbers, expected the 3 of cos and sin");
}

TEST_F(Bind, tellsWhatDoesNotFitTheAttributes) {
  const char *norm = "read [r, 8] x f32; read [8] x f32; write [r, 8] x f32";
  EXPECT_EQ(problems("rms_norm", norm, "{eps = 1, variant = \"other\", ldx = 8}"),
            "attribute 'eps' is 1 : i64, expected a finite floating point number\n"
            "attribute 'variant' is \"other\", expected one of: standard, one_plus, unweighted\n"
            "unknown attribute 'ldx', expected one of: eps, variant, x_at, x_run");
  EXPECT_EQ(problems("rms_norm", norm, "{eps = 0x7FC00000 : f32}"),
            "attribute 'eps' is 0x7FC00000 : f32, expected a finite floating point number\n"
            "missing attribute 'variant' (weight * cast(x_hat), cast(x_hat * (1 + weight)), or x * cast(x_hat / x))");
  EXPECT_EQ(problems("rms_norm", norm, "{eps = 1.0 : f32, variant = \"unweighted\"}"),
            "variant = \"unweighted\" has no operand 'weight', and the others have one");
  EXPECT_EQ(problems("not_equal", "read [r] x i64; write [r, 1] x f32", "{cols = 8, value = 1}"),
            "unknown attribute 'cols', expected one of: value");
  EXPECT_EQ(problems("embedding", "read [r] x i64; read [9, 4] x f32; write [r, 4] x f32", "{cols = 8}"),
            "unknown attribute 'cols', expected none");
  EXPECT_EQ(
      problems("attention_mask", "read [b, s] x i32; read [b, s] x i64; write [b, s, 1, s] x f32", "{window = -1}"),
      "attribute 'window' is -1, expected at least 0");
  EXPECT_EQ(
      problems("attention_mask", "read [b, s] x i32; read [b, s] x i64; write [b, s, 1, s] x f32", "{window = true}"),
      "attribute 'window' is true, expected an integer");
  EXPECT_EQ(problems("attention_mask", "read [b, s] x i32; read [b, s] x i64; write [b, s, 1, s] x f32",
                     "{window = 9223372036854775808 : ui64}"),
            "attribute 'window' is 9223372036854775808 : ui64, expected an integer");
  EXPECT_EQ(problems("fill", "write [r, 4] x i32", "{value = 1.5 : f32}"),
            "attribute 'value' is 1.500000, expected an integer of 32 bits, as out is i32");
  EXPECT_EQ(problems("fill", "write [r, 4] x i32", "{value = 4.0e+9 : f32}"),
            "attribute 'value' is 4000000000.000000, expected an integer of 32 bits, as out is i32");
  const char *router = "read [r, 8] x f32; write [r, 2] x i32; write [r, 2] x f32";
  EXPECT_EQ(problems("router", router, "{renormalize = true, score = \"softmax_top_k\", weight_type = \"f32\"}"),
            "attribute 'renormalize' goes with score = \"softmax\" alone");
  EXPECT_EQ(problems("router", router, "{renormalize = 1, score = \"sigmoid\", weight_type = \"f32\"}"),
            "attribute 'score' is \"sigmoid\", expected one of: softmax, softmax_top_k\n"
            "attribute 'renormalize' is 1 : i64, expected true or false");
  auto groups = [&](const char *text) {
    return problems("group_router", "read [r, 8] x f32; read [8] x f32; write [r, 5] x i32; write [r, 5] x f32",
                    std::string(text) + ", renormalize = true, scale = 1.0 : f32}");
  };
  EXPECT_EQ(groups("{groups = 3, groups_per_token = 1"),
            "attribute 'groups' is 3, expected groups of equal size, at least 2, of experts = 8");
  EXPECT_EQ(groups("{groups = 8, groups_per_token = 1"),
            "attribute 'groups' is 8, expected groups of equal size, at least 2, of experts = 8");
  EXPECT_EQ(groups("{groups = 4, groups_per_token = 5"),
            "attribute 'groups_per_token' is 5, expected at most groups = 4");
  EXPECT_EQ(groups("{groups = 4, groups_per_token = 2"),
            "top_k is 5, expected at most the 4 experts of groups_per_token groups");
  EXPECT_EQ(problems("router_statistics", "read [r, 4] x f32; read [r] x i64; read_write [9] x f32", "{top_k = 5}"),
            "top_k is 5, expected at most experts = 4");
  EXPECT_EQ(problems("glu", "read [r, 4] x f32; read [r, 4] x f32; write [r, 4] x f32",
                     "{act = \"gelu\", limit = -1.0 : f32, alpha = 2.0 : f32, layout = \"concat\"}"),
            "unknown attribute 'layout', expected one of: act, alpha, limit, up_shift");
  EXPECT_EQ(problems("packed_glu", "read [r, 8] x f32; write [r, 4] x f32",
                     "{act = \"gelu\", limit = -1.0 : f32, alpha = 2.0 : f32}"),
            "attribute 'limit' is -1.000000, expected a positive number\n"
            "attribute 'alpha' goes with act = \"silu\" alone");
  const char *grouped =
      "read [10, 4] x f32; read [2, 8, 4] x f32, tiles = [32, 1]; read [3] x i32; read [20] x i32; write [20, 8] x f32";
  EXPECT_EQ(problems("grouped_gemm", grouped), "operand 'routes' and attribute 'top_k' go together");
  EXPECT_EQ(problems("grouped_gemm", grouped, "{top_k = 3}"),
            "operand 3 ('routes') has a dim of 20, expected tokens * top_k = 30\n"
            "operand 4 ('c') has a dim of 20, expected tokens * top_k = 30");
  const char *product = "read [r, 4] x f32; read [8, 4] x f32, tiles = [32, 1]; write [r, 8] x f32";
  EXPECT_EQ(problems("gemm", product, "{bf16_dot = true}", &allTargets().front()),
            "attribute 'bf16_dot' needs operand 'w' of bf16, found f32\n"
            "attribute 'bf16_dot' needs dot products of bf16, which x86-64-v3 lacks");
  EXPECT_EQ(problems("gemm", product, "{group = 0}"), "attribute 'group' is 0, expected at least 1");
}

TEST_F(Bind, runsStayWithinTheirRows) {
  auto convert = [&](const std::string &attributes) {
    return problems("convert", "read [r, 64] x f32; write [r, 24] x f32", attributes);
  };
  EXPECT_EQ(convert("{x_cols = 8, x_at = 40, x_run = 8}"), "");
  EXPECT_EQ(convert("{x_cols = 8, x_at = 56, x_run = 0}"), "");
  EXPECT_EQ(convert("{}"), "operand 0 ('x') has rows of 64 columns, expected 1 runs of 24 columns");
  EXPECT_EQ(convert("{x_cols = 8, x_at = 41}"),
            "attributes 'x_at' = 41 and 'x_run' = 8 place 3 runs of 8 columns outside rows of 64 of operand 0 ('x')");
  EXPECT_EQ(convert("{x_cols = 8, x_run = 29}"),
            "attributes 'x_at' = 0 and 'x_run' = 29 place 3 runs of 8 columns outside rows of 64 of operand 0 ('x')");
  EXPECT_EQ(convert("{x_cols = 7, x_at = 0}"), "cols is 24, expected a multiple of x_cols, 7");
  EXPECT_EQ(convert("{x_cols = 8, x_at = -1, x_run = -1}"),
            "attribute 'x_at' is -1, expected at least 0\nattribute 'x_run' is -1, expected at least 0");
  EXPECT_EQ(convert("{x_cols = 8, x_run = 9223372036854775807}"),
            "attribute 'x_run' is 9223372036854775807, expected at most 281474976710656");
  EXPECT_EQ(problems("attention_pack",
                     "read [b, 32, 2, 4] x f32, row_rank = 2; read [b, 32, 20] x f32; write [b, 2, 1, 4, 32] x f32; "
                     "write [b, 2, 1, 1, 1024] x f32",
                     "{v_head_dim = 5, v_at = 10}"),
            "");
  EXPECT_EQ(problems("attention_pack",
                     "read [b, 32, 2, 4] x f32, row_rank = 2; read [b, 32, 20] x f32; write [b, 2, 1, 4, 32] x f32; "
                     "write [b, 2, 1, 1, 1024] x f32",
                     "{v_head_dim = 5, v_at = 11}"),
            "attributes 'v_at' = 11 and 'v_run' = 5 place 2 runs of 5 columns outside rows of 20 of operand 1 ('v')");
}

TEST_F(Bind, endsOfDocumentsAreOfFullVisibility) {
  std::string operands = "read [b, s] x i32; read [b, s] x i32; read [b, t] x i64; write [b, s, 1, t] x f32";
  EXPECT_EQ(problems("attention_mask", operands, "{window = 0, visibility = \"full\"}"), "");
  EXPECT_EQ(problems("attention_mask", operands, "{window = 0}"),
            "operand 'ends' needs attribute 'visibility' = full, found causal");
  EXPECT_EQ(problems("attention_mask", operands, "{window = 0, visibility = \"all\"}"),
            "attribute 'visibility' is \"all\", expected one of: causal, full");
}

TEST_F(Bind, sizesThatNoCodeIsMadeForAreToldAtOnce) {
  EXPECT_EQ(
      problems("attention_pack",
               "read [b, 32, 1, 4] x f32, row_rank = 2; read [b, 32, 100000] x f32; write [b, 1, 1, 4, 32] x f32; "
               "write [b, 1, 3125, 1, 1024] x f32"),
      "v_head_dim is 100000, but code is generated for at most 1024");
  EXPECT_EQ(problems("router", "read [r, 100000] x f32; write [r, 5000] x i32; write [r, 5000] x f32",
                     "{weight_type = \"f32\"}"),
            "top_k is 5000, but code is generated for at most 256");
  auto sort = bindKernel(context, builtinKinds(), "expert_sort",
                         {"read [4, 2] x i32; write [8] x i32; write [4, 2] x i32; write [1000001] x i32"});
  ASSERT_TRUE(bool(sort));
  EXPECT_EQ(toString(compileKernels({{"k", *sort}}, allTargets().front()).takeError()),
            "kernel 'k' (expert_sort): needs 4000000 bytes of stack, expected at most 524288");
}

TEST_F(Bind, extentsAreComparedByWhatTheyAre) {
  auto symbol = [&](const char *name) { return veomni::rt::Dim(mlir::StringAttr::get(&context, name)); };
  context.loadDialect<veomni::rt::ProgramDialect>();
  auto extent = [&](llvm::ArrayRef<veomni::rt::Dim> factors, int64_t divisor = 1) {
    return veomni::rt::ExtentAttr::get(&context, factors, divisor);
  };
  auto tokens = extent({symbol("batch"), symbol("seq")});
  auto definitions = [&](mlir::StringAttr name) -> veomni::rt::ExtentAttr {
    if (name == "tokens")
      return tokens;
    if (name == "panels")
      return extent({symbol("seq")}, 32);
    return name == "endless" ? extent({symbol("endless"), symbol("endless")}) : veomni::rt::ExtentAttr();
  };
  EXPECT_TRUE(isSameExtent(extent({symbol("tokens"), 2}), extent({2, symbol("seq"), symbol("batch")}), definitions));
  EXPECT_TRUE(isSameExtent(extent({symbol("panels")}), extent({symbol("seq")}, 32), definitions));
  EXPECT_TRUE(isSameExtent(extent({37}, 16), extent({3}), definitions));
  EXPECT_FALSE(isSameExtent(extent({symbol("panels")}), extent({symbol("seq")}, 33), definitions));
  EXPECT_FALSE(isSameExtent(extent({symbol("panels"), 32}), extent({symbol("seq")}), definitions));
  EXPECT_FALSE(isSameExtent(extent({symbol("tokens")}), extent({symbol("seq")}), definitions));
  EXPECT_FALSE(isSameExtent(extent({symbol("endless")}), extent({symbol("seq")}), definitions));
}

TEST_F(Bind, operationsAreThoseOfProducts) {
  auto flops = [&](const std::string &kind, const std::string &operands, const std::string &attributes = "{}") {
    return texts(bind(kind, operands, attributes).flops());
  };
  EXPECT_EQ(flops("gemm", "read [b, s, 33] x f32; read [50, 33] x f32, tiles = [32, 1]; write [b, s, 50] x f32"),
            "b * s * 3300");
  EXPECT_EQ(flops("grouped_gemm",
                  "read [10, 33] x bf16; read [8, 50, 33] x bf16, tiles = [32, 2]; read [9] x i32; read [20] x i32; "
                  "write [20, 50] x bf16",
                  "{top_k = 2}"),
            "66000");
  EXPECT_EQ(flops("matmul", "read [b, s, 20] x f32; read [b, 20, t] x f32; write [b, s, t] x f32"), "b * s * t * 40");
  auto attention = [&](const std::string &attributes) {
    return flops("attention",
                 "read [b, s, 4, 20] x f32, row_rank = 2; read [b, 2, 2, 20, 32] x f32; read [b, 2, 1, 2, 1024] x f32; "
                 "read [b, s] x i32; read [b, 50] x i64; write [b, s, 4, 20] x f32, row_rank = 2",
                 attributes);
  };
  // Causal queries see half of the keys; a window is the most that they see.
  EXPECT_EQ(attention("{scale = 0.2 : f32, window = 0}"), "b * s * 8000");
  EXPECT_EQ(attention("{scale = 0.2 : f32, window = 0, visibility = \"full\"}"), "b * s * 16000");
  EXPECT_EQ(attention("{scale = 0.2 : f32, window = 10}"), "b * s * 8000, b * s * 3200");
  EXPECT_EQ(attention("{scale = 0.2 : f32, window = 10, visibility = \"full\"}"), "b * s * 16000, b * s * 6400");
  EXPECT_EQ(flops("fill", "write [4, 8] x f32", "{value = 0.0 : f32}"), "");
}

TEST_F(Bind, tellsOfOperationsOfNoSize) {
  KernelKind kind = valid();
  kind.flops = [](const Kernel &) { return std::vector<std::string>{"2 * rows", "2 * rows +", "columns"}; };
  KernelKindTable kinds({kind});
  auto kernel = bindKernel(context, kinds, "copy", {"read [r, 8] x f32; write [r, 8] x f32"});
  ASSERT_FALSE(bool(kernel));
  EXPECT_EQ(toString(kernel.takeError()),
            "flops: '2 * rows +' is no size, expected names, numbers, +, * and ceildiv(a, b)\n"
            "flops: 'columns' names a size that no operand has");
}

TEST_F(Bind, headsShareKeysEvenly) {
  for (std::string kind : {"attention_scores", "attention_values"}) {
    std::string wide = "[b, s, 3, 20] x f32, row_rank = 2", narrow = "read [b, s, 2, 20] x f32, row_rank = 2;",
                scores = "[b, s, 3, s] x f32";
    EXPECT_EQ(problems(kind, kind == "attention_scores" ? "read " + wide + ";" + narrow + "write " + scores
                                                        : "read " + scores + ";" + narrow + "write " + wide),
              "heads is 3, expected a multiple of kv_heads, 2");
  }
  EXPECT_EQ(problems("attention",
                     "read [b, 32, 3, 4] x f32, row_rank = 2; read [b, 2, 1, 4, 32] x f32; read [b, 2, 1, 1, 1024] x "
                     "f32; read [b, 32] x i32; "
                     "read [b, 32] x i64; write [b, 32, 3, 4] x f32, row_rank = 2",
                     "{scale = 1.0 : f32, window = 0}"),
            "heads is 3, expected a multiple of kv_heads, 2");
}

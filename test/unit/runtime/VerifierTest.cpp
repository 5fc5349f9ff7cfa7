// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// One test per rule of the verifier: a good bundle with one thing wrong is refused, and the message says where.
#include "VerifierRules.h"

#include <limits>

namespace veomni {
namespace {

using namespace test::verifier;

class VerifierRule : public testing::TestWithParam<Rule> {};

TEST(Verifier, AcceptsTheBundleThatTheRulesBreak) {
  TestBundle bundle = test::makeLayeredBundle();
  EXPECT_EQ(load(bundle), "");
}

TEST(Verifier, ReportsAllProblemsOfAPhase) {
  TestBundle bundle = test::makeLayeredBundle();
  bundle->inputs[0]->type->dims[0] = Dim(-2, -1);
  bundle->kernels[spread]->executable = 9;
  std::string message = load(bundle);
  EXPECT_NE(message.find("m.vob: input 0 \"ids\": size -2 is negative"), std::string::npos) << message;
  EXPECT_NE(message.find("\nm.vob: kernel 0 \"spread\": executable is 9"), std::string::npos) << message;
}

TEST(Verifier, KnowsThatSumsAreEqualHoweverTheyAreWritten) {
  // batch * seq as (batch + 1) * seq - seq, through a symbol of its own
  TestBundle bundle = test::makeLayeredBundle();
  uint32_t more = bundle.addSum("more", {{Size::of(batch)}, {1}});
  std::swap(bundle->symbols[more], bundle->symbols[tokensSymbol]); // before its use
  bundle->symbols[more]->extent = TestBundle::sum({{Size::of(tokensSymbol), Size::of(seq)}, {Size::of(seq), -1}});
  for (const auto &function : bundle->functions)
    for (const auto &value : function->values)
      for (Dim &dim : value->type->dims)
        if (dim.symbol() == tokensSymbol)
          dim = Dim(0, int32_t(more));
  for (const auto &instruction : bundle->functions[layer]->instructions)
    for (const auto &scalar : instruction->action.AsDispatch()->scalars)
      if (scalar->factors.size() == 1)
        scalar->factors[0] = Dim(0, int32_t(more));
  EXPECT_EQ(load(bundle), "");
}

TEST(Verifier, BoundsCodeSegments) {
  struct {
    uint64_t offset, size;
    const char *message;
  } cases[] = {
      {1, 0, "is not a multiple of 64"},
      {0, 64, "lies outside of"},
      {1 << 20, 0, "lies outside of"},
      {~uint64_t(63), 64, "lies outside of"},
      {1 << 13, ~uint64_t(0), "lies outside of"},
  };
  for (const auto &c : cases) {
    TestBundle bundle = test::makeLayeredBundle();
    std::vector<std::byte> file = bundle.file();
    // Structs lie inline, so that this one can be changed in place.
    auto *segment =
        const_cast<Segment *>(GetBundle(file.data() + 64)->executables()->Get(0)->variants()->Get(0)->segment());
    *segment = Segment(c.offset, c.size, 0, 0);
    test::fixMetadataDigest(file);
    Expected<veomni::Bundle> loaded = veomni::Bundle::fromMemory(file, "m.vob");
    ASSERT_FALSE(loaded);
    EXPECT_NE(loaded.status().message().find(c.message), std::string::npos) << loaded.status().message();
  }
}

TEST_P(VerifierRule, IsEnforced) { expectRefused(GetParam()); }

/// A library call at the end of `layer`.
LibraryCallT &library(TestBundle &b) {
  auto &instructions = b->functions[layer]->instructions;
  if (instructions.back()->action.type != Action::LibraryCall)
    b.addLibraryCall(layer, "f", {0, 1}, {Access::read, Access::write}, test::extents(TestBundle::extent({1})));
  return *instructions.back()->action.AsLibraryCall();
}
constexpr int64_t huge = int64_t(1) << 40;

/// A sum of products, as a bundle holds it.
ExtentT sum(const std::vector<Sizes> &products, int64_t divisor = 1) {
  return std::move(*TestBundle::sum(products, divisor));
}

const Rule rules[] = {
    {"UnknownFeature", [](TestBundle &b) { b->required_features = 1ull << 37; },
     "required_features: needs feature (bit 37), which this runtime does not know; use a newer runtime"},
    {"UnknownFeatureByName",
     [](TestBundle &b) {
       b->required_features = 1ull << 37 | bundle_format::extentSums;
       b->required_feature_names = {"sizes that are sums", "warp drive"};
     },
     "needs feature \"warp drive\" (bit 37), which this runtime does not know"},
    {"FeatureWithoutItsBit",
     [](TestBundle &b) {
       b->required_features = 0;
       b->symbols[tokensSymbol]->extent->terms.push_back(std::make_unique<ProductT>());
     },
     "symbol 3 \"tokens\": uses feature \"sizes that are sums\" (bit 2), which is not among the bundle's "
     "required_features"},

    // Symbols
    {"SymbolKind", [](TestBundle &b) { b->symbols[batch]->kind = SymbolKind(9); },
     "symbol 0 \"batch\": kind 9 is unknown"},
    {"SymbolRange", [](TestBundle &b) { b->symbols[batch]->min = 5, b->symbols[batch]->max = 4; },
     "range [5, 4] is empty"},
    {"SymbolNegativeRange", [](TestBundle &b) { b->symbols[batch]->min = -1; }, "symbol 0 \"batch\": range [-1"},
    {"SymbolInput", [](TestBundle &b) { b->symbols[seq]->input = 2; },
     "symbol 1 \"seq\": input is 2, the program has 2 inputs"},
    {"SymbolDim", [](TestBundle &b) { b->symbols[seq]->dim = 2; },
     "symbol 1 \"seq\": dim is 2, input \"ids\" has rank 2"},
    {"SymbolOfOptionalInput", [](TestBundle &b) { b->symbols[seq]->input = 1; }, "which may be left out"},
    {"SymbolWithoutExtent", [](TestBundle &b) { b->symbols[tokensSymbol]->extent.reset(); },
     "symbol 3 \"tokens\": has no extent"},
    {"SymbolCycle", [](TestBundle &b) { b->symbols[tokensSymbol]->extent->factors[0] = Dim(0, tokensSymbol); },
     "symbol 3 \"tokens\": symbol 3 is not defined before this use"},
    {"SymbolOverLoop", [](TestBundle &b) { b->symbols[tokensSymbol]->extent->factors[0] = Dim(0, expertSymbol); },
     "counts a loop"},
    {"ExtentDivisor", [](TestBundle &b) { b->symbols[tokensSymbol]->extent->divisor = 0; },
     "divisor is 0, expected at least 1"},
    {"ExtentNegativeFactor", [](TestBundle &b) { b->symbols[tokensSymbol]->extent->factors[0] = Dim(-3, -1); },
     "size -3 is negative"},
    {"ExtentLength", [](TestBundle &b) { b->symbols[tokensSymbol]->extent->factors.resize(33, Dim(1, -1)); },
     "33 factors"},

    {"ExtentTermSymbol",
     [](TestBundle &b) { *b->symbols[tokensSymbol]->extent = sum({{Size::of(batch)}, {Size::of(tokensSymbol)}}); },
     "symbol 3 \"tokens\": symbol 3 is not defined before this use"},
    {"ExtentTermLoop",
     [](TestBundle &b) { *b->symbols[tokensSymbol]->extent = sum({{Size::of(batch)}, {Size::of(expertSymbol)}}); },
     "counts a loop"},
    {"ExtentTermLength", [](TestBundle &b) { *b->symbols[tokensSymbol]->extent = sum({{1}, Sizes(33, Size(1))}); },
     "33 factors"},
    {"ExtentTerms", [](TestBundle &b) { *b->symbols[tokensSymbol]->extent = sum(std::vector<Sizes>(34, {1})); },
     "33 terms, expected at most 32"},
    {"ExtentTermOutsideOfLoop",
     [](TestBundle &b) { *dispatch(b, forward, 0).scalars[0] = sum({{1}, {Size::of(expertSymbol)}}); },
     "uses loop symbol \"expert\" outside of its loop"},
    {"SumOfAnotherSize",
     [](TestBundle &b) { *b->symbols[tokensSymbol]->extent = sum({{Size::of(batch), Size::of(seq)}, {1}}); },
     "value 4: views f32[tokens, 2, 2] as f32[batch, seq, 4], which is not of equal size"},

    // Types
    {"TypeDtype", [](TestBundle &b) { b->weights[0]->type->dtype = DType(77); }, "dtype 77 is unknown"},
    {"TypeLayout", [](TestBundle &b) { b->weights[0]->type->layout = Layout(7); }, "layout 7 is unknown"},
    {"TypeRank", [](TestBundle &b) { b->inputs[0]->type->dims.resize(17, Dim(1, -1)); },
     "rank is 17, expected at most 16"},
    {"TypeDimSymbol", [](TestBundle &b) { b->inputs[0]->type->dims[0] = Dim(0, 99); }, "symbol 99 is not defined"},
    {"TypeLoopSymbol", [](TestBundle &b) { b->outputs[0]->type->dims[0] = Dim(0, expertSymbol); }, "counts a loop"},
    {"TypeOverflow", [](TestBundle &b) { b->weights[0]->type->dims = {Dim(huge, -1), Dim(huge, -1)}; },
     "more than 2^48"},
    {"TypeRowRank", [](TestBundle &b) { b->inputs[0]->type->row_rank = 3; }, "row_rank is 3, the buffer has rank 2"},
    {"TypeNegativeRowStride", [](TestBundle &b) { b->inputs[0]->type->row_stride = -1; }, "row_stride is -1"},
    {"TypeRowSize", [](TestBundle &b) { b->inputs[0]->type->row_rank = 1, b->inputs[0]->type->row_stride = 8; },
     "must have constant size"},
    {"TypeRowStride", [](TestBundle &b) { b->outputs[0]->type->row_rank = 1, b->outputs[0]->type->row_stride = 3; },
     "row_stride is 3, rows have 4"},
    {"TypeStorageOverflow",
     [](TestBundle &b) {
       b->outputs[0]->type->dims = {Dim(huge, -1), Dim(4, -1)};
       b->outputs[0]->type->row_rank = 1, b->outputs[0]->type->row_stride = huge;
     },
     "rows and their gaps"},
    {"TilesOfEightBytes",
     [](TestBundle &b) {
       b->weights[0]->type = TestBundle::type(DType::i64, {4, 4}), b->weights[0]->type->layout = Layout::tiles;
     },
     "tiles are [32, 0], expected rows and columns from 1 to 1024"},
    {"TilesWithoutRows",
     [](TestBundle &b) {
       b->weights[0]->type = TestBundle::f32({4, 4});
       b->weights[0]->type->layout = Layout::tiles;
       b->weights[0]->type->tile_rows = 0;
     },
     "tiles are [0, 1], expected rows and columns from 1 to 1024"},
    {"TileSizesFeature",
     [](TestBundle &b) {
       b->required_features &= ~uint64_t(bundle_format::tileSizes);
       b->weights[0]->type = TestBundle::f32({4, 4});
       b->weights[0]->type->layout = Layout::tiles, b->weights[0]->type->tile_rows = 16;
       b->weights[0]->steps[0]->dims = {4, 4};
       b->weights[0]->steps.push_back(std::make_unique<bundle::StepT>());
       b->weights[0]->steps.back()->kind = StepKind::pack;
     },
     "uses feature \"tiles of any size\""},
    {"TilesRank", [](TestBundle &b) { b->weights[0]->type->layout = Layout::tiles; }, "tiles of rank 1"},
    {"TilesConstant", [](TestBundle &b) { b->kernels[spread]->operands[1]->type->layout = Layout::tiles; },
     "tiles must have constant sizes"},

    // Tables
    {"InputName", [](TestBundle &b) { b->inputs[1]->name = "ids"; }, "input 1 \"ids\": another input has this name"},
    {"InputDefault", [](TestBundle &b) { b->inputs[1]->default_value = InputDefault(9); }, "default 9 is unknown"},
    {"InputRange", [](TestBundle &b) { b->inputs[0]->min = 100; }, "range [100, 99] is empty"},
    {"InputLayout",
     [](TestBundle &b) { b->inputs[1]->type = TestBundle::f32({4, 4}), b->inputs[1]->type->layout = Layout::tiles; },
     "has tiles"},
    {"InputDefaultDtype", [](TestBundle &b) { b->inputs[1]->type->dtype = DType::f32; }, "has a default but is f32"},
    {"InputIotaRank", [](TestBundle &b) { b->inputs[1]->type->dims.clear(); },
     "counts along its last dimension but has none"},
    {"InputCuSeqlens", [](TestBundle &b) { b->inputs[1]->type->dtype = DType::i32; }, "accepts cu_seqlens but is i32"},
    {"OutputName", [](TestBundle &b) { b->outputs[1]->name = "y"; }, "another output has this name"},
    {"OutputLayout",
     [](TestBundle &b) { b->outputs[0]->type = TestBundle::f32({4, 4}), b->outputs[0]->type->layout = Layout::tiles; },
     "output 0 \"y\": has tiles"},
    {"WeightConstant", [](TestBundle &b) { b->weights[0]->type->dims[0] = Dim(0, batch); },
     "sizes that are not constant: f32[batch]"},
    {"WeightDense", [](TestBundle &b) { b->weights[0]->type->row_rank = 1, b->weights[0]->type->row_stride = 8; },
     "begin every 8 elements, expected no gaps"},
    {"StepKind", [](TestBundle &b) { b->weights[0]->steps[0]->kind = StepKind(66); },
     "weight 0 \"layer.0\": recipe step 0: kind 66 is unknown"},
    {"StepDtype", [](TestBundle &b) { b->weights[0]->steps[0]->dtype = DType(66); },
     "recipe step 0: dtype 66 is unknown"},
    {"StepKey", [](TestBundle &b) { b->weights[0]->steps[0]->key.clear(); }, "recipe step 0: load names no tensor"},
    {"StepDims", [](TestBundle &b) { b->weights[0]->steps[0]->dims = {huge, huge}; }, "which is more than 2^63 bytes"},
    {"StepFeature",
     [](TestBundle &b) {
       b->required_features = 0;
       auto part = std::make_unique<StepT>();
       part->kind = StepKind::slice;
       part->start = std::make_unique<Dim>(0, -1);
       part->size = std::make_unique<Dim>(4, -1);
       b->weights[0]->steps.push_back(std::move(part));
     },
     "weight 0 \"layer.0\": uses feature \"recipes of parts of tensors\" (bit 3), which is not among the bundle's "
     "required_features"},
    {"StepsMake", [](TestBundle &b) { b->weights[0]->steps[0]->dims = {5}; },
     "weight 0 \"layer.0\": recipe makes [5] x f32, expected ["},
    {"ExecutableVariants", [](TestBundle &b) { b->executables[0]->variants.clear(); },
     "executable 0 \"code\": has no variants"},
    {"VariantCode", [](TestBundle &b) { b->executables[0]->variants[0]->segment.reset(); },
     "variant \"x86-64\": has no code"},
    {"KernelExecutable", [](TestBundle &b) { b->kernels[scale]->executable = 1; },
     "kernel 1 \"scale\": executable is 1, the program has 1"},
    {"KernelAccess", [](TestBundle &b) { b->kernels[scale]->operands[0]->access = Access(8); },
     "operand 0: access 8 is unknown"},
    {"MetadataKey", [](TestBundle &b) { b->metadata.push_back(std::make_unique<KeyValueT>(*b->metadata[0])); },
     "another entry has this key"},

    // Functions
    {"ArgumentAccess", [](TestBundle &b) { b->functions[layer]->arguments[0]->access = Access(5); },
     "function 0 \"layer\", argument 0: access 5 is unknown"},
    {"SlotCount", [](TestBundle &b) { b->functions[layer]->slot_count = 0xffffffff; },
     "slot_count is 4294967295 for 5 values"},
    {"ParamCount", [](TestBundle &b) { b->functions[layer]->param_count = 6; },
     "param_count is 6, the program has 5 weights"},
    {"ValueStorage", [](TestBundle &b) { value(b, layer, 0).storage = Storage(5); }, "value 0: storage 5 is unknown"},
    {"ValueArgument", [](TestBundle &b) { value(b, layer, 0).index = 2; }, "value 0: argument 2 of 2"},
    {"ValueSlot", [](TestBundle &b) { value(b, layer, 3).index = 1; }, "value 3: slot 1 of 1"},
    {"ValueParam", [](TestBundle &b) { value(b, layer, 2).index = 1; }, "value 2: param 1 of 1"},
    {"ViewOfLaterValue", [](TestBundle &b) { value(b, layer, 4).index = 4; }, "value 4: view 4 of 4"},
    {"ValueArgumentType", [](TestBundle &b) { value(b, layer, 0).type->dims[2] = Dim(5, -1); },
     "value 0: is f32[batch, seq, 5], argument 0 is f32[batch, seq, 4]"},
    {"ParamConstant", [](TestBundle &b) { value(b, layer, 2).type->dims[0] = Dim(0, batch); },
     "value 2: has sizes that are not constant"},
    {"ViewSize", [](TestBundle &b) { value(b, layer, 3).type->dims[1] = Dim(3, -1); },
     "value 4: views f32[tokens, 3, 2] as f32[batch, seq, 4], which is not of equal size"},
    {"ViewDtype", [](TestBundle &b) { value(b, layer, 3).type->dtype = DType::i32; }, "which is not of equal size"},
    {"ActionUnknown", [](TestBundle &b) { instruction(b, layer, 0).action.Reset(); }, "not a well-formed flatbuffer"},

    // Dispatches
    {"DispatchKernel", [](TestBundle &b) { dispatch(b, layer, 0).kernel = 5; },
     "instruction 0: kernel is 5, the program has 5"},
    {"DispatchGrid",
     [](TestBundle &b) {
       dispatch(b, layer, 0).workgroups.resize(4);
       for (auto &e : dispatch(b, layer, 0).workgroups)
         e = TestBundle::extent({1});
     },
     "4 workgroup extents"},
    {"DispatchExtent", [](TestBundle &b) { dispatch(b, layer, 0).workgroups[0]->divisor = -1; },
     "workgroups 0: divisor is -1"},
    {"DispatchScalarCount", [](TestBundle &b) { dispatch(b, layer, 0).scalars.clear(); }, "0 scalars, expected 1"},
    {"DispatchScalar", [](TestBundle &b) { dispatch(b, layer, 0).scalars[0]->factors[0] = Dim(0, 50); },
     "scalar 0: symbol 50"},
    {"DispatchOperandCount", [](TestBundle &b) { dispatch(b, layer, 0).operands.pop_back(); },
     "(dispatch of \"scale\"): 2 operands, expected 3"},
    {"DispatchOperand", [](TestBundle &b) { dispatch(b, layer, 0).operands[1] = 5; }, "operand 1 is value 5 of 5"},
    {"DispatchOperandType", [](TestBundle &b) { dispatch(b, layer, 0).operands[1] = 0; },
     "function 0 \"layer\", instruction 0 (dispatch of \"scale\"): operand 1 is f32[batch, seq, 4], expected f32[4]"},
    {"DispatchOperandStride",
     [](TestBundle &b) {
       b->kernels[scale]->operands[0]->type->row_rank = 1;
       b->kernels[scale]->operands[0]->type->row_stride = 8;
     },
     "operand 0 is f32[batch, seq, 4], expected f32[batch, seq, 4] (row_rank 1, row_stride 8)"},
    {"WriteToParam", [](TestBundle &b) { b->kernels[scale]->operands[1]->access = Access::write; },
     "operand 1 is written, but param 0 is a weight"},
    {"WriteToReadArgument", [](TestBundle &b) { b->kernels[scale]->operands[0]->access = Access::read_write; },
     "operand 0 is written, but argument 0 is read-only"},
    {"ReadBeforeWriteOfSlot",
     [](TestBundle &b) { std::swap(b->functions[layer]->instructions[0], b->functions[layer]->instructions[1]); },
     "operand 1 reads value 4, but slot 0 holds nothing yet"},
    {"ReadBeforeWriteOfOutput", [](TestBundle &b) { dispatch(b, layer, 0).operands[0] = 1; },
     "operand 0 reads argument 1 before it is written"},
    {"SlotHoldsAnotherValue",
     [](TestBundle &b) {
       uint32_t other = b.addValue(forward, Storage::slot, 0, TestBundle::f32({Size::of(batch), Size::of(seq), 4}));
       dispatch(b, forward, 0).operands[1] = other;
     },
     "operand 0 reads value 4, but slot 0 holds value 6"},
    {"TwoWritersOfOneMemory",
     [](TestBundle &b) {
       b->kernels[add]->operands[1]->access = Access::write;
       dispatch(b, layer, 1).operands[1] = 1;
     },
     "is written and shares memory with"},
    {"OutputNeverWritten", [](TestBundle &b) { b->functions[forward]->instructions.pop_back(); },
     "function 2 \"forward\": argument 3 \"positions_seen\" is never written"},

    // Rows of inputs by elements of others
    {"RowsWithoutTheirBit",
     [](TestBundle &b) {
       b->inputs[1]->rows_of = "ids";
       b->required_features &= ~uint64_t(bundle_format::inputRows);
     },
     "uses feature \"rows of inputs by elements of others\" (bit 13)"},
    {"RowsOfNothing", [](TestBundle &b) { b->inputs[1]->rows_of = "idz"; },
     "has rows for elements of \"idz\", expected another required input of i64 or i32, and at least one dim"},
    {"RowsOfThemselves", [](TestBundle &b) { b->inputs[1]->rows_of = "positions"; },
     "has rows for elements of \"positions\", expected another"},
    {"RowsOfWhatMayBeLeftOut", [](TestBundle &b) { b->inputs[0]->rows_of = "positions"; },
     "has rows for elements of \"positions\", expected another required input"},

    // Library calls
    {"LibraryCallWithoutItsBit",
     [](TestBundle &b) {
       library(b);
       b->required_features &= ~uint64_t(bundle_format::libraryCalls);
     },
     "uses feature \"library calls\" (bit 8)"},
    {"LibraryCallOperand", [](TestBundle &b) { library(b).operands[0] = 40; },
     "(library call of \"f\"): operand 0 is value 40 of"},
    {"LibraryCallAccesses", [](TestBundle &b) { library(b).accesses.pop_back(); }, "2 operands, but 1 accesses"},
    {"LibraryCallAccess", [](TestBundle &b) { library(b).accesses[0] = Access(7); }, "operand 0: access 7 is unknown"},
    {"LibraryCallScalar", [](TestBundle &b) { library(b).scalars[0]->factors[0] = Dim(0, 50); }, "scalar 0: symbol 50"},
    {"LibraryCallWritesReadOnly", [](TestBundle &b) { library(b).accesses[0] = Access::write; },
     "operand 0 is written, but argument 0 is read-only"},
    {"LibraryCallAliases", [](TestBundle &b) { library(b).operands[0] = library(b).operands[1]; },
     "is written and shares memory with operand"},
    {"LibraryCallAttribute",
     [](TestBundle &b) {
       auto attribute = std::make_unique<AttributeT>();
       attribute->name = "by";
       attribute->kind = AttributeKind(9);
       library(b).attributes.push_back(std::move(attribute));
     },
     "attribute \"by\": kind 9 is unknown"},

    // Calls and loops
    {"CallCallee", [](TestBundle &b) { call(b, 1).callee = 3; },
     "instruction 1: callee is 3, the program has 3 functions"},
    {"CallOperandCount", [](TestBundle &b) { call(b, 1).operands.pop_back(); },
     "(call of \"layer\"): 1 operands, expected 2"},
    {"CallOperand", [](TestBundle &b) { call(b, 1).operands[0] = 40; }, "operand 0 is value 40 of 6"},
    {"CallOperandType", [](TestBundle &b) { call(b, 1).operands[0] = 0; },
     "operand 0 is i64[batch, seq], expected f32[batch, seq, 4]"},
    {"CallWritesReadOnly", [](TestBundle &b) { b->functions[forward]->arguments[2]->access = Access::read; },
     "operand 1 is written, but argument 2 is read-only"},
    {"CallAliases", [](TestBundle &b) { call(b, 1).operands[1] = 4; },
     "operand 1 is written and shares memory with operand 0"},
    {"LoopSymbol", [](TestBundle &b) { loop(b).symbol = 70; }, "loop symbol is 70"},
    {"LoopSymbolKind", [](TestBundle &b) { loop(b).symbol = seq; }, "symbol \"seq\" is not a loop symbol"},
    {"LoopWithoutCount", [](TestBundle &b) { loop(b).count.reset(); }, "loop has no count"},
    {"LoopCount", [](TestBundle &b) { *loop(b).count = Dim(-1, -1); }, "size -1 is negative"},
    {"LoopCountSymbolic", [](TestBundle &b) { *loop(b).count = Dim(0, batch); },
     "a loop over parameters needs a constant count"},
    {"LoopSymbolOutsideOfLoop",
     [](TestBundle &b) { dispatch(b, forward, 0).scalars[0]->factors[0] = Dim(0, expertSymbol); },
     "uses loop symbol \"expert\" outside of its loop"},
    {"LoopInsideItself",
     [](TestBundle &b) {
       uint32_t outer = b.addFunction("outer");
       auto hidden = [] { return TestBundle::f32({Size::of(batch), Size::of(seq), 4}); };
       b.addArgument(outer, "x", hidden(), Access::read);
       b.addArgument(outer, "sum", hidden(), Access::read_write);
       b.addValue(outer, Storage::argument, 0, hidden());
       b.addValue(outer, Storage::argument, 1, hidden());
       b->functions[outer]->param_count = 3;
       b.addLoop(outer, expertSymbol, 3, expert, {0, 1}, 0, 1);
       loop(b).callee = outer;
       *loop(b).count = Dim(1, -1);
     },
     "symbol \"expert\" counts a loop inside too"},
    {"Recursion",
     [](TestBundle &b) {
       b->functions[layer]->instructions.pop_back();
       b.addCall(layer, layer, {0, 1});
     },
     "function 0 \"layer\": calls itself"},
    {"CallDepth",
     [](TestBundle &b) {
       b->entry = 3;
       for (uint32_t f = 0; f < 63; ++f) {
         b->functions.push_back(std::make_unique<FunctionT>(*b->functions[forward]));
         FunctionT &function = *b->functions.back();
         function.instructions.clear();
         b.addCall(f + 3, f + 4, {0, 1, 2, 3});
       }
       call(b, 1);
       b->functions.push_back(std::make_unique<FunctionT>(*b->functions[forward]));
     },
     "calls nest 65 deep, expected at most 64"},
    {"CallWindow", [](TestBundle &b) { call(b, 1).param_base = 5; },
     "uses params from 5, 1 for each of 1 runs, but the caller has 5"},
    {"CallWindowWraps", [](TestBundle &b) { call(b, 1).param_base = 0xffffffff; }, "uses params from 4294967295"},
    {"LoopWindow", [](TestBundle &b) { loop(b).param_stride = 2; }, "1 for each of 3 runs, but the caller has 5"},
    {"LoopWindowWraps", [](TestBundle &b) { *loop(b).count = Dim(std::numeric_limits<int64_t>::max(), -1); },
     "but the caller has 5"},
    {"WeightType",
     [](TestBundle &b) { b->weights[3]->type->dims[0] = Dim(5, -1), b->weights[3]->steps[0]->dims = {5}; },
     "function 1 \"expert\" with params from 3: value 2 is f32[4], weight \"expert.1\" is f32[5]"},

    // Entries and states
    {"AxisWithoutEntries", [](TestBundle &b) { b->symbols[batch]->kind = SymbolKind::axis; },
     "symbol 0 \"batch\": is of kind axis in a bundle without entries, expected input_dim or input_given"},
    {"InputDimWithEntries",
     [](TestBundle &b) {
       b.moveIntoEntry("forward");
       b->symbols[batch]->kind = SymbolKind::input_dim;
     },
     "symbol 0 \"batch\": is of kind input_dim in a bundle with entries, expected axis or given"},
    {"NoEntries",
     [](TestBundle &b) {
       b.moveIntoEntry("forward");
       b->entries.resize(65);
       for (auto &entry : b->entries)
         entry = std::make_unique<EntryT>(*b->entries[0]);
     },
     "entries: there are 65, expected 1 to 64"},
    {"EntriesWithoutTheirBit",
     [](TestBundle &b) {
       b.moveIntoEntry("forward");
       b->required_features &= ~bundle_format::entries;
     },
     "entries: uses feature \"named entries\" (bit 4)"},
    {"EntryName",
     [](TestBundle &b) {
       b.moveIntoEntry("forward");
       b->entries.push_back(std::make_unique<EntryT>(*b->entries[0]));
     },
     "entry \"forward\": another entry has this name"},
    {"EntryWithoutName", [](TestBundle &b) { b.moveIntoEntry(""); }, "has no name"},
    {"EntryFunction", [](TestBundle &b) { b.moveIntoEntry("forward"), b->entries[0]->function = 3; },
     "entry \"forward\": is function 3 of 3"},
    {"EntryWindow", [](TestBundle &b) { b.moveIntoEntry("forward"), b->entries[0]->param_base = 1; },
     "entry \"forward\": uses weights from 1, 5 of them, the program has 5"},
    {"EntryWindowWraps", [](TestBundle &b) { b.moveIntoEntry("forward"), b->entries[0]->param_base = 0xffffffff; },
     "uses weights from 4294967295"},
    {"GivenKind", [](TestBundle &b) { b.moveIntoEntry("forward"), b->entries[0]->inputs[1]->given = seq; },
     "entry \"forward\", input 1 \"positions\": symbol 1 is to tell whether it was given, but is not of kind given"},
    {"GivenOfAnother",
     [](TestBundle &b) {
       b.moveIntoEntry("forward"), b->entries[0]->inputs[0]->given = b->entries[0]->inputs[1]->given;
     },
     "tells whether another input was given"},
    {"AxisThatNoInputTells",
     [](TestBundle &b) {
       b.moveIntoEntry("forward");
       b->entries[0]->inputs[0]->default_value = InputDefault::iota;
     },
     "function 0 \"layer\": uses symbol \"batch\", which no input of entry \"forward\" tells"},
    {"FlagThatNoInputTells", [](TestBundle &b) { b.moveIntoEntry("forward"), b->entries[0]->inputs[1]->given = -1; },
     "uses symbol \"positions_given\", which no input of entry \"forward\" tells"},
    {"InputBoundSymbol",
     [](TestBundle &b) {
       b.moveIntoEntry("forward");
       b->entries[0]->inputs[0]->below = TestBundle::extent({Size::of(expertSymbol)});
     },
     "input 0 \"ids\", bound: symbol 2 \"expert\" counts a loop"},
    {"StateDims", [](TestBundle &b) { b.addState("s", TestBundle::f32({Size::of(batch)})); },
     "state 0 \"s\": has sizes that are not constant"},
    {"StateNames", [](TestBundle &b) { b.addState("s", TestBundle::f32({4})), b.addState("s", TestBundle::f32({4})); },
     "state 1 \"s\": another state has this name"},
    {"StateIndex",
     [](TestBundle &b) {
       b.addState("s", TestBundle::f32({4})), b.addValue(forward, Storage::state, 1, TestBundle::f32({4}));
     },
     "value 6: state 1 of 1"},
    {"StateType",
     [](TestBundle &b) {
       b.addState("s", TestBundle::f32({4})), b.addValue(forward, Storage::state, 0, TestBundle::f32({5}));
     },
     "value 6: is f32[5], state \"s\" is f32[4]"},
    {"StateInCallee",
     [](TestBundle &b) {
       b.addState("s", TestBundle::f32({4})), b.addValue(layer, Storage::state, 0, TestBundle::f32({4}));
     },
     "(call of \"layer\"): the callee names a state; only functions that no other calls may"},
    {"StateAliases",
     [](TestBundle &b) {
       b.addState("s", TestBundle::f32({1, 1, 4}));
       auto row = [] { return TestBundle::f32({1, 1, 4}); };
       uint32_t one = b.addValue(forward, Storage::state, 0, row());
       uint32_t two = b.addValue(forward, Storage::state, 0, row());
       std::vector<TestBundle::Operand> operands;
       operands.push_back({row(), Access::write});
       operands.push_back({row(), Access::write});
       uint32_t kernel = b.addKernel("add", std::move(operands), 0);
       b.addDispatch(forward, kernel, {}, {one, two}, {});
     },
     "operand 1 is written and shares memory with operand 0"},

    // The one entry of older bundles
    {"EntryIndex", [](TestBundle &b) { b->entry = 3; }, "entry: is function 3 of 3"},
    {"EntryArgumentCount", [](TestBundle &b) { b->outputs.pop_back(); },
     "4 arguments, expected 2 inputs and 1 outputs"},
    {"EntryArgumentType", [](TestBundle &b) { b->outputs[0]->type->dims[2] = Dim(5, -1); },
     "argument 2: is f32[batch, seq, 4], expected f32[batch, seq, 5] as output"},
    {"EntryArgumentAccess", [](TestBundle &b) { b->functions[forward]->arguments[2]->access = Access::read_write; },
     "argument 2: has access read_write, expected write"},
};

INSTANTIATE_TEST_SUITE_P(Verifier, VerifierRule, testing::ValuesIn(rules), nameOf);

} // namespace
} // namespace veomni

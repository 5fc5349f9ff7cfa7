// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Rules of the verifier about ranks: meshes, collectives, dispatches to experts, weights of one rank.
#include "VerifierRules.h"

#include <algorithm>

namespace veomni {
namespace {

using namespace test::verifier;

class RankRule : public testing::TestWithParam<Rule> {};

TEST_P(RankRule, IsEnforced) { expectRefused(GetParam()); }

/// A collective of `layer`, at its end when it is made, that takes a rank's part of its argument [batch, seq, 4]: along
/// seq.
CollectiveT &collective(TestBundle &b) {
  auto &instructions = b->functions[layer]->instructions;
  auto known = std::ranges::find(instructions, Action::Collective,
                                 [](const auto &instruction) { return instruction->action.type; });
  if (known == instructions.end()) {
    b.addMeshAxis("sp", 2);
    uint32_t part = b.addPart("seq@sp", Size::of(seq), 0);
    uint32_t slot = b->functions[layer]->slot_count;
    uint32_t to = b.addValue(layer, Storage::slot, slot, TestBundle::f32({Size::of(batch), Size::of(part), 4}));
    b.addCollective(layer, CollectiveKind::all_slice, 0, 0, 1, {0, to});
    known = std::prev(instructions.end());
  }
  return *(*known)->action.AsCollective();
}
/// Behind it one that starts to gather what it wrote; which instruction that is.
uint32_t startGather(TestBundle &b) {
  collective(b);
  const uint32_t from = collective(b).operands[1];
  const uint32_t whole = b.addValue(layer, Storage::slot, b->functions[layer]->slot_count,
                                    TestBundle::f32({Size::of(batch), Size::of(seq), 4}));
  return b.addCollective(layer, CollectiveKind::all_gather, 0, 1, 0, {from, whole}, /*starts=*/true);
}
uint32_t gathered(TestBundle &b) { return uint32_t(b->functions[layer]->values.size() - 1); }
/// The type of what the collective writes.
BufferTypeT &collected(TestBundle &b) { return *b->functions[layer]->values[collective(b).operands[1]]->type; }
/// The collective gathers tiles of 32 rows and 2 columns.
void gatherTiles(TestBundle &b, const std::vector<int64_t> &part, const std::vector<int64_t> &whole, uint32_t dim) {
  CollectiveT &gather = collective(b);
  gather.kind = CollectiveKind::all_gather;
  gather.gather_dim = gather.split_dim = dim;
  for (size_t i = 0; i < 2; ++i) {
    const std::vector<int64_t> &sizes = i == 0 ? part : whole;
    auto type = TestBundle::f32({Size(sizes[0]), Size(sizes[1])});
    type->layout = Layout::tiles;
    type->tile_rows = 32, type->tile_columns = 2;
    gather.operands[i] = b.addValue(layer, Storage::slot, b->functions[layer]->slot_count, std::move(type));
  }
}
/// A dispatch of 8 experts at the end of `layer`, over one axis of 2 ranks: its argument [batch * seq, 4] as rows.
ExpertDispatchT &experts(TestBundle &b) {
  if (b->functions[layer]->instructions.back()->action.type != Action::ExpertDispatch) {
    b.addMeshAxis("ep", 2);
    const uint32_t tokens = b.addDerived("tokens", {Size::of(batch), Size::of(seq)});
    const uint32_t received = b.addSymbol("received", SymbolKind::counted);
    const uint32_t inner = b.addFunction("received_rows");
    b.addArgument(inner, "", TestBundle::f32({Size::of(received), 4}), Access::read);
    b.addArgument(inner, "", TestBundle::type(DType::i32, {Size::of(received), 1}), Access::read);
    b.addArgument(inner, "", TestBundle::f32({Size::of(received), 4}), Access::write);
    for (uint32_t i = 0; i < 3; ++i)
      b.addValue(inner, Storage::argument, i,
                 i == 1 ? TestBundle::type(DType::i32, {Size::of(received), 1})
                        : TestBundle::f32({Size::of(received), 4}));
    b.addLibraryCall(inner, "f", {0, 1, 2}, {Access::read, Access::read, Access::write}, {});
    const uint32_t slot = b->functions[layer]->slot_count;
    const uint32_t rows = b.addValue(layer, Storage::view, 0, TestBundle::f32({Size::of(tokens), 4}));
    const uint32_t offsets = b.addValue(layer, Storage::slot, slot, TestBundle::type(DType::i32, {9}));
    const uint32_t results = b.addValue(layer, Storage::slot, slot + 1, TestBundle::f32({Size::of(tokens), 4}));
    b.addLibraryCall(layer, "offsets", {offsets}, {Access::write}, {});
    b.addExpertDispatch(layer, 0, received, inner, {rows, offsets, results});
  }
  return *b->functions[layer]->instructions.back()->action.AsExpertDispatch();
}
FunctionT &receiver(TestBundle &b) { return *b->functions[experts(b).callee]; }
BufferTypeT &dispatched(TestBundle &b, size_t operand) {
  return *b->functions[layer]->values[experts(b).operands[operand]]->type;
}

const Rule rules[] = {
    {"CollectiveWithoutItsBit",
     [](TestBundle &b) {
       collective(b);
       b->required_features &= ~uint64_t(bundle_format::ranks);
     },
     "mesh: uses feature \"programs of several ranks\" (bit 10)"},
    {"MeshAxisOfNoSize",
     [](TestBundle &b) {
       collective(b);
       b->mesh[0]->size = 0;
     },
     "mesh: mesh: axis 'sp' has size 0, expected at least 1"},
    {"MeshAxisTooLarge",
     [](TestBundle &b) {
       collective(b);
       b->mesh[0]->size = 1u << 31;
     },
     "mesh: axis \"sp\" has 2147483648 ranks"},
    {"MeshOfTooManyAxes",
     [](TestBundle &b) {
       for (int i = 0; i < 17; ++i)
         b.addMeshAxis("a" + std::to_string(i), 1);
     },
     "mesh: 17 axes, expected at most 16"},
    {"PartOverNoAxis",
     [](TestBundle &b) {
       collective(b);
       b->symbols.back()->mesh_axis = 3;
     },
     "symbol 5 \"seq@sp\": axis of the mesh is 3, the mesh has 1"},
    {"PartOfNothing",
     [](TestBundle &b) {
       collective(b);
       b->symbols.back()->extent.reset();
     },
     "symbol 5 \"seq@sp\": has no extent"},
    {"CollectiveUnknown", [](TestBundle &b) { collective(b).kind = CollectiveKind(9); }, "collective 9 is unknown"},
    {"CollectiveOverNoAxis", [](TestBundle &b) { collective(b).mesh_axis = 1; },
     "(all_slice): axis of the mesh is 1, the mesh has 1"},
    {"CollectiveWithoutOperands", [](TestBundle &b) { collective(b).operands.clear(); },
     "(all_slice): 0 operands, expected as many that are written as are read"},
    {"CollectiveOfOneOperand", [](TestBundle &b) { collective(b).operands.pop_back(); },
     "(all_slice): 1 operands, expected as many that are written as are read"},
    {"CollectiveOperand", [](TestBundle &b) { collective(b).operands[0] = 40; },
     "(all_slice): operand 0 is value 40 of"},
    {"CollectiveDim", [](TestBundle &b) { collective(b).split_dim = 3; }, "which has no such two dims"},
    {"CollectiveOfAnotherDim", [](TestBundle &b) { collective(b).split_dim = 0; },
     "dim 0 is split, but the second is no part of the first"},
    {"CollectiveThatGathersAWhole", [](TestBundle &b) { collective(b).kind = CollectiveKind::all_gather; },
     "dim 0 is gathered, but the first is no part of the second"},
    {"SumWithoutItsFeature",
     [](TestBundle &b) {
       collective(b).kind = CollectiveKind::reduce_scatter;
       b->required_features &= ~uint64_t(bundle_format::rankSums);
     },
     "sums over ranks"},
    {"StartWithoutItsFeature",
     [](TestBundle &b) {
       b.addWait(layer, startGather(b));
       b->required_features &= ~uint64_t(bundle_format::overlap);
     },
     "collectives beside other work"},
    {"StartThatIsNotWaitedFor", [](TestBundle &b) { startGather(b); }, "starts a collective that nothing waits for"},
    {"StartOfASlice", [](TestBundle &b) { collective(b).starts = true; },
     "starts, but nothing moves that could be waited for"},
    {"WaitForWhatDidNotStart",
     [](TestBundle &b) {
       collective(b);
       b.addWait(layer, uint32_t(b->functions[layer]->instructions.size() - 1));
     },
     "which is no collective that was started and not waited for"},
    {"WaitTwice",
     [](TestBundle &b) {
       const uint32_t start = startGather(b);
       b.addWait(layer, start);
       b.addWait(layer, start);
     },
     "which is no collective that was started and not waited for"},
    {"ReadsWhatComesFromOthers",
     [](TestBundle &b) {
       const uint32_t start = startGather(b);
       b.addLibraryCall(layer, "f", {gathered(b)}, {Access::read}, {});
       b.addWait(layer, start);
     },
     "operand 0 is read while it comes from other ranks: instruction"},
    {"WritesWhatIsGivenToOthers",
     [](TestBundle &b) {
       const uint32_t start = startGather(b);
       b.addLibraryCall(layer, "f", {collective(b).operands[1]}, {Access::write}, {});
       b.addWait(layer, start);
     },
     "operand 0 is written while it is given to other ranks: instruction"},
    {"SumOfIntegers",
     [](TestBundle &b) {
       CollectiveT &sum = collective(b);
       sum.kind = CollectiveKind::all_reduce;
       for (uint32_t &operand : sum.operands) {
         auto type = TestBundle::f32({Size::of(batch), Size::of(seq), 4});
         type->dtype = DType::i32;
         operand = b.addValue(layer, Storage::slot, b->functions[layer]->slot_count, std::move(type));
       }
     },
     "expected floats, which are added up"},
    {"SumThatIsLarger", [](TestBundle &b) { collective(b).kind = CollectiveKind::all_reduce; }, "dim 1 changes"},
    {"CollectiveThatDoesNotDivide",
     [](TestBundle &b) {
       collected(b).dims = {Dim(0, batch), Dim(0, seq), Dim(3, -1)};
       collective(b).split_dim = 2;
     },
     "dim 2 is split, but the second is no part of the first"},
    {"CollectiveOfAnotherSize", [](TestBundle &b) { collected(b).dims[2] = Dim(5, -1); }, "dim 2 changes"},
    {"CollectiveOfAnotherType", [](TestBundle &b) { collected(b).dtype = DType::bf16; },
     "expected one element type, rank and layout"},
    {"TilesThatAreCut", [](TestBundle &b) { gatherTiles(b, {16, 8}, {32, 8}, 0); },
     "tiles are gathered, along a dim of which each rank has whole tiles"},
    {"TilesWhoseColumnsAreCut", [](TestBundle &b) { gatherTiles(b, {32, 3}, {32, 6}, 1); },
     "tiles are gathered, along a dim of which each rank has whole tiles"},
    {"TilesThatAreSliced",
     [](TestBundle &b) {
       gatherTiles(b, {64, 8}, {32, 8}, 0);
       collective(b).kind = CollectiveKind::all_slice;
     },
     "but tiles are gathered"},
    {"CollectiveAliases", [](TestBundle &b) { collective(b).operands[1] = collective(b).operands[0]; },
     "dim 1 is split, but the second is no part of the first"},
    {"CollectiveReadsNothing", [](TestBundle &b) { std::swap(collective(b).operands[0], collective(b).operands[1]); },
     "is split, but the second is no part of the first"},

    // Experts on several ranks
    {"ExpertDispatchWithoutItsBit",
     [](TestBundle &b) {
       experts(b);
       b->required_features &= ~uint64_t(bundle_format::expertDispatch);
     },
     "uses feature \"experts on several ranks\" (bit 12)"},
    {"ExpertDispatchOverNoAxis", [](TestBundle &b) { experts(b).mesh_axis = 1; },
     "(expert_dispatch of \"received_rows\"): axis of the mesh is 1, the mesh has 1"},
    {"ExpertDispatchOfNoFunction", [](TestBundle &b) { experts(b).callee = 40; }, "callee is 40, the program has"},
    {"ExpertDispatchThatCountsElsewhere", [](TestBundle &b) { experts(b).symbol = seq; },
     "symbol 1 is not of kind counted"},
    {"ExpertDispatchOfTwo", [](TestBundle &b) { experts(b).operands.pop_back(); },
     "2 operands, expected rows, offsets and results"},
    {"ExpertDispatchOperand", [](TestBundle &b) { experts(b).operands[1] = 40; }, "operand 1 is value 40 of"},
    {"ExpertDispatchOfOtherRows", [](TestBundle &b) { dispatched(b, 2).dims[1] = Dim(5, -1); }, "dim 1 changes from"},
    {"ExpertDispatchOfOtherTypes", [](TestBundle &b) { dispatched(b, 2).dtype = DType::bf16; },
     "expected rows of one element type and constant dims"},
    {"ExpertDispatchOffsets", [](TestBundle &b) { dispatched(b, 1).dims[0] = Dim(10, -1); },
     "offsets are i32[10], expected i32[experts + 1], where 2 ranks divide the experts"},
    {"ExpertDispatchOfNoExperts",
     [](TestBundle &b) {
       experts(b);
       b->mesh[0]->size = 1;
       dispatched(b, 1).dims[0] = Dim(0, -1);
     },
     "offsets are i32[0], expected i32[experts + 1]"},
    {"ExpertDispatchCalleeTakesMore", [](TestBundle &b) { receiver(b).arguments.pop_back(); }, "argument 2 of 2"},
    {"ExpertDispatchCalleeReads",
     [](TestBundle &b) {
       receiver(b).arguments[1]->type->dims[1] = Dim(2, -1);
       value(b, experts(b).callee, 1).type->dims[1] = Dim(2, -1);
     },
     "argument 1 of the callee is i32[received, 2], read, for rows"},
    {"ExpertDispatchAliases", [](TestBundle &b) { experts(b).operands[2] = experts(b).operands[0]; },
     "is written, but argument 0 is read-only"},
    {"ExpertDispatchTwice",
     [](TestBundle &b) {
       const uint32_t inner = experts(b).callee;
       const uint32_t offsets = b.addValue(inner, Storage::slot, 0, TestBundle::type(DType::i32, {9}));
       b.addLibraryCall(inner, "offsets", {offsets}, {Access::write}, {});
       const uint32_t again = b.addFunction("again");
       *b->functions[again] = *b->functions[inner];
       b->functions[again]->instructions.resize(1);
       b->functions[again]->name = "again";
       b.addExpertDispatch(inner, 0, experts(b).symbol, again, {0, offsets, 2});
     },
     "symbol \"received\" counts inside too"},
    {"CountedOutside",
     [](TestBundle &b) {
       const uint32_t received = experts(b).symbol;
       b.addValue(forward, Storage::slot, b->functions[forward]->slot_count, TestBundle::f32({Size::of(received)}));
     },
     "uses symbol \"received\" outside of the dispatch to experts that counts it"},
    {"DerivedFromCountedOutside",
     [](TestBundle &b) {
       const uint32_t half = b.addDerived("half", {Size::of(experts(b).symbol)}, 2);
       b.addValue(forward, Storage::slot, b->functions[forward]->slot_count, TestBundle::f32({Size::of(half)}));
     },
     "uses symbol \"received\" outside of the dispatch to experts that counts it"},
    {"PartOfCounted", [](TestBundle &b) { b.addPart("some", Size::of(experts(b).symbol), 0); },
     "symbol \"some\": is a part of what is counted at run time"},
    {"MeshAxisThatDoesNotRedivide",
     [](TestBundle &b) {
       b.addMeshAxis("sp", 4);
       b.addMeshAxis("ep", 3, /*redivides=*/true);
     },
     "mesh: mesh: axis 'ep' re-divides 4 ranks, and its size 3 does not divide them"},
    {"WeightOfOtherRanks",
     [](TestBundle &b) {
       b.addMeshAxis("ep", 4);
       b->weights[0]->steps.push_back(std::make_unique<StepT>());
       b->weights[0]->steps.back()->kind = StepKind::part;
       b->weights[0]->steps.back()->key = "ep";
       b->weights[0]->steps.back()->count = 1;
     },
     "is a part of 1 ranks along \"ep\", which is no axis of the mesh with so many"},
    {"WeightPartWithoutItsBit",
     [](TestBundle &b) {
       b.addMeshAxis("ep", 1);
       b->weights[0]->steps.push_back(std::make_unique<StepT>());
       b->weights[0]->steps.back()->kind = StepKind::part;
       b->weights[0]->steps.back()->key = "ep";
       b->weights[0]->steps.back()->count = 1;
       b->required_features &= ~uint64_t(bundle_format::rankWeights);
     },
     "uses feature \"weights of one rank\" (bit 11)"},
};

INSTANTIATE_TEST_SUITE_P(Verifier, RankRule, testing::ValuesIn(rules), nameOf);

} // namespace
} // namespace veomni

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The top_k experts of each row and their weights as DeepSeek-V3 has them: sigmoid scores, of which a bias and the
// groups of experts decide only the choice.
#include "../Math.h"
#include "../Routing.h"
#include "Kernels.h"

#include "mlir/Dialect/Vector/IR/VectorOps.h"

#include <cfloat>
#include <cmath>
#include <limits>

using namespace veomni::cpu;
using namespace mlir;
using Values = KernelBuilder::Values;
using arith::CmpFPredicate;

namespace {
struct GroupRouter {
  int64_t experts, groups, chosenGroups, topK;
  bool renormalize;
  double scale;
  int64_t ldl, ldi, ldw;
};

class GroupRouterEmitter {
public:
  GroupRouterEmitter(KernelBuilder &k, const GroupRouter &a) : k(k), a(a), groupSize(a.experts / a.groups) {}

  void emit() {
    k.begin();
    scores = row(a.experts), keys = row(a.experts);
    // Where every group is chosen, none needs to be looked at.
    bool limited = a.chosenGroups < a.groups;
    if (limited)
      groupKeys = row(a.groups), open = row(a.experts);
    k.rows(k.scalar(0), kRowBlock, [&](Value r) {
      score(k.mul(r, a.ldl));
      if (limited)
        openGroups();
      choose(r, limited ? open : keys);
    });
    k.end();
  }

private:
  Value row(int64_t count) { return k.scratch(llvm::alignTo(count, k.lanes()), k.f32()); }

  /// Scores and biased scores of a row. What is not a number becomes the greatest, as torch orders it, and nothing is
  /// infinitely low but the lanes behind the last expert: they are never chosen.
  void score(Value logitsRow) {
    k.columns(a.experts, 1, [&](ArrayRef<Columns> run) {
      Columns c = run.front();
      Value sigmoid = emitSigmoidTimes(k, k.load(k.operand(0), k.add(logitsRow, c.at), c.count), k.splat(1.0));
      k.store(sigmoid, scores, c.at);
      Value biased = k.add(sigmoid, k.load(k.operand(1), c.at, c.count));
      Value key =
          k.select(k.compare(CmpFPredicate::UNO, biased, biased), k.splat(INFINITY), k.max(biased, k.splat(-FLT_MAX)));
      k.store(existing(key, c), keys, c.at);
    });
  }

  Value existing(Value vector, Columns c) {
    return c.count == k.lanes() ? vector : k.select(k.mask(c.count), vector, k.splat(-INFINITY));
  }

  /// Copies the keys of the best groups to `open`; all other experts are infinitely low there.
  void openGroups() {
    k.columns(a.groups, 1, [&](ArrayRef<Columns> run) { k.store(k.splat(-INFINITY), groupKeys, run.front().at); });
    k.each(k.index(0), k.index(a.groups), 1,
           [&](Value group) { k.storeScalar(twoBest(k.mul(group, groupSize)), groupKeys, group); });
    k.columns(a.experts, 1, [&](ArrayRef<Columns> run) { k.store(k.splat(-INFINITY), open, run.front().at); });
    k.each(k.index(0), k.index(a.chosenGroups), 1, [&](Value) {
      Value from = k.mul(takeGreatest(k, groupKeys, a.groups).first, groupSize);
      copyColumns(k, groupSize, keys, from, open, from);
    });
  }

  /// The sum of the two greatest keys of the group that starts at `from`.
  Value twoBest(Value from) {
    auto next = [&](Value key, ValueRange two) {
      return Values{k.max(two[0], key), k.max(two[1], k.min(two[0], key))};
    };
    int64_t whole = groupSize / k.lanes() * k.lanes();
    Values two = k.loop(k.index(0), k.index(whole), k.lanes(), {k.splat(-INFINITY), k.splat(-INFINITY)},
                        [&](Value j, ValueRange carried) { return next(k.load(keys, k.add(from, j)), carried); });
    if (whole < groupSize) {
      Columns rest{k.add(from, whole), groupSize - whole};
      two = next(existing(k.load(keys, rest.at, rest.count), rest), two);
    }
    // The first lane that holds the greatest one gives way to its second.
    Value greatest = k.maximum(two[0]),
          none = k.constant(k.vectorOf(k.i32()), int64_t(std::numeric_limits<int32_t>::max()));
    Value holders = k.select(k.compare(CmpFPredicate::OEQ, two[0], k.broadcast(greatest)), k.iota(), none);
    Value holder = k.broadcast(vector::ReductionOp::create(k.ops(), vector::CombiningKind::MINSI, holders));
    Value others = k.select(k.compare(arith::CmpIPredicate::eq, k.iota(), holder), two[1], two[0]);
    return k.max(k.add(greatest, k.maximum(others)), k.constant(k.f32(), -FLT_MAX));
  }

  /// Takes the row's experts out of `candidates`.
  void choose(Value r, Value candidates) {
    Values weights;
    Value sum = k.constant(k.f32(), 1e-20);
    for (int64_t i = 0; i < a.topK; ++i) {
      Value expert = takeGreatest(k, candidates, a.experts).first;
      k.storeScalar(k.indexCast(expert, k.i32()), k.operand(2), k.add(k.mul(r, a.ldi), i));
      weights.push_back(k.loadScalar(scores, expert));
      sum = k.add(sum, weights.back());
    }
    for (auto [i, weight] : llvm::enumerate(weights)) {
      Value share = a.renormalize ? k.div(weight, sum) : weight;
      k.storeScalar(k.mul(share, k.constant(k.f32(), a.scale)), k.operand(3), k.add(k.mul(r, a.ldw), i));
    }
  }

  KernelBuilder &k;
  const GroupRouter &a;
  const int64_t groupSize;
  /// Scratch: a row of scores, of biased scores, of what groups are worth, and of biased scores in chosen groups.
  Value scores, keys, groupKeys, open;
};
} // namespace

static void checkGroupRouter(Kernel &kernel, Problems &problems) {
  int64_t experts = kernel.size("experts"), groups = kernel.integer("groups"),
          chosen = kernel.integer("groups_per_token");
  int64_t topK = kernel.size("top_k");
  if (experts % groups != 0 || experts / groups < 2)
    problems.add("attribute 'groups' is " + std::to_string(groups) +
                 ", expected groups of equal size, at least 2, of experts = " + std::to_string(experts));
  else if (chosen > groups)
    problems.add("attribute 'groups_per_token' is " + std::to_string(chosen) +
                 ", expected at most groups = " + std::to_string(groups));
  else if (topK > experts / groups * chosen)
    problems.add("top_k is " + std::to_string(topK) + ", expected at most the " +
                 std::to_string(experts / groups * chosen) + " experts of groups_per_token groups");
  kernel.limit("top_k", kMostTopK, problems);
}

static void emitGroupRouter(KernelBuilder &k, const Kernel &kernel) {
  GroupRouter a;
  a.experts = kernel.size("experts"), a.groups = kernel.integer("groups"),
  a.chosenGroups = kernel.integer("groups_per_token");
  a.topK = kernel.size("top_k"), a.renormalize = kernel.flag("renormalize"), a.scale = kernel.number("scale");
  a.ldl = kernel.stride("logits"), a.ldi = kernel.stride("indices"), a.ldw = kernel.stride("weights");
  GroupRouterEmitter(k, a).emit();
}

KernelKinds kinds::GroupRouter() {
  return {
      {.name = "group_router",
       .summary = "The experts of each row by sigmoid scores, within the groups of experts whose two best sum to most.",
       .details = "Scores + bias choose: first groups, then experts, of equal ones the first. Weights are the scores, "
                  "divided by their sum "
                  "+ 1e-20 if renormalize, times scale. A row that is not a number gets NaN weights and still "
                  "different experts.",
       .operands = {read("logits", "[rows.. | experts] x T"), read("bias", "[experts] x f32"),
                    write("indices", "[rows.. | top_k] x i32"), write("weights", "[rows.. | top_k] x f32")},
       .scalars = {scalar("rows")},
       .workgroups = {blocks("rows", kRowBlock)},
       .attributes = {integer("groups", "groups of experts"), integer("groups_per_token", "groups that are chosen"),
                      flag("renormalize", "weights are divided by their sum"),
                      number("scale", "what weights are multiplied with")},
       .example = {"read [r, 24] x bf16; read [24] x f32; write [r, 2] x i32; write [r, 2] x f32",
                   "{groups = 2, groups_per_token = 1, renormalize = true, scale = 2.5 : f32}"},
       .check = checkGroupRouter,
       .emit = emitGroupRouter}};
}

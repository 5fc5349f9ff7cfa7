// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Attention over packed keys and values, without ever holding all scores (Dao et al., arXiv:2205.14135).
//
// A workgroup is a block of queries of one head. Loops: block of keys, which stays in the second-level cache > tile of
// query rows > scores, their softmax, weighted values. A tile works on keys [begin, end) of the block, where no row of
// it sees anything outside; this one rule skips what the order of keys, windows and packed documents hide. Within it,
// scores are hidden only if some row sees less than the tile, or a key is masked.
#include "../OnlineSoftmax.h"
#include "../Tile.h"
#include "../Visibility.h"
#include "Kernels.h"

#include <numbers>

using namespace veomni::cpu;
using namespace mlir;
using Values = KernelBuilder::Values;
using arith::CmpIPredicate;

// Keys per block.
static constexpr int64_t kKeyBlock = 256;
static constexpr int64_t kUnroll = 4;

namespace {
struct Attention {
  int64_t heads, kvHeads, headDim, valueDim, ldq, ldo;
  double scale;
  bool sinks;
};

class AttentionEmitter {
public:
  AttentionEmitter(KernelBuilder &k, const Kernel &kernel, const Attention &a)
      : k(k), kernel(kernel), a(a), tileRows(k.lanes() == 16 ? 12 : 6), blockColumns(2 * k.lanes()),
        queryStride(oddLines(a.headDim)), sumStride(oddLines(a.valueDim)) {}

  void emit() {
    k.begin();
    q = k.operand("q"), packedK = k.operand("packed_k"), packedV = k.operand("packed_v");
    keyMask = k.operand("key_mask"), out = k.operand("out");
    seq = k.scalar(1), keys = k.scalar(2);
    Visibility order(k, kernel, seq, keys);
    visibility = &order;
    Value batch = k.div(k.workgroup(0), a.heads), head = k.sub(k.workgroup(0), k.mul(batch, a.heads));
    Value kvHead = k.add(k.mul(batch, a.kvHeads), k.div(head, a.heads / a.kvHeads));
    Value padded = k.roundUp(keys, kPanelColumns);
    token0 = k.mul(batch, seq), key0OfRow = k.mul(batch, keys);
    queryColumn = k.mul(head, a.headDim), outColumn = k.mul(head, a.valueDim);
    headK = k.mul(k.mul(kvHead, padded), a.headDim);
    panelSizeV = k.mul(padded, kPanelColumns);
    headV = k.mul(k.mul(kvHead, llvm::divideCeil(a.valueDim, kPanelColumns)), panelSizeV);

    static_assert(kAttentionQueryRows % 12 == 0);
    queries = k.scratch(kAttentionQueryRows * queryStride, k.f32());
    sums = k.scratch(kAttentionQueryRows * sumStride, k.f32());
    visible = k.scratch(kKeyBlock, k.i32());
    OnlineSoftmax state(k, kAttentionQueryRows, tileRows, kKeyBlock);
    softmax = &state;
    if (a.sinks)
      state.beginWith(
          k.mul(k.extend(k.loadScalar(k.operand("sinks"), head)), k.constant(k.f32(), std::numbers::log2e)));
    queryBlock();
    k.end();
  }

private:
  /// Elements of `count` in scratch: an odd number of cache lines keeps the rows of a tile in different sets of the
  /// first-level cache.
  static int64_t oddLines(int64_t count) { return 16 * (llvm::divideCeil(count, 16) | 1); }

  void queryBlock() {
    query0 = k.mul(k.workgroup(1), kAttentionQueryRows);
    Value rows = k.min(k.sub(seq, query0), k.index(kAttentionQueryRows)), paddedRows = k.roundUp(rows, tileRows);
    k.each(k.index(0), paddedRows, 1, [&](Value row) { loadQuery(row); });

    Value one = k.constant(k.i32(), int64_t(1));
    k.each(k.index(0), k.index(kKeyBlock), k.lanes(), [&](Value j) { k.store(k.broadcast(one), visible, j); });
    Value end = endOfKeys(k.sub(k.add(query0, rows), 1));
    k.each(k.roundDown(firstKey(query0), kPanelColumns), end, kKeyBlock, [&](Value key0) {
      // Without a mask nothing is counted, and all is visible.
      Value masked = k.compare(CmpIPredicate::ne, k.scalar(3), k.index(0));
      Value count = k.select(masked, k.min(k.sub(end, key0), k.index(kKeyBlock)), k.index(0)),
            seen = readMask(key0, count);
      Value hidden = k.compare(CmpIPredicate::ne, seen, count);
      k.when(k.compare(CmpIPredicate::sge, seen, k.min(count, k.index(1))),
             [&] { k.each(k.index(0), paddedRows, tileRows, [&](Value row) { tile(row, key0, hidden); }); });
    });
    k.each(k.index(0), rows, 1, [&](Value row) { storeResult(row); });
  }

  /// Rows behind the last query repeat it, so that every tile is full.
  Value queryOf(Value row) { return k.min(k.add(query0, row), k.sub(seq, 1)); }

  /// What a query sees lies between these, which do not decrease from query to query.
  Value firstKey(Value query) { return visibility->firstKey(token0, query); }
  Value endOfKeys(Value query) { return visibility->endOfKeys(token0, query); }

  /// Scales for scores in base 2 logarithms.
  void loadQuery(Value row) {
    Value from = k.add(k.mul(k.add(token0, queryOf(row)), a.ldq), queryColumn), to = k.mul(row, queryStride);
    Value scale = k.splat(a.scale * std::numbers::log2e);
    k.columns(a.headDim, 4, [&](ArrayRef<Columns> run) {
      for (Columns c : run)
        k.store(k.mul(k.load(q, k.add(from, c.at), c.count), scale), queries, k.add(to, c.at));
    });
    k.columns(a.valueDim, 4, [&](ArrayRef<Columns> run) {
      for (Columns c : run)
        k.store(k.splat(0.0), sums, k.add(k.mul(row, sumStride), c.at));
    });
    softmax->reset(row);
  }

  /// Notes which of `count` keys are not masked, and returns how many.
  Value readMask(Value key0, Value count) {
    Value from = k.add(key0OfRow, key0), zero = k.constant(k.i64(), int64_t(0));
    return k.loop(k.index(0), count, 1, k.index(0), [&](Value j, ValueRange seen) -> Values {
      Value bit = k.compare(CmpIPredicate::ne, k.loadScalar(keyMask, k.add(from, j)), zero);
      k.storeScalar(arith::ExtUIOp::create(k.ops(), k.i32(), bit), visible, j);
      return {k.add(seen[0], k.select(bit, k.index(1), k.index(0)))};
    })[0];
  }

  void tile(Value row, Value key0, Value hidden) {
    Value query = k.add(query0, row), last = queryOf(k.add(row, tileRows - 1)), first = firstKey(query);
    Value begin = k.max(key0, k.roundDown(first, kPanelColumns)), end = k.min(k.add(key0, kKeyBlock), endOfKeys(last));
    k.when(k.compare(CmpIPredicate::slt, begin, end), [&] {
      Value length = k.sub(end, begin), columns = k.roundUp(length, kPanelColumns);
      scores(row, begin, columns);
      hideScores(row, key0, begin, columns, hidden);
      softmax->weigh(row, columns);
      // Weights up to the end of a panel exist, so that the unrolled loop needs no rest.
      addValues(row, begin, k.roundDown(k.max(k.sub(first, begin), k.index(0)), kUnroll), k.roundUp(length, kUnroll));
    });
  }

  /// Only some first and some last columns are not seen by all rows, unless a key is masked.
  void hideScores(Value row, Value key0, Value begin, Value columns, Value hidden) {
    Value zero = k.index(0), first = k.add(query0, row), last = queryOf(k.add(row, tileRows - 1));
    Value low = k.roundUp(k.max(k.sub(firstKey(last), begin), zero), k.lanes());
    low = k.select(hidden, columns, k.min(low, columns));
    Value high = k.roundDown(k.max(k.sub(endOfKeys(first), begin), zero), k.lanes());
    high = k.max(low, k.min(high, columns));
    Value any = k.bitOr(k.compare(CmpIPredicate::sgt, low, zero), k.compare(CmpIPredicate::slt, high, columns));
    k.when(any, [&] {
      k.each(zero, k.index(tileRows), 1, [&](Value r) {
        Value own = queryOf(k.add(row, r)), from = k.sub(firstKey(own), begin), to = k.sub(endOfKeys(own), begin);
        for (auto [start, end] : {std::pair(zero, low), std::pair(high, columns)})
          softmax->hide(r, start, end, from, to, visible, k.sub(begin, key0));
      });
    });
  }

  void scores(Value row, Value begin, Value columns) {
    Tile t;
    t.a = queries, t.b = packedK;
    for (int64_t r = 0; r < tileRows; ++r)
      t.rows.push_back(k.mul(k.add(row, r), queryStride));
    k.each(k.index(0), columns, kPanelColumns, [&](Value j) {
      for (int64_t c = 0; c < kPanelColumns; c += blockColumns) {
        t.columns = {k.add(k.add(headK, k.mul(k.add(begin, j), a.headDim)), c)};
        Values block = accumulateAll(k, t, a.headDim, kUnroll, Values(t.size(), k.splat(0.0)));
        for (auto [i, vector] : llvm::enumerate(block))
          k.store(vector, softmax->scores(),
                  k.add(j, i / t.vectors * softmax->stride() + c + i % t.vectors * k.lanes()));
      }
    });
  }

  /// Adds values of keys [begin + from, begin + to), weighted, to the sums.
  void addValues(Value row, Value begin, Value from, Value to) {
    Tile t;
    t.a = softmax->scores(), t.b = packedV;
    for (int64_t r = 0; r < tileRows; ++r)
      t.rows.push_back(k.index(r * softmax->stride()));
    auto block = [&](Value d, int64_t vectors) {
      t.vectors = vectors;
      Value panel = k.div(d, kPanelColumns), inPanel = k.sub(d, k.mul(panel, kPanelColumns));
      t.columns = {k.add(k.add(headV, k.mul(panelSizeV, panel)), k.add(k.mul(begin, kPanelColumns), inPanel))};
      Values places, partial;
      for (int64_t r = 0; r < tileRows; ++r)
        for (int64_t v = 0; v < vectors; ++v) {
          places.push_back(k.add(k.add(k.mul(k.add(row, r), sumStride), d), v * k.lanes()));
          partial.push_back(k.mul(k.load(sums, places.back()), softmax->correction(r)));
        }
      partial = accumulate(k, t, from, to, kUnroll, partial);
      for (auto [place, sum] : llvm::zip(places, partial))
        k.store(sum, sums, place);
    };
    int64_t whole = a.valueDim / blockColumns * blockColumns;
    if (whole)
      k.each(k.index(0), k.index(whole), blockColumns, [&](Value d) { block(d, 2); });
    if (whole < a.valueDim)
      block(k.index(whole), llvm::divideCeil(a.valueDim - whole, k.lanes()));
  }

  void storeResult(Value row) {
    Value to = k.add(k.mul(k.add(token0, k.add(query0, row)), a.ldo), outColumn), from = k.mul(row, sumStride),
          norm = softmax->norm(row);
    k.columns(a.valueDim, 4, [&](ArrayRef<Columns> run) {
      for (Columns c : run)
        k.store(k.mul(k.load(sums, k.add(from, c.at)), norm), out, k.add(to, c.at), c.count);
    });
    k.when(softmax->blind(row), [&] { storeMean(to); });
  }

  /// A query that sees no key takes the mean of all values: in transformers' eager attention all its scores are one
  /// lowest number.
  void storeMean(Value to) {
    Value some = k.max(keys, k.index(1));
    Value count = k.broadcast(arith::SIToFPOp::create(k.ops(), k.f32(), k.indexCast(some, k.i64())));
    k.columns(a.valueDim, 1, [&](ArrayRef<Columns> run) {
      Columns c = run.front();
      Value panel = k.div(c.at, kPanelColumns), inPanel = k.sub(c.at, k.mul(panel, kPanelColumns));
      Value from = k.add(k.add(headV, k.mul(panelSizeV, panel)), inPanel);
      Value sum = k.loop(k.index(0), keys, 1, k.splat(0.0), [&](Value key, ValueRange partial) -> Values {
        return {k.add(partial[0], k.load(packedV, k.add(from, k.mul(key, kPanelColumns))))};
      })[0];
      k.store(k.div(sum, count), out, k.add(to, c.at), c.count);
    });
  }

  KernelBuilder &k;
  const Kernel &kernel;
  const Attention &a;
  const int64_t tileRows, blockColumns;
  /// Of a query's row, and of its sums, in scratch.
  const int64_t queryStride, sumStride;
  Value q, packedK, packedV, keyMask, out;
  Visibility *visibility = nullptr;
  Value seq, keys, token0, key0OfRow, queryColumn, outColumn, headK, headV, panelSizeV, query0;
  /// Scratch: scaled queries, weighted sums of values, and which keys of the block are not masked.
  Value queries, sums, visible;
  OnlineSoftmax *softmax = nullptr;
};
} // namespace

static void checkAttention(Kernel &kernel, Problems &problems) {
  Visibility::check(kernel, problems);
  kernel.expectMultiple("heads", "kv_heads", problems);
  kernel.limit("head_dim", kMostHeadDim, problems);
  kernel.limit("v_head_dim", kMostHeadDim, problems);
}

static void emitAttention(KernelBuilder &k, const Kernel &kernel) {
  Attention a;
  a.heads = kernel.size("heads"), a.kvHeads = kernel.size("kv_heads"), a.headDim = kernel.size("head_dim");
  a.valueDim = kernel.size("v_head_dim");
  a.ldq = kernel.stride("q"), a.ldo = kernel.stride("out");
  a.scale = kernel.number("scale"), a.sinks = kernel.has("sinks");
  AttentionEmitter(k, kernel, a).emit();
}

/// Of each query and key that it sees, scores and values. Where visibility is causal, queries of all keys see half of
/// them.
static std::vector<std::string> attentionFlops(const Kernel &kernel) {
  const int64_t width = kernel.size("head_dim") + kernel.size("v_head_dim"), window = kernel.integer("window");
  const bool causal = kernel.choice("visibility") == "causal";
  auto pairs = [&](const std::string &keys, int64_t each) {
    return "batch * heads * seq * " + keys + " * " + std::to_string(each * width);
  };
  std::vector<std::string> flops = {pairs("keys", causal ? 1 : 2)};
  if (window)
    flops.push_back(pairs(std::to_string(causal ? window : 2 * window), 2));
  return flops;
}

KernelKinds kinds::Attention() {
  std::vector<AttributeRule> attributes = Visibility::attributes();
  attributes.insert(attributes.begin(), number("scale", "of scores"));
  return {
      {.name = "attention",
       .summary = "Attention over packed keys and values, without ever holding all scores.",
       .details = Visibility::text() +
                  " It gets the mean of all values of its row of the batch if it sees none. Sinks are scores of one "
                  "more key that every query sees, of value 0, so that a query which sees no other gives 0. Starts and "
                  "ends do not decrease within a row of the batch.",
       .operands = {read("q", "[batch, seq | heads, head_dim] x Q"),
                    read("packed_k", "[batch, kv_heads, ceildiv(keys, 32), head_dim, 32] x f32"),
                    read("packed_v", "[batch, kv_heads, ceildiv(v_head_dim, 32), ceildiv(keys, 32), 1024] x f32"),
                    read("starts", "[batch, seq] x i32"),
                    optionalRead("ends", "[batch, seq] x i32", "all keys unless given"),
                    read("key_mask", "[batch, keys] x i64"), optionalRead("sinks", "[heads] x S"),
                    write("out", "[batch, seq | heads, v_head_dim] x O")},
       .scalars = {scalar("batch"), scalar("seq"), scalar("keys"), {"use_mask", "", "0: all keys count"}},
       .workgroups = {"batch * heads", blocks("seq", kAttentionQueryRows)},
       .attributes = attributes,
       .flops = attentionFlops,
       .example = {"read [b, 50, 4, 20] x bf16, row_rank = 2; read [b, 2, 2, 20, 32] x f32; read [b, 2, 1, 2, 1024] x "
                   "f32; read [b, 50] x i32; read [b, 50] x i64; write [b, 50, 4, 20] x bf16, row_rank = 2",
                   "{scale = 0.2 : f32, window = 0}"},
       .check = checkAttention,
       .emit = emitAttention}};
}

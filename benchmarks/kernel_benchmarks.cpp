// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Speed of single kernels on one thread, as a share of what a probe reaches in between: `taskset -c 0
// kernel_benchmarks`. Counters come from the best call, because neighbours on a shared machine only ever make it
// slower:
//   GFLOPs, of_fma     arithmetic, and its share of the f32 multiply-add peak of the level's registers
//   of_dot             in place of of_fma for kernels that use dot products of bf16: the share of their peak
//   GBs, of_read       operand bytes, and their share of a sweep over as many bytes
#include "probes.h"
#include "veomni/Codegen/CPU/Backend.h"
#include "veomni/Codegen/CPU/Compile.h"
#include "veomni/Codegen/CPU/WorkSplit.h"
#include "veomni/runtime/KernelABI.h"

#include "mlir/IR/MLIRContext.h"
#include "llvm/Support/FormatVariadic.h"

#include <benchmark/benchmark.h>
#include <dlfcn.h>
#include <random>
#include <sys/mman.h>
#include <unistd.h>

using namespace veomni::cpu;
using namespace veomni::benchmarks;
using llvm::formatv;

namespace {
struct Free {
  void operator()(char *memory) const { std::free(memory); }
};
using Memory = std::unique_ptr<char, Free>;

/// `count` elements of random f32 in [-1, 1], or their upper halves as bf16, and room to read past the end.
Memory randomElements(int64_t count, bool bf16) {
  int64_t width = bf16 ? 2 : 4;
  Memory memory(static_cast<char *>(std::aligned_alloc(64, (count * width + 511) / 512 * 512 + 512)));
  std::minstd_rand random(1);
  for (int64_t i = 0; i < count; ++i) {
    float x = float(random()) / float(std::minstd_rand::max()) * 2 - 1;
    if (bf16)
      reinterpret_cast<uint16_t *>(memory.get())[i] = uint16_t(std::bit_cast<uint32_t>(x) >> 16);
    else
      reinterpret_cast<float *>(memory.get())[i] = x;
  }
  return memory;
}

[[noreturn]] void fail(llvm::Error error) {
  llvm::errs() << toString(std::move(error)) << "\n";
  std::exit(1);
}

veomni_kernel_fn compile(const std::string &kind, const std::string &operands, const std::string &attributes,
                         const Target &target) {
  mlir::MLIRContext context;
  llvm::Expected<Kernel> kernel = bindKernel(context, builtinKinds(), kind, {operands, attributes}, &target);
  if (!kernel)
    fail(kernel.takeError());
  auto bytes = compileKernels({{"kernel", *kernel}}, target);
  if (!bytes)
    fail(bytes.takeError());
  int file = memfd_create("kernels", 0);
  void *library = nullptr;
  if (::write(file, bytes->data(), bytes->size()) == ssize_t(bytes->size()))
    library = dlopen(("/proc/self/fd/" + std::to_string(file)).c_str(), RTLD_NOW);
  if (!library)
    std::exit(1);
  return reinterpret_cast<veomni_kernel_fn>(dlsym(library, "kernel")); // stays loaded
}

struct Run {
  veomni_kernel_fn kernel;
  std::vector<void *> operands;
  std::vector<int64_t> scalars;
  int64_t x, y;
  double flops, bytes;
  int64_t firstY = 0;
  bool bf16Dot = false;
  int64_t z = 1;
};

void measure(benchmark::State &state, const Run &run, const Target &target) {
  static const Memory sweep = randomElements(64 << 20, false);
  veomni_kernel_args args{run.operands.data(), run.scalars.data()};
  size_t swept = std::min<size_t>(size_t(run.bytes) / 512 * 512 + 512, 256 << 20);
  double best = 1e9, fma = 0, read = 0, untilProbe = 0;
  for (auto _ : state) {
    double start = cpuSeconds();
    for (int64_t y = run.firstY; y < run.y; ++y)
      for (int64_t x = 0; x < run.x; ++x)
        for (int64_t z = 0; z < run.z; ++z)
          run.kernel(&args, x, y, z);
    double seconds = cpuSeconds() - start;
    state.SetIterationTime(seconds);
    best = std::min(best, seconds);
    if ((untilProbe -= seconds) <= 0) {
      fma = std::max(fma, run.bf16Dot ? probeBf16Dot() : probeFma(target.lanes));
      for (int i = 0; i < 2; ++i)
        read = std::max(read, probeRead(sweep.get(), swept));
      untilProbe = 0.005;
    }
  }
  if (run.flops) {
    state.counters["GFLOPs"] = run.flops / best / 1e9;
    state.counters[run.bf16Dot ? "of_dot" : "of_fma"] = run.flops / best / fma;
  }
  state.counters["GBs"] = run.bytes / best / 1e9;
  state.counters["of_read"] = run.bytes / best / read;
}

/// Types of a gemm's operands; `dot`: activations are f32 and multiplied as bf16.
struct GemmTypes {
  const char *name;
  bool a, w, dot;
};
constexpr GemmTypes kGemmTypes[] = {{"f32", false, false, false},
                                    {"f32_bf16", false, true, false},
                                    {"f32_bf16_dot", false, true, true},
                                    {"bf16", true, true, false}};

const char *name(bool bf16) { return bf16 ? "bf16" : "f32"; }
const char *tiles(bool bf16) { return bf16 ? "tiles = [32, 2]" : "tiles = [32, 1]"; }

std::string gemmAttributes(const GemmTypes &types, int64_t group, const std::string &more = "") {
  return formatv("{{group = {0}{1}{2}}", group, types.dot ? ", bf16_dot = true" : "", more);
}

/// Rows of A and of C, dims before those of W, and what lies between W and C.
std::string gemmOperands(const GemmTypes &types, int64_t n, int64_t k, const std::string &aRows = "r",
                         const std::string &cRows = "r", const std::string &experts = "",
                         const std::string &tables = "") {
  return formatv("read [{0}, {1}] x {2}, row_stride = {3}; read [{4}{5}, {1}] x {6}, {10}; {7} write [{8}, {5}] x "
                 "{2}, row_stride = {9}",
                 aRows, k, name(types.a), k + 16, experts, n, name(types.w), tables, cRows, n + 16, tiles(types.w));
}

int64_t gemmGroup(const GemmTypes &types, int64_t n, int64_t k, bool gathered) {
  const char *forced = std::getenv("GEMM_GROUP");
  return forced ? std::atoi(forced) : gemmPanelGroup(n, k, types.w, gathered || types.dot);
}

int64_t panelElements(int64_t n, int64_t k) { return (n + 31) / 32 * 32 * ((k + 1) / 2 * 2); }

void gemm(benchmark::State &state, const Target &target, const GemmTypes &types, int64_t m, int64_t n, int64_t k) {
  int64_t group = gemmGroup(types, n, k, /*gathered=*/false);
  Memory a = randomElements(m * (k + 16), types.a), c = randomElements(m * (n + 16), types.a),
         w = randomElements(panelElements(n, k), types.w);
  Run run{compile("gemm", gemmOperands(types, n, k), gemmAttributes(types, group), target),
          {a.get(), w.get(), c.get()},
          {m},
          (m + kGemmRows - 1) / kGemmRows,
          ((n + 31) / 32 + group - 1) / group,
          2.0 * m * n * k,
          double(n * k * (types.w ? 2 : 4) + m * (n + k) * (types.a ? 2 : 4))};
  run.bf16Dot = target.bf16Dot && types.w && (types.a || types.dot);
  measure(state, run, target);
}

/// `experts` matrices, each over 1 to 127 rows (uniform, by a fixed seed). `topK` > 0: the first gemm of a block of
/// experts, whose rows are gathered from a `topK`-th as many tokens; 0: the second one, whose rows lie sorted.
void groupedGemm(benchmark::State &state, const Target &target, const GemmTypes &types, int64_t experts, int64_t topK,
                 int64_t n, int64_t k) {
  int64_t group = gemmGroup(types, n, k, topK != 0), m = 0;
  std::vector<int32_t> offsets{0}, routes;
  std::minstd_rand random(1);
  for (int64_t e = 0; e < experts; ++e)
    offsets.push_back(int32_t(m += std::uniform_int_distribution<int64_t>(1, 127)(random)));
  for (int64_t i = 0; i < m; ++i)
    routes.push_back(int32_t(i * 7919 % m));
  Memory a = randomElements(m * (k + 16), types.a), c = randomElements(m * (n + 16), types.a);
  Memory w = randomElements(experts * panelElements(n, k), types.w);
  // Static rows, so that A may have a `topK`-th as many as there are routes.
  int64_t tokens = topK ? (m + topK - 1) / topK : m, routed = topK ? tokens * topK : m;
  std::string tables = formatv("read [{0}] x i32;", experts + 1), more;
  if (topK)
    tables += formatv("read [{0}] x i32;", routed), more = formatv(", top_k = {0}", topK);
  Run run{compile("grouped_gemm",
                  gemmOperands(types, n, k, std::to_string(tokens), std::to_string(routed),
                               std::to_string(experts) + ", ", tables),
                  gemmAttributes(types, group, more), target),
          {a.get(), w.get(), offsets.data()},
          {m},
          (m + kGemmRows - 1) / kGemmRows,
          ((n + 31) / 32 + group - 1) / group,
          2.0 * m * n * k,
          double(experts * n * k * (types.w ? 2 : 4) + m * (n + k) * (types.a ? 2 : 4))};
  if (topK)
    run.operands.push_back(routes.data());
  run.operands.push_back(c.get());
  run.bf16Dot = target.bf16Dot && types.w && (types.a || types.dot);
  measure(state, run, target);
}

void registerGemm(const Target &target) {
  auto add = [&](const std::string &name, auto run) {
    benchmark::RegisterBenchmark(name.c_str(), run)->UseManualTime()->Unit(benchmark::kMicrosecond);
  };
  for (const GemmTypes &types : kGemmTypes) {
    if (types.dot && !target.bf16Dot)
      continue;
    for (auto [m, n, k] : {std::tuple(512, 1024, 1024),
                           {512, 3072, 1024},
                           {512, 1024, 3072},
                           {64, 768, 1024},
                           {16, 768, 1024},
                           {4, 768, 1024},
                           {1, 256, 1024},
                           {1, 65536, 1024},
                           {512, 32768, 1024}})
      add(formatv("gemm/{0}/{1}/{2}x{3}x{4}", target.name, types.name, m, n, k),
          [=, &target, m = m, n = n, k = k](benchmark::State &state) { gemm(state, target, types, m, n, k); });
    for (auto [topK, n, k] : {std::tuple(8, 768, 1024), {8, 1536, 1024}, {0, 1024, 768}})
      add(formatv("grouped_gemm/{0}/{1}/{2}/64x{3}x{4}", target.name, types.name, topK ? "gathered" : "sorted", n, k),
          [=, &target, topK = topK, n = n, k = k](benchmark::State &state) {
            groupedGemm(state, target, types, 64, topK, n, k);
          });
  }
}

/// A product of two activations, as many as there are heads: scores [m, n] of queries and keys, values [m, n] of
/// scores.
void matmul(benchmark::State &state, const Target &target, bool transposeB, int64_t heads, int64_t m, int64_t n,
            int64_t k) {
  Memory a = randomElements(heads * m * k, false), b = randomElements(heads * n * k, false),
         out = randomElements(heads * m * n, false);
  mlir::MLIRContext context;
  std::string kind = transposeB ? "matmul_tb" : "matmul",
              operands =
                  formatv("read [{0}, {1}, {3}] x f32; read [{0}, {4}] x f32; write [{0}, {1}, {2}] x f32", heads, m, n,
                          k, transposeB ? formatv("{0}, {1}", n, k).str() : formatv("{0}, {1}", k, n).str());
  llvm::Expected<Kernel> kernel = bindKernel(context, builtinKinds(), kind, {operands, "{}"}, &target);
  if (!kernel)
    fail(kernel.takeError());
  auto groups = llvm::map_to_vector(kernel->workgroups(), [](auto extent) { return *extent.getConstant(); });
  Run run{compile(kind, operands, "{}", target),
          {a.get(), b.get(), out.get()},
          {heads, m, n, k},
          groups[0],
          groups[1],
          2.0 * double(heads * m * n * k),
          4.0 * double(heads * (m * k + n * k + m * n))};
  run.z = groups[2];
  measure(state, run, target);
}

void registerMatmul(const Target &target) {
  for (auto [heads, m, n, k, transposeB] : {std::tuple(8, 512, 512, 128, true),
                                            {8, 512, 128, 512, false},
                                            {1, 2048, 2048, 128, true},
                                            {8, 1, 512, 128, true},
                                            {1, 512, 1024, 1024, false}})
    benchmark::RegisterBenchmark(
        formatv("{0}/{1}/{2}x{3}x{4}x{5}", transposeB ? "matmul_tb" : "matmul", target.name, heads, m, n, k)
            .str()
            .c_str(),
        [=, &target, heads = heads, m = m, n = n, k = k, transposeB = transposeB](benchmark::State &state) {
          matmul(state, target, transposeB, heads, m, n, k);
        })
        ->UseManualTime()
        ->Unit(benchmark::kMicrosecond);
}

/// A head and its loss: the product, with its logits' exponentials. The rows' combination takes next to nothing.
void linearCrossEntropy(benchmark::State &state, const Target &target, const GemmTypes &types, int64_t m, int64_t vocab,
                        int64_t k) {
  int64_t group = std::min(gemmGroup(types, vocab, k, /*gathered=*/false), kLossPanels),
          partials = 2 * lossChunks(vocab) + 1;
  Memory a = randomElements(m * (k + 16), types.a), w = randomElements(panelElements(vocab, k), types.w),
         out = randomElements(m * partials, false);
  std::vector<int64_t> labels;
  for (int64_t row = 0; row < m; ++row)
    labels.push_back(row * 7919 % vocab);
  Run run{compile("linear_cross_entropy",
                  formatv("read [b, s, {0}] x {1}, row_stride = {2}; read [{3}, {0}] x {4}, {6}; read [b, s] x i64; "
                          "write [b, s, {5}] x f32",
                          k, name(types.a), k + 16, vocab, name(types.w), partials, tiles(types.w)),
                  gemmAttributes(types, group, ", ignore_index = -100"), target),
          {a.get(), w.get(), labels.data(), out.get()},
          {m},
          (m + kGemmRows - 1) / kGemmRows,
          lossChunks(vocab),
          2.0 * m * vocab * k,
          double(vocab * k * (types.w ? 2 : 4) + m * k * (types.a ? 2 : 4))};
  run.bf16Dot = target.bf16Dot && types.w && (types.a || types.dot);
  measure(state, run, target);
}

void registerLinearCrossEntropy(const Target &target) {
  for (const GemmTypes &types : kGemmTypes) {
    if (types.dot && !target.bf16Dot)
      continue;
    for (auto [m, vocab, k] : {std::tuple(512, 32768, 1024), {512, 32768, 128}, {16, 32768, 1024}})
      benchmark::RegisterBenchmark(
          formatv("linear_cross_entropy/{0}/{1}/{2}x{3}x{4}", target.name, types.name, m, vocab, k).str().c_str(),
          [=, &target, m = m, vocab = vocab, k = k](benchmark::State &state) {
            linearCrossEntropy(state, target, types, m, vocab, k);
          })
          ->UseManualTime()
          ->Unit(benchmark::kMicrosecond);
  }
}

struct AttentionShape {
  const char *name;
  int64_t headDim, seq, window;
  bool bf16;
  /// Only the last block of queries, which sees nearly all keys: the speed without what the causal order costs.
  bool lastQueries;
};

/// Two query heads on one head of keys. Arithmetic counts what queries see, nothing that is computed and hidden.
void attention(benchmark::State &state, const Target &target, const AttentionShape &s) {
  const int64_t heads = 2, ldq = heads * s.headDim + 16;
  int64_t padded = (s.seq + 31) / 32 * 32, blocks = (s.seq + kAttentionQueryRows - 1) / kAttentionQueryRows;
  Memory q = randomElements(s.seq * ldq, s.bf16), out = randomElements(s.seq * ldq, s.bf16);
  Memory packedK = randomElements(padded * s.headDim, false),
         packedV = randomElements(padded * ((s.headDim + 31) / 32 * 32), false);
  Memory starts = randomElements(s.seq, false);
  std::memset(starts.get(), 0, s.seq * 4);
  int64_t query0 = s.lastQueries ? (blocks - 1) * kAttentionQueryRows : 0;
  double pairs = 0;
  for (int64_t query = query0; query < s.seq; ++query)
    pairs += s.window ? std::min(query + 1, s.window) : query + 1;
  Run run{
      compile("attention",
              formatv("read [b, {0}, {1}, {2}] x {3}, row_rank = 2, row_stride = {4}; read [b, 1, {5}, {2}, 32] x f32; "
                      "read [b, 1, {6}, {5}, 1024] x f32; read [b, {0}] x i32; read [b, {0}] x i64; "
                      "write [b, {0}, {1}, {2}] x {3}, row_rank = 2, row_stride = {4}",
                      s.seq, heads, s.headDim, name(s.bf16), ldq, padded / 32, (s.headDim + 31) / 32),
              formatv("{{scale = {0} : f32, window = {1}}", 0.125, s.window), target),
      {q.get(), packedK.get(), packedV.get(), starts.get(), nullptr, out.get()},
      {1, s.seq, s.seq, 0},
      heads,
      blocks,
      4.0 * s.headDim * heads * pairs,
      double(8 * padded * s.headDim + 2 * (s.seq - query0) * heads * s.headDim * (s.bf16 ? 2 : 4))};
  run.firstY = s.lastQueries ? blocks - 1 : 0;
  measure(state, run, target);
}

void registerAttention(const Target &target) {
  for (const AttentionShape &s : {AttentionShape{"causal", 64, 512, 0, false, false},
                                  {"causal", 64, 2048, 0, false, false},
                                  {"causal", 128, 512, 0, false, false},
                                  {"causal", 128, 2048, 0, false, false},
                                  {"causal", 80, 500, 0, false, false},
                                  {"causal_bf16", 128, 2048, 0, true, false},
                                  {"window", 128, 2048, 256, false, false},
                                  {"last", 64, 2016, 0, false, true},
                                  {"last", 128, 2016, 0, false, true},
                                  {"causal", 64, 16, 0, false, false}})
    benchmark::RegisterBenchmark(
        formatv("attention/{0}/{1}/{2}x{3}", target.name, s.name, s.seq, s.headDim).str().c_str(),
        [=, &target](benchmark::State &state) { attention(state, target, s); })
        ->UseManualTime()
        ->Unit(benchmark::kMicrosecond);
}

void attentionPack(benchmark::State &state, const Target &target, bool bf16) {
  const int64_t seq = 512, headDim = 128, heads = 2, ld = heads * headDim + 16;
  Memory keys = randomElements(seq * ld, bf16), values = randomElements(seq * ld, bf16);
  Memory packedK = randomElements(heads * seq * headDim, false), packedV = randomElements(heads * seq * headDim, false);
  Run run{compile("attention_pack",
                  formatv("read [b, {0}, {1}, {2}] x {3}, row_rank = 2, row_stride = {4}; read [b, {0}, {1}, {2}] x "
                          "{3}, row_rank = 2, "
                          "row_stride = {4}; write [b, {1}, {5}, {2}, 32] x f32; write [b, {1}, {6}, {5}, 1024] x f32",
                          seq, heads, headDim, name(bf16), ld, seq / 32, headDim / 32),
                  "{}", target),
          {keys.get(), values.get(), packedK.get(), packedV.get()},
          {1, seq},
          heads,
          (seq + kAttentionPackRows - 1) / kAttentionPackRows,
          0,
          double(2 * seq * heads * headDim * (bf16 ? 6 : 8))};
  measure(state, run, target);
}

void registerAttentionPack(const Target &target) {
  for (bool bf16 : {false, true})
    benchmark::RegisterBenchmark(
        formatv("attention_pack/{0}/{1}/512x2x128", target.name, bf16 ? "bf16" : "f32").str().c_str(),
        [=, &target](benchmark::State &state) { attentionPack(state, target, bf16); })
        ->UseManualTime()
        ->Unit(benchmark::kMicrosecond);
}

/// A kernel over rows of 1024 columns: 64 rows stay in the second-level cache, 16384 do not.
void rows(benchmark::State &state, const Target &target, const char *kind, bool bf16, int64_t rowCount, int64_t cols) {
  std::string name = kind, type = bf16 ? "bf16" : "f32";
  int64_t ld = cols + 16, width = bf16 ? 2 : 4;
  Memory a = randomElements(rowCount * ld, bf16), b = randomElements(rowCount * ld, bf16),
         out = randomElements(rowCount * ld, bf16);
  auto zeros = [](int64_t count) { return Memory(static_cast<char *>(std::calloc(count, 8))); };
  Memory labels = zeros(rowCount), losses = zeros(rowCount), counts = zeros(rowCount);
  double row = double(rowCount) * cols * width;
  int64_t blocks = (rowCount + kRowBlock - 1) / kRowBlock;
  Run run{nullptr, {}, {rowCount}, blocks, 1, 0, 2 * row};
  std::string x = formatv("[r, {0}] x {1}, row_stride = {2}", cols, type, ld), operands, attributes = "{}";
  if (name == "rms_norm") {
    operands = formatv("read {0}; read [{1}] x {2}; write {0}", x, cols, type);
    attributes = "{eps = 1.0e-6 : f32, variant = \"standard\"}";
    run.operands = {a.get(), b.get(), out.get()};
  } else if (name == "glu") {
    operands = formatv("read {0}; read {0}; write {0}", x);
    attributes = "{act = \"silu\"}";
    run.operands = {a.get(), b.get(), out.get()};
    run.bytes = 3 * row;
  } else if (name == "rope") {
    operands = formatv(
        "read {0}; read [r, 64] x {1}; read [r, 64] x {1}; write [r, {2}, 128] x {1}, row_rank = 2, row_stride = {3}",
        x, type, cols / 128, ld);
    attributes = "{layout = \"half\"}";
    run.operands = {a.get(), b.get(), b.get(), out.get()};
  } else {
    operands =
        formatv("read [b, s, {0}] x {1}, row_stride = {2}; read [b, s] x i64; write [b, s] x f32; write [b, s] x f32",
                cols, type, ld);
    attributes = "{ignore_index = -100}";
    run.operands = {a.get(), labels.get(), losses.get(), counts.get()};
    run.bytes = row;
  }
  run.kernel = compile(kind, operands, attributes, target);
  measure(state, run, target);
}

void registerRows(const Target &target) {
  for (const char *kind : {"rms_norm", "glu", "rope", "cross_entropy"})
    for (bool bf16 : {false, true})
      for (int64_t rowCount : {64, 16384})
        benchmark::RegisterBenchmark(
            formatv("{0}/{1}/{2}/{3}x1024", kind, target.name, bf16 ? "bf16" : "f32", rowCount).str().c_str(),
            [=, &target](benchmark::State &state) { rows(state, target, kind, bf16, rowCount, 1024); })
            ->UseManualTime()
            ->Unit(benchmark::kMicrosecond);
}
} // namespace

int main(int argc, char **argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv))
    return 2;
  for (const Target &target : allTargets())
    if (runsHere(target)) {
      registerGemm(target);
      registerMatmul(target);
      registerLinearCrossEntropy(target);
      registerAttention(target);
      registerAttentionPack(target);
      registerRows(target);
    }
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}

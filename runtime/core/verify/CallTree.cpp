// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Verifies calls and loops: no recursion, known symbols, weights within their windows.
#include "core/verify/SymbolsOf.h"
#include "core/verify/Verifier.h"

#include <algorithm>
#include <optional>
#include <set>

namespace veomni::verify {
namespace {

/// A call, a loop or a dispatch to experts: what they have in common.
struct Edge {
  uint32_t instruction, callee;
  uint64_t paramBase, paramStride, repeats; // distinct parameter windows; 1 but for a loop
  std::optional<uint32_t> symbol;           // what has a value inside the callee alone
  bool dispatches = false;
};

std::vector<Edge> edgesOf(const bundle::Function &function) {
  std::vector<Edge> edges;
  for (uint32_t i = 0; i < sizeOf(function.instructions()); ++i) {
    const bundle::Instruction &instruction = *function.instructions()->Get(i);
    if (const bundle::Call *call = instruction.action_as_Call())
      edges.push_back({i, call->callee(), call->param_base(), 0, 1, {}});
    if (const bundle::Loop *loop = instruction.action_as_Loop()) {
      uint64_t repeats = loop->param_stride() == 0 ? 1 : uint64_t(loop->count()->value());
      edges.push_back({i, loop->callee(), loop->param_base(), loop->param_stride(), repeats, loop->symbol()});
    }
    if (const bundle::ExpertDispatch *dispatch = instruction.action_as_ExpertDispatch())
      edges.push_back({i, dispatch->callee(), dispatch->param_base(), 0, 1, dispatch->symbol(), true});
  }
  return edges;
}

std::string edgeName(const bundle::Bundle &program, uint32_t function, const Edge &edge) {
  return "function " + std::to_string(function) + " " + quoted(program.functions()->Get(function)->name()) +
         ", instruction " + std::to_string(edge.instruction) + " (call of " +
         quoted(program.functions()->Get(edge.callee)->name()) + ")";
}

bool namesState(const bundle::Function &function) {
  for (uint32_t i = 0; i < sizeOf(function.values()); ++i)
    if (function.values()->Get(i)->storage() == bundle::Storage::state)
      return true;
  return false;
}

} // namespace

void Verifier::orderFunctions() {
  // Remove functions that call nothing that is left, level by level; what cannot be removed calls itself in the end.
  uint32_t count = program_.functions()->size();
  std::vector<std::vector<uint32_t>> callers(count);
  std::vector<size_t> pending(count);
  std::vector<unsigned> depth(count, 1);
  for (uint32_t f = 0; f < count; ++f) {
    std::vector<Edge> edges = edgesOf(*program_.functions()->Get(f));
    pending[f] = edges.size();
    for (const Edge &edge : edges) {
      callers[edge.callee].push_back(f);
      // A caller could hand such a function the state that it works on already.
      if (const bundle::Function &callee = *program_.functions()->Get(edge.callee); namesState(callee))
        problem(edgeName(program_, f, edge),
                "the callee names a state; only functions that no other calls may, callees are handed states");
    }
    if (edges.empty())
      calleesFirst_.push_back(f);
  }
  for (size_t done = 0; done < calleesFirst_.size(); ++done)
    for (uint32_t caller : callers[calleesFirst_[done]]) {
      depth[caller] = std::max(depth[caller], depth[calleesFirst_[done]] + 1);
      if (--pending[caller] == 0)
        calleesFirst_.push_back(caller);
    }
  constexpr unsigned deepest = 64; // the executor recurses
  for (uint32_t f = 0; f < count; ++f) {
    const std::string where = "function " + std::to_string(f) + " " + quoted(program_.functions()->Get(f)->name());
    if (pending[f] != 0)
      problem(where, "calls itself, directly or through others, or calls such a function");
    else if (depth[f] > deepest)
      problem(where, "calls nest " + std::to_string(depth[f]) + " deep, expected at most " + std::to_string(deepest));
  }
}

void Verifier::checkScopedSymbols() {
  // What counts a loop or received rows has a value inside alone: it may not be used outside, and nothing inside may
  // count with it again. What is derived from it depends on it.
  const uint32_t symbols = sizeOf(program_.symbols());
  std::vector<std::set<uint32_t>> scopedOf(symbols);
  for (uint32_t i = 0; i < symbols; ++i) {
    const bundle::Symbol &symbol = *program_.symbols()->Get(i);
    if (symbol.kind() == bundle::SymbolKind::loop || symbol.kind() == bundle::SymbolKind::counted)
      scopedOf[i].insert(i);
    if (!symbol.extent() || (symbol.kind() != bundle::SymbolKind::derived && symbol.kind() != bundle::SymbolKind::part))
      continue;
    std::set<uint32_t> factors;
    SymbolsOf(factors).add(*symbol.extent());
    for (uint32_t factor : factors)
      scopedOf[i].insert(scopedOf[factor].begin(), scopedOf[factor].end());
    if (!scopedOf[i].empty() && symbol.kind() == bundle::SymbolKind::part)
      problem("symbol " + quoted(symbol.name()), "is a part of what is counted at run time");
  }
  std::vector<std::set<uint32_t>> used(program_.functions()->size()), counted(program_.functions()->size());
  std::vector<bool> dispatches(program_.functions()->size());
  uint64_t work = 0;
  constexpr uint64_t mostWork = 10'000'000; // a handful of symbols and some hundred calls are usual
  for (uint32_t f : calleesFirst_) {
    const bundle::Function &function = *program_.functions()->Get(f);
    std::set<uint32_t> own;
    SymbolsOf(own).add(function);
    for (uint32_t symbol : own)
      used[f].insert(scopedOf[symbol].begin(), scopedOf[symbol].end());
    for (const Edge &edge : edgesOf(function)) {
      work += used[edge.callee].size() + counted[edge.callee].size();
      if (work > mostWork)
        return problem(edgeName(program_, f, edge), "too many symbols that are counted");
      std::set<uint32_t> inner = used[edge.callee];
      counted[f].insert(counted[edge.callee].begin(), counted[edge.callee].end());
      if (edge.symbol) {
        if (counted[edge.callee].contains(*edge.symbol))
          problem(edgeName(program_, f, edge), "symbol " + quoted(program_.symbols()->Get(*edge.symbol)->name()) +
                                                   (edge.dispatches ? " counts" : " counts a loop") + " inside too");
        inner.erase(*edge.symbol);
        counted[f].insert(*edge.symbol);
      }
      if (edge.dispatches && dispatches[edge.callee])
        problem(edgeName(program_, f, edge), "the callee runs another dispatch to experts");
      dispatches[f] = dispatches[f] || dispatches[edge.callee] || edge.dispatches;
      used[f].insert(inner.begin(), inner.end());
    }
  }
  for (const Entry &entry : entries_)
    for (uint32_t symbol : used[entry.function])
      if (const bundle::Symbol &named = *program_.symbols()->Get(symbol); named.kind() == bundle::SymbolKind::loop)
        problem("function " + std::to_string(entry.function) + " (entry)",
                "uses loop symbol " + quoted(named.name()) + " outside of its loop");
      else
        problem("function " + std::to_string(entry.function) + " (entry)",
                "uses symbol " + quoted(named.name()) + " outside of the dispatch to experts that counts it");
}

void Verifier::checkWindows() {
  for (uint32_t f = 0; f < program_.functions()->size(); ++f) {
    const bundle::Function &function = *program_.functions()->Get(f);
    for (const Edge &edge : edgesOf(function)) {
      uint64_t callee = program_.functions()->Get(edge.callee)->param_count(), own = function.param_count();
      // Subtractions only, so that nothing wraps: every window lies in the caller's own.
      bool fits = callee <= own && edge.paramBase <= own - callee &&
                  (edge.repeats <= 1 || edge.repeats - 1 <= (own - callee - edge.paramBase) / edge.paramStride);
      if (!fits)
        problem(edgeName(program_, f, edge),
                "uses params from " + std::to_string(edge.paramBase) + ", " + std::to_string(callee) + " for each of " +
                    std::to_string(edge.repeats) + " runs, but the caller has " + std::to_string(own));
    }
  }
  if (!clean())
    return;

  // Walk the calls with their bases. A function reached again with the same base has been checked.
  std::set<std::pair<uint32_t, uint64_t>> seen;
  for (const Entry &entry : entries_)
    seen.insert({entry.function, entry.paramBase});
  std::vector<std::pair<uint32_t, uint64_t>> pending(seen.begin(), seen.end());
  uint64_t work = 0;
  constexpr uint64_t mostWork = 50'000'000; // hundreds of layers with hundreds of experts stay far below
  while (!pending.empty()) {
    auto [f, base] = pending.back();
    pending.pop_back();
    const bundle::Function &function = *program_.functions()->Get(f);
    work += sizeOf(function.values()) + sizeOf(function.instructions());
    for (uint32_t i = 0; i < sizeOf(function.values()); ++i) {
      const bundle::Value &value = *function.values()->Get(i);
      if (value.storage() != bundle::Storage::param)
        continue;
      const bundle::Weight &weight = *program_.weights()->Get(uint32_t(base + value.index()));
      if (!sameType(*weight.type(), *value.type(), definitions_))
        problem("function " + std::to_string(f) + " " + quoted(function.name()) + " with params from " +
                    std::to_string(base),
                "value " + std::to_string(i) + " is " + describe(*value.type(), program_) + ", weight " +
                    quoted(weight.name()) + " is " + describe(*weight.type(), program_));
    }
    for (const Edge &edge : edgesOf(function))
      for (uint64_t k = 0; k < edge.repeats; ++k) {
        if (++work > mostWork)
          return problem("functions", "the call tree is too large to check");
        std::pair<uint32_t, uint64_t> next(edge.callee, base + edge.paramBase + k * edge.paramStride);
        if (seen.insert(next).second)
          pending.push_back(next);
      }
  }
}

} // namespace veomni::verify

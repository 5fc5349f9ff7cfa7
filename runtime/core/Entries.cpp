// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Which symbols have a value in which entry, and from which of its inputs.
#include "core/Entries.h"

#include <algorithm>

namespace veomni {
namespace {

template <typename T> uint32_t sizeOf(const flatbuffers::Vector<T> *vector) { return vector ? vector->size() : 0; }

/// Of a bundle that lists its entries: an axis is a dim of the first required input that has it. The others are
/// compared with that.
void findSources(const bundle::Bundle &program, Entry &entry) {
  for (uint32_t i = 0; i < entry.inputCount(); ++i) {
    const bundle::Input &input = *entry.inputs->Get(i);
    auto take = [&](int32_t symbol, bundle::SymbolKind kind, uint32_t dim) {
      if (symbol >= 0 && uint32_t(symbol) < sizeOf(program.symbols()) &&
          program.symbols()->Get(uint32_t(symbol))->kind() == kind && entry.sources[size_t(symbol)].input < 0)
        entry.sources[size_t(symbol)] = {int32_t(i), dim};
    };
    take(input.given(), bundle::SymbolKind::given, 0);
    for (uint32_t d = 0; input.default_value() == bundle::InputDefault::required && d < sizeOf(input.type()->dims());
         ++d)
      take(input.type()->dims()->Get(d)->symbol(), bundle::SymbolKind::axis, d);
  }
}

bool isKnown(const bundle::Symbol &symbol, uint32_t index, const Entry &entry) {
  if (symbol.kind() == bundle::SymbolKind::loop || symbol.kind() == bundle::SymbolKind::counted)
    return true;
  if (symbol.kind() != bundle::SymbolKind::derived && symbol.kind() != bundle::SymbolKind::part)
    return entry.sources[index].input >= 0;
  auto areKnown = [&](const flatbuffers::Vector<const bundle::Dim *> *factors) {
    for (uint32_t i = 0; i < sizeOf(factors); ++i)
      if (int32_t factor = factors->Get(i)->symbol();
          factor >= 0 && (uint32_t(factor) >= index || !entry.known[size_t(factor)]))
        return false;
    return true;
  };
  if (!symbol.extent() || !areKnown(symbol.extent()->factors()))
    return false;
  for (uint32_t t = 0; t < sizeOf(symbol.extent()->terms()); ++t)
    if (!areKnown(symbol.extent()->terms()->Get(t)->factors()))
      return false;
  return true;
}

} // namespace

std::vector<Entry> entriesOf(const bundle::Bundle &program) {
  std::vector<Entry> entries;
  const uint32_t symbols = sizeOf(program.symbols());
  if (program.entries()) {
    for (const bundle::Entry *listed : *program.entries()) {
      Entry &entry = entries.emplace_back(Entry{listed->name()->str(),
                                                listed->function(),
                                                listed->param_base(),
                                                listed->inputs(),
                                                listed->outputs(),
                                                {},
                                                {}});
      entry.sources.resize(symbols);
      findSources(program, entry);
    }
  } else {
    Entry &entry = entries.emplace_back(Entry{"", program.entry(), 0, program.inputs(), program.outputs(), {}, {}});
    if (program.entry() < sizeOf(program.functions()))
      entry.name = program.functions()->Get(program.entry())->name()->str();
    entry.sources.resize(symbols);
    for (uint32_t i = 0; i < symbols; ++i)
      if (const bundle::Symbol &symbol = *program.symbols()->Get(i);
          symbol.kind() == bundle::SymbolKind::input_dim || symbol.kind() == bundle::SymbolKind::input_given)
        entry.sources[i] = {int32_t(std::min<uint32_t>(symbol.input(), INT32_MAX)), symbol.dim()};
  }
  for (Entry &entry : entries)
    for (uint32_t i = 0; i < symbols; ++i)
      entry.known.push_back(isKnown(*program.symbols()->Get(i), i, entry));
  return entries;
}

} // namespace veomni

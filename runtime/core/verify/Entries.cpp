// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Entries: their signatures, and that every symbol their functions come across has a value when they run. Symbols
// belong to the program, so that functions can be shared; what an entry's inputs do not determine, nothing that it
// reaches may use.
#include "core/verify/SymbolsOf.h"
#include "core/verify/Verifier.h"

#include "veomni/runtime/BundleFormat.h"

#include <set>
#include <string_view>

namespace veomni::verify {

std::string Verifier::entryPrefix(const Entry &entry) const {
  return program_.entries() ? "entry \"" + entry.name + "\", " : std::string();
}

void Verifier::listEntries() {
  constexpr uint32_t most = 64; // each is checked against every function
  if (program_.entries()) {
    checkFeature(bundle_format::entries, "entries");
    if (sizeOf(program_.entries()) == 0 || sizeOf(program_.entries()) > most)
      return problem("entries", "there are " + std::to_string(sizeOf(program_.entries())) + ", expected 1 to " +
                                    std::to_string(most));
  }
  entries_ = entriesOf(program_);
}

void Verifier::checkEntries() {
  std::set<std::string_view> names;
  for (const Entry &entry : entries_) {
    const std::string where = program_.entries() ? "entry \"" + entry.name + "\"" : "entry";
    if (!names.insert(entry.name).second)
      problem(where, "another entry has this name");
    if (entry.name.empty())
      problem(where, "has no name");
    const uint32_t functions = program_.functions()->size(), weights = sizeOf(program_.weights());
    if (entry.function >= functions) {
      problem(where, "is function " + std::to_string(entry.function) + " of " + std::to_string(functions));
      continue;
    }
    const uint32_t params = program_.functions()->Get(entry.function)->param_count();
    if (entry.paramBase > weights || params > weights - entry.paramBase)
      problem(where, "uses weights from " + std::to_string(entry.paramBase) + ", " + std::to_string(params) +
                         " of them, the program has " + std::to_string(weights));
    checkSignature(entry);
  }
}

void Verifier::checkSignature(const Entry &entry) {
  const bundle::Function &function = *program_.functions()->Get(entry.function);
  const std::string where = entryPrefix(entry) + functionName(program_, entry.function) + " (entry)";
  const uint32_t inputs = entry.inputCount(), outputs = entry.outputCount();
  if (sizeOf(function.arguments()) != inputs + outputs)
    return problem(where, std::to_string(sizeOf(function.arguments())) + " arguments, expected " +
                              std::to_string(inputs) + " inputs and " + std::to_string(outputs) + " outputs");
  for (uint32_t i = 0; i < inputs + outputs; ++i) {
    const bundle::Argument &argument = *function.arguments()->Get(i);
    const bundle::BufferType &type =
        i < inputs ? *entry.inputs->Get(i)->type() : *entry.outputs->Get(i - inputs)->type();
    bundle::Access access = i < inputs ? bundle::Access::read : bundle::Access::write;
    const std::string at = where + ", argument " + std::to_string(i);
    if (!sameType(*argument.type(), type, definitions_))
      problem(at, "is " + describe(*argument.type(), program_) + ", expected " + describe(type, program_) + " as " +
                      (i < inputs ? "input" : "output"));
    if (argument.access() != access)
      problem(at, std::string("has access ") + bundle::EnumNameAccess(argument.access()) + ", expected " +
                      bundle::EnumNameAccess(access));
  }
}

void Verifier::checkKnownSymbols() {
  std::vector<std::set<uint32_t>> used(program_.functions()->size());
  for (uint32_t f = 0; f < used.size(); ++f)
    SymbolsOf(used[f]).add(*program_.functions()->Get(f));
  for (const Entry &entry : entries_) {
    auto check = [&](const std::set<uint32_t> &symbols, const std::string &where) {
      for (uint32_t symbol : symbols)
        if (!entry.known[symbol])
          problem(where, "uses symbol " + quoted(program_.symbols()->Get(symbol)->name()) +
                             ", which no input of entry \"" + entry.name + "\" tells");
    };
    std::set<uint32_t> bounds;
    for (uint32_t i = 0; i < entry.inputCount(); ++i)
      if (const bundle::Extent *below = entry.inputs->Get(i)->below())
        SymbolsOf(bounds).add(*below);
    check(bounds, "entry \"" + entry.name + "\"");
    // Callees come first in the order, so that going backwards meets every caller before what it calls.
    std::vector<bool> reached(used.size());
    reached[entry.function] = true;
    for (auto function = calleesFirst_.rbegin(); function != calleesFirst_.rend(); ++function) {
      if (!reached[*function])
        continue;
      check(used[*function], functionName(program_, *function));
      const auto *instructions = program_.functions()->Get(*function)->instructions();
      for (uint32_t i = 0; i < sizeOf(instructions); ++i) {
        if (const bundle::Call *call = instructions->Get(i)->action_as_Call())
          reached[call->callee()] = true;
        if (const bundle::Loop *loop = instructions->Get(i)->action_as_Loop())
          reached[loop->callee()] = true;
        if (const bundle::ExpertDispatch *dispatch = instructions->Get(i)->action_as_ExpertDispatch())
          reached[dispatch->callee()] = true;
      }
    }
  }
}

} // namespace veomni::verify

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Verifies one function: its values, its instructions, and that nothing is read before it is written.
#include "core/verify/Memory.h"
#include "veomni/runtime/BundleFormat.h"

#include <algorithm>
#include <set>

namespace veomni::verify {

static bool writes(bundle::Access access) { return access != bundle::Access::read; }
static bool reads(bundle::Access access) { return access != bundle::Access::write; }

void Verifier::checkSignatures() {
  for (uint32_t f = 0; f < program_.functions()->size(); ++f) {
    const bundle::Function &function = *program_.functions()->Get(f);
    const std::string where = functionName(program_, f);
    for (uint32_t i = 0; i < sizeOf(function.arguments()); ++i) {
      const bundle::Argument &argument = *function.arguments()->Get(i);
      const std::string at = where + ", argument " + std::to_string(i);
      checkType(*argument.type(), at);
      if (argument.access() > bundle::Access::MAX)
        problem(at, "access " + std::to_string(int(argument.access())) + " is unknown");
    }
    // Every slot and weight in use is named by a value, so that neither count makes the loader allocate more than the
    // file is long.
    if (function.slot_count() > sizeOf(function.values()))
      problem(where, "slot_count is " + std::to_string(function.slot_count()) + " for " +
                         std::to_string(sizeOf(function.values())) + " values");
    if (function.param_count() > sizeOf(program_.weights()))
      problem(where, "param_count is " + std::to_string(function.param_count()) + ", the program has " +
                         std::to_string(sizeOf(program_.weights())) + " weights");
  }
  if (!clean())
    return;
  for (uint32_t f = 0; f < program_.functions()->size(); ++f)
    checkFunction(f);
}

void Verifier::checkFunction(uint32_t index) {
  const bundle::Function &function = *program_.functions()->Get(index);
  const std::string where = functionName(program_, index);
  if (!checkValues(function, where))
    return;

  Memory memory;
  memory.slotHolds.assign(function.slot_count(), Memory::nothing);
  for (uint32_t i = 0; i < sizeOf(function.arguments()); ++i)
    memory.argumentHasValue.push_back(reads(function.arguments()->Get(i)->access()));
  for (uint32_t i = 0; i < sizeOf(function.values()); ++i) {
    const bundle::Value &value = *function.values()->Get(i);
    memory.rootOf.push_back(value.storage() == bundle::Storage::view ? memory.rootOf[value.index()] : i);
  }
  for (uint32_t i = 0; i < sizeOf(function.instructions()); ++i)
    checkInstruction(function, i, memory, where + ", instruction " + std::to_string(i));
  for (const auto &[index, collective] : memory.moving)
    problem(where + ", instruction " + std::to_string(index), "starts a collective that nothing waits for");
  for (uint32_t i = 0; i < sizeOf(function.arguments()); ++i)
    if (!memory.argumentHasValue[i])
      problem(where, "argument " + std::to_string(i) + " " + quoted(function.arguments()->Get(i)->name()) +
                         " is never written");
}

bool Verifier::checkValues(const bundle::Function &function, const std::string &where) {
  unsigned before = problemCount_;
  for (uint32_t i = 0; i < sizeOf(function.values()); ++i) {
    const bundle::Value &value = *function.values()->Get(i);
    const std::string at = where + ", value " + std::to_string(i);
    if (value.storage() > bundle::Storage::MAX) {
      problem(at, "storage " + std::to_string(int(value.storage())) + " is unknown");
      continue;
    }
    const uint32_t counts[] = {sizeOf(function.arguments()), function.slot_count(), function.param_count(), i,
                               sizeOf(program_.states())};
    uint32_t count = counts[int(value.storage())];
    bool typeIsGood = checkType(*value.type(), at);
    if (value.index() >= count) {
      problem(at, std::string(bundle::EnumNameStorage(value.storage())) + " " + std::to_string(value.index()) + " of " +
                      std::to_string(count));
      continue;
    }
    if (!typeIsGood)
      continue;
    if (value.storage() == bundle::Storage::argument) {
      const bundle::BufferType &declared = *function.arguments()->Get(value.index())->type();
      if (!sameType(*value.type(), declared, definitions_))
        problem(at, "is " + describe(*value.type(), program_) + ", argument " + std::to_string(value.index()) + " is " +
                        describe(declared, program_));
    } else if (value.storage() == bundle::Storage::param) {
      checkConstantType(*value.type(), at);
    } else if (value.storage() == bundle::Storage::state) {
      const bundle::BufferType &declared = *program_.states()->Get(value.index())->type();
      if (!sameType(*value.type(), declared, definitions_))
        problem(at, "is " + describe(*value.type(), program_) + ", state " +
                        quoted(program_.states()->Get(value.index())->name()) + " is " + describe(declared, program_));
    } else if (value.storage() == bundle::Storage::view && problemCount_ == before) {
      const bundle::BufferType &base = *function.values()->Get(value.index())->type();
      bool fits = recipe::tileOf(*value.type()) || recipe::tileOf(base)
                      ? sameType(*value.type(), base, definitions_)
                      : value.type()->dtype() == base.dtype() &&
                            sameSize(storageOf(*value.type(), definitions_), storageOf(base, definitions_));
      if (!fits)
        problem(at, "views " + describe(base, program_) + " as " + describe(*value.type(), program_) +
                        ", which is not of equal size");
    }
  }
  return problemCount_ == before;
}

void Verifier::checkInstruction(const bundle::Function &function, uint32_t index, Memory &memory,
                                const std::string &where) {
  const bundle::Instruction &instruction = *function.instructions()->Get(index);
  switch (instruction.action_type()) {
  case bundle::Action::Dispatch:
    return checkDispatch(function, *instruction.action_as_Dispatch(), memory, where);
  case bundle::Action::LibraryCall:
    return checkLibraryCall(function, *instruction.action_as_LibraryCall(), memory, where);
  case bundle::Action::Collective:
    return checkCollective(function, *instruction.action_as_Collective(), index, memory, where);
  case bundle::Action::Wait:
    return checkWait(*instruction.action_as_Wait(), memory, where);
  case bundle::Action::ExpertDispatch:
    return checkExpertDispatch(function, *instruction.action_as_ExpertDispatch(), memory, where);
  case bundle::Action::Call: {
    const bundle::Call &call = *instruction.action_as_Call();
    return checkCall(function, call.callee(), call.operands(), memory, where);
  }
  case bundle::Action::Loop: {
    const bundle::Loop &loop = *instruction.action_as_Loop();
    checkLoop(loop, where);
    return checkCall(function, loop.callee(), loop.operands(), memory, where);
  }
  default:
    problem(where, "action " + std::to_string(int(instruction.action_type())) + " is unknown");
  }
}

void Verifier::checkDispatch(const bundle::Function &function, const bundle::Dispatch &dispatch, Memory &memory,
                             const std::string &where) {
  uint32_t kernels = sizeOf(program_.kernels());
  if (dispatch.kernel() >= kernels)
    return problem(where,
                   "kernel is " + std::to_string(dispatch.kernel()) + ", the program has " + std::to_string(kernels));
  const bundle::Kernel &kernel = *program_.kernels()->Get(dispatch.kernel());
  const std::string at = where + " (dispatch of " + quoted(kernel.name()) + ")";
  uint32_t symbols = sizeOf(program_.symbols());
  if (sizeOf(dispatch.workgroups()) > 3)
    problem(at, std::to_string(sizeOf(dispatch.workgroups())) + " workgroup extents, expected at most 3");
  for (uint32_t i = 0; i < sizeOf(dispatch.workgroups()); ++i)
    checkExtent(dispatch.workgroups()->Get(i), symbols, LoopSymbols::allowed, at + ", workgroups " + std::to_string(i));
  if (sizeOf(dispatch.scalars()) != kernel.scalar_count())
    problem(at,
            std::to_string(sizeOf(dispatch.scalars())) + " scalars, expected " + std::to_string(kernel.scalar_count()));
  for (uint32_t i = 0; i < sizeOf(dispatch.scalars()); ++i)
    checkExtent(dispatch.scalars()->Get(i), symbols, LoopSymbols::allowed, at + ", scalar " + std::to_string(i));
  if (sizeOf(dispatch.operands()) != sizeOf(kernel.operands()))
    return problem(at, std::to_string(sizeOf(dispatch.operands())) + " operands, expected " +
                           std::to_string(sizeOf(kernel.operands())));
  std::vector<Use> uses;
  for (uint32_t i = 0; i < sizeOf(dispatch.operands()); ++i) {
    const bundle::Operand &operand = *kernel.operands()->Get(i);
    uint32_t value = dispatch.operands()->Get(i);
    std::string name = "operand " + std::to_string(i);
    if (value >= sizeOf(function.values())) {
      problem(at, name + " is value " + std::to_string(value) + " of " + std::to_string(sizeOf(function.values())));
      continue;
    }
    const bundle::BufferType &type = *function.values()->Get(value)->type();
    if (!sameMemory(type, *operand.type(), definitions_))
      problem(at, name + " is " + describe(type, program_) + ", expected " + describe(*operand.type(), program_));
    uses.push_back({value, operand.access(), std::move(name)});
  }
  checkUses(function, uses, memory, /*isCall=*/false, at);
}

void Verifier::checkLibraryCall(const bundle::Function &function, const bundle::LibraryCall &call, Memory &memory,
                                const std::string &where) {
  const std::string at = where + " (library call of " + quoted(call.name()) + ")";
  checkFeature(bundle_format::libraryCalls, at);
  std::set<std::string_view> names;
  for (uint32_t i = 0; i < sizeOf(call.attributes()); ++i) {
    const bundle::Attribute &attribute = *call.attributes()->Get(i);
    if (attribute.name()->size() == 0 || !names.insert(attribute.name()->string_view()).second)
      problem(at, "attribute " + quoted(attribute.name()) + ": expected names that are not empty and occur once");
    if (attribute.kind() > bundle::AttributeKind::MAX)
      problem(at, "attribute " + quoted(attribute.name()) + ": kind " + std::to_string(int(attribute.kind())) +
                      " is unknown");
  }
  for (uint32_t i = 0; i < sizeOf(call.scalars()); ++i)
    checkExtent(call.scalars()->Get(i), sizeOf(program_.symbols()), LoopSymbols::allowed,
                at + ", scalar " + std::to_string(i));
  if (sizeOf(call.accesses()) != sizeOf(call.operands()))
    return problem(at, std::to_string(sizeOf(call.operands())) + " operands, but " +
                           std::to_string(sizeOf(call.accesses())) + " accesses");
  std::vector<Use> uses;
  for (uint32_t i = 0; i < sizeOf(call.operands()); ++i) {
    uint32_t value = call.operands()->Get(i);
    std::string name = "operand " + std::to_string(i);
    auto access = bundle::Access(call.accesses()->Get(i));
    if (access > bundle::Access::MAX)
      problem(at, name + ": access " + std::to_string(int(access)) + " is unknown");
    else if (value >= sizeOf(function.values()))
      problem(at, name + " is value " + std::to_string(value) + " of " + std::to_string(sizeOf(function.values())));
    else
      uses.push_back({value, access, std::move(name)});
  }
  // Nothing is known of what a function does to operands that share memory.
  checkUses(function, uses, memory, /*isCall=*/true, at);
}

void Verifier::checkCall(const bundle::Function &function, uint32_t calleeIndex,
                         const flatbuffers::Vector<uint32_t> *operands, Memory &memory, const std::string &where) {
  if (calleeIndex >= program_.functions()->size())
    return problem(where, "callee is " + std::to_string(calleeIndex) + ", the program has " +
                              std::to_string(program_.functions()->size()) + " functions");
  const bundle::Function &callee = *program_.functions()->Get(calleeIndex);
  const std::string at = where + " (call of " + quoted(callee.name()) + ")";
  if (sizeOf(operands) != sizeOf(callee.arguments()))
    return problem(at, std::to_string(sizeOf(operands)) + " operands, expected " +
                           std::to_string(sizeOf(callee.arguments())));
  std::vector<Use> uses;
  for (uint32_t i = 0; i < sizeOf(operands); ++i) {
    const bundle::Argument &argument = *callee.arguments()->Get(i);
    uint32_t value = operands->Get(i);
    std::string name = "operand " + std::to_string(i);
    if (value >= sizeOf(function.values())) {
      problem(at, name + " is value " + std::to_string(value) + " of " + std::to_string(sizeOf(function.values())));
      continue;
    }
    const bundle::BufferType &type = *function.values()->Get(value)->type();
    if (!sameMemory(type, *argument.type(), definitions_))
      problem(at, name + " is " + describe(type, program_) + ", expected " + describe(*argument.type(), program_));
    uses.push_back({value, argument.access(), std::move(name)});
  }
  checkUses(function, uses, memory, /*isCall=*/true, at);
}

void Verifier::checkLoop(const bundle::Loop &loop, const std::string &where) {
  uint32_t symbols = sizeOf(program_.symbols());
  if (loop.symbol() >= symbols)
    problem(where, "loop symbol is " + std::to_string(loop.symbol()) + ", the program has " + std::to_string(symbols));
  else if (program_.symbols()->Get(loop.symbol())->kind() != bundle::SymbolKind::loop)
    problem(where, "symbol " + quoted(program_.symbols()->Get(loop.symbol())->name()) + " is not a loop symbol");
  if (!loop.count())
    problem(where, "loop has no count");
  else if (checkDim(*loop.count(), symbols, LoopSymbols::refused, where) && loop.count()->symbol() >= 0 &&
           loop.param_stride() != 0)
    problem(where, "a loop over parameters needs a constant count");
}

void Verifier::checkUses(const bundle::Function &function, const std::vector<Use> &uses, Memory &memory, bool isCall,
                         const std::string &where) {
  checkMoving(function, uses, memory, where);
  // Operands name the memory they touch by their root value's storage.
  auto root = [&](const Use &use) -> const bundle::Value & {
    return *function.values()->Get(memory.rootOf[use.value]);
  };
  for (const Use &use : uses) {
    const bundle::Value &value = root(use);
    const std::string storage =
        std::string(bundle::EnumNameStorage(value.storage())) + " " + std::to_string(value.index());
    if (writes(use.access)) {
      if (value.storage() == bundle::Storage::param)
        problem(where, use.name + " is written, but " + storage + " is a weight");
      if (value.storage() == bundle::Storage::argument &&
          function.arguments()->Get(value.index())->access() == bundle::Access::read)
        problem(where, use.name + " is written, but " + storage + " is read-only");
    }
    if (!reads(use.access))
      continue;
    if (value.storage() == bundle::Storage::slot &&
        memory.slotHolds[value.index()] != int64_t(memory.rootOf[use.value])) {
      int64_t held = memory.slotHolds[value.index()];
      problem(where, use.name + " reads value " + std::to_string(use.value) + ", but " + storage + " holds " +
                         (held == Memory::nothing ? "nothing yet" : "value " + std::to_string(held)));
    }
    if (value.storage() == bundle::Storage::argument && !memory.argumentHasValue[value.index()])
      problem(where, use.name + " reads " + storage + " before it is written");
  }
  // Two writers of one memory would race; a callee further takes for granted that what it reads is not what it writes.
  for (size_t i = 0; i < uses.size(); ++i)
    for (size_t j = 0; writes(uses[i].access) && j < uses.size(); ++j) {
      const bundle::Value &a = root(uses[i]), &b = root(uses[j]);
      bool checked = writes(uses[j].access) ? j < i : isCall;
      if (j != i && checked && a.storage() == b.storage() && a.index() == b.index())
        problem(where, uses[i].name + " is written and shares memory with " + uses[j].name);
    }
  for (const Use &use : uses) {
    const bundle::Value &value = root(use);
    if (writes(use.access) && value.storage() == bundle::Storage::slot)
      memory.slotHolds[value.index()] = memory.rootOf[use.value];
    if (writes(use.access) && value.storage() == bundle::Storage::argument)
      memory.argumentHasValue[value.index()] = true;
  }
}

} // namespace veomni::verify

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Verifies the tables of a bundle one by one.
#include "core/verify/Verifier.h"

#include "veomni/runtime/BundleFormat.h"
#include "veomni/runtime/Recipe.h"

#include <set>
#include <string_view>

namespace veomni::verify {

static std::string entryName(const char *kind, uint32_t index, const flatbuffers::String *name) {
  return std::string(kind) + " " + std::to_string(index) + " " + quoted(name);
}

static bool isInteger(bundle::DType type) { return type == bundle::DType::i64 || type == bundle::DType::i32; }

void Verifier::checkInputs() {
  for (const Entry &entry : entries_) {
    std::set<std::string_view> names;
    for (uint32_t i = 0; i < entry.inputCount(); ++i) {
      const bundle::Input &input = *entry.inputs->Get(i);
      const std::string where = entryPrefix(entry) + entryName("input", i, input.name());
      if (!names.insert(input.name()->string_view()).second)
        problem(where, "another input has this name");
      checkInput(entry, i, where);
    }
  }
}

void Verifier::checkInput(const Entry &entry, uint32_t index, const std::string &where) {
  const bundle::Input &input = *entry.inputs->Get(index);
  if (input.default_value() > bundle::InputDefault::MAX)
    problem(where, "default " + std::to_string(int(input.default_value())) + " is unknown");
  if (input.min() > input.max())
    problem(where, "range [" + std::to_string(input.min()) + ", " + std::to_string(input.max()) + "] is empty");
  if (input.given() >= 0) {
    checkFeature(bundle_format::entries, where);
    if (uint32_t(input.given()) >= sizeOf(program_.symbols()) ||
        program_.symbols()->Get(uint32_t(input.given()))->kind() != bundle::SymbolKind::given)
      problem(where,
              "symbol " + std::to_string(input.given()) + " is to tell whether it was given, but is not of kind given");
    else if (entry.sources[size_t(input.given())].input != int32_t(index))
      problem(where, "symbol " + quoted(program_.symbols()->Get(uint32_t(input.given()))->name()) +
                         " tells whether another input was given");
  }
  if (!checkType(*input.type(), where))
    return;
  if (input.below()) {
    checkFeature(bundle_format::inputBounds, where);
    checkExtent(input.below(), sizeOf(program_.symbols()), LoopSymbols::refused, where + ", bound");
    if (!isInteger(input.type()->dtype()))
      problem(where, std::string("has a bound but is ") + bundle::EnumNameDType(input.type()->dtype()) +
                         ", expected i64 or i32");
  }
  if (input.rows_of()) {
    checkFeature(bundle_format::inputRows, where);
    const bundle::Input *counted = nullptr;
    for (uint32_t other = 0; other < entry.inputCount(); ++other)
      if (other != index && entry.inputs->Get(other)->name()->string_view() == input.rows_of()->string_view())
        counted = entry.inputs->Get(other);
    if (!counted || !isInteger(counted->type()->dtype()) ||
        counted->default_value() != bundle::InputDefault::required || rankOf(*input.type()) == 0)
      problem(where, "has rows for elements of " + quoted(input.rows_of()) +
                         ", expected another required input of i64 or i32, and at least one dim");
  }
  if (input.type()->layout() != bundle::Layout::rows)
    problem(where, "has tiles, expected rows");
  if (input.default_value() != bundle::InputDefault::required && !isInteger(input.type()->dtype()))
    problem(where, std::string("has a default but is ") + bundle::EnumNameDType(input.type()->dtype()) +
                       ", expected i64 or i32");
  if (input.default_value() == bundle::InputDefault::iota && rankOf(*input.type()) == 0)
    problem(where, "counts along its last dimension but has none");
  if (input.accepts_cu_seqlens() && (rankOf(*input.type()) < 2 || input.type()->dtype() != bundle::DType::i64))
    problem(where, "accepts cu_seqlens but is " + describe(*input.type(), program_) + ", expected i64[batch, seq]");
}

void Verifier::checkOutputs() {
  for (const Entry &entry : entries_) {
    std::set<std::string_view> names;
    for (uint32_t i = 0; i < entry.outputCount(); ++i) {
      const bundle::Output &output = *entry.outputs->Get(i);
      const std::string where = entryPrefix(entry) + entryName("output", i, output.name());
      if (!names.insert(output.name()->string_view()).second)
        problem(where, "another output has this name");
      if (checkType(*output.type(), where) && output.type()->layout() != bundle::Layout::rows)
        problem(where, "has tiles, expected rows");
    }
  }
}

void Verifier::checkStates() {
  std::set<std::string_view> names;
  for (uint32_t i = 0; i < sizeOf(program_.states()); ++i) {
    const bundle::State &state = *program_.states()->Get(i);
    const std::string where = entryName("state", i, state.name());
    checkFeature(bundle_format::states, where);
    if (!names.insert(state.name()->string_view()).second)
      problem(where, "another state has this name");
    if (!checkConstantType(*state.type(), where))
      continue;
    if (state.type()->layout() != bundle::Layout::rows)
      problem(where, "has tiles, expected rows");
    if (!isDense(*state.type()))
      problem(where, "has gaps between rows: " + describe(*state.type(), program_));
  }
}

void Verifier::checkWeights() {
  for (uint32_t i = 0; i < sizeOf(program_.weights()); ++i) {
    const bundle::Weight &weight = *program_.weights()->Get(i);
    const std::string where = entryName("weight", i, weight.name());
    if (!checkConstantType(*weight.type(), where))
      continue;
    if (Status status = recipe::checkWeight(weight); !status) {
      problem(where, status.message());
      continue;
    }
    // Bundles from before features were said have quantised weights without saying so.
    constexpr uint64_t unsaid = bundle_format::mxfp4Weights | bundle_format::fp8Weights;
    for (const bundle::Step *step : *weight.steps()) {
      if (uint64_t feature = recipe::ruleOf(step->kind()).feature & ~unsaid)
        checkFeature(feature, where);
      if (step->kind() == bundle::StepKind::part)
        checkRankPart(*step, where);
    }
  }
}

void Verifier::checkRankPart(const bundle::Step &step, const std::string &where) {
  if (program_.mesh())
    for (const bundle::MeshAxis *axis : *program_.mesh())
      if (axis->name()->string_view() == step.key()->string_view() && axis->size() == step.count())
        return;
  problem(where, "is a part of " + std::to_string(step.count()) + " ranks along " + quoted(step.key()) +
                     ", which is no axis of the mesh with so many");
}

void Verifier::checkExecutables() {
  for (uint32_t i = 0; i < sizeOf(program_.executables()); ++i) {
    const bundle::Executable &executable = *program_.executables()->Get(i);
    const std::string where = entryName("executable", i, executable.name());
    if (executable.variants()->size() == 0)
      problem(where, "has no variants");
    for (uint32_t v = 0; v < executable.variants()->size(); ++v) {
      const bundle::CodeVariant &variant = *executable.variants()->Get(v);
      const std::string at = where + ", variant " + quoted(variant.cpu());
      const bundle::Segment *segment = variant.segment();
      const bool isCpu = !variant.target() || variant.target()->string_view() == "cpu";
      if (!isCpu)
        checkFeature(bundle_format::targets, at);
      if (!segment && isCpu)
        problem(at, "has no code");
      else if (!segment)
        continue; // whether a target's code may be left out is for its devices to say
      else if (segment->offset() % bundle_format::alignment != 0)
        problem(at, "code offset " + std::to_string(segment->offset()) + " is not a multiple of " +
                        std::to_string(bundle_format::alignment));
      else if (segment->offset() < codeBegin_ || segment->offset() > fileSize_ ||
               segment->size() > fileSize_ - segment->offset())
        problem(at, "code of " + std::to_string(segment->size()) + " bytes at " + std::to_string(segment->offset()) +
                        " lies outside of [" + std::to_string(codeBegin_) + ", " + std::to_string(fileSize_) + ")");
    }
  }
}

void Verifier::checkKernels() {
  uint32_t executables = sizeOf(program_.executables());
  for (uint32_t i = 0; i < sizeOf(program_.kernels()); ++i) {
    const bundle::Kernel &kernel = *program_.kernels()->Get(i);
    const std::string where = entryName("kernel", i, kernel.name());
    if (kernel.executable() >= executables)
      problem(where, "executable is " + std::to_string(kernel.executable()) + ", the program has " +
                         std::to_string(executables));
    for (uint32_t f = 0; f < sizeOf(kernel.flops()); ++f)
      checkExtent(kernel.flops()->Get(f), sizeOf(program_.symbols()), LoopSymbols::refused,
                  where + ", flops " + std::to_string(f));
    for (uint32_t o = 0; o < sizeOf(kernel.operands()); ++o) {
      const bundle::Operand &operand = *kernel.operands()->Get(o);
      const std::string at = where + ", operand " + std::to_string(o);
      checkType(*operand.type(), at);
      if (operand.access() > bundle::Access::MAX)
        problem(at, "access " + std::to_string(int(operand.access())) + " is unknown");
    }
  }
}

void Verifier::checkMetadata() {
  std::set<std::string_view> keys;
  for (uint32_t i = 0; i < sizeOf(program_.metadata()); ++i) {
    const bundle::KeyValue &entry = *program_.metadata()->Get(i);
    if (!keys.insert(entry.key()->string_view()).second)
      problem(entryName("metadata", i, entry.key()), "another entry has this key");
  }
}

} // namespace veomni::verify

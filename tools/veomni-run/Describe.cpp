// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Prints what a bundle is, for --describe.
#include "Describe.h"

#include "core/Entries.h"
#include "core/Ranks.h"
#include "core/Sizes.h"
#include "core/verify/Verifier.h"

#include <cinttypes>
#include <cstdio>
#include <limits>
#include <map>
#include <set>
#include <string>
#include <string_view>

namespace veomni {

/// "default ones, 0 to 1"
static std::string inputNotes(const bundle::Input &input) {
  std::string text;
  auto add = [&](const std::string &note) { text += ", " + note; };
  if (input.default_value() != bundle::InputDefault::required)
    add(std::string("default ") + bundle::EnumNameInputDefault(input.default_value()));
  if (input.accepts_cu_seqlens())
    add("or cu_seqlens in its place");
  const bool isBounded =
      input.min() != std::numeric_limits<int64_t>::min() || input.max() != std::numeric_limits<int64_t>::max();
  if (isBounded)
    add(std::to_string(input.min()) + " to " + std::to_string(input.max()) +
        (input.ignored() ? " or " + std::to_string(*input.ignored()) : std::string()));
  if (input.rows_of())
    add("a row for each " + std::to_string(input.rows_of_value()) + " of " + input.rows_of()->str());
  if (input.below())
    add("less than a size of the run");
  return text;
}

static void describeEntry(const bundle::Bundle &program, const Entry &entry) {
  std::printf("entry %s:\n", entry.name.c_str());
  for (uint32_t i = 0; i < entry.inputCount(); ++i) {
    const bundle::Input &input = *entry.inputs->Get(i);
    std::printf("  input %s: %s%s\n", input.name()->c_str(), verify::describe(*input.type(), program).c_str(),
                inputNotes(input).c_str());
  }
  for (uint32_t i = 0; i < entry.outputCount(); ++i) {
    const bundle::Output &output = *entry.outputs->Get(i);
    std::printf("  output %s: %s\n", output.name()->c_str(), verify::describe(*output.type(), program).c_str());
  }
}

/// What the names of metadata mean; others are printed as they are.
static std::string metadataTitle(std::string_view key) {
  static constexpr std::pair<std::string_view, std::string_view> titles[] = {
      {"architecture", "architecture"},       {"dtype", "element type of weights"},
      {"eos_token_id", "ends of texts"},      {"ignored_config_keys", "ignored config keys"},
      {"ignored_tensors", "ignored tensors"}, {"max_position_embeddings", "positions"},
      {"model_type", "model type"},
  };
  for (const auto &[name, title] : titles)
    if (name == key)
      return std::string(title);
  return std::string(key);
}

void describeBundle(const Bundle &bundle) {
  const bundle::Bundle &program = bundle.program();
  std::printf("%s: %s\n", bundle.name().c_str(), program.producer()->c_str());
  if (program.metadata())
    for (const bundle::KeyValue *entry : *program.metadata())
      std::printf("%s: %s\n", metadataTitle(entry->key()->string_view()).c_str(), entry->value()->c_str());
  if (Expected<Mesh> mesh = meshOf(program); mesh && !mesh->axes().empty())
    std::printf("for: %s\n", meshText(*mesh).c_str());
  for (const Entry &entry : entriesOf(program))
    describeEntry(program, entry);

  uint64_t bytes = 0;
  if (program.weights())
    for (const bundle::Weight *weight : *program.weights())
      bytes += byteSize(*weight->type(), {}).value_or(0);
  std::printf("weights: %u, %" PRIu64 " bytes\n", program.weights() ? program.weights()->size() : 0, bytes);

  std::set<std::string> targets;
  uint64_t code = 0;
  if (program.executables())
    for (const bundle::Executable *executable : *program.executables())
      if (executable->variants())
        for (const bundle::CodeVariant *variant : *executable->variants()) {
          targets.insert(variant->cpu()->str());
          code += variant->segment() ? variant->segment()->size() : 0;
        }
  std::map<std::string, unsigned> kinds;
  for (uint32_t i = 0; program.kernels() && i < program.kernels()->size(); ++i) {
    const bundle::Kernel &kernel = *program.kernels()->Get(i);
    ++kinds[(kernel.kind() ? kernel.kind() : kernel.name())->str()];
  }
  std::printf("kernels: %u, %" PRIu64 " bytes of code\n", program.kernels() ? program.kernels()->size() : 0, code);
  for (const auto &[kind, count] : kinds)
    std::printf("  %s%s\n", kind.c_str(), count == 1 ? "" : (": " + std::to_string(count)).c_str());
  std::string all;
  for (const std::string &target : targets)
    all += (all.empty() ? "" : ", ") + target;
  std::printf("targets: %s\n", all.c_str());
}

} // namespace veomni

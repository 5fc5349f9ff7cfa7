// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The order in which a bundle is verified, and how problems are told.
#include "core/verify/Verifier.h"

#include "veomni/runtime/Bundle.h"

namespace veomni {

Status verifyBundle(const bundle::Bundle &program, uint64_t codeBegin, uint64_t fileSize) {
  return verify::Verifier(program, codeBegin, fileSize).run();
}

namespace verify {

std::string quoted(const flatbuffers::String *name) { return name ? "\"" + name->str() + "\"" : "(unnamed)"; }

std::string functionName(const bundle::Bundle &program, uint32_t index) {
  return "function " + std::to_string(index) + " " + quoted(program.functions()->Get(index)->name());
}

std::string describe(const bundle::BufferType &type, const bundle::Bundle &program) {
  std::string text = bundle::EnumNameDType(type.dtype());
  text += '[';
  for (uint32_t i = 0; i < rankOf(type); ++i) {
    const bundle::Dim &dim = *type.dims()->Get(i);
    text += i ? ", " : "";
    text +=
        dim.symbol() < 0 ? std::to_string(dim.value()) : program.symbols()->Get(uint32_t(dim.symbol()))->name()->str();
  }
  text += ']';
  if (recipe::Tile tile = recipe::tileOf(type))
    return text + " in tiles of " + tile.text();
  if (!isDense(type))
    text += " (row_rank " + std::to_string(type.row_rank()) + ", row_stride " + std::to_string(type.row_stride()) + ")";
  return text;
}

void Verifier::problem(const std::string &where, const std::string &what) {
  constexpr unsigned most = 20;
  if (++problemCount_ <= most)
    problems_ += (problems_.empty() ? "" : "\n") + where + ": " + what;
}

Status Verifier::run() {
  using Phase = void (Verifier::*)();
  const Phase phases[][7] = {
      {&Verifier::checkFeatures},
      {&Verifier::listEntries, &Verifier::checkMesh},
      {&Verifier::checkSymbols},
      {&Verifier::defineSymbols},
      {&Verifier::checkInputs, &Verifier::checkOutputs, &Verifier::checkStates, &Verifier::checkWeights,
       &Verifier::checkExecutables, &Verifier::checkKernels, &Verifier::checkMetadata},
      {&Verifier::checkSignatures},
      {&Verifier::checkEntries},
      {&Verifier::orderFunctions},
      {&Verifier::checkScopedSymbols, &Verifier::checkKnownSymbols},
      {&Verifier::checkWindows},
  };
  for (const auto &phase : phases) {
    if (!clean())
      break;
    for (Phase check : phase)
      if (check)
        (this->*check)();
  }
  if (clean())
    return Status::ok();
  constexpr unsigned shown = 20;
  if (problemCount_ > shown)
    problems_ += "\nand " + std::to_string(problemCount_ - shown) + " more problems";
  return Status::error(problems_);
}

} // namespace verify
} // namespace veomni

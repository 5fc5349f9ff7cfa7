// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The phases of `verifyBundle`. Each reports all it finds; a phase may rely on what the ones before it have
// established, so the first phase with a problem is the last.
#ifndef VEOMNI_RUNTIME_CORE_VERIFY_VERIFIER_H
#define VEOMNI_RUNTIME_CORE_VERIFY_VERIFIER_H

#include "core/Entries.h"
#include "core/Sizes.h"
#include "veomni/runtime/Status.h"

#include <cstdint>
#include <string>
#include <vector>

namespace veomni::verify {

/// flatbuffers leaves empty vectors out.
template <typename T> uint32_t sizeOf(const flatbuffers::Vector<T> *vector) { return vector ? vector->size() : 0; }

std::string quoted(const flatbuffers::String *name);
/// "function 2 "forward"".
std::string functionName(const bundle::Bundle &program, uint32_t index);
/// A type as text: f32[batch, seq, 64].
std::string describe(const bundle::BufferType &type, const bundle::Bundle &program);

class Verifier {
public:
  Verifier(const bundle::Bundle &program, uint64_t codeBegin, uint64_t fileSize)
      : program_(program), codeBegin_(codeBegin), fileSize_(fileSize) {}
  Status run();

private:
  void problem(const std::string &where, const std::string &what);
  bool clean() const { return problemCount_ == 0; }

  // Features.cpp: what a bundle requires of its loader.
  void checkFeatures();
  /// What was appended to the schema with a feature bit may only be used where the bit is set.
  void checkFeature(uint64_t feature, const std::string &where);

  // Symbols.cpp: symbols, extents and types.
  enum class LoopSymbols { refused, allowed };
  void checkMesh();
  void checkMeshAxis(uint32_t axis, const std::string &where);
  void checkRankPart(const bundle::Step &step, const std::string &where);
  void checkSymbols();
  void defineSymbols();
  bool checkDim(const bundle::Dim &dim, uint32_t symbolCount, LoopSymbols loops, const std::string &where);
  void checkExtent(const bundle::Extent *extent, uint32_t symbolCount, LoopSymbols loops, const std::string &where);
  bool checkType(const bundle::BufferType &type, const std::string &where);
  bool checkConstantType(const bundle::BufferType &type, const std::string &where);

  // Tables.cpp: everything but functions.
  void checkInputs();
  void checkInput(const Entry &entry, uint32_t index, const std::string &where);
  void checkOutputs();
  void checkStates();
  void checkWeights();
  void checkExecutables();
  void checkKernels();
  void checkMetadata();

  // Function.cpp: what can be said of one function and the signatures of those it uses.
  struct Memory;
  struct Use;
  void checkSignatures();
  void checkFunction(uint32_t index);
  bool checkValues(const bundle::Function &function, const std::string &where);
  void checkInstruction(const bundle::Function &function, uint32_t index, Memory &memory, const std::string &where);
  void checkDispatch(const bundle::Function &function, const bundle::Dispatch &dispatch, Memory &memory,
                     const std::string &where);
  void checkLibraryCall(const bundle::Function &function, const bundle::LibraryCall &call, Memory &memory,
                        const std::string &where);
  // RankInstructions.cpp: those that move data between ranks.
  void checkCollective(const bundle::Function &function, const bundle::Collective &collective, uint32_t index,
                       Memory &memory, const std::string &where);
  void checkWait(const bundle::Wait &wait, Memory &memory, const std::string &where);
  /// Memory that a collective works on meanwhile is left alone.
  void checkMoving(const bundle::Function &function, const std::vector<Use> &uses, const Memory &memory,
                   const std::string &where);
  void checkExpertDispatch(const bundle::Function &function, const bundle::ExpertDispatch &dispatch, Memory &memory,
                           const std::string &where);
  std::string problemOfRows(const bundle::ExpertDispatch &dispatch, const bundle::BufferType &rows,
                            const bundle::BufferType &offsets, const bundle::BufferType &results) const;
  /// What is wrong with a collective that makes `to` of `from`; empty if nothing is.
  std::string problemOfDims(const bundle::Collective &collective, const bundle::BufferType &from,
                            const bundle::BufferType &to) const;
  bool isPart(const bundle::Dim &part, const bundle::Dim &whole, uint32_t meshAxis) const;
  void checkCall(const bundle::Function &function, uint32_t callee, const flatbuffers::Vector<uint32_t> *operands,
                 Memory &memory, const std::string &where);
  void checkLoop(const bundle::Loop &loop, const std::string &where);
  void checkUses(const bundle::Function &function, const std::vector<Use> &uses, Memory &memory, bool isCall,
                 const std::string &where);

  // Entries.cpp: what each entry promises its callers, and that it has a value for every symbol it comes across.
  void listEntries();
  void checkEntries();
  void checkSignature(const Entry &entry);
  void checkKnownSymbols();
  /// "entry "loss", " before what belongs to it; nothing where the bundle does not list entries.
  std::string entryPrefix(const Entry &entry) const;

  // CallTree.cpp: how functions call one another.
  void orderFunctions();
  void checkScopedSymbols();
  void checkWindows();

  const bundle::Bundle &program_;
  uint64_t codeBegin_, fileSize_;
  std::vector<Entry> entries_;
  SymbolDefinitions definitions_;
  std::vector<uint32_t> calleesFirst_; // functions, each after all that it calls
  std::string problems_;
  unsigned problemCount_ = 0;
};

} // namespace veomni::verify

#endif // VEOMNI_RUNTIME_CORE_VERIFY_VERIFIER_H

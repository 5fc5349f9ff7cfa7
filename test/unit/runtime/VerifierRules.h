// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Rules of the verifier, as ways to break the good bundle of `makeLayeredBundle`, and what helps to break it.
#ifndef VEOMNI_TEST_UNIT_RUNTIME_VERIFIERRULES_H
#define VEOMNI_TEST_UNIT_RUNTIME_VERIFIERRULES_H

#include "TestBundle.h"
#include "veomni/runtime/Bundle.h"
#include "veomni/runtime/BundleFormat.h"

#include <gtest/gtest.h>
#include <string>

namespace veomni::test::verifier {

using namespace bundle;
using test::Size;
using test::Sizes;
using test::TestBundle;

// Of makeLayeredBundle.
enum Symbols { batch, seq, expertSymbol, tokensSymbol };
enum Functions : uint32_t { layer, expert, forward };
enum Kernels : uint32_t { spread, scale, accumulate, shift, add };

struct Rule {
  const char *name;
  void (*breakIt)(TestBundle &);
  const char *message;
};

inline std::string nameOf(const testing::TestParamInfo<Rule> &info) { return info.param.name; }

inline std::string load(TestBundle &bundle) {
  Expected<veomni::Bundle> loaded = veomni::Bundle::fromMemory(bundle.file(), "m.vob");
  return loaded ? "" : loaded.status().message();
}

/// Breaks the bundle, which must be refused with the message.
inline void expectRefused(const Rule &rule) {
  TestBundle bundle = test::makeLayeredBundle();
  rule.breakIt(bundle);
  std::string message = load(bundle);
  EXPECT_NE(message.find(rule.message), std::string::npos) << "found: " << message << "\nexpected: " << rule.message;
}

inline InstructionT &instruction(TestBundle &b, uint32_t function, size_t index) {
  return *b->functions[function]->instructions[index];
}
inline DispatchT &dispatch(TestBundle &b, uint32_t function, size_t index) {
  return *instruction(b, function, index).action.AsDispatch();
}
inline CallT &call(TestBundle &b, size_t index) { return *instruction(b, forward, index).action.AsCall(); }
inline LoopT &loop(TestBundle &b) { return *instruction(b, forward, 3).action.AsLoop(); }
inline ValueT &value(TestBundle &b, uint32_t function, size_t index) { return *b->functions[function]->values[index]; }

} // namespace veomni::test::verifier

#endif // VEOMNI_TEST_UNIT_RUNTIME_VERIFIERRULES_H

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What a bundle requires of its loader. A loader that does not know a feature must not guess, so bundles say what they
// use.
#include "core/verify/Verifier.h"

#include "veomni/runtime/BundleFormat.h"

namespace veomni::verify {

void Verifier::checkFeatures() {
  const uint64_t required = program_.required_features();
  uint32_t name = 0; // of the next set bit
  for (unsigned bit = 0; bit < 64; ++bit) {
    if (!(required >> bit & 1))
      continue;
    std::string called;
    if (name < sizeOf(program_.required_feature_names()))
      called = quoted(program_.required_feature_names()->Get(name)) + " ";
    ++name;
    if (!(bundle_format::knownFeatures >> bit & 1))
      problem("required_features", "needs feature " + called + "(bit " + std::to_string(bit) +
                                       "), which this runtime does not know; use a newer runtime");
  }
}

void Verifier::checkFeature(uint64_t feature, const std::string &where) {
  if (program_.required_features() & feature)
    return;
  unsigned bit = unsigned(__builtin_ctzll(feature));
  problem(where, "uses feature \"" + std::string(bundle_format::featureNames[bit]) + "\" (bit " + std::to_string(bit) +
                     "), which is not among the bundle's required_features");
}

} // namespace veomni::verify

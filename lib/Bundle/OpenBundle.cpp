// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Turns what the runtime has to say about a bundle into diagnostics.
#include "OpenBundle.h"

using namespace mlir;

std::optional<veomni::Bundle> veomni::openBundle(StringRef bytes, StringRef name, Location loc) {
  Expected<Bundle> bundle = Bundle::fromMemory(std::as_bytes(std::span(bytes.data(), bytes.size())), name.str());
  if (bundle)
    return std::move(*bundle);
  // One problem a line, each after the file's name, which the location says already.
  const std::string prefix = name.str() + ": ";
  StringRef rest = bundle.status().message();
  while (!rest.empty()) {
    auto [line, next] = rest.split('\n');
    line.consume_front(prefix);
    emitError(loc) << line;
    rest = next;
  }
  return std::nullopt;
}

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What the user asks of phase `bind`.
#ifndef VEOMNI_PASSES_BIND_RULES_H
#define VEOMNI_PASSES_BIND_RULES_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/Support/Error.h"

#include <string>
#include <vector>

namespace veomni::bind {

/// `op[/variant][@path]=implementation`.
struct Rule {
  std::string op, variant, path, implementation;
  /// As the user wrote it, for messages.
  std::string text;
  /// Whether some instance was matched.
  mutable bool used = false;

  /// `path` matches the instance that runs the op, or the module that owns its first parameter:
  /// `model.layers.0.self_attn` has ops of `model.layers.0.self_attn.q_proj`.
  bool matches(llvm::StringRef slot, llvm::StringRef itsVariant, llvm::StringRef instance,
               llvm::StringRef module) const;
};

/// The rules of a plan file (if `plan` is not empty), then those of the options.
llvm::Expected<std::vector<Rule>> readRules(llvm::StringRef plan, llvm::ArrayRef<std::string> options);

} // namespace veomni::bind

#endif // VEOMNI_PASSES_BIND_RULES_H

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What users decide for a model in a file: which kernels its ops take, and which of its parameters ranks have parts of.
#ifndef VEOMNI_PLANFILE_PLANFILE_H
#define VEOMNI_PLANFILE_PLANFILE_H

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"

#include <string>
#include <vector>

namespace veomni {

struct PlanFile {
  /// `where` is "FILE: kernels[3]", for messages; what is optional may be empty.
  struct Kernel {
    std::string op, variant, path, implementation, text, where;
  };
  struct Parameter {
    std::string pattern, axis; ///< a glob of full names; no axis: every rank has all of them
    unsigned dim = 0;
    std::string where;
  };
  std::vector<Kernel> kernels;
  std::vector<Parameter> parameters;
};

/// Reads a plan, JSON such as
///
///     {"kernels": [{"op": "moe_experts", "variant": "fused", "path": "model.layers.0.*", "implementation": "eager"}],
///      "parameters": [{"parameter": "*.down_proj.weight", "axis": "tp", "dim": 1},
///                     {"parameter": "lm_head.weight", "whole": true}]}
///
/// where either list may be absent. "-" is standard input, which is read once for all who ask. The error names the
/// file, the entry and what was expected.
llvm::Expected<PlanFile> readPlanFile(llvm::StringRef path);

} // namespace veomni

#endif // VEOMNI_PLANFILE_PLANFILE_H

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Greedy continuation of one row of tokens by repeating the forward pass over the whole row.
#ifndef VEOMNI_TOOLS_VEOMNI_RUN_GENERATE_H
#define VEOMNI_TOOLS_VEOMNI_RUN_GENERATE_H

#include "Options.h"
#include "RankRun.h"

namespace veomni {

/// Prints each token on its own line as it comes until `options.generate` or an end-of-sequence token, which is
/// printed too. Goes on from the tokens of a row that `mask`, if it is not null, does not call padding.
Status generate(RankRun &ranks, const EntryInfo &entry, const Tensor &inputIds, const Tensor *mask,
                const Options &options, const InstructionHooks *hooks);

} // namespace veomni

#endif // VEOMNI_TOOLS_VEOMNI_RUN_GENERATE_H

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef VEOMNI_PIPELINES_FATALERRORS_H
#define VEOMNI_PIPELINES_FATALERRORS_H

namespace veomni {

/// From now on what LLVM gives up on, such as output that a full disk does not take, is an error of this tool like any other. How the
/// process ends is left to LLVM: exit code 1, or an abort with a stack where the cause is a bug.
void reportFatalErrorsAs(const char *tool);

} // namespace veomni

#endif // VEOMNI_PIPELINES_FATALERRORS_H

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "veomni/Pipelines/FatalErrors.h"

#include "llvm/Support/ErrorHandling.h"

#include <cstdio>

void veomni::reportFatalErrorsAs(const char *tool) {
  // Not llvm::errs(): it may be the stream that failed.
  auto report = [](void *name, const char *reason, bool) {
    std::fprintf(stderr, "%s: error: %s\n", static_cast<const char *>(name), reason);
  };
  llvm::install_fatal_error_handler(report, const_cast<char *>(tool));
}

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What a device has counted, for people and for programs.
#ifndef VEOMNI_TOOLS_VEOMNI_RUN_REPORT_H
#define VEOMNI_TOOLS_VEOMNI_RUN_REPORT_H

#include "veomni/runtime/Session.h"

namespace veomni {

/// Prints the counts of a session, which has some; as JSON or as a table.
void printReport(const Session &session, bool asJson);

} // namespace veomni

#endif // VEOMNI_TOOLS_VEOMNI_RUN_REPORT_H

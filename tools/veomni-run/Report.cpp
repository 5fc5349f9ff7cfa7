// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Prints what a device has counted, for --report.
#include "Report.h"

#include <cinttypes>
#include <cstdio>
#include <nlohmann/json.hpp>

namespace veomni {

static nlohmann::ordered_json jsonOf(const std::vector<DeviceCounts::Calls> &table) {
  nlohmann::ordered_json lines = nlohmann::ordered_json::array();
  for (const DeviceCounts::Calls &calls : table)
    lines.push_back({{"name", calls.name},
                     {"calls", calls.calls},
                     {"workgroups", calls.workgroups},
                     {"bytes_read", calls.bytesRead},
                     {"bytes_written", calls.bytesWritten}});
  return lines;
}

static void printLine(const DeviceCounts::Calls &calls) {
  std::printf("%-36s %10" PRIu64 " %12" PRIu64 " %16" PRIu64 " %16" PRIu64 "\n", calls.name.c_str(), calls.calls,
              calls.workgroups, calls.bytesRead, calls.bytesWritten);
}

void printReport(const Session &session, bool asJson) {
  const DeviceCounts &counts = *session.counts();
  DeviceCounts::Calls total{.name = "total"};
  for (const auto *table : {&counts.kernels, &counts.libraries})
    for (const DeviceCounts::Calls &calls : *table) {
      total.calls += calls.calls;
      total.workgroups += calls.workgroups;
      total.bytesRead += calls.bytesRead;
      total.bytesWritten += calls.bytesWritten;
    }
  nlohmann::ordered_json collectives = nlohmann::ordered_json::array();
  for (const CollectiveCounts &each : session.collectives())
    collectives.push_back({{"name", each.name}, {"calls", each.calls}, {"bytes", each.bytes}});
  if (asJson) {
    nlohmann::ordered_json report = {{"kernels", jsonOf(counts.kernels)},
                                     {"libraries", jsonOf(counts.libraries)},
                                     {"total", jsonOf({total}).front()},
                                     {"collectives", collectives},
                                     {"uploads", {{"count", counts.uploads}, {"bytes", counts.uploadedBytes}}},
                                     {"downloads", {{"count", counts.downloads}, {"bytes", counts.downloadedBytes}}},
                                     {"weight_bytes", session.program().uploadedWeightBytes()},
                                     {"memory_bytes", session.memoryBytes()}};
    std::printf("%s\n", report.dump(2).c_str());
    return;
  }
  std::printf("%-36s %10s %12s %16s %16s\n", "kernel", "calls", "workgroups", "bytes read", "bytes written");
  for (const DeviceCounts::Calls &calls : counts.kernels)
    printLine(calls);
  for (const DeviceCounts::Calls &calls : counts.libraries)
    printLine(calls);
  printLine(total);
  for (const CollectiveCounts &each : session.collectives())
    std::printf("%-36s %10" PRIu64 " %12s %16s %16" PRIu64 " to other ranks\n", each.name.c_str(), each.calls, "", "",
                each.bytes);
  std::printf("weights: %" PRIu64 " bytes; working memory: %" PRIu64 " bytes; uploads: %" PRIu64 " of %" PRIu64
              " bytes; downloads: %" PRIu64 " of %" PRIu64 " bytes\n",
              session.program().uploadedWeightBytes(), session.memoryBytes(), counts.uploads, counts.uploadedBytes,
              counts.downloads, counts.downloadedBytes);
}

} // namespace veomni

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Prints what a device has counted, for --report.
#include "Report.h"

#include <algorithm>
#include <cinttypes>
#include <cstdio>
#include <functional>
#include <nlohmann/json.hpp>

namespace veomni {

static nlohmann::ordered_json jsonOf(const std::vector<DeviceCounts::Calls> &table) {
  nlohmann::ordered_json lines = nlohmann::ordered_json::array();
  for (const DeviceCounts::Calls &calls : table)
    lines.push_back({{"name", calls.name},
                     {"kind", calls.kind},
                     {"calls", calls.calls},
                     {"workgroups", calls.workgroups},
                     {"bytes_read", calls.bytesRead},
                     {"bytes_written", calls.bytesWritten},
                     {"flops", calls.flops}});
  return lines;
}

static void printLine(const DeviceCounts::Calls &calls) {
  std::printf("%-36s %10" PRIu64 " %12" PRIu64 " %16" PRIu64 " %16" PRIu64 " %12.4g\n", calls.name.c_str(), calls.calls,
              calls.workgroups, calls.bytesRead, calls.bytesWritten, calls.flops);
}

static nlohmann::ordered_json jsonOf(const RunEstimate &estimate) {
  nlohmann::ordered_json kernels = nlohmann::ordered_json::object();
  for (const auto &[kind, seconds] : estimate.kernels)
    kernels[kind] = seconds;
  return {{"seconds", estimate.seconds},
          {"waiting_seconds", estimate.waiting},
          {"moving_seconds", estimate.moving},
          {"kernel_seconds", kernels}};
}

/// The kinds that take longest first.
static void print(const RunEstimate &estimate) {
  std::printf("estimated: %.6g s, of these %.6g s waiting for other ranks; data moves for %.6g s\n", estimate.seconds,
              estimate.waiting, estimate.moving);
  auto kernels = estimate.kernels;
  std::ranges::sort(kernels, std::greater(), [](const auto &line) { return line.second; });
  for (const auto &[kind, seconds] : kernels)
    std::printf("%-36s %.6g s\n", kind.c_str(), seconds);
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
      total.flops += calls.flops;
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
    if (session.estimate())
      report["estimate"] = jsonOf(*session.estimate());
    std::printf("%s\n", report.dump(2).c_str());
    return;
  }
  std::printf("%-36s %10s %12s %16s %16s %12s\n", "kernel", "calls", "workgroups", "bytes read", "bytes written",
              "operations");
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
  if (session.estimate())
    print(*session.estimate());
}

} // namespace veomni

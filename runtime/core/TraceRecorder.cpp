// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Records when each instruction ran, as a trace for Chrome's and Perfetto's viewers.
#include "veomni/runtime/OutputFile.h"
#include "veomni/runtime/Recorders.h"

#include <nlohmann/json.hpp>

namespace veomni {

void TraceRecorder::before(const InstructionEvent &event) {
  open_.push_back(records_.size());
  records_.push_back({std::string(event.name),
                      std::string(event.path),
                      std::string(event.function),
                      std::string(event.location),
                      event.index,
                      event.workgroups,
                      event.kind,
                      Clock::now() - origin_,
                      {}});
}

void TraceRecorder::after(const InstructionEvent &) {
  Record &record = records_[open_.back()];
  record.length = Clock::now() - origin_ - record.begin;
  open_.pop_back();
}

void TraceRecorder::moved(const MovedEvent &event) {
  moves_.push_back({std::string(event.name) + " over " + std::string(event.axis), std::string(event.path),
                    std::string(event.location), event.begin - origin_, event.end - event.begin});
}

Status TraceRecorder::write(const std::string &path) const {
  auto microseconds = [](Clock::duration time) { return std::chrono::duration<double, std::micro>(time).count(); };
  nlohmann::json events = nlohmann::json::array();
  for (const Record &record : records_) {
    nlohmann::json args = {{"path", record.path}, {"function", record.function}, {"instruction", record.index}};
    if (record.kind == bundle::Action::Dispatch)
      args["workgroups"] = record.workgroups;
    if (!record.location.empty())
      args["location"] = record.location;
    // A call is best known by where it is, a dispatch by what it runs.
    bool isCall = record.kind == bundle::Action::Call && !record.path.empty();
    events.push_back({{"name", isCall ? record.path : record.name},
                      {"cat", bundle::EnumNameAction(record.kind)},
                      {"ph", "X"},
                      {"pid", 1},
                      {"tid", 1},
                      {"ts", microseconds(record.begin)},
                      {"dur", microseconds(record.length)},
                      {"args", std::move(args)}});
  }
  for (const Move &move : moves_)
    events.push_back({{"name", move.name},
                      {"cat", "moved"},
                      {"ph", "X"},
                      {"pid", 1},
                      {"tid", 2},
                      {"ts", microseconds(move.begin)},
                      {"dur", microseconds(move.length)},
                      {"args", {{"path", move.path}, {"location", move.location}}}});
  for (const auto &[row, name] : {std::pair(1, "instructions"), std::pair(2, "between ranks")})
    if (row == 1 || !moves_.empty())
      events.push_back({{"name", "thread_name"}, {"ph", "M"}, {"pid", 1}, {"tid", row}, {"args", {{"name", name}}}});
  // Names come from the bundle and need not be UTF-8.
  std::string text = nlohmann::json({{"displayTimeUnit", "ms"}, {"traceEvents", std::move(events)}})
                         .dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  return writeFile(path, text);
}

} // namespace veomni

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Files that a run writes: none may be one that it reads; and streams, which serve one purpose each.
#include "Places.h"

#include "veomni/runtime/Checkpoint.h"
#include "veomni/runtime/MappedFile.h"
#include "veomni/runtime/OutputFile.h"

#include <filesystem>
#include <system_error>
#include <unistd.h>
#include <vector>

namespace veomni {

namespace fs = std::filesystem;

namespace {

struct Place {
  std::string what, path;
};

/// One file, by whatever names and links; files that do not exist yet are told apart by where they would be.
bool sameFile(const std::string &a, const std::string &b) {
  std::error_code error;
  if (fs::equivalent(a, b, error))
    return true;
  fs::path first = fs::weakly_canonical(fs::absolute(a, error), error),
           second = fs::weakly_canonical(fs::absolute(b, error), error);
  return !first.empty() && first == second;
}

std::vector<Place> placesNamed(const Options &options) {
  std::vector<Place> places = {{"the bundle", options.bundle}};
  for (const Place &place :
       {Place{"--inputs", options.inputs}, Place{"--weights", options.weights}, Place{"--expect", options.expect}})
    if (!place.path.empty())
      places.push_back(place);
  return places;
}

std::vector<Place> placesRead(const Options &options) {
  std::vector<Place> places = placesNamed(options);
  std::error_code error;
  if (!fs::is_directory(options.weights, error))
    return places;
  for (const char *name : {"config.json", "generation_config.json", "model.safetensors.index.json"})
    places.push_back({"a file of --weights", options.weights + "/" + name});
  // Loading says what is wrong with a checkpoint; here only its files matter.
  if (Expected<Checkpoint> checkpoint = Checkpoint::open(options.weights))
    for (const Checkpoint::File &file : checkpoint->files())
      places.push_back({"a file of --weights", file.path});
  return places;
}

/// Each stream is for one thing: what is read is gone, and what is written would mix with what is printed.
Status checkStreams(const Options &options, const std::vector<Place> &written, bool prints) {
  std::string reader;
  for (const Place &place : placesNamed(options)) {
    if (place.path != standardInput)
      continue;
    if (!reader.empty())
      return Status::error(place.what + ": - is " + reader + " too, expected a file for one of them");
    reader = place.what;
  }
  for (const Place &place : written) {
    if (place.path != standardOutput)
      continue;
    if (prints)
      return Status::error(place.what + ": the run prints to standard output, expected a file");
    if (place.what == "--outputs" && ::isatty(STDOUT_FILENO))
      return Status::error("--outputs: standard output is a terminal, expected a file or a pipe");
  }
  return Status::ok();
}

} // namespace

Status checkPlaces(const Options &options, bool prints) {
  std::vector<Place> written;
  if (!options.outputs.empty())
    written.push_back({"--outputs", options.outputs});
  if (!options.trace.empty())
    written.push_back({"--trace", options.trace});
  if (Status status = checkStreams(options, written, prints); !status)
    return status;
  if (written.empty())
    return Status::ok();
  std::vector<Place> taken = placesRead(options);
  for (const Place &place : written) {
    for (const Place &other : taken)
      if (sameFile(place.path, other.path))
        return Status::error(place.what + ": " + place.path + " is " + other.what + " too, expected another file");
    taken.push_back(place);
  }
  return Status::ok();
}

} // namespace veomni

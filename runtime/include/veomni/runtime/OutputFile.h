// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Files that are whole or not there, however their writer ends.
#ifndef VEOMNI_RUNTIME_OUTPUTFILE_H
#define VEOMNI_RUNTIME_OUTPUTFILE_H

#include "veomni/runtime/Status.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace veomni {

/// What standard output is called where a path is expected.
inline constexpr std::string_view standardOutput = "<stdout>";

/// Writes a file beside its place and moves it there once it is complete, so that nobody sees half of it and what was
/// there before stays until then. Its mode is that of the file it replaces; a link stays a link. Devices and pipes,
/// standard output among them, have no other place and are written to directly.
///
/// From `open` to `finish` or the destructor, signals that ask the process to end wait: writing looks for them, gives
/// up, and once the unfinished file is gone they do what they did before, which usually is to end the process. A
/// handler that removes the file could not know which of the two names it has.
class OutputFile {
public:
  explicit OutputFile(std::string path) : path_(std::move(path)) {}
  OutputFile(const OutputFile &) = delete;
  OutputFile &operator=(const OutputFile &) = delete;
  ~OutputFile();

  Status open();
  Status write(const void *data, uint64_t size);
  Status write(std::string_view text) { return write(text.data(), text.size()); }
  Status finish();

private:
  Status openAside(const std::string &target, unsigned mode);
  Status error(const char *action) const;

  std::string path_;      // for messages
  std::string target_;    // the file behind links
  std::string temporary_; // its name until it is complete; empty for what is written directly
  int descriptor_ = -1;
};

/// All at once.
Status writeFile(const std::string &path, std::string_view content);

} // namespace veomni

#endif // VEOMNI_RUNTIME_OUTPUTFILE_H

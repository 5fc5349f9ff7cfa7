// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What every compiler tool does before it reads its command line.
#include "veomni/Pipelines/Tool.h"

#include "veomni/runtime/OutputFile.h"

#include "mlir/IR/AsmState.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/Debug.h"
#include "llvm/Support/ErrorHandling.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <unistd.h>

using namespace mlir;
namespace cl = llvm::cl;

void veomni::hideOptionsOfLibraries() {
  for (auto &[name, option] : cl::getRegisteredOptions())
    // --help and --version are generic.
    if (llvm::none_of(option->Categories,
                      [](cl::OptionCategory *category) { return category->getName() == "Generic Options"; }) &&
        option->getOptionHiddenFlag() == cl::NotHidden)
      option->setHiddenFlag(cl::Hidden);
}

#ifndef NDEBUG
namespace {
/// What `--debug-only` is parsed into: takes effect at once, and stays when the options are reset.
struct DebugTypes {
  void operator=(const std::string &list) {
    SmallVector<StringRef> types;
    StringRef(list).split(types, ',', /*MaxSplit=*/-1, /*KeepEmpty=*/false);
    std::vector<std::string> names(types.begin(), types.end());
    auto pointers = llvm::map_to_vector(names, [](const std::string &name) { return name.c_str(); });
    llvm::setCurrentDebugTypes(pointers.data(), pointers.size());
    llvm::DebugFlag = !pointers.empty();
  }
};
} // namespace

static void registerDebugOnly() {
  if (cl::getRegisteredOptions().count("debug-only"))
    return; // LLVM's own
  static DebugTypes types;
  static cl::opt<DebugTypes, /*ExternalStorage=*/true, cl::parser<std::string>> option(
      "debug-only", cl::desc("print what the code of these debug types says: veomni-lower, ..."),
      cl::value_desc("type,..."), cl::Hidden, cl::location(types), cl::ValueRequired);
}
#endif

/// Closed descriptors are opened on /dev/null; standard output to be read, so that writing to it fails as it would
/// have.
static bool openStandardDescriptors() {
  for (int descriptor : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
    if (::fcntl(descriptor, F_GETFD) < 0 && errno == EBADF &&
        ::open("/dev/null", descriptor == STDOUT_FILENO ? O_RDONLY : O_RDWR) != descriptor)
      return false;
  return true;
}

void veomni::startTool(const char *tool) {
  if (!openStandardDescriptors()) {
    // There may be no standard error to say so.
    std::fprintf(stderr, "%s: error: cannot open /dev/null: %s\n", tool, std::strerror(errno));
    std::exit(1);
  }
  // Not llvm::errs(): it may be the stream that failed.
  auto report = [](void *name, const char *reason, bool) {
    std::fprintf(stderr, "%s: error: %s\n", static_cast<const char *>(name), reason);
  };
  llvm::install_fatal_error_handler(report, const_cast<char *>(tool));
  registerAsmPrinterCLOptions();
  auto *named = static_cast<cl::opt<bool> *>(cl::getRegisteredOptions().lookup("mlir-use-nameloc-as-prefix"));
  named->setInitialValue(true);
#ifndef NDEBUG
  registerDebugOnly();
#endif
}

veomni::Status veomni::checkOutput(StringRef path, OutputKind kind) {
  if (path == "-" && kind == OutputKind::Bundle && ::isatty(STDOUT_FILENO))
    return Status::error(std::string(standardOutput) + ": is a terminal, expected a file or a pipe for a bundle");
  return Status::ok();
}

veomni::Status veomni::writeOutput(StringRef path, StringRef content) {
  return writeFile(path == "-" ? std::string(standardOutput) : path.str(), {content.data(), content.size()});
}

static void collectNames(Location location, SmallVectorImpl<StringRef> &names) {
  TypeSwitch<LocationAttr>(location)
      .Case([&](NameLoc named) {
        collectNames(named.getChildLoc(), names);
        names.push_back(named.getName());
      })
      .Case([&](CallSiteLoc call) { collectNames(call.getCallee(), names); })
      // The ops that were fused; the first is enough to find them.
      .Case([&](FusedLoc fused) { collectNames(fused.getLocations().front(), names); })
      .Default([](LocationAttr) {});
}

veomni::Place veomni::placeOf(Location location) {
  Place place;
  if (auto file = location->findInstanceOf<FileLineColLoc>())
    place.text =
        (file.getFilename().getValue() + ":" + llvm::Twine(file.getLine()) + ":" + llvm::Twine(file.getColumn())).str();
  SmallVector<StringRef> names;
  collectNames(location, names);
  place.names = llvm::join(names, ": ");
  return place;
}

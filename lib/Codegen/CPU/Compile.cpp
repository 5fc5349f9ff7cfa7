// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "veomni/Codegen/CPU/Compile.h"

#include "Cache.h"
#include "Link.h"
#include "veomni/Codegen/CPU/Revision.inc"

#include "mlir/IR/AsmState.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Config/llvm-config.h"
#include "llvm/Support/BLAKE3.h"
#include "llvm/Support/Path.h"

#include <atomic>
#include <cstdlib>
#include <thread>

using namespace veomni::cpu;
using namespace mlir;

std::string CompileOptions::defaultCacheDirectory() {
  if (const char *own = std::getenv("VEOMNI_CACHE_DIR"))
    return own;
  llvm::SmallString<128> path;
  if (const char *shared = std::getenv("XDG_CACHE_HOME"); shared && *shared) {
    path = shared;
  } else {
    const char *home = std::getenv("HOME");
    if (!home || !*home)
      return "";
    path = home;
    llvm::sys::path::append(path, ".cache");
  }
  llvm::sys::path::append(path, "veomni");
  return path.str().str();
}

/// Text that parses back to equal attributes, whatever the printing options of the process are.
static std::string attributeText(DictionaryAttr attributes) {
  std::string text;
  llvm::raw_string_ostream stream(text);
  OpPrintingFlags flags;
  flags.elideLargeElementsAttrs(std::numeric_limits<int64_t>::max());
  AsmState state(attributes.getContext(), flags);
  Attribute(attributes).print(stream, state);
  return text;
}

static llvm::Expected<ObjectRequest> toObjectRequest(const KernelRequest &kernel) {
  const KernelKind *kind = findKernelKind(kernel.kind);
  if (!kind) {
    auto names = llvm::map_range(allKernelKinds(), [](const KernelKind &known) { return known.name; });
    return llvm::createStringError("unknown kernel kind '" + kernel.kind + "', expected one of: " + llvm::join(names, ", "));
  }
  return ObjectRequest{kind, attributeText(kernel.attributes), kernel.operandCount, kernel.scalarCount};
}

/// Names everything that the object depends on.
static std::string hashOf(const ObjectRequest &request, const Target &target) {
  llvm::BLAKE3 hash;
  auto field = [&](const llvm::Twine &text) { hash.update((text + llvm::Twine('\0')).str()); };
  field(VEOMNI_CODEGEN_REVISION);
  field(LLVM_VERSION_STRING);
  field(target.name);
  field(request.kind->name);
  field(request.kind->revision);
  field(request.attributes);
  field(request.operandCount ? llvm::Twine(*request.operandCount) : llvm::Twine("any"));
  field(request.scalarCount ? llvm::Twine(*request.scalarCount) : llvm::Twine("any"));
  return llvm::toHex(hash.final<16>(), /*LowerCase=*/true);
}

static std::string linePrefix(const KernelRequest &kernel, StringRef problems) {
  std::string prefix = "kernel '" + kernel.name + "' (" + kernel.kind + "): ", text;
  SmallVector<StringRef> lines;
  problems.split(lines, '\n');
  for (StringRef line : lines)
    text += (text.empty() ? "" : "\n") + prefix + line.str();
  return text;
}

llvm::Expected<std::string> veomni::cpu::printKernel(const KernelRequest &kernel, const Target &target) {
  llvm::Expected<ObjectRequest> request = toObjectRequest(kernel);
  if (!request)
    return llvm::createStringError(linePrefix(kernel, toString(request.takeError())));
  llvm::Expected<std::string> text = printBody(*request, kernel.name, target);
  if (!text)
    return llvm::createStringError(linePrefix(kernel, toString(text.takeError())));
  return text;
}

llvm::Expected<llvm::SmallVector<char, 0>> veomni::cpu::compileKernels(ArrayRef<KernelRequest> kernels, const Target &target,
                                                                       const CompileOptions &options) {
  struct Job {
    const KernelRequest *kernel; // the first of those that share it
    ObjectRequest request;
    std::string symbol, problem;
  };
  std::vector<Job> jobs;
  std::vector<Export> exports;
  std::string problems;
  auto report = [&](const std::string &lines) { problems += (problems.empty() ? "" : "\n") + lines; };
  llvm::StringSet<> names, symbols;
  for (const KernelRequest &kernel : kernels) {
    if (!names.insert(kernel.name).second)
      report("kernel '" + kernel.name + "' is there twice");
    llvm::Expected<ObjectRequest> request = toObjectRequest(kernel);
    if (!request) {
      report(linePrefix(kernel, toString(request.takeError())));
      continue;
    }
    std::string symbol = "k" + hashOf(*request, target);
    exports.push_back({kernel.name, symbol});
    if (symbols.insert(symbol).second)
      jobs.push_back({&kernel, std::move(*request), symbol, ""});
  }

  ObjectCache cache(options.cacheDirectory);
  std::vector<Bytes> objects(jobs.size());
  std::atomic<size_t> next = 0;
  auto work = [&] {
    for (size_t i; (i = next++) < jobs.size();) {
      Job &job = jobs[i];
      if (std::optional<Bytes> known = cache.find(job.symbol)) {
        objects[i] = std::move(*known);
        continue;
      }
      llvm::Expected<Bytes> object = buildObject(job.request, job.symbol, target);
      if (!object) {
        job.problem = toString(object.takeError());
        continue;
      }
      objects[i] = std::move(*object);
      cache.keep(job.symbol, objects[i]);
    }
  };
  size_t threads = options.threads ? options.threads : std::min(8u, std::max(1u, std::thread::hardware_concurrency()));
  std::vector<std::thread> helpers;
  for (size_t i = 1; i < std::min(threads, jobs.size()); ++i)
    helpers.emplace_back(work);
  work();
  for (std::thread &helper : helpers)
    helper.join();

  for (const Job &job : jobs)
    if (!job.problem.empty())
      report(linePrefix(*job.kernel, job.problem));
  if (!problems.empty())
    return llvm::createStringError(problems);
  return linkObjects(objects, exports);
}

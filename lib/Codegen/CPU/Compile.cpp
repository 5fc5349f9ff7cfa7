// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Kernel declarations to one shared object per CPU level, with objects that were compiled before taken from a cache.
#include "veomni/Codegen/CPU/Compile.h"

#include "Cache.h"
#include "Link.h"
#include "veomni/Codegen/CPU/Revision.inc"

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

llvm::Expected<uint64_t> CompileOptions::environmentCacheBytes() {
  constexpr uint64_t mebibyte = uint64_t{1} << 20;
  const char *given = std::getenv("VEOMNI_CACHE_SIZE");
  if (!given || !*given)
    return 512 * mebibyte;
  StringRef text(given);
  uint64_t unit = 1, count = 0;
  for (auto [suffix, bytes] : {std::pair('K', mebibyte / 1024), {'M', mebibyte}, {'G', mebibyte * 1024}})
    if (text.back() == suffix)
      unit = bytes;
  if (unit != 1)
    text = text.drop_back();
  if (text.getAsInteger(10, count) || count > UINT64_MAX / unit)
    return llvm::createStringError("VEOMNI_CACHE_SIZE is '" + StringRef(given) +
                                   "', expected a number of bytes, as 500000000, 500M or 2G");
  return count * unit;
}

std::string CompileOptions::describeCache() {
  std::string folder = defaultCacheDirectory();
  return "Compiled kernels are kept " +
         (folder.empty() ? std::string("nowhere now, since VEOMNI_CACHE_DIR is empty or there is no home")
                         : "in " + folder) +
         ".\n"
         "  VEOMNI_CACHE_DIR    another folder; empty: none (by default veomni in XDG_CACHE_HOME or ~/.cache)\n"
         "  VEOMNI_CACHE_SIZE   how large it may become, as 2G, before what was used longest ago goes (512M)\n";
}

/// Names everything that the object depends on.
static std::string hashOf(const Kernel &kernel, const Target &target) {
  llvm::BLAKE3 hash;
  auto field = [&](const llvm::Twine &text) { hash.update((text + llvm::Twine('\0')).str()); };
  field(VEOMNI_CODEGEN_REVISION);
  field(LLVM_VERSION_STRING);
  field(target.name);
  field(kernel.kind().name);
  field(kernel.kind().revision);
  field(kernel.key());
  return llvm::toHex(hash.final<16>(), /*LowerCase=*/true);
}

static std::string linePrefix(const KernelRequest &kernel, StringRef problems) {
  std::string prefix = "kernel '" + kernel.name + "' (" + kernel.kernel.kind().name + "): ", text;
  SmallVector<StringRef> lines;
  problems.split(lines, '\n');
  for (StringRef line : lines)
    text += (text.empty() ? "" : "\n") + prefix + line.str();
  return text;
}

llvm::Expected<std::string> veomni::cpu::printKernel(const KernelRequest &kernel, const Target &target) {
  llvm::Expected<std::string> text = printBody(kernel.kernel, kernel.name, target);
  if (!text)
    return llvm::createStringError(linePrefix(kernel, toString(text.takeError())));
  return text;
}

llvm::Expected<llvm::SmallVector<char, 0>>
veomni::cpu::compileKernels(ArrayRef<KernelRequest> kernels, const Target &target, const CompileOptions &options) {
  struct Job {
    const KernelRequest *request; // the first of those that share it
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
    std::string symbol = "k" + hashOf(kernel.kernel, target);
    exports.push_back({kernel.name, symbol});
    if (symbols.insert(symbol).second)
      jobs.push_back({&kernel, symbol, ""});
  }

  uint64_t cacheBytes = 0;
  if (options.cacheBytes)
    cacheBytes = *options.cacheBytes;
  else if (llvm::Error error = CompileOptions::environmentCacheBytes().moveInto(cacheBytes))
    return error;
  ObjectCache cache(options.cacheDirectory);
  std::vector<Bytes> objects(jobs.size());
  std::atomic<size_t> next = 0;
  std::atomic<bool> isLarger = false;
  auto work = [&] {
    for (size_t i; (i = next++) < jobs.size();) {
      Job &job = jobs[i];
      if (std::optional<Bytes> known = cache.find(job.symbol)) {
        objects[i] = std::move(*known);
        continue;
      }
      llvm::Expected<Bytes> object = buildObject(job.request->kernel, job.symbol, target);
      if (!object) {
        job.problem = toString(object.takeError());
        continue;
      }
      objects[i] = std::move(*object);
      cache.keep(job.symbol, objects[i]);
      isLarger = true;
    }
  };
  size_t threads = options.threads ? options.threads : std::min(8u, std::max(1u, std::thread::hardware_concurrency()));
  std::vector<std::thread> helpers;
  for (size_t i = 1; i < std::min(threads, jobs.size()); ++i)
    helpers.emplace_back(work);
  work();
  for (std::thread &helper : helpers)
    helper.join();
  if (isLarger)
    cache.trim(cacheBytes);

  for (const Job &job : jobs)
    if (!job.problem.empty())
      report(linePrefix(*job.request, job.problem));
  if (!problems.empty())
    return llvm::createStringError(problems);
  return linkObjects(objects, exports);
}

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Object files to a shared object, by lld within the process. lld knows files alone, so it reads an archive that lies
// in memory under a descriptor and writes into a pipe: whenever and however the process ends, no temporary file is
// left.
#include "Link.h"

#include "lld/Common/Driver.h"
#include "llvm/ADT/ScopeExit.h"
#include "llvm/Object/Archive.h"
#include "llvm/Object/ArchiveWriter.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/raw_ostream.h"

#include <mutex>
#include <system_error>
#include <thread>

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

LLD_HAS_DRIVER(elf)

using namespace veomni::cpu;
using llvm::StringRef;

namespace {

/// A descriptor that is closed in the end, and its name as a file.
class Descriptor {
public:
  explicit Descriptor(int number) : number(number) {}
  Descriptor(Descriptor &&other) : number(std::exchange(other.number, -1)) {}
  ~Descriptor() { close(); }
  void close() {
    if (number >= 0)
      ::close(std::exchange(number, -1));
  }
  int get() const { return number; }
  std::string path() const { return "/proc/self/fd/" + std::to_string(number); }

private:
  int number;
};

llvm::Error systemError(const char *what) {
  return llvm::createStringError(llvm::Twine("cannot ") + what + ": " + std::generic_category().message(errno));
}

llvm::Expected<Descriptor> inMemory(StringRef bytes) {
  Descriptor file(::memfd_create("veomni-kernels", MFD_CLOEXEC));
  if (file.get() < 0)
    return systemError("create a file in memory");
  llvm::raw_fd_ostream stream(file.get(), /*shouldClose=*/false);
  stream << bytes;
  stream.flush();
  if (!stream.has_error())
    return file;
  errno = stream.error().value();
  stream.clear_error();
  return systemError("write a file in memory");
}

/// Everything that comes out of a pipe until nobody writes any more.
Bytes readAll(int descriptor) {
  Bytes bytes;
  for (;;) {
    const size_t size = bytes.size();
    bytes.resize_for_overwrite(size + (size_t{1} << 16));
    const ssize_t more = ::read(descriptor, bytes.data() + size, bytes.size() - size);
    bytes.truncate(size + static_cast<size_t>(std::max<ssize_t>(more, 0)));
    if (more == 0 || (more < 0 && errno != EINTR))
      return bytes;
  }
}

} // namespace

llvm::Expected<Bytes> veomni::cpu::linkObjects(llvm::ArrayRef<Bytes> objects, llvm::ArrayRef<Export> exports) {
  std::vector<llvm::NewArchiveMember> members;
  for (const Bytes &object : objects)
    members.emplace_back(llvm::MemoryBufferRef({object.data(), object.size()}, "kernel.o"));
  auto archive = llvm::writeArchiveToBuffer(members, llvm::SymtabWritingMode::NoSymtab, llvm::object::Archive::K_GNU,
                                            /*Deterministic=*/true, /*Thin=*/false);
  if (!archive)
    return archive.takeError();
  llvm::Expected<Descriptor> input = inMemory((*archive)->getBuffer());
  if (!input)
    return input.takeError();
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0)
    return systemError("create a pipe");
  Descriptor output(ends[0]), sink(ends[1]);

  // -z defs: a kernel that calls into a library is a mistake of its emitter, and is told here.
  std::vector<std::string> arguments = {"ld.lld",
                                        "-shared",
                                        "-m",
                                        "elf_x86_64",
                                        "--hash-style=gnu",
                                        "--build-id=none",
                                        "--no-dynamic-linker",
                                        "--threads=1",
                                        "-z",
                                        "defs",
                                        "-z",
                                        "noexecstack",
                                        "-z",
                                        "norelro",
                                        "-z",
                                        "max-page-size=4096",
                                        "--exclude-libs=ALL",
                                        "--whole-archive",
                                        input->path(),
                                        "-o",
                                        sink.path()};
  for (const Export &symbol : exports)
    arguments.push_back("--defsym=" + symbol.name + "=" + symbol.symbol);
  std::vector<const char *> argv;
  for (const std::string &argument : arguments)
    argv.push_back(argument.c_str());

  Bytes linked;
  std::thread reader([&] { linked = readAll(output.get()); });
  std::string messages;
  llvm::raw_string_ostream stream(messages);
  lld::Result result;
  {
    // lld keeps its state in globals.
    static std::mutex oneAtATime;
    std::lock_guard lock(oneAtATime);
    result = lld::lldMain(argv, stream, stream, {{lld::Gnu, &lld::elf::link}});
  }
  sink.close();
  reader.join();
  if (result.retCode != 0)
    return llvm::createStringError("linking kernels failed: " + StringRef(messages).trim());
  return linked;
}

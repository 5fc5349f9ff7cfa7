// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Object files to a shared object, by lld within the process.
#include "Link.h"

#include "lld/Common/Driver.h"
#include "llvm/ADT/ScopeExit.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"

#include <mutex>

LLD_HAS_DRIVER(elf)

using namespace veomni::cpu;
using llvm::StringRef;

static llvm::Error fileError(const llvm::Twine &what, StringRef path, std::error_code code) {
  return llvm::createStringError("cannot " + what + " '" + path + "': " + code.message());
}

llvm::Expected<Bytes> veomni::cpu::linkObjects(llvm::ArrayRef<Bytes> objects, llvm::ArrayRef<Export> exports) {
  llvm::SmallString<128> folder;
  if (auto code = llvm::sys::fs::createUniqueDirectory("veomni-link", folder))
    return fileError("create a temporary folder like", "veomni-link", code);
  llvm::scope_exit cleanup([&] { (void)llvm::sys::fs::remove_directories(folder); });
  auto inFolder = [&](const llvm::Twine &file) {
    llvm::SmallString<128> path(folder);
    llvm::sys::path::append(path, file);
    return path.str().str();
  };

  std::string output = inFolder("kernels.so"), list = inFolder("arguments");
  std::error_code code;
  llvm::raw_fd_ostream arguments(list, code);
  if (code)
    return fileError("write", list, code);
  // -z defs: a kernel that calls into a library is a mistake of its emitter, and is told here.
  arguments << "-shared -m elf_x86_64 --hash-style=gnu --build-id=none --no-dynamic-linker --threads=1 -z defs -z "
               "noexecstack -z norelro "
               "-z max-page-size=4096 --exclude-libs=ALL\n";
  for (auto [i, object] : llvm::enumerate(objects)) {
    std::string path = inFolder(llvm::Twine(i) + ".o");
    llvm::raw_fd_ostream file(path, code);
    if (code)
      return fileError("write", path, code);
    file << StringRef(object.data(), object.size());
    file.close();
    if (file.has_error()) {
      code = file.error();
      file.clear_error();
      return fileError("write", path, code);
    }
    arguments << "\"" << path << "\"\n";
  }
  for (const Export &symbol : exports)
    arguments << "\"--defsym=" << symbol.name << "=" << symbol.symbol << "\"\n";
  arguments.close();

  std::string response = "@" + list, messages;
  llvm::raw_string_ostream stream(messages);
  {
    // lld keeps its state in globals.
    static std::mutex oneAtATime;
    std::lock_guard lock(oneAtATime);
    const char *argv[] = {"ld.lld", response.c_str(), "-o", output.c_str()};
    lld::Result result = lld::lldMain(argv, stream, stream, {{lld::Gnu, &lld::elf::link}});
    if (result.retCode != 0)
      return llvm::createStringError("linking kernels failed: " + StringRef(messages).trim());
  }
  auto file = llvm::MemoryBuffer::getFile(output, /*IsText=*/false, /*RequiresNullTerminator=*/false);
  if (!file)
    return fileError("read", output, file.getError());
  StringRef bytes = (*file)->getBuffer();
  return Bytes(bytes.begin(), bytes.end());
}

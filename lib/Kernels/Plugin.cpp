// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Kernels from shared objects: loading one, checking what it was built against, and letting it register.
#include "veomni/Kernels/Plugin.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/BLAKE3.h"
#include "llvm/Support/DynamicLibrary.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"

using namespace llvm;

namespace veomni::kernels {

Error PluginRegistrar::addKind(StringRef target, codegen::KernelKind kind) {
  llvm::Expected<codegen::Backend &> backend = backends.find(target);
  if (!backend)
    return backend.takeError();
  kind.revision = revision;
  return backend->addKind(std::move(kind));
}

Error loadPlugin(const std::string &file, KernelRegistry &registry, codegen::BackendRegistry &backends) {
  auto fail = [&](const Twine &message) { return createStringError(file + ": " + message); };
  ErrorOr<std::unique_ptr<MemoryBuffer>> content =
      MemoryBuffer::getFile(file, /*IsText=*/false, /*RequiresNullTerminator=*/false);
  if (!content)
    return fail(content.getError().message());
  // A name without a folder would be looked for among the system's libraries.
  SmallString<256> path(file);
  if (std::error_code error = sys::fs::make_absolute(path))
    return fail(error.message());
  std::string problem;
  sys::DynamicLibrary library = sys::DynamicLibrary::getPermanentLibrary(path.c_str(), &problem);
  if (!library.isValid())
    return fail("is no shared object that this compiler can load: " + problem);
  auto *describe = reinterpret_cast<KernelPlugin (*)()>(library.getAddressOfSymbol("veomniKernelPlugin"));
  if (!describe)
    return fail("is no kernel plugin: it does not export 'veomniKernelPlugin'");
  KernelPlugin plugin = describe();
  if (plugin.version != VEOMNI_KERNEL_PLUGIN_VERSION)
    return fail("is a kernel plugin of version " + Twine(plugin.version) + ", expected " +
                Twine(VEOMNI_KERNEL_PLUGIN_VERSION));
  StringRef bytes = (*content)->getBuffer();
  auto digest = BLAKE3::hash<16>(ArrayRef(reinterpret_cast<const uint8_t *>(bytes.data()), bytes.size()));
  PluginRegistrar registrar{registry, backends, toHex(digest)};
  if (Error error = plugin.registerKernels(registrar))
    return fail(Twine(plugin.name) + ": " + toString(std::move(error)));
  if (Error error = registry.verify(backends))
    return fail(Twine(plugin.name) + ": " + toString(std::move(error)));
  return Error::success();
}

} // namespace veomni::kernels

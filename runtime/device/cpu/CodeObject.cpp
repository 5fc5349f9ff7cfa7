// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Loads a shared object of kernels from memory.
#include "device/cpu/CodeObject.h"

#include <cerrno>
#include <cstring>
#include <dlfcn.h>
#include <sys/mman.h>
#include <unistd.h>
#include <utility>

namespace veomni::cpu {

Expected<CodeObject> CodeObject::load(std::span<const std::byte> image, const std::string &name) {
  CodeObject object;
  object.descriptor_ = ::memfd_create(name.c_str(), MFD_CLOEXEC);
  if (object.descriptor_ < 0)
    return Status::error("executable " + name + ": cannot create a memory file: " + std::strerror(errno));
  for (size_t done = 0; done < image.size();) {
    ssize_t written = ::write(object.descriptor_, image.data() + done, image.size() - done);
    if (written < 0 && errno == EINTR)
      continue;
    if (written <= 0)
      return Status::error("executable " + name + ": cannot write its code to memory: " + std::strerror(errno));
    done += size_t(written);
  }
  std::string path = "/proc/self/fd/" + std::to_string(object.descriptor_);
  object.handle_ = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!object.handle_)
    return Status::error("executable " + name + ": cannot load its code: " + ::dlerror());
  return object;
}

CodeObject::CodeObject(CodeObject &&other) noexcept
    : handle_(std::exchange(other.handle_, nullptr)), descriptor_(std::exchange(other.descriptor_, -1)) {}

CodeObject &CodeObject::operator=(CodeObject &&other) noexcept {
  std::swap(handle_, other.handle_);
  std::swap(descriptor_, other.descriptor_);
  return *this;
}

CodeObject::~CodeObject() {
  if (handle_)
    ::dlclose(handle_);
  if (descriptor_ >= 0)
    ::close(descriptor_);
}

veomni_kernel_fn CodeObject::find(const char *kernel) const {
  return reinterpret_cast<veomni_kernel_fn>(::dlsym(handle_, kernel));
}

} // namespace veomni::cpu

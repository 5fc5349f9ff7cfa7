// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "core/Kernels.h"

#include "device/cpu/CpuFeatures.h"

#include <string>

namespace veomni {

Expected<const bundle::CodeVariant *> chooseVariant(const bundle::Executable &executable) {
  const bundle::CodeVariant *best = nullptr;
  uint32_t most = 0;
  std::string lacking;
  for (const bundle::CodeVariant *variant : *executable.variants()) {
    std::string missing;
    uint32_t features = variant->features() ? variant->features()->size() : 0;
    for (uint32_t i = 0; i < features; ++i)
      if (std::string_view feature = variant->features()->Get(i)->string_view(); !cpu::hasFeature(feature))
        missing += (missing.empty() ? "" : ", ") + std::string(feature);
    if (!missing.empty()) {
      lacking += "\n  " + variant->cpu()->str() + " needs " + missing;
    } else if (!best || features > most) {
      best = variant;
      most = features;
    }
  }
  if (!best)
    return Status::error("executable " + executable.name()->str() +
                         ": none of its variants can run on this cpu:" + lacking);
  return best;
}

Expected<LoadedKernels> LoadedKernels::load(const Bundle &bundle) {
  LoadedKernels kernels;
  const bundle::Bundle &program = bundle.program();
  if (program.executables())
    for (const bundle::Executable *executable : *program.executables()) {
      Expected<const bundle::CodeVariant *> variant = chooseVariant(*executable);
      if (!variant)
        return Status::error(bundle.name() + ": " + variant.status().message());
      Expected<std::span<const std::byte>> code = bundle.codeSegment(*(*variant)->segment());
      if (!code)
        return code.status();
      Expected<cpu::CodeObject> object = cpu::CodeObject::load(*code, executable->name()->str());
      if (!object)
        return Status::error(bundle.name() + ": " + object.status().message());
      kernels.objects_.push_back(std::move(*object));
    }
  if (program.kernels())
    for (const bundle::Kernel *kernel : *program.kernels()) {
      veomni_kernel_fn function = kernels.objects_[kernel->executable()].find(kernel->name()->c_str());
      if (!function)
        return Status::error(bundle.name() + ": kernel \"" + kernel->name()->str() +
                             "\" is not in the code of executable \"" +
                             program.executables()->Get(kernel->executable())->name()->str() + "\"");
      kernels.functions_.push_back(function);
    }
  return kernels;
}

} // namespace veomni

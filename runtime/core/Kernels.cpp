// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Code is chosen by what the device says of itself, and loaded by it.
#include "core/Kernels.h"

#include <algorithm>
#include <string>

namespace veomni {

static std::string_view targetOf(const bundle::CodeVariant &variant) {
  return variant.target() ? variant.target()->string_view() : std::string_view("cpu");
}

/// For executables that have nothing for the device: what they are for.
static std::string targetsOf(const bundle::Executable &executable) {
  std::vector<std::string_view> targets;
  std::string text;
  for (const bundle::CodeVariant *variant : *executable.variants()) {
    std::string_view target = targetOf(*variant);
    if (std::ranges::find(targets, target) != targets.end())
      continue;
    targets.push_back(target);
    text += (text.empty() ? "" : ", ") + std::string(target);
  }
  return text;
}

Expected<const bundle::CodeVariant *> chooseVariant(const bundle::Executable &executable, const Device &device) {
  const bundle::CodeVariant *best = nullptr;
  uint32_t most = 0;
  std::string lacking;
  for (const bundle::CodeVariant *variant : *executable.variants()) {
    if (targetOf(*variant) != device.name())
      continue;
    std::string missing;
    uint32_t features = variant->features() ? variant->features()->size() : 0;
    for (uint32_t i = 0; i < features; ++i)
      if (std::string_view feature = variant->features()->Get(i)->string_view(); !device.hasFeature(feature))
        missing += (missing.empty() ? "" : ", ") + std::string(feature);
    if (!missing.empty()) {
      lacking += "\n  " + variant->cpu()->str() + " needs " + missing;
    } else if (!best || features > most) {
      best = variant;
      most = features;
    }
  }
  if (best)
    return best;
  const std::string where = "executable " + executable.name()->str(), name(device.name());
  if (lacking.empty())
    return Status::error(where + ": is compiled for target " + targetsOf(executable) + ", which the device " + name +
                         " does not run");
  return Status::error(where + ": none of its variants can run on this " + name + ":" + lacking);
}

static Expected<std::unique_ptr<DeviceCode>> loadExecutable(const Bundle &bundle, const bundle::Executable &executable,
                                                            Device &device) {
  if (!device.traits().computes)
    return device.load({}, executable.name()->str());
  Expected<const bundle::CodeVariant *> variant = chooseVariant(executable, device);
  if (!variant)
    return Status::error(bundle.name() + ": " + variant.status().message());
  if (!(*variant)->segment())
    return Status::error(bundle.name() + ": executable " + executable.name()->str() + ": has no code for the device " +
                         std::string(device.name()));
  Expected<std::span<const std::byte>> code = bundle.codeSegment(*(*variant)->segment());
  if (!code)
    return code.status();
  Expected<std::unique_ptr<DeviceCode>> loaded = device.load(*code, executable.name()->str());
  if (!loaded)
    return Status::error(bundle.name() + ": " + loaded.status().message());
  return loaded;
}

static std::vector<LibraryAttribute> attributesOf(const bundle::LibraryCall &call) {
  std::vector<LibraryAttribute> attributes;
  if (call.attributes())
    for (const bundle::Attribute *attribute : *call.attributes()) {
      LibraryAttribute &made = attributes.emplace_back(LibraryAttribute{attribute->name()->str(), false});
      if (attribute->kind() == bundle::AttributeKind::flag)
        made.value = attribute->integer() != 0;
      else if (attribute->kind() == bundle::AttributeKind::integer)
        made.value = attribute->integer();
      else if (attribute->kind() == bundle::AttributeKind::number)
        made.value = attribute->number();
      else
        made.value = attribute->text() ? attribute->text()->str() : std::string();
    }
  return attributes;
}

/// Finds the functions that the program calls.
Status LoadedKernels::findLibraries(const Bundle &bundle, const Device &device) {
  for (const bundle::Function *function : *bundle.program().functions()) {
    if (!function->instructions())
      continue;
    for (const bundle::Instruction *instruction : *function->instructions()) {
      const bundle::LibraryCall *call = instruction->action_as_LibraryCall();
      if (!call)
        continue;
      Expected<LibraryHandle> found = device.findLibraryFunction(call->name()->string_view());
      if (!found)
        return Status::error(bundle.name() + ": function \"" + function->name()->str() + "\": the device " +
                             std::string(device.name()) + ": " + found.status().message());
      libraries_.emplace(call, Library{*found, attributesOf(*call)});
    }
  }
  return Status::ok();
}

Expected<LoadedKernels> LoadedKernels::load(const Bundle &bundle, Device &device) {
  LoadedKernels kernels;
  const bundle::Bundle &program = bundle.program();
  if (program.executables())
    for (const bundle::Executable *executable : *program.executables()) {
      Expected<std::unique_ptr<DeviceCode>> code = loadExecutable(bundle, *executable, device);
      if (!code)
        return code.status();
      kernels.codes_.push_back(std::move(*code));
    }
  if (program.kernels())
    for (const bundle::Kernel *kernel : *program.kernels()) {
      KernelHandle handle = kernels.codes_[kernel->executable()]->find(*kernel);
      if (!handle)
        return Status::error(bundle.name() + ": kernel \"" + kernel->name()->str() +
                             "\" is not in the code of executable \"" +
                             program.executables()->Get(kernel->executable())->name()->str() + "\"");
      kernels.handles_.push_back(handle);
    }
  if (Status status = kernels.findLibraries(bundle, device); !status)
    return status;
  return kernels;
}

} // namespace veomni

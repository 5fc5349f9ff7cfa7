// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Devices and library functions by name, and the lines that register the devices there are.
#include "device/cpu/CpuDevice.h"
#include "device/null/NullDevice.h"
#include "veomni/runtime/Device.h"

namespace veomni {

Status LibraryRegistry::add(const std::string &name, Function function) {
  for (const auto &known : functions_)
    if (known->first == name)
      return Status::error("library function \"" + name + "\" is registered twice");
  functions_.push_back(std::make_unique<std::pair<std::string, Function>>(name, std::move(function)));
  return Status::ok();
}

Expected<const LibraryRegistry::Function *> LibraryRegistry::find(std::string_view name) const {
  std::string names;
  for (const auto &known : functions_) {
    if (known->first == name)
      return &known->second;
    names += (names.empty() ? "" : ", ") + known->first;
  }
  return Status::error("there is no library function \"" + std::string(name) + "\"; there " +
                       (names.empty() ? "are none" : "is " + names));
}

Status DeviceRegistry::add(std::shared_ptr<Device> device) {
  for (const std::shared_ptr<Device> &known : devices_)
    if (known->name() == device->name())
      return Status::error("device '" + std::string(device->name()) + "' is registered twice");
  devices_.push_back(std::move(device));
  return Status::ok();
}

Expected<std::shared_ptr<Device>> DeviceRegistry::find(std::string_view name) const {
  std::string names;
  for (const std::shared_ptr<Device> &device : devices_) {
    if (device->name() == name)
      return device;
    names += (names.empty() ? "" : ", ") + std::string(device->name());
  }
  return Status::error("unknown device '" + std::string(name) + "', expected one of: " + names);
}

DeviceRegistry builtinDevices(LibraryRegistry functions) {
  DeviceRegistry registry;
  for (const std::shared_ptr<Device> &device : {cpu::createDevice(std::move(functions)), null::createDevice()})
    (void)registry.add(device); // their names differ
  return registry;
}

} // namespace veomni

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The CPU of this process as a device.
#ifndef VEOMNI_RUNTIME_DEVICE_CPU_CPUDEVICE_H
#define VEOMNI_RUNTIME_DEVICE_CPU_CPUDEVICE_H

#include "veomni/runtime/Device.h"

namespace veomni::cpu {

std::shared_ptr<Device> createDevice(LibraryRegistry functions);

} // namespace veomni::cpu

#endif // VEOMNI_RUNTIME_DEVICE_CPU_CPUDEVICE_H

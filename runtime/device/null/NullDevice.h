// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A device that computes nothing and counts what it is asked to do.
#ifndef VEOMNI_RUNTIME_DEVICE_NULL_NULLDEVICE_H
#define VEOMNI_RUNTIME_DEVICE_NULL_NULLDEVICE_H

#include "veomni/runtime/Device.h"

namespace veomni::null {

std::shared_ptr<Device> createDevice();

} // namespace veomni::null

#endif // VEOMNI_RUNTIME_DEVICE_NULL_NULLDEVICE_H

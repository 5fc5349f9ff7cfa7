// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Devices and library functions are found by name, and errors list what there is.
#include "veomni/runtime/Device.h"

#include <gtest/gtest.h>

namespace veomni {
namespace {

TEST(Devices, AreFoundByName) {
  DeviceRegistry devices = builtinDevices();
  ASSERT_EQ(devices.all().size(), 2u);
  EXPECT_EQ(devices.all().front()->name(), "cpu");
  EXPECT_EQ(*devices.find("cpu"), devices.all().front());
  EXPECT_EQ(devices.find("tpu").status().message(), "unknown device 'tpu', expected one of: cpu, null");
  EXPECT_EQ(devices.add(devices.all().front()).message(), "device 'cpu' is registered twice");
}

TEST(LibraryFunctions, AreFoundByName) {
  LibraryRegistry functions;
  EXPECT_EQ(functions.find("f").status().message(), "there is no library function \"f\"; there are none");
  auto nothing = [](const LibraryCall &) { return Status::ok(); };
  EXPECT_TRUE(functions.add("f", nothing));
  EXPECT_TRUE(functions.add("g", nothing));
  EXPECT_EQ(functions.add("f", nothing).message(), "library function \"f\" is registered twice");
  EXPECT_TRUE(functions.find("g"));
  EXPECT_EQ(functions.find("h").status().message(), "there is no library function \"h\"; there is f, g");
}

} // namespace
} // namespace veomni

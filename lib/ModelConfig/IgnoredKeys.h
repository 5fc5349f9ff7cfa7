// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef VEOMNI_MODELCONFIG_IGNOREDKEYS_H
#define VEOMNI_MODELCONFIG_IGNOREDKEYS_H

namespace veomni {

class ConfigReader;

/// Claims the top-level keys that any config may carry and that do not change what a decoder computes, and checks those
/// that would change it if they were not at their usual value.
void claimCommonKeys(ConfigReader &reader);

} // namespace veomni

#endif // VEOMNI_MODELCONFIG_IGNOREDKEYS_H

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The keys of a config.json that change nothing here, whoever wrote them.
#ifndef VEOMNI_MODELCONFIG_IGNOREDKEYS_H
#define VEOMNI_MODELCONFIG_IGNOREDKEYS_H

namespace veomni {

class ConfigReader;
struct TextConfig;

/// Claims the top-level keys that any config may carry and that do not change what a decoder computes, and checks those
/// that would change it if they were not at their usual value.
void claimCommonKeys(ConfigReader &reader);

/// Claims what forks write of how rope turns heads, which must be how the family, which has been read, does it.
void claimRopeLayout(ConfigReader &reader, const TextConfig &text);

/// Claims keys of other models at the value that says that this model is not such a one. Call behind the family, whose
/// own keys may be among them.
void claimAbsentFeatures(ConfigReader &reader);

} // namespace veomni

#endif // VEOMNI_MODELCONFIG_IGNOREDKEYS_H

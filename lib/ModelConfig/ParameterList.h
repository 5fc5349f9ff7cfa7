// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef VEOMNI_MODELCONFIG_PARAMETERLIST_H
#define VEOMNI_MODELCONFIG_PARAMETERLIST_H

#include "veomni/ModelConfig/CheckpointLayout.h"

namespace veomni {

/// All parameters with their sources under the given layout, dtypes left empty.
std::vector<ParameterStorage> parameterList(const DecoderConfig &config, ExpertStorage experts);

} // namespace veomni

#endif // VEOMNI_MODELCONFIG_PARAMETERLIST_H

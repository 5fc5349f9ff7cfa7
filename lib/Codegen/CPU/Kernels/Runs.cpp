// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Runs.h"

using namespace veomni::cpu;
using namespace mlir;

RunsOfRows::RunsOfRows(Attributes &attributes)
    : groupCount(attributes.integerOr("groups", 1, 1)), staticCols(attributes.integerOr("cols", 0, 1)) {}

Type RunsOfRows::elementType(Attributes &attributes, StringRef name) const {
  Type type = attributes.elementType(name);
  if (!staticCols && type.isBF16())
    attributes.error() << "attribute '" << name << "' is \"bf16\", expected \"f32\" without 'cols'";
  return type;
}

Value RunsOfRows::run(KernelBuilder &k, Value row, Value group, int64_t stride, int64_t groupsOfRow) const {
  Value inRow = groupsOfRow == 1 ? k.index(0) : k.mul(group, cols(k));
  return k.add(k.mul(row, staticCols ? k.index(stride) : k.mul(cols(k), groupsOfRow)), inRow);
}

void RunsOfRows::each(KernelBuilder &k, function_ref<void(Value, Value)> body) const {
  k.rows(k.scalar(0), kRowBlock, [&](Value row) {
    if (groupCount == 1)
      return body(row, k.index(0));
    k.each(k.index(0), k.index(groupCount), 1, [&](Value group) { body(row, group); });
  });
}

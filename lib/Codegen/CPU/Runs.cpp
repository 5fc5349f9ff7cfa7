// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Where runs of columns, such as heads, lie in the rows of an operand.
#include "Runs.h"

using namespace veomni::cpu;
using namespace mlir;

RunsOfRows::RunsOfRows(const Kernel &kernel)
    : groupCount(kernel.size("groups")), staticCols(kernel.isConstant("cols") ? kernel.size("cols") : 0) {}

void RunsOfRows::check(Kernel &kernel, Problems &problems) {
  for (unsigned i = 0; !kernel.isConstant("cols") && i < kernel.operandCount(); ++i)
    if (const std::string &name = kernel.operandRule(i).name; kernel.isBf16(name))
      problems.add("operand " + std::to_string(i) + " ('" + name +
                   "') is bf16, expected f32 where the number of columns is no constant");
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

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Running a small module on the CPU: its data, its bundle, its results.
#ifndef VEOMNI_TEST_UNIT_RULES_EXECUTE_H
#define VEOMNI_TEST_UNIT_RULES_EXECUTE_H

#include "Split.h"

#include <map>
#include <string>
#include <vector>

namespace veomni::test {

/// Numbers of any element type: integers up to 2^53 are exact.
struct Data {
  std::vector<int64_t> shape;
  std::vector<double> values;
};
/// By the name of an input or a parameter.
using NamedData = std::map<std::string, Data>;

/// What the inputs and parameters of a module hold, the same in every run.
NamedData makeData(mlir::ModuleOp module, mlir::func::FuncOp entry);

/// The data of one part of a split.
NamedData partOf(const NamedData &whole, mlir::func::FuncOp entry, const Split &split, int64_t part);

/// The part of one value.
Data sliceOf(const Data &whole, const Pattern &pattern, int64_t parts, int64_t part);
/// The whole of a value's parts.
Data joinParts(const std::vector<Data> &parts, const Pattern &pattern);

/// Compiles the module for this machine and runs it; the results of the entry in order, or what went wrong.
llvm::Expected<std::vector<Data>> execute(mlir::ModuleOp module, mlir::func::FuncOp entry, const NamedData &data,
                                          llvm::ArrayRef<std::string> kernels = {});

} // namespace veomni::test

#endif // VEOMNI_TEST_UNIT_RULES_EXECUTE_H

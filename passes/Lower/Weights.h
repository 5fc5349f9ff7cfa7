// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The table of weights of the program: for each parameter of a window, the recipe of the `veomni.weight` of that name.
#ifndef VEOMNI_PASSES_LOWER_WEIGHTS_H
#define VEOMNI_PASSES_LOWER_WEIGHTS_H

#include "ProgramBuilder.h"

#include <tuple>

namespace veomni::lower {

class WeightTable {
public:
  WeightTable(mlir::ModuleOp module, ProgramBuilder &program);

  /// Where the window of an entry begins in the table of weights; what of it is not there yet is appended.
  mlir::FailureOr<unsigned> declareWindow(mlir::func::FuncOp entry);
  /// Reports weights that no declared window reads, and parameters without a weight.
  mlir::LogicalResult checkWeights();

private:
  /// A weight as functions ask for it: the full names of its parameters, its type, and whether products read it.
  using ParamKey = std::tuple<std::string, mlir::Type, bool>;

  void listParams(mlir::func::FuncOp function, const llvm::Twine &path, llvm::SmallVectorImpl<ParamKey> &keys);
  mlir::LogicalResult declareWeights(mlir::func::FuncOp function, const llvm::Twine &path);

  mlir::ModuleOp module;
  ProgramBuilder &program;
  llvm::StringMap<WeightOp> weights;
  llvm::StringSet<> weightNames;
  llvm::SmallVector<ParamKey> declared; // the table of weights so far
  llvm::DenseSet<mlir::Operation *> readWeights;
  std::vector<std::pair<std::string, ParamOp>> missing; // parameters without a weight, by full name
};

} // namespace veomni::lower

#endif // VEOMNI_PASSES_LOWER_WEIGHTS_H

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What every tool knows: registered in one place, so that no tool reads less than another.
#ifndef VEOMNI_PIPELINES_REGISTER_H
#define VEOMNI_PIPELINES_REGISTER_H

namespace mlir {
class DialectRegistry;
} // namespace mlir

namespace veomni {

/// The project's dialects, and the dialects of MLIR that its passes make.
void registerAllDialects(mlir::DialectRegistry &registry);

} // namespace veomni

#endif // VEOMNI_PIPELINES_REGISTER_H

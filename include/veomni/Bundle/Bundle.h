// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Programs (`veomni_rt` IR) to bundle files and back.
#ifndef VEOMNI_BUNDLE_BUNDLE_H
#define VEOMNI_BUNDLE_BUNDLE_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"
#include "llvm/Support/raw_ostream.h"

namespace veomni {

/// Writes the program as a bundle file (runtime/include/veomni/runtime/BundleFormat.h). Equal modules give equal bytes.
///
/// The module must verify, have an entry and hold nothing but ops of the program dialect, with every kernel in an
/// executable. Discardable attributes of ops are not kept, and of locations only names, those of instructions.
mlir::LogicalResult writeBundle(mlir::ModuleOp module, llvm::raw_ostream &output);

/// Reads what `writeBundle` wrote, such that writing it again gives the same bytes. `bytes` is a whole file, which may
/// be damaged or hostile: anything wrong is reported as a diagnostic that starts with the file's name. Returns null
/// then.
mlir::OwningOpRef<mlir::ModuleOp> readBundle(llvm::StringRef bytes, mlir::MLIRContext *context, llvm::StringRef name);

/// Writes the metadata of a bundle as strict JSON. Looks no further than the flatbuffer itself, so that it also shows
/// programs that `readBundle` refuses.
mlir::LogicalResult writeBundleAsJson(llvm::StringRef bytes, mlir::MLIRContext *context, llvm::StringRef name,
                                      llvm::raw_ostream &output);

/// Registers --mlir-to-bundle, --bundle-to-mlir and --bundle-to-json.
void registerBundleTranslations();

} // namespace veomni

#endif // VEOMNI_BUNDLE_BUNDLE_H

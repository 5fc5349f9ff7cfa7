// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Hugging Face model directory -> `veomni` module.
#ifndef VEOMNI_IMPORT_HUGGINGFACE_H
#define VEOMNI_IMPORT_HUGGINGFACE_H

#include "veomni/Models/Decoder.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"
#include "llvm/Support/Error.h"

namespace veomni {

struct ImportOptions {
  /// One or more, each of another kind. They share the functions that compute the same for them.
  std::vector<EntryOptions> entries = {{}};
  /// Element type of parameters, "f32" or "bf16"; activations are f32.
  std::string dtype = "f32";
  /// Paths of config keys that may be there although nothing reads them.
  std::vector<std::string> ignoredConfigKeys;
  /// Globs of tensors that the model does not need.
  std::vector<std::string> ignoredTensors;
};

/// Options from the words of a command line: entries (forward, loss; forward if there are none), a dtype (f32, bf16),
/// more outputs (hidden_states, router_logits) or inputs (image_embeds, video_embeds) of every entry. The error names
/// the word and lists the choices.
llvm::Expected<ImportOptions> parseImportOptions(llvm::ArrayRef<std::string> entries, llvm::StringRef dtype,
                                                 llvm::ArrayRef<std::string> more);

/// Imports the model in `directory` (config.json, safetensors with or without an index). Only tensor headers are read.
/// Problems are reported as one diagnostic at the directory; the result is null then. What was left out is a remark.
mlir::OwningOpRef<mlir::ModuleOp> importHuggingFace(llvm::StringRef directory, const ImportOptions &options,
                                                    mlir::MLIRContext *context);

/// Registers `--import-hf`, which reads the directory of the config.json it is given.
void registerHuggingFaceTranslation();

} // namespace veomni

#endif // VEOMNI_IMPORT_HUGGINGFACE_H

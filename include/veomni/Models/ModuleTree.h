// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Building blocks for model definitions: the functions of a module tree, and the ops that every layer uses.
#ifndef VEOMNI_MODELS_MODULETREE_H
#define VEOMNI_MODELS_MODULETREE_H

#include "veomni/Dialect/VeOmni/VeOmni.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinOps.h"

namespace veomni {

/// An argument or result of a function of the module tree.
struct Port {
  mlir::Type type;
  llvm::SmallVector<llvm::StringRef> axes; // names of the leading dynamic dims
  llvm::StringRef name = {};               // what an argument is called in printed IR and in errors

  Port named(llvm::StringRef other) const { return {type, axes, other}; }
};

/// Adds functions to a module, one per (class, method, specialisation), and calls between them.
class ModuleTree {
public:
  using Body = llvm::function_ref<llvm::SmallVector<mlir::Value>(mlir::ValueRange arguments)>;

  ModuleTree(mlir::ModuleOp module, mlir::FloatType activationType, mlir::FloatType parameterType);

  mlir::OpBuilder builder;
  const mlir::FloatType activationType, parameterType;

  /// The function of `className.method`, made by `body` if it does not exist yet. `specialisation` tells apart variants
  /// of one class that differ in constants (a sliding and a full attention layer). The insertion point is left where it
  /// was.
  mlir::func::FuncOp method(llvm::StringRef className, llvm::StringRef method, llvm::StringRef specialisation,
                            llvm::ArrayRef<Port> arguments, llvm::ArrayRef<Port> results, Body body);

  /// The public function `@forward` (or `@loss`): its ports carry the names of Hugging Face.
  mlir::func::FuncOp entry(llvm::StringRef symbol, llvm::StringRef className, llvm::ArrayRef<Port> arguments,
                           llvm::ArrayRef<mlir::NamedAttrList> argumentAttributes, llvm::ArrayRef<Port> results,
                           llvm::ArrayRef<std::string> resultNames, Body body);

  mlir::ValueRange call(mlir::func::FuncOp callee, const llvm::Twine &path, mlir::ValueRange operands);

  /// A tensor with a dynamic dim for each of `axes`, then the static dims `inner`; `element` defaults to the
  /// activations' type.
  Port port(llvm::ArrayRef<llvm::StringRef> axes, llvm::ArrayRef<int64_t> inner, mlir::Type element = {});

  /// Asks for a parameter of the instance. Nothing else says its name, shape and type: what the checkpoint must hold
  /// follows from all that is asked for (`askedParameters`). `element` defaults to the parameters' type.
  mlir::Value param(llvm::StringRef name, llvm::ArrayRef<int64_t> shape, mlir::Type element = {});
  /// x Wᵀ with "<name>.weight" [features, K] and, if `bias`, "<name>.bias" [features].
  mlir::Value linear(mlir::Value x, const llvm::Twine &name, int64_t features, bool bias);
  mlir::Value rmsNorm(mlir::Value x, const llvm::Twine &name, double epsilon,
                      NormVariant variant = NormVariant::Standard);
  /// With "<name>.weight" and "<name>.bias".
  mlir::Value layerNorm(mlir::Value x, const llvm::Twine &name, double epsilon);
  mlir::Value unflatten(mlir::Value x, int64_t heads);
  mlir::Value flatten(mlir::Value x);
  mlir::Value add(mlir::Value a, mlir::Value b);
  mlir::Value unary(UnaryKind kind, mlir::Value x);
  mlir::Value binary(BinaryKind kind, mlir::Value a, mlir::Value b);
  /// `x` itself if it is f32.
  mlir::Value f32(mlir::Value x);
  /// Columns [offset, offset + size).
  mlir::Value slice(mlir::Value x, int64_t offset, int64_t size);
  mlir::Value concat(mlir::Value a, mlir::Value b);
  mlir::Value broadcastHeads(mlir::Value x, int64_t heads);

  mlir::ModuleOp module() { return module_; }

  /// The location of what is called `name` in the function whose body is being made.
  mlir::Location named(const llvm::Twine &name) const;

private:
  mlir::func::FuncOp create(llvm::StringRef symbol, llvm::StringRef className, llvm::StringRef method,
                            llvm::ArrayRef<Port> arguments, llvm::ArrayRef<Port> results, Body body);
  mlir::ModuleOp module_;
  mlir::SymbolTable symbols_;
  mlir::Location place_; // of the function whose body is being made
};

} // namespace veomni

#endif // VEOMNI_MODELS_MODULETREE_H

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Names and sizes of the program under construction: what axes of the model become.
#ifndef VEOMNI_PASSES_LOWER_SYMBOLS_H
#define VEOMNI_PASSES_LOWER_SYMBOLS_H

#include "veomni/Analysis/Axes.h"
#include "veomni/Dialect/Program/Program.h"

#include "mlir/IR/Builders.h"
#include "llvm/ADT/StringSet.h"

namespace veomni::lower {

/// The symbols of a program: axes of entries, whether inputs were given, and sizes that are computed from these.
class ProgramSymbols {
public:
  explicit ProgramSymbols(mlir::MLIRContext *context) : header(context), context(context) {}

  mlir::OpBuilder header; // symbols, entries, weights

  /// A name that no symbol of the program has: `wanted`, or that and a number. Functions, axes, kernels and what
  /// lowering derives share one table of symbols in the program, though their authors do not know of one another.
  std::string unique(llvm::StringRef wanted);
  /// Keeps a name for an axis of the entry, whose symbol has it in any case.
  void reserveAxis(mlir::StringAttr axis) { taken.insert(axis.getValue()); }
  /// Keeps the name of a function of the model for its first instance, unless an axis has it.
  void reserveFunction(mlir::StringAttr name);
  /// The name of one more instance of a function.
  std::string instanceName(mlir::StringAttr function);
  /// The name of one more kernel of a kind: the kind and a number.
  std::string kernelName(llvm::StringRef kind);
  /// A dim of this extent, which is in axes of the entry: a number, one of these axes, or a symbol that is computed and
  /// defined once.
  rt::Dim dim(const AxisExtent &extent);
  /// Declares the symbol of an axis's part, `seq@sp`, and those of what it is a part of, once; of other axes nothing.
  void declarePart(mlir::StringAttr axis);
  /// What to call a dim of this extent, should it become a symbol; the first name stays.
  void suggestName(const AxisExtent &extent, llvm::StringRef name) { names.try_emplace(extent.str(), name.str()); }
  /// The symbol ceildiv(`dim`, `divisor`), defined once.
  rt::Dim ceilDiv(rt::Dim dim, int64_t divisor);
  /// The symbol that counts loops over experts, defined once.
  rt::SymbolOp expertSymbol();
  /// The symbol that counts the rows which a rank receives, defined once.
  rt::SymbolOp receivedSymbol();
  /// What a derived symbol is computed from; null for others.
  rt::ExtentAttr definitionOf(mlir::StringAttr symbol) const { return definitions.lookup(symbol); }
  rt::ExtentAttr extent(llvm::ArrayRef<rt::Dim> factors, int64_t divisor = 1) const {
    return rt::ExtentAttr::get(context, factors, divisor);
  }

  /// The symbol that an i1 or an index of the model is: whether an optional input was given, or the expert of a loop.
  llvm::DenseMap<mlir::Value, mlir::StringAttr> flags;
  mlir::MLIRContext *context;

private:
  llvm::StringMap<unsigned> kernelCounts;
  llvm::StringSet<> taken;                                      // names of symbols
  llvm::StringSet<> reserved;                                   // those of functions without an instance so far
  llvm::StringMap<std::string> names;                           // of extents, by their text
  llvm::StringSet<> parts;                                      // axes that are parts and have a symbol
  llvm::StringMap<rt::SymbolOp> derived;                        // by the text of their extents
  llvm::DenseMap<mlir::StringAttr, rt::ExtentAttr> definitions; // of derived symbols
  rt::SymbolOp expert, received;
};

} // namespace veomni::lower

#endif // VEOMNI_PASSES_LOWER_SYMBOLS_H

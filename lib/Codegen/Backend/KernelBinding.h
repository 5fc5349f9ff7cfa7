// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Binding: names in the shapes of a declaration take their sizes from the operands' types, and whatever does not agree
// is a problem.
#ifndef VEOMNI_LIB_CODEGEN_BACKEND_KERNELBINDING_H
#define VEOMNI_LIB_CODEGEN_BACKEND_KERNELBINDING_H

#include "OperandShape.h"
#include "veomni/Codegen/Kernel.h"

namespace veomni::codegen {

inline std::string text(auto value) {
  std::string result;
  llvm::raw_string_ostream(result) << value;
  return result;
}

/// The value of a size whose names are known; null otherwise.
rt::ExtentAttr evaluate(mlir::MLIRContext *context, const SizeExpression &size,
                        llvm::function_ref<rt::ExtentAttr(const std::string &)> lookUp);

/// One declaration, and what is known so far of one kernel of its kind.
class KernelBinding {
public:
  KernelBinding(const KernelKind &kind, mlir::DictionaryAttr dictionary, llvm::ArrayRef<rt::OperandAttr> operands,
                SymbolDefinitions definitions, Problems &problems, const Level *level)
      : kind(kind), dictionary(dictionary), operands(operands), definitions(definitions), problems(problems),
        context(dictionary.getContext()) {
    kernel.declared = &kind;
    kernel.target = level;
    kernel.context = context;
  }

  std::optional<Kernel> run();

private:
  // Attributes.
  void readAttributes();
  void readAttribute(const AttributeRule &rule, mlir::Attribute value);
  std::optional<int64_t> readInteger(llvm::StringRef name, mlir::Attribute value, int64_t min, int64_t max);

  // Operands.
  bool assignOperands();
  bool fits(const OperandRule &rule, rt::OperandAttr operand) const;
  void matchType(unsigned number);
  void matchShape(unsigned number);
  void matchRepeating(unsigned number);
  unsigned splitPoint(const OperandShape &shape, rt::BufferType type) const;
  void matchItems(unsigned number, llvm::ArrayRef<ShapeItem> items, llvm::ArrayRef<rt::Dim> dims);
  void matchRuns(unsigned number);
  void checkDeferred();
  /// What the kind says of operations is of sizes that there are.
  void checkFlops();

  // Sizes.
  rt::ExtentAttr lookUp(const std::string &name) const {
    auto known = kernel.sizes.find(name);
    return known == kernel.sizes.end() ? rt::ExtentAttr() : known->second;
  }
  rt::ExtentAttr product(llvm::ArrayRef<rt::Dim> dims) const { return rt::ExtentAttr::get(context, dims); }
  void bindName(const std::string &name, rt::ExtentAttr size, const std::string &where);
  bool solve(const SizeExpression &size, rt::Dim dim, const std::string &where);
  bool same(rt::ExtentAttr a, rt::ExtentAttr b) const { return isSameExtent(a, b, definitions); }

  std::string label(unsigned number) const {
    return "operand " + std::to_string(number) + " ('" + rules[number]->name + "')";
  }
  rt::BufferType type(unsigned number) const { return operands[number].getType(); }
  /// Begins the report about an operand.
  std::string expected(unsigned number) const {
    return label(number) + " is " + text(type(number)) + ", expected " + rules[number]->shape;
  }

  const KernelKind &kind;
  mlir::DictionaryAttr dictionary;
  llvm::ArrayRef<rt::OperandAttr> operands;
  SymbolDefinitions definitions;
  Problems &problems;
  mlir::MLIRContext *context;
  Kernel kernel;
  llvm::SmallVector<const OperandRule *> rules;
  llvm::SmallVector<OperandShape> shapes;
  std::map<std::string, std::string> boundBy;
  std::map<std::string, std::pair<std::string, std::string>> elementOf; // by letter
  struct Deferred {
    unsigned number;
    SizeExpression size;
    rt::Dim dim;
  };
  llvm::SmallVector<Deferred> deferred;
};

} // namespace veomni::codegen

#endif // VEOMNI_LIB_CODEGEN_BACKEND_KERNELBINDING_H

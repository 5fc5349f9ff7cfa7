// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A declared kernel that fits its kind: the sizes, strides and element types that its operands' types say, and its
// attributes. Nothing of it refers to an MLIRContext but the extents, so that emitters may run in other threads.
#ifndef VEOMNI_CODEGEN_KERNEL_H
#define VEOMNI_CODEGEN_KERNEL_H

#include "veomni/Codegen/KernelKinds.h"

#include "mlir/IR/BuiltinAttributes.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/Twine.h"

#include <map>
#include <optional>
#include <set>
#include <variant>

namespace veomni::codegen {

/// What code of a target may be compiled for. Levels are constants of the program, compared and passed by reference.
struct Level {
  llvm::StringRef name;
  /// Everything that the code may use beyond what every device of the target has; a bundle records it and a loader
  /// checks it.
  llvm::ArrayRef<llvm::StringLiteral> features;

  bool has(llvm::StringRef feature) const { return llvm::is_contained(features, feature); }
};

/// Collects what is wrong, so that all of it is told at once.
class Problems {
public:
  void add(const llvm::Twine &problem) { lines.push_back(problem.str()); }
  bool empty() const { return lines.empty(); }
  llvm::ArrayRef<std::string> all() const { return lines; }

private:
  std::vector<std::string> lines;
};

/// What a derived symbol of a program is computed from; null for other symbols.
using SymbolDefinitions = llvm::function_ref<rt::ExtentAttr(mlir::StringAttr)>;

/// Whether two extents are the same number whatever the symbols are, as far as products, derived symbols and divisions
/// tell.
bool isSameExtent(rt::ExtentAttr a, rt::ExtentAttr b, SymbolDefinitions definitions);

/// Text of an extent, as ops print it.
std::string extentText(rt::ExtentAttr extent);

/// How an operand repeats over the runs of columns of others.
enum class Repeat {
  none,    // rows of all runs
  columns, // rows of one number per group
  groups,  // rows of one run for all groups
  row,     // rows of one number
  rows,    // one run for all groups of all rows
  all,     // one number
};

/// Where runs of columns lie within the rows of an operand: column `at`, and every `run` columns from there; 0 repeats
/// one run.
struct Runs {
  int64_t at = 0, run = 0;
  /// Runs fill the row.
  bool whole = true;
};

class Kernel {
public:
  /// Binds a kernel to its kind. Problems name attribute or operand, what was found and what was expected; with any,
  /// there is no kernel. `level`: what is compiled for, where known.
  static std::optional<Kernel> bind(const KernelKind &kind, mlir::DictionaryAttr attributes,
                                    llvm::ArrayRef<rt::OperandAttr> operands, SymbolDefinitions definitions,
                                    Problems &problems, const Level *level = nullptr);

  const KernelKind &kind() const { return *declared; }
  /// The level that is compiled for; null where it is not known yet.
  const Level *level() const { return target; }

  /// A size that is a constant.
  int64_t size(llvm::StringRef name) const;
  bool isConstant(llvm::StringRef name) const;
  /// For `KernelKind::check`: the size `name` is `value`.
  void setSize(llvm::StringRef name, int64_t value);
  /// For `KernelKind::check`: reports sizes above `most`, which no kernel is generated for in reasonable time or stack.
  void limit(llvm::StringRef name, int64_t most, Problems &problems) const;
  /// For `KernelKind::check`: reports a size that is no multiple of another.
  void expectMultiple(llvm::StringRef name, llvm::StringRef of, Problems &problems) const;

  void expectAtMost(llvm::StringRef name, llvm::StringRef most, Problems &problems) const;
  /// For `KernelKind::check`: for operands that are read with one stride.
  void expectEqualStrides(llvm::StringRef a, llvm::StringRef b, Problems &problems) const;

  bool has(llvm::StringRef operand) const { return operandNumbers.count(operand.str()); }
  unsigned operandNumber(llvm::StringRef operand) const { return operandNumbers.at(operand.str()); }
  unsigned operandCount() const { return operandNumbers.size(); }
  /// The element type: "f32", "bf16", "i32" or "i64".
  llvm::StringRef element(llvm::StringRef operand) const { return layouts.at(operand.str()).element; }
  bool isInteger(llvm::StringRef operand) const { return element(operand).starts_with("i"); }
  bool isBf16(llvm::StringRef operand) const { return element(operand) == "bf16"; }
  /// Elements between the starts of two rows; 0 where a row's size is no constant, and there are no gaps.
  int64_t stride(llvm::StringRef operand) const { return layouts.at(operand.str()).stride; }
  Runs runs(llvm::StringRef operand) const { return layouts.at(operand.str()).runs; }
  Repeat repeat(llvm::StringRef operand) const { return layouts.at(operand.str()).repeat; }

  bool hasAttribute(llvm::StringRef name) const { return attributes.count(name.str()); }
  int64_t integer(llvm::StringRef name) const { return std::get<int64_t>(attributes.at(name.str())); }
  double number(llvm::StringRef name) const { return std::get<double>(attributes.at(name.str())); }
  double numberOr(llvm::StringRef name, double otherwise) const {
    return hasAttribute(name) ? number(name) : otherwise;
  }
  bool flag(llvm::StringRef name) const { return hasAttribute(name) && std::get<bool>(attributes.at(name.str())); }
  llvm::StringRef choice(llvm::StringRef name) const { return std::get<std::string>(attributes.at(name.str())); }
  llvm::ArrayRef<float> numbers(llvm::StringRef name) const {
    return std::get<std::vector<float>>(attributes.at(name.str()));
  }

  /// The rules of the scalars that the kernel has.
  llvm::SmallVector<const ScalarRule *> scalars() const;
  /// What a scalar must be; null for what no type says.
  rt::ExtentAttr scalarExtent(const ScalarRule &rule) const;
  llvm::SmallVector<rt::ExtentAttr> workgroups() const;
  /// Floating-point operations of one dispatch: the least of these. Empty where the kind does not say.
  llvm::SmallVector<rt::ExtentAttr> flops() const;
  /// The operand that operand `number` is.
  const OperandRule &operandRule(unsigned number) const;

  /// All that code depends on, as text: names of symbols are not in it.
  std::string key() const;

private:
  friend class KernelBinding;
  struct Layout {
    std::string element;
    int64_t stride = 0;
    Runs runs = {};
    Repeat repeat = Repeat::none;
  };

  const KernelKind *declared = nullptr;
  const Level *target = nullptr;
  mlir::MLIRContext *context = nullptr;
  std::map<std::string, unsigned> operandNumbers;
  std::map<std::string, Layout> layouts;
  std::map<std::string, rt::ExtentAttr> sizes;
  std::map<std::string, int64_t> constants;
  std::map<std::string, std::variant<int64_t, double, bool, std::string, std::vector<float>>> attributes;
};

/// A kernel from text, for examples, tests and benchmarks. The error holds all problems, a line each.
llvm::Expected<Kernel> bindKernel(mlir::MLIRContext &context, const KernelKindTable &kinds, llvm::StringRef kind,
                                  const KernelText &text, const Level *level = nullptr,
                                  SymbolDefinitions definitions = nullptr);

} // namespace veomni::codegen

#endif // VEOMNI_CODEGEN_KERNEL_H

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What a kind of kernels declares about itself. From this one declaration come the emitter's numbers, the scalars and
// workgroups that `lower` gives to dispatches, the check of every program that enters phase codegen, and the reference
// of kinds (build/docs/kernels.md). Nothing here is about one target: how code is written is the emitter's matter,
// which only the backend that it is for can call.
#ifndef VEOMNI_CODEGEN_KERNELKINDS_H
#define VEOMNI_CODEGEN_KERNELKINDS_H

#include "veomni/Dialect/Program/Program.h"

#include "mlir/Support/LLVM.h"
#include "mlir/Support/TypeID.h"
#include "llvm/Support/Error.h"

#include <deque>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

namespace veomni::codegen {

class Kernel;
class Problems;

/// Writes a kernel with a builder of the backend that it is for.
class EmitFunction {
public:
  EmitFunction() = default;
  template <typename Builder>
  EmitFunction(void (*function)(Builder &, const Kernel &))
      : function(reinterpret_cast<void (*)()>(function)), builder(mlir::TypeID::get<Builder>()) {}

  explicit operator bool() const { return function; }
  /// Null where the function takes another builder.
  template <typename Builder> auto of() const {
    bool same = builder == mlir::TypeID::get<Builder>();
    return same ? reinterpret_cast<void (*)(Builder &, const Kernel &)>(function) : nullptr;
  }

private:
  void (*function)() = nullptr;
  mlir::TypeID builder;
};

/// One operand of a kind.
///
/// `shape` is text such as `[rows.. | groups.., cols] x T`. Names are sizes: where one is said again, it must be the
/// same. `rows..` stands for any number of dims and is their product. Dims behind the bar are a row, whose elements lie
/// side by side; rows may have gaps between them. Without a bar nothing has gaps. Sizes may be computed: `[2 * experts
/// + 1]`, `[batch, ceildiv(seq, 32)]`. The element type is one of f32, bf16, i32, i64, several with bars between them,
/// or a capital letter: f32 or bf16, the same wherever the letter is said. At last, `tiles = [32, 4
/// bytes]` asks for a matrix in tiles of 32 rows, each row of them 4 bytes.
struct OperandRule {
  std::string name = "";
  rt::Access access = rt::Access::read;
  std::string shape = "";
  std::string meaning = "";
  /// May be left out; the types of the other operands must tell whether it is there.
  bool optional = false;
  /// Read operands whose memory this written one may have, where the types are equal.
  std::vector<std::string> over = {};
  /// May repeat over columns, groups and rows of the other operands, as in broadcasting: see `Kernel::repeat`.
  bool repeats = false;
  /// The names of how many runs of columns are read of a row, and of how long they are. Attributes `<name>_at` and
  /// `<name>_run` then say at which column the first one starts and how many columns further on the next one does (0
  /// reads one run again and again). Without them runs fill the row.
  std::vector<std::string> runs = {};
};

inline OperandRule read(std::string name, std::string shape, std::string meaning = "") {
  return {
      .name = std::move(name), .access = rt::Access::read, .shape = std::move(shape), .meaning = std::move(meaning)};
}
inline OperandRule optionalRead(std::string name, std::string shape, std::string meaning = "") {
  OperandRule rule = read(std::move(name), std::move(shape), std::move(meaning));
  rule.optional = true;
  return rule;
}
/// Runs of `length` columns, `count` of them, within rows of any width.
inline OperandRule readRuns(std::string name, std::string shape, std::string count, std::string length) {
  OperandRule rule = read(std::move(name), std::move(shape));
  rule.runs = {std::move(count), std::move(length)};
  return rule;
}
inline OperandRule write(std::string name, std::string shape, std::vector<std::string> over = {}) {
  return {.name = std::move(name), .access = rt::Access::write, .shape = std::move(shape), .over = std::move(over)};
}
inline OperandRule readWrite(std::string name, std::string shape) {
  return {.name = std::move(name), .access = rt::Access::read_write, .shape = std::move(shape)};
}

/// One scalar of a kind.
struct ScalarRule {
  std::string name = "";
  /// What it must be, of the sizes of the operands; empty for what no type says.
  std::string size = "";
  std::string meaning = "";
  /// Only there where the size is not a constant.
  bool ifDynamic = false;
  /// An index below this size, for scalars that no type says.
  std::string below = "";
};
inline ScalarRule scalar(const std::string &size) { return {size, size}; }

/// An attribute: what no type says.
struct AttributeRule {
  enum Type { integer, number, flag, choice, numbers };
  std::string name = "";
  Type type = integer;
  std::string meaning = "";
  bool required = true;
  /// Of integers, inclusive.
  int64_t min = 1, max = std::numeric_limits<int64_t>::max();
  /// Of choices; the first is the default of one that is not required.
  std::vector<std::string> choices = {};
};
inline AttributeRule integer(std::string name, std::string meaning, int64_t min = 1,
                             int64_t max = std::numeric_limits<int64_t>::max()) {
  return {std::move(name), AttributeRule::integer, std::move(meaning), true, min, max};
}
inline AttributeRule number(std::string name, std::string meaning) {
  return {std::move(name), AttributeRule::number, std::move(meaning)};
}
/// False unless given.
inline AttributeRule flag(std::string name, std::string meaning) {
  return {std::move(name), AttributeRule::flag, std::move(meaning), false};
}
inline AttributeRule choice(std::string name, std::vector<std::string> choices, std::string meaning) {
  return {.name = std::move(name),
          .type = AttributeRule::choice,
          .meaning = std::move(meaning),
          .choices = std::move(choices)};
}
inline AttributeRule optional(AttributeRule rule) {
  rule.required = false;
  return rule;
}

/// A kernel of a kind: `operands` as the program dialect spells them, with `;` between, such as
/// `read [r, 20] x f32, row_stride = 24; write [r, 20] x f32`, and its dictionary of attributes.
struct KernelText {
  std::string operands;
  std::string attributes = "{}";
};

/// A kind of kernels.
struct KernelKind {
  std::string name = "";
  /// One sentence: what it computes. `details`: what else its users must know.
  std::string summary = "";
  std::string details = "";
  std::vector<OperandRule> operands = {};
  std::vector<ScalarRule> scalars = {};
  /// One to three numbers of workgroups, of the sizes of the operands.
  std::vector<std::string> workgroups = {"1"};
  std::vector<AttributeRule> attributes = {};
  /// The multiplications and additions of its products, of the sizes of the operands; of several, the least. Null for
  /// kinds that do little else than read and write.
  std::vector<std::string> (*flops)(const Kernel &kernel) = nullptr;
  /// One of the kind, for the reference, and for a test that compiles it at every level.
  KernelText example = {};
  /// Computes sizes that shapes do not tell, and reports what does not go together; for kinds that need it.
  void (*check)(Kernel &kernel, Problems &problems) = nullptr;
  /// Writes the kernel, which fits the declaration: opens with `k.begin`, writes the body and closes with `k.end`.
  EmitFunction emit = {};
  /// Of the emitter's code, where that does not come with the compiler.
  std::string revision = "";
};
using KernelKinds = std::vector<KernelKind>;

/// `size` in blocks of so many, such as `ceildiv(rows, 16)`.
inline std::string blocks(const std::string &size, int64_t block) {
  return "ceildiv(" + size + ", " + std::to_string(block) + ")";
}

/// Of `KernelKind::flops`: a product of matrices [rows, inner] and [columns, inner], or several of them.
template <typename... Sizes> std::vector<std::string> productFlops(const Sizes &...sizes) {
  std::string text = "2";
  for (std::string_view size : {std::string_view(sizes)...})
    text.append(" * ").append(size);
  return {text};
}

/// What is wrong with a declaration itself, a line per problem; empty if nothing is.
std::string checkDeclaration(const KernelKind &kind);

/// The kinds of a target, in order of their names. Their addresses stay, since kernels point at them.
class KernelKindTable {
public:
  KernelKindTable() = default;
  explicit KernelKindTable(KernelKinds builtin);

  /// Error: there is one of that name, or its declaration is wrong.
  llvm::Error add(KernelKind kind);
  /// Null if there is none of that name.
  const KernelKind *find(llvm::StringRef name) const;
  /// The error of a name that there is not, with those that there are.
  std::string unknown(llvm::StringRef name) const;

  auto begin() const { return kinds.begin(); }
  auto end() const { return kinds.end(); }
  size_t size() const { return kinds.size(); }

private:
  std::deque<KernelKind> kinds;
};

/// The reference of all kinds, as Markdown under `title`.
std::string describeKernelKinds(const KernelKindTable &kinds, llvm::StringRef title);

} // namespace veomni::codegen

#endif // VEOMNI_CODEGEN_KERNELKINDS_H

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What the lowering of single ops works with: the program under construction, and one function of it.
#ifndef VEOMNI_PASSES_LOWER_FUNCTIONLOWERING_H
#define VEOMNI_PASSES_LOWER_FUNCTIONLOWERING_H

#include "veomni/Analysis/Axes.h"
#include "veomni/Codegen/CPU/Kernel.h"
#include "veomni/Dialect/Program/Program.h"
#include "veomni/Dialect/VeOmni/VeOmni.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Builders.h"
#include "llvm/ADT/StringSet.h"

namespace veomni::lower {

/// Elements between the starts of two rows of `elements` elements: rows start on cache lines, and a stride that is a
/// multiple of 4 KiB, which would put a tile's rows into one set of the L1 cache, is lengthened by one line.
int64_t paddedRowStride(int64_t elements, mlir::Type elementType);

/// The program-wide tables: kernels, symbols, weights.
class ProgramBuilder {
public:
  explicit ProgramBuilder(mlir::ModuleOp module);

  mlir::OpBuilder header;    // symbols, inputs, outputs, weights
  mlir::OpBuilder kernels;   // kernel declarations
  mlir::OpBuilder functions; // functions, callees first

  /// The kernel of this kind, attributes and operands; declared once.
  rt::KernelOp kernel(llvm::StringRef kind, mlir::DictionaryAttr config, llvm::ArrayRef<rt::OperandAttr> operands,
                      unsigned scalars);
  /// A name that no symbol of the program has: `wanted`, or that and a number. Functions, axes, kernels and what
  /// lowering derives share one table of symbols in the program, though their authors do not know of one another.
  std::string unique(llvm::StringRef wanted);
  /// Keeps a name for an axis of the entry, whose symbol has it in any case.
  void reserveAxis(mlir::StringAttr axis) { taken.insert(axis.getValue()); }
  /// Keeps the name of a function of the model for its first instance, unless an axis has it.
  void reserveFunction(mlir::StringAttr name);
  /// The name of one more instance of a function.
  std::string instanceName(mlir::StringAttr function);
  /// A dim of this extent, which is in axes of the entry: a number, one of these axes, or a symbol that is computed and
  /// defined once.
  rt::Dim dim(const AxisExtent &extent);
  /// What to call a dim of this extent, should it become a symbol; the first name stays.
  void suggestName(const AxisExtent &extent, llvm::StringRef name) { names.try_emplace(extent.str(), name.str()); }
  /// The symbol ceildiv(`dim`, `divisor`), defined once.
  rt::Dim ceilDiv(rt::Dim dim, int64_t divisor);
  /// The symbol that counts loops over experts, defined once.
  rt::SymbolOp expertSymbol();
  /// What a derived symbol is computed from; null for others.
  rt::ExtentAttr definitionOf(mlir::StringAttr symbol) const;
  rt::ExtentAttr extent(llvm::ArrayRef<rt::Dim> factors, int64_t divisor = 1) const {
    return rt::ExtentAttr::get(context, factors, divisor);
  }

  /// The symbol that an i1 or an index of the model is: whether an optional input was given, or the expert of a loop.
  llvm::DenseMap<mlir::Value, mlir::StringAttr> flags;
  /// A parameter of a function's own window: its relative name, or the names of those it is concatenated from, its
  /// model type, whether GEMM panels hold it, and the op that asks for it.
  struct Param {
    mlir::ArrayAttr names;
    mlir::RankedTensorType type;
    bool panels;
    mlir::Operation *asked;
  };
  struct CallSite {
    mlir::StringAttr path;
    mlir::func::FuncOp callee;
  };
  /// The window of a function: its own parameters, then the windows of its calls, in order.
  struct Window {
    llvm::SmallVector<Param> own;
    llvm::SmallVector<CallSite> calls;
    int64_t size = 0;
  };
  llvm::DenseMap<mlir::Operation *, Window> windows;
  /// A function of the model over axes of one size each. One that runs over different axes becomes as many functions of
  /// the program, since each of those knows the sizes of its buffers.
  struct Instance {
    mlir::func::FuncOp source;
    const FunctionAxes *axes;
    AxisBinding binding;   ///< its own axes -> extents in axes of the entry
    bool ofExpert = false; ///< its first axis is that of the rows of one expert, of which there are fewer than its size
    rt::FuncOp lowered = {}; ///< null where lowering failed
    /// Of loops over experts that run it; they differ where the loops' operands do, such as in the number of choices
    /// per token.
    llvm::SmallVector<rt::FuncOp, 1> loopBodies = {};
  };
  /// The instance of a function, lowered once together with all that it calls; null if it cannot be lowered, which has
  /// been said then.
  Instance *instantiate(mlir::func::FuncOp source, const AxisBinding &binding, bool ofExpert, bool isEntry);
  /// The instance that `op`, a call or a loop in a function, runs.
  Instance *callee(mlir::Operation *op, const Instance &caller);

  ModuleAxes axes;
  mlir::MLIRContext *context;
  bool failedAny = false; // some instance could not be lowered, which has been said

private:
  llvm::DenseMap<mlir::Attribute, rt::KernelOp> kernelsByKey;
  llvm::StringMap<unsigned> kernelCounts;
  llvm::StringSet<> taken;                                      // names of symbols
  llvm::StringSet<> reserved;                                   // those of functions without an instance so far
  llvm::StringMap<std::string> names;                           // of extents, by their text
  llvm::StringMap<rt::SymbolOp> derived;                        // by the text of their extents
  llvm::DenseMap<mlir::StringAttr, rt::ExtentAttr> definitions; // of derived symbols
  rt::SymbolOp expert;
  llvm::StringMap<std::unique_ptr<Instance>> instances; // by function, binding and use
};

/// The names of the parameters that `value` is made of; null if it is made of anything else.
mlir::ArrayAttr parameterNames(mlir::Value value);

/// The op that splits columns of a wider row into heads, if that is what `value` is: kernels read those where they are.
UnflattenOp headsOfSlice(mlir::Value value);

/// Lowers the body of one function. Op lowerings ask for buffers and emit dispatches.
class FunctionLowering {
public:
  FunctionLowering(ProgramBuilder &program, ProgramBuilder::Instance &instance, bool isEntry);
  mlir::LogicalResult run();

  ProgramBuilder &program;
  ProgramBuilder::Instance &instance;
  mlir::MLIRContext *context;

  /// The extent of a dim of a value, in axes of the entry.
  AxisExtent extent(mlir::Value value, unsigned dim) const;
  /// The buffer that holds `value` and nothing else: a parameter's rows where no kernel lays it out otherwise, a copy
  /// of slices and broadcast heads.
  mlir::Value buffer(mlir::Value value);
  /// Where a kernel that can reads the columns of a value without such a copy: runs of them, such as heads, start in
  /// every row of `buffer` at `at` and every `run` columns from there; 0 repeats one run.
  struct Runs {
    mlir::Value buffer;
    int64_t at, run;
  };
  /// `whole`: copied into rows of its own if it lies within wider ones.
  Runs runs(mlir::Value value, bool whole = false);
  /// The kernel kind that an op's implementation names, else the op's own.
  std::string kindOf(mlir::Operation *op, llvm::StringRef own) const;
  /// A new buffer for `value`, the result argument itself where it is returned.
  mlir::Value allocate(mlir::Value value);
  /// A buffer that no model value names.
  mlir::Value scratch(rt::BufferType type);
  /// The parameter, or the parameters one after the other, that define `value`, in panels where a GEMM reads it.
  mlir::FailureOr<mlir::Value> param(mlir::Value value, bool panels);
  mlir::Value view(mlir::Value source, rt::BufferType type);
  void bind(mlir::Value value, mlir::Value buffer) { buffers[value] = buffer; }
  /// The symbol that an i1 or index of the model is.
  rt::Dim flag(mlir::Value value);
  /// The number of rows, an i32 [1], where the rows of `value` are the tokens of one expert; null for other values.
  mlir::Value rowCount(mlir::Value value);
  /// The base of the next call's window of weights.
  int64_t nextWindowBase();
  /// The buffer type of a tensor value: `dense`, or with padded rows.
  rt::BufferType bufferType(mlir::Value value, bool dense = false);

  struct Use {
    rt::Access access;
    mlir::Value buffer;
  };
  static Use read(mlir::Value buffer) { return {rt::Access::read, buffer}; }
  static Use write(mlir::Value buffer) { return {rt::Access::write, buffer}; }
  /// Runs a kernel of `kind` for `op`. `config` says what no type does, `given` the scalars that none does, in order;
  /// all other scalars and the workgroups are what the kind declares for operands of these types. Fails with a
  /// diagnostic where they do not fit.
  mlir::LogicalResult dispatch(mlir::Operation *op, llvm::StringRef kind, llvm::ArrayRef<mlir::NamedAttribute> config,
                               llvm::ArrayRef<Use> uses, llvm::ArrayRef<rt::ExtentAttr> given = {});
  /// The same where `builder` stands, in another function than this one.
  mlir::LogicalResult dispatch(mlir::OpBuilder &builder, mlir::Operation *op, llvm::StringRef kind,
                               llvm::ArrayRef<mlir::NamedAttribute> config, llvm::ArrayRef<Use> uses,
                               llvm::ArrayRef<rt::ExtentAttr> given = {});

  mlir::NamedAttribute attr(llvm::StringRef name, int64_t value);
  mlir::NamedAttribute attr(llvm::StringRef name, bool value);
  mlir::NamedAttribute attr(llvm::StringRef name, llvm::StringRef value);
  mlir::NamedAttribute attr(llvm::StringRef name, const llvm::APFloat &value);
  mlir::NamedAttribute attr(llvm::StringRef name, mlir::Attribute value) {
    return {mlir::StringAttr::get(context, name), value};
  }
  /// How many runs of columns a row of the buffer holds.
  static int64_t groups(mlir::Value buffer);
  /// Adds attributes `<operand>_at` and `<operand>_run` for `count` runs of `cols` columns, unless these fill the rows;
  /// whether they do not.
  bool addRuns(llvm::SmallVectorImpl<mlir::NamedAttribute> &config, llvm::StringRef operand, const Runs &runs,
               int64_t count, int64_t cols);
  static int64_t rowStride(mlir::Value buffer) { return type(buffer).getRowStride(); }
  static rt::BufferType type(mlir::Value buffer) { return llvm::cast<rt::BufferType>(buffer.getType()); }
  /// Of all runs of a row: for what works element by element. Rows must be static.
  static int64_t rowElements(mlir::Value buffer);
  rt::ExtentAttr rows(mlir::Value buffer, int64_t divisor = 1);

  /// Adds an instruction that runs another function.
  template <typename Op, typename... Args> void instruction(mlir::Location loc, Args &&...args) {
    Op::create(instructions, loc, std::forward<Args>(args)...);
    noteInstruction();
  }
  mlir::LogicalResult copy(mlir::Operation *op, mlir::Value from, mlir::Value to);
  /// Copies the runs of a value into a buffer of its type.
  mlir::LogicalResult gather(mlir::Operation *op, const Runs &from, mlir::Value to);

private:
  mlir::LogicalResult createFunction();
  void chooseDestinations();
  mlir::LogicalResult lowerCall(CallOp call);
  mlir::LogicalResult lowerReturn(mlir::func::ReturnOp ret);
  void noteInstruction();

  mlir::func::FuncOp source;
  bool isEntry;
  rt::FuncOp function;
  mlir::OpBuilder values; // slots, params and views, ahead of the instructions
  mlir::OpBuilder instructions;
  llvm::DenseMap<mlir::Value, mlir::Value> buffers;
  llvm::DenseMap<mlir::Value, mlir::Value> destinations;
  llvm::DenseMap<std::pair<mlir::ArrayAttr, unsigned>, mlir::Value> params;
  mlir::Value count; // of an expert's tokens
  unsigned slots = 0, callsSeen = 0;
};

/// A matrix product with packed weights.
struct GemmCall {
  mlir::Value x, weight, bias, out;
  /// The kernel kind: `gemm`, or that of one or of all experts.
  llvm::StringRef kind = "gemm";
  /// What only some kinds have, in the order of the kernel's operands.
  llvm::SmallVector<mlir::NamedAttribute> config = {};
  llvm::SmallVector<mlir::Value> tables = {};
  llvm::SmallVector<rt::ExtentAttr> given = {};

  /// Emits it as the implementation that `op` is bound to.
  mlir::LogicalResult dispatch(FunctionLowering &lowering, mlir::Operation *op) const;
};

/// Whether a product is to take dot products of bf16.
bool boundToBf16Dot(mlir::Operation *op);

/// Reports that a kernel reads `what` from the checkpoint only.
mlir::LogicalResult noParameter(mlir::Operation *op, llvm::StringRef what);

/// Fails with a diagnostic where an op's dims are not what its kernels know, or where the kernel that it is bound to is
/// not what it would get.
mlir::LogicalResult checkLowerable(FunctionLowering &lowering, mlir::Operation *op);

/// Lowers one op; fails with a diagnostic, or leaves `handled` false for an op of another family.
mlir::LogicalResult lowerNN(FunctionLowering &lowering, mlir::Operation *op, bool &handled);
mlir::LogicalResult lowerMoe(FunctionLowering &lowering, mlir::Operation *op, bool &handled);
mlir::LogicalResult lowerGrouped(FunctionLowering &lowering, mlir::Operation *op, bool &handled);
mlir::LogicalResult lowerSequence(FunctionLowering &lowering, mlir::Operation *op, bool &handled);
mlir::LogicalResult lowerEager(FunctionLowering &lowering, mlir::Operation *op, bool &handled);

} // namespace veomni::lower

#endif // VEOMNI_PASSES_LOWER_FUNCTIONLOWERING_H

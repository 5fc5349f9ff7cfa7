// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef VEOMNI_DIALECT_PROGRAM_PROGRAMOPS_TD
#define VEOMNI_DIALECT_PROGRAM_PROGRAMOPS_TD

include "mlir/IR/OpAsmInterface.td"
include "mlir/IR/RegionKindInterface.td"
include "mlir/IR/SymbolInterfaces.td"
include "mlir/Interfaces/SideEffectInterfaces.td"
include "veomni/Dialect/Program/ProgramAttrs.td"
include "veomni/Dialect/Weight/WeightDialect.td"

class Program_Op<string opMnemonic, list<Trait> traits> : Op<Program_Dialect, opMnemonic, traits>;
// Every op that names symbols, be it in a type, checks them once the whole module is there.
class Program_ModuleOp<string opMnemonic, list<Trait> traits = []>
    : Program_Op<opMnemonic,
                 [HasParent<"::mlir::ModuleOp">, DeclareOpInterfaceMethods<SymbolUserOpInterface>] # traits>;
class Program_BodyOp<string opMnemonic, list<Trait> traits = []>
    : Program_Op<opMnemonic, [HasParent<"FuncOp">] # traits>;
class Program_ValueOp<string opMnemonic>
    : Program_BodyOp<opMnemonic, [Pure, DeclareOpInterfaceMethods<SymbolUserOpInterface>,
                                  DeclareOpInterfaceMethods<OpAsmOpInterface, ["getAsmResultNames"]>]>;
class Program_Instruction<string opMnemonic>
    : Program_BodyOp<opMnemonic, [DeclareOpInterfaceMethods<SymbolUserOpInterface>]>;

def Program_BufferTypeAttr : TypeAttrOf<Program_BufferType>;
defvar int64Min = "std::numeric_limits<int64_t>::min()";
defvar int64Max = "std::numeric_limits<int64_t>::max()";
def Program_Index : ConfinedAttr<I64Attr, [IntNonNegative, IntMaxValue<4294967295>]>;

//===--- What the program depends on ------------------------------------------------------------------------------===//

def MeshAxisOp : Program_ModuleOp<"mesh_axis"> {
  let summary = "an axis of the grid of ranks that run the program together";
  let description = [{
    A program with axes is for as many ranks as their sizes multiply to. Rank numbers count through the grid, the last
    axis fastest. An axis that `redivides` makes the grid no larger: it puts all of its ranks into groups of as many
    neighbours. One program serves all ranks; where a rank stands is known at run time.

    Example:
    ```mlir
    veomni_rt.mesh_axis "dp_replicate" = 2
    veomni_rt.mesh_axis "sp" = 4
    veomni_rt.mesh_axis "ep" = 2 redivides
    ```

    Constraints:
    - the name is not empty, and the only such among axes;
    - the size is at least 1, and those of the grid multiply to at most 2^31 - 1, which the others divide; there are at
      most 16 axes.
  }];
  let arguments = (ins StrAttr:$name, ConfinedAttr<I64Attr, [IntPositive]>:$size, UnitAttr:$redivides);
  let assemblyFormat = "$name `=` $size (`redivides` $redivides^)? attr-dict";
  let hasVerifier = 1;
}

def SymbolOp : Program_ModuleOp<"symbol", [Symbol]> {
  let summary = "a size or flag that is known at run time";
  let description = [{
    The value of a symbol is the size of the dims that have this name in the inputs of the entry that runs (`axis`),
    whether the caller gave an input (`given`: 1 or 0), computed from symbols above (`derived(extent)`), what this rank
    has of an extent that is split over an axis of the mesh (`part(extent over "axis")`: of n elements and p ranks
    n / p, and one more on the first n mod p ranks), the induction variable of a loop (`loop`), or how many rows a
    `veomni_rt.expert_dispatch` has given this rank (`counted`), which is known inside its callee alone. Calls with a
    value outside `range` (inclusive; 0 and the largest i64 unless said) are refused at run time.

    Symbols belong to the program and their values to a run, so that entries which take equally named sizes from
    different inputs run the same functions.

    Example:
    ```mlir
    veomni_rt.symbol @batch = axis range(1, 64)
    veomni_rt.symbol @has_attention_mask = given
    veomni_rt.symbol @seq_panels = derived(ceildiv(seq, 32))
    veomni_rt.symbol @"seq@sp" = part(seq over "sp")
    veomni_rt.symbol @expert = loop
    veomni_rt.symbol @received = counted
    ```

    Constraints:
    - the name is not empty;
    - `extent` is given for `derived` and `part`, over symbols defined above that are not of kind `loop`;
    - a `part` is over the name of a `veomni_rt.mesh_axis`;
    - the range is not empty and not negative.
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, Program_SymbolKindAttr:$kind, OptionalAttr<Program_ExtentAttr>:$extent,
                       OptionalAttr<StrAttr>:$mesh_axis, DefaultValuedAttr<I64Attr, "0">:$min,
                       DefaultValuedAttr<I64Attr, int64Max>:$max);
  let assemblyFormat = [{
    $sym_name `=` custom<Definition>($kind, $extent, $mesh_axis) `` custom<SymbolRange>($min, $max) attr-dict
  }];
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    static SymbolOp createAxis(::mlir::OpBuilder &builder, ::mlir::Location loc, ::llvm::StringRef name,
                               int64_t min = 0, int64_t max = std::numeric_limits<int64_t>::max());
    static SymbolOp createGiven(::mlir::OpBuilder &builder, ::mlir::Location loc, ::llvm::StringRef name);
    static SymbolOp createDerived(::mlir::OpBuilder &builder, ::mlir::Location loc, ::llvm::StringRef name,
                                  ExtentAttr extent);
    static SymbolOp createPart(::mlir::OpBuilder &builder, ::mlir::Location loc, ::llvm::StringRef name,
                               ExtentAttr whole, ::llvm::StringRef meshAxis);
    static SymbolOp createLoop(::mlir::OpBuilder &builder, ::mlir::Location loc, ::llvm::StringRef name);
    static SymbolOp createCounted(::mlir::OpBuilder &builder, ::mlir::Location loc, ::llvm::StringRef name);
    /// This symbol as a dim of a buffer or a factor of an extent.
    Dim getAsDim() { return Dim(getSymNameAttr()); }
  }];
}

def EntryOp : Program_ModuleOp<"entry", [NoTerminator, SingleBlock, NoRegionArguments]> {
  let summary = "what can be run: a function with the names of its inputs and outputs";
  let description = [{
    A program has one or more entries, which share weights, states, functions and code. `params` is where the window of
    weights of the entry's function begins.

    Example:
    ```mlir
    veomni_rt.entry "loss" runs @loss params(0) {
      veomni_rt.input "input_ids" : !veomni_rt.buffer<[batch, seq] x i64> range(0, 150)
      veomni_rt.output "loss" : !veomni_rt.buffer<[] x f32>
    }
    ```

    Constraints:
    - the name is not empty, and the only such among entries;
    - the body holds inputs and outputs;
    - the function's arguments are the inputs (read), then the outputs (write), of the same types and, where given,
      names;
    - every `param` that runs is a weight of the same type; functions do not call themselves, also not through others,
      and calls nest at most 64 deep;
    - every symbol that a function which runs comes across has a value: an axis is a dim of an input without default, a
      flag is the `given` of an input, and a derived symbol is derived from such;
    - what calls reach names no state (`veomni_rt.use_state`); it is handed states.
  }];
  let arguments = (ins StrAttr:$name, FlatSymbolRefAttr:$function, DefaultValuedAttr<Program_Index, "0">:$param_base);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = "$name `runs` $function `params` `(` $param_base `)` attr-dict-with-keyword $body";
  let hasVerifier = 1;
  let builders = [OpBuilder<(ins "::llvm::StringRef":$name, "FuncOp":$function, "unsigned":$paramBase)>];
  let extraClassDeclaration = [{
    auto getInputs() { return getBody().front().getOps<InputOp>(); }
    auto getOutputs() { return getBody().front().getOps<OutputOp>(); }
  }];
}

class Program_PortOp<string opMnemonic>
    : Program_Op<opMnemonic, [HasParent<"EntryOp">, DeclareOpInterfaceMethods<SymbolUserOpInterface>]>;

def InputOp : Program_PortOp<"input"> {
  let summary = "an input of an entry";
  let description = [{
    `default` makes the input optional: `ones`, or `iota`, which counts 0, 1, ... along the last dim.
    `accepts_cu_seqlens` lets the caller give `cu_seqlens` in its place (position ids that restart per document).
    `given` is the symbol that tells whether the caller gave it. Dim 0 of one with `rows_of` must be as large as another
    input has elements of a value: one row for each place that a text keeps for an image. Integer elements outside
    `range` (inclusive), or not less than `below`, are refused at run time; `below` is for indices into something whose
    size is known only then. The value `ignored` is accepted besides: a label that does not count.

    Example:
    ```mlir
    veomni_rt.input "position_ids" : !veomni_rt.buffer<[batch, seq] x i64> default iota accepts_cu_seqlens
        range(0, 4095)
    veomni_rt.input "attention_mask" : !veomni_rt.buffer<[batch, seq] x i64> default ones given(@has_attention_mask)
        range(0, 1)
    veomni_rt.input "starts" : !veomni_rt.buffer<[batch, seq] x i32> range(0, 2147483647) below(seq)
    veomni_rt.input "image_embeds" : !veomni_rt.buffer<[image_rows, 64] x f32> rows_of("input_ids", 151655)
    veomni_rt.input "labels" : !veomni_rt.buffer<[batch, seq] x i64> range(0, 150) ignored(-100)
    ```

    Constraints:
    - the name is not empty, and the only such among inputs and among outputs of the entry;
    - the type is dense and row-major;
    - defaults go with i64 or i32, `iota` with at least one dim; `accepts_cu_seqlens` goes with i64 and at least two
      dims;
    - `given` is a symbol of kind `given` and no other input's of the entry;
    - `range` goes with integer elements and is not empty; `below` goes with i64 or i32;
    - `ignored` goes with i64 or i32 and lies outside `range`;
    - `rows_of` names another input of the entry, of i64 or i32, that is required, and goes with at least one dim.
  }];
  let arguments = (ins StrAttr:$name, Program_BufferTypeAttr:$type,
                       DefaultValuedAttr<Program_InputDefaultAttr, "InputDefault::required">:$default_value,
                       UnitAttr:$accepts_cu_seqlens, OptionalAttr<FlatSymbolRefAttr>:$given,
                       DefaultValuedAttr<I64Attr, int64Min>:$min, DefaultValuedAttr<I64Attr, int64Max>:$max,
                       OptionalAttr<Program_ExtentAttr>:$below, OptionalAttr<I64Attr>:$ignored,
                       OptionalAttr<StrAttr>:$rows_of, OptionalAttr<I64Attr>:$rows_of_value);
  let assemblyFormat = [{
    $name `:` $type (`default` `` $default_value^)? (`accepts_cu_seqlens` $accepts_cu_seqlens^)?
    (`given` `` `(` $given^ `)`)? `` custom<InputRange>($min, $max) (`below` `` `(` custom<Bound>($below)^ `)`)?
    (`ignored` `` `(` $ignored^ `)`)? (`rows_of` `` `(` $rows_of^ `,` $rows_of_value `)`)? attr-dict
  }];
  let hasVerifier = 1;
}

def OutputOp : Program_PortOp<"output"> {
  let summary = "an output of an entry";
  let description = [{
    Example:
    ```mlir
    veomni_rt.output "logits" : !veomni_rt.buffer<[batch, seq, 151] x f32>
    ```

    Constraints:
    - the name is not empty, and the only such among inputs and among outputs of the entry;
    - the type is dense and row-major.
  }];
  let arguments = (ins StrAttr:$name, Program_BufferTypeAttr:$type);
  let assemblyFormat = "$name `:` $type attr-dict";
  let hasVerifier = 1;
}

def StateOp : Program_Op<"state", [Symbol, HasParent<"::mlir::ModuleOp">]> {
  let summary = "memory that lives from run to run";
  let description = [{
    A session of the program holds it, zero at first and after a reset. Its dims are its capacity.

    Example:
    ```mlir
    veomni_rt.state @"layers.0.keys" : !veomni_rt.buffer<[4, 2048, 2, 64] x f32>
    ```

    Constraints:
    - the name is not empty;
    - all dims are constants, the layout is row-major, and rows are dense.
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, Program_BufferTypeAttr:$type);
  let assemblyFormat = "$sym_name `:` $type attr-dict";
  let hasVerifier = 1;
}

def WeightOp : Program_ModuleOp<"weight"> {
  let summary = "a weight and the recipe that makes it from a checkpoint";
  let description = [{
    The recipe is a `#veomni_weight.recipe`.

    Example:
    ```mlir
    veomni_rt.weight "lm_head.weight" : !veomni_rt.buffer<[151, 64] x f32, tiles = [32, 1]> = [
      load("lm_head.weight", [151, 64], f32), pack([32, 1])]
    ```

    Constraints:
    - the name is not empty, and the only such among weights;
    - all dims are constants, and rows are dense;
    - the recipe makes a value of the weight's type.
  }];
  let arguments = (ins StrAttr:$name, Program_BufferTypeAttr:$type, Weight_RecipeAttr:$recipe);
  let assemblyFormat = "$name `:` $type `=` custom<Recipe>($recipe) attr-dict";
  let hasVerifier = 1;
}

//===--- Code -----------------------------------------------------------------------------------------------------===//

def ExecutableOp : Program_Op<"executable", [Symbol, HasParent<"::mlir::ModuleOp">]> {
  let summary = "machine code, in one or more variants";
  let description = [{
    The loader takes the best variant that the CPU can run. Every variant exports the same kernels.

    Example:
    ```mlir
    veomni_rt.executable @code [{target = "cpu", level = "x86-64-v4", features = ["avx512f"],
        data = dense_resource<code> : tensor<4096xi8>}
    ]
    ```

    Constraints:
    - the name is not empty;
    - at least one variant;
    - `data` is a `tensor<Nxi8>` whose resource holds N bytes.
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, Program_VariantArrayAttr:$variants);
  let assemblyFormat = "$sym_name custom<Variants>($variants) attr-dict";
  let hasVerifier = 1;
}

def KernelOp : Program_ModuleOp<"kernel", [Symbol]> {
  let summary = "a kernel: declared by its kind, or held by an executable";
  let description = [{
    `lower` declares a kernel by its kind and the attributes that its emitter reads; `codegen` puts the code into an
    executable, which exports it under the kernel's name, and says what kind it is `of`. Operands and scalars are what
    `veomni_kernel_args` holds, in order. `flops` are the floating-point operations of one dispatch, the least of these
    sizes, where the kind says so.

    Example:
    ```mlir
    veomni_rt.kernel @add_0 = "add" {cols = 64 : i64} (read !veomni_rt.buffer<[seq, 64] x f32>,
        write !veomni_rt.buffer<[seq, 64] x f32>) scalars(1)
    veomni_rt.kernel @add_0 in @code of "add" (read !veomni_rt.buffer<[seq, 64] x f32>,
        write !veomni_rt.buffer<[seq, 64] x f32>) scalars(1)
    veomni_rt.kernel @gemm_0 in @code of "gemm" (read !veomni_rt.buffer<[seq, 64] x f32>,
        read !veomni_rt.buffer<[32, 64] x f32, tiles = [32, 1]>, write !veomni_rt.buffer<[seq, 32] x f32>)
        scalars(1) flops(seq * 4096)
    ```

    Constraints:
    - the name is not empty;
    - the kernel has a kind or an executable; attributes go with a kind that has no executable;
    - the executable is a `veomni_rt.executable`;
    - symbols in types and `flops` exist, and those in types are not of kind `loop` (so in every type).
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, OptionalAttr<StrAttr>:$kind, OptionalAttr<DictionaryAttr>:$config,
                       OptionalAttr<FlatSymbolRefAttr>:$executable, Program_OperandArrayAttr:$operand_types,
                       Program_Index:$scalar_count, DefaultValuedAttr<Program_ExtentArrayAttr, "{}">:$flops);
  let assemblyFormat = [{
    $sym_name custom<KernelSource>($kind, $config, $executable) custom<KernelOperands>($operand_types)
    `scalars` `(` $scalar_count `)` `` custom<Flops>($flops) attr-dict
  }];
  let hasVerifier = 1;
  let builders = [
    OpBuilder<(ins "::llvm::StringRef":$name, "::llvm::StringRef":$kind, "::mlir::DictionaryAttr":$config,
                   "::llvm::ArrayRef<OperandAttr>":$operands, "unsigned":$scalarCount)>,
    OpBuilder<(ins "::llvm::StringRef":$name, "::mlir::FlatSymbolRefAttr":$executable, "::mlir::StringAttr":$kind,
                   "::llvm::ArrayRef<OperandAttr>":$operands, "unsigned":$scalarCount,
                   CArg<"::llvm::ArrayRef<ExtentAttr>", "{}">:$flops)>];
  let extraClassDeclaration = [{
    bool hasCode() { return getExecutable().has_value(); }
    /// Turns a declaration into a reference to the executable that now holds the code.
    void bindTo(::mlir::FlatSymbolRefAttr executable, ::llvm::ArrayRef<ExtentAttr> flops);
    auto getOperandAttrs() { return getOperandTypes().getAsRange<OperandAttr>(); }
  }];
}

//===--- Functions ------------------------------------------------------------------------------------------------===//

def FuncOp : Program_ModuleOp<"func", [Symbol, IsolatedFromAbove, SingleBlock,
                                       DeclareOpInterfaceMethods<OpAsmOpInterface, ["getAsmBlockArgumentNames"]>]> {
  let summary = "a function: buffers and the instructions that work on them";
  let description = [{
    `params(N)` is a window of N weights: an entry says where that of its function begins, and a call moves the window
    of its callee, so that one body serves every layer of a model. `slots(N)` is the number of places in memory that the
    function needs while it runs.

    Writing a bundle lists the values (`slot`, `param`, `view`) before the instructions; keep them in this order where
    the text shall survive the round trip unchanged.

    Example:
    ```mlir
    veomni_rt.func @forward(%x: !veomni_rt.buffer<[seq] x f32> read "x", %y: !veomni_rt.buffer<[seq] x f32> write "y")
        params(1) slots(0) {
      %w = veomni_rt.param 0 : !veomni_rt.buffer<[64] x f32>
      veomni_rt.dispatch @scale workgroups(seq) (%x, %w, %y : !veomni_rt.buffer<[seq] x f32>,
          !veomni_rt.buffer<[64] x f32>, !veomni_rt.buffer<[seq] x f32>)
      veomni_rt.return
    }
    ```

    Constraints:
    - the name is not empty;
    - arguments are buffers, each with an access; only buffers that may be written are written;
    - further those of the entries that reach it (`veomni_rt.entry`).
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, Program_ArgumentArrayAttr:$arguments,
                       DefaultValuedAttr<Program_Index, "0">:$param_count,
                       DefaultValuedAttr<Program_Index, "0">:$slot_count);
  let regions = (region SizedRegion<1>:$body);
  let hasCustomAssemblyFormat = 1;
  let hasVerifier = 1;
  // Makes the block with its arguments; the caller fills it and sets the counts when they are known.
  let builders = [OpBuilder<(ins "::llvm::StringRef":$name, "::llvm::ArrayRef<BufferType>":$types,
                                 "::llvm::ArrayRef<ArgumentAttr>":$arguments, CArg<"unsigned", "0">:$paramCount,
                                 CArg<"unsigned", "0">:$slotCount)>];
  let skipDefaultBuilders = 1;
  let extraClassDeclaration = [{
    unsigned getNumArguments() { return getBody().getNumArguments(); }
    ::mlir::BlockArgument getArgument(unsigned index) { return getBody().getArgument(index); }
    BufferType getArgumentType(unsigned index) { return ::llvm::cast<BufferType>(getArgument(index).getType()); }
    ArgumentAttr getArgumentAttr(unsigned index) { return ::llvm::cast<ArgumentAttr>(getArguments()[index]); }
  }];
}

def SlotOp : Program_ValueOp<"slot"> {
  let summary = "memory of the running function";
  let description = [{
    Values whose lives do not meet may share an index, also with different types.

    Example:
    ```mlir
    %h = veomni_rt.slot 0 : !veomni_rt.buffer<[batch, seq, 64] x f32>
    ```

    Constraints: the index is below the function's `slots`.
  }];
  let arguments = (ins Program_Index:$index);
  let results = (outs Program_BufferType:$result);
  let assemblyFormat = "$index `:` qualified(type($result)) attr-dict";
  let hasVerifier = 1;
}

def ParamOp : Program_ValueOp<"param"> {
  let summary = "a weight in the function's window";
  let description = [{
    Example:
    ```mlir
    %w = veomni_rt.param 0 : !veomni_rt.buffer<[64] x f32>
    ```

    Constraints: the index is below the function's `params`; weights are only read.
  }];
  let arguments = (ins Program_Index:$index);
  let results = (outs Program_BufferType:$result);
  let assemblyFormat = "$index `:` qualified(type($result)) attr-dict";
  let hasVerifier = 1;
}

def UseStateOp : Program_ValueOp<"use_state"> {
  let summary = "a state of the program";
  let description = [{
    Its function is an entry's and called by no other; callees are handed the state as an argument. That way a function
    never meets one memory under two names.

    Example:
    ```mlir
    %keys = veomni_rt.use_state @"layers.0.keys" : !veomni_rt.buffer<[4, 2048, 2, 64] x f32>
    ```

    Constraints: the state is a `veomni_rt.state` of this type.
  }];
  let arguments = (ins FlatSymbolRefAttr:$state);
  let results = (outs Program_BufferType:$result);
  let assemblyFormat = "$state `:` qualified(type($result)) attr-dict";
}

def ViewOp : Program_ValueOp<"view"> {
  let summary = "the memory of a buffer under another type";
  let description = [{
    Example:
    ```mlir
    %v = veomni_rt.view %h : !veomni_rt.buffer<[batch, seq, 64] x f32> as !veomni_rt.buffer<[batch, seq, 4, 16] x f32>
    ```

    Constraints:
    - both types have the same element type and layout, and take the same number of elements, gaps between rows
      included, whatever the symbols are;
    - tiles keep their dims.
  }];
  let arguments = (ins Program_BufferType:$source);
  let results = (outs Program_BufferType:$result);
  let assemblyFormat = "$source `:` qualified(type($source)) `as` qualified(type($result)) attr-dict";
}

def DispatchOp : Program_Instruction<"dispatch"> {
  let summary = "run a kernel on a grid of workgroups";
  let description = [{
    Example:
    ```mlir
    veomni_rt.dispatch @add_0 workgroups(ceildiv(batch * seq, 16)) (%a, %b, %c :
        !veomni_rt.buffer<[batch, seq, 64] x f32>, !veomni_rt.buffer<[batch, seq, 64] x f32>,
        !veomni_rt.buffer<[batch, seq, 64] x f32>) scalars(batch * seq)
    ```

    Constraints:
    - the kernel is a `veomni_rt.kernel`; operands have its types, scalars its count;
    - there are one to three workgroup counts;
    - what the kernel writes may be written;
    - symbols exist; those of kind `loop` may be used here.
  }];
  let arguments = (ins FlatSymbolRefAttr:$kernel, Program_ExtentArrayAttr:$workgroups,
                       Variadic<Program_BufferType>:$operands,
                       DefaultValuedAttr<Program_ExtentArrayAttr, "{}">:$scalars);
  let assemblyFormat = [{
    $kernel `workgroups` `` custom<Extents>($workgroups) ` ` `(` ($operands^ `:` type($operands))? `)`
    `` custom<Scalars>($scalars) attr-dict
  }];
  let hasVerifier = 1;
  let builders = [OpBuilder<(ins "KernelOp":$kernel, "::llvm::ArrayRef<ExtentAttr>":$workgroups,
                                 "::mlir::ValueRange":$operands, CArg<"::llvm::ArrayRef<ExtentAttr>", "{}">:$scalars)>];
}

def LibraryCallOp : Program_Instruction<"library_call"> {
  let summary = "run a function that the device has by name";
  let description = [{
    For what a device's own libraries do better than code of a bundle could. The function is found when the program is
    loaded; a device that has none of this name refuses the program and lists those that it has. Unlike a kernel the
    function is not compiled for the types of its operands: it is told them.

    Example:
    ```mlir
    veomni_rt.library_call "blas.gemm" {alpha = 1.000000e+00 : f64, transpose_b = true}
        (read %a : !veomni_rt.buffer<[seq, 64] x f32>, read %b : !veomni_rt.buffer<[32, 64] x f32>,
         write %c : !veomni_rt.buffer<[seq, 32] x f32>) scalars(seq)
    ```

    Constraints:
    - the name is not empty;
    - attributes are booleans, `i64`, `f64` and strings;
    - what is written may be written, and shares memory with no other operand;
    - symbols exist; those of kind `loop` may be used here.
  }];
  let arguments = (ins StrAttr:$name, OptionalAttr<DictionaryAttr>:$config, Variadic<Program_BufferType>:$operands,
                       Program_OperandArrayAttr:$signature, DefaultValuedAttr<Program_ExtentArrayAttr, "{}">:$scalars);
  let assemblyFormat = [{
    $name `` custom<LibraryConfig>($config) custom<LibraryOperands>($operands, type($operands), $signature)
    `` custom<Scalars>($scalars) attr-dict
  }];
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    auto getOperandAttrs() { return getSignature().getAsRange<OperandAttr>(); }
  }];
}

def CollectiveOp : Program_Instruction<"collective"> {
  let summary = "move data between the ranks along an axis of the mesh";
  let description = [{
    The first half of the operands is read, the other half written: each buffer becomes the one half the list behind it,
    along the same dims. `gather` names the dim of which ranks have parts before, `split` the one of which they have
    parts afterwards. One that only `starts` lets instructions run meanwhile, up to the `veomni_rt.wait` on the same
    operands.

    | kind | does |
    |---|---|
    | `all_gather` | the parts of all ranks along `gather`, one behind the other |
    | `all_slice` | this rank's part along `split`; nothing moves between ranks |
    | `all_to_all` | from parts along `gather` to parts along `split` |
    | `all_reduce` | the sum of what all ranks have, element by element, in the order of the ranks |
    | `reduce_scatter` | this rank's part of that sum along `split` |

    Example:
    ```mlir
    veomni_rt.collective all_gather over "sp" gather(1) (%x, %whole
        : !veomni_rt.buffer<[batch, "seq@sp", 64] x f32>, !veomni_rt.buffer<[batch, seq, 64] x f32>)
    veomni_rt.collective reduce_scatter over "tp" split(1) (%summand, %part
        : !veomni_rt.buffer<[batch, seq, 64] x f32>, !veomni_rt.buffer<[batch, "seq@tp", 64] x f32>)
    veomni_rt.collective all_to_all over "sp" gather(1) split(2) (%q, %heads
        : !veomni_rt.buffer<[batch, "seq@sp", 8, 16] x f32>, !veomni_rt.buffer<[batch, seq, 4, 16] x f32>)
    veomni_rt.collective all_gather over "dp_shard" gather(0) starts (%part, %weight
        : !veomni_rt.buffer<[64, 64] x f32>, !veomni_rt.buffer<[128, 64] x f32>)
    ```

    Constraints:
    - the mesh has the axis;
    - `gather` is given for `all_gather` and `all_to_all`, `split` for `all_slice`, `all_to_all` and `reduce_scatter`;
      they differ;
    - what is summed is floats;
    - there are as many buffers that are written as are read, at least one, and none of the written ones shares memory
      with another;
    - pairs have one element type and equal dims, but that the part of a gathered or split dim is a symbol `part` of the
      whole over the axis, or a constant that divides;
    - what is written may be written;
    - one that `starts` is not an `all_slice`, has one `veomni_rt.wait` behind it, and no instruction between the two
      writes its operands or reads those that it writes.
  }];
  let arguments = (ins Program_CollectiveKindAttr:$kind, StrAttr:$mesh_axis, OptionalAttr<Program_Index>:$gather_dim,
                       OptionalAttr<Program_Index>:$split_dim, Variadic<Program_BufferType>:$operands,
                       UnitAttr:$starts);
  let assemblyFormat = [{
    `` $kind `over` $mesh_axis (`gather` `(` $gather_dim^ `)`)? (`split` `(` $split_dim^ `)`)? (`starts` $starts^)? ` `
    `(` ($operands^ `:` type($operands))? `)` attr-dict
  }];
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    auto getSources() { return getOperands().take_front(getOperands().size() / 2); }
    auto getTargets() { return getOperands().drop_front(getOperands().size() / 2); }
    /// The wait for one that only starts; null where there is none.
    WaitOp getWait();
  }];
}

def WaitOp : Program_Instruction<"wait"> {
  let summary = "wait for a collective that was started";
  let description = [{
    Returns when the `veomni_rt.collective` that was last started on these operands is done.

    Example:
    ```mlir
    veomni_rt.wait (%part, %weight : !veomni_rt.buffer<[64, 64] x f32>, !veomni_rt.buffer<[128, 64] x f32>)
    ```

    Constraints: a collective above it, for which no other waits, starts on these operands.
  }];
  let arguments = (ins Variadic<Program_BufferType>:$operands);
  let assemblyFormat = "` ` `(` ($operands^ `:` type($operands))? `)` attr-dict";
  let extraClassDeclaration = [{
    /// The collective that it waits for; null where there is none.
    CollectiveOp getStart();
  }];
}

def CallOp : Program_Instruction<"call"> {
  let summary = "run a function";
  let description = [{
    `params` moves the callee's window of weights relative to the caller's. `at` tells where in the model's module tree
    the call stands.

    Example:
    ```mlir
    veomni_rt.call @LlamaDecoderLayer.forward params(9) at "model.layers.1" (%h, %o :
        !veomni_rt.buffer<[batch, seq, 64] x f32>, !veomni_rt.buffer<[batch, seq, 64] x f32>)
    ```

    Constraints:
    - the callee is a `veomni_rt.func`; operands have its argument types;
    - the callee's window lies within the caller's;
    - what the callee writes may be written.
  }];
  let arguments = (ins FlatSymbolRefAttr:$callee, Program_Index:$param_base, OptionalAttr<StrAttr>:$path,
                       Variadic<Program_BufferType>:$operands);
  let assemblyFormat = [{
    $callee `params` `(` $param_base `)` (`at` $path^)? ` ` `(` ($operands^ `:` type($operands))? `)` attr-dict
  }];
  let builders = [OpBuilder<(ins "FuncOp":$callee, "unsigned":$paramBase, "::llvm::StringRef":$path,
                                 "::mlir::ValueRange":$operands)>];
}

def LoopOp : Program_Instruction<"loop"> {
  let summary = "run a function repeatedly";
  let description = [{
    Runs the callee for the symbol = 0, 1, ... below the count. The callee's window of weights starts at `params` and
    moves by `stride` each time.

    Example:
    ```mlir
    veomni_rt.loop @expert to 8 do @expert_body params(4) stride(2) (%x : !veomni_rt.buffer<[batch, seq, 64] x f32>)
    ```

    Constraints:
    - the symbol is a `veomni_rt.symbol` of kind `loop`;
    - the callee is a `veomni_rt.func`; operands have its argument types;
    - the callee's window lies within the caller's for every value of the symbol; the count is a constant where the
      window moves;
    - what the callee writes may be written.
  }];
  let arguments = (ins FlatSymbolRefAttr:$symbol, Program_DimAttr:$count, FlatSymbolRefAttr:$callee,
                       Program_Index:$param_base, Program_Index:$param_stride, Variadic<Program_BufferType>:$operands);
  let assemblyFormat = [{
    $symbol `to` custom<LoopCount>($count) `do` $callee `params` `(` $param_base `)` `stride` `(` $param_stride `)`
    `(` ($operands^ `:` type($operands))? `)` attr-dict
  }];
  let hasVerifier = 1;
  let builders = [OpBuilder<(ins "SymbolOp":$symbol, "Dim":$count, "FuncOp":$callee, "unsigned":$paramBase,
                                 "unsigned":$paramStride, "::mlir::ValueRange":$operands)>];
}

def ExpertDispatchOp : Program_Instruction<"expert_dispatch"> {
  let summary = "run a function where the experts of rows are";
  let description = [{
    The operands are rows, sorted by expert; offsets, rows `offsets[e]` to `offsets[e + 1]` being those of expert e; and
    results, which are written. Of the experts each rank along the axis has as many, the first rank the first. Every row
    goes to the rank of its expert. There the symbol counts the rows that came from all ranks, and the callee runs on
    them, those of the first rank first, each rank's by expert, on the numbers of their experts among the rank's own,
    and on what it writes. What it makes of a row comes back to the row's place in the results.

    Example:
    ```mlir
    veomni_rt.expert_dispatch over "ep" counts(@received) do @received_rows params(4) (%rows, %offsets, %results
        : !veomni_rt.buffer<[routes, 64] x f32>, !veomni_rt.buffer<[9] x i32>, !veomni_rt.buffer<[routes, 64] x f32>)
    ```

    Constraints:
    - the mesh has the axis, whose ranks divide the experts;
    - the symbol is a `veomni_rt.symbol` of kind `counted`;
    - rows and results have one element type and equal dims, none of them a symbol but the first; offsets are
      [E + 1] x i32;
    - the callee is a `veomni_rt.func` that reads [symbol, ...] like the rows and [symbol, 1] x i32, and writes
      [symbol, ...] like the results, and runs no other `veomni_rt.expert_dispatch`;
    - the callee's window lies within the caller's;
    - the results may be written and share memory with no other operand.
  }];
  let arguments = (ins StrAttr:$mesh_axis, FlatSymbolRefAttr:$symbol, FlatSymbolRefAttr:$callee,
                       Program_Index:$param_base, Program_BufferType:$rows, Program_BufferType:$offsets,
                       Program_BufferType:$results);
  let assemblyFormat = [{
    `over` $mesh_axis `counts` `(` $symbol `)` `do` $callee `params` `(` $param_base `)` ` `
    `(` operands `:` type(operands) `)` attr-dict
  }];
}

def ReturnOp : Program_BodyOp<"return", [Terminator]> {
  let summary = "end of a function";
  let description = [{
    Results go to arguments that the function writes, so that nothing is returned.

    Example:
    ```mlir
    veomni_rt.return
    ```

    Constraints: it is the last op of a `veomni_rt.func`.
  }];
  let assemblyFormat = "attr-dict";
}

#endif // VEOMNI_DIALECT_PROGRAM_PROGRAMOPS_TD

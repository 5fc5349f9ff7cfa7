// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef VEOMNI_DIALECT_PROGRAM_PROGRAMATTRS_TD
#define VEOMNI_DIALECT_PROGRAM_PROGRAMATTRS_TD

include "mlir/IR/CommonAttrConstraints.td"
include "veomni/Dialect/Program/ProgramTypes.td"

class Program_Attr<string name, string attrMnemonic> : AttrDef<Program_Dialect, name> {
  let mnemonic = attrMnemonic;
}

def Program_SymbolKindAttr : EnumAttr<Program_Dialect, Program_SymbolKind, "symbol_kind">;
def Program_CollectiveKindAttr : EnumAttr<Program_Dialect, Program_CollectiveKind, "collective_kind">;
def Program_InputDefaultAttr : EnumAttr<Program_Dialect, Program_InputDefault, "input_default">;

def Program_DimAttr : Program_Attr<"Dim", "dim"> {
  let summary = "a constant or the value of a symbol";
  let description = [{
    Example: `#veomni_rt.dim<8>`, `#veomni_rt.dim<batch>`; ops print what lies between the brackets.
  }];
  let parameters = (ins "Dim":$value);
  let hasCustomAssemblyFormat = 1;
}

// Products own lists of symbols, which the context's storage must copy, too.
def Program_Products : AttrOrTypeParameter<"::llvm::ArrayRef<Product>", "products, in canonical order"> {
  let cppStorageType = "::llvm::SmallVector<Product>";
  let allocator = [{
    ::llvm::SmallVector<Product> copies($_self);
    for (Product &copy : copies)
      copy.symbols = $_allocator.copyInto(copy.symbols);
    $_dst = $_allocator.copyInto(::llvm::ArrayRef<Product>(copies));
  }];
}

def Program_ExtentAttr : Program_Attr<"Extent", "extent"> {
  let summary = "a size: sum of products of symbols, divided and rounded up";
  let description = [{
    `ceil(sum(products) / divisor)`. Sums are kept as polynomials: equal symbols of a product are factors of one term,
    equal terms are one, what numbers and divisor have in common is cancelled, a number alone is divided. Equal sums
    therefore are one attribute, however they were written, and comparing them needs no algebra. What a polynomial
    cannot say (a quotient within a sum) is a symbol of its own.

    Example: `#veomni_rt.extent<ceildiv(batch * seq, 16)>`, `#veomni_rt.extent<past + seq>`,
    `#veomni_rt.extent<a * 2 + b - 1>`, `#veomni_rt.extent<7>`; ops print what lies between the brackets.

    Constraints: the divisor is at least 1; a number alone is not negative; there are at most 32 products of at most 32
    symbols, and their numbers fit into 64 bits. A value that turns out negative at run time is an error there.
  }];
  let parameters = (ins Program_Products:$products, "int64_t":$divisor);
  let hasCustomAssemblyFormat = 1;
  let genVerifyDecl = 1;
  let skipDefaultBuilders = 1;
  let builders = [
    AttrBuilder<(ins "const SizePolynomial &":$sum, CArg<"int64_t", "1">:$divisor)>,
    // One product. Its constants must multiply to less than 2^63, as those of a type that verifies do.
    AttrBuilder<(ins "::llvm::ArrayRef<Dim>":$factors, CArg<"int64_t", "1">:$divisor)>];
  let extraClassDeclaration = [{
    /// The product of dims; nothing where its numbers do not fit into 64 bits or there are too many symbols.
    static std::optional<SizePolynomial> multiply(::llvm::ArrayRef<Dim> factors);
    /// What is divided.
    SizePolynomial getSum() const;
    /// The value, where no symbol is involved.
    std::optional<int64_t> getConstant() const;
    /// Every symbol that the value depends on, in the order of the products.
    ::llvm::SmallVector<::mlir::StringAttr> getSymbols() const;
  }];
}

def Program_OperandAttr : Program_Attr<"Operand", "operand"> {
  let summary = "an operand of a kernel: what it does with a buffer, and the buffer's type";
  let description = [{
    Example: `#veomni_rt.operand<read !veomni_rt.buffer<[64] x f32>>`
  }];
  let parameters = (ins EnumParameter<Program_Access>:$access, "BufferType":$type);
  let assemblyFormat = "`<` $access qualified($type) `>`";
  let builders = [AttrBuilderWithInferredContext<(ins "Access":$access, "BufferType":$type), [{
    return $_get(type.getContext(), access, type);
  }]>];
}

def Program_ArgumentAttr : Program_Attr<"Argument", "argument"> {
  let summary = "an argument of a function: what is done with it, and its name";
  let description = [{
    Example: `#veomni_rt.argument<read "input_ids">`
  }];
  let parameters = (ins EnumParameter<Program_Access>:$access, "::mlir::StringAttr":$name);
  let assemblyFormat = "`<` $access $name `>`";
}

def Program_VariantAttr : Program_Attr<"Variant", "variant"> {
  let summary = "code of an executable for one level of one target";
  let description = [{
    `data` is what a device of the target loads, for `cpu` an ELF shared object without dependencies. It is kept as a
    resource so that it prints as hexadecimal text behind the module. Executables for the target `null` have none.

    Examples: `{target = "cpu", level = "x86-64-v4", features = ["avx512f"], data = dense_resource<code> :
    tensor<4096xi8>}`, `{target = "null", level = "any", features = []}`

    Constraints: target and level are not empty; `features` are strings; `data` is a `tensor<Nxi8>` whose resource holds
    N bytes (checked by the op).
  }];
  let parameters = (ins "::mlir::StringAttr":$target, "::mlir::StringAttr":$level, "::mlir::ArrayAttr":$features,
                        OptionalParameter<"::mlir::DenseResourceElementsAttr">:$data);
  let assemblyFormat = "`{` struct(params) `}`";
  let genVerifyDecl = 1;
  let extraClassDeclaration = [{
    /// A variant whose data is a copy of `code`, if there is any, aligned to 64 bytes. The resource is named after the
    /// executable that will hold it and the level, so that text made anew from a bundle names it the same.
    static VariantAttr create(::mlir::MLIRContext *context, ::llvm::StringRef target, ::llvm::StringRef level,
                              ::llvm::ArrayRef<::llvm::StringRef> features, ::llvm::StringRef executable,
                              ::std::optional<::llvm::StringRef> code);
    /// The code; empty where there is none or the resource is missing.
    ::llvm::StringRef getCode() const;
  }];
}

class Program_ArrayOf<AttrDef element, string description> : TypedArrayAttrBase<element, description>;
def Program_ExtentArrayAttr : Program_ArrayOf<Program_ExtentAttr, "array of extents">;
def Program_OperandArrayAttr : Program_ArrayOf<Program_OperandAttr, "array of kernel operands">;
def Program_ArgumentArrayAttr : Program_ArrayOf<Program_ArgumentAttr, "array of function arguments">;
def Program_VariantArrayAttr : Program_ArrayOf<Program_VariantAttr, "array of code variants">;

#endif // VEOMNI_DIALECT_PROGRAM_PROGRAMATTRS_TD

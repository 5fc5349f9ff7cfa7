// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The program dialect, its enums and the base classes of its attributes, types and ops.
#ifndef VEOMNI_DIALECT_PROGRAM_PROGRAMDIALECT_TD
#define VEOMNI_DIALECT_PROGRAM_PROGRAMDIALECT_TD

include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/DialectBase.td"
include "mlir/IR/EnumAttr.td"
include "mlir/IR/OpBase.td"

def Program_Dialect : Dialect {
  let name = "veomni_rt";
  let cppNamespace = "::veomni::rt";
  let summary = "What a bundle holds, as text";
  let description = [{
    A compiled model program: the sizes it depends on, its entries with their inputs and outputs, its states and
    weights, its kernels and the functions that run them. There is one op or attribute per table of
    `runtime/schema/bundle.fbs`, so that writing a bundle is a plain walk and reading one gives the same text again.

    The module carries
    - `veomni_rt.metadata`, a dictionary of strings that the runtime hands on to its user;
    - `veomni_rt.producer`, a string: who wrote the bundle, where that is not this compiler.

    A weight is numbered by the order of the `veomni_rt.weight` ops. The first entry is the one to run where none is
    named.
  }];
  let dependentDialects = ["::veomni::WeightDialect"];
  let useDefaultAttributePrinterParser = 1;
  let useDefaultTypePrinterParser = 1;
  let hasOperationAttrVerify = 1;
  let extraClassDeclaration = [{
    static constexpr ::llvm::StringLiteral getMetadataAttrName() { return "veomni_rt.metadata"; }
    static constexpr ::llvm::StringLiteral getProducerAttrName() { return "veomni_rt.producer"; }

  private:
    void registerTypes();
    void registerAttributes();
    friend void addBytecodeInterface(ProgramDialect *dialect);

  public:
  }];
}

class Program_Enum<string name, string description, list<I32EnumCase> cases> : I32Enum<name, description, cases> {
  let cppNamespace = "::veomni::rt";
}

// The values equal those of the schema, so that no table is needed to translate them. What only older bundles have is
// missing.
def Program_Access : Program_Enum<"Access", "what is done with a buffer", [
  I32EnumCase<"read", 0>, I32EnumCase<"write", 1>, I32EnumCase<"read_write", 2>]>;
def Program_SymbolKind : Program_Enum<"SymbolKind", "where the value of a symbol comes from", [
  I32EnumCase<"derived", 2>, I32EnumCase<"loop", 3>, I32EnumCase<"axis", 4>, I32EnumCase<"given", 5>,
  I32EnumCase<"part", 6>, I32EnumCase<"counted", 7>]>;
def Program_CollectiveKind : Program_Enum<"CollectiveKind", "how data moves between ranks", [
  I32EnumCase<"all_gather", 0>, I32EnumCase<"all_slice", 1>, I32EnumCase<"all_to_all", 2>,
  I32EnumCase<"all_reduce", 3>, I32EnumCase<"reduce_scatter", 4>]>;
def Program_InputDefault : Program_Enum<"InputDefault", "what an input is when the caller does not give it", [
  I32EnumCase<"required", 0>, I32EnumCase<"ones", 1>, I32EnumCase<"iota", 2>]>;

#endif // VEOMNI_DIALECT_PROGRAM_PROGRAMDIALECT_TD

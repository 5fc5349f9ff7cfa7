// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef VEOMNI_DIALECT_VEOMNI_ATTRS_TD
#define VEOMNI_DIALECT_VEOMNI_ATTRS_TD

include "veomni/Dialect/VeOmni/VeOmniDialect.td"

class VeOmni_Enum<string name, string summary, list<I32EnumAttrCase> cases> : I32EnumAttr<name, summary, cases> {
  let cppNamespace = "::veomni";
  let genSpecializedAttr = 0;
}
/// A bare keyword in the text of ops, which prints a space of its own.
class VeOmni_KeywordAttr<I32EnumAttr info, string mnemonic> : EnumAttr<VeOmni_Dialect, info, mnemonic>;
class VeOmni_EnumAttr<I32EnumAttr info, string mnemonic> : EnumAttr<VeOmni_Dialect, info, mnemonic> {
  let assemblyFormat = "`<` $value `>`";
}

def VeOmni_NormVariant : VeOmni_Enum<"NormVariant", "order of cast and weight in an RMS norm", [
  I32EnumAttrCase<"Standard", 0, "standard">,      // w * cast(x̂)
  I32EnumAttrCase<"OnePlus", 1, "one_plus">,       // cast(x̂ * (1 + w))
  I32EnumAttrCase<"Unweighted", 2, "unweighted">   // x * cast(x̂ / x)
]>;
def VeOmni_NormVariantAttr : VeOmni_EnumAttr<VeOmni_NormVariant, "norm">;

def VeOmni_Visibility : VeOmni_Enum<"Visibility", "which keys a query of attention may see, by their order", [
  I32EnumAttrCase<"Causal", 0, "causal">,          // those up to its own
  I32EnumAttrCase<"Full", 1, "full">               // all of its document
]>;
def VeOmni_VisibilityAttr : VeOmni_EnumAttr<VeOmni_Visibility, "visibility">;

def VeOmni_RopeLayout : VeOmni_Enum<"RopeLayout", "which elements of a head rotate together", [
  I32EnumAttrCase<"Half", 0, "half">,                // i and i + r/2
  I32EnumAttrCase<"Interleaved", 1, "interleaved">   // 2i and 2i + 1
]>;
def VeOmni_RopeLayoutAttr : VeOmni_EnumAttr<VeOmni_RopeLayout, "rope_layout">;

def VeOmni_Activation : VeOmni_Enum<"GluActivation", "activation of a gated linear unit", [
  I32EnumAttrCase<"Silu", 0, "silu">,
  I32EnumAttrCase<"GeluTanh", 1, "gelu_tanh">,
  I32EnumAttrCase<"Gelu", 2, "gelu">
]>;
def VeOmni_ActivationAttr : VeOmni_EnumAttr<VeOmni_Activation, "activation">;

def VeOmni_GluLayout : VeOmni_Enum<"GluLayout", "where gate and up of a packed gated linear unit lie", [
  I32EnumAttrCase<"Concat", 0, "concat">,             // x[..., :I] and x[..., I:]
  I32EnumAttrCase<"Interleaved", 1, "interleaved">    // x[..., ::2] and x[..., 1::2]
]>;
def VeOmni_GluLayoutAttr : VeOmni_EnumAttr<VeOmni_GluLayout, "glu_layout">;

def VeOmni_RouterScore : VeOmni_Enum<"RouterScore", "how a router weighs the experts", [
  I32EnumAttrCase<"Softmax", 0, "softmax">,           // softmax over all experts, then the top k
  I32EnumAttrCase<"SoftmaxTopK", 1, "softmax_top_k">  // the top k logits, then softmax over those
]>;
def VeOmni_RouterScoreAttr : VeOmni_EnumAttr<VeOmni_RouterScore, "router_score">;

def VeOmni_UnaryKind : VeOmni_Enum<"UnaryKind", "function of one number", [
  I32EnumAttrCase<"Neg", 0, "neg">,
  I32EnumAttrCase<"Square", 1, "square">,
  I32EnumAttrCase<"Exp", 2, "exp">,
  I32EnumAttrCase<"Log", 3, "log">,
  I32EnumAttrCase<"Rsqrt", 4, "rsqrt">,
  I32EnumAttrCase<"Sigmoid", 5, "sigmoid">,
  I32EnumAttrCase<"Tanh", 6, "tanh">,
  I32EnumAttrCase<"Erf", 7, "erf">,
  I32EnumAttrCase<"Softplus", 8, "softplus">
]>;
def VeOmni_UnaryKindAttr : VeOmni_KeywordAttr<VeOmni_UnaryKind, "unary_kind">;

def VeOmni_BinaryKind : VeOmni_Enum<"BinaryKind", "function of two numbers", [
  I32EnumAttrCase<"Add", 0, "add">,
  I32EnumAttrCase<"Sub", 1, "sub">,
  I32EnumAttrCase<"Mul", 2, "mul">,
  I32EnumAttrCase<"Div", 3, "div">,
  I32EnumAttrCase<"Max", 4, "max">,
  I32EnumAttrCase<"Min", 5, "min">
]>;
def VeOmni_BinaryKindAttr : VeOmni_KeywordAttr<VeOmni_BinaryKind, "binary_kind">;

def VeOmni_ReduceKind : VeOmni_Enum<"ReduceKind", "what becomes of many numbers", [
  I32EnumAttrCase<"Sum", 0, "sum">,
  I32EnumAttrCase<"Max", 1, "max">,
  I32EnumAttrCase<"Mean", 2, "mean">
]>;
def VeOmni_ReduceKindAttr : VeOmni_KeywordAttr<VeOmni_ReduceKind, "reduce_kind">;

def VeOmni_TargetAttr : AttrDef<VeOmni_Dialect, "Target"> {
  let mnemonic = "target";
  let summary = "what a module is compiled for: a target of the compiler and one of its levels";
  let description = [{
    Pass `veomni-set-target` writes it once, as `veomni.target` of the module; phases bind, lower and codegen ask that
    target's backend. Code is for one level and runs on what has at least its features.

    Example: `#veomni.target<"cpu", "x86-64-v4">`

    Constraints: both names are not empty. That they exist is checked where a phase asks, since the compiler's backends
    are no matter of the dialect.
  }];
  // Not `name`: attributes have one already.
  let parameters = (ins StringRefParameter<"the target">:$target, StringRefParameter<"the level">:$level);
  let assemblyFormat = "`<` $target `,` $level `>`";
  let genVerifyDecl = 1;
}

def VeOmni_MeshAttr : AttrDef<VeOmni_Dialect, "Mesh"> {
  let mnemonic = "mesh";
  let summary = "the grid of ranks that run a model together";
  let description = [{
    Names and sizes of the axes; rank numbers count through the grid, the last axis fastest. Axes that `redivides` make
    the grid no larger: they put all of its ranks into groups of neighbours. It is `veomni.mesh` of a module whose
    functions are what each rank runs.

    Examples: `#veomni.mesh<"dp_replicate" = 2, "sp" = 4>`, 8 ranks; `#veomni.mesh<"sp" = 4, "ep" = 2 redivides>`, 4
    ranks, of which 0 and 1, and 2 and 3, share experts

    Constraints: there are 1 to 16 axes with names of their own, which are not empty and hold no `@`; sizes are at least
    1; those of the grid multiply to at most 2^31 - 1, which the others divide.
  }];
  let parameters = (ins ArrayRefParameter<"::mlir::StringAttr">:$axes, ArrayRefParameter<"int64_t">:$sizes,
                        ArrayRefParameter<"bool">:$redividing);
  let hasCustomAssemblyFormat = 1;
  let genVerifyDecl = 1;
  let extraClassDeclaration = [{
    /// How many ranks there are along an axis; nothing if the mesh has no such axis.
    std::optional<int64_t> ranksAlong(::llvm::StringRef axis) const;
    /// The mesh of the module that holds `op`, if it has one.
    static MeshAttr of(::mlir::Operation *op);
  }];
}

#endif

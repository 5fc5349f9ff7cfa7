// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Recipes of weights as attributes. They have a dialect of their own since models and programs both say them, and
// neither of those dialects depends on the other.
#ifndef VEOMNI_DIALECT_WEIGHT_WEIGHTDIALECT_TD
#define VEOMNI_DIALECT_WEIGHT_WEIGHTDIALECT_TD

include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/DialectBase.td"
include "mlir/IR/OpBase.td"

def Weight_Dialect : Dialect {
  let name = "veomni_weight";
  let cppNamespace = "::veomni";
  let summary = "How weights come out of a checkpoint";
  let description = [{
    One attribute, the recipe, which `veomni.weight` and `veomni_rt.weight` carry. What its steps take, make and are
    undone by stands in the table of `veomni/runtime/Recipe.h`, which the runtime follows too.
  }];
  let useDefaultAttributePrinterParser = 1;
  let extraClassDeclaration = [{
  private:
    void registerAttributes();

  public:
  }];
}

class Weight_Attr<string name, string attrMnemonic> : AttrDef<Weight_Dialect, name> {
  let mnemonic = attrMnemonic;
}

def Weight_StepAttr : Weight_Attr<"Step", "step"> {
  let summary = "one step of a weight recipe";
  let description = [{
    | step | effect |
    |---|---|
    | `load("key", [64, 32], bf16)` | push tensor `key`, which must have this shape and type |
    | `concat(3, dim = 0)` | pop 3 values, push their concatenation along dim 0 |
    | `stack(8)` | pop 8 values, push them stacked along a new dim 0 |
    | `transpose` | swap the last two dims |
    | `cast(f32)` | convert to f32: between f32, bf16, f16 and f64 |
    | `pack([32, 2])` | row-major [..., N, K] to tiles of 32 rows and 2 columns (`!veomni_rt.buffer`) |
    | `dequant_mxfp4(bf16)` | pop scales ui8 [..., G] and, below, MXFP4 ui8 [..., G, 16]; push bf16 or f32 [..., 32 G] |
    | `dequant_fp8([128, 128])` | pop scales [ceil(N / 128), ceil(K / 128)], f8E4M3FN [N, K] below; push f32 [N, K] |
    | `slice(dim = 0, start = 8, size = 4)` | keep elements [8, 12) of dim 0 |
    | `unstack(3)` | keep value 3 of those along dim 0, without that dim |
    | `part("ep", 4, dim = 0)` | of dim 0 in 4 equal parts, that of the rank's place along axis `ep` of the mesh |
  }];
  let parameters = (ins "recipe::StepKind":$kind, "::mlir::StringAttr":$key, ArrayRefParameter<"int64_t">:$dims,
                        "recipe::DType":$type, "uint32_t":$count, "uint32_t":$dim, "int64_t":$start, "int64_t":$size);
  let hasCustomAssemblyFormat = 1;
  let builders = [AttrBuilder<(ins "const recipe::Step &":$step)>];
  let extraClassDeclaration = [{
    recipe::Step toStep() const;
  }];
}

def Weight_RecipeAttr : Weight_Attr<"Recipe", "recipe"> {
  let summary = "how a parameter comes out of the tensors of a checkpoint";
  let description = [{
    A stack program: every step takes values from the stack and leaves one.

    Example: `#veomni_weight.recipe<[load("gate", [4, 8], bf16), load("up", [4, 8], bf16), concat(2, dim = 0),
    cast(f32)]>`; ops print what lies between the angle brackets.

    Constraints:
    - each step finds the values it takes, of fitting shapes and types, none of them packed;
    - quantised tensors and their scales are taken as they were loaded; scales of `dequant_fp8` are f32, bf16 or f16;
    - sizes are not negative and fit;
    - the recipe ends with one value.
  }];
  let parameters = (ins ArrayRefParameter<"StepAttr">:$steps);
  let hasCustomAssemblyFormat = 1;
  let genVerifyDecl = 1;
  let builders = [AttrBuilder<(ins "llvm::ArrayRef<recipe::Step>":$steps)>];
  let extraClassDeclaration = [{
    recipe::Steps toSteps() const;
    /// What it makes.
    recipe::ValueType getValueType() const;
  }];
}

#endif // VEOMNI_DIALECT_WEIGHT_WEIGHTDIALECT_TD

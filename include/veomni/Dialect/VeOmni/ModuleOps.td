// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef VEOMNI_DIALECT_VEOMNI_MODULE_OPS_TD
#define VEOMNI_DIALECT_VEOMNI_MODULE_OPS_TD

include "mlir/IR/OpAsmInterface.td"
include "veomni/Dialect/VeOmni/VeOmniBase.td"
include "veomni/Dialect/Weight/WeightDialect.td"

//===--------------------------------------------------------------------------------------------------------------===//
// The module tree
//===--------------------------------------------------------------------------------------------------------------===//

def VeOmni_WeightOp : VeOmni_Op<"weight", [HasParent<"::mlir::ModuleOp">]> {
  let summary = "how a parameter comes out of the checkpoint";
  let description = [{
    Names a parameter in full and gives its recipe (`#veomni_weight.recipe`), which makes it in the type that the model
    uses it in.

    ```mlir
    veomni.weight "model.norm.weight" : tensor<64xf32> = [load("model.norm.weight", [64], bf16), cast(f32)]
    veomni.weight "model.layers.0.mlp.experts.gate_up_proj" : tensor<2x16x8xf32>
        = [load("e.0.gate", [8, 8], f32), load("e.0.up", [8, 8], f32), concat(2, dim = 0),
           load("e.1.gate", [8, 8], f32), load("e.1.up", [8, 8], f32), concat(2, dim = 0), stack(2)]
    veomni.weight "model.layers.1.mlp.experts.down_proj"
        : tensor<2x64x32xbf16> = [load("down", [2, 32, 64], bf16), transpose]
    veomni.weight "model.layers.2.mlp.experts.down_proj" : tensor<2x64x32xbf16>
        = [load("down_blocks", [2, 64, 1, 16], ui8), load("down_scales", [2, 64, 1], ui8), dequant_mxfp4(bf16)]
    ```

    **Constraints**
    - the name is not empty, the type static
    - the recipe makes this shape and element type, by rows
  }];
  let arguments = (ins StrAttr:$name, TypeAttrOf<AnyStaticShapeTensor>:$type, Weight_RecipeAttr:$recipe);
  let assemblyFormat = "$name `:` $type `=` custom<Recipe>($recipe) attr-dict";
  let hasVerifier = 1;
}

def VeOmni_ParamOp : VeOmni_Op<"param", [Pure, DeclareOpInterfaceMethods<OpAsmOpInterface, ["getAsmResultNames"]>]> {
  let summary = "a parameter of the instance that runs";
  let description = [{
    The parameter `name` of the current instance: its full name is the path of the instance, a dot, and `name`. It
    prints under the last two parts of its name.

    ```mlir
    %input_layernorm.weight = veomni.param "input_layernorm.weight" : tensor<64xf32>
    ```

    **Constraints**
    - the name is not empty and neither starts nor ends with a dot
    - the type is static
  }];
  let arguments = (ins StrAttr:$name);
  let results = (outs AnyStaticShapeTensor:$result);
  let assemblyFormat = "$name attr-dict `:` type($result)";
  let hasVerifier = 1;
}

def VeOmni_ConcatParamsOp : VeOmni_Op<"concat_params", [Pure]> {
  let summary = "parameters one after the other";
  let description = [{
    Parameters of the instance, concatenated along dimension 0: the matrix of several linear layers that read one input.
    No data moves when the model runs; the bundle's recipe of the weight concatenates.

    ```mlir
    %gate_up = veomni.concat_params %gate, %up : (tensor<108x64xf32>, tensor<108x64xf32>) -> tensor<216x64xf32>
    ```

    **Constraints**
    - there are at least two operands, all of them `veomni.param`, of one element type and equal but for dim 0
    - dim 0 of the result is the sum of theirs, the rest is theirs
  }];
  let arguments = (ins Variadic<AnyStaticShapeTensor>:$params);
  let results = (outs AnyStaticShapeTensor:$result);
  let assemblyFormat = "$params attr-dict `:` functional-type($params, $result)";
  let extraClassDeclaration = [{
    /// The names of the parameters, in order.
    ::mlir::ArrayAttr getNames();
  }];
  let hasVerifier = 1;
}

def VeOmni_CallOp : VeOmni_Op<"call", [DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let summary = "runs a method of the instance at a path";
  let description = [{
    Calls `callee` for the submodule at `path`, relative to the current instance; parameters of the callee resolve below
    that path.

    ```mlir
    %h1 = veomni.call @LlamaDecoderLayer.forward at "layers.0" (%h0, %cos, %sin)
        : (tensor<?x?x64xf32>, tensor<?x?x10xf32>, tensor<?x?x10xf32>) -> tensor<?x?x64xf32>
    ```

    **Constraints**
    - the callee is a function of the same module with these argument and result types
    - the path is not empty
  }];
  let arguments = (ins FlatSymbolRefAttr:$callee, StrAttr:$path, Variadic<AnyType>:$operands);
  let results = (outs Variadic<AnyType>:$results);
  let assemblyFormat = "$callee `at` $path ` ` `(` $operands `)` attr-dict `:` functional-type($operands, $results)";
  let hasVerifier = 1;
}

def VeOmni_InputGivenOp : VeOmni_Op<"input_given", [Pure]> {
  let summary = "whether the caller passed an optional input";
  let description = [{
    True if the caller gave the entry argument, false if its `veomni.default` was used. Hugging Face's masks depend on
    it.

    ```mlir
    %given = veomni.input_given %attention_mask : tensor<?x?xi64>
    ```

    **Constraints**
    - the operand is an argument of a public function that carries `veomni.default`
  }];
  let arguments = (ins AnyRankedTensor:$input);
  let results = (outs I1:$result);
  let assemblyFormat = "$input attr-dict `:` type($input)";
  let hasVerifier = 1;
}

#endif

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef VEOMNI_DIALECT_VEOMNI_MODULE_OPS_TD
#define VEOMNI_DIALECT_VEOMNI_MODULE_OPS_TD

include "veomni/Dialect/VeOmni/VeOmniBase.td"

//===------------------------------------------------------------------------------------------------------------------===//
// The module tree
//===------------------------------------------------------------------------------------------------------------------===//

def VeOmni_WeightOp : VeOmni_Op<"weight", [HasParent<"::mlir::ModuleOp">]> {
  let summary = "how a parameter is stored in the checkpoint";
  let description = [{
    Names a parameter in full and says from which checkpoint tensors it is made. The sources, all of the same type, are taken in runs of
    `concat`, each run concatenated along dimension 0; with `stack` the runs are then stacked along a new dimension 0. With `transpose` the
    last two dims of the whole are swapped in the end. With `mxfp4 scales` the sources are MXFP4 blocks ui8 [..., G, 16], each with a tensor
    of scales ui8 [..., G], and count as [..., 32 G]. With `fp8 scales ... blocks [n, k]` the sources are f8E4M3FN [N, K], each with a
    tensor of f32 scales [ceil(N / n), ceil(K / k)]: one number per block.

    ```mlir
    veomni.weight "model.norm.weight" : tensor<64xf32> from ["model.norm.weight"] : tensor<64xf32>
    veomni.weight "model.layers.0.mlp.experts.gate_up_proj" : tensor<2x16x8xf32>
        from ["e.0.gate", "e.0.up", "e.1.gate", "e.1.up"] : tensor<8x8xf32> {concat = 2 : i64, stack}
    veomni.weight "model.layers.1.mlp.experts.down_proj" : tensor<2x64x32xbf16> from ["down"] : tensor<2x32x64xbf16> {transpose}
    veomni.weight "model.layers.2.mlp.experts.down_proj" : tensor<2x64x32xbf16>
        from ["down_blocks"] mxfp4 scales ["down_scales"] : tensor<2x64x1x16xui8>
    veomni.weight "model.layers.3.self_attn.o_proj.weight" : tensor<300x200xbf16>
        from ["o_proj.weight"] fp8 scales ["o_proj.weight_scale_inv"] blocks [128, 128] : tensor<300x200xf8E4M3FN>
    ```

    **Constraints**
    - names are not empty, types are static, `concat` divides the number of sources
    - without `stack` there is one run
    - with `transpose` there are at least two dims
    - there are as many scales as sources, of one kind; MXFP4 sources are ui8, their last dim 16, and FP8 ones f8E4M3FN with two dims and
      blocks of two positive sizes; the parameter is then f32 or bf16
    - the sources' shape, concatenated, stacked and transposed, is the parameter's shape (element types may differ: the bundle casts)
  }];
  let arguments = (ins StrAttr:$name, TypeAttrOf<AnyStaticShapeTensor>:$type, StrArrayAttr:$sources, TypeAttrOf<AnyStaticShapeTensor>:$source_type,
    ConfinedAttr<DefaultValuedAttr<I64Attr, "1">, [IntPositive]>:$concat, UnitAttr:$stack, UnitAttr:$transpose,
    OptionalAttr<StrArrayAttr>:$mxfp4_scales, OptionalAttr<StrArrayAttr>:$fp8_scales, OptionalAttr<DenseI64ArrayAttr>:$fp8_block);
  let assemblyFormat = [{
    $name `:` $type `from` $sources (`mxfp4` `scales` $mxfp4_scales^)? (`fp8` `scales` $fp8_scales^ `blocks` $fp8_block)?
    `:` $source_type attr-dict
  }];
  let hasVerifier = 1;
}

def VeOmni_ParamOp : VeOmni_Op<"param", [Pure]> {
  let summary = "a parameter of the instance that runs";
  let description = [{
    The parameter `name` of the current instance: its full name is the path of the instance, a dot, and `name`.

    ```mlir
    %w = veomni.param "input_layernorm.weight" : tensor<64xf32>
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
    Parameters of the instance, concatenated along dimension 0: the matrix of several linear layers that read one input. No data moves when
    the model runs; the bundle's recipe of the weight concatenates.

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
    Calls `callee` for the submodule at `path`, relative to the current instance; parameters of the callee resolve below that path.

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
    True if the caller gave the entry argument, false if its `veomni.default` was used. Hugging Face's masks depend on it.

    ```mlir
    %given = veomni.input_given %attention_mask : tensor<?x?xi64>
    ```

    **Constraints**
    - the operand is an argument of a public function that carries `veomni.default`
  }];
  let arguments = (ins AnyTensor:$input);
  let results = (outs I1:$result);
  let assemblyFormat = "$input attr-dict `:` type($input)";
  let hasVerifier = 1;
}

#endif

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef VEOMNI_DIALECT_VEOMNI_COLLECTIVE_OPS_TD
#define VEOMNI_DIALECT_VEOMNI_COLLECTIVE_OPS_TD

include "veomni/Dialect/VeOmni/VeOmniBase.td"

//===--------------------------------------------------------------------------------------------------------------===//
// Data between ranks
//===--------------------------------------------------------------------------------------------------------------===//

// All ranks run the same ops in the same order: there is no control flow that data decides about. An op whose results
// nobody reads may go, since it goes on every rank, and of two equal ones one is enough.
class VeOmni_CollectiveOp<string mnemonic, list<Trait> traits = []>
    : VeOmni_Op<mnemonic, !listconcat([Pure, DeclareOpInterfaceMethods<VeOmni_CollectiveOpInterface>], traits)> {
  let hasVerifier = 1;
  let extraClassDefinition = [{
    ::llvm::LogicalResult $cppClass::verify() { return ::veomni::detail::verifyCollective(getOperation()); }
  }];
}

def VeOmni_AllGatherOp : VeOmni_CollectiveOp<"all_gather"> {
  let summary = "the parts of all ranks, one behind the other";
  let description = [{
    Ranks that differ along `mesh_axis` have parts of one array along `dim`; afterwards each of them has all of it.

    ```mlir
    %whole = veomni.all_gather %x dim 1 over "sp" : tensor<?x?x64xf32> -> tensor<?x?x64xf32>
    ```

    **Constraints**
    - the module's mesh has the axis
    - a static `dim` becomes as many times as large as there are ranks along the axis; a dynamic one is a part over the
      axis, `seq@sp`, and becomes the whole, `seq`; all else is equal
  }];
  let arguments = (ins AnyRankedTensor:$x, I64Attr:$dim, StrAttr:$mesh_axis);
  let results = (outs AnyRankedTensor:$result);
  let assemblyFormat = "$x `dim` $dim `over` $mesh_axis attr-dict `:` type($x) `->` type($result)";
  let hasCanonicalizer = 1;
}

def VeOmni_AllSliceOp : VeOmni_CollectiveOp<"all_slice"> {
  let summary = "this rank's part of what all ranks have";
  let description = [{
    Nothing moves between ranks: each copies its part along `dim`.

    ```mlir
    %part = veomni.all_slice %x dim 1 over "sp" : tensor<?x?x64xf32> -> tensor<?x?x64xf32>
    ```

    **Constraints**
    - the module's mesh has the axis
    - a static `dim` is divided by the number of ranks along the axis; a dynamic one, `seq`, becomes its part over the
      axis, `seq@sp`; all else is equal
  }];
  let arguments = (ins AnyRankedTensor:$x, I64Attr:$dim, StrAttr:$mesh_axis);
  let results = (outs AnyRankedTensor:$result);
  let assemblyFormat = "$x `dim` $dim `over` $mesh_axis attr-dict `:` type($x) `->` type($result)";
  let hasCanonicalizer = 1;
}

def VeOmni_AllToAllOp : VeOmni_CollectiveOp<"all_to_all"> {
  let summary = "from parts along one dim to parts along another";
  let description = [{
    Ranks have parts of arrays along `gather_dim` and get parts along `split_dim`: what Ulysses sequence parallelism
    does from tokens to heads before attention, and back behind it. Several arrays move in one exchange.

    ```mlir
    %qh, %kh = veomni.all_to_all %q, %k gather 1 split 2 over "sp"
        : (tensor<?x?x8x16xf32>, tensor<?x?x4x16xf32>) -> (tensor<?x?x4x16xf32>, tensor<?x?x2x16xf32>)
    ```

    **Constraints**
    - the module's mesh has the axis
    - there are as many results as operands; the two dims differ
    - of each pair `gather_dim` becomes the whole as in `veomni.all_gather`, `split_dim` the part as in
      `veomni.all_slice`, and all else is equal
  }];
  let arguments = (ins Variadic<AnyRankedTensor>:$inputs, I64Attr:$gather_dim, I64Attr:$split_dim, StrAttr:$mesh_axis);
  let results = (outs Variadic<AnyRankedTensor>:$results);
  let assemblyFormat = [{
    $inputs `gather` $gather_dim `split` $split_dim `over` $mesh_axis attr-dict `:` functional-type($inputs, $results)
  }];
  let hasCanonicalizer = 1;
}

def VeOmni_AllReduceOp : VeOmni_CollectiveOp<"all_reduce", [AllTypesMatch<["x", "result"]>]> {
  let summary = "the sum of what all ranks have";
  let description = [{
    Ranks that differ along `mesh_axis` have summands of one array, such as the products of parts of a contraction;
    afterwards each of them has the sum. Elements are added up in the order of the ranks, bf16 and f16 in f32 and
    rounded once, so that every rank has the same bits, however many machines they run on.

    ```mlir
    %y = veomni.all_reduce %part over "tp" : tensor<?x?x64xf32>
    ```

    **Constraints**
    - the module's mesh has the axis
    - elements are floats; the result has the type of the operand
  }];
  let arguments = (ins VeOmni_FloatTensor:$x, StrAttr:$mesh_axis);
  let results = (outs VeOmni_FloatTensor:$result);
  let assemblyFormat = "$x `over` $mesh_axis attr-dict `:` type($x)";
}

def VeOmni_ReduceScatterOp : VeOmni_CollectiveOp<"reduce_scatter"> {
  let summary = "this rank's part of the sum of what all ranks have";
  let description = [{
    What `veomni.all_reduce` and `veomni.all_slice` along `dim` give, bit for bit, where every rank is sent its part
    alone.

    ```mlir
    %y = veomni.reduce_scatter %part dim 1 over "tp" : tensor<?x?x64xf32> -> tensor<?x?x64xf32>
    ```

    **Constraints**
    - the module's mesh has the axis
    - elements are floats; types are as in `veomni.all_slice`
  }];
  let arguments = (ins VeOmni_FloatTensor:$x, I64Attr:$dim, StrAttr:$mesh_axis);
  let results = (outs VeOmni_FloatTensor:$result);
  let assemblyFormat = "$x `dim` $dim `over` $mesh_axis attr-dict `:` type($x) `->` type($result)";
}

def VeOmni_ExpertDispatchOp : VeOmni_Op<"expert_dispatch", [DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let summary = "runs a function on each row's expert's rank, and brings back what it gives";
  let description = [{
    Expert parallelism. `rows` are sorted by expert, those of expert e from `offsets[e]` up to `offsets[e + 1]`
    (`veomni.expert_sort`, `veomni.permute`). Of the E experts each of the p ranks along `mesh_axis` has E / p, the
    first rank the first of them. Each row goes to the rank that has its expert, which runs `callee` on all that it was
    sent; what that gives for a row comes back to where the row was.

    The callee, on the same instance, takes the rows [received, H], those of the first rank first, and the numbers
    [received, 1] of their experts among the rank's own, and returns [received, H]. How many rows a rank receives is
    counted when it runs: a rank may receive all of them or none. Memory for them is taken then.

    ```mlir
    %y = veomni.expert_dispatch @Qwen3MoeExperts.received (%rows) offsets %offsets over "ep"
        : tensor<?x64xf32>, tensor<9xi32> -> tensor<?x64xf32>
    ```

    **Constraints**
    - the module's mesh has the axis, and its ranks divide the experts, of which there is one less than `offsets`
    - `rows` is [rows, H]; the result has its type
    - the callee takes `tensor<?xH>` and `tensor<?x1xi32>` and returns `tensor<?xH>`, all with one name for their rows
  }];
  let arguments = (ins FlatSymbolRefAttr:$callee, VeOmni_FloatTensor:$rows, VeOmni_I32Tensor:$offsets,
    StrAttr:$mesh_axis);
  let results = (outs VeOmni_FloatTensor:$result);
  let assemblyFormat = [{
    $callee ` ` `(` $rows `)` `offsets` $offsets `over` $mesh_axis attr-dict
    `:` type($rows) `,` type($offsets) `->` type($result)
  }];
  let hasVerifier = 1;
}

#endif

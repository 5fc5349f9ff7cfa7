// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Phase `shard`: a model becomes what each of several ranks runs.
#ifndef VEOMNI_PASSES_SHARD_PASSES_TD
#define VEOMNI_PASSES_SHARD_PASSES_TD

include "mlir/Pass/PassBase.td"

def SetMesh : Pass<"veomni-set-mesh", "::mlir::ModuleOp"> {
  let summary = "say which ranks run a model together";
  let description = [{
    Gives the module `veomni.mesh`, by which `veomni-shard-model` and phase lower go.

    Before: `module { ... }`. After, with `mesh=dp_replicate=2,sp=4`: `module attributes {veomni.mesh =
    #veomni.mesh<"dp_replicate" = 2, "sp" = 4>} { ... }`.

    Axes are `dp_replicate`, which splits the batch, `dp_shard`, which does so and divides stored weights (`veomni-
    shard-weights`), `sp`, which splits the sequence, `tp`, which divides parameters, and `ep`, which puts all ranks of
    the others into groups that divide the experts. An axis that there is not, a size below 1, a size of `ep` that does
    not divide the ranks, and a mesh other than the one that the module has already are errors. Without the option
    nothing changes.
  }];
  let options = [Option<"mesh", "mesh", "std::string", "\"\"", "axes and sizes, such as dp_replicate=2,sp=4,ep=2">];
  let dependentDialects = ["::veomni::VeOmniDialect"];
}

def ShardModel : Pass<"veomni-shard-model", "::mlir::ModuleOp"> {
  let summary = "what each rank of the mesh runs";
  let description = [{
    Splits values over the ranks of the module's mesh by the factor rules of the ops. Inputs and outputs are whole on
    every rank. Every value with a dim `batch` is split over `dp_replicate` and `dp_shard`; values of floats with a dim
    `seq` are split over `sp`, while tokens, positions and masks, which are small, stay whole, so that each rank knows
    the documents and the padding of the whole sequence. Sizes need not divide: ranks have parts that differ by at most
    one.

    `tp` divides parameters: columns of the products that make heads and neurons, rows of those that sum over them,
    columns of the embedded tokens and of the logits. A plan file says it for other parameters, or that some stay whole.
    Values with a dim `seq` are split over `tp`, too, wherever ranks do not have heads or neurons of their own, unless
    `sp` splits them already; but those that no parameter has gone into, such as the angles of positions.

    An op runs on the parts of its operands where its rule lets it. An op that needs a split dim whole is given it by
    - `all_to_all`, where the rule lets another dim be split in its place, and its results move back: attention and
      scans of linear attention go from tokens to heads (Ulysses). All operands move in one exchange. Key/value heads
      that are fewer than ranks are repeated first;
    - `all_gather` otherwise. Sums over split dims are taken from gathered values as well, so that they have the order,
      and the bits, of the unsharded model.

    An op that sums over a dim along which ranks have parts of a parameter gives each rank a summand: `reduce_scatter`
    makes them parts of the sequence, or `all_reduce` the sum.

    Before, with `veomni.mesh = #veomni.mesh<"sp" = 2>`:
    ```mlir
    %y = veomni.attention %q, %k, %v starts %starts key_mask %mask if %given {...}
        : tensor<?x?x4x16xf32>, tensor<?x?x2x16xf32>, tensor<?x?xi32>, tensor<?x?xi64>
    ```
    After:
    ```mlir
    %h:3 = veomni.all_to_all %q, %k, %v gather 1 split 2 over "sp"
        : (tensor<?x?x4x16xf32>, tensor<?x?x2x16xf32>, tensor<?x?x2x16xf32>)
        -> (tensor<?x?x2x16xf32>, tensor<?x?x1x16xf32>, tensor<?x?x1x16xf32>)
    %o = veomni.attention %h#0, %h#1, %h#2 starts %starts key_mask %mask if %given {...}
        : tensor<?x?x2x16xf32>, tensor<?x?x1x16xf32>, tensor<?x?xi32>, tensor<?x?xi64>
    %y = veomni.all_to_all %o gather 2 split 1 over "sp" : (tensor<?x?x2x16xf32>) -> tensor<?x?x4x16xf32>
    ```
    A function that is called with different splits is cloned for each. Every exchange is a remark of category `shard`
    with the bytes that each rank gives away. Heads and parameters that cannot be divided by the ranks are errors with
    the numbers, as is a rule of the plan that matches no parameter. A module without a mesh, or one that has
    collectives already, does not change.
  }];
  let options = [Option<"plan", "plan", "std::string", "\"\"", "file that says which parameters are divided">];
  let dependentDialects = ["::veomni::VeOmniDialect"];
  let statistics = [
    Statistic<"numMoved", "moved", "Arrays that change from parts along one dim to parts along another">,
    Statistic<"numGathered", "gathered", "Arrays that are gathered">,
    Statistic<"numSliced", "sliced", "Arrays of which ranks take their part">,
    Statistic<"numSummed", "summed", "Arrays of which ranks have summands that are added up">
  ];
}

def ShardExperts : Pass<"veomni-shard-experts", "::mlir::ModuleOp"> {
  let summary = "each rank has some of the experts";
  let description = [{
    Expert parallelism: where the mesh has an axis `ep` of p ranks, each of them keeps E / p of E experts, and the rows
    of tokens go to the ranks of the experts that they chose. A loop over experts runs on the rows that a rank receives,
    each as a token with one expert of weight 1; what comes back is added up where the token is, in the order of the
    experts, so that sums have the order, and the bits, of the whole loop. Whichever implementation the loop is bound to
    later works on the received rows as it would on tokens.

    The experts' parameters, of which the loop's body selects by the expert's number, become a rank's part: their
    `veomni.weight` ends with the step `part("ep", p, dim = 0)`, so that a rank reads its own experts alone.

    Before, with `veomni.mesh = #veomni.mesh<"sp" = 2, "ep" = 2 redivides>`:
    ```mlir
    %y = veomni.experts_loop @Experts.expert (%x, %experts, %weights) {num_experts = 8 : i64}
        : tensor<?x?x64xf32>, tensor<?x?x2xi32>, tensor<?x?x2xf32> -> tensor<?x?x64xf32>
    ```
    After:
    ```mlir
    %routes, %places, %offsets = veomni.expert_sort %experts
        : tensor<?x?x2xi32> -> tensor<?xi32>, tensor<?x?x2xi32>, tensor<9xi32>
    %rows = veomni.permute %x by %routes {top_k = 2 : i64} : tensor<?x?x64xf32>, tensor<?xi32> -> tensor<?x64xf32>
    %back = veomni.expert_dispatch @Experts.expert.received (%rows) offsets %offsets over "ep"
        : tensor<?x64xf32>, tensor<9xi32> -> tensor<?x64xf32>
    %y = veomni.expert_combine %back by %routes, %places weights %weights
        : tensor<?x64xf32>, tensor<?xi32>, tensor<?x?x2xi32>, tensor<?x?x2xf32> -> tensor<?x?x64xf32>
    ```
    where `@Experts.expert.received` holds
    ```mlir
    %one = veomni.full_like %numbers {value = 1.0 : f32} : tensor<?x1xi32> -> tensor<?x1xf32>
    %y = veomni.experts_loop @Experts.expert (%rows, %numbers, %one) {num_experts = 4 : i64}
        : tensor<?x64xf32>, tensor<?x1xi32>, tensor<?x1xf32> -> tensor<?x64xf32>
    ```
    A number of experts that the ranks do not divide, a parameter that is read otherwise as well, experts that are no
    loop, and a model without experts are errors. A module that has dispatches already does not change.
  }];
  let dependentDialects = ["::veomni::VeOmniDialect"];
  let statistics = [Statistic<"numLoops", "loops", "Loops over experts that run where the experts are">];
}

def FoldCollectives : Pass<"veomni-fold-collectives", "::mlir::ModuleOp"> {
  let summary = "collectives that undo one another, or that one exchange can do";
  let description = [{
    | before | after |
    |---|---|
    | `all_slice` of an `all_gather` along the same dim, and the reverse | what was there before |
    | `all_slice` of an `all_gather` along another dim | `all_to_all` |
    | `all_to_all` of an `all_to_all` the other way | what was there before, for each array by itself |
    | `all_slice` of an `all_reduce` | `reduce_scatter` |
    | `all_gather` of a `reduce_scatter` along the same dim | `all_reduce` |

    Each of them over one axis of the mesh. The first of two goes where nobody else reads it; where somebody does, only
    what costs nothing is done. Bits do not change. The same rewrites are those of `canonicalize`.

    Before:
    ```mlir
    %sum = veomni.all_reduce %x over "tp" : tensor<?x?x64xf32>
    %part = veomni.all_slice %sum dim 1 over "tp" : tensor<?x?x64xf32> -> tensor<?x?x64xf32>
    ```
    After:
    ```mlir
    %part = veomni.reduce_scatter %x dim 1 over "tp" : tensor<?x?x64xf32> -> tensor<?x?x64xf32>
    ```
  }];
  let dependentDialects = ["::veomni::VeOmniDialect"];
}

def CheckParts : Pass<"veomni-check-parts", "::mlir::ModuleOp"> {
  let summary = "refuse ops that need all of a dim and are given parts";
  let description = [{
    What a rank runs may be written by hand or by another tool. An op whose rule says that a dim must be whole, or that
    sums over it, computes something else on a part of that dim: documents that begin with every part, positions counted
    from the start of a part, a loss over a part. Each such op is an error which names the dim and the axis of the mesh.
    Sorting and gathering the rows of experts is left out: a rank does that with the tokens that it has.

    Before:
    ```mlir
    %part = veomni.all_slice %positions dim 1 over "sp" : tensor<?x?xi64> -> tensor<?x?xi64>
    %starts = veomni.document_starts %part whole_if %given : tensor<?x?xi64> -> tensor<?x?xi32>
    ```
    After: an error, `needs all of dim 1 of operand 0, but is given seq@sp, a part over 'sp'`. A right program does not
    change.
  }];
  let dependentDialects = ["::veomni::VeOmniDialect"];
}

def FixGatherDims : Pass<"veomni-fix-gather-dims", "::mlir::ModuleOp"> {
  let summary = "gather the dims of which ranks have parts";
  let description = [{
    A collective that gathers a dim of which ranks have no parts, such as cosines [batch, seq, ...] along the batch, is
    made to gather the one dim of its operands that is a part over its axis of the mesh, and a remark says so. Where no
    dim or several are such parts, or types would change, the op is an error as it is without the pass.

    Before, where ranks have parts of dim 1:
    ```mlir
    %cos = veomni.all_gather %part dim 0 over "sp" : tensor<?x?x64xf32> -> tensor<?x?x64xf32>
    ```
    After:
    ```mlir
    %cos = veomni.all_gather %part dim 1 over "sp" : tensor<?x?x64xf32> -> tensor<?x?x64xf32>
    ```
    It is no part of phase shard, which writes no such collective: `--pass-at=before-shard=veomni-fix-gather-dims`
    repairs a program that comes from elsewhere.
  }];
  let dependentDialects = ["::veomni::VeOmniDialect"];
  let statistics = [Statistic<"numFixed", "fixed", "Collectives that gather another dim">];
}

#endif

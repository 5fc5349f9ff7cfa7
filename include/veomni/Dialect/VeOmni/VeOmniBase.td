// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef VEOMNI_DIALECT_VEOMNI_BASE_TD
#define VEOMNI_DIALECT_VEOMNI_BASE_TD

include "mlir/IR/BuiltinAttributeInterfaces.td"
include "mlir/IR/SymbolInterfaces.td"
include "mlir/Interfaces/SideEffectInterfaces.td"
include "mlir/Interfaces/InferTypeOpInterface.td"
include "veomni/Dialect/VeOmni/VeOmniAttrs.td"
include "veomni/Dialect/VeOmni/VeOmniInterfaces.td"

class VeOmni_Op<string mnemonic, list<Trait> traits = []> : Op<VeOmni_Dialect, mnemonic, traits>;

/// An op on tensors whose dims follow an einsum-like factor rule.
class VeOmni_RuledOp<string mnemonic, string rule, list<Trait> traits = []>
    : VeOmni_Op<mnemonic, !listconcat([DeclareOpInterfaceMethods<VeOmni_ShardingRuleOpInterface>], traits)> {
  let extraClassDefinition = [{
    ::llvm::StringRef $cppClass::getShardingRule() { return "}] # rule # [{"; }
  }];
}

/// Most of them, which have no side effects.
class VeOmni_PureOp<string mnemonic, string rule, list<Trait> traits = []>
    : VeOmni_RuledOp<mnemonic, rule, !listconcat([Pure], traits)>;

/// An op whose factor rule depends on the ranks or attributes at hand.
class VeOmni_PureOpOfRanks<string mnemonic, list<Trait> traits = []>
    : VeOmni_Op<mnemonic, !listconcat([Pure, DeclareOpInterfaceMethods<VeOmni_ShardingRuleOpInterface>], traits)>;

def VeOmni_Float : AnyTypeOf<[F32, BF16, F16]>;
def VeOmni_FloatTensor : RankedTensorOf<[VeOmni_Float]>;
def VeOmni_TokenTensor : RankedTensorOf<[I64]>;
def VeOmni_I32Tensor : RankedTensorOf<[I32]>;
def VeOmni_F32Tensor : RankedTensorOf<[F32]>;

#endif

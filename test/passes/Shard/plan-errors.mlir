// What a plan says of parameters is held against those of the model.
// RUN: split-file %s %t
// RUN: not veomni-opt %t/model.mlir --veomni-shard="mesh=tp=2 plan=%t/name.json" 2>&1 | FileCheck %s --check-prefix=NAME
// NAME: error: {{.*}}name.json: parameters[1]: no parameter of the model is called "layers.0.q_proj.wieght"; did you mean "layers.0.q_proj.weight"?
// RUN: not veomni-opt %t/model.mlir --veomni-shard="mesh=tp=2 plan=%t/dim.json" 2>&1 | FileCheck %s --check-prefix=DIM
// DIM: error: 'veomni.param' op "layers.0.q_proj.weight" is 'tensor<32x32xf32>' and cannot be divided over 'tp' along dim 2, as {{.*}}dim.json: parameters[0] says: there is no such dim
// RUN: not veomni-opt %t/model.mlir --veomni-shard="mesh=tp=3 plan=%t/rows.json" 2>&1 | FileCheck %s --check-prefix=ROWS
// ROWS: along dim 1, as {{.*}}rows.json: parameters[0] says: 3 ranks do not divide 32; expected a number of ranks that does, or a plan that leaves it whole
// RUN: not veomni-opt %t/model.mlir --veomni-shard="mesh=tp=2 plan=%t/axis.json" 2>&1 | FileCheck %s --check-prefix=AXIS
// AXIS: error: {{.*}}axis.json: parameters[0]: 'sp' is no axis that divides parameters, expected 'tp'
// RUN: not veomni-opt %t/model.mlir --veomni-shard="mesh=tp=2 plan=%t/experts.json" 2>&1 | FileCheck %s --check-prefix=EXPERTS
// EXPERTS: as {{.*}}experts.json: parameters[0] says: a loop over experts selects from it, and 'ep' divides those
// RUN: not veomni-opt %t/model.mlir --veomni-shard="mesh=tp=2 plan=%t/key.json" 2>&1 | FileCheck %s --check-prefix=KEY
// KEY: error: {{.*}}key.json: parameters[0]: unknown key "dims"; known: "parameter", "axis", "dim", "whole"
// RUN: not veomni-opt %t/model.mlir --veomni-shard="mesh=tp=2 plan=%t/nothing.json" 2>&1 | FileCheck %s --check-prefix=NOTHING
// NOTHING: error: {{.*}}nothing.json: parameters[0]: expected "axis" and "dim", or "whole": true alone
// RUN: not veomni-opt %t/model.mlir --veomni-shard="mesh=tp=2 plan=%t/negative.json" 2>&1 | FileCheck %s --check-prefix=NEGATIVE
// NEGATIVE: error: {{.*}}negative.json: parameters[0].dim: expected the number of a dim
// RUN: not veomni-opt %t/model.mlir --veomni-shard="mesh=tp=2 plan=%t/flag.json" 2>&1 | FileCheck %s --check-prefix=FLAG
// FLAG: error: {{.*}}flag.json: parameters[0].whole: expected true or false
// RUN: not veomni-opt %t/model.mlir --veomni-shard="mesh=tp=2 plan=%t/glob.json" 2>&1 | FileCheck %s --check-prefix=GLOB
// GLOB: error: {{.*}}glob.json: parameters[0]: "[a" is no glob
// RUN: not veomni-opt %t/model.mlir --veomni-shard="mesh=tp=2 plan=%t/list.json" 2>&1 | FileCheck %s --check-prefix=LIST
// LIST: error: {{.*}}list.json: expected an object with the array "parameters"

// A bias would be added by every rank that has a summand; only that of a linear layer can be added to the sum.
// RUN: not veomni-opt %t/grouped.mlir --veomni-shard="mesh=tp=2 plan=%t/inner.json" 2>&1 | FileCheck %s --check-prefix=BIAS
// BIAS: error: 'veomni.grouped_gemm' op cannot give the ranks of 'tp' summands: it adds an operand that one of them alone may add

//--- name.json
{"parameters": [{"parameter": "layers.*.q_proj.weight", "whole": true}, {"parameter": "layers.0.q_proj.wieght", "whole": true}]}
//--- dim.json
{"parameters": [{"parameter": "layers.0.q_proj.weight", "axis": "tp", "dim": 2}]}
//--- rows.json
{"parameters": [{"parameter": "layers.0.q_proj.weight", "axis": "tp", "dim": 1}]}
//--- axis.json
{"parameters": [{"parameter": "layers.0.q_proj.weight", "axis": "sp", "dim": 0}]}
//--- experts.json
{"parameters": [{"parameter": "*up_proj", "axis": "tp", "dim": 1}]}
//--- key.json
{"parameters": [{"parameter": "*", "axis": "tp", "dims": 1}]}
//--- nothing.json
{"parameters": [{"parameter": "*", "axis": "tp"}]}
//--- negative.json
{"parameters": [{"parameter": "*", "axis": "tp", "dim": -1}]}
//--- flag.json
{"parameters": [{"parameter": "*", "whole": "yes"}]}
//--- glob.json
{"parameters": [{"parameter": "[a", "whole": true}]}
//--- list.json
{"parameters": {"q_proj": 0}}
//--- inner.json
{"parameters": [{"parameter": "weight", "axis": "tp", "dim": 2}]}
//--- grouped.mlir
func.func @forward(%x: tensor<?x32xf32> {veomni.axes = ["seq"]}, %o: tensor<3xi32>) -> (tensor<?x8xf32> {veomni.axes = ["seq"]}) {
  %w = veomni.param "weight" : tensor<2x8x32xf32>
  %b = veomni.param "bias" : tensor<2x8xf32>
  %y = veomni.grouped_gemm %x, %w offsets %o bias %b : (tensor<?x32xf32>, tensor<2x8x32xf32>, tensor<3xi32>, tensor<2x8xf32>) -> tensor<?x8xf32>
  return %y : tensor<?x8xf32>
}
//--- model.mlir
func.func private @expert(%x: tensor<?x32xf32> {veomni.axes = ["expert_tokens"]}, %e: index) -> (tensor<?x32xf32> {veomni.axes = ["expert_tokens"]}) {
  %all = veomni.param "up_proj" : tensor<4x32x32xf32>
  %w = veomni.select_expert %all, %e : tensor<4x32x32xf32> -> tensor<32x32xf32>
  %y = veomni.linear %x, %w : (tensor<?x32xf32>, tensor<32x32xf32>) -> tensor<?x32xf32>
  return %y : tensor<?x32xf32>
}
func.func @forward(%x: tensor<?x32xf32> {veomni.axes = ["seq"]}, %e: tensor<?x2xi32> {veomni.axes = ["seq"]}, %r: tensor<?x2xf32> {veomni.axes = ["seq"]})
    -> (tensor<?x32xf32> {veomni.axes = ["seq"]}) {
  %w = veomni.param "layers.0.q_proj.weight" : tensor<32x32xf32>
  %y = veomni.linear %x, %w : (tensor<?x32xf32>, tensor<32x32xf32>) -> tensor<?x32xf32>
  %z = veomni.experts_loop @expert (%y, %e, %r) {num_experts = 4 : i64} : tensor<?x32xf32>, tensor<?x2xi32>, tensor<?x2xf32> -> tensor<?x32xf32>
  return %z : tensor<?x32xf32>
}

// RUN: veomni-opt %s --veomni-fuse-gate-up | FileCheck %s
// RUN: veomni-opt %s --veomni-fuse-gate-up | veomni-opt --veomni-fuse-gate-up | FileCheck %s
// RUN: veomni-opt %s --veomni-fuse-gate-up --remarks-filter=fuse -o /dev/null 2>&1 | FileCheck %s --check-prefix=REMARK

// CHECK-LABEL: func.func private @mlp
// CHECK-SAME: (%[[X:.*]]: tensor<?x8xf32>
// CHECK-DAG: %[[G:.*]] = veomni.param "gate_proj.weight"
// CHECK-DAG: %[[U:.*]] = veomni.param "up_proj.weight"
// CHECK-DAG: %[[GB:.*]] = veomni.param "gate_proj.bias"
// CHECK-DAG: %[[UB:.*]] = veomni.param "up_proj.bias"
// CHECK-DAG: %[[W:.*]] = veomni.concat_params %[[G]], %[[U]] : (tensor<6x8xf32>, tensor<6x8xf32>) -> tensor<12x8xf32>
// CHECK-DAG: %[[B:.*]] = veomni.concat_params %[[GB]], %[[UB]] : (tensor<6xf32>, tensor<6xf32>) -> tensor<12xf32>
// CHECK: %[[GU:.*]] = veomni.linear %[[X]], %[[W]] bias %[[B]] {veomni.kernel = "packed"} : {{.*}} -> tensor<?x12xf32>
// CHECK: %[[A:.*]] = veomni.packed_glu %[[GU]] {act = #veomni.activation<gelu>, veomni.kernel = "fused"}
// CHECK: return %[[A]]
// REMARK: [Passed] FuseGateUp | Category:fuse | Function=mlp | Remark="gate and up are one product"
func.func private @mlp(%x: tensor<?x8xf32>) -> tensor<?x6xf32> {
  %g = veomni.param "gate_proj.weight" : tensor<6x8xf32>
  %gb = veomni.param "gate_proj.bias" : tensor<6xf32>
  %gate = veomni.linear %x, %g bias %gb {veomni.kernel = "packed"} : (tensor<?x8xf32>, tensor<6x8xf32>, tensor<6xf32>) -> tensor<?x6xf32>
  %u = veomni.param "up_proj.weight" : tensor<6x8xf32>
  %ub = veomni.param "up_proj.bias" : tensor<6xf32>
  %up = veomni.linear %x, %u bias %ub {veomni.kernel = "packed"} : (tensor<?x8xf32>, tensor<6x8xf32>, tensor<6xf32>) -> tensor<?x6xf32>
  %a = veomni.glu %gate, %up {act = #veomni.activation<gelu>, veomni.kernel = "fused"} : tensor<?x6xf32>
  return %a : tensor<?x6xf32>
}

// CHECK-LABEL: func.func private @other_use
// CHECK-NOT: concat_params
// REMARK: [Missed] FuseGateUp | Category:fuse | Function=other_use | Remark="gate and up stay apart: gate or up has another use"
func.func private @other_use(%x: tensor<?x8xf32>) -> (tensor<?x6xf32>, tensor<?x6xf32>) {
  %g = veomni.param "g" : tensor<6x8xf32>
  %u = veomni.param "u" : tensor<6x8xf32>
  %gate = veomni.linear %x, %g : (tensor<?x8xf32>, tensor<6x8xf32>) -> tensor<?x6xf32>
  %up = veomni.linear %x, %u : (tensor<?x8xf32>, tensor<6x8xf32>) -> tensor<?x6xf32>
  %a = veomni.glu %gate, %up {act = #veomni.activation<silu>} : tensor<?x6xf32>
  return %a, %gate : tensor<?x6xf32>, tensor<?x6xf32>
}

// REMARK: Function=inputs | Remark="gate and up stay apart: they read different inputs"
func.func private @inputs(%x: tensor<?x8xf32>, %y: tensor<?x8xf32>) -> tensor<?x6xf32> {
  %g = veomni.param "g" : tensor<6x8xf32>
  %u = veomni.param "u" : tensor<6x8xf32>
  %gate = veomni.linear %x, %g : (tensor<?x8xf32>, tensor<6x8xf32>) -> tensor<?x6xf32>
  %up = veomni.linear %y, %u : (tensor<?x8xf32>, tensor<6x8xf32>) -> tensor<?x6xf32>
  %a = veomni.glu %gate, %up {act = #veomni.activation<silu>} : tensor<?x6xf32>
  return %a : tensor<?x6xf32>
}

// REMARK: Function=bias | Remark="gate and up stay apart: one has a bias, another has none"
func.func private @bias(%x: tensor<?x8xf32>) -> tensor<?x6xf32> {
  %g = veomni.param "g" : tensor<6x8xf32>
  %b = veomni.param "b" : tensor<6xf32>
  %u = veomni.param "u" : tensor<6x8xf32>
  %gate = veomni.linear %x, %g bias %b : (tensor<?x8xf32>, tensor<6x8xf32>, tensor<6xf32>) -> tensor<?x6xf32>
  %up = veomni.linear %x, %u : (tensor<?x8xf32>, tensor<6x8xf32>) -> tensor<?x6xf32>
  %a = veomni.glu %gate, %up {act = #veomni.activation<silu>} : tensor<?x6xf32>
  return %a : tensor<?x6xf32>
}

// REMARK: Function=kernels | Remark="gate and up stay apart: they are bound to different kernels"
func.func private @kernels(%x: tensor<?x8xf32>) -> tensor<?x6xf32> {
  %g = veomni.param "g" : tensor<6x8xbf16>
  %u = veomni.param "u" : tensor<6x8xbf16>
  %gate = veomni.linear %x, %g {veomni.kernel = "packed"} : (tensor<?x8xf32>, tensor<6x8xbf16>) -> tensor<?x6xf32>
  %up = veomni.linear %x, %u {veomni.kernel = "bf16_dot"} : (tensor<?x8xf32>, tensor<6x8xbf16>) -> tensor<?x6xf32>
  %a = veomni.glu %gate, %up {act = #veomni.activation<silu>} : tensor<?x6xf32>
  return %a : tensor<?x6xf32>
}

// REMARK: Function=no_param | Remark="gate and up stay apart: a weight or bias is not a parameter"
func.func private @no_param(%x: tensor<?x8xf32>, %g: tensor<6x8xf32>) -> tensor<?x6xf32> {
  %u = veomni.param "u" : tensor<6x8xf32>
  %gate = veomni.linear %x, %g : (tensor<?x8xf32>, tensor<6x8xf32>) -> tensor<?x6xf32>
  %up = veomni.linear %x, %u : (tensor<?x8xf32>, tensor<6x8xf32>) -> tensor<?x6xf32>
  %a = veomni.glu %gate, %up {act = #veomni.activation<silu>} : tensor<?x6xf32>
  return %a : tensor<?x6xf32>
}

// REMARK: Function=types | Remark="gate and up stay apart: their element types differ"
func.func private @types(%x: tensor<?x8xf32>) -> tensor<?x6xf32> {
  %g = veomni.param "g" : tensor<6x8xbf16>
  %u = veomni.param "u" : tensor<6x8xf32>
  %gate = veomni.linear %x, %g : (tensor<?x8xf32>, tensor<6x8xbf16>) -> tensor<?x6xf32>
  %up = veomni.linear %x, %u : (tensor<?x8xf32>, tensor<6x8xf32>) -> tensor<?x6xf32>
  %a = veomni.glu %gate, %up {act = #veomni.activation<silu>} : tensor<?x6xf32>
  return %a : tensor<?x6xf32>
}

// REMARK: Function=bound | Remark="gate and up stay apart: the activation is bound to 'example'"
func.func private @bound(%x: tensor<?x8xf32>) -> tensor<?x6xf32> {
  %g = veomni.param "g" : tensor<6x8xf32>
  %u = veomni.param "u" : tensor<6x8xf32>
  %gate = veomni.linear %x, %g : (tensor<?x8xf32>, tensor<6x8xf32>) -> tensor<?x6xf32>
  %up = veomni.linear %x, %u : (tensor<?x8xf32>, tensor<6x8xf32>) -> tensor<?x6xf32>
  %a = veomni.glu %gate, %up {act = #veomni.activation<silu>, veomni.kernel = "example"} : tensor<?x6xf32>
  return %a : tensor<?x6xf32>
}

// REMARK: Function=arguments | Remark="gate and up stay apart: gate and up are not both products"
func.func private @arguments(%gate: tensor<?x6xf32>, %up: tensor<?x6xf32>) -> tensor<?x6xf32> {
  %a = veomni.glu %gate, %up {act = #veomni.activation<silu>} : tensor<?x6xf32>
  return %a : tensor<?x6xf32>
}

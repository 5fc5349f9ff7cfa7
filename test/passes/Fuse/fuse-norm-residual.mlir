// RUN: veomni-opt %s --veomni-fuse-norm-residual | FileCheck %s
// RUN: veomni-opt %s --veomni-fuse-norm-residual | veomni-opt --veomni-fuse-norm-residual | FileCheck %s
// RUN: veomni-opt %s --veomni-fuse-norm-residual --remarks-filter=fuse -o /dev/null 2>&1 | FileCheck %s --check-prefix=REMARK

// The fused op stands where the sum stood, ahead of the sum's other uses.
// CHECK-LABEL: func.func private @layer
// CHECK-SAME: (%[[X:.*]]: tensor<?x8xf32>, %[[Y:.*]]: tensor<?x8xf32>)
// CHECK: %[[W:.*]] = veomni.param "norm.weight"
// CHECK: %[[SUM:.*]], %[[N:.*]] = veomni.add_rms_norm %[[X]], %[[Y]], %[[W]] {eps = {{.*}} : f32, variant = #veomni.norm<one_plus>, veomni.kernel = "fused"}
// CHECK: %[[TWICE:.*]] = veomni.binary add %[[SUM]], %[[SUM]]
// CHECK: return %[[TWICE]], %[[N]]
// REMARK: [Passed] FuseNormResidual | Category:fuse | Function=layer | Remark="the norm adds up what it reads"
func.func private @layer(%x: tensor<?x8xf32>, %y: tensor<?x8xf32>) -> (tensor<?x8xf32>, tensor<?x8xf32>) {
  %h = veomni.binary add %x, %y : tensor<?x8xf32>, tensor<?x8xf32> -> tensor<?x8xf32>
  %twice = veomni.binary add %h, %h : tensor<?x8xf32>, tensor<?x8xf32> -> tensor<?x8xf32>
  %w = veomni.param "norm.weight" : tensor<8xf32>
  %n = veomni.rms_norm %h, %w {eps = 1.0e-06 : f32, variant = #veomni.norm<one_plus>, veomni.kernel = "fused"} : tensor<?x8xf32>, tensor<8xf32>
  return %twice, %n : tensor<?x8xf32>, tensor<?x8xf32>
}

// CHECK-LABEL: func.func private @bound
// CHECK: veomni.rms_norm
// REMARK: [Missed] FuseNormResidual | Category:fuse | Function=bound | Remark="the norm stays alone: it is bound to 'example'"
func.func private @bound(%x: tensor<?x8xf32>) -> tensor<?x8xf32> {
  %w = veomni.param "norm.weight" : tensor<8xf32>
  %h = veomni.binary add %x, %x : tensor<?x8xf32>, tensor<?x8xf32> -> tensor<?x8xf32>
  %n = veomni.rms_norm %h, %w {eps = 1.0e-06 : f32, variant = #veomni.norm<standard>, veomni.kernel = "example"} : tensor<?x8xf32>, tensor<8xf32>
  return %n : tensor<?x8xf32>
}

// CHECK-LABEL: func.func private @argument
// CHECK: veomni.rms_norm
// REMARK: Function=argument | Remark="the norm stays alone: it does not read a sum of its own function"
func.func private @argument(%x: tensor<?x8xf32>) -> tensor<?x8xf32> {
  %w = veomni.param "norm.weight" : tensor<8xf32>
  %n = veomni.rms_norm %x, %w {eps = 1.0e-06 : f32, variant = #veomni.norm<standard>} : tensor<?x8xf32>, tensor<8xf32>
  return %n : tensor<?x8xf32>
}

// CHECK-LABEL: func.func private @weight
// CHECK: veomni.rms_norm
// REMARK: Function=weight | Remark="the norm stays alone: its weight is not a parameter"
func.func private @weight(%x: tensor<?x8xf32>, %w: tensor<8xf32>) -> tensor<?x8xf32> {
  %h = veomni.binary add %x, %x : tensor<?x8xf32>, tensor<?x8xf32> -> tensor<?x8xf32>
  %n = veomni.rms_norm %h, %w {eps = 1.0e-06 : f32, variant = #veomni.norm<standard>} : tensor<?x8xf32>, tensor<8xf32>
  return %n : tensor<?x8xf32>
}

// CHECK-LABEL: func.func private @unweighted
// CHECK: %[[SUM:.*]], %[[N:.*]] = veomni.add_rms_norm %{{.*}}, %{{.*}} {eps = {{.*}} : f32, variant = #veomni.norm<unweighted>} : tensor<?x8xf32>
// CHECK: return %[[N]]
func.func private @unweighted(%x: tensor<?x8xf32>, %y: tensor<?x8xf32>) -> tensor<?x8xf32> {
  %h = veomni.binary add %x, %y : tensor<?x8xf32>, tensor<?x8xf32> -> tensor<?x8xf32>
  %n = veomni.rms_norm %h {eps = 1.0e-06 : f32, variant = #veomni.norm<unweighted>} : tensor<?x8xf32>
  return %n : tensor<?x8xf32>
}

// A sum in eager form, of one type, is one too; one that repeats an operand is not.
// CHECK-LABEL: func.func private @eager_sum
// CHECK: veomni.add_rms_norm
// CHECK-LABEL: func.func private @repeated
// CHECK: veomni.rms_norm
// REMARK: [Missed] FuseNormResidual | Category:fuse | Function=repeated | Remark="the norm stays alone: it does not read a sum of its own function"
func.func private @eager_sum(%x: tensor<?x8xf32>, %y: tensor<?x8xf32>) -> tensor<?x8xf32> {
  %w = veomni.param "norm.weight" : tensor<8xf32>
  %h = veomni.binary add %x, %y : tensor<?x8xf32>, tensor<?x8xf32> -> tensor<?x8xf32>
  %n = veomni.rms_norm %h, %w {eps = 1.0e-06 : f32, variant = #veomni.norm<standard>, veomni.kernel = "fused"} : tensor<?x8xf32>, tensor<8xf32>
  return %n : tensor<?x8xf32>
}
func.func private @repeated(%x: tensor<?x8xf32>, %y: tensor<8xf32>) -> tensor<?x8xf32> {
  %w = veomni.param "norm.weight" : tensor<8xf32>
  %h = veomni.binary add %x, %y : tensor<?x8xf32>, tensor<8xf32> -> tensor<?x8xf32>
  %n = veomni.rms_norm %h, %w {eps = 1.0e-06 : f32, variant = #veomni.norm<standard>, veomni.kernel = "fused"} : tensor<?x8xf32>, tensor<8xf32>
  return %n : tensor<?x8xf32>
}

// RUN: veomni-opt %s --veomni-lower="target=cpu level=x86-64-v3" | FileCheck %s

// CHECK: module attributes {veomni.target = {{.*}}} {
// CHECK-NEXT: veomni_rt.mesh_axis "sp" = 2
// CHECK-NEXT: veomni_rt.symbol @seq = axis range(1, 9223372036854775807)
// CHECK-NEXT: veomni_rt.symbol @"seq@sp" = part(seq over "sp")
// CHECK: veomni_rt.input "x" : !veomni_rt.buffer<[seq, 4, 20] x f32, row_rank = 2>
// CHECK-LABEL: veomni_rt.func @forward
// CHECK: veomni_rt.collective all_slice over "sp" split(0) (%x, %[[PART:.*]] : !veomni_rt.buffer<[seq, 4, 20] x f32, row_rank = 2>, !veomni_rt.buffer<["seq@sp", 4, 20] x f32, row_rank = 2{{.*}}>)
// CHECK: veomni_rt.dispatch {{.*}} (%[[PART]], %[[A:.*]] :
// CHECK: veomni_rt.collective all_to_all over "sp" gather(0) split(1) (%[[A]], %[[HEADS:.*]] : {{.*}}, !veomni_rt.buffer<[seq, 2, 20] x f32
// CHECK: veomni_rt.dispatch {{.*}} (%[[HEADS]], %[[B:.*]] :
// CHECK: veomni_rt.collective all_to_all over "sp" gather(1) split(0) (%[[B]], %[[BACK:.*]] : {{.*}}, !veomni_rt.buffer<["seq@sp", 4, 20] x f32
// CHECK: veomni_rt.collective all_gather over "sp" gather(0) (%[[BACK]], %[[WHOLE:.*]] : {{.*}}, !veomni_rt.buffer<[seq, 4, 20] x f32
// CHECK: veomni_rt.collective reduce_scatter over "sp" split(0) (%[[WHOLE]], %[[SUM:.*]] : {{.*}}, !veomni_rt.buffer<["seq@sp", 4, 20] x f32
// CHECK: veomni_rt.collective all_reduce over "sp" (%[[SUM]], %[[SUMS:.*]] : {{.*}}, !veomni_rt.buffer<["seq@sp", 4, 20] x f32
// CHECK: veomni_rt.collective all_gather over "sp" gather(0) (%[[SUMS]], %y : {{.*}}, !veomni_rt.buffer<[seq, 4, 20] x f32
module attributes {veomni.mesh = #veomni.mesh<"sp" = 2>} {
  func.func @forward(%x: tensor<?x4x20xf32> {veomni.axes = ["seq"], veomni.name = "x"}) -> (tensor<?x4x20xf32> {veomni.axes = ["seq"], veomni.name = "y"}) {
    %0 = veomni.all_slice %x dim 0 over "sp" : tensor<?x4x20xf32> -> tensor<?x4x20xf32>
    %a = veomni.binary_scalar mul %0, 2.0 : tensor<?x4x20xf32>
    %1 = veomni.all_to_all %a gather 0 split 1 over "sp" : (tensor<?x4x20xf32>) -> tensor<?x2x20xf32>
    %b = veomni.binary_scalar mul %1, 2.0 : tensor<?x2x20xf32>
    %2 = veomni.all_to_all %b gather 1 split 0 over "sp" : (tensor<?x2x20xf32>) -> tensor<?x4x20xf32>
    %3 = veomni.all_gather %2 dim 0 over "sp" : tensor<?x4x20xf32> -> tensor<?x4x20xf32>
    %4 = veomni.reduce_scatter %3 dim 0 over "sp" : tensor<?x4x20xf32> -> tensor<?x4x20xf32>
    %5 = veomni.all_reduce %4 over "sp" : tensor<?x4x20xf32>
    %6 = veomni.all_gather %5 dim 0 over "sp" : tensor<?x4x20xf32> -> tensor<?x4x20xf32>
    return %6 : tensor<?x4x20xf32>
  }
}

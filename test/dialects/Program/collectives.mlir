// RUN: veomni-opt %s | veomni-opt | FileCheck %s

// CHECK: veomni_rt.mesh_axis "dp_replicate" = 2
// CHECK-NEXT: veomni_rt.mesh_axis "sp" = 4
veomni_rt.mesh_axis "dp_replicate" = 2
veomni_rt.mesh_axis "sp" = 4
veomni_rt.symbol @batch = axis
veomni_rt.symbol @seq = axis
// CHECK: veomni_rt.symbol @"seq@sp" = part(seq over "sp")
veomni_rt.symbol @"seq@sp" = part(seq over "sp")
// CHECK: veomni_rt.symbol @share = part(batch * seq + 1 over "dp_replicate")
veomni_rt.symbol @share = part(batch * seq + 1 over "dp_replicate") range(1, 100)

// CHECK-LABEL: veomni_rt.func @moves
veomni_rt.func @moves(%x: !veomni_rt.buffer<[batch, "seq@sp", 8] x f32> read, %y: !veomni_rt.buffer<[batch, seq, 8] x f32> write,
    %h: !veomni_rt.buffer<[batch, seq, 2] x f32, row_stride = 16> write) params(0) slots(1) {
  %s = veomni_rt.slot 0 : !veomni_rt.buffer<[batch, "seq@sp", 8] x f32, row_stride = 16>
  // CHECK: veomni_rt.collective all_gather over "sp" gather(1) (%{{.*}}, %{{.*}} : !veomni_rt.buffer<[batch, "seq@sp", 8] x f32>, !veomni_rt.buffer<[batch, seq, 8] x f32>)
  veomni_rt.collective all_gather over "sp" gather(1) (%x, %y : !veomni_rt.buffer<[batch, "seq@sp", 8] x f32>, !veomni_rt.buffer<[batch, seq, 8] x f32>)
  // CHECK: veomni_rt.collective all_slice over "sp" split(1)
  veomni_rt.collective all_slice over "sp" split(1) (%y, %s : !veomni_rt.buffer<[batch, seq, 8] x f32>, !veomni_rt.buffer<[batch, "seq@sp", 8] x f32, row_stride = 16>)
  // CHECK: veomni_rt.collective all_to_all over "sp" gather(1) split(2)
  veomni_rt.collective all_to_all over "sp" gather(1) split(2) (%s, %h : !veomni_rt.buffer<[batch, "seq@sp", 8] x f32, row_stride = 16>, !veomni_rt.buffer<[batch, seq, 2] x f32, row_stride = 16>)
  // CHECK: veomni_rt.collective all_reduce over "sp" (%{{.*}}, %{{.*}} : !veomni_rt.buffer<[batch, "seq@sp", 8] x f32>, !veomni_rt.buffer<[batch, "seq@sp", 8] x f32, row_stride = 16>)
  veomni_rt.collective all_reduce over "sp" (%x, %s : !veomni_rt.buffer<[batch, "seq@sp", 8] x f32>, !veomni_rt.buffer<[batch, "seq@sp", 8] x f32, row_stride = 16>)
  // CHECK: veomni_rt.collective reduce_scatter over "sp" split(1)
  veomni_rt.collective reduce_scatter over "sp" split(1) (%y, %s : !veomni_rt.buffer<[batch, seq, 8] x f32>, !veomni_rt.buffer<[batch, "seq@sp", 8] x f32, row_stride = 16>)
  veomni_rt.return
}

// CHECK-LABEL: veomni_rt.func @meanwhile
veomni_rt.func @meanwhile(%x: !veomni_rt.buffer<[batch, "seq@sp", 8] x f32> read, %y: !veomni_rt.buffer<[batch, seq, 8] x f32> write) params(0) slots(0) {
  // CHECK: veomni_rt.collective all_gather over "sp" gather(1) starts (%[[X:.*]], %[[Y:.*]] : !veomni_rt.buffer<[batch, "seq@sp", 8] x f32>, !veomni_rt.buffer<[batch, seq, 8] x f32>)
  veomni_rt.collective all_gather over "sp" gather(1) starts (%x, %y : !veomni_rt.buffer<[batch, "seq@sp", 8] x f32>, !veomni_rt.buffer<[batch, seq, 8] x f32>)
  // CHECK: veomni_rt.wait (%[[X]], %[[Y]] : !veomni_rt.buffer<[batch, "seq@sp", 8] x f32>, !veomni_rt.buffer<[batch, seq, 8] x f32>)
  veomni_rt.wait (%x, %y : !veomni_rt.buffer<[batch, "seq@sp", 8] x f32>, !veomni_rt.buffer<[batch, seq, 8] x f32>)
  veomni_rt.return
}

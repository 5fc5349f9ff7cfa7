// RUN: veomni-opt %s | FileCheck %s
// RUN: veomni-opt %s | veomni-opt | FileCheck %s
// RUN: veomni-opt %s --mlir-print-op-generic | veomni-opt | FileCheck %s

veomni_rt.symbol @seq = axis range(1, 9)
veomni_rt.symbol @i = loop
// CHECK-LABEL: veomni_rt.func @f
veomni_rt.func @f(%x: !veomni_rt.buffer<[seq, 4] x f32> read, %y: !veomni_rt.buffer<[seq, 4] x f32> read_write) params(1) slots(0) {
  %w = veomni_rt.param 0 : !veomni_rt.buffer<[4] x f32>
  // CHECK: veomni_rt.library_call "blas.scale" {by = 5.000000e-01 : f64, fast = true, mode = "exact", steps = 3 : i64} (read %{{[a-z0-9]+}} : !veomni_rt.buffer<[seq, 4] x f32>, read %{{[a-z0-9]+}} : !veomni_rt.buffer<[4] x f32>, read_write %{{[a-z0-9]+}} : !veomni_rt.buffer<[seq, 4] x f32>) scalars(seq * 4, i)
  veomni_rt.library_call "blas.scale" {by = 0.5 : f64, fast = true, mode = "exact", steps = 3 : i64}
      (read %x : !veomni_rt.buffer<[seq, 4] x f32>, read %w : !veomni_rt.buffer<[4] x f32>, read_write %y : !veomni_rt.buffer<[seq, 4] x f32>) scalars(seq * 4, i)
  // CHECK: veomni_rt.library_call "random.seed" ()
  veomni_rt.library_call "random.seed" ()
  veomni_rt.return
}

// RUN: veomni-opt %s -split-input-file --veomni-set-target --veomni-lower-to-program --veomni-check-kernels -verify-diagnostics | FileCheck %s

// Columns may be an axis.
// CHECK: veomni_rt.kernel @matmul_tb_0 = "matmul_tb" (read !veomni_rt.buffer<[batch, seq, 20] x f32>, read !veomni_rt.buffer<[batch, keys, 20] x f32>, write !veomni_rt.buffer<[batch, seq, keys] x f32>) scalars(4)
// CHECK: veomni_rt.dispatch @matmul_tb_0 workgroups(batch, ceildiv(seq, 192), ceildiv(keys, 64)) {{.*}} scalars(batch, seq, keys, 20)
// CHECK: veomni_rt.dispatch @matmul_0 workgroups(batch, ceildiv(seq, 192), 1) {{.*}} scalars(batch, seq, 20, keys)
func.func @f(%q: tensor<?x?x20xf32> {veomni.axes = ["batch", "seq"], veomni.name = "q"},
             %k: tensor<?x?x20xf32> {veomni.axes = ["batch", "keys"], veomni.name = "k"})
    -> (tensor<?x?x20xf32> {veomni.axes = ["batch", "seq"], veomni.name = "y"}) {
  %s = veomni.matmul %q, %k {transpose_b} : tensor<?x?x20xf32>, tensor<?x?x20xf32> -> tensor<?x?x?xf32>
  %y = veomni.matmul %s, %k : tensor<?x?x?xf32>, tensor<?x?x20xf32> -> tensor<?x?x20xf32>
  return %y : tensor<?x?x20xf32>
}

// -----

// Matrices that lie in padded rows as a whole are copied together first.
// CHECK: @convert_0 = "convert" (read !veomni_rt.buffer<[batch, 3, 5] x f32, row_rank = 2, row_stride = 16>, write !veomni_rt.buffer<[batch, 3, 5] x f32, row_rank = 2>)
// CHECK: @matmul_ta_0 = "matmul_ta" (read !veomni_rt.buffer<[batch, 3, 5] x f32>, read !veomni_rt.buffer<[batch, 3, 5] x f32>, write !veomni_rt.buffer<[batch, 5, 5] x f32>)
func.func @g(%x: tensor<?x3x5xf32> {veomni.axes = ["batch"], veomni.name = "x"})
    -> (tensor<?x5x5xf32> {veomni.axes = ["batch"], veomni.name = "y"}) {
  %z = veomni.unary neg %x : tensor<?x3x5xf32>
  %y = veomni.matmul %z, %z {transpose_a} : tensor<?x3x5xf32>, tensor<?x3x5xf32> -> tensor<?x5x5xf32>
  %r = veomni.unary neg %y : tensor<?x5x5xf32>
  return %r : tensor<?x5x5xf32>
}

// -----

// Products are of f32.
// CHECK: @convert_0 = "convert" (read !veomni_rt.buffer<[m, 3] x bf16>, write !veomni_rt.buffer<[m, 3] x f32>)
// CHECK: @matmul_0 = "matmul" (read !veomni_rt.buffer<[m, 3] x f32>, read !veomni_rt.buffer<[3, 4] x f32>, write !veomni_rt.buffer<[m, 4] x f32>)
// CHECK: "convert" (read !veomni_rt.buffer<[m, 4] x f32>, write !veomni_rt.buffer<[m, 4] x bf16
func.func @bf16(%x: tensor<?x3xbf16> {veomni.axes = ["m"], veomni.name = "x"}, %w: tensor<3x4xf32> {veomni.name = "w"})
    -> (tensor<?x4xbf16> {veomni.axes = ["m"], veomni.name = "y"}) {
  %y = veomni.matmul %x, %w : tensor<?x3xbf16>, tensor<3x4xf32> -> tensor<?x4xbf16>
  return %y : tensor<?x4xbf16>
}

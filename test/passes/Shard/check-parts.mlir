// RUN: veomni-opt %s --veomni-check-parts -split-input-file -verify-diagnostics
// Phase shard checks what it did not write.
// RUN: not veomni-opt %s --veomni-shard -split-input-file 2>&1 | FileCheck %s
// CHECK: needs all of dim 1 of operand 0, but is given seq@sp, a part over 'sp'

// Documents would begin where parts do.
module attributes {veomni.mesh = #veomni.mesh<"sp" = 2>} {
  func.func @forward(%p: tensor<?x?xi64> {veomni.axes = ["batch", "seq"], veomni.default = "iota", veomni.name = "p"}) -> (tensor<?x?xi32> {veomni.axes = ["batch", "seq"], veomni.name = "y"}) {
    %given = veomni.input_given %p : tensor<?x?xi64>
    %part = veomni.all_slice %p dim 1 over "sp" : tensor<?x?xi64> -> tensor<?x?xi64>
    // expected-error @+1 {{needs all of dim 1 of operand 0, but is given seq@sp, a part over 'sp'}}
    %s = veomni.document_starts %part whole_if %given : tensor<?x?xi64> -> tensor<?x?xi32>
    %y = veomni.all_gather %s dim 1 over "sp" : tensor<?x?xi32> -> tensor<?x?xi32>
    return %y : tensor<?x?xi32>
  }
}

// -----

// Attention over parts of the sequence would see no other part; cosines may be of parts.
module attributes {veomni.mesh = #veomni.mesh<"sp" = 2>} {
  func.func @forward(%x: tensor<?x?x2x8xf32> {veomni.axes = ["batch", "seq"], veomni.name = "x"}, %p: tensor<?x?xi64> {veomni.axes = ["batch", "seq"], veomni.name = "p"},
      %starts: tensor<?x?xi32> {veomni.axes = ["batch", "seq"], veomni.name = "starts"}, %mask: tensor<?x?xi64> {veomni.axes = ["batch", "seq"], veomni.default = "ones", veomni.name = "mask"})
      -> (tensor<?x?x2x8xf32> {veomni.axes = ["batch", "seq"], veomni.name = "y"}) {
    %given = veomni.input_given %mask : tensor<?x?xi64>
    %q = veomni.all_slice %x dim 1 over "sp" : tensor<?x?x2x8xf32> -> tensor<?x?x2x8xf32>
    %pp = veomni.all_slice %p dim 1 over "sp" : tensor<?x?xi64> -> tensor<?x?xi64>
    %sp = veomni.all_slice %starts dim 1 over "sp" : tensor<?x?xi32> -> tensor<?x?xi32>
    %mp = veomni.all_slice %mask dim 1 over "sp" : tensor<?x?xi64> -> tensor<?x?xi64>
    %cos, %sin = veomni.rope_table %pp {inv_freq = array<f32: 1.0, 0.1, 0.01, 0.001>, scale = 1.0 : f32} : tensor<?x?xi64> -> tensor<?x?x4xf32>
    %r = veomni.rope %q, %cos, %sin {layout = #veomni.rope_layout<half>} : tensor<?x?x2x8xf32>, tensor<?x?x4xf32>
    // expected-error @+1 {{needs all of dim 1 of operand 0, but is given seq@sp, a part over 'sp'}}
    %o = veomni.attention %r, %r, %r starts %sp key_mask %mp if %given {scale = 0.25 : f32, window = 0 : i64}
        : tensor<?x?x2x8xf32>, tensor<?x?x2x8xf32>, tensor<?x?xi32>, tensor<?x?xi64>
    %y = veomni.all_gather %o dim 1 over "sp" : tensor<?x?x2x8xf32> -> tensor<?x?x2x8xf32>
    return %y : tensor<?x?x2x8xf32>
  }
}

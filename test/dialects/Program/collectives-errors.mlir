// RUN: veomni-opt %s -split-input-file -verify-diagnostics

// expected-error @+1 {{has an empty name}}
veomni_rt.mesh_axis "" = 2

// -----

veomni_rt.mesh_axis "sp" = 2
// expected-note @-1 {{the other one}}
// expected-error @+1 {{has the name of another: 'sp'}}
veomni_rt.mesh_axis "sp" = 2

// -----

veomni_rt.mesh_axis "a" = 65536
// expected-error @-1 {{'b' makes a mesh of more than 2147483647 ranks}}
veomni_rt.mesh_axis "b" = 65536

// -----

veomni_rt.symbol @seq = axis
// expected-error @+1 {{is over "sp", which is not a veomni_rt.mesh_axis of this module}}
veomni_rt.symbol @part = part(seq over "sp")

// -----

veomni_rt.mesh_axis "sp" = 2
// expected-error @+1 {{is derived from 'seq', which is not defined above}}
veomni_rt.symbol @part = part(seq over "sp")
veomni_rt.symbol @seq = axis

// -----

// expected-error @+1 {{of kind derived has an axis of the mesh}}
"veomni_rt.symbol"() {sym_name = "x", kind = #veomni_rt<symbol_kind derived>, extent = #veomni_rt.extent<7>, mesh_axis = "sp"} : () -> ()

// -----

veomni_rt.mesh_axis "sp" = 2
veomni_rt.symbol @seq = axis
veomni_rt.symbol @part = part(seq over "sp")
veomni_rt.func @f(%x: !veomni_rt.buffer<[part, 8] x f32> read, %y: !veomni_rt.buffer<[seq, 8] x f32> write) params(0) slots(0) {
  // expected-error @+1 {{is over "dp", which is not a veomni_rt.mesh_axis of this module}}
  veomni_rt.collective all_gather over "dp" gather(0) (%x, %y : !veomni_rt.buffer<[part, 8] x f32>, !veomni_rt.buffer<[seq, 8] x f32>)
  veomni_rt.return
}

// -----

veomni_rt.mesh_axis "sp" = 2
veomni_rt.symbol @seq = axis
veomni_rt.symbol @part = part(seq over "sp")
veomni_rt.func @f(%x: !veomni_rt.buffer<[part, 8] x f32> read, %y: !veomni_rt.buffer<[seq, 8] x f32> write) params(0) slots(0) {
  // expected-error @+1 {{all_gather lacks 'gather'}}
  veomni_rt.collective all_gather over "sp" (%x, %y : !veomni_rt.buffer<[part, 8] x f32>, !veomni_rt.buffer<[seq, 8] x f32>)
  veomni_rt.return
}

// -----

veomni_rt.mesh_axis "sp" = 2
veomni_rt.symbol @seq = axis
veomni_rt.symbol @part = part(seq over "sp")
veomni_rt.func @f(%x: !veomni_rt.buffer<[part, 8] x f32> read, %y: !veomni_rt.buffer<[seq, 8] x f32> write) params(0) slots(0) {
  // expected-error @+1 {{all_gather has 'split'}}
  veomni_rt.collective all_gather over "sp" gather(0) split(1) (%x, %y : !veomni_rt.buffer<[part, 8] x f32>, !veomni_rt.buffer<[seq, 8] x f32>)
  veomni_rt.return
}

// -----

veomni_rt.mesh_axis "sp" = 2
veomni_rt.symbol @seq = axis
veomni_rt.symbol @part = part(seq over "sp")
veomni_rt.func @f(%x: !veomni_rt.buffer<[part, 8] x f32> read, %y: !veomni_rt.buffer<[seq, 8] x f32> write) params(0) slots(0) {
  // expected-error @+1 {{has 1 operands, expected as many that are written as are read}}
  veomni_rt.collective all_gather over "sp" gather(0) (%x : !veomni_rt.buffer<[part, 8] x f32>)
  veomni_rt.return
}

// -----

veomni_rt.mesh_axis "sp" = 2
veomni_rt.symbol @seq = axis
veomni_rt.symbol @part = part(seq over "sp")
veomni_rt.func @f(%x: !veomni_rt.buffer<[part, 8] x f32> read, %y: !veomni_rt.buffer<[part, 16] x f32> write) params(0) slots(0) {
  // expected-error @+1 {{dim 0 is gathered over 2 ranks of "sp", but the first is no part of the second}}
  veomni_rt.collective all_gather over "sp" gather(0) (%x, %y : !veomni_rt.buffer<[part, 8] x f32>, !veomni_rt.buffer<[part, 16] x f32>)
  veomni_rt.return
}

// -----

veomni_rt.mesh_axis "sp" = 2
veomni_rt.symbol @seq = axis
veomni_rt.symbol @part = part(seq over "sp")
veomni_rt.func @f(%x: !veomni_rt.buffer<[part, 8] x f32> read, %y: !veomni_rt.buffer<[seq, 3] x f32> write) params(0) slots(0) {
  // expected-error @+1 {{dim 1 is split over 2 ranks of "sp", but the second is no part of the first}}
  veomni_rt.collective all_to_all over "sp" gather(0) split(1) (%x, %y : !veomni_rt.buffer<[part, 8] x f32>, !veomni_rt.buffer<[seq, 3] x f32>)
  veomni_rt.return
}

// -----

veomni_rt.mesh_axis "sp" = 2
veomni_rt.symbol @seq = axis
veomni_rt.symbol @part = part(seq over "sp")
veomni_rt.func @f(%x: !veomni_rt.buffer<[part, 8] x f32> read, %y: !veomni_rt.buffer<[seq, 16] x f32> write) params(0) slots(0) {
  // expected-error @+1 {{dim 1 changes}}
  veomni_rt.collective all_gather over "sp" gather(0) (%x, %y : !veomni_rt.buffer<[part, 8] x f32>, !veomni_rt.buffer<[seq, 16] x f32>)
  veomni_rt.return
}

// -----

veomni_rt.mesh_axis "sp" = 2
veomni_rt.func @f(%x: !veomni_rt.buffer<[4, 8] x f32> read, %y: !veomni_rt.buffer<[4, 8] x f32> write) params(0) slots(0) {
  // expected-error @+1 {{there is no dim 2}}
  veomni_rt.collective all_gather over "sp" gather(2) (%x, %y : !veomni_rt.buffer<[4, 8] x f32>, !veomni_rt.buffer<[4, 8] x f32>)
  veomni_rt.return
}

// -----

veomni_rt.mesh_axis "sp" = 2
veomni_rt.func @f(%x: !veomni_rt.buffer<[4, 8] x f32> read, %y: !veomni_rt.buffer<[8, 8] x f32> read) params(0) slots(0) {
  // expected-error @+1 {{operand 1 is written, but the function only reads its argument 1}}
  veomni_rt.collective all_gather over "sp" gather(0) (%x, %y : !veomni_rt.buffer<[4, 8] x f32>, !veomni_rt.buffer<[8, 8] x f32>)
  veomni_rt.return
}

// -----

veomni_rt.mesh_axis "sp" = 1
veomni_rt.func @f(%x: !veomni_rt.buffer<[8, 8] x f32> read_write) params(0) slots(0) {
  // expected-error @+1 {{operand 1 is written and has the memory of operand 0}}
  veomni_rt.collective all_gather over "sp" gather(0) (%x, %x : !veomni_rt.buffer<[8, 8] x f32>, !veomni_rt.buffer<[8, 8] x f32>)
  veomni_rt.return
}

// -----

veomni_rt.mesh_axis "sp" = 2
veomni_rt.func @f(%x: !veomni_rt.buffer<[4, 8] x f32> read, %y: !veomni_rt.buffer<[4, 8] x f32> write) params(0) slots(0) {
  // expected-error @+1 {{all_reduce has 'split'}}
  veomni_rt.collective all_reduce over "sp" split(0) (%x, %y : !veomni_rt.buffer<[4, 8] x f32>, !veomni_rt.buffer<[4, 8] x f32>)
  veomni_rt.return
}

// -----

veomni_rt.mesh_axis "sp" = 2
veomni_rt.func @f(%x: !veomni_rt.buffer<[4, 8] x f32> read, %y: !veomni_rt.buffer<[2, 8] x f32> write) params(0) slots(0) {
  // expected-error @+1 {{dim 0 changes}}
  veomni_rt.collective all_reduce over "sp" (%x, %y : !veomni_rt.buffer<[4, 8] x f32>, !veomni_rt.buffer<[2, 8] x f32>)
  veomni_rt.return
}

// -----

veomni_rt.mesh_axis "sp" = 2
veomni_rt.func @f(%x: !veomni_rt.buffer<[4, 8] x i32> read, %y: !veomni_rt.buffer<[2, 8] x i32> write) params(0) slots(0) {
  // expected-error @+1 {{adds up elements of 'i32', expected floats}}
  veomni_rt.collective reduce_scatter over "sp" split(0) (%x, %y : !veomni_rt.buffer<[4, 8] x i32>, !veomni_rt.buffer<[2, 8] x i32>)
  veomni_rt.return
}

// -----

veomni_rt.mesh_axis "sp" = 2
veomni_rt.func @f(%x: !veomni_rt.buffer<[4, 8] x f32> read, %y: !veomni_rt.buffer<[4, 8] x f32> write) params(0) slots(0) {
  // expected-error @+1 {{dim 0 is split over 2 ranks of "sp", but the second is no part of the first}}
  veomni_rt.collective reduce_scatter over "sp" split(0) (%x, %y : !veomni_rt.buffer<[4, 8] x f32>, !veomni_rt.buffer<[4, 8] x f32>)
  veomni_rt.return
}

// -----

// Tiles move as they lie.
veomni_rt.mesh_axis "sp" = 2
veomni_rt.func @f(%x: !veomni_rt.buffer<[48, 8] x f32, tiles = [32, 1]> read, %y: !veomni_rt.buffer<[96, 8] x f32, tiles = [32, 1]> write) params(0) slots(0) {
  // expected-error @+1 {{tiles are gathered, along a dim of which each rank has whole tiles}}
  veomni_rt.collective all_gather over "sp" gather(0) (%x, %y : !veomni_rt.buffer<[48, 8] x f32, tiles = [32, 1]>, !veomni_rt.buffer<[96, 8] x f32, tiles = [32, 1]>)
  veomni_rt.return
}

// -----

veomni_rt.mesh_axis "sp" = 2
veomni_rt.func @f(%x: !veomni_rt.buffer<[32, 8] x f32, tiles = [32, 1]> read, %y: !veomni_rt.buffer<[64, 8] x f32> write) params(0) slots(0) {
  // expected-error @+1 {{expected one element type, rank and layout}}
  veomni_rt.collective all_gather over "sp" gather(0) (%x, %y : !veomni_rt.buffer<[32, 8] x f32, tiles = [32, 1]>, !veomni_rt.buffer<[64, 8] x f32>)
  veomni_rt.return
}

// -----

veomni_rt.mesh_axis "sp" = 2
veomni_rt.func @f(%x: !veomni_rt.buffer<[64, 8] x f32, tiles = [32, 1]> read, %y: !veomni_rt.buffer<[32, 8] x f32, tiles = [32, 1]> write) params(0) slots(0) {
  // expected-error @+1 {{tiles are gathered}}
  veomni_rt.collective all_slice over "sp" split(0) (%x, %y : !veomni_rt.buffer<[64, 8] x f32, tiles = [32, 1]>, !veomni_rt.buffer<[32, 8] x f32, tiles = [32, 1]>)
  veomni_rt.return
}

// -----

veomni_rt.mesh_axis "sp" = 2
veomni_rt.func @f(%x: !veomni_rt.buffer<[4] x f32> read, %y: !veomni_rt.buffer<[8] x f32> write) params(0) slots(0) {
  // expected-error @+1 {{starts, but no veomni_rt.wait below is on its operands}}
  veomni_rt.collective all_gather over "sp" gather(0) starts (%x, %y : !veomni_rt.buffer<[4] x f32>, !veomni_rt.buffer<[8] x f32>)
  veomni_rt.return
}

// -----

veomni_rt.mesh_axis "sp" = 2
veomni_rt.func @f(%x: !veomni_rt.buffer<[8] x f32> read, %y: !veomni_rt.buffer<[4] x f32> write) params(0) slots(0) {
  // expected-error @+1 {{starts, but nothing moves that could be waited for}}
  veomni_rt.collective all_slice over "sp" split(0) starts (%x, %y : !veomni_rt.buffer<[8] x f32>, !veomni_rt.buffer<[4] x f32>)
  veomni_rt.return
}

// -----

veomni_rt.mesh_axis "sp" = 2
veomni_rt.func @f(%x: !veomni_rt.buffer<[4] x f32> read, %y: !veomni_rt.buffer<[8] x f32> write) params(0) slots(0) {
  veomni_rt.collective all_gather over "sp" gather(0) starts (%x, %y : !veomni_rt.buffer<[4] x f32>, !veomni_rt.buffer<[8] x f32>)
  veomni_rt.wait (%x, %y : !veomni_rt.buffer<[4] x f32>, !veomni_rt.buffer<[8] x f32>)
  // expected-error @+1 {{waits, but no veomni_rt.collective above starts on these operands, or another wait is for it}}
  veomni_rt.wait (%x, %y : !veomni_rt.buffer<[4] x f32>, !veomni_rt.buffer<[8] x f32>)
  veomni_rt.return
}

// -----

veomni_rt.mesh_axis "sp" = 2
veomni_rt.kernel @use = "any" {} (read !veomni_rt.buffer<[8] x f32>, write !veomni_rt.buffer<[4] x f32>) scalars(0)
veomni_rt.func @f(%x: !veomni_rt.buffer<[4] x f32> read, %y: !veomni_rt.buffer<[8] x f32> write) params(0) slots(1) {
  %s = veomni_rt.slot 0 : !veomni_rt.buffer<[4] x f32>
  // expected-note @+1 {{it starts here}}
  veomni_rt.collective all_gather over "sp" gather(0) starts (%x, %y : !veomni_rt.buffer<[4] x f32>, !veomni_rt.buffer<[8] x f32>)
  // expected-error @+1 {{operand 0 is read while a collective writes it}}
  veomni_rt.dispatch @use workgroups(1) (%y, %s : !veomni_rt.buffer<[8] x f32>, !veomni_rt.buffer<[4] x f32>)
  veomni_rt.wait (%x, %y : !veomni_rt.buffer<[4] x f32>, !veomni_rt.buffer<[8] x f32>)
  veomni_rt.return
}

// -----

// Values of one slot lie in the same memory.
veomni_rt.mesh_axis "sp" = 2
veomni_rt.kernel @set = "any" {} (write !veomni_rt.buffer<[4] x f32>) scalars(0)
veomni_rt.func @f(%y: !veomni_rt.buffer<[8] x f32> write) params(0) slots(1) {
  %s = veomni_rt.slot 0 : !veomni_rt.buffer<[4] x f32>
  %t = veomni_rt.slot 0 : !veomni_rt.buffer<[4] x f32>
  veomni_rt.dispatch @set workgroups(1) (%s : !veomni_rt.buffer<[4] x f32>)
  // expected-note @+1 {{it starts here}}
  veomni_rt.collective all_gather over "sp" gather(0) starts (%s, %y : !veomni_rt.buffer<[4] x f32>, !veomni_rt.buffer<[8] x f32>)
  // expected-error @+1 {{operand 0 is written while a collective reads it}}
  veomni_rt.dispatch @set workgroups(1) (%t : !veomni_rt.buffer<[4] x f32>)
  veomni_rt.wait (%s, %y : !veomni_rt.buffer<[4] x f32>, !veomni_rt.buffer<[8] x f32>)
  veomni_rt.return
}

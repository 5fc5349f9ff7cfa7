// RUN: veomni-opt %s -split-input-file -verify-diagnostics

veomni_rt.func @f() params(0) slots(0) {
  // expected-error@+1 {{has an empty name}}
  veomni_rt.library_call "" ()
  veomni_rt.return
}

// -----

veomni_rt.func @f() params(0) slots(0) {
  // expected-error@+1 {{attribute 'by' is 5.000000e-01 : f32, expected a boolean, an i64, an f64 or a string}}
  veomni_rt.library_call "f" {by = 0.5 : f32} ()
  veomni_rt.return
}

// -----

veomni_rt.func @f() params(0) slots(0) {
  // expected-error@+1 {{uses 'seq', which is not a veomni_rt.symbol of this module}}
  veomni_rt.library_call "f" () scalars(seq)
  veomni_rt.return
}

// -----

veomni_rt.func @f(%x: !veomni_rt.buffer<[2] x f32> read) params(0) slots(0) {
  // expected-error@+1 {{operand 0 is written, but the function only reads its argument 0}}
  veomni_rt.library_call "f" (write %x : !veomni_rt.buffer<[2] x f32>)
  veomni_rt.return
}

// -----

veomni_rt.func @f() params(1) slots(0) {
  %w = veomni_rt.param 0 : !veomni_rt.buffer<[2] x f32>
  // expected-error@+1 {{operand 0 is written, but weights are only read}}
  veomni_rt.library_call "f" (read_write %w : !veomni_rt.buffer<[2] x f32>)
  veomni_rt.return
}

// -----

veomni_rt.func @f(%x: !veomni_rt.buffer<[2, 2] x f32> read_write) params(0) slots(0) {
  %v = veomni_rt.view %x : !veomni_rt.buffer<[2, 2] x f32> as !veomni_rt.buffer<[4] x f32>
  // expected-error@+1 {{operand 1 is written and has the memory of operand 0}}
  veomni_rt.library_call "f" (read %x : !veomni_rt.buffer<[2, 2] x f32>, write %v : !veomni_rt.buffer<[4] x f32>)
  veomni_rt.return
}

// -----

veomni_rt.func @f(%x: !veomni_rt.buffer<[2] x f32> read) params(0) slots(0) {
  // expected-error@+1 {{has 1 operands and says what it does with 0}}
  "veomni_rt.library_call"(%x) {name = "f", signature = []} : (!veomni_rt.buffer<[2] x f32>) -> ()
  veomni_rt.return
}

// -----

veomni_rt.func @f(%x: !veomni_rt.buffer<[2] x f32> read) params(0) slots(0) {
  // expected-error@+1 {{operand 0 is '!veomni_rt.buffer<[2] x f32>', but is said to be '!veomni_rt.buffer<[3] x f32>'}}
  "veomni_rt.library_call"(%x) {name = "f", signature = [#veomni_rt.operand<read !veomni_rt.buffer<[3] x f32>>]} : (!veomni_rt.buffer<[2] x f32>) -> ()
  veomni_rt.return
}

// -----

veomni_rt.func @f() params(0) slots(1) {
  %s = veomni_rt.slot 0 : !veomni_rt.buffer<[2] x f32>
  // expected-error@+1 {{expected an access: read, write or read_write}}
  veomni_rt.library_call "f" (%s : !veomni_rt.buffer<[2] x f32>)
  veomni_rt.return
}

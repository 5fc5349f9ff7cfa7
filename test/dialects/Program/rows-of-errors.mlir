// RUN: veomni-opt %s -split-input-file -verify-diagnostics

veomni_rt.symbol @n = axis
veomni_rt.entry "forward" runs @f params(0) {
  veomni_rt.input "ids" : !veomni_rt.buffer<[n] x i64>
  // expected-error @+1 {{'rows' has rows_of("id"), expected another required input of i64 or i32}}
  veomni_rt.input "rows" : !veomni_rt.buffer<[n, 8] x f32> rows_of("id", 7)
}
veomni_rt.func @f(%i: !veomni_rt.buffer<[n] x i64> read, %r: !veomni_rt.buffer<[n, 8] x f32> read) params(0) slots(0) {
  veomni_rt.return
}

// -----

veomni_rt.symbol @n = axis
veomni_rt.entry "forward" runs @f params(0) {
  veomni_rt.input "ids" : !veomni_rt.buffer<[n] x i64>
  // expected-error @+1 {{'rows' has rows_of("rows"), expected another required input of i64 or i32}}
  veomni_rt.input "rows" : !veomni_rt.buffer<[n, 8] x f32> rows_of("rows", 7)
}
veomni_rt.func @f(%i: !veomni_rt.buffer<[n] x i64> read, %r: !veomni_rt.buffer<[n, 8] x f32> read) params(0) slots(0) {
  veomni_rt.return
}

// -----

veomni_rt.symbol @n = axis
veomni_rt.entry "forward" runs @f params(0) {
  veomni_rt.input "ids" : !veomni_rt.buffer<[n] x f32>
  // expected-error @+1 {{'rows' has rows_of("ids"), expected another required input of i64 or i32}}
  veomni_rt.input "rows" : !veomni_rt.buffer<[n, 8] x f32> rows_of("ids", 7)
}
veomni_rt.func @f(%i: !veomni_rt.buffer<[n] x f32> read, %r: !veomni_rt.buffer<[n, 8] x f32> read) params(0) slots(0) {
  veomni_rt.return
}

// -----

veomni_rt.symbol @n = axis
veomni_rt.entry "forward" runs @f params(0) {
  veomni_rt.input "ids" : !veomni_rt.buffer<[n] x i64> default ones
  // expected-error @+1 {{'rows' has rows_of("ids"), expected another required input of i64 or i32}}
  veomni_rt.input "rows" : !veomni_rt.buffer<[n, 8] x f32> rows_of("ids", 7)
}
veomni_rt.func @f(%i: !veomni_rt.buffer<[n] x i64> read, %r: !veomni_rt.buffer<[n, 8] x f32> read) params(0) slots(0) {
  veomni_rt.return
}

// -----

veomni_rt.symbol @n = axis
veomni_rt.entry "forward" runs @f params(0) {
  veomni_rt.input "ids" : !veomni_rt.buffer<[n] x i64>
  // expected-error @+1 {{but rows_of needs a name, a value and at least one dim}}
  veomni_rt.input "rows" : !veomni_rt.buffer<[] x f32> rows_of("ids", 7)
}
veomni_rt.func @f(%i: !veomni_rt.buffer<[n] x i64> read, %r: !veomni_rt.buffer<[] x f32> read) params(0) slots(0) {
  veomni_rt.return
}

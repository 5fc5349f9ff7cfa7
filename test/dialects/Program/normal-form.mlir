// What may be written in more than one way prints in one.
// RUN: veomni-opt %s | FileCheck %s

// CHECK: veomni_rt.symbol @whole = loop{{$}}
veomni_rt.symbol @whole = loop range(0, 9223372036854775807)
// CHECK: veomni_rt.symbol @one = derived(1)
veomni_rt.symbol @one = derived(ceildiv(1, 1))
veomni_rt.symbol @a = loop
veomni_rt.symbol @b = loop
// CHECK: veomni_rt.kernel @sums
// CHECK: workgroups(a * b * 2 + a + b * 3 + 1)
// CHECK: workgroups(a * 2 + b, 7 - b, 0)
// CHECK: workgroups(ceildiv(a * 2 + 1, 2), ceildiv(a * 3, 2), a * 2)
// CHECK: workgroups(4, a, ceildiv(ceildiv, 2))
veomni_rt.symbol @ceildiv = loop
veomni_rt.kernel @sums = "sums" () scalars(0)
veomni_rt.func @f() params(0) slots(0) {
  veomni_rt.dispatch @sums workgroups(1 + 2 * b * a + b + b * 2 + a) ()
  veomni_rt.dispatch @sums workgroups(a + b + a, 7 - b, a - a) ()
  veomni_rt.dispatch @sums workgroups(ceildiv(a * 8 + 4, 8), ceildiv(6 * a, 4), ceildiv(4 * a, 2)) ()
  veomni_rt.dispatch @sums workgroups(ceildiv(7, 2), ceildiv(a + 0, 1), ceildiv(ceildiv, 2)) ()
  veomni_rt.return
}
// CHECK: veomni_rt.input "x" : !veomni_rt.buffer<[2, 3] x i64>{{$}}
veomni_rt.func @g(%x: !veomni_rt.buffer<[2, 3] x i64> read) params(0) slots(0) { veomni_rt.return }
veomni_rt.entry "g" runs @g params(0) {
  veomni_rt.input "x" : !veomni_rt.buffer<[2, 3] x i64, row_rank = 1, row_stride = 3> default required range(-9223372036854775808, 9223372036854775807)
}
// CHECK: veomni_rt.kernel @k = "k" () scalars(0)
veomni_rt.kernel @k = "k" {} () scalars(0)

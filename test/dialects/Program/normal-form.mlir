// What may be written in more than one way prints in one.
// RUN: veomni-opt %s | FileCheck %s

// CHECK: veomni_rt.symbol @whole = loop{{$}}
veomni_rt.symbol @whole = loop range(0, 9223372036854775807)
// CHECK: veomni_rt.symbol @one = derived(1)
veomni_rt.symbol @one = derived(ceildiv(1, 1))
// CHECK: veomni_rt.input "x" : !veomni_rt.buffer<[2, 3] x i64>{{$}}
veomni_rt.input "x" : !veomni_rt.buffer<[2, 3] x i64, row_rank = 1, row_stride = 3> default required range(-9223372036854775808, 9223372036854775807)
// CHECK: veomni_rt.kernel @k = "k" () scalars(0)
veomni_rt.kernel @k = "k" {} () scalars(0)

// Every rule of functions and of the program as a whole, broken once.
// RUN: veomni-opt %s -verify-diagnostics -split-input-file -o /dev/null

// expected-error@+1 {{'forward' runs @main, which is not a veomni_rt.func of this module}}
veomni_rt.entry "forward" runs @main params(0) {}

// -----

// expected-error@+1 {{'veomni_rt.metadata' is 1 : i64, expected a dictionary of strings}}
module attributes {veomni_rt.metadata = 1} {}

// -----

// expected-error@+1 {{'veomni_rt.metadata' holds 1 : i64 under 'a', expected a string}}
module attributes {veomni_rt.metadata = {a = 1}} {}

// -----

// expected-error@+1 {{'veomni_rt.producer' is 1 : i64, expected a string}}
module attributes {veomni_rt.producer = 1} {}

// -----

// expected-error@+1 {{carries unknown attribute 'veomni_rt.main', expected veomni_rt.metadata or veomni_rt.producer}}
module attributes {veomni_rt.main = @f} {}

// -----

// expected-error@+1 {{carries 'veomni_rt.producer', which belongs on a module}}
veomni_rt.symbol @i = loop {veomni_rt.producer = "me"}

// -----

module {
  veomni_rt.entry "f" runs @f params(0) {
    veomni_rt.input "x" : !veomni_rt.buffer<[2] x f32>
  }
  // expected-error@+1 {{is run by entry 'f' and has 0 arguments, expected 1 inputs and 0 outputs}}
  veomni_rt.func @f() params(0) slots(0) { veomni_rt.return }
}

// -----

module {
  veomni_rt.entry "f" runs @f params(0) {
    veomni_rt.output "x" : !veomni_rt.buffer<[2] x f32>
  }
  // expected-error@+1 {{argument 0 is '!veomni_rt.buffer<[3] x f32>', but output 'x' is '!veomni_rt.buffer<[2] x f32>'}}
  veomni_rt.func @f(%x: !veomni_rt.buffer<[3] x f32> write) params(0) slots(0) { veomni_rt.return }
}

// -----

module {
  veomni_rt.entry "f" runs @f params(0) {
    veomni_rt.input "x" : !veomni_rt.buffer<[2] x f32>
  }
  // expected-error@+1 {{argument 0, input 'x', has access write, expected read}}
  veomni_rt.func @f(%x: !veomni_rt.buffer<[2] x f32> write) params(0) slots(0) { veomni_rt.return }
}

// -----

module {
  veomni_rt.entry "f" runs @f params(0) {
    veomni_rt.input "x" : !veomni_rt.buffer<[2] x f32>
  }
  // expected-error@+1 {{argument 0 is named 'y', expected input 'x'}}
  veomni_rt.func @f(%x: !veomni_rt.buffer<[2] x f32> read "y") params(0) slots(0) { veomni_rt.return }
}

// -----

// expected-error@+1 {{'f' begins at weight 0 and its function has params(1), but there are 0 weights}}
veomni_rt.entry "f" runs @f params(0) {}
veomni_rt.func @f() params(1) slots(0) { veomni_rt.return }

// -----

veomni_rt.weight "w" : !veomni_rt.buffer<[3] x f32> = [load("w", [3], f32)]
// expected-error@+1 {{'f' begins at weight 1 and its function has params(1), but there are 1 weights}}
veomni_rt.entry "f" runs @f params(1) {}
veomni_rt.func @f() params(1) slots(0) { veomni_rt.return }

// -----

module {
  veomni_rt.entry "f" runs @f params(0) {
  }
  veomni_rt.weight "v" : !veomni_rt.buffer<[2] x f32> = [load("v", [2], f32)]
  // expected-note@+1 {{the weight}}
  veomni_rt.weight "w" : !veomni_rt.buffer<[3] x f32> = [load("w", [3], f32)]
  veomni_rt.func @f() params(2) slots(0) {
    veomni_rt.call @g params(0) ()
    veomni_rt.call @g params(1) ()
    veomni_rt.return
  }
  veomni_rt.func @g() params(1) slots(0) {
    // expected-error@+1 {{is '!veomni_rt.buffer<[2] x f32>', but weight 1, 'w', is '!veomni_rt.buffer<[3] x f32>'}}
    %v = veomni_rt.param 0 : !veomni_rt.buffer<[2] x f32>
    veomni_rt.return
  }
}

// -----

module {
  veomni_rt.entry "f" runs @f params(0) {
  }
  veomni_rt.symbol @i = loop
  veomni_rt.weight "v" : !veomni_rt.buffer<[2] x f32> = [load("v", [2], f32)]
  // expected-note@+1 {{the weight}}
  veomni_rt.weight "w" : !veomni_rt.buffer<[3] x f32> = [load("w", [3], f32)]
  veomni_rt.func @f() params(2) slots(0) {
    veomni_rt.loop @i to 2 do @g params(0) stride(1) ()
    veomni_rt.return
  }
  veomni_rt.func @g() params(1) slots(0) {
    // expected-error@+1 {{is '!veomni_rt.buffer<[2] x f32>', but weight 1, 'w', is '!veomni_rt.buffer<[3] x f32>'}}
    %v = veomni_rt.param 0 : !veomni_rt.buffer<[2] x f32>
    veomni_rt.return
  }
}

// -----

module {
  veomni_rt.entry "f" runs @f params(0) {
  }
  veomni_rt.func @f() params(0) slots(0) {
    veomni_rt.call @g params(0) ()
    veomni_rt.return
  }
  veomni_rt.func @g() params(0) slots(0) {
    // expected-error@+1 {{runs @f, which is still running; functions cannot call themselves}}
    veomni_rt.call @f params(0) ()
    veomni_rt.return
  }
}

// -----

// expected-error@+1 {{has an empty name}}
"veomni_rt.func"() <{sym_name = "", arguments = []}> ({ "veomni_rt.return"() : () -> () }) : () -> ()

// -----

// expected-error@+1 {{describes 1 arguments, but its block has 0}}
"veomni_rt.func"() <{sym_name = "f", arguments = [#veomni_rt.argument<read "x">]}> ({ "veomni_rt.return"() : () -> () }) : () -> ()

// -----

// expected-error@+1 {{argument 0 is 'i32', expected a buffer}}
veomni_rt.func @f(%x: i32 read) params(0) slots(0) { veomni_rt.return }

// -----

// expected-error@+1 {{expected an access: read, write or read_write}}
veomni_rt.func @f(%x: !veomni_rt.buffer<[2] x f32>) params(0) slots(0) { veomni_rt.return }

// -----

// expected-error@+1 {{uses 'seq', which is not a veomni_rt.symbol of this module}}
veomni_rt.func @f(%x: !veomni_rt.buffer<[seq] x f32> read) params(0) slots(0) { veomni_rt.return }

// -----

veomni_rt.func @f() params(0) slots(1) {
  // expected-error@+1 {{has index 1, but the function has slots(1)}}
  %s = veomni_rt.slot 1 : !veomni_rt.buffer<[2] x f32>
  veomni_rt.return
}

// -----

veomni_rt.func @f() params(2) slots(0) {
  // expected-error@+1 {{has index 2, but the function has params(2)}}
  %s = veomni_rt.param 2 : !veomni_rt.buffer<[2] x f32>
  veomni_rt.return
}

// -----

veomni_rt.func @f() params(0) slots(1) {
  // expected-error@+1 {{uses 'seq', which is not a veomni_rt.symbol of this module}}
  %s = veomni_rt.slot 0 : !veomni_rt.buffer<[seq] x f32>
  veomni_rt.return
}

// -----

veomni_rt.func @f() params(0) slots(1) {
  %s = veomni_rt.slot 0 : !veomni_rt.buffer<[2] x f32>
  // expected-error@+1 {{changes element type or layout: '!veomni_rt.buffer<[2] x f32>' as '!veomni_rt.buffer<[2] x i32>'}}
  %v = veomni_rt.view %s : !veomni_rt.buffer<[2] x f32> as !veomni_rt.buffer<[2] x i32>
  veomni_rt.return
}

// -----

veomni_rt.func @f() params(1) slots(0) {
  %s = veomni_rt.param 0 : !veomni_rt.buffer<[2, 32, 32] x f32, tiles = [32, 1]>
  // expected-error@+1 {{changes the dims of tiles}}
  %v = veomni_rt.view %s : !veomni_rt.buffer<[2, 32, 32] x f32, tiles = [32, 1]> as !veomni_rt.buffer<[64, 32] x f32, tiles = [32, 1]>
  veomni_rt.return
}

// -----

veomni_rt.symbol @batch = axis
veomni_rt.symbol @seq = axis
veomni_rt.symbol @rows = derived(batch * seq)
veomni_rt.symbol @panels = derived(ceildiv(seq, 32))
veomni_rt.func @f() params(0) slots(1) {
  %s = veomni_rt.slot 0 : !veomni_rt.buffer<[batch, seq, 64] x f32>
  %same = veomni_rt.view %s : !veomni_rt.buffer<[batch, seq, 64] x f32> as !veomni_rt.buffer<[rows, 64] x f32>
  %gaps = veomni_rt.view %s : !veomni_rt.buffer<[batch, seq, 64] x f32> as !veomni_rt.buffer<[seq, batch, 2, 3] x f32, row_rank = 2, row_stride = 64>
  // expected-error@+1 {{changes the number of elements: '!veomni_rt.buffer<[batch, seq, 64] x f32>' as '!veomni_rt.buffer<[batch, panels, 64] x f32>'}}
  %v = veomni_rt.view %s : !veomni_rt.buffer<[batch, seq, 64] x f32> as !veomni_rt.buffer<[batch, panels, 64] x f32>
  veomni_rt.return
}

// -----

veomni_rt.func @f() params(0) slots(0) {
  // expected-error@+1 {{runs @k, which is not a veomni_rt.kernel of this module}}
  veomni_rt.dispatch @k workgroups(1) ()
  veomni_rt.return
}

// -----

veomni_rt.kernel @k = "k" () scalars(0)
veomni_rt.func @f() params(0) slots(0) {
  // expected-error@+1 {{has 4 workgroup counts, expected 1 to 3}}
  veomni_rt.dispatch @k workgroups(1, 2, 3, 4) ()
  veomni_rt.return
}

// -----

veomni_rt.kernel @k = "k" () scalars(0)
veomni_rt.func @f() params(0) slots(0) {
  // expected-error@+1 {{uses 'seq', which is not a veomni_rt.symbol of this module}}
  veomni_rt.dispatch @k workgroups(seq) ()
  veomni_rt.return
}

// -----

veomni_rt.kernel @k = "k" () scalars(1)
veomni_rt.func @f() params(0) slots(0) {
  // expected-error@+1 {{has 2 scalars, but @k takes 1}}
  veomni_rt.dispatch @k workgroups(1) () scalars(1, 2)
  veomni_rt.return
}

// -----

veomni_rt.kernel @k = "k" () scalars(1)
veomni_rt.func @f() params(0) slots(0) {
  // expected-error@+1 {{uses 'seq', which is not a veomni_rt.symbol of this module}}
  veomni_rt.dispatch @k workgroups(1) () scalars(seq)
  veomni_rt.return
}

// -----

veomni_rt.kernel @k = "k" (read !veomni_rt.buffer<[2] x f32>) scalars(0)
veomni_rt.func @f() params(0) slots(0) {
  // expected-error@+1 {{has 0 operands, but @k takes 1}}
  veomni_rt.dispatch @k workgroups(1) ()
  veomni_rt.return
}

// -----

veomni_rt.kernel @k = "k" (read !veomni_rt.buffer<[2] x f32>) scalars(0)
veomni_rt.func @f() params(0) slots(1) {
  %s = veomni_rt.slot 0 : !veomni_rt.buffer<[3] x f32>
  // expected-error@+1 {{operand 0 is '!veomni_rt.buffer<[3] x f32>', but @k takes '!veomni_rt.buffer<[2] x f32>'}}
  veomni_rt.dispatch @k workgroups(1) (%s : !veomni_rt.buffer<[3] x f32>)
  veomni_rt.return
}

// -----

veomni_rt.kernel @k = "k" (write !veomni_rt.buffer<[2] x f32>) scalars(0)
veomni_rt.func @f() params(1) slots(0) {
  %w = veomni_rt.param 0 : !veomni_rt.buffer<[2, 1] x f32>
  %v = veomni_rt.view %w : !veomni_rt.buffer<[2, 1] x f32> as !veomni_rt.buffer<[2] x f32>
  // expected-error@+1 {{operand 0 is written, but weights are only read}}
  veomni_rt.dispatch @k workgroups(1) (%v : !veomni_rt.buffer<[2] x f32>)
  veomni_rt.return
}

// -----

veomni_rt.kernel @k = "k" (read_write !veomni_rt.buffer<[2] x f32>) scalars(0)
veomni_rt.func @f(%x: !veomni_rt.buffer<[2] x f32> read) params(0) slots(0) {
  // expected-error@+1 {{operand 0 is written, but the function only reads its argument 0}}
  veomni_rt.dispatch @k workgroups(1) (%x : !veomni_rt.buffer<[2] x f32>)
  veomni_rt.return
}

// -----

veomni_rt.func @f() params(0) slots(0) {
  // expected-error@+1 {{runs @g, which is not a veomni_rt.func of this module}}
  veomni_rt.call @g params(0) ()
  veomni_rt.return
}

// -----

veomni_rt.func @g() params(2) slots(0) { veomni_rt.return }
veomni_rt.func @f() params(3) slots(0) {
  veomni_rt.call @g params(1) ()
  // expected-error@+1 {{needs params 2 to 4 (exclusive) for @g, but the function has params(3)}}
  veomni_rt.call @g params(2) ()
  veomni_rt.return
}

// -----

veomni_rt.func @g(%x: !veomni_rt.buffer<[2] x f32> read) params(0) slots(0) { veomni_rt.return }
veomni_rt.func @f(%x: !veomni_rt.buffer<[3] x f32> read) params(0) slots(0) {
  // expected-error@+1 {{operand 0 is '!veomni_rt.buffer<[3] x f32>', but @g takes '!veomni_rt.buffer<[2] x f32>'}}
  veomni_rt.call @g params(0) (%x : !veomni_rt.buffer<[3] x f32>)
  veomni_rt.return
}

// -----

veomni_rt.func @g(%x: !veomni_rt.buffer<[2] x f32> write) params(0) slots(0) { veomni_rt.return }
veomni_rt.func @f(%x: !veomni_rt.buffer<[2] x f32> read) params(0) slots(0) {
  // expected-error@+1 {{operand 0 is written, but the function only reads its argument 0}}
  veomni_rt.call @g params(0) (%x : !veomni_rt.buffer<[2] x f32>)
  veomni_rt.return
}

// -----

veomni_rt.symbol @i = derived(3)
veomni_rt.func @g() params(0) slots(0) { veomni_rt.return }
veomni_rt.func @f() params(0) slots(0) {
  // expected-error@+1 {{counts in @i, which is not a veomni_rt.symbol of kind loop}}
  veomni_rt.loop @i to 2 do @g params(0) stride(0) ()
  veomni_rt.return
}

// -----

veomni_rt.symbol @i = loop
veomni_rt.func @g() params(0) slots(0) { veomni_rt.return }
veomni_rt.func @f() params(0) slots(0) {
  // expected-error@+1 {{runs -1 times, expected at least 0}}
  veomni_rt.loop @i to -1 do @g params(0) stride(0) ()
  veomni_rt.return
}

// -----

veomni_rt.symbol @i = loop
veomni_rt.symbol @n = derived(2)
veomni_rt.func @g() params(0) slots(0) { veomni_rt.return }
veomni_rt.func @f() params(2) slots(0) {
  // expected-error@+1 {{moves over params but counts to 'n', expected a constant count}}
  veomni_rt.loop @i to n do @g params(0) stride(1) ()
  veomni_rt.return
}

// -----

veomni_rt.symbol @i = loop
veomni_rt.func @g() params(2) slots(0) { veomni_rt.return }
veomni_rt.func @f() params(8) slots(0) {
  veomni_rt.loop @i to 3 do @g params(0) stride(3) ()
  // expected-error@+1 {{needs params 7 to 9 (exclusive) for @g, but the function has params(8)}}
  veomni_rt.loop @i to 3 do @g params(1) stride(3) ()
  veomni_rt.return
}

// -----

"veomni_rt.func"() <{sym_name = "f", arguments = []}> ({
  // expected-error@+1 {{expects parent op 'builtin.module'}}
  veomni_rt.symbol @i = loop
  veomni_rt.return
}) : () -> ()

// -----

// expected-error@+1 {{expects parent op 'veomni_rt.func'}}
veomni_rt.call @f params(0) ()

// -----

veomni_rt.symbol @past = axis
veomni_rt.symbol @seq = axis
veomni_rt.symbol @total = derived(past + seq)
veomni_rt.symbol @same = derived(seq * 2 + past - seq)
veomni_rt.func @f() params(0) slots(1) {
  %s = veomni_rt.slot 0 : !veomni_rt.buffer<[total, 4] x f32>
  %good = veomni_rt.view %s : !veomni_rt.buffer<[total, 4] x f32> as !veomni_rt.buffer<[2, same, 2] x f32>
  // expected-error@+1 {{changes the number of elements}}
  %bad = veomni_rt.view %s : !veomni_rt.buffer<[total, 4] x f32> as !veomni_rt.buffer<[past, seq, 4] x f32>
  veomni_rt.return
}

// -----

veomni_rt.state @s : !veomni_rt.buffer<[2] x f32>
veomni_rt.func @f() params(0) slots(0) {
  // expected-error@+1 {{is '!veomni_rt.buffer<[3] x f32>', but the state is '!veomni_rt.buffer<[2] x f32>'}}
  %s = veomni_rt.use_state @s : !veomni_rt.buffer<[3] x f32>
  veomni_rt.return
}

// -----

veomni_rt.func @f() params(0) slots(0) {
  // expected-error@+1 {{names @s, which is not a veomni_rt.state of this module}}
  %s = veomni_rt.use_state @s : !veomni_rt.buffer<[2] x f32>
  veomni_rt.return
}

// -----

veomni_rt.entry "f" runs @f params(0) {}
veomni_rt.state @s : !veomni_rt.buffer<[2] x f32>
veomni_rt.func @f() params(0) slots(0) {
  // expected-error@+1 {{runs @g, which names a state; callees are handed states as arguments}}
  veomni_rt.call @g params(0) ()
  veomni_rt.return
}
veomni_rt.func @g() params(0) slots(0) {
  %s = veomni_rt.use_state @s : !veomni_rt.buffer<[2] x f32>
  veomni_rt.return
}

// -----

// A flag and an axis of one entry have no value in another, also through derived symbols.
veomni_rt.symbol @seq = axis
veomni_rt.symbol @has_mask = given
veomni_rt.symbol @more = derived(seq + 1)
veomni_rt.entry "whole" runs @whole params(0) {
  veomni_rt.input "x" : !veomni_rt.buffer<[seq] x f32>
  veomni_rt.input "mask" : !veomni_rt.buffer<[seq] x i64> default ones given(@has_mask)
}
veomni_rt.entry "part" runs @part params(0) {
}
veomni_rt.func @whole(%x: !veomni_rt.buffer<[seq] x f32> read, %mask: !veomni_rt.buffer<[seq] x i64> read) params(0) slots(0) {
  veomni_rt.call @sized params(0) ()
  veomni_rt.return
}
veomni_rt.func @part() params(0) slots(0) {
  veomni_rt.call @sized params(0) ()
  veomni_rt.return
}
veomni_rt.func @sized() params(0) slots(1) {
  // expected-error@+1 {{uses 'more', which no input of entry 'part' tells}}
  %s = veomni_rt.slot 0 : !veomni_rt.buffer<[more] x f32>
  veomni_rt.return
}

// -----

veomni_rt.symbol @has_mask = given
veomni_rt.kernel @k = "k" () scalars(1)
veomni_rt.entry "part" runs @part params(0) {
  veomni_rt.input "mask" : !veomni_rt.buffer<[2] x i64> default ones
}
veomni_rt.func @part(%mask: !veomni_rt.buffer<[2] x i64> read) params(0) slots(0) {
  // expected-error@+1 {{uses 'has_mask', which no input of entry 'part' tells}}
  veomni_rt.dispatch @k workgroups(1) () scalars(has_mask)
  veomni_rt.return
}

// -----

// A size that only an optional input has is not told by it.
veomni_rt.symbol @seq = axis
veomni_rt.entry "f" runs @f params(0) {
  // expected-error@+1 {{uses 'seq', which no input of entry 'f' tells}}
  veomni_rt.input "x" : !veomni_rt.buffer<[seq] x i64> default ones
}
veomni_rt.func @f(%x: !veomni_rt.buffer<[seq] x i64> read) params(0) slots(0) { veomni_rt.return }

// -----

veomni_rt.func @f() params(0) slots(0) { veomni_rt.return }
veomni_rt.entry "f" runs @f params(0) {}
// expected-note@-1 {{the other one}}
// expected-error@+1 {{has the name of another: 'f'}}
veomni_rt.entry "f" runs @f params(0) {}

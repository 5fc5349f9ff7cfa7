// Every rule of the program dialect, broken once.
// RUN: veomni-opt %s -verify-diagnostics -split-input-file -o /dev/null

veomni_rt.entry "e" runs @f params(0) {
  // expected-error@+1 {{element type is 'f8E5M2', expected one of f32, bf16, f16, f64, f8E4M3FN, i64, i32, i8, ui8, i1}}
  veomni_rt.output "x" : !veomni_rt.buffer<[2] x f8E5M2>
}

// -----

veomni_rt.entry "e" runs @f params(0) {
  // expected-error@+1 {{has 17 dims, expected at most 16}}
  veomni_rt.output "x" : !veomni_rt.buffer<[1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1] x f32>
}

// -----

veomni_rt.entry "e" runs @f params(0) {
  // expected-error@+1 {{dim is 0, expected at least 1}}
  veomni_rt.output "x" : !veomni_rt.buffer<[2, 0] x f32>
}

// -----

veomni_rt.entry "e" runs @f params(0) {
  // expected-error@+1 {{constant dims multiply to more than 2^48 elements}}
  veomni_rt.output "x" : !veomni_rt.buffer<[4294967296, 4294967296] x f32>
}

// -----

veomni_rt.entry "e" runs @f params(0) {
  // expected-error@+1 {{row_rank is 3, expected 1 to the number of dims, 2}}
  veomni_rt.output "x" : !veomni_rt.buffer<[2, 2] x f32, row_rank = 3>
}

// -----

veomni_rt.entry "e" runs @f params(0) {
  // expected-error@+1 {{row_rank is 0, expected at least 1}}
  veomni_rt.output "x" : !veomni_rt.buffer<[2, 2] x f32, row_rank = 0>
}

// -----

veomni_rt.entry "e" runs @f params(0) {
  // expected-error@+1 {{row_stride is 8 though a row's size is not constant}}
  veomni_rt.output "x" : !veomni_rt.buffer<[2, seq] x f32, row_stride = 8>
}

// -----

veomni_rt.entry "e" runs @f params(0) {
  // expected-error@+1 {{row_stride is 3, expected at least the size of a row, 4}}
  veomni_rt.output "x" : !veomni_rt.buffer<[2, 4] x f32, row_stride = 3>
}

// -----

veomni_rt.entry "e" runs @f params(0) {
  // expected-error@+1 {{rows and the gaps between them take more than 2^48 elements}}
  veomni_rt.output "x" : !veomni_rt.buffer<[2, 4] x f32, row_stride = 281474976710656>
}

// -----

veomni_rt.entry "e" runs @f params(0) {
  // expected-error@+1 {{found 'row_rank', expected row_rank, row_stride, tiles, each at most once and in this order}}
  veomni_rt.output "x" : !veomni_rt.buffer<[2, 4] x f32, tiles = [32, 1], row_rank = 1>
}

// -----

veomni_rt.entry "e" runs @f params(0) {
  // expected-error@+1 {{tiles need two constant last dims}}
  veomni_rt.output "x" : !veomni_rt.buffer<[seq, 4] x f32, tiles = [32, 1]>
}

// -----

veomni_rt.entry "e" runs @f params(0) {
  // expected-error@+1 {{tiles are [32, 1025], expected rows and columns from 1 to 1024}}
  veomni_rt.output "x" : !veomni_rt.buffer<[4, 4] x i8, tiles = [32, 1025]>
}

// -----

veomni_rt.entry "e" runs @f params(0) {
  // expected-error@+1 {{tiles are [0, 4], expected rows and columns from 1 to 1024}}
  veomni_rt.output "x" : !veomni_rt.buffer<[4, 4] x i8, tiles = [0, 4]>
}

// -----

veomni_rt.entry "e" runs @f params(0) {
  // expected-error@+1 {{tiles are [0, 0], expected rows and columns from 1}}
  veomni_rt.output "x" : !veomni_rt.buffer<[4, 4] x i8, tiles = [0, 0]>
}

// -----

veomni_rt.entry "e" runs @f params(0) {
  // expected-error@+1 {{tiles have neither row_rank nor row_stride}}
  veomni_rt.output "x" : !veomni_rt.buffer<[4, 4] x f32, row_stride = 5, tiles = [32, 1]>
}

// -----

veomni_rt.entry "e" runs @f params(0) {
  // expected-error@+1 {{expected an integer or the name of a symbol}}
  veomni_rt.output "x" : !veomni_rt.buffer<[?] x f32>
}

// -----

// expected-error@+1 {{size is -1, expected at least 0}}
veomni_rt.symbol @a = derived(-1)

// -----

// expected-error@+1 {{divisor is 0, expected at least 1}}
veomni_rt.symbol @a = derived(ceildiv(4, 0))

// -----

// expected-error@+1 {{size is -3, expected at least 0}}
veomni_rt.symbol @a = derived(b * 2 - 3 - 2 * b)

// -----

// expected-error@+1 {{size is too large, expected at most 32 products of 32 symbols, and numbers of 64 bits}}
veomni_rt.symbol @a = derived(9223372036854775807 * 2)

// -----

// expected-error@+1 {{expected an integer or the name of a symbol}}
veomni_rt.symbol @a = derived(b +)

// -----

// expected-error@+1 {{uses 'past', which is not a veomni_rt.symbol of this module}}
veomni_rt.symbol @a = derived(ceildiv(2 + past, 2))

// -----

veomni_rt.symbol @seq = axis
// expected-error@+1 {{is derived from 'late', which is not defined above}}
veomni_rt.symbol @a = derived(seq + late)
veomni_rt.symbol @late = derived(seq)

// -----

// expected-error@+1 {{of kind derived has no extent}}
"veomni_rt.symbol"() {sym_name = "a", kind = #veomni_rt<symbol_kind derived>} : () -> ()

// -----

// expected-error@+1 {{has an empty name}}
"veomni_rt.symbol"() {sym_name = "", kind = #veomni_rt<symbol_kind loop>} : () -> ()

// -----

// expected-error@+1 {{has range(3, 2), expected 0 <= min <= max}}
veomni_rt.symbol @a = loop range(3, 2)

// -----

// expected-error@+1 {{has range(-1, 2), expected 0 <= min <= max}}
veomni_rt.symbol @a = loop range(-1, 2)

// -----

// expected-error@+1 {{uses 'b', which is not a veomni_rt.symbol of this module}}
veomni_rt.symbol @a = derived(b)

// -----

veomni_rt.symbol @b = loop
// expected-error@+1 {{uses 'b', which counts a loop; only workgroups and scalars of a dispatch may use it}}
veomni_rt.symbol @a = derived(b)

// -----

// expected-error@+1 {{is derived from 'b', which is not defined above}}
veomni_rt.symbol @a = derived(b)
veomni_rt.symbol @b = derived(2)

// -----

veomni_rt.entry "e" runs @f params(0) {
  // expected-error@+1 {{has an empty name}}
  veomni_rt.input "" : !veomni_rt.buffer<[2] x i64>
}

// -----

veomni_rt.entry "e" runs @f params(0) {
  // expected-error@+1 {{'x' is '!veomni_rt.buffer<[2, 2] x f32, row_stride = 3>', expected dense row-major elements}}
  veomni_rt.input "x" : !veomni_rt.buffer<[2, 2] x f32, row_stride = 3>
}

// -----

veomni_rt.entry "e" runs @f params(0) {
  // expected-error@+1 {{'x' has a range but holds 'f32', expected integers}}
  veomni_rt.input "x" : !veomni_rt.buffer<[2] x f32> range(0, 1)
}

// -----

veomni_rt.entry "e" runs @f params(0) {
  // expected-error@+1 {{'x' has range(1, 0), expected min <= max}}
  veomni_rt.input "x" : !veomni_rt.buffer<[2] x i64> range(1, 0)
}

// -----

veomni_rt.entry "e" runs @f params(0) {
  // expected-error@+1 {{'x' is '!veomni_rt.buffer<[2] x f32>', but defaults need i64 or i32}}
  veomni_rt.input "x" : !veomni_rt.buffer<[2] x f32> default ones
}

// -----

veomni_rt.entry "e" runs @f params(0) {
  // expected-error@+1 {{'x' is '!veomni_rt.buffer<[] x i64>', but default iota needs at least one dim}}
  veomni_rt.input "x" : !veomni_rt.buffer<[] x i64> default iota
}

// -----

veomni_rt.entry "e" runs @f params(0) {
  // expected-error@+1 {{'x' is '!veomni_rt.buffer<[2] x i64>', but cu_seqlens needs i64 and at least two dims}}
  veomni_rt.input "x" : !veomni_rt.buffer<[2] x i64> accepts_cu_seqlens
}

// -----

veomni_rt.func @f(%a0: !veomni_rt.buffer<[2] x i64> read, %a1: !veomni_rt.buffer<[2] x i64> read, %a2: !veomni_rt.buffer<[2] x i64> read) params(0) slots(0) { veomni_rt.return }
veomni_rt.entry "e" runs @f params(0) {
  // expected-note@+1 {{the other one}}
  veomni_rt.input "x" : !veomni_rt.buffer<[2] x i64>
  veomni_rt.input "y" : !veomni_rt.buffer<[2] x i64>
  // expected-error@+1 {{has the name of another: 'x'}}
  veomni_rt.input "x" : !veomni_rt.buffer<[2] x i64>
}

// -----

veomni_rt.entry "e" runs @f params(0) {
  veomni_rt.input "x" : !veomni_rt.buffer<[seq] x i64>
}
// expected-error@+1 {{uses 'seq', which is not a veomni_rt.symbol of this module}}
veomni_rt.func @f(%x: !veomni_rt.buffer<[seq] x i64> read) params(0) slots(0) { veomni_rt.return }

// -----

veomni_rt.entry "e" runs @f params(0) {
  // expected-error@+1 {{has an empty name}}
  veomni_rt.output "" : !veomni_rt.buffer<[2] x i64>
}

// -----

veomni_rt.entry "e" runs @f params(0) {
  // expected-error@+1 {{'x' is '!veomni_rt.buffer<[2, 2] x f32, tiles = [32, 1]>', expected dense row-major elements}}
  veomni_rt.output "x" : !veomni_rt.buffer<[2, 2] x f32, tiles = [32, 1]>
}

// -----

veomni_rt.func @f(%a0: !veomni_rt.buffer<[2] x i64> write, %a1: !veomni_rt.buffer<[2] x i64> write) params(0) slots(0) { veomni_rt.return }
veomni_rt.entry "e" runs @f params(0) {
  // expected-note@+1 {{the other one}}
  veomni_rt.output "x" : !veomni_rt.buffer<[2] x i64>
  // expected-error@+1 {{has the name of another: 'x'}}
  veomni_rt.output "x" : !veomni_rt.buffer<[2] x i64>
}

// -----

// expected-error@+1 {{has an empty name}}
veomni_rt.weight "" : !veomni_rt.buffer<[2] x f32> = [load("w", [2], f32)]

// -----

// expected-error@+1 {{'w' is '!veomni_rt.buffer<[seq] x f32>', expected constant dims and dense rows}}
veomni_rt.weight "w" : !veomni_rt.buffer<[seq] x f32> = [load("w", [2], f32)]

// -----

// expected-note@+1 {{the other one}}
veomni_rt.weight "w" : !veomni_rt.buffer<[2] x f32> = [load("w", [2], f32)]
// expected-error@+1 {{has the name of another: 'w'}}
veomni_rt.weight "w" : !veomni_rt.buffer<[2] x f32> = [load("w", [2], f32)]

// -----

// expected-error@+1 {{'w': recipe makes [3] x f32, expected [2] x f32}}
veomni_rt.weight "w" : !veomni_rt.buffer<[2] x f32> = [load("w", [3], f32)]

// -----

// expected-error@+1 {{has no variants, expected at least one}}
veomni_rt.executable @code []

// -----

// expected-error@+1 {{lacks the resource 'nowhere' of its variant for "x86-64-v3"}}
veomni_rt.executable @code [{target = "cpu", level = "x86-64-v3", features = [], data = dense_resource<nowhere> : tensor<3xi8>}]

// -----

// expected-error@+1 {{data is a 'tensor<3xi16>', expected tensor<Nxi8>}}
veomni_rt.executable @code [{target = "cpu", level = "x86-64-v3", features = [], data = dense_resource<nowhere> : tensor<3xi16>}]

// -----

// expected-error@+1 {{feature is 1 : i64, expected a string}}
veomni_rt.executable @code [{target = "cpu", level = "x86-64-v3", features = [1], data = dense_resource<nowhere> : tensor<3xi8>}]

// -----

// expected-error@+1 {{is for target "" and level "x86-64-v3", expected no empty name}}
veomni_rt.executable @code [{target = "", level = "x86-64-v3", features = []}]

// -----

// expected-error@+1 {{has 3 bytes in its variant for "x86-64-v3", expected 4}}
veomni_rt.executable @code [{target = "cpu", level = "x86-64-v3", features = [], data = dense_resource<three> : tensor<4xi8>}]
{-# dialect_resources: { builtin: { three: "0x04000000010203" } } #-}

// -----

// expected-error@+1 {{expected '= "kind"' or 'in @executable'}}
veomni_rt.kernel @k () scalars(0)

// -----

// expected-error@+1 {{has neither kind nor executable, expected one of them}}
"veomni_rt.kernel"() {sym_name = "k", operand_types = [], scalar_count = 0 : i64} : () -> ()

// -----

// expected-error@+1 {{uses 'rows', which is not a veomni_rt.symbol of this module}}
veomni_rt.kernel @k = "k" () scalars(0) flops(2 * rows)

// -----

// expected-error@+1 {{has attributes and an executable; attributes belong to the declaration by kind}}
"veomni_rt.kernel"() {sym_name = "k", config = {a = 1}, executable = @code, operand_types = [], scalar_count = 0 : i64} : () -> ()

// -----

// expected-error@+1 {{is in @code, which is not a veomni_rt.executable of this module}}
veomni_rt.kernel @k in @code () scalars(0)

// -----

// expected-error@+1 {{expected an access: read, write or read_write}}
veomni_rt.kernel @k = "k" (!veomni_rt.buffer<[2] x f32>) scalars(0)

// -----

// expected-error@+1 {{uses 'seq', which is not a veomni_rt.symbol of this module}}
veomni_rt.kernel @k = "k" (read !veomni_rt.buffer<[seq] x f32>) scalars(0)

// -----

// expected-error@+1 {{has an empty name}}
veomni_rt.entry "" runs @f params(0) {}

// -----

// expected-error@+1 {{'e' holds 'veomni_rt.symbol', expected veomni_rt.input and veomni_rt.output}}
veomni_rt.entry "e" runs @f params(0) {
  "veomni_rt.symbol"() {sym_name = "a", kind = #veomni_rt<symbol_kind loop>} : () -> ()
}

// -----

veomni_rt.entry "e" runs @f params(0) {
  // expected-error@+1 {{'x' has a bound but holds 'f32', expected i64 or i32}}
  veomni_rt.input "x" : !veomni_rt.buffer<[2] x f32> below(2)
}

// -----

veomni_rt.entry "e" runs @f params(0) {
  // expected-error@+1 {{'x' has an ignored value but holds 'f32', expected i64 or i32}}
  veomni_rt.input "x" : !veomni_rt.buffer<[2] x f32> ignored(-100)
}

// -----

veomni_rt.entry "e" runs @f params(0) {
  // expected-error@+1 {{'x' has ignored(3), expected a value outside of range(0, 4)}}
  veomni_rt.input "x" : !veomni_rt.buffer<[2] x i64> range(0, 4) ignored(3)
}

// -----

veomni_rt.func @f(%x: !veomni_rt.buffer<[2] x i64> read) params(0) slots(0) { veomni_rt.return }
veomni_rt.symbol @seq = loop
veomni_rt.entry "e" runs @f params(0) {
  // expected-error@+1 {{'x' names @seq, which is not a veomni_rt.symbol of kind given}}
  veomni_rt.input "x" : !veomni_rt.buffer<[2] x i64> default ones given(@seq)
}

// -----

veomni_rt.func @f(%x: !veomni_rt.buffer<[2] x i64> read, %y: !veomni_rt.buffer<[2] x i64> read) params(0) slots(0) { veomni_rt.return }
veomni_rt.symbol @has = given
veomni_rt.entry "e" runs @f params(0) {
  // expected-error@+1 {{'x' names @has, which tells whether input 'y' was given}}
  veomni_rt.input "x" : !veomni_rt.buffer<[2] x i64> default ones given(@has)
  veomni_rt.input "y" : !veomni_rt.buffer<[2] x i64> default ones given(@has)
}

// -----

// expected-error@+1 {{has an empty name}}
veomni_rt.state @"" : !veomni_rt.buffer<[2] x f32>

// -----

// expected-error@+1 {{expected constant dims and dense row-major elements}}
veomni_rt.state @s : !veomni_rt.buffer<[seq] x f32>

// -----

// expected-error@+1 {{expected constant dims and dense row-major elements}}
veomni_rt.state @s : !veomni_rt.buffer<[2, 2] x f32, row_stride = 4>

// RUN: veomni-opt %s -split-input-file -verify-diagnostics

// expected-error@+1 {{expected a recipe step: load, concat, stack, transpose, cast, pack, dequant_mxfp4, dequant_fp8, slice, unstack}}
veomni_rt.weight "w" : !veomni_rt.buffer<[2] x f32> = [read("w", [2], f32)]

// -----

// expected-error@+1 {{recipe step 0: load names no tensor}}
veomni_rt.weight "w" : !veomni_rt.buffer<[2] x f32> = [load("", [2], f32)]

// -----

// expected-error@+1 {{element type is 'i7', expected one of 'f32', 'bf16', 'f16', 'f64', 'i64', 'i32', 'i8', 'ui8', 'i1', 'f8E4M3FN'}}
veomni_rt.weight "w" : !veomni_rt.buffer<[2] x f32> = [load("w", [2], i7)]

// -----

// expected-error@+1 {{recipe step 0: stack takes 0 values, expected at least 1}}
veomni_rt.weight "w" : !veomni_rt.buffer<[2] x f32> = [stack(0)]

// -----

// expected-error@+1 {{recipe step 1: concat takes 2 values, found 1}}
veomni_rt.weight "w" : !veomni_rt.buffer<[2] x f32> = [load("w", [2], f32), concat(2, dim = 0)]

// -----

// expected-error@+1 {{recipe step 2: concat along dimension 1 of [2] x f32}}
veomni_rt.weight "w" : !veomni_rt.buffer<[2] x f32> = [load("w", [2], f32), load("w", [2], f32), concat(2, dim = 1)]

// -----

// expected-error@+1 {{recipe step 2: concat of unlike values: [3, 3] x f32 and [2, 2] x f32}}
veomni_rt.weight "w" : !veomni_rt.buffer<[2] x f32> = [load("w", [2, 2], f32), load("w", [3, 3], f32), concat(2, dim = 1)]

// -----

// expected-error@+1 {{recipe step 2: stack of unlike values: [2] x bf16 and [2] x f32}}
veomni_rt.weight "w" : !veomni_rt.buffer<[2] x f32> = [load("w", [2], f32), load("w", [2], bf16), stack(2)]

// -----

// expected-error@+1 {{recipe step 1: transpose of [2] x f32, expected at least 2 dimensions}}
veomni_rt.weight "w" : !veomni_rt.buffer<[2] x f32> = [load("w", [2], f32), transpose]

// -----

// expected-error@+1 {{recipe step 2: cast after pack}}
veomni_rt.weight "w" : !veomni_rt.buffer<[2, 2] x f32> = [load("w", [2, 2], f32), pack([32, 1]), cast(bf16)]

// -----

// expected-error@+1 {{recipe step 1: dequant_mxfp4 takes 2 values, found 1}}
veomni_rt.weight "w" : !veomni_rt.buffer<[2, 32] x f32> = [load("b", [2, 1, 16], ui8), dequant_mxfp4(f32)]

// -----

// expected-error@+1 {{recipe step 2: dequant_mxfp4 of [2, 1, 16] x u8 and [2, 2] x u8, expected blocks [..., G, 16] x u8 and scales [..., G] x u8 as they were loaded}}
veomni_rt.weight "w" : !veomni_rt.buffer<[2, 32] x f32> = [load("b", [2, 1, 16], ui8), load("s", [2, 2], ui8), dequant_mxfp4(f32)]

// -----

// expected-error@+1 {{recipe step 3: dequant_mxfp4 of [1, 2, 16] x u8 and [1, 2] x u8, expected blocks}}
veomni_rt.weight "w" : !veomni_rt.buffer<[1, 64] x f32> = [load("b", [2, 16], ui8), stack(1), load("s", [1, 2], ui8), dequant_mxfp4(f32)]

// -----

// expected-error@+1 {{recipe step 2: dequant_mxfp4 to f16, expected f32 or bf16}}
veomni_rt.weight "w" : !veomni_rt.buffer<[2, 32] x f16> = [load("b", [2, 1, 16], ui8), load("s", [2, 1], ui8), dequant_mxfp4(f16)]

// -----

// expected-error@+1 {{recipe step 2: dequant_fp8 of blocks [4, 0], expected two positive sizes}}
veomni_rt.weight "w" : !veomni_rt.buffer<[2, 32] x f32> = [load("w", [2, 32], f8E4M3FN), load("s", [1, 1], f32), dequant_fp8([4, 0])]

// -----

// expected-error@+1 {{recipe step 2: dequant_fp8 of [2, 32] x f8_e4m3 and [1, 2] x f32, expected numbers [N, K] x f8_e4m3 and scales [ceil(N / 2), ceil(K / 10)] x f32, bf16 or f16 as they were loaded}}
veomni_rt.weight "w" : !veomni_rt.buffer<[2, 32] x f32> = [load("w", [2, 32], f8E4M3FN), load("s", [1, 2], f32), dequant_fp8([2, 10])]

// -----

// expected-error@+1 {{recipe step 3: dequant_fp8 of [2, 32] x f8_e4m3 and}}
veomni_rt.weight "w" : !veomni_rt.buffer<[2, 32] x f32> = [load("w", [2, 32], f8E4M3FN), slice(dim = 0, start = 0, size = 2), load("s", [1, 4], f32), dequant_fp8([2, 10])]

// -----

// expected-error@+1 {{recipe step 1: dequant_fp8 takes 2 values, found 1}}
veomni_rt.weight "w" : !veomni_rt.buffer<[2, 32] x f32> = [load("w", [2, 32], f8E4M3FN), dequant_fp8([2, 10])]

// -----

// expected-error@+1 {{recipe ends with 2 values, expected 1}}
veomni_rt.weight "w" : !veomni_rt.buffer<[2] x f32> = [load("w", [2], f32), load("w", [2], f32)]

// -----

// expected-error@+1 {{recipe step 1: pack into tiles of [32], expected rows and columns from 1 to 1024}}
veomni_rt.weight "w" : !veomni_rt.buffer<[2, 2] x f32> = [load("w", [2, 2], f16), pack([32])]

// -----

// expected-error@+1 {{recipe step 1: pack into tiles of [32, 0], expected rows and columns from 1 to 1024}}
veomni_rt.weight "w" : !veomni_rt.buffer<[2, 2] x f32> = [load("w", [2, 2], f32), pack([32, 0])]

// -----

// expected-error@+1 {{'w': recipe makes [2, 2] x f32, tiles = [16, 1], expected [2, 2] x f32, tiles = [32, 1]}}
veomni_rt.weight "w" : !veomni_rt.buffer<[2, 2] x f32, tiles = [32, 1]> = [load("w", [2, 2], f32), pack([16, 1])]

// -----

// expected-error@+1 {{recipe step 1: cannot cast [2] x i64 to f32}}
veomni_rt.weight "w" : !veomni_rt.buffer<[2] x f32> = [load("w", [2], i64), cast(f32)]

// -----

// expected-error@+1 {{recipe step 0: makes [-2] x f32, expected dimensions of 0 or more}}
veomni_rt.weight "w" : !veomni_rt.buffer<[2] x f32> = [load("w", [-2], f32)]

// -----

// expected-error@+1 {{recipe step 1: slice along dimension 1 of [4] x f32}}
veomni_rt.weight "w" : !veomni_rt.buffer<[2] x f32> = [load("w", [4], f32), slice(dim = 1, start = 0, size = 2)]

// -----

// expected-error@+1 {{recipe step 1: slice of 2 from 3 on along dimension 0 of [4] x f32, expected a part of its 4}}
veomni_rt.weight "w" : !veomni_rt.buffer<[2] x f32> = [load("w", [4], f32), slice(dim = 0, start = 3, size = 2)]

// -----

// expected-error@+1 {{recipe step 1: unstack of value 4 of [4, 2] x f32, expected one of those that are stacked along dimension 0}}
veomni_rt.weight "w" : !veomni_rt.buffer<[2] x f32> = [load("w", [4, 2], f32), unstack(4)]

// -----

// expected-error@+1 {{recipe step 1: unstack of value 0 of [] x f32, expected one}}
veomni_rt.weight "w" : !veomni_rt.buffer<[2] x f32> = [load("w", [], f32), unstack(0)]

// -----

// The attribute by itself is checked in the same way.
// expected-error@+1 {{recipe ends with 0 values, expected 1}}
func.func private @f() attributes {a = #veomni_weight.recipe<[]>}

// -----

// expected-error@+1 {{expected 'start'}}
func.func private @f() attributes {a = #veomni_weight.step<slice(dim = 0, at = 3, size = 2)>}

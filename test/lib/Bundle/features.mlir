// A bundle requires of its loader what it uses and nothing else, and says it by name.
// RUN: split-file %s %t
// RUN: veomni-translate --mlir-to-bundle %t/plain.mlir -o %t/plain.vob
// RUN: veomni-translate --bundle-to-json %t/plain.vob | FileCheck %s --check-prefix=PLAIN
// PLAIN: "required_features": 16
// PLAIN: "required_feature_names":
// PLAIN-NEXT: "named entries"
// PLAIN-NEXT: ]
// RUN: veomni-translate --mlir-to-bundle %t/all.mlir -o %t/all.vob
// RUN: veomni-translate --bundle-to-json %t/all.vob | FileCheck %s --check-prefix=ALL
// ALL: "required_features": 639
// ALL: "required_feature_names":
// ALL-NEXT: "MXFP4 weights"
// ALL-NEXT: "FP8 weights"
// ALL-NEXT: "sizes that are sums"
// ALL-NEXT: "recipes of parts of tensors"
// ALL-NEXT: "named entries"
// ALL-NEXT: "states"
// ALL-NEXT: "bounds of inputs by size"
// ALL-NEXT: "tiles of any size"
// RUN: veomni-translate --mlir-to-bundle %t/sum.mlir -o %t/sum.vob
// RUN: veomni-translate --bundle-to-json %t/sum.vob | FileCheck %s --check-prefix=SUM
// SUM: "required_features": 20
// SUM: "required_feature_names":
// SUM-NEXT: "sizes that are sums"
// SUM-NEXT: "named entries"

//--- plain.mlir
module {
  veomni_rt.symbol @seq = axis
  veomni_rt.symbol @blocks = derived(ceildiv(seq * 3, 2))
  veomni_rt.entry "f" runs @f params(0) {
    veomni_rt.input "x" : !veomni_rt.buffer<[seq] x f32>
  }
  veomni_rt.func @f(%x: !veomni_rt.buffer<[seq] x f32> read "x") params(0) slots(0) {
    veomni_rt.return
  }
}

//--- sum.mlir
module {
  veomni_rt.symbol @seq = axis
  veomni_rt.symbol @more = derived(seq + 1)
  veomni_rt.entry "f" runs @f params(0) {
    veomni_rt.input "x" : !veomni_rt.buffer<[seq] x f32>
  }
  veomni_rt.func @f(%x: !veomni_rt.buffer<[seq] x f32> read "x") params(0) slots(0) {
    veomni_rt.return
  }
}

//--- all.mlir
module {
  veomni_rt.symbol @seq = axis
  veomni_rt.symbol @more = derived(seq + 1)
  veomni_rt.entry "f" runs @f params(0) {
    veomni_rt.input "x" : !veomni_rt.buffer<[seq] x i32> below(seq)
  }
  veomni_rt.state @kept : !veomni_rt.buffer<[4] x f32>
  veomni_rt.weight "mxfp4" : !veomni_rt.buffer<[2, 64] x bf16> = [load("w_blocks", [2, 2, 16], ui8), load("w_scales", [2, 2], ui8), dequant_mxfp4(bf16)]
  veomni_rt.weight "fp8" : !veomni_rt.buffer<[20, 9] x f8E4M3FN> = [load("w", [20, 9], f8E4M3FN)]
  veomni_rt.weight "part" : !veomni_rt.buffer<[4, 9] x f32> = [load("w", [20, 9], f32), slice(dim = 0, start = 4, size = 4)]
  veomni_rt.weight "tiles" : !veomni_rt.buffer<[20, 9] x f16, tiles = [16, 4]> = [load("w", [20, 9], f16), pack([16, 4])]
  veomni_rt.func @f(%x: !veomni_rt.buffer<[seq] x i32> read "x") params(0) slots(0) {
    veomni_rt.return
  }
}

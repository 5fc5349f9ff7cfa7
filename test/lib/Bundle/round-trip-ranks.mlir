// A program for several ranks comes back from a bundle as it went in, and its bundle does too.
// The option reads the text twice in one context, where resources get other names the second time (lit.cfg.py).
// UNSUPPORTED: verify-roundtrip
// RUN: grep -v "^//" %s > %t.expected
// RUN: veomni-translate --mlir-to-bundle %s -o %t.vob
// RUN: veomni-translate --bundle-to-mlir %t.vob -o %t.mlir
// RUN: sed "/^$/d" %t.mlir >%t.text
// RUN: diff %t.expected %t.text
// RUN: veomni-translate --mlir-to-bundle %t.mlir -o %t.again.vob
// RUN: cmp %t.vob %t.again.vob
module {
  veomni_rt.mesh_axis "dp_replicate" = 2
  veomni_rt.mesh_axis "sp" = 4
  veomni_rt.symbol @seq = axis
  veomni_rt.symbol @"seq@sp" = part(seq over "sp")
  veomni_rt.entry "forward" runs @forward params(0) {
    veomni_rt.input "x" : !veomni_rt.buffer<[seq, 8] x f32>
    veomni_rt.output "y" : !veomni_rt.buffer<[seq, 8] x f32>
  }
  veomni_rt.func @forward(%x: !veomni_rt.buffer<[seq, 8] x f32> read "x", %y: !veomni_rt.buffer<[seq, 8] x f32> write "y") params(0) slots(3) {
    %slot0 = veomni_rt.slot 0 : !veomni_rt.buffer<["seq@sp", 8] x f32>
    %slot1 = veomni_rt.slot 1 : !veomni_rt.buffer<[seq, 2] x f32>
    %slot2 = veomni_rt.slot 2 : !veomni_rt.buffer<["seq@sp", 8] x f32>
    veomni_rt.collective all_slice over "sp" split(0) (%x, %slot0 : !veomni_rt.buffer<[seq, 8] x f32>, !veomni_rt.buffer<["seq@sp", 8] x f32>)
    veomni_rt.collective all_to_all over "sp" gather(0) split(1) (%slot0, %slot1 : !veomni_rt.buffer<["seq@sp", 8] x f32>, !veomni_rt.buffer<[seq, 2] x f32>)
    veomni_rt.collective all_to_all over "sp" gather(1) split(0) (%slot1, %slot2 : !veomni_rt.buffer<[seq, 2] x f32>, !veomni_rt.buffer<["seq@sp", 8] x f32>)
    veomni_rt.collective all_gather over "sp" gather(0) starts (%slot2, %y : !veomni_rt.buffer<["seq@sp", 8] x f32>, !veomni_rt.buffer<[seq, 8] x f32>)
    veomni_rt.wait (%slot2, %y : !veomni_rt.buffer<["seq@sp", 8] x f32>, !veomni_rt.buffer<[seq, 8] x f32>)
    veomni_rt.return
  }
}

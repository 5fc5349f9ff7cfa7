// A dispatch to experts comes back from a bundle as it went in, and its bundle does too.
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
  veomni_rt.mesh_axis "sp" = 4
  veomni_rt.mesh_axis "ep" = 2 redivides
  veomni_rt.symbol @routes = axis
  veomni_rt.symbol @received = counted
  veomni_rt.entry "forward" runs @forward params(0) {
    veomni_rt.input "x" : !veomni_rt.buffer<[routes, 8] x f32>
    veomni_rt.input "offsets" : !veomni_rt.buffer<[9] x i32>
    veomni_rt.output "y" : !veomni_rt.buffer<[routes, 8] x f32>
  }
  veomni_rt.weight "up" : !veomni_rt.buffer<[4, 8, 8] x f32> = [load("up", [8, 8, 8], f32), part("ep", 2, dim = 0)]
  veomni_rt.func @here(%arg0: !veomni_rt.buffer<[received, 8] x f32> read, %arg1: !veomni_rt.buffer<[received, 1] x i32> read, %arg2: !veomni_rt.buffer<[received, 8] x f32> write) params(1) slots(0) {
    veomni_rt.library_call "experts" (read %arg0 : !veomni_rt.buffer<[received, 8] x f32>, read %arg1 : !veomni_rt.buffer<[received, 1] x i32>, write %arg2 : !veomni_rt.buffer<[received, 8] x f32>)
    veomni_rt.return
  }
  veomni_rt.func @forward(%x: !veomni_rt.buffer<[routes, 8] x f32> read "x", %offsets: !veomni_rt.buffer<[9] x i32> read "offsets", %y: !veomni_rt.buffer<[routes, 8] x f32> write "y") params(1) slots(0) {
    veomni_rt.expert_dispatch over "ep" counts(@received) do @here params(0) (%x, %offsets, %y : !veomni_rt.buffer<[routes, 8] x f32>, !veomni_rt.buffer<[9] x i32>, !veomni_rt.buffer<[routes, 8] x f32>)
    veomni_rt.return
  }
}

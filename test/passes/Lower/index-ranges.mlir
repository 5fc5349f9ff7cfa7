// Inputs that index something say within which range, and the runtime checks that.
// RUN: veomni-opt %s -split-input-file --veomni-set-target --veomni-lower-to-program | FileCheck %s

// CHECK: veomni_rt.input "ids" : !veomni_rt.buffer<[batch, seq] x i64> range(0, 150)
veomni.weight "e.t" : tensor<151x64xf32> = [load("t", [151, 64], f32)]
func.func private @Embedding.forward(%ids: tensor<?x?xi64> {veomni.axes = ["batch", "seq"]}) -> (tensor<?x?x64xf32> {veomni.axes = ["batch", "seq"]}) {
  %t = veomni.param "t" : tensor<151x64xf32>
  %y = veomni.embedding %ids, %t : (tensor<?x?xi64>, tensor<151x64xf32>) -> tensor<?x?x64xf32>
  return %y : tensor<?x?x64xf32>
}
func.func @forward(%ids: tensor<?x?xi64> {veomni.axes = ["batch", "seq"], veomni.name = "ids", veomni.range = array<i64: 0, 150>}) -> (tensor<?x?x64xf32> {veomni.axes = ["batch", "seq"], veomni.name = "y"}) {
  %y = veomni.call @Embedding.forward at "e" (%ids) : (tensor<?x?xi64>) -> tensor<?x?x64xf32>
  return %y : tensor<?x?x64xf32>
}

// -----

// CHECK: veomni_rt.input "starts" : !veomni_rt.buffer<[batch, seq] x i32> range(0, 9223372036854775807) below(seq)
// CHECK: veomni_rt.input "less" : !veomni_rt.buffer<[batch, seq] x i32> range(2, 7) below(seq - 1)
func.func @forward(%x: tensor<?x?x8xf32> {veomni.axes = ["batch", "seq"], veomni.name = "x"},
                   %starts: tensor<?x?xi32> {veomni.axes = ["batch", "seq"], veomni.name = "starts", veomni.below = #veomni_rt.extent<seq>},
                   %less: tensor<?x?xi32> {veomni.axes = ["batch", "seq"], veomni.name = "less", veomni.range = array<i64: 2, 7>, veomni.below = #veomni_rt.extent<seq - 1>})
    -> (tensor<?x?x8xf32> {veomni.axes = ["batch", "seq"], veomni.name = "y"}) {
  %a = veomni.shift_tokens %x, %starts {by = 1 : i64} : tensor<?x?x8xf32>, tensor<?x?xi32>
  %b = veomni.shift_tokens %a, %less {by = 1 : i64} : tensor<?x?x8xf32>, tensor<?x?xi32>
  return %b : tensor<?x?x8xf32>
}

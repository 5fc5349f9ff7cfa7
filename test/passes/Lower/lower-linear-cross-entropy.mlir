// RUN: veomni-opt %s --veomni-set-target --veomni-lower-to-program | FileCheck %s
// RUN: veomni-opt %s --veomni-lower=level=avx512-bf16 | FileCheck %s --check-prefix=MEMORY

// A vocabulary of 151936 has 297 chunks of 512: of each token, a maximum and a sum per chunk and the label's logit are
// kept.
// CHECK: veomni_rt.weight "lm_head.weight" : !veomni_rt.buffer<[151936, 64] x bf16, tiles = [32, 2]>
// CHECK: veomni_rt.weight "lm_head.bias" : !veomni_rt.buffer<[151936] x bf16>
// CHECK: veomni_rt.kernel @linear_cross_entropy_0 = "linear_cross_entropy" {bf16_dot = true, ignore_index = -100 : i64} ({{.*}}, write !veomni_rt.buffer<[batch, seq, 595] x f32>) scalars(1)
// CHECK: veomni_rt.kernel @cross_entropy_combine_0 = "cross_entropy_combine" {ignore_index = -100 : i64, vocab = 151936 : i64}
// CHECK: veomni_rt.dispatch @linear_cross_entropy_0 workgroups(ceildiv(batch * seq, 516), 297)
// CHECK-SAME: scalars(batch * seq)
// CHECK: veomni_rt.dispatch @cross_entropy_combine_0 workgroups(ceildiv(batch * seq, 16))
// CHECK-SAME: scalars(batch * seq)
// CHECK: veomni_rt.dispatch @mean_0

// Nothing of the program but the weight and the bias has the size of the vocabulary: with 4096 tokens its slots take
// 0.4 % of what logits would.
// MEMORY-NOT: slot {{.*}}151936
// MEMORY: slot {{[0-9]+}} : !veomni_rt.buffer<[batch, seq, 595] x f32>
// MEMORY-NOT: slot {{.*}}151936
module {
veomni.weight "lm_head.weight" : tensor<151936x64xbf16> = [load("lm_head.weight", [151936, 64], bf16)]
veomni.weight "lm_head.bias" : tensor<151936xbf16> = [load("lm_head.bias", [151936], bf16)]
func.func @loss(%x: tensor<?x?x64xf32> {veomni.axes = ["batch", "seq"], veomni.name = "x"},
                %labels: tensor<?x?xi64> {veomni.axes = ["batch", "seq"], veomni.name = "labels"}) -> (tensor<f32> {veomni.name = "loss"}) {
  %w = veomni.param "lm_head.weight" : tensor<151936x64xbf16>
  %b = veomni.param "lm_head.bias" : tensor<151936xbf16>
  %losses, %counts = veomni.linear_cross_entropy %x, %w, %labels bias %b {ignore_index = -100 : i64, veomni.kernel = "bf16_dot"}
      : (tensor<?x?x64xf32>, tensor<151936x64xbf16>, tensor<?x?xi64>, tensor<151936xbf16>) -> (tensor<?x?xf32>, tensor<?x?xf32>)
  %loss = veomni.mean_loss %losses, %counts : tensor<?x?xf32> -> tensor<f32>
  return %loss : tensor<f32>
}
}

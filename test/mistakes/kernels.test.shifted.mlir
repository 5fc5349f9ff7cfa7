// RUN: veomni-opt %s --veomni-bind=level=x86-64-v3 | FileCheck %s
// Labels that were shifted before they were dealt out to parts of a sequence.
// CHECK: veomni.cross_entropy {{.*}}veomni.kernel = "rows"
func.func @loss(%logits: tensor<?x?x8xf32>, %labels: tensor<?x?xi64>) -> tensor<f32> {
  %loss = veomni.cross_entropy %logits, %labels {ignore_index = -100 : i64} : tensor<?x?x8xf32>, tensor<?x?xi64> -> tensor<f32>
  return %loss : tensor<f32>
}

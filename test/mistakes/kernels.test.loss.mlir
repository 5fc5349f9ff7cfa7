// RUN: not veomni-opt %s 2>&1 | FileCheck %s
// A loss of logits alone.
// CHECK: error: {{.*}}expected ','
func.func @loss(%logits: tensor<?x?x8xf32>) -> tensor<f32> {
  %loss = veomni.cross_entropy %logits {ignore_index = -100 : i64, shift} : tensor<?x?x8xf32> -> tensor<f32>
  return %loss : tensor<f32>
}

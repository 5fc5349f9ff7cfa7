// RUN: not veomni-opt %s 2>&1 | FileCheck %s
// A loss of logits alone.
// CHECK: error: {{.*}}expected ','
func.func @loss(%logits: tensor<?x?x8xf32>) -> tensor<?x?xf32> {
  %losses, %counts = veomni.cross_entropy %logits {ignore_index = -100 : i64} : tensor<?x?x8xf32> -> tensor<?x?xf32>
  return %losses : tensor<?x?xf32>
}

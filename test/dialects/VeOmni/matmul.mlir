// RUN: veomni-opt %s | veomni-opt | FileCheck %s

// CHECK-LABEL: func.func private @f
func.func private @f(%q: tensor<?x4x?x20xf32>, %k: tensor<?x4x?x20xf32>, %v: tensor<?x4x?x10xbf16>, %x: tensor<3x2xf32>) {
  // CHECK: veomni.matmul %{{.*}}, %{{.*}} {transpose_b} : tensor<?x4x?x20xf32>, tensor<?x4x?x20xf32> -> tensor<?x4x?x?xf32>
  %s = veomni.matmul %q, %k {transpose_b} : tensor<?x4x?x20xf32>, tensor<?x4x?x20xf32> -> tensor<?x4x?x?xf32>
  // CHECK: veomni.matmul %{{.*}}, %{{.*}} : tensor<?x4x?x?xf32>, tensor<?x4x?x10xbf16> -> tensor<?x4x?x10xbf16>
  %o = veomni.matmul %s, %v : tensor<?x4x?x?xf32>, tensor<?x4x?x10xbf16> -> tensor<?x4x?x10xbf16>
  // CHECK: veomni.matmul %{{.*}}, %{{.*}} {transpose_a} : tensor<3x2xf32>, tensor<3x2xf32> -> tensor<2x2xf32>
  %y = veomni.matmul %x, %x {transpose_a} : tensor<3x2xf32>, tensor<3x2xf32> -> tensor<2x2xf32>
  return
}

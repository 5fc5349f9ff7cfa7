// RUN: veomni-opt %s | veomni-opt | FileCheck %s

// CHECK-LABEL: func.func private @layer
func.func private @layer(%x: tensor<?x?x4x8xbf16>, %y: tensor<?x?x8xbf16>, %fn: tensor<24x32xf32>, %scale: tensor<3xf32>, %base: tensor<24xf32>,
                         %head_fn: tensor<4x32xbf16>, %head_scale: tensor<1xf32>, %head_base: tensor<4xbf16>) -> tensor<?x?x8xbf16> {
  // CHECK: %collapsed, %post, %comb = veomni.mhc_pre %{{.*}}, %{{.*}}, %{{.*}}, %{{.*}} {eps = 0.000000e+00 : f32, iterations = 20 : i64, norm_eps = {{.*}} : f32}
  // CHECK-SAME: : (tensor<?x?x4x8xbf16>, tensor<24x32xf32>, tensor<3xf32>, tensor<24xf32>) -> (tensor<?x?x8xbf16>, tensor<?x?x4xf32>, tensor<?x?x4x4xf32>)
  %collapsed, %post, %comb = veomni.mhc_pre %x, %fn, %scale, %base {eps = 0.0 : f32, iterations = 20 : i64, norm_eps = 1.0e-06 : f32}
      : (tensor<?x?x4x8xbf16>, tensor<24x32xf32>, tensor<3xf32>, tensor<24xf32>) -> (tensor<?x?x8xbf16>, tensor<?x?x4xf32>, tensor<?x?x4x4xf32>)
  // CHECK: veomni.mhc_post %{{.*}}, %{{.*}}, %post, %comb : tensor<?x?x8xbf16>, tensor<?x?x4x8xbf16>, tensor<?x?x4xf32>, tensor<?x?x4x4xf32>
  %next = veomni.mhc_post %collapsed, %x, %post, %comb : tensor<?x?x8xbf16>, tensor<?x?x4x8xbf16>, tensor<?x?x4xf32>, tensor<?x?x4x4xf32>
  // CHECK: veomni.mhc_head %{{.*}} {eps = {{.*}} : f32, norm_eps = {{.*}} : f32} : (tensor<?x?x4x8xbf16>, tensor<4x32xbf16>, tensor<1xf32>, tensor<4xbf16>) -> tensor<?x?x8xbf16>
  %h = veomni.mhc_head %next, %head_fn, %head_scale, %head_base {eps = 1.0e-06 : f32, norm_eps = 1.0e-06 : f32}
      : (tensor<?x?x4x8xbf16>, tensor<4x32xbf16>, tensor<1xf32>, tensor<4xbf16>) -> tensor<?x?x8xbf16>
  return %h : tensor<?x?x8xbf16>
}

// RUN: veomni-opt %s | veomni-opt | FileCheck %s

// CHECK: module attributes {veomni.mesh = #veomni.mesh<"dp_replicate" = 2, "sp" = 4>}
module attributes {veomni.mesh = #veomni.mesh<"dp_replicate" = 2, "sp" = 4>} {
  // CHECK-LABEL: func.func @moves
  func.func @moves(%x: tensor<?x?x8xf32>, %q: tensor<?x?x8x4xf32>, %k: tensor<?x?x4x4xbf16>) {
    // CHECK: veomni.all_gather %{{.*}} dim 1 over "sp" : tensor<?x?x8xf32> -> tensor<?x?x8xf32>
    %0 = veomni.all_gather %x dim 1 over "sp" : tensor<?x?x8xf32> -> tensor<?x?x8xf32>
    // CHECK: veomni.all_gather %{{.*}} dim 2 over "dp_replicate" : tensor<?x?x8xf32> -> tensor<?x?x16xf32>
    %1 = veomni.all_gather %x dim 2 over "dp_replicate" : tensor<?x?x8xf32> -> tensor<?x?x16xf32>
    // CHECK: veomni.all_slice %{{.*}} dim 2 over "sp" : tensor<?x?x8xf32> -> tensor<?x?x2xf32>
    %2 = veomni.all_slice %x dim 2 over "sp" : tensor<?x?x8xf32> -> tensor<?x?x2xf32>
    // CHECK: veomni.all_to_all %{{.*}}, %{{.*}} gather 1 split 2 over "sp" : (tensor<?x?x8x4xf32>, tensor<?x?x4x4xbf16>) -> (tensor<?x?x2x4xf32>, tensor<?x?x1x4xbf16>)
    %3:2 = veomni.all_to_all %q, %k gather 1 split 2 over "sp"
        : (tensor<?x?x8x4xf32>, tensor<?x?x4x4xbf16>) -> (tensor<?x?x2x4xf32>, tensor<?x?x1x4xbf16>)
    // CHECK: veomni.all_reduce %{{.*}} over "sp" : tensor<?x?x4x4xbf16>
    %4 = veomni.all_reduce %k over "sp" : tensor<?x?x4x4xbf16>
    // CHECK: veomni.reduce_scatter %{{.*}} dim 2 over "sp" : tensor<?x?x8xf32> -> tensor<?x?x2xf32>
    %5 = veomni.reduce_scatter %x dim 2 over "sp" : tensor<?x?x8xf32> -> tensor<?x?x2xf32>
    return
  }
}

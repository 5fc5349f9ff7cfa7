// RUN: veomni-opt %s --veomni-fold-collectives | FileCheck %s
// RUN: veomni-opt %s --veomni-fold-collectives --veomni-fold-collectives | FileCheck %s
// RUN: veomni-opt %s --canonicalize | FileCheck %s

module attributes {veomni.mesh = #veomni.mesh<"sp" = 2, "tp" = 2>} {
  // CHECK-LABEL: func.func @back(
  // CHECK-SAME: %[[X:.*]]: tensor<?x8xf32>, %[[Y:.*]]: tensor<?x8xf32>
  // CHECK-NEXT: return %[[X]], %[[Y]]
  func.func @back(%x: tensor<?x8xf32>, %y: tensor<?x8xf32>) -> (tensor<?x8xf32>, tensor<?x8xf32>) {
    %0 = veomni.all_gather %x dim 0 over "sp" : tensor<?x8xf32> -> tensor<?x8xf32>
    %1 = veomni.all_slice %0 dim 0 over "sp" : tensor<?x8xf32> -> tensor<?x8xf32>
    %2 = veomni.all_slice %y dim 1 over "sp" : tensor<?x8xf32> -> tensor<?x4xf32>
    %3 = veomni.all_gather %2 dim 1 over "sp" : tensor<?x4xf32> -> tensor<?x8xf32>
    return %1, %3 : tensor<?x8xf32>, tensor<?x8xf32>
  }

  // CHECK-LABEL: func.func @there_and_back(
  // CHECK-SAME: %[[X:.*]]: tensor<?x8xf32>, %[[Y:.*]]: tensor<?x4xf32>
  // CHECK-NEXT: %[[B:.*]] = veomni.all_to_all %[[Y]] gather 1 split 0 over "sp" : (tensor<?x4xf32>) -> tensor<?x8xf32>
  // CHECK-NEXT: return %[[X]], %[[B]]
  func.func @there_and_back(%x: tensor<?x8xf32>, %y: tensor<?x4xf32>) -> (tensor<?x8xf32>, tensor<?x8xf32>) {
    %0 = veomni.all_to_all %x gather 0 split 1 over "sp" : (tensor<?x8xf32>) -> tensor<?x4xf32>
    %1:2 = veomni.all_to_all %0, %y gather 1 split 0 over "sp" : (tensor<?x4xf32>, tensor<?x4xf32>) -> (tensor<?x8xf32>, tensor<?x8xf32>)
    return %1#0, %1#1 : tensor<?x8xf32>, tensor<?x8xf32>
  }

  // CHECK-LABEL: func.func @other_dim(
  // CHECK-NEXT: %[[M:.*]] = veomni.all_to_all %{{.*}} gather 0 split 1 over "sp" : (tensor<?x8xf32>) -> tensor<?x4xf32>
  // CHECK-NEXT: return %[[M]]
  func.func @other_dim(%x: tensor<?x8xf32>) -> tensor<?x4xf32> {
    %0 = veomni.all_gather %x dim 0 over "sp" : tensor<?x8xf32> -> tensor<?x8xf32>
    %1 = veomni.all_slice %0 dim 1 over "sp" : tensor<?x8xf32> -> tensor<?x4xf32>
    return %1 : tensor<?x4xf32>
  }

  // CHECK-LABEL: func.func @sums(
  // CHECK-SAME: %[[X:.*]]: tensor<?x8xf32>
  // CHECK-NEXT: %[[S:.*]] = veomni.reduce_scatter %[[X]] dim 0 over "tp" : tensor<?x8xf32> -> tensor<?x8xf32>
  // CHECK-NEXT: %[[R:.*]] = veomni.all_reduce %[[X]] over "tp" : tensor<?x8xf32>
  // CHECK-NEXT: return %[[S]], %[[R]]
  func.func @sums(%x: tensor<?x8xf32>) -> (tensor<?x8xf32>, tensor<?x8xf32>) {
    %0 = veomni.all_reduce %x over "tp" : tensor<?x8xf32>
    %1 = veomni.all_slice %0 dim 0 over "tp" : tensor<?x8xf32> -> tensor<?x8xf32>
    %2 = veomni.reduce_scatter %x dim 0 over "tp" : tensor<?x8xf32> -> tensor<?x8xf32>
    %3 = veomni.all_gather %2 dim 0 over "tp" : tensor<?x8xf32> -> tensor<?x8xf32>
    return %1, %3 : tensor<?x8xf32>, tensor<?x8xf32>
  }

  // What others read, over another axis, or along another dim stays.
  // CHECK-LABEL: func.func @kept(
  // CHECK: veomni.all_reduce
  // CHECK: veomni.all_slice
  // CHECK: veomni.all_gather %{{.*}} dim 0 over "sp"
  // CHECK: veomni.all_slice %{{.*}} dim 0 over "tp"
  // CHECK: veomni.reduce_scatter %{{.*}} dim 0 over "sp"
  // CHECK: veomni.all_gather %{{.*}} dim 1 over "sp"
  func.func @kept(%x: tensor<?x8xf32>) -> (tensor<?x8xf32>, tensor<?x8xf32>, tensor<?x8xf32>, tensor<?x16xf32>) {
    %0 = veomni.all_reduce %x over "tp" : tensor<?x8xf32>
    %1 = veomni.all_slice %0 dim 0 over "tp" : tensor<?x8xf32> -> tensor<?x8xf32>
    %2 = veomni.all_gather %x dim 0 over "sp" : tensor<?x8xf32> -> tensor<?x8xf32>
    %3 = veomni.all_slice %2 dim 0 over "tp" : tensor<?x8xf32> -> tensor<?x8xf32>
    %4 = veomni.reduce_scatter %x dim 0 over "sp" : tensor<?x8xf32> -> tensor<?x8xf32>
    %5 = veomni.all_gather %4 dim 1 over "sp" : tensor<?x8xf32> -> tensor<?x16xf32>
    return %0, %1, %3, %5 : tensor<?x8xf32>, tensor<?x8xf32>, tensor<?x8xf32>, tensor<?x16xf32>
  }
}

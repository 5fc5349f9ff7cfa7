// RUN: veomni-opt %s --veomni-fix-gather-dims -split-input-file 2>%t.remarks | FileCheck %s
// RUN: FileCheck %s --check-prefix=REMARK --input-file=%t.remarks
// RUN: veomni-opt %s --veomni-fix-gather-dims -split-input-file 2>/dev/null | veomni-opt --veomni-fix-gather-dims -split-input-file 2>&1 | FileCheck %s --implicit-check-not=remark

// Cosines of parts of the sequence, gathered along the batch; and ids.
// CHECK-LABEL: func.func @forward(
// CHECK: veomni.all_gather {{.*}} dim 1 over "sp" : tensor<?x?x4xf32>
// CHECK: veomni.all_gather {{.*}} dim 1 over "sp" : tensor<?x?x4xf32>
// CHECK: veomni.all_gather {{.*}} dim 1 over "sp" : tensor<?x?xi64>
// REMARK: remark: gathers dim 1 in place of dim 0: ranks have parts of seq@sp, and none of batch
// REMARK: remark: gathers dim 1 in place of dim 0: ranks have parts of seq@sp, and none of batch
module attributes {veomni.mesh = #veomni.mesh<"sp" = 2>} {
  func.func @forward(%p: tensor<?x?xi64> {veomni.axes = ["batch", "seq"], veomni.name = "p"})
      -> (tensor<?x?x4xf32> {veomni.axes = ["batch", "seq"], veomni.name = "cos"}, tensor<?x?x4xf32> {veomni.axes = ["batch", "seq"], veomni.name = "sin"},
          tensor<?x?xi64> {veomni.axes = ["batch", "seq"], veomni.name = "ids"}) {
    %part = veomni.all_slice %p dim 1 over "sp" : tensor<?x?xi64> -> tensor<?x?xi64>
    %cos, %sin = veomni.rope_table %part {inv_freq = array<f32: 1.0, 0.1, 0.01, 0.001>, scale = 1.0 : f32} : tensor<?x?xi64> -> tensor<?x?x4xf32>
    %c = veomni.all_gather %cos dim 0 over "sp" : tensor<?x?x4xf32> -> tensor<?x?x4xf32>
    %s = veomni.all_gather %sin dim 1 over "sp" : tensor<?x?x4xf32> -> tensor<?x?x4xf32>
    %i = veomni.all_gather %part dim 0 over "sp" : tensor<?x?xi64> -> tensor<?x?xi64>
    return %c, %s, %i : tensor<?x?x4xf32>, tensor<?x?x4xf32>, tensor<?x?xi64>
  }
}

// -----

// Within a function that is called, and of several arrays at once.
// CHECK-LABEL: func.func private @layer(
// CHECK: veomni.all_to_all {{.*}} gather 1 split 2 over "sp"
// REMARK: remark: gathers dim 1 in place of dim 0: ranks have parts of tokens@sp, and none of rows
module attributes {veomni.mesh = #veomni.mesh<"sp" = 2>} {
  func.func private @layer(%x: tensor<?x?x4xf32> {veomni.axes = ["rows", "tokens@sp"]}) -> (tensor<?x?x4xf32> {veomni.axes = ["rows", "tokens@sp"]}) {
    %0:2 = veomni.all_to_all %x, %x gather 0 split 2 over "sp" : (tensor<?x?x4xf32>, tensor<?x?x4xf32>) -> (tensor<?x?x2xf32>, tensor<?x?x2xf32>)
    %1 = veomni.all_to_all %0#0 gather 2 split 1 over "sp" : (tensor<?x?x2xf32>) -> tensor<?x?x4xf32>
    return %1 : tensor<?x?x4xf32>
  }
  func.func @forward(%x: tensor<?x?x4xf32> {veomni.axes = ["batch", "seq"], veomni.name = "x"}) -> (tensor<?x?x4xf32> {veomni.axes = ["batch", "seq"], veomni.name = "y"}) {
    %0 = veomni.all_slice %x dim 1 over "sp" : tensor<?x?x4xf32> -> tensor<?x?x4xf32>
    %1 = veomni.call @layer at "layer" (%0) : (tensor<?x?x4xf32>) -> tensor<?x?x4xf32>
    %2 = veomni.all_gather %1 dim 1 over "sp" : tensor<?x?x4xf32> -> tensor<?x?x4xf32>
    return %2 : tensor<?x?x4xf32>
  }
}

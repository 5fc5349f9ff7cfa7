// Hyper-connections give transformers' numbers (test/fixtures/mhc). A model in text goes the way of an imported one:
// parameters are those of `veomni.weight`, and inputs may be float tensors of any rank.
// REQUIRES: compiler
// RUN: rm -rf %t && mkdir %t
// RUN: veomni-compile %s --compile-from=import -o %t/m.vob --dump-phases-to=%t/phases
// RUN: FileCheck %s --input-file=%t/phases/03-bind.mlir
// RUN: veomni-run %t/m.vob --weights %test/fixtures/mhc/model.safetensors --inputs %test/fixtures/mhc/reference.safetensors --expect %test/fixtures/mhc/reference.safetensors --rtol 1e-6 2>&1 | FileCheck %s --check-prefix=VALUES
// Another number of iterations, a comb that is not transposed: other numbers, which must show.
// RUN: sed 's/iterations = 4/iterations = 3/' %s > %t/other.mlir
// RUN: veomni-compile %t/other.mlir --compile-from=import -o %t/other.vob
// RUN: not veomni-run %t/other.vob --weights %test/fixtures/mhc/model.safetensors --inputs %test/fixtures/mhc/reference.safetensors --expect %test/fixtures/mhc/reference.safetensors --rtol 1e-4 2>&1 | FileCheck %s --check-prefix=OTHER

// CHECK: veomni.mhc_pre {{.*}}veomni.kernel = "eager"
// CHECK: veomni.mhc_post {{.*}}veomni.kernel = "eager"
// CHECK: veomni.mhc_head {{.*}}veomni.kernel = "eager"
// VALUES-DAG: collapsed
// VALUES-DAG: post
// VALUES-DAG: comb
// VALUES-DAG: streams
// VALUES-DAG: head
// OTHER: comb
veomni.weight "hc.fn" : tensor<15x30xf32> = [load("hc.fn", [15, 30], f32)]
veomni.weight "hc.scale" : tensor<3xf32> = [load("hc.scale", [3], f32)]
veomni.weight "hc.base" : tensor<15xf32> = [load("hc.base", [15], f32)]
veomni.weight "head.hc_fn" : tensor<3x30xf32> = [load("head.hc_fn", [3, 30], f32)]
veomni.weight "head.hc_scale" : tensor<1xf32> = [load("head.hc_scale", [1], f32)]
veomni.weight "head.hc_base" : tensor<3xf32> = [load("head.hc_base", [3], f32)]
func.func @forward(%x: tensor<?x?x3x10xf32> {veomni.axes = ["batch", "seq"], veomni.name = "x"},
                   %y: tensor<?x?x10xf32> {veomni.axes = ["batch", "seq"], veomni.name = "y"})
    -> (tensor<?x?x10xf32> {veomni.axes = ["batch", "seq"], veomni.name = "collapsed"},
        tensor<?x?x3xf32> {veomni.axes = ["batch", "seq"], veomni.name = "post"},
        tensor<?x?x3x3xf32> {veomni.axes = ["batch", "seq"], veomni.name = "comb"},
        tensor<?x?x3x10xf32> {veomni.axes = ["batch", "seq"], veomni.name = "streams"},
        tensor<?x?x10xf32> {veomni.axes = ["batch", "seq"], veomni.name = "head"}) {
  %fn = veomni.param "hc.fn" : tensor<15x30xf32>
  %scale = veomni.param "hc.scale" : tensor<3xf32>
  %base = veomni.param "hc.base" : tensor<15xf32>
  %collapsed, %post, %comb = veomni.mhc_pre %x, %fn, %scale, %base {eps = 1.0e-03 : f32, iterations = 4 : i64, norm_eps = 1.0e-02 : f32}
      : (tensor<?x?x3x10xf32>, tensor<15x30xf32>, tensor<3xf32>, tensor<15xf32>) -> (tensor<?x?x10xf32>, tensor<?x?x3xf32>, tensor<?x?x3x3xf32>)
  %streams = veomni.mhc_post %y, %x, %post, %comb : tensor<?x?x10xf32>, tensor<?x?x3x10xf32>, tensor<?x?x3xf32>, tensor<?x?x3x3xf32>
  %hfn = veomni.param "head.hc_fn" : tensor<3x30xf32>
  %hscale = veomni.param "head.hc_scale" : tensor<1xf32>
  %hbase = veomni.param "head.hc_base" : tensor<3xf32>
  %head = veomni.mhc_head %x, %hfn, %hscale, %hbase {eps = 1.0e-03 : f32, norm_eps = 1.0e-02 : f32}
      : (tensor<?x?x3x10xf32>, tensor<3x30xf32>, tensor<1xf32>, tensor<3xf32>) -> tensor<?x?x10xf32>
  return %collapsed, %post, %comb, %streams, %head
      : tensor<?x?x10xf32>, tensor<?x?x3xf32>, tensor<?x?x3x3xf32>, tensor<?x?x3x10xf32>, tensor<?x?x10xf32>
}

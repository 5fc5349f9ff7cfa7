// RUN: veomni-opt %s --veomni-set-target --veomni-lower-to-program | FileCheck %s

// The loop over experts becomes a loop of one function: find the expert's tokens, gather them, run the expert on the
// counted rows, add what it gives. Two loops over one expert share it. A parameter that an op reads like an activation
// is its rows.
veomni.weight "a.w" : tensor<2x8x8xf32> = [load("a.0", [8, 8], f32), load("a.1", [8, 8], f32), stack(2)]
veomni.weight "b.w" : tensor<2x8x8xf32> = [load("b", [2, 8, 8], f32)]
veomni.weight "shift" : tensor<2x2xf32> = [load("shift", [2, 2], f32)]

// CHECK-DAG: veomni_rt.symbol @expert_tokens = derived(batch * seq)
// CHECK-DAG: veomni_rt.symbol @expert = loop
// CHECK-DAG: veomni_rt.weight "a.w" : !veomni_rt.buffer<[2, 8, 8] x f32, tiles = [32, 1]> = [load("a.0", [8, 8], f32), load("a.1", [8, 8], f32), stack(2), pack([32, 1])]
// CHECK-DAG: veomni_rt.weight "b.w" : !veomni_rt.buffer<[2, 8, 8] x f32, tiles = [32, 1]> = [load("b", [2, 8, 8], f32), pack([32, 1])]
// CHECK-DAG: veomni_rt.weight "shift" : !veomni_rt.buffer<[2, 2] x f32> =
// CHECK: veomni_rt.kernel @expert_gemm_0 = "expert_gemm" ({{.*}}, read !veomni_rt.buffer<[1] x i32>,
// CHECK: veomni_rt.func @Experts.expert({{.*}}read, {{.*}}read "count", {{.*}}write)
// CHECK: veomni_rt.dispatch @expert_gemm_0 {{.*}}scalars(expert_tokens, expert)
func.func private @Experts.expert(%rows: tensor<?x8xf32> {veomni.axes = ["expert_tokens"]}, %e: index) -> (tensor<?x8xf32> {veomni.axes = ["expert_tokens"]}) {
  %s = veomni.param "w" : tensor<2x8x8xf32>
  %w = veomni.select_expert %s, %e : tensor<2x8x8xf32> -> tensor<8x8xf32>
  %y = veomni.linear %rows, %w : (tensor<?x8xf32>, tensor<8x8xf32>) -> tensor<?x8xf32>
  return %y : tensor<?x8xf32>
}
// CHECK: veomni_rt.func @Experts.forward
// CHECK: veomni_rt.dispatch @fill_0
// CHECK: veomni_rt.loop @expert to 2 do @Experts.expert$loop params(0) stride(0)
// CHECK: veomni_rt.loop @expert to 2 do @Experts.expert$loop params(1) stride(0)
// CHECK: veomni_rt.func @Experts.expert$loop(
// CHECK: veomni_rt.dispatch @expert_rows_0 workgroups(1) {{.*}}scalars(batch * seq, expert)
// CHECK: veomni_rt.dispatch @expert_gather_0
// CHECK: veomni_rt.call @Experts.expert params(0)
// CHECK: veomni_rt.dispatch @expert_combine_0
// CHECK-NOT: $loop(%
func.func private @Experts.forward(%x: tensor<?x?x8xf32> {veomni.axes = ["batch", "seq"]}, %l: tensor<?x?x2xf32> {veomni.axes = ["batch", "seq"]})
    -> (tensor<?x?x8xf32> {veomni.axes = ["batch", "seq"]}) {
  %e, %w = veomni.router %l {top_k = 1 : i64, weight_type = f32} : tensor<?x?x2xf32> -> tensor<?x?x1xi32>, tensor<?x?x1xf32>
  %y = veomni.experts_loop @Experts.expert (%x, %e, %w) {num_experts = 2 : i64} : tensor<?x?x8xf32>, tensor<?x?x1xi32>, tensor<?x?x1xf32> -> tensor<?x?x8xf32>
  %z = veomni.experts_loop @Experts.expert (%y, %e, %w) {num_experts = 2 : i64} : tensor<?x?x8xf32>, tensor<?x?x1xi32>, tensor<?x?x1xf32> -> tensor<?x?x8xf32>
  return %z : tensor<?x?x8xf32>
}
// CHECK: veomni_rt.func @forward
// CHECK: veomni_rt.dispatch @elementwise_binary_0 {{.*}}(%[[SHIFT:[a-z0-9]+]], %[[SHIFT]], %s : !veomni_rt.buffer<[2, 2] x f32>
func.func @forward(%x: tensor<?x?x8xf32> {veomni.axes = ["batch", "seq"], veomni.name = "x"}, %l: tensor<?x?x2xf32> {veomni.axes = ["batch", "seq"], veomni.name = "l"})
    -> (tensor<?x?x8xf32> {veomni.axes = ["batch", "seq"], veomni.name = "y"}, tensor<2x2xf32> {veomni.name = "s"}) {
  %a = veomni.call @Experts.forward at "a" (%x, %l) : (tensor<?x?x8xf32>, tensor<?x?x2xf32>) -> tensor<?x?x8xf32>
  %b = veomni.call @Experts.forward at "b" (%a, %l) : (tensor<?x?x8xf32>, tensor<?x?x2xf32>) -> tensor<?x?x8xf32>
  %shift = veomni.param "shift" : tensor<2x2xf32>
  %s = veomni.binary add %shift, %shift : tensor<2x2xf32>, tensor<2x2xf32> -> tensor<2x2xf32>
  return %b, %s : tensor<?x?x8xf32>, tensor<2x2xf32>
}

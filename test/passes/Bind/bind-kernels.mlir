// RUN: veomni-opt %s --veomni-set-target=level=x86-64-v4 --veomni-bind-kernels | FileCheck %s --check-prefixes=CHECK,DEFAULT
// RUN: veomni-opt %s --veomni-set-target=level=x86-64-v4 --veomni-bind-kernels | veomni-opt --veomni-set-target=level=x86-64-v4 --veomni-bind-kernels | FileCheck %s --check-prefixes=CHECK,DEFAULT
// RUN: veomni-opt %s --veomni-set-target=level=avx512-bf16 --veomni-bind-kernels | FileCheck %s --check-prefix=DOT
// RUN: veomni-opt %s --veomni-set-target=level=x86-64-v4 --veomni-bind-kernels="kernel=moe_experts=eager" | FileCheck %s --check-prefix=EAGER
// RUN: veomni-opt %s --veomni-set-target=level=x86-64-v4 --veomni-bind-kernels="kernel=moe_experts@layers.1*=eager" | FileCheck %s --check-prefix=PATH
// A second run keeps what the first one chose, unless a rule says otherwise.
// RUN: veomni-opt %s --veomni-set-target=level=x86-64-v4 --veomni-bind-kernels="kernel=moe_experts=eager" | veomni-opt --veomni-set-target=level=x86-64-v4 --veomni-bind-kernels | FileCheck %s --check-prefix=EAGER
// Later rules hold, and options come after the plan.
// RUN: veomni-opt %s --veomni-set-target=level=x86-64-v4 --veomni-bind-kernels="plan=%S/Inputs/plan.json" | FileCheck %s --check-prefix=PATH
// RUN: veomni-opt %s --veomni-set-target=level=x86-64-v4 --veomni-bind-kernels="plan=%S/Inputs/plan.json kernel=moe_experts=grouped" | FileCheck %s --check-prefix=DEFAULT
// RUN: veomni-opt %s --veomni-set-target=level=x86-64-v4 --veomni-bind-kernels --remarks-filter=bind -o /dev/null 2>&1 | FileCheck %s --check-prefix=REMARK

func.func private @Experts.expert(%rows: tensor<?x8xf32>, %e: index) -> tensor<?x8xf32> {
  %g = veomni.param "gate_up_proj" : tensor<2x12x8xbf16>
  %d = veomni.param "down_proj" : tensor<2x8x6xbf16>
  %ge = veomni.select_expert %g, %e : tensor<2x12x8xbf16> -> tensor<12x8xbf16>
  %de = veomni.select_expert %d, %e : tensor<2x8x6xbf16> -> tensor<8x6xbf16>
  // CHECK: veomni.linear {{.*}}veomni.kernel = "packed"
  // DOT: veomni.linear {{.*}}veomni.kernel = "bf16_dot"
  // REMARK-DAG: [Missed] BindKernels | Category:bind | Function=Experts.expert | Remark="linear cannot have 'bf16_dot': it needs cpu from avx512-bf16, the target is x86-64-v4"
  %h = veomni.linear %rows, %ge : (tensor<?x8xf32>, tensor<12x8xbf16>) -> tensor<?x12xf32>
  // CHECK: veomni.packed_glu {{.*}}veomni.kernel = "fused"
  %a = veomni.packed_glu %h {act = #veomni.activation<silu>} : tensor<?x12xf32> -> tensor<?x6xf32>
  %y = veomni.linear %a, %de : (tensor<?x6xf32>, tensor<8x6xbf16>) -> tensor<?x8xf32>
  return %y : tensor<?x8xf32>
}
// EAGER-LABEL: func.func private @Experts.forward
// EAGER: veomni.experts_loop {{.*}}veomni.kernel = "eager"
// EAGER-NOT: grouped
// PATH-LABEL: func.func private @Experts.forward
// PATH: veomni.experts_loop {{.*}}veomni.kernel = "grouped"
// PATH: func.func private @Experts.forward$bound
// PATH: veomni.experts_loop {{.*}}veomni.kernel = "eager"
func.func private @Experts.forward(%x: tensor<?x8xf32>, %l: tensor<?x2xf32>) -> tensor<?x8xf32> {
  %e, %w = veomni.router %l {top_k = 1 : i64, weight_type = f32} : tensor<?x2xf32> -> tensor<?x1xi32>, tensor<?x1xf32>
  // DEFAULT: veomni.experts_loop {{.*}}veomni.kernel = "grouped"
  // REMARK-DAG: [Passed] BindKernels | Category:bind | Function=Experts.forward | Remark="moe_experts is bound to 'grouped'"
  %y = veomni.experts_loop @Experts.expert (%x, %e, %w) {num_experts = 2 : i64} : tensor<?x8xf32>, tensor<?x1xi32>, tensor<?x1xf32> -> tensor<?x8xf32>
  return %y : tensor<?x8xf32>
}
// PATH: func.func @forward
// PATH: veomni.call @Experts.forward at "layers.0.mlp.experts"
// PATH: veomni.call @Experts.forward$bound at "layers.1.mlp.experts"
// PATH: veomni.call @Experts.forward$bound at "layers.10.mlp.experts"
// A router's logits are exact: a rounded input may flip a choice.
// DOT: func.func @forward
// DOT: veomni.linear {{.*}}veomni.kernel = "packed"
func.func @forward(%x: tensor<?x8xf32>) -> tensor<?x8xf32> {
  %g = veomni.param "gate.weight" : tensor<2x8xbf16>
  %l = veomni.linear %x, %g : (tensor<?x8xf32>, tensor<2x8xbf16>) -> tensor<?x2xf32>
  %e, %w = veomni.router %l {top_k = 1 : i64, weight_type = f32} : tensor<?x2xf32> -> tensor<?x1xi32>, tensor<?x1xf32>
  %a = veomni.call @Experts.forward at "layers.0.mlp.experts" (%x, %l) : (tensor<?x8xf32>, tensor<?x2xf32>) -> tensor<?x8xf32>
  %b = veomni.call @Experts.forward at "layers.1.mlp.experts" (%a, %l) : (tensor<?x8xf32>, tensor<?x2xf32>) -> tensor<?x8xf32>
  %c = veomni.call @Experts.forward at "layers.10.mlp.experts" (%b, %l) : (tensor<?x8xf32>, tensor<?x2xf32>) -> tensor<?x8xf32>
  return %c : tensor<?x8xf32>
}

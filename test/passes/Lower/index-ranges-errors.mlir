// Numbers that a caller gives and a kernel takes for indices are refused unless the input says what they may be.
// RUN: veomni-opt %s -split-input-file -verify-diagnostics --veomni-set-target --veomni-lower-to-program -o /dev/null

veomni.weight "t" : tensor<151x64xf32> = [load("model.embed_tokens.weight", [151, 64], f32)]
func.func @forward(%ids: tensor<?x?xi64> {veomni.axes = ["batch", "seq"], veomni.name = "ids"}) -> (tensor<?x?x64xf32> {veomni.axes = ["batch", "seq"], veomni.name = "y"}) {
  %t = veomni.param "t" : tensor<151x64xf32>
  // expected-error@+1 {{takes operand 0 for indices, but input 'ids' has no veomni.range, expected array<i64: 0, 150> or less}}
  %y = veomni.embedding %ids, %t : (tensor<?x?xi64>, tensor<151x64xf32>) -> tensor<?x?x64xf32>
  return %y : tensor<?x?x64xf32>
}

// -----

veomni.weight "t" : tensor<151x64xf32> = [load("model.embed_tokens.weight", [151, 64], f32)]
func.func @forward(%ids: tensor<?x?xi64> {veomni.axes = ["batch", "seq"], veomni.name = "ids", veomni.range = array<i64: -1, 150>}) -> (tensor<?x?x64xf32> {veomni.axes = ["batch", "seq"], veomni.name = "y"}) {
  %t = veomni.param "t" : tensor<151x64xf32>
  // expected-error@+1 {{takes operand 0 for indices, but input 'ids' has veomni.range [-1, 150], expected it within [0, 150]}}
  %y = veomni.embedding %ids, %t : (tensor<?x?xi64>, tensor<151x64xf32>) -> tensor<?x?x64xf32>
  return %y : tensor<?x?x64xf32>
}

// -----

veomni.weight "t" : tensor<151x64xf32> = [load("model.embed_tokens.weight", [151, 64], f32)]
func.func @forward(%ids: tensor<?x?xi64> {veomni.axes = ["batch", "seq"], veomni.name = "ids", veomni.range = array<i64: 0, 151>}) -> (tensor<?x?x64xf32> {veomni.axes = ["batch", "seq"], veomni.name = "y"}) {
  %t = veomni.param "t" : tensor<151x64xf32>
  // expected-error@+1 {{has veomni.range [0, 151], expected it within [0, 150]}}
  %y = veomni.embedding %ids, %t : (tensor<?x?xi64>, tensor<151x64xf32>) -> tensor<?x?x64xf32>
  return %y : tensor<?x?x64xf32>
}

// -----

func.func @forward(%q: tensor<?x?x4x8xf32> {veomni.axes = ["batch", "seq"], veomni.name = "q"}, %i: tensor<?x?xi32> {veomni.axes = ["batch", "seq"], veomni.name = "i"}, %mask: tensor<?x?xi64> {veomni.axes = ["batch", "seq"], veomni.name = "mask", veomni.default = "ones", veomni.range = array<i64: 0, 1>}) -> (tensor<?x?x4x8xf32> {veomni.axes = ["batch", "seq"], veomni.name = "y"}) {
  %g = veomni.input_given %mask : tensor<?x?xi64>
  // expected-error@+1 {{takes operand 3 for indices, but input 'i' is not known to be less than its dim, expected veomni.below = #veomni_rt.extent<seq>}}
  %y = veomni.attention %q, %q, %q starts %i key_mask %mask if %g {scale = 0.25 : f32, window = 0 : i64} : tensor<?x?x4x8xf32>, tensor<?x?x4x8xf32>, tensor<?x?xi32>, tensor<?x?xi64>
  return %y : tensor<?x?x4x8xf32>
}

// -----

func.func @forward(%q: tensor<?x?x4x8xf32> {veomni.axes = ["batch", "seq"], veomni.name = "q"}, %i: tensor<?x?xi32> {veomni.axes = ["batch", "seq"], veomni.name = "i", veomni.below = #veomni_rt.extent<seq + 1>}, %mask: tensor<?x?xi64> {veomni.axes = ["batch", "seq"], veomni.name = "mask", veomni.default = "ones", veomni.range = array<i64: 0, 1>}) -> (tensor<?x?x4x8xf32> {veomni.axes = ["batch", "seq"], veomni.name = "y"}) {
  %g = veomni.input_given %mask : tensor<?x?xi64>
  // expected-error@+1 {{input 'i' is not known to be less than its dim}}
  %y = veomni.attention %q, %q, %q starts %i key_mask %mask if %g {scale = 0.25 : f32, window = 0 : i64} : tensor<?x?x4x8xf32>, tensor<?x?x4x8xf32>, tensor<?x?xi32>, tensor<?x?xi64>
  return %y : tensor<?x?x4x8xf32>
}

// -----

func.func @forward(%q: tensor<?x?x4x8xf32> {veomni.axes = ["batch", "seq"], veomni.name = "q"}, %i: tensor<?x?xi32> {veomni.axes = ["batch", "seq"], veomni.name = "i", veomni.range = array<i64: -5, 5>, veomni.below = #veomni_rt.extent<seq>}, %mask: tensor<?x?xi64> {veomni.axes = ["batch", "seq"], veomni.name = "mask", veomni.default = "ones", veomni.range = array<i64: 0, 1>}) -> (tensor<?x?x4x8xf32> {veomni.axes = ["batch", "seq"], veomni.name = "y"}) {
  %g = veomni.input_given %mask : tensor<?x?xi64>
  // expected-error@+1 {{input 'i' may be negative, expected a veomni.range from 0}}
  %y = veomni.attention %q, %q, %q starts %i key_mask %mask if %g {scale = 0.25 : f32, window = 0 : i64} : tensor<?x?x4x8xf32>, tensor<?x?x4x8xf32>, tensor<?x?xi32>, tensor<?x?xi64>
  return %y : tensor<?x?x4x8xf32>
}

// -----

// Routes that are an input are not as many as the rows of x have, whatever they hold.
func.func @forward(%x: tensor<?x?x24xf32> {veomni.axes = ["batch", "seq"], veomni.name = "x"}, %r: tensor<?xi32> {veomni.axes = ["routes"], veomni.name = "r"}) -> (tensor<?x24xf32> {veomni.axes = ["routes"], veomni.name = "y"}) {
  // expected-error@+1 {{has routes routes, expected batch * seq * 2: 'top_k' = 2 for every row of x}}
  %p = veomni.permute %x by %r {top_k = 2 : i64} : tensor<?x?x24xf32>, tensor<?xi32> -> tensor<?x24xf32>
  return %p : tensor<?x24xf32>
}

// -----

func.func @forward(%i: tensor<?x?x2xi32> {veomni.axes = ["batch", "seq"], veomni.name = "i"}) -> (tensor<6xi32> {veomni.name = "y"}) {
  // expected-error@+1 {{takes operand 0 for indices, but input 'i' has no veomni.range, expected array<i64: 0, 4> or less}}
  %rr, %pl, %o = veomni.expert_sort %i : tensor<?x?x2xi32> -> tensor<?xi32>, tensor<?x?x2xi32>, tensor<6xi32>
  return %o : tensor<6xi32>
}

// -----

func.func @forward(%x: tensor<?x24xf32> {veomni.axes = ["routes"], veomni.name = "x"}, %r: tensor<?xi32> {veomni.axes = ["routes"], veomni.name = "r"}, %i: tensor<?x?x2xi32> {veomni.axes = ["batch", "seq"], veomni.name = "i"}, %w: tensor<?x?x2xf32> {veomni.axes = ["batch", "seq"], veomni.name = "w"}) -> (tensor<?x?x24xf32> {veomni.axes = ["batch", "seq"], veomni.name = "y"}) {
  // expected-error@+1 {{takes operand 1 for indices, but input 'r' may be negative, expected a veomni.range from 0}}
  %y = veomni.expert_combine %x by %r, %i weights %w : tensor<?x24xf32>, tensor<?xi32>, tensor<?x?x2xi32>, tensor<?x?x2xf32> -> tensor<?x?x24xf32>
  return %y : tensor<?x?x24xf32>
}

// -----

veomni.weight "gate_up" : tensor<5x80x24xf32> = [load("layers.0.experts.gate_up", [5, 80, 24], f32)]
veomni.weight "down" : tensor<5x24x40xf32> = [load("layers.0.experts.down", [5, 24, 40], f32)]
func.func private @eA(%x: tensor<?x24xf32> {veomni.axes = ["expert_tokens"]}, %e: index) -> (tensor<?x24xf32> {veomni.axes = ["expert_tokens"]}) {
  %gus = veomni.param "gate_up" : tensor<5x80x24xf32>
  %ds = veomni.param "down" : tensor<5x24x40xf32>
  %gu = veomni.select_expert %gus, %e : tensor<5x80x24xf32> -> tensor<80x24xf32>
  %d = veomni.select_expert %ds, %e : tensor<5x24x40xf32> -> tensor<24x40xf32>
  %h = veomni.linear %x, %gu : (tensor<?x24xf32>, tensor<80x24xf32>) -> tensor<?x80xf32>
  %a = veomni.packed_glu %h {act = #veomni.activation<silu>} : tensor<?x80xf32> -> tensor<?x40xf32>
  %y = veomni.linear %a, %d : (tensor<?x40xf32>, tensor<24x40xf32>) -> tensor<?x24xf32>
  return %y : tensor<?x24xf32>
}
func.func @forward(%x: tensor<?x?x24xf32> {veomni.axes = ["batch", "seq"], veomni.name = "x"}, %i: tensor<?x?x2xi32> {veomni.axes = ["batch", "seq"], veomni.name = "i"}, %w: tensor<?x?x2xf32> {veomni.axes = ["batch", "seq"], veomni.name = "w"}) -> (tensor<?x?x24xf32> {veomni.axes = ["batch", "seq"], veomni.name = "y"}) {
  // expected-error@+1 {{takes operand 1 for indices, but input 'i' has no veomni.range, expected array<i64: 0, 4> or less}}
  %y = veomni.experts_loop @eA (%x, %i, %w) {num_experts = 5 : i64} : tensor<?x?x24xf32>, tensor<?x?x2xi32>, tensor<?x?x2xf32> -> tensor<?x?x24xf32>
  return %y : tensor<?x?x24xf32>
}

// -----

// Through a call, and back out of one, from two callers of which one is wrong.
veomni.weight "e.t" : tensor<151x64xf32> = [load("t", [151, 64], f32)]
func.func private @Same.forward(%ids: tensor<?x?xi64> {veomni.axes = ["batch", "seq"]}) -> (tensor<?x?xi64> {veomni.axes = ["batch", "seq"]}) {
  return %ids : tensor<?x?xi64>
}
func.func private @Embedding.forward(%ids: tensor<?x?xi64> {veomni.axes = ["batch", "seq"]}) -> (tensor<?x?x64xf32> {veomni.axes = ["batch", "seq"]}) {
  %t = veomni.param "t" : tensor<151x64xf32>
  // expected-error@+1 {{takes operand 0 for indices, but input 'bad' has no veomni.range}}
  %y = veomni.embedding %ids, %t : (tensor<?x?xi64>, tensor<151x64xf32>) -> tensor<?x?x64xf32>
  return %y : tensor<?x?x64xf32>
}
func.func @good(%ids: tensor<?x?xi64> {veomni.axes = ["batch", "seq"], veomni.name = "good", veomni.range = array<i64: 0, 150>}) -> (tensor<?x?x64xf32> {veomni.axes = ["batch", "seq"], veomni.name = "y"}) {
  %y = veomni.call @Embedding.forward at "e" (%ids) : (tensor<?x?xi64>) -> tensor<?x?x64xf32>
  return %y : tensor<?x?x64xf32>
}
func.func @bad(%ids: tensor<?x?xi64> {veomni.axes = ["batch", "seq"], veomni.name = "bad"}) -> (tensor<?x?x64xf32> {veomni.axes = ["batch", "seq"], veomni.name = "y"}) {
  %same = veomni.call @Same.forward at "e" (%ids) : (tensor<?x?xi64>) -> tensor<?x?xi64>
  %y = veomni.call @Embedding.forward at "e" (%same) : (tensor<?x?xi64>) -> tensor<?x?x64xf32>
  return %y : tensor<?x?x64xf32>
}

// -----

// expected-error@+1 {{argument 0 has 'veomni.below' 7 : i64, expected an extent over axes such as #veomni_rt.extent<seq>}}
func.func @forward(%ids: tensor<?x?xi64> {veomni.axes = ["batch", "seq"], veomni.name = "ids", veomni.below = 7 : i64}) -> (tensor<?x?xi64> {veomni.axes = ["batch", "seq"], veomni.name = "y"}) {
  return %ids : tensor<?x?xi64>
}

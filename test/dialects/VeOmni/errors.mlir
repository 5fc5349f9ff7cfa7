// RUN: veomni-opt %s -split-input-file -verify-diagnostics

// expected-error @+1 {{name must not be empty}}
veomni.weight "" : tensor<4xf32> = [load("a", [4], f32)]

// -----

// expected-error @+1 {{'w': recipe makes [3, 4] x f32, expected 'tensor<4x3xf32>'}}
veomni.weight "w" : tensor<4x3xf32> = [load("a", [3, 4], f32)]

// -----

// expected-error @+1 {{'w': recipe makes [4] x bf16, expected 'tensor<4xf32>'}}
veomni.weight "w" : tensor<4xf32> = [load("a", [4], bf16)]

// -----

// expected-error @+1 {{'w': recipe makes [4, 3] x f32, tiles = [32, 1], expected 'tensor<4x3xf32>'}}
veomni.weight "w" : tensor<4x3xf32> = [load("a", [4, 3], f32), pack([32, 1])]

// -----

func.func private @f() {
  // expected-error @+1 {{name must be relative, like "gate_proj.weight", found ".weight"}}
  %w = veomni.param ".weight" : tensor<8xf32>
  return
}

// -----

func.func private @f() {
  // expected-error @+1 {{path must not be empty}}
  veomni.call @f at "" () : () -> ()
  return
}

// -----

func.func private @f() {
  // expected-error @+1 {{callee @g is not a function of this module}}
  veomni.call @g at "x" () : () -> ()
  return
}

// -----

func.func private @g(tensor<4xf32>)
func.func private @f(%x: tensor<8xf32>) {
  // expected-error @+1 {{callee @g takes ('tensor<4xf32>'), found ('tensor<8xf32>')}}
  veomni.call @g at "x" (%x) : (tensor<8xf32>) -> ()
  return
}

// -----

func.func private @g() -> tensor<4xf32>
func.func private @f() {
  // expected-error @+1 {{callee @g returns ('tensor<4xf32>'), found ('tensor<8xf32>')}}
  %r = veomni.call @g at "x" () : () -> tensor<8xf32>
  return
}

// -----

func.func private @f(%x: tensor<8xi64>) {
  // expected-error @+1 {{operand must be an argument of a public function}}
  %g = veomni.input_given %x : tensor<8xi64>
  return
}

// -----

func.func @f(%x: tensor<8xi64>) {
  // expected-error @+1 {{argument 0 has no 'veomni.default', so it is always given}}
  %g = veomni.input_given %x : tensor<8xi64>
  return
}

// -----

func.func private @f(%ids: tensor<?xi64>, %table: tensor<16x8xf32>) {
  // expected-error @+1 {{result must be 'tensor<?x8xf32>', found 'tensor<?x9xf32>'}}
  %h = veomni.embedding %ids, %table : (tensor<?xi64>, tensor<16x8xf32>) -> tensor<?x9xf32>
  return
}

// -----

func.func private @f(%ids: tensor<?xi64>, %table: tensor<8xf32>) {
  // expected-error @+1 {{table must have 2 static dims, none of them 0, found 'tensor<8xf32>'}}
  %h = veomni.embedding %ids, %table : (tensor<?xi64>, tensor<8xf32>) -> tensor<?x8xf32>
  return
}

// -----

func.func private @f(%x: tensor<?x8xf32>, %w: tensor<4x9xf32>) {
  // expected-error @+1 {{weight must be [N, 8] for x of type 'tensor<?x8xf32>', found 'tensor<4x9xf32>'}}
  %y = veomni.linear %x, %w : (tensor<?x8xf32>, tensor<4x9xf32>) -> tensor<?x4xf32>
  return
}

// -----

func.func private @f(%x: tensor<?x8xf32>, %w: tensor<4x8xf32>, %b: tensor<5xf32>) {
  // expected-error @+1 {{bias must be 'tensor<4xf32>', found 'tensor<5xf32>'}}
  %y = veomni.linear %x, %w bias %b : (tensor<?x8xf32>, tensor<4x8xf32>, tensor<5xf32>) -> tensor<?x4xf32>
  return
}

// -----

func.func private @f(%x: tensor<?x8xf32>, %w: tensor<4x8xf32>) {
  // expected-error @+1 {{result must be 'tensor<?x4xf32>', found 'tensor<?x5xf32>'}}
  %y = veomni.linear %x, %w : (tensor<?x8xf32>, tensor<4x8xf32>) -> tensor<?x5xf32>
  return
}

// -----

func.func private @f(%x: tensor<?x8xf32>, %w: tensor<4xf32>) {
  // expected-error @+1 {{weight must be 'tensor<8xf32>', found 'tensor<4xf32>'}}
  %y = veomni.rms_norm %x, %w {eps = 1.0e-06 : f32, variant = #veomni.norm<standard>} : tensor<?x8xf32>, tensor<4xf32>
  return
}

// -----

func.func private @f(%x: tensor<?x8xf32>, %w: tensor<8xf32>) {
  // expected-error @+1 {{eps must be positive}}
  %y = veomni.rms_norm %x, %w {eps = 0.0 : f32, variant = #veomni.norm<one_plus>} : tensor<?x8xf32>, tensor<8xf32>
  return
}

// -----

func.func private @f(%x: tensor<?x8xf32>, %w: tensor<8xf32>) {
  // expected-error @+1 {{variant unweighted takes no weight, found one of type 'tensor<8xf32>'}}
  %y = veomni.rms_norm %x, %w {eps = 1.0e-06 : f32, variant = #veomni.norm<unweighted>} : tensor<?x8xf32>, tensor<8xf32>
  return
}

// -----

func.func private @f(%x: tensor<?x8xf32>) {
  // expected-error @+1 {{variant one_plus needs a weight}}
  %y = veomni.rms_norm %x {eps = 1.0e-06 : f32, variant = #veomni.norm<one_plus>} : tensor<?x8xf32>
  return
}

// -----

func.func private @f(%x: tensor<?x8xf32>) {
  // expected-error @+1 {{eps must be positive}}
  %y = veomni.rms_norm %x {eps = 0.0 : f32, variant = #veomni.norm<unweighted>} : tensor<?x8xf32>
  return
}

// -----

func.func private @f(%x: tensor<?x8xf32>, %w: tensor<4xf32>) {
  // expected-error @+1 {{weight must be 'tensor<8xf32>', found 'tensor<4xf32>'}}
  %y = veomni.layer_norm %x, %w, %w {eps = 1.0e-06 : f32} : tensor<?x8xf32>, tensor<4xf32>
  return
}

// -----

func.func private @f(%x: tensor<?x8xf32>, %w: tensor<8xf32>, %b: tensor<8xbf16>) {
  // expected-error @+1 {{failed to verify that all of {weight, bias} have same type}}
  %y = "veomni.layer_norm"(%x, %w, %b) {eps = 1.0e-06 : f32} : (tensor<?x8xf32>, tensor<8xf32>, tensor<8xbf16>) -> tensor<?x8xf32>
  return
}

// -----

func.func private @f(%x: tensor<?x8xf32>, %w: tensor<8xf32>) {
  // expected-error @+1 {{eps must be positive}}
  %y = veomni.layer_norm %x, %w, %w {eps = 0.0 : f32} : tensor<?x8xf32>, tensor<8xf32>
  return
}

// -----

func.func private @f(%x: tensor<f32>, %w: tensor<8xf32>) {
  // expected-error @+1 {{x must have at least 1 dims, found 'tensor<f32>'}}
  %y = veomni.layer_norm %x, %w, %w {eps = 1.0e-06 : f32} : tensor<f32>, tensor<8xf32>
  return
}

// -----

func.func private @f(%x: tensor<?x8xf32>, %w: tensor<*xf32>) {
  // expected-error @+1 {{invalid kind of type specified: expected builtin.tensor, but found 'tensor<*xf32>'}}
  %y = veomni.layer_norm %x, %w, %w {eps = 1.0e-06 : f32} : tensor<?x8xf32>, tensor<*xf32>
  return
}

// -----

func.func private @f(%x: tensor<?x8xf32>) {
  // expected-error @+1 {{the last two dims of 'tensor<?x3x3xf32>' must be static and multiply to the last dim of 'tensor<?x8xf32>'}}
  %y = veomni.unflatten %x : tensor<?x8xf32> -> tensor<?x3x3xf32>
  return
}

// -----

func.func private @f(%x: tensor<?x2x4xf32>) {
  // expected-error @+1 {{the last two dims of 'tensor<?x2x4xf32>' must be static and multiply to the last dim of 'tensor<?x9xf32>'}}
  %y = veomni.flatten %x : tensor<?x2x4xf32> -> tensor<?x9xf32>
  return
}

// -----

func.func private @f(%p: tensor<?x?xi64>) {
  // expected-error @+1 {{results must have the dims of 'tensor<?x?xi64>' and one of 1 frequencies, found 'tensor<?x?x2xf32>'}}
  %c, %s = veomni.rope_table %p {inv_freq = array<f32: 1.0>, scale = 1.0 : f32} : tensor<?x?xi64> -> tensor<?x?x2xf32>
  return
}

// -----

func.func private @f(%p: tensor<?xi64>) {
  // expected-error @+1 {{positions must be [batch, seq], found 'tensor<?xi64>'}}
  %c, %s = veomni.rope_table_of_run %p {factor = 2.0 : f32, inv_freq = array<f32: 1.0, 0.5>, length = 4 : i64, scale = 1.0 : f32} : tensor<?xi64> -> tensor<?x2xf32>
  return
}

// -----

func.func private @f(%p: tensor<?x?xi64>) {
  // expected-error @+1 {{results must have the dims of 'tensor<?x?xi64>' and one of 2 frequencies, found 'tensor<?x?x3xf32>'}}
  %c, %s = veomni.rope_table_of_run %p {factor = 2.0 : f32, inv_freq = array<f32: 1.0, 0.5>, length = 4 : i64, scale = 1.0 : f32} : tensor<?x?xi64> -> tensor<?x?x3xf32>
  return
}

// -----

func.func private @f(%p: tensor<?x?xi64>) {
  // expected-error @+1 {{expected either factor or long_inv_freq, found neither}}
  %c, %s = veomni.rope_table_of_run %p {inv_freq = array<f32: 1.0, 0.5>, length = 4 : i64, scale = 1.0 : f32} : tensor<?x?xi64> -> tensor<?x?x2xf32>
  return
}

// -----

func.func private @f(%p: tensor<?x?xi64>) {
  // expected-error @+1 {{expected either factor or long_inv_freq, found both}}
  %c, %s = veomni.rope_table_of_run %p {factor = 2.0 : f32, inv_freq = array<f32: 1.0, 0.5>, length = 4 : i64, long_inv_freq = array<f32: 1.0, 0.5>, scale = 1.0 : f32} : tensor<?x?xi64> -> tensor<?x?x2xf32>
  return
}

// -----

func.func private @f(%p: tensor<?x?xi64>) {
  // expected-error @+1 {{long_inv_freq has 1 numbers, expected 2 as inv_freq has}}
  %c, %s = veomni.rope_table_of_run %p {inv_freq = array<f32: 1.0, 0.5>, length = 4 : i64, long_inv_freq = array<f32: 1.0>, scale = 1.0 : f32} : tensor<?x?xi64> -> tensor<?x?x2xf32>
  return
}

// -----

func.func private @f(%p: tensor<?x?xi64>) {
  // expected-error @+1 {{factor must be a finite number of at least 1 with at least two frequencies, found 5.000000e-01 with 2}}
  %c, %s = veomni.rope_table_of_run %p {factor = 0.5 : f32, inv_freq = array<f32: 1.0, 0.5>, length = 4 : i64, scale = 1.0 : f32} : tensor<?x?xi64> -> tensor<?x?x2xf32>
  return
}

// -----

func.func private @f(%p: tensor<?x?xi64>) {
  // expected-error @+1 {{attribute 'length' failed to satisfy constraint: 64-bit signless integer attribute whose value is positive}}
  %c, %s = veomni.rope_table_of_run %p {factor = 2.0 : f32, inv_freq = array<f32: 1.0, 0.5>, length = 0 : i64, scale = 1.0 : f32} : tensor<?x?xi64> -> tensor<?x?x2xf32>
  return
}

// -----

func.func private @f(%x: tensor<?x4xf32>, %i: tensor<?xi64>) {
  // expected-error @+1 {{x must be [batch, seq, columns], found 'tensor<?x4xf32>'}}
  %y = veomni.last_token %x, %i : tensor<?x4xf32>, tensor<?xi64> -> tensor<?x4xf32>
  return
}

// -----

func.func private @f(%x: tensor<?x?x4xf32>, %i: tensor<?xi64>) {
  // expected-error @+1 {{ids must have the first two dims of 'tensor<?x?x4xf32>', found 'tensor<?xi64>'}}
  %y = veomni.last_token %x, %i : tensor<?x?x4xf32>, tensor<?xi64> -> tensor<?x4xf32>
  return
}

// -----

func.func private @f(%x: tensor<?x?x4xf32>, %i: tensor<?x?xi64>) {
  // expected-error @+1 {{result must be [batch, columns] of 'tensor<?x?x4xf32>', found 'tensor<?x3xf32>'}}
  %y = veomni.last_token %x, %i : tensor<?x?x4xf32>, tensor<?x?xi64> -> tensor<?x3xf32>
  return
}

// -----

func.func private @f(%x: tensor<?x2x4xf32>, %c: tensor<?x3xf32>) {
  // expected-error @+1 {{cos has 3 columns, but head_dim 4 allows at most 2}}
  %y = veomni.rope %x, %c, %c {layout = #veomni.rope_layout<half>} : tensor<?x2x4xf32>, tensor<?x3xf32>
  return
}

// -----

func.func private @f(%x: tensor<?x2x4xf32>, %c: tensor<5x2xf32>) {
  // expected-error @+1 {{cos and sin must have the leading dims of 'tensor<?x2x4xf32>', found 'tensor<5x2xf32>'}}
  %y = veomni.rope %x, %c, %c {layout = #veomni.rope_layout<interleaved>} : tensor<?x2x4xf32>, tensor<5x2xf32>
  return
}

// -----

func.func private @f(%x: tensor<4xf32>, %c: tensor<2xf32>) {
  // expected-error @+1 {{x must be [..., heads, head_dim], found 'tensor<4xf32>'}}
  %y = veomni.rope %x, %c, %c {layout = #veomni.rope_layout<half>} : tensor<4xf32>, tensor<2xf32>
  return
}

// -----

func.func private @f(%p: tensor<?xi64>, %g: i1) {
  // expected-error @+1 {{positions must be [batch, seq], found 'tensor<?xi64>'}}
  %y = veomni.document_starts %p whole_if %g : tensor<?xi64> -> tensor<?xi32>
  return
}

// -----

func.func private @f(%p: tensor<?x?xi64>, %g: i1) {
  // expected-error @+1 {{result must have the shape of 'tensor<?x?xi64>', found 'tensor<?xi32>'}}
  %y = veomni.document_starts %p whole_if %g : tensor<?x?xi64> -> tensor<?xi32>
  return
}

// -----

func.func private @f(%q: tensor<?x?x4x8xf32>, %k: tensor<?x?x3x8xf32>, %s: tensor<?x?xi32>, %m: tensor<?x?xi64>, %g: i1) {
  // expected-error @+1 {{key/value heads must divide query heads, found 3 and 4}}
  %y = veomni.attention %q, %k, %k starts %s key_mask %m if %g {scale = 1.0 : f32, window = 0 : i64}
      : tensor<?x?x4x8xf32>, tensor<?x?x3x8xf32>, tensor<?x?xi32>, tensor<?x?xi64>
  return
}

// -----

func.func private @f(%q: tensor<?x?x4x8xf32>, %k: tensor<?x?x2x9xf32>, %s: tensor<?x?xi32>, %m: tensor<?x?xi64>, %g: i1) {
  // expected-error @+1 {{query and key must have one head_dim, found 8 and 9}}
  %y = veomni.attention %q, %k, %k starts %s key_mask %m if %g {scale = 1.0 : f32, window = 0 : i64}
      : tensor<?x?x4x8xf32>, tensor<?x?x2x9xf32>, tensor<?x?xi32>, tensor<?x?xi64>
  return
}

// -----

func.func private @f(%q: tensor<?x?x4x8xf32>, %k: tensor<?x?x2x8xbf16>, %s: tensor<?x?xi32>, %m: tensor<?x?xi64>, %g: i1) {
  // expected-error @+1 {{query and key must have one element type}}
  %y = veomni.attention %q, %k, %k starts %s key_mask %m if %g {scale = 1.0 : f32, window = 0 : i64}
      : tensor<?x?x4x8xf32>, tensor<?x?x2x8xbf16>, tensor<?x?xi32>, tensor<?x?xi64>
  return
}

// -----

func.func private @f(%q: tensor<?x4x8xf32>, %k: tensor<?x2x8xf32>, %s: tensor<?x?xi32>, %m: tensor<?x?xi64>, %g: i1) {
  // expected-error @+1 {{query, key and value must be [batch, seq, heads, head_dim]}}
  %y = veomni.attention %q, %k, %k starts %s key_mask %m if %g {scale = 1.0 : f32, window = 0 : i64}
      : tensor<?x4x8xf32>, tensor<?x2x8xf32>, tensor<?x?xi32>, tensor<?x?xi64>
  return
}

// -----

func.func private @f(%q: tensor<?x?x4x8xf32>, %k: tensor<?x?x2x8xf32>, %s: tensor<?xi32>, %m: tensor<?x?xi64>, %g: i1) {
  // expected-error @+1 {{starts must be [batch, seq] like 'tensor<?x?x4x8xf32>', found 'tensor<?xi32>'}}
  %y = veomni.attention %q, %k, %k starts %s key_mask %m if %g {scale = 1.0 : f32, window = 0 : i64}
      : tensor<?x?x4x8xf32>, tensor<?x?x2x8xf32>, tensor<?xi32>, tensor<?x?xi64>
  return
}

// -----

func.func private @f(%q: tensor<?x?x4x8xf32>, %s: tensor<?x?xi32>, %m: tensor<?x?xi64>, %g: i1, %z: tensor<2xf32>) {
  // expected-error @+1 {{sinks must be [4], one per head, found 'tensor<2xf32>'}}
  %y = veomni.attention %q, %q, %q starts %s key_mask %m if %g sinks %z {scale = 1.0 : f32, window = 0 : i64}
      : tensor<?x?x4x8xf32>, tensor<?x?x4x8xf32>, tensor<?x?xi32>, tensor<?x?xi64> sinks tensor<2xf32>
  return
}

// -----

func.func private @f(%q: tensor<?x?x4x8xf32>, %s: tensor<?x?xi32>, %m: tensor<?x?xi64>, %g: i1) {
  // expected-error @+1 {{attribute 'window' failed to satisfy constraint: 64-bit signless integer attribute whose value is non-negative}}
  %y = veomni.attention %q, %q, %q starts %s key_mask %m if %g {scale = 1.0 : f32, window = -1 : i64}
      : tensor<?x?x4x8xf32>, tensor<?x?x4x8xf32>, tensor<?x?xi32>, tensor<?x?xi64>
  return
}

// -----

func.func private @f(%l: tensor<?x16xf32>, %y: tensor<?xi64>) {
  // expected-error @+1 {{logits must be [batch, seq, vocab], found 'tensor<?x16xf32>'}}
  %r:2 = veomni.cross_entropy %l, %y {ignore_index = -100 : i64} : tensor<?x16xf32>, tensor<?xi64> -> tensor<?xf32>
  return
}

// -----

func.func private @f(%l: tensor<?x?x16xf32>, %y: tensor<?xi64>) {
  // expected-error @+1 {{labels must be [batch, seq] like 'tensor<?x?x16xf32>', found 'tensor<?xi64>'}}
  %r:2 = veomni.cross_entropy %l, %y {ignore_index = -100 : i64} : tensor<?x?x16xf32>, tensor<?xi64> -> tensor<?x?xf32>
  return
}

// -----

func.func private @f(%x: tensor<?x?x8xf32>, %w: tensor<16xf32>, %y: tensor<?x?xi64>) {
  // expected-error @+1 {{weight must have 2 static dims, none of them 0, found 'tensor<16xf32>'}}
  %r:2 = veomni.linear_cross_entropy %x, %w, %y {ignore_index = -100 : i64} : (tensor<?x?x8xf32>, tensor<16xf32>, tensor<?x?xi64>) -> (tensor<?x?xf32>, tensor<?x?xf32>)
  return
}

// -----

func.func private @f(%x: tensor<?x?x8xf32>, %w: tensor<0x8xf32>, %y: tensor<?x?xi64>) {
  // expected-error @+1 {{weight must have 2 static dims, none of them 0, found 'tensor<0x8xf32>'}}
  %r:2 = veomni.linear_cross_entropy %x, %w, %y {ignore_index = -100 : i64} : (tensor<?x?x8xf32>, tensor<0x8xf32>, tensor<?x?xi64>) -> (tensor<?x?xf32>, tensor<?x?xf32>)
  return
}

// -----

func.func private @f(%x: tensor<?x?x8xf32>, %w: tensor<16x9xf32>, %y: tensor<?x?xi64>) {
  // expected-error @+1 {{x must be [batch, seq, 9] for 'tensor<16x9xf32>', found 'tensor<?x?x8xf32>'}}
  %r:2 = veomni.linear_cross_entropy %x, %w, %y {ignore_index = -100 : i64} : (tensor<?x?x8xf32>, tensor<16x9xf32>, tensor<?x?xi64>) -> (tensor<?x?xf32>, tensor<?x?xf32>)
  return
}

// -----

func.func private @f(%x: tensor<?x8xf32>, %w: tensor<16x8xf32>, %y: tensor<?xi64>) {
  // expected-error @+1 {{x must be [batch, seq, 8] for 'tensor<16x8xf32>', found 'tensor<?x8xf32>'}}
  %r:2 = veomni.linear_cross_entropy %x, %w, %y {ignore_index = -100 : i64} : (tensor<?x8xf32>, tensor<16x8xf32>, tensor<?xi64>) -> (tensor<?x?xf32>, tensor<?x?xf32>)
  return
}

// -----

func.func private @f(%x: tensor<?x?x8xf32>, %w: tensor<16x8xf32>, %y: tensor<?xi64>) {
  // expected-error @+1 {{labels must be [batch, seq] like 'tensor<?x?x8xf32>', found 'tensor<?xi64>'}}
  %r:2 = veomni.linear_cross_entropy %x, %w, %y {ignore_index = -100 : i64} : (tensor<?x?x8xf32>, tensor<16x8xf32>, tensor<?xi64>) -> (tensor<?x?xf32>, tensor<?x?xf32>)
  return
}

// -----

func.func private @f(%x: tensor<?x?x8xf32>, %w: tensor<16x8xf32>, %y: tensor<?x?xi64>, %b: tensor<15xf32>) {
  // expected-error @+1 {{bias must be 'tensor<16xf32>', found 'tensor<15xf32>'}}
  %r:2 = veomni.linear_cross_entropy %x, %w, %y bias %b {ignore_index = -100 : i64} : (tensor<?x?x8xf32>, tensor<16x8xf32>, tensor<?x?xi64>, tensor<15xf32>) -> (tensor<?x?xf32>, tensor<?x?xf32>)
  return
}

// -----

func.func private @f(%x: tensor<?x?x8xf32>, %w: tensor<16x8xf32>, %y: tensor<?x?xi64>, %b: tensor<16xbf16>) {
  // expected-error @+1 {{bias must be 'tensor<16xf32>', found 'tensor<16xbf16>'}}
  %r:2 = veomni.linear_cross_entropy %x, %w, %y bias %b {ignore_index = -100 : i64} : (tensor<?x?x8xf32>, tensor<16x8xf32>, tensor<?x?xi64>, tensor<16xbf16>) -> (tensor<?x?xf32>, tensor<?x?xf32>)
  return
}

// -----

// Losses are those of tokens: no op makes one number of logits.
func.func private @f(%l: tensor<?x?x16xf32>, %y: tensor<?x?xi64>) {
  // expected-error @+1 {{losses must be 'tensor<?x?xf32>', found 'tensor<f32>'}}
  %r:2 = veomni.cross_entropy %l, %y {ignore_index = -100 : i64} : tensor<?x?x16xf32>, tensor<?x?xi64> -> tensor<f32>
  return
}

// -----

func.func private @f(%x: tensor<?x?x8xf32>, %w: tensor<16x8xf32>, %y: tensor<?x?xi64>) {
  // expected-error @+1 {{losses must be 'tensor<?x?xf32>', found 'tensor<?x?x1xf32>'}}
  %r:2 = veomni.linear_cross_entropy %x, %w, %y {ignore_index = -100 : i64} : (tensor<?x?x8xf32>, tensor<16x8xf32>, tensor<?x?xi64>) -> (tensor<?x?x1xf32>, tensor<?x?x1xf32>)
  return
}

// -----

func.func private @f(%x: tensor<?x?x8xf32>, %w: tensor<16x8xf32>, %y: tensor<?x?xi64>) {
  // expected-error @+1 {{failed to verify that all of {losses, counts} have same type}}
  %r:2 = veomni.linear_cross_entropy %x, %w, %y {ignore_index = -100 : i64} : (tensor<?x?x8xf32>, tensor<16x8xf32>, tensor<?x?xi64>) -> (tensor<?x?xf32>, tensor<?x?x1xf32>)
  return
}

// -----

func.func private @f(%l: tensor<?xf32>) {
  // expected-error @+1 {{losses must be [batch, seq], found 'tensor<?xf32>'}}
  %r = veomni.mean_loss %l, %l : tensor<?xf32> -> tensor<f32>
  return
}

// -----

func.func private @f(%l: tensor<?x?xf32>) {
  // expected-error @+1 {{result #0 must be 0D tensor of 32-bit float values, but got 'tensor<1xf32>'}}
  %r = veomni.mean_loss %l, %l : tensor<?x?xf32> -> tensor<1xf32>
  return
}

// -----

// A loss without its weight or its labels cannot be written.
func.func private @f(%x: tensor<?x?x8xf32>, %w: tensor<16x8xf32>) {
  // expected-error @+1 {{expected ','}}
  %r:2 = veomni.linear_cross_entropy %x, %w {ignore_index = -100 : i64} : (tensor<?x?x8xf32>, tensor<16x8xf32>) -> (tensor<?x?xf32>, tensor<?x?xf32>)
  return
}

// -----

func.func private @f(%x: tensor<?x?x8xf32>, %w: tensor<16x8xf32>) {
  // expected-error @+1 {{expected 3 or more operands, but found 2}}
  %r:2 = "veomni.linear_cross_entropy"(%x, %w) {ignore_index = -100 : i64} : (tensor<?x?x8xf32>, tensor<16x8xf32>) -> (tensor<?x?xf32>, tensor<?x?xf32>)
  return
}

// -----

// expected-error @+1 {{'veomni.axes' must name each of the 2 dynamic dims of 'tensor<?x?x8xf32>', found 1}}
func.func private @f(%x: tensor<?x?x8xf32> {veomni.axes = ["batch"]}) {
  return
}

// -----

// expected-error @+1 {{'veomni.axes' must name the dynamic dims of 'tensor<8x?xf32>', found [""]}}
func.func private @f(%x: tensor<8x?xf32> {veomni.axes = [""]}) {
  return
}

// -----

// expected-error @+1 {{'veomni.default' must be "ones" or "iota", found "twos"}}
func.func private @f(%x: tensor<?xi64> {veomni.default = "twos"}) {
  return
}

// -----

// expected-error @+1 {{'veomni.ignored' must be an i64, found "none"}}
func.func private @f(%x: tensor<?xi64> {veomni.ignored = "none"}) {
  return
}

// -----

// expected-error @+1 {{'veomni.ignored' is 7, which is no exception: expected a value outside of 'veomni.range'}}
func.func private @f(%x: tensor<?xi64> {veomni.ignored = 7 : i64, veomni.range = array<i64: 0, 7>}) {
  return
}

// -----

// expected-error @+1 {{'veomni.ignored' is 0, which is no exception: expected a value outside of what 'veomni.below' allows}}
func.func private @f(%x: tensor<?xi64> {veomni.axes = ["seq"], veomni.ignored = 0 : i64, veomni.below = #veomni_rt.extent<seq>}) {
  return
}

// -----

// expected-error @+1 {{'veomni.ignored' is -100, which is no exception: expected a value outside of a 'veomni.range'}}
func.func private @f(%x: tensor<?xi64> {veomni.ignored = -100 : i64}) {
  return
}

// -----

// expected-error @+1 {{'veomni.range' must be array<i64: lowest, highest>}}
func.func private @f(%x: tensor<?xi64> {veomni.range = array<i64: 2, 1>}) {
  return
}

// -----

// expected-error @+1 {{unknown argument attribute 'veomni.nmae'; known: veomni.axes, veomni.name}}
func.func private @f(%x: tensor<?xi64> {veomni.nmae = "x"}) {
  return
}

// -----

// expected-error @+1 {{unknown attribute 'veomni.clas'; known: veomni.class, veomni.kernel, veomni.mesh, veomni.method, veomni.metadata, veomni.target}}
func.func private @f() attributes {veomni.clas = "x"} {
  return
}

// -----

func.func private @f(%x: tensor<?x8xf32>, %w: tensor<0x8xf32>) {
  // expected-error @+1 {{weight must have 2 static dims, none of them 0, found 'tensor<0x8xf32>'}}
  %y = veomni.linear %x, %w : (tensor<?x8xf32>, tensor<0x8xf32>) -> tensor<?x0xf32>
  return
}

// -----

func.func private @f(%q: tensor<?x?x?x20xf32>, %k: tensor<?x?x2x20xf32>, %s: tensor<?x?xi32>, %m: tensor<?x?xi64>, %g: i1) {
  // expected-error @+1 {{heads and head_dim must be static, found 'tensor<?x?x?x20xf32>'}}
  %o = veomni.attention %q, %k, %k starts %s key_mask %m if %g {scale = 0.5 : f32, window = 0 : i64}
      : tensor<?x?x?x20xf32>, tensor<?x?x2x20xf32>, tensor<?x?xi32>, tensor<?x?xi64>
  return
}

// -----

// expected-error @+1 {{'veomni.target' must be a #veomni.target<...> on the module}}
func.func private @f() attributes {veomni.target = #veomni.target<"cpu", "x86-64-v4">} {
  return
}

// -----

// expected-error @+1 {{'veomni.target' must be a #veomni.target<...> on the module}}
module attributes {veomni.target = "cpu"} {
}

// -----

// expected-error @+1 {{names target 'cpu' and level '', expected no empty name}}
module attributes {veomni.target = #veomni.target<"cpu", "">} {
}

// -----

func.func private @f(%x: tensor<*xf32>) -> tensor<*xf32> {
  // expected-error @+1 {{invalid kind of type specified: expected builtin.tensor, but found 'tensor<*xf32>'}}
  %y = veomni.unary rsqrt %x : tensor<*xf32>
  return %y : tensor<*xf32>
}

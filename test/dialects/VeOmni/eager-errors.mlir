// RUN: veomni-opt %s -split-input-file -verify-diagnostics

func.func private @f(%a: tensor<?x8xf32>, %b: tensor<7xf32>) {
  // expected-error @+1 {{dims of 'tensor<?x8xf32>' and 'tensor<7xf32>' do not line up}}
  %y = veomni.binary add %a, %b : tensor<?x8xf32>, tensor<7xf32> -> tensor<?x8xf32>
  return
}

// -----

func.func private @f(%a: tensor<?x8xf32>, %b: tensor<8xbf16>) {
  // expected-error @+1 {{result must be 'tensor<?x8xf32>', found 'tensor<?x8xbf16>'}}
  %y = veomni.binary add %a, %b : tensor<?x8xf32>, tensor<8xbf16> -> tensor<?x8xbf16>
  return
}

// -----

func.func private @f(%a: tensor<*xf32>, %b: tensor<8xf32>) {
  // expected-error @+1 {{invalid kind of type specified: expected builtin.tensor, but found 'tensor<*xf32>'}}
  %y = veomni.binary add %a, %b : tensor<*xf32>, tensor<8xf32> -> tensor<8xf32>
  return
}

// -----

func.func private @f(%x: tensor<?x8xf32>) {
  // expected-error @+1 {{value must be finite}}
  %y = veomni.binary_scalar add %x, 0x7F800000 : tensor<?x8xf32>
  return
}

// -----

func.func private @f(%x: tensor<f32>) {
  // expected-error @+1 {{x must have at least 1 dims, found 'tensor<f32>'}}
  %y = veomni.reduce sum %x : tensor<f32> -> tensor<f32>
  return
}

// -----

func.func private @f(%x: tensor<?x8xf32>) {
  // expected-error @+1 {{result must be 'tensor<?x1xf32>', found 'tensor<?xf32>'}}
  %y = veomni.reduce sum %x : tensor<?x8xf32> -> tensor<?xf32>
  return
}

// -----

func.func private @f(%x: tensor<?x8xf32>) {
  // expected-error @+1 {{result must be static and have some of the last dims of 'tensor<?x8xf32>', found 'tensor<?x8xf32>'}}
  %y = veomni.sum_leading %x : tensor<?x8xf32> -> tensor<?x8xf32>
  return
}

// -----

func.func private @f(%x: tensor<?x8xf32>) {
  // expected-error @+1 {{result must be static and have some of the last dims of 'tensor<?x8xf32>', found 'tensor<7xf32>'}}
  %y = veomni.sum_leading %x : tensor<?x8xf32> -> tensor<7xf32>
  return
}

// -----

func.func private @f(%x: tensor<?x8xf32>) {
  // expected-error @+1 {{there are no 9 greatest of the last dim of 'tensor<?x8xf32>'}}
  %v, %i = veomni.top_k %x : tensor<?x8xf32> -> tensor<?x9xf32>, tensor<?x9xi32>
  return
}

// -----

func.func private @f(%x: tensor<f32>) {
  // expected-error @+1 {{x must have at least 1 dims, found 'tensor<f32>'}}
  %v, %i = veomni.top_k %x : tensor<f32> -> tensor<1xf32>, tensor<1xi32>
  return
}

// -----

func.func private @f(%x: tensor<?x8xf32>) {
  // expected-error @+1 {{values must have at least 1 dims, found 'tensor<f32>'}}
  %v, %i = veomni.top_k %x : tensor<?x8xf32> -> tensor<f32>, tensor<?x2xi32>
  return
}

// -----

func.func private @f(%x: tensor<?x8xf32>) {
  // expected-error @+1 {{values must be 'tensor<?x2xf32>', found 'tensor<?x2xbf16>'}}
  %v, %i = veomni.top_k %x : tensor<?x8xf32> -> tensor<?x2xbf16>, tensor<?x2xi32>
  return
}

// -----

func.func private @f(%x: tensor<?x8xf32>) {
  // expected-error @+1 {{indices must be 'tensor<?x2xi32>', found 'tensor<?x3xi32>'}}
  %v, %i = veomni.top_k %x : tensor<?x8xf32> -> tensor<?x2xf32>, tensor<?x3xi32>
  return
}

// -----

func.func private @f(%i: tensor<?x2xi32>) {
  // expected-error @+1 {{result must have the dims of 'tensor<?x2xi32>' and a static one, found 'tensor<?x8xf32>'}}
  %y = veomni.one_hot %i : tensor<?x2xi32> -> tensor<?x8xf32>
  return
}

// -----

func.func private @f(%l: tensor<?xi64>) {
  // expected-error @+1 {{labels must be [batch, seq], found 'tensor<?xi64>'}}
  %y = veomni.shift_labels %l {fill = 0 : i64} : tensor<?xi64>
  return
}

// -----

func.func private @f(%x: tensor<f32>, %l: tensor<?xi64>) {
  // expected-error @+1 {{x must have at least 1 dims, found 'tensor<f32>'}}
  %y = veomni.gather_label %x, %l {ignore_index = 0 : i64} : tensor<f32>, tensor<?xi64> -> tensor<?xf32>
  return
}

// -----

func.func private @f(%x: tensor<?x?x8xf32>, %l: tensor<?xi64>) {
  // expected-error @+1 {{labels must have the leading dims of 'tensor<?x?x8xf32>', found 'tensor<?xi64>'}}
  %y = veomni.gather_label %x, %l {ignore_index = 0 : i64} : tensor<?x?x8xf32>, tensor<?xi64> -> tensor<?xf32>
  return
}

// -----

func.func private @f(%x: tensor<?x8xf32>, %l: tensor<?xi64>) {
  // expected-error @+1 {{result must be 'tensor<?xf32>', found 'tensor<?x1xf32>'}}
  %y = veomni.gather_label %x, %l {ignore_index = 0 : i64} : tensor<?x8xf32>, tensor<?xi64> -> tensor<?x1xf32>
  return
}

// -----

func.func private @f(%l: tensor<*xi64>) {
  // expected-error @+1 {{invalid kind of type specified: expected builtin.tensor, but found 'tensor<*xi64>'}}
  %y = veomni.not_equal %l {value = 0 : i64} : tensor<*xi64> -> tensor<?x1xf32>
  return
}

// -----

func.func private @f(%l: tensor<?xi64>) {
  // expected-error @+1 {{result must be 'tensor<?x1xf32>', found 'tensor<?x2xf32>'}}
  %y = veomni.not_equal %l {value = 0 : i64} : tensor<?xi64> -> tensor<?x2xf32>
  return
}

// -----

func.func private @f(%l: tensor<?x?xi64>) {
  // expected-error @+1 {{result must be 'tensor<?x?xf32>', found 'tensor<?xf32>'}}
  %y = veomni.not_equal %l {value = 0 : i64} : tensor<?x?xi64> -> tensor<?xf32>
  return
}

// -----

func.func private @f(%s: tensor<?xi32>, %m: tensor<?x?xi64>, %g: i1) {
  // expected-error @+1 {{starts must be [batch, seq], found 'tensor<?xi32>'}}
  %y = veomni.attention_mask %s, %m if %g {window = 0 : i64} : tensor<?xi32>, tensor<?x?xi64> -> tensor<?x?x1x?xf32>
  return
}

// -----

func.func private @f(%s: tensor<?x?xi32>, %m: tensor<?xi64>, %g: i1) {
  // expected-error @+1 {{key_mask must be [batch, keys], found 'tensor<?xi64>'}}
  %y = veomni.attention_mask %s, %m if %g {window = 0 : i64} : tensor<?x?xi32>, tensor<?xi64> -> tensor<?x?x1x?xf32>
  return
}

// -----

func.func private @f(%s: tensor<2x?xi32>, %m: tensor<3x?xi64>, %g: i1) {
  // expected-error @+1 {{starts and key_mask must have one batch, found 'tensor<2x?xi32>' and 'tensor<3x?xi64>'}}
  %y = veomni.attention_mask %s, %m if %g {window = 0 : i64} : tensor<2x?xi32>, tensor<3x?xi64> -> tensor<2x?x1x?xf32>
  return
}

// -----

func.func private @f(%s: tensor<?x?xi32>, %m: tensor<?x?xi64>, %g: i1) {
  // expected-error @+1 {{result must be 'tensor<?x?x1x?xf32>', found 'tensor<?x?x?xf32>'}}
  %y = veomni.attention_mask %s, %m if %g {window = 0 : i64} : tensor<?x?xi32>, tensor<?x?xi64> -> tensor<?x?x?xf32>
  return
}

// -----

func.func private @f(%s: tensor<?x?xi32>, %m: tensor<?x?xi64>, %g: i1) {
  // expected-error @+1 {{attribute 'window' failed to satisfy constraint: 64-bit signless integer attribute whose value is non-negative}}
  %y = veomni.attention_mask %s, %m if %g {window = -1 : i64} : tensor<?x?xi32>, tensor<?x?xi64> -> tensor<?x?x1x?xf32>
  return
}

// -----

func.func private @f(%q: tensor<?x?x80xf32>, %k: tensor<?x?x2x20xf32>) {
  // expected-error @+1 {{query must be [batch, seq, heads, head_dim], found 'tensor<?x?x80xf32>'}}
  %y = veomni.attention_scores %q, %k : tensor<?x?x80xf32>, tensor<?x?x2x20xf32> -> tensor<?x?x4x?xf32>
  return
}

// -----

func.func private @f(%q: tensor<?x?x4x20xf32>, %k: tensor<?x?x40xf32>) {
  // expected-error @+1 {{key must be [batch, keys, kv_heads, head_dim], found 'tensor<?x?x40xf32>'}}
  %y = veomni.attention_scores %q, %k : tensor<?x?x4x20xf32>, tensor<?x?x40xf32> -> tensor<?x?x4x?xf32>
  return
}

// -----

func.func private @f(%q: tensor<?x?x4x20xf32>, %k: tensor<?x?x3x20xf32>) {
  // expected-error @+1 {{key/value heads must divide query heads, found 3 and 4}}
  %y = veomni.attention_scores %q, %k : tensor<?x?x4x20xf32>, tensor<?x?x3x20xf32> -> tensor<?x?x4x?xf32>
  return
}

// -----

func.func private @f(%q: tensor<2x?x4x20xf32>, %k: tensor<3x?x2x20xf32>) {
  // expected-error @+1 {{operands must have one batch, found 'tensor<2x?x4x20xf32>' and 'tensor<3x?x2x20xf32>'}}
  %y = veomni.attention_scores %q, %k : tensor<2x?x4x20xf32>, tensor<3x?x2x20xf32> -> tensor<?x?x4x?xf32>
  return
}

// -----

func.func private @f(%q: tensor<?x?x4x20xf32>, %k: tensor<?x?x2x24xf32>) {
  // expected-error @+1 {{query and key must have one static head_dim, found 'tensor<?x?x4x20xf32>' and 'tensor<?x?x2x24xf32>'}}
  %y = veomni.attention_scores %q, %k : tensor<?x?x4x20xf32>, tensor<?x?x2x24xf32> -> tensor<?x?x4x?xf32>
  return
}

// -----

func.func private @f(%q: tensor<?x?x4x20xf32>, %k: tensor<?x?x2x20xf32>) {
  // expected-error @+1 {{result must be 'tensor<?x?x4x?xf32>', found 'tensor<?x4x?x?xf32>'}}
  %y = veomni.attention_scores %q, %k : tensor<?x?x4x20xf32>, tensor<?x?x2x20xf32> -> tensor<?x4x?x?xf32>
  return
}

// -----

func.func private @f(%p: tensor<?x?x?xf32>, %v: tensor<?x?x2x20xf32>) {
  // expected-error @+1 {{weights must be [batch, seq, heads, keys], found 'tensor<?x?x?xf32>'}}
  %y = veomni.attention_values %p, %v : tensor<?x?x?xf32>, tensor<?x?x2x20xf32> -> tensor<?x?x4x20xf32>
  return
}

// -----

func.func private @f(%p: tensor<?x?x4x?xf32>, %v: tensor<?x?x40xf32>) {
  // expected-error @+1 {{value must be [batch, keys, kv_heads, head_dim], found 'tensor<?x?x40xf32>'}}
  %y = veomni.attention_values %p, %v : tensor<?x?x4x?xf32>, tensor<?x?x40xf32> -> tensor<?x?x4x20xf32>
  return
}

// -----

func.func private @f(%p: tensor<?x?x4x?xf32>, %v: tensor<?x7x2x20xf32>) {
  // expected-error @+1 {{weights and value must have as many keys, found 'tensor<?x?x4x?xf32>' and 'tensor<?x7x2x20xf32>'}}
  %y = veomni.attention_values %p, %v : tensor<?x?x4x?xf32>, tensor<?x7x2x20xf32> -> tensor<?x?x4x20xf32>
  return
}

// -----

func.func private @f(%p: tensor<?x?x4x?xf32>, %v: tensor<?x?x2x20xf32>) {
  // expected-error @+1 {{result must be 'tensor<?x?x4x20xf32>', found 'tensor<?x?x80xf32>'}}
  %y = veomni.attention_values %p, %v : tensor<?x?x4x?xf32>, tensor<?x?x2x20xf32> -> tensor<?x?x80xf32>
  return
}

// -----

func.func private @f(%p: tensor<?x?x4x?xf32>, %v: tensor<?x?x2x20xf32>) {
  // expected-error @+1 {{result must have at least 1 dims, found 'tensor<f32>'}}
  %y = veomni.attention_values %p, %v : tensor<?x?x4x?xf32>, tensor<?x?x2x20xf32> -> tensor<f32>
  return
}

// -----

func.func private @f(%x: tensor<?x8xf32>) {
  // expected-error @+1 {{'veomni.kernel' must be the name of an implementation, found 3 : i64}}
  %y = veomni.unary exp %x {veomni.kernel = 3 : i64} : tensor<?x8xf32>
  return
}

// -----

func.func private @f(%q: tensor<?x?x?x20xf32>, %k: tensor<?x?x2x20xf32>) {
  // expected-error @+1 {{heads must be static, found 'tensor<?x?x?x20xf32>'}}
  %o = veomni.attention_scores %q, %k : tensor<?x?x?x20xf32>, tensor<?x?x2x20xf32> -> tensor<?x?x?x?xf32>
  return
}

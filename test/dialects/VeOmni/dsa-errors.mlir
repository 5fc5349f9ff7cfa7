// RUN: veomni-opt %s -split-input-file -verify-diagnostics

func.func private @f(%q: tensor<?x?x84xf32>, %k: tensor<?x?x12xf32>, %w: tensor<?x?x7xf32>, %s: tensor<?x?xi32>, %m: tensor<?x?xi64>, %g: i1) {
  // expected-error @+1 {{query must be [batch, seq, heads, head_dim] with static heads, found 'tensor<?x?x84xf32>'}}
  %i = veomni.dsa_indexer %q, %k, %w starts %s key_mask %m if %g {scale = 1.0 : f32, top_k = 6 : i64}
      : tensor<?x?x84xf32>, tensor<?x?x12xf32>, tensor<?x?x7xf32>, tensor<?x?xi32>, tensor<?x?xi64> -> tensor<?x?x6xi32>
  return
}

// -----

func.func private @f(%q: tensor<?x?x?x12xf32>, %k: tensor<?x?x12xf32>, %w: tensor<?x?x7xf32>, %s: tensor<?x?xi32>, %m: tensor<?x?xi64>, %g: i1) {
  // expected-error @+1 {{query must be [batch, seq, heads, head_dim] with static heads, found 'tensor<?x?x?x12xf32>'}}
  %i = veomni.dsa_indexer %q, %k, %w starts %s key_mask %m if %g {scale = 1.0 : f32, top_k = 6 : i64}
      : tensor<?x?x?x12xf32>, tensor<?x?x12xf32>, tensor<?x?x7xf32>, tensor<?x?xi32>, tensor<?x?xi64> -> tensor<?x?x6xi32>
  return
}

// -----

func.func private @f(%q: tensor<?x?x7x?xf32>, %k: tensor<?x?x12xf32>, %w: tensor<?x?x7xf32>, %s: tensor<?x?xi32>, %m: tensor<?x?xi64>, %g: i1) {
  // expected-error @+1 {{query must be [batch, seq, heads, head_dim] with static heads, found 'tensor<?x?x7x?xf32>'}}
  %i = veomni.dsa_indexer %q, %k, %w starts %s key_mask %m if %g {scale = 1.0 : f32, top_k = 6 : i64}
      : tensor<?x?x7x?xf32>, tensor<?x?x12xf32>, tensor<?x?x7xf32>, tensor<?x?xi32>, tensor<?x?xi64> -> tensor<?x?x6xi32>
  return
}

// -----

func.func private @f(%q: tensor<?x?x7x12xf32>, %k: tensor<?x?x13xf32>, %w: tensor<?x?x7xf32>, %s: tensor<?x?xi32>, %m: tensor<?x?xi64>, %g: i1) {
  // expected-error @+1 {{key must be [batch, keys, head_dim] for a query of type 'tensor<?x?x7x12xf32>', found 'tensor<?x?x13xf32>'}}
  %i = veomni.dsa_indexer %q, %k, %w starts %s key_mask %m if %g {scale = 1.0 : f32, top_k = 6 : i64}
      : tensor<?x?x7x12xf32>, tensor<?x?x13xf32>, tensor<?x?x7xf32>, tensor<?x?xi32>, tensor<?x?xi64> -> tensor<?x?x6xi32>
  return
}

// -----

func.func private @f(%q: tensor<?x?x7x12xf32>, %k: tensor<?x?x12xbf16>, %w: tensor<?x?x7xf32>, %s: tensor<?x?xi32>, %m: tensor<?x?xi64>, %g: i1) {
  // expected-error @+1 {{key must be [batch, keys, head_dim] for a query of type 'tensor<?x?x7x12xf32>', found 'tensor<?x?x12xbf16>'}}
  %i = veomni.dsa_indexer %q, %k, %w starts %s key_mask %m if %g {scale = 1.0 : f32, top_k = 6 : i64}
      : tensor<?x?x7x12xf32>, tensor<?x?x12xbf16>, tensor<?x?x7xf32>, tensor<?x?xi32>, tensor<?x?xi64> -> tensor<?x?x6xi32>
  return
}

// -----

func.func private @f(%q: tensor<?x?x7x12xf32>, %k: tensor<?x?x12xf32>, %w: tensor<?x?x8xf32>, %s: tensor<?x?xi32>, %m: tensor<?x?xi64>, %g: i1) {
  // expected-error @+1 {{weights must be [batch, seq, heads] like 'tensor<?x?x7x12xf32>', found 'tensor<?x?x8xf32>'}}
  %i = veomni.dsa_indexer %q, %k, %w starts %s key_mask %m if %g {scale = 1.0 : f32, top_k = 6 : i64}
      : tensor<?x?x7x12xf32>, tensor<?x?x12xf32>, tensor<?x?x8xf32>, tensor<?x?xi32>, tensor<?x?xi64> -> tensor<?x?x6xi32>
  return
}

// -----

func.func private @f(%q: tensor<?x?x7x12xf32>, %k: tensor<?x?x12xf32>, %w: tensor<*xf32>, %s: tensor<?x?xi32>, %m: tensor<?x?xi64>, %g: i1) {
  // expected-error @+2 {{invalid kind of type specified: expected builtin.tensor, but found 'tensor<*xf32>'}}
  %i = veomni.dsa_indexer %q, %k, %w starts %s key_mask %m if %g {scale = 1.0 : f32, top_k = 6 : i64}
      : tensor<?x?x7x12xf32>, tensor<?x?x12xf32>, tensor<*xf32>, tensor<?x?xi32>, tensor<?x?xi64> -> tensor<?x?x6xi32>
  return
}

// -----

func.func private @f(%q: tensor<?x?x7x12xf32>, %k: tensor<?x?x12xf32>, %w: tensor<?x?x7xf32>, %s: tensor<?xi32>, %m: tensor<?x?xi64>, %g: i1) {
  // expected-error @+1 {{starts must be [batch, seq] like 'tensor<?x?x7x12xf32>', found 'tensor<?xi32>'}}
  %i = veomni.dsa_indexer %q, %k, %w starts %s key_mask %m if %g {scale = 1.0 : f32, top_k = 6 : i64}
      : tensor<?x?x7x12xf32>, tensor<?x?x12xf32>, tensor<?x?x7xf32>, tensor<?xi32>, tensor<?x?xi64> -> tensor<?x?x6xi32>
  return
}

// -----

func.func private @f(%q: tensor<?x?x7x12xf32>, %k: tensor<?x?x12xf32>, %w: tensor<?x?x7xf32>, %s: tensor<?x?xi32>, %m: tensor<?xi64>, %g: i1) {
  // expected-error @+1 {{key_mask must be [batch, keys] like 'tensor<?x?x12xf32>', found 'tensor<?xi64>'}}
  %i = veomni.dsa_indexer %q, %k, %w starts %s key_mask %m if %g {scale = 1.0 : f32, top_k = 6 : i64}
      : tensor<?x?x7x12xf32>, tensor<?x?x12xf32>, tensor<?x?x7xf32>, tensor<?x?xi32>, tensor<?xi64> -> tensor<?x?x6xi32>
  return
}

// -----

func.func private @f(%q: tensor<?x?x7x12xf32>, %k: tensor<?x?x12xf32>, %w: tensor<?x?x7xf32>, %s: tensor<?x?xi32>, %m: tensor<?x?xi64>, %g: i1) {
  // expected-error @+1 {{result must be 'tensor<?x?x6xi32>', found 'tensor<?x?x7xi32>'}}
  %i = veomni.dsa_indexer %q, %k, %w starts %s key_mask %m if %g {scale = 1.0 : f32, top_k = 6 : i64}
      : tensor<?x?x7x12xf32>, tensor<?x?x12xf32>, tensor<?x?x7xf32>, tensor<?x?xi32>, tensor<?x?xi64> -> tensor<?x?x7xi32>
  return
}

// -----

func.func private @f(%q: tensor<?x?x7x12xf32>, %k: tensor<?x?x12xf32>, %w: tensor<?x?x7xf32>, %s: tensor<?x?xi32>, %m: tensor<?x?xi64>, %g: i1) {
  // expected-error @+1 {{attribute 'top_k' failed to satisfy constraint: 64-bit signless integer attribute whose value is positive}}
  %i = veomni.dsa_indexer %q, %k, %w starts %s key_mask %m if %g {scale = 1.0 : f32, top_k = 0 : i64}
      : tensor<?x?x7x12xf32>, tensor<?x?x12xf32>, tensor<?x?x7xf32>, tensor<?x?xi32>, tensor<?x?xi64> -> tensor<?x?x6xi32>
  return
}

// -----

func.func private @f(%q: tensor<?x?x4x20xf32>, %k: tensor<?x?x4x21xf32>, %i: tensor<?x?x6xi32>, %s: tensor<?x?xi32>, %m: tensor<?x?xi64>, %g: i1) {
  // expected-error @+1 {{query and key must have one head_dim, found 20 and 21}}
  %o = veomni.dsa_attention %q, %k, %k, %i starts %s key_mask %m if %g {scale = 1.0 : f32}
      : tensor<?x?x4x20xf32>, tensor<?x?x4x21xf32>, tensor<?x?x6xi32>, tensor<?x?xi32>, tensor<?x?xi64>
  return
}

// -----

func.func private @f(%q: tensor<?x?x80xf32>, %k: tensor<?x?x4x20xf32>, %i: tensor<?x?x6xi32>, %s: tensor<?x?xi32>, %m: tensor<?x?xi64>, %g: i1) {
  // expected-error @+1 {{query, key and value must be [batch, seq, heads, head_dim], found 'tensor<?x?x80xf32>' and 'tensor<?x?x4x20xf32>'}}
  %o = veomni.dsa_attention %q, %k, %k, %i starts %s key_mask %m if %g {scale = 1.0 : f32}
      : tensor<?x?x80xf32>, tensor<?x?x4x20xf32>, tensor<?x?x6xi32>, tensor<?x?xi32>, tensor<?x?xi64>
  return
}

// -----

func.func private @f(%q: tensor<?x?x4x20xf32>, %k: tensor<?x?x4x20xf32>, %i: tensor<?x?x6xi32>, %s: tensor<?xi32>, %m: tensor<?x?xi64>, %g: i1) {
  // expected-error @+1 {{starts must be [batch, seq] like 'tensor<?x?x4x20xf32>', found 'tensor<?xi32>'}}
  %o = veomni.dsa_attention %q, %k, %k, %i starts %s key_mask %m if %g {scale = 1.0 : f32}
      : tensor<?x?x4x20xf32>, tensor<?x?x4x20xf32>, tensor<?x?x6xi32>, tensor<?xi32>, tensor<?x?xi64>
  return
}

// -----

func.func private @f(%q: tensor<?x?x4x20xf32>, %k: tensor<?x?x4x20xf32>, %i: tensor<?x?x?xi32>, %s: tensor<?x?xi32>, %m: tensor<?x?xi64>, %g: i1) {
  // expected-error @+1 {{indices must be [batch, seq, n] like 'tensor<?x?x4x20xf32>' with a static n, found 'tensor<?x?x?xi32>'}}
  %o = veomni.dsa_attention %q, %k, %k, %i starts %s key_mask %m if %g {scale = 1.0 : f32}
      : tensor<?x?x4x20xf32>, tensor<?x?x4x20xf32>, tensor<?x?x?xi32>, tensor<?x?xi32>, tensor<?x?xi64>
  return
}

// -----

func.func private @f(%q: tensor<?x?x4x20xf32>, %k: tensor<?x?x4x20xf32>, %i: tensor<?x6xi32>, %s: tensor<?x?xi32>, %m: tensor<?x?xi64>, %g: i1) {
  // expected-error @+1 {{indices must be [batch, seq, n] like 'tensor<?x?x4x20xf32>' with a static n, found 'tensor<?x6xi32>'}}
  %o = veomni.dsa_attention %q, %k, %k, %i starts %s key_mask %m if %g {scale = 1.0 : f32}
      : tensor<?x?x4x20xf32>, tensor<?x?x4x20xf32>, tensor<?x6xi32>, tensor<?x?xi32>, tensor<?x?xi64>
  return
}

// -----

func.func private @f(%q: tensor<?x?x4x20xf32>, %k: tensor<?x?x4x20xf32>, %i: tensor<*xi32>, %s: tensor<?x?xi32>, %m: tensor<?x?xi64>, %g: i1) {
  // expected-error @+2 {{invalid kind of type specified: expected builtin.tensor, but found 'tensor<*xi32>'}}
  %o = veomni.dsa_attention %q, %k, %k, %i starts %s key_mask %m if %g {scale = 1.0 : f32}
      : tensor<?x?x4x20xf32>, tensor<?x?x4x20xf32>, tensor<*xi32>, tensor<?x?xi32>, tensor<?x?xi64>
  return
}

// -----

func.func private @f(%x: tensor<?xf32>) {
  // expected-error @+1 {{x must have at least 2 dims, found 'tensor<?xf32>'}}
  %y = veomni.sum_heads %x : tensor<?xf32> -> tensor<1xf32>
  return
}

// -----

func.func private @f(%x: tensor<?x?x?xf32>) {
  // expected-error @+1 {{the last dim but one of x must be static, found 'tensor<?x?x?xf32>'}}
  %y = veomni.sum_heads %x : tensor<?x?x?xf32> -> tensor<?x1x?xf32>
  return
}

// -----

func.func private @f(%x: tensor<?x7x?xf32>) {
  // expected-error @+1 {{result must be 'tensor<?x1x?xf32>', found 'tensor<?x?xf32>'}}
  %y = veomni.sum_heads %x : tensor<?x7x?xf32> -> tensor<?x?xf32>
  return
}

// -----

func.func private @f(%x: tensor<?x?x?xf32>) {
  // expected-error @+1 {{scores must be [batch, seq, 1, keys], found 'tensor<?x?x?xf32>'}}
  %i = veomni.select_keys %x, %x {top_k = 6 : i64} : tensor<?x?x?xf32>, tensor<?x?x?xf32> -> tensor<?x?x6xi32>
  return
}

// -----

func.func private @f(%x: tensor<?x?x7x?xf32>) {
  // expected-error @+1 {{scores must be [batch, seq, 1, keys], found 'tensor<?x?x7x?xf32>'}}
  %i = veomni.select_keys %x, %x {top_k = 6 : i64} : tensor<?x?x7x?xf32>, tensor<?x?x7x?xf32> -> tensor<?x?x6xi32>
  return
}

// -----

func.func private @f(%x: tensor<?x?x1x?xf32>, %m: tensor<?x?x1x9xf32>) {
  // expected-error @+1 {{mask must be 'tensor<?x?x1x?xf32>' like the scores, found 'tensor<?x?x1x9xf32>'}}
  %i = veomni.select_keys %x, %m {top_k = 6 : i64} : tensor<?x?x1x?xf32>, tensor<?x?x1x9xf32> -> tensor<?x?x6xi32>
  return
}

// -----

func.func private @f(%x: tensor<?x?x1x?xf32>) {
  // expected-error @+1 {{result must be 'tensor<?x?x6xi32>', found 'tensor<?x?x1x6xi32>'}}
  %i = veomni.select_keys %x, %x {top_k = 6 : i64} : tensor<?x?x1x?xf32>, tensor<?x?x1x?xf32> -> tensor<?x?x1x6xi32>
  return
}

// -----

func.func private @f(%x: tensor<?x?x1x?xf32>) {
  // expected-error @+1 {{attribute 'top_k' failed to satisfy constraint: 64-bit signless integer attribute whose value is positive}}
  %i = veomni.select_keys %x, %x {top_k = -1 : i64} : tensor<?x?x1x?xf32>, tensor<?x?x1x?xf32> -> tensor<?x?x6xi32>
  return
}

// -----

func.func private @f(%x: tensor<?x?x7x?xf32>, %i: tensor<?x?x6xi32>) {
  // expected-error @+1 {{mask must be [batch, seq, 1, keys], found 'tensor<?x?x7x?xf32>'}}
  %m = veomni.keep_keys %x, %i : tensor<?x?x7x?xf32>, tensor<?x?x6xi32>
  return
}

// -----

func.func private @f(%x: tensor<?x?x1x?xf32>, %i: tensor<?x6xi32>) {
  // expected-error @+1 {{indices must be [batch, seq, n] like 'tensor<?x?x1x?xf32>' with a static n, found 'tensor<?x6xi32>'}}
  %m = veomni.keep_keys %x, %i : tensor<?x?x1x?xf32>, tensor<?x6xi32>
  return
}

// -----

func.func private @f(%x: tensor<?x?x1x?xf32>, %i: tensor<?x?x?xi32>) {
  // expected-error @+1 {{indices must be [batch, seq, n] like 'tensor<?x?x1x?xf32>' with a static n, found 'tensor<?x?x?xi32>'}}
  %m = veomni.keep_keys %x, %i : tensor<?x?x1x?xf32>, tensor<?x?x?xi32>
  return
}

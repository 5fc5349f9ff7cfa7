// RUN: veomni-opt %s -split-input-file -verify-diagnostics

func.func private @f(%x: tensor<32xf32>, %fn: tensor<24x32xf32>, %scale: tensor<3xf32>, %base: tensor<24xf32>) {
  // expected-error @+1 {{x must be [..., n, H] with static n and H, neither of them 0, found 'tensor<32xf32>'}}
  %y, %post, %comb = veomni.mhc_pre %x, %fn, %scale, %base {eps = 1.0e-06 : f32, iterations = 20 : i64, norm_eps = 1.0e-06 : f32}
      : (tensor<32xf32>, tensor<24x32xf32>, tensor<3xf32>, tensor<24xf32>) -> (tensor<?x?x8xf32>, tensor<?x?x4xf32>, tensor<?x?x4x4xf32>)
  return
}

// -----

func.func private @f(%x: tensor<?x?x?x8xf32>, %fn: tensor<24x32xf32>, %scale: tensor<3xf32>, %base: tensor<24xf32>) {
  // expected-error @+1 {{x must be [..., n, H] with static n and H, neither of them 0, found 'tensor<?x?x?x8xf32>'}}
  %y, %post, %comb = veomni.mhc_pre %x, %fn, %scale, %base {eps = 1.0e-06 : f32, iterations = 20 : i64, norm_eps = 1.0e-06 : f32}
      : (tensor<?x?x?x8xf32>, tensor<24x32xf32>, tensor<3xf32>, tensor<24xf32>) -> (tensor<?x?x8xf32>, tensor<?x?x4xf32>, tensor<?x?x4x4xf32>)
  return
}

// -----

func.func private @f(%x: tensor<?x?x4x0xf32>, %fn: tensor<24x32xf32>, %scale: tensor<3xf32>, %base: tensor<24xf32>) {
  // expected-error @+1 {{x must be [..., n, H] with static n and H, neither of them 0, found 'tensor<?x?x4x0xf32>'}}
  %y, %post, %comb = veomni.mhc_pre %x, %fn, %scale, %base {eps = 1.0e-06 : f32, iterations = 20 : i64, norm_eps = 1.0e-06 : f32}
      : (tensor<?x?x4x0xf32>, tensor<24x32xf32>, tensor<3xf32>, tensor<24xf32>) -> (tensor<?x?x8xf32>, tensor<?x?x4xf32>, tensor<?x?x4x4xf32>)
  return
}

// -----

func.func private @f(%x: tensor<*xf32>, %fn: tensor<24x32xf32>, %scale: tensor<3xf32>, %base: tensor<24xf32>) {
  // expected-error @+1 {{operand #0 must be ranked tensor of}}
  %y, %post, %comb = veomni.mhc_pre %x, %fn, %scale, %base {eps = 1.0e-06 : f32, iterations = 20 : i64, norm_eps = 1.0e-06 : f32}
      : (tensor<*xf32>, tensor<24x32xf32>, tensor<3xf32>, tensor<24xf32>) -> (tensor<?x?x8xf32>, tensor<?x?x4xf32>, tensor<?x?x4x4xf32>)
  return
}

// -----

func.func private @f(%x: tensor<?x?x4x8xf32>, %fn: tensor<24x31xf32>, %scale: tensor<3xf32>, %base: tensor<24xf32>) {
  // expected-error @+1 {{fn must be 'tensor<24x32xf32>', found 'tensor<24x31xf32>'}}
  %y, %post, %comb = veomni.mhc_pre %x, %fn, %scale, %base {eps = 1.0e-06 : f32, iterations = 20 : i64, norm_eps = 1.0e-06 : f32}
      : (tensor<?x?x4x8xf32>, tensor<24x31xf32>, tensor<3xf32>, tensor<24xf32>) -> (tensor<?x?x8xf32>, tensor<?x?x4xf32>, tensor<?x?x4x4xf32>)
  return
}

// -----

func.func private @f(%x: tensor<?x?x4x8xf32>, %fn: tensor<24x32xf32>, %scale: tensor<4xbf16>, %base: tensor<24xf32>) {
  // expected-error @+1 {{scale must be 'tensor<3xbf16>', found 'tensor<4xbf16>'}}
  %y, %post, %comb = veomni.mhc_pre %x, %fn, %scale, %base {eps = 1.0e-06 : f32, iterations = 20 : i64, norm_eps = 1.0e-06 : f32}
      : (tensor<?x?x4x8xf32>, tensor<24x32xf32>, tensor<4xbf16>, tensor<24xf32>) -> (tensor<?x?x8xf32>, tensor<?x?x4xf32>, tensor<?x?x4x4xf32>)
  return
}

// -----

func.func private @f(%x: tensor<?x?x4x8xf32>, %fn: tensor<24x32xf32>, %scale: tensor<3xf32>, %base: tensor<8xf32>) {
  // expected-error @+1 {{base must be 'tensor<24xf32>', found 'tensor<8xf32>'}}
  %y, %post, %comb = veomni.mhc_pre %x, %fn, %scale, %base {eps = 1.0e-06 : f32, iterations = 20 : i64, norm_eps = 1.0e-06 : f32}
      : (tensor<?x?x4x8xf32>, tensor<24x32xf32>, tensor<3xf32>, tensor<8xf32>) -> (tensor<?x?x8xf32>, tensor<?x?x4xf32>, tensor<?x?x4x4xf32>)
  return
}

// -----

func.func private @f(%x: tensor<?x?x4x8xf32>, %fn: tensor<24x32xf32>, %scale: tensor<3xf32>, %base: tensor<24xf32>) {
  // expected-error @+1 {{collapsed must be 'tensor<?x?x8xf32>', found 'tensor<?x?x8xbf16>'}}
  %y, %post, %comb = veomni.mhc_pre %x, %fn, %scale, %base {eps = 1.0e-06 : f32, iterations = 20 : i64, norm_eps = 1.0e-06 : f32}
      : (tensor<?x?x4x8xf32>, tensor<24x32xf32>, tensor<3xf32>, tensor<24xf32>) -> (tensor<?x?x8xbf16>, tensor<?x?x4xf32>, tensor<?x?x4x4xf32>)
  return
}

// -----

func.func private @f(%x: tensor<?x?x4x8xf32>, %fn: tensor<24x32xf32>, %scale: tensor<3xf32>, %base: tensor<24xf32>) {
  // expected-error @+1 {{post must be 'tensor<?x?x4xf32>', found 'tensor<?x?x8xf32>'}}
  %y, %post, %comb = veomni.mhc_pre %x, %fn, %scale, %base {eps = 1.0e-06 : f32, iterations = 20 : i64, norm_eps = 1.0e-06 : f32}
      : (tensor<?x?x4x8xf32>, tensor<24x32xf32>, tensor<3xf32>, tensor<24xf32>) -> (tensor<?x?x8xf32>, tensor<?x?x8xf32>, tensor<?x?x4x4xf32>)
  return
}

// -----

func.func private @f(%x: tensor<?x?x4x8xf32>, %fn: tensor<24x32xf32>, %scale: tensor<3xf32>, %base: tensor<24xf32>) {
  // expected-error @+1 {{comb must be 'tensor<?x?x4x4xf32>', found 'tensor<?x?x16xf32>'}}
  %y, %post, %comb = veomni.mhc_pre %x, %fn, %scale, %base {eps = 1.0e-06 : f32, iterations = 20 : i64, norm_eps = 1.0e-06 : f32}
      : (tensor<?x?x4x8xf32>, tensor<24x32xf32>, tensor<3xf32>, tensor<24xf32>) -> (tensor<?x?x8xf32>, tensor<?x?x4xf32>, tensor<?x?x16xf32>)
  return
}

// -----

func.func private @f(%x: tensor<?x?x4x8xf32>, %fn: tensor<24x32xf32>, %scale: tensor<3xf32>, %base: tensor<24xf32>) {
  // expected-error @+1 {{eps must not be negative}}
  %y, %post, %comb = veomni.mhc_pre %x, %fn, %scale, %base {eps = -1.0 : f32, iterations = 20 : i64, norm_eps = 1.0e-06 : f32}
      : (tensor<?x?x4x8xf32>, tensor<24x32xf32>, tensor<3xf32>, tensor<24xf32>) -> (tensor<?x?x8xf32>, tensor<?x?x4xf32>, tensor<?x?x4x4xf32>)
  return
}

// -----

func.func private @f(%x: tensor<?x?x4x8xf32>, %fn: tensor<24x32xf32>, %scale: tensor<3xf32>, %base: tensor<24xf32>) {
  // expected-error @+1 {{norm_eps must be positive}}
  %y, %post, %comb = veomni.mhc_pre %x, %fn, %scale, %base {eps = 1.0e-06 : f32, iterations = 20 : i64, norm_eps = 0.0 : f32}
      : (tensor<?x?x4x8xf32>, tensor<24x32xf32>, tensor<3xf32>, tensor<24xf32>) -> (tensor<?x?x8xf32>, tensor<?x?x4xf32>, tensor<?x?x4x4xf32>)
  return
}

// -----

func.func private @f(%x: tensor<?x?x4x8xf32>, %fn: tensor<24x32xf32>, %scale: tensor<3xf32>, %base: tensor<24xf32>) {
  // expected-error @+1 {{attribute 'iterations' failed to satisfy constraint: 64-bit signless integer attribute whose value is positive}}
  %y, %post, %comb = veomni.mhc_pre %x, %fn, %scale, %base {eps = 1.0e-06 : f32, iterations = 0 : i64, norm_eps = 1.0e-06 : f32}
      : (tensor<?x?x4x8xf32>, tensor<24x32xf32>, tensor<3xf32>, tensor<24xf32>) -> (tensor<?x?x8xf32>, tensor<?x?x4xf32>, tensor<?x?x4x4xf32>)
  return
}

// -----

func.func private @f(%y: tensor<?x?x8xf32>, %x: tensor<?x?x4x?xf32>, %post: tensor<?x?x4xf32>, %comb: tensor<?x?x4x4xf32>) {
  // expected-error @+1 {{x must be [..., n, H] with static n and H, neither of them 0, found 'tensor<?x?x4x?xf32>'}}
  %r = veomni.mhc_post %y, %x, %post, %comb : tensor<?x?x8xf32>, tensor<?x?x4x?xf32>, tensor<?x?x4xf32>, tensor<?x?x4x4xf32>
  return
}

// -----

func.func private @f(%y: tensor<?x?x8xbf16>, %x: tensor<?x?x4x8xf32>, %post: tensor<?x?x4xf32>, %comb: tensor<?x?x4x4xf32>) {
  // expected-error @+1 {{y must be 'tensor<?x?x8xf32>', found 'tensor<?x?x8xbf16>'}}
  %r = veomni.mhc_post %y, %x, %post, %comb : tensor<?x?x8xbf16>, tensor<?x?x4x8xf32>, tensor<?x?x4xf32>, tensor<?x?x4x4xf32>
  return
}

// -----

func.func private @f(%y: tensor<?x?x8xf32>, %x: tensor<?x?x4x8xf32>, %post: tensor<?x?x3xf32>, %comb: tensor<?x?x4x4xf32>) {
  // expected-error @+1 {{post must be 'tensor<?x?x4xf32>', found 'tensor<?x?x3xf32>'}}
  %r = veomni.mhc_post %y, %x, %post, %comb : tensor<?x?x8xf32>, tensor<?x?x4x8xf32>, tensor<?x?x3xf32>, tensor<?x?x4x4xf32>
  return
}

// -----

func.func private @f(%y: tensor<?x?x8xf32>, %x: tensor<?x?x4x8xf32>, %post: tensor<?x?x4xf32>, %comb: tensor<?x?x4x3xf32>) {
  // expected-error @+1 {{comb must be 'tensor<?x?x4x4xf32>', found 'tensor<?x?x4x3xf32>'}}
  %r = veomni.mhc_post %y, %x, %post, %comb : tensor<?x?x8xf32>, tensor<?x?x4x8xf32>, tensor<?x?x4xf32>, tensor<?x?x4x3xf32>
  return
}

// -----

func.func private @f(%x: tensor<?x?x0x8xf32>, %fn: tensor<4x32xf32>, %scale: tensor<1xf32>, %base: tensor<4xf32>) {
  // expected-error @+1 {{x must be [..., n, H] with static n and H, neither of them 0, found 'tensor<?x?x0x8xf32>'}}
  %h = veomni.mhc_head %x, %fn, %scale, %base {eps = 1.0e-06 : f32, norm_eps = 1.0e-06 : f32} : (tensor<?x?x0x8xf32>, tensor<4x32xf32>, tensor<1xf32>, tensor<4xf32>) -> tensor<?x?x8xf32>
  return
}

// -----

func.func private @f(%x: tensor<?x?x4x8xf32>, %fn: tensor<24x32xf32>, %scale: tensor<1xf32>, %base: tensor<4xf32>) {
  // expected-error @+1 {{fn must be 'tensor<4x32xf32>', found 'tensor<24x32xf32>'}}
  %h = veomni.mhc_head %x, %fn, %scale, %base {eps = 1.0e-06 : f32, norm_eps = 1.0e-06 : f32} : (tensor<?x?x4x8xf32>, tensor<24x32xf32>, tensor<1xf32>, tensor<4xf32>) -> tensor<?x?x8xf32>
  return
}

// -----

func.func private @f(%x: tensor<?x?x4x8xf32>, %fn: tensor<4x32xf32>, %scale: tensor<3xf32>, %base: tensor<4xf32>) {
  // expected-error @+1 {{scale must be 'tensor<1xf32>', found 'tensor<3xf32>'}}
  %h = veomni.mhc_head %x, %fn, %scale, %base {eps = 1.0e-06 : f32, norm_eps = 1.0e-06 : f32} : (tensor<?x?x4x8xf32>, tensor<4x32xf32>, tensor<3xf32>, tensor<4xf32>) -> tensor<?x?x8xf32>
  return
}

// -----

func.func private @f(%x: tensor<?x?x4x8xf32>, %fn: tensor<4x32xf32>, %scale: tensor<1xf32>, %base: tensor<1xf32>) {
  // expected-error @+1 {{base must be 'tensor<4xf32>', found 'tensor<1xf32>'}}
  %h = veomni.mhc_head %x, %fn, %scale, %base {eps = 1.0e-06 : f32, norm_eps = 1.0e-06 : f32} : (tensor<?x?x4x8xf32>, tensor<4x32xf32>, tensor<1xf32>, tensor<1xf32>) -> tensor<?x?x8xf32>
  return
}

// -----

func.func private @f(%x: tensor<?x?x4x8xf32>, %fn: tensor<4x32xf32>, %scale: tensor<1xf32>, %base: tensor<4xf32>) {
  // expected-error @+1 {{result must be 'tensor<?x?x8xf32>', found 'tensor<?x?x4x8xf32>'}}
  %h = veomni.mhc_head %x, %fn, %scale, %base {eps = 1.0e-06 : f32, norm_eps = 1.0e-06 : f32} : (tensor<?x?x4x8xf32>, tensor<4x32xf32>, tensor<1xf32>, tensor<4xf32>) -> tensor<?x?x4x8xf32>
  return
}

// -----

func.func private @f(%x: tensor<?x?x4x8xf32>, %fn: tensor<4x32xf32>, %scale: tensor<1xf32>, %base: tensor<4xf32>) {
  // expected-error @+1 {{eps must not be negative}}
  %h = veomni.mhc_head %x, %fn, %scale, %base {eps = -1.0 : f32, norm_eps = 1.0e-06 : f32} : (tensor<?x?x4x8xf32>, tensor<4x32xf32>, tensor<1xf32>, tensor<4xf32>) -> tensor<?x?x8xf32>
  return
}

// -----

func.func private @f(%x: tensor<?x?x4x8xf32>, %fn: tensor<4x32xf32>, %scale: tensor<1xf32>, %base: tensor<4xf32>) {
  // expected-error @+1 {{norm_eps must be positive}}
  %h = veomni.mhc_head %x, %fn, %scale, %base {eps = 1.0e-06 : f32, norm_eps = -1.0 : f32} : (tensor<?x?x4x8xf32>, tensor<4x32xf32>, tensor<1xf32>, tensor<4xf32>) -> tensor<?x?x8xf32>
  return
}

// -----

func.func private @f(%x: tensor<?x?x4x8xf32>, %fn: tensor<24x32xf32>, %s: tensor<3xf32>, %b: tensor<24xf32>) {
  // expected-error @+1 {{iterations must be at most 1000, found 1001}}
  %y, %p, %c = veomni.mhc_pre %x, %fn, %s, %b {eps = 1.0e-06 : f32, iterations = 1001 : i64, norm_eps = 1.0e-06 : f32}
      : (tensor<?x?x4x8xf32>, tensor<24x32xf32>, tensor<3xf32>, tensor<24xf32>) -> (tensor<?x?x8xf32>, tensor<?x?x4xf32>, tensor<?x?x4x4xf32>)
  return
}

// -----

func.func private @f(%x: tensor<?x?x4294967296x4294967296xf32>, %fn: tensor<8589934592x0xf32>, %s: tensor<3xf32>, %b: tensor<24xf32>) {
  // expected-error @+1 {{x must be [..., n, H] with at most 64 streams of 2^31 columns, found 'tensor<?x?x4294967296x4294967296xf32>'}}
  %y = veomni.mhc_head %x, %fn, %s, %b {eps = 1.0e-06 : f32, norm_eps = 1.0e-06 : f32}
      : (tensor<?x?x4294967296x4294967296xf32>, tensor<8589934592x0xf32>, tensor<3xf32>, tensor<24xf32>) -> tensor<?x?x8xf32>
  return
}

// RUN: veomni-opt %s -split-input-file -verify-diagnostics

func.func private @f(%q: tensor<?x?x32xf32>, %v: tensor<?x?x4x20xf32>, %g: tensor<?x?x4xf32>, %s: tensor<?x?xi32>) {
  // expected-error @+1 {{query and key must be [batch, seq, heads, head_dim] with static heads, found 'tensor<?x?x32xf32>'}}
  %0 = veomni.gated_delta_scan %q, %q, %v, %g, %g starts %s : tensor<?x?x32xf32>, tensor<?x?x4x20xf32>, tensor<?x?x4xf32>, tensor<?x?xi32>
  return
}

// -----

func.func private @f(%q: tensor<?x?x2x16xf32>, %v: tensor<?x?x?x20xf32>, %g: tensor<?x?x4xf32>, %s: tensor<?x?xi32>) {
  // expected-error @+1 {{value must be [batch, seq, heads, head_dim] with static heads, found 'tensor<?x?x?x20xf32>'}}
  %0 = veomni.gated_delta_scan %q, %q, %v, %g, %g starts %s : tensor<?x?x2x16xf32>, tensor<?x?x?x20xf32>, tensor<?x?x4xf32>, tensor<?x?xi32>
  return
}

// -----

func.func private @f(%q: tensor<?x?x2x16xf32>, %v: tensor<?x3x4x20xf32>, %g: tensor<?x?x4xf32>, %s: tensor<?x?xi32>) {
  // expected-error @+1 {{query and value must have the same tokens, found 'tensor<?x?x2x16xf32>' and 'tensor<?x3x4x20xf32>'}}
  %0 = veomni.gated_delta_scan %q, %q, %v, %g, %g starts %s : tensor<?x?x2x16xf32>, tensor<?x3x4x20xf32>, tensor<?x?x4xf32>, tensor<?x?xi32>
  return
}

// -----

func.func private @f(%q: tensor<?x?x3x16xf32>, %v: tensor<?x?x4x20xf32>, %g: tensor<?x?x4xf32>, %s: tensor<?x?xi32>) {
  // expected-error @+1 {{query and key heads must divide value heads, found 3 and 4}}
  %0 = veomni.gated_delta_scan %q, %q, %v, %g, %g starts %s : tensor<?x?x3x16xf32>, tensor<?x?x4x20xf32>, tensor<?x?x4xf32>, tensor<?x?xi32>
  return
}

// -----

func.func private @f(%q: tensor<?x?x2x16xf32>, %v: tensor<?x?x4x20xf32>, %g: tensor<?x?x2xf32>, %s: tensor<?x?xi32>) {
  // expected-error @+1 {{g and beta must be [batch, seq, heads] like 'tensor<?x?x4x20xf32>', found 'tensor<?x?x2xf32>'}}
  %0 = veomni.gated_delta_scan %q, %q, %v, %g, %g starts %s : tensor<?x?x2x16xf32>, tensor<?x?x4x20xf32>, tensor<?x?x2xf32>, tensor<?x?xi32>
  return
}

// -----

func.func private @f(%q: tensor<?x?x2x16xf32>, %v: tensor<?x?x4x20xf32>, %g: tensor<?x?x4xf32>, %s: tensor<?x?x1xi32>) {
  // expected-error @+1 {{starts must be [batch, seq] like 'tensor<?x?x4x20xf32>', found 'tensor<?x?x1xi32>'}}
  %0 = veomni.gated_delta_scan %q, %q, %v, %g, %g starts %s : tensor<?x?x2x16xf32>, tensor<?x?x4x20xf32>, tensor<?x?x4xf32>, tensor<?x?x1xi32>
  return
}

// -----

func.func private @f(%q: tensor<?x?x2x16xbf16>, %v: tensor<?x?x4x20xf32>, %g: tensor<?x?x4xf32>, %s: tensor<?x?xi32>) {
  // expected-error @+1 {{query, key and value must have one element type, found 'tensor<?x?x2x16xbf16>' and 'tensor<?x?x4x20xf32>'}}
  %0 = veomni.chunk_gated_delta_rule %q, %q, %v, %g, %g starts %s {scale = 1.0 : f32} : tensor<?x?x2x16xbf16>, tensor<?x?x4x20xf32>, tensor<?x?x4xf32>, tensor<?x?xi32>
  return
}

// -----

func.func private @f(%q: tensor<?x?x2x16xf32>, %v: tensor<?x?x4x20xf32>, %g: tensor<?x?x4xf32>, %s: tensor<?x?xi32>) {
  // expected-error @+1 {{l2_norm_eps must be positive and finite, found 0.000000e+00 : f32}}
  %0 = veomni.chunk_gated_delta_rule %q, %q, %v, %g, %g starts %s {l2_norm_eps = 0.0 : f32, scale = 1.0 : f32} : tensor<?x?x2x16xf32>, tensor<?x?x4x20xf32>, tensor<?x?x4xf32>, tensor<?x?xi32>
  return
}

// -----

func.func private @f(%q: tensor<?x?x2x16xf32>, %v: tensor<?x?x4x20xf32>, %g: tensor<?x?x2xf32>, %s: tensor<?x?xi32>) {
  // expected-error @+1 {{g and beta must be [batch, seq, heads] like 'tensor<?x?x4x20xf32>', found 'tensor<?x?x2xf32>'}}
  %0 = veomni.chunk_gated_delta_rule %q, %q, %v, %g, %g starts %s {scale = 1.0 : f32} : tensor<?x?x2x16xf32>, tensor<?x?x4x20xf32>, tensor<?x?x2xf32>, tensor<?x?xi32>
  return
}

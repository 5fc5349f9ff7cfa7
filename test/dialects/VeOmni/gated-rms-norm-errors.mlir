// RUN: veomni-opt %s -split-input-file -verify-diagnostics

func.func private @f(%x: tensor<?x8xf32>, %w: tensor<4xf32>) {
  // expected-error @+1 {{weight must be 'tensor<8xf32>', found 'tensor<4xf32>'}}
  %0 = veomni.gated_rms_norm %x, %x, %w {eps = 1.0e-06 : f32} : tensor<?x8xf32>, tensor<4xf32>
  return
}

// -----

func.func private @f(%x: tensor<?x8xf32>, %w: tensor<8xf32>) {
  // expected-error @+1 {{eps must be positive}}
  %0 = veomni.gated_rms_norm %x, %x, %w {eps = 0.0 : f32} : tensor<?x8xf32>, tensor<8xf32>
  return
}

// -----

func.func private @f(%x: tensor<?x8xbf16>, %w: tensor<8xf32>) {
  // expected-error @+1 {{weight must have the element type of x, which is not f32, found 'tensor<8xf32>' for 'tensor<?x8xbf16>'}}
  %0 = veomni.gated_rms_norm %x, %x, %w {eps = 1.0e-06 : f32} : tensor<?x8xbf16>, tensor<8xf32>
  return
}

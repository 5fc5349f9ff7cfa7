// RUN: veomni-opt %s -split-input-file -verify-diagnostics

func.func @f(%x: tensor<?x8xf32>) {
  // expected-error @+1 {{is over "sp", but the module has no mesh (veomni.mesh = #veomni.mesh<"sp" = 2>)}}
  %0 = veomni.all_gather %x dim 0 over "sp" : tensor<?x8xf32> -> tensor<?x8xf32>
  return
}

// -----

module attributes {veomni.mesh = #veomni.mesh<"dp_replicate" = 2>} {
  func.func @f(%x: tensor<?x8xf32>) {
    // expected-error @+1 {{is over "sp", but the module's mesh is #veomni.mesh<"dp_replicate" = 2>}}
    %0 = veomni.all_gather %x dim 0 over "sp" : tensor<?x8xf32> -> tensor<?x8xf32>
    return
  }
}

// -----

module attributes {veomni.mesh = #veomni.mesh<"sp" = 2>} {
  func.func @f(%x: tensor<?x8xf32>) {
    // expected-error @+1 {{operand 0 is 'tensor<?x8xf32>' and becomes 'tensor<?x8xf32>': there is no dim 2}}
    %0 = veomni.all_gather %x dim 2 over "sp" : tensor<?x8xf32> -> tensor<?x8xf32>
    return
  }
}

// -----

module attributes {veomni.mesh = #veomni.mesh<"sp" = 2>} {
  func.func @f(%x: tensor<?x8xf32>) {
    // expected-error @+1 {{operand 0 is 'tensor<?x8xf32>' and becomes 'tensor<?x12xf32>': dim 1 is gathered from 2 ranks}}
    %0 = veomni.all_gather %x dim 1 over "sp" : tensor<?x8xf32> -> tensor<?x12xf32>
    return
  }
}

// -----

module attributes {veomni.mesh = #veomni.mesh<"sp" = 3>} {
  func.func @f(%x: tensor<?x8xf32>) {
    // expected-error @+1 {{becomes 'tensor<?x2xf32>': dim 1 is split over 3 ranks}}
    %0 = veomni.all_slice %x dim 1 over "sp" : tensor<?x8xf32> -> tensor<?x2xf32>
    return
  }
}

// -----

module attributes {veomni.mesh = #veomni.mesh<"sp" = 2>} {
  func.func @f(%x: tensor<?x8xf32>) {
    // expected-error @+1 {{becomes 'tensor<?x16xf32>': dim 1 changes}}
    %0 = veomni.all_gather %x dim 0 over "sp" : tensor<?x8xf32> -> tensor<?x16xf32>
    return
  }
}

// -----

module attributes {veomni.mesh = #veomni.mesh<"sp" = 2>} {
  func.func @f(%x: tensor<?x8xf32>) {
    // expected-error @+1 {{expected one element type and rank}}
    %0 = veomni.all_gather %x dim 0 over "sp" : tensor<?x8xf32> -> tensor<?x8xbf16>
    return
  }
}

// -----

module attributes {veomni.mesh = #veomni.mesh<"sp" = 2>} {
  func.func @f(%x: tensor<?x?x8xf32>) {
    // expected-error @+1 {{gathers and splits dim 1, expected two dims}}
    %0 = veomni.all_to_all %x gather 1 split 1 over "sp" : (tensor<?x?x8xf32>) -> tensor<?x?x8xf32>
    return
  }
}

// -----

module attributes {veomni.mesh = #veomni.mesh<"sp" = 2>} {
  func.func @f(%x: tensor<?x?x8xf32>) {
    // expected-error @+1 {{has 1 operands and 2 results, expected as many of each, at least one}}
    %0:2 = veomni.all_to_all %x gather 1 split 2 over "sp" : (tensor<?x?x8xf32>) -> (tensor<?x?x4xf32>, tensor<?x?x4xf32>)
    return
  }
}

// -----

// expected-error @+1 {{'veomni.mesh' must be a #veomni.mesh<...> on the module}}
module attributes {veomni.mesh = "sp"} {}

// -----

// expected-error @+1 {{axis 'sp' of the mesh has size 0, expected at least 1 and at most 2147483647 ranks in all}}
module attributes {veomni.mesh = #veomni.mesh<"sp" = 0>} {}

// -----

// expected-error @+1 {{axis 'b' of the mesh has size 65536, expected at least 1 and at most 2147483647 ranks in all}}
module attributes {veomni.mesh = #veomni.mesh<"a" = 65536, "b" = 65536>} {}

// -----

// expected-error @+1 {{mesh has an axis 'sp', expected names that are not empty, hold no '@' and occur once}}
module attributes {veomni.mesh = #veomni.mesh<"sp" = 2, "sp" = 2>} {}

// -----

// expected-error @+1 {{mesh has an axis 'a@b', expected names that are not empty, hold no '@' and occur once}}
module attributes {veomni.mesh = #veomni.mesh<"a@b" = 2>} {}

// -----

// expected-error @+1 {{mesh has 0 axes and 0 sizes, expected 1 to 16 of each}}
module attributes {veomni.mesh = #veomni.mesh<>} {}

// -----

module attributes {veomni.mesh = #veomni.mesh<"sp" = 3>} {
  func.func @f(%x: tensor<?x8xf32>) {
    // expected-error @+1 {{becomes 'tensor<?x4xf32>': dim 1 is split over 3 ranks}}
    %0 = veomni.reduce_scatter %x dim 1 over "sp" : tensor<?x8xf32> -> tensor<?x4xf32>
    return
  }
}

// -----

module attributes {veomni.mesh = #veomni.mesh<"sp" = 3>} {
  func.func @f(%x: tensor<?x8xi32>) {
    // expected-error @+1 {{operand #0 must be ranked tensor of 32-bit float}}
    %0 = veomni.all_reduce %x over "sp" : tensor<?x8xi32>
    return
  }
}

// -----

module attributes {veomni.mesh = #veomni.mesh<"sp" = 3>} {
  func.func @f(%x: tensor<?x8xf32>) {
    // expected-error @+1 {{is over "tp", but the module's mesh is #veomni.mesh<"sp" = 3>}}
    %0 = veomni.all_reduce %x over "tp" : tensor<?x8xf32>
    return
  }
}

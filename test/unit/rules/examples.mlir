// One example, or several, of every op that has a factor rule: RuleExecutionTest.cpp runs each whole and in parts along
// every factor. The function is named after the op it is about, and what follows the op's name says what is special.
// Names of inputs decide what they hold (`makeInput`); integers are within `veomni.range`.
veomni.weight "table" : tensor<8x6xf32> = [load("table", [8, 6], f32)]
func.func @"veomni.embedding"(%ids: tensor<?x?xi64> {veomni.axes = ["batch", "seq"], veomni.name = "ids", veomni.range = array<i64: 0, 7>})
    -> (tensor<?x?x6xf32> {veomni.axes = ["batch", "seq"], veomni.name = "y"}) {
  %table = veomni.param "table" : tensor<8x6xf32>
  %y = veomni.embedding %ids, %table : (tensor<?x?xi64>, tensor<8x6xf32>) -> tensor<?x?x6xf32>
  return %y : tensor<?x?x6xf32>
}

// -----

veomni.weight "w" : tensor<6x8xf32> = [load("w", [6, 8], f32)]
func.func @"veomni.linear"(%x: tensor<?x?x8xf32> {veomni.axes = ["batch", "seq"], veomni.name = "x"})
    -> (tensor<?x?x6xf32> {veomni.axes = ["batch", "seq"], veomni.name = "y"}) {
  %w = veomni.param "w" : tensor<6x8xf32>
  %y = veomni.linear %x, %w : (tensor<?x?x8xf32>, tensor<6x8xf32>) -> tensor<?x?x6xf32>
  return %y : tensor<?x?x6xf32>
}

// -----

veomni.weight "w" : tensor<6x8xf32> = [load("w", [6, 8], f32)]
veomni.weight "bias" : tensor<6xf32> = [load("bias", [6], f32)]
func.func @"veomni.linear bias"(%x: tensor<?x?x8xf32> {veomni.axes = ["batch", "seq"], veomni.name = "x"})
    -> (tensor<?x?x6xf32> {veomni.axes = ["batch", "seq"], veomni.name = "y"}) {
  %w = veomni.param "w" : tensor<6x8xf32>
  %bias = veomni.param "bias" : tensor<6xf32>
  %y = veomni.linear %x, %w bias %bias : (tensor<?x?x8xf32>, tensor<6x8xf32>, tensor<6xf32>) -> tensor<?x?x6xf32>
  return %y : tensor<?x?x6xf32>
}

// -----

veomni.weight "w" : tensor<6x8xf32> = [load("w", [6, 8], f32)]
veomni.weight "bias" : tensor<6xf32> = [load("bias", [6], f32)]
func.func @"veomni.linear tokens"(%x: tensor<?x8xf32> {veomni.axes = ["tokens"], veomni.name = "x"})
    -> (tensor<?x6xf32> {veomni.axes = ["tokens"], veomni.name = "y"}) {
  %w = veomni.param "w" : tensor<6x8xf32>
  %bias = veomni.param "bias" : tensor<6xf32>
  %y = veomni.linear %x, %w bias %bias : (tensor<?x8xf32>, tensor<6x8xf32>, tensor<6xf32>) -> tensor<?x6xf32>
  return %y : tensor<?x6xf32>
}

// -----

veomni.weight "w" : tensor<8xf32> = [load("w", [8], f32)]
func.func @"veomni.rms_norm standard"(%x: tensor<?x?x8xf32> {veomni.axes = ["batch", "seq"], veomni.name = "x"})
    -> (tensor<?x?x8xf32> {veomni.axes = ["batch", "seq"], veomni.name = "y"}) {
  %w = veomni.param "w" : tensor<8xf32>
  %y = veomni.rms_norm %x, %w {eps = 1.0e-05 : f32, variant = #veomni.norm<standard>} : tensor<?x?x8xf32>, tensor<8xf32>
  return %y : tensor<?x?x8xf32>
}

// -----

veomni.weight "w" : tensor<8xf32> = [load("w", [8], f32)]
func.func @"veomni.rms_norm one_plus"(%x: tensor<?x?x8xf32> {veomni.axes = ["batch", "seq"], veomni.name = "x"})
    -> (tensor<?x?x8xf32> {veomni.axes = ["batch", "seq"], veomni.name = "y"}) {
  %w = veomni.param "w" : tensor<8xf32>
  %y = veomni.rms_norm %x, %w {eps = 1.0e-05 : f32, variant = #veomni.norm<one_plus>} : tensor<?x?x8xf32>, tensor<8xf32>
  return %y : tensor<?x?x8xf32>
}

// -----

veomni.weight "w" : tensor<8xf32> = [load("w", [8], f32)]
func.func @"veomni.rms_norm heads"(%x: tensor<?x?x4x8xf32> {veomni.axes = ["batch", "seq"], veomni.name = "x"})
    -> (tensor<?x?x4x8xf32> {veomni.axes = ["batch", "seq"], veomni.name = "y"}) {
  %w = veomni.param "w" : tensor<8xf32>
  %y = veomni.rms_norm %x, %w {eps = 1.0e-05 : f32, variant = #veomni.norm<standard>} : tensor<?x?x4x8xf32>, tensor<8xf32>
  return %y : tensor<?x?x4x8xf32>
}

// -----

func.func @"veomni.rms_norm unweighted"(%x: tensor<?x?x8xf32> {veomni.axes = ["batch", "seq"], veomni.name = "x"})
    -> (tensor<?x?x8xf32> {veomni.axes = ["batch", "seq"], veomni.name = "y"}) {
  %y = veomni.rms_norm %x {eps = 1.0e-05 : f32, variant = #veomni.norm<unweighted>} : tensor<?x?x8xf32>
  return %y : tensor<?x?x8xf32>
}

// -----

veomni.weight "w" : tensor<8xf32> = [load("w", [8], f32)]
func.func @"veomni.add_rms_norm"(%a: tensor<?x?x8xf32> {veomni.axes = ["batch", "seq"], veomni.name = "a"},
    %x: tensor<?x?x8xf32> {veomni.axes = ["batch", "seq"], veomni.name = "x"})
    -> (tensor<?x?x8xf32> {veomni.axes = ["batch", "seq"], veomni.name = "sum"}, tensor<?x?x8xf32> {veomni.axes = ["batch", "seq"], veomni.name = "y"}) {
  %w = veomni.param "w" : tensor<8xf32>
  %sum, %y = veomni.add_rms_norm %a, %x, %w {eps = 1.0e-05 : f32, variant = #veomni.norm<standard>} : tensor<?x?x8xf32>, tensor<8xf32>
  return %sum, %y : tensor<?x?x8xf32>, tensor<?x?x8xf32>
}

// -----

veomni.weight "w" : tensor<8xf32> = [load("w", [8], f32)]
func.func @"veomni.gated_rms_norm"(%x: tensor<?x?x4x8xf32> {veomni.axes = ["batch", "seq"], veomni.name = "x"},
    %gate: tensor<?x?x4x8xf32> {veomni.axes = ["batch", "seq"], veomni.name = "gate"})
    -> (tensor<?x?x4x8xf32> {veomni.axes = ["batch", "seq"], veomni.name = "y"}) {
  %w = veomni.param "w" : tensor<8xf32>
  %y = veomni.gated_rms_norm %x, %gate, %w {eps = 1.0e-05 : f32} : tensor<?x?x4x8xf32>, tensor<8xf32>
  return %y : tensor<?x?x4x8xf32>
}

// -----

veomni.weight "w" : tensor<8xf32> = [load("w", [8], f32)]
veomni.weight "bias" : tensor<8xf32> = [load("bias", [8], f32)]
func.func @"veomni.layer_norm"(%x: tensor<?x?x8xf32> {veomni.axes = ["batch", "seq"], veomni.name = "x"})
    -> (tensor<?x?x8xf32> {veomni.axes = ["batch", "seq"], veomni.name = "y"}) {
  %w = veomni.param "w" : tensor<8xf32>
  %bias = veomni.param "bias" : tensor<8xf32>
  %y = veomni.layer_norm %x, %w, %bias {eps = 1.0e-05 : f32} : tensor<?x?x8xf32>, tensor<8xf32>
  return %y : tensor<?x?x8xf32>
}

// -----

func.func @"veomni.glu"(%gate: tensor<?x?x8xf32> {veomni.axes = ["batch", "seq"], veomni.name = "gate"},
    %x: tensor<?x?x8xf32> {veomni.axes = ["batch", "seq"], veomni.name = "x"})
    -> (tensor<?x?x8xf32> {veomni.axes = ["batch", "seq"], veomni.name = "y"}) {
  %y = veomni.glu %gate, %x {act = #veomni.activation<silu>} : tensor<?x?x8xf32>
  return %y : tensor<?x?x8xf32>
}

// -----

func.func @"veomni.packed_glu"(%x: tensor<?x?x8xf32> {veomni.axes = ["batch", "seq"], veomni.name = "x"})
    -> (tensor<?x?x4xf32> {veomni.axes = ["batch", "seq"], veomni.name = "y"}) {
  %y = veomni.packed_glu %x {act = #veomni.activation<silu>} : tensor<?x?x8xf32> -> tensor<?x?x4xf32>
  return %y : tensor<?x?x4xf32>
}

// -----

func.func @"veomni.unflatten"(%x: tensor<?x?x8xf32> {veomni.axes = ["batch", "seq"], veomni.name = "x"})
    -> (tensor<?x?x2x4xf32> {veomni.axes = ["batch", "seq"], veomni.name = "y"}) {
  %y = veomni.unflatten %x : tensor<?x?x8xf32> -> tensor<?x?x2x4xf32>
  return %y : tensor<?x?x2x4xf32>
}

// -----

func.func @"veomni.flatten"(%x: tensor<?x?x2x4xf32> {veomni.axes = ["batch", "seq"], veomni.name = "x"})
    -> (tensor<?x?x8xf32> {veomni.axes = ["batch", "seq"], veomni.name = "y"}) {
  %y = veomni.flatten %x : tensor<?x?x2x4xf32> -> tensor<?x?x8xf32>
  return %y : tensor<?x?x8xf32>
}

// -----

func.func @"veomni.slice"(%x: tensor<?x?x2x8xf32> {veomni.axes = ["batch", "seq"], veomni.name = "x"})
    -> (tensor<?x?x2x4xf32> {veomni.axes = ["batch", "seq"], veomni.name = "y"}) {
  %y = veomni.slice %x {offset = 2 : i64} : tensor<?x?x2x8xf32> -> tensor<?x?x2x4xf32>
  return %y : tensor<?x?x2x4xf32>
}

// -----

func.func @"veomni.concat"(%x: tensor<?x?x8xf32> {veomni.axes = ["batch", "seq"], veomni.name = "x"},
    %z: tensor<?x?x4xf32> {veomni.axes = ["batch", "seq"], veomni.name = "z"})
    -> (tensor<?x?x12xf32> {veomni.axes = ["batch", "seq"], veomni.name = "y"}) {
  %y = veomni.concat %x, %z : tensor<?x?x8xf32>, tensor<?x?x4xf32> -> tensor<?x?x12xf32>
  return %y : tensor<?x?x12xf32>
}

// -----

func.func @"veomni.broadcast_heads"(%x: tensor<?x?x1x8xf32> {veomni.axes = ["batch", "seq"], veomni.name = "x"})
    -> (tensor<?x?x4x8xf32> {veomni.axes = ["batch", "seq"], veomni.name = "y"}) {
  %y = veomni.broadcast_heads %x : tensor<?x?x1x8xf32> -> tensor<?x?x4x8xf32>
  return %y : tensor<?x?x4x8xf32>
}

// -----

func.func @"veomni.cast"(%x: tensor<?x?x8xf32> {veomni.axes = ["batch", "seq"], veomni.name = "x"})
    -> (tensor<?x?x8xf32> {veomni.axes = ["batch", "seq"], veomni.name = "y"}) {
  %c = veomni.cast %x : tensor<?x?x8xf32> -> tensor<?x?x8xbf16>
  %y = veomni.cast %c : tensor<?x?x8xbf16> -> tensor<?x?x8xf32>
  return %y : tensor<?x?x8xf32>
}

// -----

func.func @"veomni.unary"(%x: tensor<?x?x8xf32> {veomni.axes = ["batch", "seq"], veomni.name = "x"})
    -> (tensor<?x?x8xf32> {veomni.axes = ["batch", "seq"], veomni.name = "y"}) {
  %y = veomni.unary exp %x : tensor<?x?x8xf32>
  return %y : tensor<?x?x8xf32>
}

// -----

func.func @"veomni.binary add"(%x: tensor<?x?x8xf32> {veomni.axes = ["batch", "seq"], veomni.name = "x"},
    %z: tensor<?x?x8xf32> {veomni.axes = ["batch", "seq"], veomni.name = "z"})
    -> (tensor<?x?x8xf32> {veomni.axes = ["batch", "seq"], veomni.name = "y"}) {
  %y = veomni.binary add %x, %z : tensor<?x?x8xf32>, tensor<?x?x8xf32> -> tensor<?x?x8xf32>
  return %y : tensor<?x?x8xf32>
}

// -----

func.func @"veomni.binary mul"(%x: tensor<?x?x8xf32> {veomni.axes = ["batch", "seq"], veomni.name = "x"},
    %z: tensor<?x?x8xf32> {veomni.axes = ["batch", "seq"], veomni.name = "z"})
    -> (tensor<?x?x8xf32> {veomni.axes = ["batch", "seq"], veomni.name = "y"}) {
  %y = veomni.binary mul %x, %z : tensor<?x?x8xf32>, tensor<?x?x8xf32> -> tensor<?x?x8xf32>
  return %y : tensor<?x?x8xf32>
}

// -----

func.func @"veomni.binary repeats"(%x: tensor<?x?x8xf32> {veomni.axes = ["batch", "seq"], veomni.name = "x"},
    %z: tensor<?x?x1xf32> {veomni.axes = ["batch", "seq"], veomni.name = "z"})
    -> (tensor<?x?x8xf32> {veomni.axes = ["batch", "seq"], veomni.name = "y"}) {
  %y = veomni.binary sub %x, %z : tensor<?x?x8xf32>, tensor<?x?x1xf32> -> tensor<?x?x8xf32>
  return %y : tensor<?x?x8xf32>
}

// -----

veomni.weight "w" : tensor<8xf32> = [load("w", [8], f32)]
func.func @"veomni.binary parameter"(%x: tensor<?x?x8xf32> {veomni.axes = ["batch", "seq"], veomni.name = "x"})
    -> (tensor<?x?x8xf32> {veomni.axes = ["batch", "seq"], veomni.name = "y"}) {
  %w = veomni.param "w" : tensor<8xf32>
  %y = veomni.binary mul %w, %x : tensor<8xf32>, tensor<?x?x8xf32> -> tensor<?x?x8xf32>
  return %y : tensor<?x?x8xf32>
}

// -----

func.func @"veomni.binary_scalar"(%x: tensor<?x?x8xf32> {veomni.axes = ["batch", "seq"], veomni.name = "x"})
    -> (tensor<?x?x8xf32> {veomni.axes = ["batch", "seq"], veomni.name = "y"}) {
  %y = veomni.binary_scalar mul %x, 3.0 : tensor<?x?x8xf32>
  return %y : tensor<?x?x8xf32>
}

// -----

func.func @"veomni.reduce sum"(%x: tensor<?x?x8xf32> {veomni.axes = ["batch", "seq"], veomni.name = "x"})
    -> (tensor<?x?x1xf32> {veomni.axes = ["batch", "seq"], veomni.name = "y"}) {
  %y = veomni.reduce sum %x : tensor<?x?x8xf32> -> tensor<?x?x1xf32>
  return %y : tensor<?x?x1xf32>
}

// -----

func.func @"veomni.reduce max"(%x: tensor<?x?x8xf32> {veomni.axes = ["batch", "seq"], veomni.name = "x"})
    -> (tensor<?x?x1xf32> {veomni.axes = ["batch", "seq"], veomni.name = "y"}) {
  %y = veomni.reduce max %x : tensor<?x?x8xf32> -> tensor<?x?x1xf32>
  return %y : tensor<?x?x1xf32>
}

// -----

func.func @"veomni.reduce mean"(%x: tensor<?x?x8xf32> {veomni.axes = ["batch", "seq"], veomni.name = "x"})
    -> (tensor<?x?x1xf32> {veomni.axes = ["batch", "seq"], veomni.name = "y"}) {
  %y = veomni.reduce mean %x : tensor<?x?x8xf32> -> tensor<?x?x1xf32>
  return %y : tensor<?x?x1xf32>
}

// -----

func.func @"veomni.sum_heads"(%x: tensor<?x?x4x8xf32> {veomni.axes = ["batch", "seq"], veomni.name = "x"})
    -> (tensor<?x?x1x8xf32> {veomni.axes = ["batch", "seq"], veomni.name = "y"}) {
  %y = veomni.sum_heads %x : tensor<?x?x4x8xf32> -> tensor<?x?x1x8xf32>
  return %y : tensor<?x?x1x8xf32>
}

// -----

func.func @"veomni.sum_leading"(%x: tensor<?x?x2x8xf32> {veomni.axes = ["batch", "seq"], veomni.name = "x"})
    -> (tensor<2x8xf32> {veomni.name = "y"}) {
  %y = veomni.sum_leading %x : tensor<?x?x2x8xf32> -> tensor<2x8xf32>
  return %y : tensor<2x8xf32>
}

// -----

func.func @"veomni.top_k"(%x: tensor<?x?x8xf32> {veomni.axes = ["batch", "seq"], veomni.name = "x"})
    -> (tensor<?x?x2xf32> {veomni.axes = ["batch", "seq"], veomni.name = "y"}, tensor<?x?x2xi32> {veomni.axes = ["batch", "seq"], veomni.name = "i"}) {
  %y, %i = veomni.top_k %x : tensor<?x?x8xf32> -> tensor<?x?x2xf32>, tensor<?x?x2xi32>
  return %y, %i : tensor<?x?x2xf32>, tensor<?x?x2xi32>
}

// -----

func.func @"veomni.one_hot"(%i: tensor<?x?x2xi32> {veomni.axes = ["batch", "seq"], veomni.name = "i", veomni.range = array<i64: 0, 7>})
    -> (tensor<?x?x2x8xf32> {veomni.axes = ["batch", "seq"], veomni.name = "y"}) {
  %y = veomni.one_hot %i : tensor<?x?x2xi32> -> tensor<?x?x2x8xf32>
  return %y : tensor<?x?x2x8xf32>
}

// -----

func.func @"veomni.shift_labels"(%labels: tensor<?x?xi64> {veomni.axes = ["batch", "seq"], veomni.name = "labels", veomni.range = array<i64: -100, 7>})
    -> (tensor<?x?xi64> {veomni.axes = ["batch", "seq"], veomni.name = "y"}) {
  %y = veomni.shift_labels %labels {fill = -100 : i64} : tensor<?x?xi64>
  return %y : tensor<?x?xi64>
}

// -----

func.func @"veomni.gather_label"(%x: tensor<?x?x8xf32> {veomni.axes = ["batch", "seq"], veomni.name = "x"},
    %labels: tensor<?x?xi64> {veomni.axes = ["batch", "seq"], veomni.name = "labels", veomni.range = array<i64: -100, 7>})
    -> (tensor<?x?xf32> {veomni.axes = ["batch", "seq"], veomni.name = "y"}) {
  %y = veomni.gather_label %x, %labels {ignore_index = -100 : i64} : tensor<?x?x8xf32>, tensor<?x?xi64> -> tensor<?x?xf32>
  return %y : tensor<?x?xf32>
}

// -----

func.func @"veomni.not_equal"(%labels: tensor<?x?xi64> {veomni.axes = ["batch", "seq"], veomni.name = "labels", veomni.range = array<i64: -100, 7>})
    -> (tensor<?x?x1xf32> {veomni.axes = ["batch", "seq"], veomni.name = "y"}) {
  %y = veomni.not_equal %labels {value = 3 : i64} : tensor<?x?xi64> -> tensor<?x?x1xf32>
  return %y : tensor<?x?x1xf32>
}

// -----

func.func @"veomni.not_equal per_token"(%labels: tensor<?x?xi64> {veomni.axes = ["batch", "seq"], veomni.name = "labels", veomni.range = array<i64: -100, 7>})
    -> (tensor<?x?xf32> {veomni.axes = ["batch", "seq"], veomni.name = "y"}) {
  %y = veomni.not_equal %labels {value = 3 : i64} : tensor<?x?xi64> -> tensor<?x?xf32>
  return %y : tensor<?x?xf32>
}

// -----

func.func @"veomni.attention_mask"(%starts: tensor<?x?xi32> {veomni.axes = ["batch", "seq"], veomni.name = "starts", veomni.range = array<i64: 0, 5>, veomni.below = #veomni_rt.extent<seq>},
    %key_mask: tensor<?x?xi64> {veomni.axes = ["batch", "seq"], veomni.name = "key_mask", veomni.default = "ones", veomni.range = array<i64: 0, 1>})
    -> (tensor<?x?x1x1xf32> {veomni.axes = ["batch", "seq"], veomni.name = "y"}) {
  %given = veomni.input_given %key_mask : tensor<?x?xi64>
  %m = veomni.attention_mask %starts, %key_mask if %given {window = 0 : i64} : tensor<?x?xi32>, tensor<?x?xi64> -> tensor<?x?x1x?xf32>
  %e = veomni.unary exp %m : tensor<?x?x1x?xf32>
  %y = veomni.reduce sum %e : tensor<?x?x1x?xf32> -> tensor<?x?x1x1xf32>
  return %y : tensor<?x?x1x1xf32>
}

// -----

func.func @"veomni.attention_mask full"(%q: tensor<?x?x1x8xf32> {veomni.axes = ["batch", "seq"], veomni.name = "q"},
    %k: tensor<?x?x1x8xf32> {veomni.axes = ["batch", "keys"], veomni.name = "k"},
    %starts: tensor<?x?xi32> {veomni.axes = ["batch", "seq"], veomni.name = "starts", veomni.range = array<i64: 0, 5>, veomni.below = #veomni_rt.extent<keys>},
    %ends: tensor<?x?xi32> {veomni.axes = ["batch", "seq"], veomni.name = "ends", veomni.range = array<i64: 0, 8>, veomni.below = #veomni_rt.extent<keys + 1>},
    %key_mask: tensor<?x?xi64> {veomni.axes = ["batch", "keys"], veomni.name = "key_mask", veomni.default = "ones", veomni.range = array<i64: 0, 1>})
    -> (tensor<?x?x1x1xf32> {veomni.axes = ["batch", "seq"], veomni.name = "y"}) {
  %given = veomni.input_given %key_mask : tensor<?x?xi64>
  %s = veomni.attention_scores %q, %k : tensor<?x?x1x8xf32>, tensor<?x?x1x8xf32> -> tensor<?x?x1x?xf32>
  %m = veomni.attention_mask %starts ends %ends, %key_mask if %given {visibility = #veomni.visibility<full>, window = 0 : i64} : tensor<?x?xi32> ends tensor<?x?xi32>, tensor<?x?xi64> -> tensor<?x?x1x?xf32>
  %t = veomni.binary add %s, %m : tensor<?x?x1x?xf32>, tensor<?x?x1x?xf32> -> tensor<?x?x1x?xf32>
  %e = veomni.unary exp %t : tensor<?x?x1x?xf32>
  %y = veomni.reduce sum %e : tensor<?x?x1x?xf32> -> tensor<?x?x1x1xf32>
  return %y : tensor<?x?x1x1xf32>
}

// -----

func.func @"veomni.attention_scores"(%q: tensor<?x?x4x8xf32> {veomni.axes = ["batch", "seq"], veomni.name = "q"},
    %k: tensor<?x?x2x8xf32> {veomni.axes = ["batch", "keys"], veomni.name = "k"})
    -> (tensor<?x?x4x1xf32> {veomni.axes = ["batch", "seq"], veomni.name = "y"}) {
  %p = veomni.attention_scores %q, %k : tensor<?x?x4x8xf32>, tensor<?x?x2x8xf32> -> tensor<?x?x4x?xf32>
  %y = veomni.reduce sum %p : tensor<?x?x4x?xf32> -> tensor<?x?x4x1xf32>
  return %y : tensor<?x?x4x1xf32>
}

// -----

func.func @"veomni.attention_values"(%q: tensor<?x?x4x8xf32> {veomni.axes = ["batch", "seq"], veomni.name = "q"},
    %k: tensor<?x?x2x8xf32> {veomni.axes = ["batch", "keys"], veomni.name = "k"},
    %v: tensor<?x?x2x8xf32> {veomni.axes = ["batch", "keys"], veomni.name = "v"})
    -> (tensor<?x?x4x8xf32> {veomni.axes = ["batch", "seq"], veomni.name = "y"}) {
  %p = veomni.attention_scores %q, %k : tensor<?x?x4x8xf32>, tensor<?x?x2x8xf32> -> tensor<?x?x4x?xf32>
  %y = veomni.attention_values %p, %v : tensor<?x?x4x?xf32>, tensor<?x?x2x8xf32> -> tensor<?x?x4x8xf32>
  return %y : tensor<?x?x4x8xf32>
}

// -----

func.func @"veomni.select_keys"(%q: tensor<?x?x1x8xf32> {veomni.axes = ["batch", "seq"], veomni.name = "q"},
    %k: tensor<?x?x1x8xf32> {veomni.axes = ["batch", "keys"], veomni.name = "k"},
    %starts: tensor<?x?xi32> {veomni.axes = ["batch", "seq"], veomni.name = "starts", veomni.range = array<i64: 0, 5>, veomni.below = #veomni_rt.extent<keys>},
    %key_mask: tensor<?x?xi64> {veomni.axes = ["batch", "keys"], veomni.name = "key_mask", veomni.default = "ones", veomni.range = array<i64: 0, 1>})
    -> (tensor<?x?x4xi32> {veomni.axes = ["batch", "seq"], veomni.name = "y"}) {
  %given = veomni.input_given %key_mask : tensor<?x?xi64>
  %p = veomni.attention_scores %q, %k : tensor<?x?x1x8xf32>, tensor<?x?x1x8xf32> -> tensor<?x?x1x?xf32>
  %m = veomni.attention_mask %starts, %key_mask if %given {visibility = #veomni.visibility<full>, window = 0 : i64} : tensor<?x?xi32>, tensor<?x?xi64> -> tensor<?x?x1x?xf32>
  %y = veomni.select_keys %p, %m {top_k = 4 : i64} : tensor<?x?x1x?xf32>, tensor<?x?x1x?xf32> -> tensor<?x?x4xi32>
  return %y : tensor<?x?x4xi32>
}

// -----

func.func @"veomni.keep_keys"(%q: tensor<?x?x1x8xf32> {veomni.axes = ["batch", "seq"], veomni.name = "q"},
    %k: tensor<?x?x1x8xf32> {veomni.axes = ["batch", "keys"], veomni.name = "k"},
    %i: tensor<?x?x4xi32> {veomni.axes = ["batch", "seq"], veomni.name = "i", veomni.range = array<i64: -1, 7>})
    -> (tensor<?x?x1x1xf32> {veomni.axes = ["batch", "seq"], veomni.name = "y"}) {
  %m = veomni.attention_scores %q, %k : tensor<?x?x1x8xf32>, tensor<?x?x1x8xf32> -> tensor<?x?x1x?xf32>
  %p = veomni.keep_keys %m, %i : tensor<?x?x1x?xf32>, tensor<?x?x4xi32>
  %e = veomni.unary exp %p : tensor<?x?x1x?xf32>
  %y = veomni.reduce sum %e : tensor<?x?x1x?xf32> -> tensor<?x?x1x1xf32>
  return %y : tensor<?x?x1x1xf32>
}

// -----

func.func @"veomni.matmul"(%a: tensor<?x?x8xf32> {veomni.axes = ["batch", "seq"], veomni.name = "a"},
    %b: tensor<?x8x6xf32> {veomni.axes = ["batch"], veomni.name = "b"})
    -> (tensor<?x?x6xf32> {veomni.axes = ["batch", "seq"], veomni.name = "y"}) {
  %y = veomni.matmul %a, %b : tensor<?x?x8xf32>, tensor<?x8x6xf32> -> tensor<?x?x6xf32>
  return %y : tensor<?x?x6xf32>
}

// -----

func.func @"veomni.matmul scores"(%a: tensor<?x?x8xf32> {veomni.axes = ["batch", "seq"], veomni.name = "a"},
    %b: tensor<?x?x8xf32> {veomni.axes = ["batch", "keys"], veomni.name = "b"})
    -> (tensor<?x?x?xf32> {veomni.axes = ["batch", "seq", "keys"], veomni.name = "y"}) {
  %y = veomni.matmul %a, %b {transpose_b} : tensor<?x?x8xf32>, tensor<?x?x8xf32> -> tensor<?x?x?xf32>
  return %y : tensor<?x?x?xf32>
}

// -----

func.func @"veomni.matmul transposed"(%a: tensor<?x?x?xf32> {veomni.axes = ["batch", "keys", "seq"], veomni.name = "a"},
    %b: tensor<?x?x?xf32> {veomni.axes = ["batch", "tokens", "keys"], veomni.name = "b"})
    -> (tensor<?x?x?xf32> {veomni.axes = ["batch", "seq", "tokens"], veomni.name = "y"}) {
  %y = veomni.matmul %a, %b {transpose_a, transpose_b} : tensor<?x?x?xf32>, tensor<?x?x?xf32> -> tensor<?x?x?xf32>
  return %y : tensor<?x?x?xf32>
}

// -----

func.func @"veomni.matmul heads"(%a: tensor<?x?x4x8xf32> {veomni.axes = ["batch", "seq"], veomni.name = "a"},
    %b: tensor<?x?x4x6xf32> {veomni.axes = ["batch", "seq"], veomni.name = "b"})
    -> (tensor<?x?x8x6xf32> {veomni.axes = ["batch", "seq"], veomni.name = "y"}) {
  %y = veomni.matmul %a, %b {transpose_a} : tensor<?x?x4x8xf32>, tensor<?x?x4x6xf32> -> tensor<?x?x8x6xf32>
  return %y : tensor<?x?x8x6xf32>
}

// -----

func.func @"veomni.shift_tokens"(%x: tensor<?x?x8xf32> {veomni.axes = ["batch", "seq"], veomni.name = "x"},
    %starts: tensor<?x?xi32> {veomni.axes = ["batch", "seq"], veomni.name = "starts", veomni.range = array<i64: 0, 5>, veomni.below = #veomni_rt.extent<seq>})
    -> (tensor<?x?x8xf32> {veomni.axes = ["batch", "seq"], veomni.name = "y"}) {
  %y = veomni.shift_tokens %x, %starts {by = 1 : i64} : tensor<?x?x8xf32>, tensor<?x?xi32>
  return %y : tensor<?x?x8xf32>
}

// -----

func.func @"veomni.gated_delta_scan"(%q: tensor<?x?x2x8xf32> {veomni.axes = ["batch", "seq"], veomni.name = "q"},
    %k: tensor<?x?x2x8xf32> {veomni.axes = ["batch", "seq"], veomni.name = "k"},
    %v: tensor<?x?x4x6xf32> {veomni.axes = ["batch", "seq"], veomni.name = "v"},
    %g: tensor<?x?x4xf32> {veomni.axes = ["batch", "seq"], veomni.name = "g"},
    %beta: tensor<?x?x4xf32> {veomni.axes = ["batch", "seq"], veomni.name = "beta"},
    %starts: tensor<?x?xi32> {veomni.axes = ["batch", "seq"], veomni.name = "starts", veomni.range = array<i64: 0, 5>, veomni.below = #veomni_rt.extent<seq>})
    -> (tensor<?x?x4x6xf32> {veomni.axes = ["batch", "seq"], veomni.name = "y"}) {
  %y = veomni.gated_delta_scan %q, %k, %v, %g, %beta starts %starts : tensor<?x?x2x8xf32>, tensor<?x?x4x6xf32>, tensor<?x?x4xf32>, tensor<?x?xi32>
  return %y : tensor<?x?x4x6xf32>
}

// -----

func.func @"veomni.chunk_gated_delta_rule"(%q: tensor<?x?x2x8xf32> {veomni.axes = ["batch", "seq"], veomni.name = "q"},
    %k: tensor<?x?x2x8xf32> {veomni.axes = ["batch", "seq"], veomni.name = "k"},
    %v: tensor<?x?x4x6xf32> {veomni.axes = ["batch", "seq"], veomni.name = "v"},
    %g: tensor<?x?x4xf32> {veomni.axes = ["batch", "seq"], veomni.name = "g"},
    %beta: tensor<?x?x4xf32> {veomni.axes = ["batch", "seq"], veomni.name = "beta"},
    %starts: tensor<?x?xi32> {veomni.axes = ["batch", "seq"], veomni.name = "starts", veomni.range = array<i64: 0, 5>, veomni.below = #veomni_rt.extent<seq>})
    -> (tensor<?x?x4x6xf32> {veomni.axes = ["batch", "seq"], veomni.name = "y"}) {
  %y = veomni.chunk_gated_delta_rule %q, %k, %v, %g, %beta starts %starts {l2_norm_eps = 1.0e-06 : f32, scale = 0.3 : f32} : tensor<?x?x2x8xf32>, tensor<?x?x4x6xf32>, tensor<?x?x4xf32>, tensor<?x?xi32>
  return %y : tensor<?x?x4x6xf32>
}

// -----

veomni.weight "w" : tensor<8x4xf32> = [load("w", [8, 4], f32)]
veomni.weight "bias" : tensor<8xf32> = [load("bias", [8], f32)]
func.func @"veomni.causal_conv1d"(%x: tensor<?x?x8xf32> {veomni.axes = ["batch", "seq"], veomni.name = "x"},
    %starts: tensor<?x?xi32> {veomni.axes = ["batch", "seq"], veomni.name = "starts", veomni.range = array<i64: 0, 5>, veomni.below = #veomni_rt.extent<seq>})
    -> (tensor<?x?x8xf32> {veomni.axes = ["batch", "seq"], veomni.name = "y"}) {
  %w = veomni.param "w" : tensor<8x4xf32>
  %bias = veomni.param "bias" : tensor<8xf32>
  %y = veomni.causal_conv1d %x, %w bias %bias starts %starts {act = #veomni.activation<silu>} : tensor<?x?x8xf32>, tensor<8x4xf32> bias tensor<8xf32>, tensor<?x?xi32>
  return %y : tensor<?x?x8xf32>
}

// -----

func.func @"veomni.rope_table"(%positions: tensor<?x?xi64> {veomni.axes = ["batch", "seq"], veomni.name = "positions", veomni.range = array<i64: 0, 63>})
    -> (tensor<?x?x2xf32> {veomni.axes = ["batch", "seq"], veomni.name = "cos"}, tensor<?x?x2xf32> {veomni.axes = ["batch", "seq"], veomni.name = "sin"}) {
  %cos, %sin = veomni.rope_table %positions {inv_freq = array<f32: 1.0, 0.5>, scale = 1.0 : f32} : tensor<?x?xi64> -> tensor<?x?x2xf32>
  return %cos, %sin : tensor<?x?x2xf32>, tensor<?x?x2xf32>
}

// -----

func.func @"veomni.rope_table_of_run"(%positions: tensor<?x?xi64> {veomni.axes = ["batch", "seq"], veomni.name = "positions", veomni.range = array<i64: 0, 63>})
    -> (tensor<?x?x2xf32> {veomni.axes = ["batch", "seq"], veomni.name = "cos"}, tensor<?x?x2xf32> {veomni.axes = ["batch", "seq"], veomni.name = "sin"}) {
  %cos, %sin = veomni.rope_table_of_run %positions {factor = 2.0 : f32, inv_freq = array<f32: 1.0, 0.5>, length = 16 : i64, scale = 1.0 : f32} : tensor<?x?xi64> -> tensor<?x?x2xf32>
  return %cos, %sin : tensor<?x?x2xf32>, tensor<?x?x2xf32>
}

// -----

func.func @"veomni.last_token"(%x: tensor<?x?x8xf32> {veomni.axes = ["batch", "seq"], veomni.name = "x"},
    %ids: tensor<?x?xi64> {veomni.axes = ["batch", "seq"], veomni.name = "ids", veomni.range = array<i64: 0, 3>})
    -> (tensor<?x8xf32> {veomni.axes = ["batch"], veomni.name = "y"}) {
  %y = veomni.last_token %x, %ids {padding = 0 : i64} : tensor<?x?x8xf32>, tensor<?x?xi64> -> tensor<?x8xf32>
  return %y : tensor<?x8xf32>
}

// -----

func.func @"veomni.rope"(%q: tensor<?x?x4x8xf32> {veomni.axes = ["batch", "seq"], veomni.name = "q"},
    %c: tensor<?x?x2xf32> {veomni.axes = ["batch", "seq"], veomni.name = "c"},
    %d: tensor<?x?x2xf32> {veomni.axes = ["batch", "seq"], veomni.name = "d"})
    -> (tensor<?x?x4x8xf32> {veomni.axes = ["batch", "seq"], veomni.name = "y"}) {
  %y = veomni.rope %q, %c, %d {layout = #veomni.rope_layout<half>} : tensor<?x?x4x8xf32>, tensor<?x?x2xf32>
  return %y : tensor<?x?x4x8xf32>
}

// -----

func.func @"veomni.document_starts"(%x: tensor<?x?x8xf32> {veomni.axes = ["batch", "seq"], veomni.name = "x"},
    %positions: tensor<?x?xi64> {veomni.axes = ["batch", "seq"], veomni.name = "positions", veomni.default = "iota", veomni.range = array<i64: 0, 63>})
    -> (tensor<?x?xi32> {veomni.axes = ["batch", "seq"], veomni.name = "y"}, tensor<?x?x8xf32> {veomni.axes = ["batch", "seq"], veomni.name = "z"}) {
  %given = veomni.input_given %positions : tensor<?x?xi64>
  %y = veomni.document_starts %positions whole_if %given : tensor<?x?xi64> -> tensor<?x?xi32>
  %z = veomni.shift_tokens %x, %y {by = 1 : i64} : tensor<?x?x8xf32>, tensor<?x?xi32>
  return %y, %z : tensor<?x?xi32>, tensor<?x?x8xf32>
}

// -----

func.func @"veomni.attention"(%q: tensor<?x?x4x8xf32> {veomni.axes = ["batch", "seq"], veomni.name = "q"},
    %k: tensor<?x?x2x8xf32> {veomni.axes = ["batch", "seq"], veomni.name = "k"},
    %v: tensor<?x?x2x6xf32> {veomni.axes = ["batch", "seq"], veomni.name = "v"},
    %starts: tensor<?x?xi32> {veomni.axes = ["batch", "seq"], veomni.name = "starts", veomni.range = array<i64: 0, 5>, veomni.below = #veomni_rt.extent<seq>},
    %key_mask: tensor<?x?xi64> {veomni.axes = ["batch", "seq"], veomni.name = "key_mask", veomni.default = "ones", veomni.range = array<i64: 0, 1>})
    -> (tensor<?x?x4x6xf32> {veomni.axes = ["batch", "seq"], veomni.name = "y"}) {
  %given = veomni.input_given %key_mask : tensor<?x?xi64>
  %y = veomni.attention %q, %k, %v starts %starts key_mask %key_mask if %given {scale = 0.3 : f32, window = 0 : i64} : tensor<?x?x4x8xf32>, tensor<?x?x2x8xf32> values tensor<?x?x2x6xf32>, tensor<?x?xi32>, tensor<?x?xi64>
  return %y : tensor<?x?x4x6xf32>
}

// -----

func.func @"veomni.attention keys"(%q: tensor<?x?x4x8xf32> {veomni.axes = ["batch", "seq"], veomni.name = "q"},
    %k: tensor<?x?x2x8xf32> {veomni.axes = ["batch", "keys"], veomni.name = "k"},
    %v: tensor<?x?x2x6xf32> {veomni.axes = ["batch", "keys"], veomni.name = "v"},
    %starts: tensor<?x?xi32> {veomni.axes = ["batch", "seq"], veomni.name = "starts", veomni.range = array<i64: 0, 5>, veomni.below = #veomni_rt.extent<keys>},
    %key_mask: tensor<?x?xi64> {veomni.axes = ["batch", "keys"], veomni.name = "key_mask", veomni.default = "ones", veomni.range = array<i64: 0, 1>})
    -> (tensor<?x?x4x6xf32> {veomni.axes = ["batch", "seq"], veomni.name = "y"}) {
  %given = veomni.input_given %key_mask : tensor<?x?xi64>
  %y = veomni.attention %q, %k, %v starts %starts key_mask %key_mask if %given {scale = 0.3 : f32, window = 3 : i64} : tensor<?x?x4x8xf32>, tensor<?x?x2x8xf32> values tensor<?x?x2x6xf32>, tensor<?x?xi32>, tensor<?x?xi64>
  return %y : tensor<?x?x4x6xf32>
}

// -----

func.func @"veomni.attention full"(%q: tensor<?x?x4x8xf32> {veomni.axes = ["batch", "seq"], veomni.name = "q"},
    %k: tensor<?x?x2x8xf32> {veomni.axes = ["batch", "keys"], veomni.name = "k"},
    %v: tensor<?x?x2x6xf32> {veomni.axes = ["batch", "keys"], veomni.name = "v"},
    %starts: tensor<?x?xi32> {veomni.axes = ["batch", "seq"], veomni.name = "starts", veomni.range = array<i64: 0, 5>, veomni.below = #veomni_rt.extent<keys>},
    %ends: tensor<?x?xi32> {veomni.axes = ["batch", "seq"], veomni.name = "ends", veomni.range = array<i64: 0, 8>, veomni.below = #veomni_rt.extent<keys + 1>},
    %key_mask: tensor<?x?xi64> {veomni.axes = ["batch", "keys"], veomni.name = "key_mask", veomni.default = "ones", veomni.range = array<i64: 0, 1>})
    -> (tensor<?x?x4x6xf32> {veomni.axes = ["batch", "seq"], veomni.name = "y"}) {
  %given = veomni.input_given %key_mask : tensor<?x?xi64>
  %y = veomni.attention %q, %k, %v starts %starts ends %ends key_mask %key_mask if %given {scale = 0.3 : f32, visibility = #veomni.visibility<full>, window = 0 : i64} : tensor<?x?x4x8xf32>, tensor<?x?x2x8xf32> values tensor<?x?x2x6xf32>, tensor<?x?xi32> ends tensor<?x?xi32>, tensor<?x?xi64>
  return %y : tensor<?x?x4x6xf32>
}

// -----

func.func @"veomni.attention full window"(%q: tensor<?x?x4x8xf32> {veomni.axes = ["batch", "seq"], veomni.name = "q"},
    %k: tensor<?x?x2x8xf32> {veomni.axes = ["batch", "keys"], veomni.name = "k"},
    %v: tensor<?x?x2x6xf32> {veomni.axes = ["batch", "keys"], veomni.name = "v"},
    %starts: tensor<?x?xi32> {veomni.axes = ["batch", "seq"], veomni.name = "starts", veomni.range = array<i64: 0, 5>, veomni.below = #veomni_rt.extent<keys>},
    %key_mask: tensor<?x?xi64> {veomni.axes = ["batch", "keys"], veomni.name = "key_mask", veomni.default = "ones", veomni.range = array<i64: 0, 1>})
    -> (tensor<?x?x4x6xf32> {veomni.axes = ["batch", "seq"], veomni.name = "y"}) {
  %given = veomni.input_given %key_mask : tensor<?x?xi64>
  %y = veomni.attention %q, %k, %v starts %starts key_mask %key_mask if %given {scale = 0.3 : f32, visibility = #veomni.visibility<full>, window = 3 : i64} : tensor<?x?x4x8xf32>, tensor<?x?x2x8xf32> values tensor<?x?x2x6xf32>, tensor<?x?xi32>, tensor<?x?xi64>
  return %y : tensor<?x?x4x6xf32>
}

// -----

veomni.weight "w" : tensor<4xf32> = [load("w", [4], f32)]
func.func @"veomni.attention sinks"(%q: tensor<?x?x4x8xf32> {veomni.axes = ["batch", "seq"], veomni.name = "q"},
    %k: tensor<?x?x2x8xf32> {veomni.axes = ["batch", "seq"], veomni.name = "k"},
    %v: tensor<?x?x2x8xf32> {veomni.axes = ["batch", "seq"], veomni.name = "v"},
    %starts: tensor<?x?xi32> {veomni.axes = ["batch", "seq"], veomni.name = "starts", veomni.range = array<i64: 0, 5>, veomni.below = #veomni_rt.extent<seq>},
    %key_mask: tensor<?x?xi64> {veomni.axes = ["batch", "seq"], veomni.name = "key_mask", veomni.default = "ones", veomni.range = array<i64: 0, 1>})
    -> (tensor<?x?x4x8xf32> {veomni.axes = ["batch", "seq"], veomni.name = "y"}) {
  %w = veomni.param "w" : tensor<4xf32>
  %given = veomni.input_given %key_mask : tensor<?x?xi64>
  %y = veomni.attention %q, %k, %v starts %starts key_mask %key_mask if %given sinks %w {scale = 0.3 : f32, window = 2 : i64} : tensor<?x?x4x8xf32>, tensor<?x?x2x8xf32>, tensor<?x?xi32>, tensor<?x?xi64> sinks tensor<4xf32>
  return %y : tensor<?x?x4x8xf32>
}

// -----

func.func @"veomni.dsa_indexer"(%q: tensor<?x?x4x8xf32> {veomni.axes = ["batch", "seq"], veomni.name = "q"},
    %k: tensor<?x?x8xf32> {veomni.axes = ["batch", "seq"], veomni.name = "k"},
    %u: tensor<?x?x4xf32> {veomni.axes = ["batch", "seq"], veomni.name = "u"},
    %starts: tensor<?x?xi32> {veomni.axes = ["batch", "seq"], veomni.name = "starts", veomni.range = array<i64: 0, 5>, veomni.below = #veomni_rt.extent<seq>},
    %key_mask: tensor<?x?xi64> {veomni.axes = ["batch", "seq"], veomni.name = "key_mask", veomni.default = "ones", veomni.range = array<i64: 0, 1>})
    -> (tensor<?x?x4xi32> {veomni.axes = ["batch", "seq"], veomni.name = "y"}) {
  %given = veomni.input_given %key_mask : tensor<?x?xi64>
  %y = veomni.dsa_indexer %q, %k, %u starts %starts key_mask %key_mask if %given {scale = 0.3 : f32, top_k = 4 : i64} : tensor<?x?x4x8xf32>, tensor<?x?x8xf32>, tensor<?x?x4xf32>, tensor<?x?xi32>, tensor<?x?xi64> -> tensor<?x?x4xi32>
  return %y : tensor<?x?x4xi32>
}

// -----

func.func @"veomni.dsa_attention"(%q: tensor<?x?x4x8xf32> {veomni.axes = ["batch", "seq"], veomni.name = "q"},
    %k: tensor<?x?x2x8xf32> {veomni.axes = ["batch", "seq"], veomni.name = "k"},
    %v: tensor<?x?x2x8xf32> {veomni.axes = ["batch", "seq"], veomni.name = "v"},
    %i: tensor<?x?x4xi32> {veomni.axes = ["batch", "seq"], veomni.name = "i", veomni.range = array<i64: -1, 5>},
    %starts: tensor<?x?xi32> {veomni.axes = ["batch", "seq"], veomni.name = "starts", veomni.range = array<i64: 0, 5>, veomni.below = #veomni_rt.extent<seq>},
    %key_mask: tensor<?x?xi64> {veomni.axes = ["batch", "seq"], veomni.name = "key_mask", veomni.default = "ones", veomni.range = array<i64: 0, 1>})
    -> (tensor<?x?x4x8xf32> {veomni.axes = ["batch", "seq"], veomni.name = "y"}) {
  %given = veomni.input_given %key_mask : tensor<?x?xi64>
  %y = veomni.dsa_attention %q, %k, %v, %i starts %starts key_mask %key_mask if %given {scale = 0.3 : f32} : tensor<?x?x4x8xf32>, tensor<?x?x2x8xf32>, tensor<?x?x4xi32>, tensor<?x?xi32>, tensor<?x?xi64>
  return %y : tensor<?x?x4x8xf32>
}

// -----

func.func @"veomni.cross_entropy"(%x: tensor<?x?x8xf32> {veomni.axes = ["batch", "seq"], veomni.name = "x"},
    %labels: tensor<?x?xi64> {veomni.axes = ["batch", "seq"], veomni.name = "labels", veomni.range = array<i64: -100, 7>})
    -> (tensor<?x?xf32> {veomni.axes = ["batch", "seq"], veomni.name = "losses"}, tensor<?x?xf32> {veomni.axes = ["batch", "seq"], veomni.name = "counts"}) {
  %losses, %counts = veomni.cross_entropy %x, %labels {ignore_index = -100 : i64} : tensor<?x?x8xf32>, tensor<?x?xi64> -> tensor<?x?xf32>
  return %losses, %counts : tensor<?x?xf32>, tensor<?x?xf32>
}

// -----

veomni.weight "w" : tensor<8x8xf32> = [load("w", [8, 8], f32)]
veomni.weight "bias" : tensor<8xf32> = [load("bias", [8], f32)]
func.func @"veomni.linear_cross_entropy"(%x: tensor<?x?x8xf32> {veomni.axes = ["batch", "seq"], veomni.name = "x"},
    %labels: tensor<?x?xi64> {veomni.axes = ["batch", "seq"], veomni.name = "labels", veomni.range = array<i64: -100, 7>})
    -> (tensor<?x?xf32> {veomni.axes = ["batch", "seq"], veomni.name = "losses"}, tensor<?x?xf32> {veomni.axes = ["batch", "seq"], veomni.name = "counts"}) {
  %w = veomni.param "w" : tensor<8x8xf32>
  %bias = veomni.param "bias" : tensor<8xf32>
  %losses, %counts = veomni.linear_cross_entropy %x, %w, %labels bias %bias {ignore_index = -100 : i64} : (tensor<?x?x8xf32>, tensor<8x8xf32>, tensor<?x?xi64>, tensor<8xf32>) -> (tensor<?x?xf32>, tensor<?x?xf32>)
  return %losses, %counts : tensor<?x?xf32>, tensor<?x?xf32>
}

// -----

func.func @"veomni.mean_loss"(%losses: tensor<?x?xf32> {veomni.axes = ["batch", "seq"], veomni.name = "losses"},
    %counts: tensor<?x?xf32> {veomni.axes = ["batch", "seq"], veomni.name = "counts"})
    -> (tensor<f32> {veomni.name = "y"}) {
  %y = veomni.mean_loss %losses, %counts : tensor<?x?xf32> -> tensor<f32>
  return %y : tensor<f32>
}

// -----

func.func @"veomni.add_scaled"(%a: tensor<f32> {veomni.name = "a"},
    %z: tensor<f32> {veomni.name = "z"})
    -> (tensor<f32> {veomni.name = "y"}) {
  %y = veomni.add_scaled %a, %z {alpha = 0.5 : f32} : tensor<f32>
  return %y : tensor<f32>
}

// -----

veomni.weight "fn" : tensor<8x16xf32> = [load("fn", [8, 16], f32)]
veomni.weight "scale" : tensor<3xf32> = [load("scale", [3], f32)]
veomni.weight "base" : tensor<8xf32> = [load("base", [8], f32)]
func.func @"veomni.mhc_pre"(%x: tensor<?x?x2x8xf32> {veomni.axes = ["batch", "seq"], veomni.name = "x"})
    -> (tensor<?x?x8xf32> {veomni.axes = ["batch", "seq"], veomni.name = "y"}, tensor<?x?x2xf32> {veomni.axes = ["batch", "seq"], veomni.name = "post"}, tensor<?x?x2x2xf32> {veomni.axes = ["batch", "seq"], veomni.name = "comb"}) {
  %fn = veomni.param "fn" : tensor<8x16xf32>
  %scale = veomni.param "scale" : tensor<3xf32>
  %base = veomni.param "base" : tensor<8xf32>
  %y, %post, %comb = veomni.mhc_pre %x, %fn, %scale, %base {eps = 1.0e-06 : f32, iterations = 3 : i64, norm_eps = 1.0e-06 : f32} : (tensor<?x?x2x8xf32>, tensor<8x16xf32>, tensor<3xf32>, tensor<8xf32>) -> (tensor<?x?x8xf32>, tensor<?x?x2xf32>, tensor<?x?x2x2xf32>)
  return %y, %post, %comb : tensor<?x?x8xf32>, tensor<?x?x2xf32>, tensor<?x?x2x2xf32>
}

// -----

func.func @"veomni.mhc_post"(%x: tensor<?x?x8xf32> {veomni.axes = ["batch", "seq"], veomni.name = "x"},
    %z: tensor<?x?x2x8xf32> {veomni.axes = ["batch", "seq"], veomni.name = "z"},
    %post: tensor<?x?x2xf32> {veomni.axes = ["batch", "seq"], veomni.name = "post"},
    %comb: tensor<?x?x2x2xf32> {veomni.axes = ["batch", "seq"], veomni.name = "comb"})
    -> (tensor<?x?x2x8xf32> {veomni.axes = ["batch", "seq"], veomni.name = "y"}) {
  %y = veomni.mhc_post %x, %z, %post, %comb : tensor<?x?x8xf32>, tensor<?x?x2x8xf32>, tensor<?x?x2xf32>, tensor<?x?x2x2xf32>
  return %y : tensor<?x?x2x8xf32>
}

// -----

veomni.weight "fn" : tensor<2x16xf32> = [load("fn", [2, 16], f32)]
veomni.weight "scale" : tensor<1xf32> = [load("scale", [1], f32)]
veomni.weight "base" : tensor<2xf32> = [load("base", [2], f32)]
func.func @"veomni.mhc_head"(%x: tensor<?x?x2x8xf32> {veomni.axes = ["batch", "seq"], veomni.name = "x"})
    -> (tensor<?x?x8xf32> {veomni.axes = ["batch", "seq"], veomni.name = "y"}) {
  %fn = veomni.param "fn" : tensor<2x16xf32>
  %scale = veomni.param "scale" : tensor<1xf32>
  %base = veomni.param "base" : tensor<2xf32>
  %y = veomni.mhc_head %x, %fn, %scale, %base {eps = 1.0e-06 : f32, norm_eps = 1.0e-06 : f32} : (tensor<?x?x2x8xf32>, tensor<2x16xf32>, tensor<1xf32>, tensor<2xf32>) -> tensor<?x?x8xf32>
  return %y : tensor<?x?x8xf32>
}

// -----

func.func @"veomni.router"(%x: tensor<?x?x8xf32> {veomni.axes = ["batch", "seq"], veomni.name = "x"})
    -> (tensor<?x?x2xi32> {veomni.axes = ["batch", "seq"], veomni.name = "i"}, tensor<?x?x2xf32> {veomni.axes = ["batch", "seq"], veomni.name = "y"}) {
  %i, %y = veomni.router %x {renormalize, top_k = 2 : i64, weight_type = f32} : tensor<?x?x8xf32> -> tensor<?x?x2xi32>, tensor<?x?x2xf32>
  return %i, %y : tensor<?x?x2xi32>, tensor<?x?x2xf32>
}

// -----

veomni.weight "bias" : tensor<8xf32> = [load("bias", [8], f32)]
func.func @"veomni.group_router"(%x: tensor<?x?x8xf32> {veomni.axes = ["batch", "seq"], veomni.name = "x"})
    -> (tensor<?x?x2xi32> {veomni.axes = ["batch", "seq"], veomni.name = "i"}, tensor<?x?x2xf32> {veomni.axes = ["batch", "seq"], veomni.name = "y"}) {
  %bias = veomni.param "bias" : tensor<8xf32>
  %i, %y = veomni.group_router %x, %bias {groups = 2 : i64, groups_per_token = 1 : i64, renormalize, scale = 2.5 : f32, top_k = 2 : i64} : tensor<?x?x8xf32>, tensor<8xf32> -> tensor<?x?x2xi32>, tensor<?x?x2xf32>
  return %i, %y : tensor<?x?x2xi32>, tensor<?x?x2xf32>
}

// -----

func.func @"veomni.load_balancing_loss"(%x: tensor<?x?x8xf32> {veomni.axes = ["batch", "seq"], veomni.name = "x"},
    %z: tensor<?x?x8xf32> {veomni.axes = ["batch", "seq"], veomni.name = "z"},
    %mask: tensor<?x?xi64> {veomni.axes = ["batch", "seq"], veomni.name = "mask", veomni.range = array<i64: 0, 1>})
    -> (tensor<f32> {veomni.name = "y"}) {
  %y = veomni.load_balancing_loss %x, %z mask %mask {top_k = 2 : i64} : tensor<?x?x8xf32>, tensor<?x?x8xf32> mask tensor<?x?xi64> -> tensor<f32>
  return %y : tensor<f32>
}

// -----

veomni.weight "w" : tensor<4x6x8xf32> = [load("w", [4, 6, 8], f32)]
veomni.weight "bias" : tensor<4x6xf32> = [load("bias", [4, 6], f32)]
veomni.weight "d" : tensor<4x8x6xf32> = [load("d", [4, 8, 6], f32)]
func.func private @expert(%rows: tensor<?x8xf32> {veomni.axes = ["rows"]}, %e: index) -> (tensor<?x8xf32> {veomni.axes = ["rows"]}) {
  %w = veomni.param "w" : tensor<4x6x8xf32>
  %bias = veomni.param "bias" : tensor<4x6xf32>
  %d = veomni.param "d" : tensor<4x8x6xf32>
  %we = veomni.select_expert %w, %e : tensor<4x6x8xf32> -> tensor<6x8xf32>
  %be = veomni.select_expert %bias, %e : tensor<4x6xf32> -> tensor<6xf32>
  %de = veomni.select_expert %d, %e : tensor<4x8x6xf32> -> tensor<8x6xf32>
  %h = veomni.linear %rows, %we bias %be : (tensor<?x8xf32>, tensor<6x8xf32>, tensor<6xf32>) -> tensor<?x6xf32>
  %y = veomni.linear %h, %de : (tensor<?x6xf32>, tensor<8x6xf32>) -> tensor<?x8xf32>
  return %y : tensor<?x8xf32>
}
func.func @"veomni.experts_loop"(%x: tensor<?x?x8xf32> {veomni.axes = ["batch", "seq"], veomni.name = "x"},
    %experts: tensor<?x?x2xi32> {veomni.axes = ["batch", "seq"], veomni.name = "experts", veomni.range = array<i64: 0, 3>},
    %u: tensor<?x?x2xf32> {veomni.axes = ["batch", "seq"], veomni.name = "u"})
    -> (tensor<?x?x8xf32> {veomni.axes = ["batch", "seq"], veomni.name = "y"}) {
  %y = veomni.experts_loop @expert (%x, %experts, %u) {num_experts = 4 : i64} : tensor<?x?x8xf32>, tensor<?x?x2xi32>, tensor<?x?x2xf32> -> tensor<?x?x8xf32>
  return %y : tensor<?x?x8xf32>
}

// -----

veomni.weight "w" : tensor<4x6x8xf32> = [load("w", [4, 6, 8], f32)]
veomni.weight "bias" : tensor<4x6xf32> = [load("bias", [4, 6], f32)]
veomni.weight "d" : tensor<4x8x6xf32> = [load("d", [4, 8, 6], f32)]
func.func private @expert(%rows: tensor<?x8xf32> {veomni.axes = ["rows"]}, %e: index) -> (tensor<?x8xf32> {veomni.axes = ["rows"]}) {
  %w = veomni.param "w" : tensor<4x6x8xf32>
  %bias = veomni.param "bias" : tensor<4x6xf32>
  %d = veomni.param "d" : tensor<4x8x6xf32>
  %we = veomni.select_expert %w, %e : tensor<4x6x8xf32> -> tensor<6x8xf32>
  %be = veomni.select_expert %bias, %e : tensor<4x6xf32> -> tensor<6xf32>
  %de = veomni.select_expert %d, %e : tensor<4x8x6xf32> -> tensor<8x6xf32>
  %h = veomni.linear %rows, %we bias %be : (tensor<?x8xf32>, tensor<6x8xf32>, tensor<6xf32>) -> tensor<?x6xf32>
  %y = veomni.linear %h, %de : (tensor<?x6xf32>, tensor<8x6xf32>) -> tensor<?x8xf32>
  return %y : tensor<?x8xf32>
}
func.func @"veomni.experts_loop tokens"(%x: tensor<?x8xf32> {veomni.axes = ["tokens"], veomni.name = "x"},
    %experts: tensor<?x2xi32> {veomni.axes = ["tokens"], veomni.name = "experts", veomni.range = array<i64: 0, 3>},
    %u: tensor<?x2xf32> {veomni.axes = ["tokens"], veomni.name = "u"})
    -> (tensor<?x8xf32> {veomni.axes = ["tokens"], veomni.name = "y"}) {
  %y = veomni.experts_loop @expert (%x, %experts, %u) {num_experts = 4 : i64} : tensor<?x8xf32>, tensor<?x2xi32>, tensor<?x2xf32> -> tensor<?x8xf32>
  return %y : tensor<?x8xf32>
}

// -----

func.func @"veomni.expert_sort"(%experts: tensor<?x2xi32> {veomni.axes = ["tokens"], veomni.name = "experts", veomni.range = array<i64: 0, 3>})
    -> (tensor<?x2xi32> {veomni.axes = ["tokens"], veomni.name = "places"}, tensor<5xi32> {veomni.name = "offsets"}) {
  %routes, %places, %offsets = veomni.expert_sort %experts : tensor<?x2xi32> -> tensor<?xi32>, tensor<?x2xi32>, tensor<5xi32>
  return %places, %offsets : tensor<?x2xi32>, tensor<5xi32>
}

// -----

veomni.weight "w" : tensor<4x6x8xf32> = [load("w", [4, 6, 8], f32)]
func.func @"veomni.permute"(%x: tensor<?x8xf32> {veomni.axes = ["tokens"], veomni.name = "x"},
    %experts: tensor<?x2xi32> {veomni.axes = ["tokens"], veomni.name = "experts", veomni.range = array<i64: 0, 3>})
    -> (tensor<?x6xf32> {veomni.axes = ["routes"], veomni.name = "y"}) {
  %w = veomni.param "w" : tensor<4x6x8xf32>
  %routes, %places, %offsets = veomni.expert_sort %experts : tensor<?x2xi32> -> tensor<?xi32>, tensor<?x2xi32>, tensor<5xi32>
  %rows = veomni.permute %x by %routes {top_k = 2 : i64} : tensor<?x8xf32>, tensor<?xi32> -> tensor<?x8xf32>
  %y = veomni.grouped_gemm %rows, %w offsets %offsets : (tensor<?x8xf32>, tensor<4x6x8xf32>, tensor<5xi32>) -> tensor<?x6xf32>
  return %y : tensor<?x6xf32>
}

// -----

veomni.weight "w" : tensor<4x6x8xf32> = [load("w", [4, 6, 8], f32)]
func.func @"veomni.grouped_gemm"(%x: tensor<?x8xf32> {veomni.axes = ["tokens"], veomni.name = "x"},
    %experts: tensor<?x2xi32> {veomni.axes = ["tokens"], veomni.name = "experts", veomni.range = array<i64: 0, 3>})
    -> (tensor<?x6xf32> {veomni.axes = ["routes"], veomni.name = "y"}) {
  %w = veomni.param "w" : tensor<4x6x8xf32>
  %routes, %places, %offsets = veomni.expert_sort %experts : tensor<?x2xi32> -> tensor<?xi32>, tensor<?x2xi32>, tensor<5xi32>
  %rows = veomni.permute %x by %routes {top_k = 2 : i64} : tensor<?x8xf32>, tensor<?xi32> -> tensor<?x8xf32>
  %y = veomni.grouped_gemm %rows, %w offsets %offsets : (tensor<?x8xf32>, tensor<4x6x8xf32>, tensor<5xi32>) -> tensor<?x6xf32>
  return %y : tensor<?x6xf32>
}

// -----

veomni.weight "w" : tensor<4x6x8xf32> = [load("w", [4, 6, 8], f32)]
veomni.weight "bias" : tensor<4x6xf32> = [load("bias", [4, 6], f32)]
func.func @"veomni.grouped_gemm bias"(%x: tensor<?x8xf32> {veomni.axes = ["tokens"], veomni.name = "x"},
    %experts: tensor<?x2xi32> {veomni.axes = ["tokens"], veomni.name = "experts", veomni.range = array<i64: 0, 3>})
    -> (tensor<?x6xf32> {veomni.axes = ["routes"], veomni.name = "y"}) {
  %w = veomni.param "w" : tensor<4x6x8xf32>
  %bias = veomni.param "bias" : tensor<4x6xf32>
  %routes, %places, %offsets = veomni.expert_sort %experts : tensor<?x2xi32> -> tensor<?xi32>, tensor<?x2xi32>, tensor<5xi32>
  %rows = veomni.permute %x by %routes {top_k = 2 : i64} : tensor<?x8xf32>, tensor<?xi32> -> tensor<?x8xf32>
  %y = veomni.grouped_gemm %rows, %w offsets %offsets bias %bias : (tensor<?x8xf32>, tensor<4x6x8xf32>, tensor<5xi32>, tensor<4x6xf32>) -> tensor<?x6xf32>
  return %y : tensor<?x6xf32>
}

// -----

func.func @"veomni.expert_combine"(%x: tensor<?x8xf32> {veomni.axes = ["routes"], veomni.name = "x"},
    %routes: tensor<?xi32> {veomni.axes = ["routes"], veomni.name = "routes", veomni.range = array<i64: 0, 11>},
    %places: tensor<?x2xi32> {veomni.axes = ["tokens"], veomni.name = "places", veomni.range = array<i64: 0, 11>, veomni.below = #veomni_rt.extent<routes>},
    %u: tensor<?x2xf32> {veomni.axes = ["tokens"], veomni.name = "u"})
    -> (tensor<?x8xf32> {veomni.axes = ["tokens"], veomni.name = "y"}) {
  %y = veomni.expert_combine %x by %routes, %places weights %u : tensor<?x8xf32>, tensor<?xi32>, tensor<?x2xi32>, tensor<?x2xf32> -> tensor<?x8xf32>
  return %y : tensor<?x8xf32>
}

// -----

veomni.weight "w" : tensor<4x6x8xf32> = [load("w", [4, 6, 8], f32)]
veomni.weight "bias" : tensor<4x6xf32> = [load("bias", [4, 6], f32)]
veomni.weight "d" : tensor<4x8x6xf32> = [load("d", [4, 8, 6], f32)]
func.func private @expert(%rows: tensor<?x8xf32> {veomni.axes = ["rows"]}, %e: index) -> (tensor<?x8xf32> {veomni.axes = ["rows"]}) {
  %w = veomni.param "w" : tensor<4x6x8xf32>
  %bias = veomni.param "bias" : tensor<4x6xf32>
  %d = veomni.param "d" : tensor<4x8x6xf32>
  %we = veomni.select_expert %w, %e : tensor<4x6x8xf32> -> tensor<6x8xf32>
  %be = veomni.select_expert %bias, %e : tensor<4x6xf32> -> tensor<6xf32>
  %de = veomni.select_expert %d, %e : tensor<4x8x6xf32> -> tensor<8x6xf32>
  %h = veomni.linear %rows, %we bias %be : (tensor<?x8xf32>, tensor<6x8xf32>, tensor<6xf32>) -> tensor<?x6xf32>
  %y = veomni.linear %h, %de : (tensor<?x6xf32>, tensor<8x6xf32>) -> tensor<?x8xf32>
  return %y : tensor<?x8xf32>
}
func.func @"veomni.select_expert matrix that makes"(%x: tensor<?x8xf32> {veomni.axes = ["tokens"], veomni.name = "x"},
    %experts: tensor<?x2xi32> {veomni.axes = ["tokens"], veomni.name = "experts", veomni.range = array<i64: 0, 3>},
    %u: tensor<?x2xf32> {veomni.axes = ["tokens"], veomni.name = "u"})
    -> (tensor<?x8xf32> {veomni.axes = ["tokens"], veomni.name = "y"}) {
  %y = veomni.experts_loop @expert (%x, %experts, %u) {num_experts = 4 : i64} : tensor<?x8xf32>, tensor<?x2xi32>, tensor<?x2xf32> -> tensor<?x8xf32>
  return %y : tensor<?x8xf32>
}

// -----

veomni.weight "w" : tensor<4x6x8xf32> = [load("w", [4, 6, 8], f32)]
veomni.weight "bias" : tensor<4x6xf32> = [load("bias", [4, 6], f32)]
veomni.weight "d" : tensor<4x8x6xf32> = [load("d", [4, 8, 6], f32)]
func.func private @expert(%rows: tensor<?x8xf32> {veomni.axes = ["rows"]}, %e: index) -> (tensor<?x8xf32> {veomni.axes = ["rows"]}) {
  %w = veomni.param "w" : tensor<4x6x8xf32>
  %bias = veomni.param "bias" : tensor<4x6xf32>
  %d = veomni.param "d" : tensor<4x8x6xf32>
  %de = veomni.select_expert %d, %e : tensor<4x8x6xf32> -> tensor<8x6xf32>
  %we = veomni.select_expert %w, %e : tensor<4x6x8xf32> -> tensor<6x8xf32>
  %be = veomni.select_expert %bias, %e : tensor<4x6xf32> -> tensor<6xf32>
  %h = veomni.linear %rows, %we bias %be : (tensor<?x8xf32>, tensor<6x8xf32>, tensor<6xf32>) -> tensor<?x6xf32>
  %y = veomni.linear %h, %de : (tensor<?x6xf32>, tensor<8x6xf32>) -> tensor<?x8xf32>
  return %y : tensor<?x8xf32>
}
func.func @"veomni.select_expert matrix that takes"(%x: tensor<?x8xf32> {veomni.axes = ["tokens"], veomni.name = "x"},
    %experts: tensor<?x2xi32> {veomni.axes = ["tokens"], veomni.name = "experts", veomni.range = array<i64: 0, 3>},
    %u: tensor<?x2xf32> {veomni.axes = ["tokens"], veomni.name = "u"})
    -> (tensor<?x8xf32> {veomni.axes = ["tokens"], veomni.name = "y"}) {
  %y = veomni.experts_loop @expert (%x, %experts, %u) {num_experts = 4 : i64} : tensor<?x8xf32>, tensor<?x2xi32>, tensor<?x2xf32> -> tensor<?x8xf32>
  return %y : tensor<?x8xf32>
}

// -----

veomni.weight "w" : tensor<4x6x8xf32> = [load("w", [4, 6, 8], f32)]
veomni.weight "bias" : tensor<4x6xf32> = [load("bias", [4, 6], f32)]
veomni.weight "d" : tensor<4x8x6xf32> = [load("d", [4, 8, 6], f32)]
func.func private @expert(%rows: tensor<?x8xf32> {veomni.axes = ["rows"]}, %e: index) -> (tensor<?x8xf32> {veomni.axes = ["rows"]}) {
  %w = veomni.param "w" : tensor<4x6x8xf32>
  %bias = veomni.param "bias" : tensor<4x6xf32>
  %d = veomni.param "d" : tensor<4x8x6xf32>
  %be = veomni.select_expert %bias, %e : tensor<4x6xf32> -> tensor<6xf32>
  %we = veomni.select_expert %w, %e : tensor<4x6x8xf32> -> tensor<6x8xf32>
  %de = veomni.select_expert %d, %e : tensor<4x8x6xf32> -> tensor<8x6xf32>
  %h = veomni.linear %rows, %we bias %be : (tensor<?x8xf32>, tensor<6x8xf32>, tensor<6xf32>) -> tensor<?x6xf32>
  %y = veomni.linear %h, %de : (tensor<?x6xf32>, tensor<8x6xf32>) -> tensor<?x8xf32>
  return %y : tensor<?x8xf32>
}
func.func @"veomni.select_expert bias"(%x: tensor<?x8xf32> {veomni.axes = ["tokens"], veomni.name = "x"},
    %experts: tensor<?x2xi32> {veomni.axes = ["tokens"], veomni.name = "experts", veomni.range = array<i64: 0, 3>},
    %u: tensor<?x2xf32> {veomni.axes = ["tokens"], veomni.name = "u"})
    -> (tensor<?x8xf32> {veomni.axes = ["tokens"], veomni.name = "y"}) {
  %y = veomni.experts_loop @expert (%x, %experts, %u) {num_experts = 4 : i64} : tensor<?x8xf32>, tensor<?x2xi32>, tensor<?x2xf32> -> tensor<?x8xf32>
  return %y : tensor<?x8xf32>
}

// -----

func.func @"veomni.full_like"(%x: tensor<?x?x8xf32> {veomni.axes = ["batch", "seq"], veomni.name = "x"})
    -> (tensor<?x?x8xf32> {veomni.axes = ["batch", "seq"], veomni.name = "y"}) {
  %y = veomni.full_like %x {value = 2.5 : f32} : tensor<?x?x8xf32> -> tensor<?x?x8xf32>
  return %y : tensor<?x?x8xf32>
}

// -----

func.func @"veomni.mrope_table"(%p: tensor<3x?x?xi64> {veomni.axes = ["batch", "seq"], veomni.name = "p", veomni.range = array<i64: 0, 99>})
    -> (tensor<?x?x4xf32> {veomni.axes = ["batch", "seq"], veomni.name = "c"}, tensor<?x?x4xf32> {veomni.axes = ["batch", "seq"], veomni.name = "s"}) {
  %c, %s = veomni.mrope_table %p {axes = array<i64: 0, 1, 2, 0>, inv_freq = array<f32: 1.0, 0.5, 0.1, 0.01>, scale = 1.5 : f32}
      : tensor<3x?x?xi64> -> tensor<?x?x4xf32>
  return %c, %s : tensor<?x?x4xf32>, tensor<?x?x4xf32>
}

// -----

func.func @"veomni.token_index"(%ids: tensor<?x?xi64> {veomni.axes = ["batch", "seq"], veomni.name = "ids", veomni.range = array<i64: 0, 2>})
    -> (tensor<?x?xi32> {veomni.axes = ["batch", "seq"], veomni.name = "y"}) {
  %y = veomni.token_index %ids {token = 1 : i64} : tensor<?x?xi64> -> tensor<?x?xi32>
  return %y : tensor<?x?xi32>
}

// -----

func.func @"veomni.take_rows"(%x: tensor<5x8xf32> {veomni.name = "x"},
                              %i: tensor<?x?xi32> {veomni.axes = ["batch", "seq"], veomni.name = "i", veomni.range = array<i64: -1, 4>})
    -> (tensor<?x?x8xf32> {veomni.axes = ["batch", "seq"], veomni.name = "y"}) {
  %y = veomni.take_rows %x at %i : tensor<5x8xf32>, tensor<?x?xi32> -> tensor<?x?x8xf32>
  return %y : tensor<?x?x8xf32>
}

// -----

func.func @"veomni.take_rows else"(%x: tensor<5x8xf32> {veomni.name = "x"},
                                   %i: tensor<?x?xi32> {veomni.axes = ["batch", "seq"], veomni.name = "i", veomni.range = array<i64: -1, 4>},
                                   %h: tensor<?x?x8xf32> {veomni.axes = ["batch", "seq"], veomni.name = "h"})
    -> (tensor<?x?x8xf32> {veomni.axes = ["batch", "seq"], veomni.name = "y"}) {
  %y = veomni.take_rows %x at %i else %h : tensor<5x8xf32>, tensor<?x?xi32> else tensor<?x?x8xf32> -> tensor<?x?x8xf32>
  return %y : tensor<?x?x8xf32>
}

// RUN: veomni-opt %s --veomni-bind=level=x86-64-v3 --veomni-fuse --veomni-lower | FileCheck %s
// RUN: veomni-opt %s --veomni-bind="level=x86-64-v3 kernel=rotary_pos_emb_vision=eager" --veomni-fuse --veomni-lower | FileCheck %s --check-prefix=EAGER
// RUN: not veomni-opt %s --veomni-bind="level=x86-64-v3 kernel=rotary_pos_emb=eager" 2>&1 | FileCheck %s --check-prefix=TEXT

// The heads of a vision tower's patches: rows are the patches alone.
// CHECK: veomni_rt.kernel @rope_0 = "rope" {layout = "half"} (read !veomni_rt.buffer<[patches, 2, 8] x f32, row_rank = 2>
// CHECK: dispatch @rope_0 workgroups(ceildiv(patches, 16)) ({{.*}}) scalars(patches)
// EAGER-NOT: "rope"
// EAGER-DAG: "elementwise_unary" {{.*}}function = "neg"
// EAGER-DAG: "elementwise_binary" {function = "mul"} (read !veomni_rt.buffer<[patches, 2, 8] x f32, row_rank = 2>, read !veomni_rt.buffer<[patches, 1, 8]
// EAGER: workgroups(ceildiv(patches, 16))
// TEXT: error: rotary_pos_emb=eager: no op of the model matches; it has rotary_pos_emb_vision/full
func.func @forward(%x: tensor<?x2x8xf32> {veomni.axes = ["patches"], veomni.name = "x"}, %cos: tensor<?x4xf32> {veomni.axes = ["patches"], veomni.name = "cos"},
                   %sin: tensor<?x4xf32> {veomni.axes = ["patches"], veomni.name = "sin"}) -> (tensor<?x2x8xf32> {veomni.axes = ["patches"], veomni.name = "y"}) {
  %y = veomni.rope %x, %cos, %sin {layout = #veomni.rope_layout<half>} : tensor<?x2x8xf32>, tensor<?x4xf32>
  return %y : tensor<?x2x8xf32>
}

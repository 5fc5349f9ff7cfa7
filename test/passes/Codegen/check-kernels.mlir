// RUN: veomni-opt %s -split-input-file --veomni-set-target --veomni-check-kernels -verify-diagnostics | FileCheck %s
// RUN: veomni-opt %s -split-input-file --veomni-set-target --veomni-check-kernels -verify-diagnostics | veomni-opt -split-input-file --veomni-set-target --veomni-check-kernels -verify-diagnostics | FileCheck %s

// What fits stays as it is: rows under another name, products in another order, columns read over themselves.
// CHECK-LABEL: symbol @tokens
// CHECK: veomni_rt.dispatch @glu workgroups(ceildiv(tokens, 16))
veomni_rt.symbol @batch = axis range(1, 100)
veomni_rt.symbol @seq = axis range(1, 100)
veomni_rt.symbol @tokens = derived(seq * batch)
veomni_rt.kernel @glu = "glu" {act = "silu"} (read !veomni_rt.buffer<[batch, seq, 8] x f32>, read !veomni_rt.buffer<[batch, seq, 8] x f32>, write !veomni_rt.buffer<[batch, seq, 8] x f32>) scalars(1)
veomni_rt.func @fits(%x: !veomni_rt.buffer<[batch, seq, 8] x f32> read "x") params(0) slots(2) {
  %a = veomni_rt.slot 0 : !veomni_rt.buffer<[batch, seq, 8] x f32>
  %b = veomni_rt.slot 1 : !veomni_rt.buffer<[batch, seq, 8] x f32>
  veomni_rt.dispatch @glu workgroups(ceildiv(tokens, 16)) (%x, %x, %a : !veomni_rt.buffer<[batch, seq, 8] x f32>, !veomni_rt.buffer<[batch, seq, 8] x f32>, !veomni_rt.buffer<[batch, seq, 8] x f32>) scalars(seq * batch)
  veomni_rt.dispatch @glu workgroups(ceildiv(batch * seq, 16)) (%a, %x, %a : !veomni_rt.buffer<[batch, seq, 8] x f32>, !veomni_rt.buffer<[batch, seq, 8] x f32>, !veomni_rt.buffer<[batch, seq, 8] x f32>) scalars(tokens)
  veomni_rt.dispatch @glu workgroups(ceildiv(tokens, 16)) (%a, %a, %b : !veomni_rt.buffer<[batch, seq, 8] x f32>, !veomni_rt.buffer<[batch, seq, 8] x f32>, !veomni_rt.buffer<[batch, seq, 8] x f32>) scalars(tokens)
  veomni_rt.return
}

// -----

// Scalars and workgroups are what the types say, and all that is wrong is told.
veomni_rt.symbol @seq = axis range(1, 100)
veomni_rt.kernel @glu = "glu" {act = "silu"} (read !veomni_rt.buffer<[seq, 8] x f32>, read !veomni_rt.buffer<[seq, 8] x f32>, write !veomni_rt.buffer<[seq, 8] x f32>) scalars(1)
// expected-error @+1 {{@wide (glu): operand 2 ('out') has 9 for cols, expected 8 as in operand 0 ('gate')}}
veomni_rt.kernel @wide = "glu" {act = "silu"} (read !veomni_rt.buffer<[seq, 8] x f32>, read !veomni_rt.buffer<[seq, 8] x f32>, write !veomni_rt.buffer<[seq, 9] x f32>) scalars(1)
// expected-error @+1 {{@unknown (ad): unknown kernel kind 'ad', expected one of: add_rms_norm,}}
veomni_rt.kernel @unknown = "ad" () scalars(0)
// expected-error @+1 {{@counted (glu): has 2 scalars, expected 1}}
veomni_rt.kernel @counted = "glu" {act = "silu"} (read !veomni_rt.buffer<[seq, 8] x f32>, read !veomni_rt.buffer<[seq, 8] x f32>, write !veomni_rt.buffer<[seq, 8] x f32>) scalars(2)
veomni_rt.func @extents(%x: !veomni_rt.buffer<[seq, 8] x f32> read "x") params(0) slots(1) {
  %a = veomni_rt.slot 0 : !veomni_rt.buffer<[seq, 8] x f32>
  // expected-error @+1 {{workgroups of axis x are 0, expected ceildiv(seq, 16) = ceildiv(rows, 16)}}
  veomni_rt.dispatch @glu workgroups(0) (%x, %x, %a : !veomni_rt.buffer<[seq, 8] x f32>, !veomni_rt.buffer<[seq, 8] x f32>, !veomni_rt.buffer<[seq, 8] x f32>) scalars(seq)
  // expected-error @+1 {{workgroups of axis x are 281474976710656, expected ceildiv(seq, 16) = ceildiv(rows, 16)}}
  veomni_rt.dispatch @glu workgroups(281474976710656) (%x, %x, %a : !veomni_rt.buffer<[seq, 8] x f32>, !veomni_rt.buffer<[seq, 8] x f32>, !veomni_rt.buffer<[seq, 8] x f32>) scalars(seq)
  // expected-error @+2 {{of @glu (glu): has 2 numbers of workgroups, expected 1}}
  // expected-error @+1 {{of @glu (glu): scalar 'rows' is seq * 2, expected seq as the types of its operands say}}
  veomni_rt.dispatch @glu workgroups(ceildiv(seq, 16), 2) (%x, %x, %a : !veomni_rt.buffer<[seq, 8] x f32>, !veomni_rt.buffer<[seq, 8] x f32>, !veomni_rt.buffer<[seq, 8] x f32>) scalars(seq * 2)
  veomni_rt.return
}

// -----

// A symbol that stands for rounded up panels must be that.
veomni_rt.symbol @batch = axis range(1, 100)
veomni_rt.symbol @seq = axis range(1, 100)
veomni_rt.symbol @panels = derived(ceildiv(seq, 33))
// expected-error @+2 {{operand 2 ('packed_k') has a dim of panels, expected ceildiv(keys, 32) = ceildiv(seq, 32)}}
// expected-error @+1 {{operand 3 ('packed_v') has a dim of panels, expected ceildiv(keys, 32) = ceildiv(seq, 32)}}
veomni_rt.kernel @pack = "attention_pack" (read !veomni_rt.buffer<[batch, seq, 2, 8] x f32, row_rank = 2>, read !veomni_rt.buffer<[batch, seq, 2, 8] x f32, row_rank = 2>, write !veomni_rt.buffer<[batch, 2, panels, 8, 32] x f32>, write !veomni_rt.buffer<[batch, 2, 1, panels, 1024] x f32>) scalars(2)

// -----

// Memory is shared only where the kind says so: not by what is named otherwise, nor through views, calls and two that
// are written.
veomni_rt.symbol @seq = axis range(1, 100)
veomni_rt.kernel @glu = "glu" {act = "silu"} (read !veomni_rt.buffer<[seq, 8] x f32>, read !veomni_rt.buffer<[seq, 8] x f32>, write !veomni_rt.buffer<[seq, 8] x f32>) scalars(1)
veomni_rt.kernel @sum = "sum_heads" (read !veomni_rt.buffer<[seq, 2, 4] x f32, row_rank = 2>, write !veomni_rt.buffer<[seq, 1, 4] x f32, row_rank = 2, row_stride = 8>) scalars(1)
veomni_rt.kernel @norm = "add_rms_norm" {eps = 1.0e-5 : f32, variant = "unweighted"} (read !veomni_rt.buffer<[seq, 8] x f32>, read !veomni_rt.buffer<[seq, 8] x f32>, write !veomni_rt.buffer<[seq, 8] x f32>, write !veomni_rt.buffer<[seq, 8] x f32>) scalars(1)
veomni_rt.func @callee(%x: !veomni_rt.buffer<[seq, 8] x f32> read, %y: !veomni_rt.buffer<[seq, 8] x f32> write) params(0) slots(0) {
  veomni_rt.dispatch @glu workgroups(ceildiv(seq, 16)) (%x, %x, %y : !veomni_rt.buffer<[seq, 8] x f32>, !veomni_rt.buffer<[seq, 8] x f32>, !veomni_rt.buffer<[seq, 8] x f32>) scalars(seq)
  veomni_rt.return
}
veomni_rt.func @shares(%x: !veomni_rt.buffer<[seq, 8] x f32> read "x") params(0) slots(2) {
  %a = veomni_rt.slot 0 : !veomni_rt.buffer<[seq, 8] x f32>
  %b = veomni_rt.slot 0 : !veomni_rt.buffer<[seq, 8] x f32>
  %heads = veomni_rt.view %a : !veomni_rt.buffer<[seq, 8] x f32> as !veomni_rt.buffer<[seq, 2, 4] x f32, row_rank = 2>
  %one = veomni_rt.view %a : !veomni_rt.buffer<[seq, 8] x f32> as !veomni_rt.buffer<[seq, 1, 4] x f32, row_rank = 2, row_stride = 8>
  veomni_rt.dispatch @glu workgroups(ceildiv(seq, 16)) (%x, %x, %a : !veomni_rt.buffer<[seq, 8] x f32>, !veomni_rt.buffer<[seq, 8] x f32>, !veomni_rt.buffer<[seq, 8] x f32>) scalars(seq)
  // Under another name, in place.
  veomni_rt.dispatch @glu workgroups(ceildiv(seq, 16)) (%a, %x, %b : !veomni_rt.buffer<[seq, 8] x f32>, !veomni_rt.buffer<[seq, 8] x f32>, !veomni_rt.buffer<[seq, 8] x f32>) scalars(seq)
  veomni_rt.dispatch @glu workgroups(ceildiv(seq, 16)) (%x, %x, %a : !veomni_rt.buffer<[seq, 8] x f32>, !veomni_rt.buffer<[seq, 8] x f32>, !veomni_rt.buffer<[seq, 8] x f32>) scalars(seq)
  // expected-error @+1 {{operand 1 ('out' of sum_heads) is written and has the memory of operand 0 ('x' of sum_heads), which is allowed only where the kernel declares it and the types are equal}}
  veomni_rt.dispatch @sum workgroups(ceildiv(seq, 16)) (%heads, %one : !veomni_rt.buffer<[seq, 2, 4] x f32, row_rank = 2>, !veomni_rt.buffer<[seq, 1, 4] x f32, row_rank = 2, row_stride = 8>) scalars(seq)
  // expected-error @+1 {{operand 2 ('x' of add_rms_norm) is written and has the memory of operand 3 ('out' of add_rms_norm)}}
  veomni_rt.dispatch @norm workgroups(ceildiv(seq, 16)) (%x, %x, %a, %a : !veomni_rt.buffer<[seq, 8] x f32>, !veomni_rt.buffer<[seq, 8] x f32>, !veomni_rt.buffer<[seq, 8] x f32>, !veomni_rt.buffer<[seq, 8] x f32>) scalars(seq)
  // expected-error @+1 {{operand 1 is written and has the memory of operand 0}}
  veomni_rt.call @callee params(0) (%a, %a : !veomni_rt.buffer<[seq, 8] x f32>, !veomni_rt.buffer<[seq, 8] x f32>)
  veomni_rt.return
}

// -----

// A slot holds what was last written to it.
veomni_rt.symbol @seq = axis range(1, 100)
veomni_rt.kernel @glu = "glu" {act = "silu"} (read !veomni_rt.buffer<[seq, 8] x f32>, read !veomni_rt.buffer<[seq, 8] x f32>, write !veomni_rt.buffer<[seq, 8] x f32>) scalars(1)
veomni_rt.func @holds(%x: !veomni_rt.buffer<[seq, 8] x f32> read "x") params(0) slots(2) {
  %a = veomni_rt.slot 0 : !veomni_rt.buffer<[seq, 8] x f32>
  %b = veomni_rt.slot 0 : !veomni_rt.buffer<[seq, 8] x f32>
  %c = veomni_rt.slot 1 : !veomni_rt.buffer<[seq, 8] x f32>
  // expected-error @+1 {{operand 1 is read, but nothing was written to slot 0 before}}
  veomni_rt.dispatch @glu workgroups(ceildiv(seq, 16)) (%x, %a, %c : !veomni_rt.buffer<[seq, 8] x f32>, !veomni_rt.buffer<[seq, 8] x f32>, !veomni_rt.buffer<[seq, 8] x f32>) scalars(seq)
  veomni_rt.dispatch @glu workgroups(ceildiv(seq, 16)) (%x, %x, %a : !veomni_rt.buffer<[seq, 8] x f32>, !veomni_rt.buffer<[seq, 8] x f32>, !veomni_rt.buffer<[seq, 8] x f32>) scalars(seq)
  veomni_rt.dispatch @glu workgroups(ceildiv(seq, 16)) (%x, %x, %b : !veomni_rt.buffer<[seq, 8] x f32>, !veomni_rt.buffer<[seq, 8] x f32>, !veomni_rt.buffer<[seq, 8] x f32>) scalars(seq)
  // expected-error @+1 {{operand 1 is read, but another value was written to slot 0 since}}
  veomni_rt.dispatch @glu workgroups(ceildiv(seq, 16)) (%x, %a, %c : !veomni_rt.buffer<[seq, 8] x f32>, !veomni_rt.buffer<[seq, 8] x f32>, !veomni_rt.buffer<[seq, 8] x f32>) scalars(seq)
  veomni_rt.return
}

// -----

// The expert whose matrix is read is one of them.
veomni_rt.symbol @seq = axis range(1, 100)
veomni_rt.symbol @expert = loop
veomni_rt.symbol @more = loop
veomni_rt.kernel @gemm = "expert_gemm" (read !veomni_rt.buffer<[seq, 8] x f32>, read !veomni_rt.buffer<[2, 8, 8] x f32, tiles = [32, 1]>, write !veomni_rt.buffer<[seq, 8] x f32>) scalars(2)
veomni_rt.func @body(%x: !veomni_rt.buffer<[seq, 8] x f32> read, %y: !veomni_rt.buffer<[seq, 8] x f32> write) params(1) slots(0) {
  %w = veomni_rt.param 0 : !veomni_rt.buffer<[2, 8, 8] x f32, tiles = [32, 1]>
  veomni_rt.dispatch @gemm workgroups(ceildiv(seq, 516), 1) (%x, %w, %y : !veomni_rt.buffer<[seq, 8] x f32>, !veomni_rt.buffer<[2, 8, 8] x f32, tiles = [32, 1]>, !veomni_rt.buffer<[seq, 8] x f32>) scalars(seq, expert)
  veomni_rt.dispatch @gemm workgroups(ceildiv(seq, 516), 1) (%x, %w, %y : !veomni_rt.buffer<[seq, 8] x f32>, !veomni_rt.buffer<[2, 8, 8] x f32, tiles = [32, 1]>, !veomni_rt.buffer<[seq, 8] x f32>) scalars(seq, 1)
  // expected-error @+1 {{scalar 'expert' is 2, expected an index below experts = 2}}
  veomni_rt.dispatch @gemm workgroups(ceildiv(seq, 516), 1) (%x, %w, %y : !veomni_rt.buffer<[seq, 8] x f32>, !veomni_rt.buffer<[2, 8, 8] x f32, tiles = [32, 1]>, !veomni_rt.buffer<[seq, 8] x f32>) scalars(seq, 2)
  // expected-error @+1 {{scalar 'expert' is seq, which counts no loop, expected an index below experts = 2}}
  veomni_rt.dispatch @gemm workgroups(ceildiv(seq, 516), 1) (%x, %w, %y : !veomni_rt.buffer<[seq, 8] x f32>, !veomni_rt.buffer<[2, 8, 8] x f32, tiles = [32, 1]>, !veomni_rt.buffer<[seq, 8] x f32>) scalars(seq, seq)
  // expected-error @+1 {{scalar 'expert' is expert * 2, expected an index below experts = 2}}
  veomni_rt.dispatch @gemm workgroups(ceildiv(seq, 516), 1) (%x, %w, %y : !veomni_rt.buffer<[seq, 8] x f32>, !veomni_rt.buffer<[2, 8, 8] x f32, tiles = [32, 1]>, !veomni_rt.buffer<[seq, 8] x f32>) scalars(seq, expert * 2)
  // expected-error @+1 {{scalar 'expert' is more, which counts a loop to 3, expected an index below experts = 2}}
  veomni_rt.dispatch @gemm workgroups(ceildiv(seq, 516), 1) (%x, %w, %y : !veomni_rt.buffer<[seq, 8] x f32>, !veomni_rt.buffer<[2, 8, 8] x f32, tiles = [32, 1]>, !veomni_rt.buffer<[seq, 8] x f32>) scalars(seq, more)
  veomni_rt.return
}
veomni_rt.func @loops(%x: !veomni_rt.buffer<[seq, 8] x f32> read "x") params(1) slots(1) {
  %y = veomni_rt.slot 0 : !veomni_rt.buffer<[seq, 8] x f32>
  veomni_rt.loop @expert to 2 do @body params(0) stride(0) (%x, %y : !veomni_rt.buffer<[seq, 8] x f32>, !veomni_rt.buffer<[seq, 8] x f32>)
  veomni_rt.loop @more to 3 do @body params(0) stride(0) (%x, %y : !veomni_rt.buffer<[seq, 8] x f32>, !veomni_rt.buffer<[seq, 8] x f32>)
  veomni_rt.return
}

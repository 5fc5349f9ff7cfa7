// RUN: veomni-opt %s -split-input-file -verify-diagnostics

veomni_rt.mesh_axis "sp" = 2
veomni_rt.symbol @n = axis
veomni_rt.symbol @received = counted
veomni_rt.func @here(%x: !veomni_rt.buffer<[received, 8] x f32> read "", %n: !veomni_rt.buffer<[received, 1] x i32> read "", %y: !veomni_rt.buffer<[received, 8] x f32> write "") params(0) slots(0) {
  veomni_rt.return
}
veomni_rt.func @f(%x: !veomni_rt.buffer<[n, 8] x f32> read "", %o: !veomni_rt.buffer<[9] x i32> read "", %y: !veomni_rt.buffer<[n, 8] x f32> write "") params(0) slots(0) {
  // expected-error @+1 {{is over "ep", which is not a veomni_rt.mesh_axis of this module}}
  veomni_rt.expert_dispatch over "ep" counts(@received) do @here params(0) (%x, %o, %y : !veomni_rt.buffer<[n, 8] x f32>, !veomni_rt.buffer<[9] x i32>, !veomni_rt.buffer<[n, 8] x f32>)
  veomni_rt.return
}

// -----

veomni_rt.mesh_axis "ep" = 2
veomni_rt.symbol @n = axis
veomni_rt.symbol @received = counted
veomni_rt.func @here(%x: !veomni_rt.buffer<[received, 8] x f32> read "", %n: !veomni_rt.buffer<[received, 1] x i32> read "", %y: !veomni_rt.buffer<[received, 8] x f32> write "") params(0) slots(0) {
  veomni_rt.return
}
veomni_rt.func @f(%x: !veomni_rt.buffer<[n, 8] x f32> read "", %o: !veomni_rt.buffer<[9] x i32> read "", %y: !veomni_rt.buffer<[n, 8] x f32> write "") params(0) slots(0) {
  // expected-error @+1 {{counts in @n, which is not a veomni_rt.symbol of kind counted}}
  veomni_rt.expert_dispatch over "ep" counts(@n) do @here params(0) (%x, %o, %y : !veomni_rt.buffer<[n, 8] x f32>, !veomni_rt.buffer<[9] x i32>, !veomni_rt.buffer<[n, 8] x f32>)
  veomni_rt.return
}

// -----

veomni_rt.mesh_axis "ep" = 2
veomni_rt.symbol @n = axis
veomni_rt.symbol @received = counted
veomni_rt.func @here(%x: !veomni_rt.buffer<[received, 8] x f32> read "", %n: !veomni_rt.buffer<[received, 1] x i32> read "", %y: !veomni_rt.buffer<[received, 8] x f32> write "") params(0) slots(0) {
  veomni_rt.return
}
veomni_rt.func @f(%x: !veomni_rt.buffer<[n, 8] x f32> read "", %o: !veomni_rt.buffer<[9] x i32> read "", %y: !veomni_rt.buffer<[n, 4] x f32> write "") params(0) slots(0) {
  // expected-error @+1 {{expected equal dims, of which the first alone may be a symbol}}
  veomni_rt.expert_dispatch over "ep" counts(@received) do @here params(0) (%x, %o, %y : !veomni_rt.buffer<[n, 8] x f32>, !veomni_rt.buffer<[9] x i32>, !veomni_rt.buffer<[n, 4] x f32>)
  veomni_rt.return
}

// -----

veomni_rt.mesh_axis "ep" = 2
veomni_rt.symbol @n = axis
veomni_rt.symbol @received = counted
veomni_rt.func @here(%x: !veomni_rt.buffer<[received, 8] x f32> read "", %n: !veomni_rt.buffer<[received, 1] x i32> read "", %y: !veomni_rt.buffer<[received, 8] x f32> write "") params(0) slots(0) {
  veomni_rt.return
}
veomni_rt.func @f(%x: !veomni_rt.buffer<[n, n] x f32> read "", %o: !veomni_rt.buffer<[9] x i32> read "", %y: !veomni_rt.buffer<[n, n] x f32> write "") params(0) slots(0) {
  // expected-error @+1 {{expected equal dims, of which the first alone may be a symbol}}
  veomni_rt.expert_dispatch over "ep" counts(@received) do @here params(0) (%x, %o, %y : !veomni_rt.buffer<[n, n] x f32>, !veomni_rt.buffer<[9] x i32>, !veomni_rt.buffer<[n, n] x f32>)
  veomni_rt.return
}

// -----

veomni_rt.mesh_axis "ep" = 2
veomni_rt.symbol @n = axis
veomni_rt.symbol @received = counted
veomni_rt.func @here(%x: !veomni_rt.buffer<[received, 8] x f32> read "", %n: !veomni_rt.buffer<[received, 1] x i32> read "", %y: !veomni_rt.buffer<[received, 8] x f32> write "") params(0) slots(0) {
  veomni_rt.return
}
veomni_rt.func @f(%x: !veomni_rt.buffer<[n, 8] x f32> read "", %o: !veomni_rt.buffer<[8] x i32> read "", %y: !veomni_rt.buffer<[n, 8] x f32> write "") params(0) slots(0) {
  // expected-error @+1 {{expected [experts + 1] x i32, where the 2 ranks along "ep" divide the experts}}
  veomni_rt.expert_dispatch over "ep" counts(@received) do @here params(0) (%x, %o, %y : !veomni_rt.buffer<[n, 8] x f32>, !veomni_rt.buffer<[8] x i32>, !veomni_rt.buffer<[n, 8] x f32>)
  veomni_rt.return
}

// -----

veomni_rt.mesh_axis "ep" = 2
veomni_rt.symbol @n = axis
veomni_rt.symbol @received = counted
veomni_rt.func @here(%x: !veomni_rt.buffer<[received, 8] x f32> read "", %n: !veomni_rt.buffer<[received, 1] x i32> read "", %y: !veomni_rt.buffer<[received, 8] x f32> write "") params(0) slots(0) {
  veomni_rt.return
}
veomni_rt.func @f(%x: !veomni_rt.buffer<[n, 8] x f32> read "", %o: !veomni_rt.buffer<[9] x i64> read "", %y: !veomni_rt.buffer<[n, 8] x f32> write "") params(0) slots(0) {
  // expected-error @+1 {{expected [experts + 1] x i32, where the 2 ranks along "ep" divide the experts}}
  veomni_rt.expert_dispatch over "ep" counts(@received) do @here params(0) (%x, %o, %y : !veomni_rt.buffer<[n, 8] x f32>, !veomni_rt.buffer<[9] x i64>, !veomni_rt.buffer<[n, 8] x f32>)
  veomni_rt.return
}

// -----

veomni_rt.mesh_axis "ep" = 2
veomni_rt.symbol @n = axis
veomni_rt.symbol @received = counted
veomni_rt.func @here(%x: !veomni_rt.buffer<[received, 8] x f32> read "", %n: !veomni_rt.buffer<[received, 1] x i32> read "", %y: !veomni_rt.buffer<[received, 8] x f32> write "") params(0) slots(0) {
  veomni_rt.return
}
veomni_rt.func @f(%x: !veomni_rt.buffer<[n, 8] x f32> read "", %o: !veomni_rt.buffer<[9] x i32> read "", %y: !veomni_rt.buffer<[n, 8] x f32> write "") params(0) slots(0) {
  // expected-error @+1 {{runs @there, which is not a veomni_rt.func of this module}}
  veomni_rt.expert_dispatch over "ep" counts(@received) do @there params(0) (%x, %o, %y : !veomni_rt.buffer<[n, 8] x f32>, !veomni_rt.buffer<[9] x i32>, !veomni_rt.buffer<[n, 8] x f32>)
  veomni_rt.return
}

// -----

veomni_rt.mesh_axis "ep" = 2
veomni_rt.symbol @n = axis
veomni_rt.symbol @received = counted
veomni_rt.func @here(%x: !veomni_rt.buffer<[received, 8] x f32> read "", %n: !veomni_rt.buffer<[received, 1] x i32> read "", %y: !veomni_rt.buffer<[received, 8] x f32> write "") params(0) slots(0) {
  veomni_rt.return
}
veomni_rt.func @f(%x: !veomni_rt.buffer<[n, 8] x f32> read "", %o: !veomni_rt.buffer<[9] x i32> read "", %y: !veomni_rt.buffer<[n, 8] x f32> write "") params(0) slots(0) {
  // expected-error @+1 {{needs params 3 to 3 (exclusive) for @here, but the function has params(0)}}
  veomni_rt.expert_dispatch over "ep" counts(@received) do @here params(3) (%x, %o, %y : !veomni_rt.buffer<[n, 8] x f32>, !veomni_rt.buffer<[9] x i32>, !veomni_rt.buffer<[n, 8] x f32>)
  veomni_rt.return
}

// -----

veomni_rt.mesh_axis "ep" = 2
veomni_rt.symbol @n = axis
veomni_rt.symbol @received = counted
veomni_rt.func @here(%x: !veomni_rt.buffer<[received, 8] x f32> read "", %n: !veomni_rt.buffer<[received, 2] x i32> read "", %y: !veomni_rt.buffer<[received, 8] x f32> write "") params(0) slots(0) {
  veomni_rt.return
}
veomni_rt.func @f(%x: !veomni_rt.buffer<[n, 8] x f32> read "", %o: !veomni_rt.buffer<[9] x i32> read "", %y: !veomni_rt.buffer<[n, 8] x f32> write "") params(0) slots(0) {
  // expected-error @+1 {{runs @here, expected a function that reads rows like}}
  veomni_rt.expert_dispatch over "ep" counts(@received) do @here params(0) (%x, %o, %y : !veomni_rt.buffer<[n, 8] x f32>, !veomni_rt.buffer<[9] x i32>, !veomni_rt.buffer<[n, 8] x f32>)
  veomni_rt.return
}

// -----

veomni_rt.mesh_axis "ep" = 2
veomni_rt.symbol @n = axis
veomni_rt.symbol @received = counted
veomni_rt.func @here(%x: !veomni_rt.buffer<[received, 8] x f32> read "", %n: !veomni_rt.buffer<[received, 1] x i32> read "", %y: !veomni_rt.buffer<[received, 8] x f32> read "") params(0) slots(0) {
  veomni_rt.return
}
veomni_rt.func @f(%x: !veomni_rt.buffer<[n, 8] x f32> read "", %o: !veomni_rt.buffer<[9] x i32> read "", %y: !veomni_rt.buffer<[n, 8] x f32> write "") params(0) slots(0) {
  // expected-error @+1 {{runs @here, expected a function that reads rows like}}
  veomni_rt.expert_dispatch over "ep" counts(@received) do @here params(0) (%x, %o, %y : !veomni_rt.buffer<[n, 8] x f32>, !veomni_rt.buffer<[9] x i32>, !veomni_rt.buffer<[n, 8] x f32>)
  veomni_rt.return
}

// -----

veomni_rt.mesh_axis "ep" = 2
veomni_rt.symbol @n = axis
veomni_rt.symbol @received = counted
veomni_rt.func @here(%x: !veomni_rt.buffer<[n, 8] x f32> read "", %n: !veomni_rt.buffer<[n, 1] x i32> read "", %y: !veomni_rt.buffer<[n, 8] x f32> write "") params(0) slots(0) {
  veomni_rt.return
}
veomni_rt.func @f(%x: !veomni_rt.buffer<[n, 8] x f32> read "", %o: !veomni_rt.buffer<[9] x i32> read "", %y: !veomni_rt.buffer<[n, 8] x f32> write "") params(0) slots(0) {
  // expected-error @+1 {{runs @here, expected a function that reads rows like}}
  veomni_rt.expert_dispatch over "ep" counts(@received) do @here params(0) (%x, %o, %y : !veomni_rt.buffer<[n, 8] x f32>, !veomni_rt.buffer<[9] x i32>, !veomni_rt.buffer<[n, 8] x f32>)
  veomni_rt.return
}

// -----

veomni_rt.mesh_axis "ep" = 2
veomni_rt.symbol @n = axis
veomni_rt.symbol @received = counted
veomni_rt.func @here(%x: !veomni_rt.buffer<[received, 8] x f32> read "", %n: !veomni_rt.buffer<[received, 1] x i32> read "", %y: !veomni_rt.buffer<[received, 8] x f32> write "") params(0) slots(0) {
  veomni_rt.return
}
veomni_rt.func @f(%x: !veomni_rt.buffer<[n, 8] x f32> read "", %o: !veomni_rt.buffer<[9] x i32> read "", %y: !veomni_rt.buffer<[n, 8] x f32> read "") params(0) slots(0) {
  // expected-error @+1 {{operand 2 is written, but the function only reads its argument 2}}
  veomni_rt.expert_dispatch over "ep" counts(@received) do @here params(0) (%x, %o, %y : !veomni_rt.buffer<[n, 8] x f32>, !veomni_rt.buffer<[9] x i32>, !veomni_rt.buffer<[n, 8] x f32>)
  veomni_rt.return
}

// -----

veomni_rt.mesh_axis "ep" = 2
veomni_rt.symbol @n = axis
veomni_rt.symbol @received = counted
veomni_rt.func @here(%x: !veomni_rt.buffer<[received, 8] x f32> read "", %n: !veomni_rt.buffer<[received, 1] x i32> read "", %y: !veomni_rt.buffer<[received, 8] x f32> write "") params(0) slots(0) {
  veomni_rt.return
}
veomni_rt.func @f(%x: !veomni_rt.buffer<[n, 8] x f32> read "", %o: !veomni_rt.buffer<[9] x i32> read "", %y: !veomni_rt.buffer<[n, 8] x f32> write "") params(0) slots(0) {
  // expected-error @+1 {{operand 2 is written and has the memory of operand 0}}
  veomni_rt.expert_dispatch over "ep" counts(@received) do @here params(0) (%y, %o, %y : !veomni_rt.buffer<[n, 8] x f32>, !veomni_rt.buffer<[9] x i32>, !veomni_rt.buffer<[n, 8] x f32>)
  veomni_rt.return
}

// -----

veomni_rt.mesh_axis "ep" = 2
// expected-error @+1 {{'up' is a part of 4 ranks along "ep", which is no veomni_rt.mesh_axis with so many}}
veomni_rt.weight "up" : !veomni_rt.buffer<[2, 8] x f32> = [load("up", [8, 8], f32), part("ep", 4, dim = 0)]

// -----

veomni_rt.mesh_axis "sp" = 3
// expected-error @+1 {{re-divides the 3 ranks of the grid, and its size does not divide them}}
veomni_rt.mesh_axis "ep" = 2 redivides

// -----

veomni_rt.symbol @received = counted
veomni_rt.entry "forward" runs @forward params(0) {
  veomni_rt.output "y" : !veomni_rt.buffer<[8] x f32>
}
veomni_rt.func @forward(%y: !veomni_rt.buffer<[8] x f32> write "y") params(0) slots(1) {
  // expected-error @+1 {{uses 'received', which no input of entry 'forward' tells and no dispatch to experts has counted here}}
  %s = veomni_rt.slot 0 : !veomni_rt.buffer<[received] x f32>
  veomni_rt.return
}

// -----

veomni_rt.mesh_axis "ep" = 2
veomni_rt.symbol @n = axis
veomni_rt.symbol @received = counted
veomni_rt.entry "forward" runs @forward params(0) {
  veomni_rt.input "x" : !veomni_rt.buffer<[n, 8] x f32>
  veomni_rt.input "o" : !veomni_rt.buffer<[9] x i32>
  veomni_rt.output "y" : !veomni_rt.buffer<[n, 8] x f32>
}
veomni_rt.func @inner(%x: !veomni_rt.buffer<[received, 8] x f32> read "", %n: !veomni_rt.buffer<[received, 1] x i32> read "", %y: !veomni_rt.buffer<[received, 8] x f32> write "") params(0) slots(0) {
  veomni_rt.return
}
veomni_rt.func @here(%x: !veomni_rt.buffer<[received, 8] x f32> read "", %n: !veomni_rt.buffer<[received, 1] x i32> read "", %y: !veomni_rt.buffer<[received, 8] x f32> write "") params(0) slots(1) {
  %s = veomni_rt.slot 0 : !veomni_rt.buffer<[9] x i32>
  // expected-error @+1 {{runs within another dispatch to experts}}
  veomni_rt.expert_dispatch over "ep" counts(@received) do @inner params(0) (%x, %s, %y : !veomni_rt.buffer<[received, 8] x f32>, !veomni_rt.buffer<[9] x i32>, !veomni_rt.buffer<[received, 8] x f32>)
  veomni_rt.return
}
veomni_rt.func @forward(%x: !veomni_rt.buffer<[n, 8] x f32> read "x", %o: !veomni_rt.buffer<[9] x i32> read "o", %y: !veomni_rt.buffer<[n, 8] x f32> write "y") params(0) slots(0) {
  veomni_rt.expert_dispatch over "ep" counts(@received) do @here params(0) (%x, %o, %y : !veomni_rt.buffer<[n, 8] x f32>, !veomni_rt.buffer<[9] x i32>, !veomni_rt.buffer<[n, 8] x f32>)
  veomni_rt.return
}

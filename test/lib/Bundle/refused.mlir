// What is no whole program makes no bundle, and each op in the way is named.
// RUN: veomni-translate --mlir-to-bundle %s -verify-diagnostics -split-input-file -o /dev/null

// expected-error@+1 {{a bundle needs a veomni_rt.entry, but the module has none}}
module {}

// -----

module {
  veomni_rt.entry "f" runs @f params(0) {
  }
  // expected-error@+1 {{kernel @k of kind 'glu' has no code yet, expected it in an executable}}
  veomni_rt.kernel @k = "glu" () scalars(0)
  // expected-error@+1 {{'builtin.module' has no place in a bundle, expected ops of veomni_rt only}}
  module {}
  veomni_rt.func @f() params(0) slots(0) {
    // expected-error@+1 {{'builtin.unrealized_conversion_cast' has no place in a bundle, expected ops of veomni_rt only}}
    %0 = builtin.unrealized_conversion_cast to i32
    veomni_rt.return
  }
}

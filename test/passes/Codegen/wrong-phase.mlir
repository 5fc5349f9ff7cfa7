// RUN: veomni-opt %s --veomni-codegen -split-input-file -verify-diagnostics
// Codegen says which phase a module is in, rather than do nothing to it.

// expected-error @+1 {{phase codegen expects a program (veomni_rt), which phase lower writes, found a model, as phase import writes it; lower it first}}
module {
  func.func @f() {
    return
  }
}

// -----

// expected-error @+1 {{phase codegen expects a program (veomni_rt), which phase lower writes, found none}}
module {
}

// -----

// A program without kernels has nothing to compile.
module {
  veomni_rt.func @f() params(0) slots(0) {
    veomni_rt.return
  }
}

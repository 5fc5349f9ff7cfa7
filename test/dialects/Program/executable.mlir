// Code prints as it is written here, also after a way through generic text and through bytecode.
// The option reads the text twice in one context, where resources get other names the second time (lit.cfg.py).
// UNSUPPORTED: verify-roundtrip
// RUN: grep -v "^//" %s > %t.expected
// RUN: veomni-opt %s > %t.text
// RUN: diff %t.expected %t.text
// RUN: veomni-opt %s --mlir-print-op-generic | veomni-opt > %t.generic
// RUN: diff %t.expected %t.generic
// RUN: veomni-opt %s --emit-bytecode | veomni-opt > %t.bytecode
// RUN: diff %t.expected %t.bytecode
module {
  veomni_rt.executable @code [{target = "cpu", level = "x86-64-v3", features = [], data = dense_resource<code_v3> : tensor<3xi8>}, {target = "cpu", level = "x86-64-v4", features = ["avx512f", "avx512bw"], data = dense_resource<code_v4> : tensor<4xi8>}, {target = "null", level = "any", features = []}]
  veomni_rt.kernel @scale in @code (read_write !veomni_rt.buffer<[4, 16] x f32>, read !veomni_rt.buffer<[16] x f32>) scalars(1)
}

{-#
  dialect_resources: {
    builtin: {
      code_v3: "0x04000000010203",
      code_v4: "0x0400000001020304"
    }
  }
#-}


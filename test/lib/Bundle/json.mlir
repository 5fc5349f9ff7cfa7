// The metadata of a bundle as JSON that any tool can read.
// RUN: veomni-translate --mlir-to-bundle %s -o %t.vob
// RUN: veomni-translate --bundle-to-json %t.vob -o %t.json
// RUN: FileCheck %s < %t.json
// RUN: %python -c "import json, sys; print(json.load(open(sys.argv[1]))['functions'][0]['instructions'][0]['action_type'])" %t.json | FileCheck %s --check-prefix=PARSED

// CHECK: "producer": "veomni
// CHECK: "name": "seq"
// CHECK: "kind": "axis"
// CHECK: "dtype": "f32"
// CHECK: "layout": "rows"
// CHECK: "key": "model_type"
// CHECK: "value": "\"llama\"\n"
// PARSED: Call
module attributes {veomni_rt.metadata = {model_type = "\22llama\22\0A"}} {
  veomni_rt.symbol @seq = axis
  veomni_rt.entry "f" runs @f params(0) {
    veomni_rt.input "x" : !veomni_rt.buffer<[seq] x f32>
  }
  veomni_rt.func @f(%x: !veomni_rt.buffer<[seq] x f32> read "x") params(0) slots(0) {
    veomni_rt.call @g params(0) ()
    veomni_rt.return
  }
  veomni_rt.func @g() params(0) slots(0) {
    veomni_rt.return
  }
}

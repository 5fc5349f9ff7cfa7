// RUN: not veomni-opt %s --veomni-set-mesh=mesh=sp 2>&1 | FileCheck %s --check-prefix=FORM
// RUN: not veomni-opt %s --veomni-set-mesh=mesh=sp=two 2>&1 | FileCheck %s --check-prefix=NUMBER
// RUN: not veomni-opt %s --veomni-set-mesh=mesh=cp=2 2>&1 | FileCheck %s --check-prefix=AXIS
// RUN: not veomni-opt %s --veomni-set-mesh=mesh=sp=0 2>&1 | FileCheck %s --check-prefix=SIZE
// RUN: not veomni-opt %s --veomni-set-mesh=mesh=sp=2,sp=2 2>&1 | FileCheck %s --check-prefix=TWICE
// RUN: not veomni-opt %s --veomni-set-mesh=mesh=sp=4,ep=3 2>&1 | FileCheck %s --check-prefix=EXPERTS
// RUN: veomni-opt %s --veomni-set-mesh=mesh=dp_replicate=2,sp=4 | FileCheck %s
// RUN: veomni-opt %s --veomni-set-mesh=mesh=dp_replicate=2,ep=4,sp=4 | FileCheck %s --check-prefix=THREE
// FORM: mesh: found 'sp', expected AXIS=SIZE, as in sp=2
// NUMBER: mesh: found 'sp=two', expected AXIS=SIZE, as in sp=2
// AXIS: mesh: there is no axis 'cp', expected one of: dp_replicate, dp_shard, sp, tp, ep
// SIZE: mesh: axis 'sp' of the mesh has size 0, expected at least 1
// TWICE: mesh: mesh has an axis 'sp', expected names that are not empty, hold no '@' and occur once
// EXPERTS: mesh: axis 'ep' of the mesh has size 3, which does not divide the 4 ranks of the other axes that it re-divides
// THREE: module attributes {veomni.mesh = #veomni.mesh<"dp_replicate" = 2, "ep" = 4 redivides, "sp" = 4>}
// CHECK: module attributes {veomni.mesh = #veomni.mesh<"dp_replicate" = 2, "sp" = 4>}
module {}

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The program dialect itself: what it registers, and the attributes that modules carry.
#include "Bytecode.h"
#include "mlir/IR/DialectImplementation.h"
#include "veomni/Dialect/Program/Program.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace veomni::rt;

#include "veomni/Dialect/Program/ProgramDialect.cpp.inc"
#include "veomni/Dialect/Program/ProgramEnums.cpp.inc"

void ProgramDialect::initialize() {
  registerTypes();
  registerAttributes();
  addOperations<
#define GET_OP_LIST
#include "veomni/Dialect/Program/ProgramOps.cpp.inc"
      >();
  addBytecodeInterface(this);
}

static LogicalResult verifyMetadata(Operation *op, NamedAttribute attr) {
  auto dictionary = dyn_cast<DictionaryAttr>(attr.getValue());
  if (!dictionary)
    return op->emitOpError() << "'" << attr.getName().getValue() << "' is " << attr.getValue()
                             << ", expected a dictionary of strings";
  for (NamedAttribute entry : dictionary)
    if (!isa<StringAttr>(entry.getValue()))
      return op->emitOpError() << "'" << attr.getName().getValue() << "' holds " << entry.getValue() << " under '"
                               << entry.getName().getValue() << "', expected a string";
  return success();
}

LogicalResult ProgramDialect::verifyOperationAttribute(Operation *op, NamedAttribute attr) {
  StringRef name = attr.getName().getValue();
  if (!isa<ModuleOp>(op))
    return op->emitOpError() << "carries '" << name << "', which belongs on a module";
  if (name == getMetadataAttrName())
    return verifyMetadata(op, attr);
  if (name == getProducerAttrName()) {
    if (isa<StringAttr>(attr.getValue()))
      return success();
    return op->emitOpError() << "'" << name << "' is " << attr.getValue() << ", expected a string";
  }
  return op->emitOpError() << "carries unknown attribute '" << name
                           << "', expected veomni_rt.metadata or veomni_rt.producer";
}

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
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
    return op->emitOpError() << "'" << attr.getName().getValue() << "' is " << attr.getValue() << ", expected a dictionary of strings";
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
  if (name == getEntryAttrName()) {
    auto entry = dyn_cast<FlatSymbolRefAttr>(attr.getValue());
    if (!entry)
      return op->emitOpError() << "'" << name << "' is " << attr.getValue() << ", expected the name of a veomni_rt.func";
    // What the entry function must look like is checked there, once its body is known to be sound.
    if (!isa_and_present<FuncOp>(SymbolTable::lookupSymbolIn(op, entry)))
      return op->emitOpError() << "'" << name << "' names " << entry << ", which is not a veomni_rt.func of this module";
    return success();
  }
  if (name == getMetadataAttrName())
    return verifyMetadata(op, attr);
  if (name == getProducerAttrName()) {
    if (isa<StringAttr>(attr.getValue()))
      return success();
    return op->emitOpError() << "'" << name << "' is " << attr.getValue() << ", expected a string";
  }
  return op->emitOpError() << "carries unknown attribute '" << name << "', expected one of veomni_rt.entry, veomni_rt.metadata, "
                           << "veomni_rt.producer";
}

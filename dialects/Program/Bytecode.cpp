// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Bytecode of the program dialect: machine code travels as bytes, not as text.
#include "Bytecode.h"
#include "mlir/Bytecode/BytecodeImplementation.h"
#include "veomni/Dialect/Program/Program.h"

using namespace mlir;
using namespace veomni::rt;

namespace {
class ProgramBytecodeInterface : public BytecodeDialectInterface {
public:
  explicit ProgramBytecodeInterface(Dialect *dialect) : BytecodeDialectInterface(dialect) {}

  // The kind of an attribute in bytecode; append only.
  static constexpr uint64_t variantCode = 1; // 0 had neither target nor variants without data

  Attribute readAttribute(DialectBytecodeReader &reader) const override {
    uint64_t code = 0;
    if (failed(reader.readVarInt(code)))
      return {};
    if (code != variantCode) {
      reader.emitError() << "unknown attribute code " << code << " of dialect veomni_rt";
      return {};
    }
    StringAttr target, level;
    ArrayAttr features;
    DenseResourceElementsAttr data;
    if (failed(reader.readAttribute(target)) || failed(reader.readAttribute(level)) ||
        failed(reader.readAttribute(features)) || failed(reader.readOptionalAttribute(data)))
      return {};
    return VariantAttr::getChecked([&] { return reader.emitError(); }, getContext(), target, level, features, data);
  }

  LogicalResult writeAttribute(Attribute attr, DialectBytecodeWriter &writer) const override {
    auto variant = dyn_cast<VariantAttr>(attr);
    if (!variant)
      return failure();
    writer.writeVarInt(variantCode);
    writer.writeAttribute(variant.getTarget());
    writer.writeAttribute(variant.getLevel());
    writer.writeAttribute(variant.getFeatures());
    writer.writeOptionalAttribute(variant.getData());
    return success();
  }
};
} // namespace

void veomni::rt::addBytecodeInterface(ProgramDialect *dialect) { dialect->addInterfaces<ProgramBytecodeInterface>(); }

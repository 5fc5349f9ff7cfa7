// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Kernels from text: the program dialect's own spelling of operands, without what every operand would repeat.
#include "veomni/Codegen/Kernel.h"

#include "mlir/AsmParser/AsmParser.h"
#include "mlir/IR/MLIRContext.h"
#include "llvm/ADT/StringExtras.h"

using namespace veomni;
using namespace veomni::codegen;
using namespace mlir;

llvm::Expected<Kernel> codegen::bindKernel(MLIRContext &context, const KernelKindTable &kinds, StringRef kind,
                                           const KernelText &text, const Level *level, SymbolDefinitions definitions) {
  context.loadDialect<rt::ProgramDialect>();
  const KernelKind *known = kinds.find(kind);
  if (!known)
    return llvm::createStringError(kinds.unknown(kind));
  SmallVector<StringRef> parts;
  StringRef(text.operands).split(parts, ';');
  SmallVector<rt::OperandAttr> operands;
  for (StringRef part : parts) {
    if (part.trim().empty())
      continue;
    auto [access, type] = part.trim().split(' ');
    auto parsed =
        parseAttribute(("#veomni_rt.operand<" + access + " !veomni_rt.buffer<" + type + ">>").str(), &context);
    if (!parsed)
      return llvm::createStringError("'" + part + "' is no operand");
    operands.push_back(cast<rt::OperandAttr>(parsed));
  }
  auto attributes = dyn_cast_or_null<DictionaryAttr>(parseAttribute(text.attributes, &context));
  if (!attributes)
    return llvm::createStringError("'" + text.attributes + "' is no dictionary");
  Problems problems;
  std::optional<Kernel> kernel = Kernel::bind(
      *known, attributes, operands,
      [&](StringAttr symbol) { return definitions ? definitions(symbol) : rt::ExtentAttr(); }, problems, level);
  if (!kernel)
    return llvm::createStringError(llvm::join(problems.all(), "\n"));
  return std::move(*kernel);
}

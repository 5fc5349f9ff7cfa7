// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What emitters and lowering ask of a kernel once it is bound.
#include "veomni/Codegen/Kernel.h"

#include "KernelBinding.h"

#include "llvm/ADT/STLExtras.h"

using namespace veomni;
using namespace veomni::codegen;
using namespace mlir;

std::optional<Kernel> Kernel::bind(const KernelKind &kind, DictionaryAttr attributes,
                                   ArrayRef<rt::OperandAttr> operands, SymbolDefinitions definitions,
                                   Problems &problems, const Level *level) {
  return KernelBinding(kind, attributes, operands, definitions, problems, level).run();
}

int64_t Kernel::size(StringRef name) const {
  auto known = constants.find(name.str());
  if (known == constants.end())
    llvm::report_fatal_error("kernel kind '" + llvm::Twine(declared->name) + "' asks for '" + name +
                             "', which is no constant size");
  return known->second;
}

bool Kernel::isConstant(StringRef name) const { return constants.count(name.str()); }

void Kernel::setSize(StringRef name, int64_t value) {
  constants[name.str()] = value;
  sizes[name.str()] = rt::ExtentAttr::get(context, {rt::Dim(value)});
}

void Kernel::limit(StringRef name, int64_t most, Problems &problems) const {
  if (isConstant(name) && size(name) > most)
    problems.add(name + " is " + std::to_string(size(name)) + ", but code is generated for at most " +
                 std::to_string(most));
}

void Kernel::expectMultiple(StringRef name, StringRef of, Problems &problems) const {
  if (size(name) % size(of) != 0)
    problems.add(name + " is " + std::to_string(size(name)) + ", expected a multiple of " + of + ", " +
                 std::to_string(size(of)));
}

void Kernel::expectAtMost(StringRef name, StringRef most, Problems &problems) const {
  if (size(name) > size(most))
    problems.add(name + " is " + std::to_string(size(name)) + ", expected at most " + most + " = " +
                 std::to_string(size(most)));
}

void Kernel::expectEqualStrides(StringRef a, StringRef b, Problems &problems) const {
  if (stride(a) != stride(b))
    problems.add("rows of '" + a + "' start every " + std::to_string(stride(a)) + " elements, but those of '" + b +
                 "' every " + std::to_string(stride(b)));
}

SmallVector<const ScalarRule *> Kernel::scalars() const {
  SmallVector<const ScalarRule *> present;
  for (const ScalarRule &rule : declared->scalars)
    if (!rule.ifDynamic || !isConstant(rule.size))
      present.push_back(&rule);
  return present;
}

static rt::ExtentAttr evaluateText(MLIRContext *context, const std::string &text,
                                   const std::map<std::string, rt::ExtentAttr> &sizes) {
  return evaluate(context, llvm::cantFail(SizeExpression::parse(text)), [&](const std::string &name) {
    auto known = sizes.find(name);
    return known == sizes.end() ? rt::ExtentAttr() : known->second;
  });
}

rt::ExtentAttr Kernel::scalarExtent(const ScalarRule &rule) const {
  return rule.size.empty() ? rt::ExtentAttr() : evaluateText(context, rule.size, sizes);
}

SmallVector<rt::ExtentAttr> Kernel::workgroups() const {
  return llvm::map_to_vector(declared->workgroups,
                             [&](const std::string &size) { return evaluateText(context, size, sizes); });
}

SmallVector<rt::ExtentAttr> Kernel::flops() const {
  SmallVector<rt::ExtentAttr> found;
  if (declared->flops)
    for (const std::string &size : declared->flops(*this))
      found.push_back(evaluateText(context, size, sizes));
  return found;
}

const OperandRule &Kernel::operandRule(unsigned number) const {
  for (const OperandRule &rule : declared->operands)
    if (auto known = operandNumbers.find(rule.name); known != operandNumbers.end() && known->second == number)
      return rule;
  llvm_unreachable("operands are numbered from 0");
}

std::string Kernel::key() const {
  std::string result;
  llvm::raw_string_ostream stream(result);
  for (const auto &[name, layout] : layouts)
    stream << name << ":" << operandNumbers.at(name) << " " << layout.element << " " << layout.stride << " "
           << layout.runs.at << " " << layout.runs.run << " " << layout.runs.whole << " " << int(layout.repeat) << "\n";
  for (const auto &[name, value] : constants)
    stream << name << "=" << value << "\n";
  for (const auto &[name, value] : attributes) {
    stream << name << "=";
    std::visit(
        [&](const auto &held) {
          using Held = std::decay_t<decltype(held)>;
          if constexpr (std::is_same_v<Held, std::vector<float>>)
            for (float number : held)
              stream << llvm::bit_cast<uint32_t>(number) << ",";
          else if constexpr (std::is_same_v<Held, double>)
            stream << llvm::bit_cast<uint64_t>(held);
          else
            stream << held;
        },
        value);
    stream << "\n";
  }
  return result;
}

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Inputs of a run: matched with what the entry declares, checked, completed by defaults.
#include "core/Inputs.h"

#include "comm/Parts.h"
#include "core/Sizes.h"
#include "veomni/runtime/NearestName.h"

#include <algorithm>
#include <string>

namespace veomni {

static constexpr const char *cuSeqlensName = "cu_seqlens";

static std::string inputName(const std::string &name) { return "input " + name; }

Expected<BoundInputs> BoundInputs::bind(const bundle::Bundle &program, const Entry &entry,
                                        std::span<const Tensor> given, std::span<const int> coordinates) {
  BoundInputs inputs(program, entry);
  if (Status status = inputs.matchNames(given); !status)
    return status;
  if (Status status = inputs.evaluateSymbols(coordinates); !status)
    return status;
  if (Status status = inputs.checkShapes(); !status)
    return status;
  return inputs;
}

bool BoundInputs::isGiven(uint32_t index) const {
  return tensors_[index] || (cuSeqlens_ && input(index).accepts_cu_seqlens());
}

Status BoundInputs::matchNames(std::span<const Tensor> given) {
  std::vector<std::string> names;
  bool acceptsCuSeqlens = false;
  for (uint32_t i = 0; i < entry_->inputCount(); ++i) {
    names.push_back(input(i).name()->str());
    acceptsCuSeqlens |= input(i).accepts_cu_seqlens();
  }
  tensors_.assign(names.size(), nullptr);
  for (const Tensor &tensor : given) {
    for (int64_t size : tensor.shape)
      if (size < 0)
        return Status::error(inputName(tensor.name) + ": shape " + shapeText(tensor.shape) + " has a negative size");
    auto found = std::ranges::find(names, tensor.name);
    if (found != names.end()) {
      const Tensor *&slot = tensors_[size_t(found - names.begin())];
      if (slot)
        return Status::error(inputName(tensor.name) + ": given twice");
      slot = &tensor;
    } else if (tensor.name == cuSeqlensName && acceptsCuSeqlens) {
      if (!tensor.data)
        return Status::error(inputName(tensor.name) + ": has no data");
      if (cuSeqlens_)
        return Status::error(inputName(tensor.name) + ": given twice");
      cuSeqlens_ = &tensor;
    } else {
      if (acceptsCuSeqlens)
        names.push_back(cuSeqlensName);
      std::string nearest = nearestName(tensor.name, names), all;
      for (const std::string &name : names)
        all += (all.empty() ? "" : ", ") + name;
      return Status::error(inputName(tensor.name) + ": the program has no such input" +
                           (nearest.empty() ? "; it has " + all : ", did you mean " + nearest + "?"));
    }
  }

  std::string problems;
  for (size_t i = 0; i < tensors_.size(); ++i) {
    const bundle::Input &input = this->input(i);
    std::string problem;
    if (tensors_[i])
      problem = matchTensor(i).message();
    else if (input.default_value() == bundle::InputDefault::required && !isGiven(uint32_t(i)))
      problem = "required, but not given";
    if (!problem.empty())
      problems += (problems.empty() ? "" : "\n") + inputName(input.name()->str()) + ": " + problem;
  }
  return problems.empty() ? dropMaskOfPackedRow() : Status::error(problems);
}

bool BoundInputs::mayBe(const bundle::Input &input, bundle::DType found) {
  using bundle::DType;
  const DType wanted = input.type()->dtype();
  if (found == wanted || (wanted == DType::i64 && found == DType::i32))
    return true;
  return input.default_value() == bundle::InputDefault::ones &&
         (found == DType::boolean || found == DType::u8 || found == DType::i8 || found == DType::i32 ||
          found == DType::i64 || found == DType::f32 || found == DType::f64);
}

/// Element type, rank and data of a tensor that was given; one row may come without its leading dimension.
Status BoundInputs::matchTensor(size_t index) {
  const bundle::Input &input = this->input(index);
  const Tensor &tensor = *tensors_[index];
  const size_t rank = rankOf(*input.type());
  if (!mayBe(input, tensor.dtype))
    return Status::error(std::string("dtype is ") + bundle::EnumNameDType(tensor.dtype) + ", expected " +
                         bundle::EnumNameDType(input.type()->dtype()));
  if (!tensor.data && std::ranges::find(tensor.shape, 0) == tensor.shape.end())
    return Status::error("has no data");
  if (tensor.shape.size() + 1 == rank && rank >= 2) {
    unsqueezed_.reserve(tensors_.size());
    unsqueezed_.push_back(tensor);
    unsqueezed_.back().shape.insert(unsqueezed_.back().shape.begin(), 1);
    tensors_[index] = &unsqueezed_.back();
  } else if (tensor.shape.size() != rank) {
    return Status::error("shape is " + shapeText(tensor.shape) + ", expected rank " + std::to_string(rank));
  }
  return Status::ok();
}

Status BoundInputs::evaluateSymbols(std::span<const int> coordinates) {
  if (!program_->symbols())
    return Status::ok();
  // What is counted while the program runs is 0 until then, as is what derives from it.
  std::vector<bool> counted(program_->symbols()->size());
  for (uint32_t i = 0; i < counted.size(); ++i)
    counted[i] = program_->symbols()->Get(i)->kind() == bundle::SymbolKind::counted;
  counted = withDerived(*program_, std::move(counted));
  for (uint32_t i = 0; i < program_->symbols()->size(); ++i) {
    const bundle::Symbol &symbol = *program_->symbols()->Get(i);
    const Entry::Source source = entry_->sources[i];
    const bool isAxis = symbol.kind() == bundle::SymbolKind::input_dim || symbol.kind() == bundle::SymbolKind::axis;
    int64_t value = 0;
    if (!entry_->known[i] || counted[i] || symbol.kind() == bundle::SymbolKind::loop) {
      symbols_.push_back(0);
      continue;
    }
    if (isAxis) {
      if (!tensors_[size_t(source.input)])
        return Status::error(inputName(input(size_t(source.input)).name()->str()) +
                             ": its shape must be known, cu_seqlens alone does not tell it");
      value = tensors_[size_t(source.input)]->shape[source.dim];
    } else if (symbol.kind() == bundle::SymbolKind::derived || symbol.kind() == bundle::SymbolKind::part) {
      std::optional<int64_t> result = evaluate(*symbol.extent(), symbols_);
      if (!result)
        return Status::error("size " + symbol.name()->str() + " overflows or is negative for these inputs");
      value = *result;
      if (symbol.kind() == bundle::SymbolKind::part)
        value = partSize(value, program_->mesh()->Get(symbol.mesh_axis())->size(), coordinates[symbol.mesh_axis()]);
    } else {
      value = isGiven(uint32_t(source.input));
    }
    if (value < symbol.min() || value > symbol.max()) {
      std::string which = isAxis ? inputName(input(size_t(source.input)).name()->str()) + ": size of dimension " +
                                       std::to_string(source.dim) + " (" + symbol.name()->str() + ")"
                                 : "size " + symbol.name()->str();
      return Status::error(which + " is " + std::to_string(value) + ", expected " + std::to_string(symbol.min()) +
                           " to " + std::to_string(symbol.max()));
    }
    symbols_.push_back(value);
  }
  return Status::ok();
}

Status BoundInputs::checkShapes() const {
  std::string problems;
  for (uint32_t i = 0; i < tensors_.size(); ++i) {
    if (!tensors_[i])
      continue;
    const bundle::Input &input = this->input(i);
    std::vector<int64_t> expected = shapeOf(*input.type(), symbols_);
    const std::vector<int64_t> &found = tensors_[i]->shape;
    for (size_t d = 0; d < expected.size(); ++d) {
      bool broadcast =
          d == 0 && expected.size() > 1 && found[0] == 1 && input.default_value() != bundle::InputDefault::required;
      if (found[d] != expected[d] && !broadcast)
        problems += (problems.empty() ? "" : "\n") + inputName(input.name()->str()) + ": size of dimension " +
                    std::to_string(d) + " is " + std::to_string(found[d]) + ", expected " +
                    std::to_string(expected[d]) + " (shape " + shapeText(found) + ", expected " + shapeText(expected) +
                    ")";
    }
  }
  return problems.empty() ? Status::ok() : Status::error(problems);
}

} // namespace veomni

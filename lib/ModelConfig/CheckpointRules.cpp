// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The recipes that rules of storage stand for.
#include "veomni/ModelConfig/CheckpointRules.h"

#include <algorithm>

namespace veomni {

using recipe::DType;
using recipe::Steps;

namespace {

/// Stands for any type of floats until the tensor is looked at.
constexpr DType anyFloat = DType::f32;
/// Numbers of an MXFP4 block, and the bytes that hold them.
constexpr std::int64_t mxfp4Block = 32, mxfp4Bytes = 16;

std::string join(std::string_view stem, std::string_view rest) { return std::string(stem) + std::string(rest); }

/// The name of the tensor of one expert.
std::string ofExpert(std::string_view stem, std::string_view rest, std::int64_t expert) {
  std::string name = join(stem, rest);
  return name.replace(name.find('#', stem.size()), 1, std::to_string(expert));
}

Steps plain(const Parameter &parameter, std::string_view stem, std::span<const std::string_view> tensors) {
  return {recipe::load(join(stem, tensors[0]), parameter.shape, anyFloat)};
}

Steps perExpert(const Parameter &parameter, std::string_view stem, std::span<const std::string_view> tensors) {
  const auto parts = static_cast<std::int64_t>(tensors.size());
  const Shape part = {parameter.shape[1] / parts, parameter.shape[2]};
  Steps steps;
  for (std::int64_t expert = 0; expert < parameter.shape[0]; ++expert) {
    for (std::string_view tensor : tensors)
      steps.push_back(recipe::load(ofExpert(stem, tensor, expert), part, anyFloat));
    if (parts > 1)
      steps.push_back(recipe::concat(static_cast<std::uint32_t>(parts), 0));
  }
  steps.push_back(recipe::stack(static_cast<std::uint32_t>(parameter.shape[0])));
  return steps;
}

Steps stacked(const Parameter &parameter, std::string_view stem, std::span<const std::string_view> tensors) {
  Shape part = parameter.shape;
  part[1] /= static_cast<std::int64_t>(tensors.size());
  Steps steps;
  for (std::string_view tensor : tensors)
    steps.push_back(recipe::load(join(stem, tensor), part, anyFloat));
  steps.push_back(recipe::concat(static_cast<std::uint32_t>(tensors.size()), 1));
  return steps;
}

Steps transposed(const Parameter &parameter, std::string_view stem, std::span<const std::string_view> tensors) {
  Shape shape = parameter.shape;
  std::swap(shape[shape.size() - 1], shape[shape.size() - 2]);
  return {recipe::load(join(stem, tensors[0]), std::move(shape), anyFloat), recipe::transpose()};
}

Steps mxfp4(const Parameter &parameter, std::string_view stem, std::span<const std::string_view> tensors) {
  Shape scales = parameter.shape;
  scales.back() /= mxfp4Block;
  Shape blocks = scales;
  blocks.push_back(mxfp4Bytes);
  const std::string name = join(stem, tensors[0]);
  return {recipe::load(name + "_blocks", std::move(blocks), DType::u8),
          recipe::load(name + "_scales", std::move(scales), DType::u8), recipe::dequantMxfp4(parameter.type)};
}

} // namespace

StorageRule storedAs(std::string_view suffix, std::string_view tensor) { return {suffix, {tensor}, plain}; }
StorageRule storedPerExpert(std::string_view suffix, std::vector<std::string_view> tensors) {
  return {suffix, std::move(tensors), perExpert};
}
StorageRule storedStacked(std::string_view suffix, std::vector<std::string_view> tensors) {
  return {suffix, std::move(tensors), stacked};
}
StorageRule storedTransposed(std::string_view suffix) { return {suffix, {suffix}, transposed}; }
StorageRule storedInMxfp4(std::string_view suffix) { return {suffix, {suffix}, mxfp4}; }

Steps storedRecipe(const CheckpointRules &rules, std::size_t way, const Parameter &parameter) {
  const std::string_view name = parameter.name;
  if (way < rules.ways.size())
    for (const StorageRule &rule : rules.ways[way].rules)
      if (name.ends_with(rule.suffix))
        return rule.recipe(parameter, name.substr(0, name.size() - rule.suffix.size()), rule.tensors);
  return {recipe::load(parameter.name, parameter.shape, anyFloat)};
}

} // namespace veomni

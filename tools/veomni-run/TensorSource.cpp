// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "TensorSource.h"

namespace veomni {

Expected<TensorSource> TensorSource::open(const std::string &path) {
  Expected<Checkpoint> checkpoint = Checkpoint::open(path);
  if (!checkpoint)
    return checkpoint.status();
  return TensorSource(path, std::move(*checkpoint));
}

Expected<std::optional<Tensor>> TensorSource::find(const std::string &prefix, const std::string &name) const {
  const TensorInfo *info = checkpoint_.find(prefix + name);
  if (!info)
    info = checkpoint_.find(name);
  if (!info)
    return std::optional<Tensor>();
  std::optional<bundle::DType> dtype = programType(info->elementType);
  if (!dtype)
    return Status::error(path_ + ": " + info->name + " is " + std::string(elementTypeName(info->elementType)) +
                         ", which programs cannot take");
  return std::optional<Tensor>({name, *dtype, info->shape, checkpoint_.data(*info).data()});
}

Expected<std::vector<Tensor>> TensorSource::inputsOf(const bundle::Bundle &program) const {
  std::vector<Tensor> tensors;
  std::vector<std::string> names;
  bool acceptsCuSeqlens = false;
  if (program.inputs())
    for (const bundle::Input *input : *program.inputs()) {
      names.push_back(input->name()->str());
      acceptsCuSeqlens |= input->accepts_cu_seqlens();
    }
  if (acceptsCuSeqlens)
    names.push_back("cu_seqlens");
  for (const std::string &name : names) {
    Expected<std::optional<Tensor>> tensor = find("input.", name);
    if (!tensor)
      return tensor.status();
    if (*tensor)
      tensors.push_back(std::move(**tensor));
  }
  return tensors;
}

} // namespace veomni

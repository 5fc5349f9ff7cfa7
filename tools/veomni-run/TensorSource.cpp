// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Tensors from the files and dumps that a command line names.
#include "TensorSource.h"

#include "InputNames.h"

namespace veomni {

Expected<TensorSource> TensorSource::open(const std::string &path) {
  Expected<Checkpoint> checkpoint = Checkpoint::open(path);
  if (!checkpoint)
    return checkpoint.status();
  return TensorSource(std::move(*checkpoint));
}

Expected<std::optional<Tensor>> TensorSource::find(const std::string &prefix, const std::string &name) const {
  const TensorInfo *info = checkpoint_.find(prefix + name), *bare = checkpoint_.find(name);
  if (info && bare)
    return Status::error(path() + ": has both " + info->name + " and " + bare->name + ", expected one of them");
  if (!info)
    info = bare;
  if (!info)
    return std::optional<Tensor>();
  std::optional<bundle::DType> dtype = programType(info->elementType);
  if (!dtype)
    return Status::error(path() + ": " + info->name + " is " + std::string(elementTypeName(info->elementType)) +
                         ", which programs cannot take");
  return std::optional<Tensor>({name, *dtype, info->shape, checkpoint_.data(*info).data()});
}

Expected<std::vector<Tensor>> TensorSource::inputsOf(const EntryInfo &entry) const {
  std::vector<Tensor> tensors;
  for (const std::string &name : inputNames(entry)) {
    Expected<std::optional<Tensor>> tensor = find("input.", name);
    if (!tensor)
      return tensor.status();
    if (*tensor)
      tensors.push_back(std::move(**tensor));
  }
  return tensors;
}

} // namespace veomni

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Reads descriptions of machines.
#include "veomni/runtime/Machine.h"

#include "veomni/runtime/Json.h"
#include "veomni/runtime/MappedFile.h"
#include "veomni/runtime/NearestName.h"
#include "veomni/runtime/Tensor.h"

#include <algorithm>
#include <cmath>

namespace veomni {

double KernelRate::secondsOf(double operations, double bytes, double calls) const {
  return std::max(operations / flops, bytes / bandwidth) + calls * seconds;
}

/// Takes the keys of one object; what is wrong first is kept.
class Machine::Reader {
public:
  Reader(const nlohmann::json &value, std::string where, Status &status)
      : value_(value), where_(std::move(where)), status_(status) {
    if (!value.is_object())
      fail(": is " + std::string(value.type_name()) + ", expected an object");
  }
  /// All keys have been asked for.
  ~Reader() {
    if (!value_.is_object())
      return;
    for (const auto &[key, value] : value_.items())
      if (std::ranges::find(known_, key) == known_.end())
        fail(": unknown key \"" + key + "\"" + nearestHint(key));
  }
  Reader(const Reader &) = delete;
  Reader &operator=(const Reader &) = delete;

  /// A number above 0, or of at least 0.
  std::optional<double> number(const std::string &key, bool mayBeZero = false) {
    const nlohmann::json *found = find(key);
    return found ? numberOf(*found, key, mayBeZero) : std::nullopt;
  }
  double required(const std::string &key) {
    std::optional<double> found = number(key);
    if (!found && !find(key))
      fail(": missing key \"" + key + "\"");
    return found.value_or(1);
  }
  /// `body(name, reader)` for each member of an object.
  template <typename Body> void members(const std::string &key, Body body) {
    const nlohmann::json *found = find(key);
    if (!found)
      return;
    if (!found->is_object())
      return fail("." + key + ": is " + std::string(found->type_name()) + ", expected an object");
    for (const auto &[name, member] : found->items()) {
      Reader reader(member, where_ + "." + key + "." + name, status_);
      body(name, reader);
    }
  }
  const nlohmann::json *find(const std::string &key) {
    known_.push_back(key);
    auto found = value_.is_object() ? value_.find(key) : value_.end();
    return value_.is_object() && found != value_.end() ? &*found : nullptr;
  }
  std::optional<double> numberOf(const nlohmann::json &found, const std::string &key, bool mayBeZero) {
    const double number = found.is_number() ? found.get<double>() : std::nan("");
    if (std::isfinite(number) && (number > 0 || (mayBeZero && number == 0)))
      return number;
    fail("." + key + ": is " + found.dump() + ", expected a number " + (mayBeZero ? "of 0 or more" : "above 0"));
    return std::nullopt;
  }
  void fail(const std::string &problem) {
    if (status_)
      status_ = Status::error(where_ + problem);
  }

private:
  std::string nearestHint(const std::string &key) const {
    const std::string nearest = nearestName(key, known_);
    return nearest.empty() ? "" : "; did you mean \"" + nearest + "\"?";
  }

  const nlohmann::json &value_;
  const std::string where_;
  Status &status_;
  std::vector<std::string> known_;
};

Expected<Machine> Machine::load(const std::string &path) {
  Expected<MappedFile> file = MappedFile::open(path);
  if (!file)
    return file.status();
  const std::span<const std::byte> bytes = file->bytes();
  Expected<nlohmann::json> json = parseJson({reinterpret_cast<const char *>(bytes.data()), bytes.size()}, path);
  if (!json)
    return json.status();
  Machine machine;
  Status status = Status::ok();
  {
    Reader reader(*json, path, status);
    if (const nlohmann::json *flops = reader.find("flops"); flops && flops->is_object()) {
      for (const auto &[type, number] : flops->items()) {
        if (type != "f32" && type != "bf16" && type != "f16" && type != "f64")
          reader.fail(".flops: has \"" + type + "\", expected f32, bf16, f16 or f64");
        machine.flops_[type] = reader.numberOf(number, "flops." + type, false).value_or(1);
      }
      if (flops->empty())
        reader.fail(".flops: is empty, expected FLOP/s by element type");
    } else {
      machine.flops_[""] = reader.required("flops");
    }
    machine.bandwidth_ = reader.required("bandwidth");
    machine.seconds_ = reader.number("dispatch_seconds", true).value_or(0);
    reader.members("kernels", [&](const std::string &kind, Reader &kernel) {
      machine.kernels_[kind] = {kernel.number("flops"), kernel.number("bandwidth"),
                                kernel.number("dispatch_seconds", true)};
    });
    auto readLink = [](Reader &link) { return Link{link.number("bandwidth"), link.number("latency", true)}; };
    if (const nlohmann::json *link = reader.find("link")) {
      Reader inner(*link, path + ".link", status);
      machine.link_ = readLink(inner);
    }
    reader.members("links", [&](const std::string &axis, Reader &link) { machine.links_[axis] = readLink(link); });
  }
  if (!status)
    return status;
  return machine;
}

/// The narrowest floats that it reads, of which its products are.
static std::string elementOf(const bundle::Kernel &kernel) {
  std::optional<bundle::DType> narrowest;
  for (uint32_t i = 0; kernel.operands() && i < kernel.operands()->size(); ++i) {
    const bundle::DType type = kernel.operands()->Get(i)->type()->dtype();
    const bool isFloat = type <= bundle::DType::f64;
    if (isFloat && kernel.operands()->Get(i)->access() != bundle::Access::write &&
        (!narrowest || elementSize(type) < elementSize(*narrowest)))
      narrowest = type;
  }
  return narrowest ? bundle::EnumNameDType(*narrowest) : "f32";
}

KernelRate Machine::rateOf(const bundle::Kernel &kernel) const {
  auto flops = flops_.find(elementOf(kernel));
  if (flops == flops_.end())
    flops = flops_.find("");
  if (flops == flops_.end()) // of the types that the file knows, the slowest
    flops = std::ranges::min_element(flops_, {}, [](const auto &each) { return each.second; });
  KernelRate rate{flops->second, bandwidth_, seconds_};
  auto own = kernel.kind() ? kernels_.find(kernel.kind()->string_view()) : kernels_.end();
  if (own == kernels_.end())
    return rate;
  return {own->second.flops.value_or(rate.flops), own->second.bandwidth.value_or(rate.bandwidth),
          own->second.seconds.value_or(rate.seconds)};
}

LinkRate Machine::linkOf(std::string_view axis) const {
  LinkRate rate{link_.bandwidth.value_or(bandwidth_), link_.latency.value_or(0)};
  auto own = links_.find(axis);
  if (own == links_.end())
    return rate;
  return {own->second.bandwidth.value_or(rate.bandwidth), own->second.latency.value_or(rate.latency)};
}

std::vector<std::string> Machine::kernelKinds() const {
  std::vector<std::string> kinds;
  for (const auto &[kind, rate] : kernels_)
    kinds.push_back(kind);
  return kinds;
}

std::vector<std::string> Machine::axes() const {
  std::vector<std::string> axes;
  for (const auto &[axis, link] : links_)
    axes.push_back(axis);
  return axes;
}

} // namespace veomni

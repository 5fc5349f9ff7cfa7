// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Reads plan files: every key is known or an error.
#include "veomni/PlanFile/PlanFile.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/GlobPattern.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/MemoryBuffer.h"

using namespace llvm;

namespace veomni {

static llvm::Expected<std::string> readText(StringRef path) {
  auto read = [](StringRef from) -> llvm::Expected<std::string> {
    ErrorOr<std::unique_ptr<MemoryBuffer>> buffer = MemoryBuffer::getFileOrSTDIN(from, /*IsText=*/true);
    if (!buffer)
      return createStringError((from == "-" ? "<stdin>" : from) + ": " + buffer.getError().message());
    return (*buffer)->getBuffer().str();
  };
  if (path != "-")
    return read(path);
  static std::optional<std::string> standardInput; // a pipe can be read once, and each phase asks for its part
  if (!standardInput) {
    llvm::Expected<std::string> text = read(path);
    if (!text)
      return text.takeError();
    standardInput = std::move(*text);
  }
  return *standardInput;
}

/// The parser calls itself for every level.
static bool isTooDeep(StringRef text, int64_t mostLevels) {
  int64_t level = 0;
  for (char c : text) {
    level += c == '[' || c == '{' ? 1 : c == ']' || c == '}' ? -1 : 0;
    if (level > mostLevels)
      return true;
  }
  return false;
}

namespace {

/// One entry of a list, whose keys are taken one by one.
class Entry {
public:
  Entry(const json::Object &object, std::string where) : object(object), where(std::move(where)) {}

  Error text(StringRef key, std::string &value, bool required) {
    known.push_back(key);
    const json::Value *found = object.get(key);
    if (!found)
      return required ? createStringError(where + ": missing key \"" + key + "\"") : Error::success();
    std::optional<StringRef> text = found->getAsString();
    if (!text || text->empty())
      return createStringError(where + "." + key + ": expected a string that is not empty");
    value = text->str();
    return Error::success();
  }
  Error number(StringRef key, std::optional<unsigned> &value) {
    known.push_back(key);
    const json::Value *found = object.get(key);
    if (!found)
      return Error::success();
    std::optional<int64_t> number = found->getAsInteger();
    if (!number || *number < 0 || *number > mostDims)
      return createStringError(where + "." + key + ": expected the number of a dim");
    value = static_cast<unsigned>(*number);
    return Error::success();
  }
  Error flag(StringRef key, bool &value) {
    known.push_back(key);
    if (const json::Value *found = object.get(key)) {
      std::optional<bool> flag = found->getAsBoolean();
      if (!flag)
        return createStringError(where + "." + key + ": expected true or false");
      value = *flag;
    }
    return Error::success();
  }
  Error finish() const {
    for (const auto &[key, value] : object)
      if (!is_contained(known, StringRef(key)))
        return createStringError(
            where + ": unknown key \"" + StringRef(key) +
            "\"; known: " + join(map_range(known, [](StringRef name) { return ("\"" + name + "\"").str(); }), ", "));
    return Error::success();
  }

private:
  static constexpr int64_t mostDims = 64;
  const json::Object &object;
  std::string where;
  SmallVector<StringRef> known;
};

} // namespace

/// The first error of several calls, all of which are made.
static Error firstOf(std::initializer_list<Error *> errors) {
  Error first = Error::success();
  for (Error *error : errors) {
    if (first)
      consumeError(std::move(*error));
    else
      first = std::move(*error);
  }
  return first;
}

static Error readKernel(const json::Object &object, const std::string &where, PlanFile::Kernel &kernel) {
  Entry entry(object, where);
  kernel.where = where;
  raw_string_ostream(kernel.text) << json::Value(json::Object(object));
  Error op = entry.text("op", kernel.op, /*required=*/true),
        variant = entry.text("variant", kernel.variant, /*required=*/false),
        path = entry.text("path", kernel.path, /*required=*/false),
        implementation = entry.text("implementation", kernel.implementation, /*required=*/true), rest = entry.finish();
  return firstOf({&rest, &op, &variant, &path, &implementation});
}

static Error readParameter(const json::Object &object, const std::string &where, PlanFile::Parameter &parameter) {
  Entry entry(object, where);
  parameter.where = where;
  std::optional<unsigned> dim;
  bool whole = false;
  Error pattern = entry.text("parameter", parameter.pattern, /*required=*/true),
        axis = entry.text("axis", parameter.axis, /*required=*/false), number = entry.number("dim", dim),
        flag = entry.flag("whole", whole), rest = entry.finish();
  if (Error error = firstOf({&rest, &pattern, &axis, &number, &flag}))
    return error;
  if (whole ? !parameter.axis.empty() || dim : parameter.axis.empty() || !dim)
    return createStringError(where + ": expected \"axis\" and \"dim\", or \"whole\": true alone");
  parameter.dim = dim.value_or(0);
  if (llvm::Expected<GlobPattern> glob = GlobPattern::create(parameter.pattern); !glob)
    return createStringError(where + ": \"" + parameter.pattern + "\" is no glob: " + toString(glob.takeError()));
  return Error::success();
}

template <typename T>
static Error readList(const json::Object &root, StringRef file, StringRef key, std::vector<T> &entries,
                      Error (*read)(const json::Object &, const std::string &, T &)) {
  const json::Value *value = root.get(key);
  if (!value)
    return Error::success();
  const json::Array *list = value->getAsArray();
  if (!list)
    return createStringError(file + ": expected an object with the array \"" + key + "\"");
  for (auto [index, item] : enumerate(*list)) {
    const std::string where = (file + ": " + key + "[" + Twine(index) + "]").str();
    const json::Object *object = item.getAsObject();
    if (!object)
      return createStringError(where + ": expected an object");
    if (Error error = read(*object, where, entries.emplace_back()))
      return error;
  }
  return Error::success();
}

llvm::Expected<PlanFile> readPlanFile(StringRef path) {
  const StringRef file = path == "-" ? "<stdin>" : path;
  auto fail = [&](const Twine &message) { return createStringError(file + ": " + message); };
  llvm::Expected<std::string> text = readText(path);
  if (!text)
    return text.takeError();
  constexpr int64_t mostLevels = 64;
  if (isTooDeep(*text, mostLevels))
    return fail("is nested deeper than " + Twine(mostLevels) + " levels");
  llvm::Expected<json::Value> root = json::parse(*text);
  if (!root)
    return fail(toString(root.takeError()));
  const json::Object *object = root->getAsObject();
  if (!object || object->empty())
    return fail("expected an object with the array \"kernels\", \"parameters\" or both");
  for (const auto &entry : *object)
    if (entry.first != "kernels" && entry.first != "parameters")
      return fail("unknown key \"" + StringRef(entry.first) + "\"; known: \"kernels\", \"parameters\"");
  PlanFile plan;
  if (Error error = readList(*object, file, "kernels", plan.kernels, readKernel))
    return error;
  if (Error error = readList(*object, file, "parameters", plan.parameters, readParameter))
    return error;
  return plan;
}

} // namespace veomni

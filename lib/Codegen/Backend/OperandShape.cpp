// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A recursive descent parser of sizes and shapes: declarations are text, so that people and the generated reference
// read the same.
#include "OperandShape.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"

using namespace veomni::codegen;
using llvm::StringRef;

namespace {
class Parser {
public:
  explicit Parser(StringRef text) : rest(text.trim()) {}

  bool take(StringRef token) {
    rest = rest.ltrim();
    return rest.consume_front(token);
  }
  bool atEnd() const { return rest.trim().empty(); }
  StringRef left() const { return rest; }

  /// A name or a number; empty if there is none.
  StringRef word() {
    rest = rest.ltrim();
    StringRef taken = rest.take_while([](char c) { return llvm::isAlnum(c) || c == '_'; });
    rest = rest.drop_front(taken.size());
    return taken;
  }

  bool size(SizeExpression &out) {
    return chain(out, "+", SizeExpression::sum, [&](SizeExpression &part) { return product(part); });
  }

  bool items(std::vector<ShapeItem> &out) {
    StringRef next = rest.ltrim();
    if (next.starts_with("|") || next.starts_with("]"))
      return true;
    do {
      ShapeItem &item = out.emplace_back();
      if (!size(item.size))
        return false;
      item.variadic = take("..");
      if (item.variadic && !item.isName())
        return false;
    } while (take(","));
    return true;
  }

private:
  bool product(SizeExpression &out) {
    return chain(out, "*", SizeExpression::product, [&](SizeExpression &part) { return factor(part); });
  }

  bool chain(SizeExpression &out, StringRef separator, SizeExpression::Kind kind,
             llvm::function_ref<bool(SizeExpression &)> part) {
    SizeExpression first;
    if (!part(first))
      return false;
    if (!rest.ltrim().starts_with(separator)) {
      out = std::move(first);
      return true;
    }
    out.kind = kind;
    out.parts.push_back(std::move(first));
    while (take(separator))
      if (!part(out.parts.emplace_back()))
        return false;
    return true;
  }

  bool factor(SizeExpression &out) {
    StringRef text = word();
    if (text.empty())
      return false;
    if (text == "ceildiv") {
      out.kind = SizeExpression::ceilDiv;
      out.parts.resize(2);
      return take("(") && size(out.parts[0]) && take(",") && size(out.parts[1]) && take(")");
    }
    if (!text.getAsInteger(10, out.value))
      return true;
    out.kind = SizeExpression::name;
    out.text = text.str();
    return !llvm::isDigit(text.front());
  }

  StringRef rest;
};
} // namespace

llvm::Expected<SizeExpression> SizeExpression::parse(StringRef text) {
  Parser parser(text);
  SizeExpression size;
  if (!parser.size(size) || !parser.atEnd())
    return llvm::createStringError("'" + text + "' is no size, expected names, numbers, +, * and ceildiv(a, b)");
  return size;
}

void SizeExpression::collectNames(std::set<std::string> &names) const {
  if (kind == name)
    names.insert(text);
  for (const SizeExpression &part : parts)
    part.collectNames(names);
}

std::string SizeExpression::str() const {
  if (kind == constant)
    return std::to_string(value);
  if (kind == name)
    return text;
  if (kind == ceilDiv)
    return "ceildiv(" + parts[0].str() + ", " + parts[1].str() + ")";
  return llvm::join(llvm::map_range(parts, [](const SizeExpression &part) { return part.str(); }),
                    kind == sum ? " + " : " * ");
}

llvm::Expected<OperandShape> OperandShape::parse(StringRef text) {
  auto fail = [&](const char *expected) {
    return llvm::createStringError("'" + text + "' is no shape of an operand, expected " + expected);
  };
  Parser parser(text);
  OperandShape shape;
  if (!parser.take("[") || !parser.items(shape.leading))
    return fail("[sizes | sizes] x type");
  shape.hasBar = parser.take("|");
  if (shape.hasBar && !parser.items(shape.row))
    return fail("sizes behind the bar");
  if (!parser.take("]") || parser.word() != "x")
    return fail("[sizes | sizes] x type");
  do
    shape.elements.push_back(parser.word().str());
  while (parser.take("|"));
  for (const std::string &element : shape.elements) {
    if (llvm::is_contained({"f32", "bf16", "i32", "i64"}, element))
      continue;
    if (shape.elements.size() != 1 || element.size() != 1 || !llvm::isUpper(element[0]))
      return fail("f32, bf16, i32, i64 or a capital letter as element type");
    shape.elementVariable = element;
  }
  if (!shape.elementVariable.empty())
    shape.elements = {"f32", "bf16"};
  // The numbers of `tiles = [32, 4 bytes]`.
  auto isTile = [&] {
    return parser.take("=") && parser.take("[") && !parser.word().getAsInteger(10, shape.tileRows) &&
           parser.take(",") && !parser.word().getAsInteger(10, shape.tileBytes) && parser.take("bytes") &&
           parser.take("]") && shape.tileRows > 0 && shape.tileBytes > 0;
  };
  if ((parser.take("tiles") && !isTile()) || !parser.atEnd())
    return fail("nothing behind the element type but 'tiles = [rows, N bytes]'");
  auto isVariadic = [](const ShapeItem &item) { return item.variadic; };
  if (llvm::count_if(shape.leading, isVariadic) > 1 || llvm::count_if(shape.row, isVariadic) > 1)
    return fail("at most one size of any number of dims on each side of the bar");
  return shape;
}

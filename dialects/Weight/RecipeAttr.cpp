// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// How recipes read. Which steps there are, what they say and what they make is not known here; the table of steps
// tells.
#include "veomni/Dialect/Weight/ElementTypes.h"
#include "veomni/Dialect/Weight/Weight.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/DialectImplementation.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace veomni;
using recipe::Parameter;

#define GET_ATTRDEF_CLASSES
#include "veomni/Dialect/Weight/WeightAttrs.cpp.inc"

void WeightDialect::registerAttributes() {
  addAttributes<
#define GET_ATTRDEF_LIST
#include "veomni/Dialect/Weight/WeightAttrs.cpp.inc"
      >();
}

//===--- One step ------------------------------------------------------------------------------------------------===//

StepAttr StepAttr::get(MLIRContext *context, const recipe::Step &step) {
  return get(context, step.kind, StringAttr::get(context, step.key), step.dims, step.type, step.count, step.dim,
             step.start, step.size);
}

recipe::Step StepAttr::toStep() const {
  return {.kind = getKind(),
          .key = getKey().str(),
          .dims = getDims(),
          .type = getType(),
          .count = getCount(),
          .dim = getDim(),
          .start = getStart(),
          .size = getSize()};
}

static ParseResult parseType(AsmParser &parser, recipe::DType &result) {
  SMLoc loc = parser.getCurrentLocation();
  Type type;
  if (parser.parseType(type))
    return failure();
  std::optional<recipe::DType> dtype = findDType(type);
  if (dtype) {
    result = *dtype;
    return success();
  }
  InFlightDiagnostic error = parser.emitError(loc) << "element type is " << type << ", expected one of ";
  llvm::interleaveComma(bundle::EnumValuesDType(), error,
                        [&](recipe::DType known) { error << getElementType(type.getContext(), known); });
  return error;
}

static ParseResult parseParameter(AsmParser &parser, Parameter parameter, recipe::Step &step) {
  auto named = [&](StringRef name, auto &value) {
    return failure(parser.parseKeyword(name) || parser.parseEqual() || parser.parseInteger(value));
  };
  switch (parameter) {
  case Parameter::key:
    return parser.parseString(&step.key);
  case Parameter::dims:
    return parser.parseCommaSeparatedList(AsmParser::Delimiter::Square,
                                          [&] { return parser.parseInteger(step.dims.emplace_back()); });
  case Parameter::type:
    return parseType(parser, step.type);
  case Parameter::count:
    return parser.parseInteger(step.count);
  case Parameter::index:
    return parser.parseInteger(step.start);
  case Parameter::dim:
    return named("dim", step.dim);
  case Parameter::start:
    return named("start", step.start);
  case Parameter::size:
    return named("size", step.size);
  }
  llvm_unreachable("every parameter is listed");
}

static ParseResult parseStep(AsmParser &parser, StepAttr &result) {
  SMLoc loc = parser.getCurrentLocation();
  StringRef name;
  const recipe::StepRule *rule = succeeded(parser.parseOptionalKeyword(&name)) ? recipe::ruleNamed(name) : nullptr;
  if (!rule) {
    InFlightDiagnostic error = parser.emitError(loc) << "expected a recipe step: ";
    llvm::interleaveComma(recipe::stepRules(), error, [&](const recipe::StepRule &known) { error << known.name; });
    return error;
  }
  recipe::Step step{.kind = rule->kind};
  if (!rule->parameters.empty() && parser.parseLParen())
    return failure();
  for (auto [index, parameter] : llvm::enumerate(rule->parameters))
    if ((index > 0 && parser.parseComma()) || parseParameter(parser, parameter, step))
      return failure();
  if (!rule->parameters.empty() && parser.parseRParen())
    return failure();
  result = StepAttr::get(parser.getContext(), step);
  return success();
}

static void printStep(AsmPrinter &printer, StepAttr step) {
  const recipe::StepRule &rule = recipe::ruleOf(step.getKind());
  printer << StringRef(rule.name);
  if (rule.parameters.empty())
    return;
  printer << "(";
  llvm::interleaveComma(rule.parameters, printer, [&](Parameter parameter) {
    switch (parameter) {
    case Parameter::key:
      printer.printString(step.getKey());
      break;
    case Parameter::dims:
      printer << "[";
      llvm::interleaveComma(step.getDims(), printer);
      printer << "]";
      break;
    case Parameter::type:
      printer << getElementType(step.getContext(), step.getType());
      break;
    case Parameter::count:
      printer << step.getCount();
      break;
    case Parameter::index:
      printer << step.getStart();
      break;
    case Parameter::dim:
      printer << "dim = " << step.getDim();
      break;
    case Parameter::start:
      printer << "start = " << step.getStart();
      break;
    case Parameter::size:
      printer << "size = " << step.getSize();
      break;
    }
  });
  printer << ")";
}

Attribute StepAttr::parse(AsmParser &parser, Type) {
  StepAttr step;
  if (parser.parseLess() || parseStep(parser, step) || parser.parseGreater())
    return {};
  return step;
}

void StepAttr::print(AsmPrinter &printer) const {
  printer << "<";
  printStep(printer, *this);
  printer << ">";
}

//===--- Recipes -------------------------------------------------------------------------------------------------===//

static recipe::Steps stepsOf(ArrayRef<StepAttr> steps) {
  recipe::Steps result;
  for (StepAttr step : steps)
    result.push_back(step.toStep());
  return result;
}

LogicalResult RecipeAttr::verify(function_ref<InFlightDiagnostic()> emitError, ArrayRef<StepAttr> steps) {
  Expected<recipe::ValueType> made = recipe::inferRecipe(stepsOf(steps));
  return made ? success() : LogicalResult(emitError() << made.status().message());
}

RecipeAttr RecipeAttr::get(MLIRContext *context, ArrayRef<recipe::Step> steps) {
  return get(context,
             llvm::map_to_vector(steps, [&](const recipe::Step &step) { return StepAttr::get(context, step); }));
}

recipe::Steps RecipeAttr::toSteps() const { return stepsOf(getSteps()); }

recipe::ValueType RecipeAttr::getValueType() const { return *recipe::inferRecipe(toSteps()); }

ParseResult veomni::parseRecipe(AsmParser &parser, RecipeAttr &recipe) {
  SMLoc loc = parser.getCurrentLocation();
  SmallVector<StepAttr> steps;
  if (parser.parseCommaSeparatedList(AsmParser::Delimiter::Square,
                                     [&] { return parseStep(parser, steps.emplace_back()); }))
    return failure();
  recipe = parser.getChecked<RecipeAttr>(loc, parser.getContext(), ArrayRef<StepAttr>(steps));
  return success(recipe != nullptr);
}

void veomni::printRecipe(AsmPrinter &printer, Operation *, RecipeAttr recipe) {
  printer << "[";
  llvm::interleaveComma(recipe.getSteps(), printer, [&](StepAttr step) { printStep(printer, step); });
  printer << "]";
}

Attribute RecipeAttr::parse(AsmParser &parser, Type) {
  RecipeAttr recipe;
  if (parser.parseLess() || parseRecipe(parser, recipe) || parser.parseGreater())
    return {};
  return recipe;
}

void RecipeAttr::print(AsmPrinter &printer) const {
  printer << "<";
  printRecipe(printer, nullptr, *this);
  printer << ">";
}

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Verifies instructions that move data between ranks.
#include "core/verify/Memory.h"
#include "veomni/runtime/BundleFormat.h"
#include "veomni/runtime/CollectiveKinds.h"

#include <algorithm>

namespace veomni::verify {

static bool isFloat(bundle::DType type) {
  using enum bundle::DType;
  return type == f32 || type == bf16 || type == f16 || type == f64;
}

/// Whether `part` is what one rank has of `whole`. Constant sizes must divide; others are symbols that say so.
bool Verifier::isPart(const bundle::Dim &part, const bundle::Dim &whole, uint32_t meshAxis) const {
  const int64_t ranks = program_.mesh()->Get(meshAxis)->size();
  if (part.symbol() < 0)
    return whole.symbol() < 0 && whole.value() % ranks == 0 && part.value() == whole.value() / ranks;
  const bundle::Symbol &symbol = *program_.symbols()->Get(uint32_t(part.symbol()));
  if (symbol.kind() != bundle::SymbolKind::part || symbol.mesh_axis() != meshAxis || symbol.extent()->divisor() != 1)
    return false;
  std::optional<SymbolicSize> size = whole.symbol() < 0
                                         ? SymbolicSize::constant(whole.value())
                                         : std::optional<SymbolicSize>(definitions_[size_t(whole.symbol())]);
  return sameSize(sumOf(*symbol.extent(), definitions_), size);
}

std::string Verifier::problemOfDims(const bundle::Collective &collective, const bundle::BufferType &from,
                                    const bundle::BufferType &to) const {
  const uint32_t rank = rankOf(from);
  const bool gathers = bundle::gathers(collective.kind()), splits = bundle::splits(collective.kind());
  const std::string types = describe(from, program_) + " to " + describe(to, program_);
  const recipe::Tile tile = recipe::tileOf(from);
  if (from.dtype() != to.dtype() || rankOf(to) != rank || recipe::tileOf(to) != tile)
    return types + ", expected one element type, rank and layout";
  if (tile) { // they move as they lie: whole ones, one behind the other; their sizes are constant
    const uint32_t dim = collective.gather_dim();
    const int64_t unit = dim + 2 == rank ? tile.rows : dim + 1 == rank ? tile.columns : 1;
    if (collective.kind() != bundle::CollectiveKind::all_gather ||
        (dim < rank && from.dims()->Get(dim)->value() % unit != 0))
      return types + ", but tiles are gathered, along a dim of which each rank has whole tiles";
  }
  if (bundle::sums(collective.kind()) && !isFloat(from.dtype()))
    return types + ", expected floats, which are added up";
  if ((gathers && collective.gather_dim() >= rank) || (splits && collective.split_dim() >= rank) ||
      (gathers && splits && collective.gather_dim() == collective.split_dim()))
    return types + ", which has no such two dims: gathers " + std::to_string(collective.gather_dim()) + ", splits " +
           std::to_string(collective.split_dim());
  for (uint32_t i = 0; i < rank; ++i) {
    const bundle::Dim &in = *from.dims()->Get(i), &out = *to.dims()->Get(i);
    if (gathers && i == collective.gather_dim()) {
      if (!isPart(in, out, collective.mesh_axis()))
        return types + ": dim " + std::to_string(i) + " is gathered, but the first is no part of the second";
    } else if (splits && i == collective.split_dim()) {
      if (!isPart(out, in, collective.mesh_axis()))
        return types + ": dim " + std::to_string(i) + " is split, but the second is no part of the first";
    } else if (!sameSize(productOf(from.dims(), i, i + 1, definitions_),
                         productOf(to.dims(), i, i + 1, definitions_))) {
      return types + ": dim " + std::to_string(i) + " changes";
    }
  }
  return "";
}

void Verifier::checkWait(const bundle::Wait &wait, Memory &memory, const std::string &where) {
  checkFeature(bundle_format::overlap, where);
  auto start = std::ranges::find(memory.moving, wait.collective(), [](const auto &moving) { return moving.first; });
  if (start == memory.moving.end())
    return problem(where, "waits for instruction " + std::to_string(wait.collective()) +
                              ", which is no collective that was started and not waited for");
  memory.moving.erase(start);
}

void Verifier::checkMoving(const bundle::Function &function, const std::vector<Use> &uses, const Memory &memory,
                           const std::string &where) {
  auto root = [&](uint32_t value) -> const bundle::Value & { return *function.values()->Get(memory.rootOf[value]); };
  for (const auto &[index, collective] : memory.moving) {
    const uint32_t half = collective->operands()->size() / 2;
    for (uint32_t i = 0; i < 2 * half; ++i) {
      const bundle::Value &moving = root(collective->operands()->Get(i));
      for (const Use &use : uses)
        if ((i >= half || use.access != bundle::Access::read) && root(use.value).storage() == moving.storage() &&
            root(use.value).index() == moving.index())
          problem(where, use.name + " is " + (use.access == bundle::Access::read ? "read" : "written") + " while " +
                             (i < half ? "it is given to" : "it comes from") + " other ranks: instruction " +
                             std::to_string(index) + " has started and was not waited for");
    }
  }
}

void Verifier::checkCollective(const bundle::Function &function, const bundle::Collective &collective, uint32_t index,
                               Memory &memory, const std::string &where) {
  checkFeature(bundle_format::ranks, where);
  if (collective.starts())
    checkFeature(bundle_format::overlap, where);
  if (collective.kind() > bundle::CollectiveKind::MAX)
    return problem(where, "collective " + std::to_string(int(collective.kind())) + " is unknown");
  if (bundle::sums(collective.kind()))
    checkFeature(bundle_format::rankSums, where);
  const std::string at = where + " (" + bundle::EnumNameCollectiveKind(collective.kind()) + ")";
  const uint32_t count = sizeOf(collective.operands());
  if (collective.mesh_axis() >= sizeOf(program_.mesh()))
    return checkMeshAxis(collective.mesh_axis(), at);
  if (count == 0 || count % 2 != 0)
    return problem(at, std::to_string(count) + " operands, expected as many that are written as are read");
  std::vector<Use> uses;
  for (uint32_t i = 0; i < count; ++i) {
    const uint32_t value = collective.operands()->Get(i);
    if (value >= sizeOf(function.values()))
      return problem(at, "operand " + std::to_string(i) + " is value " + std::to_string(value) + " of " +
                             std::to_string(sizeOf(function.values())));
    uses.push_back(
        {value, i < count / 2 ? bundle::Access::read : bundle::Access::write, "operand " + std::to_string(i)});
  }
  auto typeOf = [&](uint32_t i) -> const bundle::BufferType & {
    return *function.values()->Get(collective.operands()->Get(i))->type();
  };
  for (uint32_t i = 0; i < count / 2; ++i)
    if (std::string problems = problemOfDims(collective, typeOf(i), typeOf(count / 2 + i)); !problems.empty())
      problem(at, "operand " + std::to_string(i) + ": " + problems);
  checkUses(function, uses, memory, /*isCall=*/true, at);
  if (!collective.starts())
    return;
  if (collective.kind() == bundle::CollectiveKind::all_slice)
    return problem(at, "starts, but nothing moves that could be waited for");
  memory.moving.emplace_back(index, &collective);
}

/// What is wrong with the types of a dispatch to experts; empty if nothing is.
std::string Verifier::problemOfRows(const bundle::ExpertDispatch &dispatch, const bundle::BufferType &rows,
                                    const bundle::BufferType &offsets, const bundle::BufferType &results) const {
  const bundle::Function &callee = *program_.functions()->Get(dispatch.callee());
  const int64_t ranks = program_.mesh()->Get(dispatch.mesh_axis())->size();
  auto isRows = [&](const bundle::BufferType &type) {
    bool good = rankOf(type) > 0 && !recipe::tileOf(type);
    for (uint32_t dim = 1; good && dim < rankOf(type); ++dim)
      good = type.dims()->Get(dim)->symbol() < 0;
    return good;
  };
  if (!isRows(rows) || !isRows(results) || rows.dtype() != results.dtype() || rankOf(rows) != rankOf(results))
    return "rows are " + describe(rows, program_) + " and results " + describe(results, program_) +
           ", expected rows of one element type and constant dims";
  for (uint32_t dim = 0; dim < rankOf(rows); ++dim)
    if (!sameSize(productOf(rows.dims(), dim, dim + 1, definitions_),
                  productOf(results.dims(), dim, dim + 1, definitions_)))
      return "dim " + std::to_string(dim) + " changes from " + describe(rows, program_) + " to " +
             describe(results, program_);
  if (offsets.dtype() != bundle::DType::i32 || rankOf(offsets) != 1 || !isDense(offsets) || recipe::tileOf(offsets) ||
      offsets.dims()->Get(0)->symbol() >= 0 || offsets.dims()->Get(0)->value() < 2 ||
      (offsets.dims()->Get(0)->value() - 1) % ranks != 0)
    return "offsets are " + describe(offsets, program_) + ", expected i32[experts + 1], where " +
           std::to_string(ranks) + " ranks divide the experts";
  if (sizeOf(callee.arguments()) != 3)
    return std::to_string(sizeOf(callee.arguments())) + " arguments of the callee, expected 3";
  const bundle::Access accesses[] = {bundle::Access::read, bundle::Access::read, bundle::Access::write};
  for (uint32_t i = 0; i < 3; ++i) {
    const bundle::Argument &argument = *callee.arguments()->Get(i);
    const bundle::BufferType &type = *argument.type();
    const bool isNumbers = i == 1;
    bool fits = argument.access() == accesses[i] && isRows(type) &&
                type.dims()->Get(0)->symbol() == int32_t(dispatch.symbol()) &&
                type.dtype() == (isNumbers ? bundle::DType::i32 : rows.dtype()) &&
                rankOf(type) == (isNumbers ? 2 : rankOf(rows));
    for (uint32_t dim = 1; fits && dim < rankOf(type); ++dim)
      fits = type.dims()->Get(dim)->value() == (isNumbers ? 1 : rows.dims()->Get(dim)->value());
    if (!fits)
      return "argument " + std::to_string(i) + " of the callee is " + describe(type, program_) + ", " +
             bundle::EnumNameAccess(argument.access()) + ", for rows " + describe(rows, program_);
  }
  return "";
}

void Verifier::checkExpertDispatch(const bundle::Function &function, const bundle::ExpertDispatch &dispatch,
                                   Memory &memory, const std::string &where) {
  checkFeature(bundle_format::expertDispatch, where);
  if (dispatch.callee() >= program_.functions()->size())
    return problem(where, "callee is " + std::to_string(dispatch.callee()) + ", the program has " +
                              std::to_string(program_.functions()->size()) + " functions");
  const std::string at =
      where + " (expert_dispatch of " + quoted(program_.functions()->Get(dispatch.callee())->name()) + ")";
  if (dispatch.mesh_axis() >= sizeOf(program_.mesh()))
    return checkMeshAxis(dispatch.mesh_axis(), at);
  if (dispatch.symbol() >= sizeOf(program_.symbols()) ||
      program_.symbols()->Get(dispatch.symbol())->kind() != bundle::SymbolKind::counted)
    return problem(at, "symbol " + std::to_string(dispatch.symbol()) + " is not of kind counted");
  if (sizeOf(dispatch.operands()) != 3)
    return problem(at, std::to_string(sizeOf(dispatch.operands())) + " operands, expected rows, offsets and results");
  std::vector<Use> uses;
  for (uint32_t i = 0; i < 3; ++i) {
    const uint32_t value = dispatch.operands()->Get(i);
    if (value >= sizeOf(function.values()))
      return problem(at, "operand " + std::to_string(i) + " is value " + std::to_string(value) + " of " +
                             std::to_string(sizeOf(function.values())));
    uses.push_back({value, i < 2 ? bundle::Access::read : bundle::Access::write, "operand " + std::to_string(i)});
  }
  auto typeOf = [&](uint32_t i) -> const bundle::BufferType & {
    return *function.values()->Get(dispatch.operands()->Get(i))->type();
  };
  if (std::string problems = problemOfRows(dispatch, typeOf(0), typeOf(1), typeOf(2)); !problems.empty())
    problem(at, problems);
  checkUses(function, uses, memory, /*isCall=*/true, at);
}

} // namespace veomni::verify

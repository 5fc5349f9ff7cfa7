// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Continues token ids greedily, one run of the program per token.
#include "Generate.h"

#include "Compare.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <string_view>

namespace veomni {

/// Where the program says how many tokens there are, --eos must name some of them.
static Status checkVocabulary(const EntryInfo &entry, const std::vector<int64_t> &tokens) {
  for (const PortInfo &output : entry.outputs) {
    if (output.name != "logits" || output.dims.empty() || output.dims.back().size < 0)
      continue;
    int64_t vocabulary = output.dims.back().size;
    for (int64_t token : tokens)
      if (token >= vocabulary)
        return Status::error("--eos: token " + std::to_string(token) + " is not in the vocabulary, expected 0 to " +
                             std::to_string(vocabulary - 1));
  }
  return Status::ok();
}

/// Where the bundle says how many positions the model has, prompt and continuation must fit.
static Status checkPositions(const Program &program, int64_t prompt, int64_t generated) {
  const char *text = program.bundle().metadata("max_position_embeddings");
  if (!text)
    return Status::ok();
  int64_t positions = 0;
  std::string_view number = text;
  auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), positions);
  if (error != std::errc() || end != number.data() + number.size())
    return Status::error(program.bundle().name() + ": metadata max_position_embeddings is \"" + text +
                         "\", expected an integer");
  if (generated > positions - prompt)
    return Status::error("--generate: " + std::to_string(prompt) + " tokens and " + std::to_string(generated) +
                         " more do not fit in the model's " + std::to_string(positions) +
                         " positions, expected at most " + std::to_string(std::max<int64_t>(positions - prompt, 0)) +
                         " more");
  return Status::ok();
}

static Expected<std::vector<int64_t>> endTokens(const Program &program, const EntryInfo &entry,
                                                const Options &options) {
  if (!options.eos.empty()) {
    if (Status status = checkVocabulary(entry, options.eos); !status)
      return status;
    return options.eos;
  }
  std::vector<int64_t> tokens;
  const char *text = program.bundle().metadata("eos_token_id");
  std::string_view rest = text ? text : "";
  while (!rest.empty()) {
    if (rest.front() == ',' || rest.front() == ' ') {
      rest.remove_prefix(1);
      continue;
    }
    int64_t token = 0;
    auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), token);
    if (error != std::errc())
      return Status::error(program.bundle().name() + ": metadata eos_token_id is \"" + text +
                           "\", expected integers and commas");
    tokens.push_back(token);
    rest.remove_prefix(size_t(end - rest.data()));
  }
  return tokens;
}

/// The token with the largest logit at the last position, the first of equals.
static Expected<int64_t> nextToken(const Session &session) {
  for (const Tensor &output : session.outputs()) {
    if (output.name != "logits")
      continue;
    if (output.shape.size() != 3 || output.shape[0] != 1 || output.shape[1] < 1 || output.shape[2] < 1)
      return Status::error("output logits: shape is " + shapeText(output.shape) + ", expected [1, seq, vocabulary]");
    int64_t vocabulary = output.shape[2], last = (output.shape[1] - 1) * vocabulary, best = 0;
    for (int64_t token = 1; token < vocabulary; ++token)
      if (elementAt(output, last + token) > elementAt(output, last + best))
        best = token;
    return best;
  }
  return Status::error(session.program().bundle().name() + ": has no output logits to generate from");
}

/// The ids of a row that its mask, if there is one, does not call padding. Without the padding their positions count
/// from 0, as transformers counts those of padded rows.
static Expected<std::vector<int64_t>> keptTokens(const Tensor &inputIds, const Tensor *mask, int64_t row,
                                                 const std::string &file) {
  const int64_t length = inputIds.shape.back();
  if (mask && mask->shape.back() != length)
    return Status::error(file + ": attention_mask is " + shapeText(mask->shape) +
                         ", expected the shape of input_ids, " + shapeText(inputIds.shape));
  const int64_t maskRows = mask && mask->shape.size() == 2 ? mask->shape[0] : 1;
  if (row >= maskRows && maskRows != 1)
    return Status::error(file + ": attention_mask has " + std::to_string(maskRows) + " rows, there is no row " +
                         std::to_string(row));
  const int64_t maskRow = maskRows == 1 ? 0 : row;
  std::vector<int64_t> tokens;
  for (int64_t t = 0; t < length; ++t) {
    const double kept = mask ? elementAt(*mask, maskRow * length + t) : 1;
    if (kept != 0 && kept != 1)
      return Status::error(file + ": attention_mask: element " + std::to_string(maskRow * length + t) + " is " +
                           std::to_string(kept) + ", expected 0 or 1");
    if (kept != 0)
      tokens.push_back(int64_t(elementAt(inputIds, row * length + t)));
  }
  if (tokens.empty())
    return Status::error(file + ": row " + std::to_string(row) + " of input_ids has no token to continue" +
                         (mask ? ": attention_mask is 0 throughout" : ""));
  return tokens;
}

Status generate(RankRun &ranks, const EntryInfo &entry, const Tensor &inputIds, const Tensor *mask,
                const Options &options, const InstructionHooks *hooks) {
  Session &session = ranks.first();
  const size_t rank = inputIds.shape.size();
  if (mask && (mask->shape.empty() || mask->shape.size() > 2))
    return Status::error(options.inputs + ": attention_mask is " + shapeText(mask->shape) +
                         ", expected the shape of input_ids, " + shapeText(inputIds.shape));
  if ((rank != 1 && rank != 2) || (inputIds.dtype != bundle::DType::i64 && inputIds.dtype != bundle::DType::i32))
    return Status::error(options.inputs + ": input_ids is " + bundle::EnumNameDType(inputIds.dtype) +
                         shapeText(inputIds.shape) + ", expected i64 or i32 [1, seq]");
  int64_t rows = rank == 2 ? inputIds.shape[0] : 1;
  if (rows != 1 && !options.row)
    return Status::error(options.inputs + ": input_ids has " + std::to_string(rows) + " rows; choose one with --row");
  int64_t row = options.row.value_or(0);
  if (row >= rows)
    return Status::error(options.inputs + ": input_ids has " + std::to_string(rows) + " rows, there is no row " +
                         std::to_string(row));
  Expected<std::vector<int64_t>> ends = endTokens(session.program(), entry, options);
  if (!ends)
    return ends.status();
  Expected<std::vector<int64_t>> kept = keptTokens(inputIds, mask, row, options.inputs);
  if (!kept)
    return kept.status();
  std::vector<int64_t> tokens = std::move(*kept);
  if (Status status = checkPositions(session.program(), int64_t(tokens.size()), *options.generate); !status)
    return status;
  for (int64_t step = 0; step < *options.generate; ++step) {
    auto begin = std::chrono::steady_clock::now();
    const Tensor input{"input_ids", bundle::DType::i64, {1, int64_t(tokens.size())}, tokens.data()};
    if (Status status = ranks.run(entry.name, {&input, 1}, hooks); !status)
      return status;
    Expected<int64_t> token = nextToken(session);
    if (!token)
      return token.status();
    std::printf("%lld\n", static_cast<long long>(*token));
    std::fflush(stdout);
    if (options.time)
      std::fprintf(stderr, "token %lld: %.6f s\n", static_cast<long long>(step),
                   std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
    if (std::ranges::find(*ends, *token) != ends->end())
      break;
    tokens.push_back(*token);
  }
  return Status::ok();
}

} // namespace veomni

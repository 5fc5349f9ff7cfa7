// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The bounds of what a query sees, from starts, ends, window and the order of keys.
#include "Visibility.h"

using namespace veomni::cpu;
using namespace mlir;

Visibility::Visibility(KernelBuilder &k, const Kernel &kernel, Value queries, Value keys)
    : k(k), window(kernel.integer("window")), full(kernel.choice("visibility") == "full"), starts(k.operand("starts")),
      ends(kernel.has("ends") ? k.operand("ends") : Value()), keys(keys), offset(k.sub(keys, queries)) {}

Value Visibility::firstKey(Value token0, Value query) {
  Value start = k.loadIndex(starts, k.add(token0, query));
  return window ? k.max(start, k.sub(position(query), window - 1)) : start;
}

Value Visibility::endOfKeys(Value token0, Value query) {
  if (!full)
    return k.add(position(query), 1);
  Value end = ends ? k.min(k.loadIndex(ends, k.add(token0, query)), keys) : keys;
  return window ? k.min(end, k.add(position(query), window)) : end;
}

std::vector<AttributeRule> Visibility::attributes() {
  return {integer("window", "keys on each side that a query sees, itself included; 0: all", 0),
          optional(choice("visibility", {"causal", "full"}, "whether keys behind a query are seen"))};
}

void Visibility::check(Kernel &kernel, Problems &problems) {
  if (kernel.has("ends") && kernel.choice("visibility") != "full")
    problems.add("operand 'ends' needs attribute 'visibility' = full, found " + kernel.choice("visibility"));
}

std::string Visibility::text() {
  return "With p = s + keys - seq, query s sees keys t with max(starts[s], p - window + 1) <= t <= p where visibility "
         "is causal, and max(starts[s], p - window + 1) <= t < min(ends[s], p + window) where it is full, if use_mask "
         "== 0 or key_mask[t] != 0.";
}

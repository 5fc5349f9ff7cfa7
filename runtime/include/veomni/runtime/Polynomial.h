// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Sizes as sums of products of symbols, in the one form that equal sums share. The compiler compares and canonicalises
// extents with it, the loader proves with it that two types take the same memory before any size is known. Needs
// nothing but the C++ standard.
#ifndef VEOMNI_RUNTIME_POLYNOMIAL_H
#define VEOMNI_RUNTIME_POLYNOMIAL_H

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <iterator>
#include <optional>
#include <vector>

namespace veomni {

/// A sum of products `coefficient * symbol * symbol * ...`. `Less` orders symbols; it decides the order in which terms
/// are listed.
template <typename Symbol, typename Less = std::less<Symbol>> class Polynomial {
public:
  struct Term {
    std::vector<Symbol> symbols; ///< in order, each as often as it is a factor
    int64_t coefficient;         ///< not 0
    bool operator==(const Term &) const = default;
  };

  /// Products of sums grow fast; a program that needs more than this is refused rather than expanded.
  static constexpr size_t mostTerms = 32, mostSymbols = 32;

  /// 0.
  Polynomial() = default;
  static Polynomial constant(int64_t value) {
    Polynomial result;
    if (value != 0)
      result.terms_.push_back({{}, value});
    return result;
  }
  static Polynomial symbol(Symbol symbol) {
    Polynomial result;
    result.terms_.push_back({{symbol}, 1});
    return result;
  }

  /// Products of more symbols first, then in the order of the symbols; the constant is last.
  const std::vector<Term> &terms() const { return terms_; }
  bool operator==(const Polynomial &) const = default;
  /// The value where no symbol is involved.
  std::optional<int64_t> constant() const {
    if (terms_.empty())
      return 0;
    return terms_.size() == 1 && terms_.front().symbols.empty() ? std::optional(terms_.front().coefficient)
                                                                : std::nullopt;
  }

  // Each leaves the polynomial in an unspecified state and returns false where a coefficient overflows or the limits
  // are exceeded.
  [[nodiscard]] bool add(const Polynomial &other) {
    for (const Term &term : other.terms_)
      if (!addTerm(term))
        return false;
    return true;
  }
  [[nodiscard]] bool multiply(const Polynomial &other) {
    Polynomial product;
    for (const Term &left : terms_)
      for (const Term &right : other.terms_) {
        Term term{{}, 0};
        if (left.symbols.size() + right.symbols.size() > mostSymbols ||
            __builtin_mul_overflow(left.coefficient, right.coefficient, &term.coefficient))
          return false;
        std::merge(left.symbols.begin(), left.symbols.end(), right.symbols.begin(), right.symbols.end(),
                   std::back_inserter(term.symbols), Less());
        if (!product.addTerm(term))
          return false;
      }
    *this = std::move(product);
    return true;
  }

  /// Nothing where a coefficient overflows or the limits are exceeded.
  std::optional<Polynomial> minus(const Polynomial &other) const {
    Polynomial difference = *this, negated = other;
    if (!negated.multiply(constant(-1)) || !difference.add(negated))
      return std::nullopt;
    return difference;
  }

  /// Whether this is at most `other` whatever symbols, which are never negative, stand for. May say no where it is
  /// true.
  bool fitsInto(const Polynomial &other) const {
    std::optional<Polynomial> difference = other.minus(*this);
    return difference && std::all_of(difference->terms_.begin(), difference->terms_.end(),
                                     [](const Term &term) { return term.coefficient > 0; });
  }

private:
  static bool precedes(const Term &a, const Term &b) {
    if (a.symbols.size() != b.symbols.size())
      return a.symbols.size() > b.symbols.size();
    return std::lexicographical_compare(a.symbols.begin(), a.symbols.end(), b.symbols.begin(), b.symbols.end(), Less());
  }
  bool addTerm(const Term &term) {
    auto at = std::lower_bound(terms_.begin(), terms_.end(), term, precedes);
    if (at == terms_.end() || at->symbols != term.symbols) {
      terms_.insert(at, term);
      return terms_.size() <= mostTerms;
    }
    if (__builtin_add_overflow(at->coefficient, term.coefficient, &at->coefficient))
      return false;
    if (at->coefficient == 0)
      terms_.erase(at);
    return true;
  }

  std::vector<Term> terms_;
};

} // namespace veomni

#endif // VEOMNI_RUNTIME_POLYNOMIAL_H

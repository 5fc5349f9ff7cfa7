// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// exp, erf and their kin as polynomials over vectors: the same bits on every machine, and no call.
#include "Math.h"

#include "mlir/Dialect/Vector/IR/VectorOps.h"

#include <cmath>

using namespace veomni::cpu;
using namespace mlir;
using arith::CmpFPredicate;

/// Highest power first.
static Value polynomial(KernelBuilder &k, Value x, ArrayRef<double> coefficients) {
  Value sum = k.constant(x.getType(), coefficients.front());
  for (double coefficient : coefficients.drop_front())
    sum = k.fma(sum, x, k.constant(x.getType(), coefficient));
  return sum;
}

Value veomni::cpu::emitExp(KernelBuilder &k, Value x) {
  Type type = x.getType(), bits = k.vectorOf(k.i32());
  // x = n ln 2 + r with |r| <= ln(2) / 2. Adding 1.5 * 2^23 rounds to an integer and leaves it in the low bits.
  Value magic = k.splat(12582912.0);
  Value shifted = k.fma(x, k.splat(M_LOG2E), magic), n = k.sub(shifted, magic);
  Value r = k.fma(n, k.splat(-0.693359375), x);
  r = k.fma(n, k.splat(2.12194440e-4), r);
  // Coefficients of Cephes' expf.
  Value y = polynomial(
      k, r, {1.9875691500e-4, 1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2, 1.6666665459e-1, 5.0000001201e-1});
  y = k.add(k.fma(y, k.mul(r, r), r), k.splat(1.0));
  Value scaled = k.add(k.bitcast(y, bits), k.shiftLeft(k.bitcast(shifted, bits), k.constant(bits, int64_t(23))));
  scaled = k.bitcast(scaled, type);
  scaled = k.select(k.compare(CmpFPredicate::OLT, x, k.splat(-87.3365447504)), k.splat(0.0), scaled);
  // Too large is infinity and NaN stays NaN.
  Value beyond = k.mul(x, k.splat(INFINITY));
  return k.select(k.compare(CmpFPredicate::OLE, x, k.splat(88.7228317261)), scaled, beyond);
}

Value veomni::cpu::emitScalarExp(KernelBuilder &k, Value x) {
  return vector::ExtractOp::create(k.ops(), emitExp(k, k.broadcast(x)), ArrayRef<int64_t>{0});
}

Value veomni::cpu::emitExp2OfNegative(KernelBuilder &k, Value x) {
  Type bits = k.vectorOf(k.i32());
  Value magic = k.splat(12582912.0); // as above
  Value shifted = k.add(x, magic), f = k.sub(x, k.sub(shifted, magic));
  // Least relative error on [-1/2, 1/2] of those that are exact at 0.
  Value y =
      polynomial(k, f, {1.326472691e-03, 9.671512660e-03, 5.550733744e-02, 2.402224208e-01, 6.931469776e-01, 1.0});
  Value scaled = k.add(k.bitcast(y, bits), k.shiftLeft(k.bitcast(shifted, bits), k.constant(bits, int64_t(23))));
  return k.select(k.compare(CmpFPredicate::OLT, x, k.splat(-126.0)), k.splat(0.0), k.bitcast(scaled, x.getType()));
}

Value veomni::cpu::emitSigmoidTimes(KernelBuilder &k, Value x, Value numerator) {
  Value denominator = k.add(emitExp(k, k.sub(k.splat(-0.0), x)), k.splat(1.0));
  return k.div(numerator, denominator);
}

/// erfc(z) / 2 for z >= 0.
static Value upperTail(KernelBuilder &k, Value z) {
  // With t = 1 / (1 + z / 2), erfc(z) = t exp(-z^2 + p(t)) to 1.2e-7 relative (Numerical Recipes, "erfcc"), which keeps
  // the far side, where 1 - erf cancels.
  Value t = k.div(k.splat(1.0), k.fma(z, k.splat(0.5), k.splat(1.0)));
  Value p = polynomial(k, t,
                       {0.17087277, -0.82215223, 1.48851587, -1.13520398, 0.27886807, -0.18628806, 0.09678418,
                        0.37409196, 1.00002368, -1.26551223});
  return k.mul(k.mul(t, emitExp(k, k.fma(k.sub(k.splat(-0.0), z), z, p))), k.splat(0.5));
}

static Value absolute(KernelBuilder &k, Value x) { return k.max(x, k.sub(k.splat(-0.0), x)); }

/// `size` with the sign of `sign`.
static Value withSign(KernelBuilder &k, Value size, Value sign) {
  return k.select(k.compare(CmpFPredicate::OLT, sign, k.splat(0.0)), k.sub(k.splat(-0.0), size), size);
}

Value veomni::cpu::emitGelu(KernelBuilder &k, Value x) {
  Value tail = upperTail(k, k.mul(absolute(k, x), k.splat(M_SQRT1_2)));
  Value phi = k.select(k.compare(CmpFPredicate::OLT, x, k.splat(0.0)), tail, k.sub(k.splat(1.0), tail));
  return k.mul(x, phi);
}

Value veomni::cpu::emitErf(KernelBuilder &k, Value x) {
  // Coefficients of Cephes' erff near 0.
  Value z = absolute(k, x);
  Value near =
      k.mul(x, polynomial(k, k.mul(x, x),
                          {7.853861353153693e-5, -8.010193625184903e-4, 5.188327685732524e-3, -2.685381193529856e-2,
                           1.128358514861418e-1, -3.761262582423300e-1, 1.128379165726710e+0}));
  Value far = withSign(k, k.fma(upperTail(k, z), k.splat(-2.0), k.splat(1.0)), x);
  return k.select(k.compare(CmpFPredicate::OGT, z, k.splat(1.0)), far, near);
}

Value veomni::cpu::emitTanh(KernelBuilder &k, Value x) {
  // Coefficients of Cephes' tanhf near 0; elsewhere 1 - 2 / (1 + e^2|x|).
  Value z = absolute(k, x), square = k.mul(x, x);
  Value near = polynomial(
      k, square, {-5.70498872745e-3, 2.06390887954e-2, -5.37397155531e-2, 1.33314422036e-1, -3.33332819422e-1});
  near = k.fma(k.mul(near, square), x, x);
  Value far = k.sub(k.splat(1.0), k.div(k.splat(2.0), k.add(emitExp(k, k.add(z, z)), k.splat(1.0))));
  return k.select(k.compare(CmpFPredicate::OGT, z, k.splat(0.625)), withSign(k, far, x), near);
}

Value veomni::cpu::emitLog64(KernelBuilder &k, Value x) {
  Type f64 = x.getType(), i64 = k.i64();
  if (auto vector = dyn_cast<VectorType>(f64))
    i64 = VectorType::get(vector.getShape(), i64);
  auto integer = [&](int64_t value) { return k.constant(i64, value); };
  // x = 2^e m with m in [sqrt(1/2), sqrt 2): subtracting the bits of sqrt(1/2) moves the border of the exponent there.
  Value offset = integer(std::bit_cast<int64_t>(M_SQRT1_2));
  Value bits = k.bitcast(x, i64), above = k.sub(bits, offset);
  Value e = arith::ShRSIOp::create(k.ops(), above, integer(52));
  Value m = k.bitcast(k.sub(bits, k.shiftLeft(e, integer(52))), f64);
  // ln m = 2 artanh((m - 1) / (m + 1)).
  Value one = k.constant(f64, 1.0), z = k.div(k.sub(m, one), k.add(m, one));
  Value series =
      polynomial(k, k.mul(z, z), {1.0 / 17, 1.0 / 15, 1.0 / 13, 1.0 / 11, 1.0 / 9, 1.0 / 7, 1.0 / 5, 1.0 / 3, 1.0});
  Value exponent = arith::SIToFPOp::create(k.ops(), f64, e);
  Value result = k.fma(exponent, k.constant(f64, M_LN2), k.mul(k.mul(z, series), k.constant(f64, 2.0)));
  result = k.select(k.compare(CmpFPredicate::OGT, x, k.constant(f64, 0.0)), result, k.constant(f64, -INFINITY));
  return k.select(k.compare(CmpFPredicate::OLT, x, k.constant(f64, INFINITY)), result, x);
}

Value veomni::cpu::emitLog(KernelBuilder &k, Value x) {
  // In f64, where denormal numbers are not.
  Value wide = arith::ExtFOp::create(k.ops(), k.vectorOf(k.f64()), x);
  Value result = arith::TruncFOp::create(k.ops(), x.getType(), emitLog64(k, wide));
  return k.select(k.compare(CmpFPredicate::OLT, x, k.splat(0.0)), k.splat(NAN), result);
}

Value veomni::cpu::emitSoftplus(KernelBuilder &k, Value x) {
  // max(x, 0) + ln(1 + e) with e = e^-|x|, by its series where 1 + e would round most of e away. NaN takes the way of
  // what is not below 0.
  Value negative = k.compare(CmpFPredicate::OLT, x, k.splat(0.0));
  Value e = emitExp(k, k.select(negative, x, k.sub(k.splat(-0.0), x)));
  Value wide = arith::ExtFOp::create(k.ops(), k.vectorOf(k.f64()), e);
  Value log = emitLog64(k, k.add(wide, k.constant(wide.getType(), 1.0)));
  log = arith::TruncFOp::create(k.ops(), x.getType(), log);
  Value series = k.mul(e, polynomial(k, e, {-1.0 / 4, 1.0 / 3, -1.0 / 2, 1.0}));
  log = k.select(k.compare(CmpFPredicate::OLT, e, k.splat(0x1p-6)), series, log);
  return k.add(k.select(negative, k.splat(0.0), x), log);
}

std::pair<Value, Value> veomni::cpu::emitCosSin(KernelBuilder &k, Value angle) {
  // In f64 throughout: the table is small, and a position of a million leaves f32 no digits after the reduction.
  auto wide = k.vectorOf(k.f64()), bits = k.vectorOf(k.i64());
  auto integer = [&](int64_t value) { return k.constant(bits, value); };
  Value x = arith::ExtFOp::create(k.ops(), wide, angle);
  Value magic = k.constant(wide, 6755399441055744.0); // 1.5 * 2^52
  Value shifted = k.fma(x, k.constant(wide, M_2_PI), magic), n = k.sub(shifted, magic);
  Value r = k.fma(n, k.constant(wide, -0x1.921fb54442d18p+0), x);
  r = k.fma(n, k.constant(wide, -0x1.1a62633145c07p-54), r);
  // Coefficients of fdlibm's __kernel_sin and __kernel_cos on [-pi/4, pi/4].
  Value square = k.mul(r, r);
  Value s = polynomial(k, square,
                       {1.58969099521155010221e-10, -2.50507602534068634195e-08, 2.75573137070700676789e-06,
                        -1.98412698298579493134e-04, 8.33333333332248946124e-03, -1.66666666666666324348e-01});
  s = k.fma(k.mul(s, square), r, r);
  Value c =
      polynomial(k, square,
                 {-1.13596475577881948265e-11, 2.08757232129817482790e-09, -2.75573143513906633035e-07,
                  2.48015872894767294178e-05, -1.38888888888741095749e-03, 4.16666666666666019037e-02, -0.5, 1.0});
  // Quadrant n mod 4: odd ones swap, and the signs follow.
  Value quadrant = k.bitcast(shifted, bits);
  Value odd = k.compare(arith::CmpIPredicate::ne, k.bitAnd(quadrant, integer(1)), integer(0));
  auto withSign = [&](Value value, Value quarter) -> Value {
    Value sign = k.shiftLeft(k.bitAnd(quarter, integer(2)), integer(62));
    Value flipped = arith::XOrIOp::create(k.ops(), k.bitcast(value, bits), sign);
    return arith::TruncFOp::create(k.ops(), k.vectorOf(k.f32()), k.bitcast(flipped, wide));
  };
  return {withSign(k.select(odd, s, c), k.add(quadrant, integer(1))), withSign(k.select(odd, c, s), quadrant)};
}

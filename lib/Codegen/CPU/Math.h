// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Functions that have no instruction, as straight code: kernels call no library.
#ifndef VEOMNI_LIB_CODEGEN_CPU_MATH_H
#define VEOMNI_LIB_CODEGEN_CPU_MATH_H

#include "veomni/Codegen/CPU/KernelBuilder.h"

namespace veomni::cpu {

/// e^x of a vector of f32, to about 1 ulp; results below the smallest normal number are 0 (denormal ones would be
/// slow).
mlir::Value emitExp(KernelBuilder &k, mlir::Value x);

/// The same of one f32.
mlir::Value emitScalarExp(KernelBuilder &k, mlir::Value x);

/// 2^x of a vector of f32 for x <= 0, to 2e-7; exactly 0 below -126, so that no denormal numbers arise; NaN stays NaN.
mlir::Value emitExp2OfNegative(KernelBuilder &k, mlir::Value x);

/// 1 / (1 + e^-x) times `numerator`.
mlir::Value emitSigmoidTimes(KernelBuilder &k, mlir::Value x, mlir::Value numerator);

/// The distribution function of the normal distribution times x.
mlir::Value emitGelu(KernelBuilder &k, mlir::Value x);

/// ln x of f64 >= 0, one or a vector, to about 1e-14; NaN and infinity stay what they are.
mlir::Value emitLog64(KernelBuilder &k, mlir::Value x);

/// Of a vector of f32, each to about 1 ulp. ln x is NaN below 0.
mlir::Value emitLog(KernelBuilder &k, mlir::Value x);
mlir::Value emitTanh(KernelBuilder &k, mlir::Value x);
mlir::Value emitErf(KernelBuilder &k, mlir::Value x);

/// ln(1 + e^x) of a vector of f32, to about 1 ulp also where it is small.
mlir::Value emitSoftplus(KernelBuilder &k, mlir::Value x);

/// Cosine and sine of a vector of f32 whose values are below 2^31, each correctly rounded but for rare cases.
std::pair<mlir::Value, mlir::Value> emitCosSin(KernelBuilder &k, mlir::Value angle);

} // namespace veomni::cpu

#endif // VEOMNI_LIB_CODEGEN_CPU_MATH_H

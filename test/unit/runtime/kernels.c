// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Kernels for the tests of the runtime, as the compiler would make them: static columns, rows as a scalar, 2 rows a
// workgroup.
#include "veomni/runtime/KernelABI.h"

enum { columns = 4, groupRows = 2 };

#define FOR_ROWS(x, rows) for (int64_t r = (x) * groupRows; r < (rows) && r < ((x) + 1) * groupRows; ++r)
#define FOR_COLUMNS for (int64_t c = 0; c < columns; ++c)

// ids i64, out f32 [rows, 4]: out = ids * 10 + column
void spread(const veomni_kernel_args *args, int64_t x, int64_t y, int64_t z) {
  const int64_t *ids = args->operands[0];
  float *out = args->operands[1];
  FOR_ROWS(x, args->scalars[0]) FOR_COLUMNS out[r * columns + c] = (float)(ids[r] * 10 + c);
}

// out = a + b
void add(const veomni_kernel_args *args, int64_t x, int64_t y, int64_t z) {
  const float *a = args->operands[0], *b = args->operands[1];
  float *out = args->operands[2];
  FOR_ROWS(x, args->scalars[0]) FOR_COLUMNS out[r * columns + c] = a[r * columns + c] + b[r * columns + c];
}

// out = in * weight, weight f32 [4]
void scale(const veomni_kernel_args *args, int64_t x, int64_t y, int64_t z) {
  const float *in = args->operands[0], *weight = args->operands[1];
  float *out = args->operands[2];
  FOR_ROWS(x, args->scalars[0]) FOR_COLUMNS out[r * columns + c] = in[r * columns + c] * weight[c];
}

// sum += in * weight * (scalar 1), in place
void accumulate(const veomni_kernel_args *args, int64_t x, int64_t y, int64_t z) {
  const float *in = args->operands[0], *weight = args->operands[1];
  float *sum = args->operands[2];
  FOR_ROWS(x, args->scalars[0])
  FOR_COLUMNS sum[r * columns + c] += in[r * columns + c] * weight[c] * (float)args->scalars[1];
}

// out = in * the row of weight, f32 [experts, 4], that numbers, i32 [rows, 1], name
void experts(const veomni_kernel_args *args, int64_t x, int64_t y, int64_t z) {
  const float *in = args->operands[0], *weight = args->operands[2];
  const int32_t *numbers = args->operands[1];
  float *out = args->operands[3];
  FOR_ROWS(x, args->scalars[0])
  FOR_COLUMNS out[r * columns + c] = in[r * columns + c] * weight[numbers[r] * columns + c];
}

// out i64 = in i64 + scalar 1
void shift(const veomni_kernel_args *args, int64_t x, int64_t y, int64_t z) {
  const int64_t *in = args->operands[0];
  int64_t *out = args->operands[1];
  FOR_ROWS(x, args->scalars[0]) out[r] = in[r] + args->scalars[1];
}

// out f32 [rows, 4] with a row stride of 6
void padded(const veomni_kernel_args *args, int64_t x, int64_t y, int64_t z) {
  const int64_t *ids = args->operands[0];
  float *out = args->operands[1];
  FOR_ROWS(x, args->scalars[0]) FOR_COLUMNS out[r * 6 + c] = (float)(ids[r] * 10 + c);
}

// out f32 [grid]: x + 10 y + 100 z at the workgroup's own place
void grid(const veomni_kernel_args *args, int64_t x, int64_t y, int64_t z) {
  float *out = args->operands[0];
  out[(z * args->scalars[1] + y) * args->scalars[0] + x] = (float)(x + 10 * y + 100 * z);
}

// Kernels that do wrong, for the check of memory; all take in f32 [4], out f32 [4] and a scalar.

// Reads one element of the input wherever the scalar says, but gives a result that does not depend on it.
void read_at(const veomni_kernel_args *args, int64_t x, int64_t y, int64_t z) {
  const volatile float *in = args->operands[0];
  float *out = args->operands[1], seen = in[args->scalars[0]];
  FOR_COLUMNS out[c] = seen == seen ? 1 : 1;
}

void read_before(const veomni_kernel_args *args, int64_t x, int64_t y, int64_t z) {
  const volatile float *in = args->operands[0];
  float *out = args->operands[1], seen = in[-args->scalars[0]];
  FOR_COLUMNS out[c] = seen == seen ? 1 : 1;
}

void write_at(const veomni_kernel_args *args, int64_t x, int64_t y, int64_t z) {
  float *out = args->operands[1];
  FOR_COLUMNS out[c] = 1;
  out[args->scalars[0]] = 1;
}

void write_input(const veomni_kernel_args *args, int64_t x, int64_t y, int64_t z) {
  float *in = args->operands[0];
  in[0] = 1;
}

// Leaves elements from the scalar on unwritten.
void copy_some(const veomni_kernel_args *args, int64_t x, int64_t y, int64_t z) {
  const float *in = args->operands[0];
  float *out = args->operands[1];
  for (int64_t c = 0; c < args->scalars[0]; ++c)
    out[c] = in[c];
}

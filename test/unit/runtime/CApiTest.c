/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* The C API from C: CApiTest BUNDLE WEIGHTS runs makeLayeredBundle on ids {{3, 1}} and compares every element. */
#include "veomni/runtime/veomni.h"

#include <stdio.h>
#include <string.h>

#define CHECK(condition)                                                                                                                   \
  do {                                                                                                                                     \
    if (!(condition)) {                                                                                                                    \
      fprintf(stderr, "line %d: %s: %s\n", __LINE__, #condition, veomni_error());                                                          \
      return 1;                                                                                                                            \
    }                                                                                                                                      \
  } while (0)

int main(int argc, char **argv) {
  CHECK(argc == 3);
  CHECK(veomni_load("/nonexistent.vob", argv[2], 1) == NULL);
  CHECK(strstr(veomni_error(), "/nonexistent.vob") != NULL);

  veomni_program *program = veomni_load(argv[1], argv[2], 2);
  CHECK(program != NULL);
  CHECK(veomni_input_count(program) == 2 && strcmp(veomni_input_name(program, 1), "positions") == 0);
  CHECK(veomni_output_count(program) == 2 && strcmp(veomni_output_name(program, 0), "y") == 0);
  CHECK(veomni_input_name(program, 2) == NULL && veomni_output_name(program, 2) == NULL);
  CHECK(strcmp(veomni_metadata(program, "eos_token_id"), "7, 9") == 0);
  CHECK(veomni_metadata(program, "absent") == NULL);

  veomni_tensor tensor;
  CHECK(veomni_run(program) == 1 && strcmp(veomni_error(), "input ids: required, but not given") == 0);
  CHECK(veomni_get_output(program, "y", &tensor) == 1);
  const int64_t shape[2] = {1, 2}, ids[2] = {3, 1}, bad[2] = {3, 100};
  CHECK(veomni_set_input(program, "ids", 99, 2, shape, ids) == 1);
  CHECK(veomni_set_input(program, "ids", VEOMNI_I64, 2, shape, bad) == 0);
  CHECK(veomni_run(program) == 1 && strstr(veomni_error(), "element 1 is 100") != NULL);
  CHECK(veomni_set_input(program, "ids", VEOMNI_I64, 2, shape, ids) == 0);
  CHECK(veomni_run(program) == 0);
  CHECK(veomni_get_output(program, "nothing", &tensor) == 1 && strstr(veomni_error(), "no such output") != NULL);
  CHECK(veomni_get_output(program, "y", &tensor) == 0);
  CHECK(tensor.dtype == VEOMNI_F32 && tensor.rank == 3 && tensor.shape[0] == 1 && tensor.shape[1] == 2 && tensor.shape[2] == 4);
  for (int i = 0; i < 8; ++i) {
    float c = (float)(i % 4), w = (c + 1) / 8, h = (float)(ids[i / 4] * 10) + c;
    h += h * w;
    float y = h + h * w * 2 + h * w * 4 + h * w * 5 * 2; /* layer.1, expert.1, twice expert.2 */
    CHECK(((const float *)tensor.data)[i] == y);
  }
  veomni_clear_inputs(program);
  CHECK(veomni_run(program) == 1);
  veomni_free(program);
  veomni_free(NULL);
  return 0;
}

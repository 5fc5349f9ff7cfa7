/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* The C API from C: CApiTest BUNDLE WEIGHTS runs makeLayeredBundle on ids {{3, 1}} and compares every element. */
#include "veomni/runtime/veomni.h"

#include <stdio.h>
#include <string.h>

#define CHECK(condition)                                                                                               \
  do {                                                                                                                 \
    if (!(condition)) {                                                                                                \
      fprintf(stderr, "line %d: %s: %s\n", __LINE__, #condition, veomni_error());                                      \
      return 1;                                                                                                        \
    }                                                                                                                  \
  } while (0)

int main(int argc, char **argv) {
  CHECK(argc == 3);
  CHECK(veomni_load("/nonexistent.vob", argv[2], 1) == NULL);
  CHECK(strstr(veomni_error(), "/nonexistent.vob") != NULL);

  veomni_program *program = veomni_load(argv[1], argv[2], 2);
  CHECK(program != NULL);
  CHECK(veomni_entry_count(program) == 1 && strcmp(veomni_entry_name(program, 0), "forward") == 0);
  CHECK(veomni_entry_name(program, 1) == NULL);
  CHECK(veomni_input_count(program, "forward") == 2 && veomni_output_count(program, NULL) == 2);
  CHECK(veomni_input_count(program, "backward") == 0 &&
        strstr(veomni_error(), "entry backward: the program has no such entry") != NULL);
  veomni_port port;
  CHECK(veomni_describe_input(program, "forward", 0, &port) == 0);
  CHECK(strcmp(port.name, "ids") == 0 && port.dtype == VEOMNI_I64 && port.rank == 2 && port.required);
  CHECK(port.shape[0] == -1 && strcmp(port.axes[1], "seq") == 0);
  CHECK(veomni_describe_input(program, NULL, 1, &port) == 0 && strcmp(port.name, "positions") == 0 && !port.required);
  CHECK(veomni_describe_output(program, "forward", 0, &port) == 0);
  CHECK(strcmp(port.name, "y") == 0 && port.dtype == VEOMNI_F32 && port.rank == 3 && port.shape[2] == 4 &&
        port.axes[2] == NULL);
  CHECK(veomni_describe_output(program, "forward", 2, &port) == 1 &&
        strstr(veomni_error(), "there is no output 2") != NULL);
  CHECK(strcmp(veomni_metadata(program, "eos_token_id"), "7, 9") == 0);
  CHECK(veomni_metadata(program, "absent") == NULL);

  veomni_session *session = veomni_open(program, 2);
  CHECK(session != NULL);
  veomni_free(program); /* the session keeps what it needs */
  veomni_tensor tensor;
  CHECK(veomni_run(session, "forward") == 1 && strcmp(veomni_error(), "input ids: required, but not given") == 0);
  CHECK(veomni_get_output(session, "y", &tensor) == 1);
  const int64_t shape[2] = {1, 2}, ids[2] = {3, 1}, bad[2] = {3, 100};
  CHECK(veomni_set_input(session, "ids", 99, 2, shape, ids) == 1);
  CHECK(veomni_set_input(session, "ids", VEOMNI_I64, 2, shape, bad) == 0);
  CHECK(veomni_run(session, "forward") == 1 && strstr(veomni_error(), "element 1 is 100") != NULL);
  CHECK(veomni_set_input(session, "ids", VEOMNI_I64, 2, shape, ids) == 0);
  CHECK(veomni_run(session, "forward") == 0);
  CHECK(veomni_get_output(session, "nothing", &tensor) == 1 && strstr(veomni_error(), "no such output") != NULL);
  CHECK(veomni_get_output(session, "y", &tensor) == 0);
  CHECK(tensor.dtype == VEOMNI_F32 && tensor.rank == 3 && tensor.shape[0] == 1 && tensor.shape[1] == 2 &&
        tensor.shape[2] == 4);
  for (int i = 0; i < 8; ++i) {
    float c = (float)(i % 4), w = (c + 1) / 8, h = (float)(ids[i / 4] * 10) + c;
    h += h * w;
    float y = h + h * w * 2 + h * w * 4 + h * w * 5 * 2; /* layer.1, expert.1, twice expert.2 */
    CHECK(((const float *)tensor.data)[i] == y);
  }
  veomni_cancel(session);
  CHECK(veomni_run(session, NULL) == 1 && strcmp(veomni_error(), "cancelled") == 0);
  veomni_resume(session);
  CHECK(veomni_run(session, NULL) == 0);
  CHECK(veomni_run(session, "loss") == 1 &&
        strstr(veomni_error(), "entry loss: the program has no such entry") != NULL);
  CHECK(veomni_get_state(session, "cache", &tensor) == 1 &&
        strcmp(veomni_error(), "state cache: the program has no such state") == 0);
  veomni_reset(session);
  veomni_clear_inputs(session);
  CHECK(veomni_run(session, "forward") == 1);
  veomni_close(session);
  veomni_close(NULL);
  veomni_free(NULL);
  return 0;
}

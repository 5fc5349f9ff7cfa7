/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* Runs compiled models from C, or from anything that can call C.
 *
 *   veomni_program *program = veomni_load("m.vob", "model-directory", 0);
 *   int64_t shape[2] = {1, 7}, ids[7] = {...};
 *   veomni_tensor logits;
 *   if (!program || veomni_set_input(program, "input_ids", VEOMNI_I64, 2, shape, ids) || veomni_run(program) ||
 *       veomni_get_output(program, "logits", &logits))
 *     fprintf(stderr, "%s\n", veomni_error());
 *   veomni_free(program);
 *
 * Functions that can fail return 0 for success and 1 for failure, or a null pointer; `veomni_error` then says why. A program may be used
 * by one thread at a time. */
#ifndef VEOMNI_RUNTIME_VEOMNI_H
#define VEOMNI_RUNTIME_VEOMNI_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum veomni_dtype {
  VEOMNI_F32 = 0,
  VEOMNI_BF16 = 1,
  VEOMNI_F16 = 2,
  VEOMNI_F64 = 3,
  VEOMNI_I64 = 4,
  VEOMNI_I32 = 5,
  VEOMNI_I8 = 6,
  VEOMNI_U8 = 7,
  VEOMNI_BOOLEAN = 8,
  VEOMNI_F8_E4M3 = 9
} veomni_dtype;

/* Row-major, without gaps. */
typedef struct veomni_tensor {
  veomni_dtype dtype;
  size_t rank;
  const int64_t *shape;
  const void *data;
} veomni_tensor;

typedef struct veomni_program veomni_program;

/* Why the last call of this thread failed; valid until its next call. */
const char *veomni_error(void);

/* Loads a bundle and its weights (a model directory or a safetensors file). `threads` 0: as many as this process may use. */
veomni_program *veomni_load(const char *bundle_path, const char *weights_path, unsigned threads);
void veomni_free(veomni_program *program);

size_t veomni_input_count(const veomni_program *program);
const char *veomni_input_name(const veomni_program *program, size_t index);
size_t veomni_output_count(const veomni_program *program);
const char *veomni_output_name(const veomni_program *program, size_t index);
/* The value of a metadata key of the bundle, or null. */
const char *veomni_metadata(const veomni_program *program, const char *key);

/* Gives an input for the runs to come, in place of what it was. The data is read by `veomni_run`, not here, and must live until then.
 * Names and shapes are checked by `veomni_run`. */
int veomni_set_input(veomni_program *program, const char *name, int dtype, size_t rank, const int64_t *shape, const void *data);
/* Forgets all inputs. */
void veomni_clear_inputs(veomni_program *program);

int veomni_run(veomni_program *program);

/* What the last run computed; the shape and data live until the next run. */
int veomni_get_output(const veomni_program *program, const char *name, veomni_tensor *tensor);

#ifdef __cplusplus
}
#endif

#endif /* VEOMNI_RUNTIME_VEOMNI_H */

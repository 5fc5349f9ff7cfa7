/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
// The C API: load a compiled model over its weights, run it, and ask what it takes and gives.
/* Runs compiled models from C, or from anything that can call C. A program is a bundle with its weights in memory;
 * sessions run its entries, each with memory, states and threads of its own, and share the rest.
 *
 *   veomni_program *program = veomni_load("m.vob", "model-directory", 0);
 *   veomni_session *session = program ? veomni_open(program, 0) : NULL;
 *   int64_t shape[2] = {1, 7}, ids[7] = {...};
 *   veomni_tensor logits;
 *   if (!session || veomni_set_input(session, "input_ids", VEOMNI_I64, 2, shape, ids) || veomni_run(session, "forward")
 * || veomni_get_output(session, "logits", &logits)) fprintf(stderr, "%s\n", veomni_error()); veomni_close(session);
 *   veomni_free(program);
 *
 * Functions that can fail return 0 for success and 1 for failure, or a null pointer; `veomni_error` then says why.
 * Programs may be used by any number of threads at once; a session by one thread at a time, but for `veomni_cancel`. */
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

/* An input or output as an entry declares it. A size that is known at run time is -1 in `shape` and has a name in
 * `axes`, which is null for other sizes; equal names are equal sizes. Lives as long as the program. */
typedef struct veomni_port {
  const char *name;
  veomni_dtype dtype;
  size_t rank;
  const int64_t *shape;
  const char *const *axes;
  int required; /* of an input: it has no default */
} veomni_port;

typedef struct veomni_program veomni_program;
typedef struct veomni_session veomni_session;

/* Why the last call of this thread failed; valid until its next call. */
const char *veomni_error(void);

/* Loads a bundle and its weights (a model directory or a safetensors file). `threads` prepare the weights; 0: as many
 * as this process may use. */
veomni_program *veomni_load(const char *bundle_path, const char *weights_path, unsigned threads);
/* Sessions keep what they need: a program may be freed before them. */
void veomni_free(veomni_program *program);

/* The value of a metadata key of the bundle, or null. */
const char *veomni_metadata(const veomni_program *program, const char *key);

/* What can be run. Wherever an entry is named, null means the first. */
size_t veomni_entry_count(const veomni_program *program);
const char *veomni_entry_name(const veomni_program *program, size_t index);
/* 0 where there is no such entry. */
size_t veomni_input_count(const veomni_program *program, const char *entry);
size_t veomni_output_count(const veomni_program *program, const char *entry);
int veomni_describe_input(const veomni_program *program, const char *entry, size_t index, veomni_port *port);
int veomni_describe_output(const veomni_program *program, const char *entry, size_t index, veomni_port *port);

/* `threads` 0: as many as this process may use. Results do not depend on it. */
veomni_session *veomni_open(const veomni_program *program, unsigned threads);
void veomni_close(veomni_session *session);

/* Gives an input for the runs to come, in place of what it was. The data is read by `veomni_run`, not here, and must
 * live until then. Names and shapes are checked by `veomni_run`. */
int veomni_set_input(veomni_session *session, const char *name, int dtype, size_t rank, const int64_t *shape,
                     const void *data);
/* Forgets all inputs. */
void veomni_clear_inputs(veomni_session *session);

int veomni_run(veomni_session *session, const char *entry);
/* Ends the run in progress, if any, between two instructions, and fails every later one until `veomni_resume`. From any
 * thread. */
void veomni_cancel(veomni_session *session);
void veomni_resume(veomni_session *session);

/* What the last run computed; the shape and data live until the next run. */
int veomni_get_output(const veomni_session *session, const char *name, veomni_tensor *tensor);

/* States live from run to run and are zero at first. The shape and data live as long as the session. */
int veomni_get_state(const veomni_session *session, const char *name, veomni_tensor *tensor);
/* Makes all states zero. */
void veomni_reset(veomni_session *session);

#ifdef __cplusplus
}
#endif

#endif /* VEOMNI_RUNTIME_VEOMNI_H */

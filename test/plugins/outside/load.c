/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* Uses the installed runtime: prints why a bundle that is not there cannot be loaded. */
#include "veomni/runtime/veomni.h"

#include <stdio.h>

int main(void) {
  if (veomni_load("absent.vob", ".", 1))
    return 1;
  puts(veomni_error());
  return 0;
}

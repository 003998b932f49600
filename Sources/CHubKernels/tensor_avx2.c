#if defined(__x86_64__)
// System headers first: they must not be compiled for this target.
#include <float.h>
#include <math.h>
#include <string.h>

#pragma clang attribute push(__attribute__((target("avx2"))), apply_to = function)
#define TENSOR_LEVEL avx2
#include "tensor_level.h"
#pragma clang attribute pop
#endif

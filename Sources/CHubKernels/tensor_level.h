// All tensor kernels of one instruction set. The including file defines TENSOR_LEVEL and, if it is not the
// portable one, has set the target of the functions that follow.

#include <float.h>
#include <math.h>
#include <string.h>

#include "hub_tensor_kernels.h"

#pragma STDC FP_CONTRACT OFF

#define TENSOR_LANES 8
#define TENSOR_JOIN_(a, b) a##_##b
#define TENSOR_JOIN(a, b) TENSOR_JOIN_(a, b)
#define TENSOR_NAME(name) TENSOR_JOIN(name, TENSOR_LEVEL)

// Eight lanes of the sums' types; a vector wider than the machine's becomes several.
typedef double tensor_doubles __attribute__((vector_size(TENSOR_LANES * sizeof(double))));
typedef int64_t tensor_longs __attribute__((vector_size(TENSOR_LANES * sizeof(int64_t))));

#include "tensor_conversions.h"

#define TENSOR_REAL float
#define TENSOR_WORD int32_t
#define TENSOR_MAX FLT_MAX
#define TENSOR_TYPED(name) TENSOR_NAME(name##_f32)
#include "tensor_elements.h"
#undef TENSOR_REAL
#undef TENSOR_WORD
#undef TENSOR_MAX
#undef TENSOR_TYPED

#define TENSOR_REAL double
#define TENSOR_WORD int64_t
#define TENSOR_MAX DBL_MAX
#define TENSOR_TYPED(name) TENSOR_NAME(name##_f64)
#include "tensor_elements.h"

const hub_tensor_table TENSOR_JOIN(hub_tensor_table, TENSOR_LEVEL) = {
    .widen_bf16 = TENSOR_NAME(widen_bf16),
    .widen_f16 = TENSOR_NAME(widen_f16),
    .narrow_bf16 = TENSOR_NAME(narrow_bf16),
    .narrow_f16 = TENSOR_NAME(narrow_f16),
    .scan_f32 = TENSOR_NAME(scan_f32),
    .scan_f64 = TENSOR_NAME(scan_f64),
    .difference_f32 = TENSOR_NAME(difference_f32),
    .difference_f64 = TENSOR_NAME(difference_f64),
    .movement_f32 = TENSOR_NAME(movement_f32),
    .movement_f64 = TENSOR_NAME(movement_f64),
    .sum_f32 = TENSOR_NAME(sum_f32),
    .sum_f64 = TENSOR_NAME(sum_f64),
    .average_f32 = TENSOR_NAME(average_f32),
    .average_f64 = TENSOR_NAME(average_f64),
};

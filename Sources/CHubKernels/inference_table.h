#pragma once

#include "hub_inference_kernels.h"

enum { LANES = HUB_INFERENCE_LANES };

typedef hub_inference_matrix matrix;

/// One implementation of every dispatched kernel.
typedef struct inference_table {
    void (*matvec)(matrix, ptrdiff_t, ptrdiff_t, const float *, float *);
    void (*matmul)(matrix, ptrdiff_t, ptrdiff_t, const float *, float *, ptrdiff_t, ptrdiff_t, int32_t);
    void (*bias)(const float *, float *, ptrdiff_t, int32_t);
    void (*rms_norm)(const float *, const float *, float, float *, ptrdiff_t);
    void (*layer_norm)(const float *, const float *, const float *, float, float *, ptrdiff_t);
    void (*rope)(float *, const float *, ptrdiff_t, ptrdiff_t);
    void (*attend)(const hub_inference_attention *, ptrdiff_t, float *);
    void (*partition)(const float *, ptrdiff_t, float *, float *);
    void (*divergence)(const float *, const float *, ptrdiff_t, float *, float *, float *);
    void (*silu_multiply)(float *, const float *, ptrdiff_t);
    void (*gelu_tanh)(float *, ptrdiff_t);
    void (*silu)(float *, ptrdiff_t);
    void (*rms_norm_token)(const float *, const float *, float, float *, ptrdiff_t);
    void (*layer_norm_token)(const float *, const float *, const float *, float, float *, ptrdiff_t);
    void (*attend_token)(const float *, const float *, const float *, ptrdiff_t, ptrdiff_t, ptrdiff_t, float, float *,
                         float *);
} inference_table;

extern const inference_table hub_inference_scalar;
#if defined(__x86_64__)
extern const inference_table hub_inference_avx2;
extern const inference_table hub_inference_avx512;
#endif

// A checkpoint's tensors start wherever its header ends, so stored weights are read at any alignment.
typedef float stored_f32 __attribute__((aligned(1)));
typedef uint16_t stored_16 __attribute__((aligned(1)));

static inline float float_of_bits(uint32_t bits) {
    union { uint32_t bits; float value; } word = {.bits = bits};
    return word.value;
}

static inline float widen_bf16(uint16_t value) { return float_of_bits((uint32_t)value << 16); }

static inline float widen_f16(uint16_t value) {
    uint32_t sign = (uint32_t)(value & 0x8000) << 16, magnitude = value & 0x7fff;
    if (magnitude >= 0x7c00) return float_of_bits(sign | 0x7f800000 | (magnitude & 0x3ff) << 13);
    // As a float the exponent is 112 too small; the product is exact for normal and subnormal alike.
    float scaled = float_of_bits(magnitude << 13) * float_of_bits((127 + 112) << 23);
    union { float value; uint32_t bits; } word = {.value = scaled};
    return float_of_bits(word.bits | sign);
}

/// The address of row `r`, for its type.
static inline const stored_f32 *row_f32(matrix w, ptrdiff_t r) { return (const stored_f32 *)w.data + r * w.columns; }
static inline const stored_16 *row_16(matrix w, ptrdiff_t r) { return (const stored_16 *)w.data + r * w.columns; }

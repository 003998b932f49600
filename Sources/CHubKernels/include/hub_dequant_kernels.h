#pragma once

#include <stddef.h>
#include <stdint.h>

// Widening of GGUF's block formats to float, one kernel per format.
//
// `blocks` holds `count` whole blocks, not necessarily aligned; `out` takes 32 floats (Q4_0 … Q8_0) or 256
// floats (Q4_K … Q6_K) per block. Every product and sum is rounded on its own, so that the floats equal those
// of the formats' reference implementation bit by bit.

/// The bytes of one block.
enum {
    HUB_Q4_0_BYTES = 18,
    HUB_Q4_1_BYTES = 20,
    HUB_Q5_0_BYTES = 22,
    HUB_Q5_1_BYTES = 24,
    HUB_Q8_0_BYTES = 34,
    HUB_Q4_K_BYTES = 144,
    HUB_Q5_K_BYTES = 176,
    HUB_Q6_K_BYTES = 210,
};

void hub_dequant_q4_0(const uint8_t *blocks, float *out, size_t count);
void hub_dequant_q4_1(const uint8_t *blocks, float *out, size_t count);
void hub_dequant_q5_0(const uint8_t *blocks, float *out, size_t count);
void hub_dequant_q5_1(const uint8_t *blocks, float *out, size_t count);
void hub_dequant_q8_0(const uint8_t *blocks, float *out, size_t count);
void hub_dequant_q4_k(const uint8_t *blocks, float *out, size_t count);
void hub_dequant_q5_k(const uint8_t *blocks, float *out, size_t count);
void hub_dequant_q6_k(const uint8_t *blocks, float *out, size_t count);

/// Widens `count` little-endian IEEE half-precision numbers.
void hub_dequant_f16(const uint8_t *source, float *out, size_t count);

/// Widens `count` little-endian bfloat16 numbers.
void hub_dequant_bf16(const uint8_t *source, float *out, size_t count);

/// Rounds `count` floats to bfloat16, ties to even; a NaN stays a quiet NaN.
void hub_round_bf16(const float *source, uint16_t *out, size_t count);

/// Rounds `count` floats to half precision, ties to even, to infinity beyond its range.
void hub_round_f16(const float *source, uint16_t *out, size_t count);

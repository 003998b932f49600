// Sixteen lanes of BLAKE3 in AVX-512: the vector and the loading of a message, for blake3_lanes.h.

#include "blake3_internal.h"
#include <immintrin.h>

typedef uint32_t vector __attribute__((vector_size(64)));
#define LANES 16

// Sixteen rows of sixteen words become sixteen columns, in four steps of sixteen shuffles.
static inline __attribute__((target("avx512f"), always_inline)) void load_message(
    const uint8_t *const *block, size_t offset, vector *message) {
    __m512i a[16], b[16];
    for (size_t i = 0; i < 16; i++) {
        b[i] = _mm512_loadu_si512(block[i] + offset);
        // The lanes' next leaves lie this far on: sixteen streams are more than a processor foresees by itself.
        _mm_prefetch((const char *)block[i] + offset + 16 * BLAKE3_LEAF, _MM_HINT_T0);
    }
    for (size_t i = 0; i < 16; i += 2) {
        a[i] = _mm512_unpacklo_epi32(b[i], b[i + 1]);
        a[i + 1] = _mm512_unpackhi_epi32(b[i], b[i + 1]);
    }
    for (size_t i = 0; i < 16; i += 4) {
        b[i] = _mm512_unpacklo_epi64(a[i], a[i + 2]);
        b[i + 1] = _mm512_unpackhi_epi64(a[i], a[i + 2]);
        b[i + 2] = _mm512_unpacklo_epi64(a[i + 1], a[i + 3]);
        b[i + 3] = _mm512_unpackhi_epi64(a[i + 1], a[i + 3]);
    }
    for (size_t i = 0; i < 4; i++) {
        a[i] = _mm512_shuffle_i32x4(b[i], b[i + 4], 0x88);
        a[i + 4] = _mm512_shuffle_i32x4(b[i], b[i + 4], 0xdd);
        a[i + 8] = _mm512_shuffle_i32x4(b[i + 8], b[i + 12], 0x88);
        a[i + 12] = _mm512_shuffle_i32x4(b[i + 8], b[i + 12], 0xdd);
    }
    for (size_t i = 0; i < 4; i++) {
        message[i] = (vector)_mm512_shuffle_i32x4(a[i], a[i + 8], 0x88);
        message[i + 8] = (vector)_mm512_shuffle_i32x4(a[i], a[i + 8], 0xdd);
        message[i + 4] = (vector)_mm512_shuffle_i32x4(a[i + 4], a[i + 12], 0x88);
        message[i + 12] = (vector)_mm512_shuffle_i32x4(a[i + 4], a[i + 12], 0xdd);
    }
}

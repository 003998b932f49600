#if defined(__x86_64__)
#include "blake3_internal.h"
#include <immintrin.h>

#pragma clang attribute push(__attribute__((target("avx2"))), apply_to = function)

typedef uint32_t vector __attribute__((vector_size(32)));
#define LANES 8
#define LANE_LEAVES leaves_avx2
#define LANE_BLOCKS blocks_avx2

// Turns eight rows of eight words into eight columns.
static inline void transpose8(const __m256i row[8], vector *column) {
    __m256i a[8], b[8];
    for (int i = 0; i < 8; i += 2) {
        a[i] = _mm256_unpacklo_epi32(row[i], row[i + 1]);
        a[i + 1] = _mm256_unpackhi_epi32(row[i], row[i + 1]);
    }
    for (int i = 0; i < 8; i += 4) {
        b[i] = _mm256_unpacklo_epi64(a[i], a[i + 2]);
        b[i + 1] = _mm256_unpackhi_epi64(a[i], a[i + 2]);
        b[i + 2] = _mm256_unpacklo_epi64(a[i + 1], a[i + 3]);
        b[i + 3] = _mm256_unpackhi_epi64(a[i + 1], a[i + 3]);
    }
    for (int i = 0; i < 4; i++) {
        column[i] = (vector)_mm256_permute2x128_si256(b[i], b[i + 4], 0x20);
        column[i + 4] = (vector)_mm256_permute2x128_si256(b[i], b[i + 4], 0x31);
    }
}

static inline void load_message(const uint8_t *const *block, size_t offset, vector *message) {
    // The lanes' next leaves lie this far on: so many streams are more than a processor foresees by itself.
    for (size_t lane = 0; lane < LANES; lane++)
        _mm_prefetch((const char *)block[lane] + offset + LANES * BLAKE3_LEAF, _MM_HINT_T0);
    for (size_t half = 0; half < 2; half++) {
        __m256i row[8];
        for (size_t lane = 0; lane < LANES; lane++)
            row[lane] = _mm256_loadu_si256((const __m256i *)(block[lane] + offset + 32 * half));
        transpose8(row, message + 8 * half);
    }
}

#include "blake3_lanes.h"

#pragma clang attribute pop

const struct blake3_lanes hub_blake3_avx2 = {LANES, leaves_avx2, blocks_avx2};
#endif

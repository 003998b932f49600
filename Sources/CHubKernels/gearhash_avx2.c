#if defined(__x86_64__)
#include "gearhash_internal.h"
#include <immintrin.h>

#pragma clang attribute push(__attribute__((target("avx2"))), apply_to = function)

// Eight stretches in the lanes of two vectors, otherwise as in AVX-512.

enum { STREAMS = 8, STEPS = 16, STRETCH = HUB_GEAR_BLOCK / STREAMS };

static inline __m128i pair(uint32_t low, uint32_t high) {
    __m128i words = _mm_loadl_epi64((const __m128i *)(hub_gear_table + low));
    __asm__("vmovhps %1, %0, %0" : "+x"(words) : "m"(hub_gear_table[high]));
    return words;
}

/// The hashes of four stretches after one more byte.
static inline __m256i next(__m256i h, uint32_t a, uint32_t b, uint32_t c, uint32_t d) {
    const __m256i words = _mm256_inserti128_si256(_mm256_castsi128_si256(pair(a, b)), pair(c, d), 1);
    return _mm256_add_epi64(_mm256_add_epi64(h, h), words);
}

/// All ones where h is below HUB_GEAR_LIMIT.
static inline __m256i matches(__m256i h) { return _mm256_cmpeq_epi64(_mm256_srli_epi64(h, 48), _mm256_setzero_si256()); }

static __attribute__((noinline, cold)) void record(
    const uint8_t *data, size_t step, __m256i low, __m256i high, struct gear_hits *hits) {
    uint64_t h[STREAMS];
    _mm256_storeu_si256((__m256i *)h, low);
    _mm256_storeu_si256((__m256i *)(h + 4), high);
    for (size_t lane = 0; lane < STREAMS; lane++)
        for (size_t i = step; i < step + STEPS; i++) {
            h[lane] = (h[lane] << 1) + hub_gear_table[data[lane * STRETCH + i]];
            if (h[lane] < HUB_GEAR_LIMIT) hits->at[lane][hits->count[lane]++] = (uint16_t)i;
        }
}

void hub_gear_block_avx2(const uint8_t *data, struct gear_hits *hits) {
    __m256i low = _mm256_setzero_si256(), high = low;
    for (ptrdiff_t i = -HUB_GEAR_WINDOW; i < 0; i++) {
        const uint8_t *const p = data + i, *const q = p + 4 * STRETCH;
        low = next(low, p[0], p[STRETCH], p[2 * STRETCH], p[3 * STRETCH]);
        high = next(high, q[0], q[STRETCH], q[2 * STRETCH], q[3 * STRETCH]);
    }
    for (size_t step = 0; step < STRETCH; step += STEPS) {
        const __m256i lowBefore = low, highBefore = high;
        __m256i matched = _mm256_setzero_si256();
#pragma clang loop unroll(full)
        for (size_t i = 0; i < STEPS; i++) {
            const uint8_t *const p = data + step + i, *const q = p + 4 * STRETCH;
            low = next(low, p[0], p[STRETCH], p[2 * STRETCH], p[3 * STRETCH]);
            high = next(high, q[0], q[STRETCH], q[2 * STRETCH], q[3 * STRETCH]);
            matched = _mm256_or_si256(matched, _mm256_or_si256(matches(low), matches(high)));
        }
        if (__builtin_expect(!_mm256_testz_si256(matched, matched), 0))
            record(data, step, lowBefore, highBefore, hits);
    }
}

#pragma clang attribute pop
#endif

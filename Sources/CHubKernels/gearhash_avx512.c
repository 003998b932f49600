#if defined(__x86_64__)
#include "gearhash_internal.h"
#include <immintrin.h>

#pragma clang attribute push(__attribute__((target("avx512f"))), apply_to = function)

// Eight stretches, one in each lane. A byte's table word is fetched by an ordinary load (a gather is slower); half of
// the stretches are read two bytes at a time, so that neither the load units nor the decoder wait for the other.

enum { STREAMS = 8, STEPS = 16, STRETCH = HUB_GEAR_BLOCK / STREAMS };

// The words of two bytes. The instruction is named because the compiler takes two for it.
static inline __m128i pair(uint32_t low, uint32_t high) {
    __m128i words = _mm_loadl_epi64((const __m128i *)(hub_gear_table + low));
    __asm__("vmovhps %1, %0, %0" : "+x"(words) : "m"(hub_gear_table[high]));
    return words;
}

static inline __m512i words(__m128i a, __m128i b, __m128i c, __m128i d) {
    const __m256i low = _mm256_inserti128_si256(_mm256_castsi128_si256(a), b, 1);
    const __m256i high = _mm256_inserti128_si256(_mm256_castsi128_si256(c), d, 1);
    return _mm512_inserti64x4(_mm512_castsi256_si512(low), high, 1);
}

static inline uint32_t two_bytes(const uint8_t *bytes) {
    uint16_t two;
    __builtin_memcpy(&two, bytes, sizeof two);
    return two;
}

/// Goes over the steps in which a lane matched once more, byte by byte.
static __attribute__((noinline, cold)) void record(
    const uint8_t *data, size_t step, __m512i before, __mmask8 lanes, struct gear_hits *hits) {
    uint64_t h[STREAMS];
    _mm512_storeu_si512(h, before);
    for (size_t lane = 0; lane < STREAMS; lane++) {
        if (!(lanes >> lane & 1)) continue;
        for (size_t i = step; i < step + STEPS; i++) {
            h[lane] = (h[lane] << 1) + hub_gear_table[data[lane * STRETCH + i]];
            if (h[lane] < HUB_GEAR_LIMIT) hits->at[lane][hits->count[lane]++] = (uint16_t)i;
        }
    }
}

/// The hashes of the 64 bytes before each stretch.
static inline __m512i warm_up(const uint8_t *data) {
    __m512i h = _mm512_setzero_si512();
    for (ptrdiff_t i = -HUB_GEAR_WINDOW; i < 0; i++) {
        const uint8_t *const p = data + i;
        const __m512i next = words(
            pair(p[0], p[STRETCH]), pair(p[2 * STRETCH], p[3 * STRETCH]), pair(p[4 * STRETCH], p[5 * STRETCH]),
            pair(p[6 * STRETCH], p[7 * STRETCH]));
        h = _mm512_add_epi64(_mm512_add_epi64(h, h), next);
    }
    return h;
}

void hub_gear_block_avx512(const uint8_t *data, struct gear_hits *hits) {
    __m512i h = warm_up(data);
    const __m512i limit = _mm512_set1_epi64((long long)HUB_GEAR_LIMIT);
    for (size_t step = 0; step < STRETCH; step += STEPS) {
        const __m512i before = h;
        __m512i lowest = _mm512_set1_epi64(-1);
        const uint8_t *const p = data + step;
#pragma clang loop unroll(full)
        for (size_t i = 0; i < STEPS; i += 2) {
            const uint32_t a = two_bytes(p + i), b = two_bytes(p + STRETCH + i);
            const uint32_t c = two_bytes(p + 2 * STRETCH + i), d = two_bytes(p + 3 * STRETCH + i);
            const uint8_t *const q = p + 4 * STRETCH + i;
            const __m512i first = words(
                pair(a & 255, b & 255), pair(c & 255, d & 255), pair(q[0], q[STRETCH]),
                pair(q[2 * STRETCH], q[3 * STRETCH]));
            h = _mm512_add_epi64(_mm512_add_epi64(h, h), first);
            lowest = _mm512_min_epu64(lowest, h);
            const __m512i second = words(
                pair(a >> 8, b >> 8), pair(c >> 8, d >> 8), pair(q[1], q[STRETCH + 1]),
                pair(q[2 * STRETCH + 1], q[3 * STRETCH + 1]));
            h = _mm512_add_epi64(_mm512_add_epi64(h, h), second);
            lowest = _mm512_min_epu64(lowest, h);
        }
        const __mmask8 matched = _mm512_cmplt_epu64_mask(lowest, limit);
        if (__builtin_expect(matched != 0, 0)) record(data, step, before, matched, hits);
    }
}

#pragma clang attribute pop
#endif

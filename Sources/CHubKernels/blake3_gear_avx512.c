#if defined(__x86_64__)
#include "blake3_avx512_message.h"
#include "blake3_gear.h"

#pragma clang attribute push(__attribute__((target("avx512f"))), apply_to = function)

// BLAKE3 of sixteen leaves and the gear scan of about as many bytes, step by step beside each other.
//
// The first waits for the arithmetic units, the second for the load units; one after the other they leave half of
// the processor idle. A round is a loop turn, so that the code stays small, and its message words are read from memory.

enum { STREAMS = 8, STEPS_A_HALF = 9, STEPS_A_BLOCK = 2 * 7 * STEPS_A_HALF, STRETCH = 16 * STEPS_A_BLOCK };

_Static_assert(STREAMS * STRETCH == HUB_GEAR_FUSED_BLOCK, "a call scans what the header says");

#define ROTATE(x, n) (((x) >> (n)) | ((x) << (32 - (n))))

static inline __m128i pair(uint32_t low, uint32_t high) {
    __m128i words = _mm_loadl_epi64((const __m128i *)(hub_gear_table + low));
    __asm__("vmovhps %1, %0, %0" : "+x"(words) : "m"(hub_gear_table[high]));
    return words;
}

/// The hashes of the eight stretches after one more byte.
static inline __m512i next(__m512i h, const uint8_t *p) {
    const __m256i low = _mm256_inserti128_si256(
        _mm256_castsi128_si256(pair(p[0], p[STRETCH])), pair(p[2 * STRETCH], p[3 * STRETCH]), 1);
    const __m256i high = _mm256_inserti128_si256(
        _mm256_castsi128_si256(pair(p[4 * STRETCH], p[5 * STRETCH])), pair(p[6 * STRETCH], p[7 * STRETCH]), 1);
    const __m512i words = _mm512_inserti64x4(_mm512_castsi256_si512(low), high, 1);
    return _mm512_add_epi64(_mm512_add_epi64(h, h), words);
}

static inline vector splat(uint32_t word) { return (vector){0} + word; }

/// Goes over the steps of one block in which a lane matched once more, byte by byte.
static __attribute__((noinline, cold)) void record(
    const uint8_t *data, size_t step, __m512i before, __mmask8 lanes, struct gear_hits *hits) {
    uint64_t h[STREAMS];
    _mm512_storeu_si512(h, before);
    for (size_t lane = 0; lane < STREAMS; lane++) {
        if (!(lanes >> lane & 1)) continue;
        for (size_t i = step; i < step + STEPS_A_BLOCK; i++) {
            h[lane] = (h[lane] << 1) + hub_gear_table[data[lane * STRETCH + i]];
            if (h[lane] < HUB_GEAR_LIMIT) hits->at[lane][hits->count[lane]++] = (uint16_t)i;
        }
    }
}

#define SCAN(i)                                                                                                        \
    g = next(g, p + (i));                                                                                              \
    lowest = _mm512_min_epu64(lowest, g);

#define ADD(a0, b0, a1, b1, a2, b2, a3, b3, x)                                                                         \
    v##a0 = (v##a0 + m[s[x]]) + v##b0;                                                                                 \
    v##a1 = (v##a1 + m[s[x + 2]]) + v##b1;                                                                             \
    v##a2 = (v##a2 + m[s[x + 4]]) + v##b2;                                                                             \
    v##a3 = (v##a3 + m[s[x + 6]]) + v##b3;

#define TURN(d0, a0, d1, a1, d2, a2, d3, a3, n)                                                                        \
    v##d0 = ROTATE(v##d0 ^ v##a0, n);                                                                                  \
    v##d1 = ROTATE(v##d1 ^ v##a1, n);                                                                                  \
    v##d2 = ROTATE(v##d2 ^ v##a2, n);                                                                                  \
    v##d3 = ROTATE(v##d3 ^ v##a3, n);

#define SUM(c0, d0, c1, d1, c2, d2, c3, d3) v##c0 += v##d0; v##c1 += v##d1; v##c2 += v##d2; v##c3 += v##d3;

#define HALF(a0, b0, c0, d0, a1, b1, c1, d1, a2, b2, c2, d2, a3, b3, c3, d3, x, step)                                  \
    ADD(a0, b0, a1, b1, a2, b2, a3, b3, x) SCAN(step)                                                                  \
    TURN(d0, a0, d1, a1, d2, a2, d3, a3, 16) SCAN(step + 1)                                                            \
    SUM(c0, d0, c1, d1, c2, d2, c3, d3) SCAN(step + 2)                                                                 \
    TURN(b0, c0, b1, c1, b2, c2, b3, c3, 12) SCAN(step + 3)                                                            \
    ADD(a0, b0, a1, b1, a2, b2, a3, b3, x + 1) SCAN(step + 4)                                                          \
    TURN(d0, a0, d1, a1, d2, a2, d3, a3, 8) SCAN(step + 5)                                                             \
    SUM(c0, d0, c1, d1, c2, d2, c3, d3) SCAN(step + 6)                                                                 \
    TURN(b0, c0, b1, c1, b2, c2, b3, c3, 7) SCAN(step + 7) SCAN(step + 8)

// BLAKE3 specification, table 2: each round reads the words in the order the permutation leaves them.
static const uint8_t schedule[7][16] = {
    {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}, {2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8},
    {3, 4, 10, 12, 13, 2, 7, 14, 6, 5, 9, 0, 11, 15, 8, 1}, {10, 7, 12, 9, 14, 3, 13, 15, 4, 0, 11, 2, 5, 8, 1, 6},
    {12, 13, 9, 11, 15, 10, 14, 8, 7, 2, 5, 3, 0, 1, 6, 4}, {9, 14, 11, 5, 8, 12, 15, 1, 13, 3, 0, 10, 2, 6, 4, 7},
    {11, 15, 5, 0, 1, 9, 8, 6, 14, 10, 2, 12, 3, 4, 7, 13},
};

void hub_blake3_leaves_scanning_avx512(
    const uint32_t key[8], uint32_t flags, const uint8_t *const *leaf, const uint32_t *counter, uint32_t *const *cv,
    const uint8_t *data, struct gear_hits *hits) {
    vector h0 = splat(key[0]), h1 = splat(key[1]), h2 = splat(key[2]), h3 = splat(key[3]);
    vector h4 = splat(key[4]), h5 = splat(key[5]), h6 = splat(key[6]), h7 = splat(key[7]);
    vector counters;
    __builtin_memcpy(&counters, counter, sizeof counters);
    __m512i g = _mm512_setzero_si512();
    for (ptrdiff_t i = -HUB_GEAR_WINDOW; i < 0; i++) g = next(g, data + i);
    const __m512i limit = _mm512_set1_epi64((long long)HUB_GEAR_LIMIT);
    for (size_t block = 0; block < 16; block++) {
        vector m[16];
        load_message(leaf, block * BLAKE3_BLOCK, m);
        const uint32_t ends = (block == 0 ? BLAKE3_LEAF_START : 0) | (block == 15 ? BLAKE3_LEAF_END : 0);
        vector v0 = h0, v1 = h1, v2 = h2, v3 = h3, v4 = h4, v5 = h5, v6 = h6, v7 = h7;
        vector v8 = splat(hub_blake3_iv[0]), v9 = splat(hub_blake3_iv[1]);
        vector v10 = splat(hub_blake3_iv[2]), v11 = splat(hub_blake3_iv[3]);
        vector v12 = counters, v13 = splat(0), v14 = splat(BLAKE3_BLOCK), v15 = splat(flags | ends);
        const __m512i before = g;
        __m512i lowest = _mm512_set1_epi64(-1);
        const uint8_t *p = data + block * STEPS_A_BLOCK;
        // What the next call scans: its stretches are too short for the processor to foresee.
        for (size_t line = 2 * block; line < 2 * block + 2; line++)
            for (size_t lane = 0; lane < STREAMS; lane++)
                _mm_prefetch((const char *)data + HUB_GEAR_FUSED_BLOCK + lane * STRETCH + line * 64, _MM_HINT_T0);
#pragma clang loop unroll(disable)
        for (size_t round = 0; round < 7; round++) {
            const uint8_t *const s = schedule[round];
            HALF(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15, 0, 0)
            HALF(0, 5, 10, 15, 1, 6, 11, 12, 2, 7, 8, 13, 3, 4, 9, 14, 8, STEPS_A_HALF)
            p += 2 * STEPS_A_HALF;
        }
        const __mmask8 matched = _mm512_cmplt_epu64_mask(lowest, limit);
        if (__builtin_expect(matched != 0, 0)) record(data, block * STEPS_A_BLOCK, before, matched, hits);
        h0 = v0 ^ v8; h1 = v1 ^ v9; h2 = v2 ^ v10; h3 = v3 ^ v11;
        h4 = v4 ^ v12; h5 = v5 ^ v13; h6 = v6 ^ v14; h7 = v7 ^ v15;
    }
    const vector h[8] = {h0, h1, h2, h3, h4, h5, h6, h7};
    for (size_t lane = 0; lane < LANES; lane++)
        for (size_t word = 0; word < 8; word++) cv[lane][word] = h[word][lane];
}

#pragma clang attribute pop
#endif

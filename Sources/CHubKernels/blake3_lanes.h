// The lanes of BLAKE3, written once over a vector of LANES words and compiled for each instruction set.
//
// The including file defines LANES, `vector` (LANES uint32_t) and `load_message`, which fills
// message[16]  // (16 words of a block, LANES) from one block pointer per lane.
// `BETWEEN`, if defined, is run after each half round: scalar work that fills the gaps of the vector units.

#ifndef BETWEEN
#define BETWEEN
#endif

#define ROTATE(x, n) (((x) >> (n)) | ((x) << (32 - (n))))

// The four mixes of a half round are independent; their steps stand side by side so that none waits for itself.
#define HALF(a0, b0, c0, d0, a1, b1, c1, d1, a2, b2, c2, d2, a3, b3, c3, d3, x0, y0, x1, y1, x2, y2, x3, y3)           \
    v##a0 = (v##a0 + m[x0]) + v##b0; v##a1 = (v##a1 + m[x1]) + v##b1; v##a2 = (v##a2 + m[x2]) + v##b2; v##a3 = (v##a3 + m[x3]) + v##b3;                    \
    v##d0 = ROTATE(v##d0 ^ v##a0, 16); v##d1 = ROTATE(v##d1 ^ v##a1, 16);                                              \
    v##d2 = ROTATE(v##d2 ^ v##a2, 16); v##d3 = ROTATE(v##d3 ^ v##a3, 16);                                              \
    v##c0 += v##d0; v##c1 += v##d1; v##c2 += v##d2; v##c3 += v##d3;                                                    \
    v##b0 = ROTATE(v##b0 ^ v##c0, 12); v##b1 = ROTATE(v##b1 ^ v##c1, 12);                                              \
    v##b2 = ROTATE(v##b2 ^ v##c2, 12); v##b3 = ROTATE(v##b3 ^ v##c3, 12);                                              \
    v##a0 = (v##a0 + m[y0]) + v##b0; v##a1 = (v##a1 + m[y1]) + v##b1; v##a2 = (v##a2 + m[y2]) + v##b2; v##a3 = (v##a3 + m[y3]) + v##b3;                    \
    v##d0 = ROTATE(v##d0 ^ v##a0, 8); v##d1 = ROTATE(v##d1 ^ v##a1, 8);                                                \
    v##d2 = ROTATE(v##d2 ^ v##a2, 8); v##d3 = ROTATE(v##d3 ^ v##a3, 8);                                                \
    v##c0 += v##d0; v##c1 += v##d1; v##c2 += v##d2; v##c3 += v##d3;                                                    \
    v##b0 = ROTATE(v##b0 ^ v##c0, 7); v##b1 = ROTATE(v##b1 ^ v##c1, 7);                                                \
    v##b2 = ROTATE(v##b2 ^ v##c2, 7); v##b3 = ROTATE(v##b3 ^ v##c3, 7);                                                \
    BETWEEN

#define ROUND(a, b, c, d, e, f, g, h, i, j, k, l, n, o, p, q)                                                          \
    HALF(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15, a, b, c, d, e, f, g, h)                                 \
    HALF(0, 5, 10, 15, 1, 6, 11, 12, 2, 7, 8, 13, 3, 4, 9, 14, i, j, k, l, n, o, p, q)

// BLAKE3 specification, table 2: each round reads the words in the order the permutation leaves them.
#define ROUNDS                                                                                                         \
    ROUND(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15)                                                        \
    ROUND(2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8)                                                        \
    ROUND(3, 4, 10, 12, 13, 2, 7, 14, 6, 5, 9, 0, 11, 15, 8, 1)                                                        \
    ROUND(10, 7, 12, 9, 14, 3, 13, 15, 4, 0, 11, 2, 5, 8, 1, 6)                                                        \
    ROUND(12, 13, 9, 11, 15, 10, 14, 8, 7, 2, 5, 3, 0, 1, 6, 4)                                                        \
    ROUND(9, 14, 11, 5, 8, 12, 15, 1, 13, 3, 0, 10, 2, 6, 4, 7)                                                        \
    ROUND(11, 15, 5, 0, 1, 9, 8, 6, 14, 10, 2, 12, 3, 4, 7, 13)

// Compresses one block: h0…h7 are the CVs, m the message; counterLow, lengths and blockFlags are vectors.
#define COMPRESS(counterLow, lengths, blockFlags)                                                                      \
    vector v0 = h0, v1 = h1, v2 = h2, v3 = h3, v4 = h4, v5 = h5, v6 = h6, v7 = h7;                                     \
    vector v8 = splat(hub_blake3_iv[0]), v9 = splat(hub_blake3_iv[1]);                                                 \
    vector v10 = splat(hub_blake3_iv[2]), v11 = splat(hub_blake3_iv[3]);                                               \
    vector v12 = (counterLow), v13 = splat(0), v14 = (lengths), v15 = (blockFlags);                                    \
    ROUNDS                                                                                                             \
    h0 = v0 ^ v8; h1 = v1 ^ v9; h2 = v2 ^ v10; h3 = v3 ^ v11;                                                          \
    h4 = v4 ^ v12; h5 = v5 ^ v13; h6 = v6 ^ v14; h7 = v7 ^ v15;

static inline vector splat(uint32_t word) { return (vector){0} + word; }

static inline vector read_vector(const uint32_t *words) {
    vector value;
    __builtin_memcpy(&value, words, sizeof value);
    return value;
}

static inline void write_vector(uint32_t *words, vector value) { __builtin_memcpy(words, &value, sizeof value); }

static void LANE_LEAVES(
    const uint32_t key[8], uint32_t flags, const uint8_t *const *leaf, const uint32_t *counter, uint32_t *const *cv
#ifdef LANE_EXTRA
    , LANE_EXTRA
#endif
) {
    vector h0 = splat(key[0]), h1 = splat(key[1]), h2 = splat(key[2]), h3 = splat(key[3]);
    vector h4 = splat(key[4]), h5 = splat(key[5]), h6 = splat(key[6]), h7 = splat(key[7]);
    const vector counters = read_vector(counter);
    for (size_t block = 0; block < BLAKE3_LEAF / BLAKE3_BLOCK; block++) {
        uint32_t blockFlags = flags;
        if (block == 0) blockFlags |= BLAKE3_LEAF_START;
        if (block == BLAKE3_LEAF / BLAKE3_BLOCK - 1) blockFlags |= BLAKE3_LEAF_END;
        vector m[16];
        load_message(leaf, block * BLAKE3_BLOCK, m);
        COMPRESS(counters, splat(BLAKE3_BLOCK), splat(blockFlags))
    }
    uint32_t out[8][LANES];
    write_vector(out[0], h0); write_vector(out[1], h1); write_vector(out[2], h2); write_vector(out[3], h3);
    write_vector(out[4], h4); write_vector(out[5], h5); write_vector(out[6], h6); write_vector(out[7], h7);
    for (size_t lane = 0; lane < LANES; lane++)
        for (size_t word = 0; word < 8; word++) cv[lane][word] = out[word][lane];
}

#ifndef LANE_EXTRA
#undef BETWEEN
#define BETWEEN
static void LANE_BLOCKS(
    uint32_t *h, const uint8_t *const *block, const uint32_t *counter, const uint32_t *length, const uint32_t *flags
) {
    vector h0 = read_vector(h), h1 = read_vector(h + LANES), h2 = read_vector(h + 2 * LANES);
    vector h3 = read_vector(h + 3 * LANES), h4 = read_vector(h + 4 * LANES), h5 = read_vector(h + 5 * LANES);
    vector h6 = read_vector(h + 6 * LANES), h7 = read_vector(h + 7 * LANES);
    vector m[16];
    load_message(block, 0, m);
    COMPRESS(read_vector(counter), read_vector(length), read_vector(flags))
    write_vector(h, h0); write_vector(h + LANES, h1); write_vector(h + 2 * LANES, h2);
    write_vector(h + 3 * LANES, h3); write_vector(h + 4 * LANES, h4); write_vector(h + 5 * LANES, h5);
    write_vector(h + 6 * LANES, h6); write_vector(h + 7 * LANES, h7);
}
#endif

#pragma once

#include <stddef.h>
#include <stdint.h>

// What the BLAKE3 files share. Terms of the BLAKE3 paper: a leaf is 1 KiB of input ("chunk" there), a block
// 64 bytes, a chaining value (CV) eight words.

enum {
    BLAKE3_LEAF_START = 1,
    BLAKE3_LEAF_END = 2,
    BLAKE3_PARENT = 4,
    BLAKE3_ROOT = 8,
    BLAKE3_KEYED = 16,
    BLAKE3_BLOCK = 64,
    BLAKE3_LEAF = 1024,
    BLAKE3_MAX_LANES = 16,
};

extern const uint32_t hub_blake3_iv[8];

/// One instruction set's way to compress `lanes` independent inputs side by side.
struct blake3_lanes {
    size_t lanes;

    /// CVs of whole, non-root leaves. leaf, counter: (lanes). cv: where each lane's eight words go (lanes).
    void (*leaves)(
        const uint32_t key[8], uint32_t flags, const uint8_t *const *leaf, const uint32_t *counter, uint32_t *const *cv);

    /// One block in every lane. h: (8, lanes), in place. block, counter, length, flags: (lanes).
    void (*blocks)(
        uint32_t *h, const uint8_t *const *block, const uint32_t *counter, const uint32_t *length,
        const uint32_t *flags);
};

extern const struct blake3_lanes hub_blake3_portable;
#if defined(__x86_64__)
extern const struct blake3_lanes hub_blake3_avx2;
extern const struct blake3_lanes hub_blake3_avx512;
#endif

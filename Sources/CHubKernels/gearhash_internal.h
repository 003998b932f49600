#pragma once

#include "hub_chunk_kernels.h"

// What the gear hash files share.

enum {
    /// Bytes scanned at once: eight stretches of 4160, which is not a power of two, so that the stretches do not
    /// compete for the same lines of the cache.
    HUB_GEAR_BLOCK = 8 * 4160,
    HUB_GEAR_MAX_STREAMS = 8,
};

/// h & 0xFFFF000000000000 == 0, as one comparison.
#define HUB_GEAR_LIMIT ((uint64_t)1 << 48)

/// Offsets of matching bytes in each stretch of a block.
struct gear_hits {
    size_t count[HUB_GEAR_MAX_STREAMS];
    uint16_t at[HUB_GEAR_MAX_STREAMS][HUB_GEAR_BLOCK / 4];
};

#if defined(__x86_64__)
/// Scans a block; the 64 bytes before it are its history.
void hub_gear_block_avx2(const uint8_t *data, struct gear_hits *hits);
void hub_gear_block_avx512(const uint8_t *data, struct gear_hits *hits);
#endif

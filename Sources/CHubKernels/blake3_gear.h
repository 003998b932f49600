#pragma once

#include "blake3_internal.h"
#include "gearhash_internal.h"

/// Bytes one call of the fused kernel scans: eight stretches of 2016.
#define HUB_GEAR_FUSED_BLOCK (8 * 2016)

#if defined(__x86_64__)
/// What `leaves` of struct blake3_lanes does for sixteen lanes, and the gear scan of HUB_GEAR_FUSED_BLOCK bytes at
/// `data`, whose history of 64 bytes lies before it.
void hub_blake3_leaves_scanning_avx512(
    const uint32_t key[8], uint32_t flags, const uint8_t *const *leaf, const uint32_t *counter, uint32_t *const *cv,
    const uint8_t *data, struct gear_hits *hits);
#endif

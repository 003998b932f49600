#pragma once

#include <stddef.h>
#include <stdint.h>

// Kernels of the chunk store: BLAKE3 over many pieces at once and the gear scan.
// They allocate nothing and keep no state; every path gives the same bytes as the portable one.

/// The instruction sets a kernel can be asked to use.
enum {
    HUB_SIMD_PORTABLE = 0,
    HUB_SIMD_AVX2 = 1,
    HUB_SIMD_AVX512 = 2,
};

/// The best set this processor has. A kernel must not be asked for more.
int hub_chunk_simd_best(void);

/// BLAKE3 of n bytes (below 4 TiB), 32 bytes into out.
///
/// key: 32 bytes for the keyed mode, NULL for the plain hash.
void hub_blake3(int simd, const uint8_t *key, const uint8_t *data, size_t n, uint8_t *out);

/// BLAKE3 of each of `count` pieces that lie one after the other from `data` on.
///
/// lengths: the pieces' lengths in bytes (count). out: 32 bytes a piece (count, 32).
/// The lanes are filled across pieces, so many at once cost less than one by one.
void hub_blake3_pieces(
    int simd, const uint8_t *key, const uint8_t *data, const uint32_t *lengths, size_t count, uint8_t *out);

/// Bytes that the gear hash remembers; what lies further back has no influence.
#define HUB_GEAR_WINDOW 64

/// One arbitrary word per byte value.
extern const uint64_t hub_gear_table[256];

/// Finds where h & 0xFFFF000000000000 == 0 for the gear hash h over `hub_gear_table`.
///
/// The hash after byte i is that of the 64 bytes up to and including i; the `history` bytes before `data` (at most
/// 64 are looked at) must be readable, and what lies before them counts as absent, as at the start of a chunk.
/// Writes the offsets one past each such byte, ascending, to `found`, which has room for n, and returns how many.
size_t hub_gear_scan(int simd, const uint8_t *data, size_t n, size_t history, uint32_t *found);

/// The scalar twin of hub_gear_scan.
size_t hub_gear_scan_portable(const uint8_t *data, size_t n, size_t history, uint32_t *found);

/// hub_blake3_pieces of one buffer and hub_gear_scan of another, beside each other where that is faster.
///
/// scanned, n, history, found and the answer are hub_gear_scan's, the rest hub_blake3_pieces'.
size_t hub_blake3_pieces_scanning(
    int simd, const uint8_t *key, const uint8_t *data, const uint32_t *lengths, size_t count, uint8_t *out,
    const uint8_t *scanned, size_t n, size_t history, uint32_t *found);

/// Puts byte i of the input in group i mod 4 and writes the groups one after the other (n bytes).
void hub_bytes_group4(const uint8_t *source, uint8_t *destination, size_t n);

/// Undoes hub_bytes_group4.
void hub_bytes_ungroup4(const uint8_t *source, uint8_t *destination, size_t n);

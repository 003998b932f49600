#include "gearhash_internal.h"

// The gear hash of content-defined chunking: h = (h << 1) + table[byte]. A byte is shifted out after 64 steps, so
// the hash can be started anywhere 64 bytes early, and several stretches of one buffer scanned at once. One stretch
// alone waits for its own additions; several keep the load units busy.

enum { STREAMS = 4, STRETCH = HUB_GEAR_BLOCK / STREAMS };

/// The hash of up to 64 bytes before `data`.
static uint64_t warm_up(const uint8_t *data, size_t history) {
    const size_t bytes = history < HUB_GEAR_WINDOW ? history : HUB_GEAR_WINDOW;
    uint64_t h = 0;
    for (size_t i = 0; i < bytes; i++) h = (h << 1) + hub_gear_table[data[(ptrdiff_t)i - (ptrdiff_t)bytes]];
    return h;
}

size_t hub_gear_scan_portable(const uint8_t *data, size_t n, size_t history, uint32_t *found) {
    uint64_t h = warm_up(data, history);
    size_t count = 0;
    for (size_t i = 0; i < n; i++) {
        h = (h << 1) + hub_gear_table[data[i]];
        if (h < HUB_GEAR_LIMIT) found[count++] = (uint32_t)(i + 1);
    }
    return count;
}

static __attribute__((noinline, cold)) void record(struct gear_hits *hits, size_t stream, size_t i) {
    hits->at[stream][hits->count[stream]++] = (uint16_t)i;
}

static void block_portable(const uint8_t *data, struct gear_hits *hits) {
    const uint8_t *const s1 = data + STRETCH, *const s2 = s1 + STRETCH, *const s3 = s2 + STRETCH;
    uint64_t h0 = warm_up(data, HUB_GEAR_WINDOW), h1 = warm_up(s1, HUB_GEAR_WINDOW);
    uint64_t h2 = warm_up(s2, HUB_GEAR_WINDOW), h3 = warm_up(s3, HUB_GEAR_WINDOW);
    for (size_t i = 0; i < STRETCH; i++) {
        h0 = (h0 << 1) + hub_gear_table[data[i]];
        h1 = (h1 << 1) + hub_gear_table[s1[i]];
        h2 = (h2 << 1) + hub_gear_table[s2[i]];
        h3 = (h3 << 1) + hub_gear_table[s3[i]];
        if (__builtin_expect(h0 < HUB_GEAR_LIMIT, 0)) record(hits, 0, i);
        if (__builtin_expect(h1 < HUB_GEAR_LIMIT, 0)) record(hits, 1, i);
        if (__builtin_expect(h2 < HUB_GEAR_LIMIT, 0)) record(hits, 2, i);
        if (__builtin_expect(h3 < HUB_GEAR_LIMIT, 0)) record(hits, 3, i);
    }
}

static size_t streams(int simd) {
#if defined(__x86_64__)
    if (simd >= HUB_SIMD_AVX2) return 8;
#endif
    (void)simd;
    return STREAMS;
}

/// Scans the block at `offset` and writes the matches past `seen` to `found`.
static size_t scan_block(int simd, const uint8_t *data, size_t offset, size_t seen, uint32_t *found) {
    struct gear_hits hits;
    for (size_t stream = 0; stream < HUB_GEAR_MAX_STREAMS; stream++) hits.count[stream] = 0;
#if defined(__x86_64__)
    if (simd >= HUB_SIMD_AVX512) hub_gear_block_avx512(data + offset, &hits);
    else if (simd >= HUB_SIMD_AVX2) hub_gear_block_avx2(data + offset, &hits);
    else block_portable(data + offset, &hits);
#else
    block_portable(data + offset, &hits);
#endif
    const size_t stretch = HUB_GEAR_BLOCK / streams(simd);
    size_t count = 0;
    for (size_t stream = 0; stream < streams(simd); stream++)
        for (size_t hit = 0; hit < hits.count[stream]; hit++) {
            const size_t end = offset + stream * stretch + hits.at[stream][hit] + 1;
            if (end > seen) found[count++] = (uint32_t)end;
        }
    return count;
}

size_t hub_gear_scan(int simd, const uint8_t *data, size_t n, size_t history, uint32_t *found) {
    // Blocks want their whole history before them; the first bytes of a file have none.
    size_t offset = history >= HUB_GEAR_WINDOW ? 0 : n < HUB_GEAR_WINDOW ? n : HUB_GEAR_WINDOW;
    size_t count = hub_gear_scan_portable(data, offset, history, found);
    while (offset + HUB_GEAR_BLOCK <= n) {
        count += scan_block(simd, data, offset, offset, found + count);
        offset += HUB_GEAR_BLOCK;
    }
    // What is left takes as long byte by byte as a block that overlaps the one before.
    if (offset + HUB_GEAR_BLOCK / 4 <= n && n >= HUB_GEAR_BLOCK + HUB_GEAR_WINDOW) {
        count += scan_block(simd, data, n - HUB_GEAR_BLOCK, offset, found + count);
        offset = n;
    }
    const size_t rest = hub_gear_scan_portable(data + offset, n - offset, history + offset, found + count);
    for (size_t hit = 0; hit < rest; hit++) found[count + hit] += (uint32_t)offset;
    return count + rest;
}

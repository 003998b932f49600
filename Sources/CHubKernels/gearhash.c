#include "hub_chunk_kernels.h"

// The gear hash of content-defined chunking: h = (h << 1) + table[byte]. A byte is shifted out after 64 steps, so
// the hash can be started anywhere 64 bytes early, and several stretches of one buffer scanned at once. One stretch
// alone waits for its own additions; four keep the load units busy.

enum { STREAMS = 4, STRETCH = 4096 };

// h & 0xFFFF000000000000 == 0, as one comparison.
static const uint64_t limit = (uint64_t)1 << 48;

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
        if (h < limit) found[count++] = (uint32_t)(i + 1);
    }
    return count;
}

/// Scans STREAMS stretches that follow each other.
static size_t scan_streams(
    const uint8_t *data, size_t offset, size_t history, uint32_t *found) {
    uint16_t hits[STREAMS][STRETCH];
    size_t counts[STREAMS] = {0};
    const uint8_t *const s0 = data + offset, *const s1 = s0 + STRETCH, *const s2 = s1 + STRETCH;
    const uint8_t *const s3 = s2 + STRETCH;
    uint64_t h0 = warm_up(s0, history), h1 = warm_up(s1, HUB_GEAR_WINDOW);
    uint64_t h2 = warm_up(s2, HUB_GEAR_WINDOW), h3 = warm_up(s3, HUB_GEAR_WINDOW);
    for (size_t i = 0; i < STRETCH; i++) {
        h0 = (h0 << 1) + hub_gear_table[s0[i]];
        h1 = (h1 << 1) + hub_gear_table[s1[i]];
        h2 = (h2 << 1) + hub_gear_table[s2[i]];
        h3 = (h3 << 1) + hub_gear_table[s3[i]];
        if (__builtin_expect(h0 < limit, 0)) hits[0][counts[0]++] = (uint16_t)i;
        if (__builtin_expect(h1 < limit, 0)) hits[1][counts[1]++] = (uint16_t)i;
        if (__builtin_expect(h2 < limit, 0)) hits[2][counts[2]++] = (uint16_t)i;
        if (__builtin_expect(h3 < limit, 0)) hits[3][counts[3]++] = (uint16_t)i;
    }
    size_t count = 0;
    for (size_t stream = 0; stream < STREAMS; stream++)
        for (size_t hit = 0; hit < counts[stream]; hit++)
            found[count++] = (uint32_t)(offset + stream * STRETCH + hits[stream][hit] + 1);
    return count;
}

size_t hub_gear_scan(const uint8_t *data, size_t n, size_t history, uint32_t *found) {
    size_t count = 0, offset = 0;
    for (; offset + STREAMS * STRETCH <= n; offset += STREAMS * STRETCH)
        count += scan_streams(data, offset, history + offset, found + count);
    const size_t rest = hub_gear_scan_portable(data + offset, n - offset, history + offset, found + count);
    for (size_t hit = 0; hit < rest; hit++) found[count + hit] += (uint32_t)offset;
    return count + rest;
}

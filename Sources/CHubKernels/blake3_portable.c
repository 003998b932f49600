#include "blake3_internal.h"

// Four lanes in the compiler's own vectors: plain C where there is no vector unit, SSE2 or NEON where there is.
typedef uint32_t vector __attribute__((vector_size(16)));
#define LANES 4
#define LANE_LEAVES leaves_portable
#define LANE_BLOCKS blocks_portable

static inline uint32_t read_word(const uint8_t *bytes) {
    return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

static inline void load_message(const uint8_t *const *block, size_t offset, vector *message) {
    for (size_t word = 0; word < 16; word++)
        for (size_t lane = 0; lane < LANES; lane++) message[word][lane] = read_word(block[lane] + offset + 4 * word);
}

#include "blake3_lanes.h"

const struct blake3_lanes hub_blake3_portable = {LANES, leaves_portable, blocks_portable};

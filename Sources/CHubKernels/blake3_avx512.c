#if defined(__x86_64__)
#include "blake3_avx512_message.h"

#pragma clang attribute push(__attribute__((target("avx512f"))), apply_to = function)

#define LANE_LEAVES leaves_avx512
#define LANE_BLOCKS blocks_avx512
#include "blake3_lanes.h"

#pragma clang attribute pop

const struct blake3_lanes hub_blake3_avx512 = {LANES, leaves_avx512, blocks_avx512};
#endif

// The block formats are those of the GGUF specification; the order of operations is that of its reference
// implementation, since one fused multiply-add would change the last bit.
#pragma STDC FP_CONTRACT OFF

#include "hub_dequant_kernels.h"

#include <string.h>

static float from_bits(uint32_t bits) {
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static uint32_t to_bits(float value) {
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static uint16_t load16(const uint8_t *bytes) { return (uint16_t)(bytes[0] | bytes[1] << 8); }

static uint32_t load32(const uint8_t *bytes) { return load16(bytes) | (uint32_t)load16(bytes + 2) << 16; }

static float widen_half(uint16_t half) {
    uint32_t sign = (uint32_t)(half & 0x8000) << 16;
    uint32_t exponent = half >> 10 & 31;
    uint32_t fraction = half & 0x3FF;
    if (exponent == 31) return from_bits(sign | 0x7F800000 | fraction << 13);
    if (exponent == 0) {
        float magnitude = (float)fraction * from_bits(0x33800000);  // 2^-24
        return from_bits(to_bits(magnitude) | sign);
    }
    return from_bits(sign | (exponent + 112) << 23 | fraction << 13);
}

static float half_at(const uint8_t *bytes) { return widen_half(load16(bytes)); }

void hub_dequant_f16(const uint8_t *source, float *out, size_t count) {
    for (size_t i = 0; i < count; i++) out[i] = half_at(source + 2 * i);
}

void hub_dequant_bf16(const uint8_t *source, float *out, size_t count) {
    for (size_t i = 0; i < count; i++) out[i] = from_bits((uint32_t)load16(source + 2 * i) << 16);
}

// Blocks of 32: a half-precision scale (and minimum), then 4-bit numbers: element i in the low half of byte i,
// element i + 16 in its high half. The 5-bit formats keep the fifth bits apart, one per element.

void hub_dequant_q4_0(const uint8_t *blocks, float *out, size_t count) {
    for (size_t b = 0; b < count; b++, blocks += HUB_Q4_0_BYTES, out += 32) {
        float scale = half_at(blocks);
        for (int i = 0; i < 16; i++) {
            uint8_t pair = blocks[2 + i];
            out[i] = (float)((pair & 15) - 8) * scale;
            out[i + 16] = (float)((pair >> 4) - 8) * scale;
        }
    }
}

void hub_dequant_q4_1(const uint8_t *blocks, float *out, size_t count) {
    for (size_t b = 0; b < count; b++, blocks += HUB_Q4_1_BYTES, out += 32) {
        float scale = half_at(blocks), minimum = half_at(blocks + 2);
        for (int i = 0; i < 16; i++) {
            uint8_t pair = blocks[4 + i];
            out[i] = (float)(pair & 15) * scale + minimum;
            out[i + 16] = (float)(pair >> 4) * scale + minimum;
        }
    }
}

void hub_dequant_q5_0(const uint8_t *blocks, float *out, size_t count) {
    for (size_t b = 0; b < count; b++, blocks += HUB_Q5_0_BYTES, out += 32) {
        float scale = half_at(blocks);
        uint32_t high = load32(blocks + 2);
        for (int i = 0; i < 16; i++) {
            uint8_t pair = blocks[6 + i];
            int low = (pair & 15) | (int)(high >> i & 1) << 4;
            int top = (pair >> 4) | (int)(high >> (i + 16) & 1) << 4;
            out[i] = (float)(low - 16) * scale;
            out[i + 16] = (float)(top - 16) * scale;
        }
    }
}

void hub_dequant_q5_1(const uint8_t *blocks, float *out, size_t count) {
    for (size_t b = 0; b < count; b++, blocks += HUB_Q5_1_BYTES, out += 32) {
        float scale = half_at(blocks), minimum = half_at(blocks + 2);
        uint32_t high = load32(blocks + 4);
        for (int i = 0; i < 16; i++) {
            uint8_t pair = blocks[8 + i];
            int low = (pair & 15) | (int)(high >> i & 1) << 4;
            int top = (pair >> 4) | (int)(high >> (i + 16) & 1) << 4;
            out[i] = (float)low * scale + minimum;
            out[i + 16] = (float)top * scale + minimum;
        }
    }
}

void hub_dequant_q8_0(const uint8_t *blocks, float *out, size_t count) {
    for (size_t b = 0; b < count; b++, blocks += HUB_Q8_0_BYTES, out += 32) {
        float scale = half_at(blocks);
        for (int i = 0; i < 32; i++) out[i] = (float)(int8_t)blocks[2 + i] * scale;
    }
}

// Super-blocks of 256: eight groups of 32 with 6-bit scales and minima, packed into 12 bytes. The first four
// pairs lie in the low six bits of bytes 0-3 and 4-7; the last four take their low four bits from bytes 8-11
// and their high two from the top of bytes 0-7.

static void unpack_group(const uint8_t *packed, int group, int *scale, int *minimum) {
    if (group < 4) {
        *scale = packed[group] & 63;
        *minimum = packed[group + 4] & 63;
    } else {
        *scale = (packed[group + 4] & 15) | (packed[group - 4] >> 6) << 4;
        *minimum = (packed[group + 4] >> 4) | (packed[group] >> 6) << 4;
    }
}

void hub_dequant_q4_k(const uint8_t *blocks, float *out, size_t count) {
    for (size_t b = 0; b < count; b++, blocks += HUB_Q4_K_BYTES, out += 256) {
        float scale = half_at(blocks), minimum = half_at(blocks + 2);
        const uint8_t *packed = blocks + 4, *quants = blocks + 16;
        for (int group = 0; group < 8; group++) {
            int group_scale, group_minimum;
            unpack_group(packed, group, &group_scale, &group_minimum);
            float d = scale * (float)group_scale, m = minimum * (float)group_minimum;
            const uint8_t *pairs = quants + group / 2 * 32;
            int shift = group % 2 * 4;
            for (int i = 0; i < 32; i++) out[group * 32 + i] = d * (float)(pairs[i] >> shift & 15) - m;
        }
    }
}

void hub_dequant_q5_k(const uint8_t *blocks, float *out, size_t count) {
    for (size_t b = 0; b < count; b++, blocks += HUB_Q5_K_BYTES, out += 256) {
        float scale = half_at(blocks), minimum = half_at(blocks + 2);
        const uint8_t *packed = blocks + 4, *high = blocks + 16, *quants = blocks + 48;
        for (int group = 0; group < 8; group++) {
            int group_scale, group_minimum;
            unpack_group(packed, group, &group_scale, &group_minimum);
            float d = scale * (float)group_scale, m = minimum * (float)group_minimum;
            const uint8_t *pairs = quants + group / 2 * 32;
            int shift = group % 2 * 4;
            for (int i = 0; i < 32; i++) {
                int quant = (pairs[i] >> shift & 15) | (high[i] >> group & 1) << 4;
                out[group * 32 + i] = d * (float)quant - m;
            }
        }
    }
}

// Sixteen groups of 16 with 8-bit scales. Each half of 128 elements has 64 bytes of low nibbles and 32 bytes of
// high bit pairs; element i of the four quarters of a half shares the bytes.

void hub_dequant_q6_k(const uint8_t *blocks, float *out, size_t count) {
    for (size_t b = 0; b < count; b++, blocks += HUB_Q6_K_BYTES, out += 256) {
        float scale = half_at(blocks + 208);
        for (int half = 0; half < 2; half++) {
            const uint8_t *low = blocks + half * 64, *high = blocks + 128 + half * 32;
            const int8_t *scales = (const int8_t *)(blocks + 192) + half * 8;
            float *row = out + half * 128;
            for (int quarter = 0; quarter < 4; quarter++) {
                const uint8_t *nibbles = low + quarter % 2 * 32;
                int shift = quarter / 2 * 4;
                for (int i = 0; i < 32; i++) {
                    int quant = (nibbles[i] >> shift & 15) | (high[i] >> (quarter * 2) & 3) << 4;
                    float d = scale * (float)scales[quarter * 2 + i / 16];
                    row[quarter * 32 + i] = d * (float)(quant - 32);
                }
            }
        }
    }
}

void hub_round_bf16(const float *source, uint16_t *out, size_t count) {
    for (size_t i = 0; i < count; i++) {
        uint32_t bits = to_bits(source[i]);
        uint32_t rounded = bits + 0x7FFF + (bits >> 16 & 1);
        out[i] = (uint16_t)((bits & 0x7FFFFFFF) > 0x7F800000 ? bits >> 16 | 0x40 : rounded >> 16);
    }
}

static uint16_t round_half(float value) {
    uint32_t bits = to_bits(value);
    uint16_t sign = (uint16_t)(bits >> 16 & 0x8000);
    uint32_t magnitude = bits & 0x7FFFFFFF;
    if (magnitude > 0x7F800000) return (uint16_t)(sign | 0x7E00 | (magnitude >> 13 & 0x3FF));
    if (magnitude >= 0x477FF000) return (uint16_t)(sign | 0x7C00);  // 65520 and more
    if (magnitude < 0x38800000) {                                   // below 2^-14: a multiple of 2^-24
        float steps = from_bits(magnitude) * from_bits(0x4B800000);  // × 2^24, exact
        float shifted = steps + from_bits(0x4B000000);               // + 2^23 rounds to an integer
        return (uint16_t)(sign | (to_bits(shifted) - 0x4B000000));
    }
    uint32_t rounded = magnitude + 0xFFF + (magnitude >> 13 & 1);
    return (uint16_t)(sign | ((rounded >> 13) - (112 << 10)));
}

void hub_round_f16(const float *source, uint16_t *out, size_t count) {
    for (size_t i = 0; i < count; i++) out[i] = round_half(source[i]);
}

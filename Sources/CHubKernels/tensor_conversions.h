// Between stored 16-bit floats and float. Included once per instruction set, without branches in the loops
// so that the compiler turns each into vectors.

static inline uint32_t tensor_bits(float value) {
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static inline float tensor_float(uint32_t bits) {
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static inline uint16_t tensor_load16(const void *source, size_t i) {
    uint16_t value;
    memcpy(&value, (const char *)source + 2 * i, sizeof value);
    return value;
}

static inline void tensor_store16(void *destination, size_t i, uint16_t value) {
    memcpy((char *)destination + 2 * i, &value, sizeof value);
}

static void TENSOR_NAME(widen_bf16)(const void *source, float *restrict destination, size_t n) {
    for (size_t i = 0; i < n; i++) destination[i] = tensor_float((uint32_t)tensor_load16(source, i) << 16);
}

static void TENSOR_NAME(widen_f16)(const void *source, float *restrict destination, size_t n) {
    const float scale = 0x1p112f;  // moves the exponent's bias from 15 to 127, subnormals included
    for (size_t i = 0; i < n; i++) {
        uint32_t half = tensor_load16(source, i);
        uint32_t magnitude = (half & 0x7FFFu) << 13;
        uint32_t scaled = tensor_bits(tensor_float(magnitude) * scale);
        uint32_t special = (half & 0x7C00u) == 0x7C00u ? 0x7F800000u : 0;
        destination[i] = tensor_float(scaled | special | (half & 0x8000u) << 16);
    }
}

static void TENSOR_NAME(narrow_bf16)(const float *source, void *restrict destination, size_t n) {
    for (size_t i = 0; i < n; i++) {
        uint32_t bits = tensor_bits(source[i]);
        uint32_t rounded = (bits + 0x7FFFu + ((bits >> 16) & 1)) >> 16;
        uint32_t nan = bits >> 16 | 0x40u;
        tensor_store16(destination, i, (uint16_t)((bits & 0x7FFFFFFFu) > 0x7F800000u ? nan : rounded));
    }
}

static void TENSOR_NAME(narrow_f16)(const float *source, void *restrict destination, size_t n) {
    for (size_t i = 0; i < n; i++) {
        uint32_t bits = tensor_bits(source[i]);
        uint32_t magnitude = bits & 0x7FFFFFFFu;
        // Adding 0.5 leaves the sum's last bit at 2^-24, the unit of half's subnormals: the addition rounds.
        uint32_t subnormal = tensor_bits(tensor_float(magnitude) + 0.5f) - 0x3F000000u;
        uint32_t normal = (magnitude + 0xFFFu + ((magnitude >> 13) & 1) - 0x38000000u) >> 13;
        uint32_t half = magnitude < 0x38800000u ? subnormal : normal;
        half = magnitude >= 0x477FF000u ? 0x7C00u : half;
        half = magnitude > 0x7F800000u ? (0x7E00u | (magnitude >> 13 & 0x3FFu)) : half;
        tensor_store16(destination, i, (uint16_t)(half | (bits >> 16 & 0x8000u)));
    }
}

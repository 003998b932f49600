#include "hub_chunk_kernels.h"

// The byte grouping of Xet's scheme 2: floats' bytes of equal significance side by side.

void hub_bytes_group4(const uint8_t *source, uint8_t *destination, size_t n) {
    const size_t whole = n / 4, rest = n % 4;
    uint8_t *group[4];
    group[0] = destination;
    for (size_t k = 1; k < 4; k++) group[k] = group[k - 1] + whole + (k - 1 < rest);
    for (size_t i = 0; i < whole; i++) {
        group[0][i] = source[4 * i];
        group[1][i] = source[4 * i + 1];
        group[2][i] = source[4 * i + 2];
        group[3][i] = source[4 * i + 3];
    }
    for (size_t k = 0; k < rest; k++) group[k][whole] = source[4 * whole + k];
}

void hub_bytes_ungroup4(const uint8_t *source, uint8_t *destination, size_t n) {
    const size_t whole = n / 4, rest = n % 4;
    const uint8_t *group[4];
    group[0] = source;
    for (size_t k = 1; k < 4; k++) group[k] = group[k - 1] + whole + (k - 1 < rest);
    for (size_t i = 0; i < whole; i++) {
        destination[4 * i] = group[0][i];
        destination[4 * i + 1] = group[1][i];
        destination[4 * i + 2] = group[2][i];
        destination[4 * i + 3] = group[3][i];
    }
    for (size_t k = 0; k < rest; k++) destination[4 * whole + k] = group[k][whole];
}

#include "inference_table.h"

#include <math.h>

// The twin every other implementation is held to: plain loops in the order of the formulas.

enum { BLOCK = 256 };

static void matvec(matrix w, ptrdiff_t first, ptrdiff_t last, const float *x, float *y) {
    float row[BLOCK];
    for (ptrdiff_t r = first; r < last; r++) {
        float sum[8] = {0};
        for (ptrdiff_t k0 = 0; k0 < w.columns; k0 += BLOCK) {
            ptrdiff_t n = w.columns - k0 < BLOCK ? w.columns - k0 : BLOCK;
            hub_inference_widen(w, r * w.columns + k0, n, row);
            for (ptrdiff_t k = 0; k < n; k++) sum[k % 8] += row[k] * x[k0 + k];
        }
        y[r] = ((sum[0] + sum[4]) + (sum[2] + sum[6])) + ((sum[1] + sum[5]) + (sum[3] + sum[7]));
    }
}

static void matmul(matrix w, ptrdiff_t first, ptrdiff_t last, const float *x, float *y, ptrdiff_t y_rows,
                   ptrdiff_t panels, int32_t accumulate) {
    float row[BLOCK];
    for (ptrdiff_t r = first; r < last; r++)
        for (ptrdiff_t k0 = 0; k0 < w.columns; k0 += BLOCK) {
            ptrdiff_t n = w.columns - k0 < BLOCK ? w.columns - k0 : BLOCK;
            hub_inference_widen(w, r * w.columns + k0, n, row);
            for (ptrdiff_t p = 0; p < panels; p++) {
                const float *in = x + (p * w.columns + k0) * LANES;
                float *out = y + (p * y_rows + r) * LANES, sum[LANES];
                for (int l = 0; l < LANES; l++) sum[l] = accumulate || k0 ? out[l] : 0;
                for (ptrdiff_t k = 0; k < n; k++)
                    for (int l = 0; l < LANES; l++) sum[l] += row[k] * in[k * LANES + l];
                for (int l = 0; l < LANES; l++) out[l] = sum[l];
            }
        }
}

static void bias(const float *b, float *y, ptrdiff_t rows, int32_t accumulate) {
    for (ptrdiff_t r = 0; r < rows; r++)
        for (int l = 0; l < LANES; l++) y[r * LANES + l] = accumulate ? y[r * LANES + l] + b[r] : b[r];
}

static void rms_norm(const float *x, const float *weight, float epsilon, float *y, ptrdiff_t size) {
    float scale[LANES] = {0};
    for (ptrdiff_t i = 0; i < size; i++)
        for (int l = 0; l < LANES; l++) scale[l] += x[i * LANES + l] * x[i * LANES + l];
    for (int l = 0; l < LANES; l++) scale[l] = 1 / sqrtf(scale[l] / (float)size + epsilon);
    for (ptrdiff_t i = 0; i < size; i++)
        for (int l = 0; l < LANES; l++) y[i * LANES + l] = x[i * LANES + l] * scale[l] * weight[i];
}

static void layer_norm(const float *x, const float *weight, const float *b, float epsilon, float *y, ptrdiff_t size) {
    float mean[LANES] = {0}, scale[LANES] = {0};
    for (ptrdiff_t i = 0; i < size; i++)
        for (int l = 0; l < LANES; l++) mean[l] += x[i * LANES + l];
    for (int l = 0; l < LANES; l++) mean[l] /= (float)size;
    for (ptrdiff_t i = 0; i < size; i++)
        for (int l = 0; l < LANES; l++) {
            float centred = x[i * LANES + l] - mean[l];
            scale[l] += centred * centred;
        }
    for (int l = 0; l < LANES; l++) scale[l] = 1 / sqrtf(scale[l] / (float)size + epsilon);
    for (ptrdiff_t i = 0; i < size; i++)
        for (int l = 0; l < LANES; l++)
            y[i * LANES + l] = (x[i * LANES + l] - mean[l]) * scale[l] * weight[i] + b[i];
}

static void rope(float *x, const float *turns, ptrdiff_t heads, ptrdiff_t half) {
    for (ptrdiff_t h = 0; h < heads; h++)
        for (ptrdiff_t d = 0; d < half; d++)
            for (int l = 0; l < LANES; l++) {
                float *low = x + (h * 2 * half + d) * LANES + l, *high = low + half * LANES;
                float a = *low, b = *high, cosine = turns[d * 2 * LANES + l], sine = turns[(d * 2 + 1) * LANES + l];
                *low = a * cosine - b * sine;
                *high = b * cosine + a * sine;
            }
}

static void attend(const hub_inference_attention *a, ptrdiff_t panel, float *scores) {
    for (int l = 0; l < LANES; l++) {
        ptrdiff_t position = panel * LANES + l, start = a->window && position >= a->window ? position - a->window + 1 : 0;
        const float *q = a->query + panel * a->query_rows * LANES + l;
        float highest = -INFINITY, sum = 0;
        for (ptrdiff_t j = start; j <= position; j++) {
            const float *k = a->key + (j / LANES) * a->key_rows * LANES + j % LANES;
            float score = 0;
            for (ptrdiff_t d = 0; d < a->head_size; d++) score += q[d * LANES] * a->scale * k[d * LANES];
            scores[j] = score;
            highest = score > highest ? score : highest;
        }
        for (ptrdiff_t j = start; j <= position; j++) {
            scores[j] = expf(scores[j] - highest);
            sum += scores[j];
        }
        for (ptrdiff_t d = 0; d < a->head_size; d++) {
            float total = 0;
            for (ptrdiff_t j = start; j <= position; j++)
                total += scores[j] * a->value[((j / LANES) * a->key_rows + d) * LANES + j % LANES];
            a->output[(panel * a->output_rows + d) * LANES + l] = total / sum;
        }
    }
}

static void partition(const float *logits, ptrdiff_t rows, float *maximum, float *sum) {
    for (int l = 0; l < LANES; l++) {
        float highest = maximum[l], tile = 0;
        for (ptrdiff_t r = 0; r < rows; r++) highest = fmaxf(highest, logits[r * LANES + l]);
        // A tile is summed on its own: added one by one to a large sum, the small terms would be lost.
        for (ptrdiff_t r = 0; r < rows; r++) tile += expf(logits[r * LANES + l] - highest);
        sum[l] = tile + (sum[l] != 0 ? sum[l] * expf(maximum[l] - highest) : 0);
        maximum[l] = highest;
    }
}

static void divergence(const float *first, const float *second, ptrdiff_t rows, float *maximum, float *sum,
                       float *drift) {
    for (int l = 0; l < LANES; l++) {
        float highest = maximum[l], tile = 0, moved = 0;
        for (ptrdiff_t r = 0; r < rows; r++) highest = fmaxf(highest, first[r * LANES + l]);
        for (ptrdiff_t r = 0; r < rows; r++) {
            float weight = expf(first[r * LANES + l] - highest);
            tile += weight;
            moved += weight * (first[r * LANES + l] - second[r * LANES + l]);
        }
        float carry = sum[l] != 0 ? expf(maximum[l] - highest) : 0;
        sum[l] = tile + sum[l] * carry;
        drift[l] = moved + drift[l] * carry;
        maximum[l] = highest;
    }
}

static void silu(float *x, ptrdiff_t count) {
    for (ptrdiff_t i = 0; i < count; i++) x[i] = x[i] / (1 + expf(-x[i]));
}

static void silu_multiply(float *gate, const float *up, ptrdiff_t count) {
    for (ptrdiff_t i = 0; i < count; i++) gate[i] = gate[i] / (1 + expf(-gate[i])) * up[i];
}

static void gelu_tanh(float *x, ptrdiff_t count) {
    for (ptrdiff_t i = 0; i < count; i++) {
        float v = x[i];
        x[i] = 0.5f * v * (1 + tanhf(0.79788456080286536f * (v + 0.044715f * v * v * v)));
    }
}

static void rms_norm_token(const float *x, const float *weight, float epsilon, float *y, ptrdiff_t size) {
    float squares = 0;
    for (ptrdiff_t i = 0; i < size; i++) squares += x[i] * x[i];
    float scale = 1 / sqrtf(squares / (float)size + epsilon);
    for (ptrdiff_t i = 0; i < size; i++) y[i] = x[i] * scale * weight[i];
}

static void layer_norm_token(const float *x, const float *weight, const float *b, float epsilon, float *y,
                             ptrdiff_t size) {
    float mean = 0, squares = 0;
    for (ptrdiff_t i = 0; i < size; i++) mean += x[i];
    mean /= (float)size;
    for (ptrdiff_t i = 0; i < size; i++) squares += (x[i] - mean) * (x[i] - mean);
    float scale = 1 / sqrtf(squares / (float)size + epsilon);
    for (ptrdiff_t i = 0; i < size; i++) y[i] = (x[i] - mean) * scale * weight[i] + b[i];
}

static void attend_token(const float *query, const float *keys, const float *values, ptrdiff_t stride,
                         ptrdiff_t tokens, ptrdiff_t head_size, float scale, float *output, float *scores) {
    float highest = -INFINITY, sum = 0;
    for (ptrdiff_t t = 0; t < tokens; t++) {
        float score = 0;
        for (ptrdiff_t d = 0; d < head_size; d++) score += query[d] * keys[t * stride + d];
        scores[t] = score * scale;
        highest = scores[t] > highest ? scores[t] : highest;
    }
    for (ptrdiff_t t = 0; t < tokens; t++) {
        scores[t] = expf(scores[t] - highest);
        sum += scores[t];
    }
    for (ptrdiff_t d = 0; d < head_size; d++) output[d] = 0;
    for (ptrdiff_t t = 0; t < tokens; t++)
        for (ptrdiff_t d = 0; d < head_size; d++) output[d] += scores[t] / sum * values[t * stride + d];
}

const inference_table hub_inference_scalar = {
    matvec, matmul, bias, rms_norm, layer_norm, rope, attend, partition, divergence, silu_multiply, gelu_tanh, silu,
    rms_norm_token, layer_norm_token, attend_token,
};

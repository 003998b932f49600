// The body of a vector implementation; the file that includes it names the instructions.
//
// It defines: v (W floats), ROWS (weight rows a tile keeps in registers, times 2 W tokens), DEPTH
// (columns a tile passes before it stores), LD ST SET1 ADD SUB MUL DIV FMA (a*b+c) FNMA (c-a*b)
// MAX MIN (second operand if either is NaN) SQRT ROUND SCALE (p * 2^n), NOT_LESS (value where !(x < bound),
// else 0), LD_BF16 LD_F16 HSUM.

#include <math.h>

#define INLINE static inline __attribute__((always_inline))
#define UNROLL _Pragma("clang loop unroll(full)")

/// e^x, within two units in the last place; 0 below -87.3, at most e^88.3, NaN stays.
INLINE v exponential(v x0) {
    v x = MAX(SET1(-87.3f), MIN(SET1(88.3f), x0));
    v n = ROUND(MUL(x, SET1(1.44269504088896341f)));
    v r = FNMA(n, SET1(-2.12194440e-4f), FNMA(n, SET1(0.693359375f), x));
    v p = SET1(1.9875691500E-4f);
    p = FMA(p, r, SET1(1.3981999507E-3f));
    p = FMA(p, r, SET1(8.3334519073E-3f));
    p = FMA(p, r, SET1(4.1665795894E-2f));
    p = FMA(p, r, SET1(1.6666665459E-1f));
    p = FMA(p, r, SET1(5.0000001201E-1f));
    p = FMA(p, MUL(r, r), ADD(r, SET1(1.f)));
    return NOT_LESS(x0, SET1(-87.3f), SCALE(p, n));
}

// MARK: Weights

INLINE v load_f32(const stored_f32 *p) { return LD((const float *)p); }

#define DOT(NAME, T, LOAD, WIDEN, ROW)                                                                              \
    static void NAME(matrix w, ptrdiff_t first, ptrdiff_t last, const float *x, float *y) {                        \
        for (ptrdiff_t r = first; r < last; r++) { /* one row at a time: one stream for the prefetcher */          \
            const T *row = ROW(w, r);                                                                              \
            v s[4] = {SET1(0), SET1(0), SET1(0), SET1(0)};                                                         \
            ptrdiff_t k = 0;                                                                                       \
            for (; k + 4 * W <= w.columns; k += 4 * W) {                                                           \
                UNROLL for (int j = 0; j < 4; j++) s[j] = FMA(LOAD(row + k + W * j), LD(x + k + W * j), s[j]);     \
            }                                                                                                      \
            for (; k + W <= w.columns; k += W) s[0] = FMA(LOAD(row + k), LD(x + k), s[0]);                         \
            float total = HSUM(ADD(ADD(s[0], s[1]), ADD(s[2], s[3])));                                             \
            for (; k < w.columns; k++) total += WIDEN(row[k]) * x[k];                                              \
            y[r] = total;                                                                                          \
        }                                                                                                          \
    }
DOT(matvec_f32, stored_f32, load_f32, , row_f32)
#ifndef MATVEC_BF16
DOT(matvec_bf16, stored_16, LD_BF16, widen_bf16, row_16)
#define MATVEC_BF16 matvec_bf16
#endif
DOT(matvec_f16, stored_16, LD_F16, widen_f16, row_16)

static void matvec(matrix w, ptrdiff_t first, ptrdiff_t last, const float *x, float *y) {
    switch (w.type) {
    case HUB_INFERENCE_BF16: MATVEC_BF16(w, first, last, x, y); break;
    case HUB_INFERENCE_F16: matvec_f16(w, first, last, x, y); break;
    default: matvec_f32(w, first, last, x, y);
    }
}

/// y[i][0..<2W] (= or +=) sum over k of a[i * row_step + k * column_step] * x[k][0..<2W], i below `rows`.
INLINE void tile(const int rows, const stored_f32 *a, ptrdiff_t row_step, ptrdiff_t column_step, const float *x,
                 float *y, ptrdiff_t depth, int32_t accumulate) {
    v c[ROWS][2];
    UNROLL for (int i = 0; i < rows; i++) {
        c[i][0] = accumulate ? LD(y + i * LANES) : SET1(0);
        c[i][1] = accumulate ? LD(y + i * LANES + W) : SET1(0);
    }
    for (ptrdiff_t k = 0; k < depth; k++) {
        v x0 = LD(x + k * LANES), x1 = LD(x + k * LANES + W);
        UNROLL for (int i = 0; i < rows; i++) {
            v one = SET1(a[i * row_step + k * column_step]);
            c[i][0] = FMA(one, x0, c[i][0]);
            c[i][1] = FMA(one, x1, c[i][1]);
        }
    }
    UNROLL for (int i = 0; i < rows; i++) {
        ST(y + i * LANES, c[i][0]);
        ST(y + i * LANES + W, c[i][1]);
    }
}

static void tile_full(const stored_f32 *a, ptrdiff_t step, const float *x, float *y, ptrdiff_t depth, int32_t add) {
    tile(ROWS, a, step, 1, x, y, depth, add);
}
static void tile_one(const stored_f32 *a, ptrdiff_t step, const float *x, float *y, ptrdiff_t depth, int32_t add) {
    tile(1, a, step, 1, x, y, depth, add);
}

/// Rows r..<r + rows of one panel.
INLINE void tile_rows(ptrdiff_t rows, const stored_f32 *a, ptrdiff_t step, const float *x, float *y, ptrdiff_t depth,
                      int32_t add) {
    for (int lane = 0; lane < LANES; lane += 2 * W) {
        if (rows == ROWS) {
            tile_full(a, step, x + lane, y + lane, depth, add);
            continue;
        }
        for (ptrdiff_t i = 0; i < rows; i++) tile_one(a + i * step, step, x + lane, y + i * LANES + lane, depth, add);
    }
}

#define WIDEN_ROW(LOAD, WIDEN)                                                                                      \
    for (; k + W <= depth; k += W) ST(out + k, LOAD(row + k));                                                      \
    for (; k < depth; k++) out[k] = WIDEN(row[k])

INLINE void widen_rows(matrix w, ptrdiff_t r, ptrdiff_t rows, ptrdiff_t k0, ptrdiff_t depth, float *wide) {
    for (ptrdiff_t i = 0; i < rows; i++) {
        const stored_16 *row = row_16(w, r + i) + k0;
        float *out = wide + i * DEPTH;
        ptrdiff_t k = 0;
        if (w.type == HUB_INFERENCE_BF16) { WIDEN_ROW(LD_BF16, widen_bf16); } else { WIDEN_ROW(LD_F16, widen_f16); }
    }
}

static void matmul(matrix w, ptrdiff_t first, ptrdiff_t last, const float *x, float *y, ptrdiff_t y_rows,
                   ptrdiff_t panels, int32_t accumulate) {
    float wide[ROWS * DEPTH] __attribute__((aligned(64)));
    for (ptrdiff_t k0 = 0; k0 < w.columns; k0 += DEPTH) {
        ptrdiff_t depth = w.columns - k0 < DEPTH ? w.columns - k0 : DEPTH;
        for (ptrdiff_t r = first; r < last; r += ROWS) {
            ptrdiff_t rows = last - r < ROWS ? last - r : ROWS, step = w.columns;
            const stored_f32 *a = wide;
            if (w.type == HUB_INFERENCE_F32) {
                a = row_f32(w, r) + k0;
            } else {
                widen_rows(w, r, rows, k0, depth, wide);
                step = DEPTH;
            }
            for (ptrdiff_t p = 0; p < panels; p++)
                tile_rows(rows, a, step, x + (p * w.columns + k0) * LANES, y + (p * y_rows + r) * LANES, depth,
                          accumulate || k0);
        }
    }
}

// MARK: One panel

static void bias(const float *b, float *y, ptrdiff_t rows, int32_t accumulate) {
    for (ptrdiff_t r = 0; r < rows; r++)
        for (int l = 0; l < LANES; l += W) {
            v value = SET1(b[r]);
            ST(y + r * LANES + l, accumulate ? ADD(LD(y + r * LANES + l), value) : value);
        }
}

static void rms_norm(const float *x, const float *weight, float epsilon, float *y, ptrdiff_t size) {
    for (int l = 0; l < LANES; l += W) {
        v even = SET1(0), odd = SET1(0);
        ptrdiff_t i = 0;
        for (; i + 2 <= size; i += 2) {
            v a = LD(x + i * LANES + l), b = LD(x + (i + 1) * LANES + l);
            even = FMA(a, a, even);
            odd = FMA(b, b, odd);
        }
        for (; i < size; i++) even = FMA(LD(x + i * LANES + l), LD(x + i * LANES + l), even);
        v mean = DIV(ADD(even, odd), SET1((float)size));
        v scale = DIV(SET1(1), SQRT(ADD(mean, SET1(epsilon))));
        for (i = 0; i < size; i++)
            ST(y + i * LANES + l, MUL(MUL(LD(x + i * LANES + l), scale), SET1(weight[i])));
    }
}

static void layer_norm(const float *x, const float *weight, const float *b, float epsilon, float *y, ptrdiff_t size) {
    for (int l = 0; l < LANES; l += W) {
        v total = SET1(0), squares = SET1(0), count = SET1((float)size);
        for (ptrdiff_t i = 0; i < size; i++) total = ADD(total, LD(x + i * LANES + l));
        v mean = DIV(total, count);
        for (ptrdiff_t i = 0; i < size; i++) {
            v centred = SUB(LD(x + i * LANES + l), mean);
            squares = FMA(centred, centred, squares);
        }
        v scale = DIV(SET1(1), SQRT(ADD(DIV(squares, count), SET1(epsilon))));
        for (ptrdiff_t i = 0; i < size; i++) {
            v centred = SUB(LD(x + i * LANES + l), mean);
            ST(y + i * LANES + l, FMA(MUL(centred, scale), SET1(weight[i]), SET1(b[i])));
        }
    }
}

static void rope(float *x, const float *turns, ptrdiff_t heads, ptrdiff_t half) {
    for (ptrdiff_t h = 0; h < heads; h++)
        for (ptrdiff_t d = 0; d < half; d++)
            for (int l = 0; l < LANES; l += W) {
                float *low = x + (h * 2 * half + d) * LANES + l, *high = low + half * LANES;
                v a = LD(low), b = LD(high), c = LD(turns + d * 2 * LANES + l), s = LD(turns + (d * 2 + 1) * LANES + l);
                ST(low, FNMA(b, s, MUL(a, c)));
                ST(high, FMA(b, c, MUL(a, s)));
            }
}

/// `count` rows of a tile in steps that fit the registers.
INLINE void tile_strided(ptrdiff_t count, const float *a, ptrdiff_t row_step, ptrdiff_t column_step, const float *x,
                         float *y, ptrdiff_t depth, int32_t accumulate) {
    for (int lane = 0; lane < LANES; lane += 2 * W) {
        ptrdiff_t i = 0;
        for (; i + SHORT <= count; i += SHORT)
            tile(SHORT, a + i * row_step, row_step, column_step, x + lane, y + i * LANES + lane, depth, accumulate);
        for (; i < count; i++)
            tile(1, a + i * row_step, row_step, column_step, x + lane, y + i * LANES + lane, depth, accumulate);
    }
}

/// Softmax of scores [keys][32] down the keys, not yet divided: returns nothing, leaves exp and its inverse sum.
INLINE void soften(float *scores, ptrdiff_t keys, float *inverse) {
    for (int l = 0; l < LANES; l += W) {
        v highest = SET1(-INFINITY), sum = SET1(0);
        for (ptrdiff_t j = 0; j < keys; j++) highest = MAX(highest, LD(scores + j * LANES + l));
        for (ptrdiff_t j = 0; j < keys; j++) {
            v weight = exponential(SUB(LD(scores + j * LANES + l), highest));
            ST(scores + j * LANES + l, weight);
            sum = ADD(sum, weight);
        }
        ST(inverse + l, DIV(SET1(1), sum));
    }
}

/// Hides from each query lane the keys after it and those that left its window.
static void mask(float *scores, ptrdiff_t first_key, ptrdiff_t keys, ptrdiff_t panel, ptrdiff_t window) {
    for (ptrdiff_t j = 0; j < keys; j++) {
        ptrdiff_t from = first_key + j - panel * LANES, to = window ? from + window : LANES;
        for (ptrdiff_t l = 0; l < from; l++) scores[j * LANES + l] = -INFINITY;
        for (ptrdiff_t l = to > 0 ? to : 0; l < LANES; l++) scores[j * LANES + l] = -INFINITY;
    }
}

static void attend(const hub_inference_attention *a, ptrdiff_t panel, float *scratch) {
    ptrdiff_t size = a->head_size, oldest = panel * LANES - a->window + 1;
    ptrdiff_t start = a->window && oldest > 0 ? oldest / LANES : 0, keys = (panel + 1 - start) * LANES;
    float *query = scratch, *scores = scratch + size * LANES, inverse[LANES]; // (size, 32), (keys, 32)
    const float *q = a->query + panel * a->query_rows * LANES;
    for (ptrdiff_t i = 0; i < size * LANES; i += W) ST(query + i, MUL(LD(q + i), SET1(a->scale)));
    for (ptrdiff_t k = start; k <= panel; k++)
        tile_strided(LANES, a->key + k * a->key_rows * LANES, 1, LANES, query, scores + (k - start) * LANES * LANES,
                     size, 0);
    mask(scores, start * LANES, keys, panel, a->window);
    soften(scores, keys, inverse);
    float *out = a->output + panel * a->output_rows * LANES;
    for (ptrdiff_t k = start; k <= panel; k++)
        tile_strided(size, a->value + k * a->key_rows * LANES, LANES, 1, scores + (k - start) * LANES * LANES, out,
                     LANES, k != start);
    for (ptrdiff_t d = 0; d < size; d++)
        for (int l = 0; l < LANES; l += W) ST(out + d * LANES + l, MUL(LD(out + d * LANES + l), LD(inverse + l)));
}

static void partition(const float *logits, ptrdiff_t rows, float *maximum, float *sum) {
    for (int l = 0; l < LANES; l += W) {
        v before = LD(maximum + l), highest = before, tile = SET1(0);
        for (ptrdiff_t r = 0; r < rows; r++) highest = MAX(highest, LD(logits + r * LANES + l));
        // A tile is summed on its own: added one by one to a large sum, the small terms would be lost.
        for (ptrdiff_t r = 0; r < rows; r++) tile = ADD(tile, exponential(SUB(LD(logits + r * LANES + l), highest)));
        ST(sum + l, FMA(LD(sum + l), exponential(SUB(before, highest)), tile));
        ST(maximum + l, highest);
    }
}

static void divergence(const float *first, const float *second, ptrdiff_t rows, float *maximum, float *sum,
                       float *drift) {
    for (int l = 0; l < LANES; l += W) {
        v before = LD(maximum + l), highest = before, tile = SET1(0), moved = SET1(0);
        for (ptrdiff_t r = 0; r < rows; r++) highest = MAX(highest, LD(first + r * LANES + l));
        for (ptrdiff_t r = 0; r < rows; r++) {
            v logit = LD(first + r * LANES + l), weight = exponential(SUB(logit, highest));
            tile = ADD(tile, weight);
            moved = FMA(weight, SUB(logit, LD(second + r * LANES + l)), moved);
        }
        v carry = exponential(SUB(before, highest));
        ST(sum + l, FMA(LD(sum + l), carry, tile));
        ST(drift + l, FMA(LD(drift + l), carry, moved));
        ST(maximum + l, highest);
    }
}

// MARK: Any number of values

INLINE v silu_of(v x) { return DIV(x, ADD(SET1(1), exponential(SUB(SET1(0), x)))); }

/// 0.5 x (1 + tanh u) is x / (1 + e^(-2u)), without the cancellation.
INLINE v gelu_of(v x) {
    v u = MUL(SET1(0.79788456080286536f), FMA(MUL(MUL(SET1(0.044715f), x), x), x, x));
    return DIV(x, ADD(SET1(1), exponential(MUL(SET1(-2), u))));
}

#define MAP(NAME, FUNCTION)                                                                                         \
    static void NAME(float *x, ptrdiff_t count) {                                                                   \
        ptrdiff_t i = 0;                                                                                            \
        for (; i + W <= count; i += W) ST(x + i, FUNCTION(LD(x + i)));                                              \
        float rest[W] = {0};                                                                                        \
        for (ptrdiff_t j = i; j < count; j++) rest[j - i] = x[j];                                                   \
        if (i < count) ST(rest, FUNCTION(LD(rest)));                                                                \
        for (ptrdiff_t j = i; j < count; j++) x[j] = rest[j - i];                                                   \
    }
MAP(silu, silu_of)
MAP(gelu_tanh, gelu_of)
MAP(exponentials, exponential)

static void silu_multiply(float *gate, const float *up, ptrdiff_t count) {
    ptrdiff_t i = 0;
    for (; i + W <= count; i += W) ST(gate + i, MUL(silu_of(LD(gate + i)), LD(up + i)));
    silu(gate + i, count - i);
    for (; i < count; i++) gate[i] *= up[i];
}

// MARK: One token

INLINE float dot(const float *a, const float *b, ptrdiff_t n) {
    v sum = SET1(0);
    ptrdiff_t i = 0;
    for (; i + W <= n; i += W) sum = FMA(LD(a + i), LD(b + i), sum);
    float total = HSUM(sum);
    for (; i < n; i++) total += a[i] * b[i];
    return total;
}

static void rms_norm_token(const float *x, const float *weight, float epsilon, float *y, ptrdiff_t size) {
    float scale = 1 / sqrtf(dot(x, x, size) / (float)size + epsilon);
    for (ptrdiff_t i = 0; i < size; i++) y[i] = x[i] * scale * weight[i];
}

static void layer_norm_token(const float *x, const float *weight, const float *b, float epsilon, float *y,
                             ptrdiff_t size) {
    v sum = SET1(0);
    ptrdiff_t i = 0;
    for (; i + W <= size; i += W) sum = ADD(sum, LD(x + i));
    float mean = HSUM(sum);
    for (; i < size; i++) mean += x[i];
    mean /= (float)size;
    for (i = 0; i < size; i++) y[i] = x[i] - mean;
    float scale = 1 / sqrtf(dot(y, y, size) / (float)size + epsilon);
    for (i = 0; i < size; i++) y[i] = y[i] * scale * weight[i] + b[i];
}

static void attend_token(const float *query, const float *keys, const float *values, ptrdiff_t stride,
                         ptrdiff_t tokens, ptrdiff_t head_size, float scale, float *output, float *scores) {
    float highest = -INFINITY, sum = 0;
    for (ptrdiff_t t = 0; t < tokens; t++) {
        scores[t] = dot(query, keys + t * stride, head_size) * scale;
        highest = scores[t] > highest ? scores[t] : highest;
    }
    for (ptrdiff_t t = 0; t < tokens; t++) scores[t] -= highest;
    exponentials(scores, tokens);
    for (ptrdiff_t t = 0; t < tokens; t++) sum += scores[t];
    ptrdiff_t d = 0;
    for (; d + W <= head_size; d += W) {
        v total = SET1(0);
        for (ptrdiff_t t = 0; t < tokens; t++) total = FMA(SET1(scores[t]), LD(values + t * stride + d), total);
        ST(output + d, DIV(total, SET1(sum)));
    }
    for (; d < head_size; d++) {
        float total = 0;
        for (ptrdiff_t t = 0; t < tokens; t++) total += scores[t] * values[t * stride + d];
        output[d] = total / sum;
    }
}

#define INFERENCE_TABLE                                                                                             \
    {matvec, matmul, bias, rms_norm, layer_norm, rope, attend, partition, divergence, silu_multiply, gelu_tanh,     \
     silu, rms_norm_token, layer_norm_token, attend_token}

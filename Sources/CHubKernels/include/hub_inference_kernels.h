#pragma once

#include <stddef.h>
#include <stdint.h>

// Kernels of the decoder: pure functions on pointers and counts. Lengths are the caller's to check.
//
// Activations of many tokens are kept in panels of 32 tokens, "feature major": a panel of a
// D-wide activation is [D][32], so norms, softmax and loss run down the lanes without horizontal
// sums, and weights are used exactly as they are stored, one row per output feature. Lanes past
// the last token hold zeros and are computed along.

/// Tokens in a panel.
#define HUB_INFERENCE_LANES 32

/// How a weight is stored; all arithmetic is f32 on the exactly widened value.
enum { HUB_INFERENCE_F32 = 0, HUB_INFERENCE_BF16 = 1, HUB_INFERENCE_F16 = 2 };

/// Implementations, worst first; all compute the same up to rounding.
enum { HUB_INFERENCE_SCALAR = 0, HUB_INFERENCE_AVX2 = 1, HUB_INFERENCE_AVX512 = 2 };

/// A matrix as it is stored: (rows, columns), row major, at any alignment.
typedef struct hub_inference_matrix {
    const void *_Nonnull data;
    ptrdiff_t columns;
    int32_t type;
} hub_inference_matrix;

/// The best implementation this processor runs.
int32_t hub_inference_best_path(void);

/// Tells the processor that the caller spins.
void hub_inference_pause(void);

// MARK: Weights

/// y[r] = sum of W[r][k] * x[k], for rows first..<last.
void hub_inference_matvec(int32_t path, hub_inference_matrix weights, ptrdiff_t first, ptrdiff_t last,
                          const float *_Nonnull x, float *_Nonnull y);

/// y[p][r][lane] (= or +=) sum of W[r][k] * x[p][k][lane], for rows first..<last and all panels.
///
/// x is [panels][columns][32], y is [panels][y_rows][32].
void hub_inference_matmul(int32_t path, hub_inference_matrix weights, ptrdiff_t first, ptrdiff_t last,
                          const float *_Nonnull x, float *_Nonnull y, ptrdiff_t y_rows, ptrdiff_t panels,
                          int32_t accumulate);

/// Writes rows of W, named by ids, as the first `count` lanes of x [columns][32]; other lanes are zero.
///
/// With `accumulate` they are added, and other lanes stay.
void hub_inference_gather(hub_inference_matrix weights, const int32_t *_Nonnull ids, ptrdiff_t count,
                          float *_Nonnull x, int32_t accumulate);

/// Widens `count` stored values, from element `first` on.
void hub_inference_widen(hub_inference_matrix weights, ptrdiff_t first, ptrdiff_t count, float *_Nonnull out);

// MARK: One panel

/// y (= or +=) bias, in every lane; y is [rows][32].
void hub_inference_bias(int32_t path, const float *_Nonnull bias, float *_Nonnull y, ptrdiff_t rows,
                        int32_t accumulate);

/// y = x / sqrt(mean(x^2) + epsilon) * weight, per lane; x and y are [size][32] and may be the same.
void hub_inference_rms_norm(int32_t path, const float *_Nonnull x, const float *_Nonnull weight, float epsilon,
                            float *_Nonnull y, ptrdiff_t size);

/// y = (x - mean) / sqrt(variance + epsilon) * weight + bias, per lane; x and y are [size][32].
void hub_inference_layer_norm(int32_t path, const float *_Nonnull x, const float *_Nonnull weight,
                              const float *_Nonnull bias, float epsilon, float *_Nonnull y, ptrdiff_t size);

/// Rotates pairs (d, d + half) of every head in place; x is [heads * 2 * half][32], turns is [half][cos, sin][32].
void hub_inference_rope(int32_t path, float *_Nonnull x, const float *_Nonnull turns, ptrdiff_t heads, ptrdiff_t half);

/// What one head of one query panel attends to.
typedef struct hub_inference_attention {
    /// The head's first row in panel 0, and the rows of a whole panel.
    const float *_Nonnull query;
    ptrdiff_t query_rows;
    const float *_Nonnull key;
    const float *_Nonnull value;
    ptrdiff_t key_rows;
    float *_Nonnull output;
    ptrdiff_t output_rows;
    ptrdiff_t head_size;
    float scale;
    /// Keys a query sees, itself included; 0 for all before it.
    ptrdiff_t window;
} hub_inference_attention;

/// Causal attention of query panel `panel` over key panels 0...panel.
///
/// scratch holds (panel + 1) * 32 * 32 + head_size * 32 floats.
void hub_inference_attend(int32_t path, const hub_inference_attention *_Nonnull head, ptrdiff_t panel,
                          float *_Nonnull scratch);

/// Per lane: maximum and sum of exp(logit - maximum), carried over tiles of [rows][32] logits.
///
/// Start with maximum -inf and sum 0; log(sum) + maximum is the log of the partition function.
void hub_inference_partition(int32_t path, const float *_Nonnull logits, ptrdiff_t rows, float *_Nonnull maximum,
                             float *_Nonnull sum);

/// As `partition` over the first logits, and with it sum of exp(first - maximum) * (first - second) in `drift`.
///
/// drift / sum + log-partition(second) - log-partition(first) is KL(first || second).
void hub_inference_divergence(int32_t path, const float *_Nonnull first, const float *_Nonnull second, ptrdiff_t rows,
                              float *_Nonnull maximum, float *_Nonnull sum, float *_Nonnull drift);

// MARK: Any number of values, in place

/// gate = silu(gate) * up.
void hub_inference_silu_multiply(int32_t path, float *_Nonnull gate, const float *_Nonnull up, ptrdiff_t count);

/// x = 0.5 x (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))), the "gelu_new" of GPT-2.
void hub_inference_gelu_tanh(int32_t path, float *_Nonnull x, ptrdiff_t count);

/// x = x / (1 + exp(-x)).
void hub_inference_silu(int32_t path, float *_Nonnull x, ptrdiff_t count);

/// x = 0.5 x (1 + erf(x / sqrt 2)); one implementation, by libm.
void hub_inference_gelu_erf(float *_Nonnull x, ptrdiff_t count);

// MARK: One token

/// As rms_norm, for one token: x and y are [size].
void hub_inference_rms_norm_token(int32_t path, const float *_Nonnull x, const float *_Nonnull weight, float epsilon,
                                  float *_Nonnull y, ptrdiff_t size);

/// As layer_norm, for one token: x and y are [size].
void hub_inference_layer_norm_token(int32_t path, const float *_Nonnull x, const float *_Nonnull weight,
                                    const float *_Nonnull bias, float epsilon, float *_Nonnull y, ptrdiff_t size);

/// Attention of one query head over cached tokens: keys and values are [tokens][stride], the head's columns first.
///
/// scratch holds `tokens` floats.
void hub_inference_attend_token(int32_t path, const float *_Nonnull query, const float *_Nonnull keys,
                                const float *_Nonnull values, ptrdiff_t stride, ptrdiff_t tokens, ptrdiff_t head_size,
                                float scale, float *_Nonnull output, float *_Nonnull scratch);

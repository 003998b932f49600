#include "inference_table.h"

#include <math.h>

static int32_t best_path;

// Runs once, before main, so that kernels may be called on any thread.
__attribute__((constructor)) static void detect_path(void) {
#if defined(__x86_64__)
    __builtin_cpu_init();
    int avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("f16c");
    int avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw")
        && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq");
    if (avx2) best_path = avx512 ? HUB_INFERENCE_AVX512 : HUB_INFERENCE_AVX2;
#endif
}

int32_t hub_inference_best_path(void) { return best_path; }

/// The implementation named, or the best there is if this processor does not run it.
static const inference_table *table(int32_t path) {
    if (path > best_path) path = best_path;
#if defined(__x86_64__)
    if (path == HUB_INFERENCE_AVX512) return &hub_inference_avx512;
    if (path == HUB_INFERENCE_AVX2) return &hub_inference_avx2;
#endif
    return &hub_inference_scalar;
}

void hub_inference_pause(void) {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

void hub_inference_matvec(int32_t path, matrix weights, ptrdiff_t first, ptrdiff_t last, const float *x, float *y) {
    table(path)->matvec(weights, first, last, x, y);
}

void hub_inference_matmul(int32_t path, matrix weights, ptrdiff_t first, ptrdiff_t last, const float *x, float *y,
                          ptrdiff_t y_rows, ptrdiff_t panels, int32_t accumulate) {
    table(path)->matmul(weights, first, last, x, y, y_rows, panels, accumulate);
}

void hub_inference_bias(int32_t path, const float *bias, float *y, ptrdiff_t rows, int32_t accumulate) {
    table(path)->bias(bias, y, rows, accumulate);
}

void hub_inference_rms_norm(int32_t path, const float *x, const float *weight, float epsilon, float *y,
                            ptrdiff_t size) {
    table(path)->rms_norm(x, weight, epsilon, y, size);
}

void hub_inference_layer_norm(int32_t path, const float *x, const float *weight, const float *bias, float epsilon,
                              float *y, ptrdiff_t size) {
    table(path)->layer_norm(x, weight, bias, epsilon, y, size);
}

void hub_inference_rope(int32_t path, float *x, const float *turns, ptrdiff_t heads, ptrdiff_t half) {
    table(path)->rope(x, turns, heads, half);
}

void hub_inference_attend(int32_t path, const hub_inference_attention *head, ptrdiff_t panel, float *scratch) {
    table(path)->attend(head, panel, scratch);
}

void hub_inference_partition(int32_t path, const float *logits, ptrdiff_t rows, float *maximum, float *sum) {
    table(path)->partition(logits, rows, maximum, sum);
}

void hub_inference_divergence(int32_t path, const float *first, const float *second, ptrdiff_t rows, float *maximum,
                              float *sum, float *drift) {
    table(path)->divergence(first, second, rows, maximum, sum, drift);
}

void hub_inference_silu_multiply(int32_t path, float *gate, const float *up, ptrdiff_t count) {
    table(path)->silu_multiply(gate, up, count);
}

void hub_inference_gelu_tanh(int32_t path, float *x, ptrdiff_t count) { table(path)->gelu_tanh(x, count); }

void hub_inference_silu(int32_t path, float *x, ptrdiff_t count) { table(path)->silu(x, count); }

void hub_inference_gelu_erf(float *x, ptrdiff_t count) {
    for (ptrdiff_t i = 0; i < count; i++) x[i] = 0.5f * x[i] * (1 + erff(x[i] * 0.70710678118654752f));
}

void hub_inference_rms_norm_token(int32_t path, const float *x, const float *weight, float epsilon, float *y,
                                  ptrdiff_t size) {
    table(path)->rms_norm_token(x, weight, epsilon, y, size);
}

void hub_inference_layer_norm_token(int32_t path, const float *x, const float *weight, const float *bias,
                                    float epsilon, float *y, ptrdiff_t size) {
    table(path)->layer_norm_token(x, weight, bias, epsilon, y, size);
}

void hub_inference_attend_token(int32_t path, const float *query, const float *keys, const float *values,
                                ptrdiff_t stride, ptrdiff_t tokens, ptrdiff_t head_size, float scale, float *output,
                                float *scratch) {
    table(path)->attend_token(query, keys, values, stride, tokens, head_size, scale, output, scratch);
}

// MARK: One implementation is enough

void hub_inference_widen(matrix w, ptrdiff_t first, ptrdiff_t count, float *out) {
    const stored_f32 *wide = (const stored_f32 *)w.data + first;
    const stored_16 *half = (const stored_16 *)w.data + first;
    switch (w.type) {
    case HUB_INFERENCE_BF16: for (ptrdiff_t i = 0; i < count; i++) out[i] = widen_bf16(half[i]); break;
    case HUB_INFERENCE_F16: for (ptrdiff_t i = 0; i < count; i++) out[i] = widen_f16(half[i]); break;
    default: for (ptrdiff_t i = 0; i < count; i++) out[i] = wide[i];
    }
}

void hub_inference_gather(matrix w, const int32_t *ids, ptrdiff_t count, float *x, int32_t accumulate) {
    float values[256];
    if (!accumulate) for (ptrdiff_t i = 0; i < w.columns * LANES; i++) x[i] = 0;
    for (ptrdiff_t lane = 0; lane < count; lane++)
        for (ptrdiff_t k = 0; k < w.columns; k += 256) {
            ptrdiff_t n = w.columns - k < 256 ? w.columns - k : 256;
            hub_inference_widen(w, ids[lane] * w.columns + k, n, values);
            for (ptrdiff_t i = 0; i < n; i++) x[(k + i) * LANES + lane] += values[i];
        }
}

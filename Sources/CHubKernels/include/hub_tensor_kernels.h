#pragma once

#include <stddef.h>
#include <stdint.h>

// Elementwise work on tensors, for checks, diff and merge.
//
// Every function exists once per instruction set, compiled from the same source: sums run in eight fixed
// lanes and nothing is contracted or reassociated, so that all of them give the same bits on every machine.
// Stored elements (`void *`) need no alignment; everything else is aligned as its type.

/// What a look at every element finds; min and max are those of the finite elements.
typedef struct {
    uint64_t nan_count;
    uint64_t infinity_count;
    double min;
    double max;
} hub_tensor_scan;

/// Sums over pairs of elements.
typedef struct {
    double old_squared;        ///< sum of old * old
    double new_squared;        ///< sum of new * new
    double product;            ///< sum of old * new
    double difference_squared; ///< sum of (new - old) * (new - old)
    uint64_t changed;          ///< pairs whose bits differ
} hub_tensor_difference;

/// Sums over the movements a = ours - base and b = theirs - base.
typedef struct {
    double ours_squared;    ///< sum of a * a
    double theirs_squared;  ///< sum of b * b
    double product;         ///< sum of a * b
    double contested;       ///< sum of 2 * min(|a|, |b|) where a and b have opposite signs
    double total;           ///< sum of |a| + |b|
    uint64_t ours_changed;  ///< elements with a != 0
    uint64_t theirs_changed;
    uint64_t both_changed;
} hub_tensor_movement;

/// The kernels of one instruction set. Structs of sums are added to, not overwritten.
typedef struct {
    void (*widen_bf16)(const void *source, float *destination, size_t n);
    void (*widen_f16)(const void *source, float *destination, size_t n);

    /// Rounds to nearest, ties to even; overflow becomes infinity.
    void (*narrow_bf16)(const float *source, void *destination, size_t n);
    void (*narrow_f16)(const float *source, void *destination, size_t n);

    void (*scan_f32)(const float *values, size_t n, hub_tensor_scan *scan);
    void (*scan_f64)(const double *values, size_t n, hub_tensor_scan *scan);

    void (*difference_f32)(const float *old, const float *new_, size_t n, hub_tensor_difference *sums);
    void (*difference_f64)(const double *old, const double *new_, size_t n, hub_tensor_difference *sums);

    void (*movement_f32)(
        const float *base, const float *ours, const float *theirs, size_t n, hub_tensor_movement *sums);
    void (*movement_f64)(
        const double *base, const double *ours, const double *theirs, size_t n, hub_tensor_movement *sums);

    /// destination = base + (weight_ours * (ours - base) + weight_theirs * (theirs - base))
    void (*sum_f32)(
        const float *base, const float *ours, const float *theirs, float weight_ours, float weight_theirs,
        float *destination, size_t n);
    void (*sum_f64)(
        const double *base, const double *ours, const double *theirs, double weight_ours, double weight_theirs,
        double *destination, size_t n);

    /// destination = (weight_ours * ours + weight_theirs * theirs) / (weight_ours + weight_theirs)
    void (*average_f32)(
        const float *ours, const float *theirs, float weight_ours, float weight_theirs, float *destination, size_t n);
    void (*average_f64)(
        const double *ours, const double *theirs, double weight_ours, double weight_theirs, double *destination,
        size_t n);
} hub_tensor_table;

/// The number of instruction sets this processor has kernels for, at least one: 0 is portable C.
int hub_tensor_level_count(void);

/// The kernels of `level`, which must be below hub_tensor_level_count().
const hub_tensor_table *hub_tensor_table_at(int level);

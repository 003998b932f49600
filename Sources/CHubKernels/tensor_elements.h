// The arithmetic, for one element type. Included once per instruction set and type, with TENSOR_REAL,
// TENSOR_WORD (a signed integer of its size), TENSOR_MAX and TENSOR_TYPED(name) defined.

typedef TENSOR_REAL TENSOR_TYPED(reals) __attribute__((vector_size(TENSOR_LANES * sizeof(TENSOR_REAL))));
typedef TENSOR_WORD TENSOR_TYPED(words) __attribute__((vector_size(TENSOR_LANES * sizeof(TENSOR_REAL))));

static void TENSOR_TYPED(scan)(const TENSOR_REAL *values, size_t n, hub_tensor_scan *scan) {
    typedef TENSOR_TYPED(reals) reals;
    typedef TENSOR_TYPED(words) words;
    reals low = (reals){0} + (TENSOR_REAL)INFINITY, high = -low;
    tensor_longs nans = {0}, infinities = {0};
    size_t i = 0;
    for (; i + TENSOR_LANES <= n; i += TENSOR_LANES) {
        reals value;
        memcpy(&value, values + i, sizeof value);
        words is_nan = value != value;
        words is_infinite = (value > TENSOR_MAX) | (value < -TENSOR_MAX);
        words finite = ~(is_nan | is_infinite);
        words lower = finite & (value < low), higher = finite & (value > high);
        low = (reals)((lower & (words)value) | (~lower & (words)low));
        high = (reals)((higher & (words)value) | (~higher & (words)high));
        nans -= __builtin_convertvector(is_nan, tensor_longs);
        infinities -= __builtin_convertvector(is_infinite, tensor_longs);
    }
    for (int lane = 0; lane < TENSOR_LANES; lane++) {
        scan->nan_count += (uint64_t)nans[lane];
        scan->infinity_count += (uint64_t)infinities[lane];
        scan->min = low[lane] < scan->min ? (double)low[lane] : scan->min;
        scan->max = high[lane] > scan->max ? (double)high[lane] : scan->max;
    }
    for (; i < n; i++) {
        TENSOR_REAL value = values[i];
        int infinite = value > TENSOR_MAX || value < -TENSOR_MAX;
        scan->nan_count += value != value;
        scan->infinity_count += (uint64_t)infinite;
        scan->min = !infinite && (double)value < scan->min ? (double)value : scan->min;
        scan->max = !infinite && (double)value > scan->max ? (double)value : scan->max;
    }
}

static void TENSOR_TYPED(difference)(
    const TENSOR_REAL *old, const TENSOR_REAL *new_, size_t n, hub_tensor_difference *sums
) {
    tensor_doubles old2 = {0}, new2 = {0}, product = {0}, difference2 = {0};
    tensor_longs changed = {0};
    for (size_t i = 0; i < n; i += TENSOR_LANES) {
        TENSOR_TYPED(reals) x = {0}, y = {0};
        size_t left = n - i;
        if (left >= TENSOR_LANES) {
            memcpy(&x, old + i, sizeof x);
            memcpy(&y, new_ + i, sizeof y);
        } else {
            memcpy(&x, old + i, left * sizeof *old);
            memcpy(&y, new_ + i, left * sizeof *old);
        }
        tensor_doubles a = __builtin_convertvector(x, tensor_doubles), b = __builtin_convertvector(y, tensor_doubles);
        tensor_doubles d = b - a;
        old2 += a * a;
        new2 += b * b;
        product += a * b;
        difference2 += d * d;
        changed -= __builtin_convertvector((TENSOR_TYPED(words))x != (TENSOR_TYPED(words))y, tensor_longs);
    }
    for (int lane = 0; lane < TENSOR_LANES; lane++) {
        sums->old_squared += old2[lane];
        sums->new_squared += new2[lane];
        sums->product += product[lane];
        sums->difference_squared += difference2[lane];
        sums->changed += (uint64_t)changed[lane];
    }
}

static void TENSOR_TYPED(movement)(
    const TENSOR_REAL *base, const TENSOR_REAL *ours, const TENSOR_REAL *theirs, size_t n, hub_tensor_movement *sums
) {
    tensor_doubles ours2 = {0}, theirs2 = {0}, product = {0}, contested = {0}, total = {0};
    tensor_longs changed_a = {0}, changed_b = {0}, both = {0};
    const tensor_longs no_sign = (tensor_longs){0} + INT64_MAX;
    for (size_t i = 0; i < n; i += TENSOR_LANES) {
        TENSOR_TYPED(reals) o = {0}, x = {0}, y = {0};
        size_t left = n - i;
        if (left >= TENSOR_LANES) {
            memcpy(&o, base + i, sizeof o);
            memcpy(&x, ours + i, sizeof x);
            memcpy(&y, theirs + i, sizeof y);
        } else {
            memcpy(&o, base + i, left * sizeof *base);
            memcpy(&x, ours + i, left * sizeof *base);
            memcpy(&y, theirs + i, left * sizeof *base);
        }
        tensor_doubles origin = __builtin_convertvector(o, tensor_doubles);
        tensor_doubles a = __builtin_convertvector(x, tensor_doubles) - origin;
        tensor_doubles b = __builtin_convertvector(y, tensor_doubles) - origin;
        tensor_doubles size_a = (tensor_doubles)((tensor_longs)a & no_sign);
        tensor_doubles size_b = (tensor_doubles)((tensor_longs)b & no_sign);
        tensor_longs a_is_less = size_a < size_b, moved_a = a != 0, moved_b = b != 0;
        tensor_longs least = (a_is_less & (tensor_longs)size_a) | (~a_is_less & (tensor_longs)size_b);
        tensor_longs opposed = ((a < 0) & (b > 0)) | ((a > 0) & (b < 0));
        ours2 += a * a;
        theirs2 += b * b;
        product += a * b;
        contested += 2 * (tensor_doubles)(opposed & least);
        total += size_a + size_b;
        changed_a -= moved_a;
        changed_b -= moved_b;
        both -= moved_a & moved_b;
    }
    for (int lane = 0; lane < TENSOR_LANES; lane++) {
        sums->ours_squared += ours2[lane];
        sums->theirs_squared += theirs2[lane];
        sums->product += product[lane];
        sums->contested += contested[lane];
        sums->total += total[lane];
        sums->ours_changed += (uint64_t)changed_a[lane];
        sums->theirs_changed += (uint64_t)changed_b[lane];
        sums->both_changed += (uint64_t)both[lane];
    }
}

static void TENSOR_TYPED(sum)(
    const TENSOR_REAL *restrict base, const TENSOR_REAL *restrict ours, const TENSOR_REAL *restrict theirs,
    TENSOR_REAL weight_ours, TENSOR_REAL weight_theirs, TENSOR_REAL *restrict destination, size_t n
) {
    for (size_t i = 0; i < n; i++) {
        TENSOR_REAL a = (ours[i] - base[i]) * weight_ours, b = (theirs[i] - base[i]) * weight_theirs;
        destination[i] = base[i] + (a + b);
    }
}

static void TENSOR_TYPED(average)(
    const TENSOR_REAL *restrict ours, const TENSOR_REAL *restrict theirs, TENSOR_REAL weight_ours,
    TENSOR_REAL weight_theirs, TENSOR_REAL *restrict destination, size_t n
) {
    TENSOR_REAL weight = weight_ours + weight_theirs;
    for (size_t i = 0; i < n; i++) destination[i] = (ours[i] * weight_ours + theirs[i] * weight_theirs) / weight;
}

#include "hub_tensor_kernels.h"

extern const hub_tensor_table hub_tensor_table_portable;

#if defined(__x86_64__)
extern const hub_tensor_table hub_tensor_table_avx2;
extern const hub_tensor_table hub_tensor_table_avx512;

static const hub_tensor_table *const levels[] = {
    &hub_tensor_table_portable, &hub_tensor_table_avx2, &hub_tensor_table_avx512,
};

// Set once, before main, so that kernels may run on any thread.
static int level_count = 1;

__attribute__((constructor))
static void detect_tensor_levels(void) {
    __builtin_cpu_init();
    if (!__builtin_cpu_supports("avx2")) return;
    level_count = 2;
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
        __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl"))
        level_count = 3;
}
#else
static const hub_tensor_table *const levels[] = { &hub_tensor_table_portable };
static const int level_count = 1;
#endif

int hub_tensor_level_count(void) { return level_count; }

const hub_tensor_table *hub_tensor_table_at(int level) { return levels[level]; }

#include "blake3_gear.h"
#include "blake3_internal.h"
#include "hub_chunk_kernels.h"
#include <string.h>

// The tree of BLAKE3 over whatever lanes the processor has.
//
// Pieces are taken in batches; all their whole leaves, then all their last leaves, then all their parents level
// by level fill the lanes together, so that lanes stay full although a piece has only about 64 leaves.

const uint32_t hub_blake3_iv[8] = {0x6A09E667, 0xBB67AE85, 0x3C6EF372, 0xA54FF53A,
                                   0x510E527F, 0x9B05688C, 0x1F83D9AB, 0x5BE0CD19};

enum { BATCH_PIECES = 16, PIECE_LEAVES = 128, BATCH_LEAVES = BATCH_PIECES * PIECE_LEAVES };

int hub_chunk_simd_best(void) {
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx512f")) return HUB_SIMD_AVX512;
    if (__builtin_cpu_supports("avx2")) return HUB_SIMD_AVX2;
#endif
    return HUB_SIMD_PORTABLE;
}

static const struct blake3_lanes *lanes_for(int simd) {
#if defined(__x86_64__)
    if (simd >= HUB_SIMD_AVX512) return &hub_blake3_avx512;
    if (simd >= HUB_SIMD_AVX2) return &hub_blake3_avx2;
#endif
    (void)simd;
    return &hub_blake3_portable;
}

/// A gear scan that goes on beside the hashing; see hub_blake3_pieces_scanning.
struct side_scan {
    int simd;
    const uint8_t *data;
    size_t n;
    size_t done;
    uint32_t *found;
    size_t count;
};

struct mode {
    const struct blake3_lanes *lanes;
    uint32_t key[8];
    uint32_t flags;
    struct side_scan *scan;  // or NULL
};

static struct mode mode_for(int simd, const uint8_t *key) {
    struct mode mode = {.lanes = lanes_for(simd), .flags = key ? BLAKE3_KEYED : 0};
    for (int word = 0; word < 8; word++)
        mode.key[word] = key ? (uint32_t)key[4 * word] | (uint32_t)key[4 * word + 1] << 8
                                   | (uint32_t)key[4 * word + 2] << 16 | (uint32_t)key[4 * word + 3] << 24
                             : hub_blake3_iv[word];
    return mode;
}

/// Jobs that wait until the lanes are full.
struct queue {
    size_t count;
    const uint8_t *data[BLAKE3_MAX_LANES];
    uint32_t length[BLAKE3_MAX_LANES];
    uint32_t counter[BLAKE3_MAX_LANES];
    uint32_t flags[BLAKE3_MAX_LANES];
    uint32_t *cv[BLAKE3_MAX_LANES];
};

// Idle lanes repeat the first job and throw the result away.
static void fill_idle_lanes(const struct mode *mode, struct queue *queue, uint32_t *discarded) {
    for (size_t lane = queue->count; lane < mode->lanes->lanes; lane++) {
        queue->data[lane] = queue->data[0];
        queue->length[lane] = queue->length[0];
        queue->counter[lane] = queue->counter[0];
        queue->flags[lane] = queue->flags[0];
        queue->cv[lane] = discarded;
    }
}

#if defined(__x86_64__)
/// Hashes sixteen leaves and takes the side scan a step further; 0 when there is not enough of either.
static int flush_scanning(const struct mode *mode, struct queue *queue) {
    struct side_scan *const scan = mode->scan;
    if (!scan || scan->simd < HUB_SIMD_AVX512 || queue->count < 16) return 0;
    if (scan->n - scan->done < HUB_GEAR_FUSED_BLOCK) return 0;
    struct gear_hits hits;
    for (size_t stream = 0; stream < HUB_GEAR_MAX_STREAMS; stream++) hits.count[stream] = 0;
    hub_blake3_leaves_scanning_avx512(
        mode->key, mode->flags, queue->data, queue->counter, queue->cv, scan->data + scan->done, &hits);
    for (size_t stream = 0; stream < HUB_GEAR_MAX_STREAMS; stream++)
        for (size_t hit = 0; hit < hits.count[stream]; hit++)
            scan->found[scan->count++] =
                (uint32_t)(scan->done + stream * (HUB_GEAR_FUSED_BLOCK / 8) + hits.at[stream][hit] + 1);
    scan->done += HUB_GEAR_FUSED_BLOCK;
    queue->count = 0;
    return 1;
}
#else
static int flush_scanning(const struct mode *mode, struct queue *queue) {
    (void)mode;
    (void)queue;
    return 0;
}
#endif

static void flush_whole_leaves(const struct mode *mode, struct queue *queue) {
    if (queue->count == 0 || flush_scanning(mode, queue)) return;
    uint32_t discarded[8];
    fill_idle_lanes(mode, queue, discarded);
    mode->lanes->leaves(mode->key, mode->flags, queue->data, queue->counter, queue->cv);
    queue->count = 0;
}

/// Leaves and parents of any length: each lane takes as many blocks as it has and is read when it is done.
static void flush_blocks(const struct mode *mode, struct queue *queue) {
    if (queue->count == 0) return;
    const size_t lanes = mode->lanes->lanes;
    uint32_t discarded[8];
    fill_idle_lanes(mode, queue, discarded);
    uint32_t h[8 * BLAKE3_MAX_LANES];
    uint8_t padded[BLAKE3_MAX_LANES][BLAKE3_BLOCK];
    size_t rounds = 0, blocks[BLAKE3_MAX_LANES];
    for (size_t lane = 0; lane < lanes; lane++) {
        for (size_t word = 0; word < 8; word++) h[word * lanes + lane] = mode->key[word];
        blocks[lane] = queue->length[lane] == 0 ? 1 : (queue->length[lane] + BLAKE3_BLOCK - 1) / BLAKE3_BLOCK;
        if (blocks[lane] > rounds) rounds = blocks[lane];
        const size_t last = (blocks[lane] - 1) * BLAKE3_BLOCK;
        memset(padded[lane], 0, BLAKE3_BLOCK);
        if (queue->length[lane] > 0) memcpy(padded[lane], queue->data[lane] + last, queue->length[lane] - last);
    }
    for (size_t round = 0; round < rounds; round++) {
        const uint8_t *block[BLAKE3_MAX_LANES];
        uint32_t length[BLAKE3_MAX_LANES], flags[BLAKE3_MAX_LANES];
        for (size_t lane = 0; lane < lanes; lane++) {
            const int last = round + 1 >= blocks[lane];
            const int leaf = !(queue->flags[lane] & BLAKE3_PARENT);
            block[lane] = last ? padded[lane] : queue->data[lane] + round * BLAKE3_BLOCK;
            length[lane] = last ? queue->length[lane] - (uint32_t)(blocks[lane] - 1) * BLAKE3_BLOCK : BLAKE3_BLOCK;
            flags[lane] = mode->flags | (queue->flags[lane] & BLAKE3_PARENT);
            if (leaf && round == 0) flags[lane] |= BLAKE3_LEAF_START;
            if (leaf && last) flags[lane] |= BLAKE3_LEAF_END;
            if (last) flags[lane] |= queue->flags[lane] & BLAKE3_ROOT;
        }
        mode->lanes->blocks(h, block, queue->counter, length, flags);
        for (size_t lane = 0; lane < queue->count; lane++)
            if (round + 1 == blocks[lane])
                for (size_t word = 0; word < 8; word++) queue->cv[lane][word] = h[word * lanes + lane];
    }
    queue->count = 0;
}

static void push(
    const struct mode *mode, struct queue *queue, void (*flush)(const struct mode *, struct queue *),
    const uint8_t *data, size_t length, uint32_t counter, uint32_t flags, uint32_t *cv) {
    const size_t at = queue->count++;
    queue->data[at] = data;
    queue->length[at] = (uint32_t)length;
    queue->counter[at] = counter;
    queue->flags[at] = flags;
    queue->cv[at] = cv;
    if (queue->count == mode->lanes->lanes) flush(mode, queue);
}

/// A run of leaves that becomes one node.
struct piece {
    const uint8_t *data;
    size_t length;
    uint32_t firstLeaf;  // the counter of its first leaf
    uint32_t root;       // BLAKE3_ROOT or 0
    uint32_t (*cv)[8];   // (leaves, 8)
    size_t nodes;
};

static size_t leaves_in(size_t length) { return length == 0 ? 1 : (length + BLAKE3_LEAF - 1) / BLAKE3_LEAF; }

static void hash_leaves(const struct mode *mode, struct piece *pieces, size_t count) {
    struct queue whole = {0}, last = {0};
    for (size_t p = 0; p < count; p++) {
        struct piece *piece = &pieces[p];
        const uint32_t root = piece->nodes == 1 ? piece->root : 0;
        for (size_t leaf = 0; leaf < piece->nodes; leaf++) {
            const uint8_t *data = piece->data + leaf * BLAKE3_LEAF;
            const size_t left = piece->length - leaf * BLAKE3_LEAF;
            const uint32_t counter = piece->firstLeaf + (uint32_t)leaf;
            if (left >= BLAKE3_LEAF && !root)
                push(mode, &whole, flush_whole_leaves, data, BLAKE3_LEAF, counter, 0, piece->cv[leaf]);
            else
                push(mode, &last, flush_blocks, data, left, counter, root, piece->cv[leaf]);
        }
    }
    flush_whole_leaves(mode, &whole);
    flush_blocks(mode, &last);
}

// Pairing neighbours and carrying an odd last node up gives BLAKE3's tree: every left subtree is a power of two.
static void join_nodes(const struct mode *mode, struct piece *pieces, size_t count) {
    for (size_t levels = 1; levels;) {
        struct queue queue = {0};
        levels = 0;
        for (size_t p = 0; p < count; p++) {
            struct piece *piece = &pieces[p];
            const uint32_t flags = BLAKE3_PARENT | (piece->nodes == 2 ? piece->root : 0);
            for (size_t pair = 0; pair < piece->nodes / 2; pair++)
                push(mode, &queue, flush_blocks, (const uint8_t *)piece->cv[2 * pair], BLAKE3_BLOCK, 0, flags,
                     piece->cv[pair]);
        }
        flush_blocks(mode, &queue);
        for (size_t p = 0; p < count; p++) {
            struct piece *piece = &pieces[p];
            if (piece->nodes & 1) memmove(piece->cv[piece->nodes / 2], piece->cv[piece->nodes - 1], 32);
            piece->nodes = (piece->nodes + 1) / 2;
            levels |= piece->nodes > 1;
        }
    }
}

static void store(const uint32_t cv[8], uint8_t *out) {
    for (int word = 0; word < 8; word++)
        for (int byte = 0; byte < 4; byte++) out[4 * word + byte] = (uint8_t)(cv[word] >> (8 * byte));
}

/// The node over `length` bytes, split into runs of PIECE_LEAVES leaves as the tree is.
static void hash_subtree(
    const struct mode *mode, const uint8_t *data, size_t length, uint32_t firstLeaf, uint32_t root, uint32_t out[8]) {
    const size_t leaves = leaves_in(length);
    if (leaves <= PIECE_LEAVES) {
        uint32_t cv[PIECE_LEAVES][8];
        struct piece piece = {data, length, firstLeaf, root, cv, leaves};
        hash_leaves(mode, &piece, 1);
        join_nodes(mode, &piece, 1);
        memcpy(out, cv[0], 32);
        return;
    }
    size_t left = PIECE_LEAVES;
    while (2 * left < leaves) left *= 2;
    uint32_t children[2][8];
    hash_subtree(mode, data, left * BLAKE3_LEAF, firstLeaf, 0, children[0]);
    hash_subtree(
        mode, data + left * BLAKE3_LEAF, length - left * BLAKE3_LEAF, firstLeaf + (uint32_t)left, 0, children[1]);
    struct queue queue = {0};
    push(mode, &queue, flush_blocks, (const uint8_t *)children, BLAKE3_BLOCK, 0, BLAKE3_PARENT | root, out);
    flush_blocks(mode, &queue);
}

void hub_blake3(int simd, const uint8_t *key, const uint8_t *data, size_t n, uint8_t *out) {
    const struct mode mode = mode_for(simd, key);
    uint32_t cv[8];
    hash_subtree(&mode, data, n, 0, BLAKE3_ROOT, cv);
    store(cv, out);
}

static void hash_pieces(
    int simd, const uint8_t *key, struct side_scan *scan, const uint8_t *data, const uint32_t *lengths, size_t count,
    uint8_t *out) {
    struct mode mode = mode_for(simd, key);
    mode.scan = scan;
    uint32_t cv[BATCH_LEAVES][8];
    for (size_t p = 0; p < count;) {
        struct piece pieces[BATCH_PIECES];
        size_t batch = 0, leaves = 0;
        for (; batch < BATCH_PIECES && p + batch < count; batch++) {
            const size_t length = lengths[p + batch], nodes = leaves_in(length);
            if (nodes > PIECE_LEAVES) break;
            pieces[batch] = (struct piece){data, length, 0, BLAKE3_ROOT, cv + leaves, nodes};
            leaves += nodes;
            data += length;
        }
        hash_leaves(&mode, pieces, batch);
        join_nodes(&mode, pieces, batch);
        for (size_t i = 0; i < batch; i++) store(pieces[i].cv[0], out + 32 * (p + i));
        p += batch;
        if (batch < BATCH_PIECES && p < count && leaves_in(lengths[p]) > PIECE_LEAVES) {
            hub_blake3(simd, key, data, lengths[p], out + 32 * p);
            data += lengths[p++];
        }
    }
}

void hub_blake3_pieces(
    int simd, const uint8_t *key, const uint8_t *data, const uint32_t *lengths, size_t count, uint8_t *out) {
    hash_pieces(simd, key, NULL, data, lengths, count, out);
}

size_t hub_blake3_pieces_scanning(
    int simd, const uint8_t *key, const uint8_t *data, const uint32_t *lengths, size_t count, uint8_t *out,
    const uint8_t *scanned, size_t n, size_t history, uint32_t *found) {
    struct side_scan scan = {.simd = simd, .data = scanned, .n = n, .found = found};
    const int hasHistory = history >= HUB_GEAR_WINDOW;
    hash_pieces(simd, key, hasHistory ? &scan : NULL, data, lengths, count, out);
    const size_t rest = hub_gear_scan(
        simd, scanned + scan.done, n - scan.done, history + scan.done, found + scan.count);
    for (size_t hit = 0; hit < rest; hit++) found[scan.count + hit] += (uint32_t)scan.done;
    return scan.count + rest;
}

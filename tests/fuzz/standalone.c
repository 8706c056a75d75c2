/* The main of a fuzz target where there is no libFuzzer: every file of the folders given, then
 * copies of them damaged by one seed. Usage: fuzz_NAME ROUNDS FOLDER_OR_FILE...
 *
 * A target that fails aborts; what it was given is then in fuzz_crash. */
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

#define FILES_MAX 512
#define FILE_BYTES_MAX ((size_t)64 * 1024)

struct sample {
    uint8_t *bytes;
    size_t length;
};

static struct sample samples[FILES_MAX];
static int sample_count;
static uint8_t input[2 * FILE_BYTES_MAX];
static size_t input_length;

static void on_crash(int signal_number) {
    int file = open("fuzz_crash", O_WRONLY | O_CREAT | O_TRUNC, 0644);
    if (file >= 0 && write(file, input, input_length) >= 0) {
        close(file);
    }
    signal(signal_number, SIG_DFL);
    raise(signal_number);
}

static void file_take(const char *path) {
    FILE *f = fopen(path, "rb");
    if (f == NULL || sample_count == FILES_MAX) {
        fprintf(stderr, "%s cannot be taken\n", path);
        exit(1);
    }
    struct sample *s = &samples[sample_count++];
    s->bytes = malloc(FILE_BYTES_MAX);
    s->length = fread(s->bytes, 1, FILE_BYTES_MAX, f);
    fclose(f);
}

static int by_name(const struct dirent **a, const struct dirent **b) {
    return strcmp((*a)->d_name, (*b)->d_name);
}

static void path_take(const char *path) {
    struct dirent **entries;
    int count = scandir(path, &entries, NULL, by_name);
    if (count < 0) {
        file_take(path);
        return;
    }
    for (int i = 0; i < count; i++) {
        char name[4096];
        snprintf(name, sizeof name, "%s/%s", path, entries[i]->d_name);
        if (entries[i]->d_type == DT_REG) {
            file_take(name);
        }
        free(entries[i]);
    }
    free(entries);
}

/* --- damage -------------------------------------------------------------------------------------
 */

static uint64_t seed = 20210219;

static size_t below(size_t limit) {
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return limit > 0 ? (size_t)(seed >> 33) % limit : 0;
}

/* Room for length bytes more at a place. */
static void widen(size_t at, size_t length) {
    memmove(input + at + length, input + at, input_length - at);
    input_length += length;
}

static void damage_bytes(void) {
    static const uint8_t liked[] = {0,    1,   0x7f, 0x80, 0xff, '\n', '"',
                                    '\'', '(', '{',  '.',  '-',  '0',  '9'};
    size_t at = below(input_length);
    switch (below(3)) {
    case 0:
        input[at] ^= (uint8_t)(1u << below(8));
        break;
    case 1:
        input[at] = liked[below(sizeof liked)];
        break;
    default:
        input[at] = input[below(input_length)];
        break;
    }
}

static void damage_size(void) {
    size_t at = below(input_length);
    size_t length = 1 + below(below(4) == 0 ? 200 : 8);
    if (below(2) == 0) {
        length = length < input_length - at ? length : input_length - at;
        memmove(input + at, input + at + length, input_length - at - length);
        input_length -= length;
    } else if (input_length + length < sizeof input) {
        const struct sample *other = &samples[below((size_t)sample_count)];
        size_t from = below(other->length);
        length = length < other->length - from ? length : other->length - from;
        widen(at, length);
        memcpy(input + at, other->bytes + from, length);
    }
}

static void damage(void) {
    const struct sample *s = &samples[below((size_t)sample_count)];
    memcpy(input, s->bytes, s->length);
    input_length = s->length;
    for (size_t edits = 1 + below(4); edits > 0 && input_length > 0; edits--) {
        if (below(2) == 0) {
            damage_bytes();
        } else {
            damage_size();
        }
    }
    if (below(16) == 0) {
        input_length = below(input_length + 1);
    }
}

int main(int argc, char **argv) {
    if (argc < 3) {
        fprintf(stderr, "usage: %s ROUNDS FOLDER_OR_FILE...\n", argv[0]);
        return 2;
    }
    for (int i = 2; i < argc; i++) {
        path_take(argv[i]);
    }
    if (sample_count == 0) {
        fprintf(stderr, "no samples\n");
        return 1;
    }
    signal(SIGABRT, on_crash);
    signal(SIGSEGV, on_crash);
    for (int i = 0; i < sample_count; i++) {
        memcpy(input, samples[i].bytes, samples[i].length);
        input_length = samples[i].length;
        LLVMFuzzerTestOneInput(input, input_length);
    }
    long rounds = strtol(argv[1], NULL, 10);
    for (long i = 0; i < rounds; i++) {
        damage();
        LLVMFuzzerTestOneInput(input, input_length);
    }
    printf("%d samples, %ld damaged copies\n", sample_count, rounds);
    for (int i = 0; i < sample_count; i++) {
        free(samples[i].bytes);
    }
    return 0;
}

/* The hidden command: looks at one script for app/script_check.h, which starts it as
 * `checker NAME text|files|stored SOURCE_MAX CPU_SECONDS MEMORY_MAX`, with the text on its standard
 * input.
 *
 * It reads what ships with the program, then goes behind the walls of a script worker, and only
 * then looks at the script. What it says is described there. */
#include "app/commands.h"

#include "app/instruments.h"
#include "app/script_files.h"
#include "base/hash.h"
#include "script/check.h"
#include "worker/confine.h"
#include "worker/deadline_watcher.h"

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#define OUTPUT_MAX ((size_t)256 << 10)
#define FILES_MAX 64
#define PROGRAM_MEMORY ((size_t)128 << 20) /* address space of the program and its libraries */

#if defined(__SANITIZE_ADDRESS__)
#define HAS_MEMORY_LIMIT false /* its shadow is terabytes of address space */
#else
#define HAS_MEMORY_LIMIT true
#endif

struct checker {
    struct script_source source;
    char *text; /* from standard input; NULL: the stored one */
    struct instrument *instruments;
    int instrument_count;
    struct deadline deadline;
    struct deadline_watcher *watcher;
    struct buffer out;
};

/* Standard I/O would ask the system what its descriptors are, which the walls do not allow. */
static void output_leave(struct checker *c, int status) {
    size_t done = 0;
    while (done < c->out.length) {
        ssize_t n = write(STDOUT_FILENO, c->out.data + done, c->out.length - done);
        if (n <= 0) {
            _exit(EXIT_FAILED);
        }
        done += (size_t)n;
    }
    _exit(status);
}

static void word_write(struct checker *c, const char *text) {
    buffer_append(&c->out, text, strlen(text) + 1);
}

static void finding_write(struct checker *c, const struct check_finding *f) {
    char line[16];
    snprintf(line, sizeof line, "%d", f->line);
    word_write(c, f->level == CHECK_ERROR ? "E" : "W");
    word_write(c, c->source.bundle.files[f->file].path);
    word_write(c, line);
    word_write(c, f->text);
}

static int text_read(struct checker *c, size_t source_max, size_t *length, struct err *e) {
    *length = 0;
    c->text = malloc(source_max + 1);
    ssize_t n = c->text != NULL ? 1 : 0;
    while (n > 0 && *length < source_max) {
        n = read(STDIN_FILENO, c->text + *length, source_max - *length);
        *length += n > 0 ? (size_t)n : 0;
    }
    if (c->text == NULL || n < 0) {
        return err_set(e, E_IO, "the text of the script cannot be read");
    }
    if (*length == source_max) {
        return err_set(e, E_LIMIT, "the text has more than %zu bytes", source_max - 1);
    }
    c->text[*length] = '\0';
    return 0;
}

static void file_take(struct checker *c, const char *path, const char *text, size_t length) {
    struct script_bundle *b = &c->source.bundle;
    struct script_file *files = (struct script_file *)(uintptr_t)b->files;
    int at = 0;
    while (at < b->count && strcmp(files[at].path, path) != 0) {
        at++;
    }
    if (text == NULL && at < b->count) {
        memmove(&files[at], &files[at + 1], (size_t)(b->count - at - 1) * sizeof *files);
        b->count--;
    } else if (text != NULL) {
        files[at] = (struct script_file){path, text, length};
        b->count += at == b->count;
    }
}

/* In place of, or beside, those that are stored: each a path, a length or "-", and its bytes. */
static int files_take(struct checker *c, size_t size, struct err *e) {
    struct script_bundle *b = &c->source.bundle;
    struct script_file *files = calloc((size_t)b->count + FILES_MAX, sizeof *files);
    const char *end = c->text + size;
    if (files == NULL) {
        return err_set(e, E_MEMORY, "no memory for the files");
    }
    memcpy(files, b->files, (size_t)b->count * sizeof *files);
    b->files = files;
    int taken = 0;
    for (const char *at = c->text; at < end && taken < FILES_MAX; taken++) {
        const char *path = at;
        const char *length_text = path + strlen(path) + 1;
        if (length_text >= end) {
            break;
        }
        const char *text = length_text + strlen(length_text) + 1;
        bool is_gone = length_text[0] == '-';
        size_t length = is_gone ? 0 : strtoull(length_text, NULL, 10);
        if (text > end || length > (size_t)(end - text)) {
            return err_set(e, E_DATA, "the files are broken");
        }
        file_take(c, path, is_gone ? NULL : text, length);
        at = text + length;
    }
    b->hash ^= hash_of(c->text, size);
    return 0;
}

/* Another text is another version. */
static int source_take(
    struct checker *c, const char *name, const char *kind, size_t source_max, struct err *e
) {
    bool is_files = strcmp(kind, "files") == 0;
    bool is_text = is_files || strcmp(kind, "text") == 0;
    size_t length;
    int code = script_source_read(name, source_max, &c->source, e);
    if (code != 0 || !is_text) {
        return code;
    }
    code = text_read(c, is_files ? source_max * 2 : source_max, &length, e);
    if (code == 0 && is_files) {
        return files_take(c, length, e);
    }
    if (code == 0) {
        struct script_file *first = (struct script_file *)(uintptr_t)&c->source.bundle.files[0];
        first->text = c->text;
        first->length = length;
        c->source.bundle.hash ^= hash_of(c->text, length);
    }
    return code;
}

static int walls_raise(rlim_t cpu_seconds, size_t memory_max, struct err *e) {
    const struct rlimit cpu = {cpu_seconds, cpu_seconds};
    const struct confine_options walls = {
        .read_fd = STDIN_FILENO,
        .write_fd = STDOUT_FILENO,
        .memory_max = HAS_MEMORY_LIMIT ? memory_max + PROGRAM_MEMORY : 0,
        .parent = getppid(),
    };
    if (setrlimit(RLIMIT_CPU, &cpu) != 0) {
        return err_set(e, E_IO, "the CPU time cannot be limited");
    }
    return confine(&walls, e);
}

static int script_look(struct checker *c, struct err *e) {
    struct check_findings findings = {0};
    int code = check_sources(&c->source.bundle, &findings, e);
    if (code == 0) {
        code = check_start(
            &c->source.bundle, c->instruments, c->instrument_count, &c->deadline, &findings, e
        );
    }
    for (int i = 0; code == 0 && i < findings.count; i++) {
        finding_write(c, &findings.list[i]);
    }
    return code;
}

int command_checker(int count, char **words) {
    static struct checker checker;
    struct checker *c = &checker;
    struct err e = {0};
    if (count != 5) {
        return EXIT_USAGE;
    }
    size_t source_max = strtoull(words[2], NULL, 10);
    rlim_t cpu_seconds = strtoull(words[3], NULL, 10);
    size_t memory_max = strtoull(words[4], NULL, 10);
    mallopt(M_ARENA_MAX, 1); /* a second one would want memory protection changed */
    buffer_init(&c->out, OUTPUT_MAX);
    int code = source_take(c, words[0], words[1], source_max, &e);
    code = code != 0 ? code : instruments_load(&c->instruments, &c->instrument_count, &e);
    code = code != 0 ? code : deadline_watcher_start(&c->watcher, &c->deadline, &e);
    code = code != 0 ? code : walls_raise(cpu_seconds, memory_max, &e);
    code = code != 0 ? code : script_look(c, &e);
    if (code != 0) {
        buffer_clear(&c->out);
        word_write(c, "X");
        word_write(c, e.msg);
    } else {
        word_write(c, ".");
    }
    output_leave(c, code == 0 ? EXIT_DONE : EXIT_FAILED);
    return EXIT_FAILED;
}

#include "app/script_files.h"

#include "base/hash.h"
#include "script/suggest.h"

#include <dirent.h>
#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILES_MAX 64

int file_read(const char *path, size_t size_max, char **text, size_t *length, struct err *e) {
    FILE *f = fopen(path, "rb");
    if (f == NULL) {
        return err_set(e, errno == ENOENT ? E_NOT_FOUND : E_IO, "%s: %s", path, strerror(errno));
    }
    char *data = malloc(size_max + 2);
    if (data == NULL) {
        fclose(f);
        return err_set(e, E_MEMORY, "no memory to read %s", path);
    }
    errno = 0;
    size_t n = fread(data, 1, size_max + 1, f);
    int failed = ferror(f);
    fclose(f);
    if (failed || n > size_max) {
        free(data);
        return failed ? err_set(e, E_IO, "%s: %s", path, strerror(errno))
                      : err_set(e, E_LIMIT, "%s is larger than %zu bytes", path, size_max);
    }
    data[n] = '\0';
    *text = data;
    *length = n;
    return 0;
}

static bool is_folder(const char *path) {
    struct stat st;
    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static bool exists(const char *path) {
    return access(path, F_OK) == 0;
}

/* Where the program's own files are: the working directory's checkout, the build's checkout, or the
 * installation. */
static bool shipped_try(const char *root, const char *relative, char *out, size_t size) {
    int n = snprintf(out, size, "%s/%s", root, relative);
    return n > 0 && (size_t)n < size && exists(out);
}

int shipped_path(const char *relative, char *out, size_t size, struct err *e) {
    char program[PATH_MAX];
    if (shipped_try(".", relative, out, size)) {
        snprintf(out, size, "%s", relative);
        return 0;
    }
    ssize_t n = readlink("/proc/self/exe", program, sizeof program - 1);
    if (n > 0) {
        static const char *const roots[] = {"../..", "../share/tradingboost"};
        program[n] = '\0';
        char *folder = dirname(program);
        for (size_t i = 0; i < sizeof roots / sizeof roots[0]; i++) {
            char root[PATH_MAX + 32];
            snprintf(root, sizeof root, "%s/%s", folder, roots[i]);
            if (shipped_try(root, relative, out, size)) {
                return 0;
            }
        }
    }
    return err_set(
        e, E_NOT_FOUND, "%s is not there, neither here nor where tradingboost is installed",
        relative
    );
}

/* --- a bundle
 * -------------------------------------------------------------------------------------- */

struct gathering {
    struct script_file files[FILES_MAX];
    int count;
    size_t size;
    size_t size_max;
};

static int gather_file(struct gathering *g, const char *path, const char *name, struct err *e) {
    if (g->count == FILES_MAX) {
        return err_set(e, E_LIMIT, "more than %d files in a script", FILES_MAX);
    }
    char *text;
    size_t length;
    int code = file_read(path, g->size_max - g->size, &text, &length, e);
    if (code != 0) {
        return code;
    }
    g->size += length;
    g->files[g->count++] = (struct script_file){strdup(name), text, length};
    return 0;
}

static int by_name(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The .lua files of a folder in the order of their names. */
static int folder_list(const char *folder, char **names, int *count, struct err *e) {
    DIR *d = opendir(folder);
    if (d == NULL) {
        return err_set(e, E_IO, "%s: %s", folder, strerror(errno));
    }
    *count = 0;
    struct dirent *entry;
    while ((entry = readdir(d)) != NULL && *count < FILES_MAX) {
        size_t n = strlen(entry->d_name);
        if (entry->d_name[0] != '.' && n > 4 && strcmp(entry->d_name + n - 4, ".lua") == 0) {
            names[(*count)++] = strdup(entry->d_name);
        }
    }
    closedir(d);
    qsort(names, (size_t)*count, sizeof names[0], by_name);
    return 0;
}

/* Gathers a folder; its entry file is there already. */
static int gather_folder(
    struct gathering *g, const char *folder, const char *prefix, const char *entry, struct err *e
) {
    char *names[FILES_MAX];
    int count = 0;
    int code = folder_list(folder, names, &count, e);
    for (int i = 0; i < count; i++) {
        char path[PATH_MAX];
        char name[PATH_MAX];
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        snprintf(name, sizeof name, "%s%s", prefix, names[i]);
        if (code == 0 && (entry == NULL || strcmp(names[i], entry) != 0)) {
            code = gather_file(g, path, name, e);
        }
        free(names[i]);
    }
    return code;
}

static void gathering_free(struct gathering *g) {
    for (int i = 0; i < g->count; i++) {
        free((void *)(uintptr_t)g->files[i].path);
        free((void *)(uintptr_t)g->files[i].text);
    }
}

static int gather_script(struct gathering *g, const char *path, struct err *e) {
    char entry[PATH_MAX + 16];
    if (!is_folder(path)) {
        snprintf(entry, sizeof entry, "%s", path);
        const char *slash = strrchr(entry, '/');
        return gather_file(g, path, slash != NULL ? slash + 1 : entry, e);
    }
    snprintf(entry, sizeof entry, "%s/init.lua", path);
    if (!exists(entry)) {
        return err_set(
            e, E_NOT_FOUND, "the folder %s has no init.lua, which is the script itself", path
        );
    }
    int code = gather_file(g, entry, "init.lua", e);
    return code != 0 ? code : gather_folder(g, path, "", "init.lua", e);
}

/* --- finding
 * --------------------------------------------------------------------------------------- */

struct name_list {
    char *names[FILES_MAX];
    int count;
};

static const char *listed_name(const void *list, int index) {
    const struct name_list *l = list;
    return index < l->count ? l->names[index] : NULL;
}

/* What is in ./strategies, for "did you mean". */
static int script_not_found(const char *name, struct err *e) {
    struct name_list list = {.count = 0};
    char folder[PATH_MAX];
    char near[96] = "";
    if (shipped_path("strategies", folder, sizeof folder, NULL) == 0) {
        DIR *d = opendir(folder);
        struct dirent *entry;
        while (d != NULL && (entry = readdir(d)) != NULL && list.count < FILES_MAX) {
            if (entry->d_name[0] != '.') {
                char *text = strdup(entry->d_name);
                char *dot = strstr(text, ".lua");
                if (dot != NULL) {
                    *dot = '\0';
                }
                list.names[list.count++] = text;
            }
        }
        if (d != NULL) {
            closedir(d);
        }
        suggest_text(name, listed_name, &list, near, sizeof near);
        for (int i = 0; i < list.count; i++) {
            free(list.names[i]);
        }
    }
    return err_set(
        e, E_NOT_FOUND,
        "there is no script %s: neither that file, nor strategies/%s.lua, nor "
        "strategies/%s/init.lua%s",
        name, name, name, near
    );
}

static int script_find(const char *name, char *path, size_t size, struct err *e) {
    size_t n = strlen(name);
    bool is_path = strchr(name, '/') != NULL || (n > 4 && strcmp(name + n - 4, ".lua") == 0);
    if (is_path) {
        snprintf(path, size, "%s", name);
        return exists(path) ? 0 : err_set(e, E_NOT_FOUND, "%s: %s", name, strerror(ENOENT));
    }
    char relative[PATH_MAX];
    snprintf(relative, sizeof relative, "strategies/%s.lua", name);
    if (shipped_path(relative, path, size, NULL) == 0) {
        return 0;
    }
    snprintf(relative, sizeof relative, "strategies/%s", name);
    if (shipped_path(relative, path, size, NULL) == 0) {
        return 0;
    }
    return script_not_found(name, e);
}

/* "strategies/rsi.lua" and "strategies/rsi/" are "rsi". */
static char *script_name(const char *path) {
    char text[PATH_MAX];
    snprintf(text, sizeof text, "%s", path);
    size_t n = strlen(text);
    while (n > 1 && text[n - 1] == '/') {
        text[--n] = '\0';
    }
    char *slash = strrchr(text, '/');
    char *name = slash != NULL ? slash + 1 : text;
    char *dot = strstr(name, ".lua");
    if (dot != NULL) {
        *dot = '\0';
    }
    return strdup(name);
}

static uint64_t bundle_hash(const struct gathering *g) {
    uint64_t hash = HASH_START;
    for (int i = 0; i < g->count; i++) {
        hash = hash_add(hash, g->files[i].path, strlen(g->files[i].path) + 1);
        hash = hash_add(hash, g->files[i].text, g->files[i].length);
    }
    return hash_end(hash);
}

int script_source_read(
    const char *name_or_path, size_t source_max, struct script_source *out, struct err *e
) {
    char path[PATH_MAX];
    char library[PATH_MAX];
    bool has_library = false;
    struct gathering g = {.size_max = source_max};
    int code = script_find(name_or_path, path, sizeof path, e);
    if (code == 0) {
        code = gather_script(&g, path, e);
    }
    if (code == 0 && shipped_path("lua", library, sizeof library, NULL) == 0) {
        has_library = true;
        code = gather_folder(&g, library, "lib/", NULL, e);
    }
    struct script_file *files = code == 0 ? calloc((size_t)g.count, sizeof *files) : NULL;
    if (files == NULL) {
        gathering_free(&g);
        return code != 0 ? code : err_set(e, E_MEMORY, "no memory for a script");
    }
    memcpy(files, g.files, (size_t)g.count * sizeof *files);
    out->path = strdup(path);
    out->library = has_library ? strdup(library) : NULL;
    out->bundle = (struct script_bundle){script_name(path), bundle_hash(&g), files, g.count};
    return 0;
}

void script_source_free(struct script_source *source) {
    for (int i = 0; i < source->bundle.count; i++) {
        free((void *)(uintptr_t)source->bundle.files[i].path);
        free((void *)(uintptr_t)source->bundle.files[i].text);
    }
    free((void *)(uintptr_t)source->bundle.files);
    free((void *)(uintptr_t)source->bundle.name);
    free(source->path);
    free(source->library);
    memset(source, 0, sizeof *source);
}

/* --- what has changed
 * ------------------------------------------------------------------------------ */

struct stamping {
    uint64_t hash;
    int64_t newest_ns;
};

static bool stamp_add(struct stamping *s, const char *path, bool *is_a_folder) {
    struct stat st;
    if (stat(path, &st) != 0) {
        return false;
    }
    int64_t changed_ns = (int64_t)st.st_ctim.tv_sec * 1000000000 + st.st_ctim.tv_nsec;
    uint64_t facts[] = {(uint64_t)st.st_dev, st.st_ino, (uint64_t)st.st_size, (uint64_t)changed_ns};
    s->hash = hash_add(s->hash, facts, sizeof facts);
    s->newest_ns = changed_ns > s->newest_ns ? changed_ns : s->newest_ns;
    if (is_a_folder != NULL) {
        *is_a_folder = S_ISDIR(st.st_mode);
    }
    return true;
}

static bool stamp_files(struct stamping *s, const struct script_source *source, bool is_a_folder) {
    static const char prefix[] = "lib/";
    const size_t skip = sizeof prefix - 1;
    for (int i = 0; i < source->bundle.count; i++) {
        const char *name = source->bundle.files[i].path;
        bool is_library = strncmp(name, prefix, skip) == 0;
        char path[PATH_MAX];
        if (!is_library && !is_a_folder) {
            continue; /* the script itself, which is stamped already */
        }
        snprintf(
            path, sizeof path, "%s/%s", is_library ? source->library : source->path,
            is_library ? name + skip : name
        );
        if (!stamp_add(s, path, NULL)) {
            return false;
        }
    }
    return true;
}

/* The folder it lies in is stamped too: NAME.lua that appears beside the folder NAME goes first. */
bool script_source_stamp(const struct script_source *source, uint64_t *stamp, int64_t *newest_ns) {
    struct stamping s = {HASH_START, 0};
    char parent[PATH_MAX];
    bool is_a_folder;
    snprintf(parent, sizeof parent, "%s", source->path);
    bool is_good = stamp_add(&s, source->path, &is_a_folder) &&
                   stamp_add(&s, dirname(parent), NULL) &&
                   (source->library == NULL || stamp_add(&s, source->library, NULL)) &&
                   stamp_files(&s, source, is_a_folder);
    *stamp = hash_end(s.hash);
    *newest_ns = s.newest_ns;
    return is_good;
}

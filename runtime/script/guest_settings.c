#include "script/guest_settings.h"

#include <stdlib.h>
#include <string.h>

/* One block: the array, then the texts. */
int settings_copy(const struct setting *settings, int count, struct setting **out) {
    size_t size = (size_t)count * sizeof **out + 1;
    for (int i = 0; i < count; i++) {
        size += strlen(settings[i].name) + strlen(settings[i].text) + 2;
    }
    struct setting *copy = malloc(size);
    if (!copy) {
        return E_MEMORY;
    }
    char *text = (char *)(copy + count);
    for (int i = 0; i < count; i++) {
        copy[i].is_optional = settings[i].is_optional;
        copy[i].name = text;
        text = stpcpy(text, settings[i].name) + 1;
        copy[i].text = text;
        text = stpcpy(text, settings[i].text) + 1;
    }
    *out = copy;
    return 0;
}

int guest_settings_change(struct guest *g, const struct setting *settings, int count) {
    struct setting *copy;
    if (settings_copy(settings, count, &copy) != 0) {
        return E_MEMORY;
    }
    if (g->settings_before) {
        free(g->settings); /* of a change that never started */
    } else {
        g->settings_before = g->settings;
        g->setting_before_count = g->setting_count;
    }
    g->settings = copy;
    g->setting_count = count;
    return 0;
}

void guest_settings_settle(struct guest *g, bool is_accepted) {
    if (!g->settings_before) {
        return;
    }
    if (is_accepted) {
        free(g->settings_before);
    } else {
        free(g->settings);
        g->settings = g->settings_before;
        g->setting_count = g->setting_before_count;
    }
    g->settings_before = NULL;
}
